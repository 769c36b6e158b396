/*
 * What lies still on the platform becomes part of it: its mass and inertia are added to the
 * platform's, it moves with it rigidly and costs next to nothing. What touches it, or a frame that
 * leans or shakes hard, wakes it, and it is a body of its own again.
 */
#include "world_internal.h"

static const int CALM_STEPS = 320; /* 0.4 s */
static const double STILL_MPS = 0.003, STILL_RADPS = 0.03;
/* What the platform may feel, in g, and nothing slides (friction is 0.55) or jumps. */
static const double ACROSS_MOST = 0.12, DOWN_LEAST = 0.3, DOWN_MOST = 2;
static const double FELT_S = 0.012;
enum { CONTACTS_NONE = 0, AWAKE = 1, RESTING = 2 };

/* The platform touches what is awake; so does what rests, and nothing else. */
void world_set_contacts(World *world, int item) {
    const ItemState *state = &world->now.item[item];
    const bool awake = (state->hold == FREE || state->hold == HELD) && !state->rests;
    const int first = world->model->body_geomadr[world->body[item]];
    for (int g = first; g < first + world->model->body_geomnum[world->body[item]]; g++) {
        world->model->geom_contype[g] = awake ? AWAKE : state->rests ? RESTING : CONTACTS_NONE;
        world->model->geom_conaffinity[g] = awake ? AWAKE | RESTING : CONTACTS_NONE;
    }
}

/* -- the platform with what rests on it ---------------------------------------------------- */

/* Adds a mass with inertia `kgm2` along the axes of `turn` to what is about `middle`. */
static void add_inertia(
    double sum[9],
    const double middle[3],
    double mass_kg,
    const double at[3],
    const double turn[4],
    const double kgm2[3]) {
    double axes[9], away[3];
    mju_quat2Mat(axes, turn);
    mju_sub3(away, at, middle);
    const double square = mju_dot3(away, away);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            for (int k = 0; k < 3; k++)
                sum[3 * i + j] += axes[3 * i + k] * kgm2[k] * axes[3 * j + k];
            sum[3 * i + j] += mass_kg * ((i == j ? square : 0) - away[i] * away[j]);
        }
}

/* Where the mass of an item is, in the platform's frame. */
static Pose mass_on_platform(const World *world, int item) {
    Pose in_item;
    const size_t body = (size_t)world->body[item];
    memcpy(in_item.at, world->model->body_ipos + 3 * body, sizeof in_item.at);
    memcpy(in_item.turn, world->model->body_iquat + 4 * body, sizeof in_item.turn);
    return pose_then(&world->now.item[item].on_platform, &in_item);
}

void world_weigh_platform(World *world) {
    static const double straight[4] = {1, 0, 0, 0};
    const PlatformInertia basket = world_basket(&world->platform);
    double mass_kg = basket.mass_kg, middle[3];
    mju_scl3(middle, basket.middle_m, mass_kg);
    for (int i = 0; i < world->count; i++) {
        if (!world->now.item[i].rests) continue;
        const Pose pose = mass_on_platform(world, i);
        mju_addToScl3(middle, pose.at, world->item[i].mass_kg);
        mass_kg += world->item[i].mass_kg;
    }
    mju_scl3(middle, middle, 1 / mass_kg);
    double inertia[9] = {0}, axes[9];
    add_inertia(inertia, middle, basket.mass_kg, basket.middle_m, straight, basket.kgm2);
    for (int i = 0; i < world->count; i++) {
        if (!world->now.item[i].rests) continue;
        const Pose pose = mass_on_platform(world, i);
        add_inertia(
            inertia, middle, world->item[i].mass_kg, pose.at, pose.turn,
            world->model->body_inertia + 3 * (size_t)world->body[i]);
    }
    const size_t body = (size_t)world->platform_body;
    world->model->body_mass[body] = world->model->body_subtreemass[body] = mass_kg;
    memcpy(world->model->body_ipos + 3 * body, middle, sizeof middle);
    mju_eig3(
        world->model->body_inertia + 3 * body, axes, world->model->body_iquat + 4 * body, inertia);
}

/* -- resting and waking -------------------------------------------------------------------- */

/* As it is after the step that just ended; MuJoCo's own xpos is of before. */
static Pose platform_pose(const World *world) {
    const int joint = world->model->body_jntadr[world->platform_body];
    const mjtNum *q = world->data->qpos + world->model->jnt_qposadr[joint];
    Pose pose = pose_at(0, 0, q[0]);
    double about_y[4];
    turn_about(pose.turn, 1, 0, 0, q[1]);
    turn_about(about_y, 0, 1, 0, q[2]);
    turn_then(pose.turn, about_y);
    return pose;
}

