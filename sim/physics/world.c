#include "world_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* -- opening ------------------------------------------------------------------------------- */

static void find_bodies(World *world) {
    world->platform_body = mj_name2id(world->model, mjOBJ_BODY, "platform");
    for (int i = 0; i < world->count; i++) {
        char name[16];
        snprintf(name, sizeof name, "i%d", i);
        world->body[i] = mj_name2id(world->model, mjOBJ_BODY, name);
        const int joint = world->model->body_jntadr[world->body[i]];
        world->position[i] = world->model->jnt_qposadr[joint];
        world->velocity[i] = world->model->jnt_dofadr[joint];
    }
}

static void start(World *world) {
    const int joint = world->model->body_jntadr[world->platform_body];
    world->data->qpos[world->model->jnt_qposadr[joint]] =
        -world->platform.mass_kg * WORLD_GRAVITY / world->platform.stiffness_npm;
    for (int i = 0; i < world->count; i++)
        world_park(world, i);
    mj_forward(world->model, world->data);
}

Status world_open(World **out, const WorldPlatform *platform, const WorldItem *items, int count) {
    if (count < 0 || count > WORLD_ITEMS_MAX)
        return fail(E_FULL, "world: %d things; at most %d fit in one run", count, WORLD_ITEMS_MAX);
    mjModel *model = NULL;
    TRY(world_model(platform, items, count, &model));
    assert(model);
    World *world = calloc(1, sizeof *world);
    mjData *data = mj_makeData(model);
    if (!world || !data) {
        free(world);
        if (data) mj_deleteData(data);
        mj_deleteModel(model);
        return fail(E_NO_MEMORY, "world: out of memory");
    }
    *world = (World){.model = model, .data = data, .platform = *platform, .count = count};
    if (count > 0) memcpy(world->item, items, (size_t)count * sizeof *items);
    ride_init(&world->now.ride, FLOOR_SMOOTH, platform->seed);
    world->now.random = random_fork(platform->seed, 33);
    world->now.felt_mps2[2] = WORLD_GRAVITY;
    find_bodies(world);
    start(world);
    *out = world;
    return OK;
}

void world_close(World *world) {
    if (!world) return;
    mj_deleteData(world->data);
    mj_deleteModel(world->model);
    free(world);
}

/* -- moving -------------------------------------------------------------------------------- */

void world_set_pose(World *world, int item, const Pose *pose) {
    memcpy(world->data->qpos + world->position[item], pose->at, sizeof pose->at);
    memcpy(world->data->qpos + world->position[item] + 3, pose->turn, sizeof pose->turn);
    mju_zero(world->data->qvel + world->velocity[item], 6);
    mju_zero(world->data->qacc_warmstart + world->velocity[item], 6);
}

RideState *world_ride(World *world) { return &world->now.ride; }

void world_step(World *world) {
    world_push(world);
    mj_step(world->model, world->data);
    world_settle(world);
}

double world_time_s(const World *world) { return world->data->time; }
const WorldItem *world_item(const World *world, int item) { return &world->item[item]; }

Pose world_item_pose(const World *world, int item) {
    Pose pose;
    memcpy(pose.at, world->data->qpos + world->position[item], sizeof pose.at);
    memcpy(pose.turn, world->data->qpos + world->position[item] + 3, sizeof pose.turn);
    mju_normalize4(pose.turn);
    return pose;
}

Pose world_platform_pose(const World *world) {
    Pose pose;
    memcpy(pose.at, world->data->xpos + 3 * (size_t)world->platform_body, sizeof pose.at);
    memcpy(pose.turn, world->data->xquat + 4 * (size_t)world->platform_body, sizeof pose.turn);
    return pose;
}

static void change_hands(World *world, int item, Hold hold) {
    world->now.item[item].hold = hold;
    world->now.item[item].eased_s = 0;
    world->model->eq_active[item] = hold == HELD || hold == HELD_LOOSELY;
    world_set_contacts(world, item);
}

/* What leans on an item must notice that it goes. */
static void take_away(World *world, int item) {
    if (world->now.item[item].hold == FREE) world_wake_all(world);
}

void world_park(World *world, int item) {
    take_away(world, item);
    change_hands(world, item, PARKED);
    world_carry(world);
}

void world_place(World *world, int item, const Pose *pose) {
    take_away(world, item);
    change_hands(world, item, FREE);
    world_set_pose(world, item, pose);
}

void world_hold(World *world, int item, const Pose *in_hand, bool touching) {
    /* eq_data of a weld: anchor on the item 0..2, pose of the item in the hand 3..9, torque scale.
     */
    mjtNum *weld = world->model->eq_data + mjNEQDATA * (size_t)item;
    mju_zero(weld, mjNEQDATA);
    memcpy(weld + 3, in_hand->at, sizeof in_hand->at);
    memcpy(weld + 6, in_hand->turn, sizeof in_hand->turn);
    weld[10] = 1;
    if (world->now.item[item].hold == PARKED) {
        Pose hand, pose;
        memcpy(hand.at, world->data->mocap_pos, sizeof hand.at);
        memcpy(hand.turn, world->data->mocap_quat, sizeof hand.turn);
        pose = pose_then(&hand, in_hand);
        world_set_pose(world, item, &pose);
    }
    take_away(world, item);
    change_hands(world, item, touching ? HELD : HELD_LOOSELY);
}

