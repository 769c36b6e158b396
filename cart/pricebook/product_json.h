/* product_json - one product.json, checked field by field. Private to the pricebook. */
#pragma once

#include "catalog.h"
#include "status.h"

/* Reads PATH/product.json into *out and its currency; gtin stays "" when the file gives none.
 * E_NOT_FOUND: no such file. E_INVALID: PATH/product.json: field: what is wrong. */
MUST_USE Status product_json_read(const char *path, Product *out, char currency[4]);
