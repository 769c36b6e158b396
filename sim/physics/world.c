#include "world.h"

#include "log.h"
#include "random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum Hold { PARKED, HELD, FREE } Hold;

struct World {
    mjModel *model;
    mjData *data;
    WorldPlatform platform;
    int count;
    WorldItem item[WORLD_ITEMS_MAX];
    Hold hold[WORLD_ITEMS_MAX];
    int body[WORLD_ITEMS_MAX], position[WORLD_ITEMS_MAX], velocity[WORLD_ITEMS_MAX];
    int platform_body;
    RideState ride;
    struct {
        double left_s, all_s; /* of a hand letting go */
    } easing[WORLD_ITEMS_MAX];
};

/* -- items --------------------------------------------------------------------------------- */

WorldItem world_item_of(const ProductMesh *product, double mass_kg) {
    WorldItem item = {.product = product, .mass_kg = mass_kg, .pieces = 1};
    item.piece[0] = pose_at(0, 0, 0);
    memcpy(item.half, product->half, sizeof item.half);
    return item;
}

/* How far apart the middles of two pieces are; long ones lie side by side along `rod`. */
static double apart(const double a[3], const double b[3], int rod) {
    double between[3];
    mju_sub3(between, a, b);
    if (rod >= 0) between[rod] *= 0.1;
    return mju_norm3(between);
}

/* The nearest free place around the middle of a low heap, tried at random. */
static void heap_piece(WorldItem *bag, int piece, int rod, double radius, Random *random) {
    double best[3] = {0, 0, 0}, least = INFINITY;
    for (int attempt = 0; attempt < 400; attempt++) {
        double at[3];
        for (int i = 0; i < 3; i++)
            at[i] = random_between(random, -3, 3) * radius;
        at[2] *= 0.6;
        double clear = INFINITY;
        for (int other = 0; other < piece; other++)
            clear = fmin(clear, apart(at, bag->piece[other].at, rod) - 1.94 * radius);
        const double cost = mju_norm3(at) + (clear < 0 ? 10 : 0);
        if (cost >= least) continue;
        least = cost;
        memcpy(best, at, sizeof best);
    }
    double axis[3];
    for (int i = 0; i < 3; i++)
        axis[i] = random_normal(random);
    memcpy(bag->piece[piece].at, best, sizeof best);
    turn_about(
        bag->piece[piece].turn, axis[0], axis[1], axis[2],
        rod >= 0 ? random_between(random, -0.15, 0.15) : random_between(random, 0, 3.1));
}

/* The axis along which a piece is much longer than across, or -1. */
static int rod_axis(const double half[3]) {
    for (int axis = 0; axis < 3; axis++)
        if (half[axis] > 1.8 * fmax(half[(axis + 1) % 3], half[(axis + 2) % 3])) return axis;
    return -1;
}

WorldItem world_bag_of(const ProductMesh *product, double piece_kg, int pieces, uint64_t seed) {
    if (pieces > PIECES_MAX) pieces = PIECES_MAX;
    WorldItem bag = {.product = product, .mass_kg = piece_kg * pieces, .pieces = pieces};
    Random random = random_fork(seed, 77);
    const double *half = product->half;
    const int rod = rod_axis(half);
    const double longest = fmax(half[0], fmax(half[1], half[2]));
    const double radius = rod < 0 ? longest : fmax(half[(rod + 1) % 3], half[(rod + 2) % 3]);
    double middle[3] = {0, 0, 0};
    for (int i = 0; i < pieces; i++) {
        heap_piece(&bag, i, rod, radius, &random);
        mju_addToScl3(middle, bag.piece[i].at, 1.0 / pieces);
    }
    for (int i = 0; i < pieces; i++) {
        mju_subFrom3(bag.piece[i].at, middle);
        for (int axis = 0; axis < 3; axis++) {
            const double reach = axis == rod ? longest : radius;
            bag.half[axis] = fmax(bag.half[axis], fabs(bag.piece[i].at[axis]) + reach);
        }
    }
    return bag;
}

/* -- the model, as MJCF -------------------------------------------------------------------- */

