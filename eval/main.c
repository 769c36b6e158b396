/* main - the words of `cartwright-eval`: score, compare, receipt. */
#include "config.h"
#include "log.h"
#include "message.h"
#include "pipeline.h"
#include "pricebook.h"
#include "progress.h"
#include "receipt.h"
#include "score.h"
#include "session.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Options {
    char config[SETTING_TEXT_BYTES];
    SettingMap set;
    char catalog[1024];
    bool json, help, ablations;
} Options;

static const Setting score_options[] = {
    SETTING_TEXT(
        Options, config, "", "the cart's configuration file; without it, the defaults [-c]"),
    SETTING_MAP(Options, set, "SECTION.KEY=VALUE over the file; may repeat"),
    SETTING_TEXT(Options, catalog, "", "folders of products, separated by ':', over the file"),
    SETTING_BOOL(
        Options, ablations, "no", "also score with senses switched off (implied by --json)"),
    SETTING_BOOL(Options, json, "no", "print one JSON object"),
    SETTING_BOOL(Options, help, "no", "this text [-h]"),
    SETTING_END};

/* The senses of each block of the report; the first is the cart as it is. */
static const struct {
    const char *name;
    bool vision, weight, scan;
} ablations[] = {
    {"fused", true, true, true},
    {"vision", true, false, false},
    {"weight", false, true, false},
    {"scan", false, false, true},
};

enum { ABLATIONS = sizeof ablations / sizeof *ablations };

typedef struct Scoring {
    CartConfig config;
    Catalog catalog;
    Tally *tallies[ABLATIONS];
    int blocks; /* how many of them are wanted */
    crypto_hash_sha256_state hash;
    bool simulated;
    SessionTruth truth;
    SessionSaid said, answered;
} Scoring;

static void drop_log(BrainLog *log) { brain_log_finish(log); }
static void close_pipeline(Pipeline **pipeline) { pipeline_close(*pipeline); }

/* Play the tape through the cart once, keeping what its brain was told and what it went by. */
static Status play(Scoring *scoring, const char *path, BrainLog *log, BrainConfig *brain) {
    CartConfig config = scoring->config;
    TRY(config_use_tape(&config, path));
    config.journal.path[0] = '\0';
    config.publish.enabled = false;
    AUTO(close_pipeline) Pipeline *pipeline = NULL;
    TRY(pipeline_open(&pipeline, &(PipelineRequest){.config = &config, .log = log}));
    TRY(pipeline_run(pipeline));
    *brain = pipeline_brain_config(pipeline);
    const PipelineReport report = pipeline_report(pipeline);
    crypto_hash_sha256_update(
        &scoring->hash, (const unsigned char *)report.decision_hash, DECISION_HASH_BYTES - 1);
    return OK;
}

static Status score_tape(Scoring *scoring, const char *path) {
    bool simulated = false;
    TRY(session_truth(path, &scoring->catalog, &scoring->truth, &simulated));
    scoring->simulated |= simulated;
    AUTO(drop_log) BrainLog log = {0};
    BrainConfig whole;
    TRY(play(scoring, path, &log, &whole));
    for (int i = 0; i < scoring->blocks; i++) {
        BrainConfig brain = whole;
        brain.reason.vision &= ablations[i].vision;
        brain.reason.weight &= ablations[i].weight;
        brain.reason.scan &= ablations[i].scan;
        TRY(session_think(&brain, &scoring->catalog, &log, NULL, &scoring->said));
        TRY(session_think(&brain, &scoring->catalog, &log, &scoring->truth, &scoring->answered));
        scoring->said.answered = scoring->answered.answered;
        TRY(tally_session(scoring->tallies[i], &scoring->catalog, &scoring->truth, &scoring->said));
    }
    return OK;
}

static json_t *report_of(Scoring *scoring) {
    json_t *report = tally_report(scoring->tallies[0]);
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof digest + 1];
    crypto_hash_sha256_final(&scoring->hash, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    json_object_set_new(report, "decision_hash", json_string(hex));
    json_object_set_new(report, "simulated", json_boolean(scoring->simulated));
    if (scoring->blocks > 1) {
        json_t *blocks = json_object();
        for (int i = 0; i < scoring->blocks; i++)
            json_object_set_new(blocks, ablations[i].name, tally_report(scoring->tallies[i]));
        json_object_set_new(report, "ablations", blocks);
    }
    return report;
}

