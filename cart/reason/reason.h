/*
 * reason - evidence in, beliefs out: which product, how many, in or out, and how sure.
 *
 * What comes in: weight steps, what each camera saw crossing the rim, codes, what is inside, and
 * time (every 100 ms or so), in order of Evidence.t_ns. What goes out: a Belief for every physical
 * event, once, as soon as the evidence suffices.
 *
 * One event = one weight step joined with the crossings around it: those of its sign, before_ms
 * before to after_ms after it, unless another step is nearer or an event was decided without their
 * camera. A camera may tell several (a hand that hides a pack breaks its track in two; packs
 * shift); which of them is the thing is summed over, weighed by distance in time and by confidence.
 * A crossing told again replaces what it said before.
 * A step is decided when it is final and every camera that usually reports has reported, decide_ms
 * after it is final at the latest, or earlier when a camera has reported and the answer is already
 * surer than early_p. What an early answer leaves of the final weight is a step of its own.
 *
 * The posterior is exact over the whole catalogue: h = (SKU k, quantity q) or unknown u,
 *
 *   log p(h | D) = log prior(h)
 *                + 1/rho * sum over cameras c of log sum_j w_j [ (1-e) p_j(k) / p0(k) + e ]
 *                + log N(|delta|; q mu_k, q sigma_k^2 + (q b_k)^2 + sigma_step^2 + scale_sd^2)
 *                + constant
 *
 * mu, sigma, b: catalogue gross weight, pack-to-pack and batch deviations. p_j(k) is what identify
 * says of crossing j's pictures: a posterior over p0 (looks_unknown_p for u, the rest even), so the
 * prior is divided out before it is used again. w_j sums to 1 over a camera's crossings. e of the
 * crossings are of something else: stray_p, or as many as their confidence leaves; that bounds what
 * one camera can do. SKUs it does not list share what is left, at least miss_p, and never exceed a
 * listed one. Looks at one thing are correlated: n views of a camera sharpen its p_j as n / rho_n,
 * and C cameras count as C / rho_C, rho_N = 1 + (N - 1) correlation (Kish's design effect). The
 * weight of u is log-uniform over 5 g..10 kg, that of goods sold by weight over 30 g..5 kg with
 * q = 1. Of the packs odd_pack_p are odd: four times the deviations. Quantities 1..4 have prior
 * proportional to quantity_p^(q-1).
 *
 *  A code k of n unspent ones within scan_s: prior'(j) = (1 - e) [j among them] /
 * n + e prior(j), e = scan_wrong_p. It is spent when its product goes in. If the answer is another
 * product, or the looks put k more than scan_conflict below the best, the shopper is asked: tags
 * get switched. A code read more than scan_late_ms after the event is as likely the next thing's: e
 * = 1/2, and it obliges nobody. Removal: only what is inside, up to its quantity; a weighed or
 * unnamed line by its own weight. Variant group (one look, one weight): between members a looks gap
 * g counts temper * g up to variant_gap, and in full beyond it, so that sure-looking flavours stay
 * hypotheses. Two hands: a sighting is one carried thing, crossings of different cameras within
 * cluster_ms whose directions do not contradict. A second one at a step may be real (pair_p) or
 * not. Pairs of different products with one piece each are weighed by the sum of their loads; when
 * the best pair beats the best single by pair_margin the step becomes two beliefs, each with the
 * other summed out. A sighting without a step is a shift inside, or something the scale cannot feel
 * (unseen_g): P(no step | k) = Phi((unseen_g - mu_k) / sd), against shift_p * mean looks of what is
 * inside. Source: the fusion rule of the design notes, "Vision + weight fusion" and "Basket
 * reasoning"; tempering and tags are this file's own.
 *
 * Accepted when the best product reaches accept_p; otherwise asked with the smallest set reaching
 * set_p. Any sensor may be switched off: without weight an event is the agreement of the cameras;
 * without vision a product is told by weight and codes; with codes alone each one is an add.
 *
 * Pure: no clock, I/O, allocation or globals. Threads: a state belongs to one.
 */
#pragma once

#include "belief.h"
#include "catalog.h"
#include "evidence.h"
#include "frame.h"
#include "settings.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ReasonConfig {
    bool vision, weight, scan; /* which sensors to believe */
    int cameras;
    double before_ms, after_ms, cluster_ms, decide_ms, unseen_ms, stale_ms;
    double accept_p, set_p, early_p, solo_p;
    double correlation, view_correlation, miss_p, looks_unknown_p, stray_p;
    double unknown_p, blind_unknown_p, taken_unknown_p, quantity_p;
    double scale_sd_g, minimum_g, unseen_g, pack_sd_p, odd_pack_p, weighed_sd_g;
    double scan_s, scan_late_ms, scan_wrong_p, scan_conflict;
    double variant_temper, variant_gap;
    double pair_p, pair_margin, shift_p;
} ReasonConfig;

extern const Setting reason_settings[];

enum {
    BELIEFS_MAX = 8,
    REASON_STEPS_MAX = 16,
    REASON_CROSSINGS_MAX = 48,
    REASON_SCANS_MAX = 16,
    REASON_PAST_MAX = 16,
    REASON_PIECES_MAX = 128
};

typedef struct Beliefs {
    int count;
    Belief at[BELIEFS_MAX];
} Beliefs;

typedef struct ReasonState {
    int64_t now_ns;
    int32_t event;           /* the last one given */
    uint32_t cameras;        /* bits: those that usually report */
    int missed[CAMERAS_MAX]; /* events in a row a camera did not report */
    int step_count;          /* undecided weight steps, oldest first */
    struct {
        WeightStep step;
        int64_t known_ns; /* first heard of */
        int64_t final_ns; /* heard to be final */
    } steps[REASON_STEPS_MAX];
    int crossing_count; /* not yet explained, by t_ns */
    struct {
        Crossing crossing;
        int64_t known_ns;
    } crossings[REASON_CROSSINGS_MAX];
    int scan_count; /* not yet spent, oldest first */
    struct {
        ScanEvidence scan;
        int64_t t_ns;
    } scans[REASON_SCANS_MAX];
    int past_count; /* decided events, oldest first */
    struct ReasonPast {
        int64_t t_ns;
        int sign;
        uint32_t cameras; /* bits: those that reported it */
        int32_t step;     /* weight step id; -1: none */
        bool settled;     /* the step was final */
        int64_t decided_ns;
        double measured_g, measured_var; /* size of the change; 0: no scale */
        bool booked;                     /* the pieces inside have heard of it */
        double explained_g, explained_var;
    } past[REASON_PAST_MAX];
    Inside inside;
    int piece_count; /* pieces inside whose own weight is known, oldest first */
    struct {
        int32_t sku;
        int32_t step; /* id of the weight step it went in by */
        double grams, var;
    } pieces[REASON_PIECES_MAX];
} ReasonState;

void reason_init(ReasonState *state);

/* One piece of evidence. *out gets what was settled by it, usually nothing. Words from other rooms
 * that cannot be true (a SKU beyond the catalogue, a weight that is not a number) are passed over.
 */
void reason_step(
    const ReasonConfig *config,
    const Catalog *catalog,
    ReasonState *state,
    const Evidence *evidence,
    Beliefs *out);
