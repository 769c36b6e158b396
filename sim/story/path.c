#include "path.h"

/* Minimum jerk: how far along at which share of the time. */
static double eased(double t) { return t * t * t * (10 + t * (6 * t - 15)); }

Pose path_at(const Path *path, double t) {
    const double share = fmin(1, fmax(0, t / path->seconds)), s = eased(share), r = 1 - s;
    const double weight[4] = {r * r * r, 3 * r * r * s, 3 * r * s * s, s * s * s};
    Pose from = {{0, 0, 0}, {0}}, to = from;
    memcpy(from.turn, path->from, sizeof from.turn);
    memcpy(to.turn, path->to, sizeof to.turn);
    Pose pose = pose_between(&from, &to, eased(fmin(1, share / path->turned_by)));
    for (int i = 0; i < 3; i++) {
        pose.at[i] = 0;
        for (int p = 0; p < 4; p++)
            pose.at[i] += weight[p] * path->through[p][i];
    }
    return pose;
}