static void write_hull(FILE *out, int item, const Mesh *mesh) {
    fprintf(out, "<mesh name=\"m%d\" vertex=\"", item);
    /* A hull does not need every vertex of a fine scan. */
    const int step = 1 + mesh->vertex_count / 600;
    for (int v = 0; v < mesh->vertex_count; v += step) {
        const float *p = mesh->vertices[v].position;
        fprintf(out, "%.5f %.5f %.5f ", (double)p[0], (double)p[1], (double)p[2]);
    }
    fputs("\"/>", out);
}

static void write_geom(FILE *out, int item, const WorldItem *what, int piece) {
    static const double sides[3][4] = {/* z to the axis of a cylinder */
                                       {0.70710678118654752, 0, 0.70710678118654752, 0},
                                       {0.70710678118654752, 0.70710678118654752, 0, 0},
                                       {1, 0, 0, 0}};
    const ProductMesh *product = what->product;
    const double *half = product->half;
    Pose pose = what->piece[piece];
    if (product->solid == SOLID_CYLINDER) turn_then(pose.turn, sides[product->axis]);
    fprintf(
        out, "<geom mass=\"%.9g\" pos=\"%.6g %.6g %.6g\" quat=\"%.9g %.9g %.9g %.9g\" ",
        what->mass_kg / what->pieces, pose.at[0], pose.at[1], pose.at[2], pose.turn[0],
        pose.turn[1], pose.turn[2], pose.turn[3]);
    switch (product->solid) {
    case SOLID_BOX:
        fprintf(out, "type=\"box\" size=\"%.6g %.6g %.6g\"/>", half[0], half[1], half[2]);
        break;
    case SOLID_ELLIPSOID:
        fprintf(
            out, "type=\"ellipsoid\" condim=\"6\" size=\"%.6g %.6g %.6g\"/>", half[0], half[1],
            half[2]);
        break;
    case SOLID_CYLINDER:
        fprintf(
            out, "type=\"cylinder\" condim=\"6\" size=\"%.6g %.6g\"/>",
            (half[(product->axis + 1) % 3] + half[(product->axis + 2) % 3]) / 2,
            half[product->axis]);
        break;
    case SOLID_HULL:
        fprintf(out, "type=\"mesh\" condim=\"6\" mesh=\"m%d\"/>", item);
        break;
    }
}

static void write_platform(FILE *out, const WorldPlatform *platform) {
    const double k = platform->stiffness_npm, x2 = CELL_X_M * CELL_X_M, y2 = CELL_Y_M * CELL_Y_M;
    const double c = 2 * platform->damping_ratio * sqrt(k * platform->mass_kg);
    const double x = BASKET_HALF_X_M, y = BASKET_HALF_Y_M, z = BASKET_RIM_M, wall = 0.02;
    fprintf(
        out,
        "<body name=\"platform\"><inertial pos=\"0 0 0\" mass=\"%.9g\" diaginertia=\"%.6g %.6g "
        "%.6g\"/>",
        platform->mass_kg, platform->mass_kg * y * y / 2.2, platform->mass_kg * x * x / 2.2,
        platform->mass_kg * (x * x + y * y) / 2.4);
    fprintf(
        out, "<joint type=\"slide\" axis=\"0 0 1\" stiffness=\"%.12g\" damping=\"%.12g\"/>", k, c);
    fprintf(
        out, "<joint type=\"hinge\" axis=\"1 0 0\" stiffness=\"%.12g\" damping=\"%.12g\"/>", k * y2,
        c * y2);
    fprintf(
        out, "<joint type=\"hinge\" axis=\"0 1 0\" stiffness=\"%.12g\" damping=\"%.12g\"/>", k * x2,
        c * x2);
    fprintf(
        out, "<site name=\"imu\"/><geom type=\"box\" size=\"%g %g 0.02\" pos=\"0 0 -0.02\"/>",
        x + wall, y + wall);
    for (int side = -1; side <= 1; side += 2) {
        fprintf(
            out, "<geom type=\"box\" size=\"%g %g %g\" pos=\"%g 0 %g\"/>", wall, y + wall, z / 2,
            side * (x + wall), z / 2);
        fprintf(
            out, "<geom type=\"box\" size=\"%g %g %g\" pos=\"0 %g %g\"/>", x + wall, wall, z / 2,
            side * (y + wall), z / 2);
    }
    fputs("</body>", out);
}

