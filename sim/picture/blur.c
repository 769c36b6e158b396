#include "blur.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { TILE = 16, TILES_MAX = (2048 / TILE) * (2048 / TILE), TAPS_MAX = 9 };

static const double REACH_LEAST_PX = 0.6; /* less is not to be seen */
static const double REACH_MOST_PX = 48;

/* How far a mover reaches from its sharp place, px. */
static double reach_of(const float velocity[2], const BlurTimes *times) {
    const double speed = hypot((double)velocity[0], (double)velocity[1]);
    return fmin(REACH_MOST_PX, speed * (times->exposure_s + times->readout_s) / 2);
}

typedef struct Tiles {
    int across, down;
    uint8_t mover[TILES_MAX]; /* the fastest that is in it or may reach it */
} Tiles;

/* By tile, the fastest mover in it. */
static Rect find_movers(const BlurPlates *plates, const double *reach, Rect rect, Tiles *tiles) {
    Rect found = {0, 0, 0, 0};
    memset(tiles->mover, 0, sizeof tiles->mover);
    for (int y = rect.y0; y < rect.y1; y++) {
        const uint8_t *row = plates->who + (size_t)y * (size_t)plates->width * 2;
        uint8_t *tile = tiles->mover + (ptrdiff_t)(y / TILE) * tiles->across;
        for (int x = rect.x0; x < rect.x1; x++) {
            const uint8_t mover = row[2 * x + 1];
            if (reach[mover] > reach[tile[x / TILE]]) tile[x / TILE] = mover;
        }
    }
    for (int y = 0; y < tiles->down; y++)
        for (int x = 0; x < tiles->across; x++)
            if (tiles->mover[y * tiles->across + x])
                found = rect_join(found, (Rect){x, y, x + 1, y + 1});
    return found;
}

static void spread_movers(const double *reach, Rect found, Tiles *tiles) {
    static _Thread_local uint8_t before[TILES_MAX];
    memcpy(before, tiles->mover, sizeof before);
    for (int y = found.y0; y < found.y1; y++) {
        for (int x = found.x0; x < found.x1; x++) {
            const uint8_t mover = before[y * tiles->across + x];
            const int far = (int)ceil(reach[mover] / TILE);
            for (int v = y - far; v <= y + far && mover; v++) {
                for (int u = x - far; u <= x + far; u++) {
                    if (u < 0 || v < 0 || u >= tiles->across || v >= tiles->down) continue;
                    uint8_t *tile = &tiles->mover[v * tiles->across + u];
                    if (reach[mover] > reach[*tile]) *tile = mover;
                }
            }
        }
    }
}

static int held(int value, int count) { return value < 0 ? 0 : value >= count ? count - 1 : value; }

/* Where a row's pixels look for what passes over them; the last at the middle of the exposure. */
typedef struct Taps {
    int count, off[TAPS_MAX + 1][2];
} Taps;

static Taps taps_of(const float velocity[2], const BlurTimes *times, double row_s) {
    const double length = hypot((double)velocity[0], (double)velocity[1]) * times->exposure_s;
    Taps taps = {.count = (int)fmin(TAPS_MAX, fmax(1, ceil(length)))};
    for (int tap = 0; tap <= taps.count; tap++) {
        const double share = tap < taps.count ? (tap + 0.5) / taps.count - 0.5 : 0;
        const double t = row_s + times->exposure_s * share;
        for (int i = 0; i < 2; i++)
            taps.off[tap][i] =
                (int)lround(fmax(-REACH_MOST_PX, fmin(REACH_MOST_PX, (double)velocity[i] * t)));
    }
    return taps;
}

static void
smear_pixel(const BlurPlates *plates, const Taps *taps, int x, int y, uint8_t *rgbx, uint8_t *who) {
    const size_t width = (size_t)plates->width, here = (size_t)y * width + (size_t)x;
    const bool covered = plates->who[here * 2 + 1] != 0;
    const uint8_t *behind = (covered ? plates->still_rgbx : plates->rgbx) + here * 4;
    const uint8_t *whose = (covered ? plates->still_who : plates->who) + here * 2;
    uint32_t sum[3] = {0, 0, 0};
    for (int tap = 0; tap <= taps->count; tap++) {
        const size_t from = (size_t)held(y - taps->off[tap][1], plates->height) * width +
                            (size_t)held(x - taps->off[tap][0], plates->width);
        const bool passes = plates->who[from * 2 + 1] != 0;
        const uint8_t *seen = passes ? plates->rgbx + from * 4 : behind;
        for (int i = 0; i < 3 && tap < taps->count; i++)
            sum[i] += seen[i];
        if (tap == taps->count && passes) whose = plates->who + from * 2;
    }
    const uint32_t count = (uint32_t)taps->count;
    for (int i = 0; i < 3; i++)
        rgbx[here * 4 + (size_t)i] = (uint8_t)((sum[i] + count / 2) / count);
    memcpy(who + here * 2, whose, 2);
}

/* One tile, looked up along the way of its mover. */
static void smear_tile(
    const BlurPlates *plates,
    const float velocity[2],
    const BlurTimes *times,
    Rect tile,
    uint8_t *rgbx,
    uint8_t *who) {
    for (int y = tile.y0; y < tile.y1; y++) {
        const double row_s = times->readout_s * ((y + 0.5) / plates->height - 0.5);
        const Taps taps = taps_of(velocity, times, row_s);
        for (int x = tile.x0; x < tile.x1; x++)
            smear_pixel(plates, &taps, x, y, rgbx, who);
    }
}

Rect blur_make(
    const BlurPlates *plates,
    const float (*velocity)[2],
    int movers,
    const BlurTimes *times,
    Rect rect,
    uint8_t *rgbx,
    uint8_t *who) {
    const size_t width = (size_t)plates->width;
    for (int y = rect.y0; y < rect.y1; y++) {
        const size_t at = (size_t)y * width + (size_t)rect.x0, count = (size_t)(rect.x1 - rect.x0);
        memcpy(rgbx + at * 4, plates->rgbx + at * 4, count * 4);
        memcpy(who + at * 2, plates->who + at * 2, count * 2);
    }
    static _Thread_local Tiles tiles;
    double reach[256] = {0};
    bool any = false;
    for (int mover = 1; mover <= movers; mover++) {
        reach[mover] = reach_of(velocity[mover], times);
        if (reach[mover] < REACH_LEAST_PX) reach[mover] = 0;
        any = any || reach[mover] > 0;
    }
    if (!any || rect_empty(rect)) return (Rect){0, 0, 0, 0};
    tiles.across = (plates->width + TILE - 1) / TILE;
    tiles.down = (plates->height + TILE - 1) / TILE;
    spread_movers(reach, find_movers(plates, reach, rect, &tiles), &tiles);
    Rect blurred = {0, 0, 0, 0};
    const Rect all = {0, 0, plates->width, plates->height};
    for (int y = 0; y < tiles.down; y++) {
        for (int x = 0; x < tiles.across; x++) {
            const uint8_t mover = tiles.mover[y * tiles.across + x];
            if (mover == 0) continue;
            const Rect tile =
                rect_meet(all, (Rect){x * TILE, y * TILE, (x + 1) * TILE, (y + 1) * TILE});
            smear_tile(plates, velocity[mover], times, tile, rgbx, who);
            blurred = rect_join(blurred, tile);
        }
    }
    return blurred;
}
