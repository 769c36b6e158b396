/*
 * looks - what many pictures of one thing say together about which product it is. Pure.
 *
 * One view gives log p of every product and of "unknown": a softmax over the catalogue's best
 * cosines and one entry for everything else. Looks keeps the mean of those over the views for the
 * likeliest products. A product that was not kept so far is taken to have been as likely as the
 * least likely kept one: an upper bound, so nothing that was likely is ever lost.
 */
#pragma once

#include "crossing.h"

typedef struct View { /* one picture: log p of each product; products of -INFINITY cannot be */
    int count;
    const float *log_p; /* by SKU */
    float unknown_log_p;
} View;

/* Turn cosines into log p in place: softmax over `scale` times each, "unknown" standing at cosine
 * `unknown_similarity`. */
void looks_softmax(double scale, double unknown_similarity, View *view, float *cosines);

/* Add one view. */
void looks_add(Looks *looks, const View *view);
