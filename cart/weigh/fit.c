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

enum { SCAN = 24, TERMS = 6, FREE = 5, SUMS = TERMS * (TERMS + 1) / 2, STARTS = 12, FEWEST = 6, PASSES = 3 };

#define UNKNOWN_VAR 0.02                 /* of ln stiffness */
#define UNKNOWN_NS  INT64_C(400000000) /* a window that can tell it */
#define SCAN_LOW    (6.283185307 * 3.5)
#define SCAN_HIGH   (6.283185307 * 14)
#define SLOPE_Z     2.5
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
static bool solve_ramp(const Sums *sums, double noise_g, double ridge, double *gps, double *variance) {
    double low[SUMS], by[TERMS], unit[TERMS] = {0, 0, 0, 0, 0, 1};
    if (!factor(TERMS, sums->matrix, ridge, low)) return false;
    solve(TERMS, low, sums->right, by);
    *gps = by[5];
    solve(TERMS, low, unit, by);
    *variance = by[5] * noise_g * noise_g;
    return true;
}

/* What a mode leaves: its residuals, with the price of its pole's error, and a ramp. */
typedef struct Rest {
    double square, slope_gps, slope_var;
} Rest;

/* One mode of a window. */
static bool solve_mode(const Sums *sums, double noise_g, int mode, WeighFit *fit, Rest *rest) {
    double low[SUMS], by[TERMS], unit[TERMS] = {0};
    const WeighModes *modes = &fit->modes;
    if (!factor(3, sums->matrix, 0, low)) return false;
    solve(3, low, sums->right, by);
    const double ring2 = fmax(by[1] * by[1] + by[2] * by[2], noise_g * noise_g);
    const double sd = modes->omega_sd[mode];
    const double ridge = noise_g * noise_g / (ring2 * sd * sd);
    if (!factor(FREE, sums->matrix, ridge, low)) return false;
    solve(FREE, low, sums->right, by);
    rest->square = sums->square;
    for (int i = 0; i < FREE; i++)
        rest->square -= by[i] * sums->right[i];
    for (int i = 0; i < 3; i++)
        fit->mode_g[mode][i] = by[i];
    for (int i = 0, at = 0; i < 3; i++) {
        double column[TERMS];
        memset(unit, 0, sizeof unit);
        unit[i] = 1;
        solve(FREE, low, unit, column);
        for (int j = 0; j <= i; j++)
            fit->covariance[mode][at++] = column[j] * noise_g * noise_g;
    }
    /* t cos and t sin back to the pole's error: p = -d a + w b, r = -d b - w a. */
    const double a = by[1], b = by[2], now2 = fmax(a * a + b * b, noise_g * noise_g);
    const double omega_off = (b * by[3] - a * by[4]) / now2;
    const double decay_off = -(a * by[3] + b * by[4]) / now2;
    double column[TERMS];
    memset(unit, 0, sizeof unit);
    unit[3] = b, unit[4] = -a;
    solve(FREE, low, unit, column);
    const double variance = (b * column[3] - a * column[4]) * noise_g * noise_g / (now2 * now2);
    /* what the window says alone, without what was known before */
    const double prior = sd * sd, own = variance < 0.9 * prior ? variance / (1 - variance / prior) : 1e9;
    fit->pole_off[mode] = omega_off / modes->omega[mode] * (own < 1e8 ? 1 + own / prior : 0);
    fit->pole_off_sd[mode] = sqrt(own) / modes->omega[mode];
    fit->modes.omega[mode] += fmax(-2 * sd, fmin(2 * sd, omega_off));
    fit->modes.decay[mode] =
        fmax(0.3 * modes->decay[mode], fmin(3 * modes->decay[mode], modes->decay[mode] + decay_off));
    fit->modes.omega_sd[mode] = sqrt(fmin(variance, prior));
    return solve_ramp(sums, noise_g, ridge, &rest->slope_gps, &rest->slope_var);
}

