#include "pipeline.h"

#include "clock.h"
#include "log.h"
#include "message.h"
#include "meter.h"
#include "metrics.h"
#include "mind.h"
#include "outbox.h"
#include "pricebook.h"
#include "ring.h"
#include "sources.h"
#include "vision.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ORDER_ITEMS = 4096,
    COMMAND_ITEMS = 64,
    PICTURES_PER_CAMERA = 2,
    JOBS_PER_CAMERA = 4,
    WAIT_MS = 100, /* how long a thread sleeps before it looks whether to stop */
    TICK_MS = 100,
    CONCLUDE_MS = 5000, /* data time after the last input, for what waits on a timeout */
};

typedef enum JobState { JOB_FREE, JOB_WAITING, JOB_SEEN, JOB_DROPPED } JobState;

/* A frame on its way through vision; the brain waits for it where its ticket stands in the order.
 */
typedef struct Job {
    Frame *frame;
    int64_t since_ns; /* its capture, on the cart's clock */
    JobState state;   /* under job_lock */
    Sighting sighting;
} Job;

typedef struct Ticket {
    Job *job; /* NULL: the input itself */
    Input input;
} Ticket;

/* A source at work. */
typedef struct Feed {
    Pipeline *pipeline;
    Source *source;
    bool faulty;
    int tries; /* to get the device back, since it last gave anything */
    int64_t heard_ns;
    pthread_t thread;
} Feed;

struct Pipeline {
    CartConfig config;
    PipelineRequest request;
    bool lossless; /* tapes faster than their clock: wait, never drop */
    atomic_bool stopping;
    atomic_int sources_left;
    Status failed; /* of the first thread that could not go on; under job_lock */
    char why[512]; /* its sentence */

    char folders[sizeof((CartSection *)0)->catalog];
    Catalog catalog;
    char **product_folders; /* of each SKU */

    Sources sources;
    Feed feeds[SOURCES_MAX];

    Ring *order, *pictures, *commands;
    int job_count;
    Job *jobs;
    pthread_mutex_t job_lock;
    pthread_cond_t job_changed;

    Vision *vision;
    Mind *mind;
    Journal *journal;
    Publisher *publisher;
    char meter[96]; /* its version and hash, on show */
    Outbox *outbox;
    pthread_t vision_thread, brain_thread, outbox_thread;

    Metrics *metrics;
    Metric *frame_age, *detect, *identify, *order_full;
    Metric *seen[CAMERAS_MAX], *dropped[CAMERAS_MAX];
    atomic_llong damaged;
};

/* The first thread that cannot go on says why, and everything stops. */
static void note_failure(Pipeline *pipeline, Status status) {
    if (status == OK) return;
    pthread_mutex_lock(&pipeline->job_lock);
    if (pipeline->failed == OK) {
        pipeline->failed = status;
        snprintf(pipeline->why, sizeof pipeline->why, "%s", fail_reason());
    }
    pthread_mutex_unlock(&pipeline->job_lock);
    pipeline_stop(pipeline);
}

static void say_fault(Pipeline *pipeline, const char *what, bool active, const char *why) {
    Said said = {.kind = SAID_FAULT, .t_ns = clock_now_ns()};
    said.fault.t_ns = said.t_ns;
    said.fault.active = active;
    snprintf(said.fault.what, sizeof said.fault.what, "%s", what);
    snprintf(said.fault.why, sizeof said.fault.why, "%s", why);
    if (active) {
        LOG_ERROR("pipeline", "%s: %s", what, why);
    } else {
        LOG_INFO("pipeline", "%s: back", what);
    }
    if (outbox_push(pipeline->outbox, &said) != OK) LOG_ERROR("pipeline", "%s", fail_reason());
}

/* -- sources: inputs onto the order, pictures to vision ---------------------------------------- */

static void set_job(Pipeline *pipeline, Job *job, JobState state) {
    pthread_mutex_lock(&pipeline->job_lock);
    job->state = state;
    pthread_cond_broadcast(&pipeline->job_changed);
    pthread_mutex_unlock(&pipeline->job_lock);
}

