/* join.c - which crossings are one thing, and which step it belongs to. */
#include "join_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static_assert(REASON_CROSSINGS_MAX <= 64, "a sighting holds its crossings as bits");

static bool opposed(Direction a, Direction b) {
    return a != b && a != DIRECTION_UNSURE && b != DIRECTION_UNSURE;
}

Direction direction_of(int sign) { return sign > 0 ? DIRECTION_PUT : DIRECTION_TAKE; }

bool sighting_fits(const Sighting *sighting, int sign) {
    return !opposed(sighting->direction, direction_of(sign));
}

static const double NEAR_NS = 5e8; /* a crossing's usual distance from its step */

static int64_t distance(int64_t a, int64_t b) { return a < b ? b - a : a - b; }

/* How unlike two sightings of one thing are, ms; negative: they cannot be one. Without a scale the
 * cameras vote, so opposite directions may meet. */
static double unlikeness(const ReasonConfig *config, const Sighting *a, const Sighting *b) {
    double apart_ms = (double)distance(a->t_ns, b->t_ns) / 1e6;
    bool contrary = opposed(a->direction, b->direction);
    if ((a->cameras & b->cameras) || apart_ms > config->cluster_ms || (contrary && config->weight))
        return -1;
    if (a->direction == b->direction) return apart_ms;
    return apart_ms + config->cluster_ms * (contrary ? 0.5 : 0.25);
}

static void merge(Sighting *into, const Sighting *from) {
    into->crossings |= from->crossings;
    into->cameras |= from->cameras;
    into->put_p += from->put_p;
    into->take_p += from->take_p;
    if (from->t_ns < into->t_ns) into->t_ns = from->t_ns;
    if (from->known_ns < into->known_ns) into->known_ns = from->known_ns;
    if (into->direction == DIRECTION_UNSURE)
        into->direction = from->direction;
    else if (into->put_p != into->take_p)
        into->direction = into->put_p > into->take_p ? DIRECTION_PUT : DIRECTION_TAKE;
}

/* Join the two most alike, until none may be joined. */
static bool join_nearest(const ReasonConfig *config, Sightings *all) {
    int first = -1, second = -1;
    double least = 0;
    for (int i = 0; i < all->count; i++) {
        for (int j = i + 1; j < all->count; j++) {
            double unlike = unlikeness(config, &all->at[i], &all->at[j]);
            if (unlike < 0 || (first >= 0 && unlike >= least)) continue;
            first = i;
            second = j;
            least = unlike;
        }
    }
    if (first < 0) return false;
    merge(&all->at[first], &all->at[second]);
    memmove(
        &all->at[second], &all->at[second + 1],
        sizeof all->at[0] * (size_t)(all->count - second - 1));
    all->count--;
    return true;
}

/* A crossing as a sighting of its own. */
static Sighting alone(const ReasonState *state, int crossing) {
    const Crossing *seen = &state->crossings[crossing].crossing;
    const double p = (double)seen->confidence_p;
    return (Sighting){
        .t_ns = seen->t_ns,
        .known_ns = state->crossings[crossing].known_ns,
        .direction = seen->direction,
        .put_p = seen->direction == DIRECTION_PUT ? p : 0,
        .take_p = seen->direction == DIRECTION_TAKE ? p : 0,
        .cameras = 1u << seen->camera,
        .crossings = UINT64_C(1) << crossing};
}

void sightings_of(const ReasonConfig *config, const ReasonState *state, Sightings *out) {
    out->count = state->crossing_count;
    for (int i = 0; i < out->count; i++)
        out->at[i] = alone(state, i);
    while (join_nearest(config, out)) {
    }
}

