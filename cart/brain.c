#include "brain.h"

#include "meter.h"

#include <stdlib.h>
#include <string.h>

void brain_init(Brain *brain) {
    memset(brain, 0, sizeof *brain);
    reason_init(&brain->reason);
    basket_init(&brain->basket);
}

/* What the reasoner hears of an input; false: it is none of its business. */
static bool as_evidence(const BrainInput *input, Evidence *out) {
    out->t_ns = input->t_ns;
    switch (input->kind) {
    case BRAIN_CROSSING:
        out->kind = EVIDENCE_CROSSING;
        out->crossing = input->crossing;
        return true;
    case BRAIN_WEIGHT_STEP:
        out->kind = EVIDENCE_WEIGHT;
        out->weight = input->step;
        return true;
    case BRAIN_SCAN:
        out->kind = EVIDENCE_SCAN;
        out->scan = input->scan;
        return true;
    case BRAIN_TIME:
        out->kind = EVIDENCE_TIME;
        return true;
    case BRAIN_LEGAL_WEIGHT:
    case BRAIN_COMMAND:
        return false;
    }
    return false;
}

/* What the ledger hears of it; false: nothing directly. */
static bool as_basket_input(const BrainInput *input, BasketInput *out) {
    out->t_ns = input->t_ns;
    switch (input->kind) {
    case BRAIN_LEGAL_WEIGHT:
        out->kind = BASKET_WEIGHT;
        out->weight = input->legal;
        return true;
    case BRAIN_SCAN:
        out->kind = BASKET_SCAN;
        out->scan = input->scan.sku;
        return true;
    case BRAIN_COMMAND:
        out->kind = BASKET_COMMAND;
        out->command = input->command;
        return true;
    case BRAIN_TIME:
        out->kind = BASKET_TIME;
        return true;
    case BRAIN_CROSSING:
    case BRAIN_WEIGHT_STEP:
        return false;
    }
    return false;
}

static void tell_basket(
    const BrainConfig *config,
    const Catalog *catalog,
    Brain *brain,
    const BasketInput *input,
    BrainOutput *out) {
    Entries entries;
    basket_step(&config->basket, catalog, &brain->basket, input, &entries);
    for (int i = 0; i < entries.count && out->entry_count < BRAIN_ENTRIES_MAX; i++) {
        if (entries.at[i].kind == ENTRY_RESET) reason_init(&brain->reason);
        out->entries[out->entry_count++] = entries.at[i];
    }
    if (entries.refused[0]) memcpy(out->refused, entries.refused, sizeof out->refused);
}

/* Lines whose two settled loads are known go to the meter, and their nets to the ledger. */
static void
weigh_lines(const BrainConfig *config, const Catalog *catalog, Brain *brain, BrainOutput *out) {
    BasketWeighing wanted[BASKET_LINES_MAX];
    const int count = basket_weighings(&config->basket, catalog, &brain->basket, wanted);
    for (int i = 0; i < count; i++) {
        BasketInput input = {.kind = BASKET_NET, .t_ns = brain->t_ns};
        input.net.line = wanted[i].line;
        if (meter_add(&wanted[i].before, &wanted[i].after, wanted[i].tare_mg, &input.net.weight) ==
            OK)
            tell_basket(config, catalog, brain, &input, out);
    }
}

/* What is inside decides what can be taken out, and may settle what was waiting. */
static void
tell_inside(const BrainConfig *config, const Catalog *catalog, Brain *brain, BrainOutput *out) {
    Beliefs more;
    Evidence evidence = {.kind = EVIDENCE_BASKET, .t_ns = brain->t_ns};
    basket_inside(&brain->basket.basket, &evidence.inside);
    reason_step(&config->reason, catalog, &brain->reason, &evidence, &more);
    for (int i = 0; i < more.count && out->beliefs.count < BELIEFS_MAX; i++)
        out->beliefs.at[out->beliefs.count++] = more.at[i];
}

void brain_step(
    const BrainConfig *config,
    const Catalog *catalog,
    Brain *brain,
    const BrainInput *input,
    BrainOutput *out) {
    Evidence evidence;
    BasketInput for_basket;
    memset(out, 0, sizeof *out);
    brain->t_ns = input->t_ns;

    /* A code that answers a question is spent; it says nothing about the next thing put in. */
    if (as_basket_input(input, &for_basket)) tell_basket(config, catalog, brain, &for_basket, out);
    const bool spent = input->kind == BRAIN_SCAN && out->entry_count > 0;
    if (!spent && as_evidence(input, &evidence))
        reason_step(&config->reason, catalog, &brain->reason, &evidence, &out->beliefs);

    weigh_lines(config, catalog, brain, out);
    int told = 0, heard = 0; /* beliefs the basket has heard, entries the reasoner has */
    while (told < out->beliefs.count || heard < out->entry_count) {
        for (; told < out->beliefs.count; told++) {
            for_basket = (BasketInput){.kind = BASKET_BELIEF, .t_ns = input->t_ns};
            for_basket.belief = out->beliefs.at[told];
            tell_basket(config, catalog, brain, &for_basket, out);
        }
        weigh_lines(config, catalog, brain, out);
        if (heard == out->entry_count) break;
        heard = out->entry_count;
        tell_inside(config, catalog, brain, out);
    }
}

Status brain_log_append(BrainLog *log, const BrainInput *input) {
    if (log->count == log->capacity) {
        const int64_t capacity = log->capacity ? log->capacity * 2 : 1024;
        BrainInput *moved = realloc(log->at, (size_t)capacity * sizeof *moved);
        if (!moved) return fail(E_NO_MEMORY, "brain: out of memory for its log");
        log->at = moved;
        log->capacity = capacity;
    }
    log->at[log->count++] = *input;
    return OK;
}

void brain_log_finish(BrainLog *log) {
    free(log->at);
    *log = (BrainLog){0};
}
