/*
 * A camera that is not there: on grey, a black hand carries a red item down into the picture, lets
 * go, leaves; after three seconds it starts over. Several cameras see the same.
 */
#include "capture_internal.h"
#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Fake {
    Source *source;
    int width, height, fps;
    int64_t frames;   /* 0: endless */
    int64_t sequence; /* of the next picture; the cameras take turns within one */
    int camera;
    int64_t started_ns;
} Fake;

static Status read_words(Fake *fake, const char *words) {
    int width = 320, height = 240, fps = 30, used = 0;
    long long frames = 0;
    const char *at = words;
    if (sscanf(at, "%5dx%5d%n", &width, &height, &used) == 2) at += used;
    used = 0;
    if (sscanf(at, "@%4d%n", &fps, &used) == 1) at += used;
    used = 0;
    if (sscanf(at, "/%9lld%n", &frames, &used) == 1) at += used;
    if (*at || width < 16 || height < 16 || width > CAPTURE_SIDE_MAX_PX ||
        height > CAPTURE_SIDE_MAX_PX || fps < 1 || fps > 1000 || frames < 0)
        return fail(
            E_INVALID, "capture: fake:%.40s: not WIDTHxHEIGHT@FPS/FRAMES, e.g. fake:320x240@30/90",
            words);
    fake->width = width;
    fake->height = height;
    fake->fps = fps;
    fake->frames = frames;
    return OK;
}

static Status open_fake(void **out, Source *source, const char *rest) {
    if (source->request.camera_count < 1)
        return fail(E_INVALID, "capture: fake:%.40s: no camera to be", rest);
    Fake *fake = calloc(1, sizeof *fake);
    if (!fake) return fail(E_NO_MEMORY, "capture: out of memory");
    fake->source = source;
    Status status = read_words(fake, rest);
    if (status != OK) {
        free(fake);
        return status;
    }
    *out = fake;
    return OK;
}

static void fill(Frame *frame, int x0, int y0, int x1, int y1, const uint8_t *colour) {
    if (y0 < 0) y0 = 0;
    for (int y = y0; y < y1 && y < frame->height; y++) {
        uint8_t *row = frame_rgb(frame) + (ptrdiff_t)y * frame->stride;
        for (int x = x0; x < x1 && x < frame->width; x++)
            memcpy(row + (ptrdiff_t)3 * x, colour, 3);
    }
}

/* Down for one second, the hand back up for another, the item alone for a third. */
static void paint(const Fake *fake, Frame *frame) {
    static const uint8_t red[3] = {210, 30, 30}, black[3] = {15, 15, 15};
    int w = frame->width, h = frame->height, fps = fake->fps;
    int step = (int)(fake->sequence % (3 * (int64_t)fps));
    int down = step < fps ? step : fps;
    int up = step <= fps ? 0 : step - fps < fps ? step - fps : fps;
    int item = h * down / (2 * fps) - h / 6, hand = h * (down - 2 * up) / (2 * fps) - h / 6;
    memset(frame_rgb(frame), 160, (size_t)frame->stride * (size_t)h);
    fill(frame, w * 3 / 8, 0, w * 5 / 8, hand, black);
    fill(frame, w * 3 / 8, item, w * 5 / 8, item + h / 4, red);
}

/* In real time: wait for the picture that is due, and lose those that nobody came for. */
static Status wait_until_due(Fake *fake, int timeout_ms) {
    int64_t period_ns = NS_PER_SECOND / fake->fps, now_ns = clock_now_ns();
    if (!fake->started_ns) fake->started_ns = now_ns;
    int64_t due = (now_ns - fake->started_ns) / period_ns;
    if (fake->camera == 0 && due > fake->sequence) {
        if (fake->frames && due > fake->frames) due = fake->frames;
        int64_t lost = (due - fake->sequence) * fake->source->request.camera_count;
        atomic_fetch_add(&fake->source->counters.dropped, lost);
        fake->sequence = due;
    }
    int64_t due_ns = fake->started_ns + fake->sequence * period_ns;
    int64_t give_up_ns = now_ns + timeout_ms * NS_PER_MS;
    if (timeout_ms >= 0 && due_ns > give_up_ns) {
        clock_sleep_until_ns(give_up_ns);
        return fail(E_TIMEOUT, "capture: no picture within %d ms", timeout_ms);
    }
    clock_sleep_until_ns(due_ns);
    return OK;
}

static Status next(void *state, int timeout_ms, Input *out) {
    Fake *fake = state;
    bool realtime = fake->source->request.realtime;
    if (realtime) TRY(wait_until_due(fake, timeout_ms));
    if (fake->frames && fake->sequence >= fake->frames)
        return fail(E_END, "capture: the fake camera is over");
    Frame *frame = NULL;
    Status status = pool_take(fake->source->pool, timeout_ms, fake->width, fake->height, 0, &frame);
    if (status == E_FULL) return fail(E_TIMEOUT, "%s", fail_reason());
    TRY(status);
    paint(fake, frame);
    frame->camera = fake->source->request.cameras[fake->camera].index;
    frame->sequence = fake->sequence;
    frame->t_ns = realtime ? clock_now_ns() : (fake->sequence + 1) * (NS_PER_SECOND / fake->fps);
    *out = (Input){.kind = INPUT_FRAME, .t_ns = frame->t_ns, .frame = frame};
    fake->camera = (fake->camera + 1) % fake->source->request.camera_count;
    fake->sequence += fake->camera == 0;
    return OK;
}

const Backend capture_fake = {"fake:", open_fake, next, free};
