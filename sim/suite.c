#include "suite.h"

#include "clock.h"
#include "file.h"
#include "progress.h"
#include "tape.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SCENARIOS_MAX = 512, JOBS_MAX = 256, PATH_BYTES = 1200, WHY_BYTES = 240 };

typedef enum TapeState { TAPE_WAITING, TAPE_BEGUN, TAPE_MADE, TAPE_KEPT, TAPE_FAILED } TapeState;

/* One tape to make; lies in memory that parent and workers share. */
typedef struct Task {
    int scenario, seed;
    _Atomic int state; /* TapeState */
    char sha256[65];
    char why[WHY_BYTES];
    SessionReport report;
} Task;

/* What parent and workers share. */
typedef struct Shared {
    _Atomic int next;         /* the next task that nobody has */
    _Atomic int at[JOBS_MAX]; /* the task that a worker is at, -1: none */
    Task task[];
} Shared;

typedef struct Story {
    char path[PATH_BYTES];
    char sha256[65];
    Scenario scenario;
} Story;

typedef struct Suite {
    const SuiteOptions *options;
    const Catalog *catalog;
    char **folders;
    int stories;
    Story *story;
    int tasks;
    Shared *shared;
    pid_t worker[JOBS_MAX]; /* 0: none */
    int64_t began_ns;
} Suite;

static volatile sig_atomic_t stopped;

static void on_stop(int signal) { stopped = signal; }

/* -- the stories --------------------------------------------------------------------------- */

Status suite_read_scenario(const char *path, Scenario *out, char sha256[65]) {
    uint8_t *bytes = NULL, hash[crypto_hash_sha256_BYTES];
    size_t size = 0;
    TRY(file_read(path, 1 << 20, &bytes, &size));
    const Status status = scenario_parse(path, bytes, size, out);
    crypto_hash_sha256(hash, bytes, size);
    sodium_bin2hex(sha256, 65, hash, sizeof hash);
    free(bytes);
    return status;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const Story *)a)->path, ((const Story *)b)->path);
}

static bool is_scenario(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && entry->d_name[0] != '.' && strcmp(dot, ".yaml") == 0;
}

static Status list_stories(Suite *suite) {
    const char *from = suite->options->scenarios;
    DIR *folder = opendir(from);
    if (!folder && errno == ENOTDIR) {
        snprintf(suite->story[suite->stories++].path, PATH_BYTES, "%s", from);
        return OK;
    }
    if (!folder) return fail(E_IO, "%s: %s", from, strerror(errno));
    Status status = OK;
    const struct dirent *entry;
    while ((entry = readdir(folder)) && status == OK) {
        if (!is_scenario(entry)) continue;
        if (suite->stories == SCENARIOS_MAX)
            status = fail(E_FULL, "%s: more than %d scenarios", from, SCENARIOS_MAX);
        else
            snprintf(suite->story[suite->stories++].path, PATH_BYTES, "%s/%s", from, entry->d_name);
    }
    closedir(folder);
    if (status != OK) return status;
    if (suite->stories == 0) return fail(E_NOT_FOUND, "%s: no *.yaml in it", from);
    qsort(suite->story, (size_t)suite->stories, sizeof *suite->story, by_name);
    return OK;
}

/* All of them first: a suite with a story that cannot be read does not begin. */
static Status read_stories(Suite *suite) {
    TRY(list_stories(suite));
    for (int i = 0; i < suite->stories; i++) {
        Story *story = &suite->story[i];
        TRY(suite_read_scenario(story->path, &story->scenario, story->sha256));
        for (int k = 0; k < i; k++)
            if (strcmp(suite->story[k].scenario.name, story->scenario.name) == 0)
                return fail(
                    E_INVALID, "%s: name: \"%s\" is that of %s too", story->path,
                    story->scenario.name, suite->story[k].path);
    }
    return OK;
}

/* -- one tape ------------------------------------------------------------------------------ */

static void
tape_path(const Suite *suite, const Task *task, const char *tail, char out[PATH_BYTES]) {
    snprintf(
        out, PATH_BYTES, "%s/%s.%d.mcap%s", suite->options->out,
        suite->story[task->scenario].scenario.name, task->seed, tail);
}

static bool note_is(const TapeReader *tape, const char *key, const char *value) {
    const char *said = tape_note_get(tape, "cartwright", key);
    return said && strcmp(said, value) == 0;
}

