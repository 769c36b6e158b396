#include "channels.h"
#include "message.h"
#include "sample_internal.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t T0 = 1700000000123456789;

/* Encode with `make`, decode with `read`, both expressions; text holds the bytes between. */
#define THROUGH(made, read)                                                                        \
    do {                                                                                           \
        json_t *json = (made);                                                                     \
        char *text = message_text(json);                                                           \
        const uint8_t *bytes = (const uint8_t *)text;                                              \
        size_t size = text ? strlen(text) : 0;                                                     \
        CHECK(text && (read) == OK);                                                               \
        json_decref(json);                                                                         \
        free(text);                                                                                \
    } while (0)

static void a_scale_sample_comes_back(void) {
    ScaleSample
        in = {T0, {1, -2, 8388607, -8388608}, 13, 21.4f, SCALE_DEVICE_STABLE | SCALE_DEVICE_ZERO},
        out = {0};
    THROUGH(message_from_scale_sample(&in), message_to_scale_sample(bytes, size, &out));
    CHECK(out.t_ns == T0 && memcmp(in.counts, out.counts, sizeof in.counts) == 0);
    CHECK(out.valid == 13 && out.temperature_c == 21.4f && out.device == in.device);
    in.temperature_c = NAN;
    THROUGH(message_from_scale_sample(&in), message_to_scale_sample(bytes, size, &out));
    CHECK(isnan(out.temperature_c));
}

static void a_calibration_comes_back(void) {
    ScaleCalibration out = {0};
    THROUGH(
        sample_message(CHANNEL_SCALE_CALIBRATION, 0, T0),
        message_to_scale_calibration(bytes, size, &out));
    CHECK(out.cells == 4 && out.cell[3].counts_per_g == 415.5 && out.cell[1].x_m == 0.2);
    CHECK(out.sample_hz == 80 && out.e_g == 5 && out.max_g == 15000 && out.damping_ratio == 0.03);
}

static void imu_scan_and_truth_come_back(void) {
    ImuSample imu = {T0, {0.1f, -0.2f, 9.81f}, {1, 2, 3}}, imu_out = {0};
    THROUGH(message_from_imu_sample(&imu), message_to_imu_sample(bytes, size, &imu_out));
    CHECK(imu_out.t_ns == T0 && imu_out.accel_mps2[2] == 9.81f && imu_out.gyro_radps[0] == 1);
    Scan scan = {T0, "04012345", SCAN_CAMERA, 2}, scan_out = {0};
    THROUGH(message_from_scan(&scan), message_to_scan(bytes, size, &scan_out));
    CHECK(strcmp(scan_out.code, "04012345") == 0 && scan_out.camera == 2);
    scan.source = SCAN_SHOPPER;
    THROUGH(message_from_scan(&scan), message_to_scan(bytes, size, &scan_out));
    CHECK(scan_out.source == SCAN_SHOPPER && scan_out.camera == -1);
    TruthEvent truth = {T0, "05012345678900", -2, 424.5}, truth_out = {0};
    THROUGH(message_from_truth_event(&truth), message_to_truth_event(bytes, size, &truth_out));
    CHECK(truth_out.quantity == -2 && truth_out.weight_g == 424.5 && truth_out.t_ns == T0);
    CHECK(strcmp(truth_out.gtin, truth.gtin) == 0);
}

static void a_command_to_the_scale_comes_back(void) {
    for (int kind = COMMAND_ANSWER; kind <= COMMAND_CLEAR_TARE; kind++) {
        Command in = {.t_ns = T0, .kind = (CommandKind)kind, .sku = SKU_UNKNOWN}, out = {0};
        THROUGH(
            message_from_command(&in, &sample_catalog),
            message_to_command(bytes, size, &sample_catalog, &out));
        CHECK(out.kind == in.kind);
    }
}

static void a_command_names_its_product_by_id(void) {
    Command in = {T0, COMMAND_ANSWER, 4, 2, 2, 3}, out = {0};
    THROUGH(
        message_from_command(&in, &sample_catalog),
        message_to_command(bytes, size, &sample_catalog, &out));
    CHECK(out.t_ns == T0 && out.kind == COMMAND_ANSWER && out.prompt == 4 && out.line == 2);
    CHECK(out.sku == 2 && out.quantity == 3);
    Catalog smaller = sample_catalog;
    smaller.count = 2;
    json_t *json = message_from_command(&in, &sample_catalog);
    char *text = message_text(json);
    CHECK(strstr(text, "\"product\":\"red wine\"") != NULL);
    out.sku = 1;
    CHECK(message_to_command((uint8_t *)text, strlen(text), &smaller, &out) == E_NOT_FOUND);
    CHECK(strstr(fail_reason(), "red wine") && out.sku == 1);
    free(text);
    json_decref(json);
}

