/* The kernels for x86-64: one register holds four values of 8 or 16 rows, and one instruction adds
 * the four products of each to its sum. */
#include "gallery_internal.h"

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

static int32_t four(const int8_t *values) {
    int32_t packed;
    memcpy(&packed, values, sizeof packed);
    return packed;
}

/* -- AVX2 -------------------------------------------------------------------------------------- */

/* The instruction multiplies unsigned by signed, so the sign of the query goes over to the row.
 * Pairs are added in 16 bits: two products of +-127 fit. */
AVX2 static __m256i add_avx2(__m256i sum, __m256i query, const int8_t *row) {
    const __m256i value = _mm256_loadu_si256((const __m256i *)row);
    const __m256i pairs =
        _mm256_maddubs_epi16(_mm256_abs_epi8(query), _mm256_sign_epi8(value, query));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

AVX2 static __m256 score_avx2(__m256i sum, float query_scale, const float *row_scales, float *to) {
    const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(query_scale));
    const __m256 score = _mm256_mul_ps(scaled, _mm256_loadu_ps(row_scales));
    _mm256_storeu_ps(to, score);
    return score;
}

AVX2 static float largest_avx2(__m256 a, __m256 b) {
    const __m256 eight = _mm256_max_ps(a, b);
    __m128 top = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    top = _mm_max_ps(top, _mm_movehl_ps(top, top));
    return _mm_cvtss_f32(_mm_max_ss(top, _mm_movehdup_ps(top)));
}

AVX2 static void scan_avx2(const Scan *scan) {
    const int8_t *rows = scan->rows;
    for (int b = 0; b < scan->blocks; b++, rows += (ptrdiff_t)BLOCK * scan->dims)
        for (int q = 0; q < scan->query_count; q++) {
            const int8_t *query = scan->queries + (ptrdiff_t)q * scan->dims, *row = rows;
            __m256i low = _mm256_setzero_si256(), high = low;
            for (int i = 0; i < scan->dims; i += 4, row += 64) {
                const __m256i values = _mm256_set1_epi32(four(query + i));
                low = add_avx2(low, values, row);
                high = add_avx2(high, values, row + 32);
            }
            const ptrdiff_t at = (ptrdiff_t)q * scan->blocks + b;
            const float scale = scan->query_scales[q],
                        *scales = scan->row_scales + (ptrdiff_t)b * BLOCK;
            float *scores = scan->scores + at * BLOCK;
            scan->peaks[at] = largest_avx2(
                score_avx2(low, scale, scales, scores),
                score_avx2(high, scale, scales + 8, scores + 8));
        }
}

/* -- AVX-512 with dot products ----------------------------------------------------------------- */

/* This instruction too multiplies unsigned by signed: rows go in plus 128, and 128 times the sum of
 * the query is there to begin with, negative. */
VNNI static __m512i load_vnni(const int8_t *row) {
    return _mm512_xor_si512(_mm512_loadu_si512(row), _mm512_set1_epi8((char)-128));
}

VNNI static __m512i add_vnni(__m512i sum, __m512i row, const int8_t *query) {
    return _mm512_dpbusd_epi32(sum, row, _mm512_set1_epi32(four(query)));
}

VNNI static __m512i bias_vnni(const int8_t *query, int dims) {
    int32_t sum = 0;
    for (int i = 0; i < dims; i++)
        sum += query[i];
    return _mm512_set1_epi32(-128 * sum);
}

VNNI static void score_vnni(const Scan *scan, int q, int b, __m512i sum) {
    const ptrdiff_t at = (ptrdiff_t)q * scan->blocks + b;
    const __m512 scaled =
        _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(scan->query_scales[q]));
    const __m512 score =
        _mm512_mul_ps(scaled, _mm512_loadu_ps(scan->row_scales + (ptrdiff_t)b * BLOCK));
    _mm512_storeu_ps(scan->scores + at * BLOCK, score);
    scan->peaks[at] = _mm512_reduce_max_ps(score);
}

VNNI static void one_vnni(const Scan *scan, int q, int first) {
    const int8_t *query = scan->queries + (ptrdiff_t)q * scan->dims;
    const int8_t *row = scan->rows + (ptrdiff_t)first * BLOCK * scan->dims;
    const __m512i bias = bias_vnni(query, scan->dims);
    for (int b = first; b < scan->blocks; b++) {
        __m512i even = bias, odd = _mm512_setzero_si512();
        for (int i = 0; i < scan->dims; i += 8, row += 128) {
            even = add_vnni(even, load_vnni(row), query + i);
            odd = add_vnni(odd, load_vnni(row + 64), query + i + 4);
        }
        score_vnni(scan, q, b, _mm512_add_epi32(even, odd));
    }
}

/* Four queries and two blocks at a time: what is loaded is used four times, and twice. */
VNNI static void four_vnni(const Scan *scan, int q) {
    const int8_t *queries = scan->queries + (ptrdiff_t)q * scan->dims;
    const ptrdiff_t block_size = (ptrdiff_t)BLOCK * scan->dims;
    const int8_t *rows = scan->rows;
    __m512i biases[4];
    for (int j = 0; j < 4; j++)
        biases[j] = bias_vnni(queries + (ptrdiff_t)j * scan->dims, scan->dims);
    int b = 0;
    for (; b + 2 <= scan->blocks; b += 2, rows += 2 * block_size) {
        __m512i sums[2][4];
        for (int i = 0; i < 4; i++)
            sums[0][i] = sums[1][i] = biases[i];
        for (int i = 0; i < scan->dims; i += 4) {
            const __m512i first = load_vnni(rows + (ptrdiff_t)i * BLOCK);
            const __m512i second = load_vnni(rows + block_size + (ptrdiff_t)i * BLOCK);
            for (int j = 0; j < 4; j++) {
                const int8_t *query = queries + (ptrdiff_t)j * scan->dims + i;
                sums[0][j] = add_vnni(sums[0][j], first, query);
                sums[1][j] = add_vnni(sums[1][j], second, query);
            }
        }
        for (int j = 0; j < 4; j++) {
            score_vnni(scan, q + j, b, sums[0][j]);
            score_vnni(scan, q + j, b + 1, sums[1][j]);
        }
    }
    for (int i = 0; i < 4; i++)
        one_vnni(scan, q + i, b);
}

VNNI static void scan_vnni(const Scan *scan) {
    int q = 0;
    for (; q + 4 <= scan->query_count; q += 4)
        four_vnni(scan, q);
    for (; q < scan->query_count; q++)
        one_vnni(scan, q, 0);
}

int gallery_kernels(const GalleryKernel **out) {
    static const GalleryKernel all[] = {
        {"avx512-vnni", scan_vnni}, {"avx2", scan_avx2}, {"plain", gallery_scan_plain}};
    int first = 2;
    if (__builtin_cpu_supports("avx2")) first = 1;
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw")) first = 0;
    *out = all + first;
    return 3 - first;
}
