/* command.c - what the shopper says: a POST becomes an Input on the commands ring. */
#include "clock.h"
#include "message.h"
#include "publish_internal.h"

#include <stdlib.h>
#include <string.h>

enum { QUANTITY_MAX = 999 };

static Status bad(const char *sentence) { return fail(E_INVALID, "%s", sentence); }

/* -- parsing ---------------------------------------------------------------------------------- */

/* A positive number that ends where `after` begins, all there is. */
static bool read_number(const char *text, const char *after, int32_t *out) {
    char *end = NULL;
    if (*text < '1' || *text > '9') return false;
    const long long value = strtoll(text, &end, 10);
    if (strcmp(end, after) != 0 || value > INT32_MAX) return false;
    *out = (int32_t)value;
    return true;
}

static Status read_quantity(const json_t *body, int least, int fallback, int32_t *out) {
    const json_t *quantity = json_object_get(body, "quantity");
    if (!quantity) {
        *out = fallback;
        return OK;
    }
    const json_int_t value = json_integer_value(quantity);
    if (!json_is_integer(quantity) || value < least || value > QUANTITY_MAX)
        return fail(
            E_INVALID, "quantity must be a whole number from %d to %d", least, QUANTITY_MAX);
    *out = (int32_t)value;
    return OK;
}

static Status read_answer(const json_t *body, const Catalog *catalog, Command *out) {
    out->kind = COMMAND_ANSWER;
    const json_t *product = json_object_get(body, "product");
    if (json_is_null(product)) {
        out->sku = SKU_UNKNOWN;
        return read_quantity(body, 0, 1, &out->quantity);
    }
    const char *id = json_string_value(product);
    if (!id) return bad("product must be a product's id, or null for none of these");
    TRY(read_quantity(body, 1, 1, &out->quantity));
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        if (strcmp(catalog->products[sku].id, id) != 0) continue;
        out->sku = sku;
        return OK;
    }
    return fail(E_NOT_FOUND, "the catalogue has no product %.64s", id);
}

static Status read_action(const json_t *body, Command *out) {
    const char *action = json_string_value(json_object_get(body, "action"));
    if (action && strcmp(action, "checkout") == 0) {
        out->kind = COMMAND_CHECKOUT;
    } else if (action && strcmp(action, "reset") == 0) {
        out->kind = COMMAND_RESET;
    } else {
        return bad("action must be \"checkout\" or \"reset\"");
    }
    return OK;
}

static Status read_code(const json_t *body, Scan *out) {
    const char *code = json_string_value(json_object_get(body, "code"));
    const size_t length = code ? strlen(code) : 0;
    if (length == 0 || length >= SCAN_CODE_BYTES || strspn(code, "0123456789") != length)
        return fail(E_INVALID, "code must be 1 to %d digits", SCAN_CODE_BYTES - 1);
    memcpy(out->code, code, length);
    out->source = SCAN_SHOPPER;
    out->camera = -1;
    return OK;
}

/* Nothing, or {"clear": true} for a tare. */
static Status read_tare(const json_t *body, Command *out) {
    const json_t *clear = json_object_get(body, "clear");
    if (clear && !json_is_boolean(clear)) return bad("clear must be true or false");
    out->kind = json_is_true(clear) ? COMMAND_CLEAR_TARE : COMMAND_TARE;
    return OK;
}

static Status read_body(const uint8_t *bytes, size_t size, json_t **out) {
    json_error_t why = {0};
    json_t *body =
        size ? json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &why) : json_object();
    if (!body) return fail(E_INVALID, "the body is not JSON: %s", why.text);
    if (!json_is_object(body)) {
        json_decref(body);
        return bad("the body must be a JSON object");
    }
    *out = body;
    return OK;
}

static const char *after_prefix(const char *path, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncmp(path, prefix, length) == 0 ? path + length : NULL;
}

static Status
read_command(const char *path, const json_t *body, const Catalog *catalog, Input *input) {
    Command *command = &input->command;
    const char *rest;
    if (strcmp(path, "/api/v1/scan") == 0) {
        input->kind = INPUT_SCAN;
        input->scan = (Scan){0};
        return read_code(body, &input->scan);
    }
    if (strcmp(path, "/api/v1/session") == 0) return read_action(body, command);
    if (strcmp(path, "/api/v1/scale/tare") == 0) return read_tare(body, command);
    if (strcmp(path, "/api/v1/scale/zero") == 0) {
        command->kind = COMMAND_ZERO;
        return OK;
    }
    if ((rest = after_prefix(path, "/api/v1/prompts/")) && read_number(rest, "", &command->prompt))
        return read_answer(body, catalog, command);
    if ((rest = after_prefix(path, "/api/v1/basket/lines/"))) {
        if (read_number(rest, "/dispute", &command->line)) {
            command->kind = COMMAND_DISPUTE;
            return OK;
        }
        if (read_number(rest, "/remove", &command->line)) {
            command->kind = COMMAND_REMOVE;
            /* 0: the whole line */
            return read_quantity(body, 1, 0, &command->quantity);
        }
    }
    return fail(E_NOT_FOUND, "%.128s: no such path", path);
}

