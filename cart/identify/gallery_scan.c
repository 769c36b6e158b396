/* The plain kernel behind a search, and what the others are measured against. */
#include "gallery_internal.h"

float gallery_score(
    const int32_t *sums, float query_scale, const float *row_scales, float *scores) {
    for (int r = 0; r < BLOCK; r++)
        scores[r] = (float)sums[r] * query_scale * row_scales[r];
    float peak = scores[0];
    for (int r = 1; r < BLOCK; r++)
        peak = scores[r] > peak ? scores[r] : peak;
    return peak;
}

void gallery_scan_plain(const Scan *scan) {
    float *scores = scan->scores, *peaks = scan->peaks;
    for (int q = 0; q < scan->query_count; q++) {
        const int8_t *query = scan->queries + (ptrdiff_t)q * scan->dims, *rows = scan->rows;
        for (int b = 0; b < scan->blocks; b++, scores += BLOCK) {
            int32_t sums[BLOCK] = {0};
            for (int i = 0; i < scan->dims; i += 4, rows += (ptrdiff_t)4 * BLOCK)
                for (int r = 0; r < BLOCK; r++)
                    for (int j = 0; j < 4; j++)
                        sums[r] += query[i + j] * rows[4 * r + j];
            *peaks++ = gallery_score(
                sums, scan->query_scales[q], scan->row_scales + (ptrdiff_t)b * BLOCK, scores);
        }
    }
}
