/*
 * estimators - three ways of telling a weight as others do it, written from their public
 * descriptions, to set the room's own beside. For the bench only.
 *
 *   average  moving average of 10 samples; a new reading counts once the last ten differ from one
 *            another by at most 5 g: the stable-weight loop of the common HX711 libraries and of
 *            their examples.
 *   median   median of the last 10 samples against the median last believed; a difference of over
 *            50 g that two medians in a row, 10 samples apart, agree on to 10 g is a change.
 *   variance AIM3S: a window of 60 samples slides; while its variance is small the shelf is still,
 *            and a change is the mean after a restless time less the mean before it.
 *
 * The description of each leaves its threshold to the device; those here are what suits this
 * platform's noise. None knows a standard deviation: none is scored for its intervals.
 */
#pragma once

#include "weight.h"

#include <stdbool.h>

typedef enum Rival { RIVAL_AVERAGE, RIVAL_MEDIAN, RIVAL_VARIANCE, RIVALS } Rival;

extern const char *const rival_names[RIVALS];

enum { RIVAL_WINDOW_MAX = 60 };

typedef struct RivalState {
    double window_g[RIVAL_WINDOW_MAX];
    int64_t count;
    double level_g, median_g;
    bool known, restless;
    int64_t onset_ns;
    int32_t last_id;
} RivalState;

/* total_g: sum of the calibrated cells. True: *out is a change, final. */
bool rival_step(Rival rival, RivalState *state, int64_t t_ns, double total_g, WeightStep *out);
