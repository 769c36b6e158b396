#include "stripes_internal.h"

#include <math.h>
#include <string.h>

/* Gradients are differences over two pixels. */
static const float LEAST_ENERGY = 12;      /* per pixel; a step of 10 grey levels every 8 px */
static const float LEAST_COHERENCE = 0.5F; /* 1: all gradients point one way */
static const float SAME_WAY = 0.8F;        /* cosine of twice the angle between */
enum { LEAST_BLOCKS = 4 };

static int block_columns(const Grey *grey) { return (grey->width + BLOCK_PX - 1) / BLOCK_PX; }
static int block_rows(const Grey *grey) { return (grey->height + BLOCK_PX - 1) / BLOCK_PX; }

size_t stripes_blocks(const Grey *grey) {
    return 2 * (size_t)block_columns(grey) * (size_t)block_rows(grey);
}

static void sum_gradients(const Grey *grey, Block *blocks) {
    const int columns = block_columns(grey);
    memset(blocks, 0, sizeof *blocks * (size_t)columns * (size_t)block_rows(grey));
    for (int y = 1; y + 1 < grey->height; y++) {
        const uint8_t *row = grey->at + (ptrdiff_t)y * grey->width;
        const uint8_t *above = row - grey->width, *below = row + grey->width;
        for (int left = 0; left < grey->width; left += BLOCK_PX) {
            const int begin = left > 0 ? left : 1;
            const int end = left + BLOCK_PX < grey->width ? left + BLOCK_PX : grey->width - 1;
            int xx = 0, xy = 0, yy = 0;
            for (int x = begin; x < end; x++) {
                const int dx = row[x + 1] - row[x - 1], dy = below[x] - above[x];
                xx += dx * dx;
                xy += dx * dy;
                yy += dy * dy;
            }
            Block *block = &blocks[y / BLOCK_PX * columns + left / BLOCK_PX];
            block->xx += (float)xx;
            block->xy += (float)xy;
            block->yy += (float)yy;
        }
    }
}

/* A wide space has no gradients of its own: each block is summed with the eight around it. */
static void smooth(const Grey *grey, const Block *from, Block *out) {
    const int columns = block_columns(grey), rows = block_rows(grey);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            Block sum = {0};
            for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < rows; v++)
                for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < columns; u++) {
                    sum.xx += from[v * columns + u].xx;
                    sum.xy += from[v * columns + u].xy;
                    sum.yy += from[v * columns + u].yy;
                }
            out[y * columns + x] = sum;
        }
}

static bool striped(const Block *block) {
    const float energy = block->xx + block->yy;
    const float apart = hypotf(block->xx - block->yy, 2 * block->xy);
    return energy > LEAST_ENERGY * 9 * BLOCK_PX * BLOCK_PX && apart > LEAST_COHERENCE * energy;
}

static bool same_way(const Block *a, const Block *b) {
    const float ax = a->xx - a->yy, ay = 2 * a->xy, bx = b->xx - b->yy, by = 2 * b->xy;
    return ax * bx + ay * by > SAME_WAY * sqrtf((ax * ax + ay * ay) * (bx * bx + by * by));
}

typedef struct Patch { /* blocks that hang together */
    Block sum;
    int count;
} Patch;

/* Gather what hangs together with a block; the way back is kept in `taken`, as index + 1. */
static Patch gather(const Grey *grey, Block *blocks, int seed, int mark, int *queue) {
    const int columns = block_columns(grey), rows = block_rows(grey);
    Patch patch = {0};
    int done = 0;
    queue[patch.count++] = seed;
    blocks[seed].taken = mark;
    while (done < patch.count) {
        const int at = queue[done++];
        patch.sum.xx += blocks[at].xx;
        patch.sum.xy += blocks[at].xy;
        patch.sum.yy += blocks[at].yy;
        const int x = at % columns, y = at / columns;
        const int next[4] = {
            x > 0 ? at - 1 : -1, x + 1 < columns ? at + 1 : -1, y > 0 ? at - columns : -1,
            y + 1 < rows ? at + columns : -1};
        for (int i = 0; i < 4; i++) {
            if (next[i] < 0 || blocks[next[i]].taken || !striped(&blocks[next[i]])) continue;
            if (!same_way(&patch.sum, &blocks[next[i]])) continue;
            blocks[next[i]].taken = mark;
            queue[patch.count++] = next[i];
        }
    }
    return patch;
}

