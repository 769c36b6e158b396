#include "track_internal.h"

#include <math.h>

/* Reach is how far from where it is expected a moving thing may be found, in its own sizes. */
#define REACH            0.8
#define REACH_PER_SECOND 5.0
#define REACH_MAX        2.5
#define REACH_RECOVERED  5.0  /* out of sight in a hand, which may have gone anywhere */
#define PLACE_SHARE      0.35 /* of a box that must lie in the place of the thing that lies there */
#define LIFTED           0.15 /* sizes: the whole box has left its place */
#define SIZE_RATIO_MAX   2.2
#define SAME_IOU         0.65 /* two boxes of one kind that cover each other this much are one thing */
#define POSITION_GAIN    0.7
#define VELOCITY_GAIN    0.35
#define EXTRAPOLATE_S    0.3
#define HELD_LATELY_NS   INT64_C(400000000)

typedef enum Pass { PASS_SURE, PASS_FAINT, PASS_RECOVER } Pass;

typedef struct Candidate {
    Detection seen;
    bool taken;
} Candidate;

static double seconds(int64_t ns) { return (double)ns * 1e-9; }

static bool usable(Box *box, int width, int height) {
    box->x0 = fmaxf(box->x0, 0), box->y0 = fmaxf(box->y0, 0);
    box->x1 = fminf(box->x1, (float)width), box->y1 = fminf(box->y1, (float)height);
    return box->x1 - box->x0 >= 2 && box->y1 - box->y0 >= 2;
}

static bool finite_box(Box box) {
    return isfinite(box.x0) && isfinite(box.y0) && isfinite(box.x1) && isfinite(box.y1);
}

static int
candidates(const TrackConfig *config, const Detections *detections, Candidate out[DETECTIONS_MAX]) {
    int count = 0;
    for (int i = 0; i < detections->count && i < DETECTIONS_MAX; i++) {
        Detection seen = detections->at[i];
        if (!(seen.score_p >= (float)config->low_score_p) || !finite_box(seen.box)) continue;
        if (!usable(&seen.box, detections->width, detections->height)) continue;
        bool again = false;
        for (int j = 0; j < count && !again; j++)
            again = out[j].seen.kind == seen.kind && box_iou(out[j].seen.box, seen.box) > SAME_IOU;
        if (!again) out[count++] = (Candidate){.seen = seen};
    }
    return count;
}

static const Followed *hand_of(const TrackState *state, const Followed *f) {
    for (int i = 0; f->hand != 0 && i < TRACKS_MAX; i++)
        if (state->at[i].id == f->hand) return &state->at[i];
    return NULL;
}

/* Distance, in sizes, from the nearest of the places where it may be by now: gone on as it went,
 * still where it was seen, or gone with the hand. */
static double distance(const TrackState *state, const Followed *f, Box box, double gap_s) {
    const double x = box_x(box), y = box_y(box);
    const double ahead_s = fmin(gap_s, EXTRAPOLATE_S);
    const double size = 0.5 * (box_size(f->box) + box_size(box));
    double least = hypot(x - f->x_px - f->vx_px * ahead_s, y - f->y_px - f->vy_px * ahead_s);
    least = fmin(least, hypot(x - f->x_px, y - f->y_px) + 0.15 * size);
    const Followed *hand = hand_of(state, f);
    if (hand != NULL && f->seen_ns - f->held_ns < HELD_LATELY_NS)
        least = fmin(least, hypot(x - hand->x_px - f->hand_dx_px, y - hand->y_px - f->hand_dy_px));
    return least / size;
}

static double pair_cost(
    const TrackState *state, const Followed *f, const Detection *seen, int64_t t_ns, Pass pass) {
    const double ratio = box_size(f->box) / box_size(seen->box);
    const double unlike = fmax(ratio, 1 / ratio);
    if (unlike > SIZE_RATIO_MAX) return 1;
    const double gap_s = seconds(t_ns - f->seen_ns);
    const double late = fmin(0.3, 0.5 * gap_s);
    if (pass != PASS_RECOVER && f->story == STORY_LYING) {
        /* Where it lay, or where it is being lifted to; a box that is only cut off has not moved.
         */
        const bool lifted = box_shift(f->place, f->box) > LIFTED * box_size(f->place);
        const Box place = lifted ? f->box : f->place;
        const double share = box_overlap(seen->box, place) / box_area(seen->box);
        if (share < PLACE_SHARE) return 1;
        return 0.4 * (1 - share) + 0.2 * (1 - box_iou(seen->box, place)) + late / 3;
    }
    double reach = fmin(REACH_MAX, REACH + REACH_PER_SECOND * gap_s);
    if (pass == PASS_RECOVER) reach = REACH_RECOVERED;
    const double apart = distance(state, f, seen->box, gap_s);
    const double unproven = f->hits < 3 ? 0.2 : 0;
    return apart > reach
               ? 1
               : 0.7 * apart / fmax(reach, REACH_MAX) + 0.1 * (unlike - 1) + late + unproven;
}

