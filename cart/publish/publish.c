#include "publish.h"

#include "clock.h"
#include "log.h"
#include "message.h"
#include "publish_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const Setting publish_settings[] = {
    SETTING_BOOL(PublishConfig, enabled, "true", "answer HTTP"),
    SETTING_TEXT(PublishConfig, listen, "127.0.0.1", "IPv4 or IPv6 address to listen on"),
    SETTING_INT(PublishConfig, port, "8080", 0, 65535, "TCP port; 0 takes any free one"),
    SETTING_TEXT(PublishConfig, web_root, "web/dist", "folder of the shopper's page"),
    SETTING_INT(PublishConfig, max_clients, "64", 4, 512, "connections at a time"),
    SETTING_END};

/* -- opening and closing ---------------------------------------------------------------------- */

static void *beat(void *context) {
    Publisher *publisher = context;
    pthread_mutex_lock(&publisher->lock);
    while (!publisher->closing) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&publisher->closing_now, &publisher->lock, &until);
        if (!publisher->closing) stream_heartbeat(publisher, clock_now_ns());
    }
    pthread_mutex_unlock(&publisher->lock);
    return NULL;
}

static void add_metrics(Publisher *publisher) {
    Metrics *metrics = publisher->sources.metrics;
    for (int i = 2; i < 6; i++) {
        char labels[16];
        snprintf(labels, sizeof labels, "code=\"%dxx\"", i);
        publisher->requests[i] = metrics_counter(
            metrics, "cart_http_requests_total", "Requests answered, by class of status", labels);
    }
    publisher->streams =
        metrics_gauge(metrics, "cart_http_streams", "Event and picture streams open now", "");
    publisher->streams_cut = metrics_counter(
        metrics, "cart_http_streams_cut_total", "Event streams cut off for being too slow", "");
}

