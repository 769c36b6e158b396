#include "resize.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows first: source rows are added up into one wide row of Q8 sums, which the compiler turns into
 * vector code; then that row is gathered into the narrow destination row with Q15 weights. */
enum { ROW_ONE = 256, COLUMN_ONE = 32768 };

typedef struct Span { /* the source pixels behind one destination pixel */
    int first, count; /* count 0: outside */
    int weight;       /* index of the first weight */
} Span;

typedef struct Axis {
    int size;
    Span *spans;
    uint16_t *weights;
} Axis;

struct Resizer {
    Axis columns, rows;
    uint16_t *sums; /* one source row, Q8 */
};

static int axis_open(Axis *axis, int size) {
    axis->size = size;
    axis->spans = calloc((size_t)size, sizeof *axis->spans);
    /* spans overlap by at most one pixel at each end */
    axis->weights = calloc(RESIZE_SOURCE_MAX_PX + 3 * (size_t)size, sizeof *axis->weights);
    return axis->spans && axis->weights;
}

Status resizer_open(Resizer **out, int width, int height) {
    assert(width > 0 && height > 0);
    Resizer *r = calloc(1, sizeof *r);
    int enough = r != NULL;
    if (r) {
        enough &= axis_open(&r->columns, width);
        enough &= axis_open(&r->rows, height);
        r->sums = malloc((size_t)RESIZE_SOURCE_MAX_PX * 3 * sizeof *r->sums);
        enough &= r->sums != NULL;
    }
    if (!enough) {
        resizer_close(r);
        return fail(E_NO_MEMORY, "resize: out of memory");
    }
    *out = r;
    return OK;
}

void resizer_close(Resizer *r) {
    if (!r) return;
    free(r->columns.spans);
    free(r->columns.weights);
    free(r->rows.spans);
    free(r->rows.weights);
    free(r->sums);
    free(r);
}

/* The weights of the source pixels between two places, which sum to `one` exactly: the largest
 * takes what rounding left over. */
static void weigh_span(const Span *span, double from, double to, int one, uint16_t *out) {
    int left = one, largest = 0;
    for (int i = 0; i < span->count; i++) {
        double pixel = span->first + i;
        double covered = fmin(to, pixel + 1) - fmax(from, pixel);
        int weight = (int)(fmax(covered, 0) / (to - from) * one + 0.5);
        out[i] = (uint16_t)weight;
        left -= weight;
        if (out[i] > out[largest]) largest = i;
    }
    out[largest] = (uint16_t)(out[largest] + left);
}

static void axis_plan(Axis *axis, double origin, double step, int source, int one) {
    /* a box one destination pixel wide is the mean; one source pixel wide is the bilinear mix */
    double half = fmax(step, 1) / 2;
    int used = 0;
    for (int i = 0; i < axis->size; i++) {
        double centre = origin + (i + 0.5) * step;
        Span *span = &axis->spans[i];
        *span = (Span){.weight = used};
        if (!(centre >= 0 && centre < source)) continue;
        double from = fmax(centre - half, 0), to = fmin(centre + half, source);
        span->first = (int)floor(from);
        span->count = (int)ceil(to) - span->first; /* to - from is half a pixel or more */
        weigh_span(span, from, to, one, axis->weights + used);
        used += span->count;
    }
}

static void
add_row(uint16_t *restrict sums, const uint8_t *restrict row, int count, uint16_t weight) {
    for (int i = 0; i < count; i++)
        sums[i] = (uint16_t)(sums[i] + row[i] * weight);
}

static void
start_row(uint16_t *restrict sums, const uint8_t *restrict row, int count, uint16_t weight) {
    for (int i = 0; i < count; i++)
        sums[i] = (uint16_t)(row[i] * weight);
}

static void gather_row(const Axis *columns, const uint16_t *sums, uint8_t *out) {
    const uint32_t half = (uint32_t)ROW_ONE * COLUMN_ONE / 2;
    for (int x = 0; x < columns->size; x++, out += 3) {
        const Span *span = &columns->spans[x];
        if (span->count == 0) {
            out[0] = out[1] = out[2] = RESIZE_FILL;
            continue;
        }
        const uint16_t *from = sums + (ptrdiff_t)3 * span->first;
        const uint16_t *weights = columns->weights + span->weight;
        uint32_t r = half, g = half, b = half; /* at most 255.5 * 2^23: fits */
        for (int i = 0; i < span->count; i++, from += 3) {
            r += (uint32_t)from[0] * weights[i];
            g += (uint32_t)from[1] * weights[i];
            b += (uint32_t)from[2] * weights[i];
        }
        out[0] = (uint8_t)(r >> 23);
        out[1] = (uint8_t)(g >> 23);
        out[2] = (uint8_t)(b >> 23);
    }
}

/* The source columns that are looked at: only those are added up. */
static void find_columns(const Axis *columns, int *from, int *to) {
    *from = RESIZE_SOURCE_MAX_PX;
    *to = 0;
    for (int x = 0; x < columns->size; x++) {
        const Span *span = &columns->spans[x];
        if (span->count == 0) continue;
        if (span->first < *from) *from = span->first;
        if (span->first + span->count > *to) *to = span->first + span->count;
    }
}

/* The weighted sum of a span of source rows, between two columns. */
static void add_rows(Resizer *r, const Frame *frame, const Span *span, int from, int to) {
    const ptrdiff_t skipped = (ptrdiff_t)3 * from;
    for (int i = 0; i < span->count; i++) {
        const uint8_t *row = frame->rgb + (ptrdiff_t)(span->first + i) * frame->stride + skipped;
        uint16_t weight = r->rows.weights[span->weight + i];
        if (i == 0)
            start_row(r->sums + skipped, row, 3 * (to - from), weight);
        else
            add_row(r->sums + skipped, row, 3 * (to - from), weight);
    }
}

void resizer_place(
    Resizer *r, const Frame *frame, double x0, double y0, double step, uint8_t *out) {
    assert(step > 0 && isfinite(step) && isfinite(x0) && isfinite(y0));
    assert(frame->width <= RESIZE_SOURCE_MAX_PX && frame->height <= RESIZE_SOURCE_MAX_PX);
    axis_plan(&r->columns, x0, step, frame->width, COLUMN_ONE);
    axis_plan(&r->rows, y0, step, frame->height, ROW_ONE);
    int from, to, row_bytes = r->columns.size * 3;
    find_columns(&r->columns, &from, &to);
    for (int y = 0; y < r->rows.size; y++, out += row_bytes) {
        const Span *span = &r->rows.spans[y];
        if (span->count == 0 || to <= from) {
            memset(out, RESIZE_FILL, (size_t)row_bytes);
            continue;
        }
        add_rows(r, frame, span, from, to);
        gather_row(&r->columns, r->sums, out);
    }
}
