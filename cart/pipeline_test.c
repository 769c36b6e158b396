/*
 * pipeline_test.c - the whole flow over tapes made here: load cells that ring, codes, no pictures
 * but a fake camera's. Words: the folder of the test networks; then, for the child that is to be
 * killed, what it shall do and where.
 */
#include "channels.h"
#include "clock.h"
#include "log.h"
#include "message.h"
#include "pipeline.h"
#include "test.h"
#include "test_shop.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CELLS = 4, SAMPLE_HZ = 80 };

static const int64_t T0_NS = 1700000000 * NS_PER_SECOND;
static const double COUNTS_PER_G = 400, ZERO_COUNTS = 20000;

static const char *networks, *self;

/* -- a shop ----------------------------------------------------------------------------------- */

static void make_shop(void) {
    mkdir(at("catalog"), 0755);
    put_product("beans", "2000000000022", 99, 410.5);
    put_product("cola", "2000000000039", 189, 1050);
    put_product("rice", "2000000000046", 219, 700);
    put_product("soup", "2000000000053", 149, 410); /* weighs what beans do */
}

/* -- tapes ------------------------------------------------------------------------------------ */

typedef struct Load {
    double at_s, delta_g;
} Load;

typedef struct Code {
    double at_s;
    const char *code;
} Code;

typedef struct Story {
    double length_s;
    Load loads[64];
    Code codes[8];
    const char *bad_message; /* on /scale/raw, twice */
    const char *camera;      /* with one picture that is none */
} Story;

static int64_t moment(double s) { return T0_NS + (int64_t)(s * 1e9); }

/* The load on the platform: every change rings and dies away. */
static double load_at(const Story *story, double t_s) {
    const double omega = 2 * 3.14159265358979 * 12, decay = 0.12 * omega;
    double total_g = 0;
    for (const Load *load = story->loads; load->delta_g != 0; load++) {
        const double age_s = t_s - load->at_s;
        if (age_s >= 0) total_g += load->delta_g * (1 - exp(-decay * age_s) * cos(omega * age_s));
    }
    return total_g;
}

static void write_json(TapeWriter *tape, uint16_t channel, int64_t t_ns, json_t *message) {
    char *text = message_text(message);
    if (!text || tape_write(tape, channel, t_ns, text, strlen(text)) != OK) abort();
    free(text);
    json_decref(message);
}

static void write_scale(TapeWriter *tape, const Story *story) {
    uint16_t calibration, raw;
    if (channel_add(tape, CHANNEL_SCALE_CALIBRATION, NULL, &calibration) != OK ||
        channel_add(tape, CHANNEL_SCALE_RAW, NULL, &raw) != OK)
        abort();
    ScaleCalibration scale = {
        .cells = CELLS, .sample_hz = SAMPLE_HZ, .platform_g = 3000, .e_g = 5, .max_g = 30000};
    for (int i = 0; i < CELLS; i++) {
        scale.cell[i].counts_per_g = COUNTS_PER_G;
        scale.cell[i].zero_counts = ZERO_COUNTS;
        scale.cell[i].x_m = i % 2 ? 0.2 : -0.2;
        scale.cell[i].y_m = i / 2 ? 0.15 : -0.15;
    }
    write_json(tape, calibration, T0_NS, message_from_scale_calibration(&scale));
    uint32_t dice = 1;
    for (int n = 0; n < (int)(story->length_s * SAMPLE_HZ); n++) {
        const double t_s = (double)n / SAMPLE_HZ;
        ScaleSample sample = {.t_ns = moment(t_s), .valid = 15, .temperature_c = NAN};
        for (int i = 0; i < CELLS; i++) {
            dice = dice * 1664525U + 1013904223U;
            const double noise = (double)(dice >> 16) / 65536 * 60 - 30;
            sample.counts[i] =
                (int32_t)lround(ZERO_COUNTS + COUNTS_PER_G * load_at(story, t_s) / CELLS + noise);
        }
        write_json(tape, raw, sample.t_ns, message_from_scale_sample(&sample));
    }
    for (int i = 0; story->bad_message && i < 2; i++)
        if (tape_write(
                tape, raw, moment(0.3 * (i + 1)), story->bad_message, strlen(story->bad_message)) !=
            OK)
            abort();
}

