#include "render_internal.h"
#include "shade.h"

#include <math.h>
#include <string.h>

/* -- drawing ------------------------------------------------------------------------------- */

typedef enum Layer { LAYER_NEAR, LAYER_BACKDROP, LAYER_SEE_THROUGH } Layer;

static Layer layer_of(const Draw *draw) {
    if (draw->colour[3] < 1) return LAYER_SEE_THROUGH;
    return draw->backdrop ? LAYER_BACKDROP : LAYER_NEAR;
}

static void
draw_shape(const Renderer *renderer, const Program *program, const Draw *draw, int which) {
    const Shape *shape = &renderer->shape[which];
    glUniformMatrix4fv(program->pose, 1, GL_FALSE, draw->pose);
    glBindVertexArray(shape->vertices);
    glDrawElements(GL_TRIANGLES, shape->indices, GL_UNSIGNED_INT, NULL);
}

static void
draw_thing(const Renderer *renderer, const Program *program, const Draw *draw, int mover) {
    glUniform4fv(program->colour, 1, draw->colour);
    glUniform1f(program->gloss, draw->gloss);
    glUniform4f(program->instance, (float)draw->instance / 255, (float)mover / 255, 0, 1);
    if (draw->texture >= 0) glBindTexture(GL_TEXTURE_2D, renderer->texture[draw->texture]);
    draw_shape(renderer, program, draw, draw->shape);
}

static int rough_of(const Renderer *renderer, const Draw *draw) {
    return renderer->shape[draw->shape].rough;
}

/* One after the other, each with the program that asks least. */
typedef struct Pass {
    const View *view;
    int kind, in_use; /* -1: none yet */
    uint32_t set;     /* kinds whose uniforms are */
} Pass;

static Pass begin_pass(const View *view, int kind) {
    if (view->light.lamps_at[1] > 0) kind |= SURFACE_LAMPS;
    return (Pass){.view = view, .kind = kind, .in_use = -1};
}

static void pass_draw(const Renderer *renderer, Pass *pass, int thing, int mover) {
    const View *view = pass->view;
    const Draw *draw = &renderer->still.thing[thing].draw;
    int kind = pass->kind;
    if (draw->texture >= 0) kind |= SURFACE_TEXTURED;
    if (kind & SURFACE_MOVING && !view->throws[thing]) kind |= SURFACE_OPEN;
    const Program *program = &renderer->program[kind];
    if (pass->in_use != kind) glUseProgram(program->id);
    pass->in_use = kind;
    if (!(pass->set & 1U << kind)) {
        pass->set |= 1U << kind;
        glUniformMatrix4fv(program->view, 1, GL_FALSE, view->matrix);
        glUniformMatrix4fv(program->shadow_view, 1, GL_FALSE, renderer->shadow_matrix);
        program_light(program, &view->light, view->camera.eye);
    }
    draw_thing(renderer, program, draw, mover);
}

static void scissor(Rect rect) {
    glEnable(GL_SCISSOR_TEST);
    glScissor(rect.x0, rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0);
}

/* Either what stands or what moves, as seen from the light; the rest of the map is empty. */
static void draw_shadows(Renderer *renderer, bool standing) {
    const Program *program = &renderer->program[PROGRAM_DEPTH];
    const Rect all = {0, 0, SHADOW_PX, SHADOW_PX};
    Rect rect = {0, 0, 0, 0};
    for (int i = 0; i < renderer->still.count && !standing; i++) {
        const StillThing *thing = &renderer->still.thing[i];
        const int shape = thing->draw.shape;
        if (thing->stands || layer_of(&thing->draw) != LAYER_NEAR) continue;
        Hull hull;
        project_box(
            renderer->shadow_matrix, thing->draw.pose, renderer->low[shape], renderer->high[shape],
            NULL, SHADOW_PX, SHADOW_PX, &hull);
        rect = rect_join(rect, hull.rect);
    }
    glBindFramebuffer(GL_FRAMEBUFFER, renderer->shadow[!standing]);
    scissor(standing ? all : rect_join(rect, renderer->moving_rect));
    if (!standing) renderer->moving_rect = rect;
    glViewport(0, 0, SHADOW_PX, SHADOW_PX);
    glClear(GL_DEPTH_BUFFER_BIT);
    glUseProgram(program->id);
    glUniformMatrix4fv(program->view, 1, GL_FALSE, renderer->shadow_matrix);
    for (int i = 0; i < renderer->still.count; i++) {
        const StillThing *thing = &renderer->still.thing[i];
        if (thing->stands == standing && layer_of(&thing->draw) == LAYER_NEAR)
            draw_shape(renderer, program, &thing->draw, rough_of(renderer, &thing->draw));
    }
    glViewport(0, 0, renderer->width, renderer->height);
    if (standing || rect_empty(rect)) return;
    glPixelStorei(GL_PACK_ROW_LENGTH, SHADOW_PX);
    glReadPixels(
        rect.x0, rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0, GL_DEPTH_COMPONENT, GL_FLOAT,
        renderer->moving_shadow + (size_t)rect.y0 * SHADOW_PX + rect.x0);
    glPixelStorei(GL_PACK_ROW_LENGTH, renderer->width);
}

