/* cartwright-sim - the twin: what a cart would see and weigh, with the truth beside it. */
#include "dataset.h"
#include "fields.h"
#include "pricebook.h"
#include "products_hash.h"
#include "scenario.h"
#include "session.h"
#include "settings.h"
#include "suite.h"
#include "views.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDERS_MAX = 32, DONE = 0, FAILED = 1, WRONG_WORDS = 2 };

typedef struct Folders {
    const char *at[FOLDERS_MAX];
    int count;
} Folders;

typedef struct Command {
    const char *name, *help, *usage;
    const Setting *rows;
    int (*run)(int argc, char **argv, const Folders *folders);
} Command;

static int failed(int code) {
    fprintf(stderr, "cartwright-sim: %s\n", fail_reason());
    return code;
}

/* --products may be given many times, which a settings row cannot say: taken out of argv first. */
static Status take_folders(int *argc, char **argv, Folders *out) {
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        const bool joined = strncmp(argv[i], "--products=", 11) == 0;
        if (!joined && strcmp(argv[i], "--products") != 0) {
            argv[kept++] = argv[i];
            continue;
        }
        if (!joined && i + 1 == *argc) return fail(E_INVALID, "--products: a folder must follow");
        if (out->count == FOLDERS_MAX)
            return fail(E_INVALID, "--products: more than %d folders", FOLDERS_MAX);
        out->at[out->count++] = joined ? argv[i] + 11 : argv[++i];
    }
    *argc = kept;
    return OK;
}

/* Defaults, then options; exactly `wanted` words must remain, at the front of argv. */
static Status read_words(const Setting *rows, void *options, int argc, char **argv, int wanted) {
    int words = 0;
    settings_defaults(&(SettingSection){.rows = rows, .config = options}, 1);
    TRY(settings_read_args(rows, options, argc, argv, &words));
    if (words > wanted) return fail(E_INVALID, "%s: not understood", argv[wanted]);
    if (words < wanted) return fail(E_INVALID, "a scenario file is missing; see --help");
    return OK;
}

/* -- views, dataset ------------------------------------------------------------------------ */

static const Setting views_rows[] = {
    SETTING_TEXT(ViewsOptions, out, "views", "folder to write to [-o]"),
    SETTING_INT(ViewsOptions, count, "12", 1, 99, "pictures of each product [-n]"),
    SETTING_INT(ViewsOptions, size, "256", 32, 2048, "px a side"),
    SETTING_INT(ViewsOptions, quality, "88", 1, 100, "of the JPEGs"), SETTING_END};

static const Setting dataset_rows[] = {
    SETTING_TEXT(DatasetOptions, out, "dataset", "folder to write to [-o]"),
    SETTING_INT(DatasetOptions, count, "100", 1, 1000000, "pictures [-n]"),
    SETTING_INT(DatasetOptions, seed, "1", 0, 2147483647, "other seeds give other pictures [-s]"),
    SETTING_INT(DatasetOptions, width, "640", 64, 2048, "px"),
    SETTING_INT(DatasetOptions, height, "480", 64, 2048, "px"),
    SETTING_INT(DatasetOptions, quality, "92", 30, 100, "of the best JPEGs"),
    SETTING_END};

/* What the folders hold, and where. */
typedef struct Shop {
    Catalog catalog;
    char **paths;
} Shop;

static void shop_close(Shop *shop) {
    free(shop->paths);
    pricebook_free(&shop->catalog);
}

static Status shop_open(const Folders *folders, Shop *out) {
    if (folders->count == 0) return fail(E_INVALID, "--products FOLDER is missing");
    TRY(pricebook_load(&out->catalog, folders->at, folders->count));
    return pricebook_folders(&out->catalog, folders->at, folders->count, &out->paths);
}

static int run_views(int argc, char **argv, const Folders *folders) {
    ViewsOptions options;
    if (read_words(views_rows, &options, argc, argv, 0) != OK) return failed(WRONG_WORDS);
    Shop shop AUTO(shop_close) = {0};
    if (shop_open(folders, &shop) != OK) return failed(FAILED);
    if (views_write(&options, &shop.catalog, shop.paths) != OK) return failed(FAILED);
    return DONE;
}

static int run_dataset(int argc, char **argv, const Folders *folders) {
    DatasetOptions options;
    if (read_words(dataset_rows, &options, argc, argv, 0) != OK) return failed(WRONG_WORDS);
    Shop shop AUTO(shop_close) = {0};
    if (shop_open(folders, &shop) != OK) return failed(FAILED);
    if (dataset_write(&options, &shop.catalog, shop.paths) != OK) return failed(FAILED);
    return DONE;
}

/* -- run ----------------------------------------------------------------------------------- */

typedef struct RunOptions {
    char out[512];
    int seed;
    char catalog[512];
    double fps;
    char size[16];
    int quality;
    bool no_pictures;
    bool json;
    char seeds[32]; /* of a suite */
    int jobs;
} RunOptions;

