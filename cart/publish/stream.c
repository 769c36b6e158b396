/* stream.c - clients that stay connected: server-sent events and motion JPEG. */
#include "clock.h"
#include "message.h"
#include "publish_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    KEEPALIVE_S = 15,
    SOCKET_BUFFER_BYTES = 128 * 1024, /* the kernel's own backlog would be megabytes */
    PIECE_BYTES = 16 * 1024,
};

/* -- blobs ------------------------------------------------------------------------------------ */

static Blob *blob_of(const char *before, const void *bytes, size_t size, const char *after) {
    const size_t before_size = strlen(before), after_size = strlen(after);
    Blob *blob = malloc(sizeof *blob + before_size + size + after_size);
    if (!blob) return NULL;
    blob->owners = 1;
    blob->size = before_size + size + after_size;
    char *at = mempcpy(blob->bytes, before, before_size);
    if (size) at = mempcpy(at, bytes, size);
    memcpy(at, after, after_size);
    return blob;
}

static Blob *blob_of_text(const char *text) { return blob_of(text, NULL, 0, ""); }

Blob *blob_of_event(const char *event, json_t *message) {
    char *text = message ? message_text(message) : NULL;
    json_decref(message);
    char before[48];
    snprintf(before, sizeof before, "event: %s\ndata: ", event);
    Blob *blob = text ? blob_of(before, text, strlen(text), "\n\n") : NULL;
    free(text);
    return blob;
}

/* The boundary of the next part follows at once, so that a browser shows this one at once. */
static const char boundary[] = "--picture\r\n";

Blob *blob_of_picture(const uint8_t *jpeg, size_t size) {
    char before[96];
    snprintf(
        before, sizeof before, "Content-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n", size);
    return blob_of(before, jpeg, size, "\r\n--picture\r\n");
}

void blob_release(Blob *blob) {
    if (blob && --blob->owners == 0) free(blob);
}

/* -- queues ----------------------------------------------------------------------------------- */

static void wake(Client *client) {
    if (!client->waiting) return;
    client->waiting = false;
    MHD_resume_connection(client->connection);
}

static void drop_first(Client *client) {
    Blob *blob = client->queue[client->head];
    client->bytes -= blob->size;
    client->head = (client->head + 1) % BACKLOG_MAX;
    client->depth--;
    client->offset = 0;
    blob_release(blob);
}

/* Shutting the socket down wakes libmicrohttpd even where the peer never reads again. */
static void cut(Client *client) {
    client->cut = true;
    while (client->depth)
        drop_first(client);
    shutdown(client->fd, SHUT_RDWR);
    wake(client);
}

/* Pictures that were not begun give way to newer ones. */
static void skip_pictures(Client *client) {
    const int keep = client->offset > 0 ? 1 : 0;
    while (client->depth > keep) {
        const int last = (client->head + client->depth - 1) % BACKLOG_MAX;
        client->bytes -= client->queue[last]->size;
        blob_release(client->queue[last]);
        client->depth--;
    }
}

void stream_queue(Client *client, Blob *blob) {
    if (client->cut) return;
    const bool full = client->depth == BACKLOG_MAX || client->bytes + blob->size > BACKLOG_BYTES;
    if (client->camera < 0 && full && client->depth > 0) {
        metric_add(client->publisher->streams_cut, 1);
        cut(client);
        return;
    }
    blob->owners++;
    client->queue[(client->head + client->depth++) % BACKLOG_MAX] = blob;
    client->bytes += blob->size;
    client->heard_ns = clock_now_ns();
    wake(client);
}

void stream_say(Publisher *publisher, int camera, Blob *blob) {
    if (!blob) return;
    for (Client *client = publisher->clients; client; client = client->next) {
        if (client->camera != camera) continue;
        if (camera >= 0) skip_pictures(client);
        stream_queue(client, blob);
    }
    blob_release(blob);
}

void stream_wake_all(Publisher *publisher) {
    for (Client *client = publisher->clients; client; client = client->next)
        wake(client);
}

/* libmicrohttpd does not look at a suspended connection, so a peer that left is ours to notice. */
static bool has_left(const Client *client) {
    char byte;
    return client->waiting && recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void stream_heartbeat(Publisher *publisher, int64_t now_ns) {
    for (Client *client = publisher->clients; client; client = client->next) {
        if (has_left(client)) cut(client);
        if (client->cut || client->depth) continue;
        if (now_ns - client->heard_ns < KEEPALIVE_S * NS_PER_SECOND) continue;
        Blob *sign = blob_of_text(client->camera < 0 ? ": still here\n\n" : "X-Still: here\r\n");
        if (sign) stream_queue(client, sign);
        blob_release(sign);
    }
}

/* -- connections ------------------------------------------------------------------------------ */

static ssize_t read_client(void *context, uint64_t position, char *out, size_t size) {
    Client *client = context;
    Publisher *publisher = client->publisher;
    size_t done = 0;
    (void)position;
    pthread_mutex_lock(&publisher->lock);
    const bool over = publisher->closing || client->cut;
    while (!over && client->depth && done < size) {
        const Blob *blob = client->queue[client->head];
        const size_t left = blob->size - client->offset;
        const size_t piece = left < size - done ? left : size - done;
        memcpy(out + done, blob->bytes + client->offset, piece);
        done += piece;
        client->offset += piece;
        if (client->offset == blob->size) drop_first(client);
    }
    if (!over && done == 0) {
        client->waiting = true;
        MHD_suspend_connection(client->connection);
    }
    pthread_mutex_unlock(&publisher->lock);
    return over ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)done;
}

