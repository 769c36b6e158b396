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

/* Tell a fresh brain everything in the log. Two seconds after it is asked, every question is
 * answered by the truth of a `shopper`, or (NULL) by the cart's own likeliest product. out->basket
 * and out->answered are the basket at the end. */
MUST_USE Status session_think(
    const BrainConfig *config,
    const Catalog *catalog,
    const BrainLog *log,
    const SessionTruth *shopper,
    SessionSaid *out);
