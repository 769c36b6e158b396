/*
 * basket - beliefs, answers and codes in, ledger entries out: the priced basket and its questions.
 *
 * The ledger is event-sourced. basket_step() decides and writes entries; basket_apply() is the only
 * thing that changes a Basket, so replaying a session's entries gives the basket back, bit for bit.
 * An entry whose amount is not the change of the total it makes is refused, as is any other that
 * contradicts the basket. Money is integer minor units; quantities are never negative.
 *
 * Lines. Pieces of one product share a line; goods sold by weight get a line per add. What was
 * asked about stands on the basket at once as an unnamed line, price 0, with the measured load as
 * its net in grams (e_g = 1): it can be named by the answer, by a code that fits its load, or taken
 * out.
 *
 * Questions. While a line is unnamed it has an open prompt. "None of these" turns a question about
 * an add into "please scan". A dispute is about the latest event behind a line; "none of these"
 * un-names those pieces. A removal that must be asked changes nothing until it is answered: a price
 * is never dropped on a guess, and the open question keeps the shopper from paying too much. Codes
 * answer the newest question that lists their product, else the newest whose load they explain, and
 * are otherwise left to the next add.
 *
 * Weighing. What is sold by weight is tared first and priced on its own net. The ledger only says
 * which two settled loads of the legal scale frame an add (basket_weighings): the last before its
 * event is the tare, the first after it ends the weighing; no other event may lie between, and the
 * difference must agree with the measured load. The meter makes the net of them, which comes back
 * as BASKET_NET. Until then the line is `weighing`, price 0. Price = net x unit price rounded half
 * up to the minor unit, in integers, as the meter has it.
 *
 * Checkout is refused, with the reason in Entries.refused, while a line is unnamed or unweighed or
 * a question is open. After checkout only a reset is heard. A reset opens a new session: its entry
 * is number 1. Entries.refused is for people and is not journalled: nothing happened.
 *
 * Pure: no clock, I/O, allocation or globals. Threads: a state belongs to one.
 */
#pragma once

#include "belief.h"
#include "command.h"
#include "evidence.h"
#include "ledger.h"
#include "settings.h"
#include "weight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct BasketConfig {
    double settle_ms, fit_p, fit_g;
} BasketConfig;

extern const Setting basket_settings[];

typedef enum BasketInputKind {
    BASKET_BELIEF,
    BASKET_COMMAND,
    BASKET_SCAN,   /* a code that names a product */
    BASKET_WEIGHT, /* the legal scale's reading */
    BASKET_TIME,   /* nothing but the passing of time */
    BASKET_NET     /* the meter's answer to a BasketWeighing */
} BasketInputKind;

/* A line to weigh: what was aboard, what is now, and the bag. */
typedef struct BasketWeighing {
    int32_t line;
    SettledLoad before, after;
    int64_t tare_mg;
} BasketWeighing;

typedef struct BasketNet {
    int32_t line;
    LegalWeight weight; /* of the add alone */
} BasketNet;

typedef struct BasketInput {
    BasketInputKind kind;
    int64_t t_ns;
    union {
        Belief belief;
        Command command;
        int32_t scan; /* sku */
        LegalWeight weight;
        BasketNet net;
    };
} BasketInput;

enum { ENTRIES_MAX = 8, BASKET_LOADS_MAX = 64, BASKET_EVENTS_MAX = 32 };

typedef struct Entries {
    int count;
    Entry at[ENTRIES_MAX];
    char refused[ENTRY_WHY_BYTES]; /* why an input had no effect; "": it had, or needed none */
} Entries;

/* What is remembered of the latest event behind a line. Lost in a restart, and only convenience. */
typedef struct BasketStory {
    int32_t line, event;
    int64_t t_ns;
    int32_t quantity; /* pieces of that event */
    double load_g, stddev_g;
    int count;
    struct {
        int32_t sku, quantity;
    } at[HYPOTHESES_MAX]; /* named hypotheses, likeliest first */
    SettledLoad before;   /* the last before the event */
} BasketStory;

typedef struct BasketState {
    Basket basket;
    int32_t last_line, last_prompt;
    int story_count;
    BasketStory stories[BASKET_LINES_MAX]; /* oldest first */
    int load_count;
    SettledLoad loads[BASKET_LOADS_MAX]; /* oldest first */
    int event_count;
    int64_t events[BASKET_EVENTS_MAX]; /* when things went in or out, oldest known first */
} BasketState;

void basket_init(BasketState *state);

/* One input. *out holds the entries it made, already applied to state->basket, in order. */
void basket_step(
    const BasketConfig *config,
    const Catalog *catalog,
    BasketState *state,
    const BasketInput *input,
    Entries *out);

/* The lines that can be weighed now, for the meter to weigh. How many. */
int basket_weighings(
    const BasketConfig *config,
    const Catalog *catalog,
    const BasketState *state,
    BasketWeighing out[BASKET_LINES_MAX]);

/* false: the entry contradicts the basket, which is as it was. */
bool basket_apply(const Catalog *catalog, Basket *basket, const Entry *entry);

/* Apply a journalled entry after a restart, and go on counting where it stopped. */
bool basket_resume(const Catalog *catalog, BasketState *state, const Entry *entry);

/* What is inside, for the reasoner. */
void basket_inside(const Basket *basket, Inside *out);

/* net_e * e_g grams at a price per kilogram, rounded half up to the minor unit. 0 for no net. */
int64_t basket_price_of_weight(int32_t net_e, int32_t e_g, int64_t unit_price_minor);

/* The receipt as text, 40 columns, cut off at `size` bytes with a NUL. What snprintf would return.
 */
size_t basket_receipt(const Catalog *catalog, const Basket *basket, char *out, size_t size);
