/* calibrate.c - new parameters from known masses, or the reason why not. */
#include "meter_internal.h"

#include <string.h>

#define BLOCK       16 /* samples whose mean is looked at for motion */
#define SAMPLES_MIN 64
#define MASS_DIVIDE 5 /* a span is set with a fifth of Max or more */
#define PPB         INT64_C(1000000000)
#define GAIN_CHANGE (PPB / 5)
#define SOLVE_LIMIT (INT64_C(1) << 21) /* four such factors and 1e9 stay within 128 bits */
#define APART       100 /* loads at the quarters' centres have a determinant of 1/16 */

void meter_observe(
    const MeterParameters *parameters, MeterObservation *observation, const ScaleSample *sample) {
    int64_t load_u = 0;
    observation->broken |= !counts_to_load(parameters, sample, &load_u);
    for (int i = 0; i < parameters->cells; i++)
        observation->counts[i] += sample->counts[i];
    observation->block_u += load_u;
    if (++observation->samples % BLOCK != 0) return;
    const int64_t mean_u = divided(observation->block_u, BLOCK);
    const bool first = observation->samples == BLOCK;
    if (first || mean_u < observation->low_u) observation->low_u = mean_u;
    if (first || mean_u > observation->high_u) observation->high_u = mean_u;
    observation->block_u = 0;
}

static Status check_still(const MeterParameters *parameters, const MeterObservation *observation) {
    TRY(meter_check(parameters));
    if (observation->broken)
        return fail(E_INVALID, "meter: calibration: a cell does not answer: look at its cable");
    if (observation->samples < SAMPLES_MIN)
        return fail(
            E_INVALID, "meter: calibration: %lld samples: %d are needed",
            (long long)observation->samples, SAMPLES_MIN);
    if (observation->high_u - observation->low_u > parameters->e_u / 2)
        return fail(E_INVALID, "meter: calibration: the load moved: leave it alone and try again");
    return OK;
}

static int64_t mean_mcounts(const MeterObservation *observation, int cell) {
    return divided((Wide)observation->counts[cell] * 1000, observation->samples);
}

static void all_mcounts(const MeterObservation *observation, int64_t mcounts[CELLS_MAX]) {
    for (int i = 0; i < CELLS_MAX; i++)
        mcounts[i] = mean_mcounts(observation, i);
}

static int64_t straight(const MeterParameters *parameters, const MeterObservation *observation) {
    int64_t mcounts[CELLS_MAX];
    all_mcounts(observation, mcounts);
    return straight_load(parameters, mcounts);
}

/* -- zero, span ------------------------------------------------------------------------------- */

Status meter_calibrate_zero(MeterParameters *parameters, const MeterObservation *empty) {
    TRY(check_still(parameters, empty));
    for (int i = 0; i < parameters->cells; i++)
        parameters->zero_mcounts[i] = mean_mcounts(empty, i);
    return OK;
}

static Status check_mass(const MeterParameters *parameters, int64_t mass_u) {
    if (mass_u < parameters->max_u / MASS_DIVIDE || mass_u > parameters->max_u)
        return fail(
            E_INVALID, "meter: calibration: a mass of %lld is not within 1/%d of Max and Max",
            (long long)mass_u, MASS_DIVIDE);
    return OK;
}

Status
meter_calibrate_span(MeterParameters *parameters, const MeterObservation *loaded, int64_t mass_u) {
    TRY(check_mass(parameters, mass_u));
    TRY(check_still(parameters, loaded));
    const int64_t load_u = straight(parameters, loaded);
    if (load_u < mass_u / 2 || load_u > mass_u * 2)
        return fail(
            E_INVALID, "meter: span: a mass of %lld weighs %lld: is it the right one?",
            (long long)mass_u, (long long)load_u);
    const int64_t span_ppb = divided((Wide)parameters->span_ppb * mass_u, load_u);
    if (span_ppb < PPB / 2 || span_ppb > 2 * PPB)
        return fail(E_INVALID, "meter: span: off by more than a factor of two: check the cells");
    parameters->span_ppb = span_ppb;
    return OK;
}

/* -- corners ---------------------------------------------------------------------------------- */

typedef struct Square {
    int size;
    int64_t at[CELLS_MAX][CELLS_MAX];
} Square;

/* Elimination in whole numbers (Bareiss 1968): every division is exact. */
static Wide determinant(const Square *square) {
    Wide at[CELLS_MAX][CELLS_MAX] = {{0}}, last = 1;
    const int size = square->size;
    int sign = 1;
    for (int i = 0; i < size; i++)
        for (int k = 0; k < size; k++)
            at[i][k] = square->at[i][k];
    for (int pivot = 0; pivot < size - 1; pivot++) {
        int row = pivot;
        while (row < size && at[row][pivot] == 0)
            row++;
        if (row == size) return 0;
        for (int k = 0; k < size && row != pivot; k++) {
            const Wide kept = at[pivot][k];
            at[pivot][k] = at[row][k];
            at[row][k] = kept;
        }
        if (row != pivot) sign = -sign;
        for (int i = pivot + 1; i < size; i++)
            for (int k = pivot + 1; k < size; k++)
                at[i][k] = (at[i][k] * at[pivot][pivot] - at[i][pivot] * at[pivot][k]) / last;
        last = at[pivot][pivot];
    }
    return sign * at[size - 1][size - 1];
}

