/* http.c - the socket, libmicrohttpd and the way from a request to its route. */
#include "log.h"
#include "message.h"
#include "publish_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IDLE_S = 30,                             /* a connection that moves nothing is closed */
    SWALLOW_BYTES = 64 * PUBLISH_BODY_BYTES, /* of a body that is too large, before hanging up */
};

/* -- answers ---------------------------------------------------------------------------------- */

static Answer answer_owned(unsigned status, const char *media_type, char *text) {
    if (!text) return (Answer){MHD_HTTP_SERVICE_UNAVAILABLE, NULL};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(text);
        return (Answer){MHD_HTTP_SERVICE_UNAVAILABLE, NULL};
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, media_type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    return (Answer){status, response};
}

Answer answer_json(unsigned status, json_t *message) {
    char *text = message ? message_text(message) : NULL;
    json_decref(message);
    return answer_owned(status, "application/json", text);
}

Answer answer_text(unsigned status, const char *media_type, const char *text) {
    return answer_owned(status, media_type, strdup(text));
}

Answer answer_error(unsigned status, const char *format, ...) {
    char why[512];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    for (char *at = why; *at; at++) /* words of a client may be any bytes; JSON is UTF-8 */
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f) *at = '?';
    return answer_json(status, json_pack("{s:s}", "error", why));
}

/* -- from a request to its route
 * --------------------------------------------------------------------- */

static bool matches(const char *pattern, const char *path, char *word, size_t size) {
    const char *star = strchr(pattern, '*');
    if (!star) return strcmp(pattern, path) == 0;
    const size_t before = (size_t)(star - pattern), after = strlen(star + 1), whole = strlen(path);
    if (whole <= before + after || strncmp(path, pattern, before) != 0) return false;
    if (strcmp(path + whole - after, star + 1) != 0) return false;
    const size_t length = whole - before - after;
    if (length >= size || memchr(path + before, '/', length)) return false;
    memcpy(word, path + before, length);
    word[length] = '\0';
    return true;
}

static Answer refuse_method(const char *allowed, const char *method, const char *path) {
    const Answer answer = answer_error(
        MHD_HTTP_METHOD_NOT_ALLOWED, "%s does not take %.16s, only %s", path, method, allowed);
    if (answer.response) MHD_add_response_header(answer.response, MHD_HTTP_HEADER_ALLOW, allowed);
    return answer;
}

static Answer dispatch(Call *call, const char *method) {
    if (strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) method = MHD_HTTP_METHOD_GET;
    char allowed[32] = "";
    for (const Route *route = publish_routes; route->method; route++) {
        if (!matches(route->pattern, call->path, call->word, sizeof call->word)) continue;
        if (strcmp(route->method, method) == 0) return route->handler(call);
        const size_t used = strlen(allowed);
        snprintf(allowed + used, sizeof allowed - used, "%s%s", used ? ", " : "", route->method);
    }
    if (allowed[0]) return refuse_method(allowed, method, call->path);
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0) return answer_page(call);
    return answer_error(MHD_HTTP_NOT_FOUND, "%s: no such path", call->path);
}

/* -- libmicrohttpd
 * ----------------------------------------------------------------------------------- */

typedef struct Request {
    size_t received; /* may exceed what was kept */
    size_t room;
    uint8_t *body;
} Request;

static void request_done(
    void *context,
    struct MHD_Connection *connection,
    void **state,
    enum MHD_RequestTerminationCode why) {
    (void)context, (void)connection, (void)why;
    Request *request = *state;
    if (request) free(request->body);
    free(request);
    *state = NULL;
}

static bool keep_body(Request *request, const char *bytes, size_t size) {
    const size_t needed = request->received + size;
    if (needed <= PUBLISH_BODY_BYTES) {
        if (!request->body) request->body = malloc(PUBLISH_BODY_BYTES);
        if (!request->body) return false;
        memcpy(request->body + request->received, bytes, size);
    }
    request->received = needed;
    return needed <= SWALLOW_BYTES;
}

static enum MHD_Result
send_answer(Publisher *publisher, struct MHD_Connection *connection, Answer answer) {
    if (!answer.response) return MHD_NO;
    metric_add(publisher->requests[answer.status / 100], 1);
    MHD_add_response_header(answer.response, "X-Content-Type-Options", "nosniff");
    const enum MHD_Result result = MHD_queue_response(connection, answer.status, answer.response);
    MHD_destroy_response(answer.response);
    return result;
}

static Answer too_large(void) {
    return answer_error(
        MHD_HTTP_CONTENT_TOO_LARGE, "a request body may have %d bytes", PUBLISH_BODY_BYTES);
}

static bool announces_too_much(struct MHD_Connection *connection) {
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length && strtoull(length, NULL, 10) > PUBLISH_BODY_BYTES;
}

static enum MHD_Result on_request(
    void *context,
    struct MHD_Connection *connection,
    const char *path,
    const char *method,
    const char *version,
    const char *bytes,
    size_t *size,
    void **state) {
    (void)version;
    Publisher *publisher = context;
    Request *request = *state;
    if (!request) { /* the headers are here, the body is not */
        if (announces_too_much(connection)) return send_answer(publisher, connection, too_large());
        *state = calloc(1, sizeof *request);
        return *state ? MHD_YES : MHD_NO;
    }
    if (*size > 0) {
        const bool kept = keep_body(request, bytes, *size);
        *size = 0;
        return kept ? MHD_YES : MHD_NO;
    }
    if (request->received > PUBLISH_BODY_BYTES)
        return send_answer(publisher, connection, too_large());
    Call call = {
        .publisher = publisher,
        .connection = connection,
        .path = path,
        .body = request->body,
        .size = request->received};
    return send_answer(publisher, connection, dispatch(&call, method));
}

static void on_log(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void on_log(void *context, const char *format, va_list args) {
    (void)context;
    char line[256];
    vsnprintf(line, sizeof line, format, args);
    LOG_DEBUG("publish", "%s", line);
}

/* -- the socket
 * ------------------------------------------------------------------------------------------ */

static Status listen_on(const PublishConfig *config, int *out, int *port) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t length = sizeof address.v4;
    if (inet_pton(AF_INET, config->listen, &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons((uint16_t)config->port);
    } else if (inet_pton(AF_INET6, config->listen, &address.v6.sin6_addr) == 1) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons((uint16_t)config->port);
        length = sizeof address.v6;
    } else {
        return fail(
            E_INVALID, "publish: listen: \"%s\" is not an IPv4 or IPv6 address", config->listen);
    }
    const int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fail(E_IO, "publish: no socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, &address.any, length) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, &address.any, &length) != 0) {
        const int why = errno;
        close(fd);
        return fail(
            E_IO, "publish: %s port %d: %s; stop what uses it or set publish.port", config->listen,
            config->port, strerror(why));
    }
    *port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    *out = fd;
    return OK;
}

Status http_open(Publisher *publisher) {
    int fd = -1;
    TRY(listen_on(&publisher->config, &fd, &publisher->port));
    publisher->daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, publisher, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET,
        fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)publisher->config.max_clients,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_NOTIFY_COMPLETED, request_done,
        NULL, MHD_OPTION_END);
    if (!publisher->daemon) return fail(E_IO, "publish: libmicrohttpd would not start");
    return OK;
}

void http_close(Publisher *publisher) {
    if (publisher->daemon) MHD_stop_daemon(publisher->daemon);
    publisher->daemon = NULL;
}
