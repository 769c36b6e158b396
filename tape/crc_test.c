#include "crc_internal.h"
#include "test.h"

#include <zlib.h>

static void every_length_and_start_sums_as_zlib_does(void) {
    static uint8_t bytes[4096];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(seed >> 24);
    }
    int wrong = 0;
    for (size_t size = 0; size <= 1200; size++) {
        for (size_t start = 0; start < 17; start += 1 + size / 400) {
            uint32_t before = (uint32_t)(size * 2654435761u);
            wrong += crc_of(before, bytes + start, size) != crc32_z(before, bytes + start, size);
            wrong += crc_of(0, bytes + start, size) != crc32_z(0, bytes + start, size);
        }
    }
    CHECK(wrong == 0);
    CHECK(crc_of(0, bytes, sizeof bytes) == crc32_z(0, bytes, sizeof bytes));
}

static void the_check_value_is_the_standards(void) {
    CHECK(crc_of(0, (const uint8_t *)"123456789", 9) == 0xcbf43926);
}

int main(void) {
    RUN(every_length_and_start_sums_as_zlib_does);
    RUN(the_check_value_is_the_standards);
    return DONE();
}
