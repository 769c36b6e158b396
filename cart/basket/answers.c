/* answers.c - what shopper, staff and scanner say. */
#include "basket_internal.h"

#include <math.h>
#include <string.h>

static void close_question(Ledger *ledger, const Prompt *prompt, const char *why) {
    Entry entry = {
        .kind = ENTRY_ANSWER, .event = prompt->event, .sku = SKU_UNKNOWN, .prompt = *prompt};
    (void)ledger_write(ledger, &entry, "%s", why);
}

/* The pieces a question is about get a name, or lose it. */
static void name_pieces(Ledger *ledger, const Prompt *prompt, int32_t sku, int32_t quantity) {
    const Basket *basket = &ledger->state->basket;
    const BasketLine *line = line_by_id(basket, prompt->line);
    if (!line) return;
    bool whole = line->quantity == prompt->quantity;
    const BasketLine *shared = shared_line(ledger->catalog, basket, sku);
    if (shared == line && whole) shared = NULL;
    Entry entry = {
        .kind = ENTRY_ANSWER,
        .event = prompt->event,
        .line = shared  ? shared->line
                : whole ? line->line
                        : ledger->state->last_line + 1,
        .sku = sku,
        .quantity = quantity,
        .confidence_p = sku == SKU_UNKNOWN ? 0 : 1,
        .confirmed = sku != SKU_UNKNOWN,
        .prompt = *prompt};
    if (sku != SKU_UNKNOWN) {
        const Product *product = &ledger->catalog->products[sku];
        entry.unit_price_minor = shared ? shared->unit_price_minor : product->price_minor;
        if (product->unit == UNIT_WEIGHT) entry.quantity = 1;
    }
    BasketStory *story = story_of(ledger->state, prompt->line);
    if (!ledger_write(ledger, &entry, "it is %s", name_of(ledger->catalog, sku))) {
        refuse(ledger, "the basket is full: take something out");
        return;
    }
    BasketStory *replaced = story_of(ledger->state, entry.line);
    if (replaced && replaced != story) replaced->line = 0;
    if (story) {
        story->line = entry.line;
        story->quantity = entry.quantity;
    }
}

/* How many, when the answer does not say: as the belief had it for this product. */
static int32_t pieces_of(const Ledger *ledger, const Prompt *prompt, int32_t sku, int32_t said) {
    if (said > 0) return said;
    const BasketStory *story = story_of(ledger->state, prompt->line);
    for (int i = 0; story && i < story->count; i++)
        if (story->at[i].sku == sku) return story->at[i].quantity;
    return prompt->quantity;
}

static void answer_removal(Ledger *ledger, const Prompt *prompt, int32_t sku, int32_t said) {
    const BasketLine *line = line_of(ledger, sku, NAN);
    if (sku == SKU_UNKNOWN) {
        close_question(ledger, prompt, "none of these was taken out");
        return;
    }
    if (!line) {
        refuse(ledger, "%s is not in the basket", name_of(ledger->catalog, sku));
        return;
    }
    int32_t quantity = said > 0 ? said : prompt->quantity;
    Entry entry = {
        .kind = ENTRY_ANSWER,
        .event = prompt->event,
        .line = line->line,
        .sku = sku,
        .quantity = quantity > line->quantity ? line->quantity : quantity,
        .unit_price_minor = line->unit_price_minor,
        .confidence_p = 1,
        .confirmed = true,
        .prompt = *prompt};
    (void)ledger_write(ledger, &entry, "%s was taken out", name_of(ledger->catalog, sku));
}

static void hear_answer(Ledger *ledger, const Command *command) {
    const Basket *basket = &ledger->state->basket;
    int at = -1;
    for (int i = 0; i < basket->prompt_count; i++)
        if (basket->prompts[i].prompt == command->prompt) at = i;
    bool none = command->sku == SKU_UNKNOWN;
    if (at < 0 || command->quantity < 0 || command->quantity > 1000 ||
        (!none && !is_named(ledger->catalog, command->sku))) {
        refuse(ledger, "there is no such open question");
        return;
    }
    const Prompt prompt = basket->prompts[at];
    if (prompt.kind == PROMPT_WHICH_REMOVED)
        answer_removal(ledger, &prompt, command->sku, command->quantity);
    else if (none && prompt.kind == PROMPT_PLEASE_SCAN)
        refuse(ledger, "it must be scanned, or taken off by staff");
    else if (none && prompt.kind == PROMPT_WHICH_ADDED)
        close_question(ledger, &prompt, "none of these: please scan it");
    else
        name_pieces(
            ledger, &prompt, command->sku,
            pieces_of(ledger, &prompt, command->sku, command->quantity));
}

