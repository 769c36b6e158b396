/*
 * session - one tape: what happened on it, and what a brain says of it.
 *
 * Threads: one.
 */
#pragma once

#include "brain.h"
#include "score.h"

/* The truth on a tape. E_NOT_FOUND: it carries none. E_INVALID: a product the catalogue lacks.
 * *simulated: the tape says that the twin made it. */
MUST_USE Status
session_truth(const char *path, const Catalog *catalog, SessionTruth *out, bool *simulated);

/* Tell a fresh brain everything in the log. With `shopper`, a truthful shopper answers every
 * question two seconds after it is asked; the result is out->answered, else it is everything but
 * that. */
MUST_USE Status session_think(
    const BrainConfig *config,
    const Catalog *catalog,
    const BrainLog *log,
    const SessionTruth *shopper,
    SessionSaid *out);
