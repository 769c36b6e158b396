/*
 * gallery - the looks of every product, and the exact search for the nearest.
 *
 * A label is a product, by its id; it has any number of vectors of length one. A search scores
 * every vector: int8 dot products over all of them (10^5 x 128 in about a millisecond), then the
 * vectors that can still matter for the best labels again in float. Exact: no index, nothing to
 * tune.
 *
 * Pure: no clock, I/O, threads or logging; memory grows only in gallery_label() and gallery_add().
 * Threads: one at a time, searches too: they use scratch inside. Units: cosines, -1..1.
 */
#pragma once

#include "catalog.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    GALLERY_DIMS_MAX = 512,
    GALLERY_VECTORS_MAX = 1 << 20,
    GALLERY_LABELS_MAX = CATALOG_MAX,
    GALLERY_EXACT = 64, /* labels whose cosine is worked out in float */
    GALLERY_MODEL_BYTES = 32,
};

typedef struct Gallery Gallery;

typedef struct Match {
    int32_t label;
    float cosine; /* of the label's nearest vector */
} Match;

MUST_USE Status gallery_open(Gallery **out, int dims);

/* The label of this id, made when it is new. E_INVALID: an empty or too long id. */
MUST_USE Status gallery_label(Gallery *gallery, const char *id, int32_t *out);

/* One more vector (dims floats) for a label. E_INVALID: not finite, or of length zero; other
 * lengths are made one. */
MUST_USE Status gallery_add(Gallery *gallery, int32_t label, const float *vector);

int gallery_dims(const Gallery *gallery);
int gallery_labels(const Gallery *gallery);
int gallery_vectors(const Gallery *gallery);
const char *gallery_id(const Gallery *gallery, int32_t label); /* borrowed */

/* Is there a vector for this id? */
bool gallery_knows(const Gallery *gallery, const char *id);

/* The best cosine of every label (gallery_labels() of them) with a query of length one: borrowed
 * until the next search. The GALLERY_EXACT best are exact, the rest within 0.02; a label without
 * vectors has -1. */
const float *gallery_cosines(Gallery *gallery, const float *query);

/* The k nearest labels, nearest first, ties by label; returns how many there are. */
int gallery_search(Gallery *gallery, const float *query, int k, Match *out);

/* A file: header, SHA-256 of the model that made the vectors, ids, vectors, checksum.
 * Loading trusts nothing. E_NOT_FOUND, E_IO, E_CORRUPT: one sentence. */
MUST_USE Status gallery_save(const Gallery *gallery, const uint8_t *model_sha256, const char *path);
MUST_USE Status gallery_load(Gallery **out, uint8_t *model_sha256, const char *path);

/* NULL is fine. */
void gallery_close(Gallery *gallery);
