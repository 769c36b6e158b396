#include "receipt.h"

/* As a scale without error shows it: gross and tare each to e, net their difference. */
static TruthLine weighed_line(const Product *product, double grams, int32_t e_g) {
    const int32_t net_g = (int32_t)(lround(grams / e_g) - lround(product->tare_g / e_g)) * e_g;
    return (TruthLine){product, 1, net_g, (net_g * product->price_minor + 500) / 1000};
}

int receipt_make(
    const Plan *plan,
    const Catalog *catalog,
    const bool *inside,
    int32_t e_g,
    TruthLine lines[WORLD_ITEMS_MAX],
    double *load_g) {
    int count = 0;
    *load_g = 0;
    for (int i = 0; i < plan->items; i++) {
        if (!inside[i]) continue;
        const Product *product = &catalog->products[plan->item[i].sku];
        *load_g += plan->item[i].grams;
        if (product->unit == UNIT_WEIGHT) {
            lines[count++] = weighed_line(product, plan->item[i].grams, e_g);
            continue;
        }
        int line = 0;
        while (line < count && lines[line].product != product)
            line++;
        if (line == count) lines[count++] = (TruthLine){product, 0, 0, 0};
        lines[line].quantity++;
        lines[line].price_minor += product->price_minor;
    }
    return count;
}
