/* questions.c - opening prompts, and their choices. */
#include "basket_internal.h"

bool offers(const Prompt *prompt, int32_t sku) {
    for (int i = 0; i < prompt->count; i++)
        if (prompt->choices[i] == sku) return true;
    return false;
}

void list_choices(const BasketStory *story, int32_t except, Prompt *prompt) {
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

bool ask(Ledger *ledger, Prompt *prompt) {
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

bool has_prompt(const Basket *basket, int32_t line) {
    for (int i = 0; i < basket->prompt_count; i++)
        if (basket->prompts[i].line == line) return true;
    return false;
}

void ask_about_unnamed(Ledger *ledger) {
    const Basket *basket = &ledger->state->basket;
    for (int i = 0; i < basket->count && basket->prompt_count < BASKET_PROMPTS_MAX; i++) {
        const BasketLine *line = &basket->lines[i];
        if (line->sku != SKU_UNKNOWN || has_prompt(basket, line->line)) continue;
        Prompt prompt = {
            .kind = PROMPT_PLEASE_SCAN, .line = line->line, .quantity = line->quantity};
        if (!ask(ledger, &prompt)) return;
    }
}
