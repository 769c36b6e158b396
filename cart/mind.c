#include "mind.h"

#include "clock.h"
#include "log.h"
#include "meter.h"
#include "pricebook.h"
#include "weigh.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 100 };

struct Mind {
    MindPorts ports;
    BrainConfig config;
    Brain brain;
    WeighState weigh;
    MeterState meter;
    MeterSeal seal;
    bool weighing; /* a calibration has come; counts mean nothing before */
    bool refused;  /* the last one made no sense */
    LegalWeight legal;
    int64_t tick_ns;
    BrainOutput output; /* of the latest step; too large for a stack frame per input */
    Metric *events[VERDICT_IGNORE + 1];
    Metric *outbox_full;
    pthread_mutex_t lock;
    Basket snapshot; /* under the lock */
};

Status mind_open(Mind **out, const MindPorts *ports) {
    Mind *mind = calloc(1, sizeof *mind);
    if (!mind) return fail(E_NO_MEMORY, "mind: out of memory");
    mind->ports = *ports;
    mind->config = (BrainConfig){.reason = ports->config->reason, .basket = ports->config->basket};
    brain_init(&mind->brain);
    pthread_mutex_init(&mind->lock, NULL);
    static const char *const labels[] = {
        "decision=\"accept\"", "decision=\"ask\"", "decision=\"ignore\""};
    for (int i = 0; i <= VERDICT_IGNORE; i++)
        mind->events[i] = metrics_counter(
            ports->metrics, "cart_events_total", "Events the cart came to a belief about",
            labels[i]);
    mind->outbox_full = metrics_counter(
        ports->metrics, "cart_outbox_refused_total", "What the outbox had no room for", "");
    *out = mind;
    return OK;
}

void mind_close(Mind *mind) {
    if (!mind) return;
    pthread_mutex_destroy(&mind->lock);
    free(mind);
}

int64_t mind_now_ns(const Mind *mind) { return mind->brain.t_ns; }

/* -- saying ----------------------------------------------------------------------------------- */

static void say(Mind *mind, const Said *said) {
    if (outbox_push(mind->ports.outbox, said) == OK) return;
    metric_add(mind->outbox_full, 1);
    LOG_ERROR("mind", "%s", fail_reason());
}

static void say_basket(Mind *mind) {
    pthread_mutex_lock(&mind->lock);
    mind->snapshot = mind->brain.basket.basket;
    pthread_mutex_unlock(&mind->lock);
    say(mind,
        &(Said){
            .kind = SAID_BASKET, .t_ns = mind->brain.t_ns, .basket = mind->brain.basket.basket});
}

void mind_basket(Mind *mind, Basket *out) {
    pthread_mutex_lock(&mind->lock);
    *out = mind->snapshot;
    pthread_mutex_unlock(&mind->lock);
}

static void log_event(const Mind *mind, const Belief *belief) {
    if (belief->count == 0) return;
    const Hypothesis *top = &belief->at[0];
    LOG_INFO(
        "mind", "%s %d x %s, p %.3f%s", top->quantity > 0 ? "put in" : "taken out",
        abs(top->quantity),
        top->sku == SKU_UNKNOWN ? "something" : mind->ports.catalog->products[top->sku].name,
        top->p, belief->verdict == VERDICT_ASK ? ", asking" : "");
}

/* -- thinking --------------------------------------------------------------------------------- */

static Status tell(Mind *mind, const BrainInput *told) {
    BrainInput input = *told;
    if (input.t_ns < mind->brain.t_ns) input.t_ns = mind->brain.t_ns;
    if (mind->ports.log) TRY(brain_log_append(mind->ports.log, &input));
    BrainOutput *output = &mind->output;
    brain_step(&mind->config, mind->ports.catalog, &mind->brain, &input, output);

    for (int i = 0; i < output->beliefs.count; i++) {
        const Belief *belief = &output->beliefs.at[i];
        metric_add(mind->events[belief->verdict], 1);
        if (belief->verdict != VERDICT_IGNORE) log_event(mind, belief);
        say(mind, &(Said){.kind = SAID_BELIEF, .t_ns = input.t_ns, .belief = *belief});
    }
    for (int i = 0; i < output->entry_count; i++)
        say(mind, &(Said){.kind = SAID_ENTRY, .t_ns = input.t_ns, .entry = output->entries[i]});
    if (output->entry_count > 0) say_basket(mind);
    if (output->refused[0]) LOG_INFO("mind", "refused: %s", output->refused);
    return OK;
}

