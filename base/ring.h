/*
 * ring - a bounded queue between threads, named by what it does when full.
 *
 *     RING_DROP_OLDEST  frames: the newest matters; the displaced item is handed back and counted
 *     RING_NEVER_DROP   scale, scans, commands: a push that finds it full is refused, counted, and
 *                       is a fault on show
 *     RING_WAIT         replay faster than real time: the producer waits, nothing is lost
 *
 * Items are copied by value; an item that points at something passes ownership with it.
 * Any number of producers, one consumer. After ring_finish() the consumer drains what is left and
 * then reads E_END. Threads: any.
 */
#pragma once

#include "status.h"

#include <stddef.h>
#include <stdint.h>

typedef enum RingPolicy { RING_DROP_OLDEST, RING_NEVER_DROP, RING_WAIT } RingPolicy;

typedef struct Ring Ring;

typedef struct RingStats {
    int depth; /* items waiting now */
    int64_t pushed;
    int64_t dropped; /* displaced (drop oldest) or refused (never drop) */
} RingStats;

MUST_USE Status ring_open(Ring **out, RingPolicy policy, int capacity, size_t item_size);

/* OK: taken, nothing lost. E_FULL: under RING_DROP_OLDEST the item was taken and the oldest was
 * copied to *displaced (yours now; displaced may be NULL for items that own nothing); under
 * RING_NEVER_DROP the item was refused and is still yours. E_END: the ring is finished; the item
 * is still yours. */
MUST_USE Status ring_push(Ring *ring, const void *item, void *displaced);

/* Wait up to timeout_ms (< 0: forever). E_TIMEOUT: none came. E_END: finished and drained. */
MUST_USE Status ring_pop(Ring *ring, void *item, int timeout_ms);

/* No more pushes; wakes everybody. Idempotent. */
void ring_finish(Ring *ring);

RingStats ring_stats(Ring *ring);

/* NULL is fine. Items still inside are forgotten: drain first if they own something. */
void ring_close(Ring *ring);
