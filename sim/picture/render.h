/*
 * render - a scene in, pictures and instance maps out: OpenGL 3.3 without a window.
 *
 * EGL on Mesa's surfaceless platform; without a GPU that is llvmpipe, on the CPU. One light with
 * shadows, light from above and below, tone mapping; things with alpha < 1 are drawn last.
 * The same scene on the same machine gives the same bytes.
 *
 * Threads: a Renderer belongs to the thread that opened it.  Units: metres, z up.
 */
#pragma once

#include "image.h"
#include "mesh.h"
#include "status.h"

#include <stdbool.h>

typedef struct Renderer Renderer;

enum { SHAPE_NONE = -1, TEXTURE_NONE = -1, DRAWS_MAX = 512, RENDER_INSTANCES_MAX = 64 };

typedef struct Draw {
    int shape;       /* render_add_shape() */
    int texture;     /* render_add_texture(), or TEXTURE_NONE */
    float pose[16];  /* column-major: shape to world, scale allowed */
    float colour[4]; /* times the texture; alpha < 1 shows what is behind */
    float gloss;     /* 0: matt .. 1 */
    int instance;    /* 1..RENDER_INSTANCES_MAX: has a box; 0: only hides others */
    bool backdrop;   /* far away: casts no shadow, hides nothing */
} Draw;

typedef struct Light {
    float sun_direction[3]; /* from the scene to the light */
    float sun[3];           /* colours, linear */
    float sky[3], ground[3];
    float background[3];
    float exposure;
    float pit_depth_m; /* light gets less below the rim of a basket this deep; 0: no basket */
    float pit_half_m[2], pit_rim_m;
} Light;

typedef struct Scene {
    Light light;
    int count;
    Draw draw[DRAWS_MAX];
} Scene;

typedef struct Camera {
    float eye[3], target[3];
    float roll_rad;
    float vertical_fov_rad;
} Camera;

/* Which instance is where: 0 none; and how large each would be with nothing in front. */
typedef struct InstanceMap {
    int width, height;
    const uint8_t *id; /* rows from the top, borrowed until the next call */
    struct {
        int x0, y0, x1, y1; /* visible extent, x1 and y1 exclusive; x1 == 0: not visible */
        int visible_px, whole_px;
    } instance[RENDER_INSTANCES_MAX + 1];
} InstanceMap;

/* E_IO: no EGL here. */
MUST_USE Status render_open(Renderer **out, int width, int height);
void render_close(Renderer *renderer);

/* What was added lives as long as the renderer. */
int render_add_shape(Renderer *renderer, const Mesh *mesh);
int render_add_texture(Renderer *renderer, const Image *image);

/* Rows from the top, width x height as opened; *out is borrowed until the next call. */
void render_picture(Renderer *renderer, const Scene *scene, const Camera *camera, Image *out);

/* shrink: 1, 2 or 4; the map is that much smaller than the picture. */
void render_instances(
    Renderer *renderer, const Scene *scene, const Camera *camera, int shrink, InstanceMap *out);
