/*
 * mesh - triangles with normals and texture coordinates, and the simple solids made of them.
 *
 * Metres, z up, counter-clockwise from outside. Building appends, so a mesh may be many solids.
 * Out of memory ends the program: a twin without its shapes is of no use.
 */
#pragma once

#include <stdint.h>

typedef struct Vertex {
    float position[3], normal[3], uv[2];
} Vertex;

typedef struct Mesh {
    Vertex *vertices;
    uint32_t *indices; /* three a triangle */
    int vertex_count, index_count;
    int vertex_room, index_room;
} Mesh;

uint32_t mesh_vertex(Mesh *mesh, const Vertex *vertex); /* its index */
void mesh_triangle(Mesh *mesh, uint32_t a, uint32_t b, uint32_t c);

/* A box from corner to corner; every face carries the whole texture. */
void mesh_box(Mesh *mesh, const double min[3], const double max[3]);

/* A round bar from a to b with `sides` faces, open at its ends. */
void mesh_bar(Mesh *mesh, const double a[3], const double b[3], double radius, int sides);

/* A surface of revolution about z; profile is count pairs of radius, height from bottom to top. */
void mesh_lathe(Mesh *mesh, const double (*profile)[2], int count, int sides);

/* A limb from a to b, rounded at both ends. */
void mesh_capsule(
    Mesh *mesh, const double a[3], const double b[3], double radius_a, double radius_b, int sides);

/* Four corners, counter-clockwise; the texture repeats `repeat` times. */
void mesh_quad(Mesh *mesh, const double corners[4][3], double repeat);

/* Push every vertex along its normal by up to `depth`, in soft creases about `size` wide; vertices
 * in one place stay together. Normals follow. */
void mesh_crumple(Mesh *mesh, uint64_t seed, double size, double depth);

/* half[3]: half of the extents about the origin of the box that encloses it. */
void mesh_half_extents(const Mesh *mesh, double half[3]);

void mesh_free(Mesh *mesh);
