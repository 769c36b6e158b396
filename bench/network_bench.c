/*
 * network_bench - the stages around the networks, and the networks alone.
 *
 *     network_bench JPEG MODELS
 *
 * A stage takes decoded pictures: detect gives boxes, embed the vectors of boxes, look what the
 * gallery makes of them. Driven by tools/bench.
 */
#include "bench.h"
#include "capture.h"
#include "detect.h"
#include "identify.h"

enum { CROPS = 4, CAMERAS = 2 };

static const InferConfig one_thread = {.threads = 1};
static Frame *frame;
static Detector *detector;
static Identifier *identifier;
static Network *detector_network, *embedder_network;
static Box boxes[CROPS];

static void detect_one(void) {
    static Detections found;
    const Frame *frames[] = {frame};
    must(detect_frames(detector, frames, 1, &found));
}

static void detect_two(void) {
    static Detections found[CAMERAS];
    const Frame *frames[] = {frame, frame};
    must(detect_frames(detector, frames, CAMERAS, found));
}

static void embed(int count) {
    static float vectors[CROPS * GALLERY_DIMS_MAX];
    must(identify_embed(identifier, frame, boxes, count, vectors));
}
static void embed_one(void) { embed(1); }
static void embed_two(void) { embed(2); }
static void embed_many(void) { embed(CROPS); }

static void look_many(void) {
    Looks looks[CROPS] = {0}, *all[CROPS];
    for (int i = 0; i < CROPS; i++)
        all[i] = &looks[i];
    must(identify_look(identifier, frame, boxes, CROPS, all));
}

static void run(Network *network, int count) {
    const float *const *outputs = NULL;
    must(infer_run(network, count, &outputs));
}
static void run_detector(void) { run(detector_network, 1); }
static void run_embedder(void) { run(embedder_network, 1); }
static void run_embedder_many(void) { run(embedder_network, CROPS); }

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: network_bench JPEG MODELS\n");
        return 2;
    }
    DetectConfig detect = {.score_min = 0.3, .overlap_max = 0.55};
    IdentifyConfig identify = {.unknown_similarity = -1};
    snprintf(detect.model, sizeof detect.model, "%s/detector.onnx", argv[2]);
    snprintf(identify.model, sizeof identify.model, "%s/embedder.onnx", argv[2]);
    must(capture_load_picture(argv[1], CAPTURE_SIDE_MAX_PX, &frame));
    must(detect_open(&detector, &detect, &one_thread));
    must(identify_open(&identifier, &identify, &one_thread, NULL));
    must(infer_open(&detector_network, &one_thread, detect.model));
    must(infer_open(&embedder_network, &one_thread, identify.model));
    for (int i = 0; i < 12; i++) { /* a small catalogue */
        char id[16];
        snprintf(id, sizeof id, "product-%d", i);
        must(identify_enroll(identifier, id, frame));
    }
    const float size = (float)frame->height / 3;
    for (int i = 0; i < CROPS; i++) {
        const float x = (float)frame->width * (float)i / (CROPS + 1), y = size / 2;
        boxes[i] = (Box){x, y, x + size, y + size};
    }
    static const Job jobs[] = {
        {"detect_one", detect_one},
        {"detect_two", detect_two},
        {"embed_one", embed_one},
        {"embed_two", embed_two},
        {"embed_many", embed_many},
        {"look_many", look_many},
        {"run_detector", run_detector},
        {"run_embedder", run_embedder},
        {"run_embedder_many", run_embedder_many},
        {NULL, NULL}};
    const int status = serve(jobs);
    infer_close(detector_network);
    infer_close(embedder_network);
    identify_close(identifier);
    detect_close(detector);
    capture_release(frame);
    return status;
}
