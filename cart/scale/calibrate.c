/*
 * calibrate.c - what the counts of each cell are worth.
 *
 * A known weight W lies at the centre and in each corner in turn. With d the change of a cell's
 * counts and g what one count of it weighs, every place says sum d g = W: five equations for up to
 * four cells, solved by least squares; what is left over is the error of that place. Where the
 * cells are follows the same way: sum d g x = W X, with X where the weight lay.
 */
#include "scale_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES_MIN = 10, COUNTS_PER_E_MIN = 4, LOAD_SHARE_MIN = 10 /* of Max: a tenth */ };

#define SINGULAR 1e-4 /* of the largest pivot */
#define DRIFT_E  0.5
#define NOISE_E  1.0
#define CORNER_E 1.0
#define LINEAR_E 1.0
#define RETURN_E 1.0

static const char *const places[CALIBRATE_PLACES] = {
    "at the centre", "front left", "front right", "back left", "back right"};

/* -- gathering --------------------------------------------------------------------------------- */

enum { TOTALS = sizeof((CalibrateGather *)0)->totals / sizeof(double) };

void calibrate_gather(CalibrateGather *gather, int cells, const ScaleSample *sample) {
    const unsigned all = (1U << cells) - 1;
    if (gather->count == TOTALS || (sample->valid & all) != all) return;
    double total = 0;
    for (int i = 0; i < cells; i++) {
        gather->sum[i] += sample->counts[i];
        total += sample->counts[i];
    }
    if (gather->count == 0) gather->first_ns = sample->t_ns;
    gather->last_ns = sample->t_ns;
    gather->totals[gather->count++] = total;
}

static double mean(const double *values, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return count > 0 ? sum / count : 0;
}

CalibrateRest calibrate_rest(const CalibrateGather *gather, int cells) {
    CalibrateRest rest = {
        .samples = gather->count, .span_ns = (double)(gather->last_ns - gather->first_ns)};
    if (gather->count == 0) return rest;
    const int half = gather->count / 2;
    const double early = mean(gather->totals, half),
                 late = mean(gather->totals + half, gather->count - half);
    double squares = 0;
    for (int i = 0; i < gather->count; i++) {
        const double off = gather->totals[i] - (i < half ? early : late);
        squares += off * off;
    }
    for (int i = 0; i < cells; i++)
        rest.counts[i] = gather->sum[i] / gather->count;
    rest.noise = sqrt(squares / gather->count);
    rest.drift = late - early;
    return rest;
}

/* -- solving ----------------------------------------------------------------------------------- */

typedef struct Rows { /* least squares: at most one row a place */
    int cells, count;
    double a[CALIBRATE_PLACES][CELLS_MAX], b[CALIBRATE_PLACES];
} Rows;

/* Normal equations, eliminated with pivots; false: the rows do not tell the cells apart. */
static bool solve(const Rows *rows, double out[CELLS_MAX]) {
    double m[CELLS_MAX][CELLS_MAX + 1] = {{0}};
    const int n = rows->cells;
    double largest = 0;
    for (int i = 0; i < n; i++)
        for (int row = 0; row < rows->count; row++) {
            for (int j = 0; j < n; j++)
                m[i][j] += rows->a[row][i] * rows->a[row][j];
            m[i][n] += rows->a[row][i] * rows->b[row];
        }
    for (int i = 0; i < n; i++) {
        int pivot = i;
        for (int j = i + 1; j < n; j++)
            if (fabs(m[j][i]) > fabs(m[pivot][i])) pivot = j;
        largest = fmax(largest, fabs(m[pivot][i]));
        if (!(fabs(m[pivot][i]) > SINGULAR * largest)) return false;
        for (int k = 0; k <= n; k++) {
            const double swap = m[i][k];
            m[i][k] = m[pivot][k];
            m[pivot][k] = swap;
        }
        for (int j = i + 1; j < n; j++) {
            const double factor = m[j][i] / m[i][i];
            for (int k = i; k <= n; k++)
                m[j][k] -= factor * m[i][k];
        }
    }
    for (int i = n - 1; i >= 0; i--) {
        out[i] = m[i][n];
        for (int j = i + 1; j < n; j++)
            out[i] -= m[i][j] * out[j];
        out[i] /= m[i][i];
    }
    return true;
}

