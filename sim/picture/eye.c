#include "eye.h"

#include "blur.h"
#include "grease.h"
#include "remap.h"
#include "sensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double TURN = 6.28318530717958647692;
static const double SHIFTED_M = 0.13; /* how far aside a knocked camera looks, on the floor */

struct Eye {
    Renderer *renderer;
    int view, width, height;
    Random random;
    Sensor sensor;
    bool any;
    Camera camera; /* asked for, and through this lens */
    Lens lens;
    double knock[2];
    Remap remap;
    BlurPlates plates;
    Rect blurred; /* in the last picture */
    uint8_t *clean, *smeared, *shown, *who;
    uint8_t *grease;
    Sight sight; /* the last one, for a frozen camera */
};

Status eye_open(Eye **out, Renderer *renderer, int view, uint64_t seed) {
    Eye *eye = calloc(1, sizeof *eye);
    if (!eye) return fail(E_NO_MEMORY, "eye: out of memory");
    eye->renderer = renderer;
    eye->view = view;
    eye->width = render_width(renderer);
    eye->height = render_height(renderer);
    eye->random = random_fork(seed, 700 + (uint64_t)view);
    sensor_init(&eye->sensor, &eye->random);
    for (int i = 0; i < 2; i++)
        eye->knock[i] = random_chance(&eye->random, 0.5) ? SHIFTED_M : -SHIFTED_M;
    const size_t pixels = (size_t)eye->width * (size_t)eye->height;
    uint8_t **const buffers[] = {
        &eye->plates.rgbx, &eye->plates.still_rgbx, &eye->clean, &eye->smeared, &eye->shown,
        &eye->plates.who,  &eye->plates.still_who,  &eye->who,   &eye->grease};
    bool all = remap_open(&eye->remap, eye->width, eye->height);
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        *buffers[i] = calloc(pixels + 16, 4); /* a row is written to a multiple of 16 bytes */
        all = all && *buffers[i];
    }
    if (!all) {
        eye_close(eye);
        return fail(E_NO_MEMORY, "eye: out of memory");
    }
    eye->plates.width = eye->width;
    eye->plates.height = eye->height;
    *out = eye;
    return OK;
}

void eye_close(Eye *eye) {
    if (!eye) return;
    remap_close(&eye->remap);
    free(eye->plates.rgbx);
    free(eye->plates.who);
    free(eye->plates.still_rgbx);
    free(eye->plates.still_who);
    free(eye->clean);
    free(eye->smeared);
    free(eye->shown);
    free(eye->who);
    free(eye->grease);
    free(eye);
}

double eye_corner(const Camera *camera, int width, int height) {
    return tan((double)camera->vertical_fov_rad / 2) * hypot(1, (double)width / height);
}

/* -- a picture ----------------------------------------------------------------------------- */

/* The sun and lamps over the exposure of a row at t seconds. */
static double light_at(const Light *light, const Lens *lens, double t) {
    if (light->flicker <= 0) return 1;
    const double swings = TURN * 2 * (double)light->mains_hz;
    const double half = swings * lens->exposure_s / 2;
    return 1 + (double)light->flicker * cos(swings * t) * (half > 1e-6 ? sin(half) / half : 1);
}

static void expose(Eye *eye, const Scene *scene, const Lens *lens) {
    const bool black = lens->fault == LENS_BLACK;
    const uint8_t *clean = lens->fault == LENS_SMEARED ? eye->smeared : eye->clean;
    const double amplified = fmax(1, (double)scene->light.amplified);
    const size_t row = (size_t)eye->width * 4;
    for (int y = 0; y < eye->height; y++) {
        const double t = (double)(scene->t_ns % INT64_C(1000000000000)) / 1e9 +
                         lens->readout_s * ((double)y / eye->height - 0.5);
        const double light = black ? 0 : sqrt(fmax(0.05, light_at(&scene->light, lens, t)));
        const double gain[3] = {
            lens->gain[0] * light, lens->gain[1] * light, lens->gain[2] * light};
        sensor_row(
            &eye->sensor, clean + (size_t)y * row, row, gain, lens->noise_dark * amplified,
            lens->noise_light * amplified, &eye->random, eye->shown + (size_t)y * row);
    }
}

