/*
 * infer - one neural network: bytes of pictures in, floats out.
 *
 * A Network is an ONNX file with one uint8 input [N, height, width, 3] and float outputs [N, ...];
 * only N may be open. Everything is bound at the first run of each batch size; later runs allocate
 * nothing here. The file is read once: what is hashed is what runs.
 *
 *     uint8_t *pictures = infer_input(network);       fill `batch` of them
 *     infer_run(network, batch, &outputs);            outputs[i] belongs to output i
 *
 * Threads: a Network belongs to one thread at a time; inside, `threads` work on one run and sleep
 * between runs. Without ONNX Runtime in the build, infer_open() says so.
 */
#pragma once

#include "settings.h"
#include "status.h"

#include <stdint.h>

enum {
    INFER_BATCH_MAX = 16,
    INFER_OUTPUTS_MAX = 4,
    INFER_DIMS_MAX = 6,
    INFER_SHA256_BYTES = 32,
};

typedef enum InferProvider { INFER_CPU, INFER_CUDA, INFER_TENSORRT } InferProvider;

typedef struct InferConfig {
    int threads;
    int provider;                          /* InferProvider */
    char engine_cache[SETTING_TEXT_BYTES]; /* folder; "": TensorRT builds its engines each time */
} InferConfig;

extern const Setting infer_settings[];

typedef struct InferShape {
    int dims;
    int at[INFER_DIMS_MAX]; /* at[0] is the batch: always 0 here */
} InferShape;

typedef struct Network Network;

/* E_NOT_FOUND / E_IO: the file. E_INVALID: not a network, or not of the form above, or a provider
 * this ONNX Runtime does not have. On OK the caller owns *out. */
MUST_USE Status infer_open(Network **out, const InferConfig *config, const char *path);

InferShape infer_input_shape(const Network *network);
int infer_output_count(const Network *network);
/* The output of this name, -1 when there is none. */
int infer_output_index(const Network *network, const char *name);
InferShape infer_output_shape(const Network *network, int output);

/* A value of the file's custom metadata; NULL when it has none of that key. Borrowed. */
const char *infer_note(const Network *network, const char *key);
/* The note as a number; `fallback` when there is none. E_INVALID: there is one, but no number. */
MUST_USE Status
infer_note_real(const Network *network, const char *key, double fallback, double *out);

/* SHA-256 of the file: INFER_SHA256_BYTES bytes. */
const uint8_t *infer_sha256(const Network *network);

/* Room for INFER_BATCH_MAX pictures, one after the other. Never moves. */
uint8_t *infer_input(Network *network);

/* Run the first `batch` pictures of infer_input(). (*outputs)[i] are the values of output i, valid
 * until the next run. E_IO: the run failed. */
MUST_USE Status infer_run(Network *network, int batch, const float *const **outputs);

/* NULL is fine. */
void infer_close(Network *network);
