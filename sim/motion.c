#include "motion.h"

#include "grip.h"
#include "world.h"

static const double LIFTED_M = 0.03;
static const double CLEAR_M = 0.03; /* over the rim */

const double MOTION_EMPTY[3] = {0.03, 0.03, 0.03};

Side side_by_chance(double x, const Side *other, Random *random) {
    const bool handle = random_chance(random, 0.35);
    int hand = random_chance(random, 0.5) ? 1 : -1;
    if (other && other->of) hand = -other->of;
    Side side = {.of = handle && !(other && other->of == 0) ? 0 : hand};
    if (side.of == 0) {
        const double y = hand * random_between(random, 0.24, 0.34);
        const double high = random_between(random, 0.3, 0.55);
        const Side behind = {{-0.82, y, 0.88}, {-0.92, y * 1.2, high}, 0};
        return behind;
    }
    const double along = fmax(-0.45, fmin(0.12, x + random_between(random, -0.35, 0.1)));
    const double start_x = along + random_between(random, -0.2, 0.2);
    const double high = random_between(random, 0.25, 0.55);
    const Side beside = {{along, hand * 0.66, 0.9}, {start_x, hand * 0.86, high}, hand};
    return beside;
}

Pose motion_start(const Side *side, const double turn[4], double tilt_rad, Random *random) {
    Pose pose = {{side->start[0], side->start[1], side->start[2]}, {1, 0, 0, 0}};
    double tilt[4], axis[3];
    memcpy(pose.turn, turn, sizeof pose.turn);
    for (int i = 0; i < 3; i++)
        axis[i] = random_normal(random);
    turn_about(tilt, axis[0], axis[1], axis[2], random_between(random, 0.3, 1) * tilt_rad);
    turn_then(pose.turn, tilt);
    return pose;
}

static void set_end(Path *path, int end, const Pose *pose) {
    memcpy(path->through[end ? 3 : 0], pose->at, sizeof pose->at);
    memcpy(end ? path->to : path->from, pose->turn, sizeof pose->turn);
}

/* Low over a wall with part of what is carried? At its place by the wall it is inside, below the
 * rim, and only going straight down. */
static bool cuts_rim(const Path *path, const Pose *pose, const double half[3]) {
    double reach[3];
    grip_turned_half(half, pose->turn, reach);
    const double x = fabs(pose->at[0]), y = fabs(pose->at[1]);
    const bool near_wall =
        x + reach[0] > BASKET_HALF_X_M - 0.005 || y + reach[1] > BASKET_HALF_Y_M - 0.005;
    const bool far_outside =
        x - reach[0] > BASKET_HALF_X_M + 0.06 || y - reach[1] > BASKET_HALF_Y_M + 0.06;
    if (!near_wall || far_outside || pose->at[2] - reach[2] >= BASKET_RIM_M + CLEAR_M) return false;
    for (int end = 0; end < 4; end += 3)
        if (hypot(pose->at[0] - path->through[end][0], pose->at[1] - path->through[end][1]) <= 0.02)
            return false;
    return true;
}

/* Raise the curve's middle until what is carried clears the rim. */
static void clear_rim(Path *path, const double half[3]) {
    enum { LIFTS = 24, POINTS = 40 };
    for (int lift = 0; lift < LIFTS; lift++) {
        bool clear = true;
        for (int i = 0; i <= POINTS && clear; i++) {
            const Pose pose = path_at(path, path->seconds * i / POINTS);
            clear = !cuts_rim(path, &pose, half);
        }
        if (clear) return;
        path->through[1][2] += 0.05;
        path->through[2][2] += 0.05;
    }
}

Path motion_in(
    const Side *side, const Pose *from, const Pose *to, const double half[3], double seconds) {
    Path path = {.seconds = seconds, .turned_by = 0.9};
    set_end(&path, 0, from);
    set_end(&path, 1, to);
    for (int i = 0; i < 2; i++) {
        path.through[1][i] = 0.75 * side->start[i] + 0.25 * to->at[i];
        path.through[2][i] = to->at[i];
    }
    path.through[1][2] = BASKET_RIM_M + 0.3;
    path.through[2][2] = fmax(BASKET_RIM_M + 0.22, to->at[2] + 0.15);
    clear_rim(&path, half);
    return path;
}

Path motion_out(
    const Side *side, const Pose *from, const Pose *to, const double half[3], double seconds) {
    Path path = motion_in(side, to, from, half, seconds);
    for (int i = 0; i < 3; i++) {
        const double first = path.through[0][i], second = path.through[1][i];
        path.through[0][i] = path.through[3][i];
        path.through[1][i] = path.through[2][i];
        path.through[2][i] = second;
        path.through[3][i] = first;
    }
    memcpy(path.from, from->turn, sizeof path.from);
    memcpy(path.to, to->turn, sizeof path.to);
    path.turned_by = 1;
    return path;
}

Path motion_over(const Pose *from, const Pose *to, double above_m, double seconds) {
    Path path = {.seconds = seconds, .turned_by = 1};
    set_end(&path, 0, from);
    set_end(&path, 1, to);
    for (int i = 0; i < 3; i++) {
        path.through[1][i] = from->at[i] + (to->at[i] - from->at[i]) / 3;
        path.through[2][i] = from->at[i] + (to->at[i] - from->at[i]) * 2 / 3;
    }
    path.through[1][2] += above_m;
    path.through[2][2] += above_m;
    return path;
}

Path motion_straight(const Pose *from, const Pose *to, double seconds) {
    return motion_over(from, to, 0, seconds);
}

double motion_lifted_s(const Path *path) {
    double t = 0;
    while (t < path->seconds && path_at(path, t).at[2] < path->through[0][2] + LIFTED_M)
        t += WORLD_STEP_S;
    return t;
}
