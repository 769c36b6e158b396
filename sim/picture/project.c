#include "project.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float SHADOW_HALF_M = 0.85f;
static const float LOWEST_M = -0.02f; /* nothing that shadows fall on lies below */

void project_multiply(const float a[16], const float b[16], float out[16]) {
    for (int column = 0; column < 4; column++)
        for (int row = 0; row < 4; row++) {
            float sum = 0;
            for (int k = 0; k < 4; k++)
                sum += a[k * 4 + row] * b[column * 4 + k];
            out[column * 4 + row] = sum;
        }
}

static void unit(float v[3]) {
    const float length = sqrtf(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int i = 0; i < 3 && length > 0; i++)
        v[i] /= length;
}

static void cross(const float a[3], const float b[3], float out[3]) {
    for (int i = 0; i < 3; i++)
        out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

/* World to eye: x right, y up, looking along -z. */
static void look(const float eye[3], const float toward[3], float roll, float out[16]) {
    float back[3] = {-toward[0], -toward[1], -toward[2]}, right[3], up[3];
    unit(back);
    const float helper[3] = {0, fabsf(back[2]) > 0.999f ? 1 : 0, fabsf(back[2]) > 0.999f ? 0 : 1};
    cross(helper, back, right);
    unit(right);
    cross(back, right, up);
    const float c = cosf(roll), s = sinf(roll);
    for (size_t i = 0; i < 3; i++) {
        out[i * 4] = c * right[i] + s * up[i];
        out[i * 4 + 1] = c * up[i] - s * right[i];
        out[i * 4 + 2] = back[i];
        out[i * 4 + 3] = 0;
    }
    for (int row = 0; row < 3; row++)
        out[12 + row] = -(out[row] * eye[0] + out[4 + row] * eye[1] + out[8 + row] * eye[2]);
    out[15] = 1;
}

/* y is negated, so that OpenGL's first row, its lowest, is the picture's top. */
void project_camera(const Camera *camera, int width, int height, float out[16]) {
    const float near = 0.04f, far = 12, f = 1 / tanf(camera->vertical_fov_rad / 2);
    float toward[3], world[16];
    for (int i = 0; i < 3; i++)
        toward[i] = camera->target[i] - camera->eye[i];
    look(camera->eye, toward, camera->roll_rad, world);
    float project[16] = {[0] = f * (float)height / (float)width, [5] = -f};
    project[10] = (far + near) / (near - far);
    project[11] = -1;
    project[14] = 2 * far * near / (near - far);
    project_multiply(project, world, out);
}

void project_sun(const Light *light, float out[16]) {
    float toward[3], eye[3], world[16];
    for (int i = 0; i < 3; i++) {
        toward[i] = -light->sun_direction[i];
        eye[i] = 2 * light->sun_direction[i] + (i == 2 ? 0.15f : 0);
    }
    look(eye, toward, 0, world);
    const float near = 0.8f, far = 3.2f, s = 1 / SHADOW_HALF_M;
    float project[16] = {[0] = s, [5] = s, [10] = -2 / (far - near), [15] = 1};
    project[14] = -(far + near) / (far - near);
    project_multiply(project, world, out);
}

void project_invert(const float m[16], float out[16]) {
    double a[4][8];
    for (int row = 0; row < 4; row++)
        for (int column = 0; column < 8; column++)
            a[row][column] = column < 4 ? (double)m[column * 4 + row] : column - 4 == row;
    for (int pivot = 0; pivot < 4; pivot++) {
        int best = pivot;
        for (int row = pivot + 1; row < 4; row++)
            if (fabs(a[row][pivot]) > fabs(a[best][pivot])) best = row;
        for (int column = 0; column < 8; column++) {
            const double swapped = a[pivot][column];
            a[pivot][column] = a[best][column];
            a[best][column] = swapped;
        }
        const double scale = 1 / a[pivot][pivot];
        for (int column = 0; column < 8; column++)
            a[pivot][column] *= scale;
        for (int row = 0; row < 4; row++) {
            const double times = a[row][pivot];
            for (int column = 0; column < 8 && row != pivot; column++)
                a[row][column] -= times * a[pivot][column];
        }
    }
    for (int row = 0; row < 4; row++)
        for (int column = 0; column < 4; column++)
            out[column * 4 + row] = (float)a[row][column + 4];
}

bool project_point(const float view[16], const float at[3], int width, int height, float out[2]) {
    float clip[4];
    for (int row = 0; row < 4; row++)
        clip[row] =
            view[row] * at[0] + view[4 + row] * at[1] + view[8 + row] * at[2] + view[12 + row];
    if (clip[3] < 0.03f) return false;
    out[0] = (clip[0] / clip[3] + 1) * 0.5f * (float)width;
    out[1] = (clip[1] / clip[3] + 1) * 0.5f * (float)height;
    return true;
}

static void hull_of_all(int width, int height, Hull *out) {
    const float w = (float)width, h = (float)height;
    *out = (Hull){4, {{0, 0}, {w, 0}, {w, h}, {0, h}}, {0, 0, width, height}};
}

static int left_then_up(const void *a, const void *b) {
    const float *p = a, *q = b;
    if (p[0] != q[0]) return p[0] < q[0] ? -1 : 1;
    return p[1] < q[1] ? -1 : p[1] > q[1];
}

static float turns(const float a[2], const float b[2], const float c[2]) {
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/* Andrew's monotone chain. */
static void hull_around(float (*points)[2], int count, Hull *out) {
    float chain[2 * HULL_MAX + 2][2];
    int n = 0;
    qsort(points, (size_t)count, sizeof *points, left_then_up);
    for (int pass = 0; pass < 2; pass++) {
        const int first = n;
        for (int i = 0; i < count; i++) {
            const float *point = points[pass ? count - 1 - i : i];
            while (n >= first + 2 && turns(chain[n - 2], chain[n - 1], point) <= 0)
                n--;
            memcpy(chain[n++], point, sizeof chain[0]);
        }
        n--; /* the next pass begins with it */
    }
    out->count = n < HULL_MAX ? n : HULL_MAX;
    memcpy(out->at, chain, (size_t)out->count * sizeof chain[0]);
}

/* A corner of the box, and where its shadow would lie on the floor. */
static void
corner_of(const float pose[16], const float low[3], const float high[3], int corner, float at[3]) {
    for (int i = 0; i < 3; i++)
        at[i] = pose[i] * (corner & 1 ? high[0] : low[0]) +
                pose[4 + i] * (corner & 2 ? high[1] : low[1]) +
                pose[8 + i] * (corner & 4 ? high[2] : low[2]) + pose[12 + i];
}

static void drop_to_floor(const float sun[3], float at[3]) {
    const float down = fmaxf(0, (at[2] - LOWEST_M) / sun[2]);
    for (int i = 0; i < 3; i++)
        at[i] -= sun[i] * down;
}

/* Two pixels more than the outline: the edges of a shadow are soft. */
static Rect rect_about(const Hull *hull, int width, int height) {
    float min[2] = {INFINITY, INFINITY}, max[2] = {-INFINITY, -INFINITY};
    for (int point = 0; point < hull->count; point++)
        for (int i = 0; i < 2; i++) {
            min[i] = fminf(min[i], hull->at[point][i]);
            max[i] = fmaxf(max[i], hull->at[point][i]);
        }
    const float w = (float)width, h = (float)height;
    return rect_meet(
        (Rect){0, 0, width, height}, (Rect){
                                         (int)fmaxf(min[0] - 2, -1), (int)fmaxf(min[1] - 2, -1),
                                         (int)fminf(max[0] + 3, w), (int)fminf(max[1] + 3, h)});
}

void project_box(
    const float view[16],
    const float pose[16],
    const float low[3],
    const float high[3],
    const float *sun,
    int width,
    int height,
    Hull *out) {
    float points[HULL_MAX][2];
    int count = 0;
    hull_of_all(width, height, out);
    if (sun && sun[2] < 0.2f) return;
    for (int corner = 0; corner < 8; corner++) {
        float at[3];
        corner_of(pose, low, high, corner, at);
        if (!project_point(view, at, width, height, points[count++])) return;
        if (!sun) continue;
        drop_to_floor(sun, at);
        if (!project_point(view, at, width, height, points[count++])) return;
    }
    hull_around(points, count, out);
    out->rect = rect_about(out, width, height);
}
