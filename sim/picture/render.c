#include "render.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#define GL_GLEXT_PROTOTYPES
#include <GL/glcorearb.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHAPES_MAX = 2048, TEXTURES_MAX = 2048, SHADOW_PX = 768 };

static const float SHADOW_HALF_M = 0.85f;

typedef struct Shape {
    GLuint vertices, buffers[2];
    GLsizei indices;
} Shape;

typedef struct Program {
    GLuint id;
    GLint view, pose, colour, gloss, textured, instance, shadow_view;
} Program;

struct Renderer {
    EGLDisplay display;
    EGLContext context;
    int width, height;
    Shape shape[SHAPES_MAX];
    int shapes;
    GLuint texture[TEXTURES_MAX];
    int textures;
    Program lit, far, flat, depth;
    GLuint frame, frame_parts[2]; /* colour and depth, for pictures and maps alike */
    GLuint shadow, shadow_texture;
    uint8_t *rgb, *ids, *bits;
};

static const char VERTEX_SHADER[] =
    "#version 330 core\n"
    "layout(location=0) in vec3 position; layout(location=1) in vec3 normal;\n"
    "layout(location=2) in vec2 uv;\n"
    "uniform mat4 view, pose, shadow_view;\n"
    "out vec3 world; out vec3 facing; out vec2 at; out vec3 shade;\n"
    "void main() {\n"
    "  vec4 p = pose * vec4(position, 1.0);\n"
    "  world = p.xyz; facing = mat3(pose) * normal; at = uv;\n"
    "  shade = (shadow_view * p).xyz * 0.5 + 0.5;\n"
    "  gl_Position = view * p;\n"
    "}\n";

/* What both shaders of pictures share: colours are linear inside, square roots outside. */
#define SURFACE                                                                                    \
    "#version 330 core\n"                                                                          \
    "in vec3 world; in vec3 facing; in vec2 at; in vec3 shade;\n"                                  \
    "uniform sampler2D picture; uniform vec4 colour; uniform bool textured;\n"                     \
    "uniform vec3 sun_direction, sun, sky, ground; uniform float exposure;\n"                      \
    "out vec4 pixel;\n"                                                                            \
    "vec3 surface() {\n"                                                                           \
    "  if (!textured) return colour.rgb;\n"                                                        \
    "  vec3 t = texture(picture, at).rgb; return colour.rgb * t * t;\n"                            \
    "}\n"                                                                                          \
    "void expose(vec3 light) {\n"                                                                  \
    "  light *= exposure;\n"                                                                       \
    "  light = light * (1.4 + light * 0.22) / (1.0 + light * 0.72);\n"                             \
    "  pixel = vec4(sqrt(clamp(light, 0.0, 1.0)), colour.a);\n"                                    \
    "}\n"

static const char LIT_SHADER[] =
    SURFACE "uniform sampler2DShadow shadow; uniform float gloss; uniform vec3 eye;\n"
            "uniform vec4 pit; /* half x, half y, rim, 1 / depth */\n"
            "void main() {\n"
            "  vec3 n = normalize(facing);\n"
            "  if (!gl_FrontFacing) n = -n;\n"
            "  float open = 1.0;\n"
            "  if (abs(world.x) < pit.x && abs(world.y) < pit.y)\n"
            "    open = 1.0 - 0.42 * clamp((pit.z - world.z) * pit.w, 0.0, 1.0);\n"
            "  vec2 r = vec2(0.9, 0.5) / 768.0; float z = shade.z - 0.003;\n"
            "  float seen = 0.5 * (texture(shadow, vec3(shade.xy + r, z))\n"
            "                    + texture(shadow, vec3(shade.xy - r, z)));\n"
            "  vec3 around = mix(ground, sky, n.z * 0.5 + 0.5) * open;\n"
            "  vec3 half_way = normalize(sun_direction + normalize(eye - world));\n"
            "  float s = max(dot(n, half_way), 0.0); s *= s; s *= s; s *= s; s *= s; s *= s;\n"
            "  expose(surface() * (around + sun * (max(dot(n, sun_direction), 0.0) * seen))\n"
            "    + sun * (gloss * s * seen));\n"
            "}\n";

