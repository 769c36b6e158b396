/* weigh_internal - the parts of one step. */
#pragma once

#include "weigh.h"

/* Long before any sample, yet safe to subtract from any. */
#define NEVER_NS  INT64_C(-2000000000000000000)
#define LATEST_NS (INT64_MAX / 2)
#define FAULT_NS  INT64_C(1000000000) /* how long a passing fault stays on show */
#define RING_P    0.008               /* of the ringing that the model does not explain */

static inline int64_t ns_of_ms(double ms) { return (int64_t)(ms * 1e6); }
static inline double seconds(int64_t ns) { return (double)ns * 1e-9; }

static inline const WeighSample *weigh_at(const WeighState *state, int64_t index) {
    return &state->samples[index % WEIGH_SAMPLES_MAX];
}

/* modes.c */
void weigh_modes_init(const WeighConfig *config, WeighState *state);
void weigh_axes(
    const WeighState *state, const double cell_g[CELLS_MAX], double axis_g[WEIGH_MODES]);
void weigh_place(
    const WeighState *state, const double load_g[WEIGH_MODES], double *x_m, double *y_m);
/* With level_g aboard of which `before_g` was there before. Not coupled: as if roll and pitch had
 * nothing to do with heave, for platforms whose guides hold them. */
void weigh_modes(
    const ScaleCalibration *calibration,
    const WeighInertia *inertia,
    const double level_g[WEIGH_MODES],
    const double before_g[WEIGH_MODES],
    bool coupled,
    WeighModes *out);
/* What the frequencies of a ring say. *inertia: in, what the fit took for it; out, the better one.
 */
void weigh_modes_learn(
    const WeighState *state, const WeighFit *fit, int modes, WeighInertia *inertia);
/* Goods came or went; or they were there and nobody knows where. */
void weigh_modes_carry(WeighState *state, const double load_g[WEIGH_MODES]);
void weigh_modes_carried(WeighState *state, double load_g);

/* fit.c: the longest window that ends with the newest sample, starts at `from` or later, lasts
 * shortest_ns or more and whose residuals look like noise. False: there is none; *out is then the
 * best of them, whatever it is worth, or has no samples. guess: about what will come out. */
bool weigh_fit(
    const WeighState *state,
    int64_t from,
    int64_t shortest_ns,
    const WeighFit *guess,
    WeighFit *out);

/* track.c: the fit goes on, sample by sample. */
void weigh_track_begin(WeighState *state, const WeighFit *fit);
/* Steps all tracks to the newest sample; the level of the axes and its variance are noted in the
 * sample before. True: the innovations say that the load changes since *onset. */
bool weigh_track(WeighState *state, int64_t *onset);
void weigh_track_level(const WeighState *state, double level_g[WEIGH_MODES], double *variance_g2);

/* watch.c: is the hardware all right, and what does this sample weigh? False: it cannot be used. */
bool weigh_watch(WeighState *state, const ScaleSample *sample, WeighSample *out);
uint32_t weigh_faults(const WeighConfig *config, const WeighState *state, int64_t t_ns);

/* roll.c: takes out what shakes the platform. False: the IMU has not got that far. */
bool weigh_roll(const WeighState *state, WeighSample *sample);
/* True: from now on the cart rolls, or no more. */
bool weigh_roll_changes(WeighState *state);

/* change.c: what the newest sample says about the load. */
void weigh_change(const WeighConfig *config, WeighState *state, WeighOutput *out);
/* What follows is measured otherwise: levels stay, windows begin anew. */
void weigh_change_anew(WeighState *state);
