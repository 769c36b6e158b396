#include "pipeline.h"

#include "capture.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "outbox.h"
#include "pricebook.h"
#include "read.h"
#include "ring.h"
#include "vision.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SOURCES_MAX = CAMERAS_MAX + 2,
    ORDER_ITEMS = 1024,
    JOBS_PER_CAMERA = 8,
    TICK_MS = 100,
    SILENT_MS = 2000,
    REOPEN_MS = 1000,
};

typedef enum JobState { JOB_FREE, JOB_WAITING, JOB_SEEN, JOB_DROPPED } JobState;

/* A frame on its way through vision; the brain waits for it where its ticket stands in the order.
 */
typedef struct Job {
    Frame *frame;
    int64_t since_ns; /* capture, on the cart's clock */
    JobState state;
    Sighting sighting;
} Job;

typedef struct Ticket {
    Job *job; /* NULL: the input itself */
    Input input;
} Ticket;

typedef struct Source {
    Pipeline *pipeline;
    CaptureRequest request;
    Capture *capture;
    char what[FAULT_WHAT_BYTES]; /* what its fault is called */
    bool faulty;
    pthread_t thread;
    bool started;
} Source;

typedef struct Meters {
    Metric *frame_age, *detect, *identify, *outbox_full, *order_full;
    Metric *dropped[CAMERAS_MAX], *damaged[CAMERAS_MAX], *seen[CAMERAS_MAX];
    Metric *events[VERDICT_IGNORE + 1];
} Meters;

struct Pipeline {
    CartConfig config;
    BrainConfig brain_config;
    bool recording;
    bool lossless; /* a tape faster than its clock: wait, never drop */
    atomic_bool stopping;
    BrainLog *log;

    Catalog catalog;
    char folders_text[sizeof((CartSection *)0)->catalog];
    const char *const *product_folders;

    int source_count, camera_count;
    Source sources[SOURCES_MAX];
    atomic_int sources_left;

    Ring *order, *pictures, *commands;
    int job_count;
    Job *jobs;
    pthread_mutex_t job_lock;
    pthread_cond_t job_changed;

    Vision *vision;
    Brain *brain;
    WeighState *weigh;
    MeterState meter;
    bool weighing; /* a calibration has come */
    LegalWeight legal;
    int64_t tick_ns;

    Journal *journal;
    Publisher *publisher;
    Outbox *outbox;
    Metrics *metrics;
    Meters meters;

    pthread_mutex_t basket_lock;
    Basket basket; /* the snapshot others read */
};

/* -- saying ----------------------------------------------------------------------------------- */

static void say(Pipeline *pipeline, const Said *said) {
    if (outbox_push(pipeline->outbox, said) == OK) return;
    metric_add(pipeline->meters.outbox_full, 1);
    LOG_ERROR("pipeline", "%s", fail_reason());
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
    say(pipeline, &said);
}

/* -- the brain -------------------------------------------------------------------------------- */

static Status tell_brain(Pipeline *pipeline, BrainInput *input) {
    Brain *brain = pipeline->brain;
    if (input->t_ns < brain->t_ns) input->t_ns = brain->t_ns; /* arrival order is the order */
    if (pipeline->log) TRY(brain_log_append(pipeline->log, input));
    BrainOutput output;
    brain_step(&pipeline->brain_config, &pipeline->catalog, brain, input, &output);

    for (int i = 0; i < output.beliefs.count; i++) {
        const Belief *belief = &output.beliefs.at[i];
        metric_add(pipeline->meters.events[belief->verdict], 1);
        say(pipeline, &(Said){.kind = SAID_BELIEF, .t_ns = input->t_ns, .belief = *belief});
    }
    for (int i = 0; i < output.entries.count; i++)
        say(pipeline,
            &(Said){.kind = SAID_ENTRY, .t_ns = input->t_ns, .entry = output.entries.at[i]});
    if (output.basket_changed) {
        pthread_mutex_lock(&pipeline->basket_lock);
        pipeline->basket = brain->basket.basket;
        pthread_mutex_unlock(&pipeline->basket_lock);
        say(pipeline,
            &(Said){.kind = SAID_BASKET, .t_ns = input->t_ns, .basket = brain->basket.basket});
    }
    return OK;
}

