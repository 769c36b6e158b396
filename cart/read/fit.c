#include "fit_internal.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    EDGES_MAX = 128,
    PLACES_TRIED = 8, /* first places whose digits are looked at */
    PLACES_KEPT = 4,  /* and that are worked on */
    SOFT_TRIED = 24,
    SOFT_KEPT = 12,
    FIRST_ROUNDS = 2,
    LAST_ROUNDS = 3,
    MARGIN_MODULES = 5,
    EDGE_NEAR = 16, /* samples */
    KNOTS_MAX = 24,
    SHIFTS = 3,
    BENDS = 5,
    SOFT_BLUR = 5,
    SHARP_NEAR = 9 * PER_MODULE, /* samples to each side that tell the light */
    SOFT_NEAR = 40 * PER_MODULE,
    WARP = 4,  /* x = w0 + w1 s + w2 s^2 + w3 s^3, s from 0 to 1 along the code */
    LIGHT = 3, /* the same for the grey of white and the contrast */
    TERMS = WARP + 2 * LIGHT,
};

static const float SHIFT_MODULES = 0.8F, BEND_MODULES = 0.75F;
static const float LEAST_MODULE_PX = 0.7F;
static const float LEAST_GUARDS = 0.5F; /* mean correlation of the guards with theirs */
static const float LEAST_EDGE = 0.12F;  /* of the steepest near */
static const float LEAST_SLOPE = 3;
static const float MOST_MARGIN =
    0.35F; /* darkness beside a short code, which may be part of a longer one */
static const float MOST_OFF = 0.35F;       /* modules, of the edges from a smooth warp */
static const float PLAIN = 0.9F;           /* likeness that needs no other layout tried */
static const float LEAST_GUESS = 0.62F;    /* share explained at the first look */
static const float PROMISING = 0.75F;      /* likeness after a little work */
static const float LEAST_LIKENESS = 0.65F; /* of a fit worth telling */

typedef struct Place { /* where a code may lie */
    float warp[WARP];
    int knots; /* not 0: straight from border to border of digits instead */
    float knot_module[KNOTS_MAX], knot_x[KNOTS_MAX];
    float score;
    int blur;
    bool reversed;
    int symbols[PLACES_MAX];
    float light[2 * LIGHT]; /* of white, and what black adds; along the code */
} Place;

/* -- the line ---------------------------------------------------------------------------------- */

