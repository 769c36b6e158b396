/* gallery_internal - what gallery.c, its file format and its kernels share. */
#pragma once

#include "gallery.h"

/* Dot products of one int8 query with `count` rows of `dims` int8 values (a multiple of 64; the
 * tail is zero), one after the other. sums[i] is the sum of row i. Every kernel gives the same
 * integers. */
typedef void GalleryDots(
    const int8_t *query,
    const int8_t *rows,
    const int32_t *sums,
    int count,
    int dims,
    int32_t *dots);

typedef struct GalleryKernel {
    const char *name;
    GalleryDots *dots;
} GalleryKernel;

/* The kernels that this processor can run, fastest first, the plain one last. */
int gallery_kernels(const GalleryKernel **out);

struct Gallery {
    int dims, padded; /* padded: dims up to a multiple of 64 */
    GalleryDots *dots_of;

    int label_count, label_room;
    char (*ids)[PRODUCT_ID_BYTES];
    int32_t *counts; /* vectors of each label */
    int32_t *slots;  /* hash of ids: label + 1, 0 is free */
    int slot_count;

    int count, room;
    float *vectors;  /* count x dims */
    int8_t *rows;    /* count x padded */
    int32_t *sums;   /* of each row */
    int32_t *labels; /* of each vector */

    int32_t *dots;  /* scratch: of each vector */
    int32_t *best;  /* scratch: of each label */
    float *cosines; /* scratch: of each label */
};
