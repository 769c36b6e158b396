/* The int8 dot products behind a search: one kernel per kind of processor, chosen at start-up. */
#include "gallery_internal.h"

#include <stddef.h>

static void dots_plain(
    const int8_t *query,
    const int8_t *rows,
    const int32_t *sums,
    int count,
    int dims,
    int32_t *dots) {
    (void)sums;
    for (int i = 0; i < count; i++, rows += dims) {
        int32_t sum = 0;
        for (int j = 0; j < dims; j++)
            sum += query[j] * rows[j];
        dots[i] = sum;
    }
}

#if defined(__x86_64__)

#include <immintrin.h>

__attribute__((target("avx2"))) static void dots_avx2(
    const int8_t *query,
    const int8_t *rows,
    const int32_t *sums,
    int count,
    int dims,
    int32_t *dots) {
    (void)sums;
    __m256i wide[GALLERY_DIMS_MAX / 16];
    for (int j = 0; j < dims; j += 16)
        wide[j / 16] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(query + j)));
    for (int i = 0; i < count; i++, rows += dims) {
        __m256i sum = _mm256_setzero_si256();
        for (int j = 0; j < dims; j += 16) {
            __m256i row = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(rows + j)));
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(wide[j / 16], row));
        }
        __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
        dots[i] = _mm_cvtsi128_si32(half);
    }
}

/* The instruction multiplies unsigned by signed: the query goes in plus 128, and 128 times the sum
 * of the row comes off again. */
__attribute__((target("avx512f,avx512bw,avx512vnni"))) static void dots_vnni(
    const int8_t *query,
    const int8_t *rows,
    const int32_t *sums,
    int count,
    int dims,
    int32_t *dots) {
    __m512i shifted[GALLERY_DIMS_MAX / 64];
    for (int j = 0; j < dims; j += 64)
        shifted[j / 64] =
            _mm512_xor_si512(_mm512_loadu_si512(query + j), _mm512_set1_epi8((char)-128));
    for (int i = 0; i < count; i++, rows += dims) {
        __m512i sum = _mm512_setzero_si512();
        for (int j = 0; j < dims; j += 64)
            sum = _mm512_dpbusd_epi32(sum, shifted[j / 64], _mm512_loadu_si512(rows + j));
        dots[i] = _mm512_reduce_add_epi32(sum) - 128 * sums[i];
    }
}

int gallery_kernels(const GalleryKernel **out) {
    static const GalleryKernel all[] = {
        {"avx512-vnni", dots_vnni}, {"avx2", dots_avx2}, {"plain", dots_plain}};
    int first = 2;
    if (__builtin_cpu_supports("avx2")) first = 1;
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw")) first = 0;
    *out = all + first;
    return 3 - first;
}

#else

int gallery_kernels(const GalleryKernel **out) {
    static const GalleryKernel all[] = {{"plain", dots_plain}};
    *out = all;
    return 1;
}

#endif
