/*
 * fit - one line across a code: where the code lies on it, how it is lit and blurred, and what
 * every digit would cost.
 *
 * Where outer edges and guards might be gives a first place; then digits and geometry, light and
 * blur are found in turn, each given the others, until the drawn code lies on the seen one.
 */
#pragma once

#include "stripes_internal.h"
#include "symbol_internal.h"

typedef struct Fit {
    int layout;
    bool reversed;    /* the code runs against the line */
    float begin, end; /* of the code, px along the line */
    float likeness;   /* 1: what is drawn explains all that is seen */
    float noise;      /* mean square left unexplained; 1: black against white */
    bool checks;      /* parity and check digit agree with the symbols */
    int symbols[PLACES_MAX];
    Costs costs;
} Fit;

/* The best fit of every layout that fits at all, when bars are seen one by one; returns how many.
 */
int fit_sharp(const Line *line, const Blur blurs[BLURS], float width_px, Fit out[LAYOUTS]);

/* An EAN-13 or UPC-A whose bars run into each other: many times as slow. */
bool fit_soft(const Line *line, const Blur blurs[BLURS], float width_px, Fit *out);
