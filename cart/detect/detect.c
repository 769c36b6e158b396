#include "detect.h"

#include "detect_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const Setting detect_settings[] = {
    SETTING_TEXT(DetectConfig, model, "models/detector.onnx", "detector network; fake: for tests"),
    SETTING_REAL(DetectConfig, score_min, "0.3", 0.01, 0.99, "least score of a box, 0 to 1"),
    SETTING_REAL(
        DetectConfig, overlap_max, "0.55", 0.1, 0.95, "boxes of a kind that share more are one"),
    SETTING_END};

struct Detector {
    const DetectBackend *backend;
    void *state;
};

Status detect_open(Detector **out, const DetectConfig *config, const InferConfig *infer) {
    Detector *detector = calloc(1, sizeof *detector);
    if (!detector) return fail(E_NO_MEMORY, "detect: out of memory");
    detector->backend = strncmp(config->model, "fake:", 5) == 0 ? &detect_fake : &detect_network;
    Status status = detector->backend->open(&detector->state, config, infer);
    if (status != OK) {
        free(detector);
        return status;
    }
    *out = detector;
    return OK;
}

Status detect_frames(Detector *detector, const Frame *const *frames, int count, Detections *out) {
    assert(count >= 1 && count <= DETECT_FRAMES_MAX);
    TRY(detector->backend->find(detector->state, frames, count, out));
    for (int i = 0; i < count; i++) {
        out[i].t_ns = frames[i]->t_ns;
        out[i].camera = frames[i]->camera;
    }
    return OK;
}

const uint8_t *detect_sha256(const Detector *detector) {
    return detector->backend->sha256(detector->state);
}

void detect_close(Detector *detector) {
    if (!detector) return;
    detector->backend->close(detector->state);
    free(detector);
}