static void locks_open(Publisher *publisher) {
    pthread_mutex_init(&publisher->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&publisher->closing_now, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void release_all(Publisher *publisher) {
    for (int i = 0; i < CAMERAS_MAX; i++)
        blob_release(publisher->cameras[i].latest);
    pthread_cond_destroy(&publisher->closing_now);
    pthread_mutex_destroy(&publisher->lock);
    free(publisher->entries);
    free(publisher);
}

Status publish_open(Publisher **out, const PublishConfig *config, const PublishSources *sources) {
    Publisher *publisher = calloc(1, sizeof *publisher);
    Entry *entries = calloc(ENTRIES_KEPT, sizeof *entries);
    if (!publisher || !entries) {
        free(publisher);
        free(entries);
        return fail(E_NO_MEMORY, "publish: out of memory");
    }
    publisher->config = *config;
    publisher->sources = *sources;
    publisher->entries = entries;
    publisher->opened_ns = publisher->started_ns = clock_now_ns();
    locks_open(publisher);
    add_metrics(publisher);

    Status status = http_open(publisher);
    if (status == OK && pthread_create(&publisher->heartbeat, NULL, beat, publisher) != 0) {
        http_close(publisher);
        status = fail(E_NO_MEMORY, "publish: no thread for the heartbeat");
    }
    if (status != OK) {
        release_all(publisher);
        return status;
    }
    LOG_INFO("publish", "listening on %s port %d", config->listen, publisher->port);
    *out = publisher;
    return OK;
}

void publish_close(Publisher *publisher) {
    if (!publisher) return;
    pthread_mutex_lock(&publisher->lock);
    publisher->closing = true;
    pthread_cond_signal(&publisher->closing_now);
    stream_wake_all(publisher);
    pthread_mutex_unlock(&publisher->lock);
    pthread_join(publisher->heartbeat, NULL);
    http_close(publisher);
    release_all(publisher);
}

int publish_port(const Publisher *publisher) { return publisher->port; }

/* -- what the cart says ----------------------------------------------------------------------- */

/* An event is put into words only when somebody listens. */
static void say(Publisher *publisher, const char *event, json_t *message) {
    stream_say(publisher, -1, blob_of_event(event, message));
}

void publish_basket(Publisher *publisher, const Basket *basket) {
    pthread_mutex_lock(&publisher->lock);
    publisher->basket = *basket;
    if (publisher->event_clients)
        say(publisher, "basket", message_from_basket(basket, publisher->sources.catalog));
    pthread_mutex_unlock(&publisher->lock);
}

void publish_entry(Publisher *publisher, const Entry *entry) {
    pthread_mutex_lock(&publisher->lock);
    const int newest = (publisher->entry_head + publisher->entry_count - 1) % ENTRIES_KEPT;
    /* Sequences start again with a session; an old session's entries would hide the new ones. */
    if (publisher->entry_count && entry->sequence <= publisher->entries[newest].sequence)
        publisher->entry_count = 0;
    if (entry->kind == ENTRY_RESET) publisher->started_ns = entry->t_ns;
    const int at = (publisher->entry_head + publisher->entry_count) % ENTRIES_KEPT;
    publisher->entries[at] = *entry;
    if (publisher->entry_count < ENTRIES_KEPT) {
        publisher->entry_count++;
    } else {
        publisher->entry_head = (publisher->entry_head + 1) % ENTRIES_KEPT;
    }
    if (publisher->event_clients)
        say(publisher, "entry", message_from_entry(entry, publisher->sources.catalog));
    pthread_mutex_unlock(&publisher->lock);
}

void publish_weight(Publisher *publisher, const WeightReading *reading, const LegalWeight *legal) {
    pthread_mutex_lock(&publisher->lock);
    publisher->has_weight = true;
    publisher->weight = *reading;
    publisher->has_legal = legal != NULL;
    if (legal) publisher->legal = *legal;
    if (publisher->event_clients) say(publisher, "weight", message_from_weight(reading, legal));
    pthread_mutex_unlock(&publisher->lock);
}

static void keep_fault(Publisher *publisher, const Fault *fault) {
    int i = 0;
    while (i < publisher->fault_count && strcmp(publisher->faults[i].what, fault->what) != 0)
        i++;
    if (!fault->active) {
        if (i < publisher->fault_count)
            publisher->faults[i] = publisher->faults[--publisher->fault_count];
        return;
    }
    if (i == FAULTS_MAX) {
        LOG_WARN("publish", "fault %s is not shown: there are %d already", fault->what, i);
        return;
    }
    publisher->faults[i] = *fault;
    if (i == publisher->fault_count) publisher->fault_count++;
}

void publish_fault(Publisher *publisher, const Fault *fault) {
    pthread_mutex_lock(&publisher->lock);
    keep_fault(publisher, fault);
    if (strcmp(fault->what, "scale") == 0) {
        ScaleEvent event = {.t_ns = fault->t_ns, .done = true};
        snprintf(event.what, sizeof event.what, "%s", fault->active ? "fault" : "back");
        snprintf(event.why, sizeof event.why, "%s", fault->active ? fault->why : "");
        scale_log_add(publisher, &event);
    }
    if (publisher->event_clients) say(publisher, "fault", message_from_fault(fault));
    pthread_mutex_unlock(&publisher->lock);
}

void publish_scale_event(Publisher *publisher, const ScaleEvent *event) {
    pthread_mutex_lock(&publisher->lock);
    scale_log_add(publisher, event);
    pthread_mutex_unlock(&publisher->lock);
}

void publish_detections(
    Publisher *publisher,
    const Detections *detections,
    const Tracks *tracks,
    const char *camera,
    const char *const *labels) {
    pthread_mutex_lock(&publisher->lock);
    if (publisher->event_clients)
        say(publisher, "detections", json_of_detections(detections, tracks, camera, labels));
    pthread_mutex_unlock(&publisher->lock);
}

/* -- cameras ---------------------------------------------------------------------------------- */

static bool is_camera(const Publisher *publisher, int camera) {
    return camera >= 0 && camera < publisher->sources.camera_count;
}

void publish_camera(Publisher *publisher, int camera, int width, int height) {
    if (!is_camera(publisher, camera)) return;
    const int64_t now_ns = clock_now_ns();
    pthread_mutex_lock(&publisher->lock);
    CameraView *view = &publisher->cameras[camera];
    const double interval_ns = (double)(now_ns - view->arrived_ns);
    if (view->arrived_ns) {
        const bool first = view->interval_ns <= 0;
        view->interval_ns = first ? interval_ns : 0.9 * view->interval_ns + 0.1 * interval_ns;
    }
    view->arrived_ns = now_ns;
    view->width = width;
    view->height = height;
    pthread_mutex_unlock(&publisher->lock);
}

bool publish_wants_frame(Publisher *publisher, int camera) {
    if (!is_camera(publisher, camera)) return false;
    pthread_mutex_lock(&publisher->lock);
    const bool wanted = publisher->cameras[camera].watchers > 0;
    pthread_mutex_unlock(&publisher->lock);
    return wanted;
}

void publish_frame(Publisher *publisher, int camera, const uint8_t *jpeg, size_t size) {
    if (!is_camera(publisher, camera)) return;
    pthread_mutex_lock(&publisher->lock);
    CameraView *view = &publisher->cameras[camera];
    Blob *picture = view->watchers > 0 ? blob_of_picture(jpeg, size) : NULL;
    if (picture) {
        blob_release(view->latest);
        view->latest = picture;
        picture->owners++;
        stream_say(publisher, camera, picture);
    }
    pthread_mutex_unlock(&publisher->lock);
}

void publish_ready(Publisher *publisher, bool ready) {
    pthread_mutex_lock(&publisher->lock);
    publisher->ready = ready;
    pthread_mutex_unlock(&publisher->lock);
}
