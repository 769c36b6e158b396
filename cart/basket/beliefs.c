/* beliefs.c - what a belief means for the ledger. */
#include "basket_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void remember_event(BasketState *state, int64_t t_ns) {
    if (state->event_count == BASKET_EVENTS_MAX)
        memmove(
            &state->events[0], &state->events[1],
            sizeof state->events[0] * (size_t)(--state->event_count));
    state->events[state->event_count++] = t_ns;
}

static BasketStory *remember_story(Ledger *ledger, int32_t line, const Belief *belief) {
    BasketState *state = ledger->state;
    int at = state->story_count;
    for (int i = 0; i < state->story_count; i++)
        if (state->stories[i].line == line) at = i;
    if (at == BASKET_LINES_MAX) {
        at = 0; /* a story of a line long gone, or the oldest */
        for (int i = state->story_count - 1; i >= 0; i--)
            if (!line_by_id(&state->basket, state->stories[i].line)) at = i;
    }
    if (at == state->story_count) state->story_count++;
    BasketStory *story = &state->stories[at];
    *story = (BasketStory){
        .line = line,
        .event = belief->event,
        .t_ns = belief->t_ns,
        .quantity = abs(belief->at[0].quantity),
        .load_g = belief->delta_g,
        .stddev_g = isfinite(belief->stddev_g) ? belief->stddev_g : 0};
    for (int i = 0; i < belief->count; i++) {
        if (!is_named(ledger->catalog, belief->at[i].sku)) continue;
        story->at[story->count].sku = belief->at[i].sku;
        story->at[story->count++].quantity = abs(belief->at[i].quantity);
    }
    story_begin_weighing(ledger->config, state, story);
    return story;
}

/* Put pieces of a named product on their line, or a new one. 0: the basket is full. */
static int32_t add_named(Ledger *ledger, Entry *entry) {
    const BasketLine *shared = shared_line(ledger->catalog, &ledger->state->basket, entry->sku);
    entry->line = shared ? shared->line : ledger->state->last_line + 1;
    entry->unit_price_minor =
        shared ? shared->unit_price_minor : ledger->catalog->products[entry->sku].price_minor;
    if (ledger->catalog->products[entry->sku].unit == UNIT_WEIGHT) entry->quantity = 1;
    if (ledger_write(ledger, entry, "%s was put in", name_of(ledger->catalog, entry->sku)))
        return entry->line;
    refuse(ledger, "the basket is full: take something out");
    return 0;
}

static void hear_accepted_add(Ledger *ledger, const Belief *belief) {
    Entry entry = {
        .kind = ENTRY_ADD,
        .event = belief->event,
        .sku = belief->at[0].sku,
        .quantity = belief->at[0].quantity,
        .confidence_p = belief->at[0].p,
        .confirmed = (belief->sources & BELIEF_FROM_SCAN) != 0};
    int32_t line = add_named(ledger, &entry);
    if (line == 0) return;
    remember_story(ledger, line, belief);
}

static void hear_doubtful_add(Ledger *ledger, const Belief *belief) {
    bool weighed = belief->delta_g >= 1 && belief->delta_g < 1e6;
    Entry entry = {
        .kind = ENTRY_ADD,
        .event = belief->event,
        .line = ledger->state->last_line + 1,
        .sku = SKU_UNKNOWN,
        .quantity = belief->at[0].quantity,
        .net_e = weighed ? (int32_t)(belief->delta_g + 0.5) : 0,
        .e_g = weighed ? 1 : 0,
        .confidence_p = belief->at[0].p};
    if (!ledger_write(ledger, &entry, "something was put in that is not yet named")) {
        refuse(ledger, "the basket is full: take something out");
        return;
    }
    const BasketStory *story = remember_story(ledger, entry.line, belief);
    Prompt prompt = {
        .kind =
            is_named(ledger->catalog, belief->at[0].sku) ? PROMPT_WHICH_ADDED : PROMPT_PLEASE_SCAN,
        .event = belief->event,
        .line = entry.line,
        .quantity = entry.quantity};
    list_choices(story, SKU_UNKNOWN, &prompt);
    (void)ask(ledger, &prompt); /* no room: asked later, ask_about_unnamed() */
}

