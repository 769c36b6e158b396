/*
 * pipeline - the whole flow: sources in, a priced basket out.
 *
 *     source thread per URI ──► order (never drop; replay: wait) ───────────────► brain ──► outbox
 *              └── frames ────► vision (drop oldest; replay: wait) ──► sighting ────┘
 *
 * The order in which inputs arrive is the order in which the brain decides: a frame leaves a ticket
 * in the order ring and its picture in the vision ring; the brain, reaching the ticket, waits for
 * what vision made of it. A displaced picture is a ticket answered with "dropped". So a tape
 * replayed without pacing gives the same decisions every time, and live and replay are one code
 * path.
 *
 * Threads: open, run and close from one thread; stop, basket and report from any.
 */
#pragma once

#include "brain.h"
#include "config.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

enum { DECISION_HASH_BYTES = 65 }; /* SHA-256 in hex, NUL-terminated */

typedef struct Pipeline Pipeline;

typedef struct PipelineRequest {
    const CartConfig *config;
    bool realtime;             /* pace tapes and files by their own clock; drop frames when late */
    const char *record_path;   /* write every input and decision to this tape; NULL: do not */
    bool resume;               /* go on with the open session of the journal */
    bool stay;                 /* after the last input, serve on until pipeline_stop() */
    BrainLog *log;             /* append everything the brain is told; NULL: do not */
    void (*ended)(void *with); /* called once, from the brain's thread, when the last input has been
                                  thought through; NULL: nobody asks */
    void *ended_with;
} PipelineRequest;

typedef struct PipelineReport {
    int64_t frames_seen, frames_dropped, pictures_damaged;
    double frame_age_p50_s, frame_age_p95_s; /* capture to sighting */
    double detect_p50_s, identify_p50_s;
    int64_t entries;
    char decision_hash[DECISION_HASH_BYTES]; /* over every entry, in order */
} PipelineReport;

/* Opens everything: catalogue, models, gallery, sources, journal, page. One clear line when it
 * cannot. On OK the caller owns *out. */
MUST_USE Status pipeline_open(Pipeline **out, const PipelineRequest *request);

/* Until every source has ended or pipeline_stop(). E_IO: the journal failed: nothing may be lost.
 */
MUST_USE Status pipeline_run(Pipeline *pipeline);

/* Safe from a signal handler. */
void pipeline_stop(Pipeline *pipeline);

const Catalog *pipeline_catalog(const Pipeline *pipeline);

/* What its brain goes by, now that the sources are known. */
BrainConfig pipeline_brain_config(const Pipeline *pipeline);

void pipeline_basket(Pipeline *pipeline, Basket *out);

/* The port the page is served on; 0 when it is not. */
int pipeline_port(const Pipeline *pipeline);

/* After pipeline_run(). */
PipelineReport pipeline_report(Pipeline *pipeline);

/* NULL is fine. */
void pipeline_close(Pipeline *pipeline);
