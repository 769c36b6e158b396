/*
 * sources - the URIs of the configuration, each as a stream of inputs.
 *
 * A tape asked for by cameras, scale and scanner is opened once and plays all of them. Whatever is
 * behind a URI - capture, scanner or scale - a Source has one face: open, next, close.
 *
 * Threads: a plan is made by one; then each source belongs to one thread at a time.
 */
#pragma once

#include "capture.h"
#include "config.h"
#include "fault.h"
#include "scale_device.h"
#include "scanner.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

enum { SOURCES_MAX = CAMERAS_MAX + 2 };

typedef struct Source {
    char uri[SETTING_TEXT_BYTES];
    char what[FAULT_WHAT_BYTES]; /* what its fault is called: "camera.left", "scale", "scanner" */
    bool weighs, scans;          /* this is where weights, codes come from */
    bool live;     /* its inputs carry the cart's clock; a lost device is tried again */
    int silent_ms; /* without an input for so long it is at fault; 0: it may be silent */
    bool raw;      /* counts are welcome without a calibration; false as planned */
    const CartConfig *config;
    CaptureRequest request;
    Capture *capture; /* pictures and whatever a tape holds, or */
    Scanner *scanner; /* codes, or */
    Scale *scale;     /* weights */
} Source;

typedef struct Sources {
    int count, camera_count;
    Source at[SOURCES_MAX];
    const char *cameras[CAMERAS_MAX]; /* names; borrowed from the configuration */
    bool weighs;                      /* one of them does */
} Sources;

/* What the configuration asks for; nothing is opened. Both are borrowed as long as the sources. */
void sources_plan(Sources *out, const CartConfig *config, bool realtime, const Catalog *catalog);

/* E_INVALID: the URI. E_NOT_FOUND, E_IO: the device or file. */
MUST_USE Status source_open(Source *source);

/* The next input; wait up to timeout_ms. E_TIMEOUT: none came. E_CORRUPT: something was damaged and
 * skipped. E_IO: the device is gone: close it and open it again. E_END: it is over. */
MUST_USE Status source_next(Source *source, int timeout_ms, Input *out);

/* Open again is fine. */
void source_close(Source *source);

/* A tape holds more than may be asked of it: "scale: none" means none. */
bool source_gives(const Source *source, InputKind kind);

/* How long to wait before try number `tries` (from 0) at a lost device: from a quarter of a second,
 * doubling, to four seconds. */
int source_retry_ms(int tries);
