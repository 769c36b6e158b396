/*
 * still - which things of a scene stand still, from scene to scene.
 *
 * What moved less than STILL_M, or STILL_CART_M, since it was last drawn is taken not to have moved
 * at all; what rested for STILL_SCENES scenes stands still. Pure.
 */
#pragma once

#include "render.h"

#define STILL_M 0.001 /* about half a pixel, seen from the rim */
#define STILL_CART_M                                                                               \
    0.004 /* and of things without a box: the cart, which rings with every load                    \
           */
enum { STILL_SCENES = 8 };

typedef struct StillThing {
    Draw draw;         /* as it is to be drawn */
    float middle[3];   /* of it, in the world */
    float velocity[3]; /* m/s, since the scene before */
    uint32_t serial;   /* another one whenever it comes to stand still */
    int rested;        /* scenes */
    bool stands, seen;
} StillThing;

typedef struct Still {
    uint32_t version; /* another one whenever what stands still is not the same */
    uint32_t take;
    int64_t t_ns;
    bool any;
    int count;
    StillThing thing[DRAWS_MAX]; /* in the scene's order */
} Still;

/* low, high: extents of each shape, by Draw.shape. */
void still_step(Still *still, const Scene *scene, const float (*low)[3], const float (*high)[3]);
