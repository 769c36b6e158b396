/* pair.c - two different products in one weight step: one in each hand. */
#include "reason_internal.h"

#include <math.h>
#include <string.h>

enum { SIDE_MAX = 8 };

typedef struct Side {
    int count;
    struct {
        int32_t sku;
        double log_p, mean_g, var;
    } at[SIDE_MAX]; /* by falling log_p */
} Side;

static bool is_inside(const Question *question, int32_t sku) {
    for (int i = 0; i < question->inside->count; i++)
        if (question->inside->at[i].sku == sku) return true;
    return false;
}

/* The likeliest products of one sighting whose load is known. */
static void
side_of(const ReasonConfig *config, const Catalog *catalog, const Question *question, Side *out) {
    out->count = 0;
    const Sight *sight = question->sight;
    for (int s = 0; sight->looked && s < sight->count; s++) {
        int32_t sku = sight->at[s].sku;
        double mean_g, var;
        if (question->only_inside && !is_inside(question, sku)) continue;
        if (!load_of(config, &catalog->products[sku], 1, &mean_g, &var)) continue;
        double log_p = sight_log(sight, catalog, sku);
        int at = out->count < SIDE_MAX ? out->count++ : SIDE_MAX;
        while (at > 0 && log_p > out->at[at - 1].log_p) {
            if (at < SIDE_MAX) out->at[at] = out->at[at - 1];
            at--;
        }
        if (at == SIDE_MAX) continue;
        out->at[at].sku = sku;
        out->at[at].log_p = log_p;
        out->at[at].mean_g = question->sign * mean_g;
        out->at[at].var = var;
    }
}

bool pair_of(
    const ReasonConfig *config,
    const Catalog *catalog,
    const Question *question,
    const Question *other,
    const Posterior *single,
    PairSide sides[2]) {
    Side first, second;
    side_of(config, catalog, question, &first);
    side_of(config, catalog, other, &second);
    if (question->load != LOAD_MEASURED || first.count == 0 || second.count == 0) return false;

    /* What the other sighting is, by its looks alone, so that a single need not explain it. */
    const Question seen_only = {
        .sign = other->sign,
        .load = LOAD_NONE,
        .unknown_p = other->unknown_p,
        .sight = other->sight,
        .inside = other->inside,
        .state = other->state,
        .only_inside = other->only_inside};
    Posterior looks;
    posterior_of(config, catalog, &seen_only, &looks);
    double looks_log = looks.top + log(looks.sum);

    double first_p = (1 - question->unknown_p) /
                     (question->only_inside ? question->inside->count : catalog->count);
    double second_log =
        log((1 - other->unknown_p) / (other->only_inside ? other->inside->count : catalog->count)) -
        looks_log;

    memset(sides, 0, sizeof(PairSide[2]));
    sides[0].sign = question->sign;
    sides[1].sign = other->sign;
    double best = -INFINITY;
    for (int a = 0; a < first.count; a++) {
        for (int b = 0; b < second.count; b++) {
            if (first.at[a].sku == second.at[b].sku) continue;
            double error =
                question->sign * question->grams - first.at[a].mean_g - second.at[b].mean_g;
            double score = log(config->pair_p) + prior_log(question, first.at[a].sku, first_p) +
                           first.at[a].log_p + second_log + second.at[b].log_p +
                           normal_log(error, first.at[a].var + second.at[b].var + question->var);
            posterior_offer(&sides[0].posterior, first.at[a].sku, 1, score);
            posterior_offer(&sides[1].posterior, second.at[b].sku, 1, score);
            if (score <= best) continue;
            best = score;
            sides[0].mean_g = first.at[a].mean_g;
            sides[0].var = first.at[a].var;
            sides[1].mean_g = second.at[b].mean_g;
            sides[1].var = second.at[b].var;
        }
    }
    double alone = log(1 - config->pair_p);
    if (!(best - (alone + single->at[0].score) > config->pair_margin)) return false;
    for (int s = 0; s < 2; s++)
        posterior_offer(
            &sides[s].posterior, SKU_UNKNOWN, 0, alone + single->top + log(single->sum));
    return true;
}