/* A free job, or NULL: none is left, and waiting would not be live. */
static Job *take_job(Pipeline *pipeline) {
    Job *found = NULL;
    pthread_mutex_lock(&pipeline->job_lock);
    while (!found) {
        for (int i = 0; i < pipeline->job_count && !found; i++)
            if (pipeline->jobs[i].state == JOB_FREE) found = &pipeline->jobs[i];
        if (found || !pipeline->lossless) break;
        pthread_cond_wait(&pipeline->job_changed, &pipeline->job_lock);
    }
    if (found) found->state = JOB_WAITING;
    pthread_mutex_unlock(&pipeline->job_lock);
    return found;
}

/* false: refused or over; the ticket's frame is still the caller's. */
static bool push_ticket(Pipeline *pipeline, const Ticket *ticket) {
    const Status status = ring_push(pipeline->order, ticket, NULL);
    if (status == E_FULL) {
        metric_add(pipeline->order_full, 1);
        say_fault(
            pipeline, "ring.order", true, "inputs come faster than they can be thought about");
    }
    return status == OK;
}

static void submit_frame(Feed *feed, Frame *frame) {
    Pipeline *pipeline = feed->pipeline;
    Job *job = take_job(pipeline);
    if (job) {
        job->frame = frame;
        job->since_ns = feed->source->live ? frame->t_ns : clock_now_ns();
    }
    if (!job || !push_ticket(pipeline, &(Ticket){.job = job})) {
        metric_add(pipeline->dropped[frame->camera], 1);
        capture_release(frame);
        if (job) set_job(pipeline, job, JOB_FREE);
        return;
    }
    Job *displaced = NULL;
    const Status status = ring_push(pipeline->pictures, &job, &displaced);
    if (status == E_END) displaced = job;
    if (displaced) {
        metric_add(pipeline->dropped[displaced->frame->camera], 1);
        set_job(pipeline, displaced, JOB_DROPPED);
    }
}

static void submit(Feed *feed, const Input *input) {
    if (input->kind == INPUT_FRAME) {
        submit_frame(feed, input->frame);
    } else if (source_gives(feed->source, input->kind)) {
        push_ticket(feed->pipeline, &(Ticket){.input = *input});
    }
}

static void set_faulty(Feed *feed, bool faulty, const char *why) {
    if (feed->faulty == faulty) return;
    feed->faulty = faulty;
    say_fault(feed->pipeline, feed->source->what, faulty, why);
}

/* false: it is time to stop. */
static bool rest(const Feed *feed, int64_t until_ns) {
    while (!atomic_load(&feed->pipeline->stopping)) {
        const int64_t slice_ns = clock_now_ns() + WAIT_MS * NS_PER_MS;
        clock_sleep_until_ns(slice_ns < until_ns ? slice_ns : until_ns);
        if (slice_ns >= until_ns) return true;
    }
    return false;
}

/* A live device that is gone is tried again, ever more patiently until it gives something, with the
 * fault on show. */
static bool reopen(Feed *feed) {
    source_close(feed->source);
    while (rest(feed, clock_now_ns() + source_retry_ms(feed->tries++) * NS_PER_MS)) {
        if (source_open(feed->source) != OK) continue;
        feed->heard_ns = clock_now_ns();
        return true;
    }
    return false;
}

static void watch_silence(Feed *feed, const char *why) {
    const Source *source = feed->source;
    if (!source->live || source->silent_ms == 0) return;
    if (clock_now_ns() - feed->heard_ns > source->silent_ms * NS_PER_MS)
        set_faulty(feed, true, why);
}

/* A calibration comes from a file, and an accelerometer is not the scale: neither is its sign of
 * life. */
static void hear(Feed *feed, const Input *input) {
    const bool beside = feed->source->scale && input->kind == INPUT_IMU;
    if (beside) watch_silence(feed, "only the accelerometer speaks: no cell gives anything");
    if (input->kind != INPUT_CALIBRATION && !beside) {
        feed->heard_ns = clock_now_ns();
        feed->tries = 0;
        set_faulty(feed, false, "");
    }
    submit(feed, input);
}

/* One round of a source's life; false: it is over. */
static bool serve(Feed *feed) {
    Input input;
    const Status status = source_next(feed->source, WAIT_MS, &input);
    switch (status) {
    case OK:
        hear(feed, &input);
        return true;
    case E_TIMEOUT:
        /* A scale says what came instead. */
        watch_silence(feed, feed->source->scale ? fail_reason() : "silent");
        return true;
    case E_CORRUPT:
        atomic_fetch_add(&feed->pipeline->damaged, 1);
        LOG_WARN("capture", "%s", fail_reason());
        return true;
    case E_END:
        return false;
    default: /* only a live device can come back */
        set_faulty(feed, true, fail_reason());
        return feed->source->live && reopen(feed);
    }
}

