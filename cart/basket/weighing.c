/* weighing.c - which two legal readings frame an event, and the net between them. */
#include "basket_internal.h"

#include <math.h>
#include <string.h>

void weighing_hear(Ledger *ledger, const LegalWeight *weight) {
    BasketState *state = ledger->state;
    if (!weight->stable || weight->overload || weight->underload || weight->e_g < 1) return;
    int last = state->reading_count - 1;
    if (last >= 0 && state->readings[last].gross == weight->gross &&
        state->readings[last].e_g == weight->e_g) {
        state->readings[last].to_ns = weight->t_ns;
        return;
    }
    if (state->reading_count == BASKET_READINGS_MAX)
        memmove(
            &state->readings[0], &state->readings[1],
            sizeof state->readings[0] * (size_t)(--state->reading_count));
    int at = state->reading_count++;
    state->readings[at].from_ns = state->readings[at].to_ns = weight->t_ns;
    state->readings[at].gross = weight->gross;
    state->readings[at].e_g = weight->e_g;
}

void story_begin_weighing(
    const BasketConfig *config, const BasketState *state, BasketStory *story) {
    int64_t limit_ns = story->t_ns - (int64_t)(config->settle_ms * 1e6);
    story->has_before = false;
    for (int i = 0; i < state->reading_count; i++) {
        if (state->readings[i].from_ns > limit_ns) break;
        story->has_before = true;
        story->before_ns =
            state->readings[i].to_ns < limit_ns ? state->readings[i].to_ns : limit_ns;
        story->before_e = state->readings[i].gross;
        story->e_g = state->readings[i].e_g;
    }
}

static bool event_between(const BasketState *state, const BasketStory *story, int64_t after_ns) {
    for (int i = 0; i < state->event_count; i++)
        if (state->events[i] != story->t_ns && state->events[i] > story->before_ns &&
            state->events[i] < after_ns)
            return true;
    return false;
}

static bool agrees(const BasketStory *story, int32_t gross_e) {
    double error = fabs((double)gross_e * story->e_g - story->load_g);
    return error <= 2.0 * story->e_g + 4 * story->stddev_g;
}

/* The net of the first reading after the event that may be used; 0: none yet. */
static int32_t net_of(const Ledger *ledger, const BasketStory *story, const Product *product) {
    const BasketState *state = ledger->state;
    int64_t earliest_ns = story->t_ns + (int64_t)(ledger->config->settle_ms * 1e6);
    if (!story->has_before || !isfinite(story->load_g)) return 0;
    for (int i = 0; i < state->reading_count; i++) {
        if (state->readings[i].to_ns < earliest_ns || state->readings[i].e_g != story->e_g)
            continue;
        int64_t after_ns =
            state->readings[i].from_ns > earliest_ns ? state->readings[i].from_ns : earliest_ns;
        int32_t gross_e = state->readings[i].gross - story->before_e;
        int32_t tare_e = (int32_t)floor(product->tare_g / story->e_g + 0.5);
        if (event_between(state, story, after_ns)) return 0;
        if (agrees(story, gross_e) && gross_e > tare_e) return gross_e - tare_e;
    }
    return 0;
}

void weighing_try(Ledger *ledger, int32_t line) {
    const BasketLine *weighed = line_by_id(&ledger->state->basket, line);
    const BasketStory *story = story_of(ledger->state, line);
    if (!weighed || !weighed->weighing || !story) return;
    int32_t net_e = net_of(ledger, story, &ledger->catalog->products[weighed->sku]);
    if (net_e == 0) return;
    Entry entry = {
        .kind = ENTRY_WEIGH,
        .event = story->event,
        .line = line,
        .sku = weighed->sku,
        .quantity = 1,
        .net_e = net_e,
        .e_g = story->e_g,
        .unit_price_minor = weighed->unit_price_minor,
        .confidence_p = weighed->confidence_p,
        .confirmed = weighed->confirmed};
    (void)ledger_write(
        ledger, &entry, "%s weighs %d g net", name_of(ledger->catalog, weighed->sku),
        net_e * story->e_g);
}
