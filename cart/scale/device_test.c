/* device_test.c - scales that behave, and scales that do not, over pseudo-terminals, pipes and
 * files. */
#include "clock.h"
#include "scale_device.h"
#include "scale_internal.h"
#include "scripted_scale.h"
#include "test.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static const char *at(const char *name) {
    static char paths[8][160];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) abort();
}

static ScaleConfig config;

static Scale *opened(const char *uri, bool raw) {
    Scale *scale = NULL;
    const Status status = scale_open(&scale, &config, uri, raw);
    if (status != OK) printf("# %s: %s\n", uri, fail_reason());
    CHECK(status == OK);
    if (!scale) exit(1);
    return scale;
}

static Scale *opened_serial(const ScriptedScale *device, const char *options) {
    char uri[256];
    snprintf(uri, sizeof uri, "serial:%s?%s", device->device, options);
    return opened(uri, true);
}

/* The next sample is this weight (NAN: none), with these bits. */
static bool weighs(Scale *scale, double grams, int bits) {
    Input input;
    const Status status = scale_next(scale, 1000, &input);
    if (status != OK) {
        printf("# %s\n", fail_reason());
        return false;
    }
    const ScaleSample *sample = &input.scale;
    const double shown = (double)sample->counts[0] / SCALE_COUNTS_PER_G;
    const bool right =
        input.kind == INPUT_SCALE && input.t_ns == sample->t_ns && sample->device == bits &&
        (isnan(grams) ? sample->valid == 0 : sample->valid == 1 && fabs(shown - grams) < 0.051);
    if (!right) printf("# %g g, bits %d\n", shown, sample->device);
    return right;
}

static bool announces(Scale *scale, int cells, double counts_per_g) {
    Input input;
    return scale_next(scale, 0, &input) == OK && input.kind == INPUT_CALIBRATION &&
           input.calibration.cells == cells &&
           input.calibration.cell[0].counts_per_g == counts_per_g;
}

enum { STABLE = SCALE_DEVICE_STABLE, MOTION = SCALE_DEVICE_MOTION };

/* -- continuous -------------------------------------------------------------------------------- */

static void a_continuous_scale_gives_weights_and_a_calibration_that_says_so(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    Scale *scale = opened_serial(&device, "protocol=continuous&baud=4800");
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    CHECK(scale_calibration(scale)->e_g == 5 && scale_calibration(scale)->max_g == 30000);
    const int64_t before_ns = clock_now_ns();
    scripted_scale_say(&device, "34kg\r\nST,GS,+  1.234kg\r\nUS,GS,+  1.5");
    CHECK(weighs(scale, 1234, STABLE)); /* what came before the first end was half a line */
    Input input;
    CHECK(scale_next(scale, 20, &input) == E_TIMEOUT);
    scripted_scale_say(&device, "00kg\r\nOL,GS,+------kg\r\n");
    CHECK(weighs(scale, 1500, MOTION));
    CHECK(weighs(scale, NAN, SCALE_DEVICE_OVERLOAD));
    scripted_scale_say(&device, "ST,GS,+  2.000lb\r\n"); /* somebody pressed the unit's key */
    CHECK(scale_next(scale, 1000, &input) == OK && input.scale.counts[0] == 9072);
    CHECK(input.t_ns > before_ns && input.t_ns <= clock_now_ns());
    CHECK(scale_stats(scale).samples == 4 && scale_stats(scale).garbage == 0);
    scale_close(scale);
    scripted_scale_remove(&device);
}

