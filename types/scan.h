/* scan.h - a code that was read. */
#pragma once

#include <stdint.h>

enum { SCAN_CODE_BYTES = 64 };

typedef enum ScanSource { SCAN_SCANNER, SCAN_CAMERA, SCAN_SHOPPER } ScanSource;

typedef struct Scan {
    int64_t t_ns;
    char code[SCAN_CODE_BYTES]; /* digits of a GTIN or PLU, NUL-terminated */
    ScanSource source;
    int camera; /* SCAN_CAMERA only, else -1 */
} Scan;
