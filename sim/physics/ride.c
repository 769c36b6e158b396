#include "ride.h"

#include "world.h"

#include <string.h>

static const double PI = 3.14159265358979323846;
static const double G0_M3 = 1e-6, N0_PER_M = 0.1;
static const double LONGEST_M = 8, SHORTEST_M = 0.03;
static const double PUSH_S = 0.03;   /* no hand and no brake acts at once */
static const double SLOPE_RADPS = 6; /* of the critically damped way onto a slope */
static const double STRIDE_HZ = 1.8, SURGE_MPS2 = 0.15, SWAY_MPS2 = 0.08, SWAY_S = 0.15;

/* A wheel over a joint sinks by the arc's height over the gap, and comes up again within its width
 * and a bit: the wheel, not the gap, sets the shape. Tiles and slabs lie lip_m (1 sigma) higher or
 * lower than they should. */
typedef struct Joint {
    double every_m, gap_m, lip_m;
} Joint;

static const Joint joints[FLOOR_KINDS] = {
    [FLOOR_SMOOTH] = {0, 0, 0},
    [FLOOR_TILES] = {0.33, 0.005, 0.00025},
    [FLOOR_JOINTS] = {3, 0.014, 0.0008}};

void ride_init(RideState *state, FloorKind floor, uint64_t seed) {
    memset(state, 0, sizeof *state);
    state->random = random_fork(seed, 31);
    state->seed = seed;
    state->floor = floor;
    /* Waves evenly apart in the logarithm, each with the power of its band. */
    const double first = log(1 / LONGEST_M), last = log(1 / SHORTEST_M);
    const double band = (last - first) / RIDE_WAVES;
    for (int i = 0; i < RIDE_WAVES; i++) {
        struct RideWave *wave = &state->wave[i];
        const double n = exp(first + band * (i + random_between(&state->random, 0, 1)));
        wave->radpm = 2 * PI * n;
        wave->height_m = sqrt(2 * ride_psd_m3(n) * n * band);
        wave->rad = random_between(&state->random, 0, 2 * PI);
        /* long waves lift both sides, short ones each its own */
        wave->side_rad = random_between(&state->random, -1, 1) * PI * fmin(1, WHEEL_TRACK_M * n);
    }
    state->gravity_mps2[2] = -WORLD_GRAVITY;
}

double ride_psd_m3(double waves_per_m) { return G0_M3 * pow(waves_per_m / N0_PER_M, -2); }

void ride_set(RideState *state, const Ride *wanted) { state->wanted = *wanted; }

/* How high slab number `slab` lies under this side's wheels. */
static double slab_m(const RideState *state, int64_t slab, int side) {
    Random random =
        random_fork(state->seed, (uint64_t)(2 * slab + (side > 0)) + (UINT64_C(1) << 40));
    return joints[state->floor].lip_m * fmax(-2.5, fmin(2.5, random_normal(&random)));
}

/* Joints lie half a slab from where the way begins. */
static double joint_m(const RideState *state, double way_m, int side) {
    const Joint *joint = &joints[state->floor];
    if (joint->every_m <= 0) return 0;
    const double number = floor(way_m / joint->every_m);
    const double past = way_m - (number + 0.5) * joint->every_m, from = fabs(past);
    const double before = slab_m(state, (int64_t)number, side);
    const double step = slab_m(state, (int64_t)number + 1, side) - before;
    /* A wheel's middle rises over an edge on an arc that begins sqrt(2 R h) before it, and comes
     * down on one that ends as far behind. */
    const double reach = sqrt(2 * WHEEL_RADIUS_M * fabs(step)) + 1e-6;
    const double along = fmax(0, fmin(1, step > 0 ? 1 + past / reach : past / reach));
    const double rise = step * along * along * (3 - 2 * along);
    const double half = joint->gap_m / 2;
    const double deep = WHEEL_RADIUS_M - sqrt(WHEEL_RADIUS_M * WHEEL_RADIUS_M - half * half);
    const double sunk = from < joint->gap_m ? deep * 0.5 * (1 + cos(PI * from / joint->gap_m)) : 0;
    return before + rise - sunk;
}

double ride_profile_m(const RideState *state, double way_m, int side) {
    double height = joint_m(state, way_m, side);
    for (int i = 0; i < RIDE_WAVES; i++) {
        const struct RideWave *wave = &state->wave[i];
        height += wave->height_m * sin(wave->radpm * way_m + wave->rad + side * wave->side_rad);
    }
    return height;
}

