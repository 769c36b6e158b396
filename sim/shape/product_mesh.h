/*
 * product_mesh - a product's folder in, a textured mesh and the solid to collide with out.
 *
 * mesh.obj is in inches, y up; texture.jpg is its picture. The mesh comes out in metres, z up, its
 * front (OBJ +z) towards -y, centred on its bounding box.
 *
 * Threads: any.
 */
#pragma once

#include "image.h"
#include "mesh.h"
#include "status.h"

/* What physics takes it for, extents as in half. */
typedef enum Solid {
    SOLID_BOX,
    SOLID_CYLINDER, /* axis in `axis` */
    SOLID_ELLIPSOID,
    SOLID_HULL /* convex hull of the vertices */
} Solid;

typedef struct ProductMesh {
    Mesh mesh;
    Image texture;
    double half[3]; /* m */
    Solid solid;
    int axis; /* of a cylinder: 0, 1, 2 */
} ProductMesh;

/* texture_max_px: see image_read(). On OK free with product_mesh_free().
 * E_NOT_FOUND, E_IO, E_INVALID name the file and line. */
MUST_USE Status product_mesh_read(const char *folder, int texture_max_px, ProductMesh *out);
void product_mesh_free(ProductMesh *product);

/* An OBJ from memory; `name` is what errors call it. Vertices as they stand in the file. */
MUST_USE Status obj_parse(const char *name, const uint8_t *bytes, size_t size, Mesh *out);
