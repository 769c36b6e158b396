#include "clock.h"
#include "file.h"
#include "publish.h"
#include "publish_internal.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- a cart without a cart ----------------------------------------------------------------------
 */

enum { PRODUCTS = 4, REPLY_BYTES = 1 << 20 };

static Product products[PRODUCTS] = {
    {.id = "apple",
     .gtin = "02000000000015",
     .plu = "4011",
     .name = "Red apple",
     .category = "fruit",
     .unit = UNIT_WEIGHT,
     .price_minor = 249},
    {.id = "larkfield-oat",
     .gtin = "02000000000022",
     .name = "Oat drink",
     .brand = "Larkfield",
     .category = "drink",
     .price_minor = 199},
    {.id = "oat-flakes", .gtin = "02000000000039", .name = "Flakes, oat", .price_minor = 89},
    {.id = "plain", .gtin = "02000000000046", .name = "No picture", .price_minor = 5}};
static const Catalog catalog = {.products = products, .count = PRODUCTS, .currency = "EUR"};

static char folder[] = "/tmp/cartwright-publish-XXXXXX";
static char folder_text[PRODUCTS][128];
static const char *folders[PRODUCTS];
static Metrics *metrics;
static Ring *commands;
static Publisher *publisher;

static void put_file(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    if (file_write(path, text, strlen(text)) != OK) printf("# %s\n", fail_reason());
}

static PublishConfig test_config(void) {
    PublishConfig config = {.port = 0, .max_clients = 16};
    snprintf(config.listen, sizeof config.listen, "127.0.0.1");
    snprintf(config.web_root, sizeof config.web_root, "%s/web", folder);
    return config;
}

static PublishSources test_sources(void) {
    return (PublishSources){
        .catalog = &catalog,
        .product_folders = folders,
        .metrics = metrics,
        .commands = commands,
        .cart = "cart-7",
        .version = "1.2.3",
        .camera_count = 2,
        .cameras = {"left", "right"}};
}

static void begin(void) {
    const PublishConfig config = test_config();
    CHECK(metrics_open(&metrics) == OK);
    CHECK(ring_open(&commands, RING_NEVER_DROP, 4, sizeof(Input)) == OK);
    const PublishSources sources = test_sources();
    publisher = NULL;
    CHECK(publish_open(&publisher, &config, &sources) == OK);
}

static void end(void) {
    publish_close(publisher);
    ring_close(commands);
    metrics_close(metrics);
}

static Basket two_lines(void) {
    Basket basket = {
        .t_ns = 5, .revision = 3, .count = 2, .prompt_count = 1, .items = 3, .total_minor = 487};
    basket.lines[0] = (BasketLine){
        .line = 1,
        .sku = 1,
        .quantity = 2,
        .unit_price_minor = 199,
        .price_minor = 398,
        .confidence_p = 0.99};
    basket.lines[1] =
        (BasketLine){.line = 2, .sku = 2, .quantity = 1, .unit_price_minor = 89, .price_minor = 89};
    basket.prompts[0] = (Prompt){
        .prompt = 9,
        .event = 4,
        .kind = PROMPT_WHICH_ADDED,
        .quantity = 1,
        .count = 1,
        .choices = {2}};
    return basket;
}

/* -- a browser without a browser ------------------------------------------------------------------
 */

static char reply[REPLY_BYTES];
static size_t reply_size;

static int dial(int receive_bytes) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(int));
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)publish_port(publisher)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        printf("# connect: %s\n", strerror(errno));
    return fd;
}

static void speak(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes += sent;
        size -= (size_t)sent;
    }
}

/* Reads until the text is there (true), the peer hangs up or 5 s are over (false). */
static bool hear(int fd, const char *text) {
    const int64_t deadline_ns = clock_now_ns() + 5 * NS_PER_SECOND;
    for (;;) {
        reply[reply_size] = '\0';
        if (text && memmem(reply, reply_size, text, strlen(text))) return true;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        const int64_t left_ms = (deadline_ns - clock_now_ns()) / NS_PER_MS;
        if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) <= 0) return false;
        if (reply_size == REPLY_BYTES - 1) return false;
        const ssize_t got = recv(fd, reply + reply_size, REPLY_BYTES - 1 - reply_size, 0);
        if (got <= 0) return false;
        reply_size += (size_t)got;
    }
}

static int status_of_reply(void) { return strncmp(reply, "HTTP/1.", 7) == 0 ? atoi(reply + 9) : 0; }

/* One request on a connection of its own; the whole answer is in reply. */
static int ask_with(const char *method, const char *path, const char *headers, const char *body) {
    char request[1024];
    const int size = snprintf(
        request, sizeof request,
        "%s %s HTTP/1.1\r\nHost: cart\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n",
        method, path, headers, strlen(body));
    const int fd = dial(0);
    reply_size = 0;
    speak(fd, request, (size_t)size);
    speak(fd, body, strlen(body));
    hear(fd, NULL);
    close(fd);
    return status_of_reply();
}

static int ask(const char *method, const char *path, const char *body) {
    return ask_with(method, path, "", body);
}

