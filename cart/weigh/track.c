/*
 * track.c - a ringing already known, followed: for each mode a Kalman filter of level, cosine and
 * sine, that is recursive least squares that forgets. Its innovations are noise while nothing
 * happens; a CUSUM each way of the sum's tells when something does.
 */
#include "weigh_internal.h"

#include <math.h>
#include <string.h>

#define LEVEL_GPS     0.7 /* how the level wanders, g in a second: 1/f noise, warmth, creep */
#define RING_S        0.5 /* memory of the ringing */
#define RING_LEAST_G  0.3 /* floors and fingers shake it always, g in a second */
#define JITTER_S      20e-6
#define LEAK_P        0.003 /* of the ringing that ends up in the level */
#define SLACK_Z       0.8
#define ROLLING_Z     0.45 /* there an item is no more than a sigma or two */
#define LIMIT_Z       9.0
#define MOST_Z        8.0
#define STRANGE_Z     4.5
#define UNREST_S      0.15
#define NOISE_S       3.0
#define NOISE_LEAST_G 0.2

void weigh_track_begin(WeighState *state, const WeighFit *fit) {
    const double worse = fmax(1, fit->rms_g / state->noise_g);
    state->poles = fit->modes;
    state->turn.dt_s = 0;
    for (int j = 0; j < WEIGH_MODES; j++) {
        WeighTrack *track = &state->track[j];
        *track = (WeighTrack){fit->mode_g[j][0], fit->mode_g[j][1], fit->mode_g[j][2], {0}};
        for (int i = 0; i < 6; i++)
            track->covariance[i] = worse * worse * fit->covariance[j][i];
    }
    state->up_z = state->down_z = 0;
    state->unrest = 1;
}

void weigh_track_level(const WeighState *state, double level_g[WEIGH_MODES], double *variance_g2) {
    *variance_g2 = 0;
    memset(level_g, 0, WEIGH_MODES * sizeof *level_g);
    for (int j = 0; j < state->modes; j++) {
        const double *shape = state->poles.shape[j];
        const WeighTrack *track = &state->track[j];
        const double ring2 = track->cos_g * track->cos_g + track->sin_g * track->sin_g;
        *variance_g2 += shape[0] * shape[0] * (track->covariance[0] + LEAK_P * LEAK_P * ring2);
        for (int a = 0; a < WEIGH_MODES; a++)
            level_g[a] += shape[a] * state->track[j].level_g;
    }
}

/* Samples come evenly but for jitter, which turns the ringing by less than is left of it anyway. */
static void turn_by(WeighState *state, double dt_s) {
    if (fabs(dt_s - state->turn.dt_s) < JITTER_S) return;
    state->turn.dt_s = dt_s;
    state->turn.grow = exp(dt_s / RING_S);
    for (int j = 0; j < state->modes; j++) {
        const double fade = exp(-state->poles.decay[j] * dt_s);
        state->turn.cos[j] = fade * cos(state->poles.omega[j] * dt_s);
        state->turn.sin[j] = fade * sin(state->poles.omega[j] * dt_s);
    }
}

/* Through the time since the sample before: the ringing turns and fades, all grows less certain. */
static void predict(WeighTrack *track, double c, double s, double grow, double dt_s) {
    double *p = track->covariance; /* 00 10 11 20 21 22 */
    const double was = track->cos_g;
    /* the phase is always counted from now, so the pair turns the other way */
    track->cos_g = c * was + s * track->sin_g;
    track->sin_g = -s * was + c * track->sin_g;
    const double q = RING_LEAST_G * RING_LEAST_G * dt_s;
    const double p10 = c * p[1] + s * p[3], p20 = -s * p[1] + c * p[3];
    const double p11 = c * c * p[2] + 2 * c * s * p[4] + s * s * p[5];
    const double p22 = s * s * p[2] - 2 * c * s * p[4] + c * c * p[5];
    const double p21 = -c * s * p[2] + (c * c - s * s) * p[4] + c * s * p[5];
    const double root = sqrt(grow);
    p[0] += LEVEL_GPS * LEVEL_GPS * dt_s;
    p[1] = root * p10, p[3] = root * p20;
    p[2] = grow * p11 + q, p[4] = grow * p21, p[5] = grow * p22 + q;
}

