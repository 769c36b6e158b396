/*
 * publish_internal.h - the publisher's state and what its files share.
 *
 *     publish.c   state, what the cart says      stream.c   clients that stay connected
 *     http.c      requests in, answers out       routes.c   the table of paths, reading calls
 *     command.c   writing calls                  files.c    the page and the product pictures
 *     scale.c     the scale and its log
 *
 * One lock guards everything that changes. It may be held while calling MHD_suspend_connection and
 * MHD_resume_connection; no response is created or destroyed under it.
 */
#pragma once

#include "publish.h"

#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>

enum {
    ENTRIES_KEPT = 1024,
    SCALE_EVENTS_KEPT = 256,
    FAULTS_MAX = 32,
    BACKLOG_MAX = 256,
    BACKLOG_BYTES = 512 * 1024
};

/* Bytes that several streams send; counted under the lock. */
typedef struct Blob {
    int owners;
    size_t size;
    char bytes[];
} Blob;

typedef struct Client {
    Publisher *publisher;
    struct Client *next;
    struct MHD_Connection *connection;
    int fd;
    int camera;       /* -1: events */
    bool waiting;     /* suspended until there is something to send */
    bool cut;         /* too slow, or gone: nothing more is sent */
    int64_t heard_ns; /* when something was last queued */
    Blob *queue[BACKLOG_MAX];
    int head, depth;
    size_t offset; /* sent of queue[head] */
    size_t bytes;  /* in the queue */
} Client;

typedef struct CameraView {
    int width, height;
    int64_t arrived_ns; /* of the last picture; 0: none yet */
    double interval_ns; /* between pictures, smoothed */
    int watchers;
    Blob *latest; /* only while somebody watches */
} CameraView;

struct Publisher {
    PublishConfig config;
    PublishSources sources;
    struct MHD_Daemon *daemon;
    int port;
    pthread_t heartbeat;
    int64_t opened_ns;

    pthread_mutex_t lock;
    pthread_cond_t closing_now;
    bool closing;
    bool ready;
    Basket basket;
    int64_t started_ns; /* of the session */
    bool has_weight, has_legal;
    WeightReading weight;
    LegalWeight legal;
    int fault_count;
    Fault faults[FAULTS_MAX]; /* the active ones */
    int entry_head, entry_count;
    Entry *entries;                          /* ENTRIES_KEPT, oldest at entry_head */
    int64_t scale_events;                    /* ever; the last SCALE_EVENTS_KEPT are kept, */
    ScaleEvent scale_log[SCALE_EVENTS_KEPT]; /* number n, from 1, at (n - 1) % SCALE_EVENTS_KEPT */
    CameraView cameras[CAMERAS_MAX];
    Client *clients;
    int client_count;
    int event_clients;

    Metric *requests[6]; /* by the first digit of the status */
    Metric *streams;
    Metric *streams_cut;
};

/* -- answers ---------------------------------------------------------------------------------- */

typedef struct Answer {
    unsigned status;
    struct MHD_Response *response; /* NULL: out of memory */
} Answer;

typedef struct Call {
    Publisher *publisher;
    struct MHD_Connection *connection;
    const char *path;
    char word[192]; /* what stood for the pattern's star */
    const uint8_t *body;
    size_t size;
} Call;

typedef Answer (*Handler)(const Call *call);

typedef struct Route {
    const char *method;
    const char *pattern; /* one star at most, for one or more letters other than '/' */
    Handler handler;
} Route;

extern const Route publish_routes[]; /* ends with a NULL method */

/* Takes the message. */
Answer answer_json(unsigned status, json_t *message);
Answer answer_text(unsigned status, const char *media_type, const char *text);
Answer answer_error(unsigned status, const char *format, ...) __attribute__((format(printf, 2, 3)));

Answer answer_dispute(const Call *call);
Answer answer_remove(const Call *call);
Answer answer_prompt(const Call *call);
Answer answer_session(const Call *call);
Answer answer_scan(const Call *call);

Answer answer_scale(const Call *call);
Answer answer_scale_log(const Call *call);
Answer answer_scale_order(const Call *call);
/* With the lock held: into the log, and to whoever streams. */
void scale_log_add(Publisher *publisher, const ScaleEvent *event);

/* A whole number of the query, or the fallback when it is not there; false when it is no number. */
bool read_query_number(
    const Call *call, const char *key, int64_t fallback, int64_t max, int64_t *out);

Answer answer_picture(const Call *call);
Answer answer_page(const Call *call); /* any path that is not a route */

extern const char publish_openapi[];

/* -- http ------------------------------------------------------------------------------------- */

MUST_USE Status http_open(Publisher *publisher);
/* Streams must have been told that publisher->closing. NULL daemon is fine. */
void http_close(Publisher *publisher);

/* -- streams; call these with the lock held --------------------------------------------------- */

/* One server-sent event; NULL when memory is out. Takes the message. */
Blob *blob_of_event(const char *event, json_t *message);
Blob *blob_of_picture(const uint8_t *jpeg, size_t size);
void blob_release(Blob *blob);

/* To every event stream, or every watcher of a camera. Releases the blob; NULL is fine. */
void stream_say(Publisher *publisher, int camera, Blob *blob);
/* To one client. */
void stream_queue(Client *client, Blob *blob);
void stream_wake_all(Publisher *publisher);
/* A sign of life to whoever heard nothing for a while; notices who left. */
void stream_heartbeat(Publisher *publisher, int64_t now_ns);

/* -- streams; call these without it
 * ---------------------------------------------------------------- */

Answer answer_events(const Call *call);
Answer answer_watch(const Call *call);

json_t *json_of_detections(
    const Detections *detections,
    const Tracks *tracks,
    const char *camera,
    const char *const *labels);
