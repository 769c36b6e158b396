#include "grip.h"

#include "hand_mesh.h"

#include <stdbool.h>

static const double TURN = 6.2831853;

int grip_thinnest(const double half[3], Random *random) {
    int thin = 0;
    for (int axis = 1; axis < 3; axis++)
        if (half[axis] * random_between(random, 0.85, 1) < half[thin]) thin = axis;
    return thin;
}

void grip_rest_by_chance(const double half[3], Random *random, double turn[4]) {
    const bool stands = fmin(half[0], half[1]) > 0.3 * half[2];
    const bool flat_already = half[2] <= half[0] && half[2] <= half[1];
    double lay[4] = {1, 0, 0, 0};
    turn_about(turn, 0, 0, 1, random_between(random, 0, TURN));
    if (flat_already || random_chance(random, stands ? 0.55 : 0.1)) return;
    const bool on_its_side = half[0] < half[1];
    turn_about(
        lay, !on_its_side, on_its_side, 0, random_chance(random, 0.5) ? TURN / 4 : -TURN / 4);
    turn_then(turn, lay);
}

void grip_turned_half(const double half[3], const double turn[4], double out[3]) {
    double matrix[9];
    mju_quat2Mat(matrix, turn);
    for (int row = 0; row < 3; row++) {
        out[row] = 0;
        for (int axis = 0; axis < 3; axis++)
            out[row] += fabs(matrix[row * 3 + axis]) * half[axis];
    }
}

Grip grip_by_chance(const double half[3], int thin, const double arm[3], Random *random) {
    double across[3] = {0, 0, 0}, toward[3];
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
