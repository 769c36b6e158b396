#include "meter.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define MG_PER_G      INT64_C(1000)
#define G_PER_KG      INT64_C(1000)
#define NS_PER_MS     INT64_C(1000000)
#define GAP_NS        (300 * NS_PER_MS) /* a calm with a hole in it is none */
#define ABSURD_MG     INT64_C(1000000000000)
#define OVER_E        9
#define UNDER_E       20
#define ZERO_PER_CENT 4
#define COUNTS_MAX    ((1 << 23) - 1) /* a 24 bit converter at its end */

const Setting meter_settings[] = {
    SETTING_INT(
        MeterConfig,
        dwell_ms,
        "400",
        400,
        10000,
        "time in ms a weight stays within 1 e to be stable"),
    SETTING_INT(
        MeterConfig, filter_ms, "200", 0, 1000, "time in ms over which samples are averaged"),
    SETTING_INT(
        MeterConfig,
        initial_zero_e,
        "4",
        0,
        400,
        "first stable weight that is taken as zero after start-up, in e, at most"),
    SETTING_END};

/* Rounded to the nearest, halves away from zero. */
static int64_t divided(int64_t value, int64_t by) {
    assert(by > 0);
    return value < 0 ? -((-value + by / 2) / by) : (value + by / 2) / by;
}

static int64_t e_mg(const MeterState *state) { return state->calibration.e_g * MG_PER_G; }

Status meter_init(MeterState *state, const ScaleCalibration *calibration) {
    if (calibration->e_g <= 0 || calibration->max_g < calibration->e_g)
        return fail(
            E_INVALID, "meter: calibration: e_g %d and max_g %d: set both, e_g first",
            calibration->e_g, calibration->max_g);
    if (calibration->cells < 1 || calibration->cells > CELLS_MAX)
        return fail(
            E_INVALID, "meter: calibration: %d cells: 1 to %d can be read", calibration->cells,
            CELLS_MAX);
    for (int i = 0; i < calibration->cells; i++)
        if (!isnormal(calibration->cell[i].counts_per_g) ||
            !isfinite(calibration->cell[i].zero_counts))
            return fail(
                E_INVALID, "meter: calibration: cell %d has no scale factor: calibrate it", i);
    memset(state, 0, sizeof *state);
    state->calibration = *calibration;
    return OK;
}

/* The only floating point: counts to milligrams. False: this sample weighs nothing. */
static bool
milligrams(const ScaleCalibration *calibration, const ScaleSample *sample, int64_t *mg) {
    double sum_g = 0;
    for (int i = 0; i < calibration->cells; i++) {
        const int32_t counts = sample->counts[i];
        if (!(sample->valid >> i & 1) || counts >= COUNTS_MAX || counts < -COUNTS_MAX) return false;
        sum_g +=
            ((double)counts - calibration->cell[i].zero_counts) / calibration->cell[i].counts_per_g;
    }
    const double sum_mg = sum_g * (double)MG_PER_G;
    if (!(fabs(sum_mg) < (double)ABSURD_MG)) return false;
    *mg = llround(sum_mg);
    return true;
}

static int64_t mean_of(const MeterConfig *config, MeterState *state, int64_t t_ns, int64_t mg) {
    state->samples[state->count % METER_SAMPLES_MAX].t_ns = t_ns;
    state->samples[state->count % METER_SAMPLES_MAX].mg = mg;
    state->count++;
    int64_t sum = 0, samples = 0;
    for (int64_t i = state->count - 1; i >= 0 && samples < METER_SAMPLES_MAX; i--) {
        if (samples > 0 &&
            t_ns - state->samples[i % METER_SAMPLES_MAX].t_ns > config->filter_ms * NS_PER_MS)
            break;
        sum += state->samples[i % METER_SAMPLES_MAX].mg;
        samples++;
    }
    return divided(sum, samples);
}

static void interrupt(MeterState *state, int64_t t_ns) {
    state->count = 0;
    state->calm_ns = t_ns;
}

static void
show(const MeterState *state, int64_t t_ns, bool readable, bool calm, LegalWeight *out) {
    const ScaleCalibration *calibration = &state->calibration;
    const int64_t gross = divided(state->mean_mg, e_mg(state));
    *out = (LegalWeight){.t_ns = t_ns, .e_g = calibration->e_g, .tare = state->tare};
    out->overload = !readable || gross * calibration->e_g > (int64_t)calibration->max_g +
                                                                OVER_E * (int64_t)calibration->e_g;
    out->underload = readable && gross < -UNDER_E;
    if (out->overload || out->underload) return;
    out->gross = (int32_t)gross;
    out->net = out->gross - out->tare;
    out->stable = calm;
}

