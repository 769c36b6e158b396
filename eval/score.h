/*
 * score - what the cart said against what happened, by the definitions of docs/score.md.
 *
 * A session is scored into a Tally; Tallies of many sessions add up by being the same Tally. A
 * predicted event is a belief that was accepted or asked about; it matches a true event of the same
 * sign within +-1.5 s, one to one, nearest first, whatever the SKU. Pure: no I/O, no clock.
 *
 * Threads: a Tally belongs to one thread.
 */
#pragma once

#include "belief.h"
#include "catalog.h"
#include "ledger.h"
#include "status.h"
#include "truth.h"
#include "weight.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { SESSION_EVENTS_MAX = 512, SESSION_STEPS_MAX = 8192, TRUTH_LINES_MAX = 128 };

typedef struct TruthLine {
    int32_t sku;
    int32_t quantity;
    int64_t price_minor;
} TruthLine;

typedef struct SessionTruth {
    int event_count;
    TruthEvent events[SESSION_EVENTS_MAX];
    int line_count;
    TruthLine lines[TRUTH_LINES_MAX]; /* the right receipt */
    int64_t total_minor;
} SessionTruth;

typedef struct SessionSaid {
    int64_t duration_ns;
    int belief_count;
    Belief beliefs[SESSION_EVENTS_MAX];
    int step_count;
    WeightStep steps[SESSION_STEPS_MAX]; /* every estimate, in order */
    Basket basket;   /* at the end, every question answered by the cart's own best guess */
    Basket answered; /* at the end, when a truthful shopper answers every prompt */
    int prompts;     /* questions asked, the cart guessing their answers */
} SessionSaid;

typedef struct Tally Tally;

MUST_USE Status tally_open(Tally **out);
void tally_close(Tally *tally);

/* Add one session. E_NO_MEMORY. */
MUST_USE Status tally_session(
    Tally *tally, const Catalog *catalog, const SessionTruth *truth, const SessionSaid *said);

/* The block of the report; the caller owns it. NULL when memory is out. */
json_t *tally_report(const Tally *tally);
