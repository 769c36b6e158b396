/* settings.c - the reasoner's rows. */
#include "reason.h"

const Setting reason_settings[] = {
    SETTING_BOOL(ReasonConfig, vision, "true", "believe the cameras"),
    SETTING_BOOL(ReasonConfig, weight, "true", "believe the scale"),
    SETTING_BOOL(ReasonConfig, scan, "true", "believe scanned codes"),
    SETTING_INT(
        ReasonConfig,
        cameras,
        "0",
        0,
        CAMERAS_MAX,
        "cameras that watch the basket, 0: those that report"),
    SETTING_REAL(
        ReasonConfig,
        before_ms,
        "2500",
        0,
        10000,
        "a sighting may be this much older than its weight step, ms"),
    SETTING_REAL(
        ReasonConfig,
        after_ms,
        "1500",
        0,
        10000,
        "a sighting may be this much newer than its weight step, ms"),
    SETTING_REAL(
        ReasonConfig,
        cluster_ms,
        "1200",
        0,
        10000,
        "crossings of different cameras within this are one thing, ms"),
    SETTING_REAL(
        ReasonConfig,
        decide_ms,
        "700",
        0,
        10000,
        "longest wait for cameras after a step is final, ms"),
    SETTING_REAL(
        ReasonConfig, unseen_ms, "2500", 0, 20000, "wait for a weight step after a sighting, ms"),
    SETTING_REAL(
        ReasonConfig,
        stale_ms,
        "4000",
        100,
        60000,
        "a step that never gets final is decided after this, ms"),
    SETTING_REAL(
        ReasonConfig, accept_p, "0.90", 0.5, 1, "least probability to accept without asking"),
    SETTING_REAL(
        ReasonConfig,
        set_p,
        "0.98",
        0.5,
        1,
        "probability the choices of a question reach together"),
    SETTING_REAL(
        ReasonConfig,
        early_p,
        "0.99",
        0.5,
        1,
        "least probability to decide before a step is final"),
    SETTING_REAL(
        ReasonConfig,
        solo_p,
        "0.8",
        0,
        1,
        "without a scale: confidence at which one camera of several is enough"),
    SETTING_REAL(
        ReasonConfig, correlation, "0.5", 0, 1, "of the looks two cameras have at one thing"),
    SETTING_REAL(
        ReasonConfig, view_correlation, "0.4", 0, 1, "of the looks one camera has at one thing"),
    SETTING_REAL(
        ReasonConfig,
        miss_p,
        "0.03",
        1e-6,
        0.5,
        "probability that the looks do not list the product"),
    SETTING_REAL(
        ReasonConfig,
        unknown_p,
        "0.02",
        1e-6,
        0.5,
        "prior of something the catalogue does not have"),
    SETTING_REAL(
        ReasonConfig,
        taken_unknown_p,
        "0.001",
        1e-9,
        0.5,
        "prior of taking out something that is not known to be inside"),
    SETTING_REAL(
        ReasonConfig,
        looks_unknown_p,
        "0.5",
        1e-6,
        0.99,
        "share of unknown things that identify's probabilities were fitted with"),
    SETTING_REAL(
        ReasonConfig, stray_p, "0.1", 0, 0.9, "share of sightings that show something else"),
    SETTING_REAL(
        ReasonConfig,
        blind_unknown_p,
        "0.2",
        1e-6,
        0.9,
        "the same when no camera saw anything carried"),
    SETTING_REAL(
        ReasonConfig, quantity_p, "0.1", 1e-6, 1, "odds of one piece more in one movement"),
    SETTING_REAL(
        ReasonConfig, scale_sd_g, "1", 0.01, 100, "deviation added to every weight step, g"),
    SETTING_REAL(
        ReasonConfig, minimum_g, "5", 0, 1000, "a smaller step that nobody saw has no product, g"),
    SETTING_REAL(
        ReasonConfig, unseen_g, "6", 0.1, 1000, "smallest change the scale is sure to report, g"),
    SETTING_REAL(
        ReasonConfig,
        pack_sd_p,
        "0.01",
        1e-4,
        0.5,
        "pack to pack deviation where the catalogue has none, part of gross"),
    SETTING_REAL(
        ReasonConfig,
        odd_pack_p,
        "0.05",
        0.0001,
        0.5,
        "packs that deviate four times as much as the catalogue says"),
    SETTING_REAL(
        ReasonConfig,
        weighed_sd_g,
        "3",
        0.1,
        100,
        "deviation of a weighed line when it is taken out, g"),
    SETTING_REAL(ReasonConfig, scan_s, "15", 0, 600, "a code waits this long for its product, s"),
    SETTING_REAL(
        ReasonConfig,
        scan_late_ms,
        "500",
        0,
        10000,
        "a code this long after an event may be for the next, ms"),
    SETTING_REAL(
        ReasonConfig,
        scan_wrong_p,
        "0.02",
        1e-6,
        0.5,
        "probability that what goes in is not what was scanned"),
    SETTING_REAL(
        ReasonConfig,
        scan_conflict,
        "4",
        0,
        100,
        "looks that put a code this far below the best contradict it, nats"),
    SETTING_REAL(
        ReasonConfig,
        variant_temper,
        "0.25",
        0,
        1,
        "part of the looks that counts between variants"),
    SETTING_REAL(
        ReasonConfig,
        variant_gap,
        "6",
        0,
        100,
        "looks gap between variants past which it counts in full, nats"),
    SETTING_REAL(
        ReasonConfig,
        pair_p,
        "0.3",
        1e-6,
        0.9,
        "prior that a second sighting belongs to the same step"),
    SETTING_REAL(
        ReasonConfig, pair_margin, "3", 0, 100, "a pair must beat the best single by this, nats"),
    SETTING_REAL(
        ReasonConfig,
        shift_p,
        "0.5",
        1e-6,
        0.999,
        "prior that a sighting without weight is a shift"),
    SETTING_END};
