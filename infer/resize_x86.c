/* Gathering with what every x86-64 has (SSE2): two source pixels, all channels, in one multiply. */
#include "resize_internal.h"

#include <emmintrin.h>
#include <string.h>

static __m128i load(const void *at) { return _mm_loadu_si128(at); }

void resize_gather(
    const Span *spans, int size, const int16_t *weights, const int16_t *sums, uint8_t *out) {
    const __m128i start = _mm_set1_epi32(COLUMN_ONE * SUM_BIAS + COLUMN_ONE * ROW_ONE / 2);
    for (int x = 0; x < size; x++, out += 3) {
        const Span *span = &spans[x];
        const int16_t *from = sums + (ptrdiff_t)3 * span->first, *weight = weights + span->weight;
        __m128i sum = start;
        for (int i = 0; i < span->count; i += 2, from += 6, weight += 2) {
            int32_t two;
            memcpy(&two, weight, sizeof two);
            /* r0 r1 g0 g1 b0 b1 and two that are of no use */
            const __m128i pairs = _mm_unpacklo_epi16(load(from), load(from + 3));
            sum = _mm_add_epi32(sum, _mm_madd_epi16(pairs, _mm_set1_epi32(two)));
        }
        const __m128i mean = _mm_srai_epi32(sum, 22);
        int32_t rgb = _mm_cvtsi128_si32(_mm_packus_epi16(_mm_packs_epi32(mean, mean), mean));
        if (span->count == 0) rgb = RESIZE_FILL * 0x10101;
        memcpy(out, &rgb, x + 1 < size ? 4 : 3);
    }
}
