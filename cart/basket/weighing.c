/* weighing.c - which two settled loads frame an event; the net between them is the meter's. */
#include "basket_internal.h"

#include <math.h>
#include <string.h>

#define U_PER_G 1000

/* A load goes on being settled under one name, and its mean gets better. */
void weighing_hear(Ledger *ledger, const LegalWeight *weight) {
    BasketState *state = ledger->state;
    const SettledLoad *load = &weight->settled;
    if (load->from_ns == 0 || weight->e_g < 1) return;
    const int last = state->load_count - 1;
    if (last >= 0 && state->loads[last].from_ns == load->from_ns) {
        state->loads[last] = *load;
        return;
    }
    if (state->load_count == BASKET_LOADS_MAX)
        memmove(
            &state->loads[0], &state->loads[1],
            sizeof state->loads[0] * (size_t)(--state->load_count));
    state->loads[state->load_count++] = *load;
}

void story_begin_weighing(
    const BasketConfig *config, const BasketState *state, BasketStory *story) {
    const int64_t limit_ns = story->t_ns - (int64_t)(config->settle_ms * 1e6);
    story->before = (SettledLoad){0};
    for (int i = 0; i < state->load_count && state->loads[i].from_ns <= limit_ns; i++)
        story->before = state->loads[i];
    if (story->before.to_ns > limit_ns) story->before.to_ns = limit_ns;
}

static bool event_between(const BasketState *state, const BasketStory *story, int64_t after_ns) {
    for (int i = 0; i < state->event_count; i++)
        if (state->events[i] != story->t_ns && state->events[i] > story->before.to_ns &&
            state->events[i] < after_ns)
            return true;
    return false;
}

/* Is it the event's load, and more than its bag? */
static bool agrees(const BasketStory *story, const SettledLoad *after, double tare_g) {
    const double added_g = (double)(after->load_u - story->before.load_u) / U_PER_G;
    const double e_g = (double)after->e_u / U_PER_G;
    return fabs(added_g - story->load_g) <= 2 * e_g + 4 * story->stddev_g &&
           added_g >= tare_g + 2 * e_g;
}

/* The first load settled after the event, if it may be used. */
static bool find_after(
    const BasketConfig *config,
    const BasketState *state,
    const BasketStory *story,
    BasketWeighing *out) {
    const int64_t earliest_ns = story->t_ns + (int64_t)(config->settle_ms * 1e6);
    if (story->before.from_ns == 0 || !isfinite(story->load_g)) return false;
    for (int i = 0; i < state->load_count; i++) {
        const SettledLoad *load = &state->loads[i];
        if (load->to_ns < earliest_ns || load->from_ns <= story->before.from_ns) continue;
        if (event_between(state, story, load->from_ns > earliest_ns ? load->from_ns : earliest_ns))
            return false;
        if (!agrees(story, load, (double)out->tare_mg / U_PER_G)) continue;
        out->after = *load;
        return true;
    }
    return false;
}

int basket_weighings(
    const BasketConfig *config,
    const Catalog *catalog,
    const BasketState *state,
    BasketWeighing out[BASKET_LINES_MAX]) {
    int count = 0;
    for (int i = 0; i < state->story_count; i++) {
        const BasketStory *story = &state->stories[i];
        const BasketLine *line = line_by_id(&state->basket, story->line);
        if (!line || !line->weighing) continue;
        out[count] = (BasketWeighing){
            .line = line->line,
            .before = story->before,
            .tare_mg = llround(catalog->products[line->sku].tare_g * U_PER_G)};
        count += find_after(config, state, story, &out[count]);
    }
    return count;
}

/* The meter's answer. A net of nothing prices nothing. */
void hear_net(Ledger *ledger, const BasketNet *net) {
    const BasketLine *weighed = line_by_id(&ledger->state->basket, net->line);
    const BasketStory *story = story_of(ledger->state, net->line);
    if (!weighed || !weighed->weighing || net->weight.net < 1) return;
    Entry entry = {
        .kind = ENTRY_WEIGH,
        .event = story ? story->event : 0,
        .line = net->line,
        .sku = weighed->sku,
        .quantity = 1,
        .net_e = net->weight.net,
        .e_g = net->weight.e_g,
        .unit_price_minor = weighed->unit_price_minor,
        .confidence_p = weighed->confidence_p,
        .confirmed = weighed->confirmed};
    const long long e_g = net->weight.e_g;
    (void)ledger_write(
        ledger, &entry, "%s weighs %lld g net: %lld g gross, %lld g tare",
        name_of(ledger->catalog, weighed->sku), net->weight.net * e_g, net->weight.gross * e_g,
        net->weight.tare * e_g);
}
