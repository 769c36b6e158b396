/* gallery_internal - what gallery.c, its search, its file format and its kernels share. */
#pragma once

#include "gallery.h"

#include <stddef.h>

enum {
    BLOCK = 16,    /* rows that lie interleaved, and are scored side by side */
    CHUNK = 16384, /* vectors that are allocated together */
    STEP = 8,      /* dims are filled up with zeros to a multiple of this */
    INT8_ONE = 127 /* the largest component of a row */
};

/*
 * Queries to be scored with all rows of some blocks. All int8 values are within +-INT8_ONE.
 *
 * In a block lie the first four values of each of its 16 rows, then the next four of each, and so
 * on: a vector register holds four values of several rows, and no sum needs adding across.
 */
typedef struct Scan {
    const int8_t *queries; /* one after the other */
    const float *query_scales;
    int query_count, dims; /* a multiple of STEP */
    const int8_t *rows;
    const float *row_scales;
    int blocks;
    float *scores; /* [query][block][row]: int8 dot product * scale of the query * of the row */
    float *peaks;  /* [query][block]: the best score of the block */
} Scan;

/* Every kernel gives the same bits: the sums are integers. */
typedef void GalleryScan(const Scan *scan);

typedef struct GalleryKernel {
    const char *name;
    GalleryScan *scan;
} GalleryKernel;

/* The kernels that this processor can run, fastest first, the plain one last. */
int gallery_kernels(const GalleryKernel **out);

void gallery_scan_plain(const Scan *scan);

/* The sums of one block as scores; returns the best. For kernels without a better way. */
float gallery_score(const int32_t *sums, float query_scale, const float *row_scales, float *scores);

typedef struct Chunk {
    const float *vectors; /* of length one, dims floats each: the chunk's own or in the file */
    float *own;
    int8_t *rows;        /* the same, scaled and rounded, in blocks */
    float scales[CHUNK]; /* what one unit of each row is worth */
    int32_t labels[CHUNK];
} Chunk;

struct Gallery {
    int dims, padded; /* padded: dims up to a multiple of STEP */
    GalleryScan *scan;

    int label_count, label_room;
    char (*ids)[PRODUCT_ID_BYTES];
    int32_t *counts; /* vectors of each label */
    int32_t *slots;  /* hash of ids: label + 1, 0 is free */

    int count, chunk_count;
    Chunk *chunks[GALLERY_VECTORS_MAX / CHUNK];
    float error_max; /* of any row */

    const uint8_t *file; /* mapped; NULL: none */
    size_t file_size;

    /* scratch of a search, for each of GALLERY_QUERIES */
    float *best;    /* by label: cosine in int8 of its nearest vector */
    float *cosines; /* by label: the answers */
    float *peaks;   /* by block: its best cosine in int8 */
};

typedef struct Rounded {
    float scale; /* what one unit is worth */
    float error; /* length of what was lost */
} Rounded;

/* Scale a vector so that its largest component is INT8_ONE, and round it. */
Rounded gallery_round(const float *vector, int dims, int8_t *row);

/* A vector of length one that lies in the mapped file, where the next vector belongs. */
MUST_USE Status gallery_add_mapped(Gallery *gallery, int32_t label, const float *vector);

static inline const float *gallery_vector(const Gallery *gallery, int i) {
    return gallery->chunks[i / CHUNK]->vectors + (size_t)(i % CHUNK) * (size_t)gallery->dims;
}
