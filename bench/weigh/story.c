#include "story.h"

#include "file.h"
#include "platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE_EVERY = 10, IMU_EVERY = 8, LASTING_STEPS = 20, BALLAST = 2, ITEMS = 11, SLOTS = 15 };
enum { STORY_MOST = 1 << 28, TRICKS = 12 };

static const int64_t START_NS = INT64_C(1000000000000), STEP_NS = 1250000;
static const double DEGREE = 0.0174532925;

const char *const story_names[STORY_KINDS] = {"standing", "slow",  "dropped", "light",
                                              "loaded",   "ramp",  "warm-up", "rolling",
                                              "pressed",  "joints"};

typedef struct Stage {
    StoryKind kind;
    Story *story;
    World *world;
    Platform platform;
    Random random;
    ProductMesh mesh[ITEMS];
    WorldItem item[ITEMS];
    bool inside[ITEMS];
    int64_t step;
    int watched, sign; /* the item that is to come or go; -1: none */
    int64_t since;
    Status status;
} Stage;

static void keep(Stage *stage, const Record *record) {
    Story *story = stage->story;
    if (story->count == story->capacity) {
        const int bigger = story->capacity ? 2 * story->capacity : 4096;
        Record *moved = realloc(story->record, (size_t)bigger * sizeof *moved);
        if (!moved) {
            stage->status = fail(E_NO_MEMORY, "story: out of memory");
            return;
        }
        story->record = moved;
        story->capacity = bigger;
    }
    story->record[story->count++] = *record;
}

static void watch(Stage *stage) {
    if (stage->watched < 0) return;
    const bool touches = world_touches(stage->world, stage->watched);
    if (touches != (stage->sign > 0)) {
        stage->since = -1;
        return;
    }
    if (stage->since < 0) stage->since = stage->step;
    if (stage->step - stage->since < LASTING_STEPS) return;
    Record record = {.kind = RECORD_EVENT};
    record.event.t_ns = START_NS + stage->since * STEP_NS;
    record.event.grams = stage->sign * world_item(stage->world, stage->watched)->mass_kg * 1000;
    keep(stage, &record);
    stage->watched = -1;
}

static void step(Stage *stage) {
    const int64_t t_ns = START_NS + stage->step * STEP_NS;
    if (stage->step % SCALE_EVERY == 0) {
        Record record = {.kind = RECORD_SCALE};
        if (platform_weigh(&stage->platform, stage->world, t_ns, &record.scale))
            keep(stage, &record);
    }
    if (stage->step % IMU_EVERY == 0) {
        Record record = {.kind = RECORD_IMU};
        record.imu = platform_feel(&stage->platform, stage->world, t_ns);
        keep(stage, &record);
    }
    watch(stage);
    world_step(stage->world);
    stage->step++;
}

static void wait_for(Stage *stage, double seconds) {
    for (int64_t until = stage->step + llround(seconds / WORLD_STEP_S); stage->step < until;)
        step(stage);
}

static double between(Stage *stage, double low, double high) {
    return random_between(&stage->random, low, high);
}

/* -- what happens --------------------------------------------------------------------------------
 */

static double eased(double u) { return u <= 0 ? 0 : u >= 1 ? 1 : u * u * (3 - 2 * u); }

static void slot_of(int item, double *x_m, double *y_m) {
    static const int order[SLOTS] = {1, 13, 0, 4, 10, 14, 7, 2, 12, 5, 9, 3, 11, 6, 8};
    const int column = order[item] % 5, row = order[item] / 5;
    *x_m = 0.155 * (column - 2);
    *y_m = 0.165 * (row - 1);
}

/* Down to `gap_m` over its place, let go within `ease_s`. */
static void put(Stage *stage, int item, double gap_m, double ease_s) {
    Pose pose = pose_at(0, 0, 0);
    const Pose itself = pose_at(0, 0, 0);
    slot_of(item, &pose.at[0], &pose.at[1]);
    pose.at[0] += between(stage, -0.012, 0.012), pose.at[1] += between(stage, -0.012, 0.012);
    const double tilt = random_chance(&stage->random, 0.5) ? 3 * DEGREE : 0;
    turn_about(
        pose.turn, between(stage, -1, 1), between(stage, -1, 1), 0.1, between(stage, 0, tilt));
    const double end_m = stage->item[item].half[2] + 0.006 + gap_m - 0.006 * (tilt == 0);
    const int64_t first = stage->step, steps = llround(between(stage, 0.5, 0.9) / WORLD_STEP_S);
    pose.at[2] = 0.5;
    world_move_hand(stage->world, &pose);
    world_hold(stage->world, item, &itself, false);
    while (stage->step < first + steps) {
        pose.at[2] = 0.5 + (end_m - 0.5) * eased((double)(stage->step - first) / (double)steps);
        world_move_hand(stage->world, &pose);
        step(stage);
    }
    wait_for(stage, 0.08);
    if (ease_s > 0)
        world_release_slowly(stage->world, item, ease_s);
    else
        world_release(stage->world, item);
    stage->watched = item, stage->sign = 1, stage->since = -1;
    stage->inside[item] = true;
    wait_for(stage, 0.6);
}

