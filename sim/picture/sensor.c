#include "sensor.h"

#include <stdbool.h>
#include <string.h>

void sensor_init(Sensor *sensor, Random *random) {
    for (int i = 0; i < SENSOR_NOISE; i++) {
        const double value = 2048 * random_normal(random);
        sensor->noise[i] = (int16_t)(value < -12000 ? -12000 : value > 12000 ? 12000 : value);
    }
    memcpy(&sensor->noise[SENSOR_NOISE], sensor->noise, SENSOR_ROW_MAX * sizeof *sensor->noise);
}

typedef struct RowWork {
    const uint8_t *clean;
    const int16_t *noise;
    uint8_t *out;
    size_t count;
    uint16_t times[16];
    int16_t dark, lighter; /* deviations: in the dark, and more in the light */
} RowWork;

/* Written so that compilers make vectors of it: sixteen bits, high halves of products, nothing that
 * could be something else's. Values carry four bits below a grey level. */
static inline __attribute__((always_inline)) void work_row(const RowWork *row) {
    const uint8_t *restrict clean = row->clean;
    const int16_t *restrict noise = row->noise;
    uint8_t *restrict out = row->out;
    const int16_t dark = row->dark, lighter = row->lighter;
    uint16_t times[16];
    memcpy(times, row->times, sizeof times);
    for (size_t at = 0; at < row->count; at += 16) {
        for (int i = 0; i < 16; i++) {
            const uint16_t high = (uint16_t)(clean[i] << 8);
            const uint16_t value = (uint16_t)(((uint32_t)high * times[i]) >> 16);
            const int16_t more = (int16_t)(((int32_t)lighter * (int16_t)value) >> 16);
            const int16_t spread = (int16_t)(dark + more);
            const int16_t off = (int16_t)(((int32_t)noise[i] * spread) >> 16);
            int16_t sum = (int16_t)((int16_t)((int16_t)value + off + 8) >> 4);
            sum = (int16_t)(sum < 0 ? 0 : sum);
            sum = (int16_t)(sum > 255 ? 255 : sum);
            out[i] = (uint8_t)sum;
        }
        clean += 16;
        noise += 16;
        out += 16;
    }
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void work_row_wide(const RowWork *row) { work_row(row); }
static bool is_wide(void) { return __builtin_cpu_supports("avx2"); }
#else
static void work_row_wide(const RowWork *row) { work_row(row); }
static bool is_wide(void) { return false; }
#endif

void sensor_row(
    const Sensor *sensor,
    const uint8_t *clean,
    size_t count,
    const double gain[3],
    double noise_dark,
    double noise_light,
    Random *random,
    uint8_t *out) { /* NOLINT(readability-non-const-parameter): the row's work writes to it */
    const double more = noise_light - noise_dark;
    RowWork row = {
        .clean = clean,
        .noise = &sensor->noise[random_bits(random) % SENSOR_NOISE],
        .out = out,
        .count = count,
        .dark = (int16_t)(512 * (noise_dark < 60 ? noise_dark : 60) + 0.5),
        .lighter = (int16_t)(8192 * (more < -3.9 ? -3.9 : more > 3.9 ? 3.9 : more))};
    for (size_t i = 0; i < 16; i++)
        row.times[i] = (uint16_t)(4096 * (i % 4 < 3 ? gain[i % 4] : 1) + 0.5);
    if (is_wide()) {
        work_row_wide(&row);
    } else {
        work_row(&row);
    }
}
