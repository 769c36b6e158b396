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

/* Bounds in the picture of the box low..high at `pose`; with `sun`, of the shadow it can throw on
 * things down to z = 0 as well. Everything when it reaches behind the camera. */
Rect project_box(
    const float view[16],
    const float pose[16],
    const float low[3],
    const float high[3],
    const float *sun,
    int width,
    int height);

/* Where a point is, px. False: not before the camera. */
bool project_point(
    const float view[16], const float at[3], int width, int height, float out[2]);