static void an_entry_comes_back_whole(void) {
    for (EntryKind kind = ENTRY_ADD; kind <= ENTRY_RESET; kind++) {
        Entry in = {
            .sequence = 9,
            .t_ns = T0,
            .decided_ns = T0 + 5,
            .kind = kind,
            .event = 3,
            .line = 2,
            .sku = 1,
            .quantity = 1,
            .net_e = 101,
            .e_g = 5,
            .unit_price_minor = 159,
            .amount_minor = -80,
            .confidence_p = 0.1,
            .confirmed = true,
            .why = "because \"so\""};
        if (kind == ENTRY_PROMPT || kind == ENTRY_ANSWER) {
            in.prompt = (Prompt){4, 3, T0, PROMPT_WHICH_REMOVED, 2, 1, 3, {2, 0, SKU_UNKNOWN}};
        }
        Entry out;
        memset(&out, 0, sizeof out);
        THROUGH(
            message_from_entry(&in, &sample_catalog),
            message_to_entry(bytes, size, &sample_catalog, &out));
        CHECK(out.sequence == 9 && out.t_ns == T0 && out.decided_ns == T0 + 5 && out.kind == kind);
        CHECK(out.event == 3 && out.line == 2 && out.sku == 1 && out.quantity == 1);
        CHECK(out.net_e == 101 && out.e_g == 5 && out.unit_price_minor == 159);
        CHECK(out.amount_minor == -80 && out.confidence_p == 0.1 && out.confirmed);
        CHECK(strcmp(out.why, in.why) == 0);
        json_t *before = message_from_entry(&in, &sample_catalog);
        json_t *after = message_from_entry(&out, &sample_catalog);
        CHECK(json_equal(before, after) && out.prompt.count == in.prompt.count);
        json_decref(before);
        json_decref(after);
    }
}

static void every_encoder_fits_its_schema(void) {
    ChannelChecker *checker = NULL;
    CHECK(channel_checker_open(&checker) == OK);
    for (Channel channel = CHANNEL_CAMERA + 1; channel < CHANNEL_COUNT; channel++) {
        const ChannelRow *row = channel_row(channel);
        char topic[128];
        bool named = row->topic[strlen(row->topic) - 1] == '/';
        snprintf(
            topic, sizeof topic, "%s%s%s", row->topic, named ? "left" : "",
            channel == CHANNEL_CAMERA_CALIBRATION ? "/calibration" : "");
        const TapeChannel said = {
            .topic = topic, .message_encoding = "json", .schema_name = row->schema_name};
        for (int n = 0; n < 2; n++) {
            json_t *json = sample_message(channel, n, T0);
            char *text = message_text(json);
            const TapeMessage message = {
                .channel = &said, .bytes = (uint8_t *)text, .size = text ? strlen(text) : 0};
            CHECK(text && channel_check(checker, &message) == OK);
            if (text && channel_check(checker, &message) != OK) printf("# %s\n", fail_reason());
            free(text);
            json_decref(json);
        }
    }
    channel_checker_close(checker);
}

static void topics_and_channels_name_each_other(void) {
    const char *name;
    CHECK(channel_of("/camera/left", &name) == CHANNEL_CAMERA && strcmp(name, "left") == 0);
    CHECK(channel_of("/camera/left/calibration", &name) == CHANNEL_CAMERA_CALIBRATION);
    CHECK(strncmp(name, "left/", 5) == 0);
    CHECK(channel_of("/scale/raw", &name) == CHANNEL_SCALE_RAW && !name);
    CHECK(channel_of("/truth/boxes/rim", &name) == CHANNEL_TRUTH_BOXES && strcmp(name, "rim") == 0);
    static const char *const strangers[] = {
        "",     "/", "/camera", "/camera/", "/camera//calibration", "/camera/a/b", "/scale/raw/",
        "/imu2"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        CHECK(channel_of(strangers[i], &name) == CHANNEL_COUNT && !name);
    }
}

static Status decode_sample(const char *text) {
    ScaleSample out;
    return message_to_scale_sample((const uint8_t *)text, strlen(text), &out);
}

