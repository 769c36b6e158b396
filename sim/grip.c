#include "grip.h"

#include "hand_mesh.h"

Grip grip_by_chance(const double half[3], const double arm[3], Random *random) {
    int thin = 0;
    double across[3] = {0, 0, 0}, toward[3];
    for (int axis = 1; axis < 3; axis++)
        if (half[axis] * random_between(random, 0.85, 1) < half[thin]) thin = axis;
    across[thin] = random_chance(random, 0.5) ? 1 : -1;

    /* The hand may lie at any angle about the line between fingers and thumb. */
    mju_addScl3(toward, arm, across, -mju_dot3(arm, across));
    if (mju_norm3(toward) < 0.35) {
        toward[(thin + 1) % 3] += random_between(random, -1, 1);
        toward[(thin + 2) % 3] += random_chance(random, 0.5) ? 1 : -1;
    }
    mju_normalize3(toward);
    double reach = -HAND_REACH_M + random_between(random, 0, 0.012);
    for (int axis = 0; axis < 3; axis++)
        reach += fabs(toward[axis]) * half[axis];

    Pose hand;
    double along[3];
    turn_from_axes(hand.turn, across, toward);
    mju_cross(along, toward, across);
    mju_scl3(hand.at, toward, reach);
    double spare = -0.03;
    for (int axis = 0; axis < 3; axis++)
        spare += fabs(along[axis]) * half[axis];
    if (spare > 0) mju_addToScl3(hand.at, along, random_between(random, -0.6, 0.6) * spare);
    return (Grip){
        .in_hand = pose_inverse(&hand),
        .aperture_m = fmin(2 * half[thin], HAND_APERTURE_MAX_M),
    };
}
