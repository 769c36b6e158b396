#include "channels.h"
#include "message.h"
#include "tape_command.h"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], path[96], part[96], said_path[96], said[65536];
static const int64_t T0 = 1700000000000000000;

/* Run the words; what went to stdout and stderr is in said. */
static int run(const char *words) {
    char line[1024], *argv[16], *rest = line;
    int argc = 0;
    snprintf(line, sizeof line, "%s", words);
    for (char *word; (word = strsep(&rest, " "));)
        argv[argc++] = word;
    fflush(stdout);
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    int to = open(said_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(to, STDOUT_FILENO);
    dup2(to, STDERR_FILENO);
    int code = tape_command(argc, argv);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    ssize_t size = pread(to, said, sizeof said - 1, 0);
    said[size > 0 ? size : 0] = '\0';
    close(to);
    return code;
}

static int run_on(const char *words, const char *tape) {
    char line[512];
    snprintf(line, sizeof line, words, tape, part);
    return run(line);
}

static int lines_said(void) {
    int lines = 0;
    for (const char *at = said; *at; at++)
        lines += *at == '\n';
    return lines;
}

static Status write_json(TapeWriter *writer, uint16_t id, int64_t t_ns, json_t *message) {
    char *text = message_text(message);
    json_decref(message);
    Status status = tape_write(writer, id, t_ns, text, strlen(text));
    free(text);
    return status;
}

/* Ten seconds: a calibration, ten samples a second, a picture every second. */
static void make_tape(const char *bad_message) {
    TapeWriter *writer = NULL;
    uint16_t raw, calibration, camera;
    const char *const key = "seed", *const value = "7";
    CHECK(tape_create(&writer, path, NULL) == OK);
    CHECK(channel_add(writer, CHANNEL_SCALE_RAW, NULL, &raw) == OK);
    CHECK(channel_add(writer, CHANNEL_SCALE_CALIBRATION, NULL, &calibration) == OK);
    CHECK(channel_add(writer, CHANNEL_CAMERA, "left", &camera) == OK);
    CHECK(tape_note(writer, "run", &key, &value, 1) == OK);
    ScaleCalibration scale = {.cells = 1, .cell = {{400, 0, 0, 0}}, .sample_hz = 10};
    scale.e_g = scale.max_g = 1;
    CHECK(write_json(writer, calibration, T0, message_from_scale_calibration(&scale)) == OK);
    for (int i = 0; i <= 100; i++) {
        ScaleSample sample = {.t_ns = T0 + i * INT64_C(100000000), .valid = 1};
        CHECK(write_json(writer, raw, sample.t_ns, message_from_scale_sample(&sample)) == OK);
        static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xd9};
        uint8_t *image = NULL;
        size_t size;
        if (i % 10 != 0) continue;
        CHECK(message_pack_image(sample.t_ns, "left", "jpeg", jpeg, 4, &image, &size) == OK);
        CHECK(tape_write(writer, camera, sample.t_ns, image, size) == OK);
        free(image);
    }
    if (bad_message) {
        CHECK(tape_write(writer, raw, T0 + 1, bad_message, strlen(bad_message)) == OK);
    }
    CHECK(tape_finish(writer) == OK);
}

static void info_shows_channels_rates_and_notes(void) {
    make_tape(NULL);
    CHECK(run_on("info %s", path) == 0);
    CHECK(strstr(said, "113 messages in 10.000 s") && strstr(said, "run.seed = 7"));
    CHECK(strstr(said, "/scale/raw") && strstr(said, "10.00  cartwright.ScaleSample"));
    CHECK(run_on("info %s --json", path) == 0);
    json_t *info = json_loads(said, 0, NULL);
    CHECK(json_integer_value(json_object_get(info, "messages")) == 113);
    CHECK(json_real_value(json_object_get(info, "duration_s")) == 10);
    const json_t *channels = json_object_get(info, "channels");
    CHECK(json_array_size(channels) == 3 && json_is_true(json_object_get(info, "closed")));
    const json_t *raw = json_array_get(channels, 0);
    CHECK(json_integer_value(json_object_get(raw, "messages")) == 101);
    CHECK(json_real_value(json_object_get(raw, "hz")) == 10);
    json_decref(info);
}

static void check_finds_a_good_tape_good(void) {
    make_tape(NULL);
    CHECK(run_on("check %s", path) == 0 && strstr(said, "good, 113 messages"));
    CHECK(run_on("check --json %s", path) == 0 && strstr(said, "\"good\":true"));
}

static void check_names_a_message_that_is_not_its_schema(void) {
    make_tape("{\"t_ns\": 1, \"counts\": [1, 2, 3, 4, 5], \"valid\": 15}");
    CHECK(run_on("check %s", path) == 1);
    CHECK(strstr(said, "/scale/raw: counts has the wrong length") && strstr(said, "1 problems"));
    make_tape("{\"t_ns\": 1, \"counts\": [1, 2, \"x\"], \"valid\": 15}");
    CHECK(run_on("check %s --json", path) == 1 && strstr(said, "counts/2 has the wrong type"));
    make_tape("{\"t_ns\": 1, \"counts\": [1]}");
    CHECK(run_on("check %s", path) == 1 && strstr(said, "valid is missing"));
    make_tape("[");
    CHECK(run_on("check %s", path) == 1 && strstr(said, "not JSON"));
}