/* What the platform shows, from what each count weighs. */
static double
shown(const Calibrate *run, const double worth[CELLS_MAX], const CalibrateRest *rest) {
    double grams = 0;
    for (int i = 0; i < run->cells; i++)
        grams += worth[i] * (rest->counts[i] - run->empty.counts[i]);
    return grams;
}

static Status find_worth(const Calibrate *run, double worth[CELLS_MAX]) {
    Rows rows = {.cells = run->cells};
    for (int place = 0; place < CALIBRATE_PLACES; place++) {
        if (run->loaded[place].samples == 0) continue;
        for (int i = 0; i < run->cells; i++)
            rows.a[rows.count][i] = run->loaded[place].counts[i] - run->empty.counts[i];
        rows.b[rows.count++] = run->load_g;
    }
    if (solve(&rows, worth)) return OK;
    return fail(
        E_INVALID, "calibrate: too little span: the cells cannot be told apart; does every cell "
                   "move, and did the weight lie well in the corners?");
}

static const double sides[CALIBRATE_PLACES][2] = {{0, 0}, {-1, -1}, {1, -1}, {-1, 1}, {1, 1}};

/* Of the cells along one axis, 0: x, 1: y. All 0 when the weight was not in the corners. */
static void find_positions(
    const Calibrate *run,
    const double worth[CELLS_MAX],
    int axis,
    double half_m,
    double out[CELLS_MAX]) {
    Rows rows = {.cells = run->cells};
    memset(out, 0, CELLS_MAX * sizeof *out);
    if (run->cells < 2) return;
    for (int place = 0; place < CALIBRATE_PLACES; place++) {
        if (run->loaded[place].samples == 0) continue;
        for (int i = 0; i < run->cells; i++)
            rows.a[rows.count][i] =
                worth[i] * (run->loaded[place].counts[i] - run->empty.counts[i]) / run->load_g;
        rows.b[rows.count++] = half_m * sides[place][axis];
    }
    double found[CELLS_MAX];
    if (solve(&rows, found)) memcpy(out, found, sizeof found);
}

/* -- judging ----------------------------------------------------------------------------------- */

typedef struct Judged {
    const CalibrateRest *rest;
    const char *name;
} Judged;

static int rests_of(const Calibrate *run, Judged out[CALIBRATE_PLACES + 3]) {
    int count = 0;
    out[count++] = (Judged){&run->empty, "empty"};
    for (int place = 0; place < CALIBRATE_PLACES; place++)
        if (place == PLACE_CENTRE || run->loaded[place].samples > 0)
            out[count++] = (Judged){&run->loaded[place], places[place]};
    if (run->second_g > 0) out[count++] = (Judged){&run->second, "with the second weight"};
    if (run->empty_again.samples > 0) out[count++] = (Judged){&run->empty_again, "empty again"};
    return count;
}

static Status judge_words(const Calibrate *run) {
    Judged rests[CALIBRATE_PLACES + 3];
    const int count = rests_of(run, rests);
    if (run->load_g * LOAD_SHARE_MIN < run->max_g)
        return fail(
            E_INVALID,
            "calibrate: too little span: %.0f g on a platform for %d g; use %d g or more",
            run->load_g, run->max_g, run->max_g / LOAD_SHARE_MIN);
    for (int i = 0; i < count; i++)
        if (rests[i].rest->samples < SAMPLES_MIN)
            return fail(
                E_INVALID, "calibrate: %s: only %d samples came; is every cell wired?",
                rests[i].name, rests[i].rest->samples);
    return OK;
}

static Status judge_span(const Calibrate *run) {
    double moved = 0;
    for (int i = 0; i < run->cells; i++)
        moved += run->loaded[PLACE_CENTRE].counts[i] - run->empty.counts[i];
    if (fabs(moved) * run->e_g >= COUNTS_PER_E_MIN * run->load_g) return OK;
    return fail(
        E_INVALID,
        "calibrate: too little span: %.0f g moved the counts by %.0f; one e of %d g needs "
        "%d at least. Is the platform free, are the cells wired?",
        run->load_g, moved, run->e_g, COUNTS_PER_E_MIN);
}

