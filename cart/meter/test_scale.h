/* test_scale.h - a platform on four cells for the meter's tests: 400 counts to a thousandth of the
 * unit (a gram, of kg), every other cell wired the wrong way round, 80 samples a second. */
#pragma once

#include "meter.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

typedef struct Bench {
    MeterParameters parameters;
    MeterSeal seal;
    MeterState state;
    LegalWeight weight;
    int64_t t_ns;
    double share[CELLS_MAX]; /* of the load on each cell */
    double wrong[CELLS_MAX]; /* what a cell says over what it should */
} Bench;

static inline MeterParameters parameters_of(MassUnit unit, int64_t e_u, int64_t max_u) {
    MeterConfig config;
    MeterParameters parameters = {
        .unit = unit, .e_u = e_u, .max_u = max_u, .cells = 4, .span_ppb = 1000000000};
    for (const Setting *row = meter_settings; row->type != SETTING_IS_END; row++)
        *(int *)(void *)((char *)&config + row->offset) = atoi(row->fallback);
    meter_configure(&parameters, &config);
    for (int i = 0; i < 4; i++) {
        parameters.gain[i] = (i % 2 ? -1 : 1) * INT64_C(2500000000);
        parameters.zero_mcounts[i] = INT64_C(20000500) * i;
    }
    return parameters;
}

/* Seal the bench's parameters and start the meter. */
static inline void start(Bench *bench) {
    SealEntry entries[METER_CHANGES_MAX];
    int count;
    const Status status =
        meter_seal_change(&bench->seal, &bench->parameters, bench->t_ns, "bench", entries, &count);
    if (status != OK) printf("# %s\n", fail_reason());
    CHECK(status == OK && meter_init(&bench->state, &bench->seal) == OK);
}

static inline void set_up_unit(Bench *bench, MassUnit unit, int64_t e_u, int64_t max_u) {
    *bench = (Bench){
        .parameters = parameters_of(unit, e_u, max_u),
        .t_ns = SECOND,
        .share = {0.25, 0.25, 0.25, 0.25},
        .wrong = {1, 1, 1, 1}};
    start(bench);
}

static inline void set_up(Bench *bench, int64_t e_g, int64_t max_g) {
    set_up_unit(bench, MASS_KG, e_g * 1000, max_g * 1000);
}

static inline ScaleSample sample_of(const Bench *bench, double g) {
    ScaleSample sample = {.t_ns = bench->t_ns, .valid = 15, .temperature_c = NAN};
    for (int k = 0; k < 4; k++) {
        const double counts = (k % 2 ? -400 : 400) * g * bench->share[k] * bench->wrong[k];
        sample.counts[k] = (int32_t)lrint(20000.5 * k + counts);
    }
    return sample;
}

static inline void weigh(Bench *bench, double g, int samples) {
    for (int i = 0; i < samples; i++) {
        bench->t_ns += SECOND / 80;
        const ScaleSample sample = sample_of(bench, g);
        meter_step(&bench->state, &sample, &bench->weight);
    }
}

/* A weight at a place of a square platform, x and y from -1 to 1. */
static inline void put_at(Bench *bench, double x, double y) {
    for (int k = 0; k < 4; k++)
        bench->share[k] = (1 + (k % 2 ? x : -x)) * (1 + (k / 2 ? y : -y)) / 4;
}

static inline MeterObservation observe(const Bench *bench, double g, int samples) {
    MeterObservation observation = {0};
    const ScaleSample sample = sample_of(bench, g);
    for (int i = 0; i < samples; i++)
        meter_observe(&bench->parameters, &observation, &sample);
    return observation;
}
