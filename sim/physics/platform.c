#include "platform.h"

static const double SAMPLE_HZ = 80;
static const int32_t COUNTS_MAX = (1 << 23) - 1;

Platform platform_by_chance(uint64_t seed) {
    Platform platform = {.random = random_fork(seed, 21)};
    Random *random = &platform.random;
    const double mass_kg = random_between(random, 4.6, 6.2);
    const double ring_hz = random_between(random, 10.2, 12);
    platform.spring = (WorldPlatform){
        .mass_kg = mass_kg,
        .stiffness_npm = mass_kg * pow(2 * 3.14159265358979 * ring_hz, 2),
        .damping_ratio = random_between(random, 0.042, 0.06),
    };
    ScaleCalibration *calibration = &platform.calibration;
    *calibration = (ScaleCalibration){
        .cells = 4,
        .sample_hz = SAMPLE_HZ,
        .platform_g = mass_kg * 1000,
        .stiffness_npm = platform.spring.stiffness_npm,
        .damping_ratio = platform.spring.damping_ratio,
        .e_g = 5,
        .max_g = 30000,
    };
    for (int cell = 0; cell < calibration->cells; cell++) {
        const double gain = 210 * (1 + 0.02 * random_normal(random));
        platform.offset_counts[cell] = random_between(random, -60000, 60000);
        platform.noise_g[cell] = random_between(random, 0.5, 1);
        calibration->cell[cell].counts_per_g = gain;
        calibration->cell[cell].zero_counts =
            platform.offset_counts[cell] + gain * mass_kg * 1000 / calibration->cells;
        world_cell_place(cell, &calibration->cell[cell].x_m, &calibration->cell[cell].y_m);
    }
    return platform;
}

ScaleSample platform_weigh(Platform *platform, const World *world, int64_t t_ns) {
    ScaleSample sample = {.t_ns = t_ns, .valid = 15, .temperature_c = 21.5f};
    double force_n[4];
    world_cells(world, force_n);
    for (int cell = 0; cell < 4; cell++) {
        const double grams = force_n[cell] / WORLD_GRAVITY * 1000 +
                             platform->noise_g[cell] * random_normal(&platform->random);
        const double counts =
            platform->offset_counts[cell] + platform->calibration.cell[cell].counts_per_g * grams;
        sample.counts[cell] = (int32_t)lround(fmax(-COUNTS_MAX, fmin(COUNTS_MAX, counts)));
    }
    return sample;
}

ImuSample platform_feel(Platform *platform, const World *world, int64_t t_ns) {
    ImuSample sample = {.t_ns = t_ns};
    double accel[3], gyro[3];
    world_imu(world, accel, gyro);
    for (int i = 0; i < 3; i++) {
        sample.accel_mps2[i] = (float)(accel[i] + 0.015 * random_normal(&platform->random));
        sample.gyro_radps[i] = (float)(gyro[i] + 0.0012 * random_normal(&platform->random));
    }
    return sample;
}