static void
write_model(FILE *out, const WorldPlatform *platform, const WorldItem *items, int count) {
    fprintf(
        out,
        "<mujoco><compiler angle=\"radian\"/><size njmax=\"1600\" nconmax=\"300\"/>"
        "<option timestep=\"%.9g\" gravity=\"0 0 %.9g\" iterations=\"30\" tolerance=\"1e-9\" "
        "impratio=\"3\" cone=\"elliptic\">"
        "<flag multiccd=\"enable\"/></option>"
        "<default><geom solref=\"0.004 1\" solimp=\"0.95 0.99 0.0005\" friction=\"0.55 0.004 "
        "0.0008\" condim=\"4\"/></default>",
        WORLD_STEP_S, -WORLD_GRAVITY);
    fputs("<asset>", out);
    for (int i = 0; i < count; i++)
        if (items[i].product->solid == SOLID_HULL) write_hull(out, i, &items[i].product->mesh);
    fputs("</asset><worldbody><body name=\"hand\" mocap=\"true\" pos=\"0 0 3\"/>", out);
    write_platform(out, platform);
    for (int i = 0; i < count; i++) {
        fprintf(
            out, "<body name=\"i%d\" pos=\"%d 20 0\"><joint type=\"free\" damping=\"0.0006\"/>", i,
            i);
        for (int piece = 0; piece < items[i].pieces; piece++)
            write_geom(out, i, &items[i], piece);
        fputs("</body>", out);
    }
    fputs("</worldbody><equality>", out);
    for (int i = 0; i < count; i++)
        fprintf(out, "<weld body1=\"hand\" body2=\"i%d\" active=\"false\" solref=\"0.012 1\"/>", i);
    fputs(
        "</equality><sensor><accelerometer site=\"imu\"/><gyro site=\"imu\"/></sensor></mujoco>",
        out);
}

/* MuJoCo would write a file into the working directory. */
static void on_warning(const char *text) { LOG_WARN("world", "MuJoCo: %s", text); }

static Status compile(const char *text, size_t size, mjModel **out) {
    mjVFS *files = malloc(sizeof *files);
    if (!files) return fail(E_NO_MEMORY, "world: out of memory");
    mju_user_warning = on_warning;
    mj_defaultVFS(files);
    char error[300] = "";
    mjModel *model = NULL;
    if (mj_makeEmptyFileVFS(files, "world.xml", (int)size) == 0) {
        memcpy(files->filedata[0], text, size);
        model = mj_loadXML("world.xml", files, error, sizeof error);
    }
    mj_deleteVFS(files);
    free(files);
    if (!model) return fail(E_INVALID, "world: MuJoCo refuses the model: %s", error);
    *out = model;
    return OK;
}

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

