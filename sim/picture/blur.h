/* blur - what moves, smeared along its way over the exposure and leant by the rolling shutter.
 * Private to the eye. */
#pragma once

#include "rect.h"

#include <stdint.h>

/* Two bytes a pixel of who: instance, and which of the movers, 0 for what stands still. */
typedef struct BlurPlates {
    int width, height;
    uint8_t *rgbx, *who;             /* sharp, all at the middle of the exposure */
    uint8_t *still_rgbx, *still_who; /* without what moves */
} BlurPlates;

typedef struct BlurTimes {
    double exposure_s, readout_s;
} BlurTimes;

/* Fills `rect` and what moving things are smeared over; velocity in px/s by mover. Returns where
 * the result is not that of the sharp plates. */
Rect blur_make(
    const BlurPlates *plates,
    const float (*velocity)[2],
    int movers,
    const BlurTimes *times,
    Rect rect,
    uint8_t *rgbx,
    uint8_t *who);