static Status tell_time(Pipeline *pipeline, int64_t t_ns) {
    if (t_ns - pipeline->tick_ns < TICK_MS * NS_PER_MS) return OK;
    pipeline->tick_ns = t_ns;
    return tell_brain(pipeline, &(BrainInput){.kind = BRAIN_TIME, .t_ns = t_ns});
}

static Status tell_scan(Pipeline *pipeline, const Scan *scan) {
    const int32_t sku = pricebook_find(&pipeline->catalog, scan->code);
    if (sku == SKU_UNKNOWN) {
        LOG_WARN("pipeline", "no product has the code %s", scan->code);
        return OK;
    }
    return tell_brain(
        pipeline, &(BrainInput){
                      .kind = BRAIN_SCAN,
                      .t_ns = scan->t_ns,
                      .scan = {.sku = sku, .by_camera = scan->source == SCAN_CAMERA}});
}

static Status tell_scale(Pipeline *pipeline, const ScaleSample *sample) {
    if (!pipeline->weighing) return OK; /* counts mean nothing before the calibration has come */
    WeighOutput weighed;
    LegalWeight legal;
    weigh_step(&pipeline->config.weigh, pipeline->weigh, sample, &weighed);
    meter_step(&pipeline->config.meter, &pipeline->meter, sample, &legal);
    const bool news = weighed.has_reading || legal.stable != pipeline->legal.stable;
    pipeline->legal = legal;
    if (news)
        TRY(tell_brain(
            pipeline,
            &(BrainInput){.kind = BRAIN_LEGAL_WEIGHT, .t_ns = sample->t_ns, .legal = legal}));
    if (weighed.has_reading) {
        Said said = {.kind = SAID_WEIGHT, .t_ns = sample->t_ns};
        said.weight.reading = weighed.reading;
        said.weight.legal = legal;
        say(pipeline, &said);
    }
    for (int i = 0; i < weighed.step_count; i++) {
        const WeightStep *step = &weighed.steps[i];
        say(pipeline, &(Said){.kind = SAID_WEIGHT_STEP, .t_ns = step->decided_ns, .step = *step});
        TRY(tell_brain(
            pipeline,
            &(BrainInput){.kind = BRAIN_WEIGHT_STEP, .t_ns = step->decided_ns, .step = *step}));
    }
    return OK;
}

static Status tell_sighting(Pipeline *pipeline, const Sighting *sighting) {
    for (int i = 0; i < sighting->scan_count; i++)
        TRY(tell_scan(pipeline, &sighting->scans[i]));
    for (int i = 0; i < sighting->tracked.crossing_count; i++) {
        const Crossing *crossing = &sighting->tracked.crossings[i];
        say(pipeline,
            &(Said){.kind = SAID_CROSSING, .t_ns = crossing->decided_ns, .crossing = *crossing});
        TRY(tell_brain(
            pipeline,
            &(BrainInput){
                .kind = BRAIN_CROSSING, .t_ns = crossing->decided_ns, .crossing = *crossing}));
    }
    return OK;
}