static void garbage_between_lines_is_counted_and_loses_no_line(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    Scale *scale = opened_serial(&device, "protocol=continuous");
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    char huge[8000];
    memset(huge, '8', sizeof huge);
    scripted_scale_say(&device, "\r\nST,GS,+  1.000kg\r\n\xff\xfe\x80\r\n");
    scripted_scale_say_bytes(&device, "ST,GS,+\0\0 9.000kg\r\n", 20);
    scripted_scale_say(&device, "ST,GS,+  9.000pcs\r\n345kg\r\n");
    CHECK(weighs(scale, 1000, STABLE));
    scripted_scale_say_bytes(&device, huge, 3000);
    Input input;
    CHECK(scale_next(scale, 20, &input) == E_TIMEOUT); /* and reads on, for the cable is short */
    scripted_scale_say(&device, "\r\nST,GS,+  2.000kg\r\n");
    CHECK(weighs(scale, 2000, STABLE));
    CHECK(scale_stats(scale).garbage == 5);
    scale_close(scale);
    scripted_scale_remove(&device);
}

static void silence_and_noise_are_told_apart(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    Scale *scale = opened_serial(&device, "baud=4800");
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    Input input;
    CHECK(scale_next(scale, 10, &input) == E_TIMEOUT);
    CHECK(strstr(fail_reason(), "silent") && strstr(fail_reason(), "4800"));
    scripted_scale_say(&device, "\r\nx9\x81\x82q\r\n~~ what?\r\n");
    CHECK(scale_next(scale, 20, &input) == E_TIMEOUT);
    CHECK(strstr(fail_reason(), "2 lines that are no weight") && strstr(fail_reason(), "~~ what?"));
    CHECK(strstr(fail_reason(), "4800 baud") && !strchr(fail_reason(), '\n'));
    scale_close(scale);
    scripted_scale_remove(&device);
}

static void a_flood_is_thinned_and_its_times_rise(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    Scale *scale = opened_serial(&device, "protocol=continuous");
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    int64_t last_ns = 0;
    scripted_scale_say(&device, "\n");
    for (int round = 0; round < 20; round++) {
        Input input;
        for (int i = 0; i < 100; i++)
            scripted_scale_say(&device, "ST,GS,+  1.000kg\r\n");
        while (scale_next(scale, 5, &input) == OK) {
            CHECK(input.t_ns > last_ns && input.t_ns <= clock_now_ns());
            last_ns = input.t_ns;
        }
    }
    const ScaleStats stats = scale_stats(scale);
    CHECK(stats.samples + stats.thinned == 2000 && stats.garbage == 0);
    CHECK(stats.samples >= 64 && stats.thinned > 1000);
    scale_close(scale);
    scripted_scale_remove(&device);
}

static void an_unplugged_scale_is_an_error_that_names_it_and_comes_back(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    Scale *scale = opened_serial(&device, "protocol=continuous");
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    scripted_scale_say(&device, "\nST,GS,+  1.000kg\r\n");
    CHECK(weighs(scale, 1000, STABLE));
    scripted_scale_unplug(&device);
    Input input;
    CHECK(scale_next(scale, 1000, &input) == E_IO);
    CHECK(strstr(fail_reason(), device.device) && strstr(fail_reason(), "unplugged"));
    scale_close(scale);
    char uri[160];
    snprintf(uri, sizeof uri, "serial:%s", device.device);
    Scale *gone = NULL;
    CHECK(scale_open(&gone, &config, uri, false) == E_NOT_FOUND && !gone);
    scripted_scale_plug(&device);
    scale = opened(uri, false);
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    scripted_scale_say(&device, "\nST,GS,+  3.000kg\r\n");
    CHECK(weighs(scale, 3000, STABLE));
    Scale *second = NULL;
    CHECK(
        scale_open(&second, &config, uri, false) == E_IO &&
        strstr(fail_reason(), "another program"));
    scale_close(scale);
    scripted_scale_remove(&device);
}

/* -- counts ------------------------------------------------------------------------------------ */

