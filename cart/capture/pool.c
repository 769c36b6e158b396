/* The pool: frames out, frames back, from any thread; its memory outlives it while one is out. */
#include "capture_internal.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

typedef struct PoolFrame {
    Frame frame; /* first: a Frame of ours is a PoolFrame */
    Pool *pool;  /* NULL: a picture of its own */
    struct PoolFrame *next_free;
    uint8_t *rgb, *jpeg;
    size_t rgb_room, jpeg_room;
} PoolFrame;

struct Pool {
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    int count, lent;
    bool closed;
    PoolFrame *free;
    PoolFrame frames[];
};

Status pool_open(Pool **out, int frames) {
    assert(frames > 0);
    Pool *pool = calloc(1, sizeof *pool + (size_t)frames * sizeof *pool->frames);
    if (!pool) return fail(E_NO_MEMORY, "capture: out of memory");
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->returned, &attributes);
    pthread_condattr_destroy(&attributes);
    pool->count = frames;
    for (int i = 0; i < frames; i++) {
        pool->frames[i].pool = pool;
        pool->frames[i].next_free = pool->free;
        pool->free = &pool->frames[i];
    }
    *out = pool;
    return OK;
}

static void destroy(Pool *pool) {
    for (int i = 0; i < pool->count; i++) {
        free(pool->frames[i].rgb);
        free(pool->frames[i].jpeg);
    }
    pthread_cond_destroy(&pool->returned);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

void pool_close(Pool *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->mutex);
    pool->closed = true;
    bool unused = pool->lent == 0;
    pthread_mutex_unlock(&pool->mutex);
    if (unused) destroy(pool);
}

static void give_back(PoolFrame *frame) {
    Pool *pool = frame->pool;
    pthread_mutex_lock(&pool->mutex);
    frame->next_free = pool->free;
    pool->free = frame;
    pool->lent--;
    bool last = pool->closed && pool->lent == 0;
    pthread_cond_signal(&pool->returned);
    pthread_mutex_unlock(&pool->mutex);
    if (last) destroy(pool);
}

void capture_release(Frame *frame) {
    if (!frame) return;
    PoolFrame *own = (PoolFrame *)frame;
    if (own->pool) {
        give_back(own);
    } else {
        free(own->rgb);
        free(own);
    }
}

static PoolFrame *wait_for_one(Pool *pool, int timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&pool->mutex);
    int waited = 0;
    while (!pool->free && waited == 0 && timeout_ms != 0)
        waited = timeout_ms < 0 ? pthread_cond_wait(&pool->returned, &pool->mutex)
                                : pthread_cond_timedwait(&pool->returned, &pool->mutex, &until);
    PoolFrame *frame = pool->free;
    if (frame) {
        pool->free = frame->next_free;
        pool->lent++;
    }
    pthread_mutex_unlock(&pool->mutex);
    return frame;
}

static bool make_room(uint8_t **bytes, size_t *room, size_t wanted) {
    if (wanted <= *room) return true;
    uint8_t *more = realloc(*bytes, wanted);
    if (!more) return false;
    *bytes = more;
    *room = wanted;
    return true;
}

/* Point the frame at its memory, grown as needed. */
static bool fit(PoolFrame *own, int width, int height, size_t jpeg_size) {
    size_t rgb_size = (size_t)width * (size_t)height * 3;
    if (!make_room(&own->rgb, &own->rgb_room, rgb_size)) return false;
    if (!make_room(&own->jpeg, &own->jpeg_room, jpeg_size)) return false;
    own->frame = (Frame){
        .width = width,
        .height = height,
        .stride = width * 3,
        .rgb = own->rgb,
        .jpeg = jpeg_size ? own->jpeg : NULL,
        .jpeg_size = jpeg_size};
    return true;
}

Status pool_take(Pool *pool, int timeout_ms, int width, int height, size_t jpeg_size, Frame **out) {
    assert(width > 0 && width <= CAPTURE_SIDE_MAX_PX);
    assert(height > 0 && height <= CAPTURE_SIDE_MAX_PX);
    PoolFrame *own = wait_for_one(pool, timeout_ms);
    if (!own) return fail(E_FULL, "capture: all %d frames are in use", pool->count);
    if (!fit(own, width, height, jpeg_size)) {
        give_back(own);
        return fail(E_NO_MEMORY, "capture: out of memory");
    }
    *out = &own->frame;
    return OK;
}

Status frame_alone(int width, int height, Frame **out) {
    PoolFrame *own = calloc(1, sizeof *own);
    if (!own || !fit(own, width, height, 0)) {
        free(own);
        return fail(E_NO_MEMORY, "capture: out of memory");
    }
    *out = &own->frame;
    return OK;
}

uint8_t *frame_rgb(Frame *frame) { return ((PoolFrame *)frame)->rgb; }
uint8_t *frame_jpeg(Frame *frame) { return ((PoolFrame *)frame)->jpeg; }
