#include "stage.h"

#include "clock.h"
#include "conditions.h"
#include "truth_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { SCALE_EVERY = 10, IMU_EVERY = 8 };

static const double PRESS_TAU_S = 0.12, PRESS_LEAST_N = 0.01; /* how hands begin and end */
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

static int hand_instance(const Stage *stage, int hand) { return stage->plan.items + 1 + hand; }

static Status open_world(Stage *stage) {
    WorldItem items[WORLD_ITEMS_MAX];
    for (int i = 0; i < stage->plan.items; i++) {
        const PlannedItem *planned = &stage->plan.item[i];
        TRY(plan_prop(stage->props, planned, &stage->prop[i]));
        const ProductMesh *mesh = &stage->prop[i]->product;
        items[i] =
            planned->pieces > 1
                ? world_bag_of(mesh, 1, planned->pieces, stage->options->chance * 64 + (uint64_t)i)
                : world_item_of(mesh, 1);
        items[i].mass_kg = planned->grams / 1000;
        stage->item[i] = (StageItem){.hand = NO_HAND};
        stage->instance[i + 1] = (TruthInstance){
            "item",
            planned->thing == THING_NONE ? stage->catalog->products[planned->sku].gtin : ""};
    }
    for (int hand = 0; hand < HANDS; hand++)
        stage->instance[hand_instance(stage, hand)] = (TruthInstance){"hand", NULL};
    TRY(world_open(&stage->world, &stage->platform.spring, items, stage->plan.items));
    conditions_open(stage);
    const Pose origin = pose_at(0, 0, 0); /* what tell_world() counts on */
    world_move_hand(stage->world, &origin);
    return OK;
}

static Status write_opening(Stage *stage, const Scenario *scenario, int attempt) {
    const SessionOptions *options = stage->options;
    char seed[24], tries[16], expect[512];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    snprintf(tries, sizeof tries, "%d", attempt);
    scenario_expect_text(&scenario->expect, expect, sizeof expect);
    const struct {
        const char *key, *value;
    } notes[] = {
        {"twin", CARTWRIGHT_VERSION},
        {"simulated", "true"},
        {"scenario", scenario->name},
        {"about", scenario->about},
        {"scenario_sha256", options->scenario_sha256},
        {"products", options->product_folders},
        {"products_sha256", options->products_sha256},
        {"pictures", options->pictures_text},
        {"seed", seed},
        {"attempt", tries},
        {"expect", expect},
        {"currency", stage->catalog->currency},
    };
    enum { NOTES = sizeof notes / sizeof *notes };
    const char *keys[NOTES], *values[NOTES];
    for (int i = 0; i < NOTES; i++) {
        keys[i] = notes[i].key;
        values[i] = notes[i].value;
    }
    TRY(recorder_note(stage->recorder, keys, values, NOTES));
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
    const uint64_t seed = options->chance;
    Random random = random_fork(seed, 11);
    *stage = (Stage){
        .options = options,
        .catalog = props->catalog,
        .props = props,
        .platform = platform_by_chance(seed),
        .start_ns = EPOCH_NS + (int64_t)(options->seed % 100000) * 3600 * NS_PER_SECOND,
    };
    stage->scene.take = (uint32_t)attempt + 1;
    Status status = plan_make(scenario, options->scenario_file, props, seed, &stage->plan);
    const PlannedShop *shop = &stage->plan.shop;
    const double clutter =
        shop->clutter < 0 ? fmax(0, random_between(&random, -0.5, 0.5)) : shop->clutter;
    stage->scenery = scenery_by_chance(
        props, &random, &(Look){.light = (LightKind)shop->light, .clutter = clutter});
    place_cameras(stage, &random);
    if (status == OK) status = open_world(stage);
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
    scenery_roll(&stage->scenery, world_ride(stage->world)->way_m);
    scenery_draw(stage->props, &stage->scenery, &platform, &stage->scene);
    for (int i = 0; i < stage->plan.items; i++) {
        if (!stage->item[i].shown) continue;
        const WorldItem *item = world_item(stage->world, i);
        const Pose pose = stage_item_pose(stage, i);
        item_draw(
            stage->props, stage->prop[i], item->pieces, item->piece, item->half, &pose, i + 1,
            &stage->scene);
    }
    for (int i = 0; i < HANDS; i++) {
        const StageHand *hand = &stage->hand[i];
        if (hand->visible)
            hand_draw(
                stage->props, &stage->scenery.person, &hand->pose, hand->aperture_m, hand->shoulder,
                hand_instance(stage, i), &stage->scene);
    }
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
            stage->recorder, camera, t_ns, &sight, stage->instance, stage->plan.items + HANDS));
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

/* -- what hands hold and press -------------------------------------------------------------- */

