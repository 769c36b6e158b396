/* meter.c - the weight a sample makes: filter, stillness, zero, tare. */
#include "meter_internal.h"

#include <string.h>

#define NS_PER_MS       INT64_C(1000000)
#define GAP_NS          (300 * NS_PER_MS) /* a calm with a hole in it is none */
#define LEVEL_SILENT_NS (1000 * NS_PER_MS)
#define OVER_E          9
#define UNDER_E         20
#define ZERO_PER_CENT   4
#define ACCEL_SMOOTHING 16 /* samples */
#define ACCEL_SCALE     256
#define U_PER_G         INT64_C(1000)
#define BLOCKS_MIN      2 /* of a settled load */

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
        2000,
        "first stable weight that is taken as zero after start-up, in e, at most"),
    SETTING_INT(
        MeterConfig,
        tracking_permille,
        "500",
        0,
        500,
        "how fast zero follows a slow drift at zero, in thousandths of e a second; 0: not"),
    SETTING_INT(
        MeterConfig,
        tilt_mrad,
        "50",
        0,
        100,
        "lean in mrad beyond which nothing is weighed; 0: do not look"),
    SETTING_END};

Status meter_init(MeterState *state, const MeterSeal *seal) {
    TRY(meter_check(&seal->parameters));
    memset(state, 0, sizeof *state);
    state->parameters = seal->parameters;
    state->calibration_count = seal->calibration_count;
    return OK;
}

static int64_t dwell_ns(const MeterState *state) { return state->parameters.dwell_ms * NS_PER_MS; }

/* -- tilt ------------------------------------------------------------------------------------- */

void meter_level(MeterState *state, int64_t t_ns, const int32_t accel_mmps2[3]) {
    if (t_ns < 0) return;
    for (int i = 0; i < 3; i++) {
        const int64_t accel = (int64_t)accel_mmps2[i] * ACCEL_SCALE;
        state->accel[i] =
            state->leveled
                ? state->accel[i] + divided((Wide)accel - state->accel[i], ACCEL_SMOOTHING)
                : accel;
    }
    state->leveled = true;
    state->level_ns = t_ns;
    const Wide across =
        (Wide)state->accel[0] * state->accel[0] + (Wide)state->accel[1] * state->accel[1];
    const Wide most = (Wide)state->accel[2] * state->parameters.tilt_mrad; /* small angles */
    if (most > 0 && across * 1000000 <= most * most) return;
    state->leaned = true;
    state->lean_ns = t_ns;
}

static bool is_tilted(MeterState *state, int64_t t_ns) {
    if (state->parameters.tilt_mrad == 0 || !state->leveled) return false;
    if (t_ns - state->level_ns > LEVEL_SILENT_NS) return true;
    state->leaned = state->leaned && t_ns - state->lean_ns < dwell_ns(state);
    return state->leaned;
}

/* -- filter and stillness --------------------------------------------------------------------- */

static int64_t mean_of(MeterState *state, int64_t t_ns, int64_t load_u) {
    const int64_t filter_ns = state->parameters.filter_ms * NS_PER_MS;
    state->samples[state->count % METER_SAMPLES_MAX].t_ns = t_ns;
    state->samples[state->count % METER_SAMPLES_MAX].load_u = load_u;
    state->count++;
    int64_t sum = 0, samples = 0;
    while (samples < METER_SAMPLES_MAX && samples < state->count) {
        const int64_t at = (state->count - 1 - samples) % METER_SAMPLES_MAX;
        if (t_ns - state->samples[at].t_ns > filter_ns) break;
        sum += state->samples[at].load_u;
        samples++;
    }
    return divided(sum, samples);
}

static void unsettle(MeterState *state) {
    state->block_count = state->held_count = state->held_blocks = state->settled_ns = 0;
    state->block_sum_u = state->held_sum_u = 0;
}

/* What has been still so far counts no more. */
static void interrupt(MeterState *state) {
    state->count = 0;
    unsettle(state);
}

static int64_t mean_u(const MeterState *state) { return state->load_u - state->zero_u; }

/* Stable: from low to high no more than 2 e, which is +-1 e, for the dwell. */
static bool is_calm(MeterState *state, int64_t t_ns) {
    const int64_t now_u = mean_u(state);
    if (state->count > 1) {
        if (now_u < state->low_u) state->low_u = now_u;
        if (now_u > state->high_u) state->high_u = now_u;
    }
    if (state->count == 1 || state->high_u - state->low_u > 2 * state->parameters.e_u) {
        state->low_u = state->high_u = now_u;
        state->calm_ns = t_ns;
        unsettle(state);
    }
    return t_ns - state->calm_ns >= dwell_ns(state);
}

