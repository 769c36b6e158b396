/* The first byte chooses a decoder, the rest is its message. What is accepted must survive the way
 * out and in again. */
#include "message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Product products[] = {
    {.id = "apples", .gtin = "00000000"}, {.id = "tea", .unit = UNIT_WEIGHT}};
static const Catalog catalog = {.products = products, .count = 2, .currency = "EUR"};

/* Encode, decode again with `read` into out, whatever it is. */
#define AGAIN(made, read)                                                                          \
    do {                                                                                           \
        json_t *json = (made);                                                                     \
        char *text = message_text(json);                                                           \
        const uint8_t *bytes = (const uint8_t *)text;                                              \
        size_t length = text ? strlen(text) : 0;                                                   \
        if (!text || (read) != OK) abort();                                                        \
        free(text);                                                                                \
        json_decref(json);                                                                         \
    } while (0)

static void image(const uint8_t *data, size_t size) {
    PackedImage out, back;
    if (message_unpack_image(data, size, &out) != OK) return;
    uint8_t *bytes;
    size_t length;
    Status status = message_pack_image(
        out.t_ns, out.frame_id, out.format, out.data, out.data_size, &bytes, &length);
    if (status != OK || message_unpack_image(bytes, length, &back) != OK) abort();
    if (back.t_ns != out.t_ns || back.data_size != out.data_size) abort();
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    uint8_t which = *data++ % 8;
    size--;
    union {
        ScaleSample sample;
        ScaleCalibration calibration;
        ImuSample imu;
        Scan scan;
        Command command;
        TruthEvent truth;
        Entry entry;
    } out;
    if (which == 0 && message_to_scale_sample(data, size, &out.sample) == OK) {
        AGAIN(
            message_from_scale_sample(&out.sample),
            message_to_scale_sample(bytes, length, &out.sample));
    }
    if (which == 1 && message_to_scale_calibration(data, size, &out.calibration) == OK) {
        AGAIN(
            message_from_scale_calibration(&out.calibration),
            message_to_scale_calibration(bytes, length, &out.calibration));
    }
    if (which == 2 && message_to_imu_sample(data, size, &out.imu) == OK) {
        AGAIN(message_from_imu_sample(&out.imu), message_to_imu_sample(bytes, length, &out.imu));
    }
    if (which == 3 && message_to_scan(data, size, &out.scan) == OK) {
        AGAIN(message_from_scan(&out.scan), message_to_scan(bytes, length, &out.scan));
    }
    if (which == 4 && message_to_command(data, size, &catalog, &out.command) == OK) {
        AGAIN(
            message_from_command(&out.command, &catalog),
            message_to_command(bytes, length, &catalog, &out.command));
    }
    if (which == 5 && message_to_truth_event(data, size, &out.truth) == OK) {
        AGAIN(
            message_from_truth_event(&out.truth),
            message_to_truth_event(bytes, length, &out.truth));
    }
    if (which == 6 && message_to_entry(data, size, &catalog, &out.entry) == OK) {
        AGAIN(
            message_from_entry(&out.entry, &catalog),
            message_to_entry(bytes, length, &catalog, &out.entry));
    }
    if (which == 7) image(data, size);
    return 0;
}