static Stripes measure(const Grey *grey, const Patch *patch, const int *queue) {
    const int columns = block_columns(grey);
    const float angle = 0.5F * atan2f(2 * patch->sum.xy, patch->sum.xx - patch->sum.yy);
    Stripes out = {.across_x = cosf(angle), .across_y = sinf(angle)};
    float least[2] = {1e9F, 1e9F}, most[2] = {-1e9F, -1e9F};
    for (int i = 0; i < patch->count; i++) {
        const int column = queue[i] % columns, row = queue[i] / columns;
        const float x = ((float)column + 0.5F) * BLOCK_PX;
        const float y = ((float)row + 0.5F) * BLOCK_PX;
        const float at[2] = {
            x * out.across_x + y * out.across_y, y * out.across_x - x * out.across_y};
        for (int k = 0; k < 2; k++) {
            least[k] = fminf(least[k], at[k]);
            most[k] = fmaxf(most[k], at[k]);
        }
    }
    const float u = (least[0] + most[0]) / 2, v = (least[1] + most[1]) / 2;
    out.x = u * out.across_x - v * out.across_y;
    out.y = u * out.across_y + v * out.across_x;
    out.half_across = (most[0] - least[0] + BLOCK_PX) / 2;
    out.half_along = (most[1] - least[1] + BLOCK_PX) / 2;
    return out;
}

int stripes_find(const Grey *grey, Block *blocks, Stripes *out, int max) {
    const int count = block_columns(grey) * block_rows(grey);
    Block *raw = blocks + count;
    sum_gradients(grey, raw);
    smooth(grey, raw, blocks);
    int *queue = (int *)(void *)raw; /* the raw sums are not needed any more */
    float energies[STRIPES_MAX];
    int found = 0;
    for (int i = 0; i < count; i++) {
        if (blocks[i].taken || !striped(&blocks[i])) continue;
        const Patch patch = gather(grey, blocks, i, 1, queue);
        if (patch.count < LEAST_BLOCKS) continue;
        const float energy = patch.sum.xx + patch.sum.yy;
        int at = found < max ? found++ : max;
        for (; at > 0 && energies[at - 1] < energy; at--)
            if (at < max) {
                energies[at] = energies[at - 1];
                out[at] = out[at - 1];
            }
        if (at == max) continue;
        energies[at] = energy;
        out[at] = measure(grey, &patch, queue);
    }
    return found;
}

/* -- lines ------------------------------------------------------------------------------------- */

static float darkness_at(const Grey *grey, float x, float y) {
    x = fminf(fmaxf(x, 0), (float)(grey->width - 1) - 0.001F);
    y = fminf(fmaxf(y, 0), (float)(grey->height - 1) - 0.001F);
    const int left = (int)x, top = (int)y;
    const float right = x - (float)left, below = y - (float)top;
    const uint8_t *p = grey->at + (ptrdiff_t)top * grey->width + left;
    const float upper = (float)p[0] + right * (float)(p[1] - p[0]);
    const uint8_t *q = p + grey->width;
    const float lower = (float)q[0] + right * (float)(q[1] - q[0]);
    return 255 - (upper + below * (lower - upper));
}

/* How much of start + t * step, t in least..most, lies in 0..limit? */
static void clip(float start, float step, float limit, float *least, float *most) {
    if (fabsf(step) < 1e-6F) {
        if (start < 0 || start > limit) *most = *least;
        return;
    }
    const float a = -start / step, b = (limit - start) / step;
    *least = fmaxf(*least, fminf(a, b));
    *most = fminf(*most, fmaxf(a, b));
}

bool stripes_line(
    const Grey *grey, const Stripes *stripes, float offset_px, int rows_px, Line *out) {
    const float ux = stripes->across_x, uy = stripes->across_y;
    const float x = stripes->x - offset_px * uy, y = stripes->y + offset_px * ux;
    const float far = 1.6F * stripes->half_across + 24;
    float least = -far, most = far;
    clip(x, ux, (float)(grey->width - 1), &least, &most);
    clip(y, uy, (float)(grey->height - 1), &least, &most);
    out->count = (int)((most - least) * PER_PX);
    if (out->count > LINE_MAX) out->count = LINE_MAX;
    if (out->count < 32 * PER_PX) return false;
    out->sum[0] = 0;
    for (int i = 0; i < out->count; i++) {
        const float t = least + (float)i / PER_PX;
        float sum = 0;
        for (int row = 0; row < rows_px; row++) {
            const float v = (float)row - (float)(rows_px - 1) / 2;
            sum += darkness_at(grey, x + t * ux - v * uy, y + t * uy + v * ux);
        }
        out->sum[i + 1] = out->sum[i] + sum / (float)rows_px;
    }
    return true;
}