void world_release(World *world, int item) { change_hands(world, item, FREE); }

void world_release_slowly(World *world, int item, double seconds) {
    world_release(world, item);
    world->now.item[item].eased_s = world->now.item[item].easing_s = seconds;
}

void world_press(World *world, double x_m, double y_m, const double force_n[3]) {
    Press *press = &world->now.press;
    memcpy(press->wanted_n, force_n, sizeof press->wanted_n);
    if (mju_norm3(force_n) == 0) return; /* it is lifted where it is */
    press->x_m = x_m;
    press->y_m = y_m;
}

void world_move_hand(World *world, const Pose *hand) {
    memcpy(world->data->mocap_pos, hand->at, sizeof hand->at);
    memcpy(world->data->mocap_quat, hand->turn, sizeof hand->turn);
}

/* -- asking -------------------------------------------------------------------------------- */

bool world_touches(const World *world, int item) {
    if (world->now.item[item].rests) return true;
    for (int c = 0; c < world->data->ncon; c++) {
        const mjContact *contact = &world->data->contact[c];
        if (contact->exclude) continue;
        if (world->model->geom_bodyid[contact->geom1] == world->body[item] ||
            world->model->geom_bodyid[contact->geom2] == world->body[item])
            return true;
    }
    return false;
}

bool world_inside(const World *world, int item) {
    const Pose pose = world_item_pose(world, item);
    return fabs(pose.at[0]) < BASKET_HALF_X_M && fabs(pose.at[1]) < BASKET_HALF_Y_M &&
           pose.at[2] > -0.02 && pose.at[2] < BASKET_RIM_M;
}

double world_speed(const World *world, int item) {
    const mjtNum *velocity = world->data->qvel + world->velocity[item];
    return mju_norm3(velocity) + 0.1 * mju_norm3(velocity + 3);
}

double world_surface(const World *world, double x, double y, double radius, int except) {
    double highest = 0;
    for (int i = 0; i < 9; i++) {
        const double angle = i * 6.2831853 / 8, r = i == 8 ? 0 : radius;
        const double from[3] = {x + r * cos(angle), y + r * sin(angle), 2};
        const double down[3] = {0, 0, -1};
        if (fabs(from[0]) >= BASKET_HALF_X_M || fabs(from[1]) >= BASKET_HALF_Y_M) continue;
        int hit = -1;
        const int skip = except >= 0 ? world->body[except] : -1;
        const double far = mj_ray(world->model, world->data, from, down, NULL, 1, skip, &hit);
        if (far > 0 && 2 - far > highest) highest = 2 - far;
    }
    return highest;
}

void world_cell_place(int cell, double *x_m, double *y_m) {
    *x_m = cell & 1 ? CELL_X_M : -CELL_X_M;
    *y_m = cell & 2 ? CELL_Y_M : -CELL_Y_M;
}

/* A quarter of the spring and of the damper at each corner, at that corner's own deflection. */
void world_cells(const World *world, double force_n[4]) {
    const int joint = world->model->body_jntadr[world->platform_body];
    const mjtNum *q = world->data->qpos + world->model->jnt_qposadr[joint];
    const mjtNum *v = world->data->qvel + world->model->jnt_dofadr[joint];
    const double k = world->platform.stiffness_npm / 4;
    const double c = 2 * world->platform.damping_ratio *
                     sqrt(world->platform.stiffness_npm * world->platform.mass_kg) / 4;
    for (int cell = 0; cell < 4; cell++) {
        double x, y;
        world_cell_place(cell, &x, &y);
        force_n[cell] = -k * (q[0] + y * q[1] - x * q[2]) - c * (v[0] + y * v[1] - x * v[2]);
    }
}

void world_imu(const World *world, double accel_mps2[3], double gyro_radps[3]) {
    memcpy(accel_mps2, world->data->sensordata, 3 * sizeof(double));
    mju_add3(gyro_radps, world->data->sensordata + 3, world->now.ride.turn_radps);
}

/* -- trying -------------------------------------------------------------------------------- */

struct WorldState {
    mjData *data;
    WorldMotion now;
};

Status world_save(const World *world, WorldState **out) {
    WorldState *state = calloc(1, sizeof *state);
    if (state) state->data = mj_copyData(NULL, world->model, world->data);
    if (!state || !state->data) {
        free(state);
        return fail(E_NO_MEMORY, "world: out of memory");
    }
    state->now = world->now;
    *out = state;
    return OK;
}

void world_restore(World *world, const WorldState *state) {
    mj_copyData(world->data, world->model, state->data);
    world->now = state->now;
    for (int i = 0; i < world->count; i++) {
        const Hold hold = state->now.item[i].hold;
        world->model->eq_active[i] = hold == HELD || hold == HELD_LOOSELY;
        world_set_contacts(world, i);
    }
    world_weigh_platform(world);
}

void world_state_free(WorldState *state) {
    if (!state) return;
    mj_deleteData(state->data);
    free(state);
}