Status mind_tick(Mind *mind, int64_t t_ns) {
    if (t_ns - mind->tick_ns < TICK_MS * NS_PER_MS) return OK;
    const bool first = mind->tick_ns == 0;
    mind->tick_ns = t_ns;
    TRY(tell(mind, &(BrainInput){.kind = BRAIN_TIME, .t_ns = t_ns}));
    if (first) say_basket(mind); /* a page or tape starts with what is inside already */
    return OK;
}

static Status take_scan(Mind *mind, const Scan *scan) {
    const int32_t sku = pricebook_find(mind->ports.catalog, scan->code);
    if (sku == SKU_UNKNOWN) {
        LOG_WARN("mind", "no product has the code %s", scan->code);
        return OK;
    }
    BrainInput input = {.kind = BRAIN_SCAN, .t_ns = scan->t_ns};
    input.scan = (ScanEvidence){.sku = sku, .by_camera = scan->source == SCAN_CAMERA};
    return tell(mind, &input);
}

static Status take_scale(Mind *mind, const ScaleSample *sample) {
    if (!mind->weighing) return OK;
    WeighOutput weighed;
    LegalWeight legal;
    weigh_step(&mind->ports.config->weigh, &mind->weigh, sample, &weighed);
    meter_step(&mind->meter, sample, &legal);
    const bool news = weighed.has_reading || legal.stable != mind->legal.stable ||
                      legal.settled.from_ns != mind->legal.settled.from_ns;
    mind->legal = legal;
    if (news)
        TRY(tell(
            mind, &(BrainInput){.kind = BRAIN_LEGAL_WEIGHT, .t_ns = sample->t_ns, .legal = legal}));
    if (weighed.has_reading) {
        Said said = {.kind = SAID_WEIGHT, .t_ns = sample->t_ns};
        said.weight.reading = weighed.reading;
        said.weight.reading.device = sample->device;
        said.weight.legal = legal;
        say(mind, &said);
    }
    for (int i = 0; i < weighed.step_count; i++) {
        const WeightStep *step = &weighed.steps[i];
        say(mind, &(Said){.kind = SAID_WEIGHT_STEP, .t_ns = step->decided_ns, .step = *step});
        TRY(tell(
            mind,
            &(BrainInput){.kind = BRAIN_WEIGHT_STEP, .t_ns = step->decided_ns, .step = *step}));
    }
    return OK;
}

/* A real number in whole steps; false: it is none, or too large to be meant. */
static bool to_whole(double value, double steps, int64_t *whole) {
    const double scaled = value * steps;
    if (!(fabs(scaled) < 1e18)) return false;
    *whole = llround(scaled);
    return true;
}

/* The platform's calibration in the whole numbers that are sealed. What is too large becomes 0,
 * which the meter refuses by name. */
static MeterParameters parameters_of(const MeterConfig *config, const ScaleCalibration *scale) {
    MeterParameters parameters = {
        .unit = MASS_KG,
        .e_u = scale->e_g * INT64_C(1000),
        .max_u = scale->max_g * INT64_C(1000),
        .cells = scale->cells,
        .span_ppb = 1000000000};
    meter_configure(&parameters, config);
    for (int i = 0; i < scale->cells && i < CELLS_MAX; i++)
        if (!to_whole(scale->cell[i].zero_counts, 1e3, &parameters.zero_mcounts[i]) ||
            !to_whole(1 / scale->cell[i].counts_per_g, 1e12, &parameters.gain[i]))
            parameters.gain[i] = 0;
    return parameters;
}

/* A platform whose calibration makes no sense weighs nothing: the fault is on show, the cart goes
 * on. What it changes under the seal is on record before it weighs. */
static void take_calibration(Mind *mind, int64_t t_ns, const ScaleCalibration *calibration) {
    const MeterParameters wanted = parameters_of(&mind->ports.config->meter, calibration);
    SealEntry entries[METER_CHANGES_MAX];
    int count = 0;
    Status status = meter_seal_change(&mind->seal, &wanted, t_ns, "calibration", entries, &count);
    for (int i = 0; i < count; i++)
        say(mind, &(Said){.kind = SAID_SEAL, .t_ns = t_ns, .seal = entries[i]});
    if (status == OK) status = meter_init(&mind->meter, &mind->seal);
    mind->weighing = status == OK;
    if (mind->weighing == mind->refused) {
        Said said = {.kind = SAID_FAULT, .t_ns = t_ns};
        said.fault = (Fault){.t_ns = t_ns, .active = !mind->weighing, .what = "meter"};
        if (!mind->weighing) snprintf(said.fault.why, sizeof said.fault.why, "%s", fail_reason());
        say(mind, &said);
    }
    mind->refused = !mind->weighing;
    if (!mind->weighing) {
        LOG_ERROR("mind", "%s", fail_reason());
        return;
    }
    weigh_init(&mind->weigh, &mind->ports.config->weigh, calibration);
}

