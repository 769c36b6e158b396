/*
 * fit.c - from where on is it a free ringing, and around which level?
 *
 * One pass from the newest sample backwards adds up the normal equations of every mode, the phase
 * counted from the newest; what has been added up on the way belongs to the window that starts
 * there, so all candidate starts cost one pass. Each mode: level, cosine, sine, and t cos, t sin,
 * which to first order are what an error of its pole does; they are held to what the poles are
 * known to (a ridge of amplitude times omega_sd).
 */
#include "weigh_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SCAN = 24,
    TERMS = 6,
    FREE = 5,
    SUMS = TERMS * (TERMS + 1) / 2,
    STARTS = 12,
    FEWEST = 6,
    PASSES = 3
};

#define UNKNOWN_VAR 0.02               /* of ln stiffness */
#define UNKNOWN_NS  INT64_C(400000000) /* a window that can tell it */
#define JITTER_NS   50000
#define LUCKY       1.5 /* the best of a scan is better than it is */
#define SCAN_LOW    (6.283185307 * 3.5)
#define SCAN_HIGH   (6.283185307 * 14)
#define SLOPE_Z     2.5
#define DECAY_MOST  3.0 /* no damping is off by more */
#define MARGIN      2.2 /* residuals may exceed the noise by this many of their own sigma */

typedef struct Sums {
    double matrix[SUMS]; /* lower triangle by rows */
    double right[TERMS];
    double square;
} Sums;

typedef struct Start {
    int64_t first;
    int samples;
    Sums mode[WEIGH_MODES];
} Start;

static void add(Sums *sums, const double term[TERMS], double y) {
    double *at = sums->matrix;
    for (int i = 0; i < TERMS; i++) {
        for (int j = 0; j <= i; j++)
            *at++ += term[i] * term[j];
        sums->right[i] += term[i] * y;
    }
    sums->square += y * y;
}

/* Cholesky of the leading n terms, ridge on the fourth and fifth; false: not positive definite. */
static bool factor(int n, const double matrix[SUMS], double ridge, double out[SUMS]) {
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
            double *row = out + i * (i + 1) / 2, *other = out + j * (j + 1) / 2;
            double sum = matrix[i * (i + 1) / 2 + j] + (i == j && (i == 3 || i == 4) ? ridge : 0);
            for (int k = 0; k < j; k++)
                sum -= row[k] * other[k];
            if (i != j)
                row[j] = sum / other[j];
            else if (!(sum > 1e-9))
                return false;
            else
                row[i] = sqrt(sum);
        }
    }
    return true;
}

