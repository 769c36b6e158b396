/*
 * eye - one camera: a renderer's clean picture through a lens, and the truth of what it shows.
 *
 * An eye remembers its last picture. Only where the scene changed is the picture made again; the
 * noise of the sensor is new in every picture. Boxes are those of the picture: distorted as it is,
 * at the middle of the exposure.
 *
 * Threads: as the Renderer.
 */
#pragma once

#include "lens.h"
#include "render.h"

typedef struct Eye Eye;

/* One instance as the camera sees it. */
typedef struct SeenInstance {
    int x0, y0, x1, y1; /* visible extent, px, x1 and y1 exclusive; x1 == 0: not visible */
    int visible_px, whole_px; /* whole: with nothing in front of it */
} SeenInstance;

typedef struct Sight {
    bool any; /* false: no picture (LENS_UNPLUGGED) */
    Image picture; /* borrowed until the eye's next */
    const uint8_t *id; /* instance of each pixel, 0 none */
    SeenInstance instance[RENDER_INSTANCES_MAX + 1];
} Sight;

/* The picture is as large as the renderer's. On OK close with eye_close(), before the renderer. */
MUST_USE Status eye_open(Eye **out, Renderer *renderer, const Camera *camera, uint64_t seed);
void eye_close(Eye *eye);

/* Look through this lens at time t_ns. Another camera or lens than last time costs a whole
 * picture. */
void eye_see(
    Eye *eye, const Scene *scene, const Camera *camera, const Lens *lens, int64_t t_ns, Sight *out);