/* What one session and a suite of them are told alike. */
#define SESSION_ROWS                                                                               \
    SETTING_TEXT(                                                                                  \
        RunOptions, catalog, "catalog", "product folders always sold too; empty for none"),        \
        SETTING_REAL(RunOptions, fps, "10", 0.1, 60, "pictures a second of each camera"),          \
        SETTING_TEXT(RunOptions, size, "640x480", "of the pictures, px"),                          \
        SETTING_INT(RunOptions, quality, "80", 1, 100, "of the JPEGs"),                            \
        SETTING_BOOL(                                                                              \
            RunOptions, no_pictures, "false", "no cameras: scale, scanner and truth only"),        \
        SETTING_BOOL(RunOptions, json, "false", "report as JSON")

static const Setting run_rows[] = {
    SETTING_TEXT(RunOptions, out, "run.mcap", "tape to write [-o]"),
    SETTING_INT(RunOptions, seed, "1", 0, 2147483647, "settles what is left to chance [-s]"),
    SESSION_ROWS, SETTING_END};

static Status read_size(const char *text, int *width, int *height) {
    char rest;
    if (sscanf(text, "%dx%d%c", width, height, &rest) != 2 || *width < 64 || *width > 2048 ||
        *height < 64 || *height > 2048)
        return fail(E_INVALID, "--size: \"%s\" is not WIDTHxHEIGHT from 64 to 2048", text);
    return OK;
}

static void
print_report(const RunOptions *options, const Scenario *scenario, const SessionReport *report) {
    const double seconds = (double)report->duration_ns / 1e9;
    if (!options->json) {
        printf(
            "%s: %s, seed %d: %.1f s, %d events, %d pictures at %.1f ms; took %.1f s\n",
            options->out, scenario->name, options->seed, seconds, report->events, report->pictures,
            report->picture_ms, report->seconds);
        return;
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:i, s:f, s:i, s:i, s:f, s:f}", "tape", options->out, "scenario",
        scenario->name, "seed", options->seed, "duration_s", seconds, "events", report->events,
        "pictures", report->pictures, "picture_ms", report->picture_ms, "took_s", report->seconds);
    json_dumpf(json, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(json);
}

static void join_folders(const Folders *folders, char *out, size_t size) {
    out[0] = '\0';
    for (int i = 0; i < folders->count; i++) {
        const size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s", i ? ":" : "", folders->at[i]);
    }
}

/* What a run and every run of a suite have in common. The texts live as long as this. */
typedef struct Common {
    Shop shop;
    char folders[1024], sha256[65], pictures[64];
} Common;

static void common_close(Common *common) { shop_close(&common->shop); }

static Status
common_open(const RunOptions *words, const Folders *given, Common *common, SessionOptions *out) {
    Folders folders = *given;
    int width = 0, height = 0;
    if (words->catalog[0] && folders.count < FOLDERS_MAX)
        folders.at[folders.count++] = words->catalog;
    TRY(read_size(words->size, &width, &height));
    TRY(shop_open(&folders, &common->shop));
    TRY(products_hash(&common->shop.catalog, common->shop.paths, common->sha256));
    join_folders(&folders, common->folders, sizeof common->folders);
    snprintf(common->pictures, sizeof common->pictures, "none");
    if (!words->no_pictures)
        snprintf(
            common->pictures, sizeof common->pictures, "%dx%d, %g a second, quality %d", width,
            height, words->fps, words->quality);
    *out = (SessionOptions){
        .product_folders = common->folders,
        .products_sha256 = common->sha256,
        .pictures_text = common->pictures,
        .fps = words->fps,
        .width = width,
        .height = height,
        .quality = words->quality,
        .pictures = !words->no_pictures,
    };
    return OK;
}

static int run_run(int argc, char **argv, const Folders *given) {
    RunOptions words;
    SessionOptions options;
    if (read_words(run_rows, &words, argc, argv, 1) != OK) return failed(WRONG_WORDS);
    static Scenario scenario;
    char sha256[65];
    SessionReport report;
    Common common AUTO(common_close) = {0};
    if (suite_read_scenario(argv[0], &scenario, sha256) != OK) return failed(FAILED);
    if (common_open(&words, given, &common, &options) != OK) return failed(FAILED);
    options.tape = words.out;
    options.scenario_file = argv[0];
    options.scenario_sha256 = sha256;
    options.seed = (uint64_t)words.seed;
    options.show_progress = true;
    if (session_run(&options, &scenario, &common.shop.catalog, common.shop.paths, &report) != OK)
        return failed(FAILED);
    print_report(&words, &scenario, &report);
    return DONE;
}

/* -- suite --------------------------------------------------------------------------------- */

static const Setting suite_rows[] = {
    SETTING_TEXT(RunOptions, out, "suite", "folder to write to [-o]"),
    SETTING_TEXT(RunOptions, seeds, "1..3", "FIRST..LAST, or one [-s]"),
    SETTING_INT(RunOptions, jobs, "2", 1, 256, "processes at once [-j]"), SESSION_ROWS,
    SETTING_END};

static Status read_seeds(const char *text, int *first, int *last) {
    char rest;
    const int found = sscanf(text, "%d..%d%c", first, last, &rest);
    if (found == 1 && !strstr(text, "..")) *last = *first;
    if (found < 1 || found > 2 || *first < 0 || *last < *first || *last - *first > 999999)
        return fail(E_INVALID, "--seeds: \"%s\" is not FIRST..LAST", text);
    return OK;
}

