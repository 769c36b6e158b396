/*
 * mind - what the brain thread does with each input: weigh, meter, look codes up, think, and say.
 *
 * Joins the scale's rooms and the brain, and hands whatever comes of it to the outbox. Inputs come
 * in the order in which they are to be believed; an input older than the one before it is taken to
 * have happened now.
 *
 * Threads: one, but mind_basket() from any.
 */
#pragma once

#include "brain.h"
#include "config.h"
#include "input.h"
#include "metrics.h"
#include "outbox.h"
#include "status.h"
#include "vision.h"

#include <stdint.h>

typedef struct Mind Mind;

typedef struct MindPorts { /* all borrowed */
    const CartConfig *config;
    const Catalog *catalog;
    Outbox *outbox;
    Metrics *metrics;
    BrainLog *log; /* append everything the brain is told; NULL: do not */
} MindPorts;

MUST_USE Status mind_open(Mind **out, const MindPorts *ports);

/* A journalled entry, after a restart. E_CORRUPT: it contradicts those before it. */
MUST_USE Status mind_resume(Mind *mind, const Entry *entry);

/* A journalled entry of the meter's event log, after a restart. E_CORRUPT: it was tampered with. */
MUST_USE Status mind_resume_seal(Mind *mind, const SealEntry *entry);

/* E_NO_MEMORY: the log cannot grow. */
MUST_USE Status mind_take(Mind *mind, const Input *input);
MUST_USE Status mind_see(Mind *mind, int64_t t_ns, const Sighting *sighting);
MUST_USE Status mind_tick(Mind *mind, int64_t t_ns);

/* The capture time the mind has arrived at. */
int64_t mind_now_ns(const Mind *mind);

void mind_basket(Mind *mind, Basket *out);

/* NULL is fine. */
void mind_close(Mind *mind);
