#include "remap.h"

#include "lens.h"

#include <stdlib.h>
#include <string.h>

bool remap_open(Remap *out, int width, int height) {
    *out = (Remap){.width = width, .height = height};
    out->source = calloc((size_t)width * (size_t)height, sizeof *out->source);
    return out->source != NULL;
}

void remap_close(Remap *remap) {
    free(remap->source);
    remap->source = NULL;
}

/* On the plane z = 1, of a pixel's place in the lens's picture. */
static void plane_of(const Remap *remap, double x, double y, double out[2]) {
    const double at[2] = {
        (x - remap->width / 2.0) / remap->f, (y - remap->height / 2.0) / remap->f};
    lens_undistort(remap->distortion, at, out);
}

/* The pinhole's picture must reach as far as the lens's edge does. */
static double furthest(const Remap *remap) {
    double most = 0;
    for (int i = 0; i <= 64; i++) {
        for (int side = 0; side < 4; side++) {
            const double along = i / 64.0;
            const double x = side < 2 ? along * remap->width : (side - 2) * remap->width;
            const double y = side < 2 ? side * remap->height : along * remap->height;
            double at[2];
            plane_of(remap, x, y, at);
            most = fmax(most, fabs(at[0]) / (remap->width / 2.0 - 1));
            most = fmax(most, fabs(at[1]) / (remap->height / 2.0 - 1));
        }
    }
    return most;
}

/* In sixteenths, within the picture. */
static int held(double at, int count) { return (int)lround(fmin(fmax(0, at), count - 1) * 16); }

void remap_aim(Remap *remap, const double distortion[5], double f) {
    memcpy(remap->distortion, distortion, sizeof remap->distortion);
    remap->f = f;
    remap->clean_f = 1 / furthest(remap);
    for (int y = 0; y < remap->height; y++) {
        for (int x = 0; x < remap->width; x++) {
            double at[2];
            plane_of(remap, x + 0.5, y + 0.5, at);
            const double u = at[0] * remap->clean_f + remap->width / 2.0 - 0.5;
            const double v = at[1] * remap->clean_f + remap->height / 2.0 - 0.5;
            const int sixteenths[2] = {held(u, remap->width), held(v, remap->height)};
            int left = sixteenths[0] / 16, top = sixteenths[1] / 16;
            int right = sixteenths[0] % 16, down = sixteenths[1] % 16;
            if (left >= remap->width - 1) left = remap->width - 2, right = 15;
            if (top >= remap->height - 1) top = remap->height - 2, down = 15;
            remap->source[y * remap->width + x] = (RemapSource){
                top * remap->width + left, (uint8_t)right, (uint8_t)down,
                (uint16_t)((right >= 8) + 2 * (down >= 8))};
        }
    }
}

Rect remap_rect(const Remap *remap, Rect clean) {
    if (rect_empty(clean)) return clean;
    enum { STEPS = 24 };
    double min[2] = {INFINITY, INFINITY}, max[2] = {-INFINITY, -INFINITY};
    for (int i = 0; i <= STEPS; i++) {
        for (int side = 0; side < 4; side++) {
            const double along = (double)i / STEPS;
            const double x = side < 2    ? clean.x0 + along * (clean.x1 - clean.x0)
                             : side == 2 ? clean.x0
                                         : clean.x1;
            const double y = side >= 2   ? clean.y0 + along * (clean.y1 - clean.y0)
                             : side == 0 ? clean.y0
                                         : clean.y1;
            const double at[2] = {
                (x - remap->width / 2.0) / remap->clean_f,
                (y - remap->height / 2.0) / remap->clean_f};
            double there[2];
            lens_distort(remap->distortion, at, there);
            for (int k = 0; k < 2; k++) {
                const double px = there[k] * remap->f + (k ? remap->height : remap->width) / 2.0;
                min[k] = fmin(min[k], px);
                max[k] = fmax(max[k], px);
            }
        }
    }
    const Rect all = {0, 0, remap->width, remap->height};
    return rect_meet(
        all,
        (Rect){
            (int)fmax(floor(min[0]) - 2, 0), (int)fmax(floor(min[1]) - 2, 0),
            (int)fmin(ceil(max[0]) + 2, remap->width), (int)fmin(ceil(max[1]) + 2, remap->height)});
}

/* Two colours at a time in the halves of a word; the four weights are 256 together. */
static uint32_t between(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t x, uint32_t y) {
    const uint32_t mask = 0x00ff00ff, half = 0x00800080;
    const uint32_t wd = x * y, wb = 16 * x - wd, wc = 16 * y - wd, wa = 256 - 16 * x - wc;
    const uint32_t even =
        (a & mask) * wa + (b & mask) * wb + (c & mask) * wc + (d & mask) * wd + half;
    const uint32_t odd = ((a >> 8) & mask) * wa + ((b >> 8) & mask) * wb + ((c >> 8) & mask) * wc +
                         ((d >> 8) & mask) * wd + half;
    return ((even >> 8) & mask) | (odd & ~mask);
}

static uint32_t pixel_at(const uint8_t *rgbx, size_t index) {
    uint32_t pixel;
    memcpy(&pixel, rgbx + index * 4, sizeof pixel);
    return pixel;
}

void remap_colour(const Remap *remap, const uint8_t *clean_rgbx, Rect rect, uint8_t *rgbx) {
    const size_t row = (size_t)remap->width;
    for (int y = rect.y0; y < rect.y1; y++) {
        const RemapSource *source = remap->source + (size_t)y * row;
        uint8_t *out = rgbx + (size_t)y * row * 4;
        for (int x = rect.x0; x < rect.x1; x++) {
            const size_t at = (size_t)source[x].at;
            const uint32_t pixel = between(
                pixel_at(clean_rgbx, at), pixel_at(clean_rgbx, at + 1),
                pixel_at(clean_rgbx, at + row), pixel_at(clean_rgbx, at + row + 1), source[x].x,
                source[x].y);
            memcpy(out + (size_t)x * 4, &pixel, sizeof pixel);
        }
    }
}

void remap_who(const Remap *remap, const uint8_t *clean_who, Rect rect, uint8_t *who) {
    const size_t row = (size_t)remap->width;
    for (int y = rect.y0; y < rect.y1; y++) {
        const RemapSource *source = remap->source + (size_t)y * row;
        uint8_t *out = who + (size_t)y * row * 2;
        for (int x = rect.x0; x < rect.x1; x++) {
            const size_t at =
                (size_t)source[x].at + (source[x].nearest & 1) + (source[x].nearest & 2 ? row : 0);
            memcpy(out + (size_t)x * 2, clean_who + at * 2, 2);
        }
    }
}
