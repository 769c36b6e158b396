/* The hand is a signed distance, capsules blended into each other, and the surface is found by
 * surface nets: one vertex in every grid cell that the surface passes through. */
#include "hand_mesh.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct Limb {
    double a[3], b[3];
    double radius_a, radius_b;
} Limb;

enum { LIMBS_MAX = 24 };

static const double SIZE[3] = {0.252, 0.144, 0.238}; /* from ORIGIN */
static const double ORIGIN[3] = {-0.126, -0.072, -0.045};
static const double BLEND_M = 0.009;

typedef struct Hand {
    Limb limb[LIMBS_MAX];
    int count;
} Hand;

static void
add(Hand *hand, const double a[3], const double b[3], double radius_a, double radius_b) {
    Limb *limb = &hand->limb[hand->count++];
    for (int i = 0; i < 3; i++) {
        limb->a[i] = a[i];
        limb->b[i] = b[i];
    }
    limb->radius_a = radius_a;
    limb->radius_b = radius_b;
}

static void pose(Hand *hand, double aperture) {
    static const struct {
        double y, length, radius;
    } fingers[4] = {
        {-0.031, 0.92, 0.0088},
        {-0.0105, 1.06, 0.0094},
        {0.0105, 1.0, 0.0092},
        {0.030, 0.8, 0.0078}};
    const double half = aperture / 2;
    const double wrist[3] = {0.004, 0, HAND_WRIST_M};
    for (int i = 0; i < 4; i++) {
        const double y = fingers[i].y, reach = fingers[i].length, radius = fingers[i].radius;
        const double knuckle[3] = {0.012 + 0.30 * half, y, 0.072};
        const double middle[3] = {half + 0.017, y * 0.95, 0.030};
        const double last[3] = {half + 0.013, y * 0.88, 0.030 - 0.026 * reach};
        const double tip[3] = {half + 0.007, y * 0.82, 0.030 - 0.048 * reach};
        const double heel[3] = {0.002, y * 0.62, HAND_WRIST_M - 0.012};
        add(hand, heel, knuckle, 0.0165, 0.0125);
        add(hand, knuckle, middle, radius * 1.18, radius * 1.08);
        add(hand, middle, last, radius * 1.06, radius * 0.96);
        add(hand, last, tip, radius * 0.95, radius * 0.82);
    }
    const double root[3] = {-0.006, -0.026, 0.118};
    const double ball[3] = {-0.014 - 0.45 * half, -0.034, 0.080};
    const double joint[3] = {-half - 0.017, -0.024, 0.044};
    const double tip[3] = {-half - 0.009, -0.012, 0.010};
    add(hand, root, ball, 0.020, 0.0165);
    add(hand, ball, joint, 0.0145, 0.0115);
    add(hand, joint, tip, 0.0112, 0.0095);
    const double behind[3] = {0.004, 0, HAND_WRIST_M + 0.05};
    add(hand, wrist, behind, 0.0265, 0.027);
}

static double distance_to_limb(const Limb *limb, const double p[3]) {
    double along = 0, length = 0;
    for (int i = 0; i < 3; i++) {
        const double edge = limb->b[i] - limb->a[i];
        along += (p[i] - limb->a[i]) * edge;
        length += edge * edge;
    }
    const double t = along < 0 ? 0 : along > length ? 1 : along / length;
    double square = 0;
    for (int i = 0; i < 3; i++) {
        const double off = p[i] - limb->a[i] - t * (limb->b[i] - limb->a[i]);
        square += off * off;
    }
    return sqrt(square) - (limb->radius_a + t * (limb->radius_b - limb->radius_a));
}

/* < 0 inside. Limbs that are far off are left out of the blend. */
static double distance(const Hand *hand, const double p[3]) {
    double nearest = 1;
    for (int i = 0; i < hand->count; i++) {
        const double d = distance_to_limb(&hand->limb[i], p);
        const double blend = fmax(BLEND_M - fabs(nearest - d), 0) / BLEND_M;
        nearest = fmin(nearest, d) - blend * blend * BLEND_M / 4;
    }
    return nearest;
}

typedef struct Grid {
    double cell;
    int nx, ny, nz;
    float *value; /* at the corners */
    int *vertex;  /* of a cell, or -1 */
} Grid;

static int at(const Grid *grid, int x, int y, int z) { return (z * grid->ny + y) * grid->nx + x; }

