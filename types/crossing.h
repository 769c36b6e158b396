/* crossing.h - what was followed through one camera's pictures, and what crossed the rim. */
#pragma once

#include "detection.h"

#include <stdbool.h>
#include <stdint.h>

enum { TRACKS_MAX = 64, CROSSINGS_MAX = 8, LOOK_SKUS_MAX = 16 };

typedef enum TrackPhase {
    TRACK_NEW,    /* too young to say */
    TRACK_MOVING, /* carried or sliding */
    TRACK_RESTING /* lies still, no hand on it */
} TrackPhase;

typedef struct Track {
    int32_t id; /* counts up per camera, never reused in a session */
    DetectionKind kind;
    TrackPhase phase;
    Box box;
    float score_p;
    bool held;       /* a hand's box overlaps it */
    bool wants_look; /* worth embedding in this frame */
} Track;

typedef struct Tracks {
    int64_t t_ns;
    int camera;
    int count;
    Track at[TRACKS_MAX];
} Tracks;

typedef enum Direction {
    DIRECTION_UNSURE, /* something was carried; which way could not be told */
    DIRECTION_PUT,    /* carried in and let go */
    DIRECTION_TAKE    /* lay inside, carried away */
} Direction;

/* Log-probabilities over SKUs, added up over the looks at one track. Looks are correlated: whoever
 * uses them tempers them. SKUs not listed are below every listed one. */
typedef struct Looks {
    int views; /* pictures embedded; 0: never looked at */
    int count;
    struct {
        int32_t sku;
        float log_p;     /* mean over the views, natural log */
    } at[LOOK_SKUS_MAX]; /* by falling log_p */
    float unknown_log_p; /* mean over the views, of "none of the catalogue" */
} Looks;

typedef struct Crossing {
    int64_t t_ns;       /* release (put) or first motion (take), capture clock */
    int64_t decided_ns; /* time of the frame at which it was known */
    int camera;
    int32_t track;
    Direction direction;
    float confidence_p; /* of the direction */
    Box box;            /* where it came to rest (put) or lay (take) */
    int32_t telling;    /* 0: news; n: told again for the nth time, with more looks */
    Looks looks;
} Crossing;
