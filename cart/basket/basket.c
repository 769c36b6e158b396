/* basket.c - settings, the step, the restart. */
#include "basket_internal.h"

#include <string.h>

const Setting basket_settings[] = {
    SETTING_REAL(
        BasketConfig,
        settle_ms,
        "300",
        0,
        10000,
        "a settled load this near an event is not used, ms"),
    SETTING_REAL(
        BasketConfig,
        fit_p,
        "0.05",
        0,
        1,
        "a scanned product explains an unnamed load within this part of it"),
    SETTING_REAL(BasketConfig, fit_g, "6", 0, 1000, "and this much more, g"), SETTING_END};

void basket_init(BasketState *state) { memset(state, 0, sizeof *state); }

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
        break;
    case BASKET_NET:
        hear_net(&ledger, &input->net);
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
