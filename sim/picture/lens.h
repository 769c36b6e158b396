/*
 * lens - what a small camera does to a clean picture: a little softness, a little noise.
 */
#pragma once

#include "image.h"
#include "random.h"

/* noise: standard deviation in grey levels. */
void lens_apply(Image *image, double noise, Random *random);
