/*
 * scale_measure.c - the device itself, without a cart: what it gives, and the guided calibration.
 */
#include "clock.h"
#include "progress.h"
#include "scale_command_internal.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 100, SETTLE_MS = 700, LOOKS_MAX = 5, LINE_BYTES = 256 };

#define LOOK_S  1.0 /* how long one look at a device takes */
#define WATCH_S 0.5
#define CALM    2.5 /* times the noise of the empty platform */

typedef struct Measured {
    int cells;
    bool calibrated;
    ScaleCalibration calibration;
    int64_t samples;    /* whole or not */
    CalibrateRest rest; /* of the whole ones */
    double noise[CELLS_MAX];
    uint8_t device;
    double temperature_c;
} Measured;

/* -- measuring --------------------------------------------------------------------------------- */

static int cells_of(const ScaleSample *sample) {
    int cells = 1;
    for (int i = 0; i < CELLS_MAX; i++)
        if (sample->valid >> i & 1) cells = i + 1;
    return cells;
}

static void note(const Source *source, Measured *out, CalibrateGather *gather, const Input *input) {
    if (input->kind == INPUT_CALIBRATION) {
        out->calibrated = true;
        out->calibration = input->calibration;
        out->cells = input->calibration.cells;
    }
    if (input->kind != INPUT_SCALE) return;
    if (out->calibrated && source->scale && !scale_calibration(source->scale)) {
        out->calibrated = false; /* it was for another number of cells */
        out->cells = 0;
    }
    if (out->cells == 0) out->cells = cells_of(&input->scale);
    out->samples++;
    out->device = input->scale.device;
    out->temperature_c = (double)input->scale.temperature_c;
    calibrate_gather(gather, out->cells, &input->scale);
}

/* Keeps what is known of cells and calibration. E_TIMEOUT: nothing at all came, or half a second
 * long nothing did. */
static Status measure(ScaleJob *job, double seconds, const char *what, Measured *out) {
    static CalibrateGather gather;
    Source *source = &job->sources.at[0];
    const int64_t start_ns = clock_now_ns(), end_ns = start_ns + (int64_t)(seconds * 1e9);
    int64_t heard_ns = start_ns;
    memset(&gather, 0, sizeof gather);
    out->samples = 0;
    while (clock_now_ns() < end_ns && !scale_is_interrupted()) {
        Input input;
        const Status status = source_next(source, WAIT_MS, &input);
        if (status == OK) {
            note(source, out, &gather, &input);
            if (input.kind == INPUT_SCALE) heard_ns = clock_now_ns();
        } else if (status == E_TIMEOUT) {
            if (clock_now_ns() - heard_ns > job->config.scale.silent_ms * NS_PER_MS) return status;
        } else if (status != E_CORRUPT) {
            return status;
        }
        if (what)
            progress_show(
                what, (clock_now_ns() - start_ns) / NS_PER_MS, (int64_t)(seconds * 1000), NULL);
    }
    if (what) progress_end();
    out->rest = calibrate_rest(&gather, out->cells);
    return out->samples > 0 ? OK : fail(E_TIMEOUT, "scale: nothing came in %.1f s", seconds);
}

static double grams_of(const Measured *measured) {
    double grams = 0;
    for (int i = 0; i < measured->cells; i++)
        grams += (measured->rest.counts[i] - measured->calibration.cell[i].zero_counts) /
                 measured->calibration.cell[i].counts_per_g;
    return grams;
}

static double noise_g(const Measured *measured) {
    double worth = 0;
    for (int i = 0; i < measured->cells; i++)
        worth += fabs(1 / measured->calibration.cell[i].counts_per_g) / measured->cells;
    return worth * measured->rest.noise;
}

static double hz_of(const Measured *measured) {
    const CalibrateRest *rest = &measured->rest;
    return rest->span_ns > 0 ? (rest->samples - 1) * 1e9 / rest->span_ns : 0;
}

/* -- status ------------------------------------------------------------------------------------ */

static const char *lamp_of(uint8_t device) {
    if (device & SCALE_DEVICE_OVERLOAD) return "OVERLOAD";
    if (device & SCALE_DEVICE_UNDERLOAD) return "UNDERLOAD";
    if (device & SCALE_DEVICE_FAULT) return "FAULT";
    if (device & SCALE_DEVICE_MOTION) return "moving";
    return device & SCALE_DEVICE_STABLE ? "STABLE" : "";
}

