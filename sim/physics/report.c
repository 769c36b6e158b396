/*
 * twin-physics - what the twin's physics does, as numbers: SERIES,X,Y lines on stdout, which
 * tools/twin-report turns into docs/twin-physics.md. All of it is simulated.
 */
#include "pack.h"
#include "platform.h"
#include "world_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { HZ = 80, STEPS = 10 };
static const int64_t SAMPLE_NS = 12500000;
static const double PI = 3.14159265358979;

static void emit(const char *series, double x, double y) { printf("%s,%.9g,%.9g\n", series, x, y); }

/* -- a scale with a block on it ------------------------------------------------------------ */

typedef struct Bench {
    Platform platform;
    World *world;
    int64_t t_ns;
} Bench;

/* load_kg 0: nothing. It has come to rest. */
static Bench bench_open(uint64_t seed, double load_kg) {
    static const ProductMesh box = {.half = {0.15, 0.1, 0.05}, .solid = SOLID_BOX};
    Bench bench = {.platform = platform_by_chance(seed)};
    const WorldItem item = world_item_of(&box, load_kg > 0 ? load_kg : 1);
    const Pose pose = pose_at(0, 0, 0.05 - 0.004);
    if (world_open(&bench.world, &bench.platform.spring, &item, 1) != OK) {
        fprintf(stderr, "twin-physics: %s\n", fail_reason());
        exit(1);
    }
    if (load_kg > 0) world_place(bench.world, 0, &pose);
    for (int i = 0; i < 20 * HZ * STEPS; i++)
        world_step(bench.world);
    return bench;
}

static double bench_read_g(Bench *bench) {
    ScaleSample sample = {0};
    double sum = 0;
    for (int k = 0; k < STEPS; k++)
        world_step(bench->world);
    platform_weigh(&bench->platform, bench->world, bench->t_ns += SAMPLE_NS, &sample);
    for (int i = 0; i < 4; i++)
        sum += (sample.counts[i] - bench->platform.calibration.cell[i].zero_counts) /
               bench->platform.calibration.cell[i].counts_per_g;
    return sum;
}

typedef struct Spread {
    double mean, deviation;
} Spread;

static Spread bench_spread(Bench *bench, double seconds) {
    double sum = 0, squares = 0;
    const int count = (int)(seconds * HZ);
    for (int i = 0; i < count; i++) {
        const double grams = bench_read_g(bench);
        sum += grams, squares += grams * grams;
    }
    return (Spread){sum / count, sqrt(squares / count - sum / count * (sum / count))};
}

/* -- the series ---------------------------------------------------------------------------- */

static void at_rest(void) {
    static const double loads_kg[] = {0, 3, 10};
    for (int load = 0; load < 3; load++)
        for (int seed = 1; seed <= 40; seed++) {
            Bench bench = bench_open((uint64_t)seed, loads_kg[load]);
            emit("rest", loads_kg[load], bench_spread(&bench, 5).deviation);
            world_close(bench.world);
        }
}

static void under_a_hand(void) {
    static const double newtons[] = {3, 5, 8, 12, 18, 25, 35};
    for (int i = 0; i < 7; i++) {
        Bench bench = bench_open(1, 2);
        world_press(bench.world, 0.35, 0.2, (const double[3]){0, 0, -newtons[i]});
        bench_spread(&bench, 2);
        for (int second = 0; second < 20; second++)
            emit("hand", newtons[i], bench_spread(&bench, 1).deviation);
        world_close(bench.world);
    }
}

/* As weighed: 292 packs of 81 products, many times over. */
static void packs(void) {
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 292; i++) {
            const int32_t sku = i % 81;
            const Product product = {.gross_g = 400, .pack_sd_g = 6, .batch_sd_g = 4};
            Random random = random_fork((uint64_t)round, 9000 + (uint64_t)i);
            const double grams = pack_grams(&product, sku, (uint64_t)round, &random);
            emit("pack", round, 100 * fabs(grams / product.gross_g - 1));
        }
    }
}

typedef struct Ring {
    double hz, decay_per_s;
} Ring;

