/* A camera over GStreamer: any pipeline that ends in raw video. */
#include "capture_internal.h"
#include "clock.h"

#include <assert.h>
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 100 }; /* how often a silent pipeline is asked for errors */

typedef struct GstCamera {
    Source *source;
    const char *name; /* for sentences */
    GstElement *pipeline;
    GstAppSink *sink;
    GstBus *bus;
    GstSample *pending; /* taken from the pipeline, waiting for a free frame */
    gint64 arrived;     /* pictures that reached the sink; its streaming thread counts */
    int64_t expected;   /* number of the next picture when none is lost */
    char why[200];      /* the pipeline's error; "" while it runs */
} GstCamera;

static void close_gst(void *state) {
    GstCamera *c = state;
    if (!c) return;
    if (c->pipeline) gst_element_set_state(c->pipeline, GST_STATE_NULL);
    if (c->pending) gst_sample_unref(c->pending);
    if (c->bus) gst_object_unref(c->bus);
    if (c->sink) gst_object_unref(c->sink);
    if (c->pipeline) gst_object_unref(c->pipeline);
    free(c);
}

static Status broken(const GstCamera *c) {
    return fail(E_IO, "capture: camera %s: %s", c->name, c->why);
}

/* OK, or E_IO from the first error the pipeline told of on. */
static Status check_bus(GstCamera *c) {
    if (c->why[0]) return broken(c);
    GstMessage *message = gst_bus_pop_filtered(c->bus, GST_MESSAGE_ERROR);
    if (!message) return OK;
    GError *error = NULL;
    gst_message_parse_error(message, &error, NULL);
    g_snprintf(c->why, sizeof c->why, "%s: %s", GST_MESSAGE_SRC_NAME(message), error->message);
    g_strdelimit(c->why, "\n\r\t", ' ');
    g_error_free(error);
    gst_message_unref(message);
    return broken(c);
}

/* Number the pictures before the sink may drop some. */
static GstPadProbeReturn number(GstPad *pad, GstPadProbeInfo *info, gpointer state) {
    (void)pad;
    GstCamera *c = state;
    GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_BUFFER_OFFSET(buffer) = (guint64)c->arrived++;
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    return GST_PAD_PROBE_OK;
}