/* What each cell says of each load, and what all together lack, made small enough to solve. */
static void corner_loads(
    const MeterParameters *parameters,
    const MeterObservation *over,
    int64_t mass_u,
    Square *loads,
    int64_t lack[CELLS_MAX]) {
    const int size = (int)parameters->cells;
    int64_t by = 1;
    while (2 * mass_u / by > SOLVE_LIMIT)
        by *= 2;
    loads->size = size;
    for (int i = 0; i < size; i++) {
        for (int k = 0; k < size; k++)
            loads->at[i][k] = divided(cell_load(parameters, k, mean_mcounts(&over[i], k)), by);
        lack[i] = divided((Wide)mass_u - straight(parameters, &over[i]), by);
    }
}

static bool are_apart(const Square *loads, int64_t mass_u) {
    Wide least = 1, found = determinant(loads);
    int64_t by = 1;
    while (2 * mass_u / by > SOLVE_LIMIT)
        by *= 2;
    for (int i = 0; i < loads->size; i++)
        least *= mass_u / by;
    return (found < 0 ? -found : found) > least / APART;
}

Status
meter_calibrate_corners(MeterParameters *parameters, const MeterObservation *over, int64_t mass_u) {
    const int size = (int)parameters->cells;
    Square loads;
    int64_t lack[CELLS_MAX], gain[CELLS_MAX];
    TRY(meter_check(parameters));
    TRY(check_mass(parameters, mass_u));
    for (int i = 0; i < size; i++) {
        TRY(check_still(parameters, &over[i]));
        const int64_t load_u = straight(parameters, &over[i]);
        if (load_u < mass_u / 2 || load_u > mass_u * 2)
            return fail(
                E_INVALID, "meter: corner %d: a mass of %lld weighs %lld: set the span first", i,
                (long long)mass_u, (long long)load_u);
    }
    corner_loads(parameters, over, mass_u, &loads, lack);
    if (!are_apart(&loads, mass_u))
        return fail(E_INVALID, "meter: corners: too alike: put the mass over each cell in turn");
    const Wide whole = determinant(&loads), size_of = whole < 0 ? -whole : whole;
    for (int k = 0; k < size; k++) { /* Cramer's rule */
        Square replaced = loads;
        for (int i = 0; i < size; i++)
            replaced.at[i][k] = lack[i];
        const Wide part = determinant(&replaced);
        const int64_t change = divided((whole < 0 ? -part : part) * PPB, size_of);
        if (change > GAIN_CHANGE || change < -GAIN_CHANGE)
            return fail(E_INVALID, "meter: cell %d: off by more than a fifth: repair it", k);
        gain[k] = parameters->gain[k] + divided((Wide)parameters->gain[k] * change, PPB);
    }
    memcpy(parameters->gain, gain, (size_t)size * sizeof gain[0]);
    return OK;
}

/* -- linearity, and whether it came out ------------------------------------------------------- */

Status meter_calibrate_linearity(
    MeterParameters *parameters, const MeterObservation *loaded, const int64_t *mass_u, int count) {
    MeterParameters next = *parameters;
    if (count < 0 || count > METER_POINTS_MAX)
        return fail(
            E_INVALID, "meter: linearity: %d points: 0 to %d can be kept", count, METER_POINTS_MAX);
    next.points = count;
    for (int i = 0; i < METER_POINTS_MAX; i++) {
        next.point_u[i] = next.correction_u[i] = 0;
        if (i >= count) continue;
        TRY(check_still(parameters, &loaded[i]));
        next.point_u[i] = straight(parameters, &loaded[i]);
        next.correction_u[i] = mass_u[i] - next.point_u[i];
    }
    TRY(meter_check(&next));
    *parameters = next;
    return OK;
}

Status meter_calibrate_verify(
    const MeterParameters *parameters, const MeterObservation *loaded, int64_t mass_u) {
    static const struct {
        int64_t up_to_e, tenths_of_e;
    } errors[] = {{500, 5}, {2000, 10}, {10000, 15}};
    TRY(check_still(parameters, loaded));
    int row = 0;
    while (row < 2 && mass_u > errors[row].up_to_e * parameters->e_u)
        row++;
    const int64_t off_u = corrected(parameters, straight(parameters, loaded)) - mass_u;
    const int64_t most_u = parameters->e_u * errors[row].tenths_of_e / 10;
    if (off_u > most_u || off_u < -most_u)
        return fail(
            E_INVALID, "meter: a mass of %lld reads %lld off: %lld is allowed: calibrate again",
            (long long)mass_u, (long long)off_u, (long long)most_u);
    return OK;
}
