/*
 * meter - the legal weight, and the price of what is sold by weight.
 *
 * Designed to support class III: a weight is a whole number of verification intervals e, it is
 * stable only if it has stayed within 1 e of where it began for the dwell, nothing is shown above
 * Max + 9 e or below -20 e, tare rounds to e, and gross - tare = net as displayed. Prices come from
 * the displayed net, in integers, rounded half up. It shares nothing with weigh: an estimate
 * identifies, only this prices. Grams are floating point once, where counts become milligrams; all
 * else is integer.
 *
 * There is no zero tracking. The zero may be set within 4 % of Max: once at the first stable weight
 * after start-up (a setting says how far), and by meter_zero.
 *
 * Pure: no clock, I/O, allocation. Threads: a state belongs to one thread. Units: counts of e,
 * grams, nanoseconds, minor units of money.
 */
#pragma once

#include "scale.h"
#include "settings.h"
#include "status.h"
#include "weight.h"

#include <stdbool.h>
#include <stdint.h>

#define METER_VERSION "1.0.0" /* raise it with every change to this room */

enum { METER_SAMPLES_MAX = 128 };

typedef struct MeterConfig {
    int dwell_ms;
    int filter_ms;
    int initial_zero_e;
} MeterConfig;

extern const Setting meter_settings[];

typedef struct MeterState {
    ScaleCalibration calibration;
    bool started, zeroed;
    int64_t last_ns;
    struct {
        int64_t t_ns, mg;
    } samples[METER_SAMPLES_MAX];
    int64_t count; /* samples since the last interruption */
    int64_t zero_mg;
    int64_t mean_mg;      /* filtered, above zero_mg */
    int64_t reference_mg; /* where the present calm began */
    int64_t calm_ns;      /* since when */
    int32_t tare;         /* counts of e */
    LegalWeight now;
} MeterState;

/* E_INVALID: a calibration without e, Max or usable cells. */
MUST_USE Status meter_init(MeterState *state, const ScaleCalibration *calibration);

/* Every sample, by rising t_ns. A sample that lacks a cell, or comes late, shows no number
 * (overload) or starts the dwell again. */
void meter_step(
    const MeterConfig *config, MeterState *state, const ScaleSample *sample, LegalWeight *out);

/* Take the gross as tare. E_INVALID: not stable, overloaded, or not above zero. */
MUST_USE Status meter_tare(MeterState *state);
void meter_clear_tare(MeterState *state);

/* Make the present gross zero. E_INVALID: not stable, a tare is set, or more than 4 % of Max off.
 */
MUST_USE Status meter_zero(MeterState *state);

/* net x unit price, half up. E_INVALID: negative net or price, no e. E_FULL: more than money holds.
 */
MUST_USE Status
meter_price(int32_t net_e, int32_t e_g, int64_t unit_price_minor_per_kg, int64_t *price_minor);
