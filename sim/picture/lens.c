#include "lens.h"

#include <math.h>

static double about(Random *random, double least, double most, double strength) {
    return strength * random_between(random, least, most);
}

Lens lens_by_chance(Random *random, double strength, double corner) {
    const double bend = fmin(strength, 1.25), in = 1.166 / (corner * corner);
    double bent[4], taken[3];
    random_each(
        random,
        (const double[][2]){{-0.09, -0.02}, {-0.01, 0.01}, {-0.001, 0.001}, {-0.001, 0.001}}, 4,
        bent);
    random_each(random, (const double[][2]){{0.003, 0.010}, {0.006, 0.018}, {0.8, 1.6}}, 3, taken);
    Lens lens = {
        .distortion =
            {bent[0] * bend * in, bent[1] * bend * in * in, bent[2] * bend, bent[3] * bend},
        .exposure_s = taken[0] * strength,
        .readout_s = taken[1] * strength,
        .noise_dark = taken[2] * strength,
    };
    lens.noise_light = lens.noise_dark * random_between(random, 0.6, 0.95);
    const double warmth = about(random, -0.05, 0.05, strength);
    const double tint = about(random, -0.02, 0.02, strength);
    lens.gain[0] = 1 + warmth;
    lens.gain[1] = 1 + tint;
    lens.gain[2] = 1 - warmth;
    return lens;
}

void lens_fault(Lens *lens, LensFault fault) { lens->fault = fault; }

void lens_distort(const double distortion[5], const double from[2], double to[2]) {
    const double *d = distortion, x = from[0], y = from[1], r2 = x * x + y * y;
    const double radial = 1 + r2 * (d[0] + r2 * (d[1] + r2 * d[4]));
    to[0] = x * radial + 2 * d[2] * x * y + d[3] * (r2 + 2 * x * x);
    to[1] = y * radial + d[2] * (r2 + 2 * y * y) + 2 * d[3] * x * y;
}

/* Newton's method with the derivative of the radial part alone: the rest is small. */
void lens_undistort(const double distortion[5], const double from[2], double to[2]) {
    const double *d = distortion;
    double at[2] = {from[0], from[1]};
    for (int round = 0; round < 60; round++) {
        double there[2];
        lens_distort(d, at, there);
        const double off[2] = {from[0] - there[0], from[1] - there[1]};
        const double r2 = at[0] * at[0] + at[1] * at[1];
        const double slope = 1 + r2 * (3 * d[0] + r2 * (5 * d[1] + r2 * 7 * d[4]));
        for (int i = 0; i < 2; i++)
            at[i] += off[i] / fmax(slope, 0.2);
        if (fabs(off[0]) < 1e-11 && fabs(off[1]) < 1e-11) break;
    }
    to[0] = at[0];
    to[1] = at[1];
}
