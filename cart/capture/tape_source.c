/* A tape as a source: what it recorded of the world, in its order and with its times. */
#include "capture_internal.h"
#include "channels.h"
#include "clock.h"
#include "message.h"
#include "tape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct TapeSource {
    Source *source;
    TapeReader *reader;
    JpegReader *jpeg;
    int64_t sequences[CAMERAS_MAX]; /* by place in the request */
    int64_t first_ns, started_ns; /* the tape's first time, and when it was given; real time only */
    bool started;
    bool pending; /* `message` has been read and not been given */
    TapeMessage message;
} TapeSource;

static void close_tape(void *state) {
    TapeSource *t = state;
    if (!t) return;
    tape_close(t->reader);
    jpeg_close(t->jpeg);
    free(t);
}

/* The place in the request of the camera with this name; -1: not asked for. */
static int camera_of(const TapeSource *t, const char *name) {
    for (int i = 0; i < t->source->request.camera_count; i++)
        if (strcmp(t->source->request.cameras[i].name, name) == 0) return i;
    return -1;
}

static Status find_cameras(const TapeSource *t, const char *path) {
    int count = 0;
    const TapeChannel *channels = tape_channels(t->reader, &count);
    for (int i = 0; i < t->source->request.camera_count; i++) {
        const char *wanted = t->source->request.cameras[i].name;
        bool found = false;
        for (int j = 0; j < count && !found; j++) {
            const char *name = NULL;
            found = channel_of(channels[j].topic, &name) == CHANNEL_CAMERA && name &&
                    strcmp(name, wanted) == 0;
        }
        if (!found)
            return fail(
                E_NOT_FOUND, "capture: %s: the tape has no camera named '%s'", path, wanted);
    }
    return OK;
}

static Status open_tape(void **out, Source *source, const char *rest) {
    TapeSource *t = calloc(1, sizeof *t);
    if (!t) return fail(E_NO_MEMORY, "capture: out of memory");
    t->source = source;
    Status status = tape_open(&t->reader, rest);
    if (status == OK) status = find_cameras(t, rest);
    if (status == OK) status = jpeg_open(&t->jpeg);
    if (status != OK) {
        close_tape(t);
        return status;
    }
    *out = t;
    return OK;
}

/* -- one message as an input ------------------------------------------------------------------- */

/* E_FULL: no frame is free. */
static Status read_frame(TapeSource *t, int place, int timeout_ms, Input *out) {
    PackedImage image;
    TRY(message_unpack_image(t->message.bytes, t->message.size, &image));
    int width = 0, height = 0;
    TRY(jpeg_size(t->jpeg, image.data, image.data_size, CAPTURE_SIDE_MAX_PX, &width, &height));
    Frame *frame = NULL;
    TRY(pool_take(t->source->pool, timeout_ms, width, height, image.data_size, &frame));
    Status status =
        jpeg_decode(t->jpeg, image.data, image.data_size, width, height, frame_rgb(frame));
    if (status != OK) {
        capture_release(frame);
        return status;
    }
    memcpy(frame_jpeg(frame), image.data, image.data_size);
    frame->camera = t->source->request.cameras[place].index;
    frame->sequence = t->sequences[place];
    *out = (Input){.kind = INPUT_FRAME, .frame = frame};
    return OK;
}

static Status read_command(const TapeSource *t, Command *out) {
    static const Catalog nothing = {.currency = ""};
    const Catalog *catalog = t->source->request.catalog;
    Status status =
        message_to_command(t->message.bytes, t->message.size, catalog ? catalog : &nothing, out);
    return status == E_NOT_FOUND ? fail(E_CORRUPT, "%s", fail_reason()) : status;
}

static Status read_noun(const TapeSource *t, Channel channel, Input *out) {
    const uint8_t *bytes = t->message.bytes;
    size_t size = t->message.size;
    switch (channel) {
    case CHANNEL_SCALE_RAW:
        out->kind = INPUT_SCALE;
        return message_to_scale_sample(bytes, size, &out->scale);
    case CHANNEL_SCALE_CALIBRATION:
        out->kind = INPUT_CALIBRATION;
        return message_to_scale_calibration(bytes, size, &out->calibration);
    case CHANNEL_IMU:
        out->kind = INPUT_IMU;
        return message_to_imu_sample(bytes, size, &out->imu);
    case CHANNEL_SCAN:
        out->kind = INPUT_SCAN;
        return message_to_scan(bytes, size, &out->scan);
    case CHANNEL_COMMAND:
        out->kind = INPUT_COMMAND;
        return read_command(t, &out->command);
    default:
        return E_NOT_FOUND;
    }
}

