#include "capture_internal.h"
#include "channels.h"
#include "clock.h"
#include "message.h"
#include "tape.h"
#include "test.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const CaptureConfig config = {.frames = 4, .start_s = 5};

static CaptureRequest asked(const char *uri, bool realtime) {
    return (CaptureRequest){
        .uri = uri, .camera_count = 1, .cameras = {{"left", 3}}, .realtime = realtime};
}

static Capture *opened(const char *uri, bool realtime) {
    CaptureRequest request = asked(uri, realtime);
    Capture *capture = NULL;
    Status status = capture_open(&capture, &config, &request);
    if (status != OK) printf("# %s\n", fail_reason());
    CHECK(status == OK);
    return capture;
}

static bool refused(const char *uri, Status code, const char *word) {
    CaptureRequest request = asked(uri, false);
    Capture *capture = NULL;
    Status status = capture_open(&capture, &config, &request);
    capture_close(capture);
    if (status != code) printf("# %d: %s\n", status, fail_reason());
    return status == code && !capture && strstr(fail_reason(), word) &&
           !strchr(fail_reason(), '\n');
}

/* Take frames until the end; returns how many. */
static int drain(Capture *capture) {
    Input input;
    Status status;
    int count = 0;
    while ((status = capture_next(capture, 5000, &input)) == OK) {
        CHECK(input.kind == INPUT_FRAME && input.frame->camera == 3);
        CHECK(input.frame->sequence == count && input.t_ns == input.frame->t_ns);
        capture_release(input.frame);
        count++;
    }
    CHECK(status == E_END);
    return count;
}

static void a_uri_of_no_known_kind_is_refused(void) {
    CHECK(refused("webcam:0", E_INVALID, "webcam:0"));
    CHECK(refused("", E_INVALID, "gst:"));
    CHECK(refused("fake:320", E_INVALID, "fake:320"));
    CHECK(refused("fake:0x0", E_INVALID, "fake:0x0"));
    CHECK(refused("fake:320x240@30/5 ", E_INVALID, "FRAMES"));
    CHECK(refused("tape:/nowhere.mcap", E_NOT_FOUND, "/nowhere.mcap"));
}

/* -- fake and pool ----------------------------------------------------------------------------- */

static void the_fake_gives_every_frame_when_time_does_not_press(void) {
    Capture *capture = opened("fake:64x48@30/100", false);
    CHECK(drain(capture) == 100);
    CHECK(capture_stats(capture).delivered == 100 && capture_stats(capture).dropped == 0);
    capture_close(capture);
}

static void the_fake_drops_what_nobody_came_for_in_real_time(void) {
    Capture *capture = opened("fake:64x48@1000/100", true);
    Input input;
    CHECK(capture_next(capture, 1000, &input) == OK);
    capture_release(input.frame);
    clock_sleep_until_ns(clock_now_ns() + 150 * NS_PER_MS);
    CHECK(capture_next(capture, 1000, &input) == E_END);
    CHECK(capture_stats(capture).delivered == 1 && capture_stats(capture).dropped == 99);
    capture_close(capture);
}

static void lent_out_frames_make_the_source_wait(void) {
    Capture *capture = opened("fake:64x48/100", false);
    Input inputs[5];
    for (int i = 0; i < 4; i++)
        CHECK(capture_next(capture, 100, &inputs[i]) == OK);
    CHECK(capture_next(capture, 10, &inputs[4]) == E_TIMEOUT);
    capture_release(inputs[2].frame);
    CHECK(capture_next(capture, 10, &inputs[4]) == OK);
    CHECK(inputs[4].frame->sequence == 4); /* nothing was lost */
    for (int i = 0; i < 5; i++)
        if (i != 2) capture_release(inputs[i].frame);
    capture_close(capture);
}

static void *use_and_release(void *frame) {
    static int grey;
    grey = ((Frame *)frame)->rgb[0];
    capture_release(frame);
    return &grey;
}

static void a_frame_may_come_back_after_the_close_from_another_thread(void) {
    Capture *capture = opened("fake:64x48", false);
    Input input;
    pthread_t thread;
    void *grey = NULL;
    CHECK(capture_next(capture, 100, &input) == OK);
    capture_close(capture);
    CHECK(pthread_create(&thread, NULL, use_and_release, input.frame) == 0);
    pthread_join(thread, &grey);
    CHECK(*(int *)grey == 160);
}

