/* join_internal.h - crossings of several cameras joined into sightings, sightings to steps. */
#pragma once

#include "reason_internal.h"

/* One carried thing, as up to every camera reported it. */
typedef struct Sighting {
    int64_t t_ns;     /* of its earliest crossing */
    int64_t known_ns; /* when that was heard of */
    Direction direction;
    double put_p, take_p; /* votes: confidences added up */
    uint32_t cameras;     /* bits */
    uint64_t crossings;   /* bits: into ReasonState.crossings */
} Sighting;

typedef struct Sightings {
    int count;
    Sighting at[REASON_CROSSINGS_MAX]; /* oldest first */
} Sightings;

void sightings_of(const ReasonConfig *config, const ReasonState *state, Sightings *out);

Direction direction_of(int sign);
bool sighting_fits(const Sighting *sighting, int sign);

/* The crossings (bits) that may be of a step. */
uint64_t crossings_for(const ReasonConfig *config, const ReasonState *state, int step);

/* What these crossings amount to, seen from t_ns: the nearer and surer, the more they weigh.
 * Returns how many; out holds REASON_CROSSINGS_MAX. */
int glimpses_of(const ReasonState *state, uint64_t crossings, int64_t t_ns, Glimpse *out);

uint32_t cameras_of(const ReasonState *state, uint64_t crossings);

/* The nearest sighting that belongs to a step, or -1. With `except` >= 0 any direction will do, and
 * that one is passed over. */
int sighting_for(
    const ReasonConfig *config,
    const ReasonState *state,
    const Sightings *all,
    int step,
    int except);

bool sighting_may_have_step(
    const ReasonConfig *config, const ReasonState *state, const Sighting *sighting);

/* A camera that reports an event already decided without it. */
bool sighting_is_late(
    const ReasonConfig *config, const ReasonState *state, const Sighting *sighting);

/* These crossings (bits) are explained; sightings found before are void. */
void crossings_spend(ReasonState *state, uint64_t crossings);
