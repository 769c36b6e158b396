/*
 * channels_schema.c - the table of channels, with a JSON Schema for every JSON channel;
 * docs/wire.md says the same in words.
 *
 * JSON(...) turns its words into text, so that a schema reads as itself. Bare true, false and null
 * would be taken for C and are not used.
 */
#include "channels_internal.h"

#define JSON_TEXT(...) #__VA_ARGS__
#define JSON(...)      JSON_TEXT(__VA_ARGS__)

// clang-format off
#define REQUIRED(...)       "required": [__VA_ARGS__]
#define OBJECT(keys, ...)   {"type": "object", keys, "properties": {__VA_ARGS__}}
#define NULLABLE(...)       {"anyOf": [{"type": "null"}, __VA_ARGS__]}
#define LIST(...)           {"type": "array", "items": __VA_ARGS__}
#define LIST_OF(n, ...)     {"type": "array", "minItems": n, "maxItems": n, "items": __VA_ARGS__}
#define CHOICE(...)         {"enum": [__VA_ARGS__]}

#define INTEGER             {"type": "integer"}
#define COUNT               {"type": "integer", "minimum": 0}
#define TIME                COUNT
#define NUMBER              {"type": "number"}
#define NUMBER_OR_NULL      {"type": ["number", "null"]}
#define AT_LEAST_0          {"type": "number", "minimum": 0}
#define PROBABILITY         {"type": "number", "minimum": 0, "maximum": 1}
#define FLAG                {"type": "boolean"}
#define TEXT                {"type": "string"}
#define TEXT_OR_NULL        {"type": ["string", "null"]}

#define SCALE_DEVICE LIST(CHOICE("stable", "motion", "overload", "underload", "zero", "fault"))

#define SCALE_RAW OBJECT(REQUIRED("t_ns", "counts", "valid"), \
    "t_ns": TIME, \
    "counts": {"type": "array", "minItems": 1, "maxItems": 4, "items": INTEGER}, \
    "valid": {"type": "integer", "minimum": 0, "maximum": 15}, \
    "temperature_c": NUMBER_OR_NULL, \
    "device": SCALE_DEVICE)

#define SCALE_CALIBRATION OBJECT(REQUIRED("cells", "sample_hz", "platform_g", "stiffness_npm", \
        "damping_ratio", "e_g", "max_g"), \
    "cells": {"type": "array", "minItems": 1, "maxItems": 4, "items": \
        OBJECT(REQUIRED("counts_per_g", "zero_counts", "x_m", "y_m"), \
            "counts_per_g": NUMBER, "zero_counts": NUMBER, "x_m": NUMBER, "y_m": NUMBER)}, \
    "sample_hz": {"type": "number", "exclusiveMinimum": 0}, \
    "platform_g": AT_LEAST_0, \
    "stiffness_npm": AT_LEAST_0, \
    "damping_ratio": AT_LEAST_0, \
    "e_g": {"type": "integer", "minimum": 1}, \
    "max_g": {"type": "integer", "minimum": 1})

#define IMU OBJECT(REQUIRED("t_ns", "accel_mps2", "gyro_radps"), \
    "t_ns": TIME, "accel_mps2": LIST_OF(3, NUMBER), "gyro_radps": LIST_OF(3, NUMBER))

#define SCAN OBJECT(REQUIRED("t_ns", "code", "source"), \
    "t_ns": TIME, \
    "code": {"type": "string", "minLength": 1, "maxLength": 63}, \
    "source": CHOICE("scanner", "camera", "shopper"), \
    "camera": {"type": ["integer", "null"], "minimum": 0})

#define COMMAND OBJECT(REQUIRED("t_ns", "kind", "prompt", "line", "product", "quantity"), \
    "t_ns": TIME, \
    "kind": CHOICE("answer", "dispute", "remove", "checkout", "reset", "zero", "tare", "clear_tare"), \
    "prompt": COUNT, "line": COUNT, "product": TEXT_OR_NULL, "quantity": COUNT)

#define GTIN {"type": "string", "maxLength": 14}

#define TRUTH_EVENT OBJECT(REQUIRED("t_ns", "gtin", "quantity", "weight_g"), \
    "t_ns": TIME, "gtin": GTIN, "quantity": INTEGER, "weight_g": AT_LEAST_0, \
    "actor": CHOICE("shopper", "thief"), "kind": TEXT, "thing": TEXT_OR_NULL, "on_scale": FLAG)

