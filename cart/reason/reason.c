/* reason.c - evidence kept until it makes an event, events decided in order. */
#include "join_internal.h"
#include "reason_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double EARLY_P = 0.01; /* of a load, by which an early estimate may be off beyond its
                                       own deviation */
enum { MISSED_MAX = 8 }; /* events in a row after which a camera is no longer waited for */

/* Everything about one event on its way to a belief. */
typedef struct Event {
    const ReasonConfig *config;
    const Catalog *catalog;
    ReasonState *state;
    uint64_t seen; /* crossings (bits) that may show it; 0: nobody saw it */
    int64_t t_ns;
    Sight sight;
    Question question;
    Posterior posterior;
    int32_t conflict; /* a scanned SKU the looks contradict, else SKU_UNKNOWN */
} Event;

static double seconds(int64_t from_ns, int64_t to_ns) { return (double)(to_ns - from_ns) / 1e9; }

void reason_init(ReasonState *state) { memset(state, 0, sizeof *state); }

/* ---- taking evidence in ---- */

/* true: it was told before, and says more now. */
static bool retold(ReasonState *state, const Crossing *crossing) {
    for (int i = 0; i < state->crossing_count; i++) {
        Crossing *old = &state->crossings[i].crossing;
        if (old->camera != crossing->camera || old->track != crossing->track ||
            old->t_ns != crossing->t_ns || old->direction != crossing->direction)
            continue;
        *old = *crossing;
        return true;
    }
    return false;
}

static void take_crossing(ReasonState *state, const Crossing *crossing) {
    if (crossing->camera < 0 || crossing->camera >= CAMERAS_MAX) return;
    if (crossing->telling > 0) { /* or it has been explained already */
        (void)retold(state, crossing);
        return;
    }
    if (state->crossing_count == REASON_CROSSINGS_MAX) /* the oldest goes unexplained */
        memmove(
            &state->crossings[0], &state->crossings[1],
            sizeof state->crossings[0] * (size_t)(--state->crossing_count));
    int at = state->crossing_count++;
    for (; at > 0 && state->crossings[at - 1].crossing.t_ns > crossing->t_ns; at--)
        state->crossings[at] = state->crossings[at - 1];
    state->crossings[at].crossing = *crossing;
    state->crossings[at].known_ns = state->now_ns;
}

static void open_step(ReasonState *state, const WeightStep *step) {
    if (state->step_count == REASON_STEPS_MAX)
        memmove(
            &state->steps[0], &state->steps[1],
            sizeof state->steps[0] * (size_t)(--state->step_count));
    int at = state->step_count++;
    state->steps[at].step = *step;
    state->steps[at].known_ns = state->now_ns;
    state->steps[at].final_ns = state->now_ns;
}

static double measured_var(const ReasonConfig *config, const WeightStep *step) {
    return step->stddev_g * step->stddev_g + config->scale_sd_g * config->scale_sd_g;
}

/* Is this much too far from what was there when the answer was given? */
static bool is_more(const ReasonConfig *config, double rest_g, double var) {
    return fabs(rest_g) >= config->minimum_g && rest_g * rest_g >= 25 * var;
}

/* A step decided early is looked at again when it is final: what neither the answer nor the early
 * estimate explains is a step of its own. */
static void settle_past(
    const ReasonConfig *config,
    ReasonState *state,
    struct ReasonPast *past,
    const WeightStep *step) {
    if (!step->final || past->settled) return;
    past->settled = true;
    WeightStep rest = *step;
    rest.delta_g -= past->explained_g;
    const double var = step->stddev_g * step->stddev_g;
    const double since_g = fabs(step->delta_g) - past->measured_g;
    const double early_g = EARLY_P * past->measured_g; /* goods still rocked when it was told */
    if (is_more(config, rest.delta_g, var + past->explained_var + early_g * early_g) &&
        (past->measured_g <= 0 ||
         is_more(config, since_g, var + past->measured_var + early_g * early_g)))
        open_step(state, &rest);
    else
        pieces_weighed(state, step->id, fabs(step->delta_g), measured_var(config, step));
}

