/* The detector that is a network: resize, run, decode. */
#include "decode.h"
#include "detect_internal.h"
#include "infer.h"
#include "resize.h"

#include <math.h>
#include <stdlib.h>

typedef struct NetworkDetector {
    Network *network;
    Resizer *resizer;
    DecodeRules rules;
    int width, height; /* of the network's input */
    size_t picture_bytes;
    int scores, boxes; /* outputs */
    Heads heads;       /* pointers are set per picture */
} NetworkDetector;

static void close_network(void *state) {
    NetworkDetector *d = state;
    if (!d) return;
    resizer_close(d->resizer);
    infer_close(d->network);
    free(d);
}

static Status read_heads(NetworkDetector *d, const char *path) {
    InferShape input = infer_input_shape(d->network);
    d->height = input.at[1];
    d->width = input.at[2];
    d->picture_bytes = (size_t)d->width * (size_t)d->height * 3;
    d->scores = infer_output_index(d->network, "scores");
    d->boxes = infer_output_index(d->network, "boxes");
    if (d->scores < 0 || d->boxes < 0)
        return fail(E_INVALID, "detect: %s: a detector has outputs named scores and boxes", path);
    InferShape scores = infer_output_shape(d->network, d->scores);
    InferShape boxes = infer_output_shape(d->network, d->boxes);
    int kinds = scores.at[1], rows = scores.at[2], columns = scores.at[3];
    if (scores.dims != 4 || boxes.dims != 4 || kinds < 1 || kinds > DETECTION_HAND + 1 ||
        boxes.at[1] != 4 || boxes.at[2] != rows || boxes.at[3] != columns ||
        d->width * rows != d->height * columns)
        return fail(
            E_INVALID,
            "detect: %s: scores must be [N,1 or 2,rows,columns] and boxes [N,4,rows,columns], with "
            "square cells",
            path);
    d->heads = (Heads){
        .kinds = kinds, .rows = rows, .columns = columns, .cell_px = (double)d->width / columns};
    return OK;
}

static Status open_network(void **out, const DetectConfig *config, const InferConfig *infer) {
    NetworkDetector *d = calloc(1, sizeof *d);
    if (!d) return fail(E_NO_MEMORY, "detect: out of memory");
    d->rules = (DecodeRules){(float)config->score_min, (float)config->overlap_max};
    Status status = infer_open(&d->network, infer, config->model);
    if (status == OK) status = read_heads(d, config->model);
    if (status == OK) status = resizer_open(&d->resizer, d->width, d->height);
    if (status != OK) {
        close_network(d);
        return status;
    }
    *out = d;
    return OK;
}

/* Frame px per network px when the whole frame just fits. */
static double fit(const NetworkDetector *d, const Frame *frame) {
    return fmax((double)frame->width / d->width, (double)frame->height / d->height);
}

static Status find(void *state, const Frame *const *frames, int count, Detections *out) {
    NetworkDetector *d = state;
    for (int i = 0; i < count; i++)
        resizer_place(
            d->resizer, frames[i], 0, 0, fit(d, frames[i]),
            infer_input(d->network) + (size_t)i * d->picture_bytes);
    const float *const *outputs = NULL;
    TRY(infer_run(d->network, count, &outputs));
    for (int i = 0; i < count; i++) {
        Heads heads = d->heads;
        size_t cells = (size_t)heads.rows * (size_t)heads.columns;
        heads.scores = outputs[d->scores] + (size_t)i * (size_t)heads.kinds * cells;
        heads.boxes = outputs[d->boxes] + (size_t)i * 4 * cells;
        out[i].width = frames[i]->width;
        out[i].height = frames[i]->height;
        decode_heads(&d->rules, &heads, fit(d, frames[i]), &out[i]);
    }
    return OK;
}

static const uint8_t *sha256(const void *state) {
    return infer_sha256(((const NetworkDetector *)state)->network);
}

const DetectBackend detect_network = {open_network, find, sha256, close_network};
