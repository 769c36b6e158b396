/*
 * meter - the legal weight, and the price of what is sold by weight.
 *
 * Designed to support class III weighing instruments (OIML R 76-1, EN 45501, NIST Handbook 44);
 * which rule is which function and which test is in docs/meter.md. It shares nothing with weigh: an
 * estimate identifies, only this prices. No other room computes a net weight or its rounding.
 *
 * In: counts of the load cells, accelerations, sealed parameters. Out: a LegalWeight per sample,
 * nets of single adds, prices, tickets, entries of the event log. Whole numbers throughout: there
 * is no floating point in this room. Masses are in millionths of the unit (suffix _u: milligrams,
 * or micropounds), displayed ones in counts of e. Every quotient is rounded to the nearest, halves
 * away from zero, and once: counts become a load in one 128 bit product and one division.
 *
 * Seal. Parameters reach a meter only through a MeterSeal, and a seal changes only by
 * meter_seal_change(), which raises the calibration or configuration counter and makes one log
 * entry per changed value, chained by SHA-256. Replaying the log with meter_seal_check() gives the
 * seal back; an entry changed, moved or missing in between is refused. Neither counter can be set.
 *
 * Weighed adds. Goods already aboard are balanced out, not subtracted as displayed: meter_step()
 * names every load that has settled (its mean to e/4, finer than "stable"), and meter_add()
 * takes the settled load before as zero and the one after as the add: gross is their difference
 * rounded once, a bag's preset tare is rounded to e, net = gross - tare. So a lemon among 30 kg is
 * right to half an e of its own, where the difference of two displayed grosses is right to one.
 *
 * One range and one interval: multi-interval and multiple range instruments are out of scope.
 *
 * Pure: no clock, I/O, allocation. Threads: a state or seal belongs to one thread.
 */
#pragma once

#include "seal.h"
#include "settings.h"
#include "status.h"
#include "weight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METER_VERSION "2.0.0" /* raise it with every change to this room */

enum {
    METER_SAMPLES_MAX = 128,
    METER_POINTS_MAX = 5,
    METER_CHANGES_MAX = 40, /* entries one change of the seal can make */
    METER_TEXT_BYTES = 32
};

/* SHA-256 of this room's sources as they were compiled, 64 hex digits. */
const char *meter_hash(void);

/* -- parameters ------------------------------------------------------------------------------- */

/* The settings' part of the parameters. */
typedef struct MeterConfig {
    int dwell_ms, filter_ms, initial_zero_e, tracking_permille, tilt_mrad;
} MeterConfig;

extern const Setting meter_settings[];

/* Everything under the seal. A load is
 *     span/1e9 x sum over cells of gain/1e9 x (counts - zero_mcounts/1000)
 * plus a correction drawn through (0, 0) and the points in straight lines, level after the last. */
typedef struct MeterParameters {
    int64_t unit;                    /* MassUnit */
    int64_t e_u;                     /* 1, 2 or 5 x 10^k */
    int64_t max_u;                   /* Max */
    int64_t dwell_ms;                /* a weight is stable after so long within +-1 e */
    int64_t filter_ms;               /* samples averaged into a weight */
    int64_t initial_zero_e;          /* the first stable weight is zero if not further off */
    int64_t tracking_permille;       /* zero tracking, thousandths of e per second; 0: none */
    int64_t tilt_mrad;               /* nothing is weighed beyond; 0: tilt is not looked at */
    int64_t cells;                   /* 1..CELLS_MAX */
    int64_t span_ppb;                /* 1e9: as the gains say */
    int64_t zero_mcounts[CELLS_MAX]; /* thousandths of a count, empty platform */
    int64_t gain[CELLS_MAX];         /* 1e-9 u per count */
    int64_t points;                  /* of the linearity correction; 0: none */
    int64_t point_u[METER_POINTS_MAX];
    int64_t correction_u[METER_POINTS_MAX]; /* added at point_u */
} MeterParameters;

/* Settings into parameters; the rest is left as it is. */
void meter_configure(MeterParameters *parameters, const MeterConfig *config);

