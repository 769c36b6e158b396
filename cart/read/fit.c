#include "fit_internal.h"
#include "place_internal.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    SOFT_KEPT = 12, /* of the places where bars run together, worked on */
    FIRST_ROUNDS = 2,
    LAST_ROUNDS = 3,
    MARGIN_MODULES = 5,
    SHIFTS = 3, /* steps by which a soft place's ends, */
    BENDS = 5,  /* and its middle, are moved about */
    SOFT_BLUR = 5,
    SHARP_NEAR = 9 * PER_MODULE, /* samples to each side that tell the light */
    SOFT_NEAR = 40 * PER_MODULE,
    TERMS = WARP + 2 * LIGHT,
};

static const float SHIFT_MODULES = 0.8F, BEND_MODULES = 0.75F;
static const float MOST_MARGIN = 0.35F;    /* darkness beside a short code: is it part of more? */
static const float PLAIN = 0.9F;           /* likeness that needs no other layout tried */
static const float LEAST_GUESS = 0.62F;    /* share explained at the first look */
static const float PROMISING = 0.75F;      /* likeness after a little work */
static const float LEAST_LIKENESS = 0.65F; /* of a fit worth telling */

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
    place_sample(line, layout, place, seen);
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
    place_keep(kept, count, SOFT_KEPT, &best[0]);
    place_keep(kept, count, SOFT_KEPT, &best[1]);
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
    if (!place_solve(TERMS, &a[0][0], b)) return false;
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
        float a = place_x(layout, place, side ? (float)layout->modules + 1 : -MARGIN_MODULES);
        float b = place_x(layout, place, side ? (float)(layout->modules + MARGIN_MODULES) : -1);
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
            fmaxf(darkest, ((line_sum(line, b) - line_sum(line, a)) / (b - a) - white) / contrast);
    }
    return darkest;
}

/* Some rounds of work on a place; false when it cannot be one. */
static bool work(
    const Line *line, const Layout *layout, const Blur *blurs, int rounds, Place *place, Fit *fit) {
    const int count = symbol_samples(layout);
    float seen[SAMPLES_MAX], drawn[SAMPLES_MAX];
    for (int round = 0; round < rounds; round++) {
        place_sample(line, layout, place, seen);
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
    out->begin = place_x(layout, place, 0) / PER_PX;
    out->end = place_x(layout, place, (float)layout->modules) / PER_PX;
    memcpy(out->symbols, place->symbols, sizeof out->symbols);
    out->checks = symbol_checks(layout, place->symbols);
    if (which == 0) return true;
    return margin_of(line, layout, place, layout->middles ? 0 : 1) <= MOST_MARGIN;
}

int fit_sharp(const Line *line, const Blur blurs[BLURS], float width_px, Fit out[LAYOUTS]) {
    Edges edges;
    edges_find(line, &edges);
    int found = 0;
    for (int i = 0; i < LAYOUTS; i++) {
        const Layout *layout = &layouts[i];
        Place first[PLACES_LIKELY], kept[PLACES_SEEN];
        int kept_count = places_seen(layout, &edges, kept);
        const int tried = places_likely(line, &edges, layout, &blurs[0], false, width_px, first);
        for (int j = 0; j < tried; j++) {
            guess_sharp(line, layout, blurs, &first[j]);
            if (first[j].score > LEAST_GUESS) place_keep(kept, &kept_count, PLACES_SEEN, &first[j]);
        }
        if (!best_of(line, i, blurs, kept, kept_count, &out[found])) continue;
        found++;
        if (out[found - 1].checks && out[found - 1].likeness > PLAIN) break;
    }
    return found;
}

bool fit_soft(const Line *line, const Blur blurs[BLURS], float width_px, Fit *out) {
    Edges edges;
    edges_find(line, &edges);
    const Layout *layout = &layouts[0];
    Place first[PLACES_SOFT], kept[SOFT_KEPT];
    const int tried = places_likely(line, &edges, layout, &blurs[SOFT_BLUR], true, width_px, first);
    int kept_count = 0;
    for (int j = 0; j < tried; j++)
        guess_soft(line, layout, blurs, &first[j], kept, &kept_count);
    return best_of(line, 0, blurs, kept, kept_count, out);
}