/* Joint 0 heaves, 1 rolls, 2 pitches; in a laboratory, where nothing rumbles. */
static Ring ring_of(World *world, int joint) {
    world->platform.rumble_mps2 = 0;
    for (int i = 0; i < 20 * HZ * STEPS; i++)
        world_step(world);
    const int first = world->model->body_jntadr[world->platform_body];
    const mjtNum *q = world->data->qpos + world->model->jnt_qposadr[first + joint];
    const double still = *q, end_s = world_time_s(world) + 2.5;
    double before = 0, first_s = -1, last_s = -1, peak = 0, first_peak = 0, last_peak = 0;
    int crossings = 0;
    world->data->qvel[world->model->jnt_dofadr[first + joint]] += joint ? 0.02 : 0.004;
    while (world_time_s(world) < end_s) {
        world_step(world);
        const double now = *q - still;
        peak = fmax(peak, fabs(now));
        if (before < 0 && now >= 0) {
            last_s = world_time_s(world) - WORLD_STEP_S * now / (now - before);
            last_peak = peak;
            if (first_s < 0)
                first_s = last_s, first_peak = peak;
            else
                crossings++;
            peak = 0;
        }
        before = now;
    }
    return (Ring){crossings / (last_s - first_s), log(first_peak / last_peak) / (last_s - first_s)};
}

static void ring(void) {
    static const double loads_kg[] = {0, 1, 2, 4, 7, 10, 15, 20};
    static const char *const names[] = {"ring_heave", "ring_roll", "ring_pitch"};
    for (int i = 0; i < 8; i++) {
        for (int joint = 0; joint < 3; joint++) {
            Bench bench = bench_open(2, loads_kg[i]);
            const WorldPlatform *spring = &bench.platform.spring;
            const Ring measured = ring_of(bench.world, joint);
            emit(names[joint], loads_kg[i], measured.hz);
            world_close(bench.world);
            if (joint) continue;
            const double mass = spring->mass_kg + loads_kg[i];
            const double c =
                2 * spring->damping_ratio * sqrt(spring->stiffness_npm * spring->mass_kg);
            emit("ring_pencil", loads_kg[i], sqrt(spring->stiffness_npm / mass) / 2 / PI);
            emit("decay", loads_kg[i], measured.decay_per_s);
            emit("decay_pencil", loads_kg[i], c / 2 / mass);
        }
    }
    Bench bench = bench_open(2, 0);
    const Pose pose = pose_at(0.1, -0.05, 0.055);
    bench_spread(&bench, 1);
    world_place(bench.world, 0, &pose);
    for (int i = 0; i < 3 * HZ; i++)
        emit("put_down", (double)i / HZ, bench_read_g(&bench));
    world_close(bench.world);
}

static void creep(void) {
    for (int seed = 0; seed < 12; seed++) {
        Random random = random_fork((uint64_t)seed, 6);
        Cell cell = cell_by_chance(&random);
        for (int s = 0; s <= 7200; s++) {
            cell_read(&cell, s <= 3600 ? 20000 : 0, CELL_CALIBRATED_C, 1, &random);
            char name[24];
            snprintf(name, sizeof name, "creep_%d", seed);
            if (s % 60 == 0)
                emit(name, s / 60.0, cell.crept_g[0] + cell.crept_g[1] + cell.crept_g[2]);
        }
    }
}

