/* render_internal - what a renderer is made of. Private to it. */
#pragma once

#include "project.h"
#include "render_gl.h"
#include "still.h"

enum { SHAPES_MAX = 2048, TEXTURES_MAX = 2048, SHADOW_PX = 768 };
enum { UNIT_PICTURE, UNIT_SHADOW, UNIT_MOVING_SHADOW };

typedef struct Shape {
    GLuint vertices, buffers[2];
    GLsizei indices;
    int rough; /* what stands in for it, or itself */
} Shape;

/* Colour, colour without sun, whose, depth; a frame has no second. */
enum { PART_LIT, PART_UNLIT, PART_WHO, PART_DEPTH, PARTS };

typedef struct Target {
    GLuint id, part[PARTS];
} Target;

typedef struct Drawn {
    uint32_t serial;
    int instance;
    Rect rect; /* its shadow with it */
} Drawn;

typedef struct View {
    bool any;
    uint32_t take, version;
    Camera camera;
    Light light;
    float matrix[16];
    Target still, frame;
    Drawn drawn[DRAWS_MAX]; /* in still */
    int drawn_count;
    Hull hull[DRAWS_MAX];   /* of each thing, its shadow with it */
    bool throws[DRAWS_MAX]; /* its shadow can fall into the basket, and others' on it */
    Rect moved;             /* where the last picture was not as still */
    bool stale[RENDER_INSTANCES_MAX + 1]; /* its silhouette is not known */
    int whole_px[RENDER_INSTANCES_MAX + 1], visible_px[RENDER_INSTANCES_MAX + 1];
    uint8_t *rgbx, *who, *still_rgbx, *still_who, *still_unlit;
    float *still_depth;
} View;

struct Renderer {
    Context context;
    int width, height;
    Shape shape[SHAPES_MAX];
    float low[SHAPES_MAX][3], high[SHAPES_MAX][3];
    int shapes;
    GLuint texture[TEXTURES_MAX];
    int textures;
    Program program[PROGRAMS];
    GLuint shadow[2], shadow_texture[2]; /* of what stands, of what moves */
    uint32_t shadow_version;
    bool shadow_any;
    Rect moving_rect; /* where the shadow map of what moves is not empty */
    float *moving_shadow;
    float shadow_sun[3], shadow_matrix[16];
    GLuint bits, bits_texture;
    uint32_t *bits_read;
    Still still;
    View view[RENDER_VIEWS_MAX];
};

/* Its targets and buffers. Out of memory ends the program, as for shapes. */
void render_open_view(const Renderer *renderer, View *view);
bool light_same(const Light *a, const Light *b);
