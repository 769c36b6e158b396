#include "weigh_internal.h"

#include <math.h>

#define LAG_S              0.06 /* the newest samples are judged by a fit that has not seen them */
#define SHORTEST_S         0.12 /* of a window, and one period of the ringing */
#define SHORTEST_UNKNOWN_S 0.4  /* when the frequency must be found as well */
#define FIRST_S            0.13 /* before an estimate is told */
#define FIRST_PERIODS      1.1
#define CALM_S             0.4 /* before a first level is believed */
#define SPLIT_S            0.3 /* a level held this long, then left, makes two changes */
#define START_Z            5.5
#define SAMPLE_Z           6.0
#define ONSET_Z            3.0
#define SLOPE_Z            2.5
#define RING_P             0.004  /* of the ringing that the model does not explain */
#define LEVEL_P            0.0005 /* of a change: cells and mounts are not perfectly linear */
#define RMS_MARGIN         2.5 /* residuals may exceed the noise by this many of their own sigma */
#define NOISE_S            3.0
#define DRIFT_S            20.0
#define TIGHTER            0.6  /* worth telling again */
#define HONEST             1.15 /* noise is never quite white */

static double seconds(int64_t ns) { return (double)ns * 1e-9; }
static double larger(double a, double b) { return a > b ? a : b; }

static double span_s(const WeighState *state, int64_t first, int64_t last) {
    return seconds(weigh_at(state, last)->t_ns - weigh_at(state, first)->t_ns);
}

static double ring_g(const WeighFit *fit) { return hypot(fit->cos_g, fit->sin_g); }

static double noise_of(const WeighState *state, const WeighFit *fit) {
    return hypot(state->noise_g, RING_P * ring_g(fit));
}

static int64_t oldest_kept(const WeighState *state) {
    return state->count > WEIGH_SAMPLES_MAX ? state->count - WEIGH_SAMPLES_MAX : 0;
}

/* The first sample of a window of at most window_ms that ends at last, and not before from. */
static int64_t
window_first(const WeighConfig *config, const WeighState *state, int64_t from, int64_t last) {
    int64_t first = from > oldest_kept(state) ? from : oldest_kept(state);
    while (first < last && span_s(state, first, last) > config->window_ms / 1000)
        first++;
    return first;
}

/* The last sample that is LAG_S old, and two samples at least. */
static int64_t lagged(const WeighState *state) {
    const int64_t newest = state->count - 1;
    int64_t index = newest - 2;
    while (index > oldest_kept(state) && span_s(state, index, newest) < LAG_S)
        index--;
    return index;
}

static bool looks_like_noise(const WeighState *state, const WeighFit *fit, int64_t samples) {
    const double margin = 1 + RMS_MARGIN / sqrt(2.0 * (double)samples);
    return fit->rms_g < margin * noise_of(state, fit) && fabs(fit->slope_z) < SLOPE_Z;
}

/* Did the samples after `last` leave the fit? Onset: the first of them that did. */
static bool departed(const WeighState *state, const WeighFit *fit, int64_t last, int64_t *onset) {
    const double noise_g = noise_of(state, fit);
    double sum = 0;
    int far_up = 0, far_down = 0, samples = 0;
    *onset = -1;
    for (int64_t index = last + 1; index < state->count; index++, samples++) {
        const WeighSample *sample = weigh_at(state, index);
        const double over = sample->total_g - weigh_fit_at(fit, sample->t_ns);
        sum += over;
        far_up += over > SAMPLE_Z * noise_g, far_down += over < -SAMPLE_Z * noise_g;
        if (*onset < 0 && fabs(over) > ONSET_Z * noise_g) *onset = index;
    }
    if (*onset < 0) *onset = last + 1;
    const double sigma = sqrt(noise_g * noise_g / samples + fit->stddev_g * fit->stddev_g);
    return far_up > 1 || far_down > 1 || fabs(sum / samples) > START_Z * sigma;
}

static void begin_change(WeighState *state, const WeighFit *before, int64_t onset) {
    state->phase = WEIGH_CHANGING;
    state->before = *before;
    state->from = onset;
    state->onset_ns = weigh_at(state, onset)->t_ns;
    state->waiting_ns = state->onset_ns;
    state->told = false;
}

static void locate(const WeighState *state, const WeighFit *after, WeightStep *step) {
    const ScaleCalibration *calibration = &state->calibration;
    double x = 0, y = 0, sum = 0;
    for (int i = 0; i < calibration->cells; i++) {
        const double change_g = after->cell_g[i] - state->before.cell_g[i];
        sum += change_g;
        x += change_g * calibration->cell[i].x_m;
        y += change_g * calibration->cell[i].y_m;
    }
    const bool clear = fabs(sum) > 5 * step->stddev_g;
    step->x_m = clear ? (float)(x / sum) : NAN;
    step->y_m = clear ? (float)(y / sum) : NAN;
}

