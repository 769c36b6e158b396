#include "lens.h"

enum { NOISE_COUNT = 8192 };

/* Across and then down: a quarter of each neighbour pair. */
static void soften_line(uint8_t *at, size_t count, size_t step) {
    int before = at[0];
    for (size_t i = 1; i + 1 < count; i++) {
        uint8_t *here = at + i * step;
        const int now = *here;
        *here = (uint8_t)((before + 6 * now + here[step] + 4) >> 3);
        before = now;
    }
}

static void add_noise(Image *image, double noise, Random *random) {
    int8_t table[NOISE_COUNT];
    for (int i = 0; i < NOISE_COUNT; i++)
        table[i] = (int8_t)lround(noise * random_normal(random));
    const int row = image->width * 3;
    for (int y = 0; y < image->height; y++) {
        uint8_t *at = image->rgb + (size_t)y * (size_t)row;
        uint32_t where = random_bits(random);
        for (int x = 0; x < row; x++, where++) {
            const int value = at[x] + table[where % NOISE_COUNT];
            at[x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
}

void lens_apply(Image *image, double noise, Random *random) {
    const int row = image->width * 3;
    for (int y = 0; y < image->height; y++)
        for (int i = 0; i < 3; i++)
            soften_line(image->rgb + (size_t)y * (size_t)row + i, (size_t)image->width, 3);
    for (int y = 1; y + 1 < image->height; y++) {
        uint8_t *at = image->rgb + (size_t)y * (size_t)row;
        for (int x = 0; x < row; x++)
            at[x] = (uint8_t)((at[x - row] + 6 * at[x] + at[x + row] + 4) >> 3);
    }
    if (noise > 0) add_noise(image, noise, random);
}
