/* calibrate_test.c - a platform of unequal cells, calibrated well, and badly in every way. */
#include "scale_internal.h"
#include "test.h"

#include <math.h>
#include <string.h>

enum { E_G = 5, MAX_G = 30000, LOAD_G = 5000 };

typedef struct Bench { /* what is wrong with it; all 0: nothing */
    double noise_counts, drift_counts, touch_g, bend, left_behind_g;
    int dead;      /* cell + 1 */
    double corner; /* where the weight lies, of the half width; 0: 0.8 */
} Bench;

static const double gains[CELLS_MAX] = {
    400, -385, 431, 410}; /* counts a gram; one is wired in reverse */
static uint32_t dice;

static double noise(double counts) {
    dice = dice * 1664525U + 1013904223U;
    return ((double)(dice >> 8) / (1 << 24) - 0.5) * 3.46 * counts;
}

static CalibrateRest rest_of(const Bench *bench, int cells, double grams, double x, double y) {
    static CalibrateGather gather;
    memset(&gather, 0, sizeof gather);
    for (int n = 0; n < 160; n++) {
        ScaleSample sample = {.t_ns = n * INT64_C(12500000), .valid = (uint8_t)((1U << cells) - 1)};
        for (int i = 0; i < cells; i++) {
            double share = (i % 2 ? 1 + x : 1 - x) * (i / 2 ? 1 + y : 1 - y) / 4;
            if (cells == 1) share = 1 + bench->touch_g / LOAD_G * x;
            double g = grams * share;
            g += bench->bend * g * g / LOAD_G;
            if (cells > 1 && x > 0.1) g -= bench->touch_g / 4;
            if (i == bench->dead - 1) g = 0;
            sample.counts[i] = (int32_t)lround(
                120000 + gains[i] * g + noise(bench->noise_counts) + bench->drift_counts * n / 160);
        }
        calibrate_gather(&gather, cells, &sample);
    }
    return calibrate_rest(&gather, cells);
}

static Calibrate run_of(const Bench *bench, int cells) {
    static const double sides[CALIBRATE_PLACES][2] = {{0, 0}, {-1, -1}, {1, -1}, {-1, 1}, {1, 1}};
    const double far = bench->corner > 0 ? bench->corner : 0.8;
    Calibrate run = {
        .cells = cells,
        .e_g = E_G,
        .max_g = MAX_G,
        .load_g = LOAD_G,
        .second_g = 15000,
        .width_m = 0.4 * 0.8,
        .depth_m = 0.3 * 0.8,
        .platform_g = 3000};
    run.empty = rest_of(bench, cells, 0, 0, 0);
    for (int i = 0; i < CALIBRATE_PLACES; i++)
        run.loaded[i] = rest_of(bench, cells, LOAD_G, far * sides[i][0], far * sides[i][1]);
    run.second = rest_of(bench, cells, run.second_g, 0, 0);
    run.empty_again = rest_of(bench, cells, bench->left_behind_g, 0, 0);
    return run;
}

static void four_unequal_cells_are_found_out_and_where_they_are(void) {
    const Bench good = {.noise_counts = 100};
    const Calibrate run = run_of(&good, 4);
    ScaleCalibration found;
    CalibrateReport report;
    const Status status = calibrate_solve(&run, &found, &report);
    if (status != OK) printf("# %s\n", fail_reason());
    CHECK(status == OK);
    if (status != OK) return;
    CHECK(found.cells == 4 && found.e_g == E_G && found.max_g == MAX_G && found.platform_g == 3000);
    CHECK(fabs(found.sample_hz - 80) < 0.01);
    for (int i = 0; i < 4; i++) {
        CHECK(fabs(found.cell[i].counts_per_g / gains[i] - 1) < 2e-4);
        CHECK(fabs(found.cell[i].zero_counts - 120000) < 30);
        CHECK(fabs(found.cell[i].x_m - (i % 2 ? 0.2 : -0.2)) < 0.001);
        CHECK(fabs(found.cell[i].y_m - (i / 2 ? 0.15 : -0.15)) < 0.001);
    }
    for (int i = 0; i < CALIBRATE_PLACES; i++)
        CHECK(fabs(report.corner_error_g[i]) < 0.2);
    CHECK(fabs(report.second_error_g) < 0.5 && fabs(report.return_g) < 0.2 && report.noise_g < 1);
}

static void one_cell_is_calibrated_too(void) {
    const Bench good = {.noise_counts = 50};
    const Calibrate run = run_of(&good, 1);
    ScaleCalibration found;
    CalibrateReport report;
    CHECK(calibrate_solve(&run, &found, &report) == OK);
    CHECK(fabs(found.cell[0].counts_per_g - 400) < 0.1 && found.cell[0].x_m == 0);
}

static void refused(const Bench *bench, int cells, const char *word) {
    const Calibrate run = run_of(bench, cells);
    ScaleCalibration found = {.cells = 77};
    CalibrateReport report;
    const Status status = calibrate_solve(&run, &found, &report);
    if (status != E_INVALID || !strstr(fail_reason(), word)) printf("# %s\n", fail_reason());
    CHECK(status == E_INVALID && strstr(fail_reason(), word) && found.cells == 77);
}

static void a_bad_calibration_is_refused_with_its_reason(void) {
    refused(&(Bench){.noise_counts = 4000}, 4, "unstable");
    refused(&(Bench){.drift_counts = 1500}, 4, "unstable");
    refused(&(Bench){.dead = 2}, 4, "too little span: the cells cannot be told apart");
    refused(&(Bench){.corner = 0.001}, 4, "too little span: the cells cannot be told apart");
    refused(&(Bench){.touch_g = 60}, 1, "corner error");
    refused(&(Bench){.bend = 0.005}, 1, "nonlinear");
    refused(&(Bench){.left_behind_g = 20}, 4, "zero is not found again");
}

static void too_little_a_weight_and_too_few_samples_are_refused(void) {
    const Bench good = {0};
    Calibrate run = run_of(&good, 4);
    ScaleCalibration found;
    CalibrateReport report;
    run.load_g = 500;
    CHECK(
        calibrate_solve(&run, &found, &report) == E_INVALID && strstr(fail_reason(), "use 3000 g"));
    run = run_of(&good, 4);
    run.loaded[PLACE_BACK_LEFT].samples = 3;
    CHECK(
        calibrate_solve(&run, &found, &report) == E_INVALID && strstr(fail_reason(), "back left"));
    run = run_of(&good, 4);
    for (int i = 0; i < 4; i++)
        run.loaded[PLACE_CENTRE].counts[i] = run.empty.counts[i] + 1;
    CHECK(
        calibrate_solve(&run, &found, &report) == E_INVALID &&
        strstr(fail_reason(), "too little span"));
}

int main(void) {
    RUN(four_unequal_cells_are_found_out_and_where_they_are);
    RUN(one_cell_is_calibrated_too);
    RUN(a_bad_calibration_is_refused_with_its_reason);
    RUN(too_little_a_weight_and_too_few_samples_are_refused);
    return DONE();
}
