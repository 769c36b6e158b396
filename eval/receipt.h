/*
 * receipt - the basket the cart arrived at beside the one the tape's truth says.
 *
 * Threads: any.
 */
#pragma once

#include "catalog.h"
#include "score.h"
#include "status.h"

#include <stdbool.h>
#include <stdio.h>

/* Print both, line beside line; *agree when SKUs, quantities and prices are the same.
 * E_INVALID: the file is not a basket as `GET /api/v1/basket` gives it. */
MUST_USE Status receipt_compare(
    FILE *out,
    const Catalog *catalog,
    const SessionTruth *truth,
    const char *basket_path,
    bool *agree);