static void counts_need_a_calibration_unless_raw_is_asked_for(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    char uri[160];
    snprintf(uri, sizeof uri, "serial:%s?protocol=counts", device.device);
    snprintf(config.calibration, sizeof config.calibration, "%s", at("scale.json"));
    Scale *scale = NULL;
    CHECK(scale_open(&scale, &config, uri, false) == E_NOT_FOUND && !scale);
    CHECK(strstr(fail_reason(), "cartwright scale calibrate"));
    write_text(at("scale.json"), "{\"cells\": 4}");
    CHECK(
        scale_open(&scale, &config, uri, false) == E_CORRUPT &&
        strstr(fail_reason(), "scale.json"));
    scale = opened(uri, true);
    CHECK(scale_calibration(scale) == NULL);
    scripted_scale_say(&device, "\nC 1 2 - 4 T21.5\n");
    Input input;
    CHECK(scale_next(scale, 1000, &input) == OK && input.kind == INPUT_SCALE);
    CHECK(input.scale.valid == 11 && input.scale.counts[3] == 4 && input.scale.device == 0);
    CHECK(input.scale.temperature_c == 21.5f);
    scale_close(scale);
    Calibrate run = {.load_g = 5000};
    CalibrateReport report = {.second_error_g = NAN};
    const ScaleCalibration two = {
        .cells = 2,
        .cell = {{400, 0, 0, 0}, {400, 0, 0, 0}},
        .sample_hz = 80,
        .e_g = 5,
        .max_g = 30000};
    CHECK(scale_save_calibration(at("scale.json"), &two, &report, &run, uri, 1) == OK);
    scale = opened(uri, false);
    CHECK(announces(scale, 2, 400));
    scripted_scale_say(&device, "\nC 1 2 3\nC 1 2\n");
    CHECK(scale_next(scale, 1000, &input) == E_IO && strstr(fail_reason(), "calibrate it again"));
    scale_close(scale);
    unlink(at("scale.json"));
    scripted_scale_remove(&device);
}

static void a_wrong_checksum_is_garbage(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    Scale *scale = opened_serial(&device, "protocol=counts");
    scripted_scale_say(&device, "\nC 1 2*40\nC 1 2*41\nC 1 2\nC 1 2*40\n");
    Input input;
    CHECK(scale_next(scale, 1000, &input) == OK && scale_next(scale, 1000, &input) == OK);
    CHECK(scale_stats(scale).samples == 2 && scale_stats(scale).garbage == 2);
    scale_close(scale);
    scripted_scale_remove(&device);
}

static void an_accelerometer_on_the_same_line_gives_imu_samples(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    Scale *scale = opened_serial(&device, "protocol=counts");
    scripted_scale_say(&device, "\nC 1 2\nA 10 20 9806 0 0 500\nC 1 2\n");
    Input input;
    CHECK(scale_next(scale, 1000, &input) == OK && input.kind == INPUT_SCALE);
    CHECK(scale_next(scale, 1000, &input) == OK && input.kind == INPUT_IMU);
    CHECK(input.imu.t_ns == input.t_ns && fabsf(input.imu.accel_mps2[2] - 9.806f) < 1e-6f);
    CHECK(input.imu.gyro_radps[2] == 0.5f);
    CHECK(scale_next(scale, 1000, &input) == OK && input.kind == INPUT_SCALE);
    CHECK(scale_stats(scale).garbage == 0);
    scale_close(scale);
    scripted_scale_remove(&device);
}

static void a_toledo_scale_is_heard_and_a_wrong_checksum_is_not(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    Scale *scale = opened_serial(&device, "protocol=toledo-checksum&frame=7e1");
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    char frame[] = "\x02-0   1234     0\r?"; /* three places, kg, stable */
    unsigned sum = 0;
    for (int i = 0; i < 17; i++)
        sum += (unsigned char)frame[i];
    frame[17] = (char)(-sum & 0x7f);
    scripted_scale_say_bytes(&device, frame + 9, 9); /* the end of one */
    scripted_scale_say_bytes(&device, frame, 18);
    frame[6] ^= 1;
    scripted_scale_say_bytes(&device, frame, 18);
    frame[6] ^= 1;
    scripted_scale_say_bytes(&device, frame, 18);
    CHECK(weighs(scale, 1234, STABLE) && weighs(scale, 1234, STABLE));
    CHECK(scale_stats(scale).samples == 2 && scale_stats(scale).garbage == 1);
    scale_close(scale);
    scripted_scale_remove(&device);
}