static void write_codes(TapeWriter *tape, const Story *story) {
    uint16_t channel;
    if (channel_add(tape, CHANNEL_SCAN, NULL, &channel) != OK) abort();
    for (const Code *code = story->codes; code->code; code++) {
        Scan scan = {.t_ns = moment(code->at_s), .source = SCAN_SCANNER, .camera = -1};
        snprintf(scan.code, sizeof scan.code, "%s", code->code);
        write_json(tape, channel, scan.t_ns, message_from_scan(&scan));
    }
}

static void write_bad_picture(TapeWriter *tape, const char *camera) {
    static const uint8_t no_jpeg[] = {0xff, 0xd8, 0xff, 0x00, 0x12};
    uint16_t channel;
    uint8_t *packed = NULL;
    size_t size = 0;
    if (channel_add(tape, CHANNEL_CAMERA, camera, &channel) != OK ||
        message_pack_image(moment(0.5), camera, "jpeg", no_jpeg, sizeof no_jpeg, &packed, &size) !=
            OK ||
        tape_write(tape, channel, moment(0.5), packed, size) != OK)
        abort();
    free(packed);
}

static void make_tape(const char *path, const Story *story) {
    TapeWriter *tape = NULL;
    if (tape_create(&tape, path, NULL) != OK) abort();
    write_scale(tape, story);
    write_codes(tape, story);
    if (story->camera) write_bad_picture(tape, story->camera);
    if (tape_finish(tape) != OK) abort();
}

/* Soup with its code, cola, then the soup is taken out again. */
static const Story shopping = {
    .length_s = 12, .loads = {{2, 410}, {5, 1050}, {8, -410}}, .codes = {{1.2, "2000000000053"}}};

/* -- running ---------------------------------------------------------------------------------- */

static void configure(CartConfig *config, const char *tape) {
    SettingSection sections[CONFIG_SECTIONS];
    config_sections(config, sections);
    settings_defaults(sections, CONFIG_SECTIONS);
    snprintf(config->cart.catalog, sizeof config->cart.catalog, "%s", at("catalog"));
    snprintf(config->detect.model, sizeof config->detect.model, "fake:");
    snprintf(config->identify.model, sizeof config->identify.model, "%s/embedder.onnx", networks);
    config->identify.gallery[0] = config->journal.path[0] = '\0';
    config->publish.enabled = false;
    config->infer.threads = 1;
    if (tape && config_use_tape(config, tape) != OK) abort();
}

static void use_camera(CartConfig *config, const char *uri) {
    SettingMap *cameras = &config->sources.cameras;
    cameras->count = 1;
    snprintf(cameras->at[0].name, sizeof cameras->at[0].name, "front");
    snprintf(cameras->at[0].value, sizeof cameras->at[0].value, "%s", uri);
}

static Basket basket; /* of the latest run */

static PipelineReport run(const PipelineRequest *request) {
    Pipeline *pipeline = NULL;
    PipelineReport report = {0};
    const Status opened = pipeline_open(&pipeline, request);
    if (opened != OK) printf("# %s\n", fail_reason());
    CHECK(opened == OK);
    if (opened != OK) return report;
    CHECK(pipeline_run(pipeline) == OK);
    report = pipeline_report(pipeline);
    pipeline_basket(pipeline, &basket);
    pipeline_close(pipeline);
    return report;
}

static PipelineReport replay(const char *tape, const char *record) {
    static CartConfig config;
    configure(&config, tape);
    return run(&(PipelineRequest){.config = &config, .record_path = record});
}

static bool holds(int line, const char *id, int quantity) {
    static const char *const ids[] = {"beans", "cola", "rice", "soup"};
    return line < basket.count && strcmp(ids[basket.lines[line].sku], id) == 0 &&
           basket.lines[line].quantity == quantity;
}