static const char FAR_SHADER[] = SURFACE "void main() {\n"
                                         "  vec3 n = normalize(facing);\n"
                                         "  expose(surface() * (mix(ground, sky, n.z * 0.5 + 0.5) "
                                         "+ sun * abs(dot(n, sun_direction))));\n"
                                         "}\n";

static const char FLAT_SHADER[] = "#version 330 core\n"
                                  "uniform vec4 instance; out vec4 pixel;\n"
                                  "void main() { pixel = instance; }\n";

static const char DEPTH_SHADER[] = "#version 330 core\nvoid main() {}\n";

/* -- opening ------------------------------------------------------------------------------- */

static Status compile(GLenum kind, const char *text, GLuint *out) {
    const GLuint shader = glCreateShader(kind);
    GLint ok = 0;
    glShaderSource(shader, 1, &text, NULL);
    glCompileShader(shader);
    glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
    if (!ok) {
        char log[512] = "";
        glGetShaderInfoLog(shader, sizeof log, NULL, log);
        return fail(E_IO, "render: the driver refuses a shader: %s", log);
    }
    *out = shader;
    return OK;
}

static Status link_program(const char *fragment_text, Program *out) {
    GLuint vertex = 0, fragment = 0;
    TRY(compile(GL_VERTEX_SHADER, VERTEX_SHADER, &vertex));
    TRY(compile(GL_FRAGMENT_SHADER, fragment_text, &fragment));
    const GLuint id = glCreateProgram();
    glAttachShader(id, vertex);
    glAttachShader(id, fragment);
    glLinkProgram(id);
    glDeleteShader(vertex);
    glDeleteShader(fragment);
    GLint ok = 0;
    glGetProgramiv(id, GL_LINK_STATUS, &ok);
    if (!ok) return fail(E_IO, "render: the driver cannot link a shader");
    *out = (Program){
        .id = id,
        .view = glGetUniformLocation(id, "view"),
        .pose = glGetUniformLocation(id, "pose"),
        .colour = glGetUniformLocation(id, "colour"),
        .gloss = glGetUniformLocation(id, "gloss"),
        .textured = glGetUniformLocation(id, "textured"),
        .instance = glGetUniformLocation(id, "instance"),
        .shadow_view = glGetUniformLocation(id, "shadow_view"),
    };
    return OK;
}

