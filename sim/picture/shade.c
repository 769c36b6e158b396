#include "shade.h"

#include <math.h>

static const float BIAS = 0.0015f; /* what is this little behind the map is still in the sun */

/* 0 in shadow .. 256 in the sun, between four looks. x, y in the map, px; z 0..1. */
static int sunlit(const ShadeInput *input, float x, float y, float z) {
    const Rect *rect = &input->shadow_rect;
    const float u = x - 0.5f, v = y - 0.5f;
    const int left = (int)u, top = (int)v;
    if (left < rect->x0 || top < rect->y0 || left + 1 >= rect->x1 || top + 1 >= rect->y1)
        return 256;
    const float *at = input->shadow + (size_t)top * (size_t)input->shadow_px + left;
    const float *below = at + input->shadow_px;
    const bool seen[4] = {z <= at[0], z <= at[1], z <= below[0], z <= below[1]};
    if (seen[0] && seen[1] && seen[2] && seen[3]) return 256;
    const int right = (int)((u - (float)left) * 16), down = (int)((v - (float)top) * 16);
    return (16 - down) * (seen[0] * (16 - right) + seen[1] * right) +
           down * (seen[2] * (16 - right) + seen[3] * right);
}

static uint8_t within_byte(int value) {
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void shade_row(const ShadeInput *input, int y, int x0, int x1, uint8_t *rgbx) {
    const float *m = input->to_shadow, half = (float)input->shadow_px / 2;
    const float v = ((float)y + 0.5f) / (float)input->height * 2 - 1;
    const float step = 2 / (float)input->width;
    for (int x = x0; x < x1; x++) {
        const size_t at = (size_t)y * (size_t)input->width + (size_t)x;
        if (input->who[at * 2 + 1]) continue;
        const float u = ((float)x + 0.5f) * step - 1, w = input->depth[at] * 2 - 1;
        const float scale = 1 / (m[3] * u + m[7] * v + m[11] * w + m[15]);
        const float s = (m[0] * u + m[4] * v + m[8] * w + m[12]) * scale;
        const float t = (m[1] * u + m[5] * v + m[9] * w + m[13]) * scale;
        const float z = (m[2] * u + m[6] * v + m[10] * w + m[14]) * scale;
        const int sun = sunlit(input, (s + 1) * half, (t + 1) * half, z * 0.5f + 0.5f - 2 * BIAS);
        if (sun == 256) continue;
        for (size_t i = at * 4; i < at * 4 + 3; i++)
            rgbx[i] = within_byte(rgbx[i] + (input->unlit[i] - input->lit[i]) * (256 - sun) / 256);
    }
}

/* Where a row crosses a convex outline. */
static bool cross_outline(const Hull *hull, float y, float *first, float *last) {
    *first = INFINITY;
    *last = -INFINITY;
    for (int i = 0; i < hull->count; i++) {
        const float *a = hull->at[i], *b = hull->at[(i + 1) % hull->count];
        if ((a[1] > y + 1 && b[1] > y + 1) || (a[1] < y - 1 && b[1] < y - 1)) continue;
        /* The edge within a row of this one: outlines are a little generous. */
        for (int end = -1; end <= 1; end += 2) {
            const float rise = b[1] - a[1];
            float t = fabsf(rise) > 1e-6f ? (y + (float)end - a[1]) / rise : (float)(end > 0);
            t = fminf(1, fmaxf(0, t));
            const float x = a[0] + t * (b[0] - a[0]);
            *first = fminf(*first, x - 1);
            *last = fmaxf(*last, x + 1);
        }
    }
    return *first < *last;
}

/* The first run of a row's pixels, from `done` on, that any outline holds. */
static bool next_span(
    const ShadeInput *input, const Hull *const *outlines, int count, int y, int done, int span[2]) {
    span[0] = input->width;
    span[1] = 0;
    for (int i = 0; i < count; i++) {
        float first, last;
        if (y < outlines[i]->rect.y0 || y >= outlines[i]->rect.y1 ||
            !cross_outline(outlines[i], (float)y + 0.5f, &first, &last))
            continue;
        const int from = (int)fmaxf(first, (float)done);
        const int to = (int)fminf(last + 1, (float)input->width);
        if (from >= to || from > span[0]) continue;
        if (from < span[0] || to > span[1]) span[1] = to;
        span[0] = from;
    }
    return span[0] < span[1];
}

/* Spans go from left to right, each pixel once, whatever overlaps. */
void shade_apply(const ShadeInput *input, const Hull *const *outlines, int count, uint8_t *rgbx) {
    if (rect_empty(input->shadow_rect)) return;
    for (int y = 0; y < input->height; y++)
        for (int done = 0, span[2]; next_span(input, outlines, count, y, done, span);
             done = span[1])
            shade_row(input, y, span[0], span[1], rgbx);
}
