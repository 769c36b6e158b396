/* Gathering and halving on processors without a way of their own. */
#include "resize_internal.h"

void resize_gather(
    const Span *spans, int size, const int16_t *weights, const int16_t *sums, uint8_t *out) {
    resize_gather_plain(spans, size, weights, sums, out);
}

void resize_halve(const uint8_t *upper, const uint8_t *lower, int size, uint8_t *out) {
    resize_halve_plain(upper, lower, size, out);
}
