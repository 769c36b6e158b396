/*
 * story - a platform of the twin with things that happen to it, without pictures: what the weighing
 * bench plays to every estimator.
 *
 * The same kind and seed give the same story. A kept story is a file of its structs, for the
 * machine that wrote it.
 *
 * Threads: one.
 */
#pragma once

#include "scale.h"
#include "status.h"
#include "weight.h"

typedef enum StoryKind {
    STORY_STANDING, /* let go 2 to 13 mm over the floor, and lifted out again */
    STORY_SLOW,     /* let go of over 50 to 200 ms */
    STORY_DROPPED,  /* from 30 to 80 mm */
    STORY_LIGHT,    /* 10.5 to 60 g, slowly */
    STORY_LOADED,   /* 5 to 25 kg aboard */
    STORY_RAMP,     /* on a slope of 1 to 3 degrees */
    STORY_WARM,     /* from a cold store into the shop */
    STORY_ROLLING,  /* pushed at 0.4 to 1 m/s over a smooth floor */
    STORY_PRESSED,  /* hands rest, lean and press; goods are shifted: nothing comes or goes */
    STORY_JOINTS,   /* rolled over tiles and joints, turned and braked: nothing comes or goes */
    STORY_KINDS
} StoryKind;

extern const char *const story_names[STORY_KINDS];

typedef enum RecordKind { RECORD_SCALE, RECORD_IMU, RECORD_EVENT } RecordKind;

typedef struct Record {
    RecordKind kind;
    union {
        ScaleSample scale;
        ImuSample imu;
        struct {
            int64_t t_ns; /* first lasting contact without the hand, or the last one with it */
            double grams; /* < 0: taken out */
        } event;
    };
} Record;

typedef struct Story {
    ScaleCalibration calibration;
    int count, capacity;
    Record *record;
} Story;

/* On OK free with story_free(). E_NO_MEMORY, E_INVALID. */
MUST_USE Status story_play(StoryKind kind, uint64_t seed, Story *out);
MUST_USE Status story_write(const char *path, const Story *story);
MUST_USE Status story_read(const char *path, Story *out);
void story_free(Story *story);
