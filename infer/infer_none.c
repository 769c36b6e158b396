/* infer without ONNX Runtime: says so, once, where a network is asked for. */
#include "infer.h"

#include <assert.h>
#include <stddef.h>

Status infer_open(Network **out, const InferConfig *config, const char *path) {
    (void)out;
    (void)config;
    return fail(
        E_INVALID,
        "infer: %s: this build has no ONNX Runtime; configure it with -Donnx=enabled, or use fake:",
        path);
}

InferShape infer_input_shape(const Network *network) {
    (void)network;
    assert(!"no network was opened");
    return (InferShape){0};
}

int infer_output_count(const Network *network) {
    (void)network;
    return 0;
}

int infer_output_index(const Network *network, const char *name) {
    (void)network;
    (void)name;
    return -1;
}

InferShape infer_output_shape(const Network *network, int output) {
    (void)output;
    return infer_input_shape(network);
}

const char *infer_note(const Network *network, const char *key) {
    (void)network;
    (void)key;
    return NULL;
}

const uint8_t *infer_sha256(const Network *network) {
    (void)network;
    return NULL;
}

uint8_t *infer_input(Network *network) {
    (void)network;
    return NULL;
}

Status infer_run(Network *network, int batch, const float *const **outputs) {
    (void)network;
    (void)batch;
    (void)outputs;
    return fail(E_INVALID, "infer: this build has no ONNX Runtime");
}

void infer_close(Network *network) { (void)network; }
