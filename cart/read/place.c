#include "place_internal.h"

#include <math.h>
#include <string.h>

enum {
    EDGE_NEAR = 16, /* samples: an edge is compared with those so near */
};

static const float LEAST_MODULE_PX = 0.7F;
static const float LEAST_GUARDS = 0.5F; /* mean correlation of the guards with theirs */
static const float LEAST_SOFT_GUARDS = 0.7F;
static const float LEAST_EDGE = 0.12F; /* of the steepest near */
static const float LEAST_SLOPE = 3;    /* grey levels over two pixels, about */
static const float MOST_OFF = 0.35F;   /* modules, of edges from where they should be */

/* -- the line ---------------------------------------------------------------------------------- */

float line_sum(const Line *line, float x) { /* x in samples */
    if (x <= 0) return x * line->sum[1];
    if (x >= (float)line->count)
        return line->sum[line->count] +
               (x - (float)line->count) * (line->sum[line->count] - line->sum[line->count - 1]);
    const int i = (int)x;
    return line->sum[i] + (x - (float)i) * (line->sum[i + 1] - line->sum[i]);
}

static float warped(const float *warp, float s) {
    float x = warp[WARP - 1];
    for (int k = WARP - 2; k >= 0; k--)
        x = x * s + warp[k];
    return x;
}

/* Where module m of a place lies; along the line, whichever way the code runs. */
float place_x(const Layout *layout, const Place *place, float m) {
    const float smooth = warped(place->warp, m / (float)layout->modules);
    if (place->knots == 0) return smooth;
    int i = 0;
    while (i + 2 < place->knots && m > place->knot_module[i + 1])
        i++;
    const float part =
        (m - place->knot_module[i]) / (place->knot_module[i + 1] - place->knot_module[i]);
    return smooth + place->knot_x[i] + part * (place->knot_x[i + 1] - place->knot_x[i]);
}

/* Mean darkness of each sample of a code that lies so. */
void place_sample(const Line *line, const Layout *layout, const Place *place, float *out) {
    const int count = symbol_samples(layout);
    float x = place_x(layout, place, -1), before = line_sum(line, x);
    for (int i = 0; i < count; i++) {
        const float next = place_x(layout, place, (float)(i + 1) / PER_MODULE - 1);
        const float sum = line_sum(line, next);
        const float mean = next - x > 0.01F ? (sum - before) / (next - x) : 0;
        out[place->reversed ? count - 1 - i : i] = mean;
        x = next;
        before = sum;
    }
}

/* -- first places ------------------------------------------------------------------------------ */

static float value(const Line *line, int i) { return line->sum[i + 1] - line->sum[i]; }

static float slope(const Line *line, int i) {
    return value(line, i + 1) + value(line, i + 2) - value(line, i - 1) - value(line, i - 2);
}

void edges_find(const Line *line, Edges *out) {
    float near[LINE_MAX / EDGE_NEAR + 2] = {0}; /* the steepest of each stretch */
    for (int i = 2; i + 2 < line->count; i++)
        near[i / EDGE_NEAR] = fmaxf(near[i / EDGE_NEAR], fabsf(slope(line, i)));
    out->count = 0;
    for (int i = 3; i + 3 < line->count && out->count < EDGES_MAX; i++) {
        const float here = slope(line, i), size = fabsf(here);
        const int stretch = i / EDGE_NEAR;
        const float steepest =
            fmaxf(near[stretch], fmaxf(near[stretch + 1], near[stretch > 0 ? stretch - 1 : 0]));
        if (size < LEAST_EDGE * steepest || size < LEAST_SLOPE) continue;
        const float before = slope(line, i - 1) * (here > 0 ? 1.0F : -1.0F);
        const float behind = slope(line, i + 1) * (here > 0 ? 1.0F : -1.0F);
        if (size < before || size <= behind) continue;
        const float bend = before - 2 * size + behind;
        const float shift = bend < -1e-6F ? 0.5F * (before - behind) / bend : 0;
        out->at[out->count].x = (float)i + 0.5F + shift;
        out->at[out->count++].darker = here > 0;
    }
}

/* How alike what lies from x on and a few modules look, -1 to 1. */
static float alike(const Line *line, float x, float module, const float *pattern, int count) {
    float sum = 0, squares = 0, both = 0, of_pattern = 0, of_squares = 0;
    float before = line_sum(line, x);
    for (int i = 0; i < count; i++) {
        const float next = line_sum(line, x + (float)(i + 1) * module / PER_MODULE);
        const float mean = next - before;
        before = next;
        sum += mean;
        squares += mean * mean;
        both += mean * pattern[i];
        of_pattern += pattern[i];
        of_squares += pattern[i] * pattern[i];
    }
    const float n = (float)count;
    const float spread = (squares - sum * sum / n) * (of_squares - of_pattern * of_pattern / n);
    return spread > 1e-6F ? (both - sum * of_pattern / n) / sqrtf(spread) : 0;
}

enum { GUARD_MODULES = 10, GUARD_SAMPLES = PER_MODULE * GUARD_MODULES };

