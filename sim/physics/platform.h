/*
 * platform - the scale under the basket: four load cells, their converter and an IMU, all
 * imperfect.
 *
 * The calibration is what the cart was calibrated with: right to CALIBRATION_P in gain and to the
 * noise of a minute's mean in zero, at CELL_CALIBRATED_C, before any creep. Between cells a little
 * of each load goes over to the others (crosstalk through the frame); the calibration knows their
 * sum.
 *
 * Threads: one.
 */
#pragma once

#include "cell.h"
#include "scale.h"
#include "world.h"

typedef struct Platform {
    WorldPlatform spring;
    ScaleCalibration calibration;
    Cell cell[CELLS_MAX];
    double crosstalk_p;
    double start_c, ambient_c, warm_s; /* temperature: an exponential from start to ambient */
    int64_t first_ns, last_ns, jump_ns;
    double imu_bias_mps2[3];
    Random random;
} Platform;

/* One scale out of a production run, at room temperature. */
Platform platform_by_chance(uint64_t seed);

/* From a cold store into the shop: within `minutes` 63 % of the way. From the first sample on. */
void platform_climate(Platform *platform, double start_c, double ambient_c, double minutes);

/* cell -1: all. CELL_FINE mends. */
void platform_fault(Platform *platform, int cell, CellFault fault);

/* What follows is stamped this much later, or earlier. */
void platform_clock_jump(Platform *platform, int64_t by_ns);

/* False: the converter does not answer at all, there is no sample. */
bool platform_weigh(Platform *platform, const World *world, int64_t t_ns, ScaleSample *out);
ImuSample platform_feel(Platform *platform, const World *world, int64_t t_ns);