/* Is what has the tape's name made of the same? */
static bool is_made(const Suite *suite, const Task *task) {
    const SessionOptions *session = &suite->options->session;
    char path[PATH_BYTES], seed[24];
    TapeReader *tape = NULL;
    tape_path(suite, task, "", path);
    if (access(path, R_OK) != 0 || tape_open(&tape, path) != OK) return false;
    snprintf(seed, sizeof seed, "%d", task->seed);
    const bool same = note_is(tape, "twin", CARTWRIGHT_VERSION) && note_is(tape, "seed", seed) &&
                      note_is(tape, "scenario_sha256", suite->story[task->scenario].sha256) &&
                      note_is(tape, "products_sha256", session->products_sha256) &&
                      note_is(tape, "pictures", session->pictures_text);
    tape_close(tape);
    return same;
}

static Status hash_file(const char *path, char out[65]) {
    FILE *file = fopen(path, "rbe");
    if (!file) return fail(E_IO, "%s: %s", path, strerror(errno));
    static uint8_t bytes[1 << 16];
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    size_t got;
    crypto_hash_sha256_init(&state);
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
        crypto_hash_sha256_update(&state, bytes, got);
    const bool failed = ferror(file) != 0;
    fclose(file);
    if (failed) return fail(E_IO, "%s: cannot be read", path);
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(out, 65, hash, sizeof hash);
    return OK;
}

/* How long the tape is and what is on it, for a tape that was there already. */
static Status read_report(const char *path, SessionReport *out) {
    TapeReader *tape = NULL;
    TapeMessage message;
    Status status;
    TRY(tape_open(&tape, path));
    *out = (SessionReport){.duration_ns = tape_info(tape)->end_ns - tape_info(tape)->start_ns};
    while ((status = tape_next(tape, &message)) == OK) {
        out->events += strcmp(message.channel->topic, "/truth/event") == 0;
        out->pictures += strncmp(message.channel->topic, "/camera/", 8) == 0 &&
                         !strstr(message.channel->topic, "/calibration");
    }
    tape_close(tape);
    return status == E_END ? OK : status;
}

static Status make_tape(Suite *suite, Task *task) {
    const Story *story = &suite->story[task->scenario];
    char part[PATH_BYTES], path[PATH_BYTES];
    tape_path(suite, task, ".part", part);
    tape_path(suite, task, "", path);
    SessionOptions options = suite->options->session;
    options.tape = part;
    options.scenario_file = story->path;
    options.scenario_sha256 = story->sha256;
    options.seed = (uint64_t)task->seed;
    TRY(session_run(&options, &story->scenario, suite->catalog, suite->folders, &task->report));
    if (rename(part, path) != 0) return fail(E_IO, "%s: %s", path, strerror(errno));
    return hash_file(path, task->sha256);
}

static void do_task(Suite *suite, Task *task) {
    char path[PATH_BYTES];
    Status status;
    TapeState state = TAPE_MADE;
    if (is_made(suite, task)) {
        state = TAPE_KEPT;
        tape_path(suite, task, "", path);
        status = read_report(path, &task->report);
        if (status == OK) status = hash_file(path, task->sha256);
    } else {
        status = make_tape(suite, task);
        tape_path(suite, task, ".part", path);
        if (status != OK) unlink(path);
    }
    if (status != OK) {
        state = TAPE_FAILED;
        snprintf(task->why, sizeof task->why, "%s", fail_reason());
    }
    task->state = (int)state;
}

/* -- workers ------------------------------------------------------------------------------- */

