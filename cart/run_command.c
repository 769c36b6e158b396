#include "run_command.h"

#include "config.h"
#include "message.h"
#include "pipeline.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECEIPT_BYTES = 16 * 1024 };

typedef struct Options {
    char config[SETTING_TEXT_BYTES];
    SettingMap set;
    char record[SETTING_TEXT_BYTES];
    int port;
    bool realtime, stay, json, print_example, print_schema, help;
} Options;

#define OPTION_CONFIG                                                                              \
    SETTING_TEXT(Options, config, "", "configuration file; without it, the defaults [-c]")
#define OPTION_SET SETTING_MAP(Options, set, "SECTION.KEY=VALUE over the file; may repeat")
#define OPTION_RECORD                                                                              \
    SETTING_TEXT(Options, record, "", "record every input and decision on this tape [-o]")
#define OPTION_PORT                                                                                \
    SETTING_INT(Options, port, "-1", -1, 65535, "serve the page on this port; -1: as configured")
#define OPTION_JSON SETTING_BOOL(Options, json, "no", "print one JSON object at the end")
#define OPTION_HELP SETTING_BOOL(Options, help, "no", "this text [-h]")

static const Setting run_options[] = {
    OPTION_CONFIG,
    OPTION_SET,
    OPTION_RECORD,
    OPTION_PORT,
    SETTING_BOOL(Options, stay, "no", "when a file used as a camera is over, serve on"),
    OPTION_JSON,
    OPTION_HELP,
    SETTING_END};

static const Setting replay_options[] = {
    OPTION_CONFIG,
    OPTION_SET,
    OPTION_RECORD,
    OPTION_PORT,
    SETTING_BOOL(
        Options,
        realtime,
        "no",
        "at the tape's own pace; without it, as fast as it goes, dropping nothing"),
    SETTING_BOOL(Options, stay, "no", "after the tape is over, serve on"),
    OPTION_JSON,
    OPTION_HELP,
    SETTING_END};

static const Setting check_options[] = {
    OPTION_CONFIG,
    OPTION_SET,
    SETTING_BOOL(Options, print_example, "no", "print a file with every setting at its default"),
    SETTING_BOOL(Options, print_schema, "no", "print the JSON Schema of the file"),
    OPTION_HELP,
    SETTING_END};

/* -- words ------------------------------------------------------------------------------------- */

static int wrong_words(const char *command) {
    fprintf(
        stderr, "cartwright %s: %s; see `cartwright %s --help`\n", command, fail_reason(), command);
    return 2;
}

/* 0: go on. Else the exit status plus one. */
static int read_words(
    const char *command,
    const char *usage,
    const Setting *rows,
    int argc,
    char **argv,
    Options *options,
    int *words) {
    settings_defaults(&(SettingSection){.name = "options", .rows = rows, .config = options}, 1);
    if (settings_read_args(rows, options, argc - 1, argv + 1, words) != OK)
        return 1 + wrong_words(command);
    if (!options->help) return 0;
    printf("usage: cartwright %s %s\n\n", command, usage);
    settings_print_options(stdout, rows);
    return 1;
}

static Status load_config(const Options *options, CartConfig *config) {
    TRY(config_load_set(config, options->config, &options->set));
    if (options->port >= 0) config->publish.port = options->port;
    return OK;
}

/* -- running ----------------------------------------------------------------------------------- */

static _Atomic(Pipeline *) running; /* for the signal handler */

static void on_signal(int number) {
    (void)number;
    Pipeline *pipeline = atomic_load(&running);
    if (pipeline) pipeline_stop(pipeline);
}

