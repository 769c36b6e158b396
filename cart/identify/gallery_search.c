/*
 * The search. Each vector and each query is rounded to int8 with a scale of its own, so a cosine in
 * int8 is off by what rounding took from both, at most (Cauchy-Schwarz, both of length one):
 *
 *     |q.v - Q.V| <= |q - Q| |v| + |Q| |v - V| <= doubt
 *
 * The k-th best label stands at some c in int8, so k labels have a vector of at least c - doubt,
 * and whatever is among the k best stands at c - 2 doubt or above in int8: those are scored in
 * float, and the best of them are the best of all. In the same way a label's nearest vector stands
 * within 2 doubt of its best in int8.
 */
#include "gallery_internal.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    TILE = 16, /* blocks that are scored for all queries while they are in the cache */
    TILE_ROWS = TILE * BLOCK,
};

static const float never = -2; /* below every cosine */

typedef struct Query {
    const float *vector;
    float doubt;           /* a cosine in int8 is within this of the float one */
    float *best, *cosines; /* by label */
    float *peaks;          /* by block */
} Query;

static float larger(float a, float b) { return a > b ? a : b; }

/* Rows of one label lie together: its best is looked up once for all of them. */
static void raise_best(const int32_t *labels, const float *scores, int count, float *best) {
    int32_t label = labels[0];
    float top = best[label];
    for (int i = 0; i < count;) {
        const int32_t *next = labels + i;
        if (next[0] != label) {
            best[label] = top;
            label = next[0];
            top = best[label];
        }
        if (i + 4 <= count && next[1] == label && next[2] == label && next[3] == label) {
            const float *four = scores + i;
            top = larger(top, larger(larger(four[0], four[1]), larger(four[2], four[3])));
            i += 4;
        } else {
            top = larger(top, scores[i++]);
        }
    }
    best[label] = top;
}

/* The rows of a block, or of some more, and all queries. */
static Scan scan_of(
    const Gallery *gallery,
    const int8_t *queries,
    const float *scales,
    int count,
    int block,
    int blocks) {
    const Chunk *chunk = gallery->chunks[block / (CHUNK / BLOCK)];
    const int at = block % (CHUNK / BLOCK) * BLOCK;
    return (Scan){
        .queries = queries,
        .query_scales = scales,
        .query_count = count,
        .dims = gallery->padded,
        .rows = chunk->rows + (ptrdiff_t)at * gallery->padded,
        .row_scales = chunk->scales + at,
        .blocks = blocks};
}

static void scan_tile(
    const Gallery *gallery,
    const int8_t *rows,
    const float *scales,
    Query *queries,
    int count,
    int first) {
    float scores[GALLERY_QUERIES * TILE_ROWS], peaks[GALLERY_QUERIES * TILE];
    const int left = gallery->count - first;
    const int vectors = left < TILE_ROWS ? left : TILE_ROWS;
    const int blocks = (vectors + BLOCK - 1) / BLOCK;
    Scan scan = scan_of(gallery, rows, scales, count, first / BLOCK, blocks);
    scan.scores = scores;
    scan.peaks = peaks;
    gallery->scan(&scan);
    const int32_t *labels = gallery->chunks[first / CHUNK]->labels + first % CHUNK;
    for (int i = 0; i < count; i++) {
        memcpy(
            queries[i].peaks + first / BLOCK, peaks + (ptrdiff_t)i * blocks,
            (size_t)blocks * sizeof *peaks);
        raise_best(labels, scores + (ptrdiff_t)i * blocks * BLOCK, vectors, queries[i].best);
    }
}

/* Where the k-th best label stands: a small sorted list of the best seen. */
static float cut_off(const float *best, int labels, int k) {
    float top[GALLERY_EXACT];
    int held = 0;
    for (int i = 0; i < labels; i++) {
        if (held == k && best[i] <= top[held - 1]) continue;
        int at = held < k ? held++ : held - 1;
        for (; at > 0 && top[at - 1] < best[i]; at--)
            top[at] = top[at - 1];
        top[at] = best[i];
    }
    return held == k ? top[held - 1] : never;
}

static float dot(const float *a, const float *b, int dims) {
    float sums[BLOCK] = {0};
    int i = 0;
    for (; i + BLOCK <= dims; i += BLOCK)
        for (int j = 0; j < BLOCK; j++)
            sums[j] += a[i + j] * b[i + j];
    float sum = 0;
    for (; i < dims; i++)
        sum += a[i] * b[i];
    for (int j = 0; j < BLOCK; j++)
        sum += sums[j];
    return sum;
}

