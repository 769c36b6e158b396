/* message_scale.c - what load cells, accelerometer and scale say. */
#include "message_internal.h"

#include <math.h>
#include <string.h>

json_t *message_from_scale_sample(const ScaleSample *sample) {
    const int32_t *counts = sample->counts;
    return json_pack(
        "{s:I, s:[i,i,i,i], s:i, s:o}", "t_ns", (json_int_t)sample->t_ns, "counts", counts[0],
        counts[1], counts[2], counts[3], "valid", sample->valid, "temperature_c",
        json_of_real((double)sample->temperature_c));
}

Status message_to_scale_sample(const uint8_t *bytes, size_t size, ScaleSample *out) {
    Reading reading = reading_open("scale sample", bytes, size);
    const json_t *root = reading.root;
    ScaleSample sample = {.t_ns = read_time(&reading, root, "t_ns"), .temperature_c = NAN};
    int count;
    const json_t *counts = read_list(&reading, root, "counts", 1, CELLS_MAX, &count);
    for (int i = 0; i < count; i++) {
        const json_t *value = json_array_get(counts, (size_t)i);
        json_int_t whole = json_integer_value(value);
        if (!json_is_integer(value) || whole < INT32_MIN || whole > INT32_MAX) {
            reading_refuse(&reading, "counts", "whole numbers of 32 bits");
        }
        sample.counts[i] = (int32_t)whole;
    }
    sample.valid = (uint8_t)read_int(&reading, root, "valid", 0, (1 << CELLS_MAX) - 1);
    if (has_value(root, "temperature_c")) {
        sample.temperature_c = (float)read_real(&reading, root, "temperature_c", -273.15, 1000);
    }
    TRY(reading_close(&reading));
    *out = sample;
    return OK;
}

json_t *message_from_scale_calibration(const ScaleCalibration *calibration) {
    json_t *cells = json_array();
    for (int i = 0; i < calibration->cells; i++) {
        json_array_append_new(
            cells, json_pack(
                       "{s:f, s:f, s:f, s:f}", "counts_per_g", calibration->cell[i].counts_per_g,
                       "zero_counts", calibration->cell[i].zero_counts, "x_m",
                       calibration->cell[i].x_m, "y_m", calibration->cell[i].y_m));
    }
    return json_pack(
        "{s:o, s:f, s:f, s:f, s:f, s:i, s:i}", "cells", cells, "sample_hz", calibration->sample_hz,
        "platform_g", calibration->platform_g, "stiffness_npm", calibration->stiffness_npm,
        "damping_ratio", calibration->damping_ratio, "e_g", calibration->e_g, "max_g",
        calibration->max_g);
}

Status message_to_scale_calibration(const uint8_t *bytes, size_t size, ScaleCalibration *out) {
    Reading reading = reading_open("scale calibration", bytes, size);
    const json_t *root = reading.root;
    ScaleCalibration calibration = {0};
    const json_t *cells = read_list(&reading, root, "cells", 1, CELLS_MAX, &calibration.cells);
    for (int i = 0; i < calibration.cells; i++) {
        const json_t *cell = json_array_get(cells, (size_t)i);
        calibration.cell[i].counts_per_g = read_real(&reading, cell, "counts_per_g", -1e9, 1e9);
        if (calibration.cell[i].counts_per_g == 0) {
            reading_refuse(&reading, "counts_per_g", "other than zero");
        }
        calibration.cell[i].zero_counts = read_real(&reading, cell, "zero_counts", -1e12, 1e12);
        calibration.cell[i].x_m = read_real(&reading, cell, "x_m", -100, 100);
        calibration.cell[i].y_m = read_real(&reading, cell, "y_m", -100, 100);
    }
    calibration.sample_hz = read_real(&reading, root, "sample_hz", 0.01, 1e6);
    calibration.platform_g = read_real(&reading, root, "platform_g", 0, 1e9);
    calibration.stiffness_npm = read_real(&reading, root, "stiffness_npm", 0, 1e12);
    calibration.damping_ratio = read_real(&reading, root, "damping_ratio", 0, 100);
    calibration.e_g = read_int(&reading, root, "e_g", 1, 1000000);
    calibration.max_g = read_int(&reading, root, "max_g", 1, 1000000000);
    TRY(reading_close(&reading));
    *out = calibration;
    return OK;
}

static json_t *json_of_axes(const float axes[3]) {
    return json_pack("[f,f,f]", (double)axes[0], (double)axes[1], (double)axes[2]);
}

json_t *message_from_imu_sample(const ImuSample *sample) {
    return json_pack(
        "{s:I, s:o, s:o}", "t_ns", (json_int_t)sample->t_ns, "accel_mps2",
        json_of_axes(sample->accel_mps2), "gyro_radps", json_of_axes(sample->gyro_radps));
}

static void read_axes(Reading *reading, const char *key, float axes[3]) {
    int count;
    const json_t *list = read_list(reading, reading->root, key, 3, 3, &count);
    for (int i = 0; i < count; i++)
        axes[i] = (float)read_real_at(reading, list, i, key);
}

Status message_to_imu_sample(const uint8_t *bytes, size_t size, ImuSample *out) {
    Reading reading = reading_open("IMU sample", bytes, size);
    ImuSample sample = {.t_ns = read_time(&reading, reading.root, "t_ns")};
    read_axes(&reading, "accel_mps2", sample.accel_mps2);
    read_axes(&reading, "gyro_radps", sample.gyro_radps);
    TRY(reading_close(&reading));
    *out = sample;
    return OK;
}

static json_t *json_of_faults(uint32_t faults) {
    static const struct {
        WeightFault fault;
        const char *name;
    } names[] = {
        {WEIGHT_FAULT_CELL_SILENT, "cell_silent"},
        {WEIGHT_FAULT_CELL_STUCK, "cell_stuck"},
        {WEIGHT_FAULT_OVER_RANGE, "over_range"},
        {WEIGHT_FAULT_SILENT, "silent"},
        {WEIGHT_FAULT_CLOCK, "clock"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (faults & names[i].fault) json_array_append_new(list, json_string(names[i].name));
    }
    return list;
}

static json_t *json_of_legal(const LegalWeight *legal) {
    if (!legal) return json_null();
    return json_pack(
        "{s:i, s:I, s:I, s:I, s:b, s:b, s:b}", "e_g", legal->e_g, "gross_g",
        (json_int_t)legal->gross * legal->e_g, "tare_g", (json_int_t)legal->tare * legal->e_g,
        "net_g", (json_int_t)legal->net * legal->e_g, "stable", legal->stable, "overload",
        legal->overload, "underload", legal->underload);
}

json_t *message_from_weight(const WeightReading *reading, const LegalWeight *legal) {
    return json_pack(
        "{s:I, s:o, s:o, s:b, s:o, s:o}", "t_ns", (json_int_t)reading->t_ns, "total_g",
        json_of_real(reading->total_g), "stddev_g", json_of_real(reading->stddev_g), "stable",
        reading->stable, "faults", json_of_faults(reading->faults), "legal", json_of_legal(legal));
}

json_t *message_from_weight_step(const WeightStep *step) {
    return json_pack(
        "{s:i, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:b}", "step", step->id, "t_ns",
        (json_int_t)step->t_ns, "decided_ns", (json_int_t)step->decided_ns, "delta_g",
        json_of_real(step->delta_g), "stddev_g", json_of_real(step->stddev_g), "total_g",
        json_of_real(step->total_g), "x_m", json_of_real((double)step->x_m), "y_m",
        json_of_real((double)step->y_m), "final", step->final);
}
