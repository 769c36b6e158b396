/*
 * reason - evidence in, beliefs out: which product, how many, in or out, and how sure.
 *
 * What comes in: weight steps, what each camera saw crossing the rim, codes, what is inside, and
 * time (every 100 ms or so), in order of Evidence.t_ns. What goes out: a Belief for every physical
 * event, once, as soon as the evidence suffices.
 *
 * One event = one weight step joined with the sightings around it. A sighting is one carried thing,
 * reported by up to every camera on its own: crossings of different cameras within cluster_ms whose
 * directions do not contradict. It joins the nearest step of its sign, before_ms before to after_ms
 * after it; a step nearer to it, or an event decided without its camera, keeps it away from others.
 * A step is decided when it is final and every camera that usually reports has reported, decide_ms
 * after it is final at the latest, or earlier when the cameras have reported and the answer is
 * already surer than early_p. What an early answer leaves of the final weight is a step of its own.
 *
 * The posterior is exact over the whole catalogue: h = (SKU k, quantity q) or unknown u,
 *
 *   log p(h | D) = log prior(h)
 *                + 1/rho * sum over cameras c of log[ (1-e) p_c(k) / p0(k) + e ]
 *                + log N(|delta|; q mu_k, q sigma_k^2 + (q b_k)^2 + sigma_step^2 + scale_sd^2)
 *                + constant
 *
 * mu, sigma, b: catalogue gross weight, pack-to-pack and batch deviations. p_c(k) is what identify
 * says of a thing's pictures: a posterior over p0 (looks_unknown_p for u, the rest even), so the
 * prior is divided out before it is used again. e = stray_p of the sightings are of something else,
 * which bounds what one camera can do. SKUs it does not list share what is left, at least miss_p,
 * and never exceed a listed one. Cameras' looks at one thing are correlated, so C of them count as
 * C / rho, rho = 1 + (C - 1) correlation (Kish's design effect). The weight of u is
 * log-uniform over 5 g..10 kg, that of goods sold by weight over 30 g..5 kg with q = 1. Quantities
 * 1..4 have prior proportional to quantity_p^(q-1).
 *   A code k of n unspent ones within scan_s: prior'(j) = (1 - e) [j among them] / n + e prior(j),
 * e = scan_wrong_p. It is spent when its product goes in. If the answer is another product, or the
 * looks put k more than scan_conflict below the best, the shopper is asked: tags get switched.
 *   Removal: only what is inside, up to its quantity; a weighed or unnamed line by its own weight.
 *   Variant group (one look, one weight): between members a looks gap g counts temper * g up to
 * variant_gap, and in full beyond it, so that sure-looking flavours stay hypotheses.
 *   Two hands: a second sighting at a step may be real (pair_p) or not. Pairs of different products
 * with one piece each are weighed by the sum of their loads; when the best pair beats the best
 * single by pair_margin the step becomes two beliefs, each with the other summed out.
 *   A sighting without a step is a shift inside, or something the scale cannot feel (unseen_g):
 * P(no step | k) = Phi((unseen_g - mu_k) / sd), against shift_p * mean looks of what is inside.
 * Source: the fusion rule of the design notes, "Vision + weight fusion" and "Basket reasoning";
 * tempering and tags are this file's own.
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
    double correlation, miss_p, looks_unknown_p, stray_p;
    double unknown_p, blind_unknown_p, taken_unknown_p, quantity_p;
    double scale_sd_g, minimum_g, unseen_g, pack_sd_p, weighed_sd_g;
    double scan_s, scan_wrong_p, scan_conflict;
    double variant_temper, variant_gap;
    double pair_p, pair_margin, shift_p;
} ReasonConfig;

extern const Setting reason_settings[];

enum {
    BELIEFS_MAX = 8,
    REASON_STEPS_MAX = 16,
    REASON_CROSSINGS_MAX = 48,
    REASON_SCANS_MAX = 16,
    REASON_PAST_MAX = 16
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
        double explained_g, explained_var;
    } past[REASON_PAST_MAX];
    Inside inside;
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
