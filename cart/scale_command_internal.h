/* scale_command_internal.h - what the verbs of `cartwright scale` share. */
#pragma once

#include "config.h"
#include "sources.h"

enum { DONE_WELL, WORK_FAILED, WORDS_WRONG };

typedef struct ScaleOptions {
    char config[SETTING_TEXT_BYTES];
    SettingMap set;
    char url[SETTING_TEXT_BYTES];
    char output[SETTING_TEXT_BYTES];
    double load_g, second_g, width_m, depth_m, platform_g, seconds;
    bool json, watch, clear, help;
} ScaleOptions;

/* What is to be done, with the configuration it goes by. */
typedef struct ScaleJob {
    const char *verb;
    ScaleOptions options;
    CartConfig config;
    Catalog nothing; /* no products: a tape's commands are not heard */
    Sources sources; /* the scale alone */
} ScaleJob;

/* The one line on stderr. */
int scale_failed(const ScaleJob *job);

/* Open the scale itself, raw counts too. E_INVALID: none is configured. */
MUST_USE Status scale_job_open(ScaleJob *job);

/* From now on an interrupt is only noted. */
void scale_until_interrupted(void);
bool scale_is_interrupted(void);

int scale_watch_device(ScaleJob *job);
int scale_calibrate(ScaleJob *job);
