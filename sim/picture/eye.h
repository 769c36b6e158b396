/*
 * eye - one camera: the renderer's clean picture through a lens, and the truth of what it shows.
 *
 * An eye remembers its last picture; only where the scene changed is the picture made again, while
 * the sensor's noise is new in every one. Moving things are smeared along their way over the
 * exposure and leant by the rolling shutter. Boxes are those in the picture: distorted as it is, at
 * the middle of each row's exposure, so that a blurred edge reaches out of its box by half the
 * blur.
 *
 * Threads: as the Renderer.  Units: px, rows from the top.
 */
#pragma once

#include "lens.h"
#include "render.h"

typedef struct Eye Eye;

typedef struct SeenInstance {
    int x0, y0, x1, y1;       /* visible extent, x1 and y1 exclusive; x1 == 0: not visible */
    int visible_px, whole_px; /* whole: with nothing in front of it */
} SeenInstance;

typedef struct Sight {
    bool any;           /* false: there is no picture (LENS_UNPLUGGED) */
    Image picture;      /* borrowed until the eye's next */
    const uint8_t *who; /* two bytes a pixel, the first the instance, 0 none */
    SeenInstance instance[RENDER_INSTANCES_MAX + 1];
} Sight;

/* Looks by the renderer's view 0..RENDER_VIEWS_MAX-1, no other eye's. The seed is of its noise and
 * faults. On OK close with eye_close(). */
MUST_USE Status eye_open(Eye **out, Renderer *renderer, int view, uint64_t seed);
void eye_close(Eye *eye);

/* How far from the middle a picture's corner is on the plane z = 1, for lens_by_chance(). */
double eye_corner(const Camera *camera, int width, int height);

/* The picture is as large as the renderer's and of time scene->t_ns. Another camera or lens than
 * last time costs a whole picture. */
void eye_see(Eye *eye, const Scene *scene, const Camera *camera, const Lens *lens, Sight *out);
