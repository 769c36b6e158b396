#include "weigh_internal.h"

#include <math.h>
#include <string.h>

#define SHORTEST_S     0.1 /* of a window */
#define ROLLING_S      0.2
#define SPLIT_S        0.2  /* a level that lasts this long stands for itself */
#define SAME_P         0.05 /* of a change: less than that is a better estimate of it */
#define SPLIT_Z        5.0
#define SPLIT_G        3.0
#define SPLIT_P        0.003
#define CLEAN          2.0  /* residuals, in noise, of a ring that teaches */
#define HOLDS_S        0.28 /* a window this long is followed on */
#define CALM_S         0.4  /* before a first level is believed */
#define SURE_Z         3.0
#define NOTED_Z        8.0 /* a disturbance less far off is noise */
#define DISTURBANCE_NS INT64_C(10000000000)
#define SWITCH_P       0.0008 /* of all on the springs: cells alone against cells and IMU */
#define LEVEL_P        0.0005 /* of a change: cells and mounts are not perfectly linear */
#define RESTLESS       3.5    /* mean square of innovations that is looked into again */
#define RAMP_P         0.9
#define YOUNG_P        0.005              /* of a ring: what comes to lie still rocks a little, */
#define YOUNG_S        0.12               /* and a short window takes that for ringing */
#define SEARCH_NS      INT64_C(600000000) /* the longest window that is tried */
#define SELDOM_NS      INT64_C(300000000) /* restless for this long, it is tried seldom */
#define LATE_NS        INT64_C(3200000000) /* then what is told is final as soon as it holds at all */
#define DRIFT_S        20.0
#define TIGHTER        0.6 /* worth telling again */
#define HONEST         1.0 /* noise is never quite white */

static int64_t oldest_kept(const WeighState *state) {
    return state->count > WEIGH_SAMPLES_MAX ? state->count - WEIGH_SAMPLES_MAX : 0;
}

/* The first sample of a window of at most span_ns that ends with the newest, not before from. */
static int64_t window_first(const WeighState *state, int64_t from, int64_t span_ns) {
    int64_t first = state->count - 1;
    const int64_t end_ns = weigh_at(state, first)->t_ns;
    const int64_t least = from > oldest_kept(state) ? from : oldest_kept(state);
    while (first > least && end_ns - weigh_at(state, first - 1)->t_ns <= span_ns)
        first--;
    return first;
}

static int64_t shortest_ns(const WeighState *state) {
    const double known_s =
        1.0 * 6.283185307 / (state->poles.omega[0] > 0 ? state->poles.omega[0] : 1e9);
    return (int64_t)(1e9 * fmax(state->roll.rolling ? ROLLING_S : SHORTEST_S, known_s));
}

/* Where to begin to look. */
static void guess(WeighState *state, int64_t span_ns) {
    double *out = state->guess.level_g;
    state->guess.learned = state->inertia;
    const int64_t end_ns = weigh_at(state, state->count - 1)->t_ns;
    int samples = 0;
    memset(out, 0, sizeof state->guess.level_g);
    for (int64_t i = state->count - 1; i >= oldest_kept(state); i--, samples++) {
        if (end_ns - weigh_at(state, i)->t_ns > span_ns) break;
        for (int a = 0; a < WEIGH_MODES; a++)
            out[a] += weigh_at(state, i)->axis_g[a];
    }
    for (int a = 0; a < WEIGH_MODES; a++)
        out[a] /= samples;
}

/* -- telling -------------------------------------------------------------------------------------
 */

static void locate(const WeighState *state, const double level_g[WEIGH_MODES], WeightStep *step) {
    double load_g[WEIGH_MODES], x_m, y_m;
    step->x_m = step->y_m = NAN;
    for (int a = 0; a < WEIGH_MODES; a++)
        load_g[a] = level_g[a] - state->before_g[a];
    if (state->modes < WEIGH_MODES || fabs(load_g[0]) < 5 * step->stddev_g) return;
    weigh_place(state, load_g, &x_m, &y_m);
    step->x_m = (float)x_m, step->y_m = (float)y_m;
}

static void disturb(WeighState *state, int64_t from_ns, double most_g, WeighOutput *out) {
    if (out->disturbance_count > 0) return;
    out->disturbances[out->disturbance_count++] = (WeighDisturbance){
        .from_ns = from_ns,
        .to_ns = state->last_ns,
        .most_g = most_g,
        .id = state->told ? state->last_id : 0};
}

