/*
 * pose - where something is and how it is turned. Column 0..2 of the quaternion follow MuJoCo:
 * w, x, y, z. Metres, z up.
 */
#pragma once

#include <math.h>
#include <mujoco/mujoco.h>
#include <string.h>

typedef struct Pose {
    double at[3];
    double turn[4]; /* unit quaternion w, x, y, z */
} Pose;

static inline Pose pose_at(double x, double y, double z) { return (Pose){{x, y, z}, {1, 0, 0, 0}}; }

/* The pose of c in a's frame, given b in a's frame and c in b's. */
static inline Pose pose_then(const Pose *b, const Pose *c) {
    Pose out;
    mju_mulPose(out.at, out.turn, b->at, b->turn, c->at, c->turn);
    mju_normalize4(out.turn);
    return out;
}

static inline Pose pose_inverse(const Pose *pose) {
    Pose out;
    mju_negPose(out.at, out.turn, pose->at, pose->turn);
    return out;
}

static inline void turn_about(double turn[4], double x, double y, double z, double angle_rad) {
    double axis[3] = {x, y, z};
    mju_normalize3(axis);
    mju_axisAngle2Quat(turn, axis, angle_rad);
}

static inline void turn_then(double turn[4], const double more[4]) {
    double out[4];
    mju_mulQuat(out, turn, more);
    mju_normalize4(out);
    memcpy(turn, out, sizeof out);
}

/* The rotation whose columns are x and z made orthogonal to x, right-handed. */
static inline void turn_from_axes(double turn[4], const double x[3], const double z[3]) {
    double a[3], b[3], c[3];
    mju_copy3(a, x);
    mju_normalize3(a);
    mju_cross(b, z, a);
    mju_normalize3(b);
    mju_cross(c, a, b);
    const double matrix[9] = {a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2]};
    mju_mat2Quat(turn, matrix);
}

/* From a (0) to b (1) by the shorter way round. */
static inline Pose pose_between(const Pose *a, const Pose *b, double t) {
    Pose out;
    double dot = 0, sign = 1;
    for (int i = 0; i < 3; i++)
        out.at[i] = a->at[i] + t * (b->at[i] - a->at[i]);
    for (int i = 0; i < 4; i++)
        dot += a->turn[i] * b->turn[i];
    if (dot < 0) sign = -1;
    const double angle = acos(fmin(1, fabs(dot))), s = sin(angle);
    const double wa = s > 1e-6 ? sin((1 - t) * angle) / s : 1 - t;
    const double wb = s > 1e-6 ? sin(t * angle) / s : t;
    for (int i = 0; i < 4; i++)
        out.turn[i] = wa * a->turn[i] + wb * sign * b->turn[i];
    mju_normalize4(out.turn);
    return out;
}