/* -- sics -------------------------------------------------------------------------------------- */

static void answer_sics(ScriptedScale *device, const char *asked) {
    char line[64];
    const double grams = atomic_load(&device->grams);
    snprintf(line, sizeof line, "S S %10.2f g\r\n", grams);
    if (strcmp(asked, "SIR") == 0 || *asked == '\0') scripted_scale_say(device, line);
    if (strcmp(asked, "Z") == 0) scripted_scale_say(device, grams < 100 ? "Z A\r\n" : "Z +\r\n");
    if (strcmp(asked, "T") == 0) scripted_scale_say(device, "T S     100.00 g\r\n");
}

/* An older one: it knows no SIR, and is hard of hearing. */
static void answer_old_sics(ScriptedScale *device, const char *asked) {
    char line[64];
    snprintf(line, sizeof line, "S D %10.2f g\r\n", atomic_load(&device->grams));
    if (strcmp(asked, "SIR") == 0) scripted_scale_say(device, "ES\r\n");
    if (strcmp(asked, "SI") == 0 && atomic_load(&device->asked) % 3)
        scripted_scale_say(device, line);
    if (strcmp(asked, "Z") == 0) scripted_scale_say(device, "ES\r\n");
}

static void a_sics_scale_is_asked_and_told(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    atomic_store(&device.grams, 50.25);
    scripted_scale_begin(&device, answer_sics);
    Scale *scale = opened_serial(&device, "protocol=sics");
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    for (int i = 0; i < 20; i++)
        CHECK(weighs(scale, 50.25, STABLE));
    CHECK(scale_tell(scale, SCALE_ORDER_ZERO, 1000) == OK);
    CHECK(scale_tell(scale, SCALE_ORDER_TARE, 1000) == OK);
    atomic_store(&device.grams, 500);
    CHECK(
        scale_tell(scale, SCALE_ORDER_ZERO, 1000) == E_INVALID && strstr(fail_reason(), "refuses"));
    Input input;
    CHECK(scale_next(scale, 1000, &input) == OK);
    scripted_scale_end(&device);
    scale_close(scale);
    scripted_scale_remove(&device);
}

static void a_sics_scale_that_cannot_stream_is_polled(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    atomic_store(&device.grams, 1000);
    scripted_scale_begin(&device, answer_old_sics);
    Scale *scale = opened_serial(&device, "protocol=sics");
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    for (int i = 0; i < 6; i++)
        CHECK(weighs(scale, 1000, MOTION)); /* what it does not hear is asked again */
    CHECK(
        scale_tell(scale, SCALE_ORDER_ZERO, 500) == E_NOT_FOUND &&
        strstr(fail_reason(), "own key"));
    scripted_scale_end(&device);
    Input input;
    CHECK(scale_next(scale, 300, &input) == E_TIMEOUT && strstr(fail_reason(), "silent"));
    scale_close(scale);
    scripted_scale_remove(&device);
}

/* -- nci --------------------------------------------------------------------------------------- */

static void answer_nci(ScriptedScale *device, const char *asked) {
    char frame[64];
    snprintf(frame, sizeof frame, "\n%7.2fLB\r\n00\r\x03", atomic_load(&device->grams) / 453.59237);
    if (strcmp(asked, "W") == 0) scripted_scale_say(device, frame);
    if (strcmp(asked, "Z") == 0) scripted_scale_say(device, "\n20\r\x03");
}