static void print_suite(const RunOptions *words, const SuiteReport *report) {
    const double pace =
        report->seconds > 0 ? report->session_s / 60 / (report->seconds / 3600 * words->jobs) : 0;
    if (words->json)
        printf(
            "{\"tapes\": %d, \"kept\": %d, \"failed\": %d, \"session_s\": %.3f, \"took_s\": "
            "%.3f}\n",
            report->tapes, report->kept, report->failed, report->session_s, report->seconds);
    else
        printf(
            "%s: %d tapes (%d kept, %d failed), %.1f simulated minutes in %.0f s with %d jobs: "
            "%.0f "
            "minutes a core-hour\n",
            words->out, report->tapes, report->kept, report->failed, report->session_s / 60,
            report->seconds, words->jobs, pace);
}

static int run_suite(int argc, char **argv, const Folders *given) {
    RunOptions words;
    SuiteOptions options = {0};
    SuiteReport report;
    if (read_words(suite_rows, &words, argc, argv, 1) != OK) return failed(WRONG_WORDS);
    if (read_seeds(words.seeds, &options.seed_first, &options.seed_last) != OK)
        return failed(WRONG_WORDS);
    Common common AUTO(common_close) = {0};
    if (common_open(&words, given, &common, &options.session) != OK) return failed(FAILED);
    options.scenarios = argv[0];
    options.out = words.out;
    options.jobs = words.jobs;
    const Status status = suite_run(&options, &common.shop.catalog, common.shop.paths, &report);
    if (status != OK && report.tapes == 0) return failed(FAILED);
    print_suite(&words, &report);
    return status == OK ? DONE : failed(FAILED);
}

/* -- scenario ------------------------------------------------------------------------------ */

typedef struct ScenarioOptions {
    bool print_schema, print_fields;
} ScenarioOptions;

static const Setting scenario_rows[] = {
    SETTING_BOOL(ScenarioOptions, print_schema, "false", "the JSON Schema of a scenario"),
    SETTING_BOOL(ScenarioOptions, print_fields, "false", "what may be said, as Markdown"),
    SETTING_END};

static int run_scenario(int argc, char **argv, const Folders *folders) {
    (void)folders;
    ScenarioOptions options;
    static Scenario scenario;
    int words = 0;
    settings_defaults(&(SettingSection){.rows = scenario_rows, .config = &options}, 1);
    if (settings_read_args(scenario_rows, &options, argc, argv, &words) != OK)
        return failed(WRONG_WORDS);
    if (options.print_schema) scenario_print_schema(stdout);
    if (options.print_fields) scenario_print_fields(stdout);
    for (int i = 0; i < words; i++) {
        char sha256[65];
        if (suite_read_scenario(argv[i], &scenario, sha256) != OK) return failed(FAILED);
        printf("%s: %s, %d events\n", argv[i], scenario.name, scenario.count);
    }
    return DONE;
}

/* -- words --------------------------------------------------------------------------------- */

static const Command commands[] = {
    {"run", "play a scenario and write its tape", "SCENARIO.yaml --seed N -o TAPE", run_rows,
     run_run},
    {"suite", "play every scenario of a folder with many seeds",
     "scenarios/ --seeds 1..3 --jobs 2 -o FOLDER", suite_rows, run_suite},
    {"scenario", "check scenario files, or say what one may hold", "[SCENARIO.yaml ...]",
     scenario_rows, run_scenario},
    {"views", "catalogue pictures of every product", "--products FOLDER -o FOLDER", views_rows,
     run_views},
    {"dataset", "labelled pictures of random scenes, for training",
     "-n COUNT --seed N --products FOLDER -o FOLDER", dataset_rows, run_dataset},
};

static void print_command_help(const Command *command) {
    printf("cartwright-sim %s %s\n\n%s\n\n", command->name, command->usage, command->help);
    puts("  --products FOLDER   product folders, or one product; may be repeated");
    settings_print_options(stdout, command->rows);
}

static void print_help(void) {
    puts("cartwright-sim COMMAND ...   the twin of a cart: pictures, weights and the truth\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  %-8s %s\n", commands[i].name, commands[i].help);
    puts("\ncartwright-sim COMMAND --help says more; --version says which this is.");
}

static bool asks_for_help(int argc, char **argv) {
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    return false;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("cartwright-sim " CARTWRIGHT_VERSION);
        return DONE;
    }
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        Folders folders = {0};
        int words = argc - 2;
        if (asks_for_help(words, argv + 2)) {
            print_command_help(&commands[i]);
            return DONE;
        }
        if (take_folders(&words, argv + 2, &folders) != OK) return failed(WRONG_WORDS);
        return commands[i].run(words, argv + 2, &folders);
    }
    if (asks_for_help(argc, argv)) {
        print_help();
        return DONE;
    }
    fail(
        E_INVALID, "%s%s", argc > 1 ? "no such command: " : "a command is missing; see --help",
        argc > 1 ? argv[1] : "");
    return failed(WRONG_WORDS);
}
