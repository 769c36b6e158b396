/*
 * hand_mesh - a right hand holding something of a given thickness, as one smooth surface.
 *
 * The hand's frame: the origin lies between the pads of fingers and thumb; +x points to the
 * fingers, -x to the thumb, +z back to the wrist, y along the row of knuckles. What is held lies at
 * z < HAND_REACH_M between x = -aperture/2 and +aperture/2.
 */
#pragma once

#include "mesh.h"

#define HAND_REACH_M        0.045 /* how deep a pack goes between fingers and thumb */
#define HAND_WRIST_M        0.155 /* z of the wrist */
#define HAND_APERTURE_MAX_M 0.11

#define HAND_FINE_M  0.006 /* enough for pictures */
#define HAND_ROUGH_M 0.012 /* for shadows */

/* Appends to mesh; no detail smaller than cell_m. */
void hand_mesh_build(double aperture_m, double cell_m, Mesh *mesh);
