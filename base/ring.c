#include "ring.h"

#include "clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct Ring {
    RingPolicy policy;
    int capacity;
    int head; /* oldest */
    int depth;
    size_t item_size;
    bool finished;
    int64_t pushed;
    int64_t dropped;
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    unsigned char *items;
};

Status ring_open(Ring **out, RingPolicy policy, int capacity, size_t item_size) {
    assert(capacity > 0 && item_size > 0);
    Ring *ring = calloc(1, sizeof *ring);
    unsigned char *items = calloc((size_t)capacity, item_size);
    if (!ring || !items) {
        free(ring);
        free(items);
        return fail(E_NO_MEMORY, "ring: out of memory for %d items", capacity);
    }
    ring->policy = policy;
    ring->capacity = capacity;
    ring->item_size = item_size;
    ring->items = items;
    pthread_mutex_init(&ring->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ring->not_empty, &monotonic);
    pthread_cond_init(&ring->not_full, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *out = ring;
    return OK;
}

static unsigned char *slot(Ring *ring, int position) {
    return ring->items + (size_t)((ring->head + position) % ring->capacity) * ring->item_size;
}

static void take_oldest(Ring *ring, void *item) {
    if (item) memcpy(item, slot(ring, 0), ring->item_size);
    ring->head = (ring->head + 1) % ring->capacity;
    ring->depth--;
}

Status ring_push(Ring *ring, const void *item, void *displaced) {
    Status status = OK;
    pthread_mutex_lock(&ring->lock);
    while (ring->policy == RING_WAIT && ring->depth == ring->capacity && !ring->finished)
        pthread_cond_wait(&ring->not_full, &ring->lock);
    if (ring->finished) {
        status = E_END;
    } else {
        if (ring->depth == ring->capacity) {
            status = E_FULL;
            ring->dropped++;
            if (ring->policy == RING_DROP_OLDEST) take_oldest(ring, displaced);
        }
        if (ring->depth < ring->capacity) {
            memcpy(slot(ring, ring->depth), item, ring->item_size);
            ring->depth++;
            ring->pushed++;
            pthread_cond_signal(&ring->not_empty);
        }
    }
    pthread_mutex_unlock(&ring->lock);
    return status;
}

static struct timespec deadline_after(int timeout_ms) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    const int64_t ns = at.tv_nsec + timeout_ms * NS_PER_MS;
    at.tv_sec += (time_t)(ns / NS_PER_SECOND);
    at.tv_nsec = (long)(ns % NS_PER_SECOND);
    return at;
}

Status ring_pop(Ring *ring, void *item, int timeout_ms) {
    const struct timespec deadline = deadline_after(timeout_ms < 0 ? 0 : timeout_ms);
    Status status = OK;
    pthread_mutex_lock(&ring->lock);
    int late = 0;
    while (ring->depth == 0 && !ring->finished && !late) {
        if (timeout_ms < 0) {
            pthread_cond_wait(&ring->not_empty, &ring->lock);
        } else {
            late = pthread_cond_timedwait(&ring->not_empty, &ring->lock, &deadline);
        }
    }
    if (ring->depth > 0) {
        take_oldest(ring, item);
        pthread_cond_signal(&ring->not_full);
    } else {
        status = ring->finished ? E_END : E_TIMEOUT;
    }
    pthread_mutex_unlock(&ring->lock);
    return status;
}

void ring_finish(Ring *ring) {
    pthread_mutex_lock(&ring->lock);
    ring->finished = true;
    pthread_cond_broadcast(&ring->not_empty);
    pthread_cond_broadcast(&ring->not_full);
    pthread_mutex_unlock(&ring->lock);
}

RingStats ring_stats(Ring *ring) {
    pthread_mutex_lock(&ring->lock);
    const RingStats stats = {
        .depth = ring->depth, .pushed = ring->pushed, .dropped = ring->dropped};
    pthread_mutex_unlock(&ring->lock);
    return stats;
}

void ring_close(Ring *ring) {
    if (!ring) return;
    pthread_mutex_destroy(&ring->lock);
    pthread_cond_destroy(&ring->not_empty);
    pthread_cond_destroy(&ring->not_full);
    free(ring->items);
    free(ring);
}