static void an_nci_scale_is_asked_for_each_weight(void) {
    ScriptedScale device;
    CHECK(scripted_scale_make(&device));
    atomic_store(&device.grams, 1.25 * 453.59237);
    scripted_scale_begin(&device, answer_nci);
    Scale *scale = opened_serial(&device, "protocol=nci&frame=7e1");
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    for (int i = 0; i < 10; i++)
        CHECK(weighs(scale, 1.25 * 453.59237, STABLE));
    CHECK(scale_tell(scale, SCALE_ORDER_ZERO, 1000) == OK);
    CHECK(scale_tell(scale, SCALE_ORDER_TARE, 1000) == E_NOT_FOUND);
    scripted_scale_end(&device);
    scale_close(scale);
    scripted_scale_remove(&device);
}

/* -- hid --------------------------------------------------------------------------------------- */

static void a_hid_scale_gives_reports(void) {
    char uri[192];
    CHECK(mkfifo(at("hidraw0"), 0600) == 0);
    const int far = open(at("hidraw0"), O_RDWR);
    snprintf(uri, sizeof uri, "hid:%s?report=3", at("hidraw0"));
    Scale *scale = opened(uri, false);
    CHECK(announces(scale, 1, SCALE_COUNTS_PER_G));
    static const uint8_t reports[] = {3, 4, 2, 0, 0xe8, 3,  4,    4,    2,    0, 0xe8, 3, 3, 99, 2,
                                      0, 0, 0, 3, 3,    11, 0xff, 0x34, 0x19, 3, 6,    2, 0, 0,  0};
    CHECK(write(far, reports, sizeof reports) == sizeof reports);
    CHECK(weighs(scale, 1000, STABLE));
    CHECK(weighs(scale, 645.2 * 28.349523125, MOTION));
    CHECK(weighs(scale, NAN, SCALE_DEVICE_OVERLOAD));
    CHECK(scale_stats(scale).garbage == 1);
    Input input;
    CHECK(scale_next(scale, 20, &input) == E_TIMEOUT && strstr(fail_reason(), "silent"));
    CHECK(write(far, reports + 12, 6) == 6);
    CHECK(
        scale_next(scale, 20, &input) == E_TIMEOUT &&
        strstr(fail_reason(), "1 reports that are no"));
    CHECK(scale_tell(scale, SCALE_ORDER_ZERO, 10) == E_NOT_FOUND);
    close(far);
    CHECK(scale_next(scale, 1000, &input) == E_IO && strstr(fail_reason(), "unplugged"));
    scale_close(scale);
    unlink(at("hidraw0"));
}

/* -- iio --------------------------------------------------------------------------------------- */