static void take_weight(const ReasonConfig *config, ReasonState *state, const WeightStep *step) {
    if (!isfinite(step->delta_g) || !(step->stddev_g >= 0) || !isfinite(step->stddev_g)) return;
    for (int i = 0; i < state->step_count; i++) {
        if (state->steps[i].step.id != step->id) continue;
        if (state->steps[i].step.final) return;
        state->steps[i].step = *step;
        state->steps[i].final_ns = state->now_ns;
        return;
    }
    for (int i = 0; i < state->past_count; i++) {
        if (state->past[i].step != step->id) continue;
        settle_past(config, state, &state->past[i], step);
        return;
    }
    open_step(state, step);
}

static void drop_scan(ReasonState *state, int at) {
    state->scan_count--;
    memmove(
        &state->scans[at], &state->scans[at + 1],
        sizeof state->scans[0] * (size_t)(state->scan_count - at));
}

static void take_scan(const Catalog *catalog, ReasonState *state, const ScanEvidence *scan) {
    if (scan->sku < 0 || scan->sku >= catalog->count) return;
    if (state->scan_count == REASON_SCANS_MAX) drop_scan(state, 0);
    state->scans[state->scan_count].scan = *scan;
    state->scans[state->scan_count++].t_ns = state->now_ns;
}

int inside_quantity(const Inside *inside, int32_t sku) {
    int quantity = 0;
    for (int i = 0; i < inside->count; i++)
        if (inside->at[i].sku == sku) quantity += inside->at[i].quantity;
    return quantity;
}

/* A code is spent when what it named has gone in, be it by the shopper's answer. */
static void take_inside(ReasonState *state, const Inside *inside) {
    for (int i = state->scan_count - 1; i >= 0; i--) {
        int32_t sku = state->scans[i].scan.sku;
        if (inside_quantity(inside, sku) > inside_quantity(&state->inside, sku))
            drop_scan(state, i);
    }
    pieces_follow(state, &state->inside, inside);
    state->inside = *inside;
}

static void take(
    const ReasonConfig *config,
    const Catalog *catalog,
    ReasonState *state,
    const Evidence *evidence) {
    switch (evidence->kind) {
    case EVIDENCE_CROSSING:
        if (config->vision) take_crossing(state, &evidence->crossing);
        break;
    case EVIDENCE_WEIGHT:
        if (config->weight) take_weight(config, state, &evidence->weight);
        break;
    case EVIDENCE_SCAN:
        if (config->scan && (config->vision || !evidence->scan.by_camera))
            take_scan(catalog, state, &evidence->scan);
        break;
    case EVIDENCE_BASKET:
        take_inside(state, &evidence->inside);
        break;
    case EVIDENCE_TIME:
        break;
    }
}

/* ---- asking the posterior ---- */

/* Codes read by scan_late_ms after the event bind; when there are none, later ones only suggest. */
static void add_scans(const Event *event, Question *question) {
    const ReasonConfig *config = event->config;
    const ReasonState *state = event->state;
    const int64_t late_ns = event->t_ns + (int64_t)(config->scan_late_ms * 1e6);
    for (int late = 0; late < 2 && question->scan_count == 0; late++) {
        question->scan_binds = !late;
        question->scan_wrong_p = late ? fmax(0.5, config->scan_wrong_p) : config->scan_wrong_p;
        for (int i = 0; i < state->scan_count; i++) {
            const int32_t sku = state->scans[i].scan.sku;
            bool known = (question->sign < 0 && !state->scans[i].scan.by_camera) ||
                         (state->scans[i].t_ns > late_ns) != late;
            for (int j = 0; j < question->scan_count; j++)
                known |= question->scans[j] == sku;
            if (!known) question->scans[question->scan_count++] = sku;
        }
    }
}

static void look(const Event *event, uint64_t seen, Sight *out) {
    Glimpse glimpses[REASON_CROSSINGS_MAX];
    const int count = glimpses_of(event->state, seen, event->t_ns, glimpses);
    sight_of(event->config, event->catalog, glimpses, count, out);
}

static void question_of(const Event *event, const Sight *sight, int sign, Question *out) {
    bool only_inside = sign < 0 && (event->config->weight || event->state->inside.count > 0);
    *out = (Question){
        .sign = sign,
        .load = LOAD_NONE,
        .unknown_p = only_inside ? event->config->taken_unknown_p : event->config->unknown_p,
        .sight = sight,
        .inside = &event->state->inside,
        .state = event->state,
        .only_inside = only_inside};
}