/* Score again, in float, the rows of a block that could be among the best. */
static void refine(
    const Gallery *gallery,
    const Query *query,
    const int8_t *row,
    float scale,
    int block,
    float least) {
    float scores[BLOCK], peak;
    Scan scan = scan_of(gallery, row, &scale, 1, block, 1);
    scan.scores = scores;
    scan.peaks = &peak;
    gallery->scan(&scan);
    const int first = block * BLOCK;
    for (int i = 0; i < BLOCK && first + i < gallery->count; i++) {
        const int32_t label = gallery->chunks[first / CHUNK]->labels[first % CHUNK + i];
        if (scores[i] < least || scores[i] < query->best[label] - 2 * query->doubt) continue;
        const float exact = dot(query->vector, gallery_vector(gallery, first + i), gallery->dims);
        query->cosines[label] = larger(query->cosines[label], exact);
    }
}

static void
answer(const Gallery *gallery, const Query *query, int k, const int8_t *row, float scale) {
    const int labels = gallery->label_count, blocks = (gallery->count + BLOCK - 1) / BLOCK;
    const float least = cut_off(query->best, labels, k) - 2 * query->doubt;
    for (int i = 0; i < labels; i++) {
        const bool known = query->best[i] > never && query->best[i] < least;
        query->cosines[i] = known ? query->best[i] : -1;
    }
    for (int i = 0; i < blocks; i++)
        if (query->peaks[i] >= least) refine(gallery, query, row, scale, i, least);
}

/* The cosines of all labels; those of the k best are exact. */
static const float *search(Gallery *gallery, const float *queries, int count, int k) {
    if (gallery->count == 0) {
        for (int i = 0; i < count * gallery->label_count; i++)
            gallery->cosines[i] = -1;
        return gallery->cosines;
    }
    int8_t rows[GALLERY_QUERIES * GALLERY_DIMS_MAX] = {0};
    float scales[GALLERY_QUERIES];
    Query asked[GALLERY_QUERIES];
    const ptrdiff_t labels = gallery->label_count;
    const ptrdiff_t blocks = (ptrdiff_t)gallery->chunk_count * (CHUNK / BLOCK);
    for (int i = 0; i < count; i++) {
        const float *vector = queries + (ptrdiff_t)i * gallery->dims;
        const Rounded rounded =
            gallery_round(vector, gallery->dims, rows + (ptrdiff_t)i * gallery->padded);
        scales[i] = rounded.scale;
        asked[i] = (Query){
            .vector = vector,
            /* and what floats may lose: half of a last bit for every product (Higham), and a few */
            .doubt = rounded.error + (1 + rounded.error) * gallery->error_max +
                     (float)(gallery->dims + 8) * FLT_EPSILON,
            .best = gallery->best + i * labels,
            .cosines = gallery->cosines + i * labels,
            .peaks = gallery->peaks + i * blocks};
        for (int j = 0; j < gallery->label_count; j++)
            asked[i].best[j] = never;
    }
    for (int first = 0; first < gallery->count; first += TILE_ROWS)
        scan_tile(gallery, rows, scales, asked, count, first);
    for (int i = 0; i < count; i++)
        answer(gallery, &asked[i], k, rows + (ptrdiff_t)i * gallery->padded, scales[i]);
    return gallery->cosines;
}

const float *gallery_cosines(Gallery *gallery, const float *queries, int count) {
    assert(count >= 1 && count <= GALLERY_QUERIES);
    return search(gallery, queries, count, GALLERY_EXACT);
}

int gallery_search(Gallery *gallery, const float *query, int k, Match *out) {
    assert(k >= 1 && k <= GALLERY_EXACT);
    const float *cosines = search(gallery, query, 1, k);
    int held = 0;
    for (int32_t i = 0; i < gallery->label_count; i++) {
        if (gallery->counts[i] == 0) continue;
        if (held == k && cosines[i] <= out[held - 1].cosine) continue;
        int at = held < k ? held++ : held - 1;
        for (; at > 0 && out[at - 1].cosine < cosines[i]; at--)
            out[at] = out[at - 1];
        out[at] = (Match){i, cosines[i]};
    }
    return held;
}
