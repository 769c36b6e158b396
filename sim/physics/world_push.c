#include "world_internal.h"

static const double PRESS_S = 0.06; /* a hand does not press at once */
static const double WAVER_P = 0.06, WAVER_S = 0.25, TREMOR_P = 0.02, TREMOR_S = 0.02;
static const double RUMBLE_S = 0.0053; /* 30 Hz */

/* First-order noise of deviation 1. */
static double wander(double now, double time_s, Random *random) {
    const double keep = exp(-WORLD_STEP_S / time_s);
    return keep * now + sqrt(1 - keep * keep) * random_normal(random);
}

static mjtNum *applied_to(World *world, int body) {
    return world->data->xfrc_applied + 6 * (size_t)body;
}

/* F = -m alpha x r, T = -I alpha: the frame they are told in turns under them. */
static void turn_under(World *world, int body) {
    const double *alpha = world->now.ride.turn_radps2;
    const mjtNum *at = world->data->xipos + 3 * (size_t)body;
    const mjtNum *axes = world->data->ximat + 9 * (size_t)body;
    const mjtNum *inertia = world->model->body_inertia + 3 * (size_t)body;
    double force[3], along[3], torque[3];
    mju_cross(force, alpha, at);
    mju_addToScl3(applied_to(world, body), force, -world->model->body_mass[body]);
    mju_rotVecMatT(along, alpha, axes);
    for (int i = 0; i < 3; i++)
        along[i] *= -inertia[i];
    mju_rotVecMat(torque, along, axes);
    mju_addTo3(applied_to(world, body) + 3, torque);
}

static void turn_frame(World *world) {
    if (mju_norm3(world->now.ride.turn_radps2) == 0) return;
    turn_under(world, world->platform_body);
    for (int i = 0; i < world->count; i++)
        if (world->now.item[i].hold != PARKED && !world->now.item[i].rests)
            turn_under(world, world->body[i]);
}

/* A hand that lets go still carries a part of the weight. */
static void let_go(World *world, int item) {
    ItemState *state = &world->now.item[item];
    if (state->eased_s <= 0) return;
    const double share = state->eased_s / state->easing_s;
    mju_addToScl3(
        applied_to(world, world->body[item]), world->model->opt.gravity,
        -share * world->item[item].mass_kg);
    state->eased_s -= WORLD_STEP_S;
}

static void press(World *world) {
    Press *hand = &world->now.press;
    double force_n[3], arm_m[3] = {hand->x_m, hand->y_m, BASKET_RIM_M}, torque[3];
    if (mju_norm3(hand->wanted_n) == 0 && mju_norm3(hand->force_n) < 1e-3) {
        mju_zero3(hand->force_n);
        return;
    }
    hand->waver = wander(hand->waver, WAVER_S, &world->now.random);
    hand->tremor = wander(hand->tremor, TREMOR_S, &world->now.random);
    for (int i = 0; i < 3; i++)
        hand->force_n[i] +=
            (hand->wanted_n[i] - hand->force_n[i]) * (1 - exp(-WORLD_STEP_S / PRESS_S));
    mju_scl3(force_n, hand->force_n, 1 + WAVER_P * hand->waver + TREMOR_P * hand->tremor);
    mju_addTo3(applied_to(world, world->platform_body), force_n);
    mju_subFrom3(arm_m, world->data->xipos + 3 * (size_t)world->platform_body);
    mju_cross(torque, arm_m, force_n);
    mju_addTo3(applied_to(world, world->platform_body) + 3, torque);
}

void world_push(World *world) {
    WorldMotion *now = &world->now;
    ride_step(&now->ride, WORLD_STEP_S);
    memcpy(world->model->opt.gravity, now->ride.gravity_mps2, sizeof now->ride.gravity_mps2);
    if (world->platform.rumble_mps2 > 0) {
        now->rumble = wander(now->rumble, RUMBLE_S, &now->random);
        world->model->opt.gravity[2] -= world->platform.rumble_mps2 * now->rumble;
    }
    mju_zero(world->data->xfrc_applied, 6 * world->model->nbody);
    turn_frame(world);
    for (int i = 0; i < world->count; i++)
        let_go(world, i);
    press(world);
}