static bool takes_part(
    const TrackConfig *config,
    const TrackState *state,
    const Followed *f,
    DetectionKind kind,
    Pass pass) {
    if (f->id == 0 || f->kind != kind || f->seen_ns == state->t_ns) return false;
    const int64_t gap_ns = state->t_ns - f->seen_ns;
    switch (pass) {
    case PASS_SURE:
        return f->story != STORY_CARRIED || gap_ns < ns_of_ms(config->lost_ms);
    case PASS_FAINT:
        return gap_ns < ns_of_ms(config->lost_ms) / 2;
    case PASS_RECOVER:
        return kind == DETECTION_ITEM &&
               ((f->story == STORY_CARRIED && !leaving(config, state, f)) ||
                (f->story == STORY_LYING && f->grasped_ns > f->seen_ns - HELD_LATELY_NS &&
                 gap_ns < ns_of_ms(config->in_hand_ms)));
    }
    return false;
}

/* After a gap the velocity is the one between the two sightings, not what was guessed meanwhile. */
static void move_to(Followed *f, Box box, int64_t t_ns, double frame_s) {
    const double dt_s = seconds(t_ns - f->seen_ns);
    const double x = box_x(box), y = box_y(box);
    if (dt_s > 1.5 * frame_s) {
        f->vx_px = (x - box_x(f->box)) / dt_s, f->vy_px = (y - box_y(f->box)) / dt_s;
        f->x_px = x, f->y_px = y;
    } else {
        const double expected_x = f->x_px + f->vx_px * dt_s;
        const double expected_y = f->y_px + f->vy_px * dt_s;
        const double gain = f->hits == 1 ? 1 : VELOCITY_GAIN;
        f->x_px = expected_x + POSITION_GAIN * (x - expected_x);
        f->y_px = expected_y + POSITION_GAIN * (y - expected_y);
        f->vx_px += gain * (x - expected_x) / dt_s;
        f->vy_px += gain * (y - expected_y) / dt_s;
    }
    f->box = box;
    f->seen_ns = t_ns;
    f->hits++;
}

static Followed *free_slot(TrackState *state) {
    Followed *oldest = NULL;
    for (int i = 0; i < TRACKS_MAX; i++) {
        Followed *f = &state->at[i];
        if (f->id == 0) return f;
        if (f->story != STORY_CARRIED && f->seen_ns < state->t_ns &&
            (oldest == NULL || f->seen_ns < oldest->seen_ns))
            oldest = f;
    }
    return oldest;
}

static void begin(TrackState *state, const Detection *seen) {
    Followed *f = free_slot(state);
    if (f == NULL) return;
    *f = (Followed){
        .id = ++state->last_id,
        .kind = seen->kind,
        .score_p = seen->score_p,
        .box = seen->box,
        .x_px = box_x(seen->box),
        .y_px = box_y(seen->box),
        .hits = 1,
        .born_ns = state->t_ns,
        .seen_ns = state->t_ns,
        .birth = seen->box,
        .touched_ns = NEVER_NS,
        .held_ns = NEVER_NS,
        .grasped_ns = NEVER_NS,
        .clear_ns = NEVER_NS,
        .looked_ns = NEVER_NS,
        .near_ns = NEVER_NS,
        .approach_ns = NEVER_NS,
        .still = seen->box,
        .still_ns = state->t_ns,
        .still_hits = 1,
        .still_hand_x_px = NAN,
        .still_hand_y_px = NAN,
        .story_ns = state->t_ns,
        .place = seen->box,
        .seen_p = 0.5};
}

static void match(
    const TrackConfig *config,
    TrackState *state,
    Candidate *candidate,
    int count,
    double frame_s,
    DetectionKind kind,
    Pass pass) {
    int rows = 0, columns = 0;
    int row_at[TRACKS_MAX], column_at[DETECTIONS_MAX];
    for (int i = 0; i < TRACKS_MAX; i++)
        if (takes_part(config, state, &state->at[i], kind, pass)) row_at[rows++] = i;
    for (int i = 0; i < count; i++) {
        const bool faint = candidate[i].seen.score_p < (float)config->high_score_p;
        if (candidate[i].taken || candidate[i].seen.kind != kind || faint != (pass == PASS_FAINT))
            continue;
        if (pass == PASS_RECOVER && box_at_border(config, state, candidate[i].seen.box)) continue;
        column_at[columns++] = i;
    }
    if (rows == 0 || columns == 0) return;

    double cost[TRACKS_MAX * DETECTIONS_MAX];
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            cost[i * columns + j] = pair_cost(
                state, &state->at[row_at[i]], &candidate[column_at[j]].seen, state->t_ns, pass);
    int partner[TRACKS_MAX];
    track_assign(rows, columns, cost, partner);
    for (int i = 0; i < rows; i++) {
        if (partner[i] < 0) continue;
        Candidate *chosen = &candidate[column_at[partner[i]]];
        Followed *f = &state->at[row_at[i]];
        move_to(f, chosen->seen.box, state->t_ns, frame_s);
        f->score_p = chosen->seen.score_p;
        chosen->taken = true;
    }
}

void track_follow(
    const TrackConfig *config, TrackState *state, const Detections *detections, double frame_s) {
    Candidate candidate[DETECTIONS_MAX];
    const int count = candidates(config, detections, candidate);
    /* Hands first: what they hold is looked for where they are now. */
    static const DetectionKind order[] = {DETECTION_HAND, DETECTION_ITEM};
    for (int i = 0; i < 2; i++)
        for (Pass pass = PASS_SURE; pass <= PASS_RECOVER; pass++)
            match(config, state, candidate, count, frame_s, order[i], pass);
    for (int i = 0; i < count; i++)
        if (!candidate[i].taken && candidate[i].seen.score_p >= (float)config->high_score_p)
            begin(state, &candidate[i].seen);
}
