#include "file.h"
#include "infer.h"
#include "resize.h"
#include "resize_internal.h"
#include "test.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *folder;
static const InferConfig one_thread = {.threads = 1};

static char *in_folder(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int is_one_line(const char *text) {
    return text[0] && !strchr(text, '\n') && strlen(text) < 400;
}

static int refused(const char *path, const InferConfig *config, const char *word) {
    Network *network = NULL;
    Status status = infer_open(&network, config, path);
    if (status == OK) infer_close(network);
    if (status == OK || network) return 0;
    if (!strstr(fail_reason(), word)) printf("# %s\n", fail_reason());
    return is_one_line(fail_reason()) && strstr(fail_reason(), word) != NULL;
}

/* -- networks ------------------------------------------------------------------------------ */

static void a_batch_runs_and_runs_again(void) {
    Network *network = NULL;
    CHECK(infer_open(&network, &one_thread, in_folder("mean.onnx")) == OK);
    if (!network) return;
    InferShape shape = infer_input_shape(network);
    CHECK(shape.dims == 4 && shape.at[1] == 4 && shape.at[2] == 6 && shape.at[3] == 3);
    CHECK(infer_output_count(network) == 1);
    CHECK(infer_output_index(network, "mean") == 0);
    CHECK(infer_output_index(network, "median") == -1);
    size_t size = 4 * 6 * 3;
    for (int round = 0; round < 3; round++)
        for (int batch = 1; batch <= INFER_BATCH_MAX; batch += 5) {
            for (int i = 0; i < batch; i++)
                memset(infer_input(network) + (size_t)i * size, 10 * round + i, size);
            const float *const *outputs = NULL;
            CHECK(infer_run(network, batch, &outputs) == OK);
            for (int i = 0; i < 3 * batch; i++)
                CHECK(fabsf(outputs[0][i] - (float)(10 * round + i / 3)) < 1e-3f);
        }
    infer_close(network);
}

static void notes_are_read_as_text_and_numbers(void) {
    Network *network = NULL;
    CHECK(infer_open(&network, &one_thread, in_folder("mean.onnx")) == OK);
    if (!network) return;
    double value = 0;
    CHECK(strcmp(infer_note(network, "scale"), "12.5") == 0);
    CHECK(infer_note(network, "nothing") == NULL);
    CHECK(infer_note_real(network, "scale", 1, &value) == OK && fabs(value - 12.5) < 1e-12);
    CHECK(infer_note_real(network, "nothing", 7, &value) == OK && fabs(value - 7) < 1e-12);
    CHECK(infer_note_real(network, "words", 7, &value) == E_INVALID);
    infer_close(network);
}

static void the_hash_is_that_of_the_file(void) {
    Network *network = NULL;
    CHECK(infer_open(&network, &one_thread, in_folder("mean.onnx")) == OK);
    if (!network) return;
    uint8_t *bytes = NULL, hash[32];
    size_t size = 0;
    CHECK(file_read(in_folder("mean.onnx"), 1 << 20, &bytes, &size) == OK);
    crypto_hash_sha256(hash, bytes, size);
    CHECK(memcmp(hash, infer_sha256(network), sizeof hash) == 0);
    free(bytes);
    infer_close(network);
}

static void a_missing_model_is_one_clear_line(void) {
    CHECK(refused("/nowhere/detector.onnx", &one_thread, "/nowhere/detector.onnx"));
}

static void networks_of_the_wrong_form_are_refused(void) {
    CHECK(refused(in_folder("fixed_batch.onnx"), &one_thread, "fixed batch of 1"));
    CHECK(refused(in_folder("open_size.onnx"), &one_thread, "only the batch may be open"));
    CHECK(refused(in_folder("float_input.onnx"), &one_thread, "must be uint8"));
    CHECK(refused(in_folder("make.py"), &one_thread, "make.py"));
}

static void a_missing_provider_is_named(void) {
    InferConfig cuda = {.threads = 1, .provider = INFER_CUDA};
    InferConfig tensorrt = {.threads = 1, .provider = INFER_TENSORRT};
    CHECK(refused(in_folder("mean.onnx"), &cuda, "provider cuda cannot be used here"));
    CHECK(refused(in_folder("mean.onnx"), &tensorrt, "provider tensorrt cannot be used here"));
    snprintf(tensorrt.engine_cache, sizeof tensorrt.engine_cache, "/tmp");
    CHECK(refused(in_folder("mean.onnx"), &tensorrt, "provider tensorrt cannot be used here"));
}

static void a_cache_of_engines_that_cannot_be_made_is_named(void) {
    InferConfig config = {.threads = 1, .provider = INFER_TENSORRT};
    snprintf(config.engine_cache, sizeof config.engine_cache, "/proc/none/engines");
    CHECK(refused(in_folder("mean.onnx"), &config, "engine_cache: /proc/none"));
}

static void a_damaged_model_never_crashes(void) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    CHECK(file_read(in_folder("mean.onnx"), 1 << 20, &bytes, &size) == OK);
    if (!bytes) return;
    char path[] = "/tmp/infer_test_XXXXXX";
    int descriptor = mkstemp(path);
    CHECK(descriptor >= 0);
    for (size_t cut = 0; cut < size; cut += 37) { /* cut off */
        CHECK(ftruncate(descriptor, 0) == 0);
        CHECK(pwrite(descriptor, bytes, cut, 0) == (ssize_t)cut);
        Network *network = NULL;
        Status status = infer_open(&network, &one_thread, path);
        CHECK(status == OK || is_one_line(fail_reason()));
        infer_close(network);
    }
    for (size_t at = 0; at < size; at += 11) { /* one byte wrong */
        bytes[at] ^= 0x55;
        CHECK(pwrite(descriptor, bytes, size, 0) == (ssize_t)size);
        Network *network = NULL;
        Status status = infer_open(&network, &one_thread, path);
        CHECK(status == OK || is_one_line(fail_reason()));
        infer_close(network);
        bytes[at] ^= 0x55;
    }
    close(descriptor);
    unlink(path);
    free(bytes);
}