static void tell(
    WeighState *state,
    const WeighFit *after,
    double delta_g,
    double stddev_g,
    bool final,
    WeighOutput *out) {
    if (out->step_count == WEIGH_STEPS_MAX) return;
    if (!state->told) state->last_id++;
    WeightStep *step = &out->steps[out->step_count++];
    *step = (WeightStep){
        .id = state->last_id,
        .t_ns = state->onset_ns,
        .decided_ns = state->last_ns,
        .delta_g = delta_g,
        .stddev_g = stddev_g,
        .total_g = after->level_g,
        .final = final};
    locate(state, after, step);
    state->level_g += delta_g - (state->told ? state->told_g : 0);
    state->told = true;
    state->told_from = state->from;
    state->told_g = delta_g;
    state->told_stddev_g = stddev_g;
}

/* A young window may still hold the end of a ramp that the ringing explains just as well. */
static double young_g(const WeighConfig *config, const WeighFit *after) {
    const double settle_s = config->settle_ms / 1000;
    const double left = 1 - seconds(after->to_ns - after->from_ns) / settle_s;
    return left > 0 ? 0.6 * after->ramp_g * sqrt(left) : 0;
}

static double stddev_of_change(
    const WeighConfig *config, const WeighState *state, const WeighFit *after, double delta_g) {
    const double both_g = hypot(after->stddev_g, state->before.stddev_g);
    const double model_g = hypot(LEVEL_P * delta_g, RING_P * ring_g(after) * 0.5);
    const double shaken_g = state->shake_mps2 / 9.81 * fabs(after->level_g) * 0.1;
    const double unfinished_g = hypot(young_g(config, after), shaken_g);
    return HONEST * hypot(hypot(both_g, model_g), unfinished_g);
}

static void
end_change(const WeighConfig *config, WeighState *state, const WeighFit *after, WeighOutput *out) {
    const double delta_g = after->level_g - state->before.level_g;
    const double stddev_g = stddev_of_change(config, state, after, delta_g);
    if (state->told || fabs(delta_g) >= config->smallest_g)
        tell(state, after, delta_g, stddev_g, true, out);
    state->phase = WEIGH_CALM;
    state->told = false;
}

/* Move the start of the window past what cannot be a free ringing. False: nothing fits yet. */
static bool settle(const WeighConfig *config, WeighState *state, bool stay, WeighFit *fit) {
    const int64_t newest = state->count - 1;
    if (state->from < oldest_kept(state)) state->from = oldest_kept(state);
    const double period_s = weigh_ring_period_s(state, weigh_at(state, newest)->total_g);
    const bool known = state->calibration.stiffness_npm > 0;
    const double shortest_s = known ? larger(SHORTEST_S, period_s) : SHORTEST_UNKNOWN_S;
    while (span_s(state, state->from, newest) >= shortest_s) {
        const int64_t first = window_first(config, state, state->from, newest);
        if (weigh_fit(config, state, first, newest, fit) &&
            looks_like_noise(state, fit, newest - first + 1))
            return true;
        if (stay) return false;
        const int64_t by = (newest - state->from) / 8;
        state->from += by > 1 ? by : 1;
    }
    return false;
}

/* It has been restless for long: perhaps this is what calm looks like now. */
static void give_in(const WeighConfig *config, WeighState *state) {
    WeighFit fit;
    const int64_t newest = state->count - 1;
    const int64_t first = window_first(config, state, 0, newest);
    if (!weigh_fit(config, state, first, newest, &fit)) return;
    state->noise_g = larger(state->noise_g, fit.rms_g);
    state->from = first;
    state->waiting_ns = state->last_ns;
}

/* Once an estimate turned out wrong, somebody's hand is still at it: the next one has to hold. */
static double wait_s(const WeighState *state, const WeighFit *fit) {
    if (state->told && state->from != state->told_from) return SPLIT_S;
    return larger(FIRST_S, FIRST_PERIODS * weigh_ring_period_s(state, fit->level_g));
}

static bool
worth_telling(const WeighConfig *config, const WeighState *state, double delta_g, double stddev_g) {
    if (stddev_g > larger(config->early_g, config->early_p * fabs(delta_g))) return false;
    if (state->told)
        return stddev_g < TIGHTER * state->told_stddev_g ||
               fabs(delta_g - state->told_g) > 3 * state->told_stddev_g;
    return fabs(delta_g) >= larger(config->smallest_g, 4 * stddev_g);
}

/* A level that was held for a while and then left was a change of its own. */
static bool
held_level(const WeighConfig *config, const WeighState *state, int64_t last, WeighFit *fit) {
    if (last <= state->from || span_s(state, state->from, last) < SPLIT_S) return false;
    const int64_t first = window_first(config, state, state->from, last);
    return weigh_fit(config, state, first, last, fit) &&
           looks_like_noise(state, fit, last - first + 1);
}

