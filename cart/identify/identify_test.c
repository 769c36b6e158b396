#include "identify.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 96 };

static const char *folder;
static const InferConfig one_thread = {.threads = 1};
static uint8_t pixels[SIDE * SIDE * 3];

static void paint(int x0, int y0, int x1, int y1, int r, int g, int b) {
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            uint8_t *pixel = pixels + 3 * (y * SIDE + x);
            pixel[0] = (uint8_t)r;
            pixel[1] = (uint8_t)g;
            pixel[2] = (uint8_t)b;
        }
}

static Frame white(void) {
    paint(0, 0, SIDE, SIDE, 245, 245, 245);
    return (Frame){.width = SIDE, .height = SIDE, .stride = SIDE * 3, .rgb = pixels};
}

/* A pack of two colours side by side, on white. */
static Frame pack(const int *left, const int *right) {
    Frame frame = white();
    paint(20, 24, 48, 72, left[0], left[1], left[2]);
    paint(48, 24, 76, 72, right[0], right[1], right[2]);
    return frame;
}

static const int red[3] = {220, 20, 20}, green[3] = {20, 180, 20}, blue[3] = {20, 20, 220};

static IdentifyConfig configured(const char *model, const char *gallery) {
    IdentifyConfig config = {.unknown_similarity = -1};
    snprintf(config.model, sizeof config.model, "%s/%s", folder, model);
    snprintf(config.gallery, sizeof config.gallery, "%s", gallery);
    return config;
}

static void the_foreground_of_a_studio_picture_is_found(void) {
    Frame frame = pack(red, blue);
    Box box = identify_foreground(&frame);
    CHECK(fabsf(box.x0 - 20) < 0.5f && fabsf(box.y0 - 24) < 0.5f);
    CHECK(fabsf(box.x1 - 76) < 0.5f && fabsf(box.y1 - 72) < 0.5f);
}

static void a_picture_without_a_plain_ground_is_taken_whole(void) {
    Frame frame = white();
    CHECK(fabsf(identify_foreground(&frame).x1 - SIDE) < 0.5f); /* nothing in it */
    for (int i = 0; i < SIDE; i++)
        paint(i, 0, i + 1, SIDE, (37 * i) % 256, (91 * i) % 256, 0);
    Box box = identify_foreground(&frame);
    CHECK(fabsf(box.x0) < 0.5f && fabsf(box.x1 - SIDE) < 0.5f && fabsf(box.y1 - SIDE) < 0.5f);
}

static Identifier *enrolled(void) {
    IdentifyConfig config = configured("embedder.onnx", "");
    Identifier *identifier = NULL;
    CHECK(identify_open(&identifier, &config, &one_thread, NULL) == OK);
    Frame frame = pack(red, green);
    CHECK(identify_enroll(identifier, "tomatoes", &frame) == OK);
    frame = pack(blue, green);
    CHECK(identify_enroll(identifier, "berries", &frame) == OK);
    frame = pack(red, blue);
    CHECK(identify_enroll(identifier, "plums", &frame) == OK);
    return identifier;
}

static void a_product_is_known_however_it_lies(void) {
    Identifier *identifier = enrolled();
    CHECK(gallery_vectors(identify_gallery(identifier)) == 12);
    Frame frame = white();
    paint(30, 20, 66, 48, blue[0], blue[1], blue[2]); /* plums, standing, the blue half up */
    paint(30, 48, 66, 76, red[0], red[1], red[2]);
    Box box = {30, 20, 66, 76};
    Looks looks = {0}, *to[] = {&looks};
    CHECK(identify_look(identifier, &frame, &box, 1, to) == OK);
    CHECK(looks.views == 1 && looks.count == 3);
    CHECK(strcmp(gallery_id(identify_gallery(identifier), looks.at[0].sku), "plums") == 0);
    CHECK(looks.at[0].log_p > logf(0.8f) && looks.unknown_log_p < looks.at[0].log_p);
    identify_close(identifier);
}

