#include "decode.h"
#include "detect.h"
#include "test.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 32, COLUMNS = 40, CELLS = ROWS * COLUMNS };

static float scores[2][ROWS][COLUMNS], boxes[4][ROWS][COLUMNS];
static const DecodeRules rules = {0.3f, 0.55f};

static void clear(void) {
    memset(scores, 0, sizeof scores);
    memset(boxes, 0, sizeof boxes);
}

static void put(int kind, int row, int column, float score, float l, float t, float r, float b) {
    scores[kind][row][column] = score;
    boxes[0][row][column] = l;
    boxes[1][row][column] = t;
    boxes[2][row][column] = r;
    boxes[3][row][column] = b;
}

static Detections decode(int width, int height, double step) {
    Heads heads = {2, ROWS, COLUMNS, 8, &scores[0][0][0], &boxes[0][0][0]};
    Detections out = {.width = width, .height = height};
    decode_heads(&rules, &heads, step, &out);
    return out;
}

static bool near_box(const Box *box, float x0, float y0, float x1, float y1) {
    return fabsf(box->x0 - x0) < 0.01f && fabsf(box->y0 - y0) < 0.01f &&
           fabsf(box->x1 - x1) < 0.01f && fabsf(box->y1 - y1) < 0.01f;
}

static void a_peak_becomes_a_box_of_the_frame(void) {
    clear();
    put(0, 10, 20, 0.8f, 10, 20, 30, 40); /* centre 164, 84 */
    Detections found = decode(640, 480, 2);
    CHECK(found.count == 1 && found.at[0].kind == DETECTION_ITEM);
    CHECK(fabsf(found.at[0].score_p - 0.8f) < 1e-6f);
    CHECK(near_box(&found.at[0].box, 308, 128, 388, 248));
}

static void boxes_are_cut_at_the_edge_of_the_frame(void) {
    clear();
    put(1, 0, 0, 0.9f, 100, 100, 1e30f, 1e30f);
    Detections found = decode(640, 400, 2);
    CHECK(found.count == 1 && found.at[0].kind == DETECTION_HAND);
    CHECK(near_box(&found.at[0].box, 0, 0, 640, 400));
}

static void the_slope_of_a_peak_is_not_a_second_box(void) {
    clear();
    put(0, 10, 20, 0.8f, 10, 10, 10, 10);
    put(0, 10, 21, 0.7f, 4, 4, 4, 4);
    put(0, 11, 21, 0.79f, 4, 4, 4, 4);
    CHECK(decode(320, 256, 1).count == 1);
    clear(); /* a plateau is one peak */
    for (int x = 10; x < 12; x++)
        put(0, 10, x, 0.5f, 10, 10, 10, 10);
    CHECK(decode(320, 256, 1).count == 1);
}

static void two_boxes_on_one_thing_are_one_and_the_better_stays(void) {
    clear();
    put(0, 10, 10, 0.6f, 40, 40, 40, 40);
    put(0, 10, 12, 0.9f, 56, 40, 24, 40); /* the same box from two cells on */
    put(1, 10, 14, 0.7f, 72, 40, 8, 40);  /* a hand there is another thing */
    Detections found = decode(320, 256, 1);
    CHECK(found.count == 2);
    CHECK(fabsf(found.at[0].score_p - 0.9f) < 1e-6f && found.at[0].kind == DETECTION_ITEM);
    CHECK(found.at[1].kind == DETECTION_HAND);
}

static void neighbours_side_by_side_both_stay(void) {
    clear();
    put(0, 10, 10, 0.6f, 20, 20, 20, 20);
    put(0, 10, 14, 0.6f, 20, 20, 20, 20);
    CHECK(decode(320, 256, 1).count == 2);
}

static void numbers_that_are_none_are_no_detections(void) {
    clear();
    put(0, 5, 5, NAN, 10, 10, 10, 10);
    put(0, 5, 15, INFINITY, 10, 10, 10, 10);
    put(0, 5, 25, 0.9f, NAN, 10, 10, 10);
    put(0, 15, 5, 0.9f, 10, 10, INFINITY, 10);
    put(0, 15, 15, 0.9f, -10, 10, -10, 10);  /* inside out */
    put(0, 15, 25, 0.9f, 500, 10, -400, 10); /* outside the frame */
    put(0, 25, 25, 0.29f, 10, 10, 10, 10);
    CHECK(decode(320, 256, 1).count == 0);
}

static void too_many_boxes_leave_the_best(void) {
    clear();
    for (int y = 0; y < ROWS; y += 2)
        for (int x = 0; x < COLUMNS; x += 2)
            put(0, y, x, 0.3f + 0.0005f * (float)(y * COLUMNS + x), 3, 3, 3, 3);
    Detections found = decode(320, 256, 1);
    CHECK(found.count == DETECTIONS_MAX);
    for (int i = 1; i < found.count; i++)
        CHECK(found.at[i - 1].score_p >= found.at[i].score_p);
    CHECK(fabsf(found.at[0].score_p - (0.3f + 0.0005f * (30 * COLUMNS + 38))) < 1e-4f);
}

