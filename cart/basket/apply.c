/* apply.c - the only code that changes a basket. */
#include "basket_internal.h"

#include <string.h>

static const int32_t QUANTITY_CEILING = 10000;
static const int64_t PRICE_CEILING = 1000000000;
static const int32_t NET_CEILING = 1000000; /* counts of e */

bool is_named(const Catalog *catalog, int32_t sku) { return sku >= 0 && sku < catalog->count; }

int64_t basket_price_of_weight(int32_t net_e, int32_t e_g, int64_t unit_price_minor) {
    if (net_e <= 0 || e_g <= 0) return 0;
    int64_t net_g = (int64_t)net_e * e_g;
    int64_t kilograms = unit_price_minor / 1000, rest = unit_price_minor % 1000;
    return net_g * kilograms + (net_g * rest + 500) / 1000;
}

static bool by_weight(const Catalog *catalog, int32_t sku) {
    return is_named(catalog, sku) && catalog->products[sku].unit == UNIT_WEIGHT;
}

int64_t line_price(const Catalog *catalog, const BasketLine *line) {
    if (line->sku == SKU_UNKNOWN) return 0;
    if (by_weight(catalog, line->sku))
        return basket_price_of_weight(line->net_e, line->e_g, line->unit_price_minor);
    return line->quantity * line->unit_price_minor;
}

static int index_of(const Basket *basket, int32_t line) {
    for (int i = 0; i < basket->count; i++)
        if (basket->lines[i].line == line) return i;
    return -1;
}

const BasketLine *line_by_id(const Basket *basket, int32_t line) {
    int at = index_of(basket, line);
    return at < 0 ? NULL : &basket->lines[at];
}

const BasketLine *shared_line(const Catalog *catalog, const Basket *basket, int32_t sku) {
    if (!is_named(catalog, sku) || by_weight(catalog, sku)) return NULL;
    for (int i = 0; i < basket->count; i++)
        if (basket->lines[i].sku == sku) return &basket->lines[i];
    return NULL;
}

static void close_prompt(Basket *basket, int at) {
    basket->prompt_count--;
    memmove(
        &basket->prompts[at], &basket->prompts[at + 1],
        sizeof basket->prompts[0] * (size_t)(basket->prompt_count - at));
}

/* Questions about a line go with it. */
static void drop_line(Basket *basket, int at) {
    int32_t line = basket->lines[at].line;
    basket->count--;
    memmove(
        &basket->lines[at], &basket->lines[at + 1],
        sizeof basket->lines[0] * (size_t)(basket->count - at));
    for (int i = basket->prompt_count - 1; i >= 0; i--)
        if (basket->prompts[i].line == line) close_prompt(basket, i);
}

static bool take_pieces(Basket *basket, int32_t line, int32_t quantity) {
    int at = index_of(basket, line);
    if (at < 0 || quantity < 1 || quantity > basket->lines[at].quantity) return false;
    int32_t left = basket->lines[at].quantity -= quantity;
    if (left == 0) drop_line(basket, at);
    for (int i = 0; i < basket->prompt_count; i++) /* none is about more than there is */
        if (basket->prompts[i].line == line && basket->prompts[i].quantity > left)
            basket->prompts[i].quantity = left;
    return true;
}

/* Pieces join the line the entry names, or make it. */
static bool put_pieces(const Catalog *catalog, Basket *basket, const Entry *entry) {
    if (entry->quantity < 1 || entry->quantity > QUANTITY_CEILING || entry->line < 1) return false;
    if (entry->unit_price_minor < 0 || entry->unit_price_minor > PRICE_CEILING) return false;
    if (entry->net_e < 0 || entry->net_e > NET_CEILING || entry->e_g < 0 || entry->e_g > 1000)
        return false;
    if (entry->sku != SKU_UNKNOWN && !is_named(catalog, entry->sku)) return false;
    if (by_weight(catalog, entry->sku) && entry->quantity != 1) return false;
    int at = index_of(basket, entry->line);
    const BasketLine *shared = shared_line(catalog, basket, entry->sku);
    if (shared && shared->line != entry->line) return false;
    if (at < 0) {
        if (basket->count == BASKET_LINES_MAX) return false;
        basket->lines[basket->count++] = (BasketLine){
            .line = entry->line,
            .sku = entry->sku,
            .quantity = entry->quantity,
            .net_e = entry->net_e,
            .e_g = entry->e_g,
            .unit_price_minor = entry->unit_price_minor,
            .confidence_p = entry->confidence_p,
            .confirmed = entry->confirmed,
            .weighing = by_weight(catalog, entry->sku) && entry->net_e == 0};
        return true;
    }
    BasketLine *line = &basket->lines[at];
    if (!shared || line->unit_price_minor != entry->unit_price_minor) return false;
    if (line->quantity > QUANTITY_CEILING - entry->quantity) return false;
    line->quantity += entry->quantity;
    if (entry->confidence_p < line->confidence_p) line->confidence_p = entry->confidence_p;
    line->confirmed = line->confirmed && entry->confirmed;
    return true;
}