static void hear_dispute(Ledger *ledger, const Command *command) {
    const BasketLine *line = line_by_id(&ledger->state->basket, command->line);
    if (!line || has_prompt(&ledger->state->basket, command->line)) {
        refuse(ledger, line ? "this line is being asked about" : "there is no such line");
        return;
    }
    const BasketStory *story = story_of(ledger->state, line->line);
    Prompt prompt = {.kind = PROMPT_DISPUTED, .line = line->line, .quantity = line->quantity};
    if (story) {
        if (story->quantity < line->quantity) prompt.quantity = story->quantity;
        list_choices(story, line->sku, &prompt);
    }
    if (!ask(ledger, &prompt)) refuse(ledger, "too many open questions: answer one first");
}

static void hear_checkout(Ledger *ledger) {
    const Basket *basket = &ledger->state->basket;
    for (int i = 0; i < basket->count; i++) {
        if (basket->lines[i].sku == SKU_UNKNOWN || basket->lines[i].weighing) {
            refuse(
                ledger, "line %d %s", basket->lines[i].line,
                basket->lines[i].weighing ? "is not weighed yet: lift it and put it back"
                                          : "has no name yet: answer or scan");
            return;
        }
    }
    if (basket->prompt_count > 0) {
        refuse(ledger, "a question is open: answer it first");
        return;
    }
    Entry entry = {.kind = ENTRY_CHECKOUT, .sku = SKU_UNKNOWN};
    (void)ledger_write(ledger, &entry, "the shopper is done");
}

static void reset(Ledger *ledger) {
    BasketState *state = ledger->state;
    Entry entry = {.kind = ENTRY_RESET, .sku = SKU_UNKNOWN};
    (void)ledger_write(ledger, &entry, "a new session");
    state->last_line = state->last_prompt = 0;
    state->story_count = 0;
}

void hear_command(Ledger *ledger, const Command *command) {
    switch (command->kind) {
    case COMMAND_ANSWER:
        hear_answer(ledger, command);
        break;
    case COMMAND_DISPUTE:
        hear_dispute(ledger, command);
        break;
    case COMMAND_REMOVE: {
        const BasketLine *line = line_by_id(&ledger->state->basket, command->line);
        if (line)
            take_off(ledger, line, command->quantity, 0, 1);
        else
            refuse(ledger, "there is no such line");
        break;
    }
    case COMMAND_CHECKOUT:
        hear_checkout(ledger);
        break;
    case COMMAND_RESET:
        reset(ledger);
        break;
    case COMMAND_ZERO:
    case COMMAND_TARE:
    case COMMAND_CLEAR_TARE:
        break; /* the meter's */
    }
}

/* ---- codes ---- */

/* How many pieces of a product explain an unnamed load; 0: none do. */
static int32_t pieces_that_fit(const Ledger *ledger, const Prompt *prompt, int32_t sku) {
    const Product *product = &ledger->catalog->products[sku];
    const BasketLine *line = line_by_id(&ledger->state->basket, prompt->line);
    double load_g = line && line->sku == SKU_UNKNOWN ? (double)line->net_e * line->e_g : 0;
    if (product->unit == UNIT_WEIGHT) return 1;
    if (load_g <= 0 || product->gross_g <= 0) return prompt->quantity;
    double pieces = floor(load_g / product->gross_g + 0.5);
    double error = fabs(load_g - pieces * product->gross_g);
    bool fits = pieces >= 1 && pieces <= 100 &&
                error <= ledger->config->fit_p * load_g + ledger->config->fit_g;
    return fits ? (int32_t)pieces : 0;
}

void hear_scan(Ledger *ledger, int32_t sku) {
    const Basket *basket = &ledger->state->basket;
    int best = -1;
    bool best_offers = false;
    if (!is_named(ledger->catalog, sku)) return;
    for (int i = basket->prompt_count - 1; i >= 0; i--) {
        const Prompt *prompt = &basket->prompts[i];
        const bool listed = offers(prompt, sku), open = prompt->kind == PROMPT_PLEASE_SCAN;
        const int32_t pieces = pieces_that_fit(ledger, prompt, sku);
        if (prompt->kind == PROMPT_WHICH_REMOVED || pieces == 0) continue;
        if (!listed && !open && pieces > prompt->quantity)
            continue; /* more likely the next thing */
        if (best >= 0 && (best_offers || !listed)) continue;
        best = i;
        best_offers = listed;
    }
    if (best < 0) return;
    const Prompt prompt = basket->prompts[best];
    name_pieces(ledger, &prompt, sku, pieces_that_fit(ledger, &prompt, sku));
}