static void tell(
    const WeighConfig *config,
    WeighState *state,
    const double level_g[WEIGH_MODES],
    double stddev_g,
    bool final,
    WeighOutput *out) {
    if (out->step_count == WEIGH_STEPS_MAX) return;
    const double delta_g = level_g[0] - state->before_g[0];
    if (!state->told) state->last_id++;
    WeightStep *step = &out->steps[out->step_count++];
    *step = (WeightStep){
        .id = state->last_id,
        .t_ns = state->onset_ns,
        .decided_ns = state->last_ns,
        .delta_g = delta_g,
        .stddev_g = stddev_g,
        .total_g = level_g[0],
        .final = final};
    locate(state, level_g, step);
    state->level_g += delta_g - (state->told ? state->told_g : 0);
    state->told = true;
    state->told_g = delta_g;
    state->told_stddev_g = stddev_g;
    if (!final) return;
    const WeightStep *last = &state->last_final;
    if (last->id > 0 && step->t_ns - last->t_ns < DISTURBANCE_NS &&
        fabs(step->delta_g + last->delta_g) < SURE_Z * hypot(stddev_g, last->stddev_g) &&
        fabs(delta_g) > config->smallest_g)
        disturb(state, last->t_ns, last->delta_g, out);
    state->last_final = *step;
}

static double stddev_of(const WeighState *state, double delta_g, double variance_g2) {
    const double model_g = LEVEL_P * delta_g;
    return HONEST * sqrt(variance_g2 + state->before_variance_g2 + model_g * model_g);
}

static bool
worth_telling(const WeighConfig *config, const WeighState *state, double delta_g, double stddev_g) {
    if (stddev_g > fmax(config->early_g, config->early_p * fabs(delta_g))) return false;
    if (state->told)
        return stddev_g < TIGHTER * state->told_stddev_g ||
               fabs(delta_g - state->told_g) > 3 * state->told_stddev_g;
    return fabs(delta_g) >= fmax(config->smallest_g, 4 * stddev_g);
}

/* -- what goes on --------------------------------------------------------------------------------
 */

static void begin_change(WeighState *state, int64_t onset) {
    const WeighSample *last = weigh_at(state, onset);
    memcpy(state->before_g, last->level_g, sizeof state->before_g);
    state->before_variance_g2 = last->variance_g2;
    state->phase = WEIGH_CHANGING;
    state->from = onset;
    state->onset_ns = last->t_ns;
    state->waiting_ns = state->onset_ns;
    state->open = true;
    state->told = state->guessed = state->held = false;
    state->most_g = 0;
}

/* The change is over, with this level. */
static void end_change(
    const WeighConfig *config,
    WeighState *state,
    const double level_g[WEIGH_MODES],
    double variance_g2,
    WeighOutput *out) {
    double load_g[WEIGH_MODES];
    const double delta_g = level_g[0] - state->before_g[0];
    const double stddev_g = stddev_of(state, delta_g, variance_g2);
    for (int a = 0; a < WEIGH_MODES; a++)
        load_g[a] = level_g[a] - state->before_g[a];
    if (state->told || fabs(delta_g) >= fmax(config->smallest_g, SURE_Z * stddev_g))
        tell(config, state, level_g, stddev_g, true, out);
    if (fabs(delta_g) < fmax(config->smallest_g, SURE_Z * stddev_g) &&
        fabs(state->most_g) > NOTED_Z * state->noise_g)
        disturb(state, state->onset_ns, state->most_g, out);
    weigh_modes_carry(state, load_g);
    if (state->told || fabs(delta_g) < SURE_Z * stddev_g) state->level_g = level_g[0];
    state->open = state->told = false;
}

/* Restless for long: perhaps this is what calm looks like now. */
static void give_in(WeighState *state, const WeighFit *fit) {
    if (state->last_ns - state->waiting_ns < INT64_C(400000000)) return;
    state->noise_g = fmax(state->noise_g, fit->rms_g);
    state->waiting_ns = state->last_ns;
}

/* A level that was told, held for a while and then left was a change of its own, unless it was left
 * for the one before. */