/* -- printing ---------------------------------------------------------------------------------- */

/* Every number of a block as "group.key value", depth first. */
static void print_numbers(const char *prefix, json_t *block) {
    const char *key;
    json_t *value;
    json_object_foreach(block, key, value) {
        char name[128];
        snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] ? "." : "", key);
        if (json_is_object(value)) {
            print_numbers(name, value);
        } else if (json_is_number(value)) {
            printf("%-44s %12.4f\n", name, json_number_value(value));
        } else if (json_is_string(value)) {
            printf("%-44s %s\n", name, json_string_value(value));
        } else {
            printf(
                "%-44s %12s\n", name,
                json_is_true(value)    ? "yes"
                : json_is_false(value) ? "no"
                                       : "-");
        }
    }
}

/* -- commands ---------------------------------------------------------------------------------- */

static int complain(const char *command, int status) {
    fprintf(stderr, "cartwright-eval %s: %s\n", command, fail_reason());
    return status;
}

/* 0: go on. Else the exit status plus one. */
static int read_words(
    const char *command, const char *usage, int argc, char **argv, Options *options, int *words) {
    settings_defaults(
        &(SettingSection){.name = "options", .rows = score_options, .config = options}, 1);
    if (settings_read_args(score_options, options, argc - 1, argv + 1, words) != OK)
        return 1 + complain(command, 2);
    if (!options->help) return 0;
    printf("usage: cartwright-eval %s %s\n\n", command, usage);
    settings_print_options(stdout, score_options);
    return 1;
}

static Status prepare(Scoring *scoring, const Options *options) {
    char words[SETTING_MAP_MAX][SETTING_NAME_BYTES + SETTING_TEXT_BYTES + 1];
    const char *pointers[SETTING_MAP_MAX];
    for (int i = 0; i < options->set.count; i++) {
        snprintf(
            words[i], sizeof words[i], "%s=%s", options->set.at[i].name, options->set.at[i].value);
        pointers[i] = words[i];
    }
    CartConfig *config = &scoring->config;
    TRY(config_load(
        config, options->config[0] ? options->config : NULL, pointers, options->set.count));
    if (options->catalog[0])
        memcpy(config->cart.catalog, options->catalog, sizeof config->cart.catalog);

    char text[sizeof config->cart.catalog];
    const char *folders[CATALOG_FOLDERS_MAX];
    int count = 0;
    memcpy(text, config->cart.catalog, sizeof text);
    TRY(config_catalog_folders(text, folders, &count));
    TRY(pricebook_load(&scoring->catalog, folders, count));
    scoring->blocks = options->json || options->ablations ? ABLATIONS : 1;
    for (int i = 0; i < scoring->blocks; i++)
        TRY(tally_open(&scoring->tallies[i]));
    crypto_hash_sha256_init(&scoring->hash);
    return OK;
}

static void print_report(Scoring *scoring, bool as_json) {
    json_t *report = report_of(scoring);
    if (as_json) {
        char *text = message_text(report);
        if (text) puts(text);
        free(text);
    } else {
        print_numbers("", report);
    }
    json_decref(report);
}

static int score_command(int argc, char **argv) {
    Options options;
    int words = 0;
    const int told = read_words("score", "TAPE... [options]", argc, argv, &options, &words);
    if (told) return told - 1;
    if (words == 0) {
        fail(E_INVALID, "name at least one tape; see `cartwright-eval score --help`");
        return complain("score", 2);
    }
    Scoring *scoring = calloc(1, sizeof *scoring);
    if (!scoring) {
        fail(E_NO_MEMORY, "out of memory");
        return complain("score", 1);
    }
    Status status = prepare(scoring, &options);
    int exit_status = status == E_INVALID ? 2 : 1;
    for (int i = 0; i < words && status == OK; i++) {
        progress_show("tapes", i, words, argv[1 + i]);
        status = score_tape(scoring, argv[1 + i]);
        exit_status = 1;
    }
    if (status == OK) {
        progress_end();
        print_report(scoring, options.json);
        exit_status = 0;
    } else {
        complain("score", 1);
    }
    for (int i = 0; i < ABLATIONS; i++)
        tally_close(scoring->tallies[i]);
    pricebook_free(&scoring->catalog);
    free(scoring);
    return exit_status;
}

