/* The detector without a network: patches of strong colour are items, black ones hands. */
#include "detect_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CELL_PX = 4,
    PATCH_CELLS_MIN = 9,
    CELLS_MAX_PER_FRAME = (4096 / CELL_PX) * (4096 / CELL_PX),
    COLOURED = 96, /* strongest less weakest channel */
    BLACK = 40,    /* strongest channel */
};

typedef struct FakeDetector {
    uint8_t *cells; /* kind + 1, 0: background or already taken */
    int *stack;
} FakeDetector;

typedef struct Patch {
    int cells, x0, y0, x1, y1; /* in cells, x1 and y1 exclusive */
} Patch;

static void close_fake(void *state) {
    FakeDetector *d = state;
    if (!d) return;
    free(d->cells);
    free(d->stack);
    free(d);
}

static Status open_fake(void **out, const DetectConfig *config, const InferConfig *infer) {
    (void)infer;
    if (strcmp(config->model, "fake:") != 0)
        return fail(E_INVALID, "detect: %s: fake: takes no words", config->model);
    FakeDetector *d = calloc(1, sizeof *d);
    if (d) {
        d->cells = malloc(CELLS_MAX_PER_FRAME);
        d->stack = malloc(CELLS_MAX_PER_FRAME * sizeof *d->stack);
    }
    if (!d || !d->cells || !d->stack) {
        close_fake(d);
        return fail(E_NO_MEMORY, "detect: out of memory");
    }
    *out = d;
    return OK;
}

static uint8_t kind_of(const uint8_t *pixel) {
    int high = pixel[0], low = pixel[0];
    for (int i = 1; i < 3; i++) {
        if (pixel[i] > high) high = pixel[i];
        if (pixel[i] < low) low = pixel[i];
    }
    if (high < BLACK) return DETECTION_HAND + 1;
    return high - low > COLOURED ? DETECTION_ITEM + 1 : 0;
}

/* Take the patch around `start` off the cells. */
static Patch flood(FakeDetector *d, int columns, int rows, int start) {
    uint8_t kind = d->cells[start];
    Patch patch = {0, columns, rows, 0, 0};
    int depth = 0;
    d->cells[start] = 0;
    d->stack[depth++] = start;
    while (depth > 0) {
        int cell = d->stack[--depth], x = cell % columns, y = cell / columns;
        patch.cells++;
        if (x < patch.x0) patch.x0 = x;
        if (y < patch.y0) patch.y0 = y;
        if (x >= patch.x1) patch.x1 = x + 1;
        if (y >= patch.y1) patch.y1 = y + 1;
        const int next[4][2] = {{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}};
        for (int i = 0; i < 4; i++) {
            int nx = next[i][0], ny = next[i][1];
            if (nx < 0 || ny < 0 || nx >= columns || ny >= rows) continue;
            if (d->cells[ny * columns + nx] != kind) continue;
            d->cells[ny * columns + nx] = 0;
            d->stack[depth++] = ny * columns + nx;
        }
    }
    return patch;
}

static void find_in(FakeDetector *d, const Frame *frame, Detections *out) {
    int columns = frame->width / CELL_PX, rows = frame->height / CELL_PX;
    if (columns * rows > CELLS_MAX_PER_FRAME) rows = CELLS_MAX_PER_FRAME / columns;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++)
            d->cells[y * columns + x] = kind_of(
                frame->rgb + (ptrdiff_t)(y * CELL_PX + CELL_PX / 2) * frame->stride +
                3 * (ptrdiff_t)(x * CELL_PX + CELL_PX / 2));
    out->width = frame->width;
    out->height = frame->height;
    out->count = 0;
    for (int cell = 0; cell < rows * columns && out->count < DETECTIONS_MAX; cell++) {
        if (!d->cells[cell]) continue;
        DetectionKind kind = (DetectionKind)(d->cells[cell] - 1);
        Patch patch = flood(d, columns, rows, cell);
        if (patch.cells < PATCH_CELLS_MIN) continue;
        out->at[out->count++] = (Detection){
            .box =
                {(float)patch.x0 * CELL_PX, (float)patch.y0 * CELL_PX, (float)patch.x1 * CELL_PX,
                 (float)patch.y1 * CELL_PX},
            .kind = kind,
            .score_p = 0.9f};
    }
}

static Status find(void *state, const Frame *const *frames, int count, Detections *out) {
    for (int i = 0; i < count; i++)
        find_in(state, frames[i], &out[i]);
    return OK;
}

static const uint8_t *sha256(const void *state) {
    (void)state;
    return NULL;
}

const DetectBackend detect_fake = {open_fake, find, sha256, close_fake};