static void refresh_still_shadows(Renderer *renderer, const Light *light) {
    const float *sun = renderer->shadow_sun, *now = light->sun_direction;
    if (renderer->shadow_any && renderer->shadow_version == renderer->still.version &&
        sun[0] == now[0] && sun[1] == now[1] && sun[2] == now[2])
        return;
    project_sun(light, renderer->shadow_matrix);
    memcpy(renderer->shadow_sun, now, sizeof renderer->shadow_sun);
    renderer->shadow_version = renderer->still.version;
    renderer->shadow_any = true;
    draw_shadows(renderer, true);
}

/* -- what stands --------------------------------------------------------------------------- */

static void forget_silhouette(View *view, int instance) {
    if (instance > 0) view->stale[instance] = true;
}

static bool is_drawn(const View *view, uint32_t serial) {
    for (int i = 0; i < view->drawn_count; i++)
        if (view->drawn[i].serial == serial) return true;
    return false;
}

static bool stands_still(const Still *still, uint32_t serial) {
    for (int i = 0; i < still->count; i++)
        if (still->thing[i].stands && still->thing[i].serial == serial) return true;
    return false;
}

/* Where the view's picture of what stands is out of date; the view then lists what it shows. */
static Rect out_of_date(View *view, const Still *still) {
    Rect rect = {0, 0, 0, 0};
    for (int i = 0; i < view->drawn_count; i++) {
        const Drawn *drawn = &view->drawn[i];
        if (stands_still(still, drawn->serial)) continue;
        rect = rect_join(rect, drawn->rect);
        forget_silhouette(view, drawn->instance);
    }
    for (int i = 0; i < still->count; i++) {
        const StillThing *thing = &still->thing[i];
        if (!thing->stands || is_drawn(view, thing->serial)) continue;
        rect = rect_join(rect, view->hull[i].rect);
        forget_silhouette(view, thing->draw.instance);
    }
    view->drawn_count = 0;
    for (int i = 0; i < still->count; i++)
        if (still->thing[i].stands)
            view->drawn[view->drawn_count++] =
                (Drawn){still->thing[i].serial, still->thing[i].draw.instance, view->hull[i].rect};
    return rect;
}

static void draw_still(Renderer *renderer, View *view, Rect rect) {
    static const int kinds[] = {0, SURFACE_FAR};
    static const Layer layers[] = {LAYER_NEAR, LAYER_BACKDROP};
    const float *background = view->light.background;
    const float nobody[4] = {0, 0, 0, 0};
    const float far[4] = {background[0], background[1], background[2], 1}, furthest = 1;
    glBindFramebuffer(GL_FRAMEBUFFER, view->still.id);
    scissor(rect);
    glClearBufferfv(GL_COLOR, PART_LIT, far);
    glClearBufferfv(GL_COLOR, PART_UNLIT, far);
    glClearBufferfv(GL_COLOR, PART_WHO, nobody);
    glClearBufferfv(GL_DEPTH, 0, &furthest);
    /* What is far is mostly hidden: last, and with fewer questions asked. */
    for (int pass = 0; pass < 2; pass++) {
        Pass drawing = begin_pass(view, kinds[pass]);
        for (int i = 0; i < renderer->still.count; i++) {
            const StillThing *thing = &renderer->still.thing[i];
            if (thing->stands && layer_of(&thing->draw) == layers[pass] &&
                !rect_empty(rect_meet(view->hull[i].rect, rect)))
                pass_draw(renderer, &drawing, i, 0);
        }
    }
}

/* -- what moves ---------------------------------------------------------------------------- */

