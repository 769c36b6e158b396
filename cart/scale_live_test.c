/*
 * scale_live_test.c - a cart with a serial scale and nothing else, from counts to basket, screen
 * and tape, and `cartwright scale` beside it. The scale is scripted and sometimes misbehaves; what
 * docs/scale.md tells a person to type is typed here. Words: cartwright; the folder of the test
 * networks.
 */
#include "clock.h"
#include "log.h"
#include "pipeline.h"
#include "scripted_scale.h"
#include "tape.h"
#include "test.h"
#include "test_shop.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const double PI = 3.14159265358979;

static const char *cartwright, *networks;

static void sleep_ms(int ms) { clock_sleep_until_ns(clock_now_ns() + ms * NS_PER_MS); }

/* -- a platform on four HX711s and a microcontroller, or a scale with a head ------------------- */

typedef enum Speech {
    SPEAK_COUNTS,
    SPEAK_WEIGHTS,
    SPEAK_NOISE,
    SPEAK_SHAKES,
    SPEAK_NOTHING
} Speech;

typedef struct Platform {
    ScriptedScale scale;
    pthread_t thread;
    atomic_bool stopping;
    atomic_int speech;
    _Atomic double grams, x, y; /* load, and where: -1 to 1 */
    double hz;
    int64_t moved_ns;
    double from_g, to_g;
    uint32_t dice;
} Platform;

static const double gains[] = {400, 385, 431, 410};
static const double zeros[] = {120000, 118500, 121000, 119000};

static double noise(Platform *platform, double counts) {
    platform->dice = platform->dice * 1664525U + 1013904223U;
    return ((double)(platform->dice >> 8) / (1 << 24) - 0.5) * 2 * counts;
}

/* Every change rings and dies away. */
static double load_now(Platform *platform) {
    const double grams = atomic_load(&platform->grams), omega = 2 * PI * 9;
    if (grams != platform->to_g) {
        platform->from_g = platform->to_g;
        platform->to_g = grams;
        platform->moved_ns = clock_now_ns();
    }
    const double age_s = (double)(clock_now_ns() - platform->moved_ns) * 1e-9;
    const double ring = exp(-0.12 * omega * age_s) * cos(omega * age_s);
    return platform->to_g + (platform->from_g - platform->to_g) * ring;
}

static void say_counts(Platform *platform) {
    char line[96];
    const double grams = load_now(platform), x = atomic_load(&platform->x),
                 y = atomic_load(&platform->y);
    int length = snprintf(line, sizeof line, "C");
    for (int i = 0; i < 4; i++) {
        const double share = (i % 2 ? 1 + x : 1 - x) * (i / 2 ? 1 + y : 1 - y) / 4;
        length += snprintf(
            line + length, sizeof line - (size_t)length, " %ld",
            lround(zeros[i] + gains[i] * grams * share + noise(platform, 100)));
    }
    unsigned sum = 0;
    for (int i = 0; i < length; i++)
        sum ^= (unsigned char)line[i];
    snprintf(line + length, sizeof line - (size_t)length, "*%02X\r\n", sum);
    scripted_scale_say(&platform->scale, line);
}

static void say_weight(Platform *platform) {
    char line[64];
    const double grams = load_now(platform);
    const bool still = clock_now_ns() - platform->moved_ns > NS_PER_SECOND;
    snprintf(
        line, sizeof line, "%s,GS,%c%8.3fkg\r\n", still ? "ST" : "US", grams < 0 ? '-' : '+',
        fabs(grams + noise(platform, 1)) / 1000);
    scripted_scale_say(&platform->scale, line);
}

static void *stream(void *argument) {
    Platform *platform = argument;
    int64_t due_ns = clock_now_ns();
    while (!atomic_load(&platform->stopping)) {
        due_ns += (int64_t)(1e9 / platform->hz);
        clock_sleep_until_ns(due_ns);
        switch ((Speech)atomic_load(&platform->speech)) {
        case SPEAK_COUNTS:
            say_counts(platform);
            break;
        case SPEAK_WEIGHTS:
            say_weight(platform);
            break;
        case SPEAK_NOISE:
            scripted_scale_say(&platform->scale, "\x81~pq\xfe\r\n");
            break;
        case SPEAK_SHAKES:
            scripted_scale_say(&platform->scale, "A 0 0 9806*66\r\n");
            break;
        case SPEAK_NOTHING:
            break;
        }
    }
    return NULL;
}