/* -- golden: what training's own run of the shipped models gave -------------------------------- */

static const char *models;

static uint8_t *golden(const char *name, const char *what, size_t *size) {
    char path[600];
    uint8_t *bytes = NULL;
    snprintf(path, sizeof path, "%s/golden/golden_%s.%s.bin", models, name, what);
    return file_read(path, 16 << 20, &bytes, size) == OK ? bytes : NULL;
}

/* Other processors round int8 sums in another order: near is enough. */
static void compare(const float *got, const float *wanted, size_t count, const char *what) {
    float most = 0;
    double difference = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        most = fmaxf(most, fabsf(got[i] - wanted[i]));
        difference += fabs((double)(got[i] - wanted[i]));
        size += fabs((double)wanted[i]);
    }
    printf("# %s: %.2g %% away, %.2g at most\n", what, 100 * difference / size, (double)most);
    CHECK(difference <= 0.05 * size);
}

static void check_golden(const char *name, const char *const *outputs) {
    char path[600];
    size_t picture_size = 0;
    uint8_t *picture = golden(name, "rgb", &picture_size);
    if (!picture) {
        printf("# no golden run of %s\n", name);
        return;
    }
    Network *network = NULL;
    snprintf(path, sizeof path, "%s/%s.onnx", models, name);
    CHECK(infer_open(&network, &one_thread, path) == OK);
    InferShape input = infer_input_shape(network);
    size_t room = (size_t)input.at[1] * (size_t)input.at[2] * 3;
    CHECK(picture_size <= room);
    memset(infer_input(network), RESIZE_FILL, room);
    memcpy(infer_input(network), picture, picture_size <= room ? picture_size : room);
    const float *const *values = NULL;
    CHECK(infer_run(network, 1, &values) == OK);
    for (; *outputs; outputs++) {
        size_t size = 0, count = 1;
        uint8_t *wanted = golden(name, *outputs, &size);
        int output = infer_output_index(network, *outputs);
        CHECK(wanted && output >= 0);
        InferShape shape = infer_output_shape(network, output);
        for (int i = 1; i < shape.dims; i++)
            count *= (size_t)shape.at[i];
        CHECK(size == count * sizeof(float));
        if (size == count * sizeof(float))
            compare(values[output], (const float *)(const void *)wanted, count, *outputs);
        free(wanted);
    }
    infer_close(network);
    free(picture);
}

