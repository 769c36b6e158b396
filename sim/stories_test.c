/* Every story that is shipped, without pictures: stories_test CATALOG SCENARIOS. Each truth event
 * is found again in what the cells really carried before and after it. */
#include "file.h"
#include "message.h"
#include "pricebook.h"
#include "products_hash.h"
#include "suite.h"
#include "tape.h"
#include "test.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RESTS_FOR = 4 }; /* loads of 50 ms */

static const double REST_SWING_G = 4, TOLERANCE_G = 1, TOLERANCE_SHARE = 0.006;

static const char *catalog_folder, *scenario_folder;
static char folder[] = "/tmp/cartwright_stories_XXXXXX";

/* -- a suite ------------------------------------------------------------------------------- */

typedef struct Sold {
    Catalog catalog;
    char **folders;
    char sha256[65];
} Sold;

static Sold sold;

static Status
play(const char *scenarios, const char *name, int seed, int jobs, SuiteReport *report) {
    char out[256];
    snprintf(out, sizeof out, "%s/%s", folder, name);
    const SuiteOptions options = {
        .scenarios = scenarios,
        .out = out,
        .seed_first = seed,
        .seed_last = seed,
        .jobs = jobs,
        .session =
            {.product_folders = "catalog",
             .products_sha256 = sold.sha256,
             .pictures_text = "none",
             .fps = 10,
             .width = 640,
             .height = 480,
             .quality = 80},
    };
    const Status status = suite_run(&options, &sold.catalog, sold.folders, report);
    if (status != OK) printf("# %s\n", fail_reason());
    return status;
}

/* How many files of the folder end so. */
static int count_files(const char *name, const char *tail) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    DIR *list = opendir(path);
    const struct dirent *entry;
    int count = 0;
    while (list && (entry = readdir(list))) {
        const size_t length = strlen(entry->d_name), end = strlen(tail);
        count += length > end && strcmp(entry->d_name + length - end, tail) == 0;
    }
    if (list) closedir(list);
    return count;
}

/* -- what a tape says ---------------------------------------------------------------------- */

/* What happened between two times of rest, and what the cells say of it. */
typedef struct Window {
    double events_g; /* put in less taken out */
    int events;
} Window;

typedef struct Telling {
    const char *name;
    int events, derived, pieces;
    double rest_g, sum_g; /* the last rest; the last few loads of it */
    int still;            /* loads at rest in a row */
    bool rested;
    Window window;
    double load_g, total_g; /* by the last basket; by all events */
    json_t *expect;
} Telling;

static void close_window(Telling *telling, double rest_g) {
    const Window *window = &telling->window;
    if (telling->rested && window->events > 0) {
        const double by_cells_g = rest_g - telling->rest_g;
        const double off_g = fabs(by_cells_g - window->events_g);
        const double most_g = fmax(fabs(rest_g), fabs(telling->rest_g));
        const bool agrees = off_g < TOLERANCE_G + TOLERANCE_SHARE * most_g;
        if (!agrees)
            printf(
                "# %s: events of %.1f g, the cells say %.1f g\n", telling->name, window->events_g,
                by_cells_g);
        CHECK(agrees);
        telling->derived += window->events;
    }
    telling->window = (Window){0};
    telling->rest_g = rest_g;
    telling->rested = true;
}

static void hear_load(Telling *telling, const json_t *load) {
    const bool rests = json_is_true(json_object_get(load, "undisturbed")) &&
                       json_number_value(json_object_get(load, "swing_g")) < REST_SWING_G;
    if (!rests) {
        telling->still = 0;
        telling->sum_g = 0;
        return;
    }
    telling->sum_g += json_number_value(json_object_get(load, "load_g"));
    if (++telling->still < RESTS_FOR) return;
    close_window(telling, telling->sum_g / telling->still);
    telling->still = 0;
    telling->sum_g = 0;
}

