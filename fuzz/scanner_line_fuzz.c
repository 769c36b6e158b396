/* Any letters a scanner may send: a code is 4 to 14 digits, or there is none. */
#include "scanner_internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    LineReader line = {0};
    for (size_t i = 0; i < size; i++) {
        line_key(data[i]);
        if (!line_feed(&line, (char)data[i])) continue;
        const size_t length = strlen(line.digits);
        if (length < LINE_DIGITS_MIN || length > LINE_DIGITS_MAX) abort();
        if (strspn(line.digits, "0123456789") != length) abort();
    }
    return 0;
}
