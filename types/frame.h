/* frame.h - one picture from one camera, borrowed from capture's pool. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { CAMERAS_MAX = 8 };

typedef struct Frame {
    int64_t t_ns;        /* capture clock, middle of the exposure where known */
    int64_t sequence;    /* counts up per camera; a gap is a drop at the source */
    int camera;          /* index into the configured cameras */
    int width, height;   /* px */
    int stride;          /* bytes from row to row of rgb */
    const uint8_t *rgb;  /* packed R,G,B; never NULL */
    const uint8_t *jpeg; /* as the camera or tape sent it; NULL when it sent raw pictures */
    size_t jpeg_size;    /* bytes */
} Frame;
