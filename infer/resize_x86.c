/* Gathering with what every x86-64 has (SSE2): two source pixels, all channels, in one multiply. */
#include "resize_internal.h"

#include <emmintrin.h>
#include <string.h>

static __m128i load(const void *at) { return _mm_loadu_si128(at); }

/* Two source pixels times their weights: r g b and one that is of no use. */
static __m128i weigh(const int16_t *from, const int16_t *weights) {
    int32_t two;
    memcpy(&two, weights, sizeof two);
    const __m128i pairs = _mm_unpacklo_epi16(load(from), load(from + 3)); /* r0 r1 g0 g1 b0 b1 */
    return _mm_madd_epi16(pairs, _mm_set1_epi32(two));
}

static int32_t mean_of(const Span *span, const int16_t *weights, const int16_t *sums) {
    const int16_t *from = sums + (ptrdiff_t)3 * span->first, *weight = weights + span->weight;
    const __m128i start = _mm_set1_epi32(COLUMN_ONE * SUM_BIAS + COLUMN_ONE * ROW_ONE / 2);
    __m128i sum = _mm_add_epi32(start, weigh(from, weight));
    for (int i = 2; i < span->count; i += 2)
        sum = _mm_add_epi32(sum, weigh(from + (ptrdiff_t)3 * i, weight + i));
    const __m128i mean = _mm_srai_epi32(sum, 22);
    const int32_t rgb = _mm_cvtsi128_si32(_mm_packus_epi16(_mm_packs_epi32(mean, mean), mean));
    return span->count > 0 ? rgb : RESIZE_FILL * 0x10101;
}

void resize_gather(
    const Span *spans, int size, const int16_t *weights, const int16_t *sums, uint8_t *out) {
    int32_t rgb = 0;
    for (int x = 0; x < size; x++, out += 3) {
        rgb = mean_of(&spans[x], weights, sums);
        if (x + 1 < size) memcpy(out, &rgb, 4); /* the fourth is written over next */
    }
    memcpy(out - 3, &rgb, 3);
}
