/*
 * weigh - raw counts of the load cells in, changes of load out.
 *
 * A platform on its cells is one body on springs: it heaves, rolls and pitches, and rings for
 * seconds after every item. The three are coupled by where the goods stand, so the sum of the cells
 * beats; in the coordinates of its modes (modes.c) each is one damped oscillator,
 *
 *     y_j(t) = level_j + e^(-decay_j t) (a_j cos w_j t + b_j sin w_j t) + noise
 *
 * with poles that follow from the calibration, the load aboard and where it stands, and that the
 * rings themselves correct. What is left is linear. After a change the window's start is sought
 * (fit.c) from which that law holds; it tells the new level within one period of the ringing. Then
 * the same law goes on as three recursive least squares (track.c), whose innovations tell the next
 * change: a two-sided CUSUM. Each change is told early with an honest stddev_g, again as it
 * tightens, and once with final set. If something already told comes to nothing, it is told once
 * more, final, with that delta. What came and went without a net change is a disturbance. Levels
 * before and after are at most seconds apart, so drift cancels.
 *
 * While the cart rolls the floor shakes the platform: then the cells are divided by what the IMU
 * feels, F = M (g + a), and means of that are compared (roll.c): slower, and with larger stddev_g.
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

enum { WEIGH_SAMPLES_MAX = 512, WEIGH_STEPS_MAX = 2, WEIGH_MODES = 3 };
enum { WEIGH_POLE_ERRORS = 4, WEIGH_IMU_MAX = 16, WEIGH_PENDING_MAX = 16, WEIGH_LOOKS = 6 };

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

/* axis_g: force on heave, roll, pitch, scaled so that each is as noisy as the sum of the cells;
 * the first is that sum. level_g, variance_g2: what was known of the level before this sample. */
typedef struct WeighSample {
    int64_t t_ns;
    double axis_g[WEIGH_MODES];
    double level_g[WEIGH_MODES], variance_g2;
} WeighSample;

/* What rings, beside the masses and first moments that are weighed. */
typedef struct WeighInertia {
    double stiffness_npm;
    double spread_kg[WEIGH_MODES][WEIGH_MODES];         /* second moments, in axes */
    double error[WEIGH_POLE_ERRORS][WEIGH_POLE_ERRORS]; /* covariance: ln stiffness, spreads */
} WeighInertia;

typedef struct WeighModes {
    double omega[WEIGH_MODES], decay[WEIGH_MODES];
    double omega_sd[WEIGH_MODES];           /* how well they are known */
    double mu_kg[WEIGH_MODES];              /* stiffness over omega squared */
    double shape[WEIGH_MODES][WEIGH_MODES]; /* a row each, orthonormal in the axes of a sample */
} WeighModes;

/* What a window of samples says; the ringing by its phase at to_ns. */
typedef struct WeighFit {
    int64_t from_ns, to_ns;
    int samples;
    WeighModes modes;            /* their poles as the window corrects them */
    double level_g[WEIGH_MODES]; /* of the axes */
    double stddev_g;             /* of level_g[0], were the residuals noise */
    double rms_g;                /* of the residuals of the sum */
    double ring_g;               /* of the sum, mid-window */
    double slope_z;              /* a leftover ramp, in its own standard deviations */
    double ramp_g;               /* what that ramp adds in half the window */
    double mode_g[WEIGH_MODES][3], covariance[WEIGH_MODES][6]; /* level, cosine, sine */
    double pole_off[WEIGH_MODES], pole_off_sd[WEIGH_MODES];    /* relative, of omega */
    WeighInertia learned;                                      /* from that */
} WeighFit;

/* One mode followed sample by sample. */
typedef struct WeighTrack {
    double level_g, cos_g, sin_g;
    double covariance[6]; /* rows of the lower triangle */
} WeighTrack;

typedef enum WeighPhase { WEIGH_STARTING, WEIGH_CALM, WEIGH_CHANGING } WeighPhase;

/* What the IMU says of the floor. */
typedef struct WeighImu {
    int64_t t_ns;
    double up_mps2;
} WeighImu;

