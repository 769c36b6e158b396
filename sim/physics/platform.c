#include "platform.h"

static const double SAMPLE_HZ = 80;
static const double CALIBRATION_P = 1e-4; /* error of a span */

Platform platform_by_chance(uint64_t seed) {
    Platform platform = {.random = random_fork(seed, 21)};
    Random *random = &platform.random;
    const double mass_kg = random_between(random, 4.6, 6.2);
    const double ring_hz = random_between(random, 9.6, 11);
    platform.spring = (WorldPlatform){.mass_kg = mass_kg, .seed = seed};
    platform.spring.stiffness_npm = mass_kg * pow(2 * 3.14159265358979 * ring_hz, 2);
    platform.spring.damping_ratio = random_between(random, 0.042, 0.06);
    platform.spring.rumble_mps2 = random_between(random, 2e-4, 6e-4);
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
    platform.crosstalk_p = random_between(random, 0, 4e-4);
    const double pick_up = random_between(random, 0.85, 1.45); /* of wires all cells share */
    for (int i = 0; i < calibration->cells; i++) {
        Cell *cell = &platform.cell[i];
        *cell = cell_by_chance(random);
        cell->white_g *= pick_up;
        const double empty_g = mass_kg * 1000 / calibration->cells;
        calibration->cell[i].counts_per_g =
            cell->counts_per_g * (1 + CALIBRATION_P * random_normal(random));
        calibration->cell[i].zero_counts = cell->offset_counts + cell->counts_per_g * empty_g;
        for (int k = 0; k < CELL_CREEPS; k++) /* it has stood there for hours */
            cell->crept_g[k] = cell->creep_p[k] * empty_g;
        for (int k = 0; k < CELL_CREEPS; k++)
            calibration->cell[i].zero_counts += cell->counts_per_g * cell->crept_g[k];
        for (int k = 0; k < CELL_PINKS; k++)
            cell->pink[k] = random_normal(random);
        double x_m, y_m;
        world_cell_place(i, &x_m, &y_m);
        calibration->cell[i].x_m = x_m;
        calibration->cell[i].y_m = y_m;
    }
    for (int i = 0; i < 3; i++)
        platform.imu_bias_mps2[i] = 0.02 * random_normal(random);
    platform.start_c = platform.ambient_c = CELL_CALIBRATED_C;
    platform.warm_s = 1;
    return platform;
}

void platform_climate(Platform *platform, double start_c, double ambient_c, double minutes) {
    platform->start_c = start_c;
    platform->ambient_c = ambient_c;
    platform->warm_s = fmax(minutes * 60, 1);
}

void platform_fault(Platform *platform, int cell, CellFault fault) {
    for (int i = 0; i < CELLS_MAX; i++)
        if (cell < 0 || cell == i) platform->cell[i].fault = fault;
}

void platform_clock_jump(Platform *platform, int64_t by_ns) { platform->jump_ns += by_ns; }

static double temperature_at(Platform *platform, int64_t t_ns) {
    if (platform->first_ns == 0) platform->first_ns = t_ns;
    const double s = (double)(t_ns - platform->first_ns) * 1e-9;
    return platform->ambient_c +
           (platform->start_c - platform->ambient_c) * exp(-s / platform->warm_s);
}

bool platform_weigh(Platform *platform, const World *world, int64_t t_ns, ScaleSample *out) {
    const double temperature_c = temperature_at(platform, t_ns);
    const double step_s = platform->last_ns ? (double)(t_ns - platform->last_ns) * 1e-9 : 0;
    double force_n[4], sum_g = 0;
    world_cells(world, force_n);
    platform->last_ns = t_ns;
    for (int i = 0; i < 4; i++)
        sum_g += force_n[i] / WORLD_GRAVITY * 1000;
    ScaleSample sample = {.t_ns = t_ns + platform->jump_ns, .temperature_c = (float)temperature_c};
    bool answers = false;
    for (int i = 0; i < 4; i++) {
        Cell *cell = &platform->cell[i];
        const double own_g = force_n[i] / WORLD_GRAVITY * 1000;
        const double load_g = own_g + platform->crosstalk_p * (sum_g / 4 - own_g);
        sample.counts[i] = cell_read(cell, load_g, temperature_c, step_s, &platform->random);
        const bool says = cell->fault != CELL_NAN && cell->fault != CELL_SILENT;
        if (says)
            sample.valid |= (uint8_t)(1 << i);
        else
            sample.counts[i] = 0;
        answers |= cell->fault != CELL_SILENT;
    }
    if (answers) *out = sample;
    return answers;
}

ImuSample platform_feel(Platform *platform, const World *world, int64_t t_ns) {
    ImuSample sample = {.t_ns = t_ns + platform->jump_ns};
    double accel[3], gyro[3];
    world_imu(world, accel, gyro);
    for (int i = 0; i < 3; i++) {
        sample.accel_mps2[i] =
            (float)(accel[i] + platform->imu_bias_mps2[i] + 0.015 * random_normal(&platform->random));
        sample.gyro_radps[i] = (float)(gyro[i] + 0.0012 * random_normal(&platform->random));
    }
    return sample;
}
