/*
 * lens - what a small camera does to a clean picture: distortion, exposure, colour, noise, faults.
 *
 * Distortion is plumb_bob (Brown-Conrady, as in sensor_msgs/CameraInfo and OpenCV): on the plane
 * z = 1, r2 = x^2 + y^2,
 *     x' = x (1 + k1 r2 + k2 r2^2 + k3 r2^3) + 2 p1 x y + p2 (r2 + 2 x^2), y' alike.
 * Threads: any.  Units: seconds, grey levels of 0..255.
 */
#pragma once

#include "image.h"
#include "random.h"

#include <stdbool.h>

typedef enum LensFault {
    LENS_FINE,
    LENS_SMEARED,  /* something greasy on part of the glass */
    LENS_SHIFTED,  /* knocked: it looks elsewhere than its calibration says */
    LENS_FROZEN,   /* the same picture again and again, with new stamps */
    LENS_BLACK,    /* covered or dark: noise alone */
    LENS_UNPLUGGED /* no pictures */
} LensFault;

typedef struct Lens {
    double distortion[5]; /* k1 k2 p1 p2 k3, goes to the calibration on the tape */
    double exposure_s;    /* how long a row gathers light */
    double readout_s;     /* from the first row to the last; 0: all rows at once */
    double gain[3];       /* white balance and exposure, times the picture's values */
    double noise_read;    /* standard deviation in the dark */
    double noise_shot;    /* and in full light */
    LensFault fault;
} Lens;

/* A perfect one. */
Lens lens_ideal(void);

/* strength 0: nearly ideal; 1: a usual camera; 2: a poor one. Each of k1 -0.10..-0.02, k2 within
 * 0.015, p within 0.001, exposure 4..12 ms, readout 8..22 ms, gains within 6 %, noise 0.6..1.8 at
 * strength 1. */
Lens lens_by_chance(Random *random, double strength);

void lens_fault(Lens *lens, LensFault fault);

/* On the plane z = 1. */
void lens_distort(const Lens *lens, const double from[2], double to[2]);
/* The inverse, to 1e-9 where the distortion is one to one. */
void lens_undistort(const Lens *lens, const double from[2], double to[2]);

/* noise: standard deviation in grey levels. */
void lens_apply(Image *image, double noise, Random *random);
