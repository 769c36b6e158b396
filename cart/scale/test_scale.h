/*
 * test_scale.h - a scale that is a pseudo-terminal and does what a test tells it, well or badly.
 *
 * Its device is a link in a folder of its own, so that it can be unplugged and plugged in again
 * under the same name.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct TestScale {
    char folder[64], device[96];
    int far, near; /* what is written into far the scale says */
    /* A thread of it hears what it is asked, up to a carriage return or line feed. */
    void (*answer)(struct TestScale *scale, const char *asked);
    pthread_t thread;
    atomic_bool stopping;
    _Atomic double grams; /* for whoever answers */
    atomic_int asked;
} TestScale;

bool test_scale_make(TestScale *scale); /* and plug it in */
void test_scale_remove(TestScale *scale);

void test_scale_plug(TestScale *scale);
void test_scale_unplug(TestScale *scale);

void test_scale_say(TestScale *scale, const char *text);
void test_scale_say_bytes(TestScale *scale, const void *bytes, size_t size);

/* From now on it answers. */
void test_scale_begin(TestScale *scale, void (*answer)(TestScale *scale, const char *asked));
void test_scale_end(TestScale *scale);
