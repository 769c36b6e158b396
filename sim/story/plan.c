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

/* -- chance -------------------------------------------------------------------------------- */

static double draw(Range range, Random *random) {
    return range.least < range.most ? random_between(random, range.least, range.most) : range.least;
}

static int draw_whole(Range range, Random *random) {
    return (int)range.least + random_below(random, (int)(range.most - range.least) + 1);
}

/* Which of the words that may be; 0 where none was given. */
static int draw_word(uint32_t mask, Random *random) {
    int chosen = 0, found = 0;
    for (int i = 0; i < 32; i++)
        if (mask & (1u << i) && random_below(random, ++found) == 0) chosen = i;
    return chosen;
}

static const Selector *draw_selector(const Selectors *selectors, Random *random) {
    return &selectors->at[random_below(random, selectors->count)];
}

static Status choose_sku(
    const Selectors *what,
    bool weigh,
    const ScenarioEvent *event,
    const char *file,
    const Catalog *catalog,
    Random *random,
    int32_t *out) {
    const Selector *selector = draw_selector(what, random);
    int found = 0;
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        const bool by_weight = catalog->products[sku].unit == UNIT_WEIGHT;
        if (!plan_selects(selector, catalog, sku)) continue;
        if (weigh && !by_weight) continue;
        if (selector->kind == SELECT_ANY && by_weight != weigh) continue;
        found++;
        if (random_below(random, found) == 0) *out = sku;
    }
    if (found == 0)
        return fail(
            E_NOT_FOUND, "%s:%d: %s: no product%s answers to \"%s\"", file, event->line,
            scenario_actions[event->action], weigh ? " sold by weight" : "", selector->text);
    return OK;
}

/* -- moves --------------------------------------------------------------------------------- */

/* What a plan is made with. */
typedef struct Planning {
    const Scenario *scenario;
    const char *file;
    Props *props;
    uint64_t seed;
    Plan *plan;
} Planning;

static Status add_move(Plan *plan, const Move *move) {
    if (plan->moves == MOVES_MAX) return fail(E_FULL, "plan: more than %d trips", MOVES_MAX);
    plan->move[plan->moves++] = *move;
    return OK;
}

static Move move_of(const Planning *planning, const ScenarioEvent *event, Random *random) {
    return (Move){
        .action = event->action,
        .event = event,
        .beside = event->beside,
        .scans = {-1, -1},
        .scan_sku = SKU_UNKNOWN,
        .pause_s = draw(planning->scenario->pause_s, random),
        .amount = draw(event->amount, random),
        .for_s = draw(event->for_s, random),
        .hover_s = draw(event->hover_s, random),
        .force_n = draw(event->force_n, random),
        .roll_deg = draw(event->roll_deg, random),
        .word = draw_word(event->word, random),
        .is = draw_word(event->is, random),
        .how = (Manner)draw_word(event->how, random),
        .on = (Where)draw_word(event->on, random),
        .theft = (Theft)draw_word(event->theft, random),
    };
}

Status plan_prop(Props *props, const PlannedItem *item, const Prop **out) {
    if (item->thing != THING_NONE)
        return props_thing(props, (ThingKind)item->thing, item->look, out);
    if (item->repackaged) return props_repackaged(props, item->sku, item->look, out);
    return props_product(props, item->sku, out);
}

static Status room_for_one(const Planning *planning, const ScenarioEvent *event) {
    if (planning->plan->items < WORLD_ITEMS_MAX) return OK;
    return fail(E_FULL, "%s:%d: more than %d things", planning->file, event->line, WORLD_ITEMS_MAX);
}

static Status new_thing(
    const Planning *planning, const ScenarioEvent *event, int kind, Random *random, int *out) {
    Plan *plan = planning->plan;
    const Prop *prop = NULL;
    TRY(room_for_one(planning, event));
    PlannedItem *item = &plan->item[plan->items];
    *item = (PlannedItem){
        .sku = SKU_UNKNOWN,
        .thing = kind,
        .pieces = 1,
        .look = planning->seed * 64 + (uint64_t)kind};
    TRY(plan_prop(planning->props, item, &prop));
    item->grams = 1000 * random_between(random, prop->mass_kg[0], prop->mass_kg[1]);
    *out = plan->items++;
    return OK;
}

static Status new_item(
    const Planning *planning, const ScenarioEvent *event, int32_t sku, Random *random, int *out) {
    Plan *plan = planning->plan;
    const Product *product = &planning->props->catalog->products[sku];
    const bool by_weight = product->unit == UNIT_WEIGHT;
    TRY(room_for_one(planning, event));
    PlannedItem *item = &plan->item[plan->items];
    *item = (PlannedItem){
        .sku = sku,
        .thing = THING_NONE,
        .repackaged = event->repackaged,
        .look = planning->seed * 64 + (uint64_t)sku};
    item->pieces = !by_weight                ? 1
                   : event->pieces.least > 0 ? draw_whole(event->pieces, random)
                                             : 3 + random_below(random, 6);
    item->grams = by_weight ? pack_bag_grams(product, item->pieces, random)
                            : pack_grams(product, sku, planning->seed, random);
    item->grams *= 1 + draw(event->weight_off, random);
    *out = plan->items++;
    return OK;
}

static bool fits_one_hand(const ProductMesh *product, int count) {
    const double *half = product->half;
    const double thin = fmin(half[0], fmin(half[1], half[2]));
    return 2 * thin * count <= HAND_APERTURE_MAX_M;
}

