/*
 * receipt - the right receipt for what goes along, and what really lies in the basket.
 */
#pragma once

#include "plan.h"
#include "recorder.h"
#include "stage.h"

/* item: where each of the plan's items is. One line a GTIN; a bag sold by weight is a line of its
 * own, priced on its net as displayed (gross and tare each rounded to e_g), half up to the
 * minor unit. */
void receipt_make(
    const Plan *plan, const Catalog *catalog, const StageItem *item, int32_t e_g, TruthBasket *out);