static void two_fake_cameras_take_turns(void) {
    CaptureRequest request = asked("fake:64x48/3", false);
    request.camera_count = 2;
    request.cameras[1].name = "right";
    request.cameras[1].index = 5;
    Capture *capture = NULL;
    CHECK(capture_open(&capture, &config, &request) == OK);
    Input input;
    for (int i = 0; i < 6; i++) {
        CHECK(capture_next(capture, 100, &input) == OK);
        CHECK(input.frame->camera == (i % 2 ? 5 : 3) && input.frame->sequence == i / 2);
        capture_release(input.frame);
    }
    CHECK(capture_next(capture, 100, &input) == E_END);
    capture_close(capture);
}

/* -- pictures ---------------------------------------------------------------------------------- */

static char *temporary(void) {
    static char path[64];
    snprintf(path, sizeof path, "/tmp/capture_test_XXXXXX");
    close(mkstemp(path));
    return path;
}

static void write_bytes(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size);
    if (file) fclose(file);
}

static void one_picture(uint8_t **jpeg, size_t *size) {
    Capture *capture = opened("fake:64x48", false);
    Input input;
    for (int i = 0; i < 60; i++) {
        CHECK(capture_next(capture, 100, &input) == OK);
        if (i == 40) CHECK(capture_encode_jpeg(input.frame, 90, jpeg, size) == OK);
        capture_release(input.frame);
    }
    capture_close(capture);
}

static void a_jpeg_comes_back_as_it_went(void) {
    uint8_t *jpeg = NULL;
    size_t size = 0;
    one_picture(&jpeg, &size);
    char *path = temporary();
    write_bytes(path, jpeg, size);
    Frame *frame = NULL;
    CHECK(capture_load_picture(path, CAPTURE_SIDE_MAX_PX, &frame) == OK);
    if (frame) {
        const uint8_t *corner = frame->rgb, *middle = frame->rgb + 20 * frame->stride + 3 * 32;
        CHECK(frame->width == 64 && frame->height == 48);
        CHECK(abs(corner[0] - 160) < 6 && abs(corner[2] - 160) < 6);
        CHECK(middle[0] > 180 && middle[1] < 60);
    }
    capture_release(frame);
    unlink(path);
    free(jpeg);
}

static void a_cut_off_jpeg_is_corrupt(void) {
    uint8_t *jpeg = NULL;
    size_t size = 0;
    one_picture(&jpeg, &size);
    char *path = temporary();
    for (size_t cut = 0; cut < size - 2; cut += 7) {
        write_bytes(path, jpeg, cut);
        Frame *frame = NULL;
        CHECK(capture_load_picture(path, CAPTURE_SIDE_MAX_PX, &frame) == E_CORRUPT && !frame);
        CHECK(strstr(fail_reason(), path) != NULL);
    }
    unlink(path);
    free(jpeg);
}

/* A large picture is decoded small, and shows the same. */
static void a_large_jpeg_is_decoded_at_the_scale_that_is_needed(void) {
    Frame *large = NULL, *frame = NULL;
    CHECK(frame_alone(803, 602, &large) == OK);
    uint8_t *rgb = frame_rgb(large);
    for (int y = 0; y < 602; y++)
        for (int x = 0; x < 803; x++, rgb += 3) {
            rgb[0] = (uint8_t)(x * 255 / 802);
            rgb[1] = (uint8_t)(y * 255 / 601);
            rgb[2] = 90;
        }
    uint8_t *jpeg = NULL;
    size_t size = 0;
    CHECK(capture_encode_jpeg(large, 95, &jpeg, &size) == OK);
    char *path = temporary();
    write_bytes(path, jpeg, size);
    const struct {
        int side_px, width, height;
    } wanted[] = {
        {CAPTURE_SIDE_MAX_PX, 803, 602},
        {804, 803, 602},
        {402, 803, 602},
        {401, 402, 301},
        {200, 201, 151},
        {100, 101, 76},
        {1, 101, 76}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        CHECK(capture_load_picture(path, wanted[i].side_px, &frame) == OK);
        const int width = frame->width, height = frame->height;
        CHECK(width == wanted[i].width && height == wanted[i].height);
        for (int y = 0; y < height; y += 7)
            for (int x = 0; x < width; x += 7) {
                const uint8_t *pixel = frame->rgb + (ptrdiff_t)y * frame->stride + 3 * x;
                CHECK(abs(pixel[0] - (2 * x + 1) * 255 / (2 * width)) <= 4);
                CHECK(abs(pixel[1] - (2 * y + 1) * 255 / (2 * height)) <= 4);
                CHECK(abs(pixel[2] - 90) <= 4);
            }
        capture_release(frame);
    }
    free(jpeg);
    capture_release(large);
    unlink(path);
}

