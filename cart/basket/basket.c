/* basket.c - what an input means for the ledger. */
#include "basket_internal.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Setting basket_settings[] = {
    SETTING_REAL(
        BasketConfig,
        settle_ms,
        "300",
        0,
        10000,
        "a stable weight this near an event is not used, ms"),
    SETTING_REAL(
        BasketConfig,
        fit_p,
        "0.05",
        0,
        1,
        "a scanned product explains an unnamed load within this part of it"),
    SETTING_REAL(BasketConfig, fit_g, "6", 0, 1000, "and this much more, g"), SETTING_END};

void basket_init(BasketState *state) { memset(state, 0, sizeof *state); }

/* ---- writing ---- */

const char *name_of(const Catalog *catalog, int32_t sku) {
    return is_named(catalog, sku) ? catalog->products[sku].name : "something unnamed";
}

/* Text cut to size may end inside a UTF-8 character: cut that off too. */
static void trim_partial_character(char *text) {
    size_t length = strlen(text), start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t needs = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < needs) text[start - 1] = 0;
}

static void say(char out[ENTRY_WHY_BYTES], const char *format, va_list words) {
    vsnprintf(out, ENTRY_WHY_BYTES, format, words);
    trim_partial_character(out);
}

__attribute__((format(printf, 2, 3))) static void refuse(Ledger *ledger, const char *format, ...) {
    va_list words;
    va_start(words, format);
    say(ledger->out->refused, format, words);
    va_end(words);
}

bool ledger_write(Ledger *ledger, Entry *entry, const char *why, ...) {
    Basket *basket = &ledger->state->basket;
    if (ledger->out->count == ENTRIES_MAX) return false;
    Basket next = *basket;
    entry->t_ns = ledger->t_ns;
    entry->decided_ns = ledger->decided_ns;
    entry->confidence_p = entry->confidence_p > 0 ? fmin(entry->confidence_p, 1) : 0;
    if (!apply_unchecked(ledger->catalog, &next, entry)) return false;
    entry->sequence = next.revision;
    entry->amount_minor = entry->kind == ENTRY_RESET ? 0 : next.total_minor - basket->total_minor;
    va_list words;
    va_start(words, why);
    say(entry->why, why, words);
    va_end(words);
    bool applied = basket_apply(ledger->catalog, basket, entry);
    assert(applied);
    (void)applied;
    if (entry->line > ledger->state->last_line) ledger->state->last_line = entry->line;
    ledger->out->at[ledger->out->count++] = *entry;
    return true;
}

BasketStory *story_of(BasketState *state, int32_t line) {
    for (int i = state->story_count - 1; i >= 0; i--)
        if (state->stories[i].line == line) return &state->stories[i];
    return NULL;
}

/* ---- questions ---- */

static bool offers(const Prompt *prompt, int32_t sku) {
    for (int i = 0; i < prompt->count; i++)
        if (prompt->choices[i] == sku) return true;
    return false;
}

static void list_choices(const BasketStory *story, int32_t except, Prompt *prompt) {
    for (int i = 0; i < story->count && prompt->count < PROMPT_CHOICES_MAX; i++) {
        int32_t sku = story->at[i].sku;
        if (sku != except && !offers(prompt, sku)) prompt->choices[prompt->count++] = sku;
    }
}

static const char *question_words(PromptKind kind) {
    switch (kind) {
    case PROMPT_WHICH_ADDED:
        return "which of these was put in?";
    case PROMPT_WHICH_REMOVED:
        return "which of these was taken out?";
    case PROMPT_PLEASE_SCAN:
        return "the cart does not know it: please scan it";
    case PROMPT_DISPUTED:
        return "the shopper says this is wrong: what is it?";
    }
    return "";
}

static bool ask(Ledger *ledger, Prompt *prompt) {
    prompt->prompt = ledger->state->last_prompt + 1;
    prompt->t_ns = ledger->t_ns;
    Entry entry = {
        .kind = ENTRY_PROMPT,
        .event = prompt->event,
        .line = prompt->line,
        .sku = SKU_UNKNOWN,
        .quantity = prompt->quantity,
        .prompt = *prompt};
    if (!ledger_write(ledger, &entry, "%s", question_words(prompt->kind))) return false;
    ledger->state->last_prompt = prompt->prompt;
    return true;
}

