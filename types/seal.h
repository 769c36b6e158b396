/* seal.h - one entry of the meter's event log: a sealed value, before and after. */
#pragma once

#include <stdint.h>

enum { SEAL_HASH_BYTES = 32, SEAL_WHO_BYTES = 24 };

typedef enum SealKind {
    SEAL_CALIBRATION = 1, /* what a count weighs */
    SEAL_CONFIGURATION,   /* how the scale behaves */
    SEAL_SOFTWARE /* the meter's program; before and after are the first bytes of its hash */
} SealKind;

typedef struct SealEntry {
    int64_t sequence; /* 1, 2, 3 ... since the scale was made */
    int64_t t_ns;
    SealKind kind;
    int32_t value; /* which sealed value; see meter_seal_name(); 0 of the software */
    int64_t before, after;
    int64_t calibration_count, configuration_count; /* after this entry; neither ever falls */
    char who[SEAL_WHO_BYTES];                       /* who did it, NUL-terminated */
    uint8_t program[SEAL_HASH_BYTES];               /* the meter that wrote it */
    uint8_t previous[SEAL_HASH_BYTES]; /* hash of the entry before; zeros of the first */
    uint8_t hash[SEAL_HASH_BYTES];     /* of everything above, SHA-256 of its big-endian bytes */
} SealEntry;
