/*
 * lens - what a small camera is like: distortion, exposure, colour, noise, faults.
 *
 * Distortion is plumb_bob (Brown-Conrady, as in sensor_msgs/CameraInfo and OpenCV): on the plane
 * z = 1, r2 = x^2 + y^2,
 *     x' = x (1 + k1 r2 + k2 r2^2 + k3 r2^3) + 2 p1 x y + p2 (r2 + 2 x^2)
 *     y' = y (1 + k1 r2 + k2 r2^2 + k3 r2^3) + p1 (r2 + 2 y^2) + 2 p2 x y
 *
 * Pure.  Units: seconds, grey levels of 0..255.
 */
#pragma once

#include "random.h"

typedef enum LensFault {
    LENS_FINE,
    LENS_SMEARED,  /* something greasy on part of the glass */
    LENS_SHIFTED,  /* knocked: it looks elsewhere than its calibration says */
    LENS_FROZEN,   /* the same picture again and again, with new stamps */
    LENS_BLACK,    /* covered: noise alone */
    LENS_UNPLUGGED /* no pictures */
} LensFault;

typedef struct Lens {
    double distortion[5];           /* k1 k2 p1 p2 k3, goes to the calibration on the tape */
    double exposure_s;              /* how long a row gathers light */
    double readout_s;               /* from the first row to the last; 0: all rows at once */
    double gain[3];                 /* white balance, times the picture's values */
    double noise_dark, noise_light; /* standard deviation in the dark and in full light */
    LensFault fault;
} Lens;

/* strength 0: an ideal one; 1: a usual camera, exposure 3..10 ms, readout 6..18 ms, gains within
 * 5 %, noise 0.7..1.6, and the picture's corner, `corner` from the middle on the plane z = 1, drawn
 * in by 2 to 10 %: k1 -0.09..-0.02 where corner is 1.08. In proportion above, distortion to 1.25
 * only: more of it is not one to one. */
Lens lens_by_chance(Random *random, double strength, double corner);
void lens_fault(Lens *lens, LensFault fault);

/* On the plane z = 1. */
void lens_distort(const double distortion[5], const double from[2], double to[2]);
/* The inverse, to 1e-9, where the distortion is one to one. */
void lens_undistort(const double distortion[5], const double from[2], double to[2]);