static void *source_thread(void *argument) {
    Feed *feed = argument;
    feed->heard_ns = clock_now_ns();
    while (!atomic_load(&feed->pipeline->stopping) && serve(feed))
        continue;
    atomic_fetch_sub(&feed->pipeline->sources_left, 1);
    return NULL;
}

/* -- vision ------------------------------------------------------------------------------------ */

static void *vision_thread(void *argument) {
    Pipeline *pipeline = argument;
    Job *job;
    while (ring_pop(pipeline->pictures, &job, -1) == OK) {
        const int camera = job->frame->camera;
        const Status status = vision_see(pipeline->vision, job->frame, &job->sighting);
        if (status == OK) {
            metric_observe(pipeline->detect, job->sighting.detect_s);
            metric_observe(pipeline->identify, job->sighting.identify_s);
            metric_observe(
                pipeline->frame_age,
                (double)(clock_now_ns() - job->since_ns) / (double)NS_PER_SECOND);
            metric_add(pipeline->seen[camera], 1);
        } else {
            LOG_ERROR("vision", "%s", fail_reason());
            metric_add(pipeline->dropped[camera], 1);
        }
        set_job(pipeline, job, status == OK ? JOB_SEEN : JOB_DROPPED);
    }
    return NULL;
}

/* -- the brain --------------------------------------------------------------------------------- */

/* The ticket of a frame: wait for vision, pass on what it saw, hand the picture to the outbox. */
static Status take_frame(Pipeline *pipeline, Job *job) {
    pthread_mutex_lock(&pipeline->job_lock);
    while (job->state == JOB_WAITING)
        pthread_cond_wait(&pipeline->job_changed, &pipeline->job_lock);
    const bool seen = job->state == JOB_SEEN;
    pthread_mutex_unlock(&pipeline->job_lock);

    const int64_t t_ns = job->frame->t_ns;
    const Status status =
        seen ? mind_see(pipeline->mind, t_ns, &job->sighting) : mind_tick(pipeline->mind, t_ns);

    Said said = {.kind = SAID_SIGHTING, .t_ns = t_ns};
    said.sighting.frame = job->frame;
    said.sighting.seen = seen;
    if (seen) {
        said.sighting.detections = job->sighting.detections;
        said.sighting.tracks = job->sighting.tracked.tracks;
        memcpy(said.sighting.label_sku, job->sighting.label_sku, sizeof said.sighting.label_sku);
    }
    if (outbox_push(pipeline->outbox, &said) != OK) capture_release(job->frame);
    set_job(pipeline, job, JOB_FREE);
    return status;
}

/* The shopper's clock is the cart's, a replayed tape has its own: a command happens now, at the
 * brain. */
static Status take_commands(Pipeline *pipeline) {
    Input input;
    while (ring_pop(pipeline->commands, &input, 0) == OK) {
        input.t_ns = mind_now_ns(pipeline->mind);
        if (input.kind == INPUT_SCAN) input.scan.t_ns = input.t_ns;
        if (input.kind == INPUT_COMMAND) input.command.t_ns = input.t_ns;
        TRY(mind_take(pipeline->mind, &input));
    }
    return OK;
}

/* The sources are over: what hangs in the air is decided. */
static Status conclude(Pipeline *pipeline) {
    Sighting *last = calloc(1, sizeof *last);
    if (!last) return fail(E_NO_MEMORY, "pipeline: out of memory");
    Status status = OK;
    for (int i = 0; i < pipeline->sources.camera_count && status == OK; i++) {
        vision_flush(pipeline->vision, i, last);
        status = mind_see(pipeline->mind, mind_now_ns(pipeline->mind), last);
    }
    free(last);
    const int64_t end_ns = mind_now_ns(pipeline->mind);
    for (int ms = TICK_MS; ms <= CONCLUDE_MS && status == OK; ms += TICK_MS)
        status = mind_tick(pipeline->mind, end_ns + ms * NS_PER_MS);
    return status;
}

