/*
 * receipt - the right receipt for what lies in the basket.
 */
#pragma once

#include "plan.h"
#include "recorder.h"

/* inside[i]: item i of the plan is in the basket. One line a GTIN; a bag sold by weight is a line
 * of its own, priced on its net as displayed (gross and tare each rounded to e_g), half up to the
 * minor unit. Returns the lines. */
int receipt_make(
    const Plan *plan,
    const Catalog *catalog,
    const bool *inside,
    int32_t e_g,
    TruthLine lines[WORLD_ITEMS_MAX],
    double *load_g);
