/* resize_internal - the inner loop of resizing, one way for each kind of processor. */
#pragma once

#include "resize.h"

#include <stdint.h>

enum {
    ROW_ONE = 256,      /* weights of rows: Q8 */
    COLUMN_ONE = 16384, /* weights of columns: Q14, so that they fit 16 bits with a sign */
    SUM_BIAS = 32768,   /* sums of rows are 0..65280 less this: 16 bits with a sign */
    SUM_SLACK = 8,      /* values after a row of sums that may be read */
};

typedef struct Span { /* the source pixels behind one destination pixel */
    int first, count; /* count 0: outside */
    int weight;       /* index of the first weight; of a column's there is an even number */
} Span;

/* `size` destination pixels of R,G,B from a row of sums: the spans' weighted means, grey where
 * there is none. Every way gives the same bytes. */
void resize_gather(
    const Span *spans, int size, const int16_t *weights, const int16_t *sums, uint8_t *out);
void resize_gather_plain(
    const Span *spans, int size, const int16_t *weights, const int16_t *sums, uint8_t *out);

/* `size` destination pixels of R,G,B, each the mean of two by two of two source rows; half rounds
 * up, as it does above. */
void resize_halve(const uint8_t *upper, const uint8_t *lower, int size, uint8_t *out);
void resize_halve_plain(const uint8_t *upper, const uint8_t *lower, int size, uint8_t *out);
