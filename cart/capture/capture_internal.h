/* capture_internal - what the sources share: the pool, the decoder, the door to a backend. */
#pragma once

#include "capture.h"

#include <stdatomic.h>

/* -- pool: a fixed number of frames; their memory grows to the largest picture seen ------------ */

typedef struct Pool Pool;

MUST_USE Status pool_open(Pool **out, int frames);
/* A frame with room for a picture of this size and so many JPEG bytes; its rgb may be written.
 * E_FULL: all are lent out (after waiting up to timeout_ms). */
MUST_USE Status
pool_take(Pool *pool, int timeout_ms, int width, int height, size_t jpeg_size, Frame **out);
/* A frame outside any pool. */
MUST_USE Status frame_alone(int width, int height, Frame **out);
/* The memory lives until the last frame is back. */
void pool_close(Pool *pool);

/* The frame's own memory, for whoever fills it. */
uint8_t *frame_rgb(Frame *frame);
uint8_t *frame_jpeg(Frame *frame);

/* -- jpeg -------------------------------------------------------------------------------------- */

typedef struct JpegReader JpegReader;

MUST_USE Status jpeg_open(JpegReader **out);
/* The size to decode to: whole, or 1/2, 1/4, 1/8 while the longer side has side_px or more.
 * E_CORRUPT: no JPEG, or larger than CAPTURE_SIDE_MAX_PX. */
MUST_USE Status jpeg_size(
    JpegReader *reader, const uint8_t *bytes, size_t size, int side_px, int *width, int *height);
/* Decode into width x height x 3 bytes, as jpeg_size() gave them. E_CORRUPT: cut off or damaged. */
MUST_USE Status jpeg_decode(
    JpegReader *reader, const uint8_t *bytes, size_t size, int width, int height, uint8_t *rgb);
void jpeg_close(JpegReader *reader);

/* -- sources ----------------------------------------------------------------------------------- */

typedef struct Counters {
    atomic_int_least64_t delivered, dropped, corrupt;
} Counters;

typedef struct Source { /* what a backend is given; it outlives the backend's state */
    CaptureConfig config;
    CaptureRequest request; /* its camera names point here: */
    char names[CAMERAS_MAX][SETTING_NAME_BYTES];
    Pool *pool;
    Counters counters;
} Source;

typedef struct Backend {
    const char *scheme; /* "tape:" */
    /* `rest` is what follows the scheme */
    Status (*open)(void **out, Source *source, const char *rest);
    Status (*next)(void *state, int timeout_ms, Input *out);
    void (*close)(void *state); /* NULL is fine */
} Backend;

extern const Backend capture_gst, capture_tape, capture_fake;

/* Milliseconds from now to a time, at least 0; for waiting no longer than a deadline. */
int ms_until(int64_t t_ns);
