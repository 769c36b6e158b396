#include "stage.h"

#include "clock.h"
#include "receipt.h"

#include <stdio.h>
#include <stdlib.h>

enum { SCALE_EVERY = 10, IMU_EVERY = 8, SUSTAINED_STEPS = 20 };

static const int64_t STEP_NS = 1250000;
static const int64_t EPOCH_NS = INT64_C(1767225600000000000); /* 2026-01-01T00:00:00Z */

/* -- opening ------------------------------------------------------------------------------- */

static void place_cameras(Stage *stage, Random *random) {
    static const float places[CAMERAS][6] = {
        {0.14f, 0.29f, 0.66f, 0.02f, -0.02f, 0.10f},
        {-0.14f, -0.29f, 0.66f, -0.02f, 0.02f, 0.10f},
        {-0.43f, 0, 0.66f, 0.02f, 0, 0.10f}};
    for (int camera = 0; camera < CAMERAS; camera++) {
        stage->camera[camera].vertical_fov_rad = 1.15f;
        stage->camera[camera].roll_rad = (float)(0.01 * random_normal(random));
        for (int i = 0; i < 3; i++) {
            stage->camera[camera].eye[i] =
                places[camera][i] + (float)(0.006 * random_normal(random));
            stage->camera[camera].target[i] =
                places[camera][3 + i] + (float)(0.012 * random_normal(random));
        }
    }
}

static Status open_eyes(Stage *stage, uint64_t seed) {
    Random random = random_fork(seed, 12);
    for (int camera = 0; camera < CAMERAS; camera++) {
        stage->lens[camera] = lens_by_chance(
            &random, 1,
            eye_corner(&stage->camera[camera], stage->options->width, stage->options->height));
        TRY(eye_open(&stage->eye[camera], stage->props->renderer, camera, seed));
    }
    return OK;
}

static Status open_world(Stage *stage, uint64_t seed) {
    WorldItem items[WORLD_ITEMS_MAX];
    for (int i = 0; i < stage->plan.items; i++) {
        const PlannedItem *planned = &stage->plan.item[i];
        const Prop *prop = NULL;
        TRY(props_product(stage->props, planned->sku, &prop));
        items[i] = planned->pieces > 1
                       ? world_bag_of(&prop->product, 1, planned->pieces, seed * 64 + (uint64_t)i)
                       : world_item_of(&prop->product, 1);
        items[i].mass_kg = planned->grams / 1000;
        stage->instance[i + 1] =
            (TruthInstance){false, stage->catalog->products[planned->sku].gtin};
    }
    stage->instance[stage->plan.items + 1] = (TruthInstance){true, ""};
    return world_open(&stage->world, &stage->platform.spring, items, stage->plan.items);
}

static Status write_opening(Stage *stage, const Scenario *scenario, int attempt) {
    const SessionOptions *options = stage->options;
    char seed[24], tries[16];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    snprintf(tries, sizeof tries, "%d", attempt);
    const char *const keys[] = {"twin", "simulated", "scenario", "scenario_sha256",
                                "seed", "attempt",   "products", "currency"};
    const char *const values[] = {
        CARTWRIGHT_VERSION,
        "true",
        scenario->name,
        options->scenario_sha256,
        seed,
        tries,
        options->product_folders,
        stage->catalog->currency};
    TRY(recorder_note(stage->recorder, keys, values, 8));
    TRY(recorder_calibration(stage->recorder, stage->start_ns, &stage->platform.calibration));
    for (int camera = 0; options->pictures && camera < CAMERAS; camera++)
        TRY(recorder_camera(
            stage->recorder, camera, stage->start_ns, &stage->camera[camera], &stage->lens[camera],
            options->width, options->height));
    return OK;
}

Status stage_open(
    Stage *stage,
    const SessionOptions *options,
    const Scenario *scenario,
    Props *props,
    int attempt) {
    const uint64_t seed = options->seed;
    Random random = random_fork(seed, 11);
    *stage = (Stage){
        .options = options,
        .catalog = props->catalog,
        .props = props,
        .platform = platform_by_chance(seed),
        .start_ns = EPOCH_NS + (int64_t)(seed % 100000) * 3600 * NS_PER_SECOND,
    };
    stage->scene.take = (uint32_t)attempt + 1;
    stage->scenery = scenery_by_chance(props, &random, &(Look){0});
    place_cameras(stage, &random);
    Status status = plan_make(scenario, options->scenario_file, props, seed, &stage->plan);
    if (status == OK) status = open_world(stage, seed);
    if (status == OK && options->pictures) status = open_eyes(stage, seed);
    if (status == OK) status = jpeg_writer_open(&stage->jpeg);
    if (status == OK) status = recorder_open(&stage->recorder, options->tape, options->pictures);
    if (status == OK) status = write_opening(stage, scenario, attempt);
    if (status != OK && stage_close(stage) != OK) return status;
    return status;
}

Status stage_close(Stage *stage) {
    const Status status = recorder_finish(stage->recorder);
    for (int camera = 0; camera < CAMERAS; camera++) {
        eye_close(stage->eye[camera]);
        stage->eye[camera] = NULL;
    }
    jpeg_writer_close(stage->jpeg);
    world_close(stage->world);
    stage->recorder = NULL;
    stage->jpeg = NULL;
    stage->world = NULL;
    return status;
}

/* -- pictures ------------------------------------------------------------------------------ */

