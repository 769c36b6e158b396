#include "score.h"

#include "clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ECE_BINS = 15 };

static const int64_t MATCH_NS = 3 * NS_PER_SECOND / 2;
static const double INTERVAL_Z = 1.6449;           /* 90 % of a normal law */
static const double FALSE_G = 5, UNWEIGHED_G = 10; /* lighter ones do not count */

/* A growing list of doubles, for percentiles. */
typedef struct Values {
    int count, capacity;
    double *at;
} Values;

typedef struct Call {
    double p; /* posterior of the answer given */
    bool right;
} Call;

struct Tally {
    int sessions;
    int predicted, real, matched;
    int sku_right, accepted, accepted_matched, accepted_right;
    int multi, multi_right;
    int exact, exact_answered, overcharged, prompts;
    double count_error, price_error_cents;
    Values latency_ms, early_error_g, later_error_g, final_error_g;
    int early_missing, later_missing;
    int intervals, covered; /* estimates of real events, and those within 1.645 of their stddev */
    int false_steps, unweighed;
    double hours;
    int call_count, call_capacity;
    Call *calls;
};

Status tally_open(Tally **out) {
    Tally *tally = calloc(1, sizeof *tally);
    if (!tally) return fail(E_NO_MEMORY, "score: out of memory");
    *out = tally;
    return OK;
}

void tally_close(Tally *tally) {
    if (!tally) return;
    free(tally->latency_ms.at);
    free(tally->early_error_g.at);
    free(tally->later_error_g.at);
    free(tally->final_error_g.at);
    free(tally->calls);
    free(tally);
}

static Status grow(void **at, int count, int *capacity, size_t size) {
    if (count < *capacity) return OK;
    const int bigger = *capacity ? *capacity * 2 : 64;
    void *moved = realloc(*at, (size_t)bigger * size);
    if (!moved) return fail(E_NO_MEMORY, "score: out of memory");
    *at = moved;
    *capacity = bigger;
    return OK;
}