void stage_hold(Stage *stage, int hand, int item, const Pose *in_hand, bool touching) {
    StageItem *held = &stage->item[item];
    held->hand = hand;
    held->in_hand = *in_hand;
    held->touching = touching;
    held->shown = true;
    held->at = held->at == ITEM_INSIDE ? ITEM_INSIDE : ITEM_AWAY;
    const Pose pose = pose_then(&stage->hand[hand].pose, in_hand);
    world_hold(stage->world, item, &pose, touching);
}

void stage_release(Stage *stage, int item, double seconds) {
    stage->item[item].hand = NO_HAND;
    if (seconds > 0)
        world_release_slowly(stage->world, item, seconds);
    else
        world_release(stage->world, item);
}

void stage_lay(Stage *stage, int item, Whereabouts at, const Pose *pose) {
    StageItem *laid = &stage->item[item];
    *laid = (StageItem){.at = at, .shown = at != ITEM_AWAY, .hand = NO_HAND};
    if (pose) laid->rests = *pose;
    world_park(stage->world, item);
}

Pose stage_item_pose(const Stage *stage, int item) {
    const StageItem *where = &stage->item[item];
    const bool laid = where->at == ITEM_OVER_RIM || where->at == ITEM_BELOW;
    return laid && where->hand == NO_HAND ? where->rests : world_item_pose(stage->world, item);
}

void stage_press(Stage *stage, int hand, double x_m, double y_m, double down_n) {
    StagePress *press = &stage->press[hand];
    if (down_n > 0) {
        press->x_m = x_m;
        press->y_m = y_m;
    }
    press->wanted_n = down_n;
}

typedef struct Pressed {
    double down_n, x_nm, y_nm;
} Pressed;

static void add_press(Pressed *sum, double x_m, double y_m, double down_n) {
    sum->down_n += down_n;
    sum->x_nm += x_m * down_n;
    sum->y_nm += y_m * down_n;
}

/* Hands, and what hangs over the rim: all of it at the middle of the forces. */
static void press_world(Stage *stage) {
    Pressed sum = {0};
    for (int hand = 0; hand < HANDS; hand++) {
        StagePress *press = &stage->press[hand];
        press->now_n += (press->wanted_n - press->now_n) * WORLD_STEP_S / PRESS_TAU_S;
        if (press->wanted_n == 0 && press->now_n < PRESS_LEAST_N) press->now_n = 0;
        add_press(&sum, press->x_m, press->y_m, press->now_n);
    }
    for (int i = 0; i < stage->plan.items; i++) {
        const StageItem *item = &stage->item[i];
        if (item->at != ITEM_OVER_RIM || item->hand != NO_HAND) continue;
        add_press(
            &sum, item->rests.at[0], item->rests.at[1],
            stage->plan.item[i].grams / 1000 * WORLD_GRAVITY);
    }
    const double force_n[3] = {0, 0, -sum.down_n};
    const double weight = sum.down_n > 0 ? sum.down_n : 1;
    world_press(stage->world, sum.x_nm / weight, sum.y_nm / weight, force_n);
}

/* The world's own hand stays at the origin: what each of ours holds is drawn to where it has it. */
static void tell_world(Stage *stage) {
    for (int i = 0; i < stage->plan.items; i++) {
        const StageItem *item = &stage->item[i];
        if (item->hand == NO_HAND) continue;
        const Pose pose = pose_then(&stage->hand[item->hand].pose, &item->in_hand);
        world_hold(stage->world, i, &pose, item->touching);
    }
    press_world(stage);
}

/* -- time ---------------------------------------------------------------------------------- */

int64_t stage_now_ns(const Stage *stage) { return stage->start_ns + stage->step * STEP_NS; }

Status stage_step(Stage *stage) {
    const int64_t t_ns = stage_now_ns(stage);
    if (stage->step % SCALE_EVERY == 0) {
        ScaleSample sample;
        if (platform_weigh(&stage->platform, stage->world, t_ns, &sample))
            TRY(recorder_scale(stage->recorder, &sample));
    }
    if (stage->step % IMU_EVERY == 0) {
        const ImuSample sample = platform_feel(&stage->platform, stage->world, t_ns);
        TRY(recorder_imu(stage->recorder, &sample));
    }
    conditions_step(stage);
    TRY(truth_step(stage));
    TRY(take_due_pictures(stage));
    tell_world(stage);
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
    if (stage->scanner_silent) return OK;
    Scan scan = {.t_ns = stage_now_ns(stage), .source = SCAN_SCANNER, .camera = -1};
    memcpy(scan.code, stage->catalog->products[sku].gtin, GTIN_BYTES);
    return recorder_scan(stage->recorder, &scan);
}