static Status open_context(Renderer *renderer) {
    /* A GPU would draw other bytes than the CPU does; the variables can still ask for one. */
    setenv("LIBGL_ALWAYS_SOFTWARE", "1", 0);
    setenv("LP_NUM_THREADS", "0", 0);
    const PFNEGLGETPLATFORMDISPLAYEXTPROC get_display =
        (PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress("eglGetPlatformDisplayEXT");
    if (get_display)
        renderer->display = get_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    if (!renderer->display || !eglInitialize(renderer->display, NULL, NULL))
        return fail(E_IO, "render: no surfaceless EGL here; install libgl1-mesa-dri and libegl1");
    static const EGLint config_words[] = {
        EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
    static const EGLint context_words[] = {
        EGL_CONTEXT_MAJOR_VERSION,
        3,
        EGL_CONTEXT_MINOR_VERSION,
        3,
        EGL_CONTEXT_OPENGL_PROFILE_MASK,
        EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
        EGL_NONE};
    EGLConfig config;
    EGLint configs = 0;
    if (!eglBindAPI(EGL_OPENGL_API) ||
        !eglChooseConfig(renderer->display, config_words, &config, 1, &configs) || configs < 1)
        return fail(E_IO, "render: EGL offers no OpenGL");
    renderer->context = eglCreateContext(renderer->display, config, EGL_NO_CONTEXT, context_words);
    if (!renderer->context ||
        !eglMakeCurrent(renderer->display, EGL_NO_SURFACE, EGL_NO_SURFACE, renderer->context))
        return fail(E_IO, "render: EGL gives no OpenGL 3.3 context");
    return OK;
}

static void add_frame(Renderer *renderer) {
    static const GLenum formats[2] = {GL_RGBA8, GL_DEPTH_COMPONENT24};
    static const GLenum attachments[2] = {GL_COLOR_ATTACHMENT0, GL_DEPTH_ATTACHMENT};
    glGenFramebuffers(1, &renderer->frame);
    glBindFramebuffer(GL_FRAMEBUFFER, renderer->frame);
    glGenRenderbuffers(2, renderer->frame_parts);
    for (int i = 0; i < 2; i++) {
        glBindRenderbuffer(GL_RENDERBUFFER, renderer->frame_parts[i]);
        glRenderbufferStorage(GL_RENDERBUFFER, formats[i], renderer->width, renderer->height);
        glFramebufferRenderbuffer(
            GL_FRAMEBUFFER, attachments[i], GL_RENDERBUFFER, renderer->frame_parts[i]);
    }
}

static void add_shadow(Renderer *renderer) {
    glGenTextures(1, &renderer->shadow_texture);
    glBindTexture(GL_TEXTURE_2D, renderer->shadow_texture);
    glTexImage2D(
        GL_TEXTURE_2D, 0, GL_DEPTH_COMPONENT24, SHADOW_PX, SHADOW_PX, 0, GL_DEPTH_COMPONENT,
        GL_UNSIGNED_INT, NULL);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_COMPARE_MODE, GL_COMPARE_REF_TO_TEXTURE);
    glGenFramebuffers(1, &renderer->shadow);
    glBindFramebuffer(GL_FRAMEBUFFER, renderer->shadow);
    glFramebufferTexture2D(
        GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_TEXTURE_2D, renderer->shadow_texture, 0);
    glDrawBuffer(GL_NONE);
    glReadBuffer(GL_NONE);
}

static Status open_buffers(Renderer *renderer) {
    TRY(link_program(LIT_SHADER, &renderer->lit));
    TRY(link_program(FAR_SHADER, &renderer->far));
    TRY(link_program(FLAT_SHADER, &renderer->flat));
    TRY(link_program(DEPTH_SHADER, &renderer->depth));
    const int width = renderer->width, height = renderer->height;
    add_frame(renderer);
    if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
        return fail(E_IO, "render: the driver has no %d x %d framebuffer", width, height);
    add_shadow(renderer);
    const size_t pixels = (size_t)width * (size_t)height;
    renderer->rgb = malloc(pixels * 3);
    renderer->ids = malloc(pixels);
    renderer->bits = malloc(pixels * 4);
    if (!renderer->rgb || !renderer->ids || !renderer->bits)
        return fail(E_NO_MEMORY, "render: out of memory");
    glEnable(GL_DEPTH_TEST);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE);
    return OK;
}