static void hear_event(Telling *telling, const json_t *event) {
    const double weight_g = json_number_value(json_object_get(event, "weight_g"));
    const int quantity = (int)json_integer_value(json_object_get(event, "quantity"));
    const bool thing = json_is_string(json_object_get(event, "thing"));
    telling->events += 1;
    CHECK(quantity != 0 && weight_g > 0);
    CHECK(thing == (json_string_length(json_object_get(event, "gtin")) == 0));
    if (!json_is_true(json_object_get(event, "on_scale"))) {
        telling->derived++;
        return;
    }
    const double signed_g = quantity > 0 ? weight_g : -weight_g;
    telling->window.events_g += signed_g;
    telling->window.events++;
    telling->total_g += signed_g;
    /* What rested before it does not count with what rests after it. */
    telling->still = 0;
    telling->sum_g = 0;
}

static void hear_basket(Telling *telling, const json_t *basket) {
    const json_t *line;
    size_t i;
    telling->load_g = json_number_value(json_object_get(basket, "load_g"));
    telling->pieces = 0;
    json_array_foreach(json_object_get(basket, "lines"), i, line) telling->pieces +=
        (int)json_integer_value(json_object_get(line, "quantity"));
}

static void hear(Telling *telling, const TapeMessage *message) {
    const char *topic = message->channel->topic;
    const bool load = strcmp(topic, "/truth/load") == 0, event = strcmp(topic, "/truth/event") == 0;
    if (!load && !event && strcmp(topic, "/truth/basket") != 0) return;
    json_t *json = json_loadb((const char *)message->bytes, message->size, 0, NULL);
    CHECK(json != NULL);
    if (load)
        hear_load(telling, json);
    else if (event)
        hear_event(telling, json);
    else
        hear_basket(telling, json);
    json_decref(json);
}

static bool is_expected(const Telling *telling, const char *what, int said) {
    const json_t *range = json_object_get(telling->expect, what);
    if (!range) return true;
    const bool right = said >= json_number_value(json_array_get(range, 0)) &&
                       said <= json_number_value(json_array_get(range, 1));
    if (!right) printf("# %s: %d %s are not what is expected\n", telling->name, said, what);
    return right;
}

static void check_tape(const char *path, const char *name) {
    TapeReader *tape = NULL;
    TapeMessage message;
    Telling telling = {.name = name};
    CHECK(tape_open(&tape, path) == OK);
    if (!tape) return;
    const char *expect = tape_note_get(tape, "cartwright", "expect");
    telling.expect = json_loads(expect ? expect : "", 0, NULL);
    CHECK(telling.expect != NULL);
    CHECK(strcmp(tape_note_get(tape, "cartwright", "products_sha256"), sold.sha256) == 0);
    CHECK(strlen(tape_note_get(tape, "cartwright", "scenario_sha256")) == 64);
    while (tape_next(tape, &message) == OK)
        hear(&telling, &message);
    tape_close(tape);
    if (telling.derived != telling.events)
        printf("# %s: %d events, %d found again\n", name, telling.events, telling.derived);
    CHECK(telling.derived == telling.events && telling.rested);
    CHECK(fabs(telling.total_g - telling.load_g) < 0.01);
    const bool settled =
        fabs(telling.rest_g - telling.load_g) < TOLERANCE_G + TOLERANCE_SHARE * telling.load_g;
    if (!settled)
        printf("# %s: %.1f g lie there, not %.1f\n", name, telling.rest_g, telling.load_g);
    CHECK(settled);
    CHECK(is_expected(&telling, "events", telling.events));
    CHECK(is_expected(&telling, "items", telling.pieces));
    json_decref(telling.expect);
}

/* -- facts --------------------------------------------------------------------------------- */

static void every_event_of_every_story_is_found_again_in_the_load(void) {
    SuiteReport report;
    char path[600];
    CHECK(play(scenario_folder, "all", 1, 2, &report) == OK);
    CHECK(report.failed == 0 && report.tapes >= 50 && count_files("all", ".part") == 0);
    CHECK(count_files("all", ".mcap") == report.tapes);
    snprintf(path, sizeof path, "%s/all", folder);
    DIR *list = opendir(path);
    const struct dirent *entry;
    while (list && (entry = readdir(list))) {
        if (!strstr(entry->d_name, ".mcap")) continue;
        snprintf(path, sizeof path, "%s/all/%s", folder, entry->d_name);
        check_tape(path, entry->d_name);
    }
    if (list) closedir(list);
}