static void a_jpeg_that_claims_to_be_huge_is_refused(void) {
    uint8_t *jpeg = NULL;
    size_t size = 0;
    one_picture(&jpeg, &size);
    for (size_t i = 0; i + 8 < size; i++) /* start of frame: height and width follow */
        if (jpeg[i] == 0xff && jpeg[i + 1] == 0xc0) jpeg[i + 5] = jpeg[i + 7] = 0xff;
    char *path = temporary();
    write_bytes(path, jpeg, size);
    Frame *frame = NULL;
    CHECK(
        capture_load_picture(path, CAPTURE_SIDE_MAX_PX, &frame) == E_CORRUPT &&
        strstr(fail_reason(), "4096 at most"));
    unlink(path);
    free(jpeg);
}

static void a_file_that_is_no_picture_is_refused(void) {
    char *path = temporary();
    Frame *frame = NULL;
    write_bytes(path, "", 0);
    CHECK(capture_load_picture(path, CAPTURE_SIDE_MAX_PX, &frame) == E_CORRUPT);
    write_bytes(path, "hello", 5);
    CHECK(capture_load_picture(path, CAPTURE_SIDE_MAX_PX, &frame) == E_CORRUPT);
    write_bytes(path, "\x89PNG\r\n\x1a\n and no more", 20);
    CHECK(
        capture_load_picture(path, CAPTURE_SIDE_MAX_PX, &frame) != OK &&
        strstr(fail_reason(), path));
    unlink(path);
    CHECK(capture_load_picture(path, CAPTURE_SIDE_MAX_PX, &frame) == E_NOT_FOUND && !frame);
}

/* -- tape -------------------------------------------------------------------------------------- */

static void write_json(TapeWriter *writer, uint16_t channel, int64_t t_ns, json_t *message) {
    char *text = message_text(message);
    CHECK(tape_write(writer, channel, t_ns, text, strlen(text)) == OK);
    free(text);
    json_decref(message);
}

/* Ten pictures 10 ms apart, the fifth damaged, of the left and the right camera; a calibration, a
 * scale sample, an IMU sample, a scan, two commands, one of them about a product nobody sells; and
 * something of the cart's own. */