static bool has_prompt(const Basket *basket, int32_t line) {
    for (int i = 0; i < basket->prompt_count; i++)
        if (basket->prompts[i].line == line) return true;
    return false;
}

/* Every unnamed line has a question while there is room for it. */
static void ask_about_unnamed(Ledger *ledger) {
    const Basket *basket = &ledger->state->basket;
    for (int i = 0; i < basket->count && basket->prompt_count < BASKET_PROMPTS_MAX; i++) {
        const BasketLine *line = &basket->lines[i];
        if (line->sku != SKU_UNKNOWN || has_prompt(basket, line->line)) continue;
        Prompt prompt = {
            .kind = PROMPT_PLEASE_SCAN, .line = line->line, .quantity = line->quantity};
        if (!ask(ledger, &prompt)) return;
    }
}

/* ---- beliefs ---- */

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
    weighing_try(ledger, line);
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
static const BasketLine *line_of(const Ledger *ledger, int32_t sku, double load_g) {
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

static void
take_off(Ledger *ledger, const BasketLine *line, int32_t quantity, int32_t event, double p) {
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

static void hear_belief(Ledger *ledger, const Belief *belief) {
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

/* ---- answers ---- */

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
    weighing_try(ledger, entry.line);
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

static void hear_command(Ledger *ledger, const Command *command) {
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

static void hear_scan(Ledger *ledger, int32_t sku) {
    const Basket *basket = &ledger->state->basket;
    int best = -1;
    bool best_offers = false;
    if (!is_named(ledger->catalog, sku)) return;
    for (int i = basket->prompt_count - 1; i >= 0; i--) {
        const Prompt *prompt = &basket->prompts[i];
        bool listed = offers(prompt, sku);
        if (prompt->kind == PROMPT_WHICH_REMOVED || !pieces_that_fit(ledger, prompt, sku)) continue;
        if (best >= 0 && (best_offers || !listed)) continue;
        best = i;
        best_offers = listed;
    }
    if (best < 0) return;
    const Prompt prompt = basket->prompts[best];
    name_pieces(ledger, &prompt, sku, pieces_that_fit(ledger, &prompt, sku));
}

static void try_weighing_all(Ledger *ledger) {
    const Basket *basket = &ledger->state->basket;
    for (int i = 0; i < basket->count; i++)
        if (basket->lines[i].weighing) weighing_try(ledger, basket->lines[i].line);
}

void basket_step(
    const BasketConfig *config,
    const Catalog *catalog,
    BasketState *state,
    const BasketInput *input,
    Entries *out) {
    Ledger ledger = {config, catalog, state, out, input->t_ns, input->t_ns};
    out->count = 0;
    out->refused[0] = 0;
    bool reset_asked = input->kind == BASKET_COMMAND && input->command.kind == COMMAND_RESET;
    if (state->basket.checked_out && !reset_asked) {
        if (input->kind != BASKET_WEIGHT && input->kind != BASKET_TIME)
            refuse(&ledger, "checked out: a new session starts with a reset");
        return;
    }
    switch (input->kind) {
    case BASKET_BELIEF:
        hear_belief(&ledger, &input->belief);
        break;
    case BASKET_COMMAND:
        hear_command(&ledger, &input->command);
        break;
    case BASKET_SCAN:
        hear_scan(&ledger, input->scan);
        break;
    case BASKET_WEIGHT:
        weighing_hear(&ledger, &input->weight);
        try_weighing_all(&ledger);
        break;
    case BASKET_TIME:
        break;
    }
    ask_about_unnamed(&ledger);
}

bool basket_resume(const Catalog *catalog, BasketState *state, const Entry *entry) {
    if (!basket_apply(catalog, &state->basket, entry)) return false;
    if (entry->kind == ENTRY_RESET) state->last_line = state->last_prompt = 0;
    if (entry->line > state->last_line) state->last_line = entry->line;
    if (entry->prompt.prompt > state->last_prompt) state->last_prompt = entry->prompt.prompt;
    return true;
}