static void a_tape_gives_its_basket(void) {
    make_tape(at("shopping.mcap"), &shopping);
    const PipelineReport report = replay(at("shopping.mcap"), NULL);
    CHECK(basket.count == 1 && holds(0, "cola", 1));
    CHECK(basket.total_minor == 189 && basket.items == 1);
    CHECK(report.entries == 3 && report.pictures_damaged == 0);
}

static void a_tape_gives_one_decision_hash(void) {
    const PipelineReport once = replay(at("shopping.mcap"), NULL);
    const PipelineReport again = replay(at("shopping.mcap"), NULL);
    CHECK(strlen(once.decision_hash) == 64);
    CHECK(strcmp(once.decision_hash, again.decision_hash) == 0);
    Story other = shopping;
    other.loads[1].delta_g = 700;
    make_tape(at("other.mcap"), &other);
    CHECK(strcmp(once.decision_hash, replay(at("other.mcap"), NULL).decision_hash) != 0);
    CHECK(holds(0, "rice", 1));
}

static void what_is_recorded_replays_to_the_same_decisions(void) {
    const PipelineReport first = replay(at("shopping.mcap"), at("recorded.mcap"));
    const PipelineReport second = replay(at("recorded.mcap"), NULL);
    CHECK(strcmp(first.decision_hash, second.decision_hash) == 0 && second.entries == 3);
}

static void pace_does_not_change_decisions(void) {
    static CartConfig config;
    const Story brief = {.length_s = 3, .loads = {{1, 1050}}};
    make_tape(at("brief.mcap"), &brief);
    const PipelineReport fast = replay(at("brief.mcap"), NULL);
    configure(&config, at("brief.mcap"));
    const int64_t start_ns = clock_now_ns();
    const PipelineReport paced = run(&(PipelineRequest){.config = &config, .realtime = true});
    CHECK(clock_now_ns() - start_ns > 2900 * NS_PER_MS);
    CHECK(strcmp(fast.decision_hash, paced.decision_hash) == 0 && holds(0, "cola", 1));
}

static void a_sense_that_is_not_asked_for_is_not_heard(void) {
    static CartConfig config;
    const Story scanned = {.length_s = 6, .loads = {{2, 410}}, .codes = {{1.2, "2000000000053"}}};
    make_tape(at("scanned.mcap"), &scanned);
    configure(&config, at("scanned.mcap"));
    run(&(PipelineRequest){.config = &config});
    CHECK(basket.prompt_count == 0 && holds(0, "soup", 1));
    snprintf(config.sources.scanner, sizeof config.sources.scanner, "none");
    run(&(PipelineRequest){.config = &config});
    CHECK(basket.prompt_count == 1); /* soup or beans: the code would have told */
}

static void what_is_damaged_is_counted_and_skipped(void) {
    Story story = shopping;
    story.bad_message = "{\"t_ns\": 1, \"counts\": [\"x\"]";
    make_tape(at("damaged.mcap"), &story);
    const PipelineReport report = replay(at("damaged.mcap"), NULL);
    CHECK(report.pictures_damaged == 2);
    CHECK(basket.count == 1 && holds(0, "cola", 1));
}

/* -- cameras: these need a network ------------------------------------------------------------ */

static void a_fake_camera_is_seen_to_its_end(void) {
    static CartConfig config;
    configure(&config, NULL);
    use_camera(&config, "fake:320x240@30/60");
    const PipelineReport once =
        run(&(PipelineRequest){.config = &config, .record_path = at("camera.mcap")});
    CHECK(once.frames_seen == 60 && once.frames_dropped == 0);
    const PipelineReport again = run(&(PipelineRequest){.config = &config});
    CHECK(strcmp(once.decision_hash, again.decision_hash) == 0);
    CHECK(replay(at("camera.mcap"), NULL).frames_seen == 60);
}

static void a_damaged_picture_is_counted_and_skipped(void) {
    Story story = shopping;
    story.camera = "front";
    make_tape(at("bad_picture.mcap"), &story);
    const PipelineReport report = replay(at("bad_picture.mcap"), NULL);
    CHECK(report.pictures_damaged == 1 && report.frames_seen == 0);
}