static void take(Stage *stage, int item) {
    const Pose lies = world_item_pose(stage->world, item), itself = pose_at(0, 0, 0);
    Pose hand = lies;
    world_move_hand(stage->world, &hand);
    world_hold(stage->world, item, &itself, true);
    stage->watched = item, stage->sign = -1, stage->since = -1;
    const double lift_s = between(stage, 0.25, 0.6);
    const int64_t first = stage->step, steps = llround(lift_s / WORLD_STEP_S);
    for (bool clear = false; stage->step < first + steps; step(stage)) {
        const double up_m = 0.15 * eased((double)(stage->step - first) / (double)steps);
        hand.at[2] = lies.at[2] + up_m;
        world_move_hand(stage->world, &hand);
        if (!clear && up_m > 0.03) world_hold(stage->world, item, &itself, false), clear = true;
    }
    world_park(stage->world, item);
    stage->inside[item] = false;
    wait_for(stage, 0.3);
}

/* A hand on the rim: force, a tremor, gone again. */
static void press(Stage *stage, double newtons, double seconds, double ramp_s) {
    const double x_m = between(stage, -0.42, 0.42), y_m = between(stage, -0.27, 0.27);
    const double sideways = between(stage, -0.3, 0.3), hz = between(stage, 2, 9);
    const int64_t first = stage->step, steps = llround(seconds / WORLD_STEP_S);
    for (; stage->step <= first + steps; step(stage)) {
        const double t = (double)(stage->step - first) * WORLD_STEP_S;
        const double on = eased(t / ramp_s) - eased((t - seconds + ramp_s) / ramp_s);
        const double down = newtons * on * (1 + 0.06 * sin(6.283185307 * hz * t));
        const double force[3] = {sideways * down, 0, -down};
        world_press(stage->world, x_m, y_m, force);
    }
    const double none[3] = {0, 0, 0};
    world_press(stage->world, 0, 0, none);
    wait_for(stage, 0.2);
}

/* Pushed along the floor by a hand that carries none of it, some centimetres. */
static void shift(Stage *stage, int item) {
    const Pose lies = world_item_pose(stage->world, item), itself = pose_at(0, 0, 0);
    Pose hand = lies;
    world_move_hand(stage->world, &hand);
    world_hold(stage->world, item, &itself, true);
    const double way_m = between(stage, -0.03, 0.03);
    const int64_t first = stage->step, steps = llround(between(stage, 0.3, 0.8) / WORLD_STEP_S);
    for (; stage->step < first + steps; step(stage)) {
        hand.at[0] = lies.at[0] + way_m * eased((double)(stage->step - first) / (double)steps);
        world_move_hand(stage->world, &hand);
    }
    world_release(stage->world, item);
    wait_for(stage, 0.3);
}

static void ride(Stage *stage, double speed_mps, double accel_mps2, double pitch, double roll) {
    const Ride wanted = {speed_mps, accel_mps2, pitch * DEGREE, roll * DEGREE};
    ride_set(world_ride(stage->world), &wanted);
}

/* Everything goes in, one by one, and some come out again. */
static void shop(Stage *stage) {
    for (int item = BALLAST; item < ITEMS; item++) {
        double gap_m = between(stage, 0.002, 0.013), ease_s = 0;
        if (stage->kind == STORY_SLOW || stage->kind == STORY_LIGHT)
            ease_s = between(stage, 0.05, 0.2);
        if (stage->kind == STORY_DROPPED) gap_m = between(stage, 0.03, 0.08);
        wait_for(stage, between(stage, 0.6, 2));
        put(stage, item, gap_m, ease_s);
        if (item % 3 != 1) continue;
        wait_for(stage, between(stage, 0.6, 2));
        take(stage, item - random_below(&stage->random, 2));
    }
    wait_for(stage, 3);
}

static void disturb(Stage *stage) {
    for (int item = BALLAST; item < BALLAST + 4; item++)
        put(stage, item, 0.004, 0);
    wait_for(stage, 3);
    for (int i = 0; i < TRICKS; i++) {
        wait_for(stage, between(stage, 1, 3));
        switch (i % 3) {
        case 0: /* rests */
            press(stage, between(stage, 1, 8), between(stage, 0.5, 3), between(stage, 0.06, 0.2));
            break;
        case 1: /* leans */
            press(stage, between(stage, 15, 60), between(stage, 0.3, 2), between(stage, 0.1, 0.3));
            break;
        default:
            shift(stage, BALLAST + random_below(&stage->random, 4));
        }
    }
    wait_for(stage, 3);
}

static void roll_about(Stage *stage) {
    for (int item = BALLAST; item < BALLAST + 4; item++)
        put(stage, item, 0.004, 0);
    wait_for(stage, 3);
    for (int i = 0; i < 8; i++) {
        ride(stage, between(stage, 0.4, 1.2), 0.6, 0, between(stage, -1, 1));
        wait_for(stage, between(stage, 3, 6));
        ride(stage, 0, between(stage, 0.5, 2), 0, 0);
        wait_for(stage, between(stage, 1, 4));
    }
    wait_for(stage, 3);
}