static void *brain_thread(void *argument) {
    Pipeline *pipeline = argument;
    bool concluded = false;
    for (;;) {
        Ticket ticket;
        const bool over = atomic_load(&pipeline->sources_left) == 0;
        const Status popped = ring_pop(pipeline->order, &ticket, over ? 0 : WAIT_MS);
        if (popped == OK)
            note_failure(
                pipeline, ticket.job ? take_frame(pipeline, ticket.job)
                                     : mind_take(pipeline->mind, &ticket.input));
        note_failure(pipeline, take_commands(pipeline));
        if (popped == OK || !over) continue;
        if (!concluded) {
            concluded = true;
            note_failure(pipeline, conclude(pipeline));
            if (pipeline->request.ended) pipeline->request.ended(pipeline->request.ended_with);
        }
        if (!pipeline->request.stay || atomic_load(&pipeline->stopping)) break;
        clock_sleep_until_ns(clock_now_ns() + WAIT_MS / 5 * NS_PER_MS);
    }
    return NULL;
}

static void *outbox_thread(void *argument) {
    Pipeline *pipeline = argument;
    Status status;
    while ((status = outbox_run(pipeline->outbox)) != OK)
        note_failure(pipeline, status);
    return NULL;
}

/* -- opening ----------------------------------------------------------------------------------- */

static void plan(Pipeline *pipeline) {
    CartConfig *config = &pipeline->config;
    Sources *sources = &pipeline->sources;
    sources_plan(sources, config, pipeline->request.realtime, &pipeline->catalog);
    for (int i = 0; i < sources->count; i++) {
        pipeline->feeds[i].pipeline = pipeline;
        pipeline->feeds[i].source = &sources->at[i];
        pipeline->lossless &= !sources->at[i].live;
    }
    config->reason.cameras = sources->camera_count;
    config->reason.vision &= sources->camera_count > 0;
    config->reason.weight &= sources->weighs;
    atomic_store(&pipeline->sources_left, sources->count);
}

static Status open_catalog(Pipeline *pipeline) {
    const char *folders[CATALOG_FOLDERS_MAX];
    int count = 0;
    memcpy(pipeline->folders, pipeline->config.cart.catalog, sizeof pipeline->folders);
    TRY(config_catalog_folders(pipeline->folders, folders, &count));
    TRY(pricebook_load(&pipeline->catalog, folders, count));
    return pricebook_folders(&pipeline->catalog, folders, count, &pipeline->product_folders);
}

static Status open_metrics(Pipeline *pipeline) {
    TRY(metrics_open(&pipeline->metrics));
    Metrics *metrics = pipeline->metrics;
    pipeline->frame_age = metrics_histogram(
        metrics, "cart_frame_age_seconds", "Age of a picture when vision is done with it", "");
    pipeline->detect = metrics_histogram(
        metrics, "cart_stage_seconds", "Time a stage takes for one picture", "stage=\"detect\"");
    pipeline->identify = metrics_histogram(
        metrics, "cart_stage_seconds", "Time a stage takes for one picture", "stage=\"identify\"");
    pipeline->order_full = metrics_counter(
        metrics, "cart_order_refused_total", "Inputs that found the order ring full", "");
    for (int i = 0; i < pipeline->sources.camera_count; i++) {
        char labels[96];
        snprintf(labels, sizeof labels, "camera=\"%s\"", pipeline->sources.cameras[i]);
        pipeline->seen[i] =
            metrics_counter(metrics, "cart_frames_total", "Pictures that were looked at", labels);
        snprintf(
            labels, sizeof labels, "camera=\"%s\",reason=\"late\"", pipeline->sources.cameras[i]);
        pipeline->dropped[i] = metrics_counter(
            metrics, "cart_frames_dropped_total", "Pictures nobody looked at", labels);
    }
    return OK;
}

static Status open_rings(Pipeline *pipeline) {
    const int cameras = pipeline->sources.camera_count > 0 ? pipeline->sources.camera_count : 1;
    pipeline->job_count = cameras * JOBS_PER_CAMERA;
    pipeline->jobs = calloc((size_t)pipeline->job_count, sizeof *pipeline->jobs);
    if (!pipeline->jobs) return fail(E_NO_MEMORY, "pipeline: out of memory");
    const bool wait = pipeline->lossless;
    TRY(ring_open(
        &pipeline->order, wait ? RING_WAIT : RING_NEVER_DROP, ORDER_ITEMS, sizeof(Ticket)));
    TRY(ring_open(
        &pipeline->pictures, wait ? RING_WAIT : RING_DROP_OLDEST, cameras * PICTURES_PER_CAMERA,
        sizeof(Job *)));
    return ring_open(&pipeline->commands, RING_NEVER_DROP, COMMAND_ITEMS, sizeof(Input));
}

