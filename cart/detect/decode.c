#include "decode.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

enum { CANDIDATES_MAX = 256 };

typedef struct Candidates {
    int count;
    Detection at[CANDIDATES_MAX]; /* by falling score */
} Candidates;

static float iou(const Box *a, const Box *b) {
    float width = fminf(a->x1, b->x1) - fmaxf(a->x0, b->x0);
    float height = fminf(a->y1, b->y1) - fmaxf(a->y0, b->y0);
    if (width <= 0 || height <= 0) return 0;
    float shared = width * height;
    float joint = (a->x1 - a->x0) * (a->y1 - a->y0) + (b->x1 - b->x0) * (b->y1 - b->y0) - shared;
    return shared / joint;
}

/* Of equal neighbours the first in reading order is the maximum. */
static bool is_peak(const float *scores, int rows, int columns, int row, int column) {
    float score = scores[row * columns + column];
    for (int y = row - 1; y <= row + 1; y++)
        for (int x = column - 1; x <= column + 1; x++) {
            if (y < 0 || x < 0 || y >= rows || x >= columns) continue;
            float other = scores[y * columns + x];
            bool before = y < row || (y == row && x < column);
            if (other > score || (before && other == score)) return false;
        }
    return true;
}

static bool read_box(
    const Heads *heads, int row, int column, double step, const Detections *picture, Box *out) {
    ptrdiff_t cells = (ptrdiff_t)heads->rows * heads->columns;
    const float *cell = heads->boxes + (ptrdiff_t)row * heads->columns + column;
    double x = (column + 0.5) * heads->cell_px, y = (row + 0.5) * heads->cell_px;
    double sides[4] = {
        x - (double)cell[0], y - (double)cell[cells], x + (double)cell[2 * cells],
        y + (double)cell[3 * cells]};
    for (int i = 0; i < 4; i++)
        if (!isfinite(sides[i])) return false;
    out->x0 = (float)fmax(sides[0] * step, 0);
    out->y0 = (float)fmax(sides[1] * step, 0);
    out->x1 = (float)fmin(sides[2] * step, picture->width);
    out->y1 = (float)fmin(sides[3] * step, picture->height);
    return out->x1 - out->x0 >= 1 && out->y1 - out->y0 >= 1;
}

static void keep(Candidates *all, const Detection *found) {
    int at = all->count < CANDIDATES_MAX ? all->count++ : CANDIDATES_MAX;
    if (at == CANDIDATES_MAX && found->score_p <= all->at[--at].score_p) return;
    for (; at > 0 && all->at[at - 1].score_p < found->score_p; at--)
        all->at[at] = all->at[at - 1];
    all->at[at] = *found;
}

void decode_heads(const DecodeRules *rules, const Heads *heads, double step, Detections *out) {
    Candidates all = {.count = 0};
    int cells = heads->rows * heads->columns;
    for (int kind = 0; kind < heads->kinds; kind++) {
        const float *scores = heads->scores + (ptrdiff_t)kind * cells;
        for (int cell = 0; cell < cells; cell++) {
            float score = scores[cell];
            if (!(score >= rules->score_min && score <= 1.001f)) continue; /* NaN falls here too */
            int row = cell / heads->columns, column = cell % heads->columns;
            if (!is_peak(scores, heads->rows, heads->columns, row, column)) continue;
            Detection found = {.kind = (DetectionKind)kind, .score_p = fminf(score, 1)};
            if (read_box(heads, row, column, step, out, &found.box)) keep(&all, &found);
        }
    }

    out->count = 0;
    for (int i = 0; i < all.count && out->count < DETECTIONS_MAX; i++) {
        const Detection *found = &all.at[i];
        bool alone = true;
        for (int j = 0; j < out->count && alone; j++)
            alone = out->at[j].kind != found->kind ||
                    iou(&out->at[j].box, &found->box) <= rules->overlap_max;
        if (alone) out->at[out->count++] = *found;
    }
}