static void count_clients(Publisher *publisher, const Client *client, int change) {
    publisher->client_count += change;
    metric_set(publisher->streams, publisher->client_count);
    if (client->camera < 0) {
        publisher->event_clients += change;
        return;
    }
    CameraView *view = &publisher->cameras[client->camera];
    view->watchers += change;
    if (view->watchers == 0) { /* it would be old when the next one comes */
        blob_release(view->latest);
        view->latest = NULL;
    }
}

static void close_client(void *context) {
    Client *client = context;
    Publisher *publisher = client->publisher;
    pthread_mutex_lock(&publisher->lock);
    Client **at = &publisher->clients;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    while (client->depth)
        drop_first(client);
    count_clients(publisher, client, -1);
    pthread_mutex_unlock(&publisher->lock);
    free(client);
}

static Client *open_client(const Call *call, int camera) {
    Client *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    client->publisher = call->publisher;
    client->connection = call->connection;
    client->fd = info->connect_fd;
    client->camera = camera;
    setsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &(int){SOCKET_BUFFER_BYTES}, sizeof(int));
    return client;
}

static void queue_and_release(Client *client, Blob *blob) {
    if (!blob) return;
    stream_queue(client, blob);
    blob_release(blob);
}

/* What a newcomer must know: the basket, the weight, what is wrong; or the newest picture. */
static void greet(Publisher *publisher, Client *client) {
    if (client->camera >= 0) {
        queue_and_release(client, blob_of_text(boundary));
        if (publisher->cameras[client->camera].latest)
            stream_queue(client, publisher->cameras[client->camera].latest);
        return;
    }
    const Catalog *catalog = publisher->sources.catalog;
    queue_and_release(client, blob_of_text("retry: 1000\n\n"));
    queue_and_release(
        client, blob_of_event("basket", message_from_basket(&publisher->basket, catalog)));
    if (publisher->has_weight)
        queue_and_release(
            client, blob_of_event(
                        "weight",
                        message_from_weight(
                            &publisher->weight, publisher->has_legal ? &publisher->legal : NULL)));
    for (int i = 0; i < publisher->fault_count; i++)
        queue_and_release(
            client, blob_of_event("fault", message_from_fault(&publisher->faults[i])));
}

/* Streams may not take every connection: the rest of the API needs a few. */
static bool has_room(const Publisher *publisher) {
    const int most = publisher->config.max_clients;
    return publisher->client_count < most - (most >= 32 ? 8 : most / 4);
}

static Answer answer_stream(const Call *call, int camera, const char *media_type) {
    Publisher *publisher = call->publisher;
    Client *client = open_client(call, camera);
    if (!client) return (Answer){MHD_HTTP_SERVICE_UNAVAILABLE, NULL};
    pthread_mutex_lock(&publisher->lock);
    const bool room = has_room(publisher);
    if (room) {
        greet(publisher, client);
        client->next = publisher->clients;
        publisher->clients = client;
        count_clients(publisher, client, 1);
    }
    pthread_mutex_unlock(&publisher->lock);
    if (!room) {
        free(client);
        return answer_error(MHD_HTTP_SERVICE_UNAVAILABLE, "too many streams are open");
    }
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, PIECE_BYTES, read_client, client, close_client);
    if (!response) {
        close_client(client);
        return (Answer){MHD_HTTP_SERVICE_UNAVAILABLE, NULL};
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, media_type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    return (Answer){MHD_HTTP_OK, response};
}

Answer answer_events(const Call *call) { return answer_stream(call, -1, "text/event-stream"); }

Answer answer_watch(const Call *call) {
    const PublishSources *sources = &call->publisher->sources;
    for (int i = 0; i < sources->camera_count; i++)
        if (strcmp(sources->cameras[i], call->word) == 0)
            return answer_stream(call, i, "multipart/x-mixed-replace; boundary=picture");
    return answer_error(MHD_HTTP_NOT_FOUND, "no camera is called %s", call->word);
}

/* -- the one message that only a screen hears ------------------------------------------------- */

static json_t *json_of_box(DetectionKind kind, Box box, float score_p) {
    return json_pack(
        "{s:s, s:f, s:f, s:f, s:f, s:f}", "kind", kind == DETECTION_HAND ? "hand" : "item", "x0",
        (double)box.x0, "y0", (double)box.y0, "x1", (double)box.x1, "y1", (double)box.y1, "score_p",
        (double)score_p);
}

json_t *json_of_detections(
    const Detections *detections,
    const Tracks *tracks,
    const char *camera,
    const char *const *labels) {
    json_t *boxes = json_array();
    for (int i = 0; tracks && i < tracks->count; i++) {
        const Track *track = &tracks->at[i];
        json_t *box = json_of_box(track->kind, track->box, track->score_p);
        json_object_set_new(box, "track", json_integer(track->id));
        const char *label = labels ? labels[i] : NULL;
        json_object_set_new(box, "label", label ? json_string(label) : json_null());
        json_array_append_new(boxes, box);
    }
    for (int i = 0; !tracks && i < detections->count; i++) {
        const Detection *detection = &detections->at[i];
        json_t *box = json_of_box(detection->kind, detection->box, detection->score_p);
        json_object_set_new(box, "track", json_null());
        json_object_set_new(box, "label", json_null());
        json_array_append_new(boxes, box);
    }
    return json_pack(
        "{s:s, s:I, s:i, s:i, s:o}", "camera", camera, "t_ns", (json_int_t)detections->t_ns,
        "width", detections->width, "height", detections->height, "boxes", boxes);
}
