#include "plan.h"

#include "hand_mesh.h"
#include "pack.h"
#include "pricebook.h"

bool plan_selects(const Selector *selector, const Catalog *catalog, int32_t sku) {
    const Product *product = &catalog->products[sku];
    const char *text = selector->text;
    switch (selector->kind) {
    case SELECT_ANY:
        return true;
    case SELECT_PRODUCT:
        return strcmp(product->id, text) == 0;
    case SELECT_CATEGORY:
        return strcmp(product->category, text) == 0;
    case SELECT_VARIANT_GROUP:
        return strcmp(product->variant_group, text) == 0;
    case SELECT_GTIN:
        return pricebook_find(catalog, text) == sku;
    case SELECT_WORD:
        return strcmp(product->id, text) == 0 || strcmp(product->category, text) == 0 ||
               pricebook_find(catalog, text) == sku;
    }
    return false;
}

static Status choose_sku(
    const ScenarioEvent *event,
    const char *file,
    const Catalog *catalog,
    Random *random,
    int32_t *out) {
    int found = 0;
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        const bool by_weight = catalog->products[sku].unit == UNIT_WEIGHT;
        if (!plan_selects(&event->what, catalog, sku)) continue;
        if (event->weigh && !by_weight) continue;
        if (event->what.kind == SELECT_ANY && by_weight != (event->weigh != 0)) continue;
        found++;
        if (random_below(random, found) == 0) *out = sku;
    }
    if (found == 0)
        return fail(
            E_NOT_FOUND, "%s:%d: add: no product%s answers to \"%s\"", file, event->line,
            event->weigh ? " sold by weight" : "", event->what.text);
    return OK;
}

static Status add_move(Plan *plan, const Move *move) {
    if (plan->moves == MOVES_MAX) return fail(E_FULL, "plan: more than %d trips", MOVES_MAX);
    plan->move[plan->moves++] = *move;
    return OK;
}

static bool fits_one_hand(const ProductMesh *product, int count) {
    const double *half = product->half;
    const double thin = fmin(half[0], fmin(half[1], half[2]));
    return 2 * thin * count <= HAND_APERTURE_MAX_M;
}

static Status plan_add(
    const Scenario *scenario,
    const ScenarioEvent *event,
    const char *file,
    Props *props,
    uint64_t seed,
    Random *random,
    Plan *plan) {
    int32_t sku = SKU_UNKNOWN;
    const Prop *prop = NULL;
    TRY(choose_sku(event, file, props->catalog, random, &sku));
    TRY(props_product(props, sku, &prop));
    const Product *product = &props->catalog->products[sku];
    const bool by_weight = product->unit == UNIT_WEIGHT;
    if (plan->items + event->count > WORLD_ITEMS_MAX)
        return fail(E_FULL, "%s:%d: more than %d things", file, event->line, WORLD_ITEMS_MAX);
    const bool fits = fits_one_hand(&prop->product, event->count) && !by_weight;
    if (event->together == CHANCE_YES && event->count > 1 && !fits)
        return fail(
            E_INVALID, "%s:%d: together: %d of %s do not fit one hand", file, event->line,
            event->count, product->id);
    const bool together = event->count > 1 && fits &&
                          (event->together == CHANCE_YES ||
                           (event->together == CHANCE_MAYBE && random_chance(random, 0.5)));
    for (int i = 0; i < event->count; i++) {
        PlannedItem *item = &plan->item[plan->items++];
        item->sku = sku;
        item->pieces = !by_weight ? 1 : event->pieces ? event->pieces : 3 + random_below(random, 6);
        item->grams = by_weight ? pack_bag_grams(product, item->pieces, random)
                                : pack_grams(product, sku, seed, random);
        if (together && i > 0) continue;
        TRY(add_move(
            plan, &(Move){
                      SCENARIO_ADD, event, plan->items - 1, together ? event->count : 1,
                      random_between(random, scenario->pause_min_s, scenario->pause_max_s)}));
    }
    return OK;
}

Status
plan_make(const Scenario *scenario, const char *file, Props *props, uint64_t seed, Plan *out) {
    *out = (Plan){0};
    for (int i = 0; i < scenario->count; i++) {
        const ScenarioEvent *event = &scenario->event[i];
        Random random = random_fork(seed, 300 + (uint64_t)i);
        if (event->action == SCENARIO_ADD) {
            TRY(plan_add(scenario, event, file, props, seed, &random, out));
            continue;
        }
        TRY(add_move(
            out, &(Move){
                     event->action, event, 0, 0,
                     random_between(&random, scenario->pause_min_s, scenario->pause_max_s)}));
    }
    return OK;
}
