#include "capture.h"

#include "capture_internal.h"
#include "clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Setting capture_settings[] = {
    SETTING_INT(
        CaptureConfig, frames, "8", 2, 64, "pictures of one source that may be in use at once"),
    SETTING_INT(CaptureConfig, start_s, "10", 1, 120, "seconds a camera may take to start"),
    SETTING_END};

struct Capture {
    Source source;
    const Backend *backend;
    void *state;
};

static const Backend *const backends[] = {&capture_gst, &capture_tape, &capture_fake, NULL};

Status capture_open(Capture **out, const CaptureConfig *config, const CaptureRequest *request) {
    assert(request->camera_count >= 0 && request->camera_count <= CAMERAS_MAX);
    const Backend *backend = NULL;
    for (int i = 0; backends[i]; i++)
        if (strncmp(request->uri, backends[i]->scheme, strlen(backends[i]->scheme)) == 0)
            backend = backends[i];
    if (!backend)
        return fail(
            E_INVALID, "capture: '%.80s': a source begins with gst:, tape: or fake:", request->uri);
    Capture *capture = calloc(1, sizeof *capture);
    if (!capture) return fail(E_NO_MEMORY, "capture: out of memory");
    Source *source = &capture->source;
    source->config = *config;
    source->request = *request;
    for (int i = 0; i < request->camera_count; i++) {
        snprintf(source->names[i], sizeof source->names[i], "%s", request->cameras[i].name);
        source->request.cameras[i].name = source->names[i];
    }
    Status status = pool_open(&source->pool, config->frames);
    if (status == OK)
        status = backend->open(&capture->state, source, request->uri + strlen(backend->scheme));
    if (status != OK) {
        pool_close(source->pool);
        free(capture);
        return status;
    }
    capture->backend = backend;
    *out = capture;
    return OK;
}

Status capture_next(Capture *capture, int timeout_ms, Input *out) {
    Status status = capture->backend->next(capture->state, timeout_ms, out);
    Counters *counters = &capture->source.counters;
    if (status == OK) atomic_fetch_add(&counters->delivered, 1);
    if (status == E_CORRUPT) atomic_fetch_add(&counters->corrupt, 1);
    return status;
}

CaptureStats capture_stats(const Capture *capture) {
    const Counters *counters = &capture->source.counters;
    return (CaptureStats){
        .delivered = atomic_load(&counters->delivered),
        .dropped = atomic_load(&counters->dropped),
        .corrupt = atomic_load(&counters->corrupt)};
}

void capture_close(Capture *capture) {
    if (!capture) return;
    capture->backend->close(capture->state);
    pool_close(capture->source.pool);
    free(capture);
}

enum { WAIT_MAX_MS = 3600 * 1000 };

int ms_until(int64_t t_ns) {
    int64_t left_ns = t_ns - clock_now_ns();
    if (left_ns <= 0) return 0;
    int64_t ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int)ms;
}
