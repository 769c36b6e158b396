/* Gathering and halving with NEON: a source pixel, all channels, in one multiply; sixteen at once.
 */
#include "resize_internal.h"

#ifdef __aarch64__ /* elsewhere only looked at, never built */
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

void resize_halve(const uint8_t *upper, const uint8_t *lower, int size, uint8_t *out) {
    int x = 0;
    for (; x + 8 <= size; x += 8, upper += 48, lower += 48, out += 24) {
        const uint8x16x3_t above = vld3q_u8(upper), below = vld3q_u8(lower);
        uint8x8x3_t mean;
        for (int channel = 0; channel < 3; channel++) {
            const uint16x8_t sum = vpadalq_u8(vpaddlq_u8(above.val[channel]), below.val[channel]);
            mean.val[channel] = vrshrn_n_u16(sum, 2);
        }
        vst3_u8(out, mean);
    }
    resize_halve_plain(upper, lower, size - x, out);
}
#endif
