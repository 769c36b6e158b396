/* routes.c - every path of docs/wire.md, and the calls that only read. */
#include "clock.h"
#include "message.h"
#include "publish_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PRODUCTS_DEFAULT = 20, PRODUCTS_MAX = 100 };

/* -- basket, prompts, session
 * ---------------------------------------------------------------------- */

static Basket basket_now(Publisher *publisher) {
    pthread_mutex_lock(&publisher->lock);
    const Basket basket = publisher->basket;
    pthread_mutex_unlock(&publisher->lock);
    return basket;
}

static Answer answer_basket(const Call *call) {
    const Basket basket = basket_now(call->publisher);
    return answer_json(MHD_HTTP_OK, message_from_basket(&basket, call->publisher->sources.catalog));
}

static Answer answer_prompts(const Call *call) {
    const Basket basket = basket_now(call->publisher);
    json_t *prompts = json_array();
    for (int i = 0; i < basket.prompt_count; i++)
        json_array_append_new(
            prompts, message_from_prompt(&basket.prompts[i], call->publisher->sources.catalog));
    return answer_json(MHD_HTTP_OK, json_pack("{s:o}", "prompts", prompts));
}

static Answer answer_session_state(const Call *call) {
    Publisher *publisher = call->publisher;
    pthread_mutex_lock(&publisher->lock);
    json_t *session = json_pack(
        "{s:s, s:I, s:I, s:s, s:s}", "state",
        publisher->basket.checked_out ? "checked_out" : "open", "started_ns",
        (json_int_t)publisher->started_ns, "revision", (json_int_t)publisher->basket.revision,
        "cart", publisher->sources.cart, "version", publisher->sources.version);
    pthread_mutex_unlock(&publisher->lock);
    return answer_json(MHD_HTTP_OK, session);
}

/* -- events
 * -------------------------------------------------------------------------------------------- */

bool read_query_number(
    const Call *call, const char *key, int64_t fallback, int64_t max, int64_t *out) {
    const char *text = MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, key);
    char *end = NULL;
    *out = fallback;
    if (!text) return true;
    if (*text < '0' || *text > '9') return false;
    *out = strtoll(text, &end, 10);
    return *end == '\0' && *out <= max;
}

/* The kept entries after `since`, copied so that nobody waits while they are put into words. */
static Entry *entries_since(Publisher *publisher, int64_t since, int *count) {
    Entry *copy = malloc(ENTRIES_KEPT * sizeof *copy);
    if (!copy) return NULL;
    *count = 0;
    pthread_mutex_lock(&publisher->lock);
    for (int i = 0; i < publisher->entry_count; i++) {
        const Entry *entry = &publisher->entries[(publisher->entry_head + i) % ENTRIES_KEPT];
        if (entry->sequence > since) copy[(*count)++] = *entry;
    }
    pthread_mutex_unlock(&publisher->lock);
    return copy;
}