static int get(const char *path) { return ask("GET", path, ""); }

static bool says(const char *text) { return strstr(reply, text) != NULL; }

static json_t *reply_json(void) {
    const char *body = strstr(reply, "\r\n\r\n");
    return body ? json_loads(body, 0, NULL) : NULL;
}

static bool is_error(int status, int wanted, const char *sentence) {
    json_t *json = reply_json();
    const char *why = json_string_value(json_object_get(json, "error"));
    const bool right = status == wanted && why && strstr(why, sentence);
    if (!right) printf("# %d %s\n", status, why ? why : reply);
    json_decref(json);
    return right;
}

/* -- reading -------------------------------------------------------------------------------------
 */

static void the_basket_and_its_questions_are_told(void) {
    begin();
    const Basket basket = two_lines();
    CHECK(get("/api/v1/basket") == 200 && says("\"lines\":[]"));
    publish_basket(publisher, &basket);
    CHECK(get("/api/v1/basket") == 200 && says("Content-Type: application/json"));
    json_t *json = reply_json();
    CHECK(json_integer_value(json_object_get(json, "total_minor")) == 487);
    CHECK(json_array_size(json_object_get(json, "lines")) == 2);
    json_decref(json);
    CHECK(get("/api/v1/prompts") == 200 && says("\"prompts\":[{\"prompt\":9,"));
    CHECK(get("/api/v1/session") == 200 && says("\"state\":\"open\"") && says("\"revision\":3"));
    CHECK(says("\"cart\":\"cart-7\"") && says("\"version\":\"1.2.3\""));
    Basket done = basket;
    done.checked_out = true;
    publish_basket(publisher, &done);
    CHECK(get("/api/v1/session") == 200 && says("\"state\":\"checked_out\""));
    end();
}

static void events_are_told_since_a_sequence_and_forgotten_past_1024(void) {
    begin();
    CHECK(get("/api/v1/events") == 200 && says("{\"events\":[]}"));
    Entry entry = {.kind = ENTRY_ADD, .sku = 1, .quantity = 1};
    for (int i = 1; i <= 1030; i++) {
        entry.sequence = i;
        publish_entry(publisher, &entry);
    }
    CHECK(get("/api/v1/events?since=1028") == 200);
    CHECK(says("\"sequence\":1029") && says("\"sequence\":1030") && !says("\"sequence\":1028"));
    CHECK(get("/api/v1/events") == 200);
    json_t *json = reply_json();
    const json_t *events = json_object_get(json, "events");
    CHECK(json_array_size(events) == 1024);
    CHECK(json_integer_value(json_object_get(json_array_get(events, 0), "sequence")) == 7);
    json_decref(json);

    entry = (Entry){.sequence = 1, .t_ns = 77, .kind = ENTRY_RESET, .sku = SKU_UNKNOWN};
    publish_entry(publisher, &entry);
    CHECK(get("/api/v1/events") == 200 && says("\"sequence\":1,") && !says("\"sequence\":1030"));
    CHECK(get("/api/v1/session") == 200 && says("\"started_ns\":77"));
    CHECK(is_error(get("/api/v1/events?since=x"), 400, "since must be"));
    CHECK(is_error(get("/api/v1/events?since=-1"), 400, "since must be"));
    end();
}

static void the_scale_is_told_once_it_has_spoken(void) {
    begin();
    CHECK(is_error(get("/api/v1/scale"), 503, "the scale"));
    const WeightReading reading = {.t_ns = 1, .total_g = 512.5, .stable = true};
    const LegalWeight legal = {.e_g = 5, .gross = 103, .net = 103, .stable = true};
    publish_weight(publisher, &reading, NULL);
    CHECK(get("/api/v1/scale") == 200 && says("\"total_g\":512.5") && says("\"legal\":null"));
    publish_weight(publisher, &reading, &legal);
    CHECK(get("/api/v1/scale") == 200 && says("\"net_g\":515"));
    end();
}

static void cameras_tell_size_rate_and_age(void) {
    begin();
    CHECK(get("/api/v1/cameras") == 200);
    CHECK(says("\"name\":\"right\"") && says("\"age_ms\":null"));
    for (int i = 0; i < 5; i++) {
        publish_camera(publisher, 0, 640, 480);
        clock_sleep_until_ns(clock_now_ns() + 20 * NS_PER_MS);
    }
    publish_camera(publisher, 2, 1, 1); /* there is no third */
    publish_camera(publisher, -1, 1, 1);
    CHECK(get("/api/v1/cameras") == 200 && says("\"width\":640,\"height\":480"));
    json_t *json = reply_json();
    const json_t *left = json_array_get(json_object_get(json, "cameras"), 0);
    const double fps = json_number_value(json_object_get(left, "fps"));
    CHECK(fps > 5 && fps <= 50);
    CHECK(json_is_integer(json_object_get(left, "age_ms")));
    CHECK(strcmp(json_string_value(json_object_get(left, "stream")), "/camera/left.mjpg") == 0);
    json_decref(json);
    end();
}