static Status open_outbox(Pipeline *pipeline) {
    OutboxPorts ports = {
        .catalog = &pipeline->catalog,
        .camera_count = pipeline->sources.camera_count,
        .journal = pipeline->journal,
        .publisher = pipeline->publisher,
        .lossless = pipeline->lossless};
    memcpy(ports.cameras, pipeline->sources.cameras, sizeof ports.cameras);
    if (pipeline->request.record_path)
        TRY(tape_create(
            &ports.tape, pipeline->request.record_path, &(TapeOptions){.compression = TAPE_ZSTD}));
    const Status status = outbox_open(&pipeline->outbox, &ports);
    if (status != OK && ports.tape && tape_finish(ports.tape) != OK)
        LOG_WARN("pipeline", "%s", fail_reason());
    return status;
}

static Status open_publisher(Pipeline *pipeline) {
    if (!pipeline->config.publish.enabled) return OK;
    snprintf(pipeline->meter, sizeof pipeline->meter, "%s %s", METER_VERSION, meter_hash());
    PublishSources sources = {
        .catalog = &pipeline->catalog,
        .product_folders = (const char *const *)pipeline->product_folders,
        .metrics = pipeline->metrics,
        .commands = pipeline->commands,
        .cart = pipeline->config.cart.name,
        .version = CARTWRIGHT_VERSION,
        .meter = pipeline->meter,
        .camera_count = pipeline->sources.camera_count};
    memcpy(sources.cameras, pipeline->sources.cameras, sizeof sources.cameras);
    return publish_open(&pipeline->publisher, &pipeline->config.publish, &sources);
}

static Status open_journal(Pipeline *pipeline) {
    if (!pipeline->config.journal.path[0]) return OK;
    return journal_open(&pipeline->journal, &pipeline->config.journal);
}

/* The meter's event log, from its first entry: a cart whose log was tampered with does not start.
 */
static Status resume_seal(Pipeline *pipeline) {
    if (!pipeline->journal) return OK;
    TRY(journal_read_seal(pipeline->journal));
    SealEntry entry;
    Status status;
    while ((status = journal_next_seal(pipeline->journal, &entry)) == OK)
        TRY(mind_resume_seal(pipeline->mind, &entry));
    return status == E_END ? OK : status;
}

/* The session that was open when the cart last stopped, crash or not. */
static Status resume(Pipeline *pipeline) {
    if (!pipeline->journal || !pipeline->request.resume) return OK;
    TRY(journal_restore(pipeline->journal));
    const char *json = NULL;
    Status status;
    while ((status = journal_next(pipeline->journal, &json)) == OK) {
        Entry entry;
        TRY(message_to_entry((const uint8_t *)json, strlen(json), &pipeline->catalog, &entry));
        TRY(mind_resume(pipeline->mind, &entry));
    }
    return status == E_END ? OK : status;
}

static Status open_all(Pipeline *pipeline) {
    TRY(open_catalog(pipeline));
    plan(pipeline);
    if (pipeline->sources.count == 0)
        return fail(E_INVALID, "sources: no camera, scale or scanner; see cart.example.yaml");
    TRY(open_metrics(pipeline));
    TRY(open_rings(pipeline));
    TRY(vision_open(
        &pipeline->vision, &pipeline->config, &pipeline->catalog,
        (const char *const *)pipeline->product_folders, pipeline->sources.camera_count));
    TRY(open_journal(pipeline));
    TRY(open_publisher(pipeline));
    TRY(open_outbox(pipeline));
    TRY(mind_open(
        &pipeline->mind, &(MindPorts){
                             .config = &pipeline->config,
                             .catalog = &pipeline->catalog,
                             .outbox = pipeline->outbox,
                             .metrics = pipeline->metrics,
                             .log = pipeline->request.log}));
    TRY(resume_seal(pipeline));
    TRY(resume(pipeline));
    for (int i = 0; i < pipeline->sources.count; i++)
        TRY(source_open(&pipeline->sources.at[i]));
    return OK;
}

Status pipeline_open(Pipeline **out, const PipelineRequest *request) {
    if (sodium_init() < 0) return fail(E_IO, "libsodium will not start");
    Pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (!pipeline) return fail(E_NO_MEMORY, "pipeline: out of memory");
    pipeline->config = *request->config;
    pipeline->request = *request;
    pipeline->lossless = !request->realtime;
    pthread_mutex_init(&pipeline->job_lock, NULL);
    pthread_cond_init(&pipeline->job_changed, NULL);
    const Status status = open_all(pipeline);
    if (status != OK) {
        pipeline_close(pipeline);
        return status;
    }
    *out = pipeline;
    return OK;
}

