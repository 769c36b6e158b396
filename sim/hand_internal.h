/* hand_internal.h - a hand's script, and who writes which parts of it. */
#pragma once

#include "grip.h"
#include "hand.h"
#include "hand_mesh.h"
#include "motion.h"

enum { PARTS_MAX = 24 };

typedef enum PartKind {
    PART_WAIT,      /* seconds */
    PART_SHOW,      /* the hand appears at pose, open by to_m */
    PART_SCAN,      /* sku */
    PART_FOLLOW,    /* path, from from_s to to_s */
    PART_OPEN,      /* aperture to to_m */
    PART_HOLD,      /* what is carried, touching or not */
    PART_WATCH,     /* the truth begins to look, with this sign */
    PART_RELEASE,   /* what is carried */
    PART_PRESS,     /* down_n at at */
    PART_VANISH,    /* with whatever is held */
    PART_LAY,       /* what is carried, where physics does not reach: whereabouts, pose */
    PART_SETTLE,    /* until the truth has seen the event */
    PART_FOR_OTHER, /* until the other hand has come as far: its `reached` */
    PART_REACHED,   /* this hand has come so far */
    PART_THEN       /* then: more parts are written */
} PartKind;

struct Hand;
typedef Status (*Then)(Stage *, struct Hand *);

typedef struct Part {
    PartKind kind;
    double seconds;
    Path path;
    double from_s, to_s;
    Pose in_hand; /* of what the path is for */
    double to_m;
    int32_t sku;
    int sign, reached;
    bool touching;
    double at[2], down_n;
    Whereabouts whereabouts;
    Pose pose;
    Then then;
} Part;

/* One or more things side by side, as one body across the hand. */
typedef struct Bundle {
    int first, count;
    int thin; /* the axis across the hand */
    double half[3];
    Pose part[ADD_COUNT_MAX]; /* of each thing in the bundle */
} Bundle;

typedef struct Hand {
    int of; /* which of the stage's */
    const Move *move;
    Random *random;
    Side side;
    Bundle bundle; /* what is or will be held */
    Pose in_hand;  /* the bundle, in the hand's frame */
    Pose place;    /* where it will be put */
    bool placed;
    int reached;
    int left;           /* shifts to go */
    Pose back;          /* where what is lifted meanwhile is put again */
    struct Hand *other; /* NULL: alone */
    int at, count;
    Part part[PARTS_MAX];
    int64_t since; /* step at which the part began */
    double from_m; /* aperture then */
} Hand;

/* -- writing parts (hand.c) ---------------------------------------------------------------- */

/* The new part, all zero but its kind. More than PARTS_MAX at once is a bug. */
Part *hand_part(Hand *hand, PartKind kind);
void hand_wait(Hand *hand, double seconds);
void hand_follow(Hand *hand, const Path *path, const Pose *in_hand);
void hand_open(Hand *hand, double to_m, double seconds);
void hand_then(Hand *hand, Then then);
/* Seconds by chance, and longer for slow manners. */
double hand_seconds(Hand *hand, double least, double most);
/* The hand appears, far enough to be in nobody's way. */
void hand_show(Hand *hand, const Pose *pose, double aperture_m);
/* From where it is, out and away, empty. */
Status hand_leave(Stage *stage, Hand *hand);
/* For the bundle at `pose`, the arm towards the shoulder. */
Grip hand_grip(const Hand *hand, const Pose *pose);

/* A way in to the item, and the fingers close; then goes on. Side and bundle are chosen. */
MUST_USE Status hand_reach_for(Stage *stage, Hand *hand, int item, Then then);

/* -- what begins a move -------------------------------------------------------------------- */

MUST_USE Status hand_put(Stage *stage, Hand *hand);
MUST_USE Status hand_put_under(Stage *stage, Hand *hand); /* takes both hands */
MUST_USE Status hand_put_below(Stage *stage, Hand *hand);
MUST_USE Status hand_drape(Stage *stage, Hand *hand);
MUST_USE Status hand_hover(Stage *stage, Hand *hand);
MUST_USE Status hand_take(Stage *stage, Hand *hand);
MUST_USE Status hand_take_thing(Stage *stage, Hand *hand);
MUST_USE Status hand_reach(Stage *stage, Hand *hand);
MUST_USE Status hand_press(Stage *stage, Hand *hand);
MUST_USE Status hand_shift(Stage *stage, Hand *hand);

/* -- things (bundle.c) --------------------------------------------------------------------- */

Bundle bundle_of(const Stage *stage, int first, int count, Random *random);
void bundle_place(Stage *stage, const Bundle *bundle, const Pose *pose);
bool bundle_has(const Bundle *bundle, int item);

/* -- where to (place.c) -------------------------------------------------------------------- */

typedef enum PlaceKind { PLACE_ANY, PLACE_ON_TOP, PLACE_BY_WALL } PlaceKind;

/* The highest thing below where something of these half extents would come; items but `except`. */
double place_surface(const Stage *stage, const double at[3], const double half[3], int except);

/* A place where it was let go in physics and stayed. taken: a place that the other hand will use,
 * or NULL. E_CORRUPT: none was found. */
MUST_USE Status place_find(
    Stage *stage,
    const Bundle *bundle,
    PlaceKind kind,
    const Hand *other,
    Random *random,
    Pose *out);
/* Would all that is inside stay so if the bundle were let go there, and `item` (-1: none) at `pose`
 * upon it? sinks_m: how far at most the bundle may come down by then. */
MUST_USE Status place_holds(
    Stage *stage,
    const Bundle *bundle,
    const Pose *at,
    int item,
    const Pose *pose,
    double sinks_m,
    bool *out);
/* The item that answers, NULL: any, and lies free, the topmost first, or the most buried; -1: none.
 */
int place_choose(const Stage *stage, const Selector *what, Where where, Random *random);
