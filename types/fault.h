/* fault.h - something is wrong and on show: health, the screen, the tape, /metrics. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { FAULT_WHAT_BYTES = 48, FAULT_WHY_BYTES = 160 };

typedef struct Fault {
    int64_t t_ns;
    bool active;                 /* false: it is over */
    char what[FAULT_WHAT_BYTES]; /* a stable name: "camera.left", "scale", "ring.scale", "disk" */
    char why[FAULT_WHY_BYTES];   /* one sentence for people */
} Fault;