static void make_iio(const char *name) {
    char path[96];
    mkdir(at(name), 0755);
    static const char *const folders[] = {"scan_elements", "buffer", "trigger"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", name, folders[i]);
        mkdir(at(path), 0755);
    }
    static const char *const files[][2] = {
        {"name", "hx711\n"},
        {"in_voltage0_raw", "8388608\n"},
        {"in_voltage1_raw", "8389608\n"},
        {"in_voltage_scale", "0.000001\n"},
        {"in_voltage1_offset", "-500\n"},
        {"scan_elements/in_voltage0_type", "le:u24/32>>0\n"},
        {"scan_elements/in_voltage1_type", "be:s16/16>>0\n"},
        {"scan_elements/in_voltage0_index", "1\n"},
        {"scan_elements/in_voltage1_index", "0\n"},
        {"scan_elements/in_voltage0_en", "0\n"},
        {"scan_elements/in_voltage1_en", "0\n"},
        {"scan_elements/in_timestamp_en", "1\n"},
        {"buffer/enable", "0\n"},
        {"buffer/length", "2\n"},
        {"trigger/current_trigger", "\n"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", name, files[i][0]);
        write_text(at(path), files[i][1]);
    }
}

static bool says(const char *name, const char *text) {
    char got[64] = "";
    FILE *file = fopen(at(name), "r");
    if (file && !fgets(got, sizeof got, file)) got[0] = '\0';
    if (file) fclose(file);
    got[strcspn(got, "\n")] = '\0';
    return strcmp(got, text) == 0;
}

static void iio_counts_are_read_one_after_another(void) {
    char uri[400];
    make_iio("iio:device0");
    make_iio("iio:device1");
    write_text(at("iio:device1/scan_elements/in_voltage1_type"), "le:u24/32>>0\n");
    snprintf(uri, sizeof uri, "iio:%s,%s?channels=1&hz=200", at("iio:device1"), at("iio:device1"));
    Scale *scale = opened(uri, true);
    Input input;
    CHECK(scale_next(scale, 1000, &input) == OK && input.scale.valid == 3);
    CHECK(input.scale.counts[0] == 500 && input.scale.counts[1] == 500); /* 8389608 - 500 - 2^23 */
    write_text(at("iio:device1/in_voltage1_raw"), "8388108\n");
    CHECK(scale_next(scale, 1000, &input) == OK && input.scale.counts[0] == -1000);
    const int64_t start_ns = clock_now_ns();
    for (int i = 0; i < 40; i++)
        CHECK(scale_next(scale, 1000, &input) == OK);
    const int64_t took_ns = clock_now_ns() - start_ns;
    CHECK(took_ns > 150 * NS_PER_MS && took_ns < 600 * NS_PER_MS);
    write_text(at("iio:device1/in_voltage1_raw"), "hello\n");
    CHECK(scale_next(scale, 1000, &input) == E_IO && strstr(fail_reason(), "no cell"));
    write_text(at("iio:device1/in_voltage1_raw"), "1\n");
    CHECK(scale_next(scale, 1000, &input) == OK);
    unlink(at("iio:device1/in_voltage1_raw"));
    CHECK(scale_next(scale, 1000, &input) == E_IO && strstr(fail_reason(), "in_voltage1_raw"));
    scale_close(scale);
}

static void iio_scans_are_read_from_the_buffer(void) {
    char uri[400];
    make_iio("iio:device0");
    CHECK(mkfifo(at("dev"), 0600) == 0);
    const int far = open(at("dev"), O_RDWR);
    snprintf(
        uri, sizeof uri, "iio:%s?channels=0,1&mode=buffer&trigger=timer0&dev=%s", at("iio:device0"),
        at("dev"));
    Scale *scale = opened(uri, true);
    CHECK(
        says("iio:device0/buffer/enable", "1") &&
        says("iio:device0/trigger/current_trigger", "timer0"));
    CHECK(says("iio:device0/scan_elements/in_voltage0_en", "1"));
    CHECK(says("iio:device0/scan_elements/in_timestamp_en", "0"));
    /* voltage1 (index 0, 16 bits), padding to 4, voltage0 (32 bits) */
    static const uint8_t scans[] = {0x03, 0xe8, 0, 0, 0x10, 0x00, 0x80, 0x00,
                                    0xff, 0xfe, 0, 0, 0xf0, 0xff, 0x7f, 0x00};
    CHECK(write(far, scans, 11) == 11); /* one and a half */
    Input input;
    CHECK(scale_next(scale, 1000, &input) == OK && input.scale.valid == 3);
    CHECK(input.scale.counts[0] == 16 && input.scale.counts[1] == 500);
    CHECK(scale_next(scale, 20, &input) == E_TIMEOUT && strstr(fail_reason(), "trigger"));
    CHECK(write(far, scans + 11, 5) == 5);
    CHECK(scale_next(scale, 1000, &input) == OK);
    CHECK(input.scale.counts[0] == -16 && input.scale.counts[1] == -502);
    close(far);
    CHECK(scale_next(scale, 1000, &input) == E_IO);
    scale_close(scale);
    CHECK(says("iio:device0/buffer/enable", "0"));
    unlink(at("dev"));
}

/* -- the rest ---------------------------------------------------------------------------------- */

static void a_pretended_scale_is_paced_and_ends(void) {
    Scale *scale = opened("sim:?seed=3&hz=100&seconds=1", false);
    CHECK(announces(scale, 4, 400));
    const int64_t start_ns = clock_now_ns();
    int samples = 0;
    Input input;
    Status status;
    while ((status = scale_next(scale, 100, &input)) == OK)
        samples++;
    CHECK(status == E_END && samples == 100);
    CHECK(clock_now_ns() - start_ns > 950 * NS_PER_MS);
    CHECK(fabs(scale_stats(scale).hz - 100) < 2);
    scale_close(scale);
}

static void wrong_words_and_missing_devices_are_refused_by_name(void) {
    const struct {
        const char *uri;
        Status status;
        const char *word;
    } table[] = {
        {"usb:1", E_INVALID, "usb:1"},
        {"serial:", E_INVALID, "which device"},
        {"serial:?baud=9600", E_INVALID, "which device"},
        {"serial:/dev/null?baud=fast", E_INVALID, "'fast'"},
        {"serial:/dev/null?frame=9z9", E_INVALID, "'9z9'"},
        {"serial:/dev/null?speed=9600", E_INVALID, "protocol baud frame unit"},
        {"serial:/dev/null?protocol=morse", E_INVALID, "morse"},
        {"serial:/dev/null?unit=stone", E_INVALID, "stone"},
        {"serial:/dev/tty_nowhere", E_NOT_FOUND, "/dev/tty_nowhere"},
        {"serial:/dev/null", E_IO, "not a serial port"},
        {"hid:", E_INVALID, "which device"},
        {"hid:/dev/hidraw_nowhere", E_NOT_FOUND, "hidraw_nowhere"},
        {"hid:/dev/null?report=999", E_INVALID, "999"},
        {"iio:", E_INVALID, "which device"},
        {"iio:/nowhere", E_NOT_FOUND, "/nowhere"},
        {"iio:/nowhere?mode=fast", E_INVALID, "fast"},
        {"iio:/nowhere?channels=a", E_INVALID, "channels"},
        {"sim:7", E_INVALID, "sim:7"},
        {"sim:?hz=1", E_INVALID, "hz"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Scale *scale = NULL;
        const Status status = scale_open(&scale, &config, table[i].uri, true);
        const bool right =
            status == table[i].status && !scale && strstr(fail_reason(), table[i].word);
        if (!right) printf("# %s: %d %s\n", table[i].uri, status, fail_reason());
        CHECK(right);
    }
}

int main(void) {
    snprintf(root, sizeof root, "/tmp/cartwright-scale-XXXXXX");
    if (!mkdtemp(root)) return 1;
    const SettingSection section = {"scale", "", scale_settings, &config};
    settings_defaults(&section, 1);
    RUN(a_continuous_scale_gives_weights_and_a_calibration_that_says_so);
    RUN(garbage_between_lines_is_counted_and_loses_no_line);
    RUN(silence_and_noise_are_told_apart);
    RUN(a_flood_is_thinned_and_its_times_rise);
    RUN(an_unplugged_scale_is_an_error_that_names_it_and_comes_back);
    RUN(counts_need_a_calibration_unless_raw_is_asked_for);
    RUN(a_wrong_checksum_is_garbage);
    RUN(an_accelerometer_on_the_same_line_gives_imu_samples);
    RUN(a_toledo_scale_is_heard_and_a_wrong_checksum_is_not);
    RUN(a_sics_scale_is_asked_and_told);
    RUN(a_sics_scale_that_cannot_stream_is_polled);
    RUN(an_nci_scale_is_asked_for_each_weight);
    RUN(a_hid_scale_gives_reports);
    RUN(iio_counts_are_read_one_after_another);
    RUN(iio_scans_are_read_from_the_buffer);
    RUN(a_pretended_scale_is_paced_and_ends);
    RUN(wrong_words_and_missing_devices_are_refused_by_name);
    char words[96];
    snprintf(words, sizeof words, "rm -rf '%s'", root);
    return DONE() + (system(words) != 0);
}
