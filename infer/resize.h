/*
 * resize - the part of a picture a network looks at, at the network's size.
 *
 * Every destination pixel is the mean of the source under it (area filter) when the picture
 * shrinks, and a mix of its four neighbours (bilinear) when it grows. What lies outside the source
 * is grey 114, as in training.
 *
 * Threads: a Resizer belongs to one thread at a time.
 */
#pragma once

#include "frame.h"
#include "status.h"

enum { RESIZE_FILL = 114, RESIZE_SOURCE_MAX_PX = 4096 };

typedef struct Resizer Resizer;

/* For destinations of width x height pixels of R,G,B. */
MUST_USE Status resizer_open(Resizer **out, int width, int height);
void resizer_close(Resizer *resizer);

/* Fill `out` (width * height * 3 bytes) with the part of `frame` that begins at (x0, y0) source
 * pixels and takes `step` source pixels per destination pixel, > 0. */
void resizer_place(
    Resizer *resizer, const Frame *frame, double x0, double y0, double step, uint8_t *out);