/* The zero may wander from the calibrated one by so much in all. */
static bool zero_allowed(const MeterState *state) {
    const int64_t most_mg = state->calibration.max_g * MG_PER_G * ZERO_PER_CENT / 100;
    const int64_t zero_mg = state->zero_mg + state->mean_mg;
    return zero_mg <= most_mg && zero_mg >= -most_mg;
}

static void set_zero(MeterState *state) {
    state->zero_mg += state->mean_mg;
    for (int i = 0; i < METER_SAMPLES_MAX; i++)
        state->samples[i].mg -= state->mean_mg;
    state->reference_mg -= state->mean_mg;
    state->mean_mg = 0;
    state->zeroed = true;
}

void meter_step(
    const MeterConfig *config, MeterState *state, const ScaleSample *sample, LegalWeight *out) {
    const int64_t t_ns = sample->t_ns;
    if (t_ns < 0 || (state->started && t_ns <= state->last_ns)) {
        interrupt(state, state->last_ns);
        state->now.stable = false;
        *out = state->now;
        return;
    }
    if (!state->started || t_ns - state->last_ns > GAP_NS) interrupt(state, t_ns);
    state->started = true;
    state->last_ns = t_ns;

    int64_t mg = 0;
    const bool readable = milligrams(&state->calibration, sample, &mg);
    if (readable) {
        const bool first = state->count == 0;
        state->mean_mg = mean_of(config, state, t_ns, mg - state->zero_mg);
        const int64_t away = state->mean_mg - state->reference_mg;
        if (first || away > e_mg(state) || away < -e_mg(state)) {
            state->reference_mg = state->mean_mg;
            state->calm_ns = t_ns;
        }
    } else {
        interrupt(state, t_ns);
    }
    const bool calm = readable && t_ns - state->calm_ns >= config->dwell_ms * NS_PER_MS;
    if (calm && !state->zeroed) {
        const int64_t most = config->initial_zero_e * e_mg(state);
        if (state->mean_mg <= most && state->mean_mg >= -most && zero_allowed(state))
            set_zero(state);
        state->zeroed = true;
    }
    show(state, t_ns, readable, calm, &state->now);
    *out = state->now;
}

Status meter_tare(MeterState *state) {
    if (!state->now.stable)
        return fail(E_INVALID, "meter: tare: the weight is not stable: wait and try again");
    if (state->now.gross <= 0) return fail(E_INVALID, "meter: tare: nothing is on the scale");
    state->tare = state->now.gross;
    state->now.tare = state->tare;
    state->now.net = 0;
    return OK;
}

void meter_clear_tare(MeterState *state) {
    state->tare = 0;
    state->now.tare = 0;
    state->now.net = state->now.gross;
}

Status meter_zero(MeterState *state) {
    if (!state->now.stable)
        return fail(E_INVALID, "meter: zero: the weight is not stable: wait and try again");
    if (state->tare != 0) return fail(E_INVALID, "meter: zero: a tare is set: clear it first");
    if (!zero_allowed(state))
        return fail(
            E_INVALID, "meter: zero: more than %d %% of Max off: empty the scale", ZERO_PER_CENT);
    set_zero(state);
    state->now.gross = state->now.net = 0;
    return OK;
}

Status
meter_price(int32_t net_e, int32_t e_g, int64_t unit_price_minor_per_kg, int64_t *price_minor) {
    if (net_e < 0 || e_g <= 0 || unit_price_minor_per_kg < 0)
        return fail(
            E_INVALID, "meter: price: net %d of e %d g at %lld: none may be negative", net_e, e_g,
            (long long)unit_price_minor_per_kg);
    const int64_t net_g = (int64_t)net_e * e_g;
    int64_t thousandfold;
    if (__builtin_mul_overflow(net_g, unit_price_minor_per_kg, &thousandfold) ||
        __builtin_add_overflow(thousandfold, G_PER_KG / 2, &thousandfold))
        return fail(
            E_FULL, "meter: price: %lld g at %lld a kg is more than money holds", (long long)net_g,
            (long long)unit_price_minor_per_kg);
    *price_minor = thousandfold / G_PER_KG;
    return OK;
}
