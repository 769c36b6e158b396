/* Gathering with NEON: a source pixel, all channels, in one multiply. */
#include "resize_internal.h"

#include <arm_neon.h>
#include <string.h>

static uint32_t mean_of(const Span *span, const int16_t *weights, const int16_t *sums) {
    const int16_t *from = sums + (ptrdiff_t)3 * span->first, *weight = weights + span->weight;
    int32x4_t sum = vdupq_n_s32(COLUMN_ONE * SUM_BIAS + COLUMN_ONE * ROW_ONE / 2);
    for (int i = 0; i < span->count; i++, from += 3)
        sum = vmlal_n_s16(sum, vld1_s16(from), weight[i]);
    const uint16x4_t mean = vqmovun_s32(vshrq_n_s32(sum, 22));
    const uint8x8_t bytes = vqmovn_u16(vcombine_u16(mean, mean));
    const uint32_t rgb = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
    return span->count > 0 ? rgb : RESIZE_FILL * 0x10101;
}

void resize_gather(
    const Span *spans, int size, const int16_t *weights, const int16_t *sums, uint8_t *out) {
    uint32_t rgb = 0;
    for (int x = 0; x < size; x++, out += 3) {
        rgb = mean_of(&spans[x], weights, sums);
        if (x + 1 < size) memcpy(out, &rgb, 4); /* the fourth is written over next */
    }
    memcpy(out - 3, &rgb, 3);
}
