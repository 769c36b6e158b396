#include "settings.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum Speed { SPEED_SLOW, SPEED_FAST } Speed;
static const char *const speeds[] = {"slow", "fast", NULL};

typedef struct WeighConfig {
    int cells;
    double settle_ms;
    bool damped;
    char device[16];
    int speed; /* Speed */
} WeighConfig;

static const Setting weigh_settings[] = {
    SETTING_INT(WeighConfig, cells, "4", 1, 4, "load cells under the platform"),
    SETTING_REAL(WeighConfig, settle_ms, "400", 50, 5000, "quiet time before a step counts, ms"),
    SETTING_BOOL(WeighConfig, damped, "no", "the platform has a damper"),
    SETTING_TEXT(WeighConfig, device, "serial:a\\b", "where samples come from"),
    SETTING_CHOICE(WeighConfig, speed, speeds, "slow", "how eager to be"),
    SETTING_END};

typedef struct CaptureConfig {
    SettingMap cameras;
} CaptureConfig;

static const Setting capture_settings[] = {
    SETTING_MAP(CaptureConfig, cameras, "name: where its pictures come from"), SETTING_END};

static WeighConfig weigh;
static CaptureConfig capture;
static const SettingSection sections[] = {
    {"capture", "The cameras", capture_settings, &capture},
    {"weigh", "The load cells", weigh_settings, &weigh}};

static char path[] = "/tmp/cartwright-settings-XXXXXX";

static Status read_text(const char *text) {
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    return settings_read_file(sections, 2, path);
}

/* Padding too: copies are made with memcpy. */
static int same_bytes(const void *a, const void *b, size_t size) { return memcmp(a, b, size) == 0; }

/* Everything is refused with this sentence and nothing changes. */
static int refused(Status status, const char *sentence, const WeighConfig *before) {
    const int right = status == E_INVALID && strstr(fail_reason(), sentence) &&
                      same_bytes(before, &weigh, sizeof weigh) && capture.cameras.count == 0;
    if (!right) printf("# status %d, \"%s\"\n", status, status ? fail_reason() : "");
    return right;
}

static void defaults_come_from_the_rows(void) {
    memset(&weigh, 0xff, sizeof weigh);
    memset(&capture, 0xff, sizeof capture);
    settings_defaults(sections, 2);
    CHECK(weigh.cells == 4 && weigh.settle_ms == 400 && !weigh.damped);
    CHECK(strcmp(weigh.device, "serial:a\\b") == 0 && weigh.speed == SPEED_SLOW);
    CHECK(capture.cameras.count == 0);
}

static void a_file_changes_what_it_names_and_nothing_else(void) {
    settings_defaults(sections, 2);
    CHECK(
        read_text("weigh:\n  settle_ms: 250.5\n  damped: yes\n  speed: fast\n"
                  "capture:\n  cameras:\n    left: tape:a.mcap\n    right: sim:7\n") == OK);
    CHECK(weigh.settle_ms == 250.5 && weigh.damped && weigh.speed == SPEED_FAST);
    CHECK(weigh.cells == 4);
    CHECK(capture.cameras.count == 2);
    CHECK(strcmp(capture.cameras.at[1].name, "right") == 0);
    CHECK(strcmp(capture.cameras.at[1].value, "sim:7") == 0);
    CHECK(read_text("capture:\n  cameras: {top: sim:1}\nweigh:\n") == OK);
    CHECK(capture.cameras.count == 1 && strcmp(capture.cameras.at[0].name, "top") == 0);
    CHECK(read_text("") == OK && weigh.settle_ms == 250.5);
}