static void blit_still(const View *view, Rect r) {
    glBindFramebuffer(GL_READ_FRAMEBUFFER, view->still.id);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, view->frame.id);
    glDisable(GL_SCISSOR_TEST);
    static const GLenum places[] = {GL_COLOR_ATTACHMENT0, GL_COLOR_ATTACHMENT2};
    for (int i = 0; i < 2; i++) {
        const GLenum outputs[] = {i ? GL_NONE : places[0], GL_NONE, i ? places[1] : GL_NONE};
        glReadBuffer(places[i]);
        glDrawBuffers(3, outputs);
        glBlitFramebuffer(
            r.x0, r.y0, r.x1, r.y1, r.x0, r.y0, r.x1, r.y1,
            i ? GL_COLOR_BUFFER_BIT : GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT, GL_NEAREST);
    }
    const GLenum outputs[] = {places[0], GL_NONE, places[1]};
    glDrawBuffers(3, outputs);
}

/* What moves takes the sun from what stands. */
static void shade_still(const Renderer *renderer, const View *view) {
    const Hull *outlines[DRAWS_MAX];
    float inverse[16];
    int count = 0;
    for (int i = 0; i < renderer->still.count; i++)
        if (!renderer->still.thing[i].stands && view->throws[i] &&
            layer_of(&renderer->still.thing[i].draw) == LAYER_NEAR)
            outlines[count++] = &view->hull[i];
    ShadeInput input = {
        .width = renderer->width,
        .height = renderer->height,
        .lit = view->still_rgbx,
        .unlit = view->still_unlit,
        .depth = view->still_depth,
        .who = view->who,
        .shadow_px = SHADOW_PX,
        .shadow_rect = renderer->moving_rect,
        .shadow = renderer->moving_shadow};
    project_invert(view->matrix, inverse);
    project_multiply(renderer->shadow_matrix, inverse, input.to_shadow);
    shade_apply(&input, outlines, count, view->rgbx);
}

static void
draw_moving(const Renderer *renderer, const View *view, const int *mover, bool shadows, Rect rect) {
    const int near = shadows ? SURFACE_MOVING : 0;
    const int kinds[] = {near, SURFACE_FAR, near};
    static const Layer layers[] = {LAYER_NEAR, LAYER_BACKDROP, LAYER_SEE_THROUGH};
    scissor(rect);
    for (int pass = 0; pass < 3; pass++) {
        Pass drawing = begin_pass(view, kinds[pass]);
        const bool see_through = layers[pass] == LAYER_SEE_THROUGH;
        for (int i = 0; i < renderer->still.count; i++) {
            const StillThing *thing = &renderer->still.thing[i];
            if (layer_of(&thing->draw) != layers[pass] || (thing->stands && !see_through) ||
                rect_empty(rect_meet(view->hull[i].rect, rect)))
                continue;
            if (see_through) {
                glEnablei(GL_BLEND, 0);
                glDepthMask(GL_FALSE);
            }
            pass_draw(renderer, &drawing, i, mover[i]);
        }
    }
    glDepthMask(GL_TRUE);
    glDisablei(GL_BLEND, 0);
}

static void
read_back(const Renderer *renderer, const Target *target, Rect rect, uint8_t *rgbx, uint8_t *who) {
    if (rect_empty(rect)) return;
    const size_t first = (size_t)rect.y0 * (size_t)renderer->width + (size_t)rect.x0;
    const int width = rect.x1 - rect.x0, height = rect.y1 - rect.y0;
    glBindFramebuffer(GL_READ_FRAMEBUFFER, target->id);
    glReadBuffer(GL_COLOR_ATTACHMENT0);
    glReadPixels(rect.x0, rect.y0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, rgbx + first * 4);
    glReadBuffer(GL_COLOR_ATTACHMENT2);
    glReadPixels(rect.x0, rect.y0, width, height, GL_RG, GL_UNSIGNED_BYTE, who + first * 2);
}

static void read_back_still(const Renderer *renderer, const View *view, Rect rect) {
    if (rect_empty(rect)) return;
    const size_t first = (size_t)rect.y0 * (size_t)renderer->width + (size_t)rect.x0;
    const int width = rect.x1 - rect.x0, height = rect.y1 - rect.y0;
    read_back(renderer, &view->still, rect, view->still_rgbx, view->still_who);
    glReadBuffer(GL_COLOR_ATTACHMENT1);
    glReadPixels(
        rect.x0, rect.y0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, view->still_unlit + first * 4);
    glReadPixels(
        rect.x0, rect.y0, width, height, GL_DEPTH_COMPONENT, GL_FLOAT, view->still_depth + first);
}

/* -- silhouettes --------------------------------------------------------------------------- */

