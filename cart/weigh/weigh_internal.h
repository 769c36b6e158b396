/* weigh_internal - the parts of one step. */
#pragma once

#include "weigh.h"

/* Long before any sample, yet safe to subtract from any. */
#define NEVER_NS  INT64_C(-2000000000000000000)
#define LATEST_NS (INT64_MAX / 2)
#define FAULT_NS  INT64_C(1000000000) /* how long a passing fault stays on show */

static inline int64_t ns_of_ms(double ms) { return (int64_t)(ms * 1e6); }

static inline const WeighSample *weigh_at(const WeighState *state, int64_t index) {
    return &state->samples[index % WEIGH_SAMPLES_MAX];
}

/* fit.c: samples first..last (inclusive, at least 6). False: they cannot be fitted. */
bool weigh_fit(
    const WeighConfig *config, const WeighState *state, int64_t first, int64_t last, WeighFit *out);
double weigh_fit_at(const WeighFit *fit, int64_t t_ns);
double weigh_ring_period_s(const WeighState *state, double load_g);

/* watch.c: is the hardware all right, and what does this sample weigh? False: it cannot be used. */
bool weigh_watch(WeighState *state, const ScaleSample *sample, WeighSample *out);
uint32_t weigh_faults(const WeighConfig *config, const WeighState *state, int64_t t_ns);
bool weigh_shaken(const WeighConfig *config, const WeighState *state, int64_t t_ns);

/* change.c: what the newest sample says about the load. */
void weigh_change(const WeighConfig *config, WeighState *state, WeighOutput *out);