static void a_bad_file_is_refused_by_line_and_changes_nothing(void) {
    settings_defaults(sections, 2);
    WeighConfig before;
    memcpy(&before, &weigh, sizeof before);
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {"weigh:\n  cells: 2\n  setle_ms: 9\n",
         ":3: setle_ms: no such setting in weigh; the nearest is settle_ms"},
        {"weigh: {cells: 2}\nwiegh: {}\n", ":2: wiegh: no such section; the nearest is weigh"},
        {"weigh:\n  settle_ms: 100\n  cells: 5\n",
         ":3: cells: needs a whole number from 1 to 4, not \"5\""},
        {"weigh: {cells: 2.5}\n", "needs a whole number"},
        {"weigh: {cells: 99999999999999999999}\n", "needs a whole number"},
        {"weigh: {settle_ms: nan}\n", "needs a number from 50 to 5000, not \"nan\""},
        {"weigh: {settle_ms: 1e999}\n", "needs a number"},
        {"weigh: {settle_ms: }\n", "needs a number"},
        {"weigh: {damped: maybe}\n", "needs true or false"},
        {"weigh: {device: 0123456789abcdef}\n", "longer than 15 bytes"},
        {"weigh: {speed: warp}\n", "needs one of slow, fast, not \"warp\""},
        {"weigh: {cells: [4]}\n", "needs one value"},
        {"weigh: 4\n", "needs lines of"},
        {"- weigh\n", "needs sections"},
        {"capture: {cameras: {a: 1, b: [2]}}\n", "needs one value"},
        {"capture: {cameras: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9}}\n",
         "holds 8 names at most"},
        {"capture: {cameras: {a12345678901234567890123456789012: 1}}\n", "needs a name of 1 to 31"},
        {"capture: {cameras: left}\n", "needs lines of"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(refused(read_text(bad[i].text), bad[i].sentence, &before));
    CHECK(settings_read_file(sections, 2, "/nowhere.yaml") == E_NOT_FOUND);
}

static void the_environment_overrides_by_name(void) {
    settings_defaults(sections, 2);
    setenv("CARTWRIGHT_WEIGH_SETTLE_MS", "77", 1);
    CHECK(settings_read_environment(sections, 2) == OK && weigh.settle_ms == 77);
    WeighConfig before;
    memcpy(&before, &weigh, sizeof before);
    setenv("CARTWRIGHT_WEIGH_CELLS", "3", 1);
    setenv("CARTWRIGHT_WEIGH_DAMPED", "perhaps", 1);
    CHECK(refused(
        settings_read_environment(sections, 2), "CARTWRIGHT_WEIGH_DAMPED: needs true", &before));
    unsetenv("CARTWRIGHT_WEIGH_SETTLE_MS");
    unsetenv("CARTWRIGHT_WEIGH_CELLS");
    unsetenv("CARTWRIGHT_WEIGH_DAMPED");
}

static void a_word_sets_one_value(void) {
    settings_defaults(sections, 2);
    CHECK(settings_read_word(sections, 2, "weigh.device=a=b.c") == OK);
    CHECK(strcmp(weigh.device, "a=b.c") == 0);
    WeighConfig before;
    memcpy(&before, &weigh, sizeof before);
    CHECK(refused(settings_read_word(sections, 2, "weigh"), "needs section.key=value", &before));
    CHECK(refused(settings_read_word(sections, 2, "weigh=1.2"), "needs section.key", &before));
    CHECK(refused(settings_read_word(sections, 2, "wigh.cells=1"), "nearest is weigh", &before));
    CHECK(refused(settings_read_word(sections, 2, "weigh.cell=1"), "nearest is cells", &before));
    CHECK(refused(settings_read_word(sections, 2, "weigh.cells=0"), "weigh.cells: needs", &before));
    CHECK(refused(settings_read_word(sections, 2, "weigh.cells.x=1"), "weigh.cells=", &before));
    CHECK(refused(settings_read_word(sections, 2, "capture.cameras=x"), "cameras.name=", &before));
    CHECK(refused(settings_read_word(sections, 2, "capture.cameras.=x"), "needs a name", &before));
    CHECK(settings_read_word(sections, 2, "capture.cameras.left=sim:1") == OK);
    CHECK(settings_read_word(sections, 2, "capture.cameras.left=sim:2") == OK);
    CHECK(settings_read_word(sections, 2, "capture.cameras.lef=sim:3") == OK);
    CHECK(capture.cameras.count == 2 && strcmp(capture.cameras.at[0].value, "sim:2") == 0);
}

typedef struct Options {
    char out_file[32];
    int jobs;
    bool json;
    SettingMap set;
} Options;

static const Setting option_rows[] = {
    SETTING_TEXT(Options, out_file, "", "where to write the tape [-o]"),
    SETTING_INT(Options, jobs, "1", 1, 64, "how many at a time"),
    SETTING_BOOL(Options, json, "false", "report as JSON"),
    SETTING_MAP(Options, set, "a value of your own"), SETTING_END};

static const SettingSection option_section = {"", "", option_rows, NULL};

static Options default_options(void) {
    Options options;
    SettingSection section = option_section;
    section.config = &options;
    memset(&options, 0, sizeof options);
    settings_defaults(&section, 1);
    return options;
}

static void options_and_words_may_be_mixed(void) {
    Options options = default_options();
    char *argv[] = {"replay", "-o",    "a.mcap", "x.mcap", "--jobs=8", "--json",
                    "--set",  "k=v=w", "--",     "--odd",  "-",        NULL};
    int words = 0;
    CHECK(settings_read_args(option_rows, &options, 11, argv, &words) == OK);
    CHECK(strcmp(options.out_file, "a.mcap") == 0 && options.jobs == 8 && options.json);
    CHECK(options.set.count == 1 && strcmp(options.set.at[0].value, "v=w") == 0);
    CHECK(words == 4);
    CHECK(strcmp(argv[0], "replay") == 0 && strcmp(argv[1], "x.mcap") == 0);
    CHECK(strcmp(argv[2], "--odd") == 0 && strcmp(argv[3], "-") == 0);
    CHECK(settings_read_args(option_rows, &options, 1, (char *[]){"--json=off"}, &words) == OK);
    CHECK(!options.json && words == 0);
}

static void a_bad_option_is_refused_and_changes_nothing(void) {
    static const struct {
        char *argv[4];
        const char *sentence;
    } bad[] = {
        {{"--jobs", "2", "--out-fiel=x"}, "--out-fiel: no such option; the nearest is --out-file"},
        {{"--jobs", "2", "-x"}, "-x: no such option"},
        {{"--jobs", "2", "--jobs=0"}, "--jobs: needs a whole number from 1 to 64"},
        {{"--jobs", "2", "--jobs"}, "--jobs: needs a value"},
        {{"--json", "--set", "x"}, "--set: needs NAME=VALUE"},
        {{"--json=maybe", "a", "b"}, "--json: needs true or false"},
    };
    const Options before = default_options();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        Options options;
        memcpy(&options, &before, sizeof options);
        char *argv[3] = {bad[i].argv[0], bad[i].argv[1], bad[i].argv[2]};
        int words = 99;
        CHECK(settings_read_args(option_rows, &options, 3, argv, &words) == E_INVALID);
        if (!strstr(fail_reason(), bad[i].sentence)) printf("# \"%s\"\n", fail_reason());
        CHECK(strstr(fail_reason(), bad[i].sentence) != NULL);
        CHECK(same_bytes(&options, &before, sizeof options) && words == 99);
    }
}

