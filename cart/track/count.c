#include "track_internal.h"

#include <math.h>
#include <stdlib.h>

#define TRAVEL_CARRIED  0.5  /* sizes from its first place before a new item counts as carried */
#define TRAVEL_LIFTED   0.35 /* sizes the whole box has left its place by */
#define TRAVEL_AWAY     1.0  /* sizes: it is not just hidden at its place */
#define FAST_PER_SECOND 1.5  /* sizes a second: nothing that lies does that */
#define FLICKER_NS      INT64_C(200000000)
#define LATELY_NS       INT64_C(400000000)
#define NEW_HAND_NS     INT64_C(700000000)
#define LAIN_NS         INT64_C(500000000)
#define COVERED_BY_ITEM 0.35 /* share of the place */
#define COVERED_BY_HAND 0.15
#define SEEN_GAIN       0.1
#define SEEN_SURELY     0.6
#define UNSURE_HITS     4
#define UNSURE_CARRY_NS INT64_C(200000000)
#define TWICE_NS        INT64_C(400000000)
#define TWICE_INSIDE    0.8
#define APPEARED_NS     INT64_C(1500000000)
#define HEIR_NS         INT64_C(600000000)
#define HEIR_REACH      2.0
#define HEIR_RATIO      1.5

/* Probability that it lay in the basket, by how it was first seen. Checked on simulated sessions,
 * so that confidence_p means what it says; see track_crowd_test.c. */
#define UNSEEN_P             0.5
#define APPEARED_P           0.4
#define INSIDE_LAY           0.97
#define INSIDE_FROM_BORDER   0.03
#define INSIDE_WITH_NEW_HAND 0.15
#define INSIDE_UNDER_HAND    0.6
#define INSIDE_UNTOUCHED     0.85
#define INSIDE_THROWN        0.3
#define OUT_IN_HAND_P        0.75 /* last seen in a hand, and all hands have left */
#define PLACE_EMPTY_P        0.75 /* a hand was on it, and its place is empty now */

static double travelled(const Followed *f) {
    return box_distance(f->place, f->box) / box_size(f->place);
}

static bool rests(const TrackConfig *config, const TrackState *state, const Followed *f) {
    const int64_t since_ns = f->held_ns > f->still_ns ? f->held_ns : f->still_ns;
    return f->seen_ns == state->t_ns && f->still_hits >= 3 &&
           state->t_ns - since_ns >= ns_of_ms(config->rest_ms);
}

static bool ghost_of_hand(const Followed *f) { return 2 * f->ghost_hits > f->carried_hits; }

static bool told_already(const TrackState *state, const Crossing *crossing) {
    for (int i = 0; i < CROSSINGS_MAX; i++)
        if (state->told[i].direction == crossing->direction && box_area(state->told[i].box) > 0 &&
            llabs(state->told[i].t_ns - crossing->t_ns) < TWICE_NS &&
            box_inside(state->told[i].box, crossing->box) > TWICE_INSIDE)
            return true;
    return false;
}

static void tell(
    TrackState *state,
    const Followed *f,
    Direction direction,
    int64_t t_ns,
    double p,
    TrackOutput *out) {
    const Crossing crossing = {
        .t_ns = t_ns,
        .decided_ns = state->t_ns,
        .camera = state->camera,
        .track = f->id,
        .direction = direction,
        .confidence_p = (float)p,
        .box = direction == DIRECTION_TAKE ? f->place : f->box};
    if (out->crossing_count == CROSSINGS_MAX || told_already(state, &crossing)) return;
    out->crossings[out->crossing_count++] = crossing;
    state->told[state->told_next].track = f->id;
    state->told[state->told_next].t_ns = t_ns;
    state->told[state->told_next].direction = direction;
    state->told[state->told_next].box = crossing.box;
    state->told_next = (state->told_next + 1) % CROSSINGS_MAX;
}

static void turn(const TrackState *state, Followed *f, TrackStory story) {
    f->story = story;
    f->story_ns = state->t_ns;
}

