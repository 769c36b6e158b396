/*
 * session - a scenario played: hands, physics, sensors and cameras, written to a tape.
 *
 * Chance depends on the seed and the scenario's name, so that two stories with one seed are told of
 * two carts. The same scenario, catalogue, seed and options give the same tape, byte for byte: time
 * starts at 2026-01-01 plus the seed in hours, and no clock is read. Without pictures nothing is
 * drawn and no EGL is needed; scale, scanner and truth are the same as with them.
 */
#pragma once

#include "catalog.h"
#include "scenario.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct SessionOptions {
    const char *tape;          /* path */
    const char *scenario_file; /* what errors call it */
    const char *scenario_sha256;
    const char *product_folders; /* for the note */
    const char *products_sha256; /* of all that is sold: see products_hash.h */
    const char *pictures_text;   /* size, rate and quality in words, for the note */
    uint64_t seed;
    uint64_t chance; /* seed and story in one: what all chances fork from; session_run() sets it */
    double fps;
    int width, height;
    int quality;
    bool pictures;
    bool show_progress;
} SessionOptions;

typedef struct SessionReport {
    int64_t duration_ns;
    int events; /* written to /truth/event */
    int pictures;
    double picture_ms; /* drawn, compressed and boxed, mean */
    double seconds;    /* that it took */
} SessionReport;

MUST_USE Status session_run(
    const SessionOptions *options,
    const Scenario *scenario,
    const Catalog *catalog,
    char **folders,
    SessionReport *report);
