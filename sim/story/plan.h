/*
 * plan - a scenario with everything left to chance settled: which packs, how heavy each one is,
 * which trips of the hand. Only what to take out stays open until it is known what lies on top.
 */
#pragma once

#include "props.h"
#include "scenario.h"
#include "world.h"

enum { MOVES_MAX = SCENARIO_EVENTS_MAX * ADD_COUNT_MAX };

typedef struct PlannedItem {
    int32_t sku;
    int pieces; /* > 1: a bag sold by weight */
    double grams;
} PlannedItem;

typedef struct Move {
    ScenarioAction action;
    const ScenarioEvent *event;
    int first, count; /* the items that an add carries in, at once */
    double pause_s;   /* before it */
} Move;

typedef struct Plan {
    int items;
    PlannedItem item[WORLD_ITEMS_MAX];
    int moves;
    Move move[MOVES_MAX];
} Plan;

/* Does this product answer to the selector? */
bool plan_selects(const Selector *selector, const Catalog *catalog, int32_t sku);

/* `file` is what errors call the scenario. E_NOT_FOUND: nothing in the catalogue answers.
 * E_INVALID: cannot be done, with the line. */
MUST_USE Status
plan_make(const Scenario *scenario, const char *file, Props *props, uint64_t seed, Plan *out);
