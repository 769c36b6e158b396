/*
 * pack - how heavy one pack of a product really is.
 *
 * Measured (292 packs of 81 products, one by one): packs lie a median 1.5 % from what they should,
 * at most 14.7 %. A normal law with that median would never reach 14 %, so products differ in how
 * even they are: a pack is off by its batch, common to a run, plus its own, and how far is drawn
 * per product, lognormal about PACK_SPREAD times the catalogue's deviations (its own defaults, 1.5
 * % and 1 %, alone would give a median of 1.15 %). Clipped at PACK_FURTHEST of gross.
 */
#pragma once

#include "catalog.h"
#include "random.h"

#define PACK_FURTHEST   0.147
#define PACK_SPREAD     1.3
#define PACK_UNEVENNESS 0.5 /* of the lognormal */

/* Grams of one pack sold by the piece. seed: of the run; random: draws this pack. */
double pack_grams(const Product *product, int32_t sku, uint64_t seed, Random *random);

/* Grams of a bag of `pieces` loose pieces, its own tare included. */
double pack_bag_grams(const Product *product, int pieces, Random *random);
