/* basket_internal.h - between the files of the ledger. */
#pragma once

#include "basket.h"

/* One step on its way: the entries written so far are already applied. */
typedef struct Ledger {
    const BasketConfig *config;
    const Catalog *catalog;
    BasketState *state;
    Entries *out;
    int64_t t_ns, decided_ns;
} Ledger;

/* The last settled load before an event. */
void story_begin_weighing(const BasketConfig *config, const BasketState *state, BasketStory *story);
void weighing_hear(Ledger *ledger, const LegalWeight *weight);
void hear_net(Ledger *ledger, const BasketNet *net);

/* Number an entry, say why, apply it. The amount is filled in here. false: there was no room. */
bool ledger_write(Ledger *ledger, Entry *entry, const char *why, ...)
    __attribute__((format(printf, 3, 4)));

/* Say why an input had no effect. */
void refuse(Ledger *ledger, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool offers(const Prompt *prompt, int32_t sku);
bool has_prompt(const Basket *basket, int32_t line);
/* The products of a story become choices, likeliest first, but for one. */
void list_choices(const BasketStory *story, int32_t except, Prompt *prompt);
/* Number a prompt and open it. false: there was no room. */
bool ask(Ledger *ledger, Prompt *prompt);
/* Every unnamed line has a question while there is room for it. */
void ask_about_unnamed(Ledger *ledger);

void hear_belief(Ledger *ledger, const Belief *belief);
void hear_command(Ledger *ledger, const Command *command);
void hear_scan(Ledger *ledger, int32_t sku);

/* Pieces leave a line; quantity < 1 or too many: all of them. */
void take_off(Ledger *ledger, const BasketLine *line, int32_t quantity, int32_t event, double p);
/* Of several lines of one product, the one whose load is nearest; NAN: the newest. */
const BasketLine *line_of(const Ledger *ledger, int32_t sku, double load_g);

const BasketLine *line_by_id(const Basket *basket, int32_t line);
BasketStory *story_of(BasketState *state, int32_t line);
const char *name_of(const Catalog *catalog, int32_t sku);
bool is_named(const Catalog *catalog, int32_t sku);
int64_t line_price(const Catalog *catalog, const BasketLine *line);
/* The line pieces of a product share, or NULL: by weight, unnamed, or none yet. */
const BasketLine *shared_line(const Catalog *catalog, const Basket *basket, int32_t sku);

/* The change an entry makes, applied to a basket whose sums are then recounted. */
bool apply_unchecked(const Catalog *catalog, Basket *basket, const Entry *entry);
