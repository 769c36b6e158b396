/* How the platform moves, and the cart under it, against the pencil. */
#include "platform.h"
#include "test.h"
#include "world_internal.h"

static const WorldPlatform SPRING = {.mass_kg = 5, .stiffness_npm = 20000, .damping_ratio = 0.045};
static const double PI = 3.14159265358979;

/* A block of so many kilograms set down on the floor at x, y, and another kilogram parked. */
static World *with_block(double kilograms, double x, double y) {
    static const ProductMesh box = {.half = {0.05, 0.05, 0.05}, .solid = SOLID_BOX};
    const WorldItem items[2] = {
        world_item_of(&box, kilograms > 0 ? kilograms : 1), world_item_of(&box, 1)};
    const double sag = SPRING.mass_kg * WORLD_GRAVITY / SPRING.stiffness_npm;
    const Pose pose = pose_at(x, y, 0.05 - sag);
    World *world = NULL;
    CHECK(world_open(&world, &SPRING, items, 2) == OK);
    if (kilograms > 0) world_place(world, 0, &pose);
    return world;
}

static void run(World *world, double seconds) {
    const int steps = (int)lround(seconds / WORLD_STEP_S);
    for (int i = 0; i < steps; i++)
        world_step(world);
}

static double weight_g(const World *world) {
    double force_n[4];
    world_cells(world, force_n);
    return (force_n[0] + force_n[1] + force_n[2] + force_n[3]) / WORLD_GRAVITY * 1000;
}

typedef struct Ring {
    double hz, decay_per_s;
} Ring;

/* Of what joint 0 heave, 1 roll or 2 pitch does after a kick: zero crossings and peaks. */
static Ring ring_of(World *world, int joint, double kick) {
    const int first = world->model->body_jntadr[world->platform_body];
    mjtNum *q = world->data->qpos + world->model->jnt_qposadr[first + joint];
    const double still = *q;
    double before = 0, first_s = -1, last_s = -1, peak = 0, first_peak = 0, last_peak = 0;
    int crossings = 0;
    world->data->qvel[world->model->jnt_dofadr[first + joint]] += kick;
    const double end_s = world_time_s(world) + 2;
    while (world_time_s(world) < end_s) {
        world_step(world);
        const double now = *q - still;
        peak = fmax(peak, fabs(now));
        if (before < 0 && now >= 0) {
            last_s = world_time_s(world) - WORLD_STEP_S * now / (now - before);
            last_peak = peak;
            if (first_s < 0)
                first_s = last_s, first_peak = peak;
            else
                crossings++;
            peak = 0;
        }
        before = now;
    }
    CHECK(crossings >= 5);
    return (Ring){crossings / (last_s - first_s), log(first_peak / last_peak) / (last_s - first_s)};
}

/* omega^2 = k / M, and the damper is the same whatever stands on it: decay = c / 2M. */
static void the_ring_and_its_damping_follow_from_the_load(void) {
    static const double kilograms[] = {0, 1, 4, 10, 15};
    const double c = 2 * SPRING.damping_ratio * sqrt(SPRING.stiffness_npm * SPRING.mass_kg);
    for (int i = 0; i < 5; i++) {
        const double mass = SPRING.mass_kg + kilograms[i];
        World *world = with_block(kilograms[i], 0, 0);
        run(world, 20);
        const Ring ring = ring_of(world, 0, 0.004);
        const double hz = sqrt(SPRING.stiffness_npm / mass) / 2 / PI, decay = c / 2 / mass;
        if (fabs(ring.hz / hz - 1) > 0.01 || fabs(ring.decay_per_s / decay - 1) > 0.05)
            printf(
                "# %g kg: %g Hz, not %g; %g/s, not %g\n", mass, ring.hz, hz, ring.decay_per_s,
                decay);
        CHECK(fabs(ring.hz / hz - 1) < 0.01);
        CHECK(fabs(ring.decay_per_s / decay - 1) < 0.05);
        world_close(world);
    }
}

static void every_mode_lies_between_5_and_12_hz(void) {
    for (int seed = 0; seed < 6; seed++) {
        const Platform platform = platform_by_chance((uint64_t)seed);
        const PlatformInertia basket = world_basket(&platform.spring);
        const double high = basket.mass_kg * basket.middle_m[2] * basket.middle_m[2];
        const double lever[3] = {1, CELL_Y_M * CELL_Y_M, CELL_X_M * CELL_X_M};
        const double inertia[3] = {basket.mass_kg, basket.kgm2[0] + high, basket.kgm2[1] + high};
        for (int joint = 0; joint < 3; joint++) {
            World *world = NULL;
            CHECK(world_open(&world, &platform.spring, NULL, 0) == OK);
            run(world, 1);
            const double hz =
                sqrt(platform.spring.stiffness_npm * lever[joint] / inertia[joint]) / 2 / PI;
            const Ring ring = ring_of(world, joint, 0.02);
            CHECK(fabs(ring.hz / hz - 1) < 0.02 && ring.hz > 5 && ring.hz < 12);
            world_close(world);
        }
    }
}

