/*
 * track - one camera's boxes in, tracks and crossings out.
 *
 * Boxes are followed from picture to picture (observation-centric SORT, with a second pass for
 * faint boxes), and each item has a story: FOUND when it appears, CARRIED while it moves with a
 * hand, LYING when it rests with no hand on it. A crossing is a change of story, never a new or a
 * lost id:
 *
 *     carried in from outside, then lying   DIRECTION_PUT    at the release
 *     lying, then carried out or gone       DIRECTION_TAKE   at the first motion
 *     carried, then out of sight inside     DIRECTION_UNSURE
 *     lies where nothing lay, after a hand  DIRECTION_PUT    with confidence below one half
 *
 * Shifts inside the basket, covers, flicker and things shown and carried away again are nothing.
 * A crossing's looks are left empty: whoever embedded the tracks that wanted a look fills them in.
 *
 * One TrackState a camera. Pure: no clock, I/O, allocation. Threads: a state belongs to one thread.
 * Units: pixels of the frame, nanoseconds; any frame rate from about 5 to 60 a second.
 */
#pragma once

#include "crossing.h"
#include "detection.h"
#include "settings.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct TrackConfig {
    double high_score_p;
    double low_score_p;
    double rest_ms;
    double still_p;
    double lost_ms;
    double hidden_ms;
    double vanish_ms;
    double in_hand_ms;
    double border_p;
    int looks_per_frame;
    int looks_max;
    double look_gap_ms;
} TrackConfig;

extern const Setting track_settings[];

typedef enum TrackStory { STORY_FOUND, STORY_CARRIED, STORY_LYING } TrackStory;

/* One thing that is followed. Read it in tests; it is the room's own. */
typedef struct Followed {
    int32_t id; /* 0: this slot is free */
    DetectionKind kind;
    float score_p;
    Box box;             /* as last observed */
    double x_px, y_px;   /* smoothed centre at seen_ns */
    double vx_px, vy_px; /* px a second */
    int hits;
    int64_t born_ns, seen_ns;
    Box birth; /* where it was first seen */

    int32_t hand;       /* the hand last on it; 0: none */
    int64_t touched_ns; /* last time a hand's box overlapped it, or its place */
    int64_t held_ns;    /* last time that hand was not seen to move without it */
    int64_t grasped_ns; /* last time a hand on it was slow enough to take hold or let go */
    double hand_dx_px, hand_dy_px; /* from that hand's centre to this one's */

    Box still; /* where it stopped; it has not left since still_ns */
    int64_t still_ns;
    int still_hits;
    double still_hand_x_px, still_hand_y_px; /* where the hand was then; NAN: none */

    TrackStory story;
    int64_t story_ns; /* since when */
    double inside_p;  /* that it was in the basket before it was carried */
    int64_t moved_ns; /* first motion of this carry */
    Box place;        /* LYING: where; CARRIED: where it lay before, or was first seen */
    int carried_hits, ghost_hits; /* seen while carried; of those, looking just like the hand */
    int64_t clear_ns;             /* out of sight, and since then nothing covers its place */
    double seen_p;                /* share of pictures that show it while it lies free */

    int looks;
    int64_t looked_ns;
    int64_t near_ns, approach_ns; /* last time a hand was near; since when, this time */
    bool wants_look;
} Followed;

typedef struct TrackState {
    int camera;
    int32_t last_id;
    bool started;
    int64_t t_ns; /* of the last frame */
    int width, height;
    int64_t hands_ns; /* last time any hand was seen */
    Followed at[TRACKS_MAX];
    struct {
        int32_t track;
        int64_t t_ns;
        Direction direction;
        Box box;
    } told[CROSSINGS_MAX]; /* the last crossings, so that one pack is not told twice */
    int told_next;
} TrackState;

typedef struct TrackOutput {
    Tracks tracks; /* those seen in this frame */
    int crossing_count;
    Crossing crossings[CROSSINGS_MAX];
} TrackOutput;

void track_init(TrackState *state, int camera);

/* Frames go in by rising t_ns; one that does not is skipped and gives an empty output. */
void track_step(
    const TrackConfig *config, TrackState *state, const Detections *detections, TrackOutput *out);

/* The session is over: decide what hangs in the air. Afterwards the state is as after track_init.
 */
void track_flush(const TrackConfig *config, TrackState *state, TrackOutput *out);
