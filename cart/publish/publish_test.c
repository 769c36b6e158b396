#include "clock.h"
#include "publish.h"
#include "publish_internal.h"
#include "test.h"
#include "test_cart.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* -- reading ---------------------------------------------------------------------------------- */

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

static void the_scale_speaks_as_opc_40200_names_it(void) {
    begin();
    const WeightReading reading = {
        .t_ns = 1, .total_g = 516.5, .stable = true, .device = SCALE_DEVICE_STABLE};
    LegalWeight legal = {.e_g = 5, .gross = 103, .tare = 4, .net = 99, .stable = true};
    publish_weight(publisher, &reading, &legal);
    CHECK(get("/api/v1/scale") == 200 && says("\"device\":[\"stable\"]"));
    json_t *json = reply_json(), *now = json_object_get(json, "CurrentWeight");
    CHECK(json_real_value(json_object_get(now, "Gross")) == 515);
    CHECK(json_real_value(json_object_get(now, "Net")) == 495);
    CHECK(json_real_value(json_object_get(now, "Tare")) == 20);
    CHECK(json_integer_value(json_object_get(now, "TareMode")) == 1);
    CHECK(json_is_true(json_object_get(now, "WeightStable")));
    CHECK(json_is_false(json_object_get(now, "CenterOfZero")));
    CHECK(json_is_false(json_object_get(now, "Overload")));
    CHECK(json_is_false(json_object_get(now, "LegalForTrade")));
    CHECK(says("\"PrintableValue\":{\"Gross\":\"515\",\"Net\":\"495\",\"Tare\":\"20\"}"));
    CHECK(says("\"HighResolutionValue\":{\"Gross\":516.5,\"Net\":496.5,\"Tare\":20.0}"));
    json_decref(json);
    legal.overload = true; /* no number may be shown */
    publish_weight(publisher, &reading, &legal);
    CHECK(get("/api/v1/scale") == 200 && says("\"Overload\":true") && says("\"Gross\":null"));
    Fault fault = {.t_ns = 2, .active = true, .what = "scale", .why = "silent as a fish"};
    publish_fault(publisher, &fault); /* nor one that is no longer measured */
    CHECK(is_error(get("/api/v1/scale"), 503, "silent as a fish"));
    fault.active = false;
    publish_fault(publisher, &fault);
    CHECK(get("/api/v1/scale") == 200);
    end();
}

static void what_the_scale_is_told_is_queued_and_its_log_is_told(void) {
    Input input;
    begin();
    CHECK(ask("POST", "/api/v1/scale/zero", "") == 202);
    CHECK(ring_pop(commands, &input, 0) == OK && input.command.kind == COMMAND_ZERO);
    CHECK(ask("POST", "/api/v1/scale/tare", "{}") == 202);
    CHECK(ring_pop(commands, &input, 0) == OK && input.command.kind == COMMAND_TARE);
    CHECK(ask("POST", "/api/v1/scale/tare", "{\"clear\": true}") == 202);
    CHECK(ring_pop(commands, &input, 0) == OK && input.command.kind == COMMAND_CLEAR_TARE);
    CHECK(is_error(ask("POST", "/api/v1/scale/tare", "{\"clear\": 1}"), 400, "clear must be"));
    CHECK(get("/api/v1/scale/log") == 200 && says("\"events\":[]") && says("\"last\":0"));
    for (int i = 1; i <= 300; i++)
        publish_scale_event(
            publisher,
            &(ScaleEvent){.t_ns = i, .what = "zero", .done = i % 2 == 0, .why = "moving"});
    const Fault fault = {.t_ns = 301, .active = true, .what = "scale", .why = "unplugged"};
    publish_fault(publisher, &fault);
    CHECK(get("/api/v1/scale/log") == 200 && says("\"last\":301") && says("\"number\":46,"));
    CHECK(
        !says("\"number\":45,") && says("\"what\":\"fault\",\"done\":true,\"why\":\"unplugged\""));
    CHECK(
        get("/api/v1/scale/log?since=300") == 200 && says("\"number\":301,") &&
        !says("\"number\":300,"));
    CHECK(get("/api/v1/scale/log?since=999") == 200 && says("\"events\":[]"));
    CHECK(is_error(get("/api/v1/scale/log?since=x"), 400, "since must be"));
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
    CHECK(get("/version") == 200 && says("\"version\":\"1.2.3\"") && says("\"meter\":\"2.0"));
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
                pattern[used] = *at;
                if (*at == '{') pattern[used] = '*';
                used++;
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

/* -- commands --------------------------------------------------------------------------------- */

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

/* -- the page --------------------------------------------------------------------------------- */

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
    PublishConfig config = test_config();
    snprintf(config.web_root, sizeof config.web_root, "%s/none", folder);
    begin_with(&config);
    CHECK(get("/") == 404 && says("text/plain") && says("/none") && says("publish.web_root"));
    CHECK(get("/api/v1/basket") == 200);
    end();
}

/* -- the socket ------------------------------------------------------------------------------- */

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

int main(void) {
    if (!cart_prepare()) return 99;
    RUN(the_basket_and_its_questions_are_told);
    RUN(events_are_told_since_a_sequence_and_forgotten_past_1024);
    RUN(the_scale_is_told_once_it_has_spoken);
    RUN(the_scale_speaks_as_opc_40200_names_it);
    RUN(what_the_scale_is_told_is_queued_and_its_log_is_told);
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
    RUN(the_page_is_served_with_its_media_types);
    RUN(nothing_outside_the_page_is_served);
    RUN(without_a_page_the_cart_says_how_to_get_one);
    RUN(a_port_in_use_and_a_bad_address_are_named);
    RUN(what_is_not_http_does_no_harm);
    cart_remove();
    return DONE();
}