static void the_example_file_reads_back_as_the_defaults(void) {
    settings_defaults(sections, 2);
    WeighConfig before;
    memcpy(&before, &weigh, sizeof before);
    FILE *file = fopen(path, "w");
    settings_print_example(file, sections, 2);
    fclose(file);
    memset(&weigh, 0, sizeof weigh);
    CHECK(settings_read_file(sections, 2, path) == OK);
    CHECK(weigh.cells == before.cells && weigh.settle_ms == before.settle_ms);
    CHECK(strcmp(weigh.device, before.device) == 0 && capture.cameras.count == 0);
}

static char *printed(void (*print)(FILE *)) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    print(stream);
    fclose(stream);
    return text;
}

static void print_help(FILE *out) { settings_print_options(out, option_rows); }
static void print_schema(FILE *out) { settings_print_schema(out, sections, 2); }

static void help_and_schema_name_every_row(void) {
    char *help = printed(print_help);
    CHECK(strstr(help, "-o, --out-file TEXT") && strstr(help, "where to write the tape\n"));
    CHECK(strstr(help, "--jobs NUMBER") && strstr(help, "how many at a time (1 to 64) [1]"));
    CHECK(strstr(help, "--set NAME=VALUE"));
    free(help);
    char *schema = printed(print_schema);
    CHECK(strstr(schema, "\"enum\": [\"slow\", \"fast\"]"));
    CHECK(strstr(schema, "\"default\": \"serial:a\\\\b\""));
    CHECK(strstr(schema, "\"type\": \"integer\", \"minimum\": 1, \"maximum\": 4"));
    free(schema);
}

int main(int argc, char **argv) {
    if (argc > 1) { /* for other tools to look at */
        (strcmp(argv[1], "schema") == 0 ? print_schema : print_help)(stdout);
        return 0;
    }
    const int fd = mkstemp(path);
    if (fd < 0) return 99;
    close(fd);
    RUN(defaults_come_from_the_rows);
    RUN(a_file_changes_what_it_names_and_nothing_else);
    RUN(a_bad_file_is_refused_by_line_and_changes_nothing);
    RUN(the_environment_overrides_by_name);
    RUN(a_word_sets_one_value);
    RUN(options_and_words_may_be_mixed);
    RUN(a_bad_option_is_refused_and_changes_nothing);
    RUN(the_example_file_reads_back_as_the_defaults);
    RUN(help_and_schema_name_every_row);
    unlink(path);
    return DONE();
}