static Status take_input(Pipeline *pipeline, const Input *input) {
    if (pipeline->recording)
        say(pipeline, &(Said){.kind = SAID_INPUT, .t_ns = input->t_ns, .input = *input});
    switch (input->kind) {
    case INPUT_CALIBRATION:
        weigh_init(pipeline->weigh, &pipeline->config.weigh, &input->calibration);
        meter_init(&pipeline->meter, &pipeline->config.meter, &input->calibration);
        pipeline->weighing = true;
        return OK;
    case INPUT_SCALE:
        return tell_scale(pipeline, &input->scale);
    case INPUT_IMU:
        if (pipeline->weighing) weigh_imu(&pipeline->config.weigh, pipeline->weigh, &input->imu);
        return OK;
    case INPUT_SCAN:
        return tell_scan(pipeline, &input->scan);
    case INPUT_COMMAND:
        return tell_brain(
            pipeline,
            &(BrainInput){.kind = BRAIN_COMMAND, .t_ns = input->t_ns, .command = input->command});
    case INPUT_FRAME:
        assert(!"frames travel as jobs");
        return OK;
    }
    return OK;
}

/* The ticket of a frame: wait for vision, pass on what it saw, free the job. */
static Status take_frame(Pipeline *pipeline, Job *job) {
    pthread_mutex_lock(&pipeline->job_lock);
    while (job->state == JOB_WAITING)
        pthread_cond_wait(&pipeline->job_changed, &pipeline->job_lock);
    const bool seen = job->state == JOB_SEEN;
    pthread_mutex_unlock(&pipeline->job_lock);

    const int64_t t_ns = job->frame->t_ns;
    Status status = tell_time(pipeline, t_ns);
    if (status == OK && seen) status = tell_sighting(pipeline, &job->sighting);

    Said said = {.kind = SAID_SIGHTING, .t_ns = t_ns};
    said.sighting.frame = job->frame;
    said.sighting.seen = seen;
    if (seen) {
        said.sighting.detections = job->sighting.detections;
        said.sighting.tracks = job->sighting.tracked.tracks;
        memcpy(said.sighting.label_sku, job->sighting.label_sku, sizeof said.sighting.label_sku);
    }
    if (outbox_push(pipeline->outbox, &said) != OK) capture_release(job->frame);

    pthread_mutex_lock(&pipeline->job_lock);
    job->frame = NULL;
    job->state = JOB_FREE;
    pthread_cond_broadcast(&pipeline->job_changed);
    pthread_mutex_unlock(&pipeline->job_lock);
    return status;
}

/* A shopper's clock is the cart's, a replayed tape's is its own: a command happens now, at the
 * brain. */
static Status take_commands(Pipeline *pipeline) {
    Input input;
    while (ring_pop(pipeline->commands, &input, 0) == OK) {
        input.t_ns = pipeline->brain->t_ns;
        if (input.kind == INPUT_SCAN) input.scan.t_ns = input.t_ns;
        if (input.kind == INPUT_COMMAND) input.command.t_ns = input.t_ns;
        TRY(take_input(pipeline, &input));
    }
    return OK;
}

static Status take_ticket(Pipeline *pipeline, const Ticket *ticket) {
    if (ticket->job) return take_frame(pipeline, ticket->job);
    TRY(tell_time(pipeline, ticket->input.t_ns));
    return take_input(pipeline, &ticket->input);
}

/* The tape is over: what hangs in the air is decided, and time runs on until every question is
 * open. */
static Status conclude(Pipeline *pipeline) {
    Sighting *last = calloc(1, sizeof *last);
    if (!last) return fail(E_NO_MEMORY, "pipeline: out of memory");
    Status status = OK;
    for (int i = 0; i < pipeline->camera_count && status == OK; i++) {
        vision_flush(pipeline->vision, i, last);
        status = tell_sighting(pipeline, last);
    }
    free(last);
    for (int i = 0; i < CONCLUDE_MS / TICK_MS && status == OK; i++)
        status = tell_time(pipeline, pipeline->tick_ns + TICK_MS * NS_PER_MS);
    return status;
}

static void *brain_thread(void *argument) {
    Pipeline *pipeline = argument;
    bool concluded = false;
    for (;;) {
        Ticket ticket;
        const Status popped = ring_pop(pipeline->order, &ticket, IDLE_MS);
        if (popped == E_END) break;
        if (popped == OK) note_failure(pipeline, take_ticket(pipeline, &ticket));
        if (popped == E_TIMEOUT && !concluded && atomic_load(&pipeline->sources_left) == 0) {
            note_failure(pipeline, conclude(pipeline));
            concluded = true;
            announce_end(pipeline);
        }
        note_failure(pipeline, take_commands(pipeline));
    }
    return NULL;
}

