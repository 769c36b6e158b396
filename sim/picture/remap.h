/* remap - from a pinhole's picture to a lens's: where each pixel comes from. Private to the eye. */
#pragma once

#include "rect.h"

#include <stdint.h>

typedef struct RemapSource {
    int32_t at;       /* the pixel up left, its index */
    uint8_t x, y;     /* sixteenths of the way to the next */
    uint16_t nearest; /* of the four: bit 0 right, bit 1 below */
} RemapSource;

typedef struct Remap {
    int width, height;
    double distortion[5];
    double f;       /* the lens's, px */
    double clean_f; /* the pinhole's: shorter, so that its picture holds what the lens bends in */
    RemapSource *source;
} Remap;

bool remap_open(Remap *out, int width, int height);
void remap_close(Remap *remap);
/* For this lens, its centre in the picture's middle. */
void remap_aim(Remap *remap, const double distortion[5], double f);
/* Where the lens's picture shows what is in this part of the pinhole's. */
Rect remap_rect(const Remap *remap, Rect clean);

/* Fill `rect` of the lens's picture: colours between pixels, instances from the nearest. */
void remap_colour(const Remap *remap, const uint8_t *clean_rgbx, Rect rect, uint8_t *rgbx);
void remap_who(const Remap *remap, const uint8_t *clean_who, Rect rect, uint8_t *who);