static void *stop_soon(void *pipeline) {
    clock_sleep_until_ns(clock_now_ns() + 400 * NS_PER_MS);
    pipeline_stop(pipeline);
    return NULL;
}

static void stop_ends_an_endless_camera(void) {
    static CartConfig config;
    configure(&config, NULL);
    use_camera(&config, "fake:160x120@50");
    for (int realtime = 0; realtime < 2; realtime++) {
        Pipeline *pipeline = NULL;
        pthread_t thread;
        const PipelineRequest request = {.config = &config, .realtime = realtime == 1};
        CHECK(pipeline_open(&pipeline, &request) == OK);
        CHECK(pthread_create(&thread, NULL, stop_soon, pipeline) == 0);
        CHECK(pipeline_run(pipeline) == OK);
        pthread_join(thread, NULL);
        CHECK(pipeline_report(pipeline).frames_seen > 0);
        pipeline_close(pipeline);
    }
}

/* -- the shopper, over HTTP ------------------------------------------------------------------- */

/* The answer's body is in `heard`; false: nobody answered. */
static char heard[65536];

static bool ask(int port, const char *method, const char *path, const char *body) {
    char words[512];
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    heard[0] = '\0';
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return false;
    }
    const int length = snprintf(
        words, sizeof words,
        "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        method, path, strlen(body), body);
    size_t size = 0;
    ssize_t got = write(fd, words, (size_t)length);
    while (got > 0 && size < sizeof heard - 1) {
        got = read(fd, heard + size, sizeof heard - 1 - size);
        if (got > 0) size += (size_t)got;
    }
    heard[size] = '\0';
    close(fd);
    const char *content = strstr(heard, "\r\n\r\n");
    if (content) memmove(heard, content + 4, strlen(content + 4) + 1);
    return content != NULL;
}

static int64_t number_heard(const char *key) {
    json_t *json = json_loads(heard, 0, NULL);
    const int64_t number = json_integer_value(json_object_get(json, key));
    json_decref(json);
    return number;
}

/* Ask for the basket until it has this revision. */
static bool wait_for_revision(int port, int64_t revision) {
    for (int tries = 0; tries < 1500; tries++) {
        if (ask(port, "GET", "/api/v1/basket", "") && number_heard("revision") >= revision)
            return true;
        clock_sleep_until_ns(clock_now_ns() + 20 * NS_PER_MS);
    }
    return false;
}

static void *run_in_thread(void *pipeline) {
    return pipeline_run(pipeline) == OK ? pipeline : NULL;
}

static void the_shopper_is_served_when_the_tape_is_over(void) {
    static CartConfig config;
    const Story doubtful = {.length_s = 4, .loads = {{1.5, 410}}};
    make_tape(at("doubtful.mcap"), &doubtful);
    configure(&config, at("doubtful.mcap"));
    config.publish.enabled = true;
    config.publish.port = 0;
    Pipeline *pipeline = NULL;
    pthread_t thread;
    void *fine = NULL;
    CHECK(pipeline_open(&pipeline, &(PipelineRequest){.config = &config, .stay = true}) == OK);
    CHECK(pthread_create(&thread, NULL, run_in_thread, pipeline) == 0);
    const int port = pipeline_port(pipeline);
    CHECK(wait_for_revision(port, 2)); /* something was put in; what? */
    CHECK(ask(port, "POST", "/api/v1/prompts/1", "{\"product\":\"soup\",\"quantity\":1}"));
    CHECK(wait_for_revision(port, 3) && number_heard("total_minor") == 149);
    CHECK(ask(port, "POST", "/api/v1/session", "{\"action\":\"checkout\"}"));
    CHECK(wait_for_revision(port, 4));
    pipeline_stop(pipeline);
    pthread_join(thread, &fine);
    CHECK(fine == pipeline);
    pipeline_basket(pipeline, &basket);
    CHECK(holds(0, "soup", 1) && basket.checked_out);
    pipeline_close(pipeline);
}

/* -- kill -9 ---------------------------------------------------------------------------------- */