/* Settled: stable, and its means over half dwells keep within a quarter of e of their own mean, the
 * accuracy R 76 wants of a tare; a ringing that still shows averages out. Only whole blocks count,
 * so the beginning of the next change is never part of a settled load. */
static void settle(MeterState *state, int64_t t_ns, bool calm) {
    if (state->block_count == 0) state->block_ns = t_ns;
    state->block_sum_u += state->load_u;
    state->block_count++;
    if (t_ns - state->block_ns >= dwell_ns(state) / BLOCKS_MIN) {
        const Wide counts = (Wide)state->block_count * state->held_count;
        const Wide away = (Wide)state->block_sum_u * state->held_count -
                          (Wide)state->held_sum_u * state->block_count;
        const int64_t sum_u = state->block_sum_u, count = state->block_count;
        if ((away < 0 ? -away : away) * 4 > counts * state->parameters.e_u) unsettle(state);
        state->held_sum_u += sum_u;
        state->held_count += count;
        state->held_blocks++;
        state->block_sum_u = state->block_count = 0;
    }
    if (calm && state->settled_ns == 0 && state->held_blocks >= BLOCKS_MIN)
        state->settled_ns = t_ns;
}

/* -- zero ------------------------------------------------------------------------------------- */

/* Setting and tracking may move zero by so much in all. */
static bool zero_may_move(const MeterState *state, int64_t by_u) {
    const int64_t most_u = state->parameters.max_u * ZERO_PER_CENT / 100;
    const int64_t moved_u = state->moved_u + by_u;
    return moved_u <= most_u && moved_u >= -most_u;
}

static void move_zero(MeterState *state, int64_t by_u) {
    state->zero_u += by_u;
    state->moved_u += by_u;
}

/* Once, at the first stable weight, which may already be goods. */
static void set_initial_zero(MeterState *state) {
    const int64_t most_u = state->parameters.initial_zero_e * state->parameters.e_u;
    const int64_t by_u = mean_u(state);
    state->zeroed = true;
    if (by_u > most_u || by_u < -most_u) return;
    state->zero_u += by_u;
    state->low_u = state->high_u = 0;
}

/* Slowly, while it shows zero and is stable. What is left of the allowance is lost, but for what is
 * less than 1 u of it. */
static void track_zero(MeterState *state, int64_t elapsed_ns) {
    const int64_t by_u = mean_u(state), half_u = state->parameters.e_u / 2;
    if (by_u > half_u || by_u < -half_u) return;
    const Wide allowance =
        (Wide)state->parameters.tracking_permille * state->parameters.e_u * elapsed_ns +
        state->rest;
    const Wide per_u = (Wide)1000 * 1000 * NS_PER_MS;
    const int64_t most_u = (int64_t)(allowance / per_u);
    state->rest = (int64_t)(allowance % per_u);
    const int64_t step_u = by_u > most_u ? most_u : by_u < -most_u ? -most_u : by_u;
    if (zero_may_move(state, step_u)) move_zero(state, step_u);
}

Status meter_zero(MeterState *state) {
    if (!state->now.stable)
        return fail(E_INVALID, "meter: zero: the weight is not stable: wait and try again");
    if (state->tare != 0) return fail(E_INVALID, "meter: zero: a tare is set: clear it first");
    const int64_t by_u = mean_u(state);
    if (!zero_may_move(state, by_u))
        return fail(
            E_INVALID, "meter: zero: more than %d %% of Max off: empty the scale", ZERO_PER_CENT);
    move_zero(state, by_u);
    state->low_u -= by_u;
    state->high_u -= by_u;
    state->now.gross = state->now.net = 0;
    state->now.zero = true;
    return OK;
}

/* -- tare ------------------------------------------------------------------------------------- */

static bool is_blank(const LegalWeight *weight) {
    return weight->overload || weight->underload || weight->tilted;
}

static void set_tare(MeterState *state, int32_t tare, bool preset, bool one_shot) {
    state->tare = tare;
    state->preset = preset;
    state->one_shot = one_shot;
    state->loaded = !preset;
    if (is_blank(&state->now)) return;
    state->now.tare = tare;
    state->now.net = state->now.gross - tare;
    state->now.preset = preset;
}