static void take_imu(Mind *mind, const ImuSample *imu) {
    int32_t accel_mmps2[3];
    if (!mind->weighing) return;
    weigh_imu(&mind->ports.config->weigh, &mind->weigh, imu);
    for (int i = 0; i < 3; i++) {
        const double accel = (double)imu->accel_mps2[i] * 1000;
        if (!(fabs(accel) < 1e9)) return;
        accel_mmps2[i] = (int32_t)lround(accel);
    }
    meter_level(&mind->meter, imu->t_ns, accel_mmps2);
}

static bool is_order(CommandKind kind) {
    return kind == COMMAND_ZERO || kind == COMMAND_TARE || kind == COMMAND_CLEAR_TARE;
}

static Status order(Mind *mind, CommandKind kind) {
    if (!mind->weighing) return fail(E_INVALID, "no scale is weighing");
    if (kind == COMMAND_ZERO) return meter_zero(&mind->meter);
    if (kind == COMMAND_TARE) return meter_tare(&mind->meter, false);
    meter_clear_tare(&mind->meter);
    return OK;
}

/* What the scale is told is the meter's to do or to refuse; who asked reads the outcome in the
 * scale's log. */
static void take_order(Mind *mind, const Command *command) {
    static const char *const names[] = {
        [COMMAND_ZERO] = "zero", [COMMAND_TARE] = "tare", [COMMAND_CLEAR_TARE] = "clear_tare"};
    Said said = {.kind = SAID_SCALE, .t_ns = command->t_ns};
    said.scale.t_ns = command->t_ns;
    said.scale.done = order(mind, command->kind) == OK;
    snprintf(said.scale.what, sizeof said.scale.what, "%s", names[command->kind]);
    if (!said.scale.done) snprintf(said.scale.why, sizeof said.scale.why, "%s", fail_reason());
    LOG_INFO("mind", "%s: %s", said.scale.what, said.scale.done ? "done" : said.scale.why);
    say(mind, &said);
}

Status mind_take(Mind *mind, const Input *input) {
    TRY(mind_tick(mind, input->t_ns));
    say(mind, &(Said){.kind = SAID_INPUT, .t_ns = input->t_ns, .input = *input});
    switch (input->kind) {
    case INPUT_CALIBRATION:
        take_calibration(mind, input->t_ns, &input->calibration);
        return OK;
    case INPUT_SCALE:
        return take_scale(mind, &input->scale);
    case INPUT_IMU:
        take_imu(mind, &input->imu);
        return OK;
    case INPUT_SCAN:
        return take_scan(mind, &input->scan);
    case INPUT_COMMAND:
        if (is_order(input->command.kind)) {
            take_order(mind, &input->command);
            return OK;
        }
        return tell(
            mind,
            &(BrainInput){.kind = BRAIN_COMMAND, .t_ns = input->t_ns, .command = input->command});
    case INPUT_FRAME:
        return OK; /* mind_see() hears of pictures */
    }
    return OK;
}

Status mind_see(Mind *mind, int64_t t_ns, const Sighting *sighting) {
    TRY(mind_tick(mind, t_ns));
    for (int i = 0; i < sighting->scan_count; i++)
        TRY(take_scan(mind, &sighting->scans[i]));
    for (int i = 0; i < sighting->tracked.crossing_count; i++) {
        const Crossing *crossing = &sighting->tracked.crossings[i];
        say(mind,
            &(Said){.kind = SAID_CROSSING, .t_ns = crossing->decided_ns, .crossing = *crossing});
        TRY(tell(
            mind,
            &(BrainInput){
                .kind = BRAIN_CROSSING, .t_ns = crossing->decided_ns, .crossing = *crossing}));
    }
    return OK;
}

Status mind_resume(Mind *mind, const Entry *entry) {
    if (!basket_resume(mind->ports.catalog, &mind->brain.basket, entry))
        return fail(
            E_CORRUPT, "journal: entry %lld contradicts those before it",
            (long long)entry->sequence);
    Beliefs none;
    Evidence evidence = {.kind = EVIDENCE_BASKET, .t_ns = mind->brain.t_ns};
    basket_inside(&mind->brain.basket.basket, &evidence.inside);
    reason_step(&mind->config.reason, mind->ports.catalog, &mind->brain.reason, &evidence, &none);
    return OK;
}

Status mind_resume_seal(Mind *mind, const SealEntry *entry) {
    return meter_seal_check(&mind->seal, entry);
}
