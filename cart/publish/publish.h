/*
 * publish - the cart's face: HTTP, server-sent events, motion JPEG and metrics.
 *
 * In: what the outbox says, one publish_*() call each. Out: the paths and JSON of docs/wire.md, and
 * what the shopper typed, pushed as Input (INPUT_COMMAND, INPUT_SCAN) onto the commands ring,
 * stamped on arrival. There is no login: listen beyond loopback only on a network you trust.
 *
 * Every call leaves a snapshot by value and wakes whoever streams; requests are answered from the
 * snapshots, so a browser can never hold up the cart. An event stream that falls 256 messages or
 * 512 KiB behind is cut off; a picture stream skips pictures.
 *
 * Threads: publish_*() from one thread, the outbox; libmicrohttpd and a heartbeat have their own.
 */
#pragma once

#include "catalog.h"
#include "crossing.h"
#include "detection.h"
#include "fault.h"
#include "frame.h"
#include "input.h"
#include "ledger.h"
#include "metrics.h"
#include "ring.h"
#include "scale.h"
#include "settings.h"
#include "status.h"
#include "weight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct PublishConfig {
    bool enabled;       /* the caller's to heed: false means publish_open() is not called */
    char listen[64];    /* IPv4 or IPv6 address */
    int port;           /* 0: any free one, see publish_port() */
    char web_root[256]; /* folder of the shopper's page */
    int max_clients;    /* connections at a time */
} PublishConfig;

extern const Setting publish_settings[];

/* All borrowed until publish_close(). */
typedef struct PublishSources {
    const Catalog *catalog;
    const char *const *product_folders; /* folder of each SKU; NULL: no pictures */
    Metrics *metrics;
    Ring *commands; /* of Input */
    const char *cart;
    const char *version;
    const char *meter; /* version and hash of the legal part; NULL: none */
    int camera_count;
    const char *cameras[CAMERAS_MAX];
} PublishSources;

typedef struct Publisher Publisher;

/* E_INVALID: not an address. E_IO: the port is in use. On OK requests are answered, and the caller
 * owns *out. */
MUST_USE Status
publish_open(Publisher **out, const PublishConfig *config, const PublishSources *sources);

/* Ends every stream. NULL is fine. */
void publish_close(Publisher *publisher);

/* The port that is listened on. */
int publish_port(const Publisher *publisher);

/* -- what the cart says ----------------------------------------------------------------------- */

void publish_basket(Publisher *publisher, const Basket *basket);
void publish_entry(Publisher *publisher, const Entry *entry);
/* legal may be NULL. */
void publish_weight(Publisher *publisher, const WeightReading *reading, const LegalWeight *legal);
/* A fault called "scale" also goes into the scale's log. */
void publish_fault(Publisher *publisher, const Fault *fault);
void publish_scale_event(Publisher *publisher, const ScaleEvent *event);
/* The boxes shown are the tracks with their labels (labels[i] of tracks->at[i]; NULL: nothing to
 * say); without tracks they are the detections. labels may be NULL. */
void publish_detections(
    Publisher *publisher,
    const Detections *detections,
    const Tracks *tracks,
    const char *camera,
    const char *const *labels);

/* Once per picture that arrived: keeps size, rate and age. */
void publish_camera(Publisher *publisher, int camera, int width, int height);
/* Whether anybody watches, so that pictures are not encoded for nobody. */
bool publish_wants_frame(Publisher *publisher, int camera);
void publish_frame(Publisher *publisher, int camera, const uint8_t *jpeg, size_t size);

/* What /readyz says; false to begin with. */
void publish_ready(Publisher *publisher, bool ready);

/* -- what the shopper says -------------------------------------------------------------------- */

enum { PUBLISH_BODY_BYTES = 16 * 1024 };

/* The body of a POST to path, as an Input without its time. E_INVALID: bad words. E_NOT_FOUND: no
 * such path or product. Trusts nothing; bytes need no NUL. */
MUST_USE Status publish_parse_command(
    const char *path, const uint8_t *bytes, size_t size, const Catalog *catalog, Input *out);
