/*
 * capture - a URI in, inputs out: frames, and from a tape everything else that was recorded.
 *
 *     gst:PIPELINE   any GStreamer pipeline up to raw video is one camera, e.g.
 *                    gst:v4l2src device=/dev/video0 ! video/x-raw,width=640,height=480
 *     tape:FILE      the cameras asked for by name, scale, IMU, scans and commands of an MCAP tape
 *     fake:WxH@FPS/N grey pictures with a black hand carrying a red item through them; every part
 * may be left out; N frames, endless without
 *
 * In real time a picture that nobody takes is dropped at the source and counted. Otherwise nothing
 * is ever dropped: the source waits. Inputs of a tape keep the tape's times either way; real time
 * only sets the pace. Frames of a camera carry the capture clock, less the pipeline's latency.
 *
 * Frames are borrowed from a pool of fixed size: give each back with capture_release(), from any
 * thread, even after capture_close().
 *
 * Threads: a Capture belongs to one thread at a time; capture_stats() and capture_release() to any.
 */
#pragma once

#include "catalog.h"
#include "input.h"
#include "settings.h"
#include "status.h"

#include <stdbool.h>

enum { CAPTURE_SIDE_MAX_PX = 4096 };

typedef struct CaptureConfig {
    int frames;  /* in the pool of one source */
    int start_s; /* a camera that does not start by then is broken */
} CaptureConfig;

extern const Setting capture_settings[];

typedef struct CaptureRequest {
    const char *uri;
    int camera_count;
    struct {
        const char *name; /* of the camera on the tape */
        int index;        /* what its frames say in Frame.camera */
    } cameras[CAMERAS_MAX];
    bool realtime;
    const Catalog *catalog; /* products that commands on a tape may name; NULL: none */
} CaptureRequest;

typedef struct CaptureStats {
    int64_t delivered; /* inputs of all kinds */
    int64_t dropped;   /* frames nobody took in time */
    int64_t corrupt;   /* damaged pictures and messages, skipped */
} CaptureStats;

typedef struct Capture Capture;

/* E_INVALID: the URI. E_NOT_FOUND: no such file, or no such camera on the tape. E_IO: the camera
 * does not start. The request is borrowed for this call only, its catalogue until the close. */
MUST_USE Status
capture_open(Capture **out, const CaptureConfig *config, const CaptureRequest *request);

/* The next input; wait up to timeout_ms (< 0: forever). E_TIMEOUT: none came, or all frames are
 * lent out. E_END: the source is over. E_IO: the camera is gone. E_CORRUPT: something was damaged
 * and skipped; the next call goes on. */
MUST_USE Status capture_next(Capture *capture, int timeout_ms, Input *out);

CaptureStats capture_stats(const Capture *capture);

/* Give a frame back. NULL is fine. */
void capture_release(Frame *frame);

/* NULL is fine. */
void capture_close(Capture *capture);

/* -- pictures ------------------------------------------------------------------------------ */

/* A JPEG or PNG file of at most 4096 x 4096 as a frame of its own, camera 0, time 0. A JPEG is
 * decoded at 1/8, 1/4 or 1/2 of its size, several times as fast, when its longer side then still
 * has side_px or more; CAPTURE_SIDE_MAX_PX: whole. E_INVALID, E_CORRUPT: it is no such picture. */
MUST_USE Status capture_load_picture(const char *path, int side_px, Frame **out);

/* A frame's picture as a JPEG of this quality (1..100); the caller frees *out. */
MUST_USE Status capture_encode_jpeg(const Frame *frame, int quality, uint8_t **out, size_t *size);