/* Another process that runs a tape with a journal and a page; its port comes first on *out. */
static pid_t start_child(const char *what, int *out) {
    int ends[2];
    pid_t child = 0;
    char *const words[] = {(char *)self, (char *)networks, (char *)what, root, NULL};
    if (pipe(ends) != 0) abort();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    if (posix_spawn(&child, self, &actions, NULL, words, environ) != 0) abort();
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *out = ends[0];
    return child;
}

static int child_says(int out, char *text, int size) {
    int length = 0;
    while (length < size - 1 && read(out, text + length, 1) == 1 && text[length] != '\n')
        length++;
    text[length] = '\0';
    return length;
}

/* "live": at the tape's pace. "fast": as fast as it goes. "full": the disk is full by then. */
static int be_child(const char *what) {
    static CartConfig config;
    configure(&config, at(strcmp(what, "fast") == 0 ? "many.mcap" : "long.mcap"));
    snprintf(config.journal.path, sizeof config.journal.path, "%s", at("journal.sqlite"));
    config.publish.enabled = true;
    config.publish.port = 0;
    Pipeline *pipeline = NULL;
    const PipelineRequest request = {
        .config = &config, .realtime = strcmp(what, "fast") != 0, .resume = true};
    if (pipeline_open(&pipeline, &request) != OK) return 3;
    if (strcmp(what, "full") == 0) {
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){512, 512}) != 0) return 4;
    }
    printf("%d\n", pipeline_port(pipeline));
    fflush(stdout);
    const Status status = pipeline_run(pipeline);
    if (status != OK) printf("%s\n", fail_reason());
    pipeline_close(pipeline);
    return status == OK ? 0 : 1;
}

static void forget_journal(void) {
    unlink(at("journal.sqlite"));
    unlink(at("journal.sqlite-wal"));
    unlink(at("journal.sqlite-shm"));
}

/* What the journal gives back: a run over a tape on which nothing happens. */
static void resume(void) {
    static CartConfig config;
    make_tape(at("still.mcap"), &(Story){.length_s = 1});
    configure(&config, at("still.mcap"));
    snprintf(config.journal.path, sizeof config.journal.path, "%s", at("journal.sqlite"));
    run(&(PipelineRequest){.config = &config, .resume = true});
}

static void a_killed_session_is_resumed(void) {
    const Story story = {.length_s = 90, .loads = {{1, 1050}, {3, 700}}};
    make_tape(at("long.mcap"), &story);
    forget_journal();
    int out = -1;
    char port[16];
    const pid_t child = start_child("live", &out);
    CHECK(child_says(out, port, sizeof port) > 0);
    CHECK(wait_for_revision(atoi(port), 2));
    const int64_t total = number_heard("total_minor");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(out);
    resume();
    CHECK(basket.revision == 2 && basket.total_minor == total && total == 189 + 219);
    CHECK(basket.count == 2 && holds(0, "cola", 1) && holds(1, "rice", 1));
}