Status render_open(Renderer **out, int width, int height) {
    Renderer *renderer = calloc(1, sizeof *renderer);
    if (!renderer) return fail(E_NO_MEMORY, "render: out of memory");
    renderer->width = width;
    renderer->height = height;
    Status status = open_context(renderer);
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
    if (renderer->context) {
        eglMakeCurrent(renderer->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        eglDestroyContext(renderer->display, renderer->context);
    }
    if (renderer->display) eglTerminate(renderer->display);
    free(renderer->rgb);
    free(renderer->ids);
    free(renderer->bits);
    free(renderer);
}

/* -- what scenes are made of --------------------------------------------------------------- */

int render_add_shape(Renderer *renderer, const Mesh *mesh) {
    if (renderer->shapes == SHAPES_MAX || mesh->index_count == 0) return SHAPE_NONE;
    Shape *shape = &renderer->shape[renderer->shapes];
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
    return renderer->shapes++;
}

int render_add_texture(Renderer *renderer, const Image *image) {
    if (renderer->textures == TEXTURES_MAX) return TEXTURE_NONE;
    GLuint *texture = &renderer->texture[renderer->textures];
    glGenTextures(1, texture);
    glBindTexture(GL_TEXTURE_2D, *texture);
    glTexImage2D(
        GL_TEXTURE_2D, 0, GL_RGB8, image->width, image->height, 0, GL_RGB, GL_UNSIGNED_BYTE,
        image->rgb);
    glGenerateMipmap(GL_TEXTURE_2D);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameterf(GL_TEXTURE_2D, GL_TEXTURE_LOD_BIAS, -0.4f);
    return renderer->textures++;
}

/* -- matrices, column-major ---------------------------------------------------------------- */

static void multiply(const float a[16], const float b[16], float out[16]) {
    for (int column = 0; column < 4; column++)
        for (int row = 0; row < 4; row++) {
            float sum = 0;
            for (int k = 0; k < 4; k++)
                sum += a[k * 4 + row] * b[column * 4 + k];
            out[column * 4 + row] = sum;
        }
}

static void unit(float v[3]) {
    const float length = sqrtf(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int i = 0; i < 3 && length > 0; i++)
        v[i] /= length;
}

static void cross(const float a[3], const float b[3], float out[3]) {
    for (int i = 0; i < 3; i++)
        out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

/* World to eye: x right, y up, looking along -z. */
static void look(const float eye[3], const float toward[3], float roll, float out[16]) {
    float back[3] = {-toward[0], -toward[1], -toward[2]}, right[3], up[3];
    unit(back);
    const float helper[3] = {0, fabsf(back[2]) > 0.999f ? 1 : 0, fabsf(back[2]) > 0.999f ? 0 : 1};
    cross(helper, back, right);
    unit(right);
    cross(back, right, up);
    const float c = cosf(roll), s = sinf(roll);
    for (size_t i = 0; i < 3; i++) {
        out[i * 4] = c * right[i] + s * up[i];
        out[i * 4 + 1] = c * up[i] - s * right[i];
        out[i * 4 + 2] = back[i];
        out[i * 4 + 3] = 0;
    }
    for (int row = 0; row < 3; row++)
        out[12 + row] = -(out[row] * eye[0] + out[4 + row] * eye[1] + out[8 + row] * eye[2]);
    out[15] = 1;
}

static void camera_view(const Camera *camera, int width, int height, float out[16]) {
    const float near = 0.04f, far = 12, f = 1 / tanf(camera->vertical_fov_rad / 2);
    float toward[3], world[16];
    for (int i = 0; i < 3; i++)
        toward[i] = camera->target[i] - camera->eye[i];
    look(camera->eye, toward, camera->roll_rad, world);
    const float project[16] = {f * (float)height / (float)width,
                               0,
                               0,
                               0,
                               0,
                               f,
                               0,
                               0,
                               0,
                               0,
                               (far + near) / (near - far),
                               -1,
                               0,
                               0,
                               2 * far * near / (near - far),
                               0};
    multiply(project, world, out);
}

static void sun_view(const Light *light, float out[16]) {
    float toward[3], eye[3], world[16];
    for (int i = 0; i < 3; i++) {
        toward[i] = -light->sun_direction[i];
        eye[i] = 2 * light->sun_direction[i] + (i == 2 ? 0.15f : 0);
    }
    look(eye, toward, 0, world);
    const float near = 0.8f, far = 3.2f, s = 1 / SHADOW_HALF_M;
    const float project[16] = {
        s, 0, 0, 0, 0, s, 0, 0, 0, 0, -2 / (far - near), 0, 0, 0, -(far + near) / (far - near), 1};
    multiply(project, world, out);
}

/* -- drawing ------------------------------------------------------------------------------- */

static void draw_shape(const Renderer *renderer, const Program *program, const Draw *draw) {
    const Shape *shape = &renderer->shape[draw->shape];
    glUniformMatrix4fv(program->pose, 1, GL_FALSE, draw->pose);
    glBindVertexArray(shape->vertices);
    glDrawElements(GL_TRIANGLES, shape->indices, GL_UNSIGNED_INT, NULL);
}

static void draw_shadows(Renderer *renderer, const Scene *scene, const float view[16]) {
    glBindFramebuffer(GL_FRAMEBUFFER, renderer->shadow);
    glViewport(0, 0, SHADOW_PX, SHADOW_PX);
    glClear(GL_DEPTH_BUFFER_BIT);
    glUseProgram(renderer->depth.id);
    glUniformMatrix4fv(renderer->depth.view, 1, GL_FALSE, view);
    for (int i = 0; i < scene->count; i++) {
        const Draw *draw = &scene->draw[i];
        if (draw->shape >= 0 && !draw->backdrop && draw->colour[3] >= 1)
            draw_shape(renderer, &renderer->depth, draw);
    }
}

typedef enum Layer { LAYER_NEAR, LAYER_BACKDROP, LAYER_SEE_THROUGH } Layer;

static Layer layer_of(const Draw *draw) {
    if (draw->colour[3] < 1) return LAYER_SEE_THROUGH;
    return draw->backdrop ? LAYER_BACKDROP : LAYER_NEAR;
}

static void
draw_layer(const Renderer *renderer, const Program *program, const Scene *scene, Layer layer) {
    for (int i = 0; i < scene->count; i++) {
        const Draw *draw = &scene->draw[i];
        if (draw->shape < 0 || layer_of(draw) != layer) continue;
        glUniform4fv(program->colour, 1, draw->colour);
        glUniform1f(program->gloss, draw->gloss);
        glUniform1i(program->textured, draw->texture >= 0);
        if (draw->texture >= 0) glBindTexture(GL_TEXTURE_2D, renderer->texture[draw->texture]);
        draw_shape(renderer, program, draw);
    }
}

static void begin_picture(
    const Program *program,
    const Light *light,
    const Camera *camera,
    const float view[16],
    const float shadow_view[16]) {
    const GLuint id = program->id;
    glUseProgram(id);
    glUniformMatrix4fv(program->view, 1, GL_FALSE, view);
    glUniformMatrix4fv(program->shadow_view, 1, GL_FALSE, shadow_view);
    glUniform3fv(glGetUniformLocation(id, "eye"), 1, camera->eye);
    glUniform3fv(glGetUniformLocation(id, "sun_direction"), 1, light->sun_direction);
    glUniform3fv(glGetUniformLocation(id, "sun"), 1, light->sun);
    glUniform3fv(glGetUniformLocation(id, "sky"), 1, light->sky);
    glUniform3fv(glGetUniformLocation(id, "ground"), 1, light->ground);
    glUniform1f(glGetUniformLocation(id, "exposure"), light->exposure);
    glUniform4f(
        glGetUniformLocation(id, "pit"), light->pit_half_m[0], light->pit_half_m[1],
        light->pit_rim_m, light->pit_depth_m > 0 ? 1 / light->pit_depth_m : 0);
    glUniform1i(glGetUniformLocation(id, "picture"), 0);
    glUniform1i(glGetUniformLocation(id, "shadow"), 1);
}

/* OpenGL's rows start at the bottom. */
static void flip_to_rgb(const uint8_t *rgba, int width, int height, uint8_t *rgb) {
    for (int y = 0; y < height; y++) {
        const uint8_t *from = rgba + (size_t)(height - 1 - y) * (size_t)width * 4;
        uint8_t *to = rgb + (size_t)y * (size_t)width * 3;
        for (int x = 0; x < width; x++, from += 4, to += 3) {
            to[0] = from[0];
            to[1] = from[1];
            to[2] = from[2];
        }
    }
}

void render_picture(Renderer *renderer, const Scene *scene, const Camera *camera, Image *out) {
    const int width = renderer->width, height = renderer->height;
    float shadow_view[16], view[16];
    sun_view(&scene->light, shadow_view);
    camera_view(camera, width, height, view);
    draw_shadows(renderer, scene, shadow_view);

    glBindFramebuffer(GL_FRAMEBUFFER, renderer->frame);
    glViewport(0, 0, width, height);
    const float *background = scene->light.background;
    glClearColor(background[0], background[1], background[2], 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glActiveTexture(GL_TEXTURE1);
    glBindTexture(GL_TEXTURE_2D, renderer->shadow_texture);
    glActiveTexture(GL_TEXTURE0);
    /* What is far is mostly hidden: last, and with fewer questions asked. */
    begin_picture(&renderer->lit, &scene->light, camera, view, shadow_view);
    draw_layer(renderer, &renderer->lit, scene, LAYER_NEAR);
    begin_picture(&renderer->far, &scene->light, camera, view, shadow_view);
    draw_layer(renderer, &renderer->far, scene, LAYER_BACKDROP);
    glUseProgram(renderer->lit.id);
    glEnable(GL_BLEND);
    glDepthMask(GL_FALSE);
    draw_layer(renderer, &renderer->lit, scene, LAYER_SEE_THROUGH);
    glDepthMask(GL_TRUE);
    glDisable(GL_BLEND);

    glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, renderer->bits);
    flip_to_rgb(renderer->bits, width, height, renderer->rgb);
    *out = (Image){width, height, renderer->rgb};
}

/* -- instances ----------------------------------------------------------------------------- */

static void draw_flat(const Renderer *renderer, const Draw *draw, const uint8_t value[4]) {
    glUniform4f(
        renderer->flat.instance, (float)value[0] / 255, (float)value[1] / 255,
        (float)value[2] / 255, (float)value[3] / 255);
    draw_shape(renderer, &renderer->flat, draw);
}

static void begin_map(Renderer *renderer, const float view[16], int width, int height) {
    glBindFramebuffer(GL_FRAMEBUFFER, renderer->frame);
    glViewport(0, 0, width, height);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, width, height);
    glClearColor(0, 0, 0, 0);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glUseProgram(renderer->flat.id);
    glUniformMatrix4fv(renderer->flat.view, 1, GL_FALSE, view);
}

static void measure_visible(Renderer *renderer, const Scene *scene, InstanceMap *out) {
    const int width = out->width, height = out->height;
    for (int i = 0; i < scene->count; i++) {
        const Draw *draw = &scene->draw[i];
        if (draw->shape < 0 || draw->backdrop) continue;
        draw_flat(renderer, draw, (const uint8_t[4]){(uint8_t)draw->instance, 0, 0, 0});
    }
    glReadPixels(0, 0, width, height, GL_RED, GL_UNSIGNED_BYTE, renderer->bits);
    for (int y = 0; y < height; y++) {
        const uint8_t *from = renderer->bits + (size_t)(height - 1 - y) * (size_t)width;
        uint8_t *row = renderer->ids + (size_t)y * (size_t)width;
        memcpy(row, from, (size_t)width);
        for (int x = 0; x < width; x++) {
            const int id = row[x];
            if (id == 0 || id > RENDER_INSTANCES_MAX) continue;
            if (out->instance[id].visible_px++ == 0) {
                out->instance[id].x0 = x;
                out->instance[id].y0 = y;
            }
            if (x < out->instance[id].x0) out->instance[id].x0 = x;
            if (x >= out->instance[id].x1) out->instance[id].x1 = x + 1;
            out->instance[id].y1 = y + 1;
        }
    }
}

/* One bit an instance, without depth: a single pass gives the silhouettes of 32 instances. */
static void measure_whole(Renderer *renderer, const Scene *scene, int first, InstanceMap *out) {
    const size_t pixels = (size_t)out->width * (size_t)out->height;
    for (int i = 0; i < scene->count; i++) {
        const Draw *draw = &scene->draw[i];
        const int bit = draw->instance - first;
        if (draw->shape < 0 || draw->instance == 0 || bit < 0 || bit >= 32) continue;
        uint8_t value[4] = {0, 0, 0, 0};
        value[bit / 8] = (uint8_t)(1 << (bit % 8));
        draw_flat(renderer, draw, value);
    }
    glReadPixels(0, 0, out->width, out->height, GL_RGBA, GL_UNSIGNED_BYTE, renderer->bits);
    for (size_t p = 0; p < pixels; p++) {
        const uint8_t *rgba = renderer->bits + p * 4;
        uint32_t bits = (uint32_t)rgba[0] | (uint32_t)rgba[1] << 8 | (uint32_t)rgba[2] << 16 |
                        (uint32_t)rgba[3] << 24;
        for (; bits; bits &= bits - 1)
            out->instance[first + __builtin_ctz(bits)].whole_px++;
    }
}

void render_instances(
    Renderer *renderer, const Scene *scene, const Camera *camera, int shrink, InstanceMap *out) {
    float view[16];
    camera_view(camera, renderer->width, renderer->height, view);
    *out = (InstanceMap){
        .width = renderer->width / shrink,
        .height = renderer->height / shrink,
        .id = renderer->ids};
    int last = 0;
    for (int i = 0; i < scene->count; i++)
        if (scene->draw[i].instance > last) last = scene->draw[i].instance;
    begin_map(renderer, view, out->width, out->height);
    measure_visible(renderer, scene, out);
    glDisable(GL_DEPTH_TEST);
    glEnable(GL_COLOR_LOGIC_OP);
    glLogicOp(GL_OR);
    for (int first = 1; first <= last; first += 32) {
        begin_map(renderer, view, out->width, out->height);
        measure_whole(renderer, scene, first, out);
    }
    glDisable(GL_COLOR_LOGIC_OP);
    glEnable(GL_DEPTH_TEST);
    glDisable(GL_SCISSOR_TEST);
}