/* The log time is the time of capture, whatever a message says. */
static void stamp(Input *input, int64_t t_ns) {
    input->t_ns = t_ns;
    switch (input->kind) {
    case INPUT_FRAME:
        input->frame->t_ns = t_ns;
        break;
    case INPUT_SCALE:
        input->scale.t_ns = t_ns;
        break;
    case INPUT_CALIBRATION:
        break;
    case INPUT_IMU:
        input->imu.t_ns = t_ns;
        break;
    case INPUT_SCAN:
        input->scan.t_ns = t_ns;
        break;
    case INPUT_COMMAND:
        input->command.t_ns = t_ns;
        break;
    }
}

/* E_NOT_FOUND: nothing for the cart. E_FULL: no frame is free. */
static Status read_input(TapeSource *t, int timeout_ms, Input *out) {
    const char *name = NULL;
    Channel channel = channel_of(t->message.channel->topic, &name);
    if (channel == CHANNEL_CAMERA) {
        int place = camera_of(t, name);
        if (place < 0) return E_NOT_FOUND;
        TRY(read_frame(t, place, timeout_ms, out));
    } else {
        TRY(read_noun(t, channel, out));
    }
    stamp(out, t->message.t_ns);
    return OK;
}

/* -- pace -------------------------------------------------------------------------------------- */

/* True: the message is due. False: not before the deadline; slept until then. */
static bool wait_until_due(TapeSource *t, int64_t deadline_ns) {
    if (!t->source->request.realtime) return true;
    if (!t->started) {
        t->first_ns = t->message.t_ns;
        t->started_ns = clock_now_ns();
        t->started = true;
    }
    int64_t due_ns = 0; /* times on a hostile tape are any */
    if (__builtin_sub_overflow(t->message.t_ns, t->first_ns, &due_ns) ||
        __builtin_add_overflow(due_ns, t->started_ns, &due_ns))
        due_ns = INT64_MAX;
    bool due = due_ns <= deadline_ns;
    clock_sleep_until_ns(due ? due_ns : deadline_ns);
    return due;
}

/* Every picture of a camera has a number, given or not: a gap is a loss. */
static void count_frame(TapeSource *t) {
    const char *name = NULL;
    if (channel_of(t->message.channel->topic, &name) != CHANNEL_CAMERA || !name) return;
    int place = camera_of(t, name);
    if (place >= 0) t->sequences[place]++;
}

/* How long a picture may wait for a free frame. */
static int patience_ms(const TapeSource *t, int timeout_ms, int64_t deadline_ns) {
    if (t->source->request.realtime) return 0;
    return timeout_ms < 0 ? -1 : ms_until(deadline_ns);
}

static Status next(void *state, int timeout_ms, Input *out) {
    TapeSource *t = state;
    int64_t deadline_ns = timeout_ms < 0 ? INT64_MAX : clock_now_ns() + timeout_ms * NS_PER_MS;
    for (;;) {
        if (!t->pending) TRY(tape_next(t->reader, &t->message));
        t->pending = true;
        if (!wait_until_due(t, deadline_ns))
            return fail(E_TIMEOUT, "capture: nothing within %d ms", timeout_ms);
        Input input = {.kind = INPUT_FRAME};
        Status status = read_input(t, patience_ms(t, timeout_ms, deadline_ns), &input);
        if (status == E_FULL && !t->source->request.realtime)
            return fail(E_TIMEOUT, "%s", fail_reason());
        t->pending = false;
        count_frame(t);
        if (status == E_FULL) atomic_fetch_add(&t->source->counters.dropped, 1);
        if (status == E_FULL || status == E_NOT_FOUND) continue;
        if (status == E_INVALID || status == E_CORRUPT)
            return fail(
                E_CORRUPT, "capture: %s at %" PRId64 " ns: %s", t->message.channel->topic,
                t->message.t_ns, fail_reason());
        if (status == OK) *out = input;
        return status;
    }
}

const Backend capture_tape = {"tape:", open_tape, next, close_tape};
