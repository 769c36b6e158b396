/*
 * message - nouns to bytes and back: the JSON of docs/wire.md, and foxglove.CompressedImage.
 *
 * One encoder per noun serves tape, HTTP, server-sent events, MQTT and the journal, so all of them
 * say the same. Encoders return a JSON object the caller owns (json_decref), NULL when memory is
 * out. Decoders take untrusted bytes: E_INVALID with one sentence.
 *
 * Products are named by their id in JSON and by their index in C; hence the Catalog arguments.
 * Threads: any; nothing is shared.
 */
#pragma once

#include "belief.h"
#include "catalog.h"
#include "command.h"
#include "crossing.h"
#include "detection.h"
#include "fault.h"
#include "frame.h"
#include "ledger.h"
#include "scale.h"
#include "scan.h"
#include "status.h"
#include "truth.h"
#include "weight.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

json_t *message_from_scale_sample(const ScaleSample *sample);
json_t *message_from_scale_calibration(const ScaleCalibration *calibration);
json_t *message_from_imu_sample(const ImuSample *sample);
json_t *message_from_scan(const Scan *scan);
json_t *message_from_command(const Command *command, const Catalog *catalog);
json_t *message_from_truth_event(const TruthEvent *event);
json_t *message_from_detections(
    const Detections *detections, const Tracks *tracks); /* tracks may be NULL */
json_t *
message_from_weight(const WeightReading *reading, const LegalWeight *legal); /* legal may be NULL */
json_t *message_from_weight_step(const WeightStep *step);
json_t *message_from_crossing(const Crossing *crossing, const Catalog *catalog, const char *camera);
json_t *message_from_belief(const Belief *belief, const Catalog *catalog);
json_t *message_from_entry(const Entry *entry, const Catalog *catalog);
json_t *message_from_prompt(const Prompt *prompt, const Catalog *catalog);
json_t *message_from_basket(const Basket *basket, const Catalog *catalog);
json_t *message_from_fault(const Fault *fault);
json_t *message_from_product(const Product *product, const Catalog *catalog);

MUST_USE Status message_to_scale_sample(const uint8_t *bytes, size_t size, ScaleSample *out);
MUST_USE Status
message_to_scale_calibration(const uint8_t *bytes, size_t size, ScaleCalibration *out);
MUST_USE Status message_to_imu_sample(const uint8_t *bytes, size_t size, ImuSample *out);
MUST_USE Status message_to_scan(const uint8_t *bytes, size_t size, Scan *out);
/* E_NOT_FOUND: a product the catalogue does not have. */
MUST_USE Status
message_to_command(const uint8_t *bytes, size_t size, const Catalog *catalog, Command *out);
MUST_USE Status message_to_truth_event(const uint8_t *bytes, size_t size, TruthEvent *out);
/* The whole entry, so that the journal can give a session back. */
MUST_USE Status
message_to_entry(const uint8_t *bytes, size_t size, const Catalog *catalog, Entry *out);

/* Text of a message, compact, keys in written order, 17 significant digits; free() it. */
char *message_text(const json_t *message);

/* foxglove.CompressedImage: timestamp, frame_id, data, format. */
MUST_USE Status message_pack_image(
    int64_t t_ns,
    const char *frame_id,
    const char *format,
    const uint8_t *data,
    size_t data_size,
    uint8_t **out,
    size_t *out_size);

typedef struct PackedImage {
    int64_t t_ns;
    char frame_id[32];
    char format[16];     /* "jpeg" */
    const uint8_t *data; /* borrowed from the message */
    size_t data_size;
} PackedImage;
MUST_USE Status message_unpack_image(const uint8_t *bytes, size_t size, PackedImage *out);