static void follow_change(const WeighConfig *config, WeighState *state, WeighOutput *out) {
    const int64_t last = lagged(state);
    WeighFit level, fit;
    int64_t onset = last;
    const bool held = held_level(config, state, last, &level);
    const bool left = held && departed(state, &level, last, &onset);
    if (left) {
        end_change(config, state, &level, out);
        begin_change(state, &level, onset);
        return;
    }
    if (!settle(config, state, held, &fit)) {
        if (state->last_ns - state->waiting_ns > ns_of_ms(config->patience_ms))
            give_in(config, state);
        return;
    }
    state->waiting_ns = state->last_ns;
    state->now = fit;
    if (weigh_shaken(config, state, state->last_ns)) return;
    const double delta_g = fit.level_g - state->before.level_g;
    const double stddev_g = stddev_of_change(config, state, &fit, delta_g);
    const double held_s = span_s(state, state->from, state->count - 1);
    if (!state->told && fabs(delta_g) < larger(2 * stddev_g, config->smallest_g / 3) &&
        held_s > wait_s(state, &fit)) {
        state->phase = WEIGH_CALM; /* it was nothing */
        return;
    }
    const bool sure = stddev_g < larger(config->final_g, 0.001 * fabs(delta_g));
    if ((sure && held_s > config->settle_ms / 1000) || held_s > config->window_ms / 1000)
        end_change(config, state, &fit, out);
    else if (held_s > wait_s(state, &fit) && worth_telling(config, state, delta_g, stddev_g))
        tell(state, &fit, delta_g, stddev_g, false, out);
}

static void learn_noise(WeighState *state, const WeighFit *fit, int64_t last) {
    const double step_s = span_s(state, last, last + 1);
    const double over =
        weigh_at(state, last + 1)->total_g - weigh_fit_at(fit, weigh_at(state, last + 1)->t_ns);
    const double most = 9 * state->noise_g * state->noise_g;
    const double square = over * over < most ? over * over : most;
    const double gain = step_s < NOISE_S ? step_s / NOISE_S : 1;
    const double variance = state->noise_g * state->noise_g;
    state->noise_g = larger(0.2, sqrt(variance + gain * (square - variance)));
}

/* Slow drift is taken in; what adds up faster than that without a visible step is told as one. */
static void
follow_level(const WeighConfig *config, WeighState *state, const WeighFit *fit, WeighOutput *out) {
    const double away_g = fit->level_g - state->level_g;
    if (fabs(away_g) < config->smallest_g) {
        const double step_s = span_s(state, state->count - 2, state->count - 1);
        state->level_g += away_g * (step_s < DRIFT_S ? step_s / DRIFT_S : 1);
        return;
    }
    if (fabs(away_g) < 4 * fit->stddev_g || span_s(state, state->from, state->count - 1) < CALM_S)
        return;
    state->before = *fit; /* nothing better is known about before than the level told */
    state->before.level_g = state->level_g;
    state->before.stddev_g = config->smallest_g / 4;
    for (int i = 0; i < state->calibration.cells; i++)
        state->before.cell_g[i] = NAN;
    state->onset_ns = fit->from_ns;
    end_change(config, state, fit, out);
}

static void stay_calm(const WeighConfig *config, WeighState *state, WeighOutput *out) {
    const int64_t last = lagged(state);
    WeighFit fit;
    int64_t onset;
    const int64_t first = window_first(config, state, state->from, last);
    if (!weigh_fit(config, state, first, last, &fit)) return;
    state->now = fit;
    if (departed(state, &fit, last, &onset)) {
        begin_change(state, &fit, onset);
        return;
    }
    learn_noise(state, &fit, last);
    follow_level(config, state, &fit, out);
}

static void begin(const WeighConfig *config, WeighState *state) {
    WeighFit fit;
    if (!settle(config, state, false, &fit)) {
        if (state->last_ns - state->waiting_ns > ns_of_ms(config->patience_ms))
            give_in(config, state);
        return;
    }
    if (span_s(state, state->from, state->count - 1) < CALM_S) return;
    state->phase = WEIGH_CALM;
    state->now = fit;
}

void weigh_change(const WeighConfig *config, WeighState *state, WeighOutput *out) {
    if (state->count < 8) return;
    switch (state->phase) {
    case WEIGH_STARTING:
        begin(config, state);
        if (state->phase == WEIGH_CALM && !state->levelled) {
            state->level_g = state->now.level_g;
            state->levelled = true;
        }
        break;
    case WEIGH_CALM:
        stay_calm(config, state, out);
        break;
    case WEIGH_CHANGING:
        follow_change(config, state, out);
        break;
    }
}
