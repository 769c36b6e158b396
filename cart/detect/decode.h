/*
 * decode - what the network said about one picture, as boxes. Pure: no state, no allocation.
 *
 * Trusts no number: a cell whose score or box is not finite, or whose box is empty, is no
 * detection.
 */
#pragma once

#include "detection.h"

typedef struct Heads {
    int kinds, rows, columns;
    double cell_px;      /* network px from cell to cell */
    const float *scores; /* [kinds][rows][columns], 0..1 */
    const float *boxes;  /* [4][rows][columns]: left, top, right, bottom, network px */
} Heads;

typedef struct DecodeRules {
    float score_min;
    float overlap_max;
} DecodeRules;

/* Local maxima of the scores, as boxes of a picture out->width x out->height that the network saw
 * at `step` frame px per network px; overlapping ones of a kind dropped; by falling score. */
void decode_heads(const DecodeRules *rules, const Heads *heads, double step, Detections *out);
