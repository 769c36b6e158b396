#include "scale_command.h"

#include "clock.h"
#include "daemon.h"
#include "scale_command_internal.h"

#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OUTCOME_MS = 3000, LOOK_MS = 50, WATCH_MS = 500 };

#define OPTION_CONFIG                                                                              \
    SETTING_TEXT(ScaleOptions, config, "", "configuration file; without it, the defaults [-c]")
#define OPTION_SET SETTING_MAP(ScaleOptions, set, "SECTION.KEY=VALUE over the file; may repeat")
#define OPTION_URL                                                                                 \
    SETTING_TEXT(ScaleOptions, url, "", "where the cart listens; empty: as configured")
#define OPTION_JSON SETTING_BOOL(ScaleOptions, json, "no", "print JSON")
#define OPTION_HELP SETTING_BOOL(ScaleOptions, help, "no", "this text [-h]")

static const Setting status_rows[] = {
    OPTION_CONFIG,
    OPTION_SET,
    OPTION_URL,
    SETTING_BOOL(ScaleOptions, watch, "no", "go on, twice a second [-w]"),
    SETTING_REAL(
        ScaleOptions, seconds, "0", 0, 1e6, "how long to watch or measure, in s; 0: as it needs"),
    OPTION_JSON,
    OPTION_HELP,
    SETTING_END};

static const Setting order_rows[] = {OPTION_CONFIG, OPTION_SET,  OPTION_URL,
                                     OPTION_JSON,   OPTION_HELP, SETTING_END};

static const Setting tare_rows[] = {
    OPTION_CONFIG, OPTION_SET,
    OPTION_URL,    SETTING_BOOL(ScaleOptions, clear, "no", "clear the tare instead"),
    OPTION_JSON,   OPTION_HELP,
    SETTING_END};

static const Setting calibrate_rows[] = {
    OPTION_CONFIG,
    OPTION_SET,
    OPTION_URL,
    SETTING_REAL(ScaleOptions, load_g, "0", 0, 800000, "the known weight, in g"),
    SETTING_REAL(
        ScaleOptions,
        second_g,
        "0",
        0,
        800000,
        "another known weight for the centre, in g: shows whether the scale is linear; 0: none"),
    SETTING_REAL(
        ScaleOptions, width_m, "0.4", 0.01, 10, "between the left and right corners, in m"),
    SETTING_REAL(
        ScaleOptions, depth_m, "0.3", 0.01, 10, "between the front and back corners, in m"),
    SETTING_REAL(
        ScaleOptions,
        platform_g,
        "0",
        0,
        1e6,
        "what the empty platform weighs, in g; 0: not known"),
    SETTING_REAL(ScaleOptions, seconds, "2", 0.5, 60, "how long each place is measured, in s"),
    SETTING_TEXT(ScaleOptions, output, "", "write this file; empty: scale.calibration [-o]"),
    OPTION_JSON,
    OPTION_HELP,
    SETTING_END};

int scale_failed(const ScaleJob *job) {
    fprintf(stderr, "cartwright: scale %s: %s\n", job->verb, fail_reason());
    return WORK_FAILED;
}

Status scale_job_open(ScaleJob *job) {
    job->config.sources.cameras.count = 0;
    snprintf(job->config.sources.scanner, sizeof job->config.sources.scanner, "none");
    sources_plan(&job->sources, &job->config, true, &job->nothing);
    if (job->sources.count == 0)
        return fail(
            E_INVALID, "sources.scale is none: say which, e.g. --set "
                       "sources.scale=serial:/dev/ttyUSB0?protocol=counts");
    job->sources.at[0].raw = true;
    return source_open(&job->sources.at[0]);
}

static int print_json(json_t *json) {
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!text) return WORK_FAILED;
    puts(text);
    free(text);
    return DONE_WELL;
}

/* -- status of the running cart ---------------------------------------------------------------- */

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static bool is(const json_t *object, const char *key) {
    return json_is_true(json_object_get(object, key));
}

/* As a scale shows it: net, tare, gross, and the lamps. */
static void print_panel(const json_t *answer) {
    const json_t *now = json_object_get(answer, "CurrentWeight");
    if (!now) {
        printf("%9.3f kg   not a legal weight", number(answer, "total_g") / 1000);
        return;
    }
    if (is(now, "Overload") || is(now, "Underload")) {
        printf("  -------   %s", is(now, "Overload") ? "OVERLOAD" : "UNDERLOAD");
        return;
    }
    printf(
        "net %9.3f kg   tare %7.3f kg   gross %9.3f kg   %s%s", number(now, "Net") / 1000,
        number(now, "Tare") / 1000, number(now, "Gross") / 1000,
        is(now, "WeightStable") ? "STABLE" : "moving", is(now, "CenterOfZero") ? "   ZERO" : "");
}

static int print_answer(const ScaleJob *job, json_t *answer) {
    if (job->options.json) return print_json(answer);
    print_panel(answer);
    putchar('\n');
    json_decref(answer);
    return DONE_WELL;
}

