#include "brain.h"

#include <stdlib.h>
#include <string.h>

void brain_init(Brain *brain) {
    memset(brain, 0, sizeof *brain);
    reason_init(&brain->reason);
    basket_init(&brain->basket);
}

/* What the reasoner hears of an input; false: it is none of its business. */
static bool as_evidence(const BrainInput *input, Evidence *out) {
    out->t_ns = input->t_ns;
    switch (input->kind) {
    case BRAIN_CROSSING:
        out->kind = EVIDENCE_CROSSING;
        out->crossing = input->crossing;
        return true;
    case BRAIN_WEIGHT_STEP:
        out->kind = EVIDENCE_WEIGHT;
        out->weight = input->step;
        return true;
    case BRAIN_SCAN:
        out->kind = EVIDENCE_SCAN;
        out->scan = input->scan;
        return true;
    case BRAIN_TIME:
        out->kind = EVIDENCE_TIME;
        return true;
    case BRAIN_LEGAL_WEIGHT:
    case BRAIN_COMMAND:
        return false;
    }
    return false;
}