static void start_platform(Platform *platform, Speech speech, double hz) {
    memset(platform, 0, sizeof *platform);
    CHECK(scripted_scale_make(&platform->scale));
    platform->hz = hz;
    atomic_store(&platform->speech, speech);
    if (pthread_create(&platform->thread, NULL, stream, platform) != 0) abort();
}

static void pause_platform(Platform *platform) {
    atomic_store(&platform->stopping, true);
    pthread_join(platform->thread, NULL);
    atomic_store(&platform->stopping, false);
}

static void stop_platform(Platform *platform) {
    pause_platform(platform);
    scripted_scale_remove(&platform->scale);
}

/* -- a cart ------------------------------------------------------------------------------------ */

static int e_g = 5; /* of a scale that gives weights */

static void configure(CartConfig *config, const char *scale) {
    SettingSection sections[CONFIG_SECTIONS];
    config_sections(config, sections);
    settings_defaults(sections, CONFIG_SECTIONS);
    snprintf(config->cart.catalog, sizeof config->cart.catalog, "%s", at("catalog"));
    snprintf(config->sources.scale, sizeof config->sources.scale, "%s", scale);
    snprintf(config->scale.calibration, sizeof config->scale.calibration, "%s", at("scale.json"));
    snprintf(config->identify.model, sizeof config->identify.model, "%s/embedder.onnx", networks);
    config->identify.gallery[0] = config->journal.path[0] = '\0';
    config->publish.port = 0;
    config->scale.e_g = e_g;
    snprintf(config->publish.web_root, sizeof config->publish.web_root, "%s", root);
}

typedef struct Cart {
    CartConfig config;
    Pipeline *pipeline;
    pthread_t thread;
    Status ended;
} Cart;

static Cart cart;

static void *run_in_thread(void *argument) {
    Cart *running = argument;
    running->ended = pipeline_run(running->pipeline);
    return NULL;
}

static bool start_cart(const char *scale, const char *record) {
    configure(&cart.config, scale);
    const PipelineRequest request = {
        .config = &cart.config, .realtime = true, .record_path = record};
    const Status status = pipeline_open(&cart.pipeline, &request);
    if (status != OK) printf("# %s\n", fail_reason());
    CHECK(status == OK);
    return status == OK && pthread_create(&cart.thread, NULL, run_in_thread, &cart) == 0;
}

static PipelineReport stop_cart(Basket *basket) {
    pipeline_stop(cart.pipeline);
    pthread_join(cart.thread, NULL);
    CHECK(cart.ended == OK);
    const PipelineReport report = pipeline_report(cart.pipeline);
    if (basket) pipeline_basket(cart.pipeline, basket);
    pipeline_close(cart.pipeline);
    return report;
}

/* The body of the answer; "" when nobody answers. */
static char heard[1 << 16];

static void get(const char *path) {
    char words[256];
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)pipeline_port(cart.pipeline)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t size = 0;
    heard[0] = '\0';
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        const int length = snprintf(
            words, sizeof words, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            path);
        ssize_t got = write(fd, words, (size_t)length);
        while (got > 0 && size < sizeof heard - 1) {
            got = read(fd, heard + size, sizeof heard - 1 - size);
            if (got > 0) size += (size_t)got;
        }
    }
    close(fd);
    heard[size] = '\0';
    const char *body = strstr(heard, "\r\n\r\n");
    if (body) memmove(heard, body + 4, strlen(body + 4) + 1);
}

/* Until the answer has this text; how long that took, -1: too long. */
static int wait_for(const char *path, const char *text, int most_ms) {
    const int64_t start_ns = clock_now_ns();
    do {
        get(path);
        if (strstr(heard, text)) return (int)((clock_now_ns() - start_ns) / NS_PER_MS);
        sleep_ms(20);
    } while (clock_now_ns() - start_ns < most_ms * NS_PER_MS);
    printf("# %s never had '%s': %.300s\n", path, text, heard);
    return -1;
}

/* -- cartwright scale -------------------------------------------------------------------------- */

static char said[1 << 15], complaint[1 << 14];

static void slurp(const char *path, char *out, size_t size) {
    FILE *file = fopen(path, "r");
    const size_t got = file ? fread(out, 1, size - 1, file) : 0;
    out[got] = '\0';
    if (file) fclose(file);
}