static void print_line(const Measured *measured) {
    if (measured->rest.samples == 0) {
        printf("  -------    %s", lamp_of(measured->device));
    } else if (measured->calibrated) {
        printf(
            "%9.3f kg   noise %.1f g   %s", grams_of(measured) / 1000, noise_g(measured),
            lamp_of(measured->device));
    } else {
        for (int i = 0; i < measured->cells; i++)
            printf("%s%10.0f", i ? "  " : "counts", measured->rest.counts[i]);
        printf("   noise %.0f", measured->rest.noise);
    }
}

static void print_json(const ScaleJob *job, const Measured *measured) {
    json_t *cells = json_array();
    for (int i = 0; i < measured->cells; i++)
        json_array_append_new(cells, json_real(measured->rest.counts[i]));
    const bool shown = measured->calibrated && measured->rest.samples > 0;
    json_t *json = json_pack(
        "{s:s, s:f, s:I, s:b, s:o, s:f, s:o, s:o, s:s}", "scale", job->sources.at[0].uri, "hz",
        hz_of(measured), "samples", (json_int_t)measured->samples, "calibrated",
        measured->calibrated, "counts", cells, "noise_counts", measured->rest.noise, "weight_g",
        shown ? json_real(grams_of(measured)) : json_null(), "noise_g",
        shown ? json_real(noise_g(measured)) : json_null(), "device", lamp_of(measured->device));
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (text) puts(text);
    free(text);
    json_decref(json);
}

static void print_status(const ScaleJob *job, const Measured *measured) {
    const Source *source = &job->sources.at[0];
    printf(
        "%s: %.1f samples a second, %d cell%s, %s\n", source->uri, hz_of(measured), measured->cells,
        measured->cells == 1 ? "" : "s",
        measured->calibrated ? "calibrated" : "not calibrated: `cartwright scale calibrate`");
    if (source->scale && scale_stats(source->scale).garbage > 0)
        printf(
            "%lld lines were no weight and were skipped\n",
            (long long)scale_stats(source->scale).garbage);
    print_line(measured);
    putchar('\n');
}

static void show(const ScaleJob *job, const Measured *measured, bool over) {
    if (job->options.json) {
        print_json(job, measured);
    } else {
        if (over) printf("\r\033[K");
        print_line(measured);
        if (!over) putchar('\n');
    }
    fflush(stdout);
}

/* A lost device is tried again, ever more patiently. */
static void reopen(ScaleJob *job) {
    Source *source = &job->sources.at[0];
    source_close(source);
    for (int tries = 0; !scale_is_interrupted(); tries++) {
        clock_sleep_until_ns(clock_now_ns() + source_retry_ms(tries) * NS_PER_MS);
        if (source_open(source) == OK) return;
    }
}

static void watch(ScaleJob *job) {
    const bool over = isatty(STDOUT_FILENO) && !job->options.json;
    const int64_t end_ns = clock_now_ns() + (int64_t)(job->options.seconds * 1e9);
    Measured measured = {0};
    scale_until_interrupted();
    while (!scale_is_interrupted() && (job->options.seconds <= 0 || clock_now_ns() < end_ns)) {
        const Status status = measure(job, WATCH_S, NULL, &measured);
        if (scale_is_interrupted() || status == E_END) break;
        if (status == OK) {
            show(job, &measured, over);
            continue;
        }
        printf("%s%s\n", over ? "\r\033[K" : "", fail_reason());
        fflush(stdout);
        if (status != E_TIMEOUT) reopen(job);
    }
    if (over) putchar('\n');
}

int scale_watch_device(ScaleJob *job) {
    Measured measured = {0};
    if (scale_job_open(job) != OK) return scale_failed(job);
    int code = DONE_WELL;
    if (job->options.watch) {
        watch(job);
    } else {
        const double seconds = job->options.seconds > 0 ? job->options.seconds : LOOK_S;
        code = measure(job, seconds, NULL, &measured) == OK ? DONE_WELL : scale_failed(job);
        if (code == DONE_WELL && job->options.json) print_json(job, &measured);
        if (code == DONE_WELL && !job->options.json) print_status(job, &measured);
    }
    source_close(&job->sources.at[0]);
    return code;
}

/* -- calibration ------------------------------------------------------------------------------- */

/* Says what to do, waits for Enter, lets the platform come to rest, and measures: again, while it
 * is much more restless than the empty one was (calm: its noise, 0: not known yet). */
