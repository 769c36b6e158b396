/*
 * scenario - a story that a store person can write, in YAML:
 *
 *     name: two_hands
 *     about: two cans go in while something else comes out
 *     shop: {light: dim, floor: [smooth, tiles]}
 *     events:
 *       - add: {category: dairy}
 *       - both:                               # two hands at once
 *           - add: tuna
 *             count: 2
 *           - remove: any
 *       - wait: [1, 3]
 *     expect: {basket: right, items: 2}
 *
 * Every field is a row of a table (fields.h): the reader, docs/scenario.schema.json and the list in
 * docs/scenarios.md follow from it. A number may be [least, most], a word may be a list of words:
 * the seed chooses (plan.h). Errors are FILE:LINE: FIELD: what.
 */
#pragma once

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCENARIO_EVENTS_MAX = 64,
    SCENARIO_NAME_BYTES = 64,
    SCENARIO_ABOUT_BYTES = 240,
    SELECTOR_BYTES = 64,
    SELECTORS_MAX = 6,
    ADD_COUNT_MAX = 6
};

typedef enum SelectorKind {
    SELECT_ANY,
    SELECT_WORD, /* a product id, GTIN or category, whichever there is */
    SELECT_PRODUCT,
    SELECT_GTIN,
    SELECT_CATEGORY,
    SELECT_VARIANT_GROUP
} SelectorKind;

typedef struct Selector {
    SelectorKind kind;
    char text[SELECTOR_BYTES];
} Selector;

/* One of these, by chance. */
typedef struct Selectors {
    int count; /* 0: not given */
    Selector at[SELECTORS_MAX];
} Selectors;

typedef struct Range {
    double least, most;
} Range;

typedef enum ScenarioAction {
    SCENARIO_ADD,
    SCENARIO_REMOVE,
    SCENARIO_BOTH, /* only while reading: its two become events of their own, the second `beside` */
    SCENARIO_REACH,
    SCENARIO_HOVER,
    SCENARIO_SHIFT,
    SCENARIO_PRESS,
    SCENARIO_PUT,
    SCENARIO_TAKE,
    SCENARIO_SCAN,
    SCENARIO_WAIT,
    SCENARIO_ROLL,
    SCENARIO_BRAKE,
    SCENARIO_RAMP,
    SCENARIO_CAMERA,
    SCENARIO_CELL,
    SCENARIO_SCANNER,
    SCENARIO_CLOCK,
    SCENARIO_ACTIONS
} ScenarioAction;

typedef enum Chance { CHANCE_NO, CHANCE_YES, CHANCE_MAYBE } Chance;

/* Words, in the order of the tables in fields.c. A field that holds words is a mask of those that
 * may be drawn; 0: not given. */
typedef enum Manner { MANNER_CALM, MANNER_SLOW, MANNER_THROWN, MANNER_SLID } Manner;
typedef enum Where { WHERE_ANY, WHERE_TOP, WHERE_UNDER } Where;
typedef enum Theft {
    THEFT_NONE,
    THEFT_UNDER_BAG,
    THEFT_COVER,
    THEFT_STACK,
    THEFT_SWAP,
    THEFT_TAG_SWITCH /* from scan_instead */
} Theft;
typedef enum Press { PRESS_HAND, PRESS_LEAN } Press;
typedef enum ShopLight {
    SHOP_NORMAL,
    SHOP_DIM,
    SHOP_SUN_STRIPE,
    SHOP_FLICKER,
    SHOP_REFLECTION
} ShopLight;
typedef enum ShopFloor { SHOP_SMOOTH, SHOP_TILES, SHOP_JOINTS } ShopFloor;

extern const char *const scenario_thefts[]; /* by Theft, ends with NULL */
extern const char *const scenario_things[]; /* by ThingKind (props.h) */
extern const char *const scenario_actions[];

typedef struct ScenarioEvent {
    ScenarioAction action;
    int line;    /* in the file */
    bool beside; /* at the same time as the event before */
    Selectors what, scan_instead, with;
    Range count;     /* of the same product */
    int together;    /* Chance: in one hand */
    int scan, weigh; /* flags */
    int repackaged;
    Range pieces;     /* least 0: by chance */
    Range amount;     /* what the action's own number says: s, m/s, degrees, times */
    Range for_s;      /* least < 0: to the end */
    Range hover_s;    /* held over its place */
    Range weight_off; /* share of the catalogue's weight */
    Range force_n, roll_deg;
    uint32_t word; /* of the action itself: which camera, cell, thing, kind of press */
    uint32_t is, how, on, theft;
} ScenarioEvent;

typedef struct ScenarioShop {
    uint32_t light, floor;
    Range temperature_c, from_c, warm_up_min, clutter;
} ScenarioShop;

/* What the right cart does. Ranges with least < 0 are not given. */
typedef struct ScenarioExpect {
    Range items, events, questions;
    uint32_t basket, theft, faults;
} ScenarioExpect;

typedef struct Scenario {
    char name[SCENARIO_NAME_BYTES];
    char about[SCENARIO_ABOUT_BYTES];
    Range pause_s;
    ScenarioShop shop;
    int count;
    ScenarioEvent event[SCENARIO_EVENTS_MAX];
    ScenarioExpect expect;
} Scenario;

/* `name` is what errors call the file. E_INVALID with file, line and field. */
MUST_USE Status scenario_parse(const char *name, const uint8_t *bytes, size_t size, Scenario *out);

/* What is expected, as one JSON object for the tape's note. Returns what snprintf would. */
int scenario_expect_text(const ScenarioExpect *expect, char *out, size_t size);