static void work(Suite *suite, int worker, pid_t parent) {
    signal(SIGINT, SIG_IGN); /* a terminal sends it to all; the parent ends its workers itself */
    signal(SIGTERM, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody is left behind */
    if (getppid() != parent) _exit(1);
    for (;;) {
        const int mine = atomic_fetch_add(&suite->shared->next, 1);
        if (mine >= suite->tasks) break;
        suite->shared->at[worker] = mine;
        suite->shared->task[mine].state = TAPE_BEGUN;
        do_task(suite, &suite->shared->task[mine]);
        suite->shared->at[worker] = -1;
    }
    _exit(0);
}

static Status start_worker(Suite *suite, int worker) {
    const pid_t parent = getpid();
    fflush(NULL);
    const pid_t pid = fork();
    if (pid < 0) return fail(E_IO, "suite: no new process: %s", strerror(errno));
    if (pid == 0) work(suite, worker, parent);
    suite->worker[worker] = pid;
    return OK;
}

static void drop_part(const Suite *suite, int task) {
    char path[PATH_BYTES];
    if (task < 0) return;
    tape_path(suite, &suite->shared->task[task], ".part", path);
    unlink(path);
}

/* A worker that died in the middle has failed that tape; another goes on with the rest. */
static Status bury_worker(Suite *suite, int worker, int how) {
    const int at = suite->shared->at[worker];
    suite->worker[worker] = 0;
    if (at < 0) return OK;
    suite->shared->at[worker] = -1;
    drop_part(suite, at);
    Task *task = &suite->shared->task[at];
    snprintf(
        task->why, sizeof task->why, "its process ended with %s %d",
        WIFSIGNALED(how) ? "signal" : "status",
        WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
    task->state = TAPE_FAILED;
    return start_worker(suite, worker);
}

static int workers_left(const Suite *suite) {
    int left = 0;
    for (int i = 0; i < suite->options->jobs; i++)
        left += suite->worker[i] != 0;
    return left;
}

static void stop_workers(Suite *suite) {
    for (int i = 0; i < suite->options->jobs; i++) {
        if (!suite->worker[i]) continue;
        kill(suite->worker[i], SIGKILL);
        while (waitpid(suite->worker[i], NULL, 0) < 0 && errno == EINTR) {
        }
        suite->worker[i] = 0;
        drop_part(suite, suite->shared->at[i]);
    }
}

static int count_tasks(const Suite *suite, TapeState state) {
    int count = 0;
    for (int i = 0; i < suite->tasks; i++)
        count += suite->shared->task[i].state == (int)state;
    return count;
}

static void show(const Suite *suite) {
    char detail[80];
    const int made = count_tasks(suite, TAPE_MADE), kept = count_tasks(suite, TAPE_KEPT);
    const int failed = count_tasks(suite, TAPE_FAILED);
    const double seconds = (double)(clock_now_ns() - suite->began_ns) / 1e9;
    const int left = suite->tasks - made - kept - failed;
    snprintf(
        detail, sizeof detail, "%d failed, %.0f s to go", failed,
        made ? seconds / made * left : 0.0);
    progress_show("suite", made + kept + failed, suite->tasks, made ? detail : NULL);
}

static Status watch_workers(Suite *suite) {
    static const struct timespec nap = {0, 100000000};
    while (workers_left(suite) > 0 && !stopped) {
        bool ended = false;
        for (int i = 0; i < suite->options->jobs; i++) {
            int how = 0;
            if (!suite->worker[i] || waitpid(suite->worker[i], &how, WNOHANG) <= 0) continue;
            ended = true;
            TRY(bury_worker(suite, i, how));
        }
        show(suite);
        if (!ended) nanosleep(&nap, NULL);
    }
    return OK;
}

static Status run_workers(Suite *suite) {
    struct sigaction stop = {.sa_handler = on_stop}, before_int, before_term;
    sigaction(SIGINT, &stop, &before_int);
    sigaction(SIGTERM, &stop, &before_term);
    Status status = OK;
    for (int i = 0; i < suite->options->jobs && status == OK; i++)
        status = start_worker(suite, i);
    if (status == OK) status = watch_workers(suite);
    stop_workers(suite);
    progress_end();
    sigaction(SIGINT, &before_int, NULL);
    sigaction(SIGTERM, &before_term, NULL);
    return status;
}

/* -- the report ---------------------------------------------------------------------------- */

static json_t *row_json(const Suite *suite, const Task *task) {
    static const char *const states[] = {"not made", "not made", "made", "kept", "failed"};
    const Story *story = &suite->story[task->scenario];
    char tape[PATH_BYTES];
    snprintf(tape, sizeof tape, "%s.%d.mcap", story->scenario.name, task->seed);
    const bool done = task->state == TAPE_MADE || task->state == TAPE_KEPT;
    return json_pack(
        "{s:s, s:s, s:i, s:s, s:s, s:o, s:f, s:i, s:i, s:o}", "tape", tape, "scenario",
        story->scenario.name, "seed", task->seed, "status", states[task->state], "scenario_sha256",
        story->sha256, "sha256", done ? json_string(task->sha256) : json_null(), "duration_s",
        (double)task->report.duration_ns / 1e9, "events", task->report.events, "pictures",
        task->report.pictures, "why", task->why[0] ? json_string(task->why) : json_null());
}

static Status write_report(const Suite *suite, const SuiteReport *report) {
    json_t *rows = json_array();
    for (int i = 0; i < suite->tasks; i++)
        json_array_append_new(rows, row_json(suite, &suite->shared->task[i]));
    json_t *json = json_pack(
        "{s:s, s:b, s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:i, s:o}", "twin", CARTWRIGHT_VERSION,
        "simulated", true, "products", suite->options->session.product_folders, "products_sha256",
        suite->options->session.products_sha256, "pictures", suite->options->session.pictures_text,
        "jobs", suite->options->jobs, "failed", report->failed, "made_session_s", report->session_s,
        "took_s", report->seconds, "kept", report->kept, "tapes", rows);
    char *text = json ? json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(json);
    if (!text) return fail(E_NO_MEMORY, "suite: out of memory");
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/suite.json", suite->options->out);
    const Status status = file_write(path, text, strlen(text));
    free(text);
    return status;
}

static void add_up(const Suite *suite, SuiteReport *out) {
    *out = (SuiteReport){
        .tapes = suite->tasks,
        .kept = count_tasks(suite, TAPE_KEPT),
        .failed = count_tasks(suite, TAPE_FAILED),
        .seconds = (double)(clock_now_ns() - suite->began_ns) / 1e9};
    for (int i = 0; i < suite->tasks; i++)
        if (suite->shared->task[i].state == TAPE_MADE)
            out->session_s += (double)suite->shared->task[i].report.duration_ns / 1e9;
}

/* -- all of it ----------------------------------------------------------------------------- */

static void *share(size_t size) {
    void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? NULL : shared;
}

static Status plan_tasks(Suite *suite, size_t *shared_bytes) {
    const SuiteOptions *options = suite->options;
    const int seeds = options->seed_last - options->seed_first + 1;
    suite->tasks = suite->stories * seeds;
    *shared_bytes = sizeof(Shared) + (size_t)suite->tasks * sizeof(Task);
    suite->shared = share(*shared_bytes);
    if (!suite->shared) return fail(E_NO_MEMORY, "suite: out of memory for %d tapes", suite->tasks);
    for (int i = 0; i < JOBS_MAX; i++)
        suite->shared->at[i] = -1;
    /* Seed by seed: stopped early, every story has been told. */
    for (int i = 0; i < suite->tasks; i++) {
        suite->shared->task[i].seed = options->seed_first + i / suite->stories;
        suite->shared->task[i].scenario = i % suite->stories;
    }
    return OK;
}

static Status run_suite(Suite *suite, SuiteReport *report) {
    size_t shared_bytes = 0;
    TRY(read_stories(suite));
    TRY(file_make_folder(suite->options->out));
    TRY(plan_tasks(suite, &shared_bytes));
    Status status = run_workers(suite);
    add_up(suite, report);
    if (status == OK) status = write_report(suite, report);
    for (int i = 0; i < suite->tasks && report->failed; i++)
        if (suite->shared->task[i].state == TAPE_FAILED)
            fprintf(
                stderr, "suite: %s, seed %d: %s\n",
                suite->story[suite->shared->task[i].scenario].scenario.name,
                suite->shared->task[i].seed, suite->shared->task[i].why);
    if (status == OK && stopped)
        status = fail(E_END, "suite: stopped; the same words go on from here");
    if (status == OK && report->failed)
        status = fail(E_CORRUPT, "suite: %d of %d tapes failed", report->failed, report->tapes);
    munmap(suite->shared, shared_bytes);
    return status;
}

Status suite_run(
    const SuiteOptions *options, const Catalog *catalog, char **folders, SuiteReport *report) {
    *report = (SuiteReport){0};
    Suite *suite = calloc(1, sizeof *suite);
    Story *story = calloc(SCENARIOS_MAX, sizeof *story);
    Status status = E_NO_MEMORY;
    if (suite && story) {
        *suite = (Suite){
            .options = options,
            .catalog = catalog,
            .folders = folders,
            .story = story,
            .began_ns = clock_now_ns()};
        status = run_suite(suite, report);
    } else {
        status = fail(E_NO_MEMORY, "suite: out of memory");
    }
    free(story);
    free(suite);
    return status;
}