static Answer answer_entries(const Call *call) {
    int64_t since;
    if (!read_query_number(call, "since", 0, INT64_MAX, &since))
        return answer_error(MHD_HTTP_BAD_REQUEST, "since must be the sequence of an entry");
    int count = 0;
    Entry *entries = entries_since(call->publisher, since, &count);
    if (!entries) return answer_error(MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
    json_t *events = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(
            events, message_from_entry(&entries[i], call->publisher->sources.catalog));
    free(entries);
    return answer_json(MHD_HTTP_OK, json_pack("{s:o}", "events", events));
}

/* -- cameras, health
 * ---------------------------------------------------------------------------- */

/* A camera that fell silent slows down: its rate is at most one over its age. */
static json_t *json_of_camera(const CameraView *view, const char *name, int64_t now_ns) {
    char stream[96];
    snprintf(stream, sizeof stream, "/camera/%s.mjpg", name);
    const double age_ns = (double)(now_ns - view->arrived_ns);
    const double fps = view->interval_ns > 0 ? 1e9 / fmax(view->interval_ns, age_ns) : 0;
    return json_pack(
        "{s:s, s:i, s:i, s:f, s:o, s:s}", "name", name, "width", view->width, "height",
        view->height, "fps", round(fps * 10) / 10, "age_ms",
        view->arrived_ns ? json_integer((json_int_t)(age_ns / 1e6)) : json_null(), "stream",
        stream);
}

static Answer answer_cameras(const Call *call) {
    Publisher *publisher = call->publisher;
    const int64_t now_ns = clock_now_ns();
    json_t *cameras = json_array();
    pthread_mutex_lock(&publisher->lock);
    for (int i = 0; i < publisher->sources.camera_count; i++)
        json_array_append_new(
            cameras, json_of_camera(&publisher->cameras[i], publisher->sources.cameras[i], now_ns));
    pthread_mutex_unlock(&publisher->lock);
    return answer_json(MHD_HTTP_OK, json_pack("{s:o}", "cameras", cameras));
}

static Answer answer_health(const Call *call) {
    Publisher *publisher = call->publisher;
    json_t *faults = json_array();
    pthread_mutex_lock(&publisher->lock);
    for (int i = 0; i < publisher->fault_count; i++)
        json_array_append_new(faults, message_from_fault(&publisher->faults[i]));
    pthread_mutex_unlock(&publisher->lock);
    const int64_t up_ns = clock_now_ns() - publisher->opened_ns;
    return answer_json(
        MHD_HTTP_OK,
        json_pack(
            "{s:s, s:o, s:s, s:I}", "status", json_array_size(faults) ? "degraded" : "ok", "faults",
            faults, "version", publisher->sources.version, "uptime_s",
            (json_int_t)(up_ns / NS_PER_SECOND)));
}

static Answer answer_alive(const Call *call) {
    (void)call;
    return answer_text(MHD_HTTP_OK, "text/plain", "alive\n");
}

static Answer answer_ready(const Call *call) {
    pthread_mutex_lock(&call->publisher->lock);
    const bool ready = call->publisher->ready;
    pthread_mutex_unlock(&call->publisher->lock);
    if (ready) return answer_text(MHD_HTTP_OK, "text/plain", "ready\n");
    return answer_error(MHD_HTTP_SERVICE_UNAVAILABLE, "the cart is not ready yet");
}

static Answer answer_version(const Call *call) {
    const PublishSources *sources = &call->publisher->sources;
    return answer_json(
        MHD_HTTP_OK, json_pack(
                         "{s:s, s:s, s:s?}", "version", sources->version, "cart", sources->cart,
                         "meter", sources->meter));
}

static Answer answer_metrics(const Call *call) {
    char *page = NULL;
    if (metrics_render(call->publisher->sources.metrics, &page) != OK)
        return answer_error(MHD_HTTP_SERVICE_UNAVAILABLE, "%s", fail_reason());
    const Answer answer =
        answer_text(MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", page);
    free(page);
    return answer;
}

static Answer answer_openapi(const Call *call) {
    (void)call;
    return answer_text(MHD_HTTP_OK, "application/json", publish_openapi);
}

/* -- catalogue
 * ------------------------------------------------------------------------------------------- */

/* Every word of the query is somewhere in what the product is called. */
static bool is_found(const Product *product, const char *query) {
    char words[128];
    snprintf(words, sizeof words, "%s", query);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        if (!strcasestr(product->name, word) && !strcasestr(product->brand, word) &&
            !strcasestr(product->category, word) && strcmp(product->plu, word) != 0 &&
            !strstr(product->gtin, word) && strcmp(product->id, word) != 0)
            return false;
    return true;
}

static bool begins(const Product *product, const char *query) {
    return strncasecmp(product->name, query, strlen(query)) == 0;
}

static Answer answer_catalog(const Call *call) {
    const Catalog *catalog = call->publisher->sources.catalog;
    const char *query =
        MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, "query");
    if (!query) query = "";
    int64_t limit;
    if (!read_query_number(call, "limit", PRODUCTS_DEFAULT, PRODUCTS_MAX, &limit))
        return answer_error(
            MHD_HTTP_BAD_REQUEST, "limit must be a whole number up to %d", PRODUCTS_MAX);
    json_t *products = json_array();
    for (int pass = 0; pass < 2; pass++) { /* names that begin with the query come first */
        for (int32_t sku = 0; sku < catalog->count; sku++) {
            const Product *product = &catalog->products[sku];
            if ((int64_t)json_array_size(products) >= limit) break;
            if (begins(product, query) != (pass == 0) || !is_found(product, query)) continue;
            json_array_append_new(products, message_from_product(product, catalog));
        }
    }
    return answer_json(MHD_HTTP_OK, json_pack("{s:o}", "products", products));
}

/* -- the table
 * ------------------------------------------------------------------------------------------- */

const Route publish_routes[] = {
    {"GET", "/api/v1/basket", answer_basket},
    {"POST", "/api/v1/basket/lines/*/dispute", answer_dispute},
    {"POST", "/api/v1/basket/lines/*/remove", answer_remove},
    {"GET", "/api/v1/events", answer_entries},
    {"GET", "/api/v1/prompts", answer_prompts},
    {"POST", "/api/v1/prompts/*", answer_prompt},
    {"GET", "/api/v1/session", answer_session_state},
    {"POST", "/api/v1/session", answer_session},
    {"POST", "/api/v1/scan", answer_scan},
    {"GET", "/api/v1/scale", answer_scale},
    {"GET", "/api/v1/scale/log", answer_scale_log},
    {"POST", "/api/v1/scale/zero", answer_scale_order},
    {"POST", "/api/v1/scale/tare", answer_scale_order},
    {"GET", "/api/v1/cameras", answer_cameras},
    {"GET", "/api/v1/health", answer_health},
    {"GET", "/api/v1/catalog", answer_catalog},
    {"GET", "/api/v1/products/*/picture.jpg", answer_picture},
    {"GET", "/api/v1/stream", answer_events},
    {"GET", "/camera/*.mjpg", answer_watch},
    {"GET", "/metrics", answer_metrics},
    {"GET", "/healthz", answer_alive},
    {"GET", "/readyz", answer_ready},
    {"GET", "/version", answer_version},
    {"GET", "/openapi.json", answer_openapi},
    {NULL, NULL, NULL}};
