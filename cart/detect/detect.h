/*
 * detect - pictures in, boxes of items and hands out.
 *
 * A detector is an ONNX network: uint8 pictures [N, height, width, 3] in, `scores` [N, kinds, rows,
 * columns] and `boxes` [N, 4, rows, columns] out, one cell every width/columns px: how likely the
 * middle of an item (kind 0) or hand (kind 1) is there, and how far its sides are from the cell's
 * centre (left, top, right, bottom; network px). A model named "fake:" needs no network and finds
 * strongly coloured (item) and black (hand) patches, for tests of everything around it.
 *
 * Threads: a Detector belongs to one thread at a time. Units: pixels of the frame.
 */
#pragma once

#include "detection.h"
#include "frame.h"
#include "infer.h"
#include "settings.h"
#include "status.h"

enum { DETECT_FRAMES_MAX = CAMERAS_MAX };

typedef struct DetectConfig {
    char model[SETTING_TEXT_BYTES];
    double score_min;   /* candidates below are not looked at */
    double overlap_max; /* two boxes of a kind that share more (IoU) are one thing */
} DetectConfig;

extern const Setting detect_settings[];

typedef struct Detector Detector;

/* E_NOT_FOUND, E_IO, E_INVALID: the model; one sentence says what is wrong with it. */
MUST_USE Status detect_open(Detector **out, const DetectConfig *config, const InferConfig *infer);

/* The boxes of 1..DETECT_FRAMES_MAX frames, of any cameras and sizes, in one run of the network.
 * out[i] belongs to frames[i]. */
MUST_USE Status
detect_frames(Detector *detector, const Frame *const *frames, int count, Detections *out);

/* SHA-256 of the model, INFER_SHA256_BYTES bytes; NULL for "fake:". Borrowed. */
const uint8_t *detect_sha256(const Detector *detector);

/* NULL is fine. */
void detect_close(Detector *detector);
