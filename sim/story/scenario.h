/*
 * scenario - a story that a store person can write, in YAML:
 *
 *     name: mixed
 *     about: one line on what it shows        # optional
 *     pause_s: [1, 3]                         # between events, drawn by chance
 *     events:
 *       - add: any                            # a product id, GTIN, category, or any
 *       - add: cola
 *         count: 2                            # two of the same
 *         together: true                      # in one hand; left out: by chance
 *       - add: {category: produce}            # also {product: ID}, {gtin: CODE}, {variant_group:
 * NAME} weigh: true                         # a bag of loose pieces, sold by weight pieces: 5 #
 * left out: 3 to 8
 *       - add: any
 *         scan: true                          # the scanner reads it first
 *       - remove: any
 *       - reach: true                         # a hand goes in and comes out empty
 *       - wait: 2                             # seconds
 *
 * What is left to chance is settled by the seed. Errors are FILE:LINE: FIELD: what.
 */
#pragma once

#include "status.h"

#include <stddef.h>
#include <stdint.h>

enum { SCENARIO_EVENTS_MAX = 64, SCENARIO_NAME_BYTES = 64, SELECTOR_BYTES = 64, ADD_COUNT_MAX = 6 };

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

typedef enum ScenarioAction {
    SCENARIO_ADD,
    SCENARIO_REMOVE,
    SCENARIO_REACH,
    SCENARIO_WAIT
} ScenarioAction;

typedef enum Chance { CHANCE_NO, CHANCE_YES, CHANCE_MAYBE } Chance;

typedef struct ScenarioEvent {
    ScenarioAction action;
    int line; /* in the file */
    Selector what;
    int count;       /* of the same product */
    Chance together; /* in one hand */
    int scan, weigh;
    int pieces;    /* 0: by chance */
    double wait_s; /* SCENARIO_WAIT */
} ScenarioEvent;

typedef struct Scenario {
    char name[SCENARIO_NAME_BYTES];
    double pause_min_s, pause_max_s;
    int count;
    ScenarioEvent event[SCENARIO_EVENTS_MAX];
} Scenario;

/* `name` is what errors call the file. E_INVALID with file, line and field. */
MUST_USE Status scenario_parse(const char *name, const uint8_t *bytes, size_t size, Scenario *out);