/* A rigid plate on four equal springs: F = W/4 (1 + x x_i / X^2 + y y_i / Y^2). */
static void every_cell_carries_its_share(void) {
    static const double at[][2] = {{0, 0}, {0.2, 0}, {0, -0.15}, {-0.25, 0.18}, {0.3, 0.2}};
    for (int i = 0; i < 5; i++) {
        World *world = with_block(2, at[i][0], at[i][1]);
        double force_n[4];
        run(world, 8);
        const Pose stands = world_item_pose(world, 0);
        world_cells(world, force_n);
        for (int cell = 0; cell < 4; cell++) {
            double x_m, y_m;
            world_cell_place(cell, &x_m, &y_m);
            const double share = (1 + stands.at[0] * x_m / (CELL_X_M * CELL_X_M) +
                                  stands.at[1] * y_m / (CELL_Y_M * CELL_Y_M)) /
                                 4;
            const double own_n = force_n[cell] - SPRING.mass_kg * WORLD_GRAVITY / 4;
            CHECK(fabs(own_n / (2 * WORLD_GRAVITY) - share) < 0.01);
        }
        world_close(world);
    }
}

/* -- resting ------------------------------------------------------------------------------- */

static void what_lies_still_rests_until_something_touches_it(void) {
    World *world = with_block(3, 0.1, 0.05);
    const Pose above = pose_at(0.11, 0.06, 0.16), beside = pose_at(-0.2, -0.1, 0.048);
    run(world, 3);
    CHECK(world->now.item[0].rests && world_touches(world, 0) && world_speed(world, 0) < 0.001);
    run(world, 12);
    CHECK(fabs(weight_g(world) - 8000) < 0.05);
    world_place(world, 1, &beside);
    run(world, 0.2);
    CHECK(world->now.item[0].rests); /* nothing touched it */
    world_place(world, 1, &above);
    run(world, 0.2);
    CHECK(!world->now.item[0].rests);
    run(world, 25);
    CHECK(world->now.item[0].rests && world->now.item[1].rests);
    CHECK(fabs(weight_g(world) - 9000) < 0.1);
    world_park(world, 0);
    run(world, 0.05);
    CHECK(!world->now.item[1].rests); /* and it falls */
    run(world, 20);
    CHECK(fabs(weight_g(world) - 6000) < 0.1 && world_inside(world, 1));
    world_close(world);
}

static void a_hard_brake_or_a_steep_ramp_wakes_what_rests(void) {
    World *world = with_block(1, 0, 0);
    run(world, 3);
    CHECK(world->now.item[0].rests);
    ride_set(world_ride(world), &(Ride){.pitch_rad = 5 * PI / 180}); /* friction holds it */
    run(world, 3);
    CHECK(world->now.item[0].rests);
    ride_set(world_ride(world), &(Ride){.pitch_rad = 10 * PI / 180});
    run(world, 3);
    CHECK(!world->now.item[0].rests);
    ride_set(world_ride(world), &(Ride){0});
    run(world, 4);
    CHECK(world->now.item[0].rests);
    world_close(world);
}

static void a_trial_taken_back_leaves_no_trace(void) {
    double straight_n[4], tried_n[4];
    for (int tried = 0; tried < 2; tried++) {
        World *world = with_block(2, 0.1, 0);
        WorldState *before = NULL;
        const Pose above = pose_at(0.1, 0, 0.2);
        run(world, 2);
        if (tried) {
            CHECK(world_save(world, &before) == OK);
            world_place(world, 1, &above);
            run(world, 1);
            world_restore(world, before);
            world_state_free(before);
        }
        run(world, 1);
        world_cells(world, tried ? tried_n : straight_n);
        world_close(world);
    }
    for (int cell = 0; cell < 4; cell++)
        CHECK(straight_n[cell] == tried_n[cell]); /* to the bit */
}

/* -- hands --------------------------------------------------------------------------------- */

/* Measured: 30 to 400 g standard deviation within a second while a hand is on it. */
static void a_hand_on_the_basket_wavers_as_a_real_one(void) {
    static const double newtons[] = {4, 10, 20, 35};
    for (int i = 0; i < 4; i++) {
        World *world = with_block(2, 0, 0);
        const double force_n[3] = {0, 0, -newtons[i]};
        double deviations = 0, most = 0, mean = 0;
        run(world, 4);
        world_press(world, 0.3, 0.2, force_n);
        run(world, 2);
        for (int second = 0; second < 20; second++) {
            double sum = 0, squares = 0;
            for (int k = 0; k < 80; k++) {
                run(world, 0.0125);
                sum += weight_g(world), squares += weight_g(world) * weight_g(world);
            }
            const double deviation = sqrt(squares / 80 - sum / 80 * (sum / 80));
            deviations += deviation / 20, mean += sum / 80 / 20;
            most = fmax(most, deviation);
        }
        printf("# %g N: %.0f g a second, at most %.0f\n", newtons[i], deviations, most);
        CHECK(deviations > 30 && deviations < 400 && most < 600);
        CHECK(fabs((mean - 7000) / (newtons[i] / WORLD_GRAVITY * 1000) - 1) < 0.1);
        world_press(world, 0, 0, (const double[3]){0, 0, 0});
        run(world, 10);
        CHECK(fabs(weight_g(world) - 7000) < 0.5);
        world_close(world);
    }
}