/* Power of one platform's reading at rest, and of its 1/f part alone. */
static void spectrum(const char *series, double white, double pink, double rumble) {
    enum { LENGTH = 4096, RUNS = 24, POINTS = 40 };
    static double grams[LENGTH];
    double power[POINTS] = {0};
    Bench bench = bench_open(5, 2);
    bench.world->platform.rumble_mps2 *= rumble;
    for (int i = 0; i < 4; i++) {
        bench.platform.cell[i].white_g *= white;
        bench.platform.cell[i].pink_g *= pink;
    }
    for (int run = 0; run < RUNS; run++) {
        double mean = 0;
        for (int i = 0; i < LENGTH; i++)
            mean += (grams[i] = bench_read_g(&bench)) / LENGTH;
        for (int p = 0; p < POINTS; p++) {
            const double hz = 0.05 * pow(600, (double)p / (POINTS - 1));
            double real = 0, imaginary = 0;
            for (int i = 0; i < LENGTH; i++) {
                const double windowed = (grams[i] - mean) * (1 - cos(2 * PI * i / LENGTH));
                real += windowed * cos(2 * PI * hz * i / HZ);
                imaginary += windowed * sin(2 * PI * hz * i / HZ);
            }
            power[p] += (real * real + imaginary * imaginary) * 2 / 1.5 / LENGTH / HZ / RUNS;
        }
    }
    for (int p = 0; p < POINTS; p++)
        emit(series, 0.05 * pow(600, (double)p / (POINTS - 1)), power[p]);
    world_close(bench.world);
}

static void warmth(void) {
    for (int seed = 1; seed <= 8; seed++) {
        Bench bench = bench_open((uint64_t)seed, 5);
        char name[24];
        snprintf(name, sizeof name, "warm_%d", seed);
        platform_climate(&bench.platform, 2, 22, 15);
        for (int minute = 0; minute <= 45; minute++) {
            emit(name, minute, bench_spread(&bench, 1).mean - 5000);
            bench.t_ns += 59 * INT64_C(1000000000);
        }
        world_close(bench.world);
    }
}

static void tilt(void) {
    for (int degrees = 0; degrees <= 6; degrees++) {
        Bench bench = bench_open(11, 10);
        const double mass_g = 10000 + bench.platform.spring.mass_kg * 1000;
        const double level_g = bench_spread(&bench, 6).mean;
        ride_set(world_ride(bench.world), &(Ride){.pitch_rad = degrees * PI / 180});
        bench_spread(&bench, 8);
        emit("tilt", degrees, level_g - bench_spread(&bench, 6).mean);
        emit("tilt_pencil", degrees, mass_g * (1 - cos(degrees * PI / 180)));
        world_close(bench.world);
    }
}

static void rolling(void) {
    static const char *const names[] = {"roll_smooth", "roll_tiles", "roll_joints"};
    for (int floor = 0; floor < FLOOR_KINDS; floor++)
        for (int pace = 1; pace <= 6; pace++) {
            Bench bench = bench_open(12, 10);
            ride_init(world_ride(bench.world), (FloorKind)floor, 12);
            ride_set(world_ride(bench.world), &(Ride){.speed_mps = 0.2 * pace, .accel_mps2 = 0.5});
            bench_spread(&bench, 4);
            double felt = 0, read_g = 0;
            for (int i = 0; i < 15 * HZ; i++) {
                double accel[3], gyro[3];
                const double over_g = bench_read_g(&bench) - 10000;
                world_imu(bench.world, accel, gyro);
                read_g += over_g * over_g;
                felt += pow(accel[2] / WORLD_GRAVITY - 1, 2);
            }
            emit(names[floor], sqrt(felt / 15 / HZ), sqrt(read_g / 15 / HZ));
            world_close(bench.world);
        }
    const Platform platform = platform_by_chance(12);
    emit("roll_mass", 10 + platform.spring.mass_kg, 0);
    Bench bench = bench_open(12, 10);
    ride_init(world_ride(bench.world), FLOOR_JOINTS, 12);
    ride_set(world_ride(bench.world), &(Ride){.speed_mps = 1, .accel_mps2 = 0.5});
    for (int i = 0; i < 14 * HZ; i++) {
        if (i == 10 * HZ) ride_set(world_ride(bench.world), &(Ride){.accel_mps2 = 3});
        emit("roll_trace", (double)i / HZ, bench_read_g(&bench));
    }
    world_close(bench.world);
}

int main(void) {
    at_rest();
    under_a_hand();
    packs();
    ring();
    creep();
    spectrum("noise_all", 1, 1, 1);
    spectrum("noise_slow", 0, 1, 0);
    warmth();
    tilt();
    rolling();
    return 0;
}
