/*
 * stripes - where parallel bars stand in a picture, and the darkness across them.
 *
 * Gradients of a barcode point all one way: structure tensors of small blocks say where and which
 * (Bigun and Granlund, "Optimal Orientation Detection of Linear Symmetry", ICCV 1987).
 */
#pragma once

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STRIPES_MAX = 6, BLOCK_PX = 8, LINE_MAX = 6144, PER_PX = 2 };

typedef struct Grey {
    int width, height; /* px */
    const uint8_t *at;
} Grey;

typedef struct Stripes { /* a place where bars stand */
    float x, y;          /* its middle, px */
    float across_x, across_y;
    float half_across, half_along; /* px */
} Stripes;

typedef struct Block {
    float xx, xy, yy; /* gradient products, summed */
    int taken;
} Block;

typedef struct Line { /* darkness across the bars, PER_PX samples a pixel, summed up from 0 */
    int count;
    float sum[LINE_MAX + 1];
} Line;

/* Blocks that stripes_find() works with. */
size_t stripes_blocks(const Grey *grey);

/* Most striking first; returns how many. */
int stripes_find(const Grey *grey, Block *blocks, Stripes *out, int max);

/* Darkness along a line across the bars, offset_px from the middle along them, averaged over
 * rows_px; from farther out than the stripes reach, inside the picture. False when too little of it
 * is. */
bool stripes_line(
    const Grey *grey, const Stripes *stripes, float offset_px, int rows_px, Line *out);
