#include "scale_device.h"

#include "clock.h"
#include "scale_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const Setting scale_settings[] = {
    SETTING_TEXT(
        ScaleConfig,
        calibration,
        "scale.json",
        "file that says what counts weigh, made by cartwright scale calibrate"),
    SETTING_INT(
        ScaleConfig,
        e_g,
        "5",
        1,
        1000,
        "verification interval in g, of a scale that gives weights and for a calibration"),
    SETTING_INT(
        ScaleConfig,
        max_g,
        "30000",
        100,
        800000,
        "Max in g, of a scale that gives weights and for a calibration"),
    SETTING_INT(
        ScaleConfig, silent_ms, "700", 200, 10000, "time in ms without a sample that is a fault"),
    SETTING_END};

#define HZ_UNKNOWN 10.0 /* of a scale that gives weights, before its rhythm is known */

struct Scale {
    const Backend *backend;
    void *state;
    Opened opened;
    ScaleCalibration calibration;
    bool raw;
    bool calibrated, announced; /* has a calibration; has given it out */
    Pace pace, imu_pace;
    int64_t samples, thinned;
};

static const Backend *const backends[] = {&scale_serial, &scale_hid, &scale_iio, &scale_sim, NULL};

int scale_wait_ms(int64_t until_ns) {
    const int64_t left_ns = until_ns - clock_now_ns();
    if (left_ns <= 0) return 0;
    const int64_t ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms > 60000 ? 60000 : (int)ms;
}

static const Backend *backend_of(const char *uri) {
    for (int i = 0; backends[i]; i++)
        if (strncmp(uri, backends[i]->scheme, strlen(backends[i]->scheme)) == 0) return backends[i];
    return NULL;
}

bool scale_knows(const char *uri) { return backend_of(uri) != NULL; }

/* -- opening ----------------------------------------------------------------------------------- */

static ScaleCalibration of_weights(const ScaleConfig *config) {
    ScaleCalibration calibration = {
        .cells = 1, .sample_hz = HZ_UNKNOWN, .e_g = config->e_g, .max_g = config->max_g};
    calibration.cell[0].counts_per_g = SCALE_COUNTS_PER_G;
    return calibration;
}

static Status calibrate(Scale *scale, const ScaleConfig *config) {
    scale->calibrated = true;
    if (scale->opened.calibrated) {
        scale->calibration = scale->opened.calibration;
        scale->calibration.e_g = config->e_g;
        scale->calibration.max_g = config->max_g;
        return OK;
    }
    if (!scale->opened.counts) {
        scale->calibration = of_weights(config);
        return OK;
    }
    const Status status = scale_load_calibration(config->calibration, &scale->calibration);
    scale->calibrated = status == OK;
    return scale->raw ? OK : status;
}

Status scale_open(Scale **out, const ScaleConfig *config, const char *uri, bool raw) {
    const Backend *backend = backend_of(uri);
    if (!backend)
        return fail(
            E_INVALID,
            "scale: '%.80s': a scale begins with serial:, hid:, iio:, sim: or tape:", uri);
    Scale *scale = calloc(1, sizeof *scale);
    if (!scale) return fail(E_NO_MEMORY, "scale: out of memory");
    scale->backend = backend;
    scale->raw = raw;
    Status status = backend->open(&scale->state, uri + strlen(backend->scheme), &scale->opened);
    if (status == OK) status = calibrate(scale, config);
    if (status != OK) {
        scale_close(scale);
        return status;
    }
    *out = scale;
    return OK;
}

void scale_close(Scale *scale) {
    if (!scale) return;
    if (scale->state) scale->backend->close(scale->state);
    free(scale);
}

/* -- reading ----------------------------------------------------------------------------------- */

static ScaleSample sample_of(const Heard *heard, int64_t t_ns) {
    ScaleSample sample = {
        .t_ns = t_ns,
        .valid = heard->valid,
        .temperature_c = heard->temperature_c,
        .device = heard->device};
    if (heard->weighs) {
        sample.counts[0] = (int32_t)lround(heard->grams * SCALE_COUNTS_PER_G);
    } else {
        memcpy(sample.counts, heard->counts, sizeof sample.counts);
    }
    return sample;
}

static bool shake(Scale *scale, const Heard *heard, int64_t at_ns, Input *out) {
    if (!pace_admit(&scale->imu_pace, at_ns)) return false;
    *out = (Input){.kind = INPUT_IMU, .t_ns = pace_stamp(&scale->imu_pace, at_ns)};
    out->imu.t_ns = out->t_ns;
    memcpy(out->imu.accel_mps2, heard->motion, sizeof out->imu.accel_mps2);
    memcpy(out->imu.gyro_radps, heard->motion + 3, sizeof out->imu.gyro_radps);
    return true;
}

/* The number of cells is the calibration's, or there is none for them. */
static Status check_cells(Scale *scale, int cells) {
    if (!scale->calibrated || cells == scale->calibration.cells) return OK;
    scale->calibrated = !scale->raw;
    if (scale->raw) return OK;
    return fail(
        E_IO, "scale: gives %d cells, its calibration has %d: calibrate it again", cells,
        scale->calibration.cells);
}

static bool announce(Scale *scale, Input *out) {
    if (!scale->calibrated || scale->announced) return false;
    scale->announced = true;
    *out = (Input){
        .kind = INPUT_CALIBRATION, .t_ns = clock_now_ns(), .calibration = scale->calibration};
    return true;
}

Status scale_next(Scale *scale, int timeout_ms, Input *out) {
    assert(timeout_ms >= 0);
    if (announce(scale, out)) return OK;
    const int64_t deadline_ns = clock_now_ns() + timeout_ms * NS_PER_MS;
    for (;;) {
        Heard heard;
        int64_t at_ns = 0;
        TRY(scale->backend->next(scale->state, deadline_ns, &heard, &at_ns));
        if (heard.shakes && shake(scale, &heard, at_ns, out)) return OK;
        if (!heard.shakes) TRY(check_cells(scale, heard.cells));
        if (!heard.shakes && pace_admit(&scale->pace, at_ns)) {
            const int64_t t_ns = pace_stamp(&scale->pace, at_ns);
            scale->samples++;
            *out = (Input){.kind = INPUT_SCALE, .t_ns = t_ns, .scale = sample_of(&heard, t_ns)};
            return OK;
        }
        scale->thinned++;
        if (clock_now_ns() >= deadline_ns)
            return fail(E_TIMEOUT, "scale: samples come faster than they can be used");
    }
}

Status scale_tell(Scale *scale, ScaleOrder order, int timeout_ms) {
    if (!scale->backend->tell)
        return fail(
            E_NOT_FOUND,
            "scale: %s takes no orders: zero and tare are the cart's, see "
            "`cartwright run`",
            scale->backend->scheme);
    return scale->backend->tell(scale->state, order, clock_now_ns() + timeout_ms * NS_PER_MS);
}

bool scale_gives_weights(const Scale *scale) {
    return !scale->opened.counts && !scale->opened.calibrated;
}

const ScaleCalibration *scale_calibration(const Scale *scale) {
    return scale->calibrated ? &scale->calibration : NULL;
}

ScaleStats scale_stats(const Scale *scale) {
    return (ScaleStats){
        .samples = scale->samples,
        .garbage = scale->backend->garbage(scale->state),
        .thinned = scale->thinned,
        .hz = scale->pace.period_ns > 0 ? 1e9 / scale->pace.period_ns : 0};
}