static void
carry(const TrackConfig *config, const TrackState *state, Followed *f, int64_t moved_ns) {
    turn(state, f, STORY_CARRIED);
    f->moved_ns = moved_ns;
    f->carried_hits = f->ghost_hits = 0;
    if (f->looks > config->looks_max / 2) f->looks = config->looks_max / 2;
}

static void lie(const TrackState *state, Followed *f) {
    turn(state, f, STORY_LYING);
    f->place = f->box;
    f->moved_ns = state->t_ns;
    f->inside_p = INSIDE_LAY;
}

/* What was seen moving from the first picture on came with the hand, if the hand came with it. */
static double
inside_before_carry(const TrackConfig *config, const TrackState *state, const Followed *f) {
    if (box_at_border(config, state, f->birth)) return INSIDE_FROM_BORDER;
    if (f->story_ns != f->born_ns) return INSIDE_UNTOUCHED;
    if (state->t_ns - f->held_ns > LATELY_NS) return INSIDE_THROWN;
    for (int i = 0; i < TRACKS_MAX; i++)
        if (state->at[i].id == f->hand && f->born_ns - state->at[i].born_ns < NEW_HAND_NS)
            return INSIDE_WITH_NEW_HAND;
    return INSIDE_UNDER_HAND;
}

/* It was first seen in its place, under a hand that had only just come: too fast for the camera, or
 * a pack of the pile that the hand laid bare. */
static bool came_unseen(const TrackState *state, const Followed *f) {
    if (f->held_ns < f->born_ns || f->held_ns - f->born_ns > 2 * NEW_HAND_NS) return false;
    for (int i = 0; i < TRACKS_MAX; i++) {
        const Followed *other = &state->at[i];
        if (other->id == 0 || other == f || other->kind == DETECTION_HAND) continue;
        if (box_inside(other->place, f->birth) > 0.3) return false;
    }
    for (int i = 0; i < TRACKS_MAX; i++)
        if (state->at[i].kind == DETECTION_HAND && state->at[i].id != 0 &&
            llabs(f->born_ns - state->at[i].born_ns) < NEW_HAND_NS)
            return true;
    return false;
}

/* It lies where nothing lay, and a hand was there a moment ago. */
static bool appeared(const TrackState *state, const Followed *f) {
    if (f->born_ns - state->hands_ns > APPEARED_NS || state->t_ns - f->born_ns > APPEARED_NS)
        return false;
    for (int i = 0; i < TRACKS_MAX; i++) {
        const Followed *other = &state->at[i];
        if (other->id == 0 || other == f || other->kind == DETECTION_HAND) continue;
        if (box_inside(other->place, f->box) > 0.3 || box_inside(other->box, f->box) > 0.3)
            return false;
    }
    return true;
}

static void see_found(const TrackConfig *config, TrackState *state, Followed *f, TrackOutput *out) {
    if (f->still_hits >= 3) f->story_ns = state->t_ns; /* lay, if only for a moment */
    if (f->hits >= 3 && travelled(f) > TRAVEL_CARRIED) {
        const bool fast = hypot(f->vx_px, f->vy_px) > FAST_PER_SECOND * box_size(f->box);
        const bool held = state->t_ns - f->held_ns < LATELY_NS;
        if (!held && !fast && !box_at_border(config, state, f->birth)) return;
        f->inside_p = inside_before_carry(config, state, f);
        carry(config, state, f, f->born_ns);
    } else if (rests(config, state, f)) {
        if (came_unseen(state, f))
            tell(state, f, DIRECTION_UNSURE, f->held_ns, UNSEEN_P, out);
        else if (appeared(state, f))
            tell(state, f, DIRECTION_PUT, f->born_ns, APPEARED_P, out);
        lie(state, f);
    }
}

static void
see_carried(const TrackConfig *config, TrackState *state, Followed *f, TrackOutput *out) {
    f->carried_hits++;
    f->clear_ns = NEVER_NS;
    if (!rests(config, state, f)) return;
    const int64_t released_ns = f->held_ns > f->still_ns ? f->held_ns : f->still_ns;
    if (f->inside_p < 0.5) tell(state, f, DIRECTION_PUT, released_ns, 1 - f->inside_p, out);
    lie(state, f);
}

