/*
 * pricebook - product folders in, a Catalog out; and which product a code names.
 *
 * A product is a folder holding product.json; the folder's name is the product's id:
 *
 *     {"name": "Oat drink", "brand": "Cart House", "category": "drink", "gtin": "2012345678903",
 *      "net_weight_g": 1000, "gross_weight_g": 1040, "price_minor": 199, "currency": "EUR",
 *      "variant_group": null, "unit": "each",
 *      "plu": "4011", "tare_g": 2, "minimum_age": 18, "pack_sd_g": 15, "batch_sd_g": 10}
 *
 * The last line is optional, as are brand, variant_group and net_weight_g. With unit "kg" the price
 * is per kilogram and gross_weight_g is one typical piece. A pack without GTIN gets a
 * restricted-circulation EAN-13 (20-29) made from its id, the same every time.
 *
 * Products are sorted by id, so a SKU index means the same wherever the same folders are loaded.
 *
 * Threads: a loaded Catalog is read-only and may be shared.  Units: grams, minor units.
 */
#pragma once

#include "catalog.h"
#include "status.h"

#include <stdbool.h>

/* Each folder holds product folders, or is one itself. Fails at the first bad file with a line that
 * names it: E_NOT_FOUND, E_IO, E_INVALID. On OK the caller owns *out, given back by
 * pricebook_free(). */
MUST_USE Status pricebook_load(Catalog *out, const char *const *folders, int count);
void pricebook_free(Catalog *catalog);

/* Where each product lives: out[sku] is its folder's path. The folders are those that were loaded.
 * The caller frees *out, one block. */
MUST_USE Status
pricebook_folders(const Catalog *catalog, const char *const *folders, int count, char ***out);

/* The product a scanned or typed code names: EAN-8, UPC-A, EAN-13 or GTIN-14 with a right check
 * digit, compared as 14 digits, or a PLU. SKU_UNKNOWN when none. */
int32_t pricebook_find(const Catalog *catalog, const char *code);

/* The product with this id, or SKU_UNKNOWN. */
int32_t pricebook_find_id(const Catalog *catalog, const char *id);

/* A GTIN as 14 digits, zeros in front; false when it is not 8, 12, 13 or 14 digits with a right
 * check digit. */
bool pricebook_gtin14(const char *code, char out[GTIN_BYTES]);