/* E_INVALID: not a class III scale, or one that cannot weigh; the sentence says which value. */
MUST_USE Status meter_check(const MeterParameters *parameters);

/* -- seal ------------------------------------------------------------------------------------- */

typedef struct MeterSeal { /* all zero: as the scale was made */
    MeterParameters parameters;
    int64_t sequence; /* of the last entry */
    int64_t calibration_count, configuration_count;
    uint8_t program[SEAL_HASH_BYTES]; /* the meter that last changed it */
    uint8_t hash[SEAL_HASH_BYTES];    /* of the last entry */
} MeterSeal;

/* Make `wanted` the sealed parameters. Entries for what differs go to out, among them one when this
 * program is not the one that last changed the seal; the calibration and configuration counters
 * rise by one each when a value of theirs differs. Nothing differs: no entries.
 * E_INVALID: as meter_check(), or nobody did it; the seal is as it was. */
MUST_USE Status meter_seal_change(
    MeterSeal *seal,
    const MeterParameters *wanted,
    int64_t t_ns,
    const char *who,
    SealEntry out[METER_CHANGES_MAX],
    int *count);

/* The next entry of a log, as it was kept. E_CORRUPT: it does not follow, or is not what was
 * written; the seal is as it was. */
MUST_USE Status meter_seal_check(MeterSeal *seal, const SealEntry *entry);

/* A whole log from its first entry. */
MUST_USE Status meter_seal_verify(const SealEntry *entries, int64_t count, MeterSeal *out);

/* What an entry is about: "gain of cell 2". Never NULL. */
const char *meter_seal_name(const SealEntry *entry);

/* -- weighing --------------------------------------------------------------------------------- */

typedef struct MeterState {
    MeterParameters parameters;
    int64_t calibration_count;
    bool started, zeroed;
    int64_t last_ns;
    struct {
        int64_t t_ns, load_u;
    } samples[METER_SAMPLES_MAX];
    int64_t count;   /* samples since the last interruption */
    int64_t load_u;  /* filtered, above the calibrated zero */
    int64_t zero_u;  /* where zero is now, above the calibrated one */
    int64_t moved_u; /* of that, by setting and tracking */
    int64_t rest;    /* of the tracking allowance, below 1 u */
    int64_t calm_ns; /* since when the weight keeps within 2 e from low to high */
    int64_t low_u, high_u;
    int64_t block_ns, block_sum_u, block_count;  /* the half dwell being averaged */
    int64_t held_sum_u, held_count, held_blocks; /* those that agree */
    int64_t settled_ns;                          /* when they were enough; 0: not yet */
    bool leveled;                                /* an accelerometer has spoken */
    int64_t level_ns;                            /* when last */
    int64_t accel[3];                            /* smoothed, 1/256 mm/s^2 */
    bool leaned;
    int64_t lean_ns; /* when last too far */
    int32_t tare;    /* counts of e */
    bool preset, one_shot, loaded;
    LegalWeight now;
} MeterState;

/* E_INVALID: as meter_check(). */
MUST_USE Status meter_init(MeterState *state, const MeterSeal *seal);

/* Every sample, by rising t_ns. One that lacks a cell shows no number (overload); one that comes
 * late, or after a gap, starts the dwell again. */
void meter_step(MeterState *state, const ScaleSample *sample, LegalWeight *out);

/* An acceleration in the platform's axes, mm/s^2, z up; from the next sample on nothing is weighed
 * while the platform leans too far, and for the dwell after. Without any, tilt is not known and a
 * level indicator is needed; an accelerometer that falls silent for a second counts as tilt. */
void meter_level(MeterState *state, int64_t t_ns, const int32_t accel_mmps2[3]);

/* Make the present gross zero. E_INVALID: not stable, a tare is set, or beyond 4 % of Max in all.
 */
MUST_USE Status meter_zero(MeterState *state);

/* Take the gross as tare; one_shot: only until the load has left. A tare may grow, never shrink but
 * by meter_clear_tare(). E_INVALID: not stable, nothing there, less than the present tare. */
