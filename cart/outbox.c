#include "outbox.h"

#include "capture.h"
#include "channels.h"
#include "log.h"
#include "message.h"
#include "ring.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { RING_ITEMS = 512, JPEG_QUALITY = 80 };

struct Outbox {
    OutboxPorts ports;
    Ring *ring;
    crypto_hash_sha256_state hash;
    int64_t entries;
    bool recording;
    bool silenced; /* an entry could not be journalled: nobody may hear of it or what follows */
    Said said;     /* being said */
    uint16_t channel[CHANNEL_COUNT]; /* 0: not on the tape yet */
    uint16_t picture_channel[CAMERAS_MAX], boxes_channel[CAMERAS_MAX];
};

Status outbox_open(Outbox **out, const OutboxPorts *ports) {
    Outbox *outbox = calloc(1, sizeof *outbox);
    if (!outbox) return fail(E_NO_MEMORY, "outbox: out of memory");
    const Status status = ring_open(
        &outbox->ring, ports->lossless ? RING_WAIT : RING_NEVER_DROP, RING_ITEMS, sizeof(Said));
    if (status != OK) {
        free(outbox);
        return status;
    }
    outbox->ports = *ports;
    outbox->recording = ports->tape != NULL;
    crypto_hash_sha256_init(&outbox->hash);
    *out = outbox;
    return OK;
}

Status outbox_push(Outbox *outbox, const Said *said) {
    const Status status = ring_push(outbox->ring, said, NULL);
    if (status == E_FULL) return fail(E_FULL, "the outbox is full: disk or network is too slow");
    return status;
}

void outbox_finish(Outbox *outbox) { ring_finish(outbox->ring); }

/* -- the tape: a failure to record is a fault of the record, never of the basket ----------------
 */

static void record(
    Outbox *outbox,
    uint16_t *id,
    Channel channel,
    const char *name,
    int64_t t_ns,
    const void *bytes,
    size_t size) {
    Status status = *id ? OK : channel_add(outbox->ports.tape, channel, name, id);
    if (status == OK) status = tape_write(outbox->ports.tape, *id, t_ns, bytes, size);
    if (status != OK) {
        LOG_ERROR("outbox", "recording stopped: %s", fail_reason());
        outbox->recording = false;
    }
}

static void record_json(Outbox *outbox, Channel channel, int64_t t_ns, json_t *message) {
    if (!outbox->recording) {
        json_decref(message);
        return;
    }
    char *text = message ? message_text(message) : NULL;
    json_decref(message);
    if (text) record(outbox, &outbox->channel[channel], channel, NULL, t_ns, text, strlen(text));
    free(text);
}

static void record_picture(Outbox *outbox, const Frame *frame, const uint8_t *jpeg, size_t size) {
    const char *name = outbox->ports.cameras[frame->camera];
    uint8_t *packed = NULL;
    size_t packed_size = 0;
    if (message_pack_image(frame->t_ns, name, "jpeg", jpeg, size, &packed, &packed_size) != OK)
        return;
    record(
        outbox, &outbox->picture_channel[frame->camera], CHANNEL_CAMERA, name, frame->t_ns, packed,
        packed_size);
    free(packed);
}

static void record_boxes(Outbox *outbox, const SaidSighting *sighting) {
    const int camera = sighting->detections.camera;
    json_t *message = message_from_detections(&sighting->detections, &sighting->tracks);
    char *text = message ? message_text(message) : NULL;
    json_decref(message);
    if (text)
        record(
            outbox, &outbox->boxes_channel[camera], CHANNEL_DETECTIONS,
            outbox->ports.cameras[camera], sighting->detections.t_ns, text, strlen(text));
    free(text);
}

static void record_input(Outbox *outbox, const Input *input) {
    switch (input->kind) {
    case INPUT_SCALE:
        record_json(
            outbox, CHANNEL_SCALE_RAW, input->t_ns, message_from_scale_sample(&input->scale));
        break;
    case INPUT_CALIBRATION:
        record_json(
            outbox, CHANNEL_SCALE_CALIBRATION, input->t_ns,
            message_from_scale_calibration(&input->calibration));
        break;
    case INPUT_IMU:
        record_json(outbox, CHANNEL_IMU, input->t_ns, message_from_imu_sample(&input->imu));
        break;
    case INPUT_SCAN:
        record_json(outbox, CHANNEL_SCAN, input->t_ns, message_from_scan(&input->scan));
        break;
    case INPUT_COMMAND:
        record_json(
            outbox, CHANNEL_COMMAND, input->t_ns,
            message_from_command(&input->command, outbox->ports.catalog));
        break;
    case INPUT_FRAME:
        break;
    }
}

/* -- saying ---------------------------------------------------------------------------------- */

