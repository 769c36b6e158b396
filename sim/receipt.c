#include "receipt.h"

/* As a scale without error shows it: gross and tare each to e, net their difference. */
static TruthLine weighed_line(const Product *product, double grams, int32_t e_g) {
    const int32_t net_g = (int32_t)(lround(grams / e_g) - lround(product->tare_g / e_g)) * e_g;
    return (TruthLine){product, 1, net_g, (net_g * product->price_minor + 500) / 1000};
}

static TruthLine *line_of(TruthBasket *basket, const Product *product) {
    for (int i = 0; i < basket->count; i++)
        if (basket->line[i].product == product) return &basket->line[i];
    TruthLine *line = &basket->line[basket->count++];
    *line = (TruthLine){product, 0, 0, 0};
    return line;
}

void receipt_make(
    const Plan *plan,
    const Catalog *catalog,
    const StageItem *item,
    int32_t e_g,
    TruthBasket *out) {
    *out = (TruthBasket){0};
    for (int i = 0; i < plan->items; i++) {
        const PlannedItem *planned = &plan->item[i];
        if (item[i].at == ITEM_AWAY) continue;
        if (item[i].at != ITEM_BELOW) out->load_g += planned->grams;
        if (planned->thing != THING_NONE) {
            out->thing[out->things++] = scenario_things[planned->thing];
            continue;
        }
        const Product *product = &catalog->products[planned->sku];
        if (item[i].at == ITEM_BELOW) out->below[out->belows++] = product;
        if (product->unit == UNIT_WEIGHT) {
            out->line[out->count++] = weighed_line(product, planned->grams, e_g);
            continue;
        }
        TruthLine *line = line_of(out, product);
        line->quantity++;
        line->price_minor += product->price_minor;
    }
}
