#include "estimators.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT = 10 };

#define STILL_G      5.0  /* spread of ten samples of a still platform */
#define CHANGE_G     6.0  /* least change the average tells */
#define MEDIAN_G     50.0 /* as published */
#define AGREE_G      10.0
#define STILL_VAR_G2 16.0 /* of 60 samples */

const char *const rival_names[RIVALS] = {
    "moving average, threshold", "median of 10, 50 g", "60-sample variance"};

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The last n of the window, oldest anywhere. */
static void newest(const RivalState *state, int n, double *out) {
    for (int i = 0; i < n; i++)
        out[i] = state->window_g[(state->count - 1 - i) % RIVAL_WINDOW_MAX];
}

static bool tell(RivalState *state, int64_t t_ns, double level_g, WeightStep *out) {
    *out = (WeightStep){
        .id = ++state->last_id,
        .t_ns = state->onset_ns,
        .decided_ns = t_ns,
        .delta_g = level_g - state->level_g,
        .stddev_g = NAN,
        .total_g = level_g,
        .final = true};
    state->level_g = level_g;
    return true;
}

/* A level that holds: told when it differs by enough from the one before. */
static bool held(RivalState *state, int64_t t_ns, double level_g, double least_g, WeightStep *out) {
    const bool first = !state->known;
    state->known = true;
    state->restless = false;
    if (first) state->level_g = level_g;
    return !first && fabs(level_g - state->level_g) >= least_g && tell(state, t_ns, level_g, out);
}

static bool still(const RivalState *state, Rival rival, double *level_g) {
    double window[RIVAL_WINDOW_MAX];
    const int n = rival == RIVAL_AVERAGE ? SHORT : RIVAL_WINDOW_MAX;
    if (state->count < n) return false;
    newest(state, n, window);
    double sum = 0, squares = 0, low = INFINITY, high = -INFINITY;
    for (int i = 0; i < n; i++) {
        sum += window[i];
        low = fmin(low, window[i]), high = fmax(high, window[i]);
    }
    *level_g = sum / n;
    for (int i = 0; i < n; i++)
        squares += (window[i] - *level_g) * (window[i] - *level_g);
    return rival == RIVAL_AVERAGE ? high - low <= STILL_G : squares / (n - 1) <= STILL_VAR_G2;
}

static bool by_median(RivalState *state, int64_t t_ns, WeightStep *out) {
    if (state->count % SHORT != 0) return false;
    double window[SHORT];
    newest(state, SHORT, window);
    qsort(window, SHORT, sizeof *window, by_value);
    const double median_g = (window[SHORT / 2 - 1] + window[SHORT / 2]) / 2;
    const bool agree = fabs(median_g - state->median_g) <= AGREE_G;
    state->median_g = median_g;
    if (!state->restless) state->onset_ns = t_ns;
    state->restless = fabs(median_g - state->level_g) > MEDIAN_G;
    return agree && held(state, t_ns, median_g, MEDIAN_G, out);
}

bool rival_step(Rival rival, RivalState *state, int64_t t_ns, double total_g, WeightStep *out) {
    double level_g;
    state->window_g[state->count++ % RIVAL_WINDOW_MAX] = total_g;
    if (rival == RIVAL_MEDIAN) return by_median(state, t_ns, out);
    if (still(state, rival, &level_g)) return held(state, t_ns, level_g, CHANGE_G, out);
    if (!state->restless) state->onset_ns = t_ns;
    state->restless = true;
    return false;
}
