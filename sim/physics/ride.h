/*
 * ride - the cart on its way: pushed, braked, on a ramp, over tiles and joints.
 *
 * The twin lives in the cart's frame. What the floor does to the cart comes in as the acceleration
 * of that frame and as the way it leans, and acts on platform, packs and IMU alike; so a pack
 * slides when braking is hard, and 2 degrees of ramp take 6 g off 10 kg, because physics says so.
 *
 * Four hard wheels of WHEEL_RADIUS_M follow the profile and shake the frame, which answers as a
 * damped spring in heave, pitch and roll (HEAVE_HZ). The frame's own turning acts on what is aboard
 * by its angular acceleration; the centrifugal and Coriolis parts are left out, as it turns at
 * under 0.1 rad/s, and so is the platform's reaction on the frame. A push is a walk: it surges with
 * the steps and sways.
 *
 * Profiles, along the way, left and right wheels different but alike:
 *
 *   - smooth: roughness only, a road profile's PSD G(n) = G0 (n / n0)^-2 with n0 = 0.1 cycles/m
 *     (ISO 8608) and G0 = 1e-6 m^3, a worn shop floor; a class A road has 16e-6;
 *   - tiles: and a joint of 5 mm every 0.33 m, each tile 0.25 mm (1 sigma) too high or too low;
 *   - joints: and an expansion joint of 14 mm every 3 m, each slab 0.8 mm off.
 *
 * Pure. Threads: a state belongs to one. Units: metres, radians, seconds.
 */
#pragma once

#include "random.h"

#include <stdbool.h>

enum { RIDE_WAVES = 48 };

#define WHEEL_RADIUS_M 0.062
#define WHEEL_BASE_M   0.62
#define WHEEL_TRACK_M  0.46
#define HEAVE_HZ       16.0
#define HEAVE_DAMPING  0.3

typedef enum FloorKind { FLOOR_SMOOTH, FLOOR_TILES, FLOOR_JOINTS, FLOOR_KINDS } FloorKind;

/* Where the shopper wants to be. */
typedef struct Ride {
    double speed_mps;  /* forward */
    double accel_mps2; /* at most, to get there: 0.5 gently, 3 hard */
    double pitch_rad;  /* of the floor: > 0 front up */
    double roll_rad;   /* > 0 left up */
} Ride;

typedef struct RideState {
    FloorKind floor;
    uint64_t seed;
    Ride wanted;
    double way_m, speed_mps, push_mps2;
    struct RideWave {
        double radpm, height_m, rad, side_rad;
    } wave[RIDE_WAVES];
    struct RideMode {
        double at, speed, accel;
    } mode[3], slope[2]; /* of the frame: heave m, pitch and roll rad; of the floor: pitch, roll */
    bool started;
    double stride_rad, sway_mps2;
    Random random;
    /* what the frame is subject to, for the physics */
    double gravity_mps2[3]; /* effective: of the leaning frame, less its acceleration */
    double turn_radps[3], turn_radps2[3];
} RideState;

/* At rest on the level; the seed draws the floor. */
void ride_init(RideState *state, FloorKind floor, uint64_t seed);

void ride_set(RideState *state, const Ride *wanted);

/* The floor under a wheel, above its mean; side 1 left, -1 right. And the spectrum of its
 * roughness, one-sided. */
double ride_profile_m(const RideState *state, double way_m, int side);
double ride_psd_m3(double waves_per_m);

/* One step; gravity_mps2 is what everything aboard feels. */
void ride_step(RideState *state, double step_s);
