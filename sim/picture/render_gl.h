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
    GLint view, pose, colour, gloss, textured, instance, shadow_view;
} Program;

typedef enum ProgramKind {
    PROGRAM_LIT,    /* near things, with the shadows of what stands */
    PROGRAM_MOVING, /* and of what moves */
    PROGRAM_FAR,    /* the backdrop */
    PROGRAM_FLAT,   /* one value */
    PROGRAM_DEPTH,  /* depth alone */
    PROGRAMS
} ProgramKind;

MUST_USE Status program_link(ProgramKind kind, Program *out);
/* The uniforms of a light, seen from `eye`; the program is in use. */
void program_light(const Program *program, const Light *light, const float eye[3]);
