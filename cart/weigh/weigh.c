#include "weigh_internal.h"

#include <math.h>
#include <string.h>

#define READING_NS INT64_C(100000000)
#define SPREAD_NS  INT64_C(500000000)
#define GAP_NS     INT64_C(300000000) /* what was before it says nothing about what comes after */

const Setting weigh_settings[] = {
    SETTING_REAL(WeighConfig, smallest_g, "6", 1, 1000, "smallest change of load to tell, in g"),
    SETTING_REAL(
        WeighConfig,
        early_g,
        "8",
        0.5,
        1000,
        "a change is told once its standard deviation is below this, in g"),
    SETTING_REAL(WeighConfig, early_p, "0.012", 0, 0.5, "or below this share of the change"),
    SETTING_REAL(
        WeighConfig,
        final_g,
        "1.2",
        0.1,
        100,
        "standard deviation in g at which a change is final"),
    SETTING_REAL(
        WeighConfig, settle_ms, "400", 50, 5000, "quiet time in ms before a change is final"),
    SETTING_REAL(WeighConfig, window_ms, "1000", 200, 1500, "longest window that is fitted, in ms"),
    SETTING_REAL(
        WeighConfig,
        noise_g,
        "1.5",
        0.1,
        100,
        "noise of the sum of all cells in g, until it has been measured"),
    SETTING_REAL(
        WeighConfig,
        stiffness_p,
        "0.04",
        0.001,
        0.3,
        "how well the calibrated stiffness is known, relative"),
    SETTING_REAL(
        WeighConfig,
        patience_ms,
        "1500",
        500,
        60000,
        "restless time in ms after which the noise is taken to have grown"),
    SETTING_REAL(
        WeighConfig, silent_ms, "500", 50, 60000, "time in ms without a sample that is a fault"),
    SETTING_REAL(
        WeighConfig,
        stuck_ms,
        "5000",
        500,
        600000,
        "time in ms for which a cell may repeat the same count while others move"),
    SETTING_REAL(
        WeighConfig,
        shake_mps2,
        "0.07",
        0.01,
        50,
        "shaking of the platform in m/s2 rms that, when it lasts, is taken for rolling"),
    SETTING_END};

void weigh_init(WeighState *state, const WeighConfig *config, const ScaleCalibration *calibration) {
    memset(state, 0, sizeof *state);
    state->calibration = *calibration;
    if (state->calibration.cells < 0) state->calibration.cells = 0;
    if (state->calibration.cells > CELLS_MAX) state->calibration.cells = CELLS_MAX;
    state->noise_g = config->noise_g;
    weigh_modes_init(config, state);
    state->disorder_ns = state->reading_ns = NEVER_NS;
}

static void read_out(const WeighConfig *config, WeighState *state, int64_t t_ns, WeighOutput *out) {
    if (t_ns / READING_NS == state->reading_ns / READING_NS) return;
    state->reading_ns = t_ns;
    double sum = 0, squares = 0, samples = 0;
    for (int64_t index = state->count - 1;
         index >= 0 && index > state->count - 1 - WEIGH_SAMPLES_MAX; index--) {
        const WeighSample *sample = weigh_at(state, index);
        if (t_ns - sample->t_ns > SPREAD_NS) break;
        const double over = sample->axis_g[0] - weigh_at(state, state->count - 1)->axis_g[0];
        sum += over, squares += over * over, samples++;
    }
    const double variance = samples > 1 ? (squares - sum * sum / samples) / (samples - 1) : 0;
    const bool calm = state->phase == WEIGH_CALM;
    const double mean_g =
        samples > 0 ? weigh_at(state, state->count - 1)->axis_g[0] + sum / samples : state->level_g;
    double level_g[WEIGH_MODES], unused;
    weigh_track_level(state, level_g, &unused);
    const uint32_t faults = weigh_faults(config, state, t_ns);
    out->has_reading = true;
    out->reading = (WeightReading){
        .t_ns = t_ns,
        .total_g = calm ? level_g[0] : mean_g,
        .stddev_g = sqrt(fmax(variance, 0)),
        .stable =
            calm && faults == 0 && samples > 1 && sqrt(fmax(variance, 0)) < 4 * state->noise_g,
        .faults = faults};
}

static void
use(const WeighConfig *config, WeighState *state, const WeighSample *sample, WeighOutput *out) {
    state->samples[state->count++ % WEIGH_SAMPLES_MAX] = *sample;
    weigh_change(config, state, out);
}

static void
take(const WeighConfig *config, WeighState *state, const WeighSample *sample, WeighOutput *out) {
    if (weigh_roll_changes(state)) {
        state->pendings = 0;
        weigh_change_anew(state);
    }
    if (!state->roll.rolling) {
        use(config, state, sample, out);
        return;
    }
    if (state->pendings == WEIGH_PENDING_MAX) state->pendings = 0;
    state->pending[state->pendings++] = *sample;
    int done = 0;
    while (done < state->pendings && weigh_roll(state, &state->pending[done]))
        use(config, state, &state->pending[done++], out);
    state->pendings -= done;
    memmove(
        state->pending, state->pending + done, (size_t)state->pendings * sizeof *state->pending);
}

void weigh_step(
    const WeighConfig *config, WeighState *state, const ScaleSample *sample, WeighOutput *out) {
    memset(out, 0, sizeof *out);
    out->grams_now = NAN;
    if (sample->t_ns < 0 || sample->t_ns > LATEST_NS) return;
    if (state->started && sample->t_ns <= state->last_ns) {
        state->disorder_ns = state->last_ns;
        read_out(config, state, state->last_ns, out);
        return;
    }
    if (state->count == 0 && !state->started) state->first_ns = sample->t_ns;
    if (state->started && sample->t_ns - state->last_ns > GAP_NS) {
        state->phase = WEIGH_STARTING;
        state->pendings = 0;
        state->told = state->open = false;
        state->from = state->count;
        state->waiting_ns = sample->t_ns;
    }
    if (!state->started) state->waiting_ns = sample->t_ns;
    state->started = true;
    state->last_ns = sample->t_ns;

    WeighSample weighed;
    if (weigh_watch(state, sample, &weighed)) {
        out->grams_now = weighed.axis_g[0];
        take(config, state, &weighed, out);
    }
    read_out(config, state, sample->t_ns, out);
}

void weigh_tick(const WeighConfig *config, WeighState *state, int64_t t_ns, WeighOutput *out) {
    memset(out, 0, sizeof *out);
    out->grams_now = NAN;
    if (t_ns < 0 || t_ns > LATEST_NS) return;
    if (!state->started && state->first_ns == 0) state->first_ns = t_ns;
    if (t_ns - (state->started ? state->last_ns : state->first_ns) > ns_of_ms(config->silent_ms))
        read_out(config, state, t_ns, out);
}
