/* The kernels for 64-bit ARM: with the dot product instruction, and for cores before it. */
#include "gallery_internal.h"

#ifdef __aarch64__ /* elsewhere only looked at, never built */
#include <arm_neon.h>
#include <string.h>
#include <sys/auxv.h>

static int8x16_t four(const int8_t *values) {
    int32_t packed;
    memcpy(&packed, values, sizeof packed);
    return vreinterpretq_s8_s32(vdupq_n_s32(packed));
}

/* Pairs are added in 16 bits: two products of +-127 fit. */
static int32x4_t add_neon(int32x4_t sum, int8x16_t row, int8x16_t query) {
    const int16x8_t low = vmull_s8(vget_low_s8(row), vget_low_s8(query));
    const int16x8_t high = vmull_high_s8(row, query);
    return vpadalq_s16(sum, vpaddq_s16(low, high));
}

static float score_neon(const Scan *scan, int q, int b, const int32x4_t *sums) {
    int32_t whole[BLOCK];
    for (int r = 0; r < 4; r++)
        vst1q_s32(whole + 4 * r, sums[r]);
    const ptrdiff_t at = (ptrdiff_t)q * scan->blocks + b;
    return gallery_score(
        whole, scan->query_scales[q], scan->row_scales + (ptrdiff_t)b * BLOCK,
        scan->scores + at * BLOCK);
}

static void scan_neon(const Scan *scan) {
    const int8_t *rows = scan->rows;
    for (int b = 0; b < scan->blocks; b++, rows += (ptrdiff_t)BLOCK * scan->dims)
        for (int q = 0; q < scan->query_count; q++) {
            const int8_t *query = scan->queries + (ptrdiff_t)q * scan->dims, *row = rows;
            int32x4_t sums[4] = {0};
            for (int i = 0; i < scan->dims; i += 4, row += 64) {
                const int8x16_t values = four(query + i);
                for (int r = 0; r < 4; r++)
                    sums[r] = add_neon(sums[r], vld1q_s8(row + 16 * r), values);
            }
            scan->peaks[(ptrdiff_t)q * scan->blocks + b] = score_neon(scan, q, b, sums);
        }
}

__attribute__((target("arch=armv8.2-a+dotprod"))) static void scan_dotprod(const Scan *scan) {
    const int8_t *rows = scan->rows;
    for (int b = 0; b < scan->blocks; b++, rows += (ptrdiff_t)BLOCK * scan->dims)
        for (int q = 0; q < scan->query_count; q++) {
            const int8_t *query = scan->queries + (ptrdiff_t)q * scan->dims, *row = rows;
            int32x4_t sums[4] = {0};
            for (int i = 0; i < scan->dims; i += 4, row += 64) {
                const int8x16_t values = four(query + i);
                for (int r = 0; r < 4; r++)
                    sums[r] = vdotq_s32(sums[r], vld1q_s8(row + 16 * r), values);
            }
            scan->peaks[(ptrdiff_t)q * scan->blocks + b] = score_neon(scan, q, b, sums);
        }
}

int gallery_kernels(const GalleryKernel **out) {
    static const GalleryKernel all[] = {
        {"neon-dotprod", scan_dotprod}, {"neon", scan_neon}, {"plain", gallery_scan_plain}};
    const int first = getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? 0 : 1;
    *out = all + first;
    return 3 - first;
}
#endif