static Status build(GstCamera *c, const char *rest) {
    GError *error = NULL;
    const char *word = c->source->request.realtime ? "true" : "false";
    gchar *text = g_strdup_printf(
        "%s ! videoconvert ! video/x-raw,format=RGB ! appsink name=cartwright sync=%s "
        "max-buffers=2 drop=%s",
        rest, word, word);
    c->pipeline = gst_parse_launch(text, &error);
    g_free(text);
    if (error) {
        Status status = fail(
            E_INVALID, "capture: camera %s: %.300s", c->name,
            g_strdelimit(error->message, "\n\r", ' '));
        g_error_free(error);
        return status;
    }
    c->sink = GST_APP_SINK(gst_bin_get_by_name(GST_BIN(c->pipeline), "cartwright"));
    c->bus = gst_element_get_bus(c->pipeline);
    GstPad *pad = gst_element_get_static_pad(GST_ELEMENT(c->sink), "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, number, c, NULL);
    gst_object_unref(pad);
    return OK;
}

static Status start(GstCamera *c) {
    int64_t deadline_ns = clock_now_ns() + c->source->config.start_s * NS_PER_SECOND;
    GstStateChangeReturn change = gst_element_set_state(c->pipeline, GST_STATE_PLAYING);
    while (change == GST_STATE_CHANGE_ASYNC) {
        TRY(check_bus(c));
        if (clock_now_ns() > deadline_ns)
            return fail(
                E_IO, "capture: camera %s: gave no picture within %d s", c->name,
                c->source->config.start_s);
        change = gst_element_get_state(c->pipeline, NULL, NULL, LOOK_MS * GST_MSECOND);
    }
    if (change != GST_STATE_CHANGE_FAILURE) return OK;
    TRY(check_bus(c));
    return fail(E_IO, "capture: camera %s: the pipeline does not start", c->name);
}

static Status open_gst(void **out, Source *source, const char *rest) {
    if (source->request.camera_count != 1)
        return fail(E_INVALID, "capture: gst:%.80s: a pipeline is one camera", rest);
    GError *error = NULL;
    if (!gst_init_check(NULL, NULL, &error)) {
        Status status = fail(E_IO, "capture: GStreamer: %s", error ? error->message : "no start");
        g_clear_error(&error);
        return status;
    }
    GstCamera *c = calloc(1, sizeof *c);
    if (!c) return fail(E_NO_MEMORY, "capture: out of memory");
    c->source = source;
    c->name = source->request.cameras[0].name;
    Status status = build(c, rest);
    if (status == OK) status = start(c);
    if (status != OK) {
        close_gst(c);
        return status;
    }
    *out = c;
    return OK;
}

/* -- pictures ---------------------------------------------------------------------------------- */

/* When the picture was taken. In real time: now, less the time it has been on its way. From a file:
 * the time in the film, plus a second so that no time is 0. */
static int64_t time_of(GstCamera *c, GstSample *sample) {
    GstClockTime at = gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME,
        GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
    int64_t now_ns = clock_now_ns();
    if (!GST_CLOCK_TIME_IS_VALID(at)) return now_ns;
    if (!c->source->request.realtime) return (int64_t)at + NS_PER_SECOND;
    GstClock *clock = gst_element_get_clock(c->pipeline);
    if (!clock) return now_ns;
    int64_t running_ns =
        (int64_t)(gst_clock_get_time(clock) - gst_element_get_base_time(c->pipeline));
    gst_object_unref(clock);
    int64_t age_ns = running_ns - (int64_t)at;
    return age_ns > 0 && age_ns < 10 * NS_PER_SECOND ? now_ns - age_ns : now_ns;
}

static Status wait_for_sample(GstCamera *c, int timeout_ms) {
    int64_t deadline_ns = timeout_ms < 0 ? INT64_MAX : clock_now_ns() + timeout_ms * NS_PER_MS;
    while (!c->pending) {
        int wait_ms = ms_until(deadline_ns);
        if (wait_ms > LOOK_MS) wait_ms = LOOK_MS;
        c->pending = gst_app_sink_try_pull_sample(c->sink, (GstClockTime)wait_ms * GST_MSECOND);
        if (c->pending) break;
        TRY(check_bus(c));
        if (gst_app_sink_is_eos(c->sink))
            return fail(E_END, "capture: camera %s: the pipeline is over", c->name);
        if (clock_now_ns() >= deadline_ns)
            return fail(E_TIMEOUT, "capture: camera %s: no picture", c->name);
    }
    return OK;
}

static void copy_rows(const GstVideoFrame *video, Frame *frame) {
    const uint8_t *from = GST_VIDEO_FRAME_PLANE_DATA(video, 0);
    int stride = GST_VIDEO_FRAME_PLANE_STRIDE(video, 0);
    for (int y = 0; y < frame->height; y++)
        memcpy(
            frame_rgb(frame) + (ptrdiff_t)y * frame->stride, from + (ptrdiff_t)y * stride,
            (size_t)frame->width * 3);
}

/* E_FULL: no frame is free. */
static Status copy_picture(GstCamera *c, int timeout_ms, Frame **out) {
    GstVideoInfo info;
    GstCaps *caps = gst_sample_get_caps(c->pending);
    GstBuffer *buffer = gst_sample_get_buffer(c->pending);
    GstVideoFrame video;
    if (!caps || !buffer || !gst_video_info_from_caps(&info, caps))
        return fail(E_CORRUPT, "capture: camera %s: a picture without a format", c->name);
    int width = GST_VIDEO_INFO_WIDTH(&info), height = GST_VIDEO_INFO_HEIGHT(&info);
    if (width < 1 || height < 1 || width > CAPTURE_SIDE_MAX_PX || height > CAPTURE_SIDE_MAX_PX)
        return fail(
            E_CORRUPT, "capture: camera %s: a picture of %d x %d; %d at most: add videoscale",
            c->name, width, height, CAPTURE_SIDE_MAX_PX);
    Frame *frame = NULL;
    TRY(pool_take(c->source->pool, timeout_ms, width, height, 0, &frame));
    if (!gst_video_frame_map(&video, &info, buffer, GST_MAP_READ)) {
        capture_release(frame);
        return fail(E_CORRUPT, "capture: camera %s: a picture that cannot be read", c->name);
    }
    copy_rows(&video, frame);
    gst_video_frame_unmap(&video);
    *out = frame;
    return OK;
}

static Status next(void *state, int timeout_ms, Input *out) {
    GstCamera *c = state;
    bool realtime = c->source->request.realtime;
    TRY(wait_for_sample(c, timeout_ms));
    Frame *frame = NULL;
    Status status = copy_picture(c, realtime ? 0 : timeout_ms, &frame);
    if (status == E_FULL && !realtime) return fail(E_TIMEOUT, "%s", fail_reason());

    int64_t sequence = (int64_t)GST_BUFFER_OFFSET(gst_sample_get_buffer(c->pending));
    int64_t t_ns = time_of(c, c->pending);
    gst_sample_unref(c->pending);
    c->pending = NULL;
    atomic_fetch_add(
        &c->source->counters.dropped, sequence - c->expected + (status == E_FULL ? 1 : 0));
    c->expected = sequence + 1;
    if (status == E_FULL) return fail(E_TIMEOUT, "%s", fail_reason());
    TRY(status);
    assert(frame);
    frame->t_ns = t_ns;
    frame->sequence = sequence;
    frame->camera = c->source->request.cameras[0].index;
    *out = (Input){.kind = INPUT_FRAME, .t_ns = t_ns, .frame = frame};
    return OK;
}

const Backend capture_gst = {"gst:", open_gst, next, close_gst};
