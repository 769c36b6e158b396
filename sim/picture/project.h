/* project - where things are in a picture: matrices and screen bounds. Private to the renderer.
 * Matrices are column-major; pictures have their first row at the top. */
#pragma once

#include "rect.h"
#include "render.h"

void project_multiply(const float a[16], const float b[16], float out[16]);
/* World to clip space of a camera, and of the light's shadow map. */
void project_camera(const Camera *camera, int width, int height, float out[16]);
void project_sun(const Light *light, float out[16]);
/* The inverse of an invertible matrix. */
void project_invert(const float m[16], float out[16]);

enum { HULL_MAX = 16 };

/* A convex outline in the picture, px. */
typedef struct Hull {
    int count;
    float at[HULL_MAX][2];
    Rect rect; /* about it, in the picture, a little larger: edges of shadows are soft */
} Hull;

/* Of the box low..high at `pose`; with `sun`, and of what shadow it can throw down to the floor.
 * All of the picture when it reaches behind the camera. */
void project_box(
    const float view[16],
    const float pose[16],
    const float low[3],
    const float high[3],
    const float *sun,
    int width,
    int height,
    Hull *out);

/* Where a point is, px. False: not before the camera. */
bool project_point(const float view[16], const float at[3], int width, int height, float out[2]);
