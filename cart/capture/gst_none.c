/* gst: in a build without GStreamer. */
#include "capture_internal.h"

static Status open_none(void **out, Source *source, const char *rest) {
    (void)out;
    (void)source;
    return fail(
        E_INVALID,
        "capture: gst:%.80s: this build has no GStreamer; configure it with -Dgst=enabled", rest);
}

static Status next(void *state, int timeout_ms, Input *out) {
    (void)state;
    (void)timeout_ms;
    (void)out;
    return fail(E_END, "capture: this build has no GStreamer");
}

static void close_none(void *state) { (void)state; }

const Backend capture_gst = {"gst:", open_none, next, close_none};
