#include "weigh_internal.h"

#include <math.h>
#include <string.h>

enum { TERMS = 5, WITH_SLOPE = 6, PASSES = 3, SCAN = 24 };

#define PERIOD_UNKNOWN 0.15 /* s */
#define DAMPING_GUESS  0.045
#define DAMPING_P      0.4 /* damping is known to this, relative */
#define SCAN_LOW       (6.283185307 * 3.5)
#define SCAN_HIGH      (6.283185307 * 14)
#define SCAN_P         0.1

typedef struct Poles {
    double omega, decay;
    double omega_sd, decay_sd; /* how well they are known beforehand */
} Poles;

typedef struct Sums {
    double matrix[WITH_SLOPE][WITH_SLOPE];
    double right[WITH_SLOPE];
} Sums;

typedef struct Window {
    const WeighState *state;
    int64_t first, last;
    int64_t from_ns;
    double middle_s;
} Window;

static Poles
poles_for(const WeighConfig *config, const ScaleCalibration *calibration, double load_g) {
    const double empty_kg = fmax(calibration->platform_g, 50) / 1000;
    const double mass_kg = empty_kg + fmax(load_g, 0) / 1000;
    Poles poles;
    if (calibration->stiffness_npm > 0) {
        poles.omega = sqrt(calibration->stiffness_npm / mass_kg);
        poles.omega_sd = config->stiffness_p / 2 * poles.omega;
    } else {
        poles.omega = 6.283185307 / PERIOD_UNKNOWN;
        poles.omega_sd = SCAN_P * poles.omega;
    }
    const double empty_ratio =
        calibration->damping_ratio > 0 ? calibration->damping_ratio : DAMPING_GUESS;
    poles.decay = empty_ratio * sqrt(empty_kg / mass_kg) * poles.omega;
    poles.decay_sd = DAMPING_P * poles.decay;
    return poles;
}

double weigh_ring_period_s(const WeighState *state, double load_g) {
    const WeighConfig any = {.stiffness_p = 0};
    return 6.283185307 / poles_for(&any, &state->calibration, load_g).omega;
}

/* level, cosine, sine, error of the frequency, error of the decay, slope. */
static void
terms_at(const WeighFit *fit, const Window *window, int64_t t_ns, double out[WITH_SLOPE]) {
    const double t_s = (double)(t_ns - window->from_ns) * 1e-9;
    const double fade = exp(-fit->decay * t_s);
    const double c = fade * cos(fit->omega * t_s), s = fade * sin(fit->omega * t_s);
    out[0] = 1;
    out[1] = c;
    out[2] = s;
    out[3] = t_s * (fit->sin_g * c - fit->cos_g * s);
    out[4] = -t_s * (fit->cos_g * c + fit->sin_g * s);
    out[5] = t_s - window->middle_s;
}

/* Cholesky; false when it is not positive definite. Leaves the factor in matrix. */
static bool factor(int n, double matrix[WITH_SLOPE][WITH_SLOPE]) {
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = matrix[i][j];
            for (int k = 0; k < j; k++)
                sum -= matrix[i][k] * matrix[j][k];
            if (i != j)
                matrix[i][j] = sum / matrix[j][j];
            else if (sum <= 1e-12)
                return false;
            else
                matrix[i][i] = sqrt(sum);
        }
    }
    return true;
}

