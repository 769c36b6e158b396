/* grease - a smeared glass. Private to the eye. Pictures have four bytes a pixel. */
#pragma once

#include "random.h"

#include <stdint.h>

/* How much of it is where, one byte a pixel: a few wide strokes, soft at their edges. */
void grease_by_chance(Random *random, int width, int height, uint8_t *grease);
/* Under grease a picture is mixed with the mean of its surroundings and a little light. */
void grease_smear(const uint8_t *grease, int width, int height, const uint8_t *rgbx, uint8_t *out);
