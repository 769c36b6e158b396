/*
 * gallery - the looks of every product, and the exact search for the nearest.
 *
 * A label is a product, by its id; it has any number of vectors of length one. A search scores
 * every vector in int8 and then, in float, each one that could still be among the best: rounding
 * to int8 has a known largest error, so none of those is missed. Exact: the answers are those of
 * float dot products with every vector. No index, nothing to tune.
 *
 * Pure: no clock, threads or logging, I/O only in gallery_save() and gallery_load(); memory grows
 * only in gallery_label() and gallery_add(), and vectors never move.
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
    GALLERY_EXACT = 16,   /* labels whose cosine is worked out in float */
    GALLERY_QUERIES = 16, /* of one search; together they cost little more than one */
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

/* The best cosine of every label with each of 1..GALLERY_QUERIES queries of length one, one after
 * the other: gallery_labels() floats for each, borrowed until the next search. The GALLERY_EXACT
 * best of a query are exact; the rest are as near as int8 is: within 0.03 for vectors whose
 * components are of one size, as embedders make them. A label without vectors has -1. NULL when
 * there are no labels. */
const float *gallery_cosines(Gallery *gallery, const float *queries, int count);

/* The k (1..GALLERY_EXACT) nearest labels, nearest first, ties by label; returns how many there
 * are. Same labels, same order and same cosines as float dot products with every vector would give.
 */
int gallery_search(Gallery *gallery, const float *query, int k, Match *out);

/* A file: header, SHA-256 of the model that made the vectors, ids, vectors, checksum.
 * Saving is crash-safe: the old file or the new one, whole. Loading maps the file, checks all of it
 * and trusts nothing; the vectors stay in it, so replace the file of a running cart by renaming, as
 * gallery_save() does, never in place. E_NOT_FOUND, E_IO, E_CORRUPT: one sentence. */
MUST_USE Status gallery_save(const Gallery *gallery, const uint8_t *model_sha256, const char *path);
MUST_USE Status gallery_load(Gallery **out, uint8_t *model_sha256, const char *path);

/* NULL is fine. */
void gallery_close(Gallery *gallery);
