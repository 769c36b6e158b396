#include "tape_command.h"

#include "channels.h"
#include "message.h"
#include "settings.h"
#include "tape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DONE_WELL = 0, WORK_FAILED = 1, WORDS_WRONG = 2 };

typedef struct Options {
    bool help, json;
    char topic[512], output[4096];
    double from, to;
} Options;

#define HELP_ROW SETTING_BOOL(Options, help, "false", "say this [-h]")
#define JSON_ROW SETTING_BOOL(Options, json, "false", "report as JSON")
#define PART_ROWS                                                                                  \
    SETTING_TEXT(                                                                                  \
        Options, topic, "", "only these topics: patterns as in a shell, commas between [-t]"),     \
        SETTING_REAL(Options, from, "0", 0, 1e9, "seconds after the start of the tape"),           \
        SETTING_REAL(Options, to, "0", 0, 1e9, "the same; 0 is the end of the tape")

static const Setting report_rows[] = {JSON_ROW, HELP_ROW, SETTING_END};
static const Setting cat_rows[] = {PART_ROWS, HELP_ROW, SETTING_END};
static const Setting cut_rows[] = {
    PART_ROWS, SETTING_TEXT(Options, output, "", "the tape to write [-o]"), JSON_ROW, HELP_ROW,
    SETTING_END};
static const Setting repair_rows[] = {
    SETTING_TEXT(Options, output, "", "the tape to write, or else the same file [-o]"), JSON_ROW,
    HELP_ROW, SETTING_END};

static int work_failed(void) {
    fflush(stdout);
    fprintf(stderr, "cartwright: %s\n", fail_reason());
    return WORK_FAILED;
}

/* Print an object on a line of its own and let it go. */
static int print_json(json_t *object) {
    char *text = message_text(object);
    json_decref(object);
    if (!text) {
        fail(E_INVALID, "tape: a text in it is not UTF-8: this cannot be told as JSON");
        return work_failed();
    }
    puts(text);
    free(text);
    return DONE_WELL;
}

/* -- info -------------------------------------------------------------------------------------- */

static double seconds_of(const TapeInfo *info) {
    return (double)(info->end_ns - info->start_ns) / 1e9;
}

static double rate_of(const TapeChannel *channel, const TapeInfo *info) {
    double seconds = seconds_of(info);
    return channel->messages > 1 && seconds > 0 ? (double)(channel->messages - 1) / seconds : 0;
}

static json_t *json_of_channels(const TapeReader *reader) {
    int count;
    const TapeChannel *channels = tape_channels(reader, &count);
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        const TapeChannel *at = &channels[i];
        json_array_append_new(
            list, json_pack(
                      "{s:s, s:I, s:f, s:s, s:s}", "topic", at->topic, "messages",
                      (json_int_t)at->messages, "hz", rate_of(at, tape_info(reader)), "schema",
                      at->schema_name, "encoding", at->message_encoding));
    }
    return list;
}

static json_t *json_of_notes(const TapeReader *reader) {
    int count;
    const TapeNote *notes = tape_notes(reader, &count);
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_array_append_new(
            list, json_pack(
                      "{s:s, s:s, s:s}", "name", notes[i].name, "key", notes[i].key, "value",
                      notes[i].value));
    }
    return list;
}

static json_t *json_of_attachments(TapeReader *reader) {
    json_t *list = json_array();
    for (int i = 0; i < tape_info(reader)->attachments; i++) {
        TapeAttachment at;
        json_t *row =
            tape_attachment(reader, i, &at) != OK
                ? json_pack("{s:s}", "error", fail_reason())
                : json_pack(
                      "{s:s, s:s, s:I, s:I}", "name", at.name, "media_type", at.media_type, "t_ns",
                      (json_int_t)at.t_ns, "bytes", (json_int_t)at.size);
        json_array_append_new(list, row);
    }
    return list;
}

static const char *const compressions[] = {"none", "lz4", "zstd"};

