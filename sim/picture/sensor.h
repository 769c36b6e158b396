/* sensor - from a clean picture to what a sensor delivers: gain and noise, row by row. Private to
 * the eye. Bytes are the same with any compiler: integers only, after the tables are made. */
#pragma once

#include "lens.h"

#include <stddef.h>
#include <stdint.h>

enum { SENSOR_NOISE = 16384, SENSOR_ROW_MAX = 4 * 2048 };

typedef struct Sensor {
    int16_t noise[SENSOR_NOISE + SENSOR_ROW_MAX]; /* standard deviation 2048 */
} Sensor;

void sensor_init(Sensor *sensor, Random *random);

/* One row of `count` bytes, R G B x, read and written up to the next multiple of 16. gain: of each
 * colour, 0..4; deviations as in Lens. */
void sensor_row(
    const Sensor *sensor,
    const uint8_t *clean,
    size_t count,
    const double gain[3],
    double noise_dark,
    double noise_light,
    Random *random,
    uint8_t *out);