static Status choose_together(
    const Planning *planning,
    const ScenarioEvent *event,
    const Move *move,
    int32_t sku,
    int count,
    Random *random,
    bool *together) {
    const Product *product = &planning->props->catalog->products[sku];
    const Prop *prop = NULL;
    TRY(props_product(planning->props, sku, &prop));
    const bool fits = fits_one_hand(&prop->product, count) && product->unit != UNIT_WEIGHT;
    const bool must = event->together == CHANCE_YES || event->beside || move->theft == THEFT_STACK;
    if (must && count > 1 && !fits)
        return fail(
            E_INVALID, "%s:%d: together: %d of %s do not fit one hand", planning->file, event->line,
            count, product->id);
    *together = count > 1 && fits &&
                (must || (event->together == CHANCE_MAYBE && random_chance(random, 0.5)));
    return OK;
}

/* `with` and what hides behind it go in as one. */
static Status plan_cover(
    const Planning *planning, const ScenarioEvent *event, Move *move, int32_t sku, Random *random) {
    int32_t cover = SKU_UNKNOWN;
    int last = 0;
    TRY(choose_sku(
        &event->with, false, event, planning->file, planning->props->catalog, random, &cover));
    TRY(new_item(planning, event, sku, random, &move->first));
    TRY(new_item(planning, event, cover, random, &last));
    move->count = 2;
    if (event->scan) move->scans[0] = last;
    return add_move(planning->plan, move);
}

static Status plan_add(const Planning *planning, const ScenarioEvent *event, Random *random) {
    const Catalog *catalog = planning->props->catalog;
    Move move = move_of(planning, event, random);
    int32_t sku = SKU_UNKNOWN;
    TRY(choose_sku(&event->what, event->weigh, event, planning->file, catalog, random, &sku));
    if (event->scan_instead.count > 0) {
        move.theft = THEFT_TAG_SWITCH;
        TRY(choose_sku(
            &event->scan_instead, false, event, planning->file, catalog, random, &move.scan_sku));
    }
    if (move.theft == THEFT_COVER) return plan_cover(planning, event, &move, sku, random);
    const int count = draw_whole(event->count, random);
    bool together = false;
    TRY(choose_together(planning, event, &move, sku, count, random, &together));
    for (int i = 0; i < count; i++) {
        int item = 0;
        TRY(new_item(planning, event, sku, random, &item));
        if (together && i > 0) continue;
        move.first = item;
        move.count = together ? count : 1;
        move.scans[0] = event->scan ? item : -1;
        move.scans[1] = event->scan && together && move.theft != THEFT_STACK ? item : -1;
        TRY(add_move(planning->plan, &move));
        move.pause_s = draw(planning->scenario->pause_s, random);
    }
    if (move.theft != THEFT_SWAP) return OK;
    Move out = move_of(planning, event, random);
    out.action = SCENARIO_REMOVE;
    out.beside = true;
    out.theft = THEFT_SWAP;
    out.what = *draw_selector(&event->with, random);
    return add_move(planning->plan, &out);
}

static Status plan_shift(const Planning *planning, const ScenarioEvent *event, Random *random) {
    Move move = move_of(planning, event, random);
    for (int left = draw_whole(event->amount, random); left > 0; left -= SHIFTS_A_VISIT) {
        move.amount = left < SHIFTS_A_VISIT ? left : SHIFTS_A_VISIT;
        TRY(add_move(planning->plan, &move));
        move.pause_s = draw(planning->scenario->pause_s, random);
    }
    return OK;
}

static Status plan_event(const Planning *planning, const ScenarioEvent *event, Random *random) {
    if (event->action == SCENARIO_ADD) return plan_add(planning, event, random);
    if (event->action == SCENARIO_SHIFT) return plan_shift(planning, event, random);
    Move move = move_of(planning, event, random);
    const Catalog *catalog = planning->props->catalog;
    int32_t sku = SKU_UNKNOWN;
    switch (event->action) {
    case SCENARIO_REMOVE:
        move.what = *draw_selector(&event->what, random);
        break;
    case SCENARIO_SCAN:
        TRY(choose_sku(
            &event->what, false, event, planning->file, catalog, random, &move.scan_sku));
        break;
    case SCENARIO_HOVER:
        TRY(choose_sku(&event->what, false, event, planning->file, catalog, random, &sku));
        TRY(new_item(planning, event, sku, random, &move.first));
        move.count = 1;
        break;
    case SCENARIO_PUT:
        TRY(new_thing(planning, event, move.word, random, &move.first));
        move.count = 1;
        break;
    default:
        break;
    }
    return add_move(planning->plan, &move);
}

static void plan_shop(const ScenarioShop *shop, Random *random, PlannedShop *out) {
    *out = (PlannedShop){
        .light = (ShopLight)draw_word(shop->light, random),
        .floor = (ShopFloor)draw_word(shop->floor, random),
        .temperature_c = draw(shop->temperature_c, random),
        .from_c = draw(shop->from_c, random),
        .warm_up_min = draw(shop->warm_up_min, random),
        .clutter = draw(shop->clutter, random),
    };
}

Status
plan_make(const Scenario *scenario, const char *file, Props *props, uint64_t seed, Plan *out) {
    const Planning planning = {scenario, file, props, seed, out};
    Random shop = random_fork(seed, 299);
    *out = (Plan){0};
    plan_shop(&scenario->shop, &shop, &out->shop);
    for (int i = 0; i < scenario->count; i++) {
        Random random = random_fork(seed, 300 + (uint64_t)i);
        TRY(plan_event(&planning, &scenario->event[i], &random));
    }
    return OK;
}