#define TRUTH_BASKET OBJECT(REQUIRED("t_ns", "lines", "total_minor", "load_g"), \
    "t_ns": TIME, \
    "lines": LIST(OBJECT(REQUIRED("gtin", "name", "quantity", "net_g", "price_minor"), \
        "gtin": GTIN, "name": TEXT, "quantity": COUNT, "net_g": NUMBER_OR_NULL, \
        "price_minor": INTEGER)), \
    "total_minor": INTEGER, "load_g": NUMBER, "things": LIST(TEXT), "below": LIST(GTIN))

#define TRUTH_LOAD OBJECT(REQUIRED("t_ns", "load_g", "swing_g", "undisturbed"), \
    "t_ns": TIME, "load_g": NUMBER, "swing_g": AT_LEAST_0, "undisturbed": FLAG)

#define TRUTH_BOXES OBJECT(REQUIRED("t_ns", "boxes"), \
    "t_ns": TIME, \
    "boxes": LIST(OBJECT(REQUIRED("kind", "x0", "y0", "x1", "y1"), \
        "kind": CHOICE("item", "hand"), "gtin": TEXT_OR_NULL, \
        "instance": {"type": ["integer", "null"]}, \
        "x0": NUMBER, "y0": NUMBER, "x1": NUMBER, "y1": NUMBER, "visible_p": PROBABILITY)))

#define STAMP OBJECT(REQUIRED("sec", "nsec"), "sec": INTEGER, "nsec": INTEGER)
#define POINT OBJECT(REQUIRED("x", "y"), "x": NUMBER, "y": NUMBER)
#define COLOR OBJECT(REQUIRED("r", "g", "b", "a"), \
    "r": PROBABILITY, "g": PROBABILITY, "b": PROBABILITY, "a": PROBABILITY)

#define CAMERA_CALIBRATION {"title": "foxglove.CameraCalibration", "type": "object", \
    REQUIRED("timestamp", "frame_id", "width", "height", "distortion_model", "D", "K", "R", "P"), \
    "properties": { \
        "timestamp": STAMP, "frame_id": TEXT, "width": COUNT, "height": COUNT, \
        "distortion_model": TEXT, "D": LIST(NUMBER), "K": LIST_OF(9, NUMBER), \
        "R": LIST_OF(9, NUMBER), "P": LIST_OF(12, NUMBER)}}

#define IMAGE_ANNOTATIONS {"title": "foxglove.ImageAnnotations", "type": "object", \
    REQUIRED("circles", "points", "texts"), \
    "properties": { \
        "circles": LIST(OBJECT(REQUIRED("timestamp", "position", "diameter"), \
            "timestamp": STAMP, "position": POINT, "diameter": NUMBER, "thickness": NUMBER, \
            "fill_color": COLOR, "outline_color": COLOR)), \
        "points": LIST(OBJECT(REQUIRED("timestamp", "type", "points", "outline_color", "thickness"), \
            "timestamp": STAMP, "type": {"type": "integer", "minimum": 0, "maximum": 4}, \
            "points": LIST(POINT), "outline_color": COLOR, "outline_colors": LIST(COLOR), \
            "fill_color": COLOR, "thickness": NUMBER)), \
        "texts": LIST(OBJECT(REQUIRED("timestamp", "position", "text", "font_size"), \
            "timestamp": STAMP, "position": POINT, "text": TEXT, "font_size": NUMBER, \
            "text_color": COLOR, "background_color": COLOR))}}

#define WEIGHT OBJECT(REQUIRED("t_ns", "total_g", "stddev_g", "stable", "faults", "legal"), \
    "t_ns": TIME, "total_g": NUMBER_OR_NULL, "stddev_g": NUMBER_OR_NULL, "stable": FLAG, \
    "faults": LIST(CHOICE("cell_silent", "cell_stuck", "over_range", "silent", "clock")), \
    "legal": NULLABLE( \
        OBJECT(REQUIRED("e_g", "gross_g", "tare_g", "net_g", "stable", "overload", "underload"), \
            "e_g": INTEGER, "gross_g": INTEGER, "tare_g": INTEGER, "net_g": INTEGER, \
            "stable": FLAG, "overload": FLAG, "underload": FLAG, "tilted": FLAG, "zero": FLAG, \
            "settled": FLAG, "tare_mode": CHOICE("none", "taken", "preset"))))

