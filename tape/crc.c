/*
 * crc.c - sums are most of what reading an uncompressed tape costs, so long runs are folded with
 * carry-less multiplication where the processor has it; zlib does the rest.
 *
 * Folding ("Fast CRC Computation Using PCLMULQDQ", Intel, 2009): multiplying by x^n mod P moves 16
 * bytes n bits further along the message without changing its remainder. Four lanes go 64 bytes a
 * step; at the end they are folded into 16 bytes that have the same remainder as all that went in,
 * and zlib sums those.
 */
#include "crc_internal.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>

enum { LANES = 4, WORTH_BYTES = 256 };
static const size_t LANE_BYTES = 16, STEP_BYTES = 64;

#define FOLDING __attribute__((target("pclmul,sse2")))

/* lane, moved along by as far as `by` says, plus what stands there. */
FOLDING static inline __m128i fold(__m128i lane, __m128i by, __m128i there) {
    __m128i low = _mm_clmulepi64_si128(lane, by, 0x00), high = _mm_clmulepi64_si128(lane, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), there);
}

FOLDING static inline __m128i load(const uint8_t *bytes) {
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

/* The sum of whole steps of 64 bytes, at least one. */
FOLDING static uint32_t sum_steps(uint32_t crc, const uint8_t *bytes, size_t steps) {
    /* x^(512 +- 32) and x^(128 +- 32) mod P, reflected */
    const __m128i by_step = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
    const __m128i by_lane = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
    __m128i lanes[LANES];
    for (size_t i = 0; i < LANES; i++)
        lanes[i] = load(bytes + i * LANE_BYTES);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int)~crc));
    for (bytes += STEP_BYTES; --steps > 0; bytes += STEP_BYTES) {
        for (size_t i = 0; i < LANES; i++) {
            lanes[i] = fold(lanes[i], by_step, load(bytes + i * LANE_BYTES));
        }
    }
    for (size_t i = 1; i < LANES; i++)
        lanes[i] = fold(lanes[i - 1], by_lane, lanes[i]);
    uint8_t rest[16];
    _mm_storeu_si128((__m128i *)(void *)rest, lanes[LANES - 1]);
    return (uint32_t)crc32_z(UINT32_MAX, rest, sizeof rest); /* the start is in lanes[0] already */
}

uint32_t crc_of(uint32_t crc, const uint8_t *bytes, size_t size) {
    if (size >= WORTH_BYTES && __builtin_cpu_supports("pclmul")) {
        size_t steps = size / STEP_BYTES;
        crc = sum_steps(crc, bytes, steps);
        bytes += steps * STEP_BYTES;
        size -= steps * STEP_BYTES;
    }
    return (uint32_t)crc32_z(crc, bytes, size);
}

#else

uint32_t crc_of(uint32_t crc, const uint8_t *bytes, size_t size) {
    return (uint32_t)crc32_z(crc, bytes, size);
}

#endif