static json_t *json_of_info(TapeReader *reader, const char *path) {
    const TapeInfo *info = tape_info(reader);
    return json_pack(
        "{s:s, s:s, s:s, s:I, s:b, s:I, s:I, s:I, s:f, s:I, s:I, s:s, s:o, s:o, s:o}", "tape", path,
        "profile", info->profile, "library", info->library, "bytes", (json_int_t)info->bytes,
        "closed", info->closed, "lost_bytes", (json_int_t)info->lost_bytes, "start_ns",
        (json_int_t)info->start_ns, "end_ns", (json_int_t)info->end_ns, "duration_s",
        seconds_of(info), "messages", (json_int_t)info->messages, "chunks",
        (json_int_t)info->chunks, "compression", compressions[info->compression], "channels",
        json_of_channels(reader), "notes", json_of_notes(reader), "attachments",
        json_of_attachments(reader));
}

static void print_info(TapeReader *reader, const char *path) {
    const TapeInfo *info = tape_info(reader);
    printf(
        "%s: %" PRId64 " messages in %.3f s, %" PRId64 " bytes, %" PRId64 " chunks (%s), by %s\n",
        path, info->messages, seconds_of(info), info->bytes, info->chunks,
        compressions[info->compression], info->library);
    if (!info->closed) {
        printf(
            "not closed: %" PRId64 " bytes are lost; `cartwright tape repair` closes it\n",
            info->lost_bytes);
    }
    int count;
    const TapeChannel *channels = tape_channels(reader, &count);
    printf("\n%-32s %10s %10s  %s\n", "topic", "messages", "per second", "schema");
    for (int i = 0; i < count; i++) {
        const TapeChannel *at = &channels[i];
        printf(
            "%-32s %10" PRId64 " %10.2f  %s\n", at->topic, at->messages, rate_of(at, info),
            at->schema_name);
    }
    const TapeNote *notes = tape_notes(reader, &count);
    if (count > 0) printf("\nnotes\n");
    for (int i = 0; i < count; i++) {
        printf("  %s.%s = %s\n", notes[i].name, notes[i].key, notes[i].value);
    }
    if (info->attachments > 0) printf("\nattachments\n");
    for (int i = 0; i < info->attachments; i++) {
        TapeAttachment at;
        if (tape_attachment(reader, i, &at) == OK) {
            printf("  %s, %s, %zu bytes\n", at.name, at.media_type, at.size);
        } else {
            printf("  %s\n", fail_reason());
        }
    }
}

static int run_info(Options *options, const char *path) {
    TapeReader *reader;
    if (tape_open(&reader, path) != OK) return work_failed();
    int code = DONE_WELL;
    if (options->json) {
        code = print_json(json_of_info(reader, path));
    } else {
        print_info(reader, path);
    }
    tape_close(reader);
    return code;
}

/* -- check ------------------------------------------------------------------------------------- */

enum { PROBLEMS_SHOWN = 100 };

typedef struct Problems {
    json_t *list; /* of the first PROBLEMS_SHOWN; NULL: they are printed */
    int64_t count;
} Problems;

static void add_problem(void *context, const char *sentence) {
    Problems *problems = context;
    if (problems->count++ >= PROBLEMS_SHOWN) return;
    if (problems->list) {
        json_array_append_new(problems->list, json_string(sentence));
    } else {
        printf("%s\n", sentence);
    }
}

/* What can be read, held against the schemas of our channels. */
static Status check_messages(TapeReader *reader, Problems *problems, int64_t *checked) {
    ChannelChecker *checker;
    TRY(channel_checker_open(&checker));
    Status status;
    TapeMessage message;
    while ((status = tape_next(reader, &message)) == OK || status == E_CORRUPT) {
        if (status == E_CORRUPT) continue; /* tape_check() has told */
        ++*checked;
        if (channel_check(checker, &message) == OK) continue;
        char sentence[640];
        snprintf(sentence, sizeof sentence, "at %" PRId64 " ns: %s", message.t_ns, fail_reason());
        add_problem(problems, sentence);
    }
    channel_checker_close(checker);
    return status == E_END ? OK : status;
}

