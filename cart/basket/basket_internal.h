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

/* The last stable gross before an event. */
void story_begin_weighing(const BasketConfig *config, const BasketState *state, BasketStory *story);
void weighing_hear(Ledger *ledger, const LegalWeight *weight);
/* Price a line that waits for its weight from what was heard since its event. */
void weighing_try(Ledger *ledger, int32_t line);

/* Number an entry, say why, apply it. The amount is filled in here. false: there was no room. */
bool ledger_write(Ledger *ledger, Entry *entry, const char *why, ...)
    __attribute__((format(printf, 3, 4)));

const BasketLine *line_by_id(const Basket *basket, int32_t line);
BasketStory *story_of(BasketState *state, int32_t line);
const char *name_of(const Catalog *catalog, int32_t sku);
bool is_named(const Catalog *catalog, int32_t sku);
int64_t line_price(const Catalog *catalog, const BasketLine *line);
/* The line pieces of a product share, or NULL: by weight, unnamed, or none yet. */
const BasketLine *shared_line(const Catalog *catalog, const Basket *basket, int32_t sku);

/* The change an entry makes, applied to a basket whose sums are then recounted. */
bool apply_unchecked(const Catalog *catalog, Basket *basket, const Entry *entry);
