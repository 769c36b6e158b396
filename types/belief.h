/* belief.h - what the reasoner thinks happened, and how sure it is. */
#pragma once

#include "catalog.h"

#include <stdbool.h>
#include <stdint.h>

enum { HYPOTHESES_MAX = 8 };

/* One explanation: quantity q of one SKU. SKU_UNKNOWN: something the catalogue does not explain. */
typedef struct Hypothesis {
    int32_t sku;
    int32_t quantity; /* > 0 put in, < 0 taken out */
    double p;         /* posterior; all hypotheses of a belief, the unlisted ones too, sum to 1 */
} Hypothesis;

typedef enum Verdict {
    VERDICT_ACCEPT, /* cheap enough to be wrong about: goes on the basket */
    VERDICT_ASK,    /* the shopper is asked, with the listed hypotheses as choices */
    VERDICT_IGNORE  /* nothing happened: a shift inside, a hand, noise */
} Verdict;

typedef enum BeliefSource { /* bits: what the belief rests on */
                            BELIEF_FROM_VISION = 1,
                            BELIEF_FROM_WEIGHT = 2,
                            BELIEF_FROM_SCAN = 4
} BeliefSource;

typedef struct Belief {
    int32_t event;      /* counts up over a session */
    int64_t t_ns;       /* when it happened: release or grasp, capture clock */
    int64_t decided_ns; /* capture time of the evidence that settled it */
    Verdict verdict;
    uint32_t sources; /* BeliefSource bits */
    double delta_g;   /* measured change of load; NAN without a scale */
    double stddev_g;
    int count;
    Hypothesis at[HYPOTHESES_MAX]; /* by falling p; at[0] is the answer when accepted */
} Belief;