/* -- the cart ------------------------------------------------------------------------------ */

static void the_gyroscope_turns_with_the_cart(void) {
    World *world = with_block(0, 0, 0);
    double turned[3] = {0}, accel[3], gyro[3];
    ride_set(world_ride(world), &(Ride){.pitch_rad = 3 * PI / 180, .roll_rad = -1 * PI / 180});
    for (int i = 0; i < 3 * 800; i++) {
        world_step(world);
        world_imu(world, accel, gyro);
        mju_addToScl3(turned, gyro, WORLD_STEP_S);
    }
    CHECK(fabs(turned[1] + 3 * PI / 180) < 0.001 && fabs(turned[0] + 1 * PI / 180) < 0.001);
    CHECK(fabs(accel[0] - WORLD_GRAVITY * sin(3 * PI / 180)) < 0.02);
    world_close(world);
}

/* The moment the cells bear about the cart's axis, sum F x, is m h g_x - I alpha. It starts with a
 * jerk, so the ring is averaged out over three of its periods. */
static void a_cart_that_turns_presses_on_its_corners(void) {
    World *world = with_block(0, 0, 0);
    const PlatformInertia basket = world_basket(&SPRING);
    const double high_kg = basket.mass_kg * basket.middle_m[2];
    const double inertia = basket.kgm2[1] + high_kg * basket.middle_m[2];
    const double hz = sqrt(SPRING.stiffness_npm * CELL_X_M * CELL_X_M / inertia) / 2 / PI;
    const int steps = (int)lround(3 / hz / WORLD_STEP_S);
    double found = 0, expected = 0, weight_alone = 0;
    run(world, 1);
    ride_set(world_ride(world), &(Ride){.pitch_rad = 5 * PI / 180});
    for (int i = 0; i < steps; i++) {
        double force_n[4], x_m, y_m;
        world_step(world);
        world_cells(world, force_n);
        for (int cell = 0; cell < 4; cell++) {
            world_cell_place(cell, &x_m, &y_m);
            found += force_n[cell] * x_m / steps;
        }
        const RideState *ride = world_ride(world);
        weight_alone += high_kg * ride->gravity_mps2[0] / steps;
        expected += (high_kg * ride->gravity_mps2[0] - inertia * ride->turn_radps2[1]) / steps;
    }
    printf("# %.4f Nm, by the pencil %.4f, of weight alone %.4f\n", found, expected, weight_alone);
    CHECK(fabs(found - expected) < 0.1 * fabs(expected - weight_alone));
    world_close(world);
}

/* The spectrum of what the wheels roll over, band by band: the variance of its heights over 40 m.
 */
static void the_floor_is_as_rough_as_its_spectrum_says(void) {
    enum { SAMPLES = 8000, FLOORS = 12 };
    static const double bands[][2] = {{0.25, 1}, {1, 4}, {4, 16}};
    for (int b = 0; b < 3; b++) {
        double found = 0, expected = 0;
        const double length_m = 40;
        const int first = (int)lround(bands[b][0] * length_m),
                  last = (int)lround(bands[b][1] * length_m);
        for (int n = first; n < last; n++)
            expected += ride_psd_m3((n + 0.5) / length_m) / length_m;
        for (int seed = 0; seed < FLOORS; seed++) {
            RideState ride;
            double sum = 0, squares = 0;
            ride_init(&ride, FLOOR_SMOOTH, (uint64_t)seed);
            for (int i = 0; i < RIDE_WAVES; i++) { /* only what lies in the band */
                const double n = ride.wave[i].radpm / 2 / PI;
                if (n < bands[b][0] || n >= bands[b][1]) ride.wave[i].height_m = 0;
            }
            for (int i = 0; i < SAMPLES; i++) {
                const double height =
                    ride_profile_m(&ride, i * length_m / SAMPLES, seed & 1 ? 1 : -1);
                sum += height, squares += height * height;
            }
            found += (squares / SAMPLES - sum / SAMPLES * (sum / SAMPLES)) / FLOORS;
        }
        CHECK(fabs(found / expected - 1) < 0.25);
    }
}

int main(void) {
    RUN(the_ring_and_its_damping_follow_from_the_load);
    RUN(every_mode_lies_between_5_and_12_hz);
    RUN(every_cell_carries_its_share);
    RUN(what_lies_still_rests_until_something_touches_it);
    RUN(a_hard_brake_or_a_steep_ramp_wakes_what_rests);
    RUN(a_trial_taken_back_leaves_no_trace);
    RUN(a_hand_on_the_basket_wavers_as_a_real_one);
    RUN(the_gyroscope_turns_with_the_cart);
    RUN(a_cart_that_turns_presses_on_its_corners);
    RUN(the_floor_is_as_rough_as_its_spectrum_says);
    return DONE();
}
