/* Any picture: the first two bytes are its width and height, in steps of four pixels; the rest are
 * grey rows, over and over. Whatever is read checks. */
#include "read.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 3) return 0;
    const int width = 4 * (1 + bytes[0] % 64), height = 4 * (1 + bytes[1] % 64);
    const size_t count = (size_t)width * (size_t)height;
    uint8_t *rgb = malloc(3 * count);
    static Reader *reader; /* opened once: its tables take longer than a picture */
    if (rgb && (reader || read_open(&reader) == OK)) {
        for (size_t i = 0; i < 3 * count; i++)
            rgb[i] = bytes[2 + i / 3 % (size - 2)];
        const Frame frame = {.width = width, .height = height, .stride = 3 * width, .rgb = rgb};
        const Box whole = {0, 0, (float)width, (float)height};
        Scan scans[3];
        const int read = read_codes(reader, &frame, &whole, scans, 3);
        assert(read <= 3);
        for (int i = 0; i < read; i++)
            assert(read_check_digit(scans[i].code));
    }
    free(rgb);
    return 0;
}
