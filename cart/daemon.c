#include "daemon.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_CEILING = 1 << 20, CONNECT_MS = 1000, CALL_MS = 5000 };

struct Daemon {
    CURL *curl;
    char url[256];
    char why[CURL_ERROR_SIZE];
    size_t size;
    char answer[ANSWER_CEILING];
};

/* An address to listen on everywhere is reached on loopback. */
static void url_of(const PublishConfig *config, char *out, size_t size) {
    const char *host = config->listen;
    if (strcmp(host, "0.0.0.0") == 0) host = "127.0.0.1";
    if (strcmp(host, "::") == 0) host = "::1";
    const bool six = strchr(host, ':') != NULL;
    snprintf(out, size, "http://%s%s%s:%d", six ? "[" : "", host, six ? "]" : "", config->port);
}

Status daemon_open(Daemon **out, const PublishConfig *config, const char *url) {
    Daemon *daemon = calloc(1, sizeof *daemon);
    if (!daemon) return fail(E_NO_MEMORY, "daemon: out of memory");
    if (url[0]) {
        snprintf(daemon->url, sizeof daemon->url, "%s", url);
    } else {
        url_of(config, daemon->url, sizeof daemon->url);
    }
    const size_t length = strlen(daemon->url);
    if (length > 0 && daemon->url[length - 1] == '/') daemon->url[length - 1] = '\0';
    daemon->curl = curl_easy_init();
    if (!daemon->curl) {
        free(daemon);
        return fail(E_NO_MEMORY, "daemon: libcurl will not start");
    }
    *out = daemon;
    return OK;
}

const char *daemon_url(const Daemon *daemon) { return daemon->url; }

void daemon_close(Daemon *daemon) {
    if (!daemon) return;
    curl_easy_cleanup(daemon->curl);
    free(daemon);
}

static size_t take(const char *bytes, size_t one, size_t count, void *with) {
    Daemon *daemon = with;
    const size_t size = one * count;
    if (size > ANSWER_CEILING - daemon->size) return 0; /* ends the call */
    memcpy(daemon->answer + daemon->size, bytes, size);
    daemon->size += size;
    return size;
}

static Status perform(Daemon *daemon, const char *path, const char *body, long *http) {
    char url[512];
    CURL *curl = daemon->curl;
    snprintf(url, sizeof url, "%s%s", daemon->url, path);
    daemon->size = 0;
    daemon->why[0] = '\0';
    curl_easy_reset(curl);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"); /* a cart is never behind one */
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)CALL_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, daemon->why);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, daemon);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (body) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    const CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
        return fail(E_NOT_FOUND, "no cart answers at %s; is `cartwright run` up?", daemon->url);
    if (code != CURLE_OK)
        return fail(E_IO, "%s: %s", url, daemon->why[0] ? daemon->why : curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, http);
    return OK;
}

Status daemon_call(Daemon *daemon, const char *path, const char *body, json_t **out) {
    long http = 0;
    TRY(perform(daemon, path, body, &http));
    json_t *json = json_loadb(daemon->answer, daemon->size, JSON_REJECT_DUPLICATES, NULL);
    const char *error = json_string_value(json_object_get(json, "error"));
    if (http / 100 == 2 && json_is_object(json)) {
        *out = json;
        return OK;
    }
    const Status status =
        error ? fail(E_INVALID, "%s", error)
              : fail(
                    E_CORRUPT,
                    "%s%s: answers %ld, and not as a cart would: does another program "
                    "have this port?",
                    daemon->url, path, http);
    json_decref(json);
    return status;
}
