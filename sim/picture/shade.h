/* shade - the shadows of what moves, laid on a picture of what stands. Private to the renderer.
 *
 * Few pixels of a picture are in such a shadow, so each is asked in turn whether it is, which a
 * CPU does sooner than a shader that must do the same for all. */
#pragma once

#include "project.h"

#include <stdint.h>

typedef struct ShadeInput {
    int width, height;
    const uint8_t *lit, *unlit; /* what stands, with and without the sun */
    const float *depth;         /* of it, 0 near .. 1 far */
    const uint8_t *who;         /* two bytes a pixel; the second: it is of what moves */
    int shadow_px;              /* the shadow map's side */
    Rect shadow_rect;           /* where there is anything in it */
    const float *shadow;        /* depth as the light sees it */
    float to_shadow[16];        /* from the picture's clip space to the map's */
} ShadeInput;

/* Take from rgbx, within the outlines, what the sun no longer gives. */
void shade_apply(const ShadeInput *input, const Hull *const *outlines, int count, uint8_t *rgbx);