static float summed(const Line *line, float x) { /* x in samples */
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
static float module_x(const Layout *layout, const Place *place, float m) {
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
static void sample(const Line *line, const Layout *layout, const Place *place, float *out) {
    const int count = symbol_samples(layout);
    float x = module_x(layout, place, -1), before = summed(line, x);
    for (int i = 0; i < count; i++) {
        const float next = module_x(layout, place, (float)(i + 1) / PER_MODULE - 1);
        const float sum = summed(line, next);
        const float mean = next - x > 0.01F ? (sum - before) / (next - x) : 0;
        out[place->reversed ? count - 1 - i : i] = mean;
        x = next;
        before = sum;
    }
}

/* -- first places ------------------------------------------------------------------------------ */

typedef struct Edges {
    int count;
    struct {
        float x; /* samples */
        bool darker;
    } at[EDGES_MAX];
} Edges;

static float value(const Line *line, int i) { return line->sum[i + 1] - line->sum[i]; }

static float slope(const Line *line, int i) {
    return value(line, i + 1) + value(line, i + 2) - value(line, i - 1) - value(line, i - 2);
}

static void find_edges(const Line *line, Edges *out) {
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
    float before = summed(line, x);
    for (int i = 0; i < count; i++) {
        const float next = summed(line, x + (float)(i + 1) * module / PER_MODULE);
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

static void keep(Place *places, int *count, int max, const Place *place) {
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
    if (place.score > (soft ? 0.7F : LEAST_GUARDS))
        keep(places, count, soft ? SOFT_TRIED : PLACES_TRIED, &place);
}

/* Solve the symmetric a x = b in place, by Cholesky; a is n by n, its lower half filled. */
static bool solve(int n, double *a, double *b) {
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
    if (!solve(WARP, &a[0][0], b)) return false;
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
static int seen_places(const Layout *layout, const Edges *edges, Place *places) {
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
            keep(places, &count, PLACES_KEPT, &place);
        }
    }
    return count;
}

static int first_places(
    const Line *line,
    const Edges *edges,
    const Layout *layout,
    const Guards *guards,
    bool soft,
    float width_px,
    Place *places) {
    int count = 0;
    const int wanted = 2 * layout->dark_count + 4 * layout->places; /* edges, all of them seen */
    const float narrowest =
        fmaxf(LEAST_MODULE_PX * (float)layout->modules, 0.4F * width_px) * PER_PX;
    for (int i = 0; i < edges->count; i++) {
        if (!edges->at[i].darker) continue;
        for (int j = i + wanted / 3; j < edges->count && j < i + wanted * 3 / 2; j++) {
            const float width = edges->at[j].x - edges->at[i].x;
            if (edges->at[j].darker || width < narrowest) continue;
            try_pair(line, layout, guards, soft, edges->at[i].x, edges->at[j].x, places, &count);
        }
    }
    return count;
}

/* -- working on a place ------------------------------------------------------------------------ */

/* Light, roughly: mean and spread of what is near. */
static void level(const Layout *layout, const Blur *blur, int near, float *seen) {
    const int count = symbol_samples(layout);
    float sums[SAMPLES_MAX + 1] = {0}, squares[SAMPLES_MAX + 1] = {0}, out[SAMPLES_MAX];
    for (int i = 0; i < count; i++) {
        sums[i + 1] = sums[i] + seen[i];
        squares[i + 1] = squares[i] + seen[i] * seen[i];
    }
    for (int i = 0; i < count; i++) {
        const int from = i > near ? i - near : 0, to = i + near < count ? i + near : count;
        const float n = (float)(to - from), mean = (sums[to] - sums[from]) / n;
        const float variance = (squares[to] - squares[from]) / n - mean * mean;
        const float contrast = sqrtf(fmaxf(variance, 1)) / blur->deviation;
        out[i] = 0.47F + (seen[i] - mean) / contrast;
    }
    memcpy(seen, out, sizeof *seen * (size_t)count);
}

static float squares_of(const Layout *layout, const Blur *blur, const float *seen) {
    float guards[SAMPLES_MAX], sum = 0;
    symbol_draw(layout, blur, NULL, guards);
    for (int i = 0; i < symbol_samples(layout); i++)
        sum += (seen[i] - guards[i]) * (seen[i] - guards[i]);
    return sum;
}

/* How little is left unexplained, 1: nothing, by the best digits of a place and blur? */
static float explained(
    const Line *line,
    const Layout *layout,
    const Blur *blur,
    int near,
    Place *place,
    Costs *costs) {
    float seen[SAMPLES_MAX] = {0};
    sample(line, layout, place, seen);
    level(layout, blur, near, seen);
    symbol_costs(layout, blur, seen, costs);
    const float left = squares_of(layout, blur, seen) + symbol_least(layout, costs);
    return 1 - left / ((float)symbol_samples(layout) * blur->deviation * blur->deviation);
}

/* Which digits, blur and direction might it be? */
static void guess_sharp(const Line *line, const Layout *layout, const Blur *blurs, Place *place) {
    Place best = *place;
    best.score = -1;
    Costs costs;
    for (int i = 0; i < 3; i++) { /* both ways, then the better one with more blur */
        place->reversed = i < 2 ? i == 1 : best.reversed;
        place->blur = i < 2 ? 1 : 3;
        place->score = explained(line, layout, &blurs[place->blur], SHARP_NEAR, place, &costs);
        if (place->score <= best.score) continue;
        best = *place;
        if (best.score > LEAST_GUESS) symbol_cheapest(layout, &costs, best.symbols);
    }
    *place = best;
}

/* The same where bars run into each other: neither edges nor middle are sure, so they are shifted
 * about as well. */
static void guess_soft(
    const Line *line,
    const Layout *layout,
    const Blur *blurs,
    const Place *first,
    Place *kept,
    int *count) {
    const float module = first->warp[1] / (float)layout->modules;
    Place best[2] = {*first, *first};
    best[0].score = best[1].score = -1;
    Costs costs;
    for (int i = 0; i < SHIFTS * SHIFTS * BENDS * 2; i++) {
        Place place = *first;
        const int begin_step = i / 2 % SHIFTS - SHIFTS / 2;
        const int end_step = i / 2 / SHIFTS % SHIFTS - SHIFTS / 2;
        const int bend_step = i / 2 / SHIFTS / SHIFTS - BENDS / 2;
        const float begin = SHIFT_MODULES * module * (float)begin_step;
        const float end = SHIFT_MODULES * module * (float)end_step;
        const float bend = 4 * BEND_MODULES * module * (float)bend_step;
        place.warp[0] += begin;
        place.warp[1] += end - begin + bend;
        place.warp[2] -= bend;
        place.reversed = i % 2 == 1;
        place.blur = SOFT_BLUR;
        place.score = explained(line, layout, &blurs[SOFT_BLUR], SOFT_NEAR, &place, &costs);
        Place *rival = &best[place.reversed];
        if (place.score <= rival->score) continue;
        symbol_cheapest(layout, &costs, place.symbols);
        *rival = place;
    }
    keep(kept, count, SOFT_KEPT, &best[0]);
    keep(kept, count, SOFT_KEPT, &best[1]);
}

/* Light and geometry that carry the drawn code onto what is seen: grey + contrast * drawn +
 * slope * shift, each a polynomial along the code; `seen` comes back as darkness 0 to 1. */
static bool adjust(const Layout *layout, const float *drawn, float *seen, Place *place) {
    const int count = symbol_samples(layout);
    double a[TERMS][TERMS] = {0}, b[TERMS] = {0};
    for (int i = 0; i < count; i++) {
        float s = ((float)i + 0.5F - PER_MODULE) / (float)(PER_MODULE * layout->modules);
        const float slope_here =
            (seen[i + 1 < count ? i + 1 : i] - seen[i > 0 ? i - 1 : 0]) / 2 * PER_MODULE;
        const float along = place->reversed ? 1 - s : s;
        float terms[TERMS] = {1, s, s * s, drawn[i], drawn[i] * s, drawn[i] * s * s, slope_here};
        for (int k = 1; k < WARP; k++)
            terms[2 * LIGHT + k] = terms[2 * LIGHT + k - 1] * along;
        for (int j = 0; j < TERMS; j++) {
            for (int k = 0; k <= j; k++)
                a[j][k] += (double)(terms[j] * terms[k]);
            b[j] += (double)(terms[j] * seen[i]);
        }
    }
    for (int i = 0; i < TERMS; i++)
        a[i][i] *= 1 + 1e-5;
    for (int i = 2 * LIGHT; i < TERMS; i++)
        a[i][i] += 1;
    if (!solve(TERMS, &a[0][0], b)) return false;
    float least = FLT_MAX, most = 0;
    for (int i = 0; i < count; i++) {
        const double s = (i + 0.5 - PER_MODULE) / (PER_MODULE * layout->modules);
        const float grey = (float)(b[0] + s * (b[1] + s * b[2]));
        const float contrast = (float)(b[3] + s * (b[4] + s * b[5]));
        least = fminf(least, contrast);
        most = fmaxf(most, contrast);
        if (contrast < 1) return false;
        seen[i] = (seen[i] - grey) / contrast;
    }
    if (least < 0.1F * most) return false;
    for (int k = 0; k < 2 * LIGHT; k++)
        place->light[k] = (float)b[k];
    /* the shift is in modules of the code as it reads; the warp in samples of the line */
    const float module = place->warp[1] / (float)layout->modules;
    for (int k = 0; k < WARP; k++) {
        const float shift = (float)-b[2 * LIGHT + k] * module;
        place->warp[k] += place->reversed ? -shift : shift;
    }
    return true;
}

static float difference(const float *a, const float *b, int count) {
    float sum = 0;
    for (int i = 0; i < count; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static float spread_of(const float *seen, int count) {
    float sum = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        sum += seen[i];
        squares += seen[i] * seen[i];
    }
    return squares - sum * sum / (float)count;
}

/* The blur that draws these digits likest to what is seen. */
static void choose_blur(const Layout *layout, const Blur *blurs, const float *seen, Place *place) {
    const int count = symbol_samples(layout);
    float drawn[SAMPLES_MAX], least = FLT_MAX;
    for (int i = 0; i < BLURS; i++) {
        symbol_draw(layout, &blurs[i], place->symbols, drawn);
        const float left = difference(drawn, seen, count);
        if (left < least) {
            least = left;
            place->blur = i;
        }
    }
}

/* How dark is the margin, 0 to 1, on the darker side? An unseen one counts as `unseen`. */
static float margin_of(const Line *line, const Layout *layout, const Place *place, float unseen) {
    const float module = 1 / (float)layout->modules, *light = place->light;
    float darkest = 0;
    for (int side = 0; side < 2; side++) {
        float a = module_x(layout, place, side ? (float)layout->modules + 1 : -MARGIN_MODULES);
        float b = module_x(layout, place, side ? (float)(layout->modules + MARGIN_MODULES) : -1);
        a = fmaxf(a, 0);
        b = fminf(b, (float)line->count);
        if (b - a < place->warp[1] * module) {
            darkest = fmaxf(darkest, unseen);
            continue;
        }
        const bool ends = (side == 1) != place->reversed;
        const float white = ends ? light[0] + light[1] + light[2] : light[0];
        const float contrast = ends ? light[3] + light[4] + light[5] : light[3];
        darkest =
            fmaxf(darkest, ((summed(line, b) - summed(line, a)) / (b - a) - white) / contrast);
    }
    return darkest;
}

/* Some rounds of work on a place; false when it cannot be one. */
static bool work(
    const Line *line, const Layout *layout, const Blur *blurs, int rounds, Place *place, Fit *fit) {
    const int count = symbol_samples(layout);
    float seen[SAMPLES_MAX], drawn[SAMPLES_MAX];
    for (int round = 0; round < rounds; round++) {
        sample(line, layout, place, seen);
        symbol_draw(layout, &blurs[place->blur], place->symbols, drawn);
        if (!adjust(layout, drawn, seen, place)) return false;
        choose_blur(layout, blurs, seen, place);
        symbol_costs(layout, &blurs[place->blur], seen, &fit->costs);
        symbol_cheapest(layout, &fit->costs, place->symbols);
    }
    symbol_draw(layout, &blurs[place->blur], place->symbols, drawn);
    const float left = difference(drawn, seen, count);
    fit->noise = left / (float)count;
    fit->likeness = 1 - left / spread_of(seen, count);
    return true;
}

/* The place that fits best after a little work, worked out. */
static bool
best_of(const Line *line, int which, const Blur *blurs, Place *places, int count, Fit *out) {
    const Layout *layout = &layouts[which];
    int best = -1;
    float likeness = PROMISING;
    for (int i = 0; i < count; i++)
        if (work(line, layout, blurs, FIRST_ROUNDS, &places[i], out) && out->likeness > likeness) {
            likeness = out->likeness;
            best = i;
        }
    if (best < 0) return false;
    Place *place = &places[best];
    if (!work(line, layout, blurs, LAST_ROUNDS, place, out) || out->likeness < LEAST_LIKENESS)
        return false;
    out->layout = which;
    out->reversed = place->reversed;
    out->begin = module_x(layout, place, 0) / PER_PX;
    out->end = module_x(layout, place, (float)layout->modules) / PER_PX;
    memcpy(out->symbols, place->symbols, sizeof out->symbols);
    out->checks = symbol_checks(layout, place->symbols);
    if (which == 0) return true;
    return margin_of(line, layout, place, layout->middles ? 0 : 1) <= MOST_MARGIN;
}

int fit_sharp(const Line *line, const Blur blurs[BLURS], float width_px, Fit out[LAYOUTS]) {
    Edges edges;
    find_edges(line, &edges);
    int found = 0;
    for (int i = 0; i < LAYOUTS; i++) {
        const Layout *layout = &layouts[i];
        Place first[PLACES_TRIED], kept[PLACES_KEPT];
        int kept_count = seen_places(layout, &edges, kept);
        Guards guards;
        guards_of(layout, &blurs[0], &guards);
        const int tried = first_places(line, &edges, layout, &guards, false, width_px, first);
        for (int j = 0; j < tried; j++) {
            guess_sharp(line, layout, blurs, &first[j]);
            if (first[j].score > LEAST_GUESS) keep(kept, &kept_count, PLACES_KEPT, &first[j]);
        }
        if (!best_of(line, i, blurs, kept, kept_count, &out[found])) continue;
        found++;
        if (out[found - 1].checks && out[found - 1].likeness > PLAIN) break;
    }
    return found;
}

bool fit_soft(const Line *line, const Blur blurs[BLURS], float width_px, Fit *out) {
    Edges edges;
    find_edges(line, &edges);
    const Layout *layout = &layouts[0];
    Place first[SOFT_TRIED], kept[SOFT_KEPT];
    Guards guards;
    guards_of(layout, &blurs[SOFT_BLUR], &guards);
    const int tried = first_places(line, &edges, layout, &guards, true, width_px, first);
    int kept_count = 0;
    for (int j = 0; j < tried; j++)
        guess_soft(line, layout, blurs, &first[j], kept, &kept_count);
    return best_of(line, 0, blurs, kept, kept_count, out);
}