/* expected_g2: the variance of the innovation. */
static void update(WeighTrack *track, double over_g, double expected_g2) {
    double *p = track->covariance;
    const double g0 = p[0] + p[1], g1 = p[1] + p[2], g2 = p[3] + p[4];
    const double by = over_g / expected_g2;
    track->level_g += g0 * by, track->cos_g += g1 * by, track->sin_g += g2 * by;
    p[0] -= g0 * g0 / expected_g2, p[1] -= g0 * g1 / expected_g2, p[2] -= g1 * g1 / expected_g2;
    p[3] -= g0 * g2 / expected_g2, p[4] -= g1 * g2 / expected_g2, p[5] -= g2 * g2 / expected_g2;
}

static void learn_noise(WeighState *state, double over_g, double expected_g2, double dt_s) {
    const double noise_g2 = state->noise_g * state->noise_g;
    const double square = fmin(over_g * over_g, 9 * expected_g2) - (expected_g2 - noise_g2);
    const double share = noise_g2 / expected_g2; /* the rest is ringing, and says nothing of it */
    const double gain = fmin(1, dt_s / NOISE_S) * share * share;
    state->noise_g =
        sqrt(fmax(noise_g2 + gain * (square - noise_g2), NOISE_LEAST_G * NOISE_LEAST_G));
}

/* What each mode of the newest sample is beyond what was to be expected, and its variance. */
static void innovations(
    WeighState *state, const WeighSample *sample, double dt_s, double over[], double expected[]) {
    turn_by(state, dt_s);
    for (int j = 0; j < state->modes; j++) {
        WeighTrack *track = &state->track[j];
        predict(track, state->turn.cos[j], state->turn.sin[j], state->turn.grow, dt_s);
        const double *p = track->covariance;
        const double ring2 = track->cos_g * track->cos_g + track->sin_g * track->sin_g;
        over[j] = -track->level_g - track->cos_g;
        for (int a = 0; a < WEIGH_MODES; a++)
            over[j] += state->poles.shape[j][a] * sample->axis_g[a];
        expected[j] =
            p[0] + 2 * p[1] + p[2] + state->noise_g * state->noise_g + RING_P * RING_P * ring2;
    }
}

static bool sum_up(WeighState *state, double z, int64_t *onset) {
    const double slack_z = state->roll.rolling ? ROLLING_Z : SLACK_Z;
    if (state->up_z == 0) state->up_from = state->count - 1;
    if (state->down_z == 0) state->down_from = state->count - 1;
    state->up_z = fmax(0, state->up_z + z - slack_z);
    state->down_z = fmax(0, state->down_z - z - slack_z);
    *onset = state->up_z > state->down_z ? state->up_from : state->down_from;
    return fmax(state->up_z, state->down_z) > LIMIT_Z;
}

bool weigh_track(WeighState *state, int64_t *onset) {
    WeighSample *sample = &state->samples[(state->count - 1) % WEIGH_SAMPLES_MAX];
    const double dt_s = seconds(sample->t_ns - weigh_at(state, state->count - 2)->t_ns);
    double over[WEIGH_MODES], expected[WEIGH_MODES], over_g = 0, expected_g2 = 0;
    weigh_track_level(state, sample->level_g, &sample->variance_g2);
    innovations(state, sample, dt_s, over, expected);
    for (int j = 0; j < state->modes; j++) {
        const double share = state->poles.shape[j][0];
        over_g += share * over[j], expected_g2 += share * share * expected[j];
    }
    const double z = over_g / sqrt(expected_g2);
    if (sum_up(state, fmax(-MOST_Z, fmin(MOST_Z, z)), onset)) return true;
    if (fabs(z) > STRANGE_Z) return false; /* the beginning of something, or a spike */
    for (int j = 0; j < state->modes; j++)
        update(&state->track[j], over[j], expected[j]);
    state->unrest += fmin(1, dt_s / UNREST_S) * (z * z - state->unrest);
    learn_noise(state, over_g, expected_g2, dt_s);
    return false;
}