static Status
step(ScaleJob *job, int number, int count, const char *words, double calm, CalibrateRest *out) {
    char line[LINE_BYTES];
    Measured measured = {0};
    printf("\n%d of %d: %s, then press Enter: ", number, count, words);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) return fail(E_END, "stopped; nothing was changed");
    /* What came while nobody looked is old; what comes now may still ring. */
    TRY(measure(job, SETTLE_MS / 1000.0, NULL, &measured));
    for (int look = 0; look < LOOKS_MAX; look++) {
        TRY(measure(job, job->options.seconds, "measuring", &measured));
        if (calm <= 0 || measured.rest.noise <= CALM * calm) break;
    }
    *out = measured.rest;
    printf("   %d samples, counts", measured.rest.samples);
    for (int i = 0; i < measured.cells; i++)
        printf(" %.0f", measured.rest.counts[i]);
    printf(", noise %.0f\n", measured.rest.noise);
    return OK;
}

static Status guide(ScaleJob *job, Calibrate *run) {
    static const char *const where[CALIBRATE_PLACES] = {
        "at the centre", "into the front left corner", "into the front right corner",
        "into the back left corner", "into the back right corner"};
    char words[128];
    const int count = 2 + CALIBRATE_PLACES + (run->second_g > 0);
    int number = 1;
    TRY(step(job, number++, count, "take everything off the platform", 0, &run->empty));
    for (int place = 0; place < CALIBRATE_PLACES; place++) {
        snprintf(words, sizeof words, "put %.0f g %s", run->load_g, where[place]);
        TRY(step(job, number++, count, words, run->empty.noise, &run->loaded[place]));
    }
    if (run->second_g > 0) {
        snprintf(words, sizeof words, "put %.0f g at the centre instead", run->second_g);
        TRY(step(job, number++, count, words, run->empty.noise, &run->second));
    }
    return step(
        job, number, count, "take everything off again", run->empty.noise, &run->empty_again);
}

static void print_result(
    const ScaleJob *job,
    const char *path,
    const ScaleCalibration *found,
    const CalibrateReport *report) {
    if (job->options.json) {
        json_t *json = json_pack(
            "{s:s, s:i, s:f, s:f, s:o}", "file", path, "cells", found->cells, "noise_g",
            report->noise_g, "return_g", report->return_g, "second_error_g",
            isfinite(report->second_error_g) ? json_real(report->second_error_g) : json_null());
        char *text = json_dumps(json, JSON_COMPACT);
        if (text) puts(text);
        free(text);
        json_decref(json);
        return;
    }
    printf("\n");
    for (int i = 0; i < found->cells; i++)
        printf(
            "cell %d: %.2f counts/g, at %+.3f m, %+.3f m\n", i + 1, found->cell[i].counts_per_g,
            found->cell[i].x_m, found->cell[i].y_m);
    printf("shows, less what is true:");
    for (int i = 0; i < CALIBRATE_PLACES; i++)
        printf(" %+.1f", report->corner_error_g[i]);
    printf(" g (centre, corners); zero again %+.1f g", report->return_g);
    if (isfinite(report->second_error_g)) printf("; second weight %+.1f g", report->second_error_g);
    printf("; noise %.1f g\nwritten to %s\n", report->noise_g, path);
}

/* The weights the device gives are its own affair. */
static Status check_device(ScaleJob *job, int *cells) {
    Measured measured = {0};
    TRY(measure(job, LOOK_S, NULL, &measured));
    const Source *source = &job->sources.at[0];
    if (!source->scale) return fail(E_INVALID, "%s is no device", source->uri);
    if (scale_gives_weights(source->scale))
        return fail(
            E_INVALID, "%s gives weights, not counts: adjust it as its own manual says",
            source->uri);
    *cells = measured.cells;
    return OK;
}

int scale_calibrate(ScaleJob *job) {
    const ScaleOptions *options = &job->options;
    Calibrate run = {
        .e_g = job->config.scale.e_g,
        .max_g = job->config.scale.max_g,
        .load_g = options->load_g,
        .second_g = options->second_g,
        .width_m = options->width_m,
        .depth_m = options->depth_m,
        .platform_g = options->platform_g};
    ScaleCalibration found;
    CalibrateReport report;
    const char *path = options->output[0] ? options->output : job->config.scale.calibration;
    Status status = scale_job_open(job);
    if (status == OK) status = check_device(job, &run.cells);
    if (status == OK) status = guide(job, &run);
    if (status == OK) status = calibrate_solve(&run, &found, &report);
    if (status == OK)
        status = scale_save_calibration(
            path, &found, &report, &run, job->sources.at[0].uri, clock_now_ns());
    if (status == OK) print_result(job, path, &found, &report);
    const int code = status == OK ? DONE_WELL : (putchar('\n'), scale_failed(job));
    source_close(&job->sources.at[0]);
    return code;
}
