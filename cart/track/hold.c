#include "track_internal.h"

#include <math.h>

#define HAND_KEPT_NS     INT64_C(250000000) /* an unseen hand is still where it was for this long */
#define HAND_TOUCH       0.08               /* of the hand's size: boxes that just touch */
#define HAND_NEAR        0.6
#define HAND_LEFT        0.3 /* of the hand's size: it moved, what lies under it did not */
#define APPROACH_GAP_NS  INT64_C(1000000000)
#define GRASP_PER_SECOND 2.0 /* hand sizes a second: a faster hand only passes over */
#define SAME_SIZE_RATIO  1.35

static bool hand_is_there(const TrackState *state, const Followed *f) {
    return f->id != 0 && f->kind == DETECTION_HAND && f->hits > 1 &&
           state->t_ns - f->seen_ns <= HAND_KEPT_NS;
}

/* The hand that covers most of it; the one that was on it already wins while it touches. */
static const Followed *hand_on(const TrackState *state, const Followed *item) {
    const Followed *best = NULL;
    double most = 0;
    for (int i = 0; i < TRACKS_MAX; i++) {
        const Followed *hand = &state->at[i];
        if (!hand_is_there(state, hand)) continue;
        const Box reach = box_grown(hand->box, HAND_TOUCH * box_size(hand->box));
        const double covered = box_overlap(reach, item->box);
        if (covered > 0 && hand->id == item->hand) return hand;
        if (covered > most) most = covered, best = hand;
    }
    return best;
}

static bool near_a_hand(const TrackState *state, const Followed *item) {
    for (int i = 0; i < TRACKS_MAX; i++) {
        const Followed *hand = &state->at[i];
        if (!hand_is_there(state, hand)) continue;
        if (box_overlap(box_grown(hand->box, HAND_NEAR * box_size(hand->box)), item->box) > 0)
            return true;
    }
    return false;
}

static void note_still(const TrackConfig *config, const TrackState *state, Followed *f) {
    if (f->seen_ns != state->t_ns) return;
    const double size = box_size(f->still), ratio = box_size(f->box) / size;
    if (box_distance(f->box, f->still) <= config->still_p * size && ratio < SAME_SIZE_RATIO &&
        ratio > 1 / SAME_SIZE_RATIO) {
        f->still_hits++;
        return;
    }
    f->still = f->box;
    f->still_ns = state->t_ns;
    f->still_hits = 1;
    f->hand = 0; /* whoever is on it is remembered anew, from here */
}

/* A hand that moves off while the item stays does not hold it, even if their boxes still overlap.
 */
static void note_hand(const TrackConfig *config, const TrackState *state, Followed *f) {
    if (near_a_hand(state, f)) {
        if (state->t_ns - f->near_ns > APPROACH_GAP_NS) f->approach_ns = state->t_ns;
        f->near_ns = state->t_ns;
    }
    const int last = f->hand;
    const Followed *hand = hand_on(state, f);
    if (hand == NULL) return;
    f->touched_ns = state->t_ns;
    if (hypot(hand->vx_px, hand->vy_px) < GRASP_PER_SECOND * box_size(hand->box))
        f->grasped_ns = state->t_ns;
    if (hand->id != last) {
        f->hand = hand->id;
        f->still_hand_x_px = hand->x_px, f->still_hand_y_px = hand->y_px;
    }
    const bool stays = state->t_ns - f->still_ns >= ns_of_ms(config->rest_ms) / 2;
    const double went = hypot(hand->x_px - f->still_hand_x_px, hand->y_px - f->still_hand_y_px);
    if (f->seen_ns == state->t_ns && stays && went > HAND_LEFT * box_size(hand->box)) return;
    f->held_ns = state->t_ns;
    if (f->seen_ns != state->t_ns) return;
    f->hand_dx_px = f->x_px - hand->x_px, f->hand_dy_px = f->y_px - hand->y_px;
    if (f->story == STORY_CARRIED && box_iou(f->box, hand->box) > 0.6) f->ghost_hits++;
}

void track_hold(const TrackConfig *config, TrackState *state) {
    for (int i = 0; i < TRACKS_MAX; i++)
        if (hand_is_there(state, &state->at[i])) state->hands_ns = state->t_ns;
    for (int i = 0; i < TRACKS_MAX; i++) {
        Followed *f = &state->at[i];
        if (f->id == 0 || f->kind != DETECTION_ITEM) continue;
        note_still(config, state, f);
        note_hand(config, state, f);
    }
}
