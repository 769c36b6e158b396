#include "render_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- opening ------------------------------------------------------------------------------- */

static GLuint add_picture_texture(GLenum format, GLenum of, GLenum type, int width, int height) {
    GLuint texture;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexImage2D(GL_TEXTURE_2D, 0, (GLint)format, width, height, 0, of, type, NULL);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    return texture;
}

static void add_target(Target *target, bool unlit, int width, int height) {
    static const GLenum formats[PARTS] = {GL_RGBA8, GL_RGBA8, GL_RG8, GL_DEPTH_COMPONENT32F};
    static const GLenum of[PARTS] = {GL_RGBA, GL_RGBA, GL_RG, GL_DEPTH_COMPONENT};
    static const GLenum places[PARTS] = {
        GL_COLOR_ATTACHMENT0, GL_COLOR_ATTACHMENT1, GL_COLOR_ATTACHMENT2, GL_DEPTH_ATTACHMENT};
    glGenFramebuffers(1, &target->id);
    glBindFramebuffer(GL_FRAMEBUFFER, target->id);
    for (int part = 0; part < PARTS; part++) {
        if (part == PART_UNLIT && !unlit) continue;
        target->part[part] = add_picture_texture(
            formats[part], of[part], part == PART_DEPTH ? GL_FLOAT : GL_UNSIGNED_BYTE, width,
            height);
        glFramebufferTexture2D(GL_FRAMEBUFFER, places[part], GL_TEXTURE_2D, target->part[part], 0);
    }
    const GLenum outputs[] = {places[0], unlit ? places[1] : GL_NONE, places[2]};
    glDrawBuffers(3, outputs);
}

static void add_shadow(Renderer *renderer, int which) {
    GLuint *texture = &renderer->shadow_texture[which];
    *texture = add_picture_texture(
        GL_DEPTH_COMPONENT32F, GL_DEPTH_COMPONENT, GL_FLOAT, SHADOW_PX, SHADOW_PX);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_COMPARE_MODE, GL_COMPARE_REF_TO_TEXTURE);
    glGenFramebuffers(1, &renderer->shadow[which]);
    glBindFramebuffer(GL_FRAMEBUFFER, renderer->shadow[which]);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_TEXTURE_2D, *texture, 0);
    glDrawBuffer(GL_NONE);
    glReadBuffer(GL_NONE);
}

static void use_unit(GLuint unit, GLuint texture) {
    glActiveTexture(GL_TEXTURE0 + unit);
    glBindTexture(GL_TEXTURE_2D, texture);
    glActiveTexture(GL_TEXTURE0);
}

static Status open_buffers(Renderer *renderer) {
    const int width = renderer->width, height = renderer->height;
    for (int which = 0; which < PROGRAMS; which++)
        TRY(program_link(which, &renderer->program[which]));
    for (int which = 0; which < 2; which++) {
        add_shadow(renderer, which);
        use_unit(UNIT_SHADOW + (GLuint)which, renderer->shadow_texture[which]);
    }
    renderer->bits_texture =
        add_picture_texture(GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, width, height);
    glGenFramebuffers(1, &renderer->bits);
    glBindFramebuffer(GL_FRAMEBUFFER, renderer->bits);
    glFramebufferTexture2D(
        GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, renderer->bits_texture, 0);
    if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
        return fail(E_IO, "render: the driver has no %d x %d framebuffer", width, height);
    renderer->bits_read = malloc((size_t)width * (size_t)height * sizeof(uint32_t));
    renderer->moving_shadow = malloc((size_t)SHADOW_PX * SHADOW_PX * sizeof(float));
    if (!renderer->bits_read || !renderer->moving_shadow)
        return fail(E_NO_MEMORY, "render: out of memory");
    glEnable(GL_DEPTH_TEST);
    glFrontFace(GL_CW); /* pictures are upside down to OpenGL */
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    glPixelStorei(GL_PACK_ROW_LENGTH, width);
    glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE);
    return OK;
}

Status render_open(Renderer **out, int width, int height) {
    Renderer *renderer = calloc(1, sizeof *renderer);
    if (!renderer) return fail(E_NO_MEMORY, "render: out of memory");
    renderer->width = width;
    renderer->height = height;
    Status status = context_open(&renderer->context);
    if (status == OK) status = open_buffers(renderer);
    if (status != OK) {
        render_close(renderer);
        return status;
    }
    *out = renderer;
    return OK;
}

void render_close(Renderer *renderer) {
    if (!renderer) return;
    context_close(&renderer->context);
    for (int i = 0; i < RENDER_VIEWS_MAX; i++) {
        free(renderer->view[i].rgbx);
        free(renderer->view[i].who);
        free(renderer->view[i].still_rgbx);
        free(renderer->view[i].still_who);
        free(renderer->view[i].still_unlit);
        free(renderer->view[i].still_depth);
    }
    free(renderer->moving_shadow);
    free(renderer->bits_read);
    free(renderer);
}