/* Another step, or an event decided without this camera, is nearer. */
static bool belongs_elsewhere(
    const ReasonConfig *config, const ReasonState *state, int step, const Sighting *sighting) {
    int64_t apart_ns = distance(sighting->t_ns, state->steps[step].step.t_ns);
    for (int i = 0; i < state->step_count; i++) {
        const WeightStep *other = &state->steps[i].step;
        if (i != step && sighting_fits(sighting, other->delta_g > 0 ? 1 : -1) &&
            distance(sighting->t_ns, other->t_ns) < apart_ns)
            return true;
    }
    for (int i = 0; i < state->past_count; i++) {
        const struct ReasonPast *past = &state->past[i];
        int64_t past_ns = distance(sighting->t_ns, past->t_ns);
        if (past_ns < apart_ns && (double)past_ns <= config->cluster_ms * 1e6 &&
            sighting_fits(sighting, past->sign) && (past->cameras & sighting->cameras) == 0)
            return true;
    }
    return false;
}

static bool
in_window(const ReasonConfig *config, const WeightStep *step, const Sighting *sighting) {
    double late_ms = (double)(sighting->t_ns - step->t_ns) / 1e6;
    return late_ms >= -config->before_ms && late_ms <= config->after_ms;
}

uint64_t crossings_for(const ReasonConfig *config, const ReasonState *state, int step) {
    uint64_t found = 0;
    const WeightStep *weight = &state->steps[step].step;
    for (int i = 0; i < state->crossing_count; i++) {
        const Sighting sighting = alone(state, i);
        if (in_window(config, weight, &sighting) &&
            sighting_fits(&sighting, weight->delta_g > 0 ? 1 : -1) &&
            !belongs_elsewhere(config, state, step, &sighting))
            found |= sighting.crossings;
    }
    return found;
}

int glimpses_of(const ReasonState *state, uint64_t crossings, int64_t t_ns, Glimpse *out) {
    int count = 0;
    for (int i = 0; i < state->crossing_count; i++) {
        if (!(crossings >> i & 1)) continue;
        const Crossing *crossing = &state->crossings[i].crossing;
        const double near = exp(-(double)distance(crossing->t_ns, t_ns) / NEAR_NS);
        out[count++] = (Glimpse){crossing, near * fmax((double)crossing->confidence_p, 0.01)};
    }
    return count;
}

uint32_t cameras_of(const ReasonState *state, uint64_t crossings) {
    uint32_t cameras = 0;
    for (int i = 0; i < state->crossing_count; i++)
        if (crossings >> i & 1) cameras |= 1u << state->crossings[i].crossing.camera;
    return cameras;
}

int sighting_for(
    const ReasonConfig *config,
    const ReasonState *state,
    const Sightings *all,
    int step,
    int except) {
    int best = -1;
    int64_t best_ns = 0;
    const WeightStep *weight = &state->steps[step].step;
    for (int i = 0; i < all->count; i++) {
        const Sighting *sighting = &all->at[i];
        if (i == except || !in_window(config, weight, sighting)) continue;
        if (except < 0 && !sighting_fits(sighting, weight->delta_g > 0 ? 1 : -1)) continue;
        if (belongs_elsewhere(config, state, step, sighting)) continue;
        int64_t apart_ns = distance(sighting->t_ns, weight->t_ns);
        if (best >= 0 && apart_ns >= best_ns) continue;
        best = i;
        best_ns = apart_ns;
    }
    return best;
}

bool sighting_may_have_step(
    const ReasonConfig *config, const ReasonState *state, const Sighting *sighting) {
    for (int i = 0; i < state->step_count; i++)
        if (in_window(config, &state->steps[i].step, sighting)) return true;
    return false;
}

bool sighting_is_late(
    const ReasonConfig *config, const ReasonState *state, const Sighting *sighting) {
    for (int i = 0; i < state->past_count; i++)
        if ((double)distance(sighting->t_ns, state->past[i].t_ns) <= config->cluster_ms * 1e6 &&
            (state->past[i].cameras & sighting->cameras) == 0)
            return true;
    return false;
}

void crossings_spend(ReasonState *state, uint64_t crossings) {
    int kept = 0;
    for (int i = 0; i < state->crossing_count; i++)
        if (!(crossings >> i & 1)) state->crossings[kept++] = state->crossings[i];
    state->crossing_count = kept;
}
