/* message_scale.c - what load cells, accelerometer and scale say. */
#include "message_internal.h"

#include <math.h>
#include <string.h>

static const struct {
    ScaleDevice flag;
    const char *name;
} device_words[] = {{SCALE_DEVICE_STABLE, "stable"},     {SCALE_DEVICE_MOTION, "motion"},
                    {SCALE_DEVICE_OVERLOAD, "overload"}, {SCALE_DEVICE_UNDERLOAD, "underload"},
                    {SCALE_DEVICE_ZERO, "zero"},         {SCALE_DEVICE_FAULT, "fault"}};
enum { DEVICE_WORDS = sizeof device_words / sizeof *device_words };

/* A load cell without a head says nothing, and neither does its message. */
static void put_device(Writing *to, uint8_t device) {
    if (!device) return;
    json_t *list = json_array();
    for (int i = 0; i < DEVICE_WORDS; i++)
        if (device & device_words[i].flag)
            json_array_append_new(list, json_string(device_words[i].name));
    put_json(to, "device", list);
}

static uint8_t read_device(Reading *reading, const json_t *root) {
    unsigned device = 0;
    int count = 0;
    if (!has_value(root, "device")) return 0;
    const json_t *list = read_list(reading, root, "device", 0, DEVICE_WORDS, &count);
    for (int i = 0; i < count; i++) {
        const char *word = json_string_value(json_array_get(list, (size_t)i));
        int at = 0;
        while (at < DEVICE_WORDS && !(word && strcmp(device_words[at].name, word) == 0))
            at++;
        if (at == DEVICE_WORDS)
            reading_refuse(reading, "device", "words of what the scale says");
        else
            device |= device_words[at].flag;
    }
    return (uint8_t)device;
}

json_t *message_from_scale_sample(const ScaleSample *sample) {
    const int32_t *counts = sample->counts;
    Writing to = writing_open();
    put_whole(&to, "t_ns", sample->t_ns);
    put_json(&to, "counts", json_pack("[i,i,i,i]", counts[0], counts[1], counts[2], counts[3]));
    put_whole(&to, "valid", sample->valid);
    put_real(&to, "temperature_c", (double)sample->temperature_c);
    put_device(&to, sample->device);
    return writing_close(&to);
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
    sample.device = read_device(&reading, root);
    TRY(reading_close(&reading));
    *out = sample;
    return OK;
}

static json_t *json_of_cell(const ScaleCalibration *calibration, int i) {
    Writing to = writing_open();
    put_real(&to, "counts_per_g", calibration->cell[i].counts_per_g);
    put_real(&to, "zero_counts", calibration->cell[i].zero_counts);
    put_real(&to, "x_m", calibration->cell[i].x_m);
    put_real(&to, "y_m", calibration->cell[i].y_m);
    return writing_close(&to);
}

json_t *message_from_scale_calibration(const ScaleCalibration *calibration) {
    json_t *cells = json_array();
    for (int i = 0; i < calibration->cells; i++) {
        json_array_append_new(cells, json_of_cell(calibration, i));
    }
    Writing to = writing_open();
    put_json(&to, "cells", cells);
    put_real(&to, "sample_hz", calibration->sample_hz);
    put_real(&to, "platform_g", calibration->platform_g);
    put_real(&to, "stiffness_npm", calibration->stiffness_npm);
    put_real(&to, "damping_ratio", calibration->damping_ratio);
    put_whole(&to, "e_g", calibration->e_g);
    put_whole(&to, "max_g", calibration->max_g);
    return writing_close(&to);
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
    Writing to = writing_open();
    put_whole(&to, "t_ns", sample->t_ns);
    put_json(&to, "accel_mps2", json_of_axes(sample->accel_mps2));
    put_json(&to, "gyro_radps", json_of_axes(sample->gyro_radps));
    return writing_close(&to);
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
    Writing to = writing_open();
    put_whole(&to, "e_g", legal->e_g);
    put_whole(&to, "gross_g", (json_int_t)legal->gross * legal->e_g);
    put_whole(&to, "tare_g", (json_int_t)legal->tare * legal->e_g);
    put_whole(&to, "net_g", (json_int_t)legal->net * legal->e_g);
    put_flag(&to, "stable", legal->stable);
    put_flag(&to, "overload", legal->overload);
    put_flag(&to, "underload", legal->underload);
    put_flag(&to, "tilted", legal->tilted);
    put_flag(&to, "zero", legal->zero);
    put_flag(&to, "settled", legal->settled.from_ns != 0);
    put_text(&to, "tare_mode", legal->tare == 0 ? "none" : legal->preset ? "preset" : "taken");
    return writing_close(&to);
}

json_t *message_from_weight(const WeightReading *reading, const LegalWeight *legal) {
    Writing to = writing_open();
    put_whole(&to, "t_ns", reading->t_ns);
    put_real(&to, "total_g", reading->total_g);
    put_real(&to, "stddev_g", reading->stddev_g);
    put_flag(&to, "stable", reading->stable);
    put_json(&to, "faults", json_of_faults(reading->faults));
    put_json(&to, "legal", json_of_legal(legal));
    put_device(&to, reading->device);
    return writing_close(&to);
}

json_t *message_from_weight_step(const WeightStep *step) {
    Writing to = writing_open();
    put_whole(&to, "step", step->id);
    put_whole(&to, "t_ns", step->t_ns);
    put_whole(&to, "decided_ns", step->decided_ns);
    put_real(&to, "delta_g", step->delta_g);
    put_real(&to, "stddev_g", step->stddev_g);
    put_real(&to, "total_g", step->total_g);
    put_real(&to, "x_m", (double)step->x_m);
    put_real(&to, "y_m", (double)step->y_m);
    put_flag(&to, "final", step->final);
    return writing_close(&to);
}