static void noise_of_any_bits_keeps_the_promises(void) {
    uint32_t bits = 1;
    for (int round = 0; round < 200; round++) {
        float *all[] = {&scores[0][0][0], &boxes[0][0][0]};
        int counts[] = {2 * CELLS, 4 * CELLS};
        for (int part = 0; part < 2; part++)
            for (int i = 0; i < counts[part]; i++) {
                bits = bits * 1664525u + 1013904223u;
                float tame = (float)(bits >> 8) / (float)(1 << 24) * (part ? 80.0f : 1.0f);
                if (bits % 7 == 0) memcpy(&tame, &bits, sizeof tame);
                all[part][i] = tame;
            }
        Detections found = decode(640, 480, 2);
        CHECK(found.count <= DETECTIONS_MAX);
        for (int i = 0; i < found.count; i++) {
            const Detection *d = &found.at[i];
            CHECK(d->score_p >= 0.3f && d->score_p <= 1);
            CHECK(d->box.x0 >= 0 && d->box.x1 <= 640 && d->box.x0 < d->box.x1);
            CHECK(d->box.y0 >= 0 && d->box.y1 <= 480 && d->box.y0 < d->box.y1);
        }
    }
}

/* -- whole detectors ----------------------------------------------------------------------- */

static uint8_t pixels[2][160 * 128 * 3];

static void paint(uint8_t *rgb, int x0, int y0, int x1, int y1, int r, int g, int b) {
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            uint8_t *pixel = rgb + 3 * (y * 160 + x);
            pixel[0] = (uint8_t)r;
            pixel[1] = (uint8_t)g;
            pixel[2] = (uint8_t)b;
        }
}

static Frame picture(int i) {
    paint(pixels[i], 0, 0, 160, 128, 160, 160, 160);
    return (Frame){
        .t_ns = 1000 + i,
        .camera = i,
        .width = 160,
        .height = 128,
        .stride = 160 * 3,
        .rgb = pixels[i]};
}

static DetectConfig configured(const char *model) {
    DetectConfig config = {.score_min = 0.3, .overlap_max = 0.55};
    snprintf(config.model, sizeof config.model, "%s", model);
    return config;
}

static const InferConfig one_thread = {.threads = 1};

static void the_fake_finds_coloured_items_and_black_hands(void) {
    DetectConfig config = configured("fake:");
    Detector *detector = NULL;
    CHECK(detect_open(&detector, &config, &one_thread) == OK);
    Frame frames[2] = {picture(0), picture(1)};
    paint(pixels[0], 20, 24, 60, 64, 255, 0, 0);
    paint(pixels[1], 80, 40, 120, 100, 10, 10, 10);
    paint(pixels[1], 120, 60, 140, 80, 0, 200, 0);
    const Frame *both[] = {&frames[0], &frames[1]};
    Detections out[2];
    CHECK(detect_frames(detector, both, 2, out) == OK);
    CHECK(out[0].t_ns == 1000 && out[0].camera == 0 && out[1].camera == 1);
    CHECK(out[0].count == 1 && near_box(&out[0].at[0].box, 20, 24, 60, 64));
    CHECK(out[1].count == 2 && out[1].at[0].kind == DETECTION_HAND);
    CHECK(out[1].at[1].kind == DETECTION_ITEM && near_box(&out[1].at[1].box, 120, 60, 140, 80));
    CHECK(detect_sha256(detector) == NULL);
    detect_close(detector);
}

static const char *folder;

static const char *in_folder(const char *name) {
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void a_network_finds_what_it_was_made_to_find(void) {
    DetectConfig config = configured(in_folder("detector.onnx"));
    Detector *detector = NULL;
    CHECK(detect_open(&detector, &config, &one_thread) == OK);
    if (!detector) return;
    CHECK(detect_sha256(detector) != NULL);
    Frame frames[2] = {picture(0), picture(1)}; /* seen at a quarter: cells of 32 px */
    paint(pixels[0], 32, 64, 64, 96, 255, 0, 0);
    paint(pixels[1], 96, 32, 128, 64, 0, 0, 255);
    const Frame *both[] = {&frames[0], &frames[1]};
    Detections out[2];
    CHECK(detect_frames(detector, both, 2, out) == OK);
    CHECK(out[0].count == 1 && out[0].at[0].kind == DETECTION_ITEM);
    CHECK(near_box(&out[0].at[0].box, 0, 32, 96, 128));
    CHECK(out[1].count == 1 && out[1].at[0].kind == DETECTION_HAND);
    CHECK(near_box(&out[1].at[0].box, 64, 0, 160, 96));
    detect_close(detector);
}

static void a_network_that_is_no_detector_is_refused(void) {
    const char *names[] = {"mean.onnx", "embedder.onnx", "nothing.onnx"};
    for (int i = 0; i < 3; i++) {
        DetectConfig config = configured(in_folder(names[i]));
        Detector *detector = NULL;
        CHECK(detect_open(&detector, &config, &one_thread) != OK && !detector);
        CHECK(strstr(fail_reason(), names[i]) != NULL);
    }
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : "infer/testdata";
    RUN(a_peak_becomes_a_box_of_the_frame);
    RUN(boxes_are_cut_at_the_edge_of_the_frame);
    RUN(the_slope_of_a_peak_is_not_a_second_box);
    RUN(two_boxes_on_one_thing_are_one_and_the_better_stays);
    RUN(neighbours_side_by_side_both_stay);
    RUN(numbers_that_are_none_are_no_detections);
    RUN(too_many_boxes_leave_the_best);
    RUN(noise_of_any_bits_keeps_the_promises);
    RUN(the_fake_finds_coloured_items_and_black_hands);
    const char *have = getenv("HAVE_ONNX");
    if (!have || strcmp(have, "0") != 0) {
        RUN(a_network_finds_what_it_was_made_to_find);
        RUN(a_network_that_is_no_detector_is_refused);
    }
    return DONE();
}