/* Whenever it is killed, what was acknowledged is there, and it makes sense. */
static void no_acknowledged_entry_is_lost_whenever_it_is_killed(void) {
    Story story = {.length_s = 2.5 * 40 + 3};
    for (int i = 0; i < 40; i++)
        story.loads[i] = (Load){2 + 2.5 * i, i % 4 == 3 ? -700 : 700};
    make_tape(at("many.mcap"), &story);
    int acknowledged = 0;
    for (int round = 0; round < 6; round++) {
        forget_journal();
        int out = -1;
        char port[16];
        const pid_t child = start_child("fast", &out);
        CHECK(child_says(out, port, sizeof port) > 0);
        int64_t revision = 0;
        while (revision < 1 + 6 * round && ask(atoi(port), "GET", "/api/v1/basket", "")) {
            revision = number_heard("revision");
            clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(out);
        resume();
        CHECK(basket.revision >= revision);
        CHECK(basket.total_minor == 219 * basket.items);
        const int puts = (int)basket.revision - (int)basket.revision / 4;
        CHECK(basket.items == puts - (int)basket.revision / 4);
        acknowledged += revision > 0;
    }
    CHECK(acknowledged > 0);
}

static void refused(const CartConfig *config, const char *record, const char *word) {
    Pipeline *pipeline = NULL;
    const Status status = pipeline_open(
        &pipeline, &(PipelineRequest){.config = config, .record_path = record, .resume = true});
    CHECK(status != OK && pipeline == NULL);
    const char *why = fail_reason();
    if (status != OK && (!strstr(why, word) || strchr(why, '\n'))) printf("# %s\n", why);
    CHECK(strstr(why, word) != NULL && strchr(why, '\n') == NULL);
    pipeline_close(pipeline);
}

/* -- the meter ----------------------------------------------------------------------------------
 */

static void make_greens(void) {
    mkdir(at("greens"), 0755);
    mkdir(at("greens/apples"), 0755);
    write_text(
        at("greens/apples/product.json"),
        "{\"name\":\"apples\",\"category\":\"produce\",\"gtin\":\"2000000000060\","
        "\"gross_weight_g\":100,\"pack_sd_g\":30,\"batch_sd_g\":10,\"price_minor\":299,"
        "\"currency\":\"EUR\",\"unit\":\"kg\",\"tare_g\":4}");
}

/* 20002.4 g are aboard and show 4000 e of 5 g; with 106.6 g of apples 4022. Their own gross is 21,
 * less 1 for the bag. */
static void an_add_is_weighed_on_its_own_net(void) {
    static CartConfig config;
    const Story story = {
        .length_s = 14, .loads = {{1, 20002.4}, {8, 106.6}}, .codes = {{7.2, "2000000000060"}}};
    make_greens();
    make_tape(at("greens.mcap"), &story);
    configure(&config, at("greens.mcap"));
    snprintf(config.cart.catalog, sizeof config.cart.catalog, "%s", at("greens"));
    run(&(PipelineRequest){.config = &config});
    int weighed = 0;
    for (int i = 0; i < basket.count; i++)
        weighed += basket.lines[i].sku == 0 && basket.lines[i].net_e == 20 &&
                   basket.lines[i].e_g == 5 && basket.lines[i].price_minor == 30; /* 29.9 */
    CHECK(weighed == 1);
}

/* What a query on the journal's file answers, as a number; -1: it was refused. */
static int64_t ask_journal(const char *sql) {
    sqlite3 *database = NULL;
    sqlite3_stmt *query = NULL;
    int64_t answer = -1;
    if (sqlite3_open(at("journal.sqlite"), &database) == SQLITE_OK &&
        sqlite3_prepare_v2(database, sql, -1, &query, NULL) == SQLITE_OK) {
        const int code = sqlite3_step(query);
        answer = code == SQLITE_ROW ? sqlite3_column_int64(query, 0) : code == SQLITE_DONE ? 0 : -1;
    }
    sqlite3_finalize(query);
    sqlite3_close(database);
    return answer;
}

static void a_calibration_is_on_record_and_the_same_one_only_once(void) {
    static CartConfig config;
    make_tape(at("brief.mcap"), &(Story){.length_s = 3, .loads = {{1, 1050}}});
    configure(&config, at("brief.mcap"));
    snprintf(config.journal.path, sizeof config.journal.path, "%s", at("journal.sqlite"));
    forget_journal();
    for (int i = 0; i < 2; i++) {
        run(&(PipelineRequest){.config = &config, .resume = true});
        CHECK(ask_journal("SELECT max(calibration_count) FROM seal") == 1);
        CHECK(ask_journal("SELECT max(configuration_count) FROM seal") == 1);
    }
    const int64_t entries = ask_journal("SELECT count(*) FROM seal");
    config.meter.dwell_ms = 500;
    run(&(PipelineRequest){.config = &config, .resume = true});
    CHECK(ask_journal("SELECT count(*) FROM seal") == entries + 1);
    CHECK(ask_journal("SELECT max(configuration_count) FROM seal") == 2);
    CHECK(ask_journal("SELECT before FROM seal ORDER BY sequence DESC LIMIT 1") == 400);
    CHECK(ask_journal("SELECT after FROM seal ORDER BY sequence DESC LIMIT 1") == 500);
}

static void a_cart_whose_event_log_was_tampered_with_does_not_start(void) {
    static CartConfig config;
    configure(&config, at("brief.mcap"));
    snprintf(config.journal.path, sizeof config.journal.path, "%s", at("journal.sqlite"));
    CHECK(ask_journal("UPDATE seal SET after = 1 WHERE sequence = 5") == -1); /* append-only */
    CHECK(ask_journal("DELETE FROM seal") == -1);
    CHECK(ask_journal("DROP TRIGGER seal_unchanged") == 0); /* by somebody who means it */
    CHECK(ask_journal("UPDATE seal SET after = after + 1 WHERE sequence = 5") == 0);
    refused(&config, NULL, "event log: entry 5");
    forget_journal();
    run(&(PipelineRequest){.config = &config});
    CHECK(ask_journal("DROP TRIGGER seal_kept") == 0);
    CHECK(ask_journal("DELETE FROM seal WHERE sequence > 3") == 0);
    refused(&config, NULL, "cut it");
    forget_journal();
}

static void a_journal_that_cannot_be_written_stops_the_cart(void) {
    forget_journal();
    int out = -1, status = 0;
    char line[512];
    const int64_t start_ns = clock_now_ns();
    const pid_t child = start_child("full", &out);
    CHECK(child_says(out, line, sizeof line) > 0);
    CHECK(child_says(out, line, sizeof line) > 0 && strstr(line, "journal"));
    waitpid(child, &status, 0);
    close(out);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    CHECK(clock_now_ns() - start_ns < 60 * NS_PER_SECOND); /* long before the tape is over */
    resume();
    CHECK(basket.revision == 0);
}

/* -- refusals --------------------------------------------------------------------------------- */

/* Opening fails with one line that holds this word. */
static void no_source_is_refused(void) {
    static CartConfig config;
    configure(&config, NULL);
    refused(&config, NULL, "sources");
}

static void a_source_that_cannot_be_opened_is_named(void) {
    static CartConfig config;
    configure(&config, NULL);
    snprintf(config.sources.scale, sizeof config.sources.scale, "usb:cells");
    refused(&config, NULL, "usb:cells");
    snprintf(config.sources.scale, sizeof config.sources.scale, "tape:%s", at("nowhere.mcap"));
    refused(&config, NULL, "nowhere.mcap");
    configure(&config, NULL);
    snprintf(config.sources.scanner, sizeof config.sources.scanner, "serial:/dev/ttyNOWHERE");
    refused(&config, NULL, "/dev/ttyNOWHERE");
}

static void a_corrupt_tape_is_named(void) {
    static CartConfig config;
    write_text(at("corrupt.mcap"), "this is no tape, whatever its name says");
    configure(&config, NULL);
    snprintf(config.sources.scale, sizeof config.sources.scale, "tape:%s", at("corrupt.mcap"));
    refused(&config, NULL, "corrupt.mcap");
    CHECK(config_use_tape(&config, at("corrupt.mcap")) == E_CORRUPT);
    CHECK(strstr(fail_reason(), "corrupt.mcap") != NULL);
}

static void a_catalogue_that_cannot_be_read_is_named(void) {
    static CartConfig config;
    configure(&config, at("shopping.mcap"));
    snprintf(config.cart.catalog, sizeof config.cart.catalog, "%s", at("no-such-shop"));
    refused(&config, NULL, "no-such-shop");
    mkdir(at("bad"), 0755);
    mkdir(at("bad/thing"), 0755);
    write_text(at("bad/thing/product.json"), "{\"name\": \"Thing\", ");
    snprintf(config.cart.catalog, sizeof config.cart.catalog, "%s", at("bad"));
    refused(&config, NULL, "thing/product.json");
    config.cart.catalog[0] = '\0';
    refused(&config, NULL, "cart.catalog");
}

static void a_port_in_use_is_named(void) {
    static CartConfig config;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    char port[16];
    snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
    configure(&config, at("shopping.mcap"));
    config.publish.enabled = true;
    config.publish.port = ntohs(address.sin_port);
    refused(&config, NULL, port);
    close(fd);
}

static void a_journal_or_record_that_cannot_be_opened_is_named(void) {
    static CartConfig config;
    configure(&config, at("shopping.mcap"));
    refused(&config, at("no-folder/record.mcap"), "no-folder/record.mcap");
    write_text(at("letter.txt"), "Dear journal, this is no database, but long enough for one.");
    snprintf(config.journal.path, sizeof config.journal.path, "%s", at("letter.txt"));
    refused(&config, NULL, "letter.txt");
}

static void a_missing_model_is_named(void) {
    static CartConfig config;
    configure(&config, NULL);
    use_camera(&config, "fake:64x48@10/3");
    snprintf(config.identify.model, sizeof config.identify.model, "%s", at("eyes.onnx"));
    refused(&config, NULL, "eyes.onnx");
    configure(&config, NULL);
    use_camera(&config, "fake:64x48@10/3");
    snprintf(config.detect.model, sizeof config.detect.model, "%s", at("finder.onnx"));
    refused(&config, NULL, "finder.onnx");
}

static void a_camera_that_cannot_be_opened_is_named(void) {
    static CartConfig config;
    configure(&config, NULL);
    use_camera(&config, "webcam:0");
    refused(&config, NULL, "webcam:0");
    use_camera(&config, "fake:banana");
    refused(&config, NULL, "banana");
    configure(&config, at("shopping.mcap"));
    snprintf(config.sources.cameras.at[0].name, SETTING_NAME_BYTES, "rear");
    snprintf(
        config.sources.cameras.at[0].value, SETTING_TEXT_BYTES, "tape:%s", at("shopping.mcap"));
    config.sources.cameras.count = 1;
    refused(&config, NULL, "'rear'");
}

static void remove_root(void) {
    char words[160];
    snprintf(words, sizeof words, "rm -rf '%s'", root);
    if (system(words) != 0) fprintf(stderr, "could not remove %s\n", root);
}

int main(int argc, char **argv) {
    log_threshold(LOG_LEVEL_ERROR);
    self = "/proc/self/exe";
    networks = argc > 1 ? argv[1] : "infer/testdata";
    if (argc == 4) {
        snprintf(root, sizeof root, "%s", argv[3]);
        return be_child(argv[2]);
    }
    snprintf(root, sizeof root, "/tmp/cartwright-pipeline-XXXXXX");
    if (!mkdtemp(root)) return 1;
    make_shop();
    RUN(a_tape_gives_its_basket);
    RUN(a_tape_gives_one_decision_hash);
    RUN(what_is_recorded_replays_to_the_same_decisions);
    RUN(pace_does_not_change_decisions);
    RUN(a_sense_that_is_not_asked_for_is_not_heard);
    RUN(what_is_damaged_is_counted_and_skipped);
    RUN(the_shopper_is_served_when_the_tape_is_over);
    RUN(a_killed_session_is_resumed);
    RUN(no_acknowledged_entry_is_lost_whenever_it_is_killed);
    RUN(an_add_is_weighed_on_its_own_net);
    RUN(a_calibration_is_on_record_and_the_same_one_only_once);
    RUN(a_cart_whose_event_log_was_tampered_with_does_not_start);
    RUN(a_journal_that_cannot_be_written_stops_the_cart);
    RUN(no_source_is_refused);
    RUN(a_source_that_cannot_be_opened_is_named);
    RUN(a_corrupt_tape_is_named);
    RUN(a_catalogue_that_cannot_be_read_is_named);
    RUN(a_port_in_use_is_named);
    RUN(a_journal_or_record_that_cannot_be_opened_is_named);
    const char *have_onnx = getenv("HAVE_ONNX");
    if (!have_onnx || strcmp(have_onnx, "0") != 0) {
        RUN(a_fake_camera_is_seen_to_its_end);
        RUN(a_damaged_picture_is_counted_and_skipped);
        RUN(stop_ends_an_endless_camera);
        RUN(a_missing_model_is_named);
        RUN(a_camera_that_cannot_be_opened_is_named);
    }
    remove_root();
    return DONE();
}
