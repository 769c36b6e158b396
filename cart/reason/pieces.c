/* pieces.c - what each piece inside weighed when it went in: the surest mark by which it leaves. */
#include "reason_internal.h"

#include <math.h>
#include <string.h>

static const int64_t JUST_NS = INT64_C(1000000000); /* the ledger hears of a belief at once */

static void drop(ReasonState *state, int at) {
    state->piece_count--;
    memmove(
        &state->pieces[at], &state->pieces[at + 1],
        sizeof state->pieces[0] * (size_t)(state->piece_count - at));
}

/* The piece of this SKU whose weight is nearest, or -1. */
static int nearest(const ReasonState *state, int32_t sku, double grams) {
    int best = -1;
    for (int i = 0; i < state->piece_count; i++)
        if (state->pieces[i].sku == sku &&
            (best < 0 ||
             fabs(state->pieces[i].grams - grams) < fabs(state->pieces[best].grams - grams)))
            best = i;
    return best;
}

/* The event just decided, if a scale measured it; its weight is used once. */
static struct ReasonPast *just_weighed(ReasonState *state, int sign) {
    if (state->past_count == 0) return NULL;
    struct ReasonPast *past = &state->past[state->past_count - 1];
    const bool fresh = state->now_ns - past->decided_ns <= JUST_NS && !past->booked;
    return fresh && past->sign == sign && past->measured_g > 0 ? past : NULL;
}

static void came(ReasonState *state, int32_t sku, int quantity) {
    struct ReasonPast *past = just_weighed(state, 1);
    if (!past) return;
    past->booked = true;
    if (quantity != 1) return; /* only their sum is known */
    if (state->piece_count == REASON_PIECES_MAX) drop(state, 0);
    state->pieces[state->piece_count].sku = sku;
    state->pieces[state->piece_count].step = past->step;
    state->pieces[state->piece_count].grams = past->measured_g;
    state->pieces[state->piece_count++].var = past->measured_var;
}

void pieces_weighed(ReasonState *state, int32_t step, double grams, double var) {
    for (int i = 0; i < state->piece_count; i++) {
        if (state->pieces[i].step != step) continue;
        state->pieces[i].grams = grams;
        state->pieces[i].var = var;
    }
}

static void went(ReasonState *state, int32_t sku, int quantity) {
    struct ReasonPast *past = just_weighed(state, -1);
    if (past) past->booked = true;
    const double each_g = past ? past->measured_g / quantity : 0;
    while (quantity-- > 0) {
        const int at = nearest(state, sku, each_g);
        if (at < 0) return;
        drop(state, at);
    }
}

/* The load of a line of this SKU that is no longer there; 0: none. */
static double load_gone(const Inside *before, const Inside *after, int32_t sku) {
    for (int i = 0; i < before->count; i++) {
        bool there = before->at[i].sku != sku;
        for (int j = 0; j < after->count && !there; j++)
            there = after->at[j].sku == sku && fabs(after->at[j].net_g - before->at[i].net_g) < 0.5;
        if (!there) return before->at[i].net_g;
    }
    return 0;
}

void pieces_follow(ReasonState *state, const Inside *before, const Inside *after) {
    int32_t more = 0, less = 0;
    int gained = 0, lost = 0;
    for (int i = 0; i < before->count + after->count; i++) {
        const int32_t sku =
            i < before->count ? before->at[i].sku : after->at[i - before->count].sku;
        const int change = inside_quantity(after, sku) - inside_quantity(before, sku);
        if (change > 0) more = sku, gained = change;
        if (change < 0) less = sku, lost = -change;
    }
    if (gained && lost) {
        /* the shopper named what nobody had: a piece of one SKU is one of another */
        const int at = gained == lost ? nearest(state, less, load_gone(before, after, less)) : -1;
        if (at >= 0) state->pieces[at].sku = more;
        return;
    }
    if (gained) came(state, more, gained);
    if (lost) went(state, less, lost);
}

double pieces_log(
    const ReasonState *state,
    const Inside *inside,
    int32_t sku,
    double grams,
    double var,
    double catalogue_log) {
    double known = 0, best = catalogue_log;
    double logs[REASON_PIECES_MAX];
    int count = 0;
    for (int i = 0; i < state->piece_count; i++) {
        if (state->pieces[i].sku != sku) continue;
        logs[count] = normal_log(grams - state->pieces[i].grams, state->pieces[i].var + var);
        best = fmax(best, logs[count++]);
    }
    const int all = inside_quantity(inside, sku);
    if (count == 0 || all <= 0) return catalogue_log;
    for (int i = 0; i < count; i++)
        known += exp(logs[i] - best);
    known += (all > count ? all - count : 0) * exp(catalogue_log - best);
    /* A piece may have changed since: eaten from, wet, swapped. */
    return best + log((1 - PIECE_CHANGED_P) * known / (all > count ? all : count) +
                      PIECE_CHANGED_P * exp(catalogue_log - best));
}