/* Both are of floats alone, without a gap between them. */
bool camera_same(const Camera *a, const Camera *b) {
    return memcmp(a, b, sizeof *a) == 0; /* NOLINT(bugprone-suspicious-memory-comparison) */
}

bool light_same(const Light *a, const Light *b) {
    return memcmp(a, b, sizeof *a) == 0; /* NOLINT(bugprone-suspicious-memory-comparison) */
}

int render_width(const Renderer *renderer) { return renderer->width; }
int render_height(const Renderer *renderer) { return renderer->height; }

/* -- what scenes are made of --------------------------------------------------------------- */

static void measure(const Mesh *mesh, float low[3], float high[3]) {
    for (int i = 0; i < 3; i++) {
        low[i] = high[i] = mesh->vertices[0].position[i];
        for (int v = 1; v < mesh->vertex_count; v++) {
            const float at = mesh->vertices[v].position[i];
            if (at < low[i]) low[i] = at;
            if (at > high[i]) high[i] = at;
        }
    }
}

int render_add_shape(Renderer *renderer, const Mesh *mesh) {
    if (renderer->shapes == SHAPES_MAX || mesh->index_count == 0) return SHAPE_NONE;
    Shape *shape = &renderer->shape[renderer->shapes];
    measure(mesh, renderer->low[renderer->shapes], renderer->high[renderer->shapes]);
    shape->indices = mesh->index_count;
    glGenVertexArrays(1, &shape->vertices);
    glBindVertexArray(shape->vertices);
    glGenBuffers(2, shape->buffers);
    glBindBuffer(GL_ARRAY_BUFFER, shape->buffers[0]);
    glBufferData(
        GL_ARRAY_BUFFER, (GLsizeiptr)((size_t)mesh->vertex_count * sizeof(Vertex)), mesh->vertices,
        GL_STATIC_DRAW);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, shape->buffers[1]);
    glBufferData(
        GL_ELEMENT_ARRAY_BUFFER, (GLsizeiptr)((size_t)mesh->index_count * sizeof(uint32_t)),
        mesh->indices, GL_STATIC_DRAW);
    static const struct {
        GLint size;
        size_t offset;
    } fields[] = {
        {3, offsetof(Vertex, position)}, {3, offsetof(Vertex, normal)}, {2, offsetof(Vertex, uv)}};
    for (GLuint i = 0; i < 3; i++) {
        glEnableVertexAttribArray(i);
        glVertexAttribPointer(
            i, fields[i].size, GL_FLOAT, GL_FALSE, sizeof(Vertex),
            (const void *)fields[i].offset); /* NOLINT(performance-no-int-to-ptr) */
    }
    shape->rough = renderer->shapes;
    return renderer->shapes++;
}

void render_add_rough(Renderer *renderer, int shape, const Mesh *mesh) {
    const int rough = render_add_shape(renderer, mesh);
    if (shape != SHAPE_NONE && rough != SHAPE_NONE) renderer->shape[shape].rough = rough;
}

int render_add_texture(Renderer *renderer, const Image *image) {
    if (renderer->textures == TEXTURES_MAX) return TEXTURE_NONE;
    GLuint *texture = &renderer->texture[renderer->textures];
    glGenTextures(1, texture);
    glBindTexture(GL_TEXTURE_2D, *texture);
    glTexImage2D(
        GL_TEXTURE_2D, 0, GL_RGBA8, image->width, image->height, 0, GL_RGBA, GL_UNSIGNED_BYTE,
        image->rgbx);
    glGenerateMipmap(GL_TEXTURE_2D);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameterf(GL_TEXTURE_2D, GL_TEXTURE_LOD_BIAS, -0.4f);
    return renderer->textures++;
}

/* -- views --------------------------------------------------------------------------------- */

void render_open_view(const Renderer *renderer, View *view) {
    const size_t pixels = (size_t)renderer->width * (size_t)renderer->height;
    add_target(&view->still, true, renderer->width, renderer->height);
    add_target(&view->frame, false, renderer->width, renderer->height);
    view->rgbx = calloc(pixels, 4);
    view->who = calloc(pixels, 2);
    view->still_rgbx = calloc(pixels, 4);
    view->still_who = calloc(pixels, 2);
    view->still_unlit = calloc(pixels, 4);
    view->still_depth = calloc(pixels, sizeof(float));
    if (!view->rgbx || !view->who || !view->still_rgbx || !view->still_who || !view->still_unlit ||
        !view->still_depth) {
        fputs("cartwright-sim: out of memory for pictures\n", stderr);
        exit(1);
    }
}