static void weigh_answers(Event *event) {
    posterior_of(event->config, event->catalog, &event->question, &event->posterior);
    event->conflict = SKU_UNKNOWN;
    for (int i = 0; i < event->question.scan_count; i++)
        if (event->question.scans[i] == event->posterior.at[0].sku &&
            sight_contradicts(
                &event->sight, event->catalog, event->question.scans[i],
                event->config->scan_conflict))
            event->conflict = event->question.scans[i];
}

static void event_of_step(Event *event, int index) {
    const WeightStep *step = &event->state->steps[index].step;
    const ReasonConfig *config = event->config;
    event->t_ns = step->t_ns;
    look(event, event->seen, &event->sight);
    question_of(event, &event->sight, step->delta_g > 0 ? 1 : -1, &event->question);
    event->question.load = LOAD_MEASURED;
    event->question.grams = fabs(step->delta_g);
    event->question.var = measured_var(config, step);
    if (config->vision && !event->seen && event->question.sign > 0)
        event->question.unknown_p = config->blind_unknown_p;
    add_scans(event, &event->question);
    weigh_answers(event);
}

/* ---- telling ---- */

/* Fill the hypotheses: all worth knowing when accepted, the smallest sufficient set when asked. */
static void tell(const ReasonConfig *config, const Posterior *posterior, int sign, Belief *belief) {
    double told_p = 0;
    for (int i = 0; i < posterior->count && belief->count < HYPOTHESES_MAX; i++) {
        double p = posterior_p(posterior, i);
        bool enough =
            belief->verdict == VERDICT_ASK && belief->count >= 2 && told_p >= config->set_p;
        if (posterior->at[i].quantity == 0) continue;
        if (enough || p < 1e-6) break;
        belief->at[belief->count++] =
            (Hypothesis){posterior->at[i].sku, sign * posterior->at[i].quantity, p};
        told_p += p;
    }
}

/* Nobody may be charged for what a code and the other senses disagree on. Only a line nobody has
 * named may leave as unknown. */
static Verdict judge(const Event *event) {
    const Question *question = &event->question;
    int32_t sku = event->posterior.at[0].sku;
    bool scanned = question->scan_count == 0 || !question->scan_binds || is_scanned(question, sku);
    bool nameable =
        sku != SKU_UNKNOWN || (question->sign < 0 && inside_quantity(question->inside, sku) > 0);
    bool sure = posterior_p(&event->posterior, 0) >= event->config->accept_p;
    return sure && scanned && nameable && event->conflict == SKU_UNKNOWN ? VERDICT_ACCEPT
                                                                         : VERDICT_ASK;
}

static Belief *new_belief(Event *event, Verdict verdict, Beliefs *out) {
    assert(out->count < BELIEFS_MAX);
    Belief *belief = &out->at[out->count++];
    *belief = (Belief){
        .event = ++event->state->event,
        .t_ns = event->t_ns,
        .decided_ns = event->state->now_ns,
        .verdict = verdict,
        .delta_g = NAN,
        .stddev_g = NAN};
    if (event->seen) belief->sources |= BELIEF_FROM_VISION;
    return belief;
}

/* The code behind an answer; failing that the newest: its product was swapped. */
static void spend_scan(Event *event, int32_t sku, Belief *belief) {
    ReasonState *state = event->state;
    if (event->question.scan_count == 0) return;
    int found = -1;
    for (int i = state->scan_count - 1; i >= 0 && is_scanned(&event->question, sku); i--)
        if (state->scans[i].scan.sku == sku) found = i;
    if (found >= 0)
        belief->sources |= BELIEF_FROM_SCAN;
    else if (event->question.sign > 0 && event->question.scan_binds)
        found = state->scan_count - 1;
    if (found >= 0) drop_scan(state, found);
    for (int i = state->scan_count - 1; i >= 0; i--) /* a camera reads one code many times */
        if (state->scans[i].scan.sku == sku && state->scans[i].scan.by_camera) drop_scan(state, i);
}