static void see_lying(const TrackConfig *config, const TrackState *state, Followed *f) {
    const double shift = box_shift(f->place, f->box) / box_size(f->place);
    if (shift > TRAVEL_LIFTED) {
        carry(config, state, f, f->moved_ns);
        return;
    }
    f->clear_ns = NEVER_NS;
    if (shift < config->still_p) f->moved_ns = state->t_ns;
    if (f->touched_ns == state->t_ns) {
        const int spare = config->looks_max - config->looks_max / 3;
        if (f->approach_ns == state->t_ns && f->looks > spare) f->looks = spare;
        return;
    }
    f->seen_p += SEEN_GAIN * (1 - f->seen_p);
    if (shift < config->still_p / 2) f->place = f->box;
}

static bool covered(const TrackState *state, const Followed *f) {
    for (int i = 0; i < TRACKS_MAX; i++) {
        const Followed *other = &state->at[i];
        if (other->id == 0 || other == f) continue;
        const bool hand = other->kind == DETECTION_HAND;
        if (state->t_ns - other->seen_ns > (hand ? LATELY_NS / 2 : LATELY_NS)) continue;
        if (box_overlap(other->box, f->place) >
            (hand ? COVERED_BY_HAND : COVERED_BY_ITEM) * box_area(f->place))
            return true;
    }
    return false;
}

/* The new track that began beside it when it went out of sight: the same pack, lost for a moment.
 */
static Followed *heir_of(TrackState *state, const Followed *f) {
    for (int i = 0; i < TRACKS_MAX; i++) {
        Followed *heir = &state->at[i];
        if (heir->id == 0 || heir == f || heir->kind != f->kind || heir->story == STORY_FOUND)
            continue;
        const int64_t late_ns = heir->born_ns - f->seen_ns;
        const double size = box_size(f->place), ratio = box_size(heir->birth) / size;
        if (late_ns > 0 && late_ns < HEIR_NS &&
            box_distance(heir->birth, f->place) < HEIR_REACH * size && ratio < HEIR_RATIO &&
            ratio > 1 / HEIR_RATIO)
            return heir;
    }
    return NULL;
}

bool track_was_put(const TrackState *state, const Followed *f) {
    for (int i = 0; i < CROSSINGS_MAX; i++)
        if (state->told[i].track == f->id && state->told[i].direction == DIRECTION_PUT) return true;
    return false;
}

/* True: it did not leave, it is that other track. A put that was told of it is undone by the take.
 */
static bool inherited(TrackState *state, const Followed *f) {
    Followed *heir = heir_of(state, f);
    if (heir == NULL || track_was_put(state, heir)) return false;
    if (heir->story == STORY_CARRIED) {
        heir->inside_p = INSIDE_LAY;
        heir->place = f->place;
        heir->moved_ns = f->moved_ns;
    }
    return true;
}

/* It lay there, a hand was on it, and now its place is empty in plain sight. */
static bool
gone_from_place(const TrackConfig *config, TrackState *state, Followed *f, TrackOutput *out) {
    const bool touched = f->touched_ns > f->seen_ns - LATELY_NS;
    if (covered(state, f)) {
        f->clear_ns = NEVER_NS;
        return false;
    }
    if (f->clear_ns == NEVER_NS) f->clear_ns = state->t_ns;
    if (!touched) f->seen_p -= SEEN_GAIN * f->seen_p;
    if (!touched || f->seen_p < SEEN_SURELY) return false;
    if (state->t_ns - f->clear_ns < ns_of_ms(config->vanish_ms)) return false;
    if (f->story == STORY_LYING && f->seen_ns - f->story_ns < LAIN_NS) return false;
    if (!inherited(state, f))
        tell(state, f, DIRECTION_TAKE, f->moved_ns, PLACE_EMPTY_P * f->seen_p, out);
    return true;
}