static void the_shipped_models_say_what_they_said_in_training(void) {
    check_golden("detector", (const char *const[]){"scores", "boxes", NULL});
    check_golden("embedder", (const char *const[]){"embedding", NULL});
}

static void without_a_runtime_the_build_says_so(void) {
    CHECK(refused(in_folder("mean.onnx"), &one_thread, "no ONNX Runtime"));
}

/* -- resizing ------------------------------------------------------------------------------ */

static uint8_t source[64 * 48 * 3];

static Frame ramp(void) { /* red grows with x, green with y */
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 64; x++) {
            uint8_t *pixel = source + 3 * (y * 64 + x);
            pixel[0] = (uint8_t)(4 * x);
            pixel[1] = (uint8_t)(5 * y);
            pixel[2] = 77;
        }
    return (Frame){.width = 64, .height = 48, .stride = 64 * 3, .rgb = source};
}

static void the_same_size_is_a_copy(void) {
    static uint8_t out[64 * 48 * 3];
    Frame frame = ramp();
    Resizer *resizer = NULL;
    CHECK(resizer_open(&resizer, 64, 48) == OK);
    resizer_place(resizer, &frame, 0, 0, 1, out);
    CHECK(memcmp(out, source, sizeof out) == 0);
    resizer_close(resizer);
}

static void half_the_size_is_the_mean_of_four(void) {
    static uint8_t out[32 * 32 * 3];
    Frame frame = ramp();
    Resizer *resizer = NULL;
    CHECK(resizer_open(&resizer, 32, 32) == OK);
    resizer_place(resizer, &frame, 0, 0, 2, out);
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 32; x++) {
            const uint8_t *p = out + 3 * (y * 32 + x);
            if (y < 24) {
                CHECK(p[0] == 8 * x + 2);
                CHECK(abs(p[1] - (10 * y + 2)) <= 1 && p[2] == 77);
            } else {
                CHECK(p[0] == RESIZE_FILL && p[1] == RESIZE_FILL && p[2] == RESIZE_FILL);
            }
        }
    resizer_close(resizer);
}

static void any_size_agrees_with_a_plain_area_mean(void) {
    static uint8_t out[40 * 40 * 3];
    Frame frame = ramp();
    Resizer *resizer = NULL;
    CHECK(resizer_open(&resizer, 40, 40) == OK);
    const double steps[] = {0.3, 0.77, 1.0, 1.31, 1.6, 2.4};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        double step = steps[i], x0 = 3.3, y0 = 2.1;
        resizer_place(resizer, &frame, x0, y0, step, out);
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 40; x++) {
                double sx = x0 + (x + 0.5) * step - 0.5, sy = y0 + (y + 0.5) * step - 0.5;
                if (sx < 3 || sy < 3 || sx > 60 || sy > 44) continue;
                const uint8_t *p = out + 3 * (y * 40 + x); /* a ramp's mean is its middle */
                CHECK(fabs(p[0] - 4 * sx) <= 1.6 && fabs(p[1] - 5 * sy) <= 1.6 && p[2] == 77);
            }
    }
    resizer_close(resizer);
}

static void outside_the_picture_is_grey(void) {
    static uint8_t out[40 * 40 * 3];
    Frame frame = ramp();
    Resizer *resizer = NULL;
    CHECK(resizer_open(&resizer, 40, 40) == OK);
    resizer_place(resizer, &frame, -1000, -1000, 1, out);
    for (size_t i = 0; i < sizeof out; i++)
        CHECK(out[i] == RESIZE_FILL);
    resizer_place(resizer, &frame, -20, 0, 1, out);
    CHECK(out[3 * 19] == RESIZE_FILL && out[3 * 20] == 0 && out[3 * 21] == 4);
    resizer_close(resizer);
}