static void count_seen(const Eye *eye, const Plate *plate, Sight *out) {
    for (int y = 0; y < eye->height; y++) {
        const uint8_t *row = eye->who + (size_t)y * (size_t)eye->width * 2;
        for (int x = 0; x < eye->width;) {
            const uint8_t id = row[2 * (size_t)x];
            const int first = x;
            while (x < eye->width && row[2 * (size_t)x] == id)
                x++;
            if (id == 0 || id > RENDER_INSTANCES_MAX) continue;
            SeenInstance *seen = &out->instance[id];
            if (seen->visible_px == 0) {
                seen->x0 = first;
                seen->y0 = y;
            }
            seen->visible_px += x - first;
            seen->x0 = first < seen->x0 ? first : seen->x0;
            seen->x1 = x > seen->x1 ? x : seen->x1;
            seen->y1 = y + 1;
        }
    }
    for (int id = 1; id <= RENDER_INSTANCES_MAX; id++) {
        SeenInstance *seen = &out->instance[id];
        const double clean = fmax(1, plate->visible_px[id]);
        const int whole = (int)lround(seen->visible_px * (plate->whole_px[id] / clean));
        seen->whole_px = whole > seen->visible_px ? whole : seen->visible_px;
    }
}

static bool same_optics(const Eye *eye, const Camera *camera, const Lens *lens) {
    bool same = eye->any && camera_same(&eye->camera, camera) &&
                (eye->lens.fault == LENS_SHIFTED) == (lens->fault == LENS_SHIFTED);
    for (int i = 0; i < 5; i++)
        same = same && eye->lens.distortion[i] == lens->distortion[i];
    return same;
}

/* The camera for a picture that holds all that the lens bends into its own. */
static Camera wider(const Eye *eye, const Camera *camera, const Lens *lens) {
    Camera wide = *camera;
    wide.vertical_fov_rad = (float)(2 * atan(eye->height / 2.0 / eye->remap.clean_f));
    if (lens->fault == LENS_SHIFTED)
        for (int i = 0; i < 2; i++)
            wide.target[i] += (float)eye->knock[i];
    return wide;
}

static void blank(Sight *sight) { memset(sight->instance, 0, sizeof sight->instance); }

static void look(Eye *eye, const Scene *scene, const Camera *camera, const Lens *lens) {
    Sight *sight = &eye->sight;
    const bool anew = !same_optics(eye, camera, lens);
    if (anew)
        remap_aim(
            &eye->remap, lens->distortion,
            eye->height / 2.0 / tan((double)camera->vertical_fov_rad / 2));
    if (lens->fault == LENS_SMEARED && eye->lens.fault != LENS_SMEARED) {
        grease_by_chance(&eye->random, eye->width, eye->height, eye->grease);
    }
    const bool same_fault = eye->any && eye->lens.fault == lens->fault;
    eye->any = true;
    eye->camera = *camera;
    eye->lens = *lens;
    const Camera wide = wider(eye, camera, lens);
    static _Thread_local Plate plate;
    render_view(eye->renderer, eye->view, scene, &wide, &plate);

    const Rect all = {0, 0, eye->width, eye->height};
    const Rect changed = anew ? all : remap_rect(&eye->remap, plate.changed);
    const Rect still_changed = anew ? all : remap_rect(&eye->remap, plate.still_changed);
    remap_colour(&eye->remap, plate.rgbx, changed, eye->plates.rgbx);
    remap_who(&eye->remap, plate.who, changed, eye->plates.who);
    remap_colour(&eye->remap, plate.still_rgbx, still_changed, eye->plates.still_rgbx);
    remap_who(&eye->remap, plate.still_who, still_changed, eye->plates.still_who);
    const BlurTimes times = {
        .exposure_s = lens->exposure_s * fmin(2, fmax(1, (double)scene->light.amplified)),
        .readout_s = lens->readout_s};
    const Rect again = rect_join(changed, eye->blurred);
    if (rect_empty(again) && !anew && same_fault) return;
    eye->blurred = blur_make(
        &eye->plates, (const float(*)[2])plate.velocity, plate.movers, &times, again, eye->clean,
        eye->who);
    blank(sight);
    if (lens->fault == LENS_SMEARED)
        grease_smear(eye->grease, eye->width, eye->height, eye->clean, eye->smeared);
    if (lens->fault != LENS_BLACK) count_seen(eye, &plate, sight);
}

void eye_see(Eye *eye, const Scene *scene, const Camera *camera, const Lens *lens, Sight *out) {
    const bool frozen = lens->fault == LENS_FROZEN && eye->any;
    if (!frozen && lens->fault != LENS_UNPLUGGED) {
        look(eye, scene, camera, lens);
        expose(eye, scene, lens);
    }
    *out = eye->sight;
    out->any = lens->fault != LENS_UNPLUGGED;
    out->picture = (Image){eye->width, eye->height, eye->shown};
    out->who = eye->who;
    if (!out->any) blank(out);
}