static bool open_prompt(Basket *basket, const Prompt *prompt) {
    if (basket->prompt_count == BASKET_PROMPTS_MAX || prompt->prompt < 1) return false;
    if (prompt->count < 0 || prompt->count > PROMPT_CHOICES_MAX || prompt->quantity < 1)
        return false;
    if (prompt->line != 0 && index_of(basket, prompt->line) < 0) return false;
    for (int i = 0; i < basket->prompt_count; i++)
        if (basket->prompts[i].prompt == prompt->prompt) return false;
    basket->prompts[basket->prompt_count++] = *prompt;
    return true;
}

/* An answer closes its question. The pieces it was about leave their line, and what they are joins;
 * without pieces (quantity 0) nothing else changes. A removal's answer takes pieces out. */
static bool settle(const Catalog *catalog, Basket *basket, const Entry *entry) {
    int at = -1;
    for (int i = 0; i < basket->prompt_count; i++)
        if (basket->prompts[i].prompt == entry->prompt.prompt) at = i;
    if (at < 0) return false;
    Prompt prompt = basket->prompts[at];
    close_prompt(basket, at);
    if (entry->quantity == 0) return true;
    if (prompt.kind == PROMPT_WHICH_REMOVED)
        return take_pieces(basket, entry->line, entry->quantity);
    return take_pieces(basket, prompt.line, prompt.quantity) && put_pieces(catalog, basket, entry);
}

static bool weigh_line(const Catalog *catalog, Basket *basket, const Entry *entry) {
    int at = index_of(basket, entry->line);
    if (at < 0 || !basket->lines[at].weighing || !by_weight(catalog, basket->lines[at].sku))
        return false;
    if (entry->net_e < 1 || entry->net_e > NET_CEILING || entry->e_g < 1 || entry->e_g > 1000)
        return false;
    basket->lines[at].net_e = entry->net_e;
    basket->lines[at].e_g = entry->e_g;
    basket->lines[at].weighing = false;
    return true;
}

static void recount(const Catalog *catalog, Basket *basket) {
    basket->items = 0;
    basket->total_minor = 0;
    basket->minimum_age = 0;
    for (int i = 0; i < basket->count; i++) {
        BasketLine *line = &basket->lines[i];
        line->price_minor = line_price(catalog, line);
        basket->total_minor += line->price_minor;
        basket->items += line->quantity;
        int age = is_named(catalog, line->sku) ? catalog->products[line->sku].minimum_age : 0;
        if (age > basket->minimum_age) basket->minimum_age = age;
    }
}

static bool change(const Catalog *catalog, Basket *basket, const Entry *entry) {
    switch (entry->kind) {
    case ENTRY_ADD:
        return put_pieces(catalog, basket, entry);
    case ENTRY_REMOVE:
        return take_pieces(basket, entry->line, entry->quantity);
    case ENTRY_PROMPT:
        return open_prompt(basket, &entry->prompt);
    case ENTRY_ANSWER:
        return settle(catalog, basket, entry);
    case ENTRY_WEIGH:
        return weigh_line(catalog, basket, entry);
    case ENTRY_CHECKOUT:
        basket->checked_out = true;
        return true;
    case ENTRY_RESET:
        memset(basket, 0, sizeof *basket);
        return true;
    }
    return false;
}

bool apply_unchecked(const Catalog *catalog, Basket *basket, const Entry *entry) {
    if (basket->checked_out && entry->kind != ENTRY_RESET) return false;
    if (!change(catalog, basket, entry)) return false;
    recount(catalog, basket);
    basket->t_ns = entry->t_ns;
    basket->revision++;
    return true;
}

bool basket_apply(const Catalog *catalog, Basket *basket, const Entry *entry) {
    Basket next = *basket;
    if (!apply_unchecked(catalog, &next, entry)) return false;
    if (next.revision != entry->sequence) return false;
    if (entry->kind != ENTRY_RESET && next.total_minor - basket->total_minor != entry->amount_minor)
        return false;
    *basket = next;
    return true;
}

void basket_inside(const Basket *basket, Inside *out) {
    out->count = basket->count;
    for (int i = 0; i < basket->count; i++) {
        out->at[i].sku = basket->lines[i].sku;
        out->at[i].quantity = basket->lines[i].quantity;
        out->at[i].net_g = (double)basket->lines[i].net_e * basket->lines[i].e_g;
    }
}