static void tell_out(TrackState *state, const Followed *f, double p, TrackOutput *out) {
    if (f->inside_p > 0.5 && !(f->inside_p < INSIDE_LAY && ghost_of_hand(f)))
        tell(state, f, DIRECTION_TAKE, f->moved_ns, p * f->inside_p, out);
}

static void tell_unsure(TrackState *state, const Followed *f, TrackOutput *out) {
    if (f->carried_hits < UNSURE_HITS || f->seen_ns - f->moved_ns < UNSURE_CARRY_NS) return;
    if (f->held_ns < f->moved_ns || ghost_of_hand(f)) return;
    tell(state, f, DIRECTION_UNSURE, f->seen_ns, fmax(f->inside_p, 1 - f->inside_p) / 2, out);
}

/* True when its story is over. */
static bool miss_carried(
    const TrackConfig *config, TrackState *state, Followed *f, bool last, TrackOutput *out) {
    const int64_t unseen_ns = state->t_ns - f->seen_ns;
    if (unseen_ns < ns_of_ms(config->vanish_ms) && !last) return false;
    if (leaving(config, state, f)) {
        const bool held = f->held_ns >= f->moved_ns;
        tell_out(state, f, held ? 1 : 0.8, out);
        return true;
    }
    if (f->inside_p > 0.5 && travelled(f) < TRAVEL_AWAY && gone_from_place(config, state, f, out))
        return true;
    const bool hands_left = state->t_ns - state->hands_ns >= ns_of_ms(config->vanish_ms);
    if (!hands_left && unseen_ns < ns_of_ms(config->in_hand_ms) && !last) return false;
    if (f->inside_p > 0.5 && travelled(f) >= TRAVEL_AWAY && f->held_ns >= f->seen_ns - LATELY_NS &&
        hands_left)
        tell_out(state, f, OUT_IN_HAND_P, out);
    else if (f->inside_p < 0.5 || travelled(f) >= TRAVEL_AWAY)
        tell_unsure(state, f, out);
    return true;
}

static bool miss(const TrackConfig *config, TrackState *state, Followed *f, TrackOutput *out) {
    const int64_t unseen_ns = state->t_ns - f->seen_ns;
    if (f->kind == DETECTION_HAND) return unseen_ns > ns_of_ms(config->lost_ms);
    switch (f->story) {
    case STORY_FOUND:
        return unseen_ns > (f->hits < 3 ? FLICKER_NS : ns_of_ms(config->lost_ms));
    case STORY_CARRIED:
        return miss_carried(config, state, f, false, out);
    case STORY_LYING:
        return unseen_ns > ns_of_ms(config->hidden_ms) || gone_from_place(config, state, f, out);
    }
    return false;
}

void track_count(const TrackConfig *config, TrackState *state, TrackOutput *out) {
    for (int i = 0; i < TRACKS_MAX; i++) {
        Followed *f = &state->at[i];
        if (f->id == 0) continue;
        if (f->seen_ns != state->t_ns) {
            if (miss(config, state, f, out)) f->id = 0;
            continue;
        }
        if (f->kind == DETECTION_HAND) continue;
        switch (f->story) {
        case STORY_FOUND:
            see_found(config, state, f, out);
            break;
        case STORY_CARRIED:
            see_carried(config, state, f, out);
            break;
        case STORY_LYING:
            see_lying(config, state, f);
            break;
        }
    }
}

void track_count_flush(const TrackConfig *config, TrackState *state, TrackOutput *out) {
    TrackConfig hurried = *config;
    hurried.rest_ms = 1; /* lies still and no hand is on it: it will not get any surer */
    for (int i = 0; i < TRACKS_MAX; i++) {
        Followed *f = &state->at[i];
        if (f->id == 0 || f->story != STORY_CARRIED) continue;
        if (f->seen_ns != state->t_ns)
            miss_carried(config, state, f, true, out);
        else
            see_carried(&hurried, state, f, out);
    }
}