/* One bit an instance, without depth: a single pass gives the silhouettes of 32 instances. */
static void measure_batch(Renderer *renderer, View *view, int first) {
    const Program *program = &renderer->program[PROGRAM_FLAT];
    const Still *still = &renderer->still;
    Rect rect = {0, 0, 0, 0};
    for (int i = 0; i < still->count; i++) {
        const Draw *draw = &still->thing[i].draw;
        if (draw->instance >= first && draw->instance < first + 32 && view->stale[draw->instance])
            rect = rect_join(rect, view->hull[i].rect);
    }
    for (int id = first; id < first + 32 && id <= RENDER_INSTANCES_MAX; id++)
        if (view->stale[id]) view->whole_px[id] = 0;
    if (rect_empty(rect)) return;
    const float nothing[4] = {0, 0, 0, 0};
    glBindFramebuffer(GL_FRAMEBUFFER, renderer->bits);
    scissor(rect);
    glClearBufferfv(GL_COLOR, 0, nothing);
    glUseProgram(program->id);
    glUniformMatrix4fv(program->view, 1, GL_FALSE, view->matrix);
    for (int i = 0; i < still->count; i++) {
        const Draw *draw = &still->thing[i].draw;
        const int bit = draw->instance - first;
        if (bit < 0 || bit >= 32 || !view->stale[draw->instance]) continue;
        float value[4] = {0, 0, 0, 0};
        value[bit / 8] = (float)(1 << (bit % 8)) / 255;
        glUniform4fv(program->instance, 1, value);
        draw_shape(renderer, program, draw, rough_of(renderer, draw));
    }
    glReadBuffer(GL_COLOR_ATTACHMENT0);
    glReadPixels(
        rect.x0, rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0, GL_RGBA, GL_UNSIGNED_BYTE,
        renderer->bits_read);
    for (int y = 0; y < rect.y1 - rect.y0; y++) {
        const uint32_t *row = renderer->bits_read + (size_t)y * (size_t)renderer->width;
        for (int x = 0; x < rect.x1 - rect.x0; x++)
            for (uint32_t bits = row[x]; bits; bits &= bits - 1)
                view->whole_px[first + __builtin_ctz(bits)]++;
    }
}

static void measure_silhouettes(Renderer *renderer, View *view) {
    glDisable(GL_DEPTH_TEST);
    glEnable(GL_COLOR_LOGIC_OP);
    glLogicOp(GL_OR);
    for (int first = 1; first <= RENDER_INSTANCES_MAX; first += 32)
        measure_batch(renderer, view, first);
    glDisable(GL_COLOR_LOGIC_OP);
    glEnable(GL_DEPTH_TEST);
    memset(view->stale, 0, sizeof view->stale);
}

static void count_visible(View *view, size_t pixels) {
    memset(view->visible_px, 0, sizeof view->visible_px);
    for (size_t at = 0; at < pixels;) {
        const uint8_t id = view->who[at * 2];
        const size_t first = at;
        while (at < pixels && view->who[at * 2] == id)
            at++;
        if (id > 0 && id <= RENDER_INSTANCES_MAX) view->visible_px[id] += (int)(at - first);
    }
}

/* -- a view -------------------------------------------------------------------------------- */

/* A view that cannot go on from its last picture begins anew. */
static bool
begin_view(const Renderer *renderer, View *view, const Scene *scene, const Camera *camera) {
    if (!view->rgbx) render_open_view(renderer, view);
    const bool goes_on = view->any && view->take == scene->take &&
                         camera_same(&view->camera, camera) &&
                         light_same(&view->light, &scene->light);
    view->any = true;
    view->take = scene->take;
    view->camera = *camera;
    view->light = scene->light;
    project_camera(camera, renderer->width, renderer->height, view->matrix);
    if (!goes_on) {
        view->drawn_count = 0;
        for (int id = 1; id <= RENDER_INSTANCES_MAX; id++)
            view->stale[id] = true;
    }
    return goes_on;
}

