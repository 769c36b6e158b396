/* render_gl - OpenGL's own words: a context, and the shaders. Private to the renderer. */
#pragma once

#include "render.h"

#include <EGL/egl.h>
#define GL_GLEXT_PROTOTYPES
#include <GL/glcorearb.h>

typedef struct Context {
    EGLDisplay display;
    EGLContext context;
} Context;

/* Made current. Close also what could not be opened whole. */
MUST_USE Status context_open(Context *out);
void context_close(Context *context);

typedef struct Program {
    GLuint id;
    GLint view, pose, colour, gloss, instance, shadow_view;
} Program;

/* Programs that draw surfaces differ by what they need not ask; the other two are for shadow maps
 * and silhouettes. */
enum {
    SURFACE_TEXTURED = 1,
    SURFACE_LAMPS = 2,  /* the light has some to mirror */
    SURFACE_MOVING = 4, /* in the shadows of what moves too, and no picture without sun */
    SURFACE_OPEN = 8,   /* no shadow falls on it */
    SURFACE_FAR = 16,   /* the backdrop */
    PROGRAM_FLAT = 32,  /* one value */
    PROGRAM_DEPTH,      /* depth alone */
    PROGRAMS
};

MUST_USE Status program_link(int which, Program *out);
/* The uniforms of a light, seen from `eye`; the program is in use. */
void program_light(const Program *program, const Light *light, const float eye[3]);