typedef struct WeighRoll {
    int64_t count; /* IMU samples ever; the last WEIGH_IMU_MAX are kept */
    WeighImu imu[WEIGH_IMU_MAX];
    int64_t last_ns, look_ns;
    double mean_mps2, calm_mps2;
    double shake2, looks2[WEIGH_LOOKS]; /* mean square of shaking, now and at the last looks */
    bool wanted, rolling;
    double still_noise_g;
} WeighRoll;

/* Read it in tests; it is the room's own. */
typedef struct WeighState {
    ScaleCalibration calibration;
    int modes;                                /* 3, or 1 where the cells stand in a row */
    double to_axis[WEIGH_MODES][WEIGH_MODES]; /* sum, moments in g m -> axes */
    WeighInertia inertia;                     /* platform and load, as the rings have it */

    WeighPhase phase;
    int64_t count; /* samples ever; the last WEIGH_SAMPLES_MAX are kept */
    WeighSample samples[WEIGH_SAMPLES_MAX];
    double noise_g;
    double level_g; /* as told so far */

    WeighModes poles;
    WeighTrack track[WEIGH_MODES];
    struct {
        double dt_s; /* 0: not known yet */
        double cos[WEIGH_MODES], sin[WEIGH_MODES], grow;
    } turn;              /* of the ringing from one sample to the next */
    double unrest;       /* mean square of the innovations of late, in their variance */
    double up_z, down_z; /* CUSUM */
    int64_t up_from, down_from;

    double before_g[WEIGH_MODES], before_variance_g2;
    int64_t onset_ns, from; /* from: sample at which this change seems over */
    int64_t waiting_ns;     /* since when no window has passed */
    int64_t held_ns;        /* since when the level holds */
    int32_t last_id;
    bool open; /* a change that is not final yet */
    bool told; /* and has an id and was given out */
    double told_g, told_stddev_g;
    double held_g[WEIGH_MODES], held_variance_g2; /* a level this change had for a while */
    int64_t held_to_ns;
    bool held;
    double most_g;         /* the furthest sample from before_g, with sign */
    WeightStep last_final; /* id 0: none */
    bool guessed;
    WeighFit guess; /* the last window that was tried */

    bool started, levelled;
    int64_t first_ns, last_ns, reading_ns, disorder_ns;
    uint32_t faults;
    struct {
        int64_t seen_ns, moved_ns;
        int32_t counts;
        bool known;
    } cell[CELLS_MAX];
    int moves[CELLS_MAX]; /* of the other cells while this one stood still */

    WeighRoll roll;
    WeighSample pending[WEIGH_PENDING_MAX]; /* while rolling: those the IMU has not got to yet */
    int pendings;
} WeighState;

/* Something pressed, leaned or shifted, and is gone without a net change: estimates of it were
 * taken back, or two steps, the later one of this id, cancel. */
typedef struct WeighDisturbance {
    int64_t from_ns, to_ns;
    double most_g; /* the furthest it took the sum, with sign */
    int32_t id;    /* 0: nothing was told of it */
} WeighDisturbance;

typedef struct WeighOutput {
    WeightReading reading;
    bool has_reading; /* about every 100 ms */
    int step_count;
    WeightStep steps[WEIGH_STEPS_MAX];
    int disturbance_count;
    WeighDisturbance disturbances[1];
    double grams_now; /* unfiltered; NAN: this sample could not be used */
} WeighOutput;

void weigh_init(WeighState *state, const WeighConfig *config, const ScaleCalibration *calibration);

/* Samples go in by rising t_ns; one that does not is dropped and shown as WEIGHT_FAULT_CLOCK. */
void weigh_step(
    const WeighConfig *config, WeighState *state, const ScaleSample *sample, WeighOutput *out);

/* What shakes the platform; without it a cart that rolls says little. In order of time. */
void weigh_imu(const WeighConfig *config, WeighState *state, const ImuSample *sample);

/* Time has passed without a sample: notices that the scale is silent. Call it now and then. */
void weigh_tick(const WeighConfig *config, WeighState *state, int64_t t_ns, WeighOutput *out);