static void health_shows_the_faults_that_are_active(void) {
    begin();
    Fault fault = {.t_ns = 1, .active = true, .what = "scale", .why = "The scale is silent."};
    CHECK(get("/api/v1/health") == 200 && says("\"status\":\"ok\",\"faults\":[]"));
    publish_fault(publisher, &fault);
    publish_fault(publisher, &fault);
    CHECK(get("/api/v1/health") == 200 && says("\"status\":\"degraded\""));
    json_t *json = reply_json();
    CHECK(json_array_size(json_object_get(json, "faults")) == 1);
    json_decref(json);
    fault.active = false;
    publish_fault(publisher, &fault);
    publish_fault(publisher, &fault);
    CHECK(get("/api/v1/health") == 200 && says("\"status\":\"ok\""));
    fault.active = true;
    for (int i = 0; i < 40; i++) {
        snprintf(fault.what, sizeof fault.what, "fault.%d", i);
        publish_fault(publisher, &fault);
    }
    CHECK(get("/api/v1/health") == 200 && says("fault.31") && !says("fault.32"));
    end();
}

static void machines_can_ask_how_it_goes(void) {
    begin();
    CHECK(get("/healthz") == 200 && get("/readyz") == 503);
    publish_ready(publisher, true);
    CHECK(get("/readyz") == 200);
    CHECK(get("/version") == 200 && says("\"version\":\"1.2.3\""));
    CHECK(get("/metrics") == 200 && says("text/plain; version=0.0.4"));
    CHECK(says("cart_http_requests_total{code=\"5xx\"} 1\n"));
    CHECK(ask("HEAD", "/healthz", "") == 200 && !says("alive"));
    end();
}

static void the_catalogue_is_searched_by_words_and_codes(void) {
    begin();
    CHECK(get("/api/v1/catalog?query=oat") == 200);
    json_t *json = reply_json();
    const json_t *found = json_object_get(json, "products");
    CHECK(json_array_size(found) == 2);
    const json_t *first = json_array_get(found, 0); /* its name begins with it */
    CHECK(strcmp(json_string_value(json_object_get(first, "product")), "larkfield-oat") == 0);
    json_decref(json);
    CHECK(get("/api/v1/catalog?query=larkFIELD%20drink") == 200 && says("Oat drink"));
    CHECK(!says("Flakes"));
    CHECK(get("/api/v1/catalog?query=4011") == 200 && says("\"apple\"") && says("\"kg\""));
    CHECK(get("/api/v1/catalog?query=2000000000039") == 200 && says("oat-flakes"));
    CHECK(get("/api/v1/catalog?query=zebra") == 200 && says("{\"products\":[]}"));
    CHECK(get("/api/v1/catalog?limit=1") == 200 && says("apple") && !says("oat"));
    CHECK(is_error(get("/api/v1/catalog?limit=many"), 400, "limit"));
    CHECK(is_error(get("/api/v1/catalog?limit=101"), 400, "limit"));
    end();
}

static void a_product_shows_its_front_or_its_first_view_or_its_texture(void) {
    begin();
    CHECK(get("/api/v1/products/apple/picture.jpg") == 200 && says("apple front"));
    CHECK(says("Content-Type: image/jpeg"));
    CHECK(get("/api/v1/products/larkfield-oat/picture.jpg") == 200 && says("oat a"));
    CHECK(get("/api/v1/products/oat-flakes/picture.jpg") == 200 && says("flakes texture"));
    CHECK(is_error(get("/api/v1/products/plain/picture.jpg"), 404, "has no picture"));
    CHECK(is_error(get("/api/v1/products/pear/picture.jpg"), 404, "no product is called pear"));
    CHECK(get("/api/v1/products/..%2fapple/picture.jpg") == 404);
    CHECK(get("/api/v1/products//picture.jpg") == 404);
    end();
}

static void every_path_of_the_description_is_served(void) {
    begin();
    CHECK(get("/openapi.json") == 200);
    json_t *json = reply_json();
    json_t *paths = json_object_get(json, "paths"), *item;
    size_t described = 0, served = 0;
    const char *path, *method;
    json_object_foreach(paths, path, item) {
        json_t *operation;
        json_object_foreach(item, method, operation) {
            char pattern[128];
            size_t used = 0;
            for (const char *at = path; *at; at++) {
                pattern[used++] = *at == '{' ? '*' : *at;
                if (*at == '{') at = strchr(at, '}');
            }
            pattern[used] = '\0';
            bool found = false;
            for (const Route *route = publish_routes; route->method; route++)
                found = found || (strcasecmp(route->method, method) == 0 &&
                                  strcmp(route->pattern, pattern) == 0);
            if (!found) printf("# %s %s\n", method, path);
            CHECK(found);
            described++;
        }
    }
    for (const Route *route = publish_routes; route->method; route++)
        served++;
    CHECK(described == served && served > 20);
    json_decref(json);
    end();
}