static const char *taped(void) {
    char *path = temporary();
    uint8_t *jpeg = NULL, *image = NULL;
    size_t size = 0, image_size = 0;
    one_picture(&jpeg, &size);
    TapeWriter *writer = NULL;
    TapeOptions options = {.compression = TAPE_ZSTD};
    CHECK(tape_create(&writer, path, &options) == OK);
    uint16_t left, right, raw, calibrated, imu, scan, command, fault;
    CHECK(channel_add(writer, CHANNEL_CAMERA, "left", &left) == OK);
    CHECK(channel_add(writer, CHANNEL_CAMERA, "right", &right) == OK);
    CHECK(channel_add(writer, CHANNEL_SCALE_RAW, NULL, &raw) == OK);
    CHECK(channel_add(writer, CHANNEL_SCALE_CALIBRATION, NULL, &calibrated) == OK);
    CHECK(channel_add(writer, CHANNEL_IMU, NULL, &imu) == OK);
    CHECK(channel_add(writer, CHANNEL_SCAN, NULL, &scan) == OK);
    CHECK(channel_add(writer, CHANNEL_COMMAND, NULL, &command) == OK);
    CHECK(channel_add(writer, CHANNEL_FAULT, NULL, &fault) == OK);

    int64_t t = INT64_C(1700000000000000000);
    ScaleCalibration calibration = {.cells = 1, .sample_hz = 80, .e_g = 5, .max_g = 15000};
    calibration.cell[0].counts_per_g = 20;
    write_json(writer, calibrated, t, message_from_scale_calibration(&calibration));
    for (int i = 0; i < 10; i++) {
        size_t kept = i == 5 ? size - 20 : size;
        int64_t at = t + i * 10 * NS_PER_MS;
        CHECK(message_pack_image(at, "left", "jpeg", jpeg, kept, &image, &image_size) == OK);
        CHECK(tape_write(writer, left, at, image, image_size) == OK);
        CHECK(tape_write(writer, right, at, image, image_size) == OK);
        free(image);
    }
    t += 200 * NS_PER_MS;
    ScaleSample sample = {.t_ns = t, .counts = {1, 2, 3, 4}, .valid = 15, .temperature_c = NAN};
    write_json(writer, raw, t, message_from_scale_sample(&sample));
    ImuSample motion = {.t_ns = t, .accel_mps2 = {0, 0, 9.81f}};
    write_json(writer, imu, t + 1, message_from_imu_sample(&motion));
    Scan code = {.t_ns = t, .code = "4006381333931", .camera = -1};
    write_json(writer, scan, t + 2, message_from_scan(&code));
    Product products[2] = {{.id = "tea"}, {.id = "ghost"}};
    Catalog catalog = {.products = products, .count = 2};
    Command answer = {.t_ns = t, .kind = COMMAND_ANSWER, .prompt = 1, .sku = 0, .quantity = 1};
    write_json(writer, command, t + 3, message_from_command(&answer, &catalog));
    answer.sku = 1;
    write_json(writer, command, t + 4, message_from_command(&answer, &catalog));
    CHECK(tape_write(writer, raw, t + 5, "{", 1) == OK);
    Fault trouble = {.t_ns = t, .what = "disk", .why = "full"};
    write_json(writer, fault, t + 6, message_from_fault(&trouble));
    CHECK(tape_finish(writer) == OK);
    free(jpeg);
    return path;
}

static void a_tape_gives_what_was_asked_for_in_order(void) {
    const char *path = taped();
    char uri[128];
    snprintf(uri, sizeof uri, "tape:%s", path);
    Product products[1] = {{.id = "tea"}};
    Catalog catalog = {.products = products, .count = 1};
    CaptureRequest request = asked(uri, false);
    request.catalog = &catalog;
    Capture *capture = NULL;
    CHECK(capture_open(&capture, &config, &request) == OK);
    enum { FRAMES = 9, GIVEN = FRAMES + 5 };
    InputKind kinds[GIVEN] = {INPUT_CALIBRATION};
    for (int i = 1; i <= FRAMES; i++)
        kinds[i] = INPUT_FRAME;
    kinds[FRAMES + 1] = INPUT_SCALE;
    kinds[FRAMES + 2] = INPUT_IMU;
    kinds[FRAMES + 3] = INPUT_SCAN;
    kinds[FRAMES + 4] = INPUT_COMMAND;
    size_t given = 0, damaged = 0, frames = 0;
    int64_t last_ns = 0;
    for (;;) {
        Input input;
        Status status = capture_next(capture, 1000, &input);
        damaged += status == E_CORRUPT;
        if (status == E_END) break;
        if (status != OK) {
            if (status != E_CORRUPT) printf("# %s\n", fail_reason());
            CHECK(status == E_CORRUPT);
            continue;
        }
        CHECK(given < GIVEN && input.kind == kinds[given]);
        CHECK(input.t_ns >= last_ns);
        last_ns = input.t_ns;
        given++;
        if (input.kind == INPUT_FRAME) {
            frames++;
            CHECK(input.frame->camera == 3 && input.frame->width == 64 && input.frame->jpeg);
            CHECK(input.frame->sequence == (input.t_ns / NS_PER_MS) % 100 / 10);
            capture_release(input.frame);
        }
        if (input.kind == INPUT_SCALE) CHECK(input.scale.counts[2] == 3);
        if (input.kind == INPUT_SCAN) CHECK(strcmp(input.scan.code, "4006381333931") == 0);
        if (input.kind == INPUT_COMMAND) CHECK(input.command.sku == 0);
    }
    CHECK(given == GIVEN && frames == FRAMES);
    CHECK(damaged == 3); /* a picture, half a message, a command about a product nobody sells */
    CHECK(capture_stats(capture).corrupt == 3 && capture_stats(capture).delivered == GIVEN);
    capture_close(capture);
    unlink(path);
}

