/* track_internal - the parts of one step, in the order in which they run. */
#pragma once

#include "track.h"

/* Long before any frame, yet safe to subtract from any. */
#define NEVER_NS INT64_C(-2000000000000000000)

static inline int64_t ns_of_ms(double ms) { return (int64_t)(ms * 1e6); }

/* box.c */
double box_size(Box box); /* geometric mean of its sides */
double box_x(Box box);
double box_y(Box box);
double box_distance(Box a, Box b); /* between centres */
double box_overlap(Box a, Box b);  /* area both cover */
double box_area(Box box);
double box_iou(Box a, Box b);
double box_inside(Box a, Box b); /* share of the smaller one that the other covers */
Box box_grown(Box box, double px);
/* How far the whole box went from a to b. A box that is merely cut off on one side has not moved.
 */
double box_shift(Box a, Box b);
bool box_at_border(const TrackConfig *config, const TrackState *state, Box box);
/* As it moves, it is at the border already or will be within a frame or two. */
bool leaving(const TrackConfig *config, const TrackState *state, const Followed *f);

/* assign.c: the pairs of least total cost. Costs are row by row; a pair at 1 or above is never made
 * and leaving a row alone costs 1. partner[row] is a column or -1. */
void track_assign(int rows, int columns, const double *cost, int *partner);

/* follow.c: every detection to the track it belongs to, or to a new one. */
void track_follow(
    const TrackConfig *config,
    TrackState *state,
    const Detections *detections,
    double frame_s); /* frame_s: since the last frame */

/* hold.c: which items lie still and which have a hand on them. */
void track_hold(const TrackConfig *config, TrackState *state);

/* count.c: the stories, and the crossings they end in. */
void track_count(const TrackConfig *config, TrackState *state, TrackOutput *out);
void track_count_flush(const TrackConfig *config, TrackState *state, TrackOutput *out);

/* A crossing inwards was told of it lately. */
bool track_was_put(const TrackState *state, const Followed *f);

/* look.c: which tracks to embed. */
void track_look(const TrackConfig *config, TrackState *state);