static int run_check(Options *options, const char *path) {
    TapeReader *reader;
    if (tape_open(&reader, path) != OK) return work_failed();
    Problems problems = {.list = options->json ? json_array() : NULL};
    int64_t messages = 0;
    Status status = tape_check(reader, add_problem, &problems);
    if (status == OK) status = check_messages(reader, &problems, &messages);
    tape_close(reader);
    if (status != OK) {
        json_decref(problems.list);
        return work_failed();
    }
    int code = problems.count > 0 ? WORK_FAILED : DONE_WELL;
    if (options->json) {
        int printed = print_json(json_pack(
            "{s:s, s:b, s:I, s:I, s:o}", "tape", path, "good", problems.count == 0, "messages",
            (json_int_t)messages, "problem_count", (json_int_t)problems.count, "problems",
            problems.list));
        return printed == DONE_WELL ? code : printed;
    }
    if (problems.count == 0) {
        printf("%s: good, %" PRId64 " messages\n", path, messages);
    } else {
        printf("%s: %" PRId64 " problems\n", path, problems.count);
    }
    return code;
}

/* -- cat, cut, repair -------------------------------------------------------------------------- */

enum { PATTERNS_MAX = 32 };

/* A tape may claim to start at the end of time. */
static int64_t after(int64_t start_ns, double seconds) {
    int64_t ns = (int64_t)(seconds * 1e9);
    return start_ns > INT64_MAX - ns ? INT64_MAX : start_ns + ns;
}

/* Take --topic apart in place; patterns holds the pieces. */
static TapeCut cut_of(Options *options, const TapeInfo *info, const char **patterns) {
    TapeCut cut = {.topics = patterns, .to_ns = INT64_MAX};
    char *rest = options->topic;
    for (char *word; (word = strsep(&rest, ",")) && cut.topic_count < PATTERNS_MAX;) {
        if (*word) patterns[cut.topic_count++] = word;
    }
    cut.from_ns = after(info->start_ns, options->from);
    if (options->to > 0) cut.to_ns = after(info->start_ns, options->to);
    return cut;
}

/* The message for a line: JSON as it is, an image as what it is, anything else as its size. */
static json_t *json_of_content(const TapeMessage *message) {
    const TapeChannel *channel = message->channel;
    PackedImage image;
    if (strcmp(channel->message_encoding, "json") == 0) {
        json_t *value =
            json_loadb((const char *)message->bytes, message->size, JSON_DECODE_ANY, NULL);
        if (value) return value;
    } else if (
        strcmp(channel->schema_name, "foxglove.CompressedImage") == 0 &&
        message_unpack_image(message->bytes, message->size, &image) == OK) {
        return json_pack(
            "{s:I, s:s, s:s, s:I}", "t_ns", (json_int_t)image.t_ns, "frame_id", image.frame_id,
            "format", image.format, "bytes", (json_int_t)image.data_size);
    }
    return json_pack(
        "{s:s, s:I}", "encoding", channel->message_encoding, "bytes", (json_int_t)message->size);
}

static int cat_messages(TapeReader *reader, const TapeCut *cut) {
    int code = DONE_WELL;
    for (TapeMessage message;;) {
        Status status = tape_next(reader, &message);
        if (status == E_END || (status == OK && message.t_ns >= cut->to_ns)) return code;
        if (status != OK) {
            code = work_failed();
            if (status != E_CORRUPT) return code;
            continue;
        }
        if (!tape_cut_has_topic(cut, message.channel->topic)) continue;
        json_t *line = json_pack(
            "{s:s, s:I, s:I, s:o}", "topic", message.channel->topic, "t_ns",
            (json_int_t)message.t_ns, "sequence", (json_int_t)message.sequence, "message",
            json_of_content(&message));
        if (print_json(line) != DONE_WELL) return WORK_FAILED;
    }
}

static int run_cat(Options *options, const char *path) {
    TapeReader *reader;
    if (tape_open(&reader, path) != OK) return work_failed();
    const char *patterns[PATTERNS_MAX];
    TapeCut cut = cut_of(options, tape_info(reader), patterns);
    int code = tape_seek(reader, cut.from_ns) == OK ? cat_messages(reader, &cut) : work_failed();
    tape_close(reader);
    return code;
}