static double towards(double now, double wanted, double most) {
    return now + fmax(-most, fmin(most, wanted - now));
}

/* A damped spring follows its seat. */
static void
follow(struct RideMode *mode, double seat, double omega, double damping, double step_s) {
    mode->accel = omega * omega * (seat - mode->at) - 2 * damping * omega * mode->speed;
    mode->speed += mode->accel * step_s;
    mode->at += mode->speed * step_s;
}

/* Heave in m, pitch (front up) and roll (left up) in rad, as the four wheels have them. */
static void seats_of(const RideState *state, double out[3]) {
    const double half = WHEEL_BASE_M / 2;
    const double fl = ride_profile_m(state, state->way_m + half, 1);
    const double fr = ride_profile_m(state, state->way_m + half, -1);
    const double bl = ride_profile_m(state, state->way_m - half, 1);
    const double br = ride_profile_m(state, state->way_m - half, -1);
    out[0] = (fl + fr + bl + br) / 4;
    out[1] = (fl + fr - bl - br) / (2 * WHEEL_BASE_M);
    out[2] = (fl + bl - fr - br) / (2 * WHEEL_TRACK_M);
}

static void bounce(RideState *state, double step_s) {
    if (state->speed_mps == 0 && !state->started) return;
    double seat[3], quiet = 0;
    seats_of(state, seat);
    for (int i = 0; i < 3; i++) {
        if (!state->started) state->mode[i].at = seat[i];
        follow(&state->mode[i], seat[i], 2 * PI * HEAVE_HZ, HEAVE_DAMPING, step_s);
        quiet += fabs(state->mode[i].speed);
    }
    state->started = state->speed_mps != 0 || quiet >= 1e-7;
    for (int i = 0; i < 3 && !state->started; i++)
        state->mode[i].speed = state->mode[i].accel = 0;
}

/* A push is a walk: it surges with the steps, and sways. */
static void walk(RideState *state, double step_s, double *surge_mps2) {
    const double pace = fmin(1, fabs(state->speed_mps));
    *surge_mps2 = 0;
    if (pace == 0) {
        state->sway_mps2 = 0;
        return;
    }
    const double keep = exp(-step_s / SWAY_S);
    state->stride_rad = fmod(state->stride_rad + 2 * PI * STRIDE_HZ * step_s, 2 * PI);
    state->sway_mps2 = keep * state->sway_mps2 +
                       SWAY_MPS2 * pace * sqrt(1 - keep * keep) * random_normal(&state->random);
    *surge_mps2 = SURGE_MPS2 * pace * sin(state->stride_rad);
}

void ride_step(RideState *state, double step_s) {
    const double before = state->speed_mps;
    double surge_mps2;
    state->speed_mps =
        towards(before, state->wanted.speed_mps, fmax(state->wanted.accel_mps2, 0.01) * step_s);
    state->way_m += state->speed_mps * step_s;
    const double push_mps2 = (state->speed_mps - before) / step_s;
    state->push_mps2 += (push_mps2 - state->push_mps2) * (1 - exp(-step_s / PUSH_S));
    if (fabs(state->push_mps2) < 1e-6) state->push_mps2 = 0;
    follow(&state->slope[0], state->wanted.pitch_rad, SLOPE_RADPS, 1, step_s);
    follow(&state->slope[1], state->wanted.roll_rad, SLOPE_RADPS, 1, step_s);
    bounce(state, step_s);
    walk(state, step_s, &surge_mps2);

    const struct RideMode *heave = &state->mode[0], *nods = &state->mode[1],
                          *rolls = &state->mode[2];
    const double pitch = state->slope[0].at + nods->at, roll = state->slope[1].at + rolls->at;
    /* Front up: gravity pulls to the back (-x). Left up: it pulls to the right (-y). */
    state->gravity_mps2[0] = -WORLD_GRAVITY * sin(pitch) - state->push_mps2 - surge_mps2;
    state->gravity_mps2[1] = -WORLD_GRAVITY * sin(roll) * cos(pitch) - state->sway_mps2;
    state->gravity_mps2[2] = -WORLD_GRAVITY * cos(pitch) * cos(roll) - heave->accel;
    /* Front up is a turn about -y. */
    state->turn_radps[0] = state->slope[1].speed + rolls->speed;
    state->turn_radps[1] = -state->slope[0].speed - nods->speed;
    state->turn_radps2[0] = state->slope[1].accel + rolls->accel;
    state->turn_radps2[1] = -state->slope[0].accel - nods->accel;
}
