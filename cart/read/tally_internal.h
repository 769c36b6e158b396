/*
 * tally - lines across one patch of stripes, put together into codes.
 *
 * A line whose digits check opens an entry, others alike join it, and what every digit costs is
 * added up. A code stands when it is likest by far, drawn and seen agree, and it needed no help
 * from parity and check digit.
 */
#pragma once

#include "fit_internal.h"

enum { TALLY_MAX = 6 };

typedef struct Entry {
    int layout;
    bool reversed;
    int lines;
    float begin, end; /* px along the lines, of the first */
    float weight, likeness;
    int symbols[PLACES_MAX];
    Costs costs;
} Entry;

typedef struct Tally { /* starts as {0} */
    int count;
    Entry at[TALLY_MAX];
} Tally;

void tally_add(Tally *tally, const Fit *fit);

/* Is there a code beyond doubt, so that more lines are not worth their time? */
bool tally_sure(const Tally *tally);

typedef struct Found {
    int layout;
    char digits[CODE_DIGITS_MAX];
} Found;

/* The codes that stand; returns how many. soft: of fit_soft(). */
int tally_codes(const Tally *tally, bool soft, Found out[TALLY_MAX]);