static Status values_add(Values *values, double value) {
    void *at = values->at;
    TRY(grow(&at, values->count, &values->capacity, sizeof *values->at));
    values->at = at;
    values->at[values->count++] = value;
    return OK;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nearest-rank percentile; NAN when empty. Sorts in place. */
static double percentile(const Values *values, double q) {
    if (values->count == 0) return NAN;
    qsort(values->at, (size_t)values->count, sizeof *values->at, by_value);
    const int rank = (int)ceil(q * values->count) - 1;
    return values->at[rank < 0 ? 0 : rank];
}

/* -- one session ---------------------------------------------------------------------------- */

static int direction_of(int32_t quantity) { return quantity > 0 ? 1 : -1; }

static int64_t gap_ns(int64_t a, int64_t b) { return a > b ? a - b : b - a; }

/* What is not matched yet. */
typedef struct Free {
    bool belief[SESSION_EVENTS_MAX], event[SESSION_EVENTS_MAX];
} Free;

static bool is_predicted(const Belief *belief) {
    return belief->verdict != VERDICT_IGNORE && belief->count > 0;
}

static bool may_match(const Belief *belief, const TruthEvent *event) {
    return direction_of(belief->at[0].quantity) == direction_of(event->quantity) &&
           gap_ns(belief->t_ns, event->t_ns) <= MATCH_NS;
}

/* The free pair that lies nearest together; false: no two match any more. */
static bool nearest_pair(
    const SessionTruth *truth, const SessionSaid *said, const Free *left, int *event, int *belief) {
    int64_t best_gap = INT64_MAX;
    for (int i = 0; i < truth->event_count; i++) {
        for (int j = 0; j < said->belief_count && left->event[i]; j++) {
            if (!left->belief[j] || !may_match(&said->beliefs[j], &truth->events[i])) continue;
            const int64_t gap = gap_ns(said->beliefs[j].t_ns, truth->events[i].t_ns);
            if (gap >= best_gap) continue;
            best_gap = gap;
            *event = i;
            *belief = j;
        }
    }
    return best_gap < INT64_MAX;
}

static bool names(const Catalog *catalog, int32_t sku, const char *gtin) {
    return sku >= 0 && sku < catalog->count && strcmp(catalog->products[sku].gtin, gtin) == 0;
}

static Status
judge(Tally *tally, const Catalog *catalog, const TruthEvent *event, const Belief *belief) {
    const Hypothesis *answer = &belief->at[0];
    const bool sku_right = names(catalog, answer->sku, event->gtin);
    const bool weighed = sku_right && catalog->products[answer->sku].unit ==
                                          UNIT_WEIGHT; /* its pieces are not counted */
    const bool quantity_right = weighed || answer->quantity == event->quantity;
    const bool right = sku_right && quantity_right;
    tally->matched++;
    tally->sku_right += sku_right;
    if (belief->verdict == VERDICT_ACCEPT) {
        tally->accepted_matched++;
        tally->accepted_right += right;
    }
    if (!weighed && abs(event->quantity) > 1) {
        tally->multi++;
        tally->multi_right += quantity_right;
    }
    void *calls = tally->calls;
    TRY(grow(&calls, tally->call_count, &tally->call_capacity, sizeof *tally->calls));
    tally->calls = calls;
    tally->calls[tally->call_count++] = (Call){.p = answer->p, .right = right};
    return values_add(
        &tally->latency_ms, (double)(belief->decided_ns - event->t_ns) / (double)NS_PER_MS);
}

static double real_g(const TruthEvent *event) {
    return direction_of(event->quantity) * fabs(event->weight_g);
}

static bool may_weigh(const WeightStep *step, const TruthEvent *event) {
    return gap_ns(step->t_ns, event->t_ns) <= MATCH_NS &&
           (step->delta_g > 0) == (real_g(event) > 0);
}

/* The latest of what was said of an event by a moment, or a mark that there was nothing. */
static Status
judge_moment(const WeightStep *step, const TruthEvent *event, Values *errors_g, int *missing) {
    if (step) return values_add(errors_g, fabs(step->delta_g - real_g(event)));
    *missing += 1;
    return OK;
}

/* What the scale thought of an event at moments after it, and in the end. */
static Status judge_weight(Tally *tally, const SessionSaid *said, const TruthEvent *event) {
    const WeightStep *early = NULL, *later = NULL, *last = NULL;
    int none = 0;
    for (int i = 0; i < said->step_count; i++) {
        const WeightStep *step = &said->steps[i];
        if (!may_weigh(step, event)) continue;
        if (step->decided_ns <= event->t_ns + 250 * NS_PER_MS) early = step;
        if (step->decided_ns <= event->t_ns + 500 * NS_PER_MS) later = step;
        last = step;
        tally->intervals++;
        tally->covered += fabs(step->delta_g - real_g(event)) <= INTERVAL_Z * step->stddev_g;
    }
    if (!last && fabs(event->weight_g) > UNWEIGHED_G) tally->unweighed++;
    TRY(judge_moment(early, event, &tally->early_error_g, &tally->early_missing));
    TRY(judge_moment(later, event, &tally->later_error_g, &tally->later_missing));
    return judge_moment(last, event, &tally->final_error_g, &none);
}

static bool is_real(const SessionTruth *truth, const WeightStep *step) {
    for (int i = 0; i < truth->event_count; i++)
        if (may_weigh(step, &truth->events[i])) return true;
    return false;
}

/* Steps none of whose estimates fits an event, and that were not taken back in the end. */
static int count_false_steps(const SessionTruth *truth, const SessionSaid *said) {
    int count = 0;
    for (int i = 0; i < said->step_count; i++) {
        const WeightStep *step = &said->steps[i];
        bool last = fabs(step->delta_g) >= FALSE_G, real = false;
        for (int k = 0; k < said->step_count && last; k++) {
            if (said->steps[k].id != step->id) continue;
            last = k <= i;
            real = real || is_real(truth, &said->steps[k]);
        }
        count += last && !real;
    }
    return count;
}

static int counted(const Catalog *catalog, int32_t sku, int32_t quantity) {
    return sku >= 0 && catalog->products[sku].unit == UNIT_WEIGHT ? 1 : quantity;
}

static int true_pieces(const Catalog *catalog, const SessionTruth *truth, int32_t sku) {
    int pieces = 0;
    for (int i = 0; i < truth->line_count; i++)
        if (truth->lines[i].sku == sku) pieces += counted(catalog, sku, truth->lines[i].quantity);
    return pieces;
}

static int said_pieces(const Catalog *catalog, const Basket *basket, int32_t sku) {
    int pieces = 0;
    for (int i = 0; i < basket->count; i++)
        if (basket->lines[i].sku == sku) pieces += counted(catalog, sku, basket->lines[i].quantity);
    return pieces;
}

/* Sum over SKUs of |said - true| pieces; an unnamed line counts whole. */
static int count_error(const Catalog *catalog, const SessionTruth *truth, const Basket *basket) {
    int error = 0;
    for (int32_t sku = SKU_UNKNOWN; sku < catalog->count; sku++)
        error += abs(said_pieces(catalog, basket, sku) - true_pieces(catalog, truth, sku));
    return error;
}

Status tally_session(
    Tally *tally, const Catalog *catalog, const SessionTruth *truth, const SessionSaid *said) {
    Free left = {0};
    int event = 0, belief = 0;
    for (int i = 0; i < said->belief_count; i++) {
        left.belief[i] = is_predicted(&said->beliefs[i]);
        tally->predicted += left.belief[i];
        tally->accepted += left.belief[i] && said->beliefs[i].verdict == VERDICT_ACCEPT;
    }
    tally->real += truth->event_count;
    for (int i = 0; i < truth->event_count; i++) {
        left.event[i] = true;
        TRY(judge_weight(tally, said, &truth->events[i]));
    }
    while (nearest_pair(truth, said, &left, &event, &belief)) {
        left.event[event] = left.belief[belief] = false;
        TRY(judge(tally, catalog, &truth->events[event], &said->beliefs[belief]));
    }
    tally->false_steps += count_false_steps(truth, said);
    tally->hours += (double)said->duration_ns / (3600.0 * (double)NS_PER_SECOND);
    const int error = count_error(catalog, truth, &said->basket);
    tally->sessions++;
    tally->exact += error == 0;
    tally->exact_answered += count_error(catalog, truth, &said->answered) == 0;
    tally->count_error += error;
    tally->price_error_cents += fabs((double)(said->basket.total_minor - truth->total_minor));
    tally->overcharged += said->basket.total_minor > truth->total_minor;
    tally->prompts += said->prompts;
    return OK;
}

/* -- the report ------------------------------------------------------------------------------ */

static int by_p(const void *a, const void *b) {
    const Call *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    return (int)x->right - (int)y->right;
}

/* Expected calibration error over equal-mass bins of the posterior. */
static double ece(const Tally *tally) {
    const int n = tally->call_count;
    if (n == 0) return NAN;
    qsort(tally->calls, (size_t)n, sizeof *tally->calls, by_p);
    double error = 0;
    for (int bin = 0; bin < ECE_BINS; bin++) {
        const int from = bin * n / ECE_BINS, to = (bin + 1) * n / ECE_BINS;
        double p = 0, right = 0;
        for (int i = from; i < to; i++) {
            p += tally->calls[i].p;
            right += tally->calls[i].right;
        }
        error += fabs(p - right) / n;
    }
    return error;
}

static json_t *number(double value) {
    return isfinite(value) ? json_real(round(value * 1e6) / 1e6) : json_null();
}

static json_t *share(int part, int whole) { return number(whole ? (double)part / whole : NAN); }

json_t *tally_report(const Tally *tally) {
    const int n = tally->sessions;
    return json_pack(
        "{s:{s:o,s:o,s:i,s:i,s:i}, s:{s:o,s:o,s:o}, s:{s:o,s:i}, s:{s:o,s:o,s:o}, s:{s:o,s:o},"
        " s:{s:o,s:o}, s:{s:o}, s:{s:n,s:n}, s:{s:o}, s:{s:o,s:o,s:o,s:i,s:i,s:o,s:o,s:i}, s:i}",
        "events", "precision", share(tally->matched, tally->predicted), "recall",
        share(tally->matched, tally->real), "predicted", tally->predicted, "true", tally->real,
        "matched", tally->matched, "sku", "top1", share(tally->sku_right, tally->matched),
        "auto_accuracy", share(tally->accepted_right, tally->accepted), "auto_coverage",
        share(tally->accepted_matched, tally->matched), "quantity", "accuracy",
        share(tally->multi_right, tally->multi), "events", tally->multi, "basket", "exact",
        share(tally->exact, n), "exact_answered", share(tally->exact_answered, n),
        "mean_count_error", number(n ? tally->count_error / n : NAN), "price",
        "mean_abs_error_cents", number(n ? tally->price_error_cents / n : NAN), "overcharged",
        share(tally->overcharged, n), "latency_ms", "p50",
        number(percentile(&tally->latency_ms, 0.50)), "p95",
        number(percentile(&tally->latency_ms, 0.95)), "prompts", "per_basket",
        number(n ? (double)tally->prompts / n : NAN), "theft", "missed",
        "false_per_1000", /* not looked at yet */
        "calibration", "ece", number(ece(tally)), "weight_error_g", "p95_250ms",
        number(percentile(&tally->early_error_g, 0.95)), "p95_500ms",
        number(percentile(&tally->later_error_g, 0.95)), "p95_final",
        number(percentile(&tally->final_error_g, 0.95)), "silent_at_250ms", tally->early_missing,
        "silent_at_500ms", tally->later_missing, "coverage_90",
        share(tally->covered, tally->intervals), "false_per_hour",
        number(tally->hours > 0 ? tally->false_steps / tally->hours : NAN), "missed",
        tally->unweighed, "sessions", n);
}