/* `cartwright scale WORDS`; in: what is typed, NULL: nothing. Its exit status. */
static pid_t spawn(const char *words, int in) {
    char line[1024], *argv[24] = {(char *)cartwright, "scale"}, *rest = line;
    int argc = 2;
    pid_t child = 0;
    snprintf(line, sizeof line, "%s", words);
    for (char *word; (word = strsep(&rest, " ")) && argc < 23;)
        if (*word) argv[argc++] = word;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (in >= 0) {
        posix_spawn_file_actions_adddup2(&actions, in, 0);
    } else {
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    }
    posix_spawn_file_actions_addopen(&actions, 1, at("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, at("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (posix_spawn(&child, argv[0], &actions, NULL, argv, environ) != 0) abort();
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

static int finished(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    slurp(at("out"), said, sizeof said);
    slurp(at("err"), complaint, sizeof complaint);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int scale(const char *words) { return finished(spawn(words, -1)); }

/* With the running cart's address. */
static int scale_of_cart(const char *words) {
    char line[512];
    snprintf(
        line, sizeof line, "%s --url http://127.0.0.1:%d", words, pipeline_port(cart.pipeline));
    return scale(line);
}

static bool ends(int status, int wanted, const char *word) {
    const bool right = status == wanted && (strstr(said, word) || strstr(complaint, word));
    if (!right) printf("# exit %d: %s%s\n", status, said, complaint);
    return right;
}

static const char *serial_uri(const Platform *platform, const char *options) {
    static char uri[256];
    snprintf(uri, sizeof uri, "serial:%s?%s", platform->scale.device, options);
    return uri;
}

/* -- the guided calibration -------------------------------------------------------------------- */

/* Waits until the guide has asked for its nth thing. */
static bool asked(int number) {
    char text[16];
    snprintf(text, sizeof text, "\n%d of ", number);
    for (int tries = 0; tries < 1000; tries++) {
        slurp(at("out"), said, sizeof said);
        if (strstr(said, text)) return true;
        sleep_ms(10);
    }
    return false;
}

/* Does what the guide says; spoil: step at which something is done wrong, 0: none. */
static int follow_the_guide(Platform *platform, int spoil) {
    static const double places[][3] = {{0, 0, 0},     {5000, 0, 0}, {5000, -1, -1}, {5000, 1, -1},
                                       {5000, -1, 1}, {5000, 1, 1}, {15000, 0, 0},  {0, 0, 0}};
    char words[768];
    int in[2];
    if (pipe(in) != 0) abort();
    fcntl(in[1], F_SETFD, FD_CLOEXEC);
    snprintf(
        words, sizeof words,
        "calibrate --set sources.scale=%s --set scale.calibration=%s --set publish.port=1 "
        "--load-g 5000 --second-g 15000 --seconds 0.5",
        serial_uri(platform, "protocol=counts"), at("scale.json"));
    const pid_t child = spawn(words, in[0]);
    close(in[0]);
    for (int step = 1; step <= 8; step++) {
        if (!asked(step)) break;
        const double *place = places[step - 1];
        atomic_store(&platform->x, 0.8 * place[1]);
        atomic_store(&platform->y, 0.8 * place[2]);
        atomic_store(&platform->grams, step == spoil ? place[0] + 40 : place[0]);
        sleep_ms(100); /* somebody steps back */
        if (write(in[1], "\n", 1) != 1) break;
    }
    const int status = finished(child);
    close(in[1]);
    return status;
}

static void the_guided_calibration_refuses_a_bad_one_and_writes_a_good_one(void) {
    static Platform platform;
    start_platform(&platform, SPEAK_COUNTS, 80);
    CHECK(ends(follow_the_guide(&platform, 8), 1, "zero is not found again"));
    CHECK(access(at("scale.json"), F_OK) != 0);
    CHECK(ends(follow_the_guide(&platform, 0), 0, "written to"));
    CHECK(access(at("scale.json"), F_OK) == 0);
    char words[512];
    atomic_store(&platform.grams, 1234);
    sleep_ms(1500);
    snprintf(
        words, sizeof words,
        "status --set sources.scale=%s --set scale.calibration=%s --set publish.port=1 --json",
        serial_uri(&platform, "protocol=counts"), at("scale.json"));
    CHECK(scale(words) == 0);
    json_t *json = json_loads(said, 0, NULL);
    const double grams = json_number_value(json_object_get(json, "weight_g"));
    if (fabs(grams - 1234) >= 1) printf("# %s\n", said);
    CHECK(fabs(grams - 1234) < 1);
    CHECK(fabs(json_number_value(json_object_get(json, "hz")) - 80) < 2);
    json_decref(json);
    stop_platform(&platform);
}

/* -- the whole flow ---------------------------------------------------------------------------- */

static Basket basket;

static bool holds_cola(void) {
    return basket.count == 1 && basket.items == 1 && basket.total_minor == 189;
}

/* Of every weight the cart told, as it told it. */
static uint64_t weights_hash(const char *tape, int *count) {
    TapeReader *reader = NULL;
    TapeMessage message;
    uint64_t hash = 14695981039346656037U; /* FNV-1a */
    *count = 0;
    CHECK(tape_open(&reader, tape) == OK);
    while (reader && tape_next(reader, &message) == OK) {
        if (strcmp(message.channel->topic, "/cart/weight") != 0) continue;
        for (size_t i = 0; i < message.size; i++)
            hash = (hash ^ message.bytes[i]) * 1099511628211U;
        ++*count;
    }
    tape_close(reader);
    return hash;
}

static PipelineReport replay(const char *tape) {
    static CartConfig config;
    Pipeline *pipeline = NULL;
    PipelineReport report = {0};
    configure(&config, "none");
    config.publish.enabled = false;
    CHECK(config_use_tape(&config, tape) == OK);
    const PipelineRequest request = {.config = &config, .record_path = at("again.mcap")};
    CHECK(pipeline_open(&pipeline, &request) == OK);
    if (!pipeline) return report;
    CHECK(pipeline_run(pipeline) == OK);
    report = pipeline_report(pipeline);
    pipeline_basket(pipeline, &basket);
    pipeline_close(pipeline);
    return report;
}

static void counts_of_a_serial_scale_become_a_basket_and_a_tape_that_replays_the_same(void) {
    static Platform platform;
    start_platform(&platform, SPEAK_COUNTS, 80);
    if (!start_cart(serial_uri(&platform, "protocol=counts"), at("live.mcap"))) {
        stop_platform(&platform);
        return;
    }
    CHECK(wait_for("/api/v1/scale", "\"stable\":true,\"overload\":false", 5000) >= 0);
    sleep_ms(1500);
    atomic_store(&platform.grams, 1050);
    CHECK(wait_for("/api/v1/basket", "\"product\":\"cola\"", 5000) >= 0);
    CHECK(wait_for("/api/v1/scale", "\"Gross\":1050.0", 3000) >= 0);
    sleep_ms(500);
    CHECK(ends(scale_of_cart("tare"), 0, "tare: done, by the cart"));
    CHECK(wait_for("/api/v1/scale", "\"TareMode\":1", 2000) >= 0);
    CHECK(ends(
        scale_of_cart("status"), 0, "net     0.000 kg   tare   1.050 kg   gross     1.050 kg"));
    CHECK(ends(scale_of_cart("zero"), 1, "refused")); /* a tare is set */
    CHECK(ends(scale_of_cart("tare --clear"), 0, "clear_tare: done"));
    CHECK(ends(scale_of_cart("log"), 0, "refused: "));
    CHECK(strstr(said, "tare        \n") && strstr(said, "clear_tare"));
    CHECK(ends(scale_of_cart("calibrate --load-g 5000"), 1, "has the scale: stop it first"));
    sleep_ms(500);
    const PipelineReport live = stop_cart(&basket);
    CHECK(holds_cola());
    const PipelineReport again = replay(at("live.mcap"));
    CHECK(strcmp(live.decision_hash, again.decision_hash) == 0 && live.entries == again.entries);
    CHECK(live.entries > 0 && holds_cola());
    int weights = 0, weights_again = 0; /* gross, tare and net as well, orders included */
    CHECK(
        weights_hash(at("live.mcap"), &weights) == weights_hash(at("again.mcap"), &weights_again));
    printf("# %d weights, the same when replayed\n", weights);
    CHECK(weights > 30 && weights == weights_again);
    stop_platform(&platform);
}

static void a_silent_noisy_or_unplugged_scale_is_on_show_within_a_second_and_comes_back(void) {
    static Platform platform;
    start_platform(&platform, SPEAK_COUNTS, 80);
    if (!start_cart(serial_uri(&platform, "protocol=counts"), NULL)) {
        stop_platform(&platform);
        return;
    }
    CHECK(wait_for("/api/v1/scale", "\"legal\":{", 5000) >= 0);
    sleep_ms(500);
    CHECK(wait_for("/api/v1/health", "\"status\":\"ok\"", 1000) >= 0);

    atomic_store(&platform.speech, SPEAK_NOTHING);
    int took_ms = wait_for("/api/v1/health", "silent", 3000);
    printf("# silence was on show after %d ms\n", took_ms);
    CHECK(took_ms >= 0 && took_ms <= 1000);
    get("/api/v1/scale");
    CHECK(
        strstr(heard, "\"error\"") && strstr(heard, "silent")); /* no old weight is shown as new */
    CHECK(ends(scale_of_cart("status"), 1, "silent"));
    atomic_store(&platform.speech, SPEAK_COUNTS);
    CHECK(wait_for("/api/v1/health", "\"status\":\"ok\"", 2000) >= 0);

    atomic_store(&platform.speech, SPEAK_NOISE);
    took_ms = wait_for("/api/v1/health", "lines that are no weight", 3000);
    printf("# noise was on show after %d ms\n", took_ms);
    CHECK(took_ms >= 0 && took_ms <= 1000);
    atomic_store(&platform.speech, SPEAK_COUNTS);
    CHECK(wait_for("/api/v1/health", "\"status\":\"ok\"", 2000) >= 0);

    atomic_store(&platform.speech, SPEAK_SHAKES);
    took_ms = wait_for("/api/v1/health", "only the accelerometer speaks", 3000);
    CHECK(took_ms >= 0 && took_ms <= 1000);
    atomic_store(&platform.speech, SPEAK_COUNTS);
    CHECK(wait_for("/api/v1/health", "\"status\":\"ok\"", 2000) >= 0);

    pause_platform(&platform);
    scripted_scale_unplug(&platform.scale);
    took_ms = wait_for("/api/v1/health", "unplugged", 3000);
    printf("# unplugging was on show after %d ms\n", took_ms);
    CHECK(took_ms >= 0 && took_ms <= 1000);
    sleep_ms(1000);
    scripted_scale_plug(&platform.scale);
    if (pthread_create(&platform.thread, NULL, stream, &platform) != 0) abort();
    took_ms = wait_for("/api/v1/health", "\"status\":\"ok\"", 6000);
    printf("# it was back %d ms after it was plugged in again\n", took_ms);
    CHECK(took_ms >= 0);
    CHECK(wait_for("/api/v1/scale", "\"legal\":{", 2000) >= 0);
    CHECK(ends(scale_of_cart("log"), 0, "unplugged") && strstr(said, "back"));
    stop_cart(NULL);
    stop_platform(&platform);
}

static void a_scale_with_a_head_needs_no_calibration(void) {
    static Platform platform;
    start_platform(&platform, SPEAK_WEIGHTS, 50);
    if (!start_cart(serial_uri(&platform, "protocol=continuous"), at("weights.mcap"))) {
        stop_platform(&platform);
        return;
    }
    CHECK(wait_for("/api/v1/scale", "\"device\":[\"stable\"]", 5000) >= 0);
    sleep_ms(1500);
    atomic_store(&platform.grams, 1050);
    CHECK(wait_for("/api/v1/scale", "\"device\":[\"motion\"]", 2000) >= 0);
    CHECK(wait_for("/api/v1/basket", "\"product\":\"cola\"", 5000) >= 0);
    sleep_ms(500);
    const PipelineReport live = stop_cart(&basket);
    CHECK(holds_cola());
    const PipelineReport again = replay(at("weights.mcap"));
    CHECK(strcmp(live.decision_hash, again.decision_hash) == 0);
    stop_platform(&platform);
}

static void a_scale_the_meter_refuses_is_on_show(void) {
    static Platform platform;
    start_platform(&platform, SPEAK_WEIGHTS, 20);
    e_g = 40000; /* no division a class III scale has */
    const bool started = start_cart(serial_uri(&platform, "protocol=continuous"), NULL);
    e_g = 5;
    if (started) {
        CHECK(wait_for("/api/v1/health", "\"what\":\"meter\"", 3000) >= 0);
        CHECK(strstr(heard, "is not 1, 2 or 5"));
        stop_cart(NULL);
    }
    stop_platform(&platform);
}

static void without_a_cart_the_scale_itself_is_asked(void) {
    static Platform platform;
    char words[512];
    start_platform(&platform, SPEAK_WEIGHTS, 20);
    atomic_store(&platform.grams, 2500);
    const char *uri = serial_uri(&platform, "protocol=continuous");
    sleep_ms(1200);
    snprintf(words, sizeof words, "status --set publish.port=1 --set sources.scale=%s", uri);
    CHECK(ends(scale(words), 0, "2.500 kg") && strstr(said, "STABLE"));
    snprintf(
        words, sizeof words,
        "status --watch --seconds 2 --set publish.port=1 --set sources.scale=%s", uri);
    CHECK(ends(scale(words), 0, "2.500 kg"));
    snprintf(words, sizeof words, "zero --set publish.port=1 --set sources.scale=%s", uri);
    CHECK(ends(scale(words), 1, "use the scale's own key"));
    snprintf(
        words, sizeof words, "calibrate --load-g 5000 --set publish.port=1 --set sources.scale=%s",
        uri);
    CHECK(ends(scale(words), 1, "gives weights, not counts"));
    atomic_store(&platform.speech, SPEAK_NOTHING);
    snprintf(words, sizeof words, "status --set publish.port=1 --set sources.scale=%s", uri);
    CHECK(ends(scale(words), 1, "silent: is it on"));
    atomic_store(&platform.speech, SPEAK_NOISE);
    CHECK(ends(scale(words), 1, "lines that are no weight"));
    CHECK(ends(scale("log --set publish.port=1"), 1, "no cart answers"));
    CHECK(ends(scale("status --set publish.port=1"), 1, "sources.scale is none"));
    CHECK(ends(scale("calibrate"), 2, "--load-g"));
    CHECK(ends(scale("weigh"), 2, "no such command"));
    CHECK(ends(scale("status now"), 2, "what is 'now'"));
    CHECK(ends(scale("status --help"), 0, "--watch") && ends(scale("--help"), 0, "calibrate"));
    stop_platform(&platform);
}

static void the_other_wires_of_the_page_lead_to_a_first_weight(void) {
    char words[512];
    static const char *const files[][2] = {
        {"in_voltage0_raw", "8500000\n"}, {"scan_elements/in_voltage0_type", "le:u24/32>>0\n"}};
    for (int i = 0; i < 2; i++) {
        char path[96];
        snprintf(path, sizeof path, "iio:device%d", i);
        mkdir(at(path), 0755);
        snprintf(path, sizeof path, "iio:device%d/scan_elements", i);
        mkdir(at(path), 0755);
        for (int j = 0; j < 2; j++) {
            snprintf(path, sizeof path, "iio:device%d/%s", i, files[j][0]);
            write_text(at(path), files[j][1]);
        }
    }
    snprintf(
        words, sizeof words,
        "status --set publish.port=1 --set scale.calibration=none --set "
        "sources.scale=iio:%s,%s?hz=80",
        at("iio:device0"), at("iio:device1"));
    CHECK(ends(scale(words), 0, "2 cells, not calibrated") && strstr(said, "111392      111392"));

    CHECK(mkfifo(at("hidraw0"), 0600) == 0);
    const int far = open(at("hidraw0"), O_RDWR | O_CLOEXEC);
    snprintf(
        words, sizeof words, "status --set publish.port=1 --set sources.scale=hid:%s",
        at("hidraw0"));
    const pid_t child = spawn(words, -1);
    static const uint8_t report[] = {3, 4, 2, 0, 0xd2, 4};
    for (int i = 0; i < 25; i++) {
        if (write(far, report, sizeof report) != sizeof report) abort();
        sleep_ms(80);
    }
    CHECK(ends(finished(child), 0, "1.234 kg") && strstr(said, "STABLE"));
    close(far);
}

int main(int argc, char **argv) {
    log_threshold(LOG_LEVEL_ERROR + 1);
    cartwright = argc > 1 ? argv[1] : "build/cart/cartwright";
    networks = argc > 2 ? argv[2] : "infer/testdata";
    signal(SIGPIPE, SIG_IGN);
    snprintf(root, sizeof root, "/tmp/cartwright-live-XXXXXX");
    if (!mkdtemp(root)) return 1;
    mkdir(at("catalog"), 0755);
    put_product("beans", "2000000000022", 99, 410.5);
    put_product("cola", "2000000000039", 189, 1050);
    RUN(the_guided_calibration_refuses_a_bad_one_and_writes_a_good_one);
    RUN(counts_of_a_serial_scale_become_a_basket_and_a_tape_that_replays_the_same);
    RUN(a_silent_noisy_or_unplugged_scale_is_on_show_within_a_second_and_comes_back);
    RUN(a_scale_with_a_head_needs_no_calibration);
    RUN(a_scale_the_meter_refuses_is_on_show);
    RUN(without_a_cart_the_scale_itself_is_asked);
    RUN(the_other_wires_of_the_page_lead_to_a_first_weight);
    char words[112];
    snprintf(words, sizeof words, "rm -rf '%s'", root);
    return DONE() + (system(words) != 0);
}
