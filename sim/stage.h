/*
 * stage - one run under way: time advances a step, and whatever is due is weighed, drawn, written.
 *
 * Whoever plays on it (hand.h, conditions.h) moves things and calls stage_step(); they know nothing
 * of sensors. What physics must be told of what hands hold and press is told here, each step.
 */
#pragma once

#include "plan.h"
#include "platform.h"
#include "recorder.h"
#include "scenery.h"
#include "session.h"

enum { HANDS = 2, NO_HAND = -1, CONDITIONS_MAX = 16 };
#define LOAD_LOOK_S 0.05
#define STEP_NS     INT64_C(1250000) /* WORLD_STEP_S */

typedef struct StageHand {
    bool visible;
    Pose pose;
    double aperture_m;
    double shoulder[3];
} StageHand;

/* Where an item is, by the truth. */
typedef enum Whereabouts {
    ITEM_AWAY,
    ITEM_INSIDE,   /* in the basket, and on the scale */
    ITEM_OVER_RIM, /* hangs over the rim, and loads the scale */
    ITEM_BELOW     /* under the basket: goes along, loads nothing */
} Whereabouts;

typedef struct StageItem {
    Whereabouts at;
    bool shown; /* somewhere to be seen */
    int hand;   /* that holds it, or NO_HAND */
    bool touching;
    Pose in_hand;
    Pose rests; /* over the rim or below: physics does not know it */
} StageItem;

/* Waits for a load to act, or to be gone: the moment the truth calls the event. One for each hand.
 */
typedef struct StageWatch {
    bool on;
    int first, count; /* items */
    int sign;         /* +1 put in, -1 taken out */
    Theft theft;
    bool released; /* +1: only contact after release counts */
    int64_t since; /* step at which it began, or -1 */
} StageWatch;

/* What a hand presses the cart with: downwards, not all at once. */
typedef struct StagePress {
    double x_m, y_m;
    double wanted_n, now_n;
} StagePress;

/* Something that ends by itself. */
typedef struct StageCondition {
    const Move *move; /* NULL: none */
    int64_t until;    /* step */
} StageCondition;

typedef struct StageLoad {
    double sum_g, least_g, most_g;
    int steps;
    int rested; /* looks in a row in which nothing swung: LOAD_LOOK_S each */
} StageLoad;

typedef struct Stage {
    const SessionOptions *options;
    const Catalog *catalog;
    Props *props;
    Plan plan;
    const Prop *prop[WORLD_ITEMS_MAX];
    World *world;
    Platform platform;
    Scenery scenery;
    Recorder *recorder;
    JpegWriter *jpeg;
    Scene scene;
    Camera camera[CAMERAS];
    Lens lens[CAMERAS];
    Eye *eye[CAMERAS];
    TruthInstance instance[WORLD_ITEMS_MAX + HANDS + 1];
    int64_t step, start_ns;
    StageHand hand[HANDS];
    StageItem item[WORLD_ITEMS_MAX];
    StageWatch watch[HANDS];
    StagePress press[HANDS];
    Ride ride; /* where the shopper wants the cart to be */
    StageCondition condition[CONDITIONS_MAX];
    bool scanner_silent;
    StageLoad load;
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
/* Everything that is due now, then physics by a step. */
MUST_USE Status stage_step(Stage *stage);
MUST_USE Status stage_wait(Stage *stage, double seconds);
MUST_USE Status stage_scan(Stage *stage, int32_t sku);

/* From now on this hand has the item, at `in_hand` in the hand's frame; touching as world_hold().
 */
void stage_hold(Stage *stage, int hand, int item, const Pose *in_hand, bool touching);
/* Let go: it is physics' from here on. seconds: in which it is let go, 0: at once. */
void stage_release(Stage *stage, int item, double seconds);
/* Put where physics does not reach: over the rim, below, or away. */
void stage_lay(Stage *stage, int item, Whereabouts at, const Pose *pose);
Pose stage_item_pose(const Stage *stage, int item);
/* Down on the cart at x, y, from now on. 0 N ends it. */
void stage_press(Stage *stage, int hand, double x_m, double y_m, double down_n);

void stage_watch(Stage *stage, int hand, const Move *move, int first, int count, int sign);
/* An event that no contact tells: what goes below, or over the rim. */
MUST_USE Status stage_event(Stage *stage, int item, int sign, Theft theft);
/* The right receipt, as things are now. */
MUST_USE Status stage_write_basket(Stage *stage);