static void a_camera_that_is_not_on_the_tape_is_refused_by_name(void) {
    const char *path = taped();
    char uri[128];
    snprintf(uri, sizeof uri, "tape:%s", path);
    CaptureRequest request = asked(uri, false);
    request.cameras[0].name = "top";
    Capture *capture = NULL;
    CHECK(capture_open(&capture, &config, &request) == E_NOT_FOUND);
    CHECK(strstr(fail_reason(), "'top'") != NULL && !capture);
    unlink(path);
}

static void a_tape_in_real_time_keeps_its_pace_and_its_times(void) {
    const char *path = taped();
    char uri[128];
    snprintf(uri, sizeof uri, "tape:%s", path);
    Capture *capture = opened(uri, true);
    int64_t start_ns = clock_now_ns(), timeouts = 0;
    for (;;) {
        Input input;
        Status status = capture_next(capture, 3, &input);
        if (status == E_END) break;
        timeouts += status == E_TIMEOUT;
        if (status == OK) {
            CHECK(input.t_ns < INT64_C(1700000001000000000));
            int64_t age_ns = input.t_ns - INT64_C(1700000000000000000);
            CHECK(clock_now_ns() - start_ns >= age_ns - 5 * NS_PER_MS);
            if (input.kind == INPUT_FRAME) capture_release(input.frame);
        }
    }
    CHECK(clock_now_ns() - start_ns >= 195 * NS_PER_MS && timeouts > 10);
    capture_close(capture);
    unlink(path);
}

static void lent_out_frames_lose_pictures_of_a_tape_only_in_real_time(void) {
    const char *path = taped();
    char uri[128];
    snprintf(uri, sizeof uri, "tape:%s", path);
    Capture *capture = opened(uri, true);
    Frame *held[16];
    int count = 0;
    for (;;) {
        Input input;
        Status status = capture_next(capture, 1000, &input);
        if (status == E_END) break;
        if (status == OK && input.kind == INPUT_FRAME) held[count++] = input.frame;
    }
    CHECK(count == 4 && capture_stats(capture).dropped == 6);
    while (count > 0)
        capture_release(held[--count]);
    capture_close(capture);

    capture = opened(uri, false);
    for (;;) {
        Input input;
        Status status = capture_next(capture, 1, &input);
        if (status == E_END) break;
        if (status == E_TIMEOUT) {
            CHECK(count == 4);
            while (count > 0)
                capture_release(held[--count]);
        }
        if (status == OK && input.kind == INPUT_FRAME) held[count++] = input.frame;
    }
    CHECK(capture_stats(capture).dropped == 0);
    while (count > 0)
        capture_release(held[--count]);
    capture_close(capture);
    unlink(path);
}

/* -- gst --------------------------------------------------------------------------------------- */

static const char bars[] = "gst:videotestsrc num-buffers=40 ! "
                           "video/x-raw,width=66,height=50,framerate=200/1";

static void a_pipeline_gives_every_picture_when_time_does_not_press(void) {
    Capture *capture = opened(bars, false);
    Input input;
    CHECK(capture_next(capture, 5000, &input) == OK);
    CHECK(input.frame->width == 66 && input.frame->height == 50 && !input.frame->jpeg);
    const uint8_t *corner = input.frame->rgb; /* the first bar is white, the last blue */
    CHECK(corner[0] > 180 && corner[1] > 180 && corner[2] > 180);
    CHECK(corner[3 * 65] < 40 && corner[3 * 65 + 2] > 180);
    CHECK(input.t_ns == NS_PER_SECOND); /* the film's time: the same in every replay */
    capture_release(input.frame);
    clock_sleep_until_ns(clock_now_ns() + 100 * NS_PER_MS);
    int count = 1;
    while (capture_next(capture, 5000, &input) == OK) {
        CHECK(input.frame->sequence == count++);
        capture_release(input.frame);
    }
    CHECK(count == 40 && capture_stats(capture).dropped == 0);
    CHECK(capture_next(capture, 10, &input) == E_END);
    capture_close(capture);
}

