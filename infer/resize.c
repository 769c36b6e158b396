#include "resize.h"

#include "resize_internal.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Rows first: source rows are added up into one wide row of Q8 sums, which the compiler turns into
 * vector code; then that row is gathered into the narrow destination row with Q14 weights. */

typedef struct Axis {
    int size;
    Span *spans;
    int16_t *weights;
} Axis;

struct Resizer {
    Axis columns, rows;
    int16_t *sums; /* one source row, Q8, less SUM_BIAS */
};

static int axis_open(Axis *axis, int size) {
    axis->size = size;
    axis->spans = calloc((size_t)size, sizeof *axis->spans);
    /* spans overlap by at most one pixel at each end, and are filled up to an even number */
    axis->weights = calloc(RESIZE_SOURCE_MAX_PX + 4 * (size_t)size, sizeof *axis->weights);
    return axis->spans && axis->weights;
}

Status resizer_open(Resizer **out, int width, int height) {
    assert(width > 0 && height > 0);
    Resizer *r = calloc(1, sizeof *r);
    int enough = r != NULL;
    if (r) {
        enough &= axis_open(&r->columns, width);
        enough &= axis_open(&r->rows, height);
        r->sums = calloc((size_t)RESIZE_SOURCE_MAX_PX * 3 + SUM_SLACK, sizeof *r->sums);
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
static void weigh_span(const Span *span, double from, double to, int one, int16_t *out) {
    int left = one, largest = 0;
    for (int i = 0; i < span->count; i++) {
        double pixel = span->first + i;
        double covered = fmin(to, pixel + 1) - fmax(from, pixel);
        int weight = (int)(fmax(covered, 0) / (to - from) * one + 0.5);
        out[i] = (int16_t)weight;
        left -= weight;
        if (out[i] > out[largest]) largest = i;
    }
    out[largest] = (int16_t)(out[largest] + left);
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
        if (used % 2) axis->weights[used++] = 0;
    }
}

static void
add_row(int16_t *restrict sums, const uint8_t *restrict row, int count, unsigned weight) {
    for (int i = 0; i < count; i++)
        sums[i] = (int16_t)((unsigned)sums[i] + row[i] * weight);
}

static void
start_row(int16_t *restrict sums, const uint8_t *restrict row, int count, unsigned weight) {
    for (int i = 0; i < count; i++)
        sums[i] = (int16_t)(row[i] * weight - SUM_BIAS);
}

void resize_gather_plain(
    const Span *spans, int size, const int16_t *weights, const int16_t *sums, uint8_t *out) {
    for (int x = 0; x < size; x++, out += 3) {
        const Span *span = &spans[x];
        if (span->count == 0) {
            out[0] = out[1] = out[2] = RESIZE_FILL;
            continue;
        }
        for (int channel = 0; channel < 3; channel++) {
            const int16_t *from = sums + (ptrdiff_t)3 * span->first + channel;
            int32_t sum = COLUMN_ONE * SUM_BIAS + COLUMN_ONE * ROW_ONE / 2; /* half: it rounds */
            for (int i = 0; i < span->count; i++)
                sum += from[(ptrdiff_t)3 * i] * weights[span->weight + i];
            out[channel] = (uint8_t)(sum >> 22);
        }
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
        const unsigned weight = (unsigned)r->rows.weights[span->weight + i];
        if (i == 0)
            start_row(r->sums + skipped, row, 3 * (to - from), weight);
        else
            add_row(r->sums + skipped, row, 3 * (to - from), weight);
    }
}

/* -- whole steps of one or two source pixels: what cameras and detectors like to have -----------
 */

void resize_halve_plain(const uint8_t *upper, const uint8_t *lower, int size, uint8_t *out) {
    for (int x = 0; x < size; x++, upper += 6, lower += 6, out += 3)
        for (int channel = 0; channel < 3; channel++) {
            const int left = upper[channel] + lower[channel];
            const int right = upper[channel + 3] + lower[channel + 3];
            out[channel] = (uint8_t)((left + right + 2) / 4);
        }
}

typedef struct Part { /* of the destination that lies inside the source */
    int from, to;
} Part;

static Part part_of(int origin, int step, int source, int size) {
    const int from = origin < 0 ? -origin / step : 0, to = (source - origin) / step;
    return (Part){from < size ? from : size, to < size ? (to > from ? to : from) : size};
}

static void place_whole(Resizer *r, const Frame *frame, int x0, int y0, int step, uint8_t *out) {
    const int row_bytes = r->columns.size * 3;
    const Part rows = part_of(y0, step, frame->height, r->rows.size);
    const Part columns = part_of(x0, step, frame->width, r->columns.size);
    const int inside = columns.to - columns.from;
    for (int y = 0; y < r->rows.size; y++, out += row_bytes) {
        const bool outside = y < rows.from || y >= rows.to || inside <= 0;
        if (outside || inside < r->columns.size) memset(out, RESIZE_FILL, (size_t)row_bytes);
        if (outside) continue;
        const uint8_t *row = frame->rgb + (ptrdiff_t)(y0 + y * step) * frame->stride +
                             (ptrdiff_t)(x0 + columns.from * step) * 3;
        uint8_t *to = out + (ptrdiff_t)columns.from * 3;
        if (step == 1)
            memcpy(to, row, (size_t)inside * 3);
        else
            resize_halve(row, row + frame->stride, inside, to);
    }
}

static bool near_whole(double value, double whole) { return fabs(value - whole) < 1e-9; }

/* Is each destination pixel `step` whole source pixels wide and high, or all outside? */
static bool is_whole(const Frame *frame, double x0, double y0, double step) {
    const double x = rint(x0), y = rint(y0);
    if (!near_whole(x0, x) || !near_whole(y0, y) || fabs(x) > 1e6 || fabs(y) > 1e6) return false;
    if (near_whole(step, 1)) return true;
    const int column = (int)x, row = (int)y; /* by twos, the picture must begin and end on one */
    return near_whole(step, 2) && (column >= 0 || column % 2 == 0) && (row >= 0 || row % 2 == 0) &&
           (frame->width - column) % 2 == 0 && (frame->height - row) % 2 == 0;
}

void resizer_place(
    Resizer *r, const Frame *frame, double x0, double y0, double step, uint8_t *out) {
    assert(step > 0 && isfinite(step) && isfinite(x0) && isfinite(y0));
    assert(frame->width <= RESIZE_SOURCE_MAX_PX && frame->height <= RESIZE_SOURCE_MAX_PX);
    if (is_whole(frame, x0, y0, step)) {
        place_whole(r, frame, (int)rint(x0), (int)rint(y0), (int)rint(step), out);
        return;
    }
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
        resize_gather(r->columns.spans, r->columns.size, r->columns.weights, r->sums, out);
    }
}
