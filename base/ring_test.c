#include "clock.h"
#include "ring.h"
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PRODUCERS = 3, EACH = 5000 };

static Ring *open_ring(RingPolicy policy, int capacity) {
    Ring *ring = NULL;
    CHECK(ring_open(&ring, policy, capacity, sizeof(int)) == OK);
    return ring;
}

static void items_come_out_in_the_order_they_went_in(void) {
    Ring *ring = open_ring(RING_NEVER_DROP, 3);
    int got = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++)
            CHECK(ring_push(ring, &(int){round * 3 + i}, NULL) == OK);
        for (int i = 0; i < 3; i++)
            CHECK(ring_pop(ring, &got, 0) == OK && got == round * 3 + i);
    }
    ring_close(ring);
}

static void drop_oldest_takes_the_new_and_hands_the_oldest_back(void) {
    Ring *ring = open_ring(RING_DROP_OLDEST, 2);
    int displaced = 0, got = 0;
    CHECK(ring_push(ring, &(int){1}, &displaced) == OK && displaced == 0);
    CHECK(ring_push(ring, &(int){2}, &displaced) == OK && displaced == 0);
    CHECK(ring_push(ring, &(int){3}, &displaced) == E_FULL && displaced == 1);
    CHECK(ring_push(ring, &(int){4}, NULL) == E_FULL);
    CHECK(ring_pop(ring, &got, 0) == OK && got == 3);
    CHECK(ring_pop(ring, &got, 0) == OK && got == 4);
    const RingStats stats = ring_stats(ring);
    CHECK(stats.depth == 0 && stats.pushed == 4 && stats.dropped == 2);
    ring_close(ring);
}

static void never_drop_refuses_and_counts(void) {
    Ring *ring = open_ring(RING_NEVER_DROP, 1);
    int got = 0, displaced = 77;
    CHECK(ring_push(ring, &(int){1}, &displaced) == OK);
    CHECK(ring_push(ring, &(int){2}, &displaced) == E_FULL && displaced == 77);
    CHECK(ring_pop(ring, &got, 0) == OK && got == 1);
    const RingStats stats = ring_stats(ring);
    CHECK(stats.pushed == 1 && stats.dropped == 1);
    ring_close(ring);
}

static void an_empty_ring_times_out_and_leaves_the_item_alone(void) {
    Ring *ring = open_ring(RING_DROP_OLDEST, 1);
    int got = 77;
    const int64_t start_ns = clock_now_ns();
    CHECK(ring_pop(ring, &got, 0) == E_TIMEOUT);
    CHECK(ring_pop(ring, &got, 30) == E_TIMEOUT && got == 77);
    CHECK(clock_now_ns() - start_ns >= 29 * NS_PER_MS);
    ring_close(ring);
}

static void a_finished_ring_is_drained_and_then_ends(void) {
    Ring *ring = open_ring(RING_NEVER_DROP, 4);
    int got = 0;
    CHECK(ring_push(ring, &(int){1}, NULL) == OK);
    ring_finish(ring);
    ring_finish(ring);
    CHECK(ring_push(ring, &(int){2}, NULL) == E_END);
    CHECK(ring_pop(ring, &got, -1) == OK && got == 1);
    CHECK(ring_pop(ring, &got, -1) == E_END);
    ring_close(ring);
}

typedef struct Producer {
    Ring *ring;
    int first;
    int refused;
    int lost; /* handed back as displaced */
} Producer;

static void *produce(void *context) {
    Producer *producer = context;
    for (int i = 0; i < EACH; i++) {
        int displaced = -1;
        if (ring_push(producer->ring, &(int){producer->first + i}, &displaced) == E_FULL) {
            if (displaced >= 0) {
                producer->lost++;
            } else {
                producer->refused++;
            }
        }
    }
    return NULL;
}

/* Three producers, one consumer: returns what came out, checking the order of each producer. */
static int race(RingPolicy policy, int *refused, int *lost) {
    Ring *ring = open_ring(policy, 8);
    Producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (Producer){.ring = ring, .first = i * EACH};
        pthread_create(&threads[i], NULL, produce, &producers[i]);
    }
    int last[PRODUCERS] = {-1, -1, -1}, count = 0, got = 0;
    Status status;
    while ((status = ring_pop(ring, &got, 200)) == OK) {
        if (got % EACH <= last[got / EACH]) CHECK(got % EACH > last[got / EACH]);
        last[got / EACH] = got % EACH;
        count++;
    }
    CHECK(status == E_TIMEOUT);
    *refused = *lost = 0;
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
        *refused += producers[i].refused;
        *lost += producers[i].lost;
    }
    while (ring_pop(ring, &got, 0) == OK)
        count++;
    const RingStats stats = ring_stats(ring);
    CHECK(stats.dropped == *refused + *lost);
    CHECK(stats.pushed == PRODUCERS * EACH - *refused);
    ring_close(ring);
    return count;
}

static void waiting_producers_lose_nothing(void) {
    int refused, lost;
    CHECK(race(RING_WAIT, &refused, &lost) == PRODUCERS * EACH);
    CHECK(refused == 0 && lost == 0);
}

static void every_item_of_a_race_is_delivered_refused_or_handed_back(void) {
    int refused, lost;
    const int kept = race(RING_NEVER_DROP, &refused, &lost);
    CHECK(kept + refused == PRODUCERS * EACH && lost == 0);
    const int newest = race(RING_DROP_OLDEST, &refused, &lost);
    CHECK(newest + lost == PRODUCERS * EACH && refused == 0);
}

static atomic_int ended;

static void *push_into_full(void *ring) {
    if (ring_push(ring, &(int){2}, NULL) == E_END) atomic_fetch_add(&ended, 1);
    return NULL;
}

static void *pop_forever(void *ring) {
    int got;
    if (ring_pop(ring, &got, -1) == E_END) atomic_fetch_add(&ended, 1);
    return NULL;
}

static void finishing_wakes_whoever_waits(void) {
    Ring *full = open_ring(RING_WAIT, 1), *empty = open_ring(RING_WAIT, 1);
    CHECK(ring_push(full, &(int){1}, NULL) == OK);
    pthread_t threads[3];
    pthread_create(&threads[0], NULL, push_into_full, full);
    pthread_create(&threads[1], NULL, push_into_full, full);
    pthread_create(&threads[2], NULL, pop_forever, empty);
    clock_sleep_until_ns(clock_now_ns() + 20 * NS_PER_MS);
    ring_finish(full);
    ring_finish(empty);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    CHECK(ended == 3);
    ring_close(full);
    ring_close(empty);
    ring_close(NULL);
}

int main(void) {
    RUN(items_come_out_in_the_order_they_went_in);
    RUN(drop_oldest_takes_the_new_and_hands_the_oldest_back);
    RUN(never_drop_refuses_and_counts);
    RUN(an_empty_ring_times_out_and_leaves_the_item_alone);
    RUN(a_finished_ring_is_drained_and_then_ends);
    RUN(waiting_producers_lose_nothing);
    RUN(every_item_of_a_race_is_delivered_refused_or_handed_back);
    RUN(finishing_wakes_whoever_waits);
    return DONE();
}
