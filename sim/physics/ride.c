#include "ride.h"

#include "world.h"

#include <string.h>

static const double PI = 3.14159265358979323846;
static const double G0_M3 = 1e-6, N0_PER_M = 0.1;
static const double LONGEST_M = 8, SHORTEST_M = 0.03;

/* A wheel over a joint sinks by the arc's height over the gap, and comes up again within its width
 * and a bit: the wheel, not the gap, sets the shape. */
typedef struct Joint {
    double every_m, gap_m;
} Joint;

static const Joint joints[FLOOR_KINDS] = {
    [FLOOR_SMOOTH] = {0, 0}, [FLOOR_TILES] = {0.33, 0.005}, [FLOOR_JOINTS] = {3, 0.014}};

void ride_init(RideState *state, FloorKind floor, uint64_t seed) {
    Random random = random_fork(seed, 31);
    memset(state, 0, sizeof *state);
    state->floor = floor;
    /* Waves evenly apart in the logarithm, each with the power of its band. */
    const double first = log(1 / LONGEST_M), last = log(1 / SHORTEST_M);
    const double band = (last - first) / RIDE_WAVES;
    for (int i = 0; i < RIDE_WAVES; i++) {
        const double n = exp(first + band * (i + 0.5));
        const double power = G0_M3 * pow(n / N0_PER_M, -2) * n * band;
        state->wave_m[i] = sqrt(2 * power);
        state->wave_rad[i] = random_between(&random, 0, 2 * PI);
        /* long waves lift both sides, short ones each its own */
        state->wave_side_rad[i] = random_between(&random, -1, 1) * PI * fmin(1, WHEEL_TRACK_M * n);
    }
    state->gravity_mps2[2] = -WORLD_GRAVITY;
}

void ride_set(RideState *state, const Ride *wanted) { state->wanted = *wanted; }

static double profile(const RideState *state, double way_m, int side) {
    const double first = log(1 / LONGEST_M), last = log(1 / SHORTEST_M);
    const double band = (last - first) / RIDE_WAVES;
    double height = 0;
    for (int i = 0; i < RIDE_WAVES; i++) {
        const double n = exp(first + band * (i + 0.5));
        height += state->wave_m[i] *
                  sin(2 * PI * n * way_m + state->wave_rad[i] + side * state->wave_side_rad[i]);
    }
    const Joint *joint = &joints[state->floor];
    if (joint->every_m <= 0) return height;
    const double half = joint->gap_m / 2;
    const double deep = WHEEL_RADIUS_M - sqrt(WHEEL_RADIUS_M * WHEEL_RADIUS_M - half * half);
    const double from = fabs(remainder(way_m - joint->every_m / 2, joint->every_m));
    return from < joint->gap_m ? height - deep * 0.5 * (1 + cos(PI * from / joint->gap_m)) : height;
}

static double towards(double now, double wanted, double most) {
    return now + fmax(-most, fmin(most, wanted - now));
}

/* A damped spring follows its seat; returns its acceleration. */
static double follow(struct RideMode *mode, double seat, double step_s) {
    const double omega = 2 * PI * HEAVE_HZ;
    const double accel =
        omega * omega * (seat - mode->at) - 2 * HEAVE_DAMPING * omega * mode->speed;
    mode->speed += accel * step_s;
    mode->at += mode->speed * step_s;
    return accel;
}

void ride_step(RideState *state, double step_s) {
    const double before = state->speed_mps;
    state->speed_mps =
        towards(before, state->wanted.speed_mps, fmax(state->wanted.accel_mps2, 0.01) * step_s);
    state->way_m += state->speed_mps * step_s;
    state->pitch_rad = towards(state->pitch_rad, state->wanted.pitch_rad, LEAN_MAX_RADPS * step_s);
    state->roll_rad = towards(state->roll_rad, state->wanted.roll_rad, LEAN_MAX_RADPS * step_s);

    double heave_mps2 = 0;
    if (state->speed_mps != 0 || before != 0 || state->started) {
        const double half = WHEEL_BASE_M / 2;
        const double fl = profile(state, state->way_m + half, 1);
        const double fr = profile(state, state->way_m + half, -1);
        const double bl = profile(state, state->way_m - half, 1);
        const double br = profile(state, state->way_m - half, -1);
        const double seats[3] = {
            (fl + fr + bl + br) / 4, (fl + fr - bl - br) / (2 * WHEEL_BASE_M),
            (fl + bl - fr - br) / (2 * WHEEL_TRACK_M)};
        for (int i = 0; i < 3 && !state->started; i++)
            state->mode[i].at = seats[i];
        state->started = true;
        heave_mps2 = follow(&state->mode[0], seats[0], step_s);
        follow(&state->mode[1], seats[1], step_s);
        follow(&state->mode[2], seats[2], step_s);
        const double quiet =
            fabs(state->mode[0].speed) + fabs(state->mode[1].speed) + fabs(state->mode[2].speed);
        if (state->speed_mps == 0 && quiet < 1e-7) state->started = false;
    }
    const double pitch = state->pitch_rad + state->mode[1].at;
    const double roll = state->roll_rad + state->mode[2].at;
    /* Front up: gravity pulls to the back (-x). Left up: it pulls to the right (-y). */
    state->gravity_mps2[0] = -WORLD_GRAVITY * sin(pitch) - (state->speed_mps - before) / step_s;
    state->gravity_mps2[1] = -WORLD_GRAVITY * sin(roll) * cos(pitch);
    state->gravity_mps2[2] = -WORLD_GRAVITY * cos(pitch) * cos(roll) - heave_mps2;
}
