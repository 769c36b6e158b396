/*
 * stage - one run under way: time advances a step, and whatever is due is weighed, drawn, written.
 *
 * The hand's choreography (hand.h) moves things and calls stage_step(); it knows nothing of
 * sensors.
 */
#pragma once

#include "plan.h"
#include "platform.h"
#include "recorder.h"
#include "scenery.h"
#include "session.h"

typedef struct StageHand {
    bool visible;
    Pose pose;
    double aperture_m;
    double shoulder[3];
} StageHand;

/* Waits for a load to act, or to be gone: the moment the truth calls the event. */
typedef struct StageWatch {
    bool on;
    int first, count; /* items */
    int sign;         /* +1 put in, -1 taken out */
    bool released;    /* +1: only contact after release counts */
    int64_t since;    /* step at which it began, or -1 */
} StageWatch;

typedef struct Stage {
    const SessionOptions *options;
    const Catalog *catalog;
    Props *props;
    Plan plan;
    World *world;
    Platform platform;
    Scenery scenery;
    Recorder *recorder;
    JpegWriter *jpeg;
    Scene scene;
    Camera camera[CAMERAS];
    Lens lens[CAMERAS];
    Eye *eye[CAMERAS];
    TruthInstance instance[WORLD_ITEMS_MAX + 2];
    int64_t step, start_ns;
    StageHand hand;
    StageWatch watch;
    bool shown[WORLD_ITEMS_MAX];  /* somewhere to be seen */
    bool inside[WORLD_ITEMS_MAX]; /* by the truth */
    int events, pictures;
    int64_t picture_ns;
} Stage;

/* Fills the stage around a plan; props are borrowed. On OK close with stage_close(). */
MUST_USE Status stage_open(
    Stage *stage,
    const SessionOptions *options,
    const Scenario *scenario,
    Props *props,
    int attempt);
/* Finishes the tape. */
MUST_USE Status stage_close(Stage *stage);

int64_t stage_now_ns(const Stage *stage);
MUST_USE Status stage_step(Stage *stage);
MUST_USE Status stage_wait(Stage *stage, double seconds);
MUST_USE Status stage_scan(Stage *stage, int32_t sku);
void stage_watch(Stage *stage, int first, int count, int sign);
/* The right receipt, as things are now. */
MUST_USE Status stage_write_basket(Stage *stage);
