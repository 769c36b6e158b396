/* truth.h - what really happened: known to the twin and to labelled tapes, never to the cart. */
#pragma once

#include "catalog.h"
#include "detection.h"

#include <stdint.h>

typedef struct TruthEvent {
    int64_t t_ns; /* release into the basket, or the moment the load left it */
    char gtin[GTIN_BYTES];
    int32_t quantity; /* > 0 put in, < 0 taken out */
    double weight_g;  /* of all pieces together, true */
} TruthEvent;
