/* scale.h - how a platform turns counts into grams: measured when it was calibrated. */
#pragma once

#include "weight.h"

#include <stdbool.h>

typedef struct ScaleCalibration {
    int cells; /* 1..CELLS_MAX */
    struct {
        double counts_per_g;
        double zero_counts; /* empty platform, basket included */
        double x_m, y_m;    /* from the platform's centre */
    } cell[CELLS_MAX];
    double sample_hz;
    double platform_g;    /* moving mass of the empty platform */
    double stiffness_npm; /* of the platform on its cells, N/m; 0: unknown */
    double damping_ratio; /* at platform_g; 0: unknown */
    int32_t e_g;          /* verification interval */
    int32_t max_g;        /* Max */
} ScaleCalibration;

enum { SCALE_WHAT_BYTES = 16, SCALE_WHY_BYTES = 160 };

/* Something was done to the scale, or happened to it: what the scale's log lists. */
typedef struct ScaleEvent {
    int64_t t_ns;
    char what[SCALE_WHAT_BYTES]; /* "zero" "tare" "clear_tare", "fault" "back" */
    bool done;                   /* false: refused */
    char why[SCALE_WHY_BYTES];   /* of a refusal or a fault, one sentence; else "" */
} ScaleEvent;