/* Inside the picture, partly beside it and beside it. */
static void whole_steps_are_what_averaging_gives(void) {
    static uint8_t noise[66 * 50 * 3], whole[41 * 40 * 3], averaged[41 * 40 * 3];
    uint32_t random = 3;
    for (size_t i = 0; i < sizeof noise; i++) {
        random = random * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(random >> 24);
    }
    Resizer *resizer = NULL;
    CHECK(resizer_open(&resizer, 41, 40) == OK);
    for (int size = 0; size < 4; size++) { /* odd and even ones */
        const Frame frame = {
            .width = 65 + size / 2, .height = 49 + size % 2, .stride = 66 * 3, .rgb = noise};
        for (int step = 1; step <= 2; step++)
            for (int y = -90; y <= 60; y += 13)
                for (int x = -95; x <= 70; x += 11) {
                    resizer_place(resizer, &frame, x, y, step, whole);
                    resizer_place(resizer, &frame, x + 2e-9, y + 2e-9, step, averaged);
                    CHECK(memcmp(whole, averaged, sizeof whole) == 0);
                }
    }
    resizer_close(resizer);
}

static void this_processors_halving_gives_the_same_bytes_as_plain_code(void) {
    enum { SIZE = 70 };
    static uint8_t upper[SIZE * 6], lower[SIZE * 6];
    uint32_t random = 5;
    for (int size = 0; size <= SIZE; size++) {
        uint8_t plain[SIZE * 3 + 1] = {0}, own[SIZE * 3 + 1] = {0};
        for (int i = 0; i < SIZE * 6; i++) {
            random = random * 1664525u + 1013904223u;
            upper[i] = (uint8_t)(random >> 24);
            lower[i] = (uint8_t)(random >> 16);
        }
        resize_halve_plain(upper, lower, size, plain);
        resize_halve(upper, lower, size, own);
        CHECK(memcmp(plain, own, sizeof own) == 0); /* and nothing behind them */
    }
}

static void this_processors_gathering_gives_the_same_bytes_as_plain_code(void) {
    enum { PIXELS = 300, SIZE = 61 };
    static int16_t sums[PIXELS * 3 + SUM_SLACK], weights[SIZE * 8];
    uint32_t random = 1;
    for (int round = 0; round < 50; round++) {
        Span spans[SIZE] = {0};
        uint8_t plain[SIZE * 3 + 1], own[SIZE * 3 + 1];
        for (int i = 0; i < PIXELS * 3; i++) {
            random = random * 1664525u + 1013904223u;
            sums[i] = (int16_t)((random >> 8) % (255 * ROW_ONE + 1) - SUM_BIAS);
        }
        for (int i = 0, used = 0; i < SIZE; i++) {
            random = random * 1664525u + 1013904223u;
            spans[i].count = (int)((random >> 10) % 8);
            spans[i].first = (int)((random >> 14) % (uint32_t)(PIXELS + 1 - spans[i].count));
            spans[i].weight = used;
            for (int j = 0; j < spans[i].count; j++)
                weights[used++] = (int16_t)(COLUMN_ONE / spans[i].count);
            if (used % 2) weights[used++] = 0;
        }
        plain[sizeof plain - 1] = own[sizeof own - 1] = 200; /* nothing is written behind the row */
        resize_gather_plain(spans, SIZE, weights, sums, plain);
        resize_gather(spans, SIZE, weights, sums, own);
        CHECK(memcmp(plain, own, sizeof own) == 0);
        CHECK(own[sizeof own - 1] == 200);
    }
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : "testdata";
    models = argc > 2 ? argv[2] : "models";
    const char *have = getenv("HAVE_ONNX");
    if (!have || strcmp(have, "0") != 0) {
        RUN(a_batch_runs_and_runs_again);
        RUN(notes_are_read_as_text_and_numbers);
        RUN(the_hash_is_that_of_the_file);
        RUN(a_missing_model_is_one_clear_line);
        RUN(networks_of_the_wrong_form_are_refused);
        RUN(a_missing_provider_is_named);
        RUN(a_cache_of_engines_that_cannot_be_made_is_named);
        RUN(a_damaged_model_never_crashes);
        RUN(the_shipped_models_say_what_they_said_in_training);
    } else {
        RUN(without_a_runtime_the_build_says_so);
    }
    RUN(the_same_size_is_a_copy);
    RUN(half_the_size_is_the_mean_of_four);
    RUN(any_size_agrees_with_a_plain_area_mean);
    RUN(outside_the_picture_is_grey);
    RUN(whole_steps_are_what_averaging_gives);
    RUN(this_processors_gathering_gives_the_same_bytes_as_plain_code);
    RUN(this_processors_halving_gives_the_same_bytes_as_plain_code);
    return DONE();
}