/* -- vision ----------------------------------------------------------------------------------- */

static void finish_job(Pipeline *pipeline, Job *job, JobState state) {
    pthread_mutex_lock(&pipeline->job_lock);
    job->state = state;
    pthread_cond_broadcast(&pipeline->job_changed);
    pthread_mutex_unlock(&pipeline->job_lock);
}

static void *vision_thread(void *argument) {
    Pipeline *pipeline = argument;
    const Meters *meters = &pipeline->meters;
    Job *job;
    while (ring_pop(pipeline->pictures, &job, -1) == OK) {
        const Status status = vision_see(pipeline->vision, job->frame, &job->sighting);
        if (status == OK) {
            metric_observe(meters->detect, job->sighting.detect_s);
            metric_observe(meters->identify, job->sighting.identify_s);
            metric_observe(
                meters->frame_age,
                (double)(clock_now_ns() - job->since_ns) / (double)NS_PER_SECOND);
            metric_add(meters->seen[job->frame->camera], 1);
        } else {
            LOG_ERROR("vision", "%s", fail_reason());
            metric_add(meters->dropped[job->frame->camera], 1);
        }
        finish_job(pipeline, job, status == OK ? JOB_SEEN : JOB_DROPPED);
    }
    return NULL;
}

/* -- sources ---------------------------------------------------------------------------------- */

/* A free job, or NULL: none is left and waiting would not be live. */
static Job *take_job(Pipeline *pipeline) {
    Job *found = NULL;
    pthread_mutex_lock(&pipeline->job_lock);
    for (;;) {
        for (int i = 0; i < pipeline->job_count && !found; i++)
            if (pipeline->jobs[i].state == JOB_FREE) found = &pipeline->jobs[i];
        if (found || !pipeline->lossless) break;
        pthread_cond_wait(&pipeline->job_changed, &pipeline->job_lock);
    }
    if (found) found->state = JOB_WAITING;
    pthread_mutex_unlock(&pipeline->job_lock);
    return found;
}

static void drop_frame(Pipeline *pipeline, Frame *frame) {
    metric_add(pipeline->meters.dropped[frame->camera], 1);
    capture_release(frame);
}

static void push_ticket(Pipeline *pipeline, const Ticket *ticket) {
    const Status status = ring_push(pipeline->order, ticket, NULL);
    if (status != E_FULL) return;
    metric_add(pipeline->meters.order_full, 1);
    say_fault(pipeline, "ring.order", true, "inputs come faster than they can be thought about");
}

static void submit_frame(Pipeline *pipeline, const Source *source, Frame *frame) {
    Job *job = take_job(pipeline);
    if (!job) {
        drop_frame(pipeline, frame);
        return;
    }
    job->frame = frame;
    job->since_ns = source->live ? frame->t_ns : clock_now_ns();
    push_ticket(pipeline, &(Ticket){.job = job});
    Job *displaced = NULL;
    if (ring_push(pipeline->pictures, &job, &displaced) == E_FULL && displaced) {
        metric_add(pipeline->meters.dropped[displaced->frame->camera], 1);
        finish_job(pipeline, displaced, JOB_DROPPED);
    }
}

static void submit(Source *source, const Input *input) {
    if (input->kind == INPUT_FRAME) {
        submit_frame(source->pipeline, source, input->frame);
    } else {
        push_ticket(source->pipeline, &(Ticket){.input = *input});
    }
}

static void set_faulty(Source *source, bool faulty, const char *why) {
    if (source->faulty == faulty) return;
    source->faulty = faulty;
    say_fault(source->pipeline, source->what, faulty, why);
}