/* Remember an event, so that late cameras and a late final weight find it. */
static struct ReasonPast *remember(Event *event, int sign) {
    ReasonState *state = event->state;
    const uint32_t cameras = cameras_of(state, event->seen);
    if (state->past_count == REASON_PAST_MAX)
        memmove(
            &state->past[0], &state->past[1],
            sizeof state->past[0] * (size_t)(--state->past_count));
    struct ReasonPast *past = &state->past[state->past_count++];
    *past = (struct ReasonPast){
        .t_ns = event->t_ns,
        .sign = sign,
        .cameras = cameras,
        .step = -1,
        .decided_ns = state->now_ns};
    for (int c = 0; cameras && c < CAMERAS_MAX; c++) {
        state->missed[c] = cameras & 1u << c ? 0 : state->missed[c] + 1;
        if (cameras & 1u << c) state->cameras |= 1u << c;
        if (state->missed[c] >= MISSED_MAX) state->cameras &= ~(1u << c);
    }
    return past;
}

static bool all_reported(const ReasonConfig *config, const ReasonState *state, uint32_t cameras) {
    if (config->cameras > 0) return __builtin_popcount(cameras) >= config->cameras;
    return state->cameras && (state->cameras & ~cameras) == 0;
}

/* ---- events with a weight ---- */

static void tell_single(Event *event, const WeightStep *step, Beliefs *out) {
    const Question *question = &event->question;
    bool nobody = !event->seen && event->config->vision;
    Belief *belief = new_belief(event, VERDICT_ASK, out);
    belief->sources |= BELIEF_FROM_WEIGHT;
    belief->delta_g = step->delta_g;
    belief->stddev_g = step->stddev_g;
    if (nobody && question->grams < event->config->minimum_g) { /* noise, or too light to name */
        bool noise = question->grams * question->grams < 4 * question->var;
        belief->verdict = noise ? VERDICT_IGNORE : VERDICT_ASK;
        belief->at[belief->count++] = (Hypothesis){SKU_UNKNOWN, question->sign, 1};
        return;
    }
    belief->verdict = judge(event);
    tell(event->config, &event->posterior, question->sign, belief);
    spend_scan(event, event->posterior.at[0].sku, belief);
}

/* Split the change between the two by how unsure each load is. */
static void tell_pair(Event *event, const WeightStep *step, const PairSide sides[2], Beliefs *out) {
    double left = step->delta_g - sides[0].mean_g - sides[1].mean_g;
    double var = sides[0].var + sides[1].var;
    for (int s = 0; s < 2; s++) {
        Belief *belief = new_belief(event, VERDICT_ASK, out);
        belief->sources |= BELIEF_FROM_WEIGHT | BELIEF_FROM_VISION;
        belief->delta_g = sides[s].mean_g + (var > 0 ? left * sides[s].var / var : left / 2);
        belief->stddev_g = sqrt(event->question.var + sides[1 - s].var);
        if (sides[s].posterior.at[0].quantity > 0 &&
            posterior_p(&sides[s].posterior, 0) >= event->config->accept_p)
            belief->verdict = VERDICT_ACCEPT;
        tell(event->config, &sides[s].posterior, sides[s].sign, belief);
        int32_t sku = sides[s].posterior.at[0].sku;
        if (is_scanned(&event->question, sku)) spend_scan(event, sku, belief);
    }
}

/* A second thing crossed the rim near this step: were both of them in it? */
static bool
is_pair(Event *event, const Sighting *first, const Sighting *second, PairSide sides[2]) {
    if (!first || !second) return false;
    Sight one_sight, other_sight;
    Question one = event->question, other;
    int sign =
        sighting_fits(second, event->question.sign) ? event->question.sign : -event->question.sign;
    look(event, first->crossings, &one_sight);
    look(event, second->crossings, &other_sight);
    one.sight = &one_sight;
    question_of(event, &other_sight, sign, &other);
    return pair_of(event->config, event->catalog, &one, &other, &event->posterior, sides);
}

