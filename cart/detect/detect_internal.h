/* detect_internal - what a backend gives: one way to find boxes. */
#pragma once

#include "detect.h"

typedef struct DetectBackend {
    Status (*open)(void **out, const DetectConfig *config, const InferConfig *infer);
    Status (*find)(void *state, const Frame *const *frames, int count, Detections *out);
    const uint8_t *(*sha256)(const void *state);
    void (*close)(void *state); /* NULL is fine */
} DetectBackend;

extern const DetectBackend detect_network, detect_fake;
