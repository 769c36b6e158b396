/*
 * twin_facts - what the twin's scale does, as numbers, beside what it should do.
 *
 *   twin_facts        one JSON object on stdout; tools/twin-report draws it
 *
 * All of it is simulated.
 */
#include "pack.h"
#include "platform.h"

#include <jansson.h>
#include <stdio.h>

enum { HZ = 80, SEEDS = 40 };
static const int64_t SAMPLE_NS = 12500000;
static const double PI = 3.14159265358979;
static const ProductMesh BLOCK = {.half = {0.1, 0.08, 0.05}, .solid = SOLID_BOX};

typedef struct Bench {
    Platform platform;
    World *world;
    int64_t t_ns;
} Bench;

static Bench bench_open(uint64_t seed, double load_kg, double height_m) {
    Bench bench = {.platform = platform_by_chance(seed)};
    const WorldItem item = world_item_of(&BLOCK, load_kg);
    const double sag_m =
        bench.platform.spring.mass_kg * WORLD_GRAVITY / bench.platform.spring.stiffness_npm;
    const Pose pose = pose_at(0, 0, 0.05 - sag_m + height_m);
    if (world_open(&bench.world, &bench.platform.spring, &item, load_kg > 0 ? 1 : 0) != OK) abort();
    if (load_kg > 0) world_place(bench.world, 0, &pose);
    return bench;
}

static double bench_read(Bench *bench) {
    ScaleSample sample;
    double sum = 0;
    for (int k = 0; k < 10; k++)
        world_step(bench->world);
    if (!platform_weigh(&bench->platform, bench->world, bench->t_ns += SAMPLE_NS, &sample))
        return NAN;
    for (int i = 0; i < 4; i++)
        sum += (sample.counts[i] - bench->platform.calibration.cell[i].zero_counts) /
               bench->platform.calibration.cell[i].counts_per_g;
    return sum;
}

static void bench_wait(Bench *bench, double seconds) {
    for (int i = 0; i < (int)(seconds * HZ); i++)
        (void)bench_read(bench);
}

static json_t *rounded(double value) { return json_real(round(value * 1e4) / 1e4); }

static double deviation(Bench *bench, double seconds, double *mean) {
    double sum = 0, squares = 0;
    const int count = (int)(seconds * HZ);
    for (int i = 0; i < count; i++) {
        const double grams = bench_read(bench);
        sum += grams, squares += grams * grams;
    }
    *mean = sum / count;
    return sqrt(fmax(0, squares / count - *mean * *mean));
}

/* Deviation over 5 s at rest, and over 1 s with a hand that pushes about on the goods. */
static void noise_facts(json_t *out) {
    json_t *rest = json_array(), *hand = json_array();
    for (int seed = 0; seed < SEEDS; seed++) {
        double mean;
        Bench bench = bench_open((uint64_t)seed, 0, 0);
        json_array_append_new(rest, rounded(deviation(&bench, 5, &mean)));
        Random random = random_fork((uint64_t)seed, 77);
        const double most_n = exp(random_between(&random, log(0.6), log(9)));
        double sum = 0, squares = 0, force_n = 0;
        for (int i = 0; i < HZ; i++) {
            force_n += 0.15 * (most_n * random_normal(&random) - force_n);
            world_press(bench.world, 0.1, 0.05, (const double[3]){0, 0, -fabs(force_n)});
            const double grams = bench_read(&bench);
            sum += grams, squares += grams * grams;
        }
        json_array_append_new(hand, rounded(sqrt(squares / HZ - sum / HZ * (sum / HZ))));
        world_close(bench.world);
    }
    json_object_set_new(out, "rest_sd_g", rest);
    json_object_set_new(out, "hand_sd_g", hand);
}

static void pack_facts(json_t *out) {
    json_t *off = json_array();
    const Product product = {.gross_g = 400, .pack_sd_g = 8, .batch_sd_g = 5.2};
    for (int sku = 0; sku < 81; sku++) {
        Random random = random_fork(9, (uint64_t)sku);
        for (int i = 0; i < (sku < 49 ? 4 : 3); i++)
            json_array_append_new(off, rounded(pack_grams(&product, sku, 1, &random) / 400 - 1));
    }
    json_object_set_new(out, "pack_off", off);
}