/* Of the platform's material at `at`: v in 0..2, turning in 3..5. */
static void platform_velocity(const World *world, const double at[3], double out[6]) {
    const int joint = world->model->body_jntadr[world->platform_body];
    const mjtNum *v = world->data->qvel + world->model->jnt_dofadr[joint];
    const double turning[3] = {v[1], v[2], 0};
    mju_cross(out, turning, at);
    out[2] += v[0];
    mju_copy3(out + 3, turning);
}

void world_carry(World *world) {
    const Pose platform = platform_pose(world);
    for (int i = 0; i < world->count; i++) {
        const ItemState *state = &world->now.item[i];
        mjtNum *velocity = world->data->qvel + world->velocity[i];
        Pose pose = pose_at(i, 20, 0);
        double moving[6], back[4];
        if (state->hold != PARKED && !state->rests) continue;
        if (state->rests) pose = pose_then(&platform, &state->on_platform);
        world_set_pose(world, i, &pose);
        if (!state->rests) continue;
        platform_velocity(world, pose.at, moving);
        mju_copy3(velocity, moving);
        mju_negQuat(back, pose.turn);
        mju_rotVecQuat(velocity + 3, moving + 3, back); /* MuJoCo tells it in the body's frame */
    }
}

static void wake(World *world, int item) {
    world->now.item[item].rests = false;
    world_set_contacts(world, item);
}

void world_wake_all(World *world) {
    bool any = false;
    world->now.calm_steps = 0;
    for (int i = 0; i < world->count; i++) {
        if (!world->now.item[i].rests) continue;
        wake(world, i);
        any = true;
    }
    if (any) world_weigh_platform(world);
}

static void wake_touched(World *world) {
    bool touched[WORLD_ITEMS_MAX] = {false}, any = false;
    for (int c = 0; c < world->data->ncon; c++) {
        const mjContact *contact = &world->data->contact[c];
        const int bodies[2] = {
            world->model->geom_bodyid[contact->geom1], world->model->geom_bodyid[contact->geom2]};
        for (int side = 0; side < 2; side++)
            for (int i = 0; i < world->count; i++)
                if (world->now.item[i].rests && world->body[i] == bodies[side])
                    touched[i] = any = true;
    }
    if (!any) return;
    for (int i = 0; i < world->count; i++)
        if (touched[i]) wake(world, i);
    world->now.calm_steps = 0;
    world_weigh_platform(world);
}

/* Does it lie still, seen from the platform? */
static bool is_still(const World *world, int item) {
    const mjtNum *velocity = world->data->qvel + world->velocity[item];
    const Pose pose = world_item_pose(world, item);
    double moving[6], turning[3];
    platform_velocity(world, pose.at, moving);
    mju_subFrom3(moving, velocity);
    mju_rotVecQuat(turning, velocity + 3, pose.turn);
    mju_subFrom3(moving + 3, turning);
    return mju_norm3(moving) < STILL_MPS && mju_norm3(moving + 3) < STILL_RADPS;
}

static bool all_still(const World *world, bool *any) {
    *any = false;
    for (int i = 0; i < world->count; i++) {
        const ItemState *state = &world->now.item[i];
        if (state->hold == HELD) return false;
        if (state->hold != FREE || state->rests) continue;
        if (state->eased_s > 0 || !is_still(world, i) || !world_inside(world, i)) return false;
        *any = true;
    }
    return true;
}

/* All that is awake comes to rest at once: of a heap no part can, while another moves. */
static void come_to_rest(World *world) {
    const Pose platform = platform_pose(world), back = pose_inverse(&platform);
    for (int i = 0; i < world->count; i++) {
        ItemState *state = &world->now.item[i];
        if (state->hold != FREE || state->rests) continue;
        const Pose pose = world_item_pose(world, i);
        state->rests = true;
        state->on_platform = pose_then(&back, &pose);
        world_set_contacts(world, i);
    }
    world_weigh_platform(world);
}

/* A heavy pack set down hard, a brake, a steep ramp: then nothing rests. What is over within a few
 * milliseconds does not count: packs give a little. */
static bool is_jolted(World *world) {
    double accel[3], turning[3];
    double *felt = world->now.felt_mps2;
    world_imu(world, accel, turning);
    for (int i = 0; i < 3; i++)
        felt[i] += (accel[i] - felt[i]) * WORLD_STEP_S / FELT_S;
    return hypot(felt[0], felt[1]) > ACROSS_MOST * WORLD_GRAVITY ||
           felt[2] < DOWN_LEAST * WORLD_GRAVITY || felt[2] > DOWN_MOST * WORLD_GRAVITY;
}

void world_settle(World *world) {
    bool any;
    world_carry(world);
    if (is_jolted(world)) {
        world_wake_all(world);
        return;
    }
    wake_touched(world);
    world->now.calm_steps = all_still(world, &any) && any ? world->now.calm_steps + 1 : 0;
    if (world->now.calm_steps < CALM_STEPS) return;
    world->now.calm_steps = 0;
    come_to_rest(world);
}
