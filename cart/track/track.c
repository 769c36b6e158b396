#include "track_internal.h"

#include <string.h>

#define LATEST_NS (INT64_MAX / 2)
#define FRAME_S   0.1 /* before the second frame tells */

const Setting track_settings[] = {
    SETTING_REAL(
        TrackConfig, high_score_p, "0.4", 0.01, 1, "score from which a box may begin a track"),
    SETTING_REAL(
        TrackConfig, low_score_p, "0.12", 0, 1, "score from which a box may continue a track"),
    SETTING_REAL(
        TrackConfig,
        rest_ms,
        "300",
        50,
        5000,
        "time in ms an item lies still and untouched before it counts as put"),
    SETTING_REAL(TrackConfig, still_p, "0.2", 0.02, 1, "movement that is still rest, in box sizes"),
    SETTING_REAL(
        TrackConfig,
        lost_ms,
        "600",
        50,
        10000,
        "time in ms after which an unseen hand or new item is forgotten"),
    SETTING_REAL(
        TrackConfig,
        hidden_ms,
        "20000",
        500,
        600000,
        "time in ms for which the place of a covered item is remembered"),
    SETTING_REAL(
        TrackConfig,
        vanish_ms,
        "400",
        50,
        5000,
        "time in ms out of sight after which an item is gone"),
    SETTING_REAL(
        TrackConfig,
        in_hand_ms,
        "2500",
        200,
        20000,
        "time in ms an item may stay hidden by a hand before its crossing is told as unsure"),
    SETTING_REAL(
        TrackConfig, border_p, "0.03", 0, 0.3, "width of the picture's border, as a share of it"),
    SETTING_INT(
        TrackConfig, looks_per_frame, "3", 1, 16, "tracks to embed in one picture, at most"),
    SETTING_INT(TrackConfig, looks_max, "8", 1, 64, "looks at one carried item, at most"),
    SETTING_REAL(TrackConfig, look_gap_ms, "120", 0, 5000, "time in ms between looks at one item"),
    SETTING_END};

void track_init(TrackState *state, int camera) {
    memset(state, 0, sizeof *state);
    state->camera = camera;
    state->hands_ns = NEVER_NS;
}

static TrackPhase phase_of(const Followed *f) {
    switch (f->story) {
    case STORY_CARRIED:
        return TRACK_MOVING;
    case STORY_LYING:
        return TRACK_RESTING;
    case STORY_FOUND:
        break;
    }
    return f->kind == DETECTION_HAND && f->hits > 2 ? TRACK_MOVING : TRACK_NEW;
}

static void list_seen(const TrackState *state, Tracks *tracks) {
    tracks->t_ns = state->t_ns;
    tracks->camera = state->camera;
    for (int i = 0; i < TRACKS_MAX; i++) {
        const Followed *f = &state->at[i];
        if (f->id == 0 || f->seen_ns != state->t_ns) continue;
        tracks->at[tracks->count++] = (Track){
            .id = f->id,
            .kind = f->kind,
            .phase = phase_of(f),
            .box = f->box,
            .score_p = f->score_p,
            .held = f->touched_ns == state->t_ns,
            .wants_look = f->wants_look};
    }
}

void track_step(
    const TrackConfig *config, TrackState *state, const Detections *detections, TrackOutput *out) {
    memset(out, 0, sizeof *out);
    out->tracks.t_ns = detections->t_ns;
    out->tracks.camera = state->camera;
    const int64_t t_ns = detections->t_ns;
    if (t_ns < 0 || t_ns > LATEST_NS || (state->started && t_ns <= state->t_ns)) return;
    if (detections->width <= 0 || detections->height <= 0) return;
    const double frame_s = state->started ? (double)(t_ns - state->t_ns) * 1e-9 : FRAME_S;
    state->started = true;
    state->t_ns = t_ns;
    state->width = detections->width;
    state->height = detections->height;

    track_follow(config, state, detections, frame_s);
    track_hold(config, state);
    track_count(config, state, out);
    track_look(config, state);
    list_seen(state, &out->tracks);
}

void track_flush(const TrackConfig *config, TrackState *state, TrackOutput *out) {
    memset(out, 0, sizeof *out);
    out->tracks.t_ns = state->t_ns;
    out->tracks.camera = state->camera;
    track_count_flush(config, state, out);
    track_init(state, state->camera);
}