static atomic_bool interrupted;

static void on_signal(int which) {
    (void)which;
    atomic_store(&interrupted, true);
}

void scale_until_interrupted(void) {
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool scale_is_interrupted(void) { return atomic_load(&interrupted); }

/* Twice a second, over the line before it on a terminal; what is wrong is a line as well. */
static int watch_daemon(const ScaleJob *job, Daemon *daemon) {
    const int64_t end_ns = clock_now_ns() + (int64_t)(job->options.seconds * 1e9);
    const bool over = isatty(STDOUT_FILENO) && !job->options.json;
    while (!scale_is_interrupted()) {
        json_t *answer = NULL;
        if (over) printf("\r\033[K");
        if (daemon_call(daemon, "/api/v1/scale", NULL, &answer) != OK) {
            printf("%s%s", fail_reason(), over ? "" : "\n");
        } else if (job->options.json) {
            print_json(answer);
        } else {
            print_panel(answer);
            json_decref(answer);
            if (!over) putchar('\n');
        }
        fflush(stdout);
        const int64_t next_ns = clock_now_ns() + WATCH_MS * NS_PER_MS;
        if (job->options.seconds > 0 && next_ns > end_ns) break;
        clock_sleep_until_ns(next_ns);
    }
    if (over) putchar('\n');
    return DONE_WELL;
}

static int run_status(ScaleJob *job, Daemon *daemon) {
    json_t *answer = NULL;
    const Status status = daemon_call(daemon, "/api/v1/scale", NULL, &answer);
    if (status == E_NOT_FOUND) return scale_watch_device(job);
    if (job->options.watch) {
        if (status == OK) json_decref(answer);
        scale_until_interrupted();
        return watch_daemon(job, daemon);
    }
    return status == OK ? print_answer(job, answer) : scale_failed(job);
}

/* -- orders ------------------------------------------------------------------------------------ */

static int print_outcome(const ScaleJob *job, const char *by, const char *what) {
    if (job->options.json)
        return print_json(json_pack("{s:s, s:b, s:s}", "what", what, "done", 1, "by", by));
    printf("%s: done, by %s\n", what, by);
    return DONE_WELL;
}

/* The event of this kind after that number; NULL: not yet. */
static json_t *find_event(Daemon *daemon, int64_t since, const char *what) {
    char path[64];
    json_t *log = NULL, *event, *found = NULL;
    size_t i;
    snprintf(path, sizeof path, "/api/v1/scale/log?since=%" PRId64, since);
    if (daemon_call(daemon, path, NULL, &log) != OK) return NULL;
    json_array_foreach(json_object_get(log, "events"), i, event) {
        const char *is_what = json_string_value(json_object_get(event, "what"));
        if (!found && is_what && strcmp(is_what, what) == 0) found = json_incref(event);
    }
    json_decref(log);
    return found;
}

static Status order_daemon(Daemon *daemon, const char *path, const char *body, const char *what) {
    json_t *log = NULL, *answer = NULL, *event = NULL;
    TRY(daemon_call(daemon, "/api/v1/scale/log?since=0", NULL, &log));
    const int64_t last = json_integer_value(json_object_get(log, "last"));
    json_decref(log);
    TRY(daemon_call(daemon, path, body, &answer));
    json_decref(answer);
    const int64_t until_ns = clock_now_ns() + OUTCOME_MS * NS_PER_MS;
    while (!(event = find_event(daemon, last, what))) {
        if (clock_now_ns() > until_ns)
            return fail(
                E_TIMEOUT, "the cart at %s does not say what came of it", daemon_url(daemon));
        clock_sleep_until_ns(clock_now_ns() + LOOK_MS * NS_PER_MS);
    }
    const char *why = json_string_value(json_object_get(event, "why"));
    const Status status =
        is(event, "done") ? OK : fail(E_INVALID, "refused: %s", why ? why : "it does not say why");
    json_decref(event);
    return status;
}

/* With no cart running, the scale's own zero and tare. */
static int order_device(ScaleJob *job, ScaleOrder order, const char *what) {
    Status status = scale_job_open(job);
    Source *source = &job->sources.at[0];
    if (status == OK && !source->scale) status = fail(E_INVALID, "%s takes no orders", source->uri);
    if (status == OK) status = scale_tell(source->scale, order, OUTCOME_MS);
    const int code =
        status == OK ? print_outcome(job, "the scale itself", what) : scale_failed(job);
    source_close(source);
    return code;
}

static int run_order(ScaleJob *job, Daemon *daemon, const char *what, ScaleOrder order) {
    const bool zero = order == SCALE_ORDER_ZERO, clear = job->options.clear;
    const Status status = order_daemon(
        daemon, zero ? "/api/v1/scale/zero" : "/api/v1/scale/tare",
        clear ? "{\"clear\": true}" : "{}", what);
    if (status == OK) return print_outcome(job, "the cart", what);
    if (status != E_NOT_FOUND) return scale_failed(job);
    if (!clear) return order_device(job, order, what);
    return scale_failed(job); /* a scale's own tare is cleared by its own key */
}

static int run_zero(ScaleJob *job, Daemon *daemon) {
    return run_order(job, daemon, "zero", SCALE_ORDER_ZERO);
}

static int run_tare(ScaleJob *job, Daemon *daemon) {
    return run_order(job, daemon, job->options.clear ? "clear_tare" : "tare", SCALE_ORDER_TARE);
}

/* -- log --------------------------------------------------------------------------------------- */

static int run_log(ScaleJob *job, Daemon *daemon) {
    json_t *log = NULL, *event;
    size_t i;
    if (daemon_call(daemon, "/api/v1/scale/log", NULL, &log) != OK) return scale_failed(job);
    if (job->options.json) return print_json(log);
    json_array_foreach(json_object_get(log, "events"), i, event) {
        const time_t second =
            (time_t)(json_integer_value(json_object_get(event, "t_ns")) / NS_PER_SECOND);
        struct tm when;
        char text[32];
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&second, &when));
        const char *why = json_string_value(json_object_get(event, "why"));
        const char *what = json_string_value(json_object_get(event, "what"));
        printf(
            "%5" PRId64 "  %s  %-10s  %s%s\n",
            (int64_t)json_integer_value(json_object_get(event, "number")), text, what ? what : "",
            is(event, "done") ? "" : "refused: ", why ? why : "");
    }
    json_decref(log);
    return DONE_WELL;
}

