#include "thing_mesh.h"

#include "random.h"

/* A sheet of points (u, v) in 0..1, both sides to be seen. */
typedef void SheetPoint(const void *shape, double u, double v, double out[3]);

static void add_sheet(Mesh *mesh, SheetPoint *point, const void *shape, int across, int down) {
    const uint32_t first = (uint32_t)mesh->vertex_count;
    for (int row = 0; row <= down; row++) {
        for (int column = 0; column <= across; column++) {
            const double u = (double)column / across, v = (double)row / down, e = 0.004;
            double at[3], right[3], below[3], a[3], b[3], normal[3], length = 0;
            point(shape, u, v, at);
            point(shape, u + e, v, right);
            point(shape, u, v + e, below);
            for (int i = 0; i < 3; i++) {
                a[i] = right[i] - at[i];
                b[i] = below[i] - at[i];
            }
            for (int i = 0; i < 3; i++) {
                normal[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
                length += normal[i] * normal[i];
            }
            length = length > 0 ? sqrt(length) : 1;
            Vertex vertex = {.uv = {(float)u * 2, (float)v * 2}};
            for (int i = 0; i < 3; i++) {
                vertex.position[i] = (float)at[i];
                vertex.normal[i] = (float)(normal[i] / length);
            }
            mesh_vertex(mesh, &vertex);
        }
    }
    const uint32_t width = (uint32_t)across + 1;
    for (uint32_t row = 0; row < (uint32_t)down; row++) {
        for (uint32_t column = 0; column < (uint32_t)across; column++) {
            const uint32_t at = first + row * width + column;
            mesh_triangle(mesh, at, at + 1, at + width + 1);
            mesh_triangle(mesh, at, at + width + 1, at + width);
        }
    }
}

/* Folds that run down a cloth. */
typedef struct Folds {
    double pitch[3], phase[3], depth[3];
} Folds;

static Folds folds_by_chance(Random *random, double depth) {
    Folds folds;
    for (int i = 0; i < 3; i++) {
        folds.pitch[i] = random_between(random, 2, 9);
        folds.phase[i] = random_between(random, 0, 6.28);
        folds.depth[i] = depth * random_between(random, 0.3, 1);
    }
    return folds;
}

static double fold_at(const Folds *folds, double u) {
    double sum = 0;
    for (int i = 0; i < 3; i++)
        sum += folds->depth[i] * sin(6.28 * folds->pitch[i] * u + folds->phase[i]);
    return sum;
}

typedef struct Bag {
    double half[3], lean;
    Folds folds;
} Bag;

/* Round the walls: a rounded rectangle, a little wider and more crumpled at its mouth. */
static void bag_wall(const void *shape, double u, double v, double out[3]) {
    const Bag *bag = shape;
    const double turn = 6.283185307 * u, c = cos(turn), s = sin(turn);
    const double square = pow(fabs(c), 5) + pow(fabs(s), 5), radius = pow(square, -0.2);
    const double fold = 1 + v * fold_at(&bag->folds, u - floor(u));
    out[0] = bag->half[0] * radius * c * fold * (0.96 + 0.06 * v) + bag->lean * v * v;
    out[1] = bag->half[1] * radius * s * fold * (0.96 - 0.1 * v);
    out[2] = 2 * bag->half[2] * v * (1 + 0.1 * v * fold_at(&bag->folds, 2 * u));
}

void thing_bag(Mesh *mesh, uint64_t seed, const double half[3]) {
    Random random = random_fork(seed, 81);
    Bag bag = {.lean = random_between(&random, -0.2, 0.2) * half[0]};
    for (int i = 0; i < 3; i++)
        bag.half[i] = half[i];
    bag.folds = folds_by_chance(&random, 0.035);
    for (int i = 0; i < 3; i++)
        bag.folds.pitch[i] = floor(bag.folds.pitch[i]); /* the wall closes on itself */
    add_sheet(mesh, bag_wall, &bag, 48, 10);
    const double low[3] = {-half[0] * 0.95, -half[1] * 0.95, 0},
                 high[3] = {half[0] * 0.95, half[1] * 0.95, 0.003};
    mesh_box(mesh, low, high);
    for (int side = -1; side <= 1; side += 2) {
        double before[3] = {0};
        for (int i = 0; i <= 10; i++) {
            const double t = i / 10.0 * 3.14159265;
            const double at[3] = {
                0.45 * half[0] * cos(t) + bag.lean, side * half[1] * (0.86 + 0.25 * sin(t)),
                2 * half[2] * (0.97 + 0.2 * sin(t))};
            if (i > 0) mesh_bar(mesh, before, at, 0.007, 5);
            for (int k = 0; k < 3; k++)
                before[k] = at[k];
        }
    }
}

typedef struct Coat {
    double wide, drop, thick, uneven;
    Folds folds;
} Coat;

/* Up one side, over the edge, and down the other; folds open downwards. */
static void coat_point(const void *shape, double u, double v, double out[3]) {
    const Coat *coat = shape;
    const double side = v * 2 - 1, round = 0.12;
    const double hang = fmax(0, fabs(side) - round) / (1 - round);
    const double bend = fmin(1, fabs(side) / round) * 1.5708;
    const double fold = fold_at(&coat->folds, u + 0.1 * (side > 0)) * (0.25 + hang);
    const double drop = coat->drop * (1 + coat->uneven * sin(5 * u + side));
    out[0] = coat->wide * (u - 0.5) * (1 + 0.15 * hang);
    out[1] = (side < 0 ? -1 : 1) * (coat->thick * sin(bend) + fabs(fold) + 0.03 * hang);
    out[2] = coat->thick * cos(bend) + 0.3 * fold * (1 - hang) - hang * drop;
}

void thing_coat(Mesh *mesh, uint64_t seed, double wide_m, double drop_m) {
    Random random = random_fork(seed, 82);
    Coat coat = {.wide = wide_m, .drop = drop_m};
    coat.thick = random_between(&random, 0.014, 0.024);
    coat.uneven = random_between(&random, 0.05, 0.2);
    coat.folds = folds_by_chance(&random, 0.012);
    add_sheet(mesh, coat_point, &coat, 44, 26);
    /* Sleeves, one on each side. */
    for (int side = -1; side <= 1; side += 2) {
        const double x = side * wide_m * random_between(&random, 0.2, 0.38);
        const double a[3] = {x, side * 0.04, -0.01};
        const double b[3] = {x + random_between(&random, -0.06, 0.06), side * 0.06, -0.7 * drop_m};
        mesh_capsule(mesh, a, b, 0.036, 0.03, 10);
    }
}

void thing_toy(Mesh *mesh, uint64_t seed, double high_m) {
    Random random = random_fork(seed, 83);
    const double s = high_m, fat = random_between(&random, 0.85, 1.15);
    const double ear = random_between(&random, 0.06, 0.12),
                 long_ear = random_between(&random, 0, 0.25);
    const struct {
        double a[3], b[3], radius_a, radius_b;
    } parts[] = {
        {{0, 0, 0.2}, {0, 0.01, 0.34}, 0.2 * fat, 0.16 * fat}, /* body */
        {{0, 0, 0.66}, {0, -0.02, 0.7}, 0.2, 0.19},            /* head */
        {{0, -0.18, 0.64}, {0, -0.2, 0.64}, 0.08, 0.07},       /* muzzle */
        {{-0.15, 0, 0.84}, {-0.17, 0, 0.86 + long_ear}, ear, ear * 0.8},
        {{0.15, 0, 0.84}, {0.17, 0, 0.86 + long_ear}, ear, ear * 0.8},
        {{-0.18, -0.02, 0.4}, {-0.3, -0.16, 0.28}, 0.075, 0.07}, /* arms */
        {{0.18, -0.02, 0.4}, {0.3, -0.16, 0.28}, 0.075, 0.07},
        {{-0.11, -0.1, 0.1}, {-0.18, -0.36, 0.09}, 0.095, 0.09}, /* legs */
        {{0.11, -0.1, 0.1}, {0.18, -0.36, 0.09}, 0.095, 0.09}};
    for (int i = 0; i < (int)(sizeof parts / sizeof *parts); i++) {
        double a[3], b[3];
        for (int k = 0; k < 3; k++) {
            a[k] = s * parts[i].a[k];
            b[k] = s * parts[i].b[k];
        }
        mesh_capsule(mesh, a, b, s * parts[i].radius_a, s * parts[i].radius_b, 14);
    }
}
