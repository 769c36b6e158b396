/*
 * commands_test.c - what the programs say and how they end: 0 done, 1 the work failed, 2 wrong
 * words; a failure is one line on stderr. Words: cartwright, cartwright-eval, cartwright-sim (""
 * when it is not built).
 */
#include "channels.h"
#include "message.h"
#include "test.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CART, EVAL, SIM, PROGRAMS };

static const char *const names[PROGRAMS] = {"cartwright", "cartwright-eval", "cartwright-sim"};
static const char *programs[PROGRAMS];
static char root[64] = "/tmp/cartwright-commands-XXXXXX";
static char said[1 << 16], complaint[1 << 14]; /* stdout and stderr of the latest run */

static const char *at(const char *name) {
    static char paths[8][160];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static void slurp(const char *path, char *out, size_t size) {
    FILE *file = fopen(path, "r");
    const size_t got = file ? fread(out, 1, size - 1, file) : 0;
    out[got] = '\0';
    if (file) fclose(file);
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) abort();
}

/* The exit status of a program with these words; -1: it crashed. */
static int run(int program, const char *words) {
    char line[2048], *argv[24] = {(char *)programs[program]}, *rest = line;
    int argc = 1, status = 0;
    pid_t child = 0;
    snprintf(line, sizeof line, "%s", words);
    for (char *word; (word = strsep(&rest, " ")) && argc < 23;)
        if (*word) argv[argc++] = word;
    argv[argc] = NULL;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, at("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, at("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (posix_spawn(&child, argv[0], &actions, NULL, argv, environ) != 0) abort();
    posix_spawn_file_actions_destroy(&actions);
    waitpid(child, &status, 0);
    slurp(at("out"), said, sizeof said);
    slurp(at("err"), complaint, sizeof complaint);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Lines on stderr; logfmt lines are the log, not the complaint. */
static int complaints(void) {
    int lines = 0;
    for (const char *line = complaint; *line;) {
        const char *end = strchrnul(line, '\n');
        lines += strncmp(line, "level=", 6) != 0;
        line = *end ? end + 1 : end;
    }
    return lines;
}

/* Ends with this status and one line that holds the word. */
static void fails(int program, int status, const char *words, const char *word) {
    if (!programs[program][0]) return;
    const int ended = run(program, words);
    const bool right = ended == status && complaints() == 1 && strstr(complaint, word);
    if (!right) printf("# %s %s: %d: %s\n", names[program], words, ended, complaint);
    CHECK(right);
}

static bool says_json(void) {
    json_error_t error;
    json_t *json = json_loads(said, 0, &error);
    if (!json) printf("# %s: %.200s\n", error.text, said);
    const bool is_object = json_is_object(json);
    json_decref(json);
    return is_object;
}

static void write_json(TapeWriter *tape, Channel channel, int64_t t_ns, json_t *message) {
    char *text = message_text(message);
    uint16_t id;
    if (!text || channel_add(tape, channel, NULL, &id) != OK ||
        tape_write(tape, id, t_ns, text, strlen(text)) != OK)
        abort();
    free(text);
    json_decref(message);
}

/* A shop of one product, a tape on which it is scanned, and its truth: nothing was put in. */
static void make_world(void) {
    TapeWriter *tape = NULL;
    const int64_t t_ns = 1700000000000000000;
    mkdir(at("shop"), 0755);
    mkdir(at("shop/oats"), 0755);
    write_text(
        at("shop/oats/product.json"),
        "{\"name\":\"Oats\",\"category\":\"food\",\"gtin\":\"2000000000022\","
        "\"gross_weight_g\":500,\"price_minor\":199,\"currency\":\"EUR\",\"unit\":\"each\"}");
    if (tape_create(&tape, at("tape.mcap"), NULL) != OK) abort();
    const ScaleCalibration scale = {
        .cells = 1, .cell = {{400, 0, 0, 0}}, .sample_hz = 80, .e_g = 5, .max_g = 30000};
    write_json(tape, CHANNEL_SCALE_CALIBRATION, t_ns, message_from_scale_calibration(&scale));
    const Scan scan = {.t_ns = t_ns + 1, .code = "2000000000022", .camera = -1};
    write_json(tape, CHANNEL_SCAN, t_ns + 1, message_from_scan(&scan));
    write_json(
        tape, CHANNEL_TRUTH_BASKET, t_ns + 2,
        json_pack(
            "{s:I,s:[],s:i,s:f}", "t_ns", t_ns + 2, "lines", "total_minor", 0, "load_g", 0.0));
    if (tape_finish(tape) != OK) abort();
    write_text(at("basket.json"), "{\"lines\":[],\"items\":0,\"total_minor\":0}");
    write_text(at("wrong.json"), "{\"lines\":[],\"items\":1,\"total_minor\":199}");
    write_text(at("letter.txt"), "no JSON, no tape, no YAML: {");
}

/* -- facts ------------------------------------------------------------------------------------ */

static void every_program_says_its_version(void) {
    for (int i = 0; i < PROGRAMS; i++) {
        if (!programs[i][0]) continue;
        char line[64];
        snprintf(line, sizeof line, "%s " CARTWRIGHT_VERSION "\n", names[i]);
        CHECK(run(i, "--version") == 0 && complaint[0] == '\0');
        CHECK(strncmp(said, line, strlen(line)) == 0);
        /* the part that is designed to be sealed says its own, and its hash */
        const char *rest = said + strlen(line);
        const bool meters = strcmp(names[i], "cartwright") == 0;
        const char *hash = strrchr(rest, ' ');
        CHECK(meters == (strncmp(rest, "meter ", 6) == 0));
        CHECK(meters ? hash && strspn(hash + 1, "0123456789abcdef") == 64 : rest[0] == '\0');
    }
}

static void every_command_has_help(void) {
    static const struct {
        int program;
        const char *words;
    } helps[] = {
        {CART, ""},         {CART, "run"},      {CART, "replay"},      {CART, "identify"},
        {CART, "enroll"},   {CART, "tape"},     {CART, "tape info"},   {CART, "tape check"},
        {CART, "tape cat"}, {CART, "tape cut"}, {CART, "tape repair"}, {CART, "check-config"},
        {EVAL, ""},         {EVAL, "score"},    {EVAL, "compare"},     {EVAL, "receipt"},
        {SIM, ""},          {SIM, "run"},       {SIM, "views"},        {SIM, "dataset"},
    };
    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
        if (!programs[helps[i].program][0]) continue;
        char words[64];
        snprintf(words, sizeof words, "%s --help", helps[i].words);
        const bool right =
            run(helps[i].program, words) == 0 && strstr(said, "cartwright") && complaint[0] == '\0';
        if (!right) printf("# %s %s\n", names[helps[i].program], words);
        CHECK(right);
    }
}

static void wrong_words_end_with_two_and_one_line(void) {
    fails(CART, 2, "", "--help");
    fails(CART, 2, "fly", "'fly'");
    fails(CART, 2, "run --fly", "--fly");
    fails(CART, 2, "run north", "'north'");
    fails(CART, 2, "run --port 99999", "--port");
    fails(CART, 2, "run --port", "--port");
    fails(CART, 2, "run --set cart", "\"cart\"");
    fails(CART, 2, "run --set cart.nam=x", "cart.nam");
    fails(CART, 2, "run --set kart.name=x", "kart");
    fails(CART, 2, "replay", "tape");
    fails(CART, 2, "replay a.mcap b.mcap", "one tape");
    fails(CART, 2, "identify", "GALLERY");
    fails(CART, 2, "identify --box", "--box");
    fails(CART, 2, "enroll", "GALLERY");
    fails(CART, 2, "tape", "--help");
    fails(CART, 2, "tape rewind", "rewind");
    fails(CART, 2, "tape info", "tape");
    fails(CART, 2, "tape info a.mcap --fast", "--fast");
    fails(CART, 2, "check-config --print", "--print");
    fails(EVAL, 2, "", "--help");
    fails(EVAL, 2, "judge", "judge");
    fails(EVAL, 2, "score", "tape");
    fails(EVAL, 2, "score --fast a.mcap", "--fast");
    fails(EVAL, 2, "compare a.json", "two");
    fails(EVAL, 2, "receipt a.mcap", "basket");
    fails(SIM, 2, "", "--help");
    fails(SIM, 2, "fly", "fly");
    fails(SIM, 2, "run", "scenario");
    fails(SIM, 2, "run --fly a.yaml", "--fly");
}

static void work_that_fails_ends_with_one_and_one_line(void) {
    char words[512];
    fails(CART, 1, "run", "sources");
    fails(CART, 1, "run --set cart.catalog=/nowhere --set sources.scale=tape:x", "/nowhere");
    fails(CART, 1, "replay /nowhere.mcap", "/nowhere.mcap");
    snprintf(words, sizeof words, "replay %s", at("letter.txt"));
    fails(CART, 1, words, "letter.txt");
    snprintf(words, sizeof words, "replay %s --set cart.catalog=/nowhere", at("tape.mcap"));
    fails(CART, 1, words, "/nowhere");
    snprintf(words, sizeof words, "tape info %s", at("letter.txt"));
    fails(CART, 1, words, "letter.txt");
    fails(CART, 1, "tape cut /nowhere.mcap -o /nowhere/b.mcap", "/nowhere.mcap");
    fails(CART, 1, "identify -g /nowhere.gallery /nowhere.png", "/nowhere");
    fails(CART, 1, "enroll -o /tmp/x.gallery /nowhere", "/nowhere");
    fails(EVAL, 1, "score --catalog /nowhere a.mcap", "/nowhere");
    snprintf(words, sizeof words, "score --catalog %s /nowhere.mcap", at("shop"));
    fails(EVAL, 1, words, "/nowhere.mcap");
    fails(EVAL, 1, "compare /nowhere.json /nowhere.json", "/nowhere.json");
    snprintf(words, sizeof words, "compare %s %s", at("basket.json"), at("letter.txt"));
    fails(EVAL, 1, words, "letter.txt");
    snprintf(
        words, sizeof words, "receipt --catalog %s %s %s", at("shop"), at("tape.mcap"),
        at("letter.txt"));
    fails(EVAL, 1, words, "letter.txt");
    fails(SIM, 1, "run /nowhere.yaml", "/nowhere.yaml");
}

static void a_good_configuration_is_fine(void) {
    char words[256];
    write_text(at("good.yaml"), "cart:\n  name: aisle 4\nweigh:\n  settle_ms: 300\n");
    snprintf(words, sizeof words, "check-config -c %s", at("good.yaml"));
    CHECK(run(CART, words) == 0 && strstr(said, "good.yaml: fine") && complaint[0] == '\0');
    CHECK(run(CART, "check-config --print-example") == 0);
    write_text(at("example.yaml"), said);
    snprintf(words, sizeof words, "check-config -c %s", at("example.yaml"));
    CHECK(run(CART, words) == 0);
}

static void a_bad_configuration_is_named_by_file_line_and_key(void) {
    static const struct {
        const char *text, *where, *what;
    } bad[] = {
        {"cart:\n  name: x\n  nmae: y\n", "bad.yaml:3", "nmae"},
        {"cart:\n  name: x\nwiegh:\n  settle_ms: 300\n", "bad.yaml:3", "wiegh"},
        {"weigh:\n  settle_ms: soon\n", "bad.yaml:2", "settle_ms"},
        {"weigh:\n\n  settle_ms: -5\n", "bad.yaml:3", "settle_ms"},
        {"sources:\n  cameras: front\n", "bad.yaml:2", "cameras"},
        {"cart: [1, 2]\n", "bad.yaml:1", "cart"},
        {"cart:\n  name: \"x\n", "bad.yaml", ""},
        {"cart: *name\n", "bad.yaml:1", ""},
    };
    char words[256];
    snprintf(words, sizeof words, "check-config -c %s", at("bad.yaml"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text(at("bad.yaml"), bad[i].text);
        fails(CART, 2, words, bad[i].where);
        CHECK(strstr(complaint, bad[i].what));
    }
    fails(CART, 2, "check-config -c /nowhere.yaml", "/nowhere.yaml");
}

static void json_parses(void) {
    char words[512];
    snprintf(
        words, sizeof words, "replay %s --set cart.catalog=%s --json", at("tape.mcap"), at("shop"));
    CHECK(run(CART, words) == 0 && says_json() && strstr(said, "\"decision_hash\""));
    snprintf(words, sizeof words, "tape info %s --json", at("tape.mcap"));
    CHECK(run(CART, words) == 0 && says_json());
    snprintf(words, sizeof words, "tape check %s --json", at("tape.mcap"));
    CHECK(run(CART, words) == 0 && says_json());
    snprintf(words, sizeof words, "score --catalog %s %s --json", at("shop"), at("tape.mcap"));
    CHECK(run(EVAL, words) == 0 && says_json() && strstr(said, "\"ablations\""));
    CHECK(run(CART, "check-config --print-schema") == 0 && says_json());
}

static void reports_can_be_compared(void) {
    char words[512];
    snprintf(words, sizeof words, "score --catalog %s %s --json", at("shop"), at("tape.mcap"));
    CHECK(run(EVAL, words) == 0);
    write_text(at("report.json"), said);
    snprintf(words, sizeof words, "compare %s %s", at("report.json"), at("report.json"));
    CHECK(run(EVAL, words) == 0 && strstr(said, "basket.exact") && strstr(said, "+0.0000"));
}

static void a_receipt_agrees_or_ends_with_one(void) {
    char words[512];
    snprintf(
        words, sizeof words, "receipt --catalog %s %s %s", at("shop"), at("tape.mcap"),
        at("basket.json"));
    CHECK(run(EVAL, words) == 0 && strstr(said, "basket and truth agree"));
    snprintf(
        words, sizeof words, "receipt --catalog %s %s %s", at("shop"), at("tape.mcap"),
        at("wrong.json"));
    CHECK(run(EVAL, words) == 1 && strstr(said, "DIFFER"));
}

static void a_replay_prints_the_receipt(void) {
    char words[512];
    snprintf(words, sizeof words, "replay %s --set cart.catalog=%s", at("tape.mcap"), at("shop"));
    CHECK(run(CART, words) == 0 && strstr(said, "TOTAL"));
    snprintf(
        words, sizeof words, "replay %s --set cart.catalog=%s --record %s", at("tape.mcap"),
        at("shop"), at("again.mcap"));
    CHECK(run(CART, words) == 0);
    snprintf(words, sizeof words, "tape check %s", at("again.mcap"));
    CHECK(run(CART, words) == 0);
}

int main(int argc, char **argv) {
    if (argc != 4 || !mkdtemp(root)) return 1;
    for (int i = 0; i < PROGRAMS; i++)
        programs[i] = argv[1 + i];
    make_world();
    RUN(every_program_says_its_version);
    RUN(every_command_has_help);
    RUN(wrong_words_end_with_two_and_one_line);
    RUN(work_that_fails_ends_with_one_and_one_line);
    RUN(a_good_configuration_is_fine);
    RUN(a_bad_configuration_is_named_by_file_line_and_key);
    RUN(json_parses);
    RUN(reports_can_be_compared);
    RUN(a_receipt_agrees_or_ends_with_one);
    RUN(a_replay_prints_the_receipt);
    char words[128];
    snprintf(words, sizeof words, "rm -rf '%s'", root);
    if (system(words) != 0) return 1;
    return DONE();
}
