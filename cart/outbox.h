/*
 * outbox - what the cart says: journal first, then tape, then screen.
 *
 * Items arrive by value in one order on one never-drop ring and are said in that order. An entry is
 * on disk before anybody hears of it. The decision hash covers the JSON of every entry.
 *
 * Threads: outbox_push from the brain and the sources; outbox_run on its own thread.
 */
#pragma once

#include "belief.h"
#include "crossing.h"
#include "detection.h"
#include "fault.h"
#include "frame.h"
#include "input.h"
#include "journal.h"
#include "ledger.h"
#include "publish.h"
#include "scale.h"
#include "seal.h"
#include "status.h"
#include "tape.h"
#include "weight.h"

typedef enum SaidKind {
    SAID_INPUT, /* as it came in, for the tape; frames travel in SAID_SIGHTING */
    SAID_SIGHTING,
    SAID_CROSSING,
    SAID_WEIGHT,
    SAID_WEIGHT_STEP,
    SAID_BELIEF,
    SAID_ENTRY,
    SAID_SEAL, /* of the meter's event log: for the journal only */
    SAID_BASKET,
    SAID_FAULT,
    SAID_SCALE /* an order to the scale and its outcome; the tape has the order as SAID_INPUT */
} SaidKind;

typedef struct SaidSighting {
    Frame *frame; /* owned: given back when it has been said */
    bool seen;    /* false: dropped before anybody looked at it */
    Detections detections;
    Tracks tracks;
    int32_t label_sku[TRACKS_MAX]; /* per track: what it looks like; SKU_UNKNOWN: nothing to say */
} SaidSighting;

typedef struct Said {
    SaidKind kind;
    int64_t t_ns;
    union {
        Input input;
        SaidSighting sighting;
        Crossing crossing;
        struct {
            WeightReading reading;
            LegalWeight legal;
        } weight;
        WeightStep step;
        Belief belief;
        Entry entry;
        SealEntry seal;
        Basket basket;
        Fault fault;
        ScaleEvent scale;
    };
} Said;

typedef struct Outbox Outbox;

typedef struct OutboxPorts {
    const Catalog *catalog;
    int camera_count;
    const char *cameras[CAMERAS_MAX];
    Journal *journal;     /* NULL: no record on disk */
    Publisher *publisher; /* NULL: nobody listens */
    TapeWriter *tape;     /* NULL: not recording; owned by the outbox from now on */
    bool lossless;        /* replay: producers wait instead of filling the ring */
} OutboxPorts;

MUST_USE Status outbox_open(Outbox **out, const OutboxPorts *ports);

/* E_FULL: refused, the frame of a sighting stays yours; a fault the caller shows. */
MUST_USE Status outbox_push(Outbox *outbox, const Said *said);

/* Say everything until outbox_finish(). E_IO, E_FULL, E_CORRUPT: an entry could not be journalled;
 * call again to drain the ring: nothing more is said. */
MUST_USE Status outbox_run(Outbox *outbox);
void outbox_finish(Outbox *outbox);

/* After outbox_run(): SHA-256 of the entries so far, in hex; how many there were. */
void outbox_hash(const Outbox *outbox, char hex[65], int64_t *entries);

/* Closes the tape. NULL is fine. */
void outbox_close(Outbox *outbox);