static void check_tells_of_a_tape_that_was_cut_off_and_repair_closes_it(void) {
    make_tape(NULL);
    CHECK(truncate(path, 3000) == 0);
    CHECK(run_on("check %s", path) == 1 && strstr(said, "cut off"));
    CHECK(run_on("info %s", path) == 0 && strstr(said, "not closed"));
    CHECK(run_on("repair %s -o %s", path) == 0 && strstr(said, "bytes were lost"));
    CHECK(run_on("check %s", part) == 0);
    CHECK(run_on("repair %s --json", path) == 0 && strstr(said, "\"lost_bytes\":"));
    CHECK(run_on("check %s", path) == 0);
}

static void cat_prints_one_object_a_line(void) {
    make_tape(NULL);
    CHECK(run_on("cat %s", path) == 0 && lines_said() == 113);
    CHECK(run_on("cat %s --topic /camera/*", path) == 0 && lines_said() == 11);
    CHECK(strstr(said, "\"frame_id\":\"left\",\"format\":\"jpeg\",\"bytes\":4}"));
    CHECK(run_on("cat %s -t /imu,/scale/raw --from 1 --to 2", path) == 0 && lines_said() == 10);
    json_t *line = json_loads(said, JSON_DISABLE_EOF_CHECK, NULL);
    CHECK(json_integer_value(json_object_get(line, "t_ns")) == T0 + 1000000000);
    CHECK(json_is_object(json_object_get(line, "message")));
    json_decref(line);
}

static void cut_keeps_the_part_and_the_calibration(void) {
    make_tape(NULL);
    CHECK(run_on("cut %s --from 5 --to 6 -o %s", path) == 0 && strstr(said, "12 messages"));
    CHECK(run_on("check %s", part) == 0);
    CHECK(run_on("cat %s -t /scale/calibration", part) == 0 && lines_said() == 1);
    CHECK(run_on("cut %s --topic /scale/raw --output %s --json", path) == 0);
    CHECK(strstr(said, "\"messages\":101") != NULL);
}

static void wrong_words_exit_2(void) {
    CHECK(run("") == 2 && strstr(said, "--help") && lines_said() == 1);
    CHECK(run("rewind") == 2 && strstr(said, "no such command: rewind") && lines_said() == 1);
    CHECK(run("info") == 2 && strstr(said, "name one tape"));
    CHECK(run("info a b") == 2);
    CHECK(run("info --colour a") == 2 && strstr(said, "colour"));
    CHECK(run_on("cut %s", path) == 2 && strstr(said, "--output"));
}

static void failed_work_exits_1_with_one_line(void) {
    static const char *const verbs[] = {"info", "check", "cat", "repair"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        char words[64];
        snprintf(words, sizeof words, "%s /none/such.mcap", verbs[i]);
        CHECK(run(words) == 1 && lines_said() == 1 && strstr(said, "/none/such.mcap"));
    }
    make_tape(NULL);
    CHECK(run_on("cut %s -o /none/such/folder/a.mcap", path) == 1 && lines_said() == 1);
}

static void output_that_cannot_be_written_is_told(void) {
    make_tape(NULL);
    fflush(stdout);
    int out = dup(STDOUT_FILENO), full = open("/dev/full", O_WRONLY);
    char cat[] = "cat", *words[] = {cat, path};
    dup2(full, STDOUT_FILENO);
    int code = tape_command(2, words);
    dup2(out, STDOUT_FILENO);
    clearerr(stdout);
    close(full);
    close(out);
    CHECK(code == 1);
}

static void every_command_has_help(void) {
    static const char *const verbs[] = {"info", "check", "cat", "cut", "repair"};
    CHECK(run("--help") == 0 && strstr(said, "repair"));
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        char words[64];
        snprintf(words, sizeof words, "%s --help", verbs[i]);
        CHECK(run(words) == 0 && strstr(said, "usage: cartwright tape") && strstr(said, "--help"));
    }
}

int main(void) {
    snprintf(folder, sizeof folder, "/tmp/tape_command_test.XXXXXX");
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/a.mcap", folder);
    snprintf(part, sizeof part, "%s/b.mcap", folder);
    snprintf(said_path, sizeof said_path, "%s/said", folder);
    RUN(info_shows_channels_rates_and_notes);
    RUN(check_finds_a_good_tape_good);
    RUN(check_names_a_message_that_is_not_its_schema);
    RUN(check_tells_of_a_tape_that_was_cut_off_and_repair_closes_it);
    RUN(cat_prints_one_object_a_line);
    RUN(cut_keeps_the_part_and_the_calibration);
    RUN(wrong_words_exit_2);
    RUN(failed_work_exits_1_with_one_line);
    RUN(output_that_cannot_be_written_is_told);
    RUN(every_command_has_help);
    unlink(path);
    unlink(part);
    unlink(said_path);
    rmdir(folder);
    return DONE();
}