static bool split(
    const WeighConfig *config,
    WeighState *state,
    const WeighFit *fit,
    double variance_g2,
    WeighOutput *out) {
    if (!state->told || !state->held || fit->from_ns < state->held_to_ns) return false;
    const double both_g = SPLIT_Z * sqrt(variance_g2 + state->held_variance_g2);
    const double held_g = state->held_g[0] - state->before_g[0];
    const double least_g = fmax(fmax(config->smallest_g, both_g), SAME_P * fabs(held_g));
    if (fabs(fit->level_g[0] - state->held_g[0]) < least_g ||
        fabs(fit->level_g[0] - state->before_g[0]) < least_g)
        return false;
    end_change(config, state, state->held_g, state->held_variance_g2, out);
    memcpy(state->before_g, state->held_g, sizeof state->before_g);
    state->before_variance_g2 = state->held_variance_g2;
    state->onset_ns = state->held_to_ns;
    state->open = true;
    state->held = false;
    state->most_g = 0;
    return true;
}

static void follow_change(const WeighConfig *config, WeighState *state, WeighOutput *out) {
    WeighFit fit;
    const int64_t first = window_first(state, state->from, SEARCH_NS);
    const double away_g = weigh_at(state, state->count - 1)->axis_g[0] - state->before_g[0];
    if (fabs(away_g) > fabs(state->most_g)) state->most_g = away_g;
    const int64_t restless_ns = state->last_ns - state->waiting_ns;
    if (restless_ns > SELDOM_NS && state->count % (restless_ns > 3 * SELDOM_NS ? 6 : 2) != 0)
        return;
    if (!state->guessed) guess(state, shortest_ns(state));
    const bool noise = weigh_fit(state, first, shortest_ns(state), &state->guess, &fit);
    if (fit.samples == 0) return;
    state->guess = fit;
    state->guessed = true;
    if (!noise) {
        if (state->last_ns - state->waiting_ns > ns_of_ms(config->patience_ms))
            give_in(state, &fit);
        return;
    }
    state->waiting_ns = state->last_ns;
    state->from = state->count - fit.samples;
    const double worse = fmax(1, fit.rms_g / state->noise_g);
    const double delta_g = fit.level_g[0] - state->before_g[0];
    const double held_s = seconds(fit.to_ns - fit.from_ns);
    const double young_g = YOUNG_P * fit.ring_g * fmin(1, YOUNG_S / held_s);
    const double left = fmax(0, 1 - held_s * 1000 / config->settle_ms);
    const double ramp_g = RAMP_P * fit.ramp_g * sqrt(left);
    const double variance_g2 = pow(worse * fit.stddev_g, 2) + young_g * young_g + ramp_g * ramp_g;
    const double stddev_g = stddev_of(state, delta_g, variance_g2);
    if (split(config, state, &fit, variance_g2, out)) return;
    if (held_s >= SPLIT_S && stddev_g < fmax(SPLIT_G, SPLIT_P * fabs(delta_g))) {
        memcpy(state->held_g, fit.level_g, sizeof state->held_g);
        state->held_variance_g2 = variance_g2;
        state->held_to_ns = fit.to_ns;
        state->held = true;
    }
    const bool late =
        state->told && !state->roll.rolling && state->last_ns - state->onset_ns > LATE_NS;
    if (held_s >= HOLDS_S || late) {
        if (fit.rms_g < CLEAN * state->noise_g) state->inertia = fit.learned;
        weigh_track_begin(state, &fit);
        state->phase = WEIGH_CALM;
        state->held_ns = fit.from_ns;
    }
    if (late) {
        end_change(config, state, fit.level_g, variance_g2, out);
        return;
    }
    if (worth_telling(config, state, delta_g, stddev_g))
        tell(config, state, fit.level_g, stddev_g, false, out);
}

/* A change whose level holds tightens until it is final. */
static void finish_change(const WeighConfig *config, WeighState *state, WeighOutput *out) {
    double level_g[WEIGH_MODES], variance_g2;
    weigh_track_level(state, level_g, &variance_g2);
    const double delta_g = level_g[0] - state->before_g[0];
    const double stddev_g = stddev_of(state, delta_g, fmax(1, state->unrest) * variance_g2);
    if (state->unrest > RESTLESS) { /* the ring is not what it was taken for */
        state->phase = WEIGH_CHANGING;
        return;
    }
    const double held_ms = seconds(state->last_ns - state->held_ns) * 1000;
    const bool sure = stddev_g < fmax(config->final_g, 0.001 * fabs(delta_g));
    if ((sure && held_ms > config->settle_ms) || held_ms > config->window_ms)
        end_change(config, state, level_g, variance_g2, out);
    else if (worth_telling(config, state, delta_g, stddev_g))
        tell(config, state, level_g, stddev_g, false, out);
}