/* alone: no second thing crossed the rim nearby, so the step will not grow by it. */
static bool step_is_ready(Event *event, int index, bool alone) {
    const ReasonConfig *config = event->config;
    const ReasonState *state = event->state;
    const WeightStep *step = &state->steps[index].step;
    const double known_ms = seconds(state->steps[index].known_ns, state->now_ns) * 1e3;
    const double final_ms = seconds(state->steps[index].final_ns, state->now_ns) * 1e3;
    if (!config->vision && step->final) return true;
    if (all_reported(config, state, cameras_of(state, event->seen)) && step->final) return true;
    if (step->final ? final_ms >= config->decide_ms : known_ms >= config->stale_ms) return true;
    if (!event->seen || !alone) return false;
    event_of_step(event, index);
    return judge(event) == VERDICT_ACCEPT && posterior_p(&event->posterior, 0) >= config->early_p;
}

/* What the answer accounts for, should the step change yet. */
static void
explain(const Event *event, const WeightStep *step, bool pair, struct ReasonPast *past) {
    int32_t sku = event->posterior.at[0].sku;
    double mean_g, var;
    past->step = step->id;
    past->settled = step->final;
    past->explained_g = step->delta_g;
    past->explained_var = step->stddev_g * step->stddev_g;
    if (!pair) {
        past->measured_g = event->question.grams;
        past->measured_var = event->question.var;
    }
    if (pair || sku == SKU_UNKNOWN) return;
    if (!load_of(
            event->config, &event->catalog->products[sku], event->posterior.at[0].quantity, &mean_g,
            &var))
        return;
    past->explained_g = event->question.sign * mean_g;
    past->explained_var = var;
}

/* More than a fragment of one camera's track. */
static bool is_witnessed(const Sighting *sighting) {
    return sighting->direction != DIRECTION_UNSURE && __builtin_popcount(sighting->cameras) > 1;
}

/* true: the step at index became beliefs and is gone. */
static bool decide_step(
    const ReasonConfig *config,
    const Catalog *catalog,
    ReasonState *state,
    int index,
    Beliefs *out) {
    Sightings sightings;
    Event local = {.config = config, .catalog = catalog, .state = state}, *event = &local;
    sightings_of(config, state, &sightings);
    int first = sighting_for(config, state, &sightings, index, -1);
    int second = first >= 0 ? sighting_for(config, state, &sightings, index, first) : -1;
    const WeightStep step = state->steps[index].step;
    event->seen = crossings_for(config, state, index);
    event->t_ns = step.t_ns;
    if (!step_is_ready(event, index, second < 0 || !is_witnessed(&sightings.at[second])))
        return false;

    event_of_step(event, index);
    PairSide sides[2];
    bool pair = is_pair(
        event, first >= 0 ? &sightings.at[first] : NULL, second >= 0 ? &sightings.at[second] : NULL,
        sides);
    if (pair)
        tell_pair(event, &step, sides, out);
    else
        tell_single(event, &step, out);

    explain(event, &step, pair, remember(event, event->question.sign));
    crossings_spend(state, event->seen | (pair ? sightings.at[second].crossings : 0));
    state->step_count--;
    memmove(
        &state->steps[index], &state->steps[index + 1],
        sizeof state->steps[0] * (size_t)(state->step_count - index));
    return true;
}

/* ---- events without a weight ---- */

static bool says_which_way(const Sighting *sighting) {
    return sighting->direction != DIRECTION_UNSURE &&
           fmax(sighting->put_p, sighting->take_p) >= 0.5;
}

/* The scale felt nothing: a shift, or something too light to feel. */
static void tell_unfelt(Event *event, const Sighting *sighting, Beliefs *out) {
    Belief *belief = new_belief(event, VERDICT_IGNORE, out);
    belief->delta_g = 0;
    belief->stddev_g = event->config->unseen_g / 2;
    if (!says_which_way(sighting)) return;
    event->question.load = LOAD_UNFELT;
    weigh_answers(event);
    double nothing_p = 0;
    for (int i = 0; i < event->posterior.count; i++)
        if (event->posterior.at[i].quantity == 0) nothing_p = posterior_p(&event->posterior, i);
    bool something =
        event->posterior.at[0].quantity > 0 && event->posterior.at[0].sku != SKU_UNKNOWN;
    if (something && nothing_p < 0.5) belief->verdict = judge(event);
    tell(event->config, &event->posterior, event->question.sign, belief);
    if (belief->verdict == VERDICT_IGNORE) return;
    spend_scan(event, event->posterior.at[0].sku, belief);
    (void)remember(event, event->question.sign);
}

