/* ledger.h - the priced basket: its lines, its questions, the entries that make it. */
#pragma once

#include "catalog.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    BASKET_LINES_MAX = 128,
    BASKET_PROMPTS_MAX = 8,
    PROMPT_CHOICES_MAX = 3,
    ENTRY_WHY_BYTES = 96
};

typedef struct BasketLine {
    int32_t line; /* counts up, never reused in a session */
    int32_t sku;  /* SKU_UNKNOWN: an item nobody has named yet; priced 0, blocks checkout */
    int32_t quantity;
    int32_t net_e; /* UNIT_WEIGHT: displayed net, counts of e; unnamed: its load; else 0 */
    int32_t e_g;   /* UNIT_WEIGHT: verification interval */
    int64_t unit_price_minor; /* per piece, or per kg */
    int64_t price_minor;      /* of the line */
    double confidence_p;      /* of the least sure event behind the line */
    bool confirmed;           /* by a scan or the shopper */
    bool weighing;            /* UNIT_WEIGHT, waiting for a stable legal weight */
} BasketLine;

typedef enum PromptKind {
    PROMPT_WHICH_ADDED,   /* which of these did you put in? */
    PROMPT_WHICH_REMOVED, /* which of these did you take out? */
    PROMPT_PLEASE_SCAN,   /* the cart does not know it: scan it */
    PROMPT_DISPUTED       /* the shopper said a line is wrong: what is it? */
} PromptKind;

typedef struct Prompt {
    int32_t prompt; /* counts up, never reused in a session */
    int32_t event;  /* the belief it came from; 0 for a dispute */
    int64_t t_ns;
    PromptKind kind;
    int32_t line;     /* the line it would settle; 0 when none */
    int32_t quantity; /* how many pieces it is about, > 0 */
    int count;
    int32_t choices[PROMPT_CHOICES_MAX]; /* SKUs, likeliest first */
} Prompt;

typedef struct Basket {
    int64_t t_ns;     /* of the last entry applied */
    int64_t revision; /* entries applied so far */
    bool checked_out;
    int count;
    BasketLine lines[BASKET_LINES_MAX]; /* in the order they were added */
    int prompt_count;
    Prompt prompts[BASKET_PROMPTS_MAX]; /* open questions, oldest first */
    int32_t items;                      /* pieces; a weighed line counts as one */
    int64_t total_minor;
    int minimum_age; /* the strictest restriction inside; 0: none */
} Basket;

/* The ledger's entry: the only thing that changes a basket. Replaying the entries of a session from
 * the journal gives the basket back. */
typedef enum EntryKind {
    ENTRY_ADD,
    ENTRY_REMOVE,
    ENTRY_PROMPT, /* a question was opened */
    ENTRY_ANSWER, /* a question was settled; an add, removal or change may be part of it */
    ENTRY_WEIGH,  /* a weighed line got its legal weight */
    ENTRY_CHECKOUT,
    ENTRY_RESET
} EntryKind;

typedef struct Entry {
    int64_t sequence; /* 1, 2, 3 ... over a session */
    int64_t t_ns;
    int64_t decided_ns;
    EntryKind kind;
    int32_t event; /* belief behind it; 0 when a command is */
    int32_t line;  /* the line it made or changed; 0 when none */
    int32_t sku;
    int32_t quantity; /* pieces, > 0 */
    int32_t net_e;
    int32_t e_g;
    int64_t unit_price_minor;
    int64_t amount_minor; /* change of the total: < 0 for a removal */
    double confidence_p;
    bool confirmed;
    Prompt prompt;             /* ENTRY_PROMPT, ENTRY_ANSWER (its id) */
    char why[ENTRY_WHY_BYTES]; /* one short sentence for people */
} Entry;
