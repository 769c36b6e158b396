/* Where the thing is in a studio picture: what differs from the colour all around it. */
#include "identify.h"

#include <stdbool.h>
#include <stdlib.h>

enum {
    SAME = 28,          /* channels of one colour differ by no more */
    PLAIN_PERCENT = 90, /* of the border has one colour: a plain background */
    SPECKS_PERCENT = 1, /* of a row or column may differ by dirt and noise */
};

static const uint8_t *pixel_of(const Frame *picture, int x, int y) {
    return picture->rgb + (ptrdiff_t)y * picture->stride + 3 * (ptrdiff_t)x;
}

static bool same(const uint8_t *pixel, const int *colour) {
    for (int i = 0; i < 3; i++)
        if (abs(pixel[i] - colour[i]) > SAME) return false;
    return true;
}

/* Visit the border clockwise: the i-th of 2 * (width + height) pixels. */
static const uint8_t *border_of(const Frame *picture, int i) {
    int w = picture->width, h = picture->height;
    if (i < w) return pixel_of(picture, i, 0);
    if (i < 2 * w) return pixel_of(picture, i - w, h - 1);
    if (i < 2 * w + h) return pixel_of(picture, 0, i - 2 * w);
    return pixel_of(picture, w - 1, i - 2 * w - h);
}

/* The median colour of the border, if nearly all of it has that colour. */
static bool find_background(const Frame *picture, int *colour) {
    int count = 2 * (picture->width + picture->height);
    for (int channel = 0; channel < 3; channel++) {
        int counts[256] = {0}, below = 0, value = 0;
        for (int i = 0; i < count; i++)
            counts[border_of(picture, i)[channel]]++;
        while (value < 255 && (below += counts[value]) * 2 < count)
            value++;
        colour[channel] = value;
    }
    int alike = 0;
    for (int i = 0; i < count; i++)
        alike += same(border_of(picture, i), colour);
    return alike * 100 >= count * PLAIN_PERCENT;
}

static bool column_differs(const Frame *picture, const int *colour, int x) {
    int differing = 0;
    for (int y = 0; y < picture->height; y++)
        differing += !same(pixel_of(picture, x, y), colour);
    return differing * 100 > picture->height * SPECKS_PERCENT;
}

static bool row_differs(const Frame *picture, const int *colour, int y) {
    int differing = 0;
    for (int x = 0; x < picture->width; x++)
        differing += !same(pixel_of(picture, x, y), colour);
    return differing * 100 > picture->width * SPECKS_PERCENT;
}

Box identify_foreground(const Frame *picture) {
    int x0 = 0, y0 = 0, x1 = picture->width, y1 = picture->height, colour[3];
    Box whole = {0, 0, (float)x1, (float)y1};
    if (!find_background(picture, colour)) return whole;
    while (x0 < x1 && !column_differs(picture, colour, x0))
        x0++;
    while (x1 > x0 && !column_differs(picture, colour, x1 - 1))
        x1--;
    while (y0 < y1 && !row_differs(picture, colour, y0))
        y0++;
    while (y1 > y0 && !row_differs(picture, colour, y1 - 1))
        y1--;
    /* a pale thing on a pale ground leaves scraps: better the whole picture than a corner of it */
    if ((x1 - x0) * 8 < picture->width || (y1 - y0) * 8 < picture->height) return whole;
    return (Box){(float)x0, (float)y0, (float)x1, (float)y1};
}