static void solve(
    int n,
    double factored[WITH_SLOPE][WITH_SLOPE],
    const double right[WITH_SLOPE],
    double out[WITH_SLOPE]) {
    for (int i = 0; i < n; i++) {
        double sum = right[i];
        for (int k = 0; k < i; k++)
            sum -= factored[i][k] * out[k];
        out[i] = sum / factored[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
        double sum = out[i];
        for (int k = i + 1; k < n; k++)
            sum -= factored[k][i] * out[k];
        out[i] = sum / factored[i][i];
    }
}

static Sums add_up(const WeighFit *fit, const Window *window, double noise_g, const Poles *poles) {
    Sums sums;
    memset(&sums, 0, sizeof sums);
    for (int64_t index = window->first; index <= window->last; index++) {
        const WeighSample *sample = weigh_at(window->state, index);
        double term[WITH_SLOPE];
        terms_at(fit, window, sample->t_ns, term);
        const double over = sample->total_g - weigh_fit_at(fit, sample->t_ns);
        for (int i = 0; i < WITH_SLOPE; i++) {
            sums.right[i] += term[i] * over;
            for (int j = 0; j <= i; j++)
                sums.matrix[i][j] += term[i] * term[j];
        }
    }
    const double variance = noise_g * noise_g;
    const double omega_weight = variance / (poles->omega_sd * poles->omega_sd);
    const double decay_weight = variance / (poles->decay_sd * poles->decay_sd);
    sums.matrix[3][3] += omega_weight;
    sums.right[3] += omega_weight * (poles->omega - fit->omega);
    sums.matrix[4][4] += decay_weight;
    sums.right[4] += decay_weight * (poles->decay - fit->decay);
    return sums;
}

static double level_variance(int n, double factored[WITH_SLOPE][WITH_SLOPE], int which) {
    double unit[WITH_SLOPE] = {0}, column[WITH_SLOPE];
    unit[which] = 1;
    solve(n, factored, unit, column);
    return column[which];
}

/* Gauss-Newton from a first guess; the poles are drawn to what calibration and load foretell. */
static bool refine(
    const WeighConfig *config,
    const Window *window,
    bool scanned,
    Poles *poles,
    WeighFit *fit,
    Sums *last) {
    const ScaleCalibration *calibration = &window->state->calibration;
    const double noise_g = window->state->noise_g;
    for (int pass = 0; pass < PASSES; pass++) {
        if (!scanned) *poles = poles_for(config, calibration, fit->level_g);
        if (pass == 0) fit->omega = poles->omega, fit->decay = poles->decay;
        *last = add_up(fit, window, noise_g, poles);
        Sums sums = *last;
        double by[WITH_SLOPE];
        if (!factor(TERMS, sums.matrix)) return false;
        solve(TERMS, sums.matrix, sums.right, by);
        fit->level_g += by[0], fit->cos_g += by[1], fit->sin_g += by[2];
        fit->omega += fmax(-0.2 * fit->omega, fmin(0.2 * fit->omega, by[3]));
        fit->decay = fmax(0.05 * poles->decay, fit->decay + by[4]);
    }
    *last = add_up(fit, window, noise_g, poles);
    return isfinite(fit->level_g) && isfinite(fit->omega);
}

static double residual_rms(const WeighFit *fit, const Window *window) {
    double sum = 0;
    for (int64_t index = window->first; index <= window->last; index++) {
        const WeighSample *sample = weigh_at(window->state, index);
        const double over = sample->total_g - weigh_fit_at(fit, sample->t_ns);
        sum += over * over;
    }
    const double freedom = (double)(window->last - window->first + 1 - 3);
    return sqrt(sum / freedom);
}

/* The level of each cell by the same weights that gave the level of the sum. */
static void
cell_levels(const Window *window, double factored[WITH_SLOPE][WITH_SLOPE], WeighFit *fit) {
    double unit[WITH_SLOPE] = {1}, weights[WITH_SLOPE];
    solve(3, factored, unit, weights);
    for (int64_t index = window->first; index <= window->last; index++) {
        const WeighSample *sample = weigh_at(window->state, index);
        double term[WITH_SLOPE];
        terms_at(fit, window, sample->t_ns, term);
        const double weight = weights[0] * term[0] + weights[1] * term[1] + weights[2] * term[2];
        for (int i = 0; i < window->state->calibration.cells; i++)
            fit->cell_g[i] += weight * sample->cell_g[i];
    }
}

static bool scan(const WeighConfig *config, const Window *window, WeighFit *best, Sums *last) {
    bool found = false;
    for (int i = 0; i < SCAN; i++) {
        WeighFit fit = *best;
        Sums sums;
        Poles poles = {.omega = SCAN_LOW * pow(SCAN_HIGH / SCAN_LOW, (double)i / (SCAN - 1))};
        poles.omega_sd = SCAN_P * poles.omega;
        poles.decay = DAMPING_GUESS * poles.omega;
        poles.decay_sd = DAMPING_P * poles.decay;
        if (!refine(config, window, true, &poles, &fit, &sums)) continue;
        fit.rms_g = residual_rms(&fit, window);
        if (!found || fit.rms_g < best->rms_g) *best = fit, *last = sums;
        found = true;
    }
    return found;
}

bool weigh_fit(
    const WeighConfig *config,
    const WeighState *state,
    int64_t first,
    int64_t last,
    WeighFit *out) {
    if (last - first < WITH_SLOPE || first <= state->count - 1 - WEIGH_SAMPLES_MAX) return false;
    const Window window = {
        .state = state,
        .first = first,
        .last = last,
        .from_ns = weigh_at(state, first)->t_ns,
        .middle_s =
            0.5 * (double)(weigh_at(state, last)->t_ns - weigh_at(state, first)->t_ns) * 1e-9};
    WeighFit fit = {.from_ns = window.from_ns, .to_ns = weigh_at(state, last)->t_ns};
    double sum_g = 0;
    for (int64_t index = first; index <= last; index++)
        sum_g += weigh_at(state, index)->total_g;
    fit.level_g = sum_g / (double)(last - first + 1);

    Sums sums;
    Poles poles;
    const bool known = state->calibration.stiffness_npm > 0;
    if (!(known ? refine(config, &window, false, &poles, &fit, &sums)
                : scan(config, &window, &fit, &sums)))
        return false;
    fit.rms_g = residual_rms(&fit, &window);

    const double spread_g = fmax(fit.rms_g, state->noise_g);
    Sums sloped = sums;
    if (factor(WITH_SLOPE, sloped.matrix)) {
        double by[WITH_SLOPE];
        solve(WITH_SLOPE, sloped.matrix, sloped.right, by);
        fit.slope_z = by[5] / (spread_g * sqrt(level_variance(WITH_SLOPE, sloped.matrix, 5)));
        fit.ramp_g = fabs(by[5]) * window.middle_s;
    }
    if (!factor(TERMS, sums.matrix)) return false;
    fit.stddev_g = spread_g * sqrt(level_variance(TERMS, sums.matrix, 0));
    cell_levels(&window, sums.matrix, &fit);
    *out = fit;
    return isfinite(fit.stddev_g);
}

double weigh_fit_at(const WeighFit *fit, int64_t t_ns) {
    const double t_s = (double)(t_ns - fit->from_ns) * 1e-9;
    return fit->level_g + exp(-fit->decay * t_s) * (fit->cos_g * cos(fit->omega * t_s) +
                                                    fit->sin_g * sin(fit->omega * t_s));
}