/* A guard and what always stands around it: white outside, and a digit's outer module. */
static void draw_guard(const Layout *layout, const Blur *blur, int from_module, float *out) {
    float whole[SAMPLES_MAX];
    symbol_draw(layout, blur, NULL, whole);
    for (int i = 0; i < GUARD_SAMPLES; i++) {
        const int at = i + PER_MODULE * (from_module + 1);
        out[i] = at >= 0 && at < symbol_samples(layout) ? whole[at] : 0;
    }
}

/* Left digits end, and right ones begin, with a black module. */
static void add_module(const Blur *blur, int module, float darkness, float *out) {
    for (int i = 0; i < PER_MODULE * (1 + 2 * REACH_MODULES); i++) {
        const int at = i + PER_MODULE * (module - REACH_MODULES);
        if (at >= 0 && at < GUARD_SAMPLES) out[at] += darkness * blur->module[i];
    }
}

typedef struct Guards {
    float first[GUARD_SAMPLES], middle[GUARD_SAMPLES], last[GUARD_SAMPLES];
} Guards;

static void guards_of(const Layout *layout, const Blur *blur, Guards *out) {
    draw_guard(layout, blur, -3, out->first);
    draw_guard(layout, blur, layout->modules - layout->tail_modules - 1, out->last);
    for (int i = 1; i <= DIGIT_MODULES; i++) /* what the next digit may be like */
        add_module(blur, 6 + i, 0.5F, out->first);
    if (!layout->middles) { /* the last guard comes right after a left digit */
        add_module(blur, 0, 1, out->last);
        return;
    }
    draw_guard(layout, blur, layout->middle_module - 1, out->middle);
    add_module(blur, 0, 1, out->middle);
    add_module(blur, layout->middles + 1, 1, out->middle);
    for (int i = 1; i <= DIGIT_MODULES; i++)
        add_module(blur, layout->tail_modules - 2 - i, 0.5F, out->last);
}

void place_keep(Place *places, int *count, int max, const Place *place) {
    int at = *count < max ? (*count)++ : max;
    for (; at > 0 && places[at - 1].score < place->score; at--)
        if (at < max) places[at] = places[at - 1];
    if (at < max) places[at] = *place;
}

static void try_pair(
    const Line *line,
    const Layout *layout,
    const Guards *guards,
    bool soft,
    float begin,
    float end,
    Place *places,
    int *count) {
    const float width = end - begin, module = width / (float)layout->modules;
    const float first = alike(line, begin - 3 * module, module, guards->first, PER_MODULE * 7);
    if (first < 0.35F) return;
    const float tail = (float)layout->tail_modules;
    const float last = alike(
        line, end - (tail + 1) * module, module, guards->last,
        PER_MODULE * (layout->tail_modules + 4));
    if (last < 0.35F) return;
    Place place = {.warp = {begin, width}};
    float best = 0;
    if (layout->middles && !soft) {
        best = -1;
        float bent = 0;
        for (int i = -6; i <= 6; i++) { /* seen aslant, the middle is off by some modules */
            const float off = 0.5F * (float)i;
            const float x = begin + ((float)(layout->middle_module - 1) + off) * module;
            const float score =
                alike(line, x, module, guards->middle, PER_MODULE * 7) - 0.01F * fabsf(off);
            if (score > best) {
                best = score;
                bent = off;
            }
        }
        place.warp[1] += 4 * bent * module;
        place.warp[2] = -4 * bent * module;
        place.score = (first + last + best) / 3;
    } else
        place.score = (first + last) / 2;
    if (place.score > (soft ? LEAST_SOFT_GUARDS : LEAST_GUARDS))
        place_keep(places, count, soft ? PLACES_SOFT : PLACES_LIKELY, &place);
}

/* Solve the symmetric a x = b in place, by Cholesky; a is n by n, its lower half filled. */
bool place_solve(int n, double *a, double *b) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (int k = 0; k < j; k++)
                sum -= a[i * n + k] * a[j * n + k];
            if (i == j && sum <= 1e-12) return false;
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++)
            b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++)
            b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
    return true;
}

/* From x of s to -x of 1 - s. */
static void turn_warp(float *warp) {
    float turned[WARP] = {0};
    for (int k = WARP - 1; k >= 0; k--) {
        for (int j = WARP - 1; j > 0; j--)
            turned[j] -= turned[j - 1];
        turned[0] += warp[k];
    }
    for (int k = 0; k < WARP; k++)
        warp[k] = -turned[k];
}

/* When every edge is seen, their distances alone tell the digits: each is measured by its own
 * width. Crumpled, a code is followed from digit to digit. */