static void what_is_not_there_is_404_and_the_wrong_method_is_405(void) {
    begin();
    CHECK(is_error(get("/api/v1/nothing"), 404, "no such path"));
    CHECK(is_error(get("/camera/top.mjpg"), 404, "no camera is called top"));
    CHECK(is_error(ask("POST", "/nothing", "{}"), 404, "no such path"));
    CHECK(is_error(ask("POST", "/api/v1/basket", "{}"), 405, "only GET"));
    CHECK(says("Allow: GET\r\n"));
    CHECK(is_error(get("/api/v1/scan"), 405, "only POST"));
    CHECK(is_error(ask("DELETE", "/api/v1/session", ""), 405, "only GET, POST"));
    CHECK(is_error(get("/api/v1/b\"\\%0a%ff"), 404, "?"));
    end();
}

/* -- commands ------------------------------------------------------------------------------------
 */

static Input queued(void) {
    Input input = {0};
    CHECK(ring_pop(commands, &input, 0) == OK);
    return input;
}

static void what_the_shopper_says_is_queued_with_its_time(void) {
    begin();
    const Basket basket = two_lines();
    publish_basket(publisher, &basket);
    const int64_t before_ns = clock_now_ns();

    CHECK(ask("POST", "/api/v1/basket/lines/2/dispute", "") == 202);
    Input input = queued();
    CHECK(input.kind == INPUT_COMMAND && input.command.kind == COMMAND_DISPUTE);
    CHECK(input.command.line == 2 && input.t_ns >= before_ns);
    CHECK(input.command.t_ns == input.t_ns && input.t_ns <= clock_now_ns());

    CHECK(ask("POST", "/api/v1/basket/lines/1/remove", "") == 202);
    input = queued();
    CHECK(input.command.kind == COMMAND_REMOVE && input.command.line == 1);
    CHECK(input.command.quantity == 2); /* all of it */
    CHECK(ask("POST", "/api/v1/basket/lines/1/remove", "{\"quantity\": 1}") == 202);
    CHECK(queued().command.quantity == 1);

    CHECK(
        ask("POST", "/api/v1/prompts/9", "{\"product\": \"oat-flakes\", \"quantity\": 3}") == 202);
    input = queued();
    CHECK(input.command.kind == COMMAND_ANSWER && input.command.prompt == 9);
    CHECK(input.command.sku == 2 && input.command.quantity == 3);
    CHECK(ask("POST", "/api/v1/prompts/9", "{\"product\": null, \"quantity\": 0}") == 202);
    CHECK(queued().command.sku == SKU_UNKNOWN);

    CHECK(ask("POST", "/api/v1/session", "{\"action\": \"checkout\"}") == 202);
    CHECK(queued().command.kind == COMMAND_CHECKOUT);
    CHECK(ask("POST", "/api/v1/session", "{\"action\": \"reset\"}") == 202);
    CHECK(queued().command.kind == COMMAND_RESET);

    CHECK(ask("POST", "/api/v1/scan", "{\"code\": \"02000000000022\"}") == 202);
    input = queued();
    CHECK(input.kind == INPUT_SCAN && strcmp(input.scan.code, "02000000000022") == 0);
    CHECK(input.scan.source == SCAN_SHOPPER && input.scan.camera == -1);
    CHECK(input.scan.t_ns == input.t_ns && input.t_ns >= before_ns);
    end();
}

