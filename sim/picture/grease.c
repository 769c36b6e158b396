#include "grease.h"

#include <string.h>

enum { STROKES = 3, CELL = 16, CELLS_MAX = (2048 / CELL) * (2048 / CELL), VEIL = 18 };

typedef struct Stroke {
    double x, y, along[2], length, wide;
} Stroke;

/* 0..240 */
static uint8_t thickness(const Stroke *strokes, double x, double y) {
    double sum = 0;
    for (int i = 0; i < STROKES; i++) {
        const Stroke *stroke = &strokes[i];
        const double dx = x - stroke->x, dy = y - stroke->y;
        const double along = fabs(dx * stroke->along[0] + dy * stroke->along[1]);
        const double across = dy * stroke->along[0] - dx * stroke->along[1];
        const double off = hypot(fmax(0, along - stroke->length / 2), across) / stroke->wide;
        sum += 200 * exp(-2 * off * off);
    }
    return (uint8_t)fmin(240, sum);
}

void grease_by_chance(Random *random, int width, int height, uint8_t *grease) {
    Stroke strokes[STROKES];
    for (int i = 0; i < STROKES; i++) {
        const double turn = random_between(random, 0, 6.2831853);
        double at[4];
        random_each(
            random, (const double[][2]){{0.2, 0.8}, {0.2, 0.8}, {0.25, 0.5}, {0.12, 0.2}}, 4, at);
        strokes[i] = (Stroke){
            .x = at[0] * width,
            .y = at[1] * height,
            .along = {cos(turn), sin(turn)},
            .length = at[2] * height,
            .wide = at[3] * height};
    }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            grease[(size_t)y * (size_t)width + (size_t)x] = thickness(strokes, x, y);
}

static void
mean_of_cell(const uint8_t *rgbx, int width, int height, int x0, int y0, uint8_t mean[3]) {
    uint32_t sum[3] = {0, 0, 0}, count = 0;
    for (int y = y0; y < y0 + CELL && y < height; y += 2) {
        for (int x = x0; x < x0 + CELL && x < width; x += 2, count++) {
            const uint8_t *at = rgbx + ((size_t)y * (size_t)width + (size_t)x) * 4;
            for (int i = 0; i < 3; i++)
                sum[i] += at[i];
        }
    }
    for (int i = 0; i < 3 && count > 0; i++)
        mean[i] = (uint8_t)(sum[i] / count);
}

/* Between the means of the cells about a pixel. */
static int soft_at(const uint8_t (*mean)[3], int across, int down, int x, int y, int colour) {
    const int u = x < CELL / 2 ? 0 : x - CELL / 2, v = y < CELL / 2 ? 0 : y - CELL / 2;
    const int column = u / CELL, row = v / CELL, fx = u % CELL, fy = v % CELL;
    const int right = column + 1 < across, below = row + 1 < down ? across : 0;
    const uint8_t(*at)[3] = &mean[row * across + column];
    const int top = at[0][colour] * (CELL - fx) + at[right][colour] * fx;
    const int low = at[below][colour] * (CELL - fx) + at[below + right][colour] * fx;
    return (top * (CELL - fy) + low * fy) / (CELL * CELL);
}

void grease_smear(const uint8_t *grease, int width, int height, const uint8_t *rgbx, uint8_t *out) {
    static _Thread_local uint8_t mean[CELLS_MAX][3];
    const int across = (width + CELL - 1) / CELL, down = (height + CELL - 1) / CELL;
    for (int row = 0; row < down; row++)
        for (int column = 0; column < across; column++)
            mean_of_cell(
                rgbx, width, height, column * CELL, row * CELL, mean[row * across + column]);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const size_t at = (size_t)y * (size_t)width + (size_t)x;
            const int much = grease[at];
            for (int i = 0; i < 3; i++) {
                const int soft = soft_at((const uint8_t(*)[3])mean, across, down, x, y, i) + VEIL;
                const int mixed = (rgbx[at * 4 + (size_t)i] * (255 - much) + soft * much) / 255;
                out[at * 4 + (size_t)i] = (uint8_t)(mixed > 255 ? 255 : mixed);
            }
        }
    }
}
