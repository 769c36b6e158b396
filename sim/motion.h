/*
 * motion - the ways a hand goes: from beside the cart over the rim and down, and back.
 *
 * Knows curves and the basket's walls, and nothing of what lies inside. Threads: any.
 */
#pragma once

#include "path.h"
#include "random.h"

/* Who reaches in from where. */
typedef struct Side {
    double shoulder[3];
    double start[3]; /* where the hand comes from and goes to */
    int of;          /* -1, 1: y of the cart; 0: the handle */
} Side;

/* x: of what is reached for; other: the side that is taken already, or NULL. */
Side side_by_chance(double x, const Side *other, Random *random);

/* Where a hand of this side appears, turned nearly as it will be. */
Pose motion_start(const Side *side, const double turn[4], double tilt_rad, Random *random);

/* From outside over the rim and down; half: extents of what is carried. */
Path motion_in(
    const Side *side, const Pose *from, const Pose *to, const double half[3], double seconds);
/* The way out is a way in, backwards. */
Path motion_out(
    const Side *side, const Pose *from, const Pose *to, const double half[3], double seconds);
/* Nothing in between: straight, starting and stopping smoothly. */
Path motion_straight(const Pose *from, const Pose *to, double seconds);
/* By way of a point above the middle, so that nothing is swept along. */
Path motion_over(const Pose *from, const Pose *to, double above_m, double seconds);

/* When a way out has lifted what it carries off whatever lay under it. */
double motion_lifted_s(const Path *path);

extern const double MOTION_EMPTY[3]; /* half extents of an empty hand's fingers */
