#include "sources.h"

#include <stdio.h>
#include <string.h>

enum {
    CAMERA_SILENT_MS = 2000,
    RETRY_FIRST_MS = 250,
    RETRY_MOST_MS = 4000,
};

typedef enum Role { ROLE_CAMERA, ROLE_SCALE, ROLE_SCANNER } Role;

static bool begins(const char *uri, const char *scheme) {
    return strncmp(uri, scheme, strlen(scheme)) == 0;
}

/* -- planning ---------------------------------------------------------------------------------- */

/* The source of this URI, made when there is none yet; NULL: "none", or no room. */
static Source *source_of(Sources *sources, const char *uri, Role role, const Source *as) {
    if (strcmp(uri, "none") == 0 || uri[0] == '\0') return NULL;
    for (int i = 0; i < sources->count; i++)
        if (strcmp(sources->at[i].uri, uri) == 0 && begins(uri, "tape:")) return &sources->at[i];
    if (sources->count == SOURCES_MAX) return NULL;
    Source *source = &sources->at[sources->count++];
    *source = *as;
    snprintf(source->uri, sizeof source->uri, "%s", uri);
    source->request.uri = source->uri;
    if (begins(uri, "tape:")) return source;
    source->live = begins(uri, "gst:") || (role == ROLE_SCALE && scale_knows(uri)) ||
                   (role == ROLE_SCANNER && (begins(uri, "serial:") || begins(uri, "evdev:")));
    if (role == ROLE_CAMERA) source->silent_ms = CAMERA_SILENT_MS;
    if (role == ROLE_SCALE) source->silent_ms = as->config->scale.silent_ms;
    return source;
}

static void name(Source *source, const char *what) {
    if (!source->what[0]) snprintf(source->what, sizeof source->what, "%s", what);
}

void sources_plan(Sources *out, const CartConfig *config, bool realtime, const Catalog *catalog) {
    const SourcesSection *wanted = &config->sources;
    const Source as = {.config = config, .request = {.realtime = realtime, .catalog = catalog}};
    memset(out, 0, sizeof *out);
    for (int i = 0; i < wanted->cameras.count; i++) {
        Source *source = source_of(out, wanted->cameras.at[i].value, ROLE_CAMERA, &as);
        if (!source) continue;
        const int index = out->camera_count++;
        out->cameras[index] = wanted->cameras.at[i].name;
        source->request.cameras[source->request.camera_count].name = out->cameras[index];
        source->request.cameras[source->request.camera_count++].index = index;
        snprintf(source->what, sizeof source->what, "camera.%s", out->cameras[index]);
    }
    Source *scale = source_of(out, wanted->scale, ROLE_SCALE, &as);
    if (scale) {
        scale->weighs = out->weighs = true;
        name(scale, "scale");
    }
    Source *scanner = source_of(out, wanted->scanner, ROLE_SCANNER, &as);
    if (scanner) {
        scanner->scans = true;
        name(scanner, "scanner");
    }
}

/* -- one face ---------------------------------------------------------------------------------- */

/* Anything but a tape is one sense only; what no room knows, capture refuses by name. */
Status source_open(Source *source) {
    const bool tape = begins(source->uri, "tape:");
    if (source->weighs && !tape)
        return scale_open(&source->scale, &source->config->scale, source->uri, source->raw);
    if (source->scans && !tape) return scanner_open(&source->scanner, source->uri);
    return capture_open(&source->capture, &source->config->capture, &source->request);
}

void source_close(Source *source) {
    scale_close(source->scale);
    scanner_close(source->scanner);
    capture_close(source->capture);
    source->scale = NULL;
    source->scanner = NULL;
    source->capture = NULL;
}

Status source_next(Source *source, int timeout_ms, Input *out) {
    if (source->capture) return capture_next(source->capture, timeout_ms, out);
    if (source->scale) return scale_next(source->scale, timeout_ms, out);
    out->kind = INPUT_SCAN;
    TRY(scanner_next(source->scanner, timeout_ms, &out->scan));
    out->t_ns = out->scan.t_ns;
    return OK;
}

bool source_gives(const Source *source, InputKind kind) {
    switch (kind) {
    case INPUT_SCALE:
    case INPUT_CALIBRATION:
    case INPUT_IMU:
        return source->weighs;
    case INPUT_SCAN:
        return source->scans;
    case INPUT_FRAME:
    case INPUT_COMMAND:
        return true;
    }
    return false;
}

int source_retry_ms(int tries) {
    int wait_ms = RETRY_FIRST_MS;
    while (tries-- > 0 && wait_ms < RETRY_MOST_MS)
        wait_ms *= 2;
    return wait_ms < RETRY_MOST_MS ? wait_ms : RETRY_MOST_MS;
}
