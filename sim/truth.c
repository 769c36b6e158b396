#include "receipt.h"
#include "truth_internal.h"

/* An event is true when its contact has lasted this long. */
enum { SUSTAINED_STEPS = 20, LOAD_STEPS = 40 }; /* LOAD_LOOK_S */

static const double REST_SWING_G = 3;

void stage_watch(Stage *stage, int hand, const Move *move, int first, int count, int sign) {
    stage->watch[hand] = (StageWatch){
        .on = true,
        .first = first,
        .count = count,
        .sign = sign,
        .theft = move->theft,
        .since = -1};
}

/* -- events -------------------------------------------------------------------------------- */

/* One event for each product among them; together they are what the load shows. */
static Status write_events(
    Stage *stage, int first, int count, int sign, Theft theft, bool on_scale, int64_t t_ns) {
    const PlannedItem *item = stage->plan.item;
    for (int i = first; i < first + count; i++) {
        bool told = false;
        for (int before = first; before < i; before++)
            told = told || (item[before].sku == item[i].sku && item[before].thing == item[i].thing);
        if (told) continue;
        /* What hides is stolen, what it hides behind is bought. */
        const bool honest = theft == THEFT_COVER && i > first;
        TruthEvent event = {.t_ns = t_ns};
        for (int k = i; k < first + count; k++) {
            if (item[k].sku != item[i].sku || item[k].thing != item[i].thing) continue;
            event.quantity += sign;
            event.weight_g += item[k].grams;
        }
        if (item[i].thing == THING_NONE)
            memcpy(event.gtin, stage->catalog->products[item[i].sku].gtin, sizeof event.gtin);
        stage->events++;
        TRY(recorder_event(
            stage->recorder, &event,
            &(TruthDetail){
                .kind = honest || theft == THEFT_NONE ? (sign > 0 ? "add" : "remove")
                        : theft == THEFT_TAG_SWITCH   ? "tag_switch"
                                                      : scenario_thefts[theft],
                .thief = !honest && theft != THEFT_NONE,
                .thing = item[i].thing == THING_NONE ? NULL : scenario_things[item[i].thing],
                .on_scale = on_scale}));
    }
    return OK;
}

Status stage_event(Stage *stage, int item, int sign, Theft theft) {
    const bool on_scale = stage->item[item].at != ITEM_BELOW;
    TRY(write_events(stage, item, 1, sign, theft, on_scale, stage_now_ns(stage)));
    return stage_write_basket(stage);
}

Status stage_write_basket(Stage *stage) {
    TruthBasket basket = {0};
    receipt_make(
        &stage->plan, stage->catalog, stage->item, stage->platform.calibration.e_g, &basket);
    return recorder_basket(stage->recorder, stage_now_ns(stage), &basket);
}

static Status look_after(Stage *stage, StageWatch *watch) {
    bool touches = false;
    for (int i = watch->first; i < watch->first + watch->count; i++)
        touches = touches || world_touches(stage->world, i);
    const bool acts = watch->sign > 0 ? touches && watch->released : !touches;
    if (!acts) {
        watch->since = -1;
        return OK;
    }
    if (watch->since < 0) watch->since = stage->step;
    if (stage->step - watch->since < SUSTAINED_STEPS) return OK;
    watch->on = false;
    for (int i = watch->first; i < watch->first + watch->count; i++)
        stage->item[i].at = watch->sign > 0 ? ITEM_INSIDE : ITEM_AWAY;
    TRY(write_events(
        stage, watch->first, watch->count, watch->sign, watch->theft, true,
        stage->start_ns + watch->since * STEP_NS));
    return stage_write_basket(stage);
}

/* -- the load ------------------------------------------------------------------------------ */

/* What really acts on the cells, without any noise, and how far it swings meanwhile. */
static Status look_after_load(Stage *stage) {
    StageLoad *load = &stage->load;
    double force_n[4], sum_g = -stage->platform.calibration.platform_g;
    world_cells(stage->world, force_n);
    for (int cell = 0; cell < 4; cell++)
        sum_g += force_n[cell] / WORLD_GRAVITY * 1000;
    load->least_g = load->steps && load->least_g < sum_g ? load->least_g : sum_g;
    load->most_g = load->steps && load->most_g > sum_g ? load->most_g : sum_g;
    load->sum_g += sum_g;
    if (++load->steps < LOAD_STEPS) return OK;
    bool undisturbed = true;
    for (int hand = 0; hand < HANDS; hand++)
        undisturbed = undisturbed && stage->press[hand].now_n == 0;
    for (int i = 0; i < stage->plan.items; i++)
        undisturbed = undisturbed && !(stage->item[i].hand != NO_HAND && stage->item[i].touching);
    const TruthLoad told = {
        .load_g = load->sum_g / load->steps,
        .swing_g = load->most_g - load->least_g,
        .undisturbed = undisturbed};
    const bool rests = undisturbed && told.swing_g < REST_SWING_G;
    *load = (StageLoad){.rested = rests ? load->rested + 1 : 0};
    return recorder_load(stage->recorder, stage_now_ns(stage), &told);
}

Status truth_step(Stage *stage) {
    for (int hand = 0; hand < HANDS; hand++)
        if (stage->watch[hand].on) TRY(look_after(stage, &stage->watch[hand]));
    return look_after_load(stage);
}