static Status say_entry(Outbox *outbox, const Entry *entry) {
    json_t *message = message_from_entry(entry, outbox->ports.catalog);
    char *text = message ? message_text(message) : NULL;
    Status status = text ? OK : fail(E_NO_MEMORY, "outbox: out of memory");
    if (text) {
        crypto_hash_sha256_update(&outbox->hash, (const unsigned char *)text, strlen(text));
        outbox->entries++;
        if (outbox->ports.journal) status = journal_append(outbox->ports.journal, entry, text);
    }
    free(text);
    record_json(outbox, CHANNEL_EVENT, entry->t_ns, message);
    if (status == OK && outbox->ports.publisher) publish_entry(outbox->ports.publisher, entry);
    return status;
}

static void say_picture(Outbox *outbox, const SaidSighting *sighting) {
    const Frame *frame = sighting->frame;
    Publisher *publisher = outbox->ports.publisher;
    const bool wanted = publisher && publish_wants_frame(publisher, frame->camera);
    if (!wanted && !outbox->recording) return;

    uint8_t *encoded = NULL;
    const uint8_t *jpeg = frame->jpeg;
    size_t size = frame->jpeg_size;
    if (!jpeg) {
        if (capture_encode_jpeg(frame, JPEG_QUALITY, &encoded, &size) != OK) return;
        jpeg = encoded;
    }
    if (outbox->recording) record_picture(outbox, frame, jpeg, size);
    if (wanted) publish_frame(publisher, frame->camera, jpeg, size);
    free(encoded);
}

static void say_sighting(Outbox *outbox, const SaidSighting *sighting) {
    say_picture(outbox, sighting);
    if (!sighting->seen) return;
    if (outbox->recording) record_boxes(outbox, sighting);
    if (!outbox->ports.publisher) return;

    const char *labels[TRACKS_MAX] = {NULL};
    for (int i = 0; i < sighting->tracks.count; i++) {
        const int32_t sku = sighting->label_sku[i];
        if (sku != SKU_UNKNOWN) labels[i] = outbox->ports.catalog->products[sku].name;
    }
    publish_camera(
        outbox->ports.publisher, sighting->frame->camera, sighting->frame->width,
        sighting->frame->height);
    publish_detections(
        outbox->ports.publisher, &sighting->detections, &sighting->tracks,
        outbox->ports.cameras[sighting->detections.camera], labels);
}

static Status say(Outbox *outbox, Said *said) {
    const OutboxPorts *ports = &outbox->ports;
    switch (said->kind) {
    case SAID_INPUT:
        record_input(outbox, &said->input);
        return OK;
    case SAID_SIGHTING:
        say_sighting(outbox, &said->sighting);
        capture_release(said->sighting.frame);
        return OK;
    case SAID_CROSSING:
        record_json(
            outbox, CHANNEL_CROSSING, said->t_ns,
            message_from_crossing(
                &said->crossing, ports->catalog, ports->cameras[said->crossing.camera]));
        return OK;
    case SAID_WEIGHT:
        record_json(
            outbox, CHANNEL_WEIGHT, said->t_ns,
            message_from_weight(&said->weight.reading, &said->weight.legal));
        if (ports->publisher)
            publish_weight(ports->publisher, &said->weight.reading, &said->weight.legal);
        return OK;
    case SAID_WEIGHT_STEP:
        record_json(outbox, CHANNEL_WEIGHT_STEP, said->t_ns, message_from_weight_step(&said->step));
        return OK;
    case SAID_BELIEF:
        record_json(
            outbox, CHANNEL_BELIEF, said->t_ns, message_from_belief(&said->belief, ports->catalog));
        return OK;
    case SAID_ENTRY:
        return say_entry(outbox, &said->entry);
    case SAID_SEAL:
        return ports->journal ? journal_append_seal(ports->journal, &said->seal) : OK;
    case SAID_BASKET:
        record_json(
            outbox, CHANNEL_BASKET, said->t_ns, message_from_basket(&said->basket, ports->catalog));
        if (ports->publisher) publish_basket(ports->publisher, &said->basket);
        return OK;
    case SAID_FAULT:
        record_json(outbox, CHANNEL_FAULT, said->t_ns, message_from_fault(&said->fault));
        if (ports->publisher) publish_fault(ports->publisher, &said->fault);
        return OK;
    case SAID_SCALE:
        if (ports->publisher) publish_scale_event(ports->publisher, &said->scale);
        return OK;
    }
    return OK;
}

Status outbox_run(Outbox *outbox) {
    Said *said = &outbox->said;
    while (ring_pop(outbox->ring, said, -1) == OK) {
        if (outbox->silenced) {
            if (said->kind == SAID_SIGHTING) capture_release(said->sighting.frame);
            continue;
        }
        const Status status = say(outbox, said);
        outbox->silenced = status != OK;
        if (outbox->silenced) return status;
    }
    return OK;
}

void outbox_hash(const Outbox *outbox, char hex[65], int64_t *entries) {
    crypto_hash_sha256_state copy = outbox->hash;
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&copy, digest);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
    *entries = outbox->entries;
}

void outbox_close(Outbox *outbox) {
    if (!outbox) return;
    if (outbox->ports.tape && tape_finish(outbox->ports.tape) != OK)
        LOG_ERROR("outbox", "%s", fail_reason());
    ring_close(outbox->ring);
    free(outbox);
}
