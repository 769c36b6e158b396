/*
 * render - a scene in, a clean picture out, with what is where: OpenGL 3.3 without a window.
 *
 * EGL without a surface; without a GPU that is llvmpipe, on the CPU, which is also what is taken
 * where nothing else is asked for (LIBGL_ALWAYS_SOFTWARE=0 asks for Mesa's GPU driver; with
 * another vendor's EGL alone its first device is taken). One light with shadows, light from above
 * and below, lamps that mirror in what is glossy, tone mapping; things with alpha < 1 are drawn
 * last. The same scenes in the same order on the same machine give the same bytes.
 *
 * Only what changed is drawn. What stands still (still.h) is kept for each view as a picture with
 * its depth, with and without the sun; a picture is that, darkened where moving things throw their
 * shadows, with the moving things drawn into it, where they are or were.
 *
 * Threads: a Renderer belongs to the thread that opened it.  Units: metres, z up.
 */
#pragma once

#include "image.h"
#include "mesh.h"
#include "rect.h"
#include "status.h"

#include <stdbool.h>

typedef struct Renderer Renderer;

enum {
    SHAPE_NONE = -1,
    TEXTURE_NONE = -1,
    DRAWS_MAX = 512,
    RENDER_INSTANCES_MAX = 64,
    RENDER_VIEWS_MAX = 4,
    MOVERS_MAX = 255
};

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
    float lamps[3];    /* what tubes on the ceiling mirror as; linear */
    float lamps_at[2]; /* where the rows are along x, and how far apart; 0 apart: no lamps */
    float stripe[4];   /* sun between walls: normal x, y; offset and half width, m; 0 wide: none */
    float stripe_sun;  /* times the sun, in the stripe */
    float flicker;     /* 0..1: how deep the light swings, which is for the lens to show */
    float mains_hz;
    float amplified;   /* by the camera, for want of light; 0 and 1: not */
    float pit_depth_m; /* light gets less below the rim of a basket this deep; 0: no basket */
    float pit_half_m[2], pit_rim_m;
} Light;

typedef struct Scene {
    Light light;
    uint32_t take; /* another one: nothing of the scene before counts */
    int64_t t_ns;  /* later than the scene before of the same take, or the same scene */
    int count;
    Draw draw[DRAWS_MAX];
} Scene;

typedef struct Camera {
    float eye[3], target[3];
    float roll_rad;
    float vertical_fov_rad;
} Camera;

bool camera_same(const Camera *a, const Camera *b);

/* A clean picture: rows from the top, of the renderer's size; all borrowed until the next one. */
typedef struct Plate {
    int width, height;
    uint8_t *rgbx; /* four bytes a pixel */
    uint8_t *who;  /* two bytes a pixel: instance, 0 none; mover, 0 stands still */
    uint8_t *still_rgbx, *still_who;   /* without what moves */
    Rect changed, still_changed;       /* since the view's picture before */
    int movers;                        /* 1..movers are in use */
    float velocity[MOVERS_MAX + 1][2]; /* px/s in the picture */
    /* Pixels that show an instance, and that would with nothing in front of it. */
    int visible_px[RENDER_INSTANCES_MAX + 1], whole_px[RENDER_INSTANCES_MAX + 1];
} Plate;

/* E_IO: no EGL here. */
MUST_USE Status render_open(Renderer **out, int width, int height);
void render_close(Renderer *renderer);
int render_width(const Renderer *renderer);
int render_height(const Renderer *renderer);

/* What was added lives as long as the renderer. SHAPE_NONE, TEXTURE_NONE: there is no room. */
int render_add_shape(Renderer *renderer, const Mesh *mesh);
/* A simpler mesh of the same thing, for its shadows and to measure it. */
void render_add_rough(Renderer *renderer, int shape, const Mesh *mesh);
int render_add_texture(Renderer *renderer, const Image *image);

/* The scene as view `which`, 0..RENDER_VIEWS_MAX-1, sees it. A view remembers its last picture. */
void render_view(
    Renderer *renderer, int which, const Scene *scene, const Camera *camera, Plate *out);