static void hostile_words_are_refused_with_a_sentence(void) {
    begin();
    const Basket basket = two_lines();
    publish_basket(publisher, &basket);
    static const struct {
        const char *path, *body;
        int status;
        const char *sentence;
    } bad[] = {
        {"/api/v1/scan", "", 400, "code must be"},
        {"/api/v1/scan", "{\"code\": \"12", 400, "not JSON"},
        {"/api/v1/scan", "[1]", 400, "must be a JSON object"},
        {"/api/v1/scan", "\xff\xfe", 400, "not JSON"},
        {"/api/v1/scan", "{\"code\": \"1\", \"code\": \"2\"}", 400, "not JSON"},
        {"/api/v1/scan", "{\"code\": \"12a\"}", 400, "digits"},
        {"/api/v1/scan", "{\"code\": 12}", 400, "digits"},
        {"/api/v1/scan",
         "{\"code\": \"0000000000000000000000000000000000000000000000000000000000000000\"}", 400,
         "1 to 63 digits"},
        {"/api/v1/session", "{\"action\": \"fly\"}", 400, "action must be"},
        {"/api/v1/session", "{}", 400, "action must be"},
        {"/api/v1/prompts/9", "{}", 400, "product must be"},
        {"/api/v1/prompts/9", "{\"product\": 4}", 400, "product must be"},
        {"/api/v1/prompts/9", "{\"product\": \"pear\"}", 404, "no product pear"},
        {"/api/v1/prompts/9", "{\"product\": \"apple\", \"quantity\": 0}", 400, "quantity"},
        {"/api/v1/prompts/9", "{\"product\": \"apple\", \"quantity\": 1e3}", 400, "quantity"},
        {"/api/v1/prompts/9", "{\"product\": null, \"quantity\": -1}", 400, "quantity"},
        {"/api/v1/prompts/8", "{\"product\": null}", 409, "not open any more"},
        {"/api/v1/prompts/x", "{\"product\": null}", 404, "no such path"},
        {"/api/v1/prompts/99999999999", "{\"product\": null}", 404, "no such path"},
        {"/api/v1/basket/lines/3/dispute", "", 404, "no line 3"},
        {"/api/v1/basket/lines/-1/remove", "", 404, "no such path"},
        {"/api/v1/basket/lines/1/remove", "{\"quantity\": 0}", 400, "quantity"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const int status = ask("POST", bad[i].path, bad[i].body);
        CHECK(is_error(status, bad[i].status, bad[i].sentence));
    }
    char deep[16000];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    CHECK(is_error(ask("POST", "/api/v1/scan", deep), 400, "not JSON"));
    CHECK(ring_stats(commands).pushed == 0);
    end();
}

static void a_parsed_command_leaves_its_output_alone_on_failure(void) {
    Input input = {.kind = INPUT_IMU, .t_ns = 7};
    const uint8_t bytes[] = "{\"product\": \"pear\"}xx";
    CHECK(publish_parse_command("/api/v1/prompts/1", bytes, 19, &catalog, &input) == E_NOT_FOUND);
    CHECK(publish_parse_command("/api/v1/prompts/1", bytes, 20, &catalog, &input) == E_INVALID);
    CHECK(publish_parse_command("/api/v1/prompts/1", NULL, 0, &catalog, &input) == E_INVALID);
    CHECK(publish_parse_command("", bytes, 19, &catalog, &input) == E_NOT_FOUND);
    CHECK(
        publish_parse_command("/api/v1/scan", bytes, PUBLISH_BODY_BYTES + 1, &catalog, &input) ==
        E_INVALID);
    CHECK(input.kind == INPUT_IMU && input.t_ns == 7);
}

static void a_body_too_large_is_413_announced_or_not(void) {
    begin();
    static char large[PUBLISH_BODY_BYTES + 2];
    memset(large, ' ', sizeof large - 1);
    memcpy(large, "{}", 2);
    CHECK(is_error(ask("POST", "/api/v1/scan", large), 413, "may have 16384 bytes"));
    large[PUBLISH_BODY_BYTES] = '\0';
    CHECK(is_error(ask("POST", "/api/v1/scan", large), 400, "code must be"));

    static const char chunked[] =
        "POST /api/v1/scan HTTP/1.1\r\nHost: cart\r\nConnection: close\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    const int fd = dial(0);
    reply_size = 0;
    speak(fd, chunked, sizeof chunked - 1);
    for (int i = 0; i < 5; i++) {
        speak(fd, "1000\r\n", 6);
        speak(fd, large, 0x1000);
        speak(fd, "\r\n", 2);
    }
    speak(fd, "0\r\n\r\n", 5);
    hear(fd, NULL);
    close(fd);
    CHECK(is_error(status_of_reply(), 413, "may have"));

    const int flood = dial(0); /* without end: hung up on */
    reply_size = 0;
    speak(flood, chunked, sizeof chunked - 1);
    for (int i = 0; i < 300; i++) {
        speak(flood, "1000\r\n", 6);
        speak(flood, large, 0x1000);
        speak(flood, "\r\n", 2);
    }
    CHECK(!hear(flood, "HTTP/1.1 200"));
    close(flood);
    CHECK(get("/healthz") == 200);
    end();
}

static void a_full_or_finished_ring_is_503(void) {
    begin();
    for (int i = 0; i < 4; i++)
        CHECK(ask("POST", "/api/v1/scan", "{\"code\": \"1\"}") == 202);
    CHECK(is_error(ask("POST", "/api/v1/scan", "{\"code\": \"1\"}"), 503, "too much to do"));
    ring_finish(commands);
    CHECK(is_error(ask("POST", "/api/v1/scan", "{\"code\": \"1\"}"), 503, "stopping"));
    end();
}

/* -- streams -------------------------------------------------------------------------------------
 */

static int open_stream(const char *path, int receive_bytes) {
    char request[256];
    const int size =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: cart\r\n\r\n", path);
    const int fd = dial(receive_bytes);
    reply_size = 0;
    speak(fd, request, (size_t)size);
    return fd;
}

static void a_stream_begins_with_what_is_and_goes_on_with_what_happens(void) {
    begin();
    const Basket basket = two_lines();
    const WeightReading reading = {.t_ns = 1, .total_g = 512.5};
    const Fault fault = {.active = true, .what = "scale", .why = "The scale is silent."};
    publish_basket(publisher, &basket);
    publish_weight(publisher, &reading, NULL);
    publish_fault(publisher, &fault);
    const int first = open_stream("/api/v1/stream", 0);
    CHECK(hear(first, "The scale is silent."));
    CHECK(says("Content-Type: text/event-stream"));
    const char *told = strstr(reply, "event: basket\ndata: {");
    CHECK(told != NULL);
    told = told ? strstr(told, "event: weight\ndata: {") : NULL;
    CHECK(told && strstr(told, "event: fault\ndata: {"));

    const int second = open_stream("/api/v1/stream", 0);
    CHECK(hear(second, "event: fault"));
    const Entry entry = {.sequence = 1, .kind = ENTRY_ADD, .sku = 1, .quantity = 1};
    const Detections seen = {
        .t_ns = 3,
        .width = 640,
        .height = 480,
        .count = 1,
        .at = {{.box = {1, 2, 3, 4}, .kind = DETECTION_HAND, .score_p = 0.5F}}};
    Tracks tracks = {.count = 2};
    tracks.at[1] = (Track){.id = 12, .box = {5, 6, 7, 8}};
    const char *labels[] = {NULL, "Oat drink"};
    publish_entry(publisher, &entry);
    publish_detections(publisher, &seen, NULL, "left", NULL);
    publish_detections(publisher, &seen, &tracks, "right", labels);
    for (int i = 0; i < 2; i++) {
        reply_size = 0;
        CHECK(hear(i ? second : first, "\"label\":\"Oat drink\"}]}\n\n"));
        CHECK(says("event: entry\ndata: {\"sequence\":1,"));
        CHECK(says("event: detections\ndata: {\"camera\":\"left\",\"t_ns\":3,\"width\":640,"));
        CHECK(says("\"kind\":\"hand\",\"x0\":1.0"));
        CHECK(says("\"track\":12"));
    }
    close(first);
    close(second);
    end();
}

static void a_quiet_stream_gets_a_sign_of_life(void) {
    begin();
    const int events = open_stream("/api/v1/stream", 0);
    CHECK(hear(events, "event: basket"));
    pthread_mutex_lock(&publisher->lock);
    stream_heartbeat(publisher, clock_now_ns() + 14 * NS_PER_SECOND);
    stream_heartbeat(publisher, clock_now_ns() + 16 * NS_PER_SECOND);
    pthread_mutex_unlock(&publisher->lock);
    CHECK(hear(events, ": still here\n\n"));
    close(events);
    end();
}

/* Until the gauge of open streams says so. */
static bool streams_become(double count) {
    for (int i = 0; i < 500; i++) {
        if (metric_value(metrics_gauge(metrics, "cart_http_streams", "", "")) == count) return true;
        clock_sleep_until_ns(clock_now_ns() + 10 * NS_PER_MS);
    }
    return false;
}

static void a_client_that_does_not_read_is_cut_off_and_the_others_are_not(void) {
    begin();
    const int slow = open_stream("/api/v1/stream", 4096);
    CHECK(hear(slow, "event: basket"));
    const int quick = open_stream("/api/v1/stream", 0);
    CHECK(hear(quick, "event: basket"));
    CHECK(streams_become(2));

    Basket basket = two_lines();
    for (int i = 0; i < BASKET_LINES_MAX; i++)
        basket.lines[i] = basket.lines[0];
    basket.count = BASKET_LINES_MAX;
    Metric *cut = metrics_counter(metrics, "cart_http_streams_cut_total", "", "");
    int said = 0;
    for (; said < 400 && metric_value(cut) == 0; said++) {
        basket.revision = said;
        publish_basket(publisher, &basket);
        char last[48];
        snprintf(last, sizeof last, "\"revision\":%d,", said);
        reply_size = 0;
        CHECK(hear(quick, last));
    }
    CHECK(metric_value(cut) == 1 && said > 5 && said < 100);
    CHECK(streams_become(1));
    publish_basket(publisher, &basket);
    reply_size = 0;
    CHECK(hear(quick, "event: basket"));
    reply_size = 0;
    CHECK(!hear(slow, "no more than the kernel kept"));
    CHECK(reply_size < REPLY_BYTES - 1);
    close(slow);
    close(quick);
    end();
}

static void pictures_are_sent_to_whoever_watches(void) {
    begin();
    const uint8_t one[] = "first jpeg", two[] = "second jpeg";
    CHECK(!publish_wants_frame(publisher, 0));
    publish_frame(publisher, 0, one, sizeof one - 1); /* nobody watches */
    const int left = open_stream("/camera/left.mjpg", 0);
    CHECK(hear(left, "--picture\r\n") && says("multipart/x-mixed-replace; boundary=picture"));
    CHECK(publish_wants_frame(publisher, 0) && !publish_wants_frame(publisher, 1));
    CHECK(!publish_wants_frame(publisher, 2) && !publish_wants_frame(publisher, -1));
    publish_frame(publisher, 1, one, sizeof one - 1);
    publish_frame(publisher, 0, two, sizeof two - 1);
    publish_frame(publisher, 9, two, sizeof two - 1);
    CHECK(hear(
        left,
        "Content-Type: image/jpeg\r\nContent-Length: 11\r\n\r\nsecond jpeg\r\n--picture\r\n"));
    CHECK(!says("first jpeg"));

    const int late = open_stream("/camera/left.mjpg", 0);
    CHECK(hear(late, "second jpeg"));
    close(left);
    close(late);
    for (int i = 0; i < 500 && publish_wants_frame(publisher, 0); i++) {
        publish_frame(publisher, 0, one, sizeof one - 1);
        clock_sleep_until_ns(clock_now_ns() + 10 * NS_PER_MS);
    }
    CHECK(!publish_wants_frame(publisher, 0));
    end();
}

static void a_slow_watcher_skips_pictures_and_sees_the_newest(void) {
    begin();
    static uint8_t jpeg[100000];
    memset(jpeg, 'j', sizeof jpeg);
    const int slow = open_stream("/camera/left.mjpg", 4096);
    CHECK(hear(slow, "--picture"));
    for (int i = 0; i < 100; i++) {
        snprintf((char *)jpeg, 100, "picture number %d.", i); /* twice: a chunk may end in one */
        snprintf((char *)jpeg + 50000, 100, "picture number %d.", i);
        publish_frame(publisher, 0, jpeg, sizeof jpeg);
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
    }
    CHECK(hear(slow, "picture number 99.") && reply_size < 900000);
    CHECK(streams_become(1));
    close(slow);
    end();
}

static void streams_leave_connections_for_the_rest(void) {
    begin();
    int open[13];
    for (int i = 0; i < 12; i++) {
        open[i] = open_stream("/api/v1/stream", 0);
        CHECK(hear(open[i], "event: basket"));
    }
    open[12] = open_stream("/camera/left.mjpg", 0);
    CHECK(hear(open[12], "too many streams") && status_of_reply() == 503);
    CHECK(get("/api/v1/basket") == 200);
    for (int i = 0; i < 13; i++)
        close(open[i]);
    end();
}

static void closing_ends_every_stream(void) {
    begin();
    const int events = open_stream("/api/v1/stream", 0);
    CHECK(hear(events, "event: basket"));
    const int left = open_stream("/camera/left.mjpg", 0);
    CHECK(hear(left, "--picture"));
    const int64_t before_ns = clock_now_ns();
    end();
    CHECK(clock_now_ns() - before_ns < 2 * NS_PER_SECOND);
    CHECK(!hear(events, "never said") && !hear(left, "never said"));
    close(events);
    close(left);
    publish_close(NULL);
}

static void *talk(void *context) {
    const Basket *basket = context;
    const uint8_t jpeg[] = "jpeg";
    const Fault fault = {.active = true, .what = "x"};
    const WeightReading reading = {.total_g = 1};
    Entry entry = {.kind = ENTRY_ADD, .sku = 1};
    for (int i = 0; i < 300; i++) {
        entry.sequence = i + 1;
        publish_basket(publisher, basket);
        publish_entry(publisher, &entry);
        publish_weight(publisher, &reading, NULL);
        publish_fault(publisher, &fault);
        publish_camera(publisher, 0, 1, 1);
        if (publish_wants_frame(publisher, 0)) publish_frame(publisher, 0, jpeg, sizeof jpeg);
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
    }
    return NULL;
}

static void browsers_may_come_and_go_while_the_cart_talks(void) {
    begin();
    const Basket basket = two_lines();
    pthread_t outbox;
    CHECK(pthread_create(&outbox, NULL, talk, (void *)&basket) == 0);
    for (int i = 0; i < 25; i++) {
        const int events = open_stream("/api/v1/stream", 0);
        CHECK(hear(events, "event: basket"));
        const int left = open_stream("/camera/left.mjpg", 0);
        CHECK(hear(left, "--picture"));
        CHECK(get("/api/v1/basket") == 200 && get("/api/v1/events?since=1") == 200);
        CHECK(get("/api/v1/cameras") == 200 && get("/metrics") == 200);
        close(events);
        close(left);
    }
    pthread_join(outbox, NULL);
    end();
}

/* -- the page ------------------------------------------------------------------------------------
 */

static void the_page_is_served_with_its_media_types(void) {
    begin();
    CHECK(get("/") == 200 && says("<p>cart</p>") && says("Content-Type: text/html"));
    CHECK(says("X-Content-Type-Options: nosniff"));
    CHECK(get("/index.html") == 200 && says("<p>cart</p>"));
    CHECK(get("/basket/help") == 200 && says("<p>cart</p>")); /* a page of the application */
    CHECK(get("/assets/a.js") == 200 && says("text/javascript") && says("immutable"));
    CHECK(get("/icon.svg") == 200 && says("image/svg+xml") && says("no-cache"));
    CHECK(get("/assets/b.js") == 404 && says("no such file"));
    end();
}

static void nothing_outside_the_page_is_served(void) {
    begin();
    static const char *const paths[] = {
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/link.txt",
        "/.hidden.txt",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        "//secret.txt",
        "/secret.txt%00.js",
        "secret.txt",
        "/assets.d"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const int status = get(paths[i]);
        if (status != 404 && status != 400) printf("# %s: %d\n", paths[i], status);
        CHECK((status == 404 || status == 400) && !says("the secret"));
    }
    end();
}

static void without_a_page_the_cart_says_how_to_get_one(void) {
    begin();
    end();
    PublishConfig config = test_config();
    snprintf(config.web_root, sizeof config.web_root, "%s/none", folder);
    CHECK(metrics_open(&metrics) == OK);
    CHECK(ring_open(&commands, RING_NEVER_DROP, 4, sizeof(Input)) == OK);
    const PublishSources sources = test_sources();
    CHECK(publish_open(&publisher, &config, &sources) == OK);
    CHECK(get("/") == 404 && says("text/plain") && says("/none") && says("publish.web_root"));
    CHECK(get("/api/v1/basket") == 200);
    end();
}

/* -- the socket ----------------------------------------------------------------------------------
 */

static void a_port_in_use_and_a_bad_address_are_named(void) {
    begin();
    const PublishSources sources = test_sources();
    PublishConfig config = test_config();
    Publisher *second = NULL;
    config.port = publish_port(publisher);
    CHECK(publish_open(&second, &config, &sources) == E_IO && second == NULL);
    char port[32];
    snprintf(port, sizeof port, "127.0.0.1 port %d: Address", config.port);
    CHECK(strstr(fail_reason(), port) && strstr(fail_reason(), "publish.port"));
    snprintf(config.listen, sizeof config.listen, "localhost");
    CHECK(publish_open(&second, &config, &sources) == E_INVALID && second == NULL);
    CHECK(strstr(fail_reason(), "\"localhost\" is not an IPv4 or IPv6 address"));
    end();
}

static void what_is_not_http_does_no_harm(void) {
    begin();
    static const char *const noise[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01 tls hello\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "POST /api/v1/scan HTTP/1.1\r\nHost: c\r\nContent-Length: -1\r\n\r\n",
        "POST /api/v1/scan HTTP/1.1\r\nHost: c\r\nContent-Length: 10\r\n\r\n{}"};
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++) {
        const int fd = dial(0);
        speak(fd, noise[i], strlen(noise[i]));
        shutdown(fd, SHUT_WR);
        reply_size = 0;
        hear(fd, "HTTP/1.1 2");
        CHECK(!says("HTTP/1.1 2"));
        close(fd);
    }
    CHECK(get("/healthz") == 200);
    end();
}

