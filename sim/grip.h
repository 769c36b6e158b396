/*
 * grip - how a hand takes hold of a thing: across its thinnest side, from where the arm comes.
 */
#pragma once

#include "pose.h"
#include "random.h"

typedef struct Grip {
    Pose in_hand;      /* the thing, in the hand's frame (hand_mesh.h) */
    double aperture_m; /* between fingers and thumb */
} Grip;

/* half: of the thing's extents; arm: direction to the arm in the thing's frame. */
Grip grip_by_chance(const double half[3], const double arm[3], Random *random);