static void many_boxes_at_once_give_what_one_by_one_gives(void) {
    enum { COUNT = 37 };
    Identifier *identifier = enrolled();
    Frame frame = pack(red, green);
    int dims = identify_dims(identifier);
    float *together = calloc((size_t)COUNT * (size_t)dims, sizeof *together), alone[64];
    Box boxes[COUNT];
    for (int i = 0; i < COUNT; i++)
        boxes[i] = (Box){(float)i, (float)(i / 2), (float)(i + 20 + i % 5), (float)(i / 2 + 30)};
    CHECK(identify_embed(identifier, &frame, boxes, COUNT, together) == OK);
    for (int i = 0; i < COUNT; i++) {
        CHECK(identify_embed(identifier, &frame, &boxes[i], 1, alone) == OK);
        for (int j = 0; j < dims; j++)
            CHECK(fabsf(alone[j] - together[i * dims + j]) < 1e-5f);
    }
    free(together);
    identify_close(identifier);
}

static void a_catalogue_maps_by_id_and_the_rest_speaks_for_unknown(void) {
    char path[] = "/tmp/identify_test_XXXXXX";
    close(mkstemp(path));
    Identifier *identifier = enrolled();
    CHECK(identify_save(identifier, path) == OK);
    identify_close(identifier);
    identifier = NULL;

    Product products[3] = {{.id = "apples"}, {.id = "plums"}, {.id = "berries"}};
    Catalog catalog = {.products = products, .count = 3};
    IdentifyConfig config = configured("embedder.onnx", path);
    CHECK(identify_open(&identifier, &config, &one_thread, &catalog) == OK);
    if (identifier) {
        CHECK(!gallery_knows(identify_gallery(identifier), "apples"));
        CHECK(gallery_knows(identify_gallery(identifier), "plums"));
        CHECK(!gallery_knows(identify_gallery(identifier), "pears"));
        Looks plums = {0}, tomatoes = {0}, *to[] = {&plums};
        Frame frame = pack(red, blue);
        Box box = {20, 24, 76, 72};
        CHECK(identify_look(identifier, &frame, &box, 1, to) == OK);
        CHECK(plums.count == 2 && plums.at[0].sku == 1);
        to[0] = &tomatoes;
        frame = pack(red, green); /* in the gallery, not sold here */
        CHECK(identify_look(identifier, &frame, &box, 1, to) == OK);
        CHECK(tomatoes.count == 2 && tomatoes.unknown_log_p > tomatoes.at[0].log_p + 1);

        frame = pack(green, green); /* a product without pictures gets one later */
        Looks apples = {0};
        to[0] = &apples;
        CHECK(identify_enroll(identifier, "apples", &frame) == OK);
        CHECK(identify_enroll(identifier, "pears", &frame) == OK);
        CHECK(identify_look(identifier, &frame, &box, 1, to) == OK);
        CHECK(apples.count == 3 && apples.at[0].sku == 0);
    }
    identify_close(identifier);
    unlink(path);
}

static void a_gallery_of_another_model_is_refused(void) {
    char path[] = "/tmp/identify_test_XXXXXX";
    close(mkstemp(path));
    Gallery *gallery = NULL;
    const uint8_t other[32] = {9};
    CHECK(gallery_open(&gallery, 12) == OK && gallery_save(gallery, other, path) == OK);
    gallery_close(gallery);
    IdentifyConfig config = configured("embedder.onnx", path);
    Identifier *identifier = NULL;
    CHECK(identify_open(&identifier, &config, &one_thread, NULL) == E_INVALID && !identifier);
    CHECK(strstr(fail_reason(), "another model") != NULL);
    unlink(path);
}

static void a_network_that_is_no_embedder_is_refused(void) {
    IdentifyConfig config = configured("detector.onnx", "");
    Identifier *identifier = NULL;
    CHECK(identify_open(&identifier, &config, &one_thread, NULL) == E_INVALID && !identifier);
    config = configured("nothing.onnx", "");
    CHECK(identify_open(&identifier, &config, &one_thread, NULL) == E_NOT_FOUND && !identifier);
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : "infer/testdata";
    RUN(the_foreground_of_a_studio_picture_is_found);
    RUN(a_picture_without_a_plain_ground_is_taken_whole);
    const char *have = getenv("HAVE_ONNX");
    if (!have || strcmp(have, "0") != 0) {
        RUN(a_product_is_known_however_it_lies);
        RUN(many_boxes_at_once_give_what_one_by_one_gives);
        RUN(a_catalogue_maps_by_id_and_the_rest_speaks_for_unknown);
        RUN(a_gallery_of_another_model_is_refused);
        RUN(a_network_that_is_no_embedder_is_refused);
    }
    return DONE();
}