static void what_is_there_already_is_kept(void) {
    SuiteReport report;
    CHECK(play(scenario_folder, "all", 1, 2, &report) == OK);
    CHECK(report.kept == report.tapes && report.session_s == 0);
}

static void a_story_and_a_seed_give_the_same_bytes_again(void) {
    static const char *const names[] = {"two_hands", "thrown_in", "put_under", "theft_swap"};
    for (int i = 0; i < 4; i++) {
        SuiteReport report;
        char story[600], path[2][600];
        uint8_t *bytes[2] = {NULL, NULL};
        size_t size[2] = {0, 1};
        snprintf(story, sizeof story, "%s/%s.yaml", scenario_folder, names[i]);
        CHECK(play(story, "again", 1, 1, &report) == OK && report.tapes == 1 && report.kept == 0);
        for (int k = 0; k < 2; k++) {
            snprintf(
                path[k], sizeof path[k], "%s/%s/%s.1.mcap", folder, k ? "again" : "all", names[i]);
            CHECK(file_read(path[k], 1 << 28, &bytes[k], &size[k]) == OK);
        }
        CHECK(size[0] == size[1] && bytes[0] && memcmp(bytes[0], bytes[1], size[0]) == 0);
        free(bytes[0]);
        free(bytes[1]);
    }
}

/* Killed in the middle it leaves neither half a tape nor a process. */
static void a_suite_that_is_stopped_leaves_only_whole_tapes(void) {
    static const struct timespec while_it_works = {1, 500000000};
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        SuiteReport report;
        setpgid(0, 0);
        _exit(play(scenario_folder, "stopped", 2, 2, &report) == E_END ? 7 : 8);
    }
    CHECK(pid > 0);
    nanosleep(&while_it_works, NULL);
    int how = 0;
    kill(pid, SIGTERM);
    CHECK(waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 7);
    CHECK(kill(-pid, 0) != 0); /* nobody of its group is left */
    CHECK(count_files("stopped", ".part") == 0);
    CHECK(count_files("stopped", "suite.json") == 1 || count_files("stopped", ".json") == 1);
    SuiteReport report;
    char story[600];
    snprintf(story, sizeof story, "%s/empty.yaml", scenario_folder);
    CHECK(play(story, "stopped", 2, 1, &report) == OK && report.failed == 0);
}

static void what_cannot_be_played_is_a_failed_tape_with_its_reason(void) {
    static const char story[] = "name: none\nevents:\n  - remove: any\n";
    SuiteReport report;
    char path[600];
    uint8_t *bytes = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/none.yaml", folder);
    CHECK(file_write_fast(path, story, sizeof story - 1) == OK);
    CHECK(play(path, "none", 1, 2, &report) == E_CORRUPT && report.failed == 1);
    CHECK(strstr(fail_reason(), "1 of 1 tapes failed"));
    CHECK(count_files("none", ".mcap") == 0 && count_files("none", ".part") == 0);
    snprintf(path, sizeof path, "%s/none/suite.json", folder);
    CHECK(file_read(path, 1 << 20, &bytes, &size) == OK);
    CHECK(bytes && strstr((const char *)bytes, "none.yaml:3: remove: nothing in the basket"));
    free(bytes);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    catalog_folder = argv[1];
    scenario_folder = argv[2];
    if (!mkdtemp(folder)) return 1;
    if (pricebook_load(&sold.catalog, &catalog_folder, 1) != OK ||
        pricebook_folders(&sold.catalog, &catalog_folder, 1, &sold.folders) != OK ||
        products_hash(&sold.catalog, sold.folders, sold.sha256) != OK)
        return 1;
    RUN(every_event_of_every_story_is_found_again_in_the_load);
    RUN(what_is_there_already_is_kept);
    RUN(a_story_and_a_seed_give_the_same_bytes_again);
    RUN(a_suite_that_is_stopped_leaves_only_whole_tapes);
    RUN(what_cannot_be_played_is_a_failed_tape_with_its_reason);
    free(sold.folders);
    pricebook_free(&sold.catalog);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) return 1;
    return DONE();
}