/* Two reports beside each other, key by key. */
static void print_difference(const char *prefix, const json_t *before, json_t *after) {
    const char *key;
    json_t *now;
    json_object_foreach(after, key, now) {
        char name[128];
        snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] ? "." : "", key);
        const json_t *then = json_object_get(before, key);
        if (json_is_object(now)) {
            print_difference(name, then, now);
        } else if (json_is_number(now) && json_is_number(then)) {
            const double a = json_number_value(then), b = json_number_value(now);
            printf("%-44s %12.4f %12.4f %+12.4f\n", name, a, b, b - a);
        }
    }
}

static int compare_command(int argc, char **argv) {
    Options options;
    int words = 0;
    const int told = read_words("compare", "BEFORE.json AFTER.json", argc, argv, &options, &words);
    if (told) return told - 1;
    if (words != 2) {
        fail(E_INVALID, "name two reports made by `cartwright-eval score --json`");
        return complain("compare", 2);
    }
    json_t *reports[2] = {NULL, NULL};
    int exit_status = 0;
    for (int i = 0; i < 2 && exit_status == 0; i++) {
        json_error_t error;
        reports[i] = json_load_file(argv[1 + i], 0, &error);
        if (reports[i]) continue;
        fail(E_INVALID, "%s: %s", argv[1 + i], error.text);
        exit_status = complain("compare", 1);
    }
    if (exit_status == 0) {
        printf("%-44s %12s %12s %12s\n", "", "before", "after", "change");
        print_difference("", reports[0], reports[1]);
    }
    json_decref(reports[0]);
    json_decref(reports[1]);
    return exit_status;
}

static int receipt_command(int argc, char **argv) {
    Options options;
    int words = 0;
    const int told =
        read_words("receipt", "TAPE BASKET.json [options]", argc, argv, &options, &words);
    if (told) return told - 1;
    if (words != 2) {
        fail(E_INVALID, "name a tape with truth and a basket as GET /api/v1/basket gives it");
        return complain("receipt", 2);
    }
    bool agree = false, simulated = false;
    Scoring *scoring = calloc(1, sizeof *scoring);
    if (!scoring) {
        fail(E_NO_MEMORY, "out of memory");
        return complain("receipt", 1);
    }
    Status status = prepare(scoring, &options);
    if (status == OK)
        status = session_truth(argv[1], &scoring->catalog, &scoring->truth, &simulated);
    if (status == OK)
        status = receipt_compare(stdout, &scoring->catalog, &scoring->truth, argv[2], &agree);
    for (int i = 0; i < ABLATIONS; i++)
        tally_close(scoring->tallies[i]);
    pricebook_free(&scoring->catalog);
    free(scoring);
    if (status != OK) return complain("receipt", 1);
    return agree ? 0 : 1;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"score", score_command, "replay labelled tapes and say how right the cart was"},
    {"compare", compare_command, "two reports beside each other"},
    {"receipt", receipt_command, "a basket beside a tape's truth; exit 0 only when they agree"},
};

static void print_help(void) {
    printf("cartwright-eval %s - what the cart said against what happened\n\n", CARTWRIGHT_VERSION);
    printf("usage: cartwright-eval COMMAND [options]\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    printf("\n`cartwright-eval COMMAND --help` says more.\n");
}

int main(int argc, char **argv) {
    log_threshold(LOG_LEVEL_WARN);
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help();
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        printf("cartwright-eval %s\n", CARTWRIGHT_VERSION);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(word, commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    fprintf(
        stderr, "cartwright-eval: %s%s; `cartwright-eval --help` lists them\n",
        word[0] ? "no such command: " : "name a command", word);
    return 2;
}
