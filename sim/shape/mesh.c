#include "mesh.h"

#include "random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

static void *grown(void *old, int count, int *room, size_t size) {
    if (count < *room) return old;
    *room = *room ? *room * 2 : 256;
    void *memory = realloc(old, (size_t)*room * size);
    if (!memory) {
        fputs("cartwright-sim: out of memory for shapes\n", stderr);
        exit(1);
    }
    return memory;
}

uint32_t mesh_vertex(Mesh *mesh, const Vertex *vertex) {
    mesh->vertices =
        grown(mesh->vertices, mesh->vertex_count, &mesh->vertex_room, sizeof *mesh->vertices);
    mesh->vertices[mesh->vertex_count] = *vertex;
    return (uint32_t)mesh->vertex_count++;
}

void mesh_triangle(Mesh *mesh, uint32_t a, uint32_t b, uint32_t c) {
    mesh->indices =
        grown(mesh->indices, mesh->index_count + 2, &mesh->index_room, sizeof *mesh->indices);
    mesh->indices[mesh->index_count++] = a;
    mesh->indices[mesh->index_count++] = b;
    mesh->indices[mesh->index_count++] = c;
}

static void cross(const double a[3], const double b[3], double out[3]) {
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static void unit(double v[3]) {
    const double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    if (length > 0)
        for (int i = 0; i < 3; i++)
            v[i] /= length;
}

void mesh_quad(Mesh *mesh, const double corners[4][3], double repeat) {
    double along[3], up[3], normal[3];
    for (int i = 0; i < 3; i++) {
        along[i] = corners[1][i] - corners[0][i];
        up[i] = corners[3][i] - corners[0][i];
    }
    cross(along, up, normal);
    unit(normal);
    uint32_t index[4];
    for (int corner = 0; corner < 4; corner++) {
        Vertex vertex;
        for (int i = 0; i < 3; i++) {
            vertex.position[i] = (float)corners[corner][i];
            vertex.normal[i] = (float)normal[i];
        }
        vertex.uv[0] = (float)(corner == 1 || corner == 2 ? repeat : 0);
        vertex.uv[1] = (float)(corner >= 2 ? repeat : 0);
        index[corner] = mesh_vertex(mesh, &vertex);
    }
    mesh_triangle(mesh, index[0], index[1], index[2]);
    mesh_triangle(mesh, index[0], index[2], index[3]);
}

void mesh_box(Mesh *mesh, const double min[3], const double max[3]) {
    /* Corner bits: 1 = max x, 2 = max y, 4 = max z; faces counter-clockwise from outside. */
    static const int faces[6][4] = {{0, 1, 5, 4}, {1, 3, 7, 5}, {3, 2, 6, 7},
                                    {2, 0, 4, 6}, {4, 5, 7, 6}, {2, 3, 1, 0}};
    for (int face = 0; face < 6; face++) {
        double corners[4][3];
        for (int corner = 0; corner < 4; corner++)
            for (int i = 0; i < 3; i++)
                corners[corner][i] = (faces[face][corner] >> i) & 1 ? max[i] : min[i];
        mesh_quad(mesh, (const double(*)[3])corners, 1);
    }
}

/* Two unit vectors that make a right-handed frame with `axis`. */
static void frame_about(const double axis[3], double u[3], double v[3]) {
    const double helper[3] = {fabs(axis[2]) < 0.9 ? 0 : 1, 0, fabs(axis[2]) < 0.9 ? 1 : 0};
    cross(helper, axis, u);
    unit(u);
    cross(axis, u, v);
}

/* Rings of a tube: ring r is centred, has a radius, and its normals lean by `lean` along the axis.
 */
typedef struct Ring {
    double centre[3], radius, lean, v;
} Ring;

static void add_tube(Mesh *mesh, const Ring *rings, int count, const double axis[3], int sides) {
    double u[3], w[3];
    frame_about(axis, u, w);
    const uint32_t first = (uint32_t)mesh->vertex_count;
    for (int ring = 0; ring < count; ring++) {
        for (int side = 0; side <= sides; side++) {
            const double angle = 2 * PI * side / sides;
            double normal[3];
            Vertex vertex;
            for (int i = 0; i < 3; i++) {
                const double out = u[i] * cos(angle) + w[i] * sin(angle);
                vertex.position[i] = (float)(rings[ring].centre[i] + rings[ring].radius * out);
                normal[i] = out * cos(rings[ring].lean) + axis[i] * sin(rings[ring].lean);
            }
            unit(normal);
            for (int i = 0; i < 3; i++)
                vertex.normal[i] = (float)normal[i];
            vertex.uv[0] = (float)side / (float)sides;
            vertex.uv[1] = (float)rings[ring].v;
            mesh_vertex(mesh, &vertex);
        }
    }
    const uint32_t row = (uint32_t)sides + 1;
    for (int ring = 0; ring + 1 < count; ring++) {
        for (uint32_t side = 0; side < (uint32_t)sides; side++) {
            const uint32_t a = first + (uint32_t)ring * row + side;
            mesh_triangle(mesh, a, a + 1, a + row + 1);
            mesh_triangle(mesh, a, a + row + 1, a + row);
        }
    }
}

void mesh_bar(Mesh *mesh, const double a[3], const double b[3], double radius, int sides) {
    double axis[3];
    Ring rings[2];
    for (int i = 0; i < 3; i++)
        axis[i] = b[i] - a[i];
    unit(axis);
    for (int end = 0; end < 2; end++) {
        memcpy(rings[end].centre, end ? b : a, sizeof rings[end].centre);
        rings[end].radius = radius;
        rings[end].lean = 0;
        rings[end].v = end;
    }
    add_tube(mesh, rings, 2, axis, sides);
}

void mesh_lathe(Mesh *mesh, const double (*profile)[2], int count, int sides) {
    Ring rings[32];
    if (count > 32) count = 32;
    const double height = profile[count - 1][1] - profile[0][1];
    for (int i = 0; i < count; i++) {
        const int before = i > 0 ? i - 1 : 0, after = i + 1 < count ? i + 1 : i;
        const double rise = profile[after][1] - profile[before][1];
        const double widen = profile[after][0] - profile[before][0];
        rings[i] = (Ring){
            .centre = {0, 0, profile[i][1]},
            .radius = profile[i][0],
            .lean = atan2(-widen, rise),
            .v = height > 0 ? (profile[i][1] - profile[0][1]) / height : 0,
        };
    }
    add_tube(mesh, rings, count, (const double[3]){0, 0, 1}, sides);
}

void mesh_capsule(
    Mesh *mesh, const double a[3], const double b[3], double radius_a, double radius_b, int sides) {
    enum { CAP = 4 };
    double axis[3];
    Ring rings[2 * CAP];
    for (int i = 0; i < 3; i++)
        axis[i] = b[i] - a[i];
    unit(axis);
    for (int ring = 0; ring < 2 * CAP; ring++) {
        const int upper = ring >= CAP;
        const double radius = upper ? radius_b : radius_a;
        const double lean =
            PI / 2 *
            (upper ? (double)(ring - CAP) / (CAP - 1) : (double)(ring + 1 - CAP) / (CAP - 1));
        for (int i = 0; i < 3; i++)
            rings[ring].centre[i] = (upper ? b : a)[i] + axis[i] * radius * sin(lean);
        rings[ring].radius = radius * cos(lean);
        rings[ring].lean = lean;
        rings[ring].v = (double)ring / (2 * CAP - 1);
    }
    add_tube(mesh, rings, 2 * CAP, axis, sides);
}

/* A few waves in random directions, folded so that they have creases: -1..1. */
static double creases(Random random, const double at[3], double size) {
    double sum = 0;
    for (int wave = 0; wave < 6; wave++) {
        double along[3], phase = random_between(&random, 0, 2 * PI);
        for (int i = 0; i < 3; i++)
            along[i] = random_normal(&random);
        unit(along);
        const double pitch = size * random_between(&random, 0.6, 1.8);
        for (int i = 0; i < 3; i++)
            phase += 2 * PI * at[i] * along[i] / pitch;
        sum += 1 - 2 * fabs(sin(phase / 2));
    }
    return sum / 3;
}

void mesh_crumple(Mesh *mesh, uint64_t seed, double size, double depth) {
    const Random random = random_fork(seed, 77);
    for (int v = 0; v < mesh->vertex_count; v++) {
        Vertex *vertex = &mesh->vertices[v];
        double at[3], normal[3], slope[3], here;
        for (int i = 0; i < 3; i++) {
            at[i] = (double)vertex->position[i];
            normal[i] = (double)vertex->normal[i];
        }
        here = creases(random, at, size);
        for (int i = 0; i < 3; i++) {
            double aside[3] = {at[0], at[1], at[2]};
            aside[i] += size / 50;
            slope[i] = (creases(random, aside, size) - here) / (size / 50);
        }
        for (int i = 0; i < 3; i++) {
            vertex->position[i] = (float)(at[i] + depth * here * normal[i]);
            normal[i] -= depth * slope[i];
        }
        unit(normal);
        for (int i = 0; i < 3; i++)
            vertex->normal[i] = (float)normal[i];
    }
}

void mesh_half_extents(const Mesh *mesh, double half[3]) {
    half[0] = half[1] = half[2] = 0;
    for (int v = 0; v < mesh->vertex_count; v++)
        for (int i = 0; i < 3; i++)
            half[i] = fmax(half[i], fabs((double)mesh->vertices[v].position[i]));
}

void mesh_free(Mesh *mesh) {
    if (!mesh) return;
    free(mesh->vertices);
    free(mesh->indices);
    *mesh = (Mesh){0};
}
