/*
 * weigh - raw counts of the load cells in, changes of load out.
 *
 * A sprung platform rings for seconds after every item. Its poles follow from the calibration and
 * the load aboard, so what is left to find in a window of samples is linear:
 *
 *     y(t) = level + e^(-decay t) (a cos wt + b sin wt) + noise
 *
 * That fit tells the new level within two or three tenths of a second, long before the ringing
 * ends. It is believed only while its residuals look like noise; a hand that still carries part of
 * the load, presses or shuffles makes them large, and the window then starts later. Each change is
 * told early with an honest stddev_g, again as it tightens, and once with final set; changes that
 * come to nothing are not told. If something already told comes to nothing, it is told once more,
 * final, with that delta. Levels before and after are at most a second or two apart, so drift
 * cancels.
 *
 * Not the legal weight: that is meter. Pure: no clock, I/O, allocation. Threads: a state belongs to
 * one thread. Units: grams, nanoseconds. Samples at 40 to 320 a second.
 */
#pragma once

#include "scale.h"
#include "settings.h"
#include "weight.h"

#include <stdbool.h>
#include <stdint.h>

enum { WEIGH_SAMPLES_MAX = 512, WEIGH_STEPS_MAX = 2 };

typedef struct WeighConfig {
    double smallest_g;
    double early_g;
    double early_p;
    double final_g;
    double settle_ms;
    double window_ms;
    double noise_g;
    double stiffness_p;
    double patience_ms;
    double silent_ms;
    double stuck_ms;
    double shake_mps2;
} WeighConfig;

extern const Setting weigh_settings[];

typedef struct WeighSample {
    int64_t t_ns;
    double total_g;
    double cell_g[CELLS_MAX];
} WeighSample;

/* What a window of samples says. */
typedef struct WeighFit {
    int64_t from_ns, to_ns;
    double level_g, stddev_g;
    double cos_g, sin_g, omega, decay; /* the ringing, its phase counted from from_ns */
    double rms_g;                      /* of the residuals */
    double slope_z;                    /* a leftover ramp, in its own standard deviations */
    double ramp_g;                     /* what that ramp would still add by the window's end */
    double cell_g[CELLS_MAX];          /* level of each cell */
} WeighFit;

typedef enum WeighPhase { WEIGH_STARTING, WEIGH_CALM, WEIGH_CHANGING } WeighPhase;

/* Read it in tests; it is the room's own. */
typedef struct WeighState {
    ScaleCalibration calibration;
    WeighPhase phase;
    int64_t count; /* samples ever; the last WEIGH_SAMPLES_MAX are kept */
    WeighSample samples[WEIGH_SAMPLES_MAX];
    double noise_g;
    double level_g;  /* as told so far */
    WeighFit before; /* the calm before this change */
    int64_t onset_ns;
    int64_t from;       /* sample at which this change seems over */
    int64_t waiting_ns; /* since when no window has passed */
    int32_t last_id;
    bool told; /* this change has an id and was given out */
    double told_g, told_stddev_g;
    int64_t told_from;
    WeighFit now;

    bool started, levelled;
    int64_t first_ns, last_ns, reading_ns, disorder_ns;
    uint32_t faults;
    struct {
        int64_t seen_ns, moved_ns;
        int32_t counts;
        bool known;
    } cell[CELLS_MAX];
    int moves[CELLS_MAX]; /* of the other cells while this one stood still */

    double shake_mps2; /* rms of late */
    int64_t imu_ns;
} WeighState;

typedef struct WeighOutput {
    WeightReading reading;
    bool has_reading; /* about every 100 ms */
    int step_count;
    WeightStep steps[WEIGH_STEPS_MAX];
    double grams_now; /* unfiltered; NAN: this sample could not be used */
} WeighOutput;

void weigh_init(WeighState *state, const WeighConfig *config, const ScaleCalibration *calibration);

/* Samples go in by rising t_ns; one that does not is dropped and shown as WEIGHT_FAULT_CLOCK. */
void weigh_step(
    const WeighConfig *config, WeighState *state, const ScaleSample *sample, WeighOutput *out);

/* A platform that is shaken says less, and that slowly. */
void weigh_imu(const WeighConfig *config, WeighState *state, const ImuSample *sample);

/* Time has passed without a sample: notices that the scale is silent. Call it now and then. */
void weigh_tick(const WeighConfig *config, WeighState *state, int64_t t_ns, WeighOutput *out);
