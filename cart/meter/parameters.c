/* parameters.c - what is under the seal, what of it makes sense, and a load from counts. */
#include "meter_internal.h"

#include <stddef.h>
#include <string.h>

#define COUNTS_MAX     ((1 << 23) - 1) /* a 24 bit converter at its end */
#define MCOUNTS_LIMIT  INT64_C(100000000000)
#define GAIN_LIMIT     INT64_C(1000000000000000) /* a kilogram a count */
#define LOAD_LIMIT_U   INT64_C(1000000000)       /* a thousand kilograms */
#define UNIT_SPAN      INT64_C(1000000000)
#define MS_LIMIT       10000
#define DIVISIONS_MAX  10000 /* class III */
#define INITIAL_DIVIDE 5     /* initial zero: 20 % of Max */
#define CORRECT_DIVIDE 100   /* linearity: 1 % of Max */

#define CALIBRATED(field, name, min, max)                                                          \
    { name, SEAL_CALIBRATION, offsetof(MeterParameters, field), min, max }
#define CONFIGURED(field, name, min, max)                                                          \
    { name, SEAL_CONFIGURATION, offsetof(MeterParameters, field), min, max }

/* The numbers of the rows are in logs on disk: add at the end, never move one. */
const SealedValue sealed_values[SEALED_VALUES] = {
    CONFIGURED(unit, "unit", MASS_KG, MASS_LB),
    CONFIGURED(e_u, "verification interval", 1, LOAD_LIMIT_U),
    CONFIGURED(max_u, "Max", 1, LOAD_LIMIT_U),
    CONFIGURED(dwell_ms, "dwell", 400, MS_LIMIT),
    CONFIGURED(filter_ms, "filter", 0, 1000),
    CONFIGURED(initial_zero_e, "initial zero range", 0, DIVISIONS_MAX),
    CONFIGURED(tracking_permille, "zero tracking rate", 0, 500),
    CONFIGURED(tilt_mrad, "tilt limit", 0, 100),
    CALIBRATED(cells, "number of cells", 1, CELLS_MAX),
    CALIBRATED(span_ppb, "span", UNIT_SPAN / 2, 2 * UNIT_SPAN),
    CALIBRATED(zero_mcounts[0], "zero of cell 0", -MCOUNTS_LIMIT, MCOUNTS_LIMIT),
    CALIBRATED(zero_mcounts[1], "zero of cell 1", -MCOUNTS_LIMIT, MCOUNTS_LIMIT),
    CALIBRATED(zero_mcounts[2], "zero of cell 2", -MCOUNTS_LIMIT, MCOUNTS_LIMIT),
    CALIBRATED(zero_mcounts[3], "zero of cell 3", -MCOUNTS_LIMIT, MCOUNTS_LIMIT),
    CALIBRATED(gain[0], "gain of cell 0", -GAIN_LIMIT, GAIN_LIMIT),
    CALIBRATED(gain[1], "gain of cell 1", -GAIN_LIMIT, GAIN_LIMIT),
    CALIBRATED(gain[2], "gain of cell 2", -GAIN_LIMIT, GAIN_LIMIT),
    CALIBRATED(gain[3], "gain of cell 3", -GAIN_LIMIT, GAIN_LIMIT),
    CALIBRATED(points, "points of linearity", 0, METER_POINTS_MAX),
    CALIBRATED(point_u[0], "linearity point 0", 0, LOAD_LIMIT_U),
    CALIBRATED(point_u[1], "linearity point 1", 0, LOAD_LIMIT_U),
    CALIBRATED(point_u[2], "linearity point 2", 0, LOAD_LIMIT_U),
    CALIBRATED(point_u[3], "linearity point 3", 0, LOAD_LIMIT_U),
    CALIBRATED(point_u[4], "linearity point 4", 0, LOAD_LIMIT_U),
    CALIBRATED(correction_u[0], "correction at point 0", -LOAD_LIMIT_U, LOAD_LIMIT_U),
    CALIBRATED(correction_u[1], "correction at point 1", -LOAD_LIMIT_U, LOAD_LIMIT_U),
    CALIBRATED(correction_u[2], "correction at point 2", -LOAD_LIMIT_U, LOAD_LIMIT_U),
    CALIBRATED(correction_u[3], "correction at point 3", -LOAD_LIMIT_U, LOAD_LIMIT_U),
    CALIBRATED(correction_u[4], "correction at point 4", -LOAD_LIMIT_U, LOAD_LIMIT_U)};

int64_t sealed_value(const MeterParameters *parameters, int value) {
    int64_t found;
    memcpy(&found, (const char *)parameters + sealed_values[value].offset, sizeof found);
    return found;
}

void meter_configure(MeterParameters *parameters, const MeterConfig *config) {
    parameters->dwell_ms = config->dwell_ms;
    parameters->filter_ms = config->filter_ms;
    parameters->initial_zero_e = config->initial_zero_e;
    parameters->tracking_permille = config->tracking_permille;
    parameters->tilt_mrad = config->tilt_mrad;
}