void meter_clear_tare(MeterState *state) { set_tare(state, 0, false, false); }

Status meter_tare(MeterState *state, bool one_shot) {
    if (!state->now.stable)
        return fail(E_INVALID, "meter: tare: the weight is not stable: wait and try again");
    if (state->now.gross <= 0) return fail(E_INVALID, "meter: tare: nothing is on the scale");
    if (state->now.gross < state->tare)
        return fail(E_INVALID, "meter: tare: it would shrink: clear it first");
    set_tare(state, state->now.gross, false, one_shot);
    return OK;
}

Status meter_preset_tare(MeterState *state, int64_t tare_u, bool one_shot) {
    if (tare_u < 0 || tare_u > state->parameters.max_u)
        return fail(
            E_INVALID, "meter: preset tare: %lld is not within 0 to Max", (long long)tare_u);
    if (state->tare != 0)
        return fail(E_INVALID, "meter: preset tare: a tare is set: clear it first");
    set_tare(state, (int32_t)divided(tare_u, state->parameters.e_u), true, one_shot);
    return OK;
}

/* A one-shot tare goes when what it was for has come and gone. */
static void end_one_shot(MeterState *state, int64_t gross) {
    if (!state->one_shot) return;
    if (gross > 0)
        state->loaded = true;
    else if (state->loaded)
        meter_clear_tare(state);
}

/* -- the step --------------------------------------------------------------------------------- */

static LegalWeight blank(const MeterState *state, int64_t t_ns) {
    const int64_t e_u = state->parameters.e_u;
    return (LegalWeight){
        .t_ns = t_ns,
        .unit = (MassUnit)state->parameters.unit,
        .e_u = (int32_t)e_u,
        .e_g =
            state->parameters.unit == MASS_KG && e_u % U_PER_G == 0 ? (int32_t)(e_u / U_PER_G) : 0};
}

static void show(const MeterState *state, int32_t gross, bool calm, LegalWeight *now) {
    const int64_t e_u = state->parameters.e_u, off_u = mean_u(state);
    now->gross = gross;
    now->tare = state->tare;
    now->net = gross - state->tare;
    now->preset = state->preset;
    now->stable = calm;
    now->zero = 4 * off_u <= e_u && 4 * off_u >= -e_u;
    if (state->settled_ns == 0) return;
    now->settled = (SettledLoad){
        .from_ns = state->settled_ns,
        .to_ns = now->t_ns,
        .load_u = divided(state->held_sum_u, state->held_count),
        .unit = now->unit,
        .e_u = now->e_u,
        .calibration_count = state->calibration_count};
}

static void weigh(MeterState *state, int64_t t_ns, int64_t elapsed_ns, int64_t load_u) {
    const int64_t e_u = state->parameters.e_u;
    state->load_u = mean_of(state, t_ns, load_u);
    const bool calm = is_calm(state, t_ns);
    if (calm && !state->zeroed) set_initial_zero(state);
    if (calm) track_zero(state, elapsed_ns);
    const int64_t gross = divided(mean_u(state), e_u);
    state->now.overload = gross > state->parameters.max_u / e_u + OVER_E;
    state->now.underload = gross < -UNDER_E;
    if (is_blank(&state->now)) {
        unsettle(state);
        return;
    }
    settle(state, t_ns, calm);
    if (calm) end_one_shot(state, gross);
    show(state, (int32_t)gross, calm, &state->now);
}

void meter_step(MeterState *state, const ScaleSample *sample, LegalWeight *out) {
    const int64_t t_ns = sample->t_ns;
    int64_t load_u = 0;
    if (t_ns < 0 || (state->started && t_ns <= state->last_ns)) {
        interrupt(state);
        state->now.stable = false;
        state->now.settled = (SettledLoad){0};
        *out = state->now;
        return;
    }
    const int64_t elapsed_ns = t_ns - state->last_ns;
    if (!state->started || elapsed_ns > GAP_NS) interrupt(state);
    state->started = true;
    state->last_ns = t_ns;
    state->now = blank(state, t_ns);
    state->now.tilted = is_tilted(state, t_ns);
    const bool readable = counts_to_load(&state->parameters, sample, &load_u);
    if (readable && !state->now.tilted) {
        weigh(state, t_ns, elapsed_ns, load_u);
    } else {
        interrupt(state);
        state->now.overload = !readable;
    }
    *out = state->now;
}