#define WEIGHT_STEP OBJECT(REQUIRED("step", "t_ns", "decided_ns", "delta_g", "stddev_g", "total_g", \
        "x_m", "y_m", "final"), \
    "step": INTEGER, "t_ns": TIME, "decided_ns": TIME, "delta_g": NUMBER, "stddev_g": NUMBER, \
    "total_g": NUMBER, "x_m": NUMBER_OR_NULL, "y_m": NUMBER_OR_NULL, "final": FLAG)

#define CROSSING OBJECT(REQUIRED("t_ns", "decided_ns", "camera", "track", "direction", \
        "confidence_p", "box", "views", "looks", "unknown_log_p"), \
    "t_ns": TIME, "decided_ns": TIME, "camera": TEXT_OR_NULL, "track": INTEGER, \
    "direction": CHOICE("put", "take", "unsure"), "confidence_p": PROBABILITY, \
    "box": LIST_OF(4, NUMBER), "views": COUNT, \
    "looks": LIST(OBJECT(REQUIRED("product", "gtin", "log_p"), \
        "product": TEXT_OR_NULL, "gtin": TEXT_OR_NULL, "log_p": NUMBER_OR_NULL)), \
    "unknown_log_p": NUMBER_OR_NULL)

#define BELIEF OBJECT(REQUIRED("event", "t_ns", "decided_ns", "verdict", "sources", "delta_g", \
        "stddev_g", "hypotheses"), \
    "event": INTEGER, "t_ns": TIME, "decided_ns": TIME, \
    "verdict": CHOICE("accept", "ask", "ignore"), \
    "sources": LIST(CHOICE("vision", "weight", "scan")), \
    "delta_g": NUMBER_OR_NULL, "stddev_g": NUMBER_OR_NULL, \
    "hypotheses": LIST(OBJECT(REQUIRED("product", "gtin", "quantity", "p"), \
        "product": TEXT_OR_NULL, "gtin": TEXT_OR_NULL, "quantity": INTEGER, "p": PROBABILITY)))

#define UNIT CHOICE("each", "kg")

#define PROMPT OBJECT(REQUIRED("prompt", "event", "t_ns", "kind", "line", "quantity", "choices"), \
    "prompt": INTEGER, "event": INTEGER, "t_ns": TIME, \
    "kind": CHOICE("which_added", "which_removed", "please_scan", "disputed"), \
    "line": COUNT, "quantity": COUNT, \
    "choices": LIST(OBJECT(REQUIRED("product", "gtin", "name", "brand", "price_minor", "unit", \
            "picture"), \
        "product": TEXT_OR_NULL, "gtin": TEXT_OR_NULL, "name": TEXT_OR_NULL, "brand": TEXT_OR_NULL, \
        "price_minor": INTEGER, "unit": UNIT, "picture": TEXT_OR_NULL)))

#define ENTRY OBJECT(REQUIRED("sequence", "t_ns", "decided_ns", "kind", "event", "line", "product", \
        "gtin", "name", "quantity", "net_g", "e_g", "unit_price_minor", "amount_minor", \
        "confidence_p", "confirmed", "prompt", "why"), \
    "sequence": COUNT, "t_ns": TIME, "decided_ns": TIME, \
    "kind": CHOICE("add", "remove", "prompt", "answer", "weigh", "checkout", "reset"), \
    "event": INTEGER, "line": COUNT, "product": TEXT_OR_NULL, "gtin": TEXT_OR_NULL, \
    "name": TEXT_OR_NULL, "quantity": COUNT, "net_g": INTEGER, "e_g": COUNT, \
    "unit_price_minor": INTEGER, "amount_minor": INTEGER, "confidence_p": PROBABILITY, \
    "confirmed": FLAG, "prompt": NULLABLE(PROMPT), "why": TEXT)