/* Class III: intervals and how many of them Max must hold at least (R 76-1, table 3). */
static int64_t divisions_min(const MeterParameters *parameters) {
    static const struct {
        int64_t unit, from_u, to_u, divisions;
    } rows[] = {
        {MASS_KG, 100, 2000, 100},
        {MASS_KG, 5000, LOAD_LIMIT_U, 500},
        {MASS_LB, 200, 5000, 100},
        {MASS_LB, 10000, LOAD_LIMIT_U, 500}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (parameters->unit == rows[i].unit && parameters->e_u >= rows[i].from_u &&
            parameters->e_u <= rows[i].to_u)
            return rows[i].divisions;
    return INT64_MAX;
}

static bool one_two_or_five(int64_t interval) {
    while (interval % 10 == 0)
        interval /= 10;
    return interval == 1 || interval == 2 || interval == 5;
}

static Status check_linearity(const MeterParameters *parameters) {
    int64_t last_u = 0;
    for (int i = 0; i < parameters->points; i++) {
        const int64_t most_u = parameters->max_u / CORRECT_DIVIDE;
        const int64_t correction_u = parameters->correction_u[i];
        if (parameters->point_u[i] <= last_u)
            return fail(E_INVALID, "meter: linearity point %d: not above the one before", i);
        if (correction_u > most_u || correction_u < -most_u)
            return fail(
                E_INVALID, "meter: linearity point %d: off by more than 1 %% of Max: repair it", i);
        last_u = parameters->point_u[i];
    }
    return OK;
}

Status meter_check(const MeterParameters *parameters) {
    for (int i = 0; i < SEALED_VALUES; i++) {
        const SealedValue *row = &sealed_values[i];
        const int64_t value = sealed_value(parameters, i);
        if (value < row->min || value > row->max)
            return fail(
                E_INVALID, "meter: %s: %lld is not within %lld to %lld", row->name,
                (long long)value, (long long)row->min, (long long)row->max);
    }
    const int64_t divisions = parameters->max_u / parameters->e_u;
    if (!one_two_or_five(parameters->e_u))
        return fail(
            E_INVALID, "meter: e: %lld is not 1, 2 or 5 x 10^k", (long long)parameters->e_u);
    if (divisions < divisions_min(parameters) || divisions > DIVISIONS_MAX)
        return fail(
            E_INVALID, "meter: Max: %lld e is no class III scale: choose another e or Max",
            (long long)divisions);
    if (parameters->initial_zero_e > divisions / INITIAL_DIVIDE)
        return fail(E_INVALID, "meter: initial zero range: more than 20 %% of Max");
    for (int i = 0; i < parameters->cells; i++)
        if (parameters->gain[i] == 0)
            return fail(E_INVALID, "meter: cell %d has no gain: calibrate it", i);
    return check_linearity(parameters);
}

int64_t divided(Wide value, Wide by) {
    return (int64_t)(value < 0 ? -((-value + by / 2) / by) : (value + by / 2) / by);
}

/* At most 1e11 thousandths of a count from zero, twice, x 1e15 x 2e9 x 4 cells: within 2^127. */
static Wide scaled(const MeterParameters *parameters, int cell, int64_t mcounts) {
    return (Wide)(mcounts - parameters->zero_mcounts[cell]) * parameters->gain[cell] *
           parameters->span_ppb;
}

static const Wide SCALE = (Wide)INT64_C(1000000000000) * INT64_C(1000000000);

int64_t cell_load(const MeterParameters *parameters, int cell, int64_t mcounts) {
    return divided(scaled(parameters, cell, mcounts), SCALE);
}

int64_t straight_load(const MeterParameters *parameters, const int64_t mcounts[CELLS_MAX]) {
    Wide sum = 0;
    for (int i = 0; i < parameters->cells; i++)
        sum += scaled(parameters, i, mcounts[i]);
    return divided(sum, SCALE);
}

int64_t corrected(const MeterParameters *parameters, int64_t load_u) {
    int64_t from_u = 0, from_correction_u = 0;
    if (load_u <= 0) return load_u;
    for (int i = 0; i < parameters->points; i++) {
        const int64_t to_u = parameters->point_u[i], correction_u = parameters->correction_u[i];
        if (load_u <= to_u)
            return load_u + from_correction_u +
                   divided(
                       (Wide)(correction_u - from_correction_u) * (load_u - from_u), to_u - from_u);
        from_u = to_u;
        from_correction_u = correction_u;
    }
    return load_u + from_correction_u;
}

bool counts_to_load(const MeterParameters *parameters, const ScaleSample *sample, int64_t *load_u) {
    int64_t mcounts[CELLS_MAX] = {0};
    for (int i = 0; i < parameters->cells; i++) {
        const int32_t counts = sample->counts[i];
        if (!(sample->valid >> i & 1) || counts >= COUNTS_MAX || counts < -COUNTS_MAX) return false;
        mcounts[i] = (int64_t)counts * 1000;
    }
    *load_u = corrected(parameters, straight_load(parameters, mcounts));
    return true;
}
