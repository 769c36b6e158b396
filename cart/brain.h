/*
 * brain - crossings, weights, codes and commands in; ledger entries and the basket out. Pure.
 *
 * Joins reason (what happened), basket (what it costs) and meter (what it weighs): a belief becomes
 * entries, a changed basket becomes evidence, a line to weigh gets its net. The same inputs give
 * the same outputs, bit for bit, live or replayed.
 *
 * Threads: a Brain belongs to one thread. Time comes in with the inputs.
 */
#pragma once

#include "basket.h"
#include "belief.h"
#include "catalog.h"
#include "command.h"
#include "crossing.h"
#include "ledger.h"
#include "reason.h"
#include "status.h"
#include "weight.h"

typedef enum BrainInputKind {
    BRAIN_CROSSING,
    BRAIN_WEIGHT_STEP,
    BRAIN_LEGAL_WEIGHT,
    BRAIN_SCAN,
    BRAIN_COMMAND,
    BRAIN_TIME
} BrainInputKind;

typedef struct BrainInput {
    BrainInputKind kind;
    int64_t t_ns; /* when it became known, capture clock */
    union {
        Crossing crossing;
        WeightStep step;
        LegalWeight legal;
        ScanEvidence scan;
        Command command;
    };
} BrainInput;

enum { BRAIN_ENTRIES_MAX = (BELIEFS_MAX + 1) * ENTRIES_MAX };

typedef struct BrainOutput {
    Beliefs beliefs;
    int entry_count; /* > 0: the basket changed */
    Entry entries[BRAIN_ENTRIES_MAX];
    char refused[ENTRY_WHY_BYTES]; /* why a command had no effect; "" */
} BrainOutput;

typedef struct BrainConfig {
    ReasonConfig reason;
    BasketConfig basket;
} BrainConfig;

typedef struct Brain {
    ReasonState reason;
    BasketState basket;
    int64_t t_ns; /* of the latest input */
} Brain;

void brain_init(Brain *brain);

void brain_step(
    const BrainConfig *config,
    const Catalog *catalog,
    Brain *brain,
    const BrainInput *input,
    BrainOutput *out);

/* Everything a brain was told, so that it can be told again: the scorer's ablations. */
typedef struct BrainLog {
    int64_t count, capacity;
    BrainInput *at;
} BrainLog;

MUST_USE Status brain_log_append(BrainLog *log, const BrainInput *input);
void brain_log_finish(BrainLog *log);
