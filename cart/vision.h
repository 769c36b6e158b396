/*
 * vision - one picture in, one sighting out: detect, track, look.
 *
 * Keeps what the networks and trackers remember between pictures: a tracker per camera and, for
 * each track, the looks added up so far, which go with its crossing when it crosses.
 *
 * Threads: one. Pictures of one camera come in by rising t_ns.
 */
#pragma once

#include "catalog.h"
#include "config.h"
#include "crossing.h"
#include "detection.h"
#include "frame.h"
#include "scan.h"
#include "status.h"
#include "track.h"

#include <stdint.h>

enum { SIGHTING_SCANS_MAX = 4 };

typedef struct Sighting {
    Detections detections;
    TrackOutput tracked;           /* its crossings carry their looks */
    int32_t label_sku[TRACKS_MAX]; /* per track of tracked.tracks; SKU_UNKNOWN: nothing to say */
    int scan_count;
    Scan scans[SIGHTING_SCANS_MAX]; /* codes read on carried things */
    double detect_s, identify_s;    /* time taken */
} Sighting;

typedef struct Vision Vision;

/* folders[sku] is the product's folder: its pictures are enrolled when no gallery file knows it. */
MUST_USE Status vision_open(
    Vision **out,
    const CartConfig *config,
    const Catalog *catalog,
    const char *const *folders,
    int cameras);

/* E_IO: a network failed on this picture. */
MUST_USE Status vision_see(Vision *vision, const Frame *frame, Sighting *out);

/* What hangs in the air at the end of a session, of one camera. */
void vision_flush(Vision *vision, int camera, Sighting *out);

void vision_close(Vision *vision);