#define BASKET OBJECT(REQUIRED("t_ns", "revision", "currency", "checked_out", "items", \
        "total_minor", "minimum_age", "lines", "prompts"), \
    "t_ns": TIME, "revision": COUNT, "currency": TEXT, "checked_out": FLAG, "items": COUNT, \
    "total_minor": INTEGER, "minimum_age": COUNT, \
    "lines": LIST(OBJECT(REQUIRED("line", "product", "gtin", "name", "brand", "picture", \
            "quantity", "unit", "net_g", "unit_price_minor", "price_minor", "confidence_p", \
            "confirmed", "weighing"), \
        "line": COUNT, "product": TEXT_OR_NULL, "gtin": TEXT_OR_NULL, "name": TEXT_OR_NULL, \
        "brand": TEXT_OR_NULL, "picture": TEXT_OR_NULL, "quantity": COUNT, "unit": UNIT, \
        "net_g": NUMBER_OR_NULL, "unit_price_minor": INTEGER, "price_minor": INTEGER, \
        "confidence_p": PROBABILITY, "confirmed": FLAG, "weighing": FLAG)), \
    "prompts": LIST(PROMPT))

#define FAULT OBJECT(REQUIRED("t_ns", "active", "what", "why"), \
    "t_ns": TIME, "active": FLAG, "what": TEXT, "why": TEXT)

#define JSONSCHEMA(topic, name, schema) {topic, "json", name, "jsonschema", JSON(schema)}

const ChannelRow channels_rows[CHANNEL_COUNT] = {
    [CHANNEL_CAMERA] = {"/camera/", "protobuf", "foxglove.CompressedImage", "protobuf", NULL},
    [CHANNEL_CAMERA_CALIBRATION] = JSONSCHEMA("/camera/", "foxglove.CameraCalibration", CAMERA_CALIBRATION),
    [CHANNEL_SCALE_RAW] = JSONSCHEMA("/scale/raw", "cartwright.ScaleSample", SCALE_RAW),
    [CHANNEL_SCALE_CALIBRATION] = JSONSCHEMA("/scale/calibration", "cartwright.ScaleCalibration", SCALE_CALIBRATION),
    [CHANNEL_IMU] = JSONSCHEMA("/imu", "cartwright.ImuSample", IMU),
    [CHANNEL_SCAN] = JSONSCHEMA("/scan", "cartwright.Scan", SCAN),
    [CHANNEL_COMMAND] = JSONSCHEMA("/command", "cartwright.Command", COMMAND),
    [CHANNEL_TRUTH_EVENT] = JSONSCHEMA("/truth/event", "cartwright.TruthEvent", TRUTH_EVENT),
    [CHANNEL_TRUTH_BASKET] = JSONSCHEMA("/truth/basket", "cartwright.TruthBasket", TRUTH_BASKET),
    [CHANNEL_TRUTH_LOAD] = JSONSCHEMA("/truth/load", "cartwright.TruthLoad", TRUTH_LOAD),
    [CHANNEL_TRUTH_BOXES] = JSONSCHEMA("/truth/boxes/", "cartwright.TruthBoxes", TRUTH_BOXES),
    [CHANNEL_DETECTIONS] = JSONSCHEMA("/cart/detections/", "foxglove.ImageAnnotations", IMAGE_ANNOTATIONS),
    [CHANNEL_WEIGHT] = JSONSCHEMA("/cart/weight", "cartwright.Weight", WEIGHT),
    [CHANNEL_WEIGHT_STEP] = JSONSCHEMA("/cart/weight_step", "cartwright.WeightStep", WEIGHT_STEP),
    [CHANNEL_CROSSING] = JSONSCHEMA("/cart/crossing", "cartwright.Crossing", CROSSING),
    [CHANNEL_BELIEF] = JSONSCHEMA("/cart/belief", "cartwright.Belief", BELIEF),
    [CHANNEL_EVENT] = JSONSCHEMA("/cart/event", "cartwright.Entry", ENTRY),
    [CHANNEL_PROMPT] = JSONSCHEMA("/cart/prompt", "cartwright.Prompt", PROMPT),
    [CHANNEL_BASKET] = JSONSCHEMA("/cart/basket", "cartwright.Basket", BASKET),
    [CHANNEL_FAULT] = JSONSCHEMA("/cart/fault", "cartwright.Fault", FAULT),
};
// clang-format on