/* A block let go 8 mm above the floor: the reading, and the ring by mass, spring and damper. */
static void ring_facts(json_t *out) {
    json_t *rings = json_array();
    static const double kilograms[] = {0.5, 3, 12};
    for (int k = 0; k < 3; k++) {
        Bench bench = bench_open(3, kilograms[k], 0.008);
        json_t *read = json_array();
        for (int i = 0; i < 2 * HZ; i++)
            json_array_append_new(read, rounded(bench_read(&bench)));
        const WorldPlatform *spring = &bench.platform.spring;
        const double mass_kg = spring->mass_kg + kilograms[k];
        json_array_append_new(
            rings,
            json_pack(
                "{s:f, s:f, s:f, s:o}", "load_g", kilograms[k] * 1000, "hz",
                sqrt(spring->stiffness_npm / mass_kg) / (2 * PI), "decay",
                spring->damping_ratio * sqrt(spring->stiffness_npm * spring->mass_kg) / mass_kg,
                "read_g", read));
        world_close(bench.world);
    }
    json_object_set_new(out, "ring", rings);
}

static void slope_facts(json_t *out) {
    json_t *slopes = json_array();
    for (int degrees = 0; degrees <= 5; degrees++) {
        double level, leaning;
        Bench bench = bench_open(11, 10, -0.002);
        bench_wait(&bench, 20);
        (void)deviation(&bench, 5, &level);
        ride_set(world_ride(bench.world), &(Ride){.pitch_rad = degrees * PI / 180});
        bench_wait(&bench, 8);
        (void)deviation(&bench, 5, &leaning);
        const double mass_g = 10000 + bench.platform.spring.mass_kg * 1000;
        json_array_append_new(
            slopes, json_pack(
                        "{s:i, s:f, s:f}", "degrees", degrees, "read_g", level - leaning,
                        "expected_g", mass_g * (1 - cos(degrees * PI / 180))));
        world_close(bench.world);
    }
    json_object_set_new(out, "slope", slopes);
}

static void ride_facts(json_t *out) {
    static const char *const names[] = {"smooth", "tiles", "joints"};
    json_t *rides = json_object();
    for (int floor = 0; floor < FLOOR_KINDS; floor++) {
        Bench bench = bench_open(12, 10, -0.002);
        ride_init(world_ride(bench.world), (FloorKind)floor, 12);
        bench_wait(&bench, 20);
        ride_set(world_ride(bench.world), &(Ride){.speed_mps = 0.8, .accel_mps2 = 0.5});
        bench_wait(&bench, 3);
        const double mass_g = 10000 + bench.platform.spring.mass_kg * 1000;
        json_t *read = json_array(), *felt = json_array();
        for (int i = 0; i < 8 * HZ; i++) {
            json_array_append_new(read, rounded(bench_read(&bench) - 10000));
            double accel[3], gyro[3];
            world_imu(bench.world, accel, gyro);
            json_array_append_new(felt, rounded((accel[2] / WORLD_GRAVITY - 1) * mass_g));
        }
        json_object_set_new(
            rides, names[floor], json_pack("{s:o, s:o}", "read_g", read, "felt_g", felt));
        world_close(bench.world);
    }
    json_object_set_new(out, "rolling", rides);
}

static void creep_facts(json_t *out) {
    Cell cell = {.counts_per_g = 1e4, .creep_p = {245e-6 / 3, 245e-6 / 3, 245e-6 / 3}};
    Random random = random_fork(1, 1);
    json_t *curve = json_array();
    for (int s = 0; s < 3600; s++) {
        const double load_g = s < 1800 ? 20000 : 0;
        cell.counts_per_g = 200;
        const double grams = cell_read(&cell, load_g, CELL_CALIBRATED_C, 1, &random) / 200.0;
        if (s % 20 == 0) json_array_append_new(curve, rounded(grams - load_g));
    }
    json_object_set_new(out, "creep_g", curve);
}

int main(void) {
    json_t *out = json_object();
    noise_facts(out);
    pack_facts(out);
    ring_facts(out);
    slope_facts(out);
    ride_facts(out);
    creep_facts(out);
    json_dumpf(out, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(out);
    return 0;
}