/* -- calibrate --------------------------------------------------------------------------------- */

static int run_calibrate(ScaleJob *job, Daemon *daemon) {
    json_t *answer = NULL;
    if (job->options.load_g <= 0) {
        fprintf(
            stderr,
            "cartwright: scale calibrate: say what the known weight is, e.g. --load-g 5000\n");
        return WORDS_WRONG;
    }
    if (daemon_call(daemon, "/version", NULL, &answer) == OK) {
        json_decref(answer);
        fail(E_INVALID, "the cart at %s has the scale: stop it first", daemon_url(daemon));
        return scale_failed(job);
    }
    return scale_calibrate(job);
}

/* -- words ------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *help;
    const Setting *rows;
    int (*run)(ScaleJob *job, Daemon *daemon);
} verbs[] = {
    {"status", "what the scale shows: of the running cart, or of the device itself", status_rows,
     run_status},
    {"zero", "make what is on it zero", order_rows, run_zero},
    {"tare", "take what is on it as packaging", tare_rows, run_tare},
    {"calibrate", "find out, step by step, what its counts weigh", calibrate_rows, run_calibrate},
    {"log", "what was told to the scale, and what happened to it", order_rows, run_log},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void print_usage(void) {
    printf("usage: cartwright scale COMMAND [options]\n\n");
    for (int i = 0; i < VERBS; i++)
        printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
    printf("\n`cartwright scale COMMAND --help` lists a command's options; docs/scale.md helps to "
           "wire "
           "a scale.\n");
}

static int run_verb(int which, int argc, char **argv) {
    static ScaleJob job; /* too large for a stack */
    memset(&job, 0, sizeof job);
    job.verb = verbs[which].name;
    const SettingSection section = {job.verb, verbs[which].help, verbs[which].rows, &job.options};
    settings_defaults(&section, 1);
    int words = 0;
    Status status = settings_read_args(verbs[which].rows, &job.options, argc, argv, &words);
    if (status == OK && words > 0) status = fail(E_INVALID, "what is '%s'?", argv[0]);
    if (status == OK && job.options.help) {
        printf("usage: cartwright scale %s [options]\n\n%s\n\n", job.verb, verbs[which].help);
        settings_print_options(stdout, verbs[which].rows);
        return DONE_WELL;
    }
    if (status == OK) status = config_load_set(&job.config, job.options.config, &job.options.set);
    if (status != OK) {
        scale_failed(&job);
        return WORDS_WRONG;
    }
    Daemon *daemon = NULL;
    if (daemon_open(&daemon, &job.config.publish, job.options.url) != OK) return scale_failed(&job);
    int code = verbs[which].run(&job, daemon);
    daemon_close(daemon);
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    fail(E_IO, "cannot write to the standard output");
    return scale_failed(&job);
}

int scale_command(int argc, char **argv) {
    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        print_usage();
        return DONE_WELL;
    }
    for (int i = 0; argc > 0 && i < VERBS; i++)
        if (strcmp(argv[0], verbs[i].name) == 0) return run_verb(i, argc - 1, argv + 1);
    fprintf(
        stderr, "cartwright: scale: %s%s; `cartwright scale --help` lists them\n",
        argc > 0 ? "no such command: " : "name a command", argc > 0 ? argv[0] : "");
    return WORDS_WRONG;
}