Status publish_parse_command(
    const char *path, const uint8_t *bytes, size_t size, const Catalog *catalog, Input *out) {
    if (size > PUBLISH_BODY_BYTES)
        return fail(E_INVALID, "a request body may have %d bytes", PUBLISH_BODY_BYTES);
    json_t *body = NULL;
    TRY(read_body(bytes, size, &body));
    Input input = {.kind = INPUT_COMMAND, .command = {.sku = SKU_UNKNOWN}};
    const Status status = read_command(path, body, catalog, &input);
    json_decref(body);
    if (status == OK) *out = input;
    return status;
}

/* -- queueing --------------------------------------------------------------------------------- */

static Answer refuse(Status status) {
    switch (status) {
    case E_INVALID:
        return answer_error(MHD_HTTP_BAD_REQUEST, "%s", fail_reason());
    case E_NOT_FOUND:
        return answer_error(MHD_HTTP_NOT_FOUND, "%s", fail_reason());
    default:
        return answer_error(MHD_HTTP_SERVICE_UNAVAILABLE, "%s", fail_reason());
    }
}

static Answer queue(const Call *call, Input *input) {
    input->t_ns = clock_now_ns();
    if (input->kind == INPUT_SCAN) {
        input->scan.t_ns = input->t_ns;
    } else {
        input->command.t_ns = input->t_ns;
    }
    switch (ring_push(call->publisher->sources.commands, input, NULL)) {
    case OK:
        return answer_json(MHD_HTTP_ACCEPTED, json_object());
    case E_END:
        return answer_error(MHD_HTTP_SERVICE_UNAVAILABLE, "the cart is stopping");
    default:
        return answer_error(
            MHD_HTTP_SERVICE_UNAVAILABLE, "the cart has too much to do; try again in a moment");
    }
}

static Status parse(const Call *call, Input *out) {
    return publish_parse_command(
        call->path, call->body, call->size, call->publisher->sources.catalog, out);
}

static Answer parse_and_queue(const Call *call) {
    Input input = {0};
    const Status status = parse(call, &input);
    return status == OK ? queue(call, &input) : refuse(status);
}

Answer answer_session(const Call *call) { return parse_and_queue(call); }
Answer answer_scan(const Call *call) { return parse_and_queue(call); }
Answer answer_scale_order(const Call *call) { return parse_and_queue(call); }

/* A shopper acts on what the screen shows; what it no longer shows cannot be meant. */
static Answer queue_for_line(const Call *call) {
    Input input = {0};
    const Status status = parse(call, &input);
    if (status != OK) return refuse(status);
    Publisher *publisher = call->publisher;
    bool shown = false;
    pthread_mutex_lock(&publisher->lock);
    for (int i = 0; i < publisher->basket.count; i++) {
        const BasketLine *line = &publisher->basket.lines[i];
        if (line->line != input.command.line) continue;
        shown = true;
        if (input.command.quantity == 0) input.command.quantity = line->quantity;
    }
    pthread_mutex_unlock(&publisher->lock);
    if (!shown)
        return answer_error(MHD_HTTP_NOT_FOUND, "the basket has no line %d", input.command.line);
    return queue(call, &input);
}

Answer answer_dispute(const Call *call) { return queue_for_line(call); }
Answer answer_remove(const Call *call) { return queue_for_line(call); }

Answer answer_prompt(const Call *call) {
    Input input = {0};
    const Status status = parse(call, &input);
    if (status != OK) return refuse(status);
    Publisher *publisher = call->publisher;
    bool open = false;
    pthread_mutex_lock(&publisher->lock);
    for (int i = 0; i < publisher->basket.prompt_count; i++)
        open = open || publisher->basket.prompts[i].prompt == input.command.prompt;
    pthread_mutex_unlock(&publisher->lock);
    if (!open)
        return answer_error(
            MHD_HTTP_CONFLICT, "question %d is not open any more", input.command.prompt);
    return queue(call, &input);
}