/* The mean of the points where the surface cuts the cell's edges. */
static int cell_point(const Grid *grid, int x, int y, int z, double out[3]) {
    static const int edges[12][2] = {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {0, 2}, {1, 3},
                                     {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6}, {3, 7}};
    double corner[8], sum[3] = {0, 0, 0};
    int cuts = 0;
    for (int c = 0; c < 8; c++)
        corner[c] = (double)grid->value[at(grid, x + (c & 1), y + ((c >> 1) & 1), z + (c >> 2))];
    for (int e = 0; e < 12; e++) {
        const int a = edges[e][0], b = edges[e][1];
        if ((corner[a] < 0) == (corner[b] < 0)) continue;
        const double t = corner[a] / (corner[a] - corner[b]);
        for (int i = 0; i < 3; i++)
            sum[i] += ((a >> i) & 1) + t * (((b >> i) & 1) - ((a >> i) & 1));
        cuts++;
    }
    const int base[3] = {x, y, z};
    for (int i = 0; i < 3 && cuts; i++)
        out[i] = ORIGIN[i] + grid->cell * (base[i] + sum[i] / cuts);
    return cuts;
}

static void add_vertices(const Hand *hand, Grid *grid, Mesh *mesh) {
    for (int z = 0; z + 1 < grid->nz; z++) {
        for (int y = 0; y + 1 < grid->ny; y++) {
            for (int x = 0; x + 1 < grid->nx; x++) {
                double p[3], gradient[3];
                grid->vertex[at(grid, x, y, z)] = -1;
                if (!cell_point(grid, x, y, z, p)) continue;
                double length = 0;
                for (int i = 0; i < 3; i++) {
                    double more[3] = {p[0], p[1], p[2]}, less[3] = {p[0], p[1], p[2]};
                    more[i] += 0.001;
                    less[i] -= 0.001;
                    gradient[i] = distance(hand, more) - distance(hand, less);
                    length += gradient[i] * gradient[i];
                }
                length = length > 0 ? sqrt(length) : 1;
                Vertex vertex = {.uv = {(float)(p[1] * 8), (float)(p[2] * 8)}};
                for (int i = 0; i < 3; i++) {
                    vertex.position[i] = (float)p[i];
                    vertex.normal[i] = (float)(gradient[i] / length);
                }
                grid->vertex[at(grid, x, y, z)] = (int)mesh_vertex(mesh, &vertex);
            }
        }
    }
}

/* A grid edge that crosses the surface joins the four cells around it into two triangles. */
static void add_edge_faces(const Grid *grid, int here, int axis, Mesh *mesh) {
    const int step[3] = {1, grid->nx, grid->nx * grid->ny};
    const bool inside = grid->value[here] < 0;
    if (inside == (grid->value[here + step[axis]] < 0)) return;
    const int u = step[(axis + 1) % 3], v = step[(axis + 2) % 3];
    const int cell[4] = {
        grid->vertex[here], grid->vertex[here - u], grid->vertex[here - u - v],
        grid->vertex[here - v]};
    uint32_t corner[4];
    for (int i = 0; i < 4; i++) {
        if (cell[i] < 0) return;
        corner[i] = (uint32_t)cell[i];
    }
    mesh_triangle(mesh, corner[0], corner[inside ? 1 : 3], corner[2]);
    mesh_triangle(mesh, corner[0], corner[2], corner[inside ? 3 : 1]);
}

static void add_faces(const Grid *grid, Mesh *mesh) {
    for (int z = 1; z + 1 < grid->nz; z++)
        for (int y = 1; y + 1 < grid->ny; y++)
            for (int x = 1; x + 1 < grid->nx; x++)
                for (int axis = 0; axis < 3; axis++)
                    add_edge_faces(grid, at(grid, x, y, z), axis, mesh);
}

void hand_mesh_build(double aperture_m, double cell_m, Mesh *mesh) {
    Hand hand = {.count = 0};
    pose(&hand, fmin(aperture_m, HAND_APERTURE_MAX_M));
    Grid grid = {
        .cell = cell_m,
        .nx = (int)(SIZE[0] / cell_m) + 1,
        .ny = (int)(SIZE[1] / cell_m) + 1,
        .nz = (int)(SIZE[2] / cell_m) + 1};
    const size_t cells = (size_t)grid.nx * (size_t)grid.ny * (size_t)grid.nz;
    grid.value = malloc(sizeof(float) * cells);
    grid.vertex = malloc(sizeof(int) * cells);
    if (grid.value && grid.vertex) {
        for (int z = 0; z < grid.nz; z++) {
            for (int y = 0; y < grid.ny; y++) {
                for (int x = 0; x < grid.nx; x++) {
                    const double p[3] = {
                        ORIGIN[0] + cell_m * x, ORIGIN[1] + cell_m * y, ORIGIN[2] + cell_m * z};
                    grid.value[at(&grid, x, y, z)] = (float)distance(&hand, p);
                }
            }
        }
        add_vertices(&hand, &grid, mesh);
        add_faces(&grid, mesh);
    }
    free(grid.value);
    free(grid.vertex);
}
