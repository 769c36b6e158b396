/*
 * place - where on a line a code may lie, before its digits are known.
 *
 * Where every edge is seen, edges tell digits and place alike, even of a crumpled code. Elsewhere a
 * code may lie between any two edges whose surroundings look like its guards.
 */
#pragma once

#include "stripes_internal.h"
#include "symbol_internal.h"

enum {
    EDGES_MAX = 128,
    KNOTS_MAX = 24,
    PLACES_LIKELY = 8, /* at most so many of places_likely(), */
    PLACES_SOFT = 24,  /* so many where bars run together, */
    PLACES_SEEN = 4,   /* and so many of places_seen() */
    WARP = 4,          /* x = w0 + w1 s + w2 s^2 + w3 s^3, s from 0 to 1 along the code */
    LIGHT = 3,         /* the same for the grey of white and the contrast */
};

typedef struct Edges {
    int count;
    struct {
        float x; /* samples */
        bool darker;
    } at[EDGES_MAX];
} Edges;

typedef struct Place { /* along the line, whichever way the code runs */
    float warp[WARP];  /* samples */
    int knots;         /* not 0: and straight from border to border of digits besides */
    float knot_module[KNOTS_MAX], knot_x[KNOTS_MAX];
    float score; /* 1: perfect */
    bool reversed;
    int blur;
    int symbols[PLACES_MAX]; /* as the code reads */
    float light[2 * LIGHT];  /* of white, and what black adds; as the code reads */
} Place;

/* Darkness from the line's beginning to x samples; beyond its ends it goes on as it ended. */
float line_sum(const Line *line, float x);

void edges_find(const Line *line, Edges *out);

/* Where module m lies, in samples. */
float place_x(const Layout *layout, const Place *place, float m);

/* Mean darkness of each sample of a code that lies so, as the code reads. */
void place_sample(const Line *line, const Layout *layout, const Place *place, float *out);

/* Put a place among the max best, which stand by falling score. */
void place_keep(Place *places, int *count, int max, const Place *place);

/* Best places where every edge is seen, with their symbols; returns how many. */
int places_seen(const Layout *layout, const Edges *edges, Place *places);

/* Best places between edges that stand like a code's ends, no narrower than part of width_px; soft:
 * nothing is asked of the middle guard. Without symbols. */
int places_likely(
    const Line *line,
    const Edges *edges,
    const Layout *layout,
    const Blur *blur,
    bool soft,
    float width_px,
    Place *places);

/* Solve the symmetric a x = b in place; a is n by n, its lower half filled. False: singular. */
bool place_solve(int n, double *a, double *b);
