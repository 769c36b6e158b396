/* Gathering and halving with what every x86-64 has (SSE2): two source pixels, all channels, at
 * once. */
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

/* Eight values as 16 bits: r0 g0 b0 r1 g1 b1 and two of the next pixel. */
static __m128i widen(const uint8_t *at) {
    return _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)at), _mm_setzero_si128());
}

void resize_halve(const uint8_t *upper, const uint8_t *lower, int size, uint8_t *out) {
    int x = 0;
    for (; x + 2 < size; x += 2, upper += 12, lower += 12, out += 6) { /* two, of what four takes */
        const __m128i first = _mm_add_epi16(widen(upper), widen(lower));
        const __m128i second = _mm_add_epi16(widen(upper + 6), widen(lower + 6));
        const __m128i left = _mm_unpacklo_epi64(first, second);
        const __m128i right =
            _mm_unpacklo_epi64(_mm_srli_si128(first, 6), _mm_srli_si128(second, 6));
        const __m128i sum = _mm_add_epi16(_mm_add_epi16(left, right), _mm_set1_epi16(2));
        const __m128i mean = _mm_packus_epi16(_mm_srli_epi16(sum, 2), sum);
        const int32_t here = _mm_cvtsi128_si32(mean);
        const int32_t next = _mm_cvtsi128_si32(_mm_srli_si128(mean, 4));
        memcpy(out, &here, 4); /* the fourth is written over next */
        memcpy(out + 3, &next, 4);
    }
    resize_halve_plain(upper, lower, size - x, out);
}