static void put_files(void) {
    char link[256];
    static const char *const ids[] = {"apple", "larkfield-oat", "oat-flakes", "plain"};
    for (int i = 0; i < PRODUCTS; i++) {
        snprintf(folder_text[i], sizeof folder_text[i], "%s/%s", folder, ids[i]);
        folders[i] = folder_text[i];
    }
    put_file("apple/views/front.jpg", "apple front");
    put_file("apple/views/back.jpg", "apple back");
    put_file("larkfield-oat/views/b.jpg", "oat b");
    put_file("larkfield-oat/views/a.jpg", "oat a");
    put_file("oat-flakes/texture.jpg", "flakes texture");
    put_file("web/index.html", "<p>cart</p>");
    put_file("web/icon.svg", "<svg/>");
    put_file("web/.hidden.txt", "the secret");
    put_file("web/assets/a.js", "let a;");
    put_file("web/assets.d/x", "");
    put_file("secret.txt", "the secret");
    snprintf(link, sizeof link, "%s/web/link.txt", folder);
    if (symlink("../secret.txt", link) != 0) printf("# no link\n");
}

int main(void) {
    if (!mkdtemp(folder)) return 99;
    put_files();
    RUN(the_basket_and_its_questions_are_told);
    RUN(events_are_told_since_a_sequence_and_forgotten_past_1024);
    RUN(the_scale_is_told_once_it_has_spoken);
    RUN(cameras_tell_size_rate_and_age);
    RUN(health_shows_the_faults_that_are_active);
    RUN(machines_can_ask_how_it_goes);
    RUN(the_catalogue_is_searched_by_words_and_codes);
    RUN(a_product_shows_its_front_or_its_first_view_or_its_texture);
    RUN(every_path_of_the_description_is_served);
    RUN(what_is_not_there_is_404_and_the_wrong_method_is_405);
    RUN(what_the_shopper_says_is_queued_with_its_time);
    RUN(hostile_words_are_refused_with_a_sentence);
    RUN(a_parsed_command_leaves_its_output_alone_on_failure);
    RUN(a_body_too_large_is_413_announced_or_not);
    RUN(a_full_or_finished_ring_is_503);
    RUN(a_stream_begins_with_what_is_and_goes_on_with_what_happens);
    RUN(a_quiet_stream_gets_a_sign_of_life);
    RUN(a_client_that_does_not_read_is_cut_off_and_the_others_are_not);
    RUN(pictures_are_sent_to_whoever_watches);
    RUN(a_slow_watcher_skips_pictures_and_sees_the_newest);
    RUN(streams_leave_connections_for_the_rest);
    RUN(closing_ends_every_stream);
    RUN(browsers_may_come_and_go_while_the_cart_talks);
    RUN(the_page_is_served_with_its_media_types);
    RUN(nothing_outside_the_page_is_served);
    RUN(without_a_page_the_cart_says_how_to_get_one);
    RUN(a_port_in_use_and_a_bad_address_are_named);
    RUN(what_is_not_http_does_no_harm);
    return DONE();
}
