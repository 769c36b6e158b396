/*
 * recorder - a run's tape: what the cart's sensors gave, and the truth beside it.
 *
 * Threads: one.
 */
#pragma once

#include "eye.h"
#include "scale.h"
#include "scan.h"
#include "tape.h"
#include "truth.h"

enum { CAMERAS = 3, TRUTH_ITEMS_MAX = 48 };

extern const char *const recorder_cameras[CAMERAS]; /* left, right, handle */

typedef struct Recorder Recorder;

/* A line of the right receipt. */
typedef struct TruthLine {
    const Product *product;
    int quantity;
    int32_t net_g; /* UNIT_WEIGHT: rounded to the division; else 0 */
    int64_t price_minor;
} TruthLine;

/* What goes along, and what of it the cart cannot have in its basket. */
typedef struct TruthBasket {
    int count, things, belows;
    TruthLine line[TRUTH_ITEMS_MAX];
    const char *thing[TRUTH_ITEMS_MAX];    /* in the basket, in no catalogue */
    const Product *below[TRUTH_ITEMS_MAX]; /* on the receipt, not in the basket */
    double load_g;
} TruthBasket;

/* Beside a TruthEvent: who did it and how. */
typedef struct TruthDetail {
    const char *kind; /* add, remove, or a kind of theft */
    bool thief;
    const char *thing; /* what it is where there is no GTIN, else NULL */
    bool on_scale;
} TruthDetail;

/* The load that really acts, over the last 50 ms. */
typedef struct TruthLoad {
    double load_g;    /* mean */
    double swing_g;   /* highest less lowest */
    bool undisturbed; /* nobody pushes or pulls at what is on the platform */
} TruthLoad;

/* What an instance is. */
typedef struct TruthInstance {
    const char *kind; /* item or hand */
    const char *gtin; /* "": in no catalogue; NULL: a hand */
} TruthInstance;

/* pictures: whether there are cameras at all. On OK finish with recorder_finish(). */
MUST_USE Status recorder_open(Recorder **out, const char *path, bool pictures);
/* Writes the index; gone whatever is returned. NULL is fine. */
MUST_USE Status recorder_finish(Recorder *recorder);

MUST_USE Status
recorder_note(Recorder *recorder, const char *const *keys, const char *const *values, int count);
MUST_USE Status recorder_camera(
    Recorder *recorder,
    int camera,
    int64_t t_ns,
    const Camera *place,
    const Lens *lens,
    int width,
    int height);
MUST_USE Status
recorder_picture(Recorder *recorder, int camera, int64_t t_ns, const uint8_t *jpeg, size_t size);
/* instances from 1, as in the sight. */
MUST_USE Status recorder_boxes(
    Recorder *recorder,
    int camera,
    int64_t t_ns,
    const Sight *sight,
    const TruthInstance *instances,
    int count);
MUST_USE Status
recorder_calibration(Recorder *recorder, int64_t t_ns, const ScaleCalibration *calibration);
MUST_USE Status recorder_scale(Recorder *recorder, const ScaleSample *sample);
MUST_USE Status recorder_imu(Recorder *recorder, const ImuSample *sample);
MUST_USE Status recorder_scan(Recorder *recorder, const Scan *scan);
MUST_USE Status
recorder_event(Recorder *recorder, const TruthEvent *event, const TruthDetail *detail);
MUST_USE Status recorder_basket(Recorder *recorder, int64_t t_ns, const TruthBasket *basket);
MUST_USE Status recorder_load(Recorder *recorder, int64_t t_ns, const TruthLoad *load);