static void a_live_camera_drops_what_nobody_takes_and_counts_it(void) {
    Capture *capture = opened(
        "gst:videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=100/1", true);
    Input input;
    int64_t last = -1, gaps = 0;
    for (int i = 0; i < 10; i++) {
        CHECK(capture_next(capture, 5000, &input) == OK);
        int64_t age_ns = clock_now_ns() - input.t_ns;
        CHECK(age_ns >= 0 && age_ns < NS_PER_SECOND);
        gaps += input.frame->sequence - last - 1;
        last = input.frame->sequence;
        capture_release(input.frame);
        clock_sleep_until_ns(clock_now_ns() + 50 * NS_PER_MS);
    }
    CHECK(gaps > 10 && capture_stats(capture).dropped == gaps);
    capture_close(capture);
}

static void a_silent_camera_is_a_timeout(void) {
    Capture *capture = opened(
        "gst:videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=1/1", true);
    Input input;
    int timeouts = 0;
    for (int i = 0; i < 20 && timeouts == 0; i++) {
        Status status = capture_next(capture, 20, &input);
        timeouts += status == E_TIMEOUT;
        if (status == OK) capture_release(input.frame);
    }
    CHECK(timeouts == 1);
    capture_close(capture);
}

static void a_camera_that_cannot_start_is_one_clear_line(void) {
    CHECK(refused("gst:no_such_element ! fakesink", E_INVALID, "no_such_element"));
    CHECK(refused("gst:", E_INVALID, "camera left"));
    CHECK(refused("gst:v4l2src device=/dev/video_nowhere", E_IO, "/dev/video_nowhere"));
    CHECK(refused("gst:filesrc location=/nowhere.mp4 ! decodebin", E_IO, "left"));
}

static void a_camera_that_breaks_says_so_and_stays_broken(void) {
    Capture *capture =
        opened("gst:videotestsrc ! video/x-raw,width=64,height=48 ! identity error-after=5", false);
    Input input;
    Status status;
    int count = 0;
    while ((status = capture_next(capture, 5000, &input)) == OK) {
        capture_release(input.frame);
        count++;
    }
    CHECK(status == E_IO && count < 6 && strstr(fail_reason(), "left") != NULL);
    CHECK(!strchr(fail_reason(), '\n'));
    CHECK(capture_next(capture, 10, &input) == E_IO);
    capture_close(capture);
}

int main(void) {
    RUN(a_uri_of_no_known_kind_is_refused);
    RUN(the_fake_gives_every_frame_when_time_does_not_press);
    RUN(the_fake_drops_what_nobody_came_for_in_real_time);
    RUN(lent_out_frames_make_the_source_wait);
    RUN(a_frame_may_come_back_after_the_close_from_another_thread);
    RUN(two_fake_cameras_take_turns);
    RUN(a_jpeg_comes_back_as_it_went);
    RUN(a_cut_off_jpeg_is_corrupt);
    RUN(a_large_jpeg_is_decoded_at_the_scale_that_is_needed);
    RUN(a_jpeg_that_claims_to_be_huge_is_refused);
    RUN(a_file_that_is_no_picture_is_refused);
    RUN(a_tape_gives_what_was_asked_for_in_order);
    RUN(a_camera_that_is_not_on_the_tape_is_refused_by_name);
    RUN(a_tape_in_real_time_keeps_its_pace_and_its_times);
    RUN(lent_out_frames_lose_pictures_of_a_tape_only_in_real_time);
    const char *have = getenv("HAVE_GST");
    if (!have || strcmp(have, "0") != 0) {
        RUN(a_pipeline_gives_every_picture_when_time_does_not_press);
        RUN(a_live_camera_drops_what_nobody_takes_and_counts_it);
        RUN(a_silent_camera_is_a_timeout);
        RUN(a_camera_that_cannot_start_is_one_clear_line);
        RUN(a_camera_that_breaks_says_so_and_stays_broken);
    }
    return DONE();
}
