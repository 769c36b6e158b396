/*
 * config - every room's settings under one roof; each section is a key of cart.yaml.
 *
 * Threads: filled at start-up, read-only afterwards.
 */
#pragma once

#include "basket.h"
#include "capture.h"
#include "detect.h"
#include "identify.h"
#include "infer.h"
#include "journal.h"
#include "meter.h"
#include "publish.h"
#include "reason.h"
#include "scale_device.h"
#include "settings.h"
#include "status.h"
#include "track.h"
#include "weigh.h"

typedef struct CartSection {
    char name[64];
    char catalog[1024]; /* folders of products, separated by ':' */
} CartSection;

typedef struct SourcesSection {
    SettingMap cameras;
    char scale[512];
    char scanner[512];
} SourcesSection;

typedef struct CartConfig {
    CartSection cart;
    SourcesSection sources;
    CaptureConfig capture;
    InferConfig infer;
    DetectConfig detect;
    TrackConfig track;
    IdentifyConfig identify;
    ScaleConfig scale;
    WeighConfig weigh;
    MeterConfig meter;
    ReasonConfig reason;
    BasketConfig basket;
    JournalConfig journal;
    PublishConfig publish;
} CartConfig;

enum { CONFIG_SECTIONS = 14, CATALOG_FOLDERS_MAX = 16 };

/* The table of sections over this config. */
void config_sections(CartConfig *config, SettingSection out[CONFIG_SECTIONS]);

/* Defaults, then the file (NULL: none), the environment, and "section.key=value" words. */
MUST_USE Status
config_load(CartConfig *config, const char *path, const char *const *words, int word_count);

/* The same with the words as an option's map has them, "section.key" to value. path "": none. */
MUST_USE Status config_load_set(CartConfig *config, const char *path, const SettingMap *set);

/* The catalogue's folders: pointers into text, which is split in place. E_INVALID: too many. */
MUST_USE Status
config_catalog_folders(char *text, const char *folders[CATALOG_FOLDERS_MAX], int *count);

/* Make a tape the only source: of the cameras named, or of every camera on it when none is, of the
 * weights and of the codes. E_NOT_FOUND, E_CORRUPT: the tape. */
MUST_USE Status config_use_tape(CartConfig *config, const char *path);