MUST_USE Status meter_tare(MeterState *state, bool one_shot);

/* A tare known beforehand, rounded to e. E_INVALID: negative, above Max, or a tare is set. */
MUST_USE Status meter_preset_tare(MeterState *state, int64_t tare_u, bool one_shot);
void meter_clear_tare(MeterState *state);

/* What was put in between two settled loads, with a preset tare; its net may be negative.
 * E_INVALID: a load is not settled, the second is not later, they were weighed under different
 * seals, or the tare is negative. */
MUST_USE Status
meter_add(const SettledLoad *before, const SettledLoad *after, int64_t tare_u, LegalWeight *out);

/* -- prices ----------------------------------------------------------------------------------- */

/* net x e x unit price (minor units per kg or lb), half up. E_INVALID: negative net or price, no e.
 * E_FULL: more than money holds. */
MUST_USE Status
meter_price(int32_t net, int32_t e_u, int64_t unit_price_minor, int64_t *price_minor);

/* The price of a weight as displayed, from its net; for a panel on every weight, so that it follows
 * the load. E_INVALID, with the reason: in motion, tilted, over, under, negative net. */
MUST_USE Status
meter_price_of(const LegalWeight *weight, int64_t unit_price_minor, int64_t *price_minor);

/* What a receipt must say of one weighing. */
typedef struct MeterTicket {
    int64_t sequence, t_ns;
    MassUnit unit;
    int32_t e_u, gross, tare, net; /* counts of e */
    bool preset;
    int64_t unit_price_minor, price_minor;
    int64_t calibration_count, configuration_count;
    char version[16], hash[65];
} MeterTicket;

/* E_INVALID: as meter_price_of(), or nothing was weighed. E_FULL: as meter_price(). */
MUST_USE Status meter_ticket(
    const LegalWeight *weight,
    const MeterSeal *seal,
    int64_t sequence,
    int64_t unit_price_minor,
    MeterTicket *out);

/* "0.725 kg", with the decimals of e. */
void meter_text(int32_t counts, int32_t e_u, MassUnit unit, char out[METER_TEXT_BYTES]);

/* -- calibration: proposals, which only meter_seal_change() makes true ------------------------- */

/* Samples of one still load, averaged. All zero: none yet. The parameters are such as meter_check()
 * accepts; where they are not, the calibrations below refuse them. */
typedef struct MeterObservation {
    int64_t samples;
    int64_t counts[CELLS_MAX];      /* summed */
    int64_t block_u, low_u, high_u; /* of means of 16, to see motion */
    bool broken;                    /* a cell did not answer */
} MeterObservation;

void meter_observe(
    const MeterParameters *parameters, MeterObservation *observation, const ScaleSample *sample);

/* Each changes *parameters only on OK. E_INVALID, with the reason: too few samples, motion, a cell
 * that does not answer, or what each says. */

/* The empty platform. */
MUST_USE Status meter_calibrate_zero(MeterParameters *parameters, const MeterObservation *empty);

/* A known mass of at least a fifth of Max; the span may change to between half and double. */
MUST_USE Status
meter_calibrate_span(MeterParameters *parameters, const MeterObservation *loaded, int64_t mass_u);

/* The same mass over each cell in turn, as many observations as cells: the gains that make it weigh
 * the same everywhere. Refused: too near the middle, or a gain off by more than a fifth. */
MUST_USE Status
meter_calibrate_corners(MeterParameters *parameters, const MeterObservation *over, int64_t mass_u);

/* `count` known masses, rising. Refused: out of order, or a correction beyond 1 % of Max. */
MUST_USE Status meter_calibrate_linearity(
    MeterParameters *parameters, const MeterObservation *loaded, const int64_t *mass_u, int count);

/* Refused: the load is further off than a new scale may be (R 76-1, 3.5.1: 0.5, 1 or 1.5 e). */
MUST_USE Status meter_calibrate_verify(
    const MeterParameters *parameters, const MeterObservation *loaded, int64_t mass_u);