static bool
follow_edges(const Layout *layout, const float *at, const float *module_at, Place *place) {
    const int count = symbol_edges(layout);
    const float module = (at[count - 1] - at[0]) / (float)layout->modules;
    float last_x = at[0], last_module = 0, off = 0;
    place->knots = 0;
    int from = 0;
    for (int i = 0; i < count; i++) {
        const float m = module_at[i];
        if (i > 0 && !symbol_border(layout, (int)m)) continue;
        if (i > 0) {
            const float own = (at[i] - last_x) / (m - last_module);
            if (own < 0.5F * module || own > 1.8F * module) return false;
            for (int k = from + 1; k < i; k++) {
                const float away = (at[k] - last_x) / own - (module_at[k] - last_module);
                off += away * away;
            }
        }
        place->knot_module[place->knots] = m;
        place->knot_x[place->knots++] = at[i] - (at[0] + m * module);
        last_x = at[i];
        last_module = m;
        from = i;
    }
    memset(place->warp, 0, sizeof place->warp);
    place->warp[0] = at[0];
    place->warp[1] = at[count - 1] - at[0];
    place->score = 1 - off / (float)count;
    return place->score > 1 - MOST_OFF * MOST_OFF;
}

/* On a smooth surface a smooth warp tells more exactly than single edges. */
static bool
smooth_edges(const Layout *layout, const float *at, const float *module_at, Place *place) {
    const int count = symbol_edges(layout);
    place->knots = 0;
    double a[WARP][WARP] = {0}, b[WARP] = {0};
    for (int i = 0; i < count; i++) {
        const double s = (double)module_at[i] / layout->modules;
        double terms[WARP] = {1, 0, 0, 0};
        for (int k = 1; k < WARP; k++)
            terms[k] = terms[k - 1] * s;
        for (int j = 0; j < WARP; j++) {
            for (int k = 0; k <= j; k++)
                a[j][k] += terms[j] * terms[k];
            b[j] += terms[j] * (double)at[i];
        }
    }
    if (!place_solve(WARP, &a[0][0], b)) return false;
    for (int k = 0; k < WARP; k++)
        place->warp[k] = (float)b[k];
    float off = 0;
    for (int i = 0; i < count; i++) {
        const float away = warped(place->warp, module_at[i] / (float)layout->modules) - at[i];
        off += away * away;
    }
    const float module = fabsf(at[count - 1] - at[0]) / (float)layout->modules;
    place->score = 1 - off / (float)count / (module * module);
    return place->score > 1 - MOST_OFF * MOST_OFF;
}

static void turn(const Layout *layout, Place *place) {
    turn_warp(place->warp);
    for (int i = 0, j = place->knots - 1; i <= j; i++, j--) {
        const float m = (float)layout->modules - place->knot_module[i], x = -place->knot_x[i];
        place->knot_module[i] = (float)layout->modules - place->knot_module[j];
        place->knot_x[i] = -place->knot_x[j];
        place->knot_module[j] = m;
        place->knot_x[j] = x;
    }
    place->reversed = true;
}

static bool alternate(const Edges *edges, int first, int count) {
    if (first + count > edges->count) return false;
    for (int i = 0; i < count; i++)
        if (edges->at[first + i].darker != (i % 2 == 0)) return false;
    return true;
}

/* The best places where every edge is seen. */
int places_seen(const Layout *layout, const Edges *edges, Place *places) {
    typedef bool Means(const Layout *, const float *, const float *, Place *);
    static Means *const means[] = {smooth_edges, follow_edges};
    const int wanted = symbol_edges(layout);
    int count = 0;
    for (int first = 0; first + wanted <= edges->count; first++) {
        if (!alternate(edges, first, wanted)) continue;
        for (int way = 0; way < 4; way++) {
            const bool reversed = way % 2 == 1;
            float at[EDGES_SEEN_MAX] = {0}, module_at[EDGES_SEEN_MAX] = {0};
            Place place = {.blur = 1};
            for (int i = 0; i < wanted; i++)
                at[i] = reversed ? -edges->at[first + wanted - 1 - i].x : edges->at[first + i].x;
            symbol_read_edges(layout, at, place.symbols, module_at);
            if (!means[way / 2](layout, at, module_at, &place)) continue;
            if (reversed) turn(layout, &place);
            place_keep(places, &count, PLACES_SEEN, &place);
        }
    }
    return count;
}

int places_likely(
    const Line *line,
    const Edges *edges,
    const Layout *layout,
    const Blur *blur,
    bool soft,
    float width_px,
    Place *places) {
    Guards guards;
    guards_of(layout, blur, &guards);
    int count = 0;
    const int wanted = 2 * layout->dark_count + 4 * layout->places; /* edges, all of them seen */
    const float narrowest =
        fmaxf(LEAST_MODULE_PX * (float)layout->modules, 0.4F * width_px) * PER_PX;
    for (int i = 0; i < edges->count; i++) {
        if (!edges->at[i].darker) continue;
        for (int j = i + wanted / 3; j < edges->count && j < i + wanted * 3 / 2; j++) {
            const float width = edges->at[j].x - edges->at[i].x;
            if (edges->at[j].darker || width < narrowest) continue;
            try_pair(line, layout, &guards, soft, edges->at[i].x, edges->at[j].x, places, &count);
        }
    }
    return count;
}
