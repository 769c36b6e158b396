#include "product_mesh.h"

#include "file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { OBJ_MAX_BYTES = 32 << 20 };

static const double METRES_PER_INCH = 0.0254;

/* Inches, y up, front to +z -> metres, z up, front to -y, centred. */
static void stand_up(Mesh *mesh) {
    float min[3] = {INFINITY, INFINITY, INFINITY}, max[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (int v = 0; v < mesh->vertex_count; v++) {
        float *p = mesh->vertices[v].position, *n = mesh->vertices[v].normal;
        const float y = p[1], ny = n[1];
        p[1] = -p[2];
        p[2] = y;
        n[1] = -n[2];
        n[2] = ny;
        for (int i = 0; i < 3; i++) {
            p[i] *= (float)METRES_PER_INCH;
            min[i] = fminf(min[i], p[i]);
            max[i] = fmaxf(max[i], p[i]);
        }
        mesh->vertices[v].uv[1] = 1 - mesh->vertices[v].uv[1];
    }
    for (int v = 0; v < mesh->vertex_count; v++)
        for (int i = 0; i < 3; i++)
            mesh->vertices[v].position[i] -= (min[i] + max[i]) / 2;
}

static double volume(const Mesh *mesh) {
    double six = 0;
    for (int i = 0; i < mesh->index_count; i += 3) {
        const float *a = mesh->vertices[mesh->indices[i]].position,
                    *b = mesh->vertices[mesh->indices[i + 1]].position,
                    *c = mesh->vertices[mesh->indices[i + 2]].position;
        six +=
            (double)(a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0]));
    }
    return six / 6;
}

/* The axis about which the cross-section is as wide as deep, or -1. */
static int round_axis(const double half[3]) {
    int best = -1;
    double least = 0.1;
    for (int axis = 0; axis < 3; axis++) {
        const double a = half[(axis + 1) % 3], b = half[(axis + 2) % 3];
        const double apart = fabs(a - b) / fmax(a, b);
        if (apart < least) {
            least = apart;
            best = axis;
        }
    }
    return best;
}

/* By how much of its bounding box it fills: a box all, a cylinder pi/4, an ellipsoid pi/6. A solid
 * with analytic contacts rests quietly; hulls are for what is none of them. */
static void choose_solid(ProductMesh *product) {
    const double *half = product->half;
    const double filled = volume(&product->mesh) / (8 * half[0] * half[1] * half[2]);
    const int axis = round_axis(half);
    if (filled > 0.86 || axis < 0) {
        product->solid = filled > 0.7 ? SOLID_BOX : SOLID_HULL;
    } else if (filled > 0.68) {
        product->solid = SOLID_CYLINDER;
        product->axis = axis;
    } else {
        product->solid = filled > 0.44 && filled < 0.58 ? SOLID_ELLIPSOID : SOLID_HULL;
    }
}

static Status read_mesh(const char *folder, ProductMesh *product) {
    char path[4096];
    snprintf(path, sizeof path, "%s/mesh.obj", folder);
    uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, OBJ_MAX_BYTES, &bytes, &size));
    const Status status = obj_parse(path, bytes, size, &product->mesh);
    free(bytes);
    if (status != OK) return status;
    stand_up(&product->mesh);
    mesh_half_extents(&product->mesh, product->half);
    for (int i = 0; i < 3; i++)
        if (product->half[i] < 0.001 || product->half[i] > 0.4)
            return fail(
                E_INVALID, "%s: %g m across; meshes are in inches, 2 mm to 0.8 m", path,
                2 * product->half[i]);
    choose_solid(product);
    return OK;
}

Status product_mesh_read(const char *folder, int texture_max_px, ProductMesh *out) {
    ProductMesh product = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/texture.jpg", folder);
    Status status = read_mesh(folder, &product);
    if (status == OK) status = image_read(path, texture_max_px, &product.texture);
    if (status != OK) {
        product_mesh_free(&product);
        return status;
    }
    *out = product;
    return OK;
}

void product_mesh_free(ProductMesh *product) {
    if (!product) return;
    mesh_free(&product->mesh);
    image_free(&product->texture);
}