/* Numbers what moves and says how fast it does; returns where it is and throws its shadow. */
static Rect
number_movers(const Renderer *renderer, View *view, int *mover, bool *shadows, Plate *out) {
    static const float moment_s = 0.005f;
    Rect rect = {0, 0, 0, 0};
    for (int i = 0; i < renderer->still.count; i++) {
        const StillThing *thing = &renderer->still.thing[i];
        mover[i] = 0;
        if (thing->stands) continue;
        rect = rect_join(rect, view->hull[i].rect);
        forget_silhouette(view, thing->draw.instance);
        *shadows = *shadows || (view->throws[i] && layer_of(&thing->draw) == LAYER_NEAR);
        if (out->movers == MOVERS_MAX) continue;
        mover[i] = ++out->movers;
        float later[3], from[2], to[2];
        for (int axis = 0; axis < 3; axis++)
            later[axis] = thing->middle[axis] + thing->velocity[axis] * moment_s;
        if (!project_point(view->matrix, thing->middle, out->width, out->height, from) ||
            !project_point(view->matrix, later, out->width, out->height, to))
            continue;
        for (int axis = 0; axis < 2; axis++)
            out->velocity[mover[i]][axis] = (to[axis] - from[axis]) / moment_s;
    }
    return rect;
}

/* Can any of its shadow fall into the basket? Whatever lies further out has none to show. */
static bool
shades_basket(const Draw *draw, const float low[3], const float high[3], const View *view) {
    const Light *light = &view->light;
    if (light->pit_depth_m <= 0 || light->sun_direction[2] < 0.2f) return true;
    for (int axis = 0; axis < 2; axis++) {
        float middle = draw->pose[12 + axis], reach = 0, top = draw->pose[14];
        for (int k = 0; k < 3; k++) {
            const float half = (high[k] - low[k]) / 2;
            middle += draw->pose[k * 4 + axis] * (high[k] + low[k]) / 2;
            reach += fabsf(draw->pose[k * 4 + axis]) * half;
            top += fmaxf(draw->pose[k * 4 + 2] * low[k], draw->pose[k * 4 + 2] * high[k]);
        }
        const float slides = -light->sun_direction[axis] / light->sun_direction[2] * (top + 0.02f);
        const float first = middle - reach + fminf(0, slides);
        const float last = middle + reach + fmaxf(0, slides);
        if (first > light->pit_half_m[axis] + 0.02f || last < -light->pit_half_m[axis] - 0.02f)
            return false;
    }
    return true;
}

static void place_things(const Renderer *renderer, View *view) {
    for (int i = 0; i < renderer->still.count; i++) {
        const Draw *draw = &renderer->still.thing[i].draw;
        const float *low = renderer->low[draw->shape], *high = renderer->high[draw->shape];
        const bool throws = !draw->backdrop && shades_basket(draw, low, high, view);
        project_box(
            view->matrix, draw->pose, low, high,
            throws && layer_of(draw) == LAYER_NEAR ? view->light.sun_direction : NULL,
            renderer->width, renderer->height, &view->hull[i]);
        view->throws[i] = throws;
    }
}

void render_view(
    Renderer *renderer, int which, const Scene *scene, const Camera *camera, Plate *out) {
    View *view = &renderer->view[which];
    const Rect all = {0, 0, renderer->width, renderer->height};
    int mover[DRAWS_MAX];
    bool shadows = false;
    glViewport(0, 0, renderer->width, renderer->height);
    const bool goes_on = begin_view(renderer, view, scene, camera);
    still_step(
        &renderer->still, scene, (const float(*)[3])renderer->low,
        (const float(*)[3])renderer->high);
    place_things(renderer, view);
    *out = (Plate){
        .width = renderer->width,
        .height = renderer->height,
        .rgbx = view->rgbx,
        .who = view->who,
        .still_rgbx = view->still_rgbx,
        .still_who = view->still_who,
    };
    refresh_still_shadows(renderer, &scene->light);
    if (!goes_on || view->version != renderer->still.version)
        out->still_changed = out_of_date(view, &renderer->still);
    view->version = renderer->still.version;
    if (!goes_on) out->still_changed = all;
    if (!rect_empty(out->still_changed)) draw_still(renderer, view, out->still_changed);

    const Rect moving = number_movers(renderer, view, mover, &shadows, out);
    out->changed = rect_join(rect_join(out->still_changed, moving), view->moved);
    view->moved = moving;
    if (!rect_empty(out->changed)) {
        if (shadows) draw_shadows(renderer, false);
        blit_still(view, out->changed);
        draw_moving(renderer, view, mover, shadows, out->changed);
        read_back(renderer, &view->frame, out->changed, view->rgbx, view->who);
        read_back_still(renderer, view, out->still_changed);
        if (shadows) shade_still(renderer, view);
        measure_silhouettes(renderer, view);
        count_visible(view, (size_t)out->width * (size_t)out->height);
    }
    memcpy(out->visible_px, view->visible_px, sizeof out->visible_px);
    memcpy(out->whole_px, view->whole_px, sizeof out->whole_px);
}
