/*
 * platform - the scale under the basket: load cells, their converter and an IMU, all imperfect.
 *
 * Threads: one.
 */
#pragma once

#include "random.h"
#include "scale.h"
#include "world.h"

typedef struct Platform {
    WorldPlatform spring;
    ScaleCalibration calibration;
    double offset_counts[CELLS_MAX]; /* of the converter */
    double noise_g[CELLS_MAX];       /* 1 sigma, white */
    Random random;
} Platform;

/* One scale out of a production run. */
Platform platform_by_chance(uint64_t seed);

ScaleSample platform_weigh(Platform *platform, const World *world, int64_t t_ns);
ImuSample platform_feel(Platform *platform, const World *world, int64_t t_ns);
