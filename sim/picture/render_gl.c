#include "render_gl.h"

#include <EGL/eglext.h>
#include <stdlib.h>

/* -- context ------------------------------------------------------------------------------- */

static bool make_context(Context *context) {
    static const EGLint config_words[] = {
        EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
    static const EGLint context_words[] = {
        EGL_CONTEXT_MAJOR_VERSION,
        3,
        EGL_CONTEXT_MINOR_VERSION,
        3,
        EGL_CONTEXT_OPENGL_PROFILE_MASK,
        EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
        EGL_NONE};
    EGLConfig config;
    EGLint configs = 0;
    if (!eglInitialize(context->display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_API) ||
        !eglChooseConfig(context->display, config_words, &config, 1, &configs) || configs < 1)
        return false;
    context->context = eglCreateContext(context->display, config, EGL_NO_CONTEXT, context_words);
    return context->context &&
           eglMakeCurrent(context->display, EGL_NO_SURFACE, EGL_NO_SURFACE, context->context);
}

static bool try_display(Context *context, EGLenum platform, void *native) {
    const PFNEGLGETPLATFORMDISPLAYEXTPROC get_display =
        (PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress("eglGetPlatformDisplayEXT");
    if (!get_display) return false;
    context->display = get_display(platform, native, NULL);
    if (!context->display) return false;
    if (make_context(context)) return true;
    context_close(context);
    return false;
}

static bool try_devices(Context *context) {
    const PFNEGLQUERYDEVICESEXTPROC query =
        (PFNEGLQUERYDEVICESEXTPROC)eglGetProcAddress("eglQueryDevicesEXT");
    EGLDeviceEXT devices[16];
    EGLint count = 0;
    if (!query || !query(16, devices, &count)) return false;
    for (EGLint i = 0; i < count; i++)
        if (try_display(context, EGL_PLATFORM_DEVICE_EXT, devices[i])) return true;
    return false;
}

Status context_open(Context *out) {
    /* A GPU would draw other bytes than the CPU does; the variables can still ask for one. */
    setenv("LIBGL_ALWAYS_SOFTWARE", "1", 0);
    setenv("LP_NUM_THREADS", "0", 0);
    if (try_display(out, EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY) || try_devices(out))
        return OK;
    return fail(
        E_IO, "render: EGL gives no OpenGL 3.3 without a window; install libgl1-mesa-dri and "
              "libegl1, or the EGL of your GPU");
}

void context_close(Context *context) {
    if (context->context) {
        eglMakeCurrent(context->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        eglDestroyContext(context->display, context->context);
    }
    if (context->display) eglTerminate(context->display);
    *context = (Context){0};
}

/* -- shaders ------------------------------------------------------------------------------- */

static const char VERTEX_SHADER[] =
    "layout(location=0) in vec3 position; layout(location=1) in vec3 normal;\n"
    "layout(location=2) in vec2 uv;\n"
    "uniform mat4 view, pose, shadow_view;\n"
    "out vec3 world; out vec3 facing; out vec2 at; out vec3 shade;\n"
    "void main() {\n"
    "  vec4 p = pose * vec4(position, 1.0);\n"
    "  world = p.xyz; facing = mat3(pose) * normal; at = uv;\n"
    "  shade = (shadow_view * p).xyz * 0.5 + 0.5;\n"
    "  gl_Position = view * p;\n"
    "}\n";

/* What the shaders of pictures share: colours are linear inside, square roots outside. Written
 * are the picture, the picture without the sun, and whose pixel it is. */
static const char SURFACE[] =
    "in vec3 world; in vec3 facing; in vec2 at; in vec3 shade;\n"
    "uniform sampler2D picture; uniform vec4 colour;\n"
    "uniform vec3 sun_direction, sun, sky, ground, lamps, eye; uniform vec2 lamps_at;\n"
    "uniform vec4 stripe, instance; uniform float stripe_sun, exposure, gloss;\n"
    "layout(location=0) out vec4 pixel; layout(location=1) out vec4 shaded;\n"
    "layout(location=2) out vec4 whose;\n"
    "vec3 surface() {\n"
    "#ifdef TEXTURED\n"
    "  vec3 t = texture(picture, at).rgb; return colour.rgb * t * t;\n"
    "#else\n"
    "  return colour.rgb;\n"
    "#endif\n"
    "}\n"
    "vec3 sunlight() {\n"
    "  float off = abs(dot(world.xy, stripe.xy) - stripe.z) - stripe.w;\n"
    "  return sun * (1.0 + stripe_sun * clamp(0.5 - off * 60.0, 0.0, 1.0));\n"
    "}\n"
    "vec3 expose(vec3 light) {\n"
    "  light *= exposure;\n"
    "  light = light * (1.4 + light * 0.22) / (1.0 + light * 0.72);\n"
    "  return sqrt(clamp(light, 0.0, 1.0));\n"
    "}\n";

static const char LIT_SHADER[] =
    "uniform sampler2DShadow shadow, moving_shadow;\n"
    "uniform vec4 pit; /* half x, half y, rim, 1 / depth */\n"
    "void main() {\n"
    "  vec3 n = normalize(facing), to_eye = normalize(eye - world);\n"
    "  if (!gl_FrontFacing) n = -n;\n"
    "  float open = 1.0;\n"
    "  if (abs(world.x) < pit.x && abs(world.y) < pit.y)\n"
    "    open = 1.0 - 0.42 * clamp((pit.z - world.z) * pit.w, 0.0, 1.0);\n"
    "  vec3 lit_at = vec3(shade.xy, shade.z - 0.003);\n"
    "#if defined(OPEN)\n"
    "  float seen = 1.0;\n"
    "#elif defined(MOVING)\n"
    "  float seen = texture(shadow, lit_at) * texture(moving_shadow, lit_at);\n"
    "#else\n"
    "  vec3 r = vec3(0.9, 0.5, 0.0) / 768.0; /* soft by two looks */\n"
    "  float seen = 0.5 * (texture(shadow, lit_at + r) + texture(shadow, lit_at - r));\n"
    "#endif\n"
    "  vec3 around = mix(ground, sky, n.z * 0.5 + 0.5) * open;\n"
    "  vec3 half_way = normalize(sun_direction + to_eye);\n"
    "  float s = max(dot(n, half_way), 0.0); s *= s; s *= s; s *= s; s *= s; s *= s;\n"
    "  vec3 paint = surface(), even = paint * around;\n"
    "  float alpha = colour.a;\n"
    "#ifdef LAMPS\n"
    "  vec3 mirrored = reflect(-to_eye, n);\n"
    "  float rim = 1.0 - max(dot(n, to_eye), 0.0); rim *= rim; rim *= rim;\n"
    "  float x = world.x + mirrored.x * (2.6 - world.z) / max(mirrored.z, 0.1);\n"
    "  float off = abs(fract(x * lamps_at.y + lamps_at.x) - 0.5) - 0.13;\n"
    "  vec3 glint = lamps * (clamp(0.5 - off * 12.0, 0.0, 1.0) * gloss * gloss * (1.0 + rim * 4.0) "
    "* open\n"
    "    * step(0.1, mirrored.z));\n"
    "  even += glint; alpha = min(1.0, alpha + glint.g);\n"
    "#endif\n"
    "  vec3 direct = sunlight() * seen;\n"
    "  vec3 light = even + direct * (paint * max(dot(n, sun_direction), 0.0) + gloss * s);\n"
    "  pixel = vec4(expose(light), alpha); whose = instance;\n"
    "#ifndef MOVING\n"
    "  shaded = vec4(expose(even), 1.0);\n"
    "#endif\n"
    "}\n";

static const char FAR_SHADER[] =
    "void main() {\n"
    "  vec3 n = normalize(facing);\n"
    "  vec3 c = expose(surface() * (mix(ground, sky, n.z * 0.5 + 0.5)\n"
    "    + sunlight() * abs(dot(n, sun_direction))));\n"
    "  pixel = vec4(c, 1.0); shaded = pixel; whose = instance;\n"
    "}\n";

static const char FLAT_SHADER[] = "uniform vec4 instance; out vec4 pixel;\n"
                                  "void main() { pixel = instance; }\n";

static const char DEPTH_SHADER[] = "void main() {}\n";

static Status compile(GLenum stage, const char *const *text, int count, GLuint program) {
    const GLuint shader = glCreateShader(stage);
    GLint ok = 0;
    glShaderSource(shader, count, text, NULL);
    glCompileShader(shader);
    glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
    if (!ok) {
        char log[512] = "";
        glGetShaderInfoLog(shader, sizeof log, NULL, log);
        return fail(E_IO, "render: the driver refuses a shader: %s", log);
    }
    glAttachShader(program, shader);
    glDeleteShader(shader); /* with the program, that is */
    return OK;
}

Status program_link(int which, Program *out) {
    const bool surface = which < PROGRAM_FLAT;
    const char *const body = which == PROGRAM_FLAT    ? FLAT_SHADER
                             : which == PROGRAM_DEPTH ? DEPTH_SHADER
                             : which & SURFACE_FAR    ? FAR_SHADER
                                                      : LIT_SHADER;
    const char *const fragment[] = {
        "#version 330 core\n",
        which & SURFACE_TEXTURED && surface ? "#define TEXTURED\n" : "",
        which & SURFACE_LAMPS && surface ? "#define LAMPS\n" : "",
        which & SURFACE_MOVING && surface ? "#define MOVING\n" : "",
        which & SURFACE_OPEN && surface ? "#define OPEN\n" : "",
        surface ? SURFACE : "",
        body};
    const char *const vertex[] = {"#version 330 core\n", VERTEX_SHADER};
    const GLuint id = glCreateProgram();
    TRY(compile(GL_VERTEX_SHADER, vertex, 2, id));
    TRY(compile(GL_FRAGMENT_SHADER, fragment, 7, id));
    glLinkProgram(id);
    GLint ok = 0;
    glGetProgramiv(id, GL_LINK_STATUS, &ok);
    if (!ok) return fail(E_IO, "render: the driver cannot link a shader");
    *out = (Program){
        .id = id,
        .view = glGetUniformLocation(id, "view"),
        .pose = glGetUniformLocation(id, "pose"),
        .colour = glGetUniformLocation(id, "colour"),
        .gloss = glGetUniformLocation(id, "gloss"),
        .instance = glGetUniformLocation(id, "instance"),
        .shadow_view = glGetUniformLocation(id, "shadow_view"),
    };
    static const char *const samplers[] = {"picture", "shadow", "moving_shadow"};
    glUseProgram(id);
    for (GLint unit = 0; unit < 3; unit++)
        glUniform1i(glGetUniformLocation(id, samplers[unit]), unit);
    return OK;
}

void program_light(const Program *program, const Light *light, const float eye[3]) {
    const GLuint id = program->id;
    glUniform3fv(glGetUniformLocation(id, "eye"), 1, eye);
    glUniform3fv(glGetUniformLocation(id, "sun_direction"), 1, light->sun_direction);
    glUniform3fv(glGetUniformLocation(id, "sun"), 1, light->sun);
    glUniform3fv(glGetUniformLocation(id, "sky"), 1, light->sky);
    glUniform3fv(glGetUniformLocation(id, "ground"), 1, light->ground);
    glUniform3fv(glGetUniformLocation(id, "lamps"), 1, light->lamps);
    glUniform2f(
        glGetUniformLocation(id, "lamps_at"), light->lamps_at[0],
        light->lamps_at[1] > 0 ? 1 / light->lamps_at[1] : 0);
    glUniform4fv(glGetUniformLocation(id, "stripe"), 1, light->stripe);
    glUniform1f(
        glGetUniformLocation(id, "stripe_sun"), light->stripe[3] > 0 ? light->stripe_sun : 0);
    glUniform1f(glGetUniformLocation(id, "exposure"), light->exposure);
    glUniform4f(
        glGetUniformLocation(id, "pit"), light->pit_half_m[0], light->pit_half_m[1],
        light->pit_rim_m, light->pit_depth_m > 0 ? 1 / light->pit_depth_m : 0);
}
