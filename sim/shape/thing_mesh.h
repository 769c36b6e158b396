/*
 * thing_mesh - things no catalogue has: a shopper's own bag, a coat, a child's toy.
 *
 * Every call with the same seed gives the same shape. Metres, z up, appended to a mesh.
 */
#pragma once

#include "mesh.h"

/* A cloth bag standing open: its floor at z = 0, handles above. half: of floor and height. */
void thing_bag(Mesh *mesh, uint64_t seed, const double half[3]);
/* Cloth that hangs over an edge along x at the origin, to `drop_m` below it on both sides. */
void thing_coat(Mesh *mesh, uint64_t seed, double wide_m, double drop_m);
/* A sitting soft toy of this height, its seat at z = 0. */
void thing_toy(Mesh *mesh, uint64_t seed, double high_m);
