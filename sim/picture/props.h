/*
 * props - everything that can be put before a camera, loaded once: products by SKU, hands, limbs,
 * boards, surfaces.
 *
 * Threads: as the Renderer.  Units: metres.
 */
#pragma once

#include "catalog.h"
#include "paint.h"
#include "pose.h"
#include "product_mesh.h"
#include "random.h"
#include "render.h"

enum { HAND_STEPS = 8, PAINTS_PER_KIND = 5, PROPS_EXTRA_MAX = 64, BAG_KINDS = 4 };

typedef struct Prop {
    ProductMesh product; /* its texture's pixels are given to the renderer and dropped */
    int shape, texture;  /* SHAPE_NONE: not loaded yet */
    float tint[3];       /* times the texture */
    double mass_kg[2];   /* a thing's least and most; 0: the catalogue knows */
} Prop;

/* Things no catalogue has. */
typedef enum ThingKind {
    THING_OWN_BAG, /* a cloth bag, folded or standing open, its floor at -half[2] */
    THING_COAT,    /* hangs over an edge along its x; the edge is at its origin */
    THING_TOY,     /* a child's soft toy, sitting */
    THING_KINDS
} ThingKind;

typedef struct Props {
    Renderer *renderer;
    const Catalog *catalog;
    char **folders;            /* by SKU, borrowed */
    Prop *products;            /* by SKU */
    int hand[HAND_STEPS];      /* by aperture */
    int limb;                  /* radius 1 about z, from z = 0 to 1, a little thinner at 1 */
    int ball, box, quad;       /* radius 1; -1..1; -1..1 in x and y */
    int tiled_quad, fine_quad; /* the texture 4 and 16 times across */
    int bottle, can;           /* see-through and plain vessels, radius 1 about z, -1..1 */
    int bag[BAG_KINDS];        /* thin crumpled bags with a twisted neck, radius 1 */
    int cart[2];               /* basket of wires, of panels; fits world.h's basket */
    int paint[PAINT_KINDS][PAINTS_PER_KIND];
    struct {
        uint64_t seed;
        int kind; /* ThingKind, or THING_KINDS + SKU of a repackaged product */
        Prop prop;
    } * extra; /* made on demand, never moved */
    int extras;
} Props;

/* The seed chooses the painted surfaces. renderer NULL: nothing can be drawn, only the solids are
 * known. On OK close with props_close(). */
MUST_USE Status
props_open(Props *out, Renderer *renderer, const Catalog *catalog, char **folders, uint64_t seed);
void props_close(Props *props);

/* Reads the product's folder the first time. */
MUST_USE Status props_product(Props *props, int32_t sku, const Prop **out);

/* One of a kind, the seed says how it looks. Two calls alike give the same one. E_FULL: more than
 * PROPS_EXTRA_MAX in one run. */
MUST_USE Status props_thing(Props *props, ThingKind kind, uint64_t seed, const Prop **out);

/* The product in a packaging that the catalogue's pictures do not show: same shape, other colours.
 */
MUST_USE Status props_repackaged(Props *props, int32_t sku, uint64_t seed, const Prop **out);

/* The hand mesh for this aperture. */
int props_hand(const Props *props, double aperture_m);

/* Adds one thing to a scene; NULL when the scene is full, which is counted by nobody: a scene of
 * more than DRAWS_MAX things is a bug. */
Draw *scene_add(Scene *scene, int shape, int texture, const Pose *pose, const double scale[3]);
void scene_colour(Draw *draw, const float rgb[3], float alpha);

/* A limb from a to b. */
Draw *scene_add_limb(
    Scene *scene, const Props *props, const double a[3], const double b[3], double radius_a);
