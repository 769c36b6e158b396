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

/* The axis of the thinnest side, near ties by chance. */
int grip_thinnest(const double half[3], Random *random);

/* half: of the thing's extents; thin: the axis to hold it across; arm: direction to the arm in the
 * thing's frame. */
Grip grip_by_chance(const double half[3], int thin, const double arm[3], Random *random);

/* How people put a thing down: standing if it stands well, else on its broad side, rarely askew;
 * turned any way about the vertical. */
void grip_rest_by_chance(const double half[3], Random *random, double turn[4]);

/* Half extents along the world's axes of a box turned like this. */
void grip_turned_half(const double half[3], const double turn[4], double out[3]);
