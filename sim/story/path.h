/*
 * path - how something is carried from one pose to another: along a curve, starting and stopping
 * smoothly, as arms do.
 */
#pragma once

#include "pose.h"

typedef struct Path {
    double through[4][3];  /* a cubic Bezier curve's points */
    double from[4], to[4]; /* how it is turned */
    double turned_by;      /* the share of the way after which the turn is done */
    double seconds;
} Path;

/* t: seconds since the start, beyond the end it stays there. */
Pose path_at(const Path *path, double t);