static void solve(int n, const double low[SUMS], const double right[TERMS], double out[TERMS]) {
    for (int i = 0; i < n; i++) {
        double sum = right[i];
        for (int k = 0; k < i; k++)
            sum -= low[i * (i + 1) / 2 + k] * out[k];
        out[i] = sum / low[i * (i + 1) / 2 + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        double sum = out[i];
        for (int k = i + 1; k < n; k++)
            sum -= low[k * (k + 1) / 2 + i] * out[k];
        out[i] = sum / low[i * (i + 1) / 2 + i];
    }
}

/* The slope of a ramp beside all else, and its variance. */
static bool
solve_ramp(const Sums *sums, double noise_g, double ridge, double *gps, double *variance) {
    double low[SUMS], by[TERMS], unit[TERMS] = {0, 0, 0, 0, 0, 1};
    if (!factor(TERMS, sums->matrix, ridge, low)) return false;
    solve(TERMS, low, sums->right, by);
    *gps = by[5];
    solve(TERMS, low, unit, by);
    *variance = by[5] * noise_g * noise_g;
    return true;
}

/* One mode of a window. square: its residuals, and the price of its pole's error. */
typedef struct Solved {
    double low[SUMS], by[TERMS], ridge, square;
} Solved;

static bool solve_mode(const Sums *sums, double noise_g, double omega_sd, Solved *out) {
    if (!factor(3, sums->matrix, 0, out->low)) return false;
    solve(3, out->low, sums->right, out->by);
    const double *by = out->by;
    const double ring2 = fmax(by[1] * by[1] + by[2] * by[2], noise_g * noise_g);
    out->ridge = noise_g * noise_g / (ring2 * omega_sd * omega_sd);
    if (!factor(FREE, sums->matrix, out->ridge, out->low)) return false;
    solve(FREE, out->low, sums->right, out->by);
    out->square = sums->square;
    for (int i = 0; i < FREE; i++)
        out->square -= by[i] * sums->right[i];
    out->square = fmax(out->square, 0);
    return true;
}

static void find_covariance(const Solved *solved, double noise_g, double out[6]) {
    for (int i = 0, at = 0; i < 3; i++) {
        double column[TERMS], unit[TERMS] = {0};
        unit[i] = 1;
        solve(FREE, solved->low, unit, column);
        for (int j = 0; j <= i; j++)
            out[at++] = column[j] * noise_g * noise_g;
    }
}

/* t cos and t sin back to the pole's error: they are b w - a d and -a w - b d. */
static void find_pole(const Solved *solved, double noise_g, int mode, WeighFit *fit) {
    WeighModes *modes = &fit->modes;
    const double *by = solved->by, a = by[1], b = by[2];
    const double ring2 = fmax(a * a + b * b, noise_g * noise_g);
    const double omega_off = (b * by[3] - a * by[4]) / ring2;
    const double decay_off = -(a * by[3] + b * by[4]) / ring2;
    double column[TERMS];
    const double unit[TERMS] = {0, 0, 0, b, -a};
    solve(FREE, solved->low, unit, column);
    const double sd = modes->omega_sd[mode], prior = sd * sd;
    const double variance = (b * column[3] - a * column[4]) * noise_g * noise_g / (ring2 * ring2);
    /* what the window says alone, without what was known before */
    const bool says = variance < 0.9 * prior;
    const double own = says ? variance / (1 - variance / prior) : INFINITY;
    fit->pole_off[mode] = says ? omega_off / modes->omega[mode] * (1 + own / prior) : 0;
    fit->pole_off_sd[mode] = sqrt(own) / modes->omega[mode];
    modes->omega[mode] += fmax(-2 * sd, fmin(2 * sd, omega_off));
    modes->decay[mode] *=
        fmax(1 / DECAY_MOST, fmin(DECAY_MOST, 1 + decay_off / modes->decay[mode]));
    modes->omega_sd[mode] = sqrt(fmin(variance, prior));
}

/* What is left of a window, and around which level: enough to compare it with others. */
static bool solve_start(
    const WeighState *state,
    const WeighModes *modes,
    const Start *start,
    Solved solved[WEIGH_MODES],
    WeighFit *fit) {
    const int64_t from_ns = weigh_at(state, start->first)->t_ns;
    const int64_t to_ns = weigh_at(state, state->count - 1)->t_ns;
    double square = 0, ring2 = 0;
    *fit =
        (WeighFit){.from_ns = from_ns, .to_ns = to_ns, .samples = start->samples, .modes = *modes};
    for (int j = 0; j < state->modes; j++) {
        if (!solve_mode(&start->mode[j], state->noise_g, modes->omega_sd[j], &solved[j]))
            return false;
        const double *by = solved[j].by, share = modes->shape[j][0] * modes->shape[j][0];
        memcpy(fit->mode_g[j], by, sizeof fit->mode_g[j]);
        square += share * solved[j].square / (start->samples - 3);
        ring2 += share * exp(modes->decay[j] * seconds(to_ns - from_ns)) *
                 (by[1] * by[1] + by[2] * by[2]);
        for (int a = 0; a < WEIGH_MODES; a++)
            fit->level_g[a] += modes->shape[j][a] * by[0];
    }
    fit->rms_g = sqrt(square);
    fit->ring_g = sqrt(ring2);
    return isfinite(fit->rms_g);
}

/* The rest of what can be said of it. */
static bool finish_start(
    const WeighState *state, const Start *start, const Solved solved[WEIGH_MODES], WeighFit *fit) {
    double variance = 0, slope_gps = 0, slope_var = 0;
    for (int j = 0; j < state->modes; j++) {
        const double shape = fit->modes.shape[j][0];
        double gps = 0, gps_var = 0;
        find_covariance(&solved[j], state->noise_g, fit->covariance[j]);
        find_pole(&solved[j], state->noise_g, j, fit);
        if (!solve_ramp(&start->mode[j], state->noise_g, solved[j].ridge, &gps, &gps_var))
            return false;
        variance += shape * shape * fit->covariance[j][0];
        slope_gps += shape * gps, slope_var += shape * shape * gps_var;
    }
    fit->stddev_g = sqrt(variance);
    fit->slope_z = slope_gps / sqrt(fmax(slope_var, 1e-9));
    fit->ramp_g = fabs(slope_gps) * seconds(fit->to_ns - fit->from_ns) / 2;
    return isfinite(fit->stddev_g) && isfinite(fit->slope_z);
}

/* Of the sum, with what the model leaves of the ringing. */
static double noise_of(const WeighState *state, const WeighFit *fit) {
    return hypot(state->noise_g, RING_P * fit->ring_g);
}

static bool looks_like_noise(const WeighState *state, const WeighFit *fit) {
    const double freedom = (double)state->modes * (fit->samples - 3);
    return fit->rms_g < (1 + MARGIN / sqrt(2 * freedom)) * noise_of(state, fit);
}

static bool looks_flat(const WeighState *state, const WeighFit *fit) {
    return fabs(fit->slope_z) * state->noise_g < SLOPE_Z * noise_of(state, fit);
}

/* A mode's cosine and sine, grown by what they fade to until now. */
typedef struct Phase {
    double cos, sin, turn_cos, turn_sin;
} Phase;

/* One sample further back; the turn is that of the sample before when they are evenly apart. */
static void
turn_back(const WeighModes *modes, int mode, int64_t back_ns, int64_t step_ns, Phase *phase) {
    if (llabs(back_ns - step_ns) > JITTER_NS) {
        const double back_s = seconds(back_ns), grow = exp(modes->decay[mode] * back_s);
        phase->turn_cos = grow * cos(modes->omega[mode] * back_s);
        phase->turn_sin = -grow * sin(modes->omega[mode] * back_s);
    }
    const double was = phase->cos;
    phase->cos = was * phase->turn_cos - phase->sin * phase->turn_sin;
    phase->sin = was * phase->turn_sin + phase->sin * phase->turn_cos;
}

/* Sums of every start from the newest backwards; how many there are. */
static int add_up(
    const WeighState *state,
    const WeighModes *modes,
    int64_t from,
    int64_t shortest_ns,
    const double base_g[WEIGH_MODES],
    Start starts[STARTS]) {
    const int64_t newest = state->count - 1, end_ns = weigh_at(state, newest)->t_ns;
    double shift[WEIGH_MODES] = {0};
    Phase phase[WEIGH_MODES] = {0};
    Start sums = {0};
    int count = 0;
    int64_t step_ns = 0, last_ns = end_ns, next_ns = shortest_ns;
    for (int j = 0; j < state->modes; j++) {
        for (int a = 0; a < WEIGH_MODES; a++)
            shift[j] += modes->shape[j][a] * base_g[a];
        phase[j].cos = 1;
    }
    for (int64_t index = newest; index >= from; index--) {
        const WeighSample *sample = weigh_at(state, index);
        const int64_t back_ns = last_ns - sample->t_ns;
        const double t_s = -seconds(end_ns - sample->t_ns);
        last_ns = sample->t_ns;
        for (int j = 0; j < state->modes; j++) {
            if (index < newest) turn_back(modes, j, back_ns, step_ns, &phase[j]);
            double y = -shift[j];
            for (int a = 0; a < WEIGH_MODES; a++)
                y += modes->shape[j][a] * sample->axis_g[a];
            const double c = phase[j].cos, s = phase[j].sin;
            const double term[TERMS] = {1, c, s, t_s * c, t_s * s, t_s};
            add(&sums.mode[j], term, y);
        }
        if (index < newest && llabs(back_ns - step_ns) > JITTER_NS) step_ns = back_ns;
        sums.first = index;
        sums.samples++;
        const int64_t span_ns = end_ns - sample->t_ns;
        if (sums.samples < FEWEST || span_ns < shortest_ns) continue;
        if (span_ns < next_ns && index > from) continue;
        starts[count < STARTS ? count++ : STARTS - 1] = sums;
        next_ns = span_ns + shortest_ns / 3;
    }
    return count;
}

/* The longest start whose residuals look like noise, or the one that comes nearest. */
static bool choose(
    const WeighState *state,
    const WeighModes *modes,
    const Start *starts,
    int count,
    WeighFit *out) {
    double least = INFINITY;
    int best = -1;
    WeighFit fit;
    Solved solved[WEIGH_MODES];
    out->samples = 0;
    for (int i = count - 1; i >= 0; i--) {
        if (!solve_start(state, modes, &starts[i], solved, &fit)) continue;
        if (fit.rms_g < least) best = i, least = fit.rms_g;
        if (!looks_like_noise(state, &fit) || !finish_start(state, &starts[i], solved, &fit))
            continue;
        if (!looks_flat(state, &fit)) continue;
        *out = fit;
        return true;
    }
    if (best >= 0 && solve_start(state, modes, &starts[best], solved, &fit) &&
        finish_start(state, &starts[best], solved, &fit))
        *out = fit;
    return false;
}

/* Poles depend on the load that is sought, and on inertias that the ring corrects: so it is done
 * again with what came out. */
static bool iterate(
    const WeighState *state,
    int64_t from,
    int64_t shortest_ns,
    const WeighFit *guess,
    bool coupled,
    WeighFit *out) {
    Start starts[STARTS];
    WeighFit last = *guess;
    bool noise = false;
    for (int pass = 0; pass < PASSES; pass++) {
        WeighModes modes;
        memcpy(last.learned.error, state->inertia.error, sizeof last.learned.error);
        weigh_modes(
            &state->calibration, &last.learned, last.level_g, state->before_g, coupled, &modes);
        const int count = add_up(state, &modes, from, shortest_ns, last.level_g, starts);
        noise = choose(state, &modes, starts, count, out);
        if (out->samples == 0) return false;
        for (int j = 0; j < state->modes; j++)
            for (int a = 0; a < WEIGH_MODES; a++)
                out->mode_g[j][0] += modes.shape[j][a] * last.level_g[a];
        double moved_g = 0;
        for (int a = 0; a < WEIGH_MODES; a++) {
            moved_g = fmax(moved_g, fabs(out->level_g[a]));
            out->level_g[a] += last.level_g[a];
        }
        out->learned = last.learned;
        weigh_modes_learn(state, out, coupled ? state->modes : 1, &out->learned);
        last = *out;
        if (noise && moved_g < 0.002 * (state->calibration.platform_g + fabs(out->level_g[0])))
            break;
    }
    return noise;
}

/* Of a stiffness nobody knows: the one that leaves least. */
static bool scan(
    const WeighState *state,
    int64_t from,
    int64_t shortest_ns,
    const WeighFit *guess,
    WeighFit *out) {
    bool found = false;
    WeighFit best = {.rms_g = INFINITY}, start = *guess, fit;
    const double mass_kg = (state->calibration.platform_g + fmax(guess->level_g[0], 0)) / 1000;
    for (int i = 0; i < SCAN; i++) {
        const double omega = SCAN_LOW * pow(SCAN_HIGH / SCAN_LOW, (double)i / (SCAN - 1));
        start.learned.stiffness_npm = fmax(mass_kg, 0.1) * omega * omega;
        const bool noise = iterate(state, from, shortest_ns, &start, true, &fit);
        if (fit.samples == 0 || found > noise || (found == noise && fit.rms_g >= best.rms_g))
            continue;
        best = fit;
        best.stddev_g *= LUCKY;
        found = noise;
    }
    *out = best;
    return found;
}

bool weigh_fit(
    const WeighState *state,
    int64_t from,
    int64_t shortest_ns,
    const WeighFit *guess,
    WeighFit *out) {
    WeighFit alone;
    if (state->inertia.error[0][0] > UNKNOWN_VAR)
        return scan(state, from, shortest_ns < UNKNOWN_NS ? UNKNOWN_NS : shortest_ns, guess, out);
    if (state->roll.rolling) return iterate(state, from, shortest_ns, guess, false, out);
    if (iterate(state, from, shortest_ns, guess, true, out)) return true;
    if (state->count % 3 != 0 ||
        !iterate(state, from, shortest_ns + shortest_ns / 2, guess, false, &alone))
        return false;
    *out = alone;
    return true;
}