static int report_copy(const Options *options, const char *to, int64_t kept, int64_t lost_bytes) {
    if (options->json) {
        return print_json(json_pack(
            "{s:s, s:I, s:I}", "tape", to, "messages", (json_int_t)kept, "lost_bytes",
            (json_int_t)lost_bytes));
    }
    printf("%s: %" PRId64 " messages", to, kept);
    if (lost_bytes > 0) printf(", %" PRId64 " bytes were lost", lost_bytes);
    printf("\n");
    return DONE_WELL;
}

static int run_cut(Options *options, const char *path) {
    if (!options->output[0]) {
        fprintf(stderr, "cartwright: tape cut: say where to with --output FILE\n");
        return WORDS_WRONG;
    }
    TapeReader *reader;
    if (tape_open(&reader, path) != OK) return work_failed();
    const char *patterns[PATTERNS_MAX];
    TapeCut cut = cut_of(options, tape_info(reader), patterns);
    tape_close(reader);
    int64_t kept, lost_bytes;
    if (tape_extract(path, options->output, &cut, &kept, &lost_bytes) != OK) return work_failed();
    return report_copy(options, options->output, kept, lost_bytes);
}

static int run_repair(Options *options, const char *path) {
    const char *to = options->output[0] ? options->output : path;
    int64_t kept, lost_bytes;
    if (tape_repair(path, to, &kept, &lost_bytes) != OK) return work_failed();
    return report_copy(options, to, kept, lost_bytes);
}

/* -- words ------------------------------------------------------------------------------------- */

typedef struct Verb {
    const char *name, *help;
    const Setting *rows;
    int (*run)(Options *options, const char *path);
} Verb;

static const Verb verbs[] = {
    {"info", "channels, counts, duration and notes", report_rows, run_info},
    {"check", "every checksum, index and message; exit 1 when something is wrong", report_rows,
     run_check},
    {"cat", "messages in order of time, one JSON object a line", cat_rows, run_cat},
    {"cut", "a part of a tape as a tape; calibrations are always kept", cut_rows, run_cut},
    {"repair", "close a tape that was cut off, with every message that can be read", repair_rows,
     run_repair},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void print_usage(void) {
    printf("usage: cartwright tape COMMAND TAPE [options]\n\n");
    for (int i = 0; i < VERBS; i++)
        printf("  %-8s %s\n", verbs[i].name, verbs[i].help);
    printf("\n`cartwright tape COMMAND --help` lists a command's options.\n");
}

static int run_verb(const Verb *verb, int argc, char **argv) {
    Options options = {0};
    const SettingSection section = {verb->name, verb->help, verb->rows, &options};
    settings_defaults(&section, 1);
    int words = 0;
    if (settings_read_args(verb->rows, &options, argc, argv, &words) != OK) {
        fprintf(stderr, "cartwright: tape %s: %s\n", verb->name, fail_reason());
        return WORDS_WRONG;
    }
    if (options.help) {
        printf("usage: cartwright tape %s TAPE [options]\n\n%s\n\n", verb->name, verb->help);
        settings_print_options(stdout, verb->rows);
        return DONE_WELL;
    }
    if (words != 1) {
        fprintf(
            stderr,
            "cartwright: tape %s: name one tape; `cartwright tape %s --help` lists the options\n",
            verb->name, verb->name);
        return WORDS_WRONG;
    }
    int code = verb->run(&options, argv[0]);
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    fail(E_IO, "tape: cannot write to the standard output");
    return work_failed();
}

int tape_command(int argc, char **argv) {
    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        print_usage();
        return DONE_WELL;
    }
    for (int i = 0; argc > 0 && i < VERBS; i++) {
        if (strcmp(argv[0], verbs[i].name) == 0) return run_verb(&verbs[i], argc - 1, argv + 1);
    }
    fprintf(
        stderr, "cartwright: tape: %s%s; `cartwright tape --help` lists them\n",
        argc > 0 ? "no such command: " : "name a command", argc > 0 ? argv[0] : "");
    return WORDS_WRONG;
}