void pipeline_close(Pipeline *pipeline) {
    if (!pipeline) return;
    for (int i = 0; i < pipeline->sources.count; i++)
        source_close(&pipeline->sources.at[i]);
    publish_close(pipeline->publisher);
    mind_close(pipeline->mind);
    outbox_close(pipeline->outbox);
    journal_close(pipeline->journal);
    vision_close(pipeline->vision);
    ring_close(pipeline->order);
    ring_close(pipeline->pictures);
    ring_close(pipeline->commands);
    metrics_close(pipeline->metrics);
    free(pipeline->jobs);
    free(pipeline->product_folders);
    pricebook_free(&pipeline->catalog);
    pthread_mutex_destroy(&pipeline->job_lock);
    pthread_cond_destroy(&pipeline->job_changed);
    free(pipeline);
}

/* -- running ----------------------------------------------------------------------------------- */

static Status start(pthread_t *thread, void *(*body)(void *), void *argument) {
    const int error = pthread_create(thread, NULL, body, argument);
    return error == 0 ? OK : fail(E_IO, "cannot start a thread: %s", strerror(error));
}

Status pipeline_run(Pipeline *pipeline) {
    /* Downstream first, so that nothing is ever said to nobody. */
    const struct {
        pthread_t *thread;
        void *(*body)(void *);
    } workers[] = {
        {&pipeline->outbox_thread, outbox_thread},
        {&pipeline->vision_thread, vision_thread},
        {&pipeline->brain_thread, brain_thread}};
    int working = 0, feeding = 0;
    Status status = OK;
    for (; working < 3 && status == OK; working += status == OK)
        status = start(workers[working].thread, workers[working].body, pipeline);
    for (; feeding < pipeline->sources.count && status == OK; feeding += status == OK)
        status = start(&pipeline->feeds[feeding].thread, source_thread, &pipeline->feeds[feeding]);
    note_failure(pipeline, status);
    atomic_fetch_sub(&pipeline->sources_left, pipeline->sources.count - feeding);
    if (pipeline->publisher) publish_ready(pipeline->publisher, status == OK);

    for (int i = 0; i < feeding; i++)
        pthread_join(pipeline->feeds[i].thread, NULL);
    if (working > 2) pthread_join(pipeline->brain_thread, NULL);
    ring_finish(pipeline->pictures);
    if (working > 1) pthread_join(pipeline->vision_thread, NULL);
    outbox_finish(pipeline->outbox);
    if (working > 0) pthread_join(pipeline->outbox_thread, NULL);
    return pipeline->failed == OK ? OK : fail(pipeline->failed, "%s", pipeline->why);
}

void pipeline_stop(Pipeline *pipeline) { atomic_store(&pipeline->stopping, true); }

const Catalog *pipeline_catalog(const Pipeline *pipeline) { return &pipeline->catalog; }

BrainConfig pipeline_brain_config(const Pipeline *pipeline) {
    return (BrainConfig){.reason = pipeline->config.reason, .basket = pipeline->config.basket};
}

void pipeline_basket(Pipeline *pipeline, Basket *out) { mind_basket(pipeline->mind, out); }

int pipeline_port(const Pipeline *pipeline) {
    return pipeline->publisher ? publish_port(pipeline->publisher) : 0;
}

PipelineReport pipeline_report(Pipeline *pipeline) {
    PipelineReport report = {
        .pictures_damaged = atomic_load(&pipeline->damaged),
        .frame_age_p50_s = metric_quantile(pipeline->frame_age, 0.50),
        .frame_age_p95_s = metric_quantile(pipeline->frame_age, 0.95),
        .detect_p50_s = metric_quantile(pipeline->detect, 0.50),
        .identify_p50_s = metric_quantile(pipeline->identify, 0.50)};
    for (int i = 0; i < pipeline->sources.camera_count; i++) {
        report.frames_seen += (int64_t)metric_value(pipeline->seen[i]);
        report.frames_dropped += (int64_t)metric_value(pipeline->dropped[i]);
    }
    outbox_hash(pipeline->outbox, report.decision_hash, &report.entries);
    return report;
}
