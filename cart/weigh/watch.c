#include "weigh_internal.h"

#include <math.h>
#include <stdlib.h>

#define COUNTS_MAX     ((1 << 23) - 16) /* a 24 bit converter at its end */
#define OVER_MAX       1.1              /* of Max */
#define STANDSTILL     100 /* changes of the other cells while one gives the same count */
#define CELL_SILENT_NS INT64_C(250000000)

static void note_cells(WeighState *state, const ScaleSample *sample) {
    const int cells = state->calibration.cells;
    for (int i = 0; i < cells; i++) {
        if (!(sample->valid >> i & 1)) continue;
        const bool moved = !state->cell[i].known || state->cell[i].counts != sample->counts[i];
        state->cell[i].seen_ns = sample->t_ns;
        state->cell[i].counts = sample->counts[i];
        state->cell[i].known = true;
        if (!moved) continue;
        state->cell[i].moved_ns = sample->t_ns;
        state->moves[i] = 0;
        for (int other = 0; other < cells; other++)
            if (other != i && state->moves[other] < STANDSTILL * CELLS_MAX) state->moves[other]++;
    }
}

bool weigh_watch(WeighState *state, const ScaleSample *sample, WeighSample *out) {
    const ScaleCalibration *calibration = &state->calibration;
    note_cells(state, sample);
    *out = (WeighSample){.t_ns = sample->t_ns};
    double cell_g[CELLS_MAX] = {0}, total_g = 0;
    bool over = false, complete = true;
    for (int i = 0; i < calibration->cells; i++) {
        if (!(sample->valid >> i & 1)) {
            complete = false;
            continue;
        }
        over |= sample->counts[i] >= COUNTS_MAX || sample->counts[i] <= -COUNTS_MAX;
        cell_g[i] = ((double)sample->counts[i] - calibration->cell[i].zero_counts) /
                    calibration->cell[i].counts_per_g;
        total_g += cell_g[i];
    }
    over |= calibration->max_g > 0 && total_g > OVER_MAX * calibration->max_g;
    state->faults = over ? state->faults | WEIGHT_FAULT_OVER_RANGE
                         : state->faults & ~(uint32_t)WEIGHT_FAULT_OVER_RANGE;
    weigh_axes(state, cell_g, out->axis_g);
    return complete && isfinite(total_g) && fabs(total_g) < 1e7;
}

uint32_t weigh_faults(const WeighConfig *config, const WeighState *state, int64_t t_ns) {
    uint32_t faults = state->faults;
    const int64_t since_ns = state->started ? state->last_ns : state->first_ns;
    if (t_ns - since_ns > ns_of_ms(config->silent_ms)) return faults | WEIGHT_FAULT_SILENT;
    if (t_ns - state->disorder_ns < FAULT_NS) faults |= WEIGHT_FAULT_CLOCK;
    for (int i = 0; i < state->calibration.cells; i++) {
        const int64_t seen_ns = state->cell[i].known ? state->cell[i].seen_ns : state->first_ns;
        if (t_ns - seen_ns > CELL_SILENT_NS)
            faults |= WEIGHT_FAULT_CELL_SILENT;
        else if (
            state->cell[i].known && t_ns - state->cell[i].moved_ns > ns_of_ms(config->stuck_ms) &&
            state->moves[i] >= STANDSTILL)
            faults |= WEIGHT_FAULT_CELL_STUCK;
    }
    return faults;
}
