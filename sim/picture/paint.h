/*
 * paint - surfaces that no photograph is needed for: floors, walls, cloth, far shelves.
 *
 * Every picture repeats without a seam. Threads: any.
 */
#pragma once

#include "image.h"
#include "random.h"

typedef enum PaintKind {
    PAINT_NOISE, /* clouds: plaster, stone, cloth from afar */
    PAINT_TILES, /* a floor of tiles */
    PAINT_SHELF, /* rows of many-coloured packs, out of focus */
    PAINT_STRIPES,
    PAINT_WOOD,
    PAINT_PATCHES, /* overlapping blobs and boxes in any colour */
    PAINT_SKIN,
    PAINT_KINDS
} PaintKind;

enum { PAINT_PX = 256 };

/* On OK free with image_free(). */
MUST_USE Status paint(PaintKind kind, Random *random, Image *out);

/* A random colour, linear, of this saturation 0..1 and lightness 0..1. */
void paint_colour(Random *random, double saturation, double lightness, float out[3]);
