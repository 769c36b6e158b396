#include "sensor.h"

#include <string.h>

void sensor_init(Sensor *sensor, Random *random) {
    for (int i = 0; i < SENSOR_NOISE; i++) {
        const double value = 2048 * random_normal(random);
        sensor->noise[i] = (int16_t)(value < -12000 ? -12000 : value > 12000 ? 12000 : value);
    }
    memcpy(&sensor->noise[SENSOR_NOISE], sensor->noise, SENSOR_ROW_MAX * sizeof *sensor->noise);
}

/* Written so that compilers make vectors of it: sixteen bits, high halves of products. Values carry
 * four bits below a grey level. */
void sensor_row(
    const Sensor *sensor,
    const uint8_t *clean,
    size_t count,
    const double gain[3],
    double noise_dark,
    double noise_light,
    Random *random,
    uint8_t *out) {
    const int16_t *noise = &sensor->noise[random_bits(random) % SENSOR_NOISE];
    uint16_t times[16];
    for (int i = 0; i < 16; i++)
        times[i] = (uint16_t)(4096 * (i % 4 < 3 ? gain[i % 4] : 1) + 0.5);
    const int16_t dark = (int16_t)(512 * noise_dark + 0.5);
    const double more = noise_light - noise_dark;
    const int16_t lighter = (int16_t)(8192 * (more < -3.9 ? -3.9 : more > 3.9 ? 3.9 : more));
    for (size_t at = 0; at < count; at += 16) {
        for (int i = 0; i < 16; i++) {
            const uint16_t value =
                (uint16_t)(((uint32_t)(uint16_t)(clean[at + (size_t)i] << 8) * times[i]) >> 16);
            const int16_t spread =
                (int16_t)(dark + (int16_t)(((int32_t)lighter * (int16_t)value) >> 16));
            const int16_t off =
                (int16_t)(((int32_t)noise[at + (size_t)i] * spread) >> 16);
            int16_t sum = (int16_t)(((int16_t)value + off + 8) >> 4);
            sum = sum < 0 ? 0 : sum;
            out[at + (size_t)i] = (uint8_t)(sum > 255 ? 255 : sum);
        }
    }
}
