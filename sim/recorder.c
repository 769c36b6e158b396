#include "recorder.h"

#include "channels.h"
#include "message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const recorder_cameras[CAMERAS] = {"left", "right", "handle"};

enum { BOX_MIN_PX = 4 };

struct Recorder {
    TapeWriter *tape;
    uint16_t scale, calibration, imu, scan, event, basket, load;
    uint16_t picture[CAMERAS], lens[CAMERAS], boxes[CAMERAS];
};

static Status add_channels(Recorder *recorder, bool pictures) {
    TapeWriter *tape = recorder->tape;
    TRY(channel_add(tape, CHANNEL_SCALE_CALIBRATION, NULL, &recorder->calibration));
    TRY(channel_add(tape, CHANNEL_SCALE_RAW, NULL, &recorder->scale));
    TRY(channel_add(tape, CHANNEL_IMU, NULL, &recorder->imu));
    TRY(channel_add(tape, CHANNEL_SCAN, NULL, &recorder->scan));
    TRY(channel_add(tape, CHANNEL_TRUTH_EVENT, NULL, &recorder->event));
    TRY(channel_add(tape, CHANNEL_TRUTH_BASKET, NULL, &recorder->basket));
    TRY(channel_add(tape, CHANNEL_TRUTH_LOAD, NULL, &recorder->load));
    for (int camera = 0; pictures && camera < CAMERAS; camera++) {
        const char *name = recorder_cameras[camera];
        TRY(channel_add(tape, CHANNEL_CAMERA, name, &recorder->picture[camera]));
        TRY(channel_add(tape, CHANNEL_CAMERA_CALIBRATION, name, &recorder->lens[camera]));
        TRY(channel_add(tape, CHANNEL_TRUTH_BOXES, name, &recorder->boxes[camera]));
    }
    return OK;
}

Status recorder_open(Recorder **out, const char *path, bool pictures) {
    Recorder *recorder = calloc(1, sizeof *recorder);
    if (!recorder) return fail(E_NO_MEMORY, "%s: out of memory", path);
    Status status = tape_create(&recorder->tape, path, &(TapeOptions){.compression = TAPE_ZSTD});
    if (status == OK) status = add_channels(recorder, pictures);
    if (status != OK) {
        if (recorder->tape && tape_finish(recorder->tape) != OK) status = E_IO;
        free(recorder);
        return status;
    }
    *out = recorder;
    return OK;
}

Status recorder_finish(Recorder *recorder) {
    if (!recorder) return OK;
    const Status status = tape_finish(recorder->tape);
    free(recorder);
    return status;
}

Status
recorder_note(Recorder *recorder, const char *const *keys, const char *const *values, int count) {
    return tape_note(recorder->tape, "cartwright", keys, values, count);
}

/* Takes the message. */
static Status write_json(Recorder *recorder, uint16_t channel, int64_t t_ns, json_t *message) {
    char *text = message ? message_text(message) : NULL;
    json_decref(message);
    if (!text) return fail(E_NO_MEMORY, "tape: out of memory");
    const Status status = tape_write(recorder->tape, channel, t_ns, text, strlen(text));
    free(text);
    return status;
}

Status recorder_camera(
    Recorder *recorder,
    int camera,
    int64_t t_ns,
    const Camera *place,
    const Lens *lens,
    int width,
    int height) {
    const double f = height / 2.0 / tan((double)place->vertical_fov_rad / 2);
    const double *d = lens->distortion;
    const double x = width / 2.0, y = height / 2.0;
    return write_json(
        recorder, recorder->lens[camera], t_ns,
        json_pack(
            "{s:{s:I, s:I}, s:s, s:i, s:i, s:s, s:[f,f,f,f,f], s:[f,f,f,f,f,f,f,f,f], "
            "s:[f,f,f,f,f,f,f,f,f], s:[f,f,f,f,f,f,f,f,f,f,f,f]}",
            "timestamp", "sec", (json_int_t)(t_ns / 1000000000), "nsec",
            (json_int_t)(t_ns % 1000000000), "frame_id", recorder_cameras[camera], "width", width,
            "height", height, "distortion_model", "plumb_bob", "D", d[0], d[1], d[2], d[3], d[4],
            "K", f, 0., x, 0., f, y, 0., 0., 1., "R", 1., 0., 0., 0., 1., 0., 0., 0., 1., "P", f,
            0., x, 0., 0., f, y, 0., 0., 0., 1., 0.));
}

