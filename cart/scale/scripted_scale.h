/*
 * scripted_scale.h - a scale that is a pseudo-terminal and does what a test tells it, well or
 * badly.
 *
 * Its device is a link in a folder of its own, so that it can be unplugged and plugged in again
 * under the same name.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ScriptedScale {
    char folder[64], device[96];
    int far, near; /* what is written into far the scale says */
    /* A thread of it hears what it is asked, up to a carriage return or line feed. */
    void (*answer)(struct ScriptedScale *scale, const char *asked);
    pthread_t thread;
    atomic_bool stopping;
    _Atomic double grams; /* for whoever answers */
    atomic_int asked;
} ScriptedScale;

bool scripted_scale_make(ScriptedScale *scale); /* and plug it in */
void scripted_scale_remove(ScriptedScale *scale);

void scripted_scale_plug(ScriptedScale *scale);
void scripted_scale_unplug(ScriptedScale *scale);

void scripted_scale_say(ScriptedScale *scale, const char *text);
void scripted_scale_say_bytes(ScriptedScale *scale, const void *bytes, size_t size);

/* From now on it answers. */
void scripted_scale_begin(
    ScriptedScale *scale, void (*answer)(ScriptedScale *scale, const char *asked));
void scripted_scale_end(ScriptedScale *scale);