static Status judge_rests(const Calibrate *run, double mean_worth, CalibrateReport *report) {
    Judged rests[CALIBRATE_PLACES + 3];
    const int count = rests_of(run, rests);
    for (int i = 0; i < count; i++) {
        const double noise_g = rests[i].rest->noise * mean_worth,
                     drift_g = rests[i].rest->drift * mean_worth;
        report->noise_g = fmax(report->noise_g, noise_g);
        report->worst_drift_g = fmax(report->worst_drift_g, fabs(drift_g));
        if (noise_g > NOISE_E * run->e_g || fabs(drift_g) > DRIFT_E * run->e_g)
            return fail(
                E_INVALID,
                "calibrate: unstable %s: noise %.1f g, drift %+.1f g, with e = %d g; keep "
                "hands and draught away, and do it again",
                rests[i].name, noise_g, drift_g, run->e_g);
    }
    return OK;
}

static Status
judge_places(const Calibrate *run, const double worth[CELLS_MAX], CalibrateReport *report) {
    for (int place = 0; place < CALIBRATE_PLACES; place++) {
        if (run->loaded[place].samples == 0) continue;
        const double error_g = shown(run, worth, &run->loaded[place]) - run->load_g;
        report->corner_error_g[place] = error_g;
        if (fabs(error_g) > CORNER_E * run->e_g)
            return fail(
                E_INVALID,
                "calibrate: corner error: %s the weight shows %+.1f g, more than %d g; is "
                "the platform level and free, are all cells fixed?",
                places[place], error_g, run->e_g);
    }
    report->second_error_g = NAN;
    if (run->second_g > 0) {
        report->second_error_g = shown(run, worth, &run->second) - run->second_g;
        if (fabs(report->second_error_g) > LINEAR_E * run->e_g)
            return fail(
                E_INVALID,
                "calibrate: nonlinear: the second weight of %.0f g shows %+.1f g, more "
                "than %d g; does something touch the platform?",
                run->second_g, report->second_error_g, run->e_g);
    }
    report->return_g = run->empty_again.samples > 0 ? shown(run, worth, &run->empty_again) : 0;
    if (fabs(report->return_g) > RETURN_E * run->e_g)
        return fail(
            E_INVALID,
            "calibrate: zero is not found again: empty shows %+.1f g; is something left "
            "on the platform, or does it stick?",
            report->return_g);
    return OK;
}

Status calibrate_solve(const Calibrate *run, ScaleCalibration *out, CalibrateReport *report) {
    double worth[CELLS_MAX] = {0}, x_m[CELLS_MAX], y_m[CELLS_MAX], mean_worth = 0;
    CalibrateReport found = {.second_error_g = NAN};
    TRY(judge_words(run));
    TRY(judge_span(run));
    TRY(find_worth(run, worth));
    for (int i = 0; i < run->cells; i++)
        mean_worth += fabs(worth[i]) / run->cells;
    TRY(judge_rests(run, mean_worth, &found));
    TRY(judge_places(run, worth, &found));
    find_positions(run, worth, 0, run->width_m / 2, x_m);
    find_positions(run, worth, 1, run->depth_m / 2, y_m);
    ScaleCalibration calibration = {
        .cells = run->cells,
        .sample_hz =
            run->empty.span_ns > 0 ? (run->empty.samples - 1) * 1e9 / run->empty.span_ns : 80,
        .platform_g = run->platform_g,
        .e_g = run->e_g,
        .max_g = run->max_g};
    for (int i = 0; i < run->cells; i++) {
        calibration.cell[i].counts_per_g = 1 / worth[i];
        calibration.cell[i].zero_counts = run->empty.counts[i];
        calibration.cell[i].x_m = x_m[i];
        calibration.cell[i].y_m = y_m[i];
    }
    *out = calibration;
    *report = found;
    return OK;
}