/* There is no scale: the cameras agree, or one of several is sure. */
static void tell_seen(Event *event, const Sighting *sighting, Beliefs *out) {
    const ReasonConfig *config = event->config;
    int reporting =
        config->cameras > 0 ? config->cameras : __builtin_popcount(event->state->cameras);
    bool one_of_many = reporting > 1 && __builtin_popcount(sighting->cameras) == 1;
    Belief *belief = new_belief(event, VERDICT_IGNORE, out);
    if (!says_which_way(sighting)) return;
    if (one_of_many && fmax(sighting->put_p, sighting->take_p) < config->solo_p) return;
    weigh_answers(event);
    belief->verdict = judge(event);
    tell(config, &event->posterior, event->question.sign, belief);
    spend_scan(event, event->posterior.at[0].sku, belief);
    (void)remember(event, event->question.sign);
}

/* true: a sighting was explained and is gone. */
static bool decide_sighting(Event *event, const Sighting *sighting, Beliefs *out) {
    const ReasonConfig *config = event->config;
    ReasonState *state = event->state;
    if (config->weight) {
        if (seconds(sighting->t_ns, state->now_ns) * 1e3 < config->unseen_ms) return false;
        if (sighting_may_have_step(config, state, sighting)) return false;
    } else if (
        !all_reported(config, state, sighting->cameras) &&
        seconds(sighting->known_ns, state->now_ns) * 1e3 < config->cluster_ms) {
        return false;
    }
    if (!sighting_is_late(config, state, sighting)) {
        event->t_ns = sighting->t_ns;
        event->seen = sighting->crossings;
        look(event, event->seen, &event->sight);
        question_of(
            event, &event->sight, sighting->direction == DIRECTION_TAKE ? -1 : 1, &event->question);
        add_scans(event, &event->question);
        if (config->weight)
            tell_unfelt(event, sighting, out);
        else
            tell_seen(event, sighting, out);
    }
    crossings_spend(state, sighting->crossings);
    return true;
}

static bool decide_sightings(
    const ReasonConfig *config, const Catalog *catalog, ReasonState *state, Beliefs *out) {
    Sightings sightings;
    sightings_of(config, state, &sightings);
    for (int i = 0; i < sightings.count; i++) {
        Event event = {.config = config, .catalog = catalog, .state = state};
        if (decide_sighting(&event, &sightings.at[i], out)) return true;
    }
    return false;
}

/* Codes alone: each is one piece. */
static void tell_scans(const ReasonConfig *config, ReasonState *state, Beliefs *out) {
    while (state->scan_count > 0 && out->count < BELIEFS_MAX) {
        Event event = {.config = config, .state = state, .t_ns = state->scans[0].t_ns};
        Belief *belief = new_belief(&event, VERDICT_ACCEPT, out);
        belief->sources = BELIEF_FROM_SCAN;
        belief->count = 1;
        belief->at[0] = (Hypothesis){state->scans[0].scan.sku, 1, 1 - config->scan_wrong_p};
        drop_scan(state, 0);
    }
}

static void forget_scans(const ReasonConfig *config, ReasonState *state) {
    while (state->scan_count > 0 && seconds(state->scans[0].t_ns, state->now_ns) > config->scan_s)
        drop_scan(state, 0);
}

void reason_step(
    const ReasonConfig *config,
    const Catalog *catalog,
    ReasonState *state,
    const Evidence *evidence,
    Beliefs *out) {
    out->count = 0;
    if (evidence->t_ns > state->now_ns) state->now_ns = evidence->t_ns;
    take(config, catalog, state, evidence);
    forget_scans(config, state);

    for (int i = 0; i < state->step_count && out->count + 2 <= BELIEFS_MAX;)
        if (!decide_step(config, catalog, state, i, out)) i++;
    while (out->count < BELIEFS_MAX && decide_sightings(config, catalog, state, out)) {
    }
    if (!config->vision && !config->weight) tell_scans(config, state, out);
}
