/*
 * plan - a scenario with everything left to chance settled: which packs, how heavy each one is,
 * which trips of the hands, how long and how strong. Only what to take out stays open until it is
 * known what lies on top.
 */
#pragma once

#include "props.h"
#include "scenario.h"
#include "world.h"

enum { MOVES_MAX = SCENARIO_EVENTS_MAX * ADD_COUNT_MAX, SHIFTS_A_VISIT = 10, THING_NONE = -1 };

typedef struct PlannedItem {
    int32_t sku; /* SKU_UNKNOWN: a thing that no catalogue has */
    int thing;   /* ThingKind, or THING_NONE */
    int pieces;  /* > 1: a bag sold by weight */
    double grams;
    bool repackaged;
    uint64_t look; /* how a thing or a new packaging looks */
} PlannedItem;

/* A trip of a hand, or whatever else an event is; numbers and words as drawn. */
typedef struct Move {
    ScenarioAction action;
    const ScenarioEvent *event;
    bool beside;      /* at the same time as the move before */
    int first, count; /* the items that go in, at once */
    int scans[2];     /* items whose code is read before, -1: none */
    int32_t scan_sku; /* a code that is read without its item, or SKU_UNKNOWN */
    Selector what;    /* SCENARIO_REMOVE */
    double pause_s;   /* before it */
    double amount;    /* as in ScenarioEvent */
    double for_s;     /* < 0: to the end */
    double hover_s, force_n, roll_deg;
    int word, is; /* which of the words, by the order of their table; 0 where none was given */
    Manner how;
    Where on;
    Theft theft;
} Move;

typedef struct PlannedShop {
    ShopLight light;
    ShopFloor floor;
    double temperature_c, from_c, warm_up_min;
    double clutter; /* < 0: by chance */
} PlannedShop;

typedef struct Plan {
    PlannedShop shop;
    int items;
    PlannedItem item[WORLD_ITEMS_MAX];
    int moves;
    Move move[MOVES_MAX];
} Plan;

/* Does this product answer to the selector? */
bool plan_selects(const Selector *selector, const Catalog *catalog, int32_t sku);

/* How an item of the plan looks and what it is to physics. */
MUST_USE Status plan_prop(Props *props, const PlannedItem *item, const Prop **out);

/* `file` is what errors call the scenario. E_NOT_FOUND: nothing in the catalogue answers.
 * E_INVALID: cannot be done, with the line. */
MUST_USE Status
plan_make(const Scenario *scenario, const char *file, Props *props, uint64_t seed, Plan *out);
