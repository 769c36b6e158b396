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

/* A random colour, linear, of a saturation and a lightness from these ranges within 0..1. */
void paint_colour(
    Random *random, const double saturation[2], const double lightness[2], float out[3]);
