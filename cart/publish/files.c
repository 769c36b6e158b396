/* files.c - the shopper's page and the product pictures, from disk. */
#include "publish_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *ending;
    const char *media_type;
} media_types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
};

static bool ends_with(const char *text, const char *ending) {
    const size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

static const char *media_type_of(const char *path) {
    for (size_t i = 0; i < sizeof media_types / sizeof media_types[0]; i++)
        if (ends_with(path, media_types[i].ending)) return media_types[i].media_type;
    return "application/octet-stream";
}

/* A regular file as an answer; no response when there is none. */
static Answer answer_file(const char *path, const char *cache) {
    struct stat info;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return (Answer){MHD_HTTP_NOT_FOUND, NULL};
    struct MHD_Response *response = NULL;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        response = MHD_create_response_from_fd((size_t)info.st_size, fd);
    if (!response) {
        close(fd);
        return (Answer){MHD_HTTP_NOT_FOUND, NULL};
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, media_type_of(path));
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
    return (Answer){MHD_HTTP_OK, response};
}

/* -- product pictures
 * -------------------------------------------------------------------------------- */

/* The alphabetically first .jpg of a folder. */
static bool first_jpeg(const char *folder, char *out, size_t size) {
    char first[NAME_MAX + 1] = "";
    DIR *listing = opendir(folder);
    if (!listing) return false;
    const struct dirent *entry;
    while ((entry = readdir(listing))) /* NOLINT(concurrency-mt-unsafe): a listing of our own */
        if (ends_with(entry->d_name, ".jpg") && (!first[0] || strcmp(entry->d_name, first) < 0))
            snprintf(first, sizeof first, "%s", entry->d_name);
    closedir(listing);
    return first[0] && (size_t)snprintf(out, size, "%s/%s", folder, first) < size;
}

Answer answer_picture(const Call *call) {
    const PublishSources *sources = &call->publisher->sources;
    const char *folder = NULL;
    for (int32_t sku = 0; sources->product_folders && sku < sources->catalog->count; sku++)
        if (strcmp(sources->catalog->products[sku].id, call->word) == 0)
            folder = sources->product_folders[sku];
    if (!folder) return answer_error(MHD_HTTP_NOT_FOUND, "no product is called %s", call->word);

    static const char an_hour[] = "max-age=3600";
    char path[PATH_MAX], views[PATH_MAX];
    snprintf(path, sizeof path, "%s/views/front.jpg", folder);
    Answer answer = answer_file(path, an_hour);
    snprintf(views, sizeof views, "%s/views", folder);
    if (!answer.response && first_jpeg(views, path, sizeof path))
        answer = answer_file(path, an_hour);
    snprintf(path, sizeof path, "%s/texture.jpg", folder);
    if (!answer.response) answer = answer_file(path, an_hour);
    if (answer.response) return answer;
    return answer_error(MHD_HTTP_NOT_FOUND, "%s has no picture", call->word);
}

/* -- the page
 * ---------------------------------------------------------------------------------------- */

/* The file a path means, resolved; false when it is not inside the root, links included. */
static bool resolve(const char *root, const char *path, char out[PATH_MAX]) {
    char wanted[PATH_MAX];
    const int length = snprintf(wanted, sizeof wanted, "%s%s", root, path);
    if (length < 0 || (size_t)length >= sizeof wanted || !realpath(wanted, out)) return false;
    const size_t inside = strlen(root);
    return strncmp(out, root, inside) == 0 && out[inside] == '/';
}

/* A name with a dot in its last part is a file; anything else is a page of the application. */
static bool names_a_file(const char *path) { return strchr(strrchr(path, '/'), '.') != NULL; }

Answer answer_page(const Call *call) {
    const PublishConfig *config = &call->publisher->config;
    const bool is_api = strncmp(call->path, "/api/", 5) == 0 ||
                        strncmp(call->path, "/camera/", 8) == 0 || call->path[0] != '/';
    const bool is_hidden = strstr(call->path, "/.") != NULL;
    char root[PATH_MAX], path[PATH_MAX];
    if (is_api || is_hidden)
        return answer_error(MHD_HTTP_NOT_FOUND, "%s: no such path", call->path);
    if (realpath(config->web_root, root)) {
        if (names_a_file(call->path) && resolve(root, call->path, path)) {
            /* Built assets carry a hash of their content in their name. */
            const bool hashed = strncmp(call->path, "/assets/", 8) == 0;
            const Answer answer =
                answer_file(path, hashed ? "max-age=31536000, immutable" : "no-cache");
            if (answer.response) return answer;
        }
        if (!names_a_file(call->path) && resolve(root, "/index.html", path)) {
            const Answer answer = answer_file(path, "no-cache");
            if (answer.response) return answer;
        }
    }
    if (names_a_file(call->path))
        return answer_error(MHD_HTTP_NOT_FOUND, "%s: no such file", call->path);
    char text[512];
    snprintf(
        text, sizeof text,
        "The cart is running, but the shopper's page is not in %s.\n"
        "Build it with npm ci && npm run build in web/, or set publish.web_root.\n"
        "The cart's API is described at /openapi.json.\n",
        config->web_root);
    return answer_text(MHD_HTTP_NOT_FOUND, "text/plain; charset=utf-8", text);
}
