/* evidence.h - what the reasoner is told, one piece at a time, in order of t_ns. */
#pragma once

#include "crossing.h"
#include "ledger.h"
#include "weight.h"

typedef enum EvidenceKind {
    EVIDENCE_CROSSING, /* seen by a camera */
    EVIDENCE_WEIGHT,   /* a WeightStep, early or final */
    EVIDENCE_SCAN,     /* a code that names a product */
    EVIDENCE_BASKET,   /* what is inside now: only that can be taken out */
    EVIDENCE_TIME      /* nothing but the passing of time */
} EvidenceKind;

typedef struct ScanEvidence {
    int32_t sku;
    bool by_camera; /* read in a picture of a carried item, not by the scanner */
} ScanEvidence;

typedef struct Inside {
    int count;
    struct {
        int32_t sku;
        int32_t quantity;
        double net_g; /* UNIT_WEIGHT lines: what was weighed; else 0 */
    } at[BASKET_LINES_MAX];
} Inside;

typedef struct Evidence {
    EvidenceKind kind;
    int64_t t_ns; /* when it became known, capture clock */
    union {
        Crossing crossing;
        WeightStep weight;
        ScanEvidence scan;
        Inside inside;
    };
} Evidence;
