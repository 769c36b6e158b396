/* calibration_file.c - a calibration on disk: what /scale/calibration says, and how it was made. */
#include "file.h"
#include "message.h"
#include "scale_device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_CEILING = 64 * 1024 };

Status scale_load_calibration(const char *path, ScaleCalibration *out) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    const Status found = file_read(path, FILE_CEILING, &bytes, &size);
    if (found == E_NOT_FOUND)
        return fail(
            E_NOT_FOUND, "scale: %s: no calibration: make one with `cartwright scale calibrate`",
            path);
    TRY(found);
    const Status status = message_to_scale_calibration(bytes, size, out);
    free(bytes);
    if (status == OK) return OK;
    char why[256];
    snprintf(why, sizeof why, "%s", fail_reason());
    return fail(E_CORRUPT, "scale: %s: %s: calibrate the scale again", path, why);
}

static json_t *json_of_errors(const CalibrateReport *report) {
    json_t *list = json_array();
    for (int i = 0; i < CALIBRATE_PLACES; i++)
        json_array_append_new(list, json_real(report->corner_error_g[i]));
    return list;
}

Status scale_save_calibration(
    const char *path,
    const ScaleCalibration *calibration,
    const CalibrateReport *report,
    const Calibrate *run,
    const char *uri,
    int64_t t_ns) {
    json_t *json = message_from_scale_calibration(calibration);
    json_t *made = json_pack(
        "{s:I, s:s, s:f, s:f, s:o, s:f, s:o, s:f, s:f}", "t_ns", (json_int_t)t_ns, "scale", uri,
        "load_g", run->load_g, "second_g", run->second_g, "corner_error_g", json_of_errors(report),
        "return_g", report->return_g, "second_error_g",
        isfinite(report->second_error_g) ? json_real(report->second_error_g) : json_null(),
        "noise_g", report->noise_g, "drift_g", report->worst_drift_g);
    if (json && made) json_object_set_new(json, "made", made);
    char *text = json && made ? json_dumps(json, JSON_INDENT(2)) : NULL;
    json_decref(json);
    if (!text) return fail(E_NO_MEMORY, "scale: %s: out of memory", path);
    const Status status = file_write(path, text, strlen(text));
    free(text);
    return status;
}