/* Slow drift is taken in; what adds up faster than that without a visible step is told as one. */
static void follow_level(const WeighConfig *config, WeighState *state, WeighOutput *out) {
    double level_g[WEIGH_MODES], variance_g2;
    weigh_track_level(state, level_g, &variance_g2);
    const double away_g = level_g[0] - state->level_g;
    const double dt_s = seconds(state->last_ns - weigh_at(state, state->count - 2)->t_ns);
    if (fabs(away_g) < config->smallest_g) {
        state->level_g += away_g * fmin(1, dt_s / DRIFT_S);
        return;
    }
    if (fabs(away_g) < 4 * sqrt(variance_g2) ||
        state->last_ns - state->held_ns < ns_of_ms(CALM_S * 1000))
        return;
    for (int a = 0; a < WEIGH_MODES; a++)
        state->before_g[a] = a == 0 ? state->level_g : NAN; /* nothing better is known */
    state->before_variance_g2 = pow(config->smallest_g / 4, 2);
    state->onset_ns = state->last_ns;
    end_change(config, state, level_g, variance_g2, out);
}

/* A change that is not final is at an end, or was not over: what comes shows which. */
static void leave(WeighState *state, int64_t onset) {
    const WeighSample *last = weigh_at(state, onset);
    memcpy(state->held_g, last->level_g, sizeof state->held_g);
    state->held_variance_g2 = last->variance_g2;
    state->held = true;
    state->held_to_ns = state->waiting_ns = last->t_ns;
    state->phase = WEIGH_CHANGING;
    state->from = onset;
    state->guessed = false;
}

static void stay_calm(const WeighConfig *config, WeighState *state, WeighOutput *out) {
    int64_t onset;
    if (weigh_track(state, &onset)) {
        if (state->open)
            leave(state, onset);
        else
            begin_change(state, onset);
        return;
    }
    if (state->open)
        finish_change(config, state, out);
    else
        follow_level(config, state, out);
}

static void begin(const WeighConfig *config, WeighState *state) {
    WeighFit fit;
    const int64_t first = window_first(state, state->from, ns_of_ms(config->window_ms));
    guess(state, ns_of_ms(CALM_S * 1000));
    memcpy(state->before_g, state->guess.level_g, sizeof state->before_g);
    const bool noise = weigh_fit(state, first, ns_of_ms(CALM_S * 1000), &state->guess, &fit);
    if (fit.samples == 0) return;
    if (!noise && state->last_ns - state->waiting_ns > ns_of_ms(config->patience_ms))
        give_in(state, &fit);
    if (!noise) return;
    weigh_track_begin(state, &fit);
    state->phase = WEIGH_CALM;
    state->held_ns = fit.from_ns;
    if (!state->levelled) weigh_modes_carried(state, fit.level_g[0]);
    if (!state->levelled) state->level_g = fit.level_g[0];
    state->levelled = true;
}

void weigh_change_anew(WeighState *state) {
    if (state->phase == WEIGH_STARTING) state->from = state->count;
    if (state->phase == WEIGH_STARTING) return;
    if (state->phase == WEIGH_CALM && !state->open) {
        weigh_track_level(state, state->before_g, &state->before_variance_g2);
        state->onset_ns = state->last_ns;
        state->told = false;
    }
    state->before_variance_g2 +=
        pow(SWITCH_P * (state->calibration.platform_g + fmax(state->before_g[0], 0)), 2);
    state->phase = WEIGH_CHANGING;
    state->from = state->count;
    state->waiting_ns = state->last_ns;
    state->open = true;
    state->guessed = state->held = false;
    state->most_g = 0;
}

void weigh_change(const WeighConfig *config, WeighState *state, WeighOutput *out) {
    if (state->count < 8) return;
    switch (state->phase) {
    case WEIGH_STARTING:
        begin(config, state);
        break;
    case WEIGH_CALM:
        stay_calm(config, state, out);
        break;
    case WEIGH_CHANGING:
        follow_change(config, state, out);
        break;
    }
}