static bool solve_start(
    const WeighState *state, const WeighModes *modes, const Start *start, WeighFit *fit) {
    Rest rest[WEIGH_MODES] = {0};
    double variance = 0, square = 0, freedom = start->samples - 3;
    const WeighSample *newest = weigh_at(state, state->count - 1);
    double ring2 = 0, slope_gps = 0, slope_var = 0;
    *fit = (WeighFit){
        .from_ns = weigh_at(state, start->first)->t_ns,
        .to_ns = newest->t_ns,
        .samples = start->samples,
        .modes = *modes};
    for (int j = 0; j < state->modes; j++)
        if (!solve_mode(&start->mode[j], state->noise_g, j, fit, &rest[j])) return false;
    for (int j = 0; j < state->modes; j++) {
        const double share = modes->shape[j][0] * modes->shape[j][0];
        variance += share * fit->covariance[j][0];
        slope_gps += modes->shape[j][0] * rest[j].slope_gps, slope_var += share * rest[j].slope_var;
        square += share * fmax(rest[j].square, 0) / freedom;
        const double grown = exp(fit->modes.decay[j] * seconds(newest->t_ns - fit->from_ns));
        ring2 += share * grown *
                 (fit->mode_g[j][1] * fit->mode_g[j][1] + fit->mode_g[j][2] * fit->mode_g[j][2]);
        for (int a = 0; a < WEIGH_MODES; a++)
            fit->level_g[a] += modes->shape[j][a] * fit->mode_g[j][0];
    }
    fit->rms_g = sqrt(square);
    fit->ring_g = sqrt(ring2);
    fit->slope_z = slope_var > 0 ? slope_gps / sqrt(slope_var) : 0;
    fit->ramp_g = fabs(slope_gps) * seconds(newest->t_ns - fit->from_ns) / 2;
    fit->stddev_g = sqrt(variance);
    return isfinite(fit->rms_g) && isfinite(fit->stddev_g);
}

static bool looks_like_noise(const WeighState *state, const WeighFit *fit) {
    const double noise_g = sqrt(state->noise_g * state->noise_g + pow(RING_P * fit->ring_g, 2));
    const double freedom = (double)state->modes * (fit->samples - 3);
    return fit->rms_g < (1 + MARGIN / sqrt(2 * freedom)) * noise_g && fabs(fit->slope_z) * state->noise_g < SLOPE_Z * noise_g;
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
    double shift[WEIGH_MODES] = {0}, c[WEIGH_MODES], s[WEIGH_MODES];
    double turn_c[WEIGH_MODES], turn_s[WEIGH_MODES];
    Start sums = {0};
    int count = 0;
    int64_t step_ns = 0, last_ns = end_ns, next_ns = shortest_ns;
    for (int j = 0; j < state->modes; j++) {
        for (int a = 0; a < WEIGH_MODES; a++)
            shift[j] += modes->shape[j][a] * base_g[a];
        c[j] = 1, s[j] = 0, turn_c[j] = 1, turn_s[j] = 0;
    }
    for (int64_t index = newest; index >= from; index--) {
        const WeighSample *sample = weigh_at(state, index);
        const int64_t back_ns = last_ns - sample->t_ns;
        const bool turns = index < newest;
        const double t_s = -seconds(end_ns - sample->t_ns);
        last_ns = sample->t_ns;
        for (int j = 0; j < state->modes; j++) {
            if (turns && llabs(back_ns - step_ns) > 50000) {
                const double grow = exp(modes->decay[j] * seconds(back_ns));
                turn_c[j] = grow * cos(modes->omega[j] * seconds(back_ns));
                turn_s[j] = -grow * sin(modes->omega[j] * seconds(back_ns));
            }
            if (turns) {
                const double was = c[j];
                c[j] = was * turn_c[j] - s[j] * turn_s[j];
                s[j] = was * turn_s[j] + s[j] * turn_c[j];
            }
            double y = -shift[j];
            for (int a = 0; a < WEIGH_MODES; a++)
                y += modes->shape[j][a] * sample->axis_g[a];
            const double term[TERMS] = {1, c[j], s[j], t_s * c[j], t_s * s[j], t_s};
            add(&sums.mode[j], term, y);
        }
        if (turns && llabs(back_ns - step_ns) > 50000) step_ns = back_ns;
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
static bool
choose(const WeighState *state, const WeighModes *modes, const Start *starts, int count, WeighFit *out) {
    double least = INFINITY;
    out->samples = 0;
    for (int i = count - 1; i >= 0; i--) {
        WeighFit fit;
        if (!solve_start(state, modes, &starts[i], &fit)) continue;
        const bool noise = looks_like_noise(state, &fit);
        if (noise || fit.rms_g < least) *out = fit, least = fit.rms_g;
        if (noise) return true;
    }
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
    const WeighState *state, int64_t from, int64_t shortest_ns, const WeighFit *guess, WeighFit *out) {
    bool found = false;
    WeighFit best = {.rms_g = INFINITY}, start = *guess, fit;
    const double mass_kg = (state->calibration.platform_g + fmax(guess->level_g[0], 0)) / 1000;
    for (int i = 0; i < SCAN; i++) {
        const double omega = SCAN_LOW * pow(SCAN_HIGH / SCAN_LOW, (double)i / (SCAN - 1));
        start.learned.stiffness_npm = fmax(mass_kg, 0.1) * omega * omega;
        const bool noise = iterate(state, from, shortest_ns, &start, true, &fit);
        if (fit.samples == 0 || found > noise || (found == noise && fit.rms_g >= best.rms_g)) continue;
        best = fit;
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
    if (!iterate(state, from, shortest_ns + shortest_ns / 2, guess, false, &alone)) return false;
    *out = alone;
    return true;
}