static void set_scene(Stage *stage) {
    const Pose platform = world_platform_pose(stage->world);
    stage->scene.count = 0;
    stage->scene.t_ns = stage_now_ns(stage);
    scenery_draw(stage->props, &stage->scenery, &platform, &stage->scene);
    for (int i = 0; i < stage->plan.items; i++) {
        if (!stage->shown[i]) continue;
        const WorldItem *item = world_item(stage->world, i);
        const Pose pose = world_item_pose(stage->world, i);
        item_draw(
            stage->props, &stage->props->products[stage->plan.item[i].sku], item->pieces,
            item->piece, item->half, &pose, i + 1, &stage->scene);
    }
    if (stage->hand.visible)
        hand_draw(
            stage->props, &stage->scenery.person, &stage->hand.pose, stage->hand.aperture_m,
            stage->hand.shoulder, stage->plan.items + 1, &stage->scene);
}

static Status take_picture(Stage *stage, int camera) {
    const int64_t began_ns = clock_now_ns();
    const int64_t t_ns = stage_now_ns(stage);
    const uint8_t *jpeg;
    size_t size;
    static Sight sight;
    set_scene(stage);
    eye_see(
        stage->eye[camera], &stage->scene, &stage->camera[camera], &stage->lens[camera], &sight);
    if (sight.any) {
        TRY(jpeg_write(stage->jpeg, &sight.picture, stage->options->quality, &jpeg, &size));
        TRY(recorder_picture(stage->recorder, camera, t_ns, jpeg, size));
        TRY(recorder_boxes(
            stage->recorder, camera, t_ns, &sight, stage->instance, stage->plan.items + 1));
        stage->pictures++;
    }
    stage->picture_ns += clock_now_ns() - began_ns;
    return OK;
}

/* Cameras take turns: each a third of a period after the one before. */
static Status take_due_pictures(Stage *stage) {
    const double period = 1 / (stage->options->fps * WORLD_STEP_S);
    for (int camera = 0; stage->options->pictures && camera < CAMERAS; camera++) {
        const double turn = ((double)stage->step - period * camera / CAMERAS) / period;
        const int64_t due = llround(floor(turn + 0.5) * period + period * camera / CAMERAS);
        if (stage->step == due) TRY(take_picture(stage, camera));
    }
    return OK;
}

/* -- the truth ----------------------------------------------------------------------------- */

void stage_watch(Stage *stage, int first, int count, int sign) {
    stage->watch =
        (StageWatch){.on = true, .first = first, .count = count, .sign = sign, .since = -1};
}

static Status write_event(Stage *stage) {
    const StageWatch *watch = &stage->watch;
    TruthEvent event = {
        .t_ns = stage->start_ns + watch->since * STEP_NS, .quantity = watch->sign * watch->count};
    const Product *product = &stage->catalog->products[stage->plan.item[watch->first].sku];
    memcpy(event.gtin, product->gtin, sizeof event.gtin);
    for (int i = watch->first; i < watch->first + watch->count; i++) {
        event.weight_g += stage->plan.item[i].grams;
        stage->inside[i] = watch->sign > 0;
    }
    stage->events++;
    TRY(recorder_event(stage->recorder, &event));
    return stage_write_basket(stage);
}

Status stage_write_basket(Stage *stage) {
    TruthLine lines[WORLD_ITEMS_MAX];
    double load_g;
    const int count = receipt_make(
        &stage->plan, stage->catalog, stage->inside, stage->platform.calibration.e_g, lines,
        &load_g);
    return recorder_basket(stage->recorder, stage_now_ns(stage), lines, count, load_g);
}

static Status look_after_event(Stage *stage) {
    StageWatch *watch = &stage->watch;
    if (!watch->on) return OK;
    bool touches = false;
    for (int i = watch->first; i < watch->first + watch->count; i++)
        touches = touches || world_touches(stage->world, i);
    const bool acts = watch->sign > 0 ? touches && watch->released : !touches;
    if (!acts) {
        watch->since = -1;
        return OK;
    }
    if (watch->since < 0) watch->since = stage->step;
    if (stage->step - watch->since < SUSTAINED_STEPS) return OK;
    watch->on = false;
    return write_event(stage);
}

/* -- time ---------------------------------------------------------------------------------- */

int64_t stage_now_ns(const Stage *stage) { return stage->start_ns + stage->step * STEP_NS; }

Status stage_step(Stage *stage) {
    const int64_t t_ns = stage_now_ns(stage);
    if (stage->step % SCALE_EVERY == 0) {
        const ScaleSample sample = platform_weigh(&stage->platform, stage->world, t_ns);
        TRY(recorder_scale(stage->recorder, &sample));
    }
    if (stage->step % IMU_EVERY == 0) {
        const ImuSample sample = platform_feel(&stage->platform, stage->world, t_ns);
        TRY(recorder_imu(stage->recorder, &sample));
    }
    TRY(look_after_event(stage));
    TRY(take_due_pictures(stage));
    world_move_hand(stage->world, &stage->hand.pose);
    world_step(stage->world);
    stage->step++;
    return OK;
}

Status stage_wait(Stage *stage, double seconds) {
    const int64_t until = stage->step + llround(seconds / WORLD_STEP_S);
    while (stage->step < until)
        TRY(stage_step(stage));
    return OK;
}

Status stage_scan(Stage *stage, int32_t sku) {
    Scan scan = {.t_ns = stage_now_ns(stage), .source = SCAN_SCANNER, .camera = -1};
    memcpy(scan.code, stage->catalog->products[sku].gtin, GTIN_BYTES);
    return recorder_scan(stage->recorder, &scan);
}
