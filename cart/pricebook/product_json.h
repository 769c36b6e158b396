/* product_json - one product.json, checked field by field. Private to the pricebook. */
#pragma once

#include "catalog.h"
#include "status.h"

#include <stddef.h>
#include <stdint.h>

/* Reads PATH/product.json into *out and its currency; gtin stays "" when the file gives none.
 * E_NOT_FOUND: no such file. E_INVALID: PATH/product.json: field: what is wrong. */
MUST_USE Status product_json_read(const char *path, Product *out, char currency[4]);
/* The same from memory; file is what errors call it. */
MUST_USE Status product_json_parse(
    const char *file, const uint8_t *bytes, size_t size, Product *out, char currency[4]);