Status
recorder_picture(Recorder *recorder, int camera, int64_t t_ns, const uint8_t *jpeg, size_t size) {
    uint8_t *packed = NULL;
    size_t packed_size = 0;
    TRY(message_pack_image(
        t_ns, recorder_cameras[camera], "jpeg", jpeg, size, &packed, &packed_size));
    const Status status =
        tape_write(recorder->tape, recorder->picture[camera], t_ns, packed, packed_size);
    free(packed);
    return status;
}

Status recorder_boxes(
    Recorder *recorder,
    int camera,
    int64_t t_ns,
    const Sight *sight,
    const TruthInstance *instances,
    int count) {
    json_t *boxes = json_array();
    for (int i = 1; i <= count; i++) {
        const SeenInstance *seen = &sight->instance[i];
        if (seen->visible_px < BOX_MIN_PX) continue;
        json_array_append_new(
            boxes, json_pack(
                       "{s:s, s:s?, s:i, s:i, s:i, s:i, s:i, s:f}", "kind", instances[i].kind,
                       "gtin", instances[i].gtin, "instance", i, "x0", seen->x0, "y0", seen->y0,
                       "x1", seen->x1, "y1", seen->y1, "visible_p",
                       round(1000.0 * seen->visible_px / seen->whole_px) / 1000));
    }
    return write_json(
        recorder, recorder->boxes[camera], t_ns,
        json_pack("{s:I, s:o}", "t_ns", (json_int_t)t_ns, "boxes", boxes));
}

Status recorder_calibration(Recorder *recorder, int64_t t_ns, const ScaleCalibration *calibration) {
    return write_json(
        recorder, recorder->calibration, t_ns, message_from_scale_calibration(calibration));
}

Status recorder_scale(Recorder *recorder, const ScaleSample *sample) {
    return write_json(recorder, recorder->scale, sample->t_ns, message_from_scale_sample(sample));
}

Status recorder_imu(Recorder *recorder, const ImuSample *sample) {
    return write_json(recorder, recorder->imu, sample->t_ns, message_from_imu_sample(sample));
}

Status recorder_scan(Recorder *recorder, const Scan *scan) {
    return write_json(recorder, recorder->scan, scan->t_ns, message_from_scan(scan));
}

Status recorder_event(Recorder *recorder, const TruthEvent *event, const TruthDetail *detail) {
    json_t *message = message_from_truth_event(event);
    if (message) {
        json_object_set_new(message, "actor", json_string(detail->thief ? "thief" : "shopper"));
        json_object_set_new(message, "kind", json_string(detail->kind));
        json_object_set_new(
            message, "thing", detail->thing ? json_string(detail->thing) : json_null());
        json_object_set_new(message, "on_scale", json_boolean(detail->on_scale));
    }
    return write_json(recorder, recorder->event, event->t_ns, message);
}

static json_t *line_json(const TruthLine *line) {
    const bool by_weight = line->product->unit == UNIT_WEIGHT;
    return json_pack(
        "{s:s, s:s, s:i, s:o, s:I}", "gtin", line->product->gtin, "name", line->product->name,
        "quantity", line->quantity, "net_g", by_weight ? json_integer(line->net_g) : json_null(),
        "price_minor", (json_int_t)line->price_minor);
}

Status recorder_basket(Recorder *recorder, int64_t t_ns, const TruthBasket *basket) {
    json_t *lines = json_array(), *things = json_array(), *below = json_array();
    int64_t total_minor = 0;
    for (int i = 0; i < basket->count; i++) {
        total_minor += basket->line[i].price_minor;
        json_array_append_new(lines, line_json(&basket->line[i]));
    }
    for (int i = 0; i < basket->things; i++)
        json_array_append_new(things, json_string(basket->thing[i]));
    for (int i = 0; i < basket->belows; i++)
        json_array_append_new(below, json_string(basket->below[i]->gtin));
    return write_json(
        recorder, recorder->basket, t_ns,
        json_pack(
            "{s:I, s:o, s:I, s:f, s:o, s:o}", "t_ns", (json_int_t)t_ns, "lines", lines,
            "total_minor", (json_int_t)total_minor, "load_g", basket->load_g, "things", things,
            "below", below));
}

Status recorder_load(Recorder *recorder, int64_t t_ns, const TruthLoad *load) {
    return write_json(
        recorder, recorder->load, t_ns,
        json_pack(
            "{s:I, s:f, s:f, s:b}", "t_ns", (json_int_t)t_ns, "load_g",
            round(1000 * load->load_g) / 1000, "swing_g", round(1000 * load->swing_g) / 1000,
            "undisturbed", load->undisturbed));
}