static Status
build_model(const WorldPlatform *platform, const WorldItem *items, int count, mjModel **out) {
    char *text = NULL;
    size_t size = 0;
    FILE *model = open_memstream(&text, &size);
    if (!model) return fail(E_NO_MEMORY, "world: out of memory");
    write_model(model, platform, items, count);
    fclose(model);
    const Status status = compile(text, size, out);
    free(text);
    return status;
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
    TRY(build_model(platform, items, count, &model));
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
    ride_init(&world->ride, FLOOR_SMOOTH, 0);
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

static void set_contacts(World *world, int item, bool on) {
    const int first = world->model->body_geomadr[world->body[item]];
    for (int g = first; g < first + world->model->body_geomnum[world->body[item]]; g++)
        world->model->geom_contype[g] = world->model->geom_conaffinity[g] = on;
}

static void set_pose(World *world, int item, const Pose *pose) {
    memcpy(world->data->qpos + world->position[item], pose->at, sizeof pose->at);
    memcpy(world->data->qpos + world->position[item] + 3, pose->turn, sizeof pose->turn);
    mju_zero(world->data->qvel + world->velocity[item], 6);
    mju_zero(world->data->qacc_warmstart + world->velocity[item], 6);
}

static Pose parking_place(int item) { return pose_at(item, 20, 0); }

/* A hand that lets go still carries a part of the weight. */
static void ease(World *world, int item) {
    mjtNum *lift = world->data->xfrc_applied + 6 * (size_t)world->body[item] + 2;
    *lift = 0;
    if (world->easing[item].left_s <= 0) return;
    *lift = world->item[item].mass_kg * WORLD_GRAVITY * world->easing[item].left_s /
            world->easing[item].all_s;
    world->easing[item].left_s -= WORLD_STEP_S;
}

RideState *world_ride(World *world) { return &world->ride; }

void world_step(World *world) {
    ride_step(&world->ride, WORLD_STEP_S);
    memcpy(world->model->opt.gravity, world->ride.gravity_mps2, sizeof world->ride.gravity_mps2);
    for (int i = 0; i < world->count; i++)
        ease(world, i);
    for (int i = 0; i < world->count; i++) {
        if (world->hold[i] != PARKED) continue;
        const Pose place = parking_place(i);
        set_pose(world, i, &place);
    }
    mj_step(world->model, world->data);
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

void world_park(World *world, int item) {
    world->hold[item] = PARKED;
    world->easing[item].left_s = 0;
    world->model->eq_active[item] = 0;
    set_contacts(world, item, false);
    const Pose place = parking_place(item);
    set_pose(world, item, &place);
}

void world_place(World *world, int item, const Pose *pose) {
    world->hold[item] = FREE;
    world->model->eq_active[item] = 0;
    set_contacts(world, item, true);
    set_pose(world, item, pose);
}

void world_hold(World *world, int item, const Pose *in_hand, bool touching) {
    /* eq_data of a weld: anchor on the item 0..2, pose of the item in the hand 3..9, torque scale.
     */
    mjtNum *weld = world->model->eq_data + mjNEQDATA * (size_t)item;
    mju_zero(weld, mjNEQDATA);
    memcpy(weld + 3, in_hand->at, sizeof in_hand->at);
    memcpy(weld + 6, in_hand->turn, sizeof in_hand->turn);
    weld[10] = 1;
    if (world->hold[item] == PARKED) {
        Pose hand, pose;
        memcpy(hand.at, world->data->mocap_pos, sizeof hand.at);
        memcpy(hand.turn, world->data->mocap_quat, sizeof hand.turn);
        pose = pose_then(&hand, in_hand);
        set_pose(world, item, &pose);
    }
    world->hold[item] = HELD;
    world->model->eq_active[item] = 1;
    set_contacts(world, item, touching);
}

void world_release(World *world, int item) {
    world->hold[item] = FREE;
    world->model->eq_active[item] = 0;
    set_contacts(world, item, true);
}

void world_release_slowly(World *world, int item, double seconds) {
    world_release(world, item);
    world->easing[item].left_s = world->easing[item].all_s = seconds;
}

void world_press(World *world, double x_m, double y_m, const double force_n[3]) {
    mjtNum *applied = world->data->xfrc_applied + 6 * (size_t)world->platform_body;
    const double arm[3] = {x_m, y_m, BASKET_RIM_M};
    memcpy(applied, force_n, 3 * sizeof *applied);
    mju_cross(applied + 3, arm, force_n);
}

void world_move_hand(World *world, const Pose *hand) {
    memcpy(world->data->mocap_pos, hand->at, sizeof hand->at);
    memcpy(world->data->mocap_quat, hand->turn, sizeof hand->turn);
}

/* -- asking -------------------------------------------------------------------------------- */

bool world_touches(const World *world, int item) {
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
    memcpy(gyro_radps, world->data->sensordata + 3, 3 * sizeof(double));
}

/* -- trying -------------------------------------------------------------------------------- */

struct WorldState {
    mjData *data;
    RideState ride;
    Hold hold[WORLD_ITEMS_MAX];
};

Status world_save(const World *world, WorldState **out) {
    WorldState *state = calloc(1, sizeof *state);
    if (state) state->data = mj_copyData(NULL, world->model, world->data);
    if (!state || !state->data) {
        free(state);
        return fail(E_NO_MEMORY, "world: out of memory");
    }
    memcpy(state->hold, world->hold, sizeof state->hold);
    state->ride = world->ride;
    *out = state;
    return OK;
}

void world_restore(World *world, const WorldState *state) {
    mj_copyData(world->data, world->model, state->data);
    world->ride = state->ride;
    for (int i = 0; i < world->count; i++) {
        world->hold[i] = state->hold[i];
        world->model->eq_active[i] = state->hold[i] == HELD;
        set_contacts(world, i, state->hold[i] == FREE);
    }
}

void world_state_free(WorldState *state) {
    if (!state) return;
    mj_deleteData(state->data);
    free(state);
}
