/*
 * products_hash - one hash over all that a catalogue's folders say of its products: product.json,
 * mesh.obj and texture.jpg, in the catalogue's order. Two runs with the same hash sold the same.
 */
#pragma once

#include "catalog.h"
#include "status.h"

/* SHA-256 in hexadecimal. A file that a folder lacks counts as empty. */
MUST_USE Status products_hash(const Catalog *catalog, char **folders, char out[65]);