static void wrong_json_is_refused_by_field(void) {
    static const struct {
        const char *text, *names;
    } cases[] = {
        {"", "not JSON"},
        {"[1]", "object"},
        {"{\"t_ns\": 1, \"t_ns\": 2}", "not JSON"},
        {"{\"counts\": [1], \"valid\": 1}", "t_ns"},
        {"{\"t_ns\": -1, \"counts\": [1], \"valid\": 1}", "t_ns"},
        {"{\"t_ns\": 1.5, \"counts\": [1], \"valid\": 1}", "t_ns"},
        {"{\"t_ns\": 1, \"counts\": [], \"valid\": 1}", "counts"},
        {"{\"t_ns\": 1, \"counts\": [1, 2, 3, 4, 5], \"valid\": 1}", "counts"},
        {"{\"t_ns\": 1, \"counts\": [4294967296], \"valid\": 1}", "counts"},
        {"{\"t_ns\": 1, \"counts\": [1], \"valid\": 16}", "valid"},
        {"{\"t_ns\": 1, \"counts\": [1], \"valid\": 1, \"temperature_c\": \"warm\"}",
         "temperature_c"},
        {"{\"t_ns\": 1, \"counts\": [1], \"valid\": 1, \"device\": [\"stable\", \"happy\"]}",
         "device"},
        {"{\"t_ns\": 1, \"counts\": [1], \"valid\": 1, \"device\": \"stable\"}", "device"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(decode_sample(cases[i].text) == E_INVALID);
        CHECK(strstr(fail_reason(), cases[i].names) != NULL);
    }
    CHECK(decode_sample("{\"t_ns\": 1, \"counts\": [1], \"valid\": 1}") == OK);
}

static void text_that_is_not_utf8_is_still_told(void) {
    Fault fault = {.t_ns = T0, .active = true, .what = "scanner", .why = "read \xff\xfe"};
    json_t *json = message_from_fault(&fault);
    char *text = message_text(json);
    CHECK(text && strstr(text, "\"why\":\"read ??\""));
    free(text);
    json_decref(json);
}

static void nothing_known_about_a_product_is_null(void) {
    Command in = {T0, COMMAND_ANSWER, 4, 2, 77, 3};
    json_t *json = message_from_command(&in, &sample_catalog);
    CHECK(json_is_null(json_object_get(json, "product")));
    json_decref(json);
    json = message_from_product(&sample_catalog.products[2], &sample_catalog);
    const char *picture = json_string_value(json_object_get(json, "picture"));
    CHECK(picture && strcmp(picture, "/api/v1/products/red%20wine/picture.jpg") == 0);
    json_decref(json);
}

static void an_image_comes_back(void) {
    static const uint8_t data[] = {0xff, 0xd8, 1, 2, 3};
    uint8_t *bytes = NULL;
    size_t size;
    PackedImage image;
    CHECK(message_pack_image(T0, "left", "jpeg", data, sizeof data, &bytes, &size) == OK);
    CHECK(message_unpack_image(bytes, size, &image) == OK);
    CHECK(image.t_ns == T0 && strcmp(image.frame_id, "left") == 0);
    CHECK(strcmp(image.format, "jpeg") == 0 && image.data_size == sizeof data);
    CHECK(memcmp(image.data, data, sizeof data) == 0);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut + 1); /* its own block, so that overruns are seen */
        memcpy(part, bytes, cut);
        PackedImage kept = image;
        Status status = message_unpack_image(part, cut, &image);
        CHECK(status == OK || (status == E_INVALID && memcmp(&kept, &image, sizeof kept) == 0));
        image = kept;
        free(part);
    }
    free(bytes);
    CHECK(message_pack_image(-1, "left", "jpeg", data, sizeof data, &bytes, &size) == E_INVALID);
}

int main(void) {
    RUN(a_scale_sample_comes_back);
    RUN(a_calibration_comes_back);
    RUN(imu_scan_and_truth_come_back);
    RUN(a_command_to_the_scale_comes_back);
    RUN(a_command_names_its_product_by_id);
    RUN(an_entry_comes_back_whole);
    RUN(every_encoder_fits_its_schema);
    RUN(topics_and_channels_name_each_other);
    RUN(wrong_json_is_refused_by_field);
    RUN(text_that_is_not_utf8_is_still_told);
    RUN(nothing_known_about_a_product_is_null);
    RUN(an_image_comes_back);
    return DONE();
}