/* Of several lines of one product, the one whose load is nearest to what left. */
const BasketLine *line_of(const Ledger *ledger, int32_t sku, double load_g) {
    const Basket *basket = &ledger->state->basket;
    const BasketLine *best = NULL;
    double least = INFINITY;
    for (int i = basket->count - 1; i >= 0; i--) {
        const BasketLine *line = &basket->lines[i];
        double error = isfinite(load_g) ? fabs(load_g - (double)line->net_e * line->e_g) : 0;
        if (line->sku != sku || error >= least) continue;
        best = line;
        least = error;
    }
    return best;
}

void take_off(Ledger *ledger, const BasketLine *line, int32_t quantity, int32_t event, double p) {
    int32_t sku = line->sku;
    Entry entry = {
        .kind = ENTRY_REMOVE,
        .event = event,
        .line = line->line,
        .sku = sku,
        .quantity = quantity < 1 || quantity > line->quantity ? line->quantity : quantity,
        .net_e = line->net_e,
        .e_g = line->e_g,
        .unit_price_minor = line->unit_price_minor,
        .confidence_p = p};
    (void)ledger_write(ledger, &entry, "%s was taken out", name_of(ledger->catalog, sku));
}

static void ask_what_left(Ledger *ledger, const Belief *belief) {
    const Basket *basket = &ledger->state->basket;
    Prompt prompt = {
        .kind = PROMPT_WHICH_REMOVED,
        .event = belief->event,
        .quantity = abs(belief->at[0].quantity)};
    for (int i = 0; i < belief->count && prompt.count < PROMPT_CHOICES_MAX; i++) {
        int32_t sku = belief->at[i].sku;
        bool inside = is_named(ledger->catalog, sku) && line_of(ledger, sku, NAN);
        if (inside && !offers(&prompt, sku)) prompt.choices[prompt.count++] = sku;
    }
    bool any = prompt.count == 0; /* the belief names nothing: offer the newest lines */
    for (int i = basket->count - 1; i >= 0 && any && prompt.count < PROMPT_CHOICES_MAX; i--) {
        int32_t sku = basket->lines[i].sku;
        if (sku != SKU_UNKNOWN && !offers(&prompt, sku)) prompt.choices[prompt.count++] = sku;
    }
    if (!ask(ledger, &prompt)) refuse(ledger, "too many open questions to ask what was taken out");
}

static void hear_removal(Ledger *ledger, const Belief *belief) {
    const BasketLine *line = line_of(ledger, belief->at[0].sku, fabs(belief->delta_g));
    if (ledger->state->basket.count == 0)
        refuse(ledger, "something left, but nothing is in the basket");
    else if (belief->verdict == VERDICT_ACCEPT && line && line->sku == SKU_UNKNOWN)
        take_off(ledger, line, line->quantity, belief->event, belief->at[0].p);
    else if (belief->verdict == VERDICT_ACCEPT && line)
        take_off(ledger, line, -belief->at[0].quantity, belief->event, belief->at[0].p);
    else
        ask_what_left(ledger, belief);
}

static bool sound(const Belief *belief) {
    return belief->count > 0 && belief->count <= HYPOTHESES_MAX && belief->at[0].quantity != 0 &&
           abs(belief->at[0].quantity) < 1000;
}

void hear_belief(Ledger *ledger, const Belief *belief) {
    if (belief->verdict == VERDICT_IGNORE || !sound(belief)) return;
    remember_event(ledger->state, belief->t_ns);
    ledger->t_ns = belief->t_ns;
    ledger->decided_ns = belief->decided_ns;
    if (belief->at[0].quantity < 0)
        hear_removal(ledger, belief);
    else if (belief->verdict == VERDICT_ACCEPT && is_named(ledger->catalog, belief->at[0].sku))
        hear_accepted_add(ledger, belief);
    else
        hear_doubtful_add(ledger, belief);
}