/* -- the whole -----------------------------------------------------------------------------------
 */

static void stock(Stage *stage) {
    double aboard_kg = between(stage, 0, 4);
    if (stage->kind == STORY_LOADED) aboard_kg = between(stage, 2.5, 12);
    for (int i = 0; i < ITEMS; i++) {
        ProductMesh *mesh = &stage->mesh[i];
        const bool light = stage->kind == STORY_LIGHT;
        const double low = light ? 10.5 : 15, high = light ? 60 : 1600;
        double grams = low * pow(high / low, between(stage, 0, 1));
        *mesh = (ProductMesh){.solid = SOLID_BOX};
        for (int k = 0; k < 3; k++)
            mesh->half[k] = between(stage, 0.025, k < 2 ? 0.06 : 0.1);
        if (random_chance(&stage->random, 0.35)) {
            mesh->solid = SOLID_CYLINDER, mesh->axis = 2;
            mesh->half[1] = mesh->half[0];
        }
        if (i < BALLAST) {
            *mesh = (ProductMesh){.solid = SOLID_BOX, .half = {0.07, 0.075, 0.1}};
            grams = 1000 * aboard_kg * between(stage, 0.6, 1) + 50;
        }
        stage->item[i] = world_item_of(mesh, grams / 1000);
    }
}

static void begin(Stage *stage) {
    for (int i = 0; i < BALLAST; i++) {
        Pose pose = pose_at(0, 0, stage->item[i].half[2] - 0.002);
        slot_of(i, &pose.at[0], &pose.at[1]);
        world_place(stage->world, i, &pose);
        stage->inside[i] = true;
    }
    for (int i = 0; i < 8 * 800; i++)
        world_step(stage->world);
    if (stage->kind == STORY_WARM) platform_climate(&stage->platform, 4, 22, 8);
    if (stage->kind == STORY_RAMP) ride(stage, 0, 1, between(stage, -3, 3), between(stage, -1, 1));
    if (stage->kind == STORY_ROLLING || stage->kind == STORY_JOINTS) {
        const FloorKind floor = stage->kind == STORY_ROLLING         ? FLOOR_SMOOTH
                                : random_chance(&stage->random, 0.5) ? FLOOR_TILES
                                                                     : FLOOR_JOINTS;
        ride_init(world_ride(stage->world), floor, (uint64_t)random_bits(&stage->random));
    }
    wait_for(stage, 4);
    if (stage->kind == STORY_ROLLING) {
        ride(stage, between(stage, 0.4, 1), 0.5, 0, 0);
        wait_for(stage, 4);
    }
}

Status story_play(StoryKind kind, uint64_t seed, Story *out) {
    Stage stage = {
        .kind = kind,
        .story = out,
        .platform = platform_by_chance(seed * 131 + kind),
        .random = random_fork(seed, 400 + kind),
        .watched = -1};
    *out = (Story){.calibration = stage.platform.calibration};
    stock(&stage);
    TRY(world_open(&stage.world, &stage.platform.spring, stage.item, ITEMS));
    begin(&stage);
    if (kind == STORY_PRESSED)
        disturb(&stage);
    else if (kind == STORY_JOINTS)
        roll_about(&stage);
    else
        shop(&stage);
    world_close(stage.world);
    if (stage.status != OK) story_free(out);
    return stage.status;
}

Status story_write(const char *path, const Story *story) {
    const size_t size = (size_t)story->count * sizeof *story->record;
    char *bytes = malloc(sizeof story->calibration + size);
    if (!bytes) return fail(E_NO_MEMORY, "story: out of memory");
    memcpy(bytes, &story->calibration, sizeof story->calibration);
    memcpy(bytes + sizeof story->calibration, story->record, size);
    const Status status = file_write_fast(path, bytes, sizeof story->calibration + size);
    free(bytes);
    return status;
}

Status story_read(const char *path, Story *out) {
    uint8_t *bytes;
    size_t size;
    TRY(file_read(path, STORY_MOST, &bytes, &size));
    *out = (Story){0};
    Status status = OK;
    if (size < sizeof out->calibration || (size - sizeof out->calibration) % sizeof(Record) != 0) {
        status = fail(E_CORRUPT, "story: %s is no story of this build; delete it", path);
    } else {
        const size_t records = size - sizeof out->calibration;
        memcpy(&out->calibration, bytes, sizeof out->calibration);
        out->count = out->capacity = (int)(records / sizeof(Record));
        out->record = malloc(records + 1);
        if (out->record)
            memcpy(out->record, bytes + sizeof out->calibration, records);
        else
            status = fail(E_NO_MEMORY, "story: out of memory");
    }
    free(bytes);
    return status;
}

void story_free(Story *story) {
    free(story->record);
    *story = (Story){0};
}