static void listen_for_signals(void) {
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void print_receipt(void *with) {
    Pipeline *pipeline = *(Pipeline **)with;
    static Basket basket; /* too large for a thread's stack */
    char *text = malloc(RECEIPT_BYTES);
    if (!text) return;
    pipeline_basket(pipeline, &basket);
    basket_receipt(pipeline_catalog(pipeline), &basket, text, RECEIPT_BYTES);
    fputs(text, stdout);
    fflush(stdout);
    free(text);
}

static void print_json(Pipeline *pipeline, const PipelineReport *report) {
    static Basket basket;
    pipeline_basket(pipeline, &basket);
    json_t *json = json_pack(
        "{s:{s:I,s:I,s:I,s:f,s:f}, s:f, s:f, s:I, s:s, s:o}", "frames", "seen",
        (json_int_t)report->frames_seen, "dropped", (json_int_t)report->frames_dropped, "damaged",
        (json_int_t)report->pictures_damaged, "age_p50_ms", 1000 * report->frame_age_p50_s,
        "age_p95_ms", 1000 * report->frame_age_p95_s, "detect_p50_ms", 1000 * report->detect_p50_s,
        "identify_p50_ms", 1000 * report->identify_p50_s, "entries", (json_int_t)report->entries,
        "decision_hash", report->decision_hash, "basket",
        message_from_basket(&basket, pipeline_catalog(pipeline)));
    char *text = json ? message_text(json) : NULL;
    if (text) puts(text);
    free(text);
    json_decref(json);
}

static void print_report(const PipelineReport *report) {
    fprintf(
        stderr,
        "%lld pictures seen, %lld dropped, %lld damaged; age at sighting p50 %.0f ms, p95 %.0f ms; "
        "%lld entries, decision hash %s\n",
        (long long)report->frames_seen, (long long)report->frames_dropped,
        (long long)report->pictures_damaged, 1000 * report->frame_age_p50_s,
        1000 * report->frame_age_p95_s, (long long)report->entries, report->decision_hash);
}

static int drive(const char *command, const Options *options, PipelineRequest *request) {
    static Pipeline *pipeline;
    pipeline = NULL;
    if (!options->json) {
        request->ended = print_receipt;
        request->ended_with = &pipeline;
    }
    if (pipeline_open(&pipeline, request) != OK) {
        fprintf(stderr, "cartwright %s: %s\n", command, fail_reason());
        return 1;
    }
    atomic_store(&running, pipeline);
    listen_for_signals();
    if (pipeline_port(pipeline) > 0)
        fprintf(stderr, "the shopper's page is at http://localhost:%d\n", pipeline_port(pipeline));
    const Status status = pipeline_run(pipeline);
    if (status != OK) fprintf(stderr, "cartwright %s: %s\n", command, fail_reason());
    const PipelineReport report = pipeline_report(pipeline);
    if (options->json) {
        print_json(pipeline, &report);
    } else {
        print_report(&report);
    }
    atomic_store(&running, NULL);
    pipeline_close(pipeline);
    return status == OK ? 0 : 1;
}

int run_command(int argc, char **argv) {
    Options options;
    CartConfig config;
    int words = 0;
    const int told =
        read_words("run", "[-c cart.yaml] [options]", run_options, argc, argv, &options, &words);
    if (told) return told - 1;
    if (words > 0) {
        fprintf(
            stderr, "cartwright run: what is '%s'? the cameras stand in the configuration\n",
            argv[1]);
        return 2;
    }
    if (load_config(&options, &config) != OK) return wrong_words("run");
    PipelineRequest request = {
        .config = &config,
        .realtime = true,
        .resume = true,
        .stay = options.stay,
        .record_path = options.record[0] ? options.record : NULL};
    return drive("run", &options, &request);
}

int replay_command(int argc, char **argv) {
    Options options;
    CartConfig config;
    int words = 0;
    const int told =
        read_words("replay", "TAPE [options]", replay_options, argc, argv, &options, &words);
    if (told) return told - 1;
    if (words != 1) {
        fprintf(stderr, "cartwright replay: name one tape; see `cartwright replay --help`\n");
        return 2;
    }
    if (load_config(&options, &config) != OK) return wrong_words("replay");
    if (config_use_tape(&config, argv[1]) != OK) {
        fprintf(stderr, "cartwright replay: %s\n", fail_reason());
        return 1;
    }
    /* A replay is not a session of this cart: it leaves no record and opens no port unless asked
     * to. */
    config.journal.path[0] = '\0';
    config.publish.enabled = options.port >= 0;
    PipelineRequest request = {
        .config = &config,
        .realtime = options.realtime,
        .stay = options.stay,
        .record_path = options.record[0] ? options.record : NULL};
    return drive("replay", &options, &request);
}

int check_config_command(int argc, char **argv) {
    Options options;
    CartConfig config;
    int words = 0;
    const int told =
        read_words("check-config", "[-c cart.yaml]", check_options, argc, argv, &options, &words);
    if (told) return told - 1;
    SettingSection sections[CONFIG_SECTIONS];
    config_sections(&config, sections);
    if (options.print_example) {
        settings_print_example(stdout, sections, CONFIG_SECTIONS);
        return 0;
    }
    if (options.print_schema) {
        settings_print_schema(stdout, sections, CONFIG_SECTIONS);
        return 0;
    }
    if (load_config(&options, &config) != OK) return wrong_words("check-config");
    printf("%s: fine\n", options.config[0] ? options.config : "the defaults");
    return 0;
}
