#include "log.h"
#include "random.h"
#include "world_internal.h"

#include <stdio.h>
#include <stdlib.h>

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

/* Two thirds of the mass are the floor, one third the four walls, each a thin plate. With the cells
 * inside the walls the basket rolls slower than it heaves and pitches about as fast. */
PlatformInertia world_basket(const WorldPlatform *platform) {
    const double x = BASKET_HALF_X_M, y = BASKET_HALF_Y_M, z = BASKET_RIM_M;
    const double floor_kg = platform->mass_kg * 2 / 3, walls_kg = platform->mass_kg / 3;
    const double long_kg = walls_kg * x / (x + y), short_kg = walls_kg * y / (x + y);
    const double middle = walls_kg * z / 2 / platform->mass_kg;
    const double tall = walls_kg * z * z / 3 - platform->mass_kg * middle * middle;
    const double about_x = floor_kg * y * y / 3 + long_kg * y * y + short_kg * y * y / 3;
    const double about_y = floor_kg * x * x / 3 + short_kg * x * x + long_kg * x * x / 3;
    return (PlatformInertia){
        .mass_kg = platform->mass_kg,
        .middle_m = {0, 0, middle},
        .kgm2 = {about_x + tall, about_y + tall, about_x + about_y}};
}

static void write_platform(FILE *out, const WorldPlatform *platform) {
    const double k = platform->stiffness_npm, x2 = CELL_X_M * CELL_X_M, y2 = CELL_Y_M * CELL_Y_M;
    const double c = 2 * platform->damping_ratio * sqrt(k * platform->mass_kg);
    const double x = BASKET_HALF_X_M, y = BASKET_HALF_Y_M, z = BASKET_RIM_M, wall = 0.02;
    const PlatformInertia basket = world_basket(platform);
    fprintf(
        out,
        "<body name=\"platform\"><inertial pos=\"%.9g %.9g %.9g\" mass=\"%.9g\" "
        "diaginertia=\"%.9g %.9g %.9g\"/>",
        basket.middle_m[0], basket.middle_m[1], basket.middle_m[2], basket.mass_kg, basket.kgm2[0],
        basket.kgm2[1], basket.kgm2[2]);
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

Status
world_model(const WorldPlatform *platform, const WorldItem *items, int count, mjModel **out) {
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
