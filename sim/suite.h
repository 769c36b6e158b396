/*
 * suite - every scenario of a folder with many seeds, on several processes.
 *
 * Each worker is a process with a renderer of its own. A tape is written beside its name (.part)
 * and renamed when it is whole, so what has its name is complete; a tape that is there already and
 * was made of the same scenario, seed, products, twin and pictures is kept. Stopped by SIGINT or
 * SIGTERM the suite takes its workers and their half tapes with it; started again it goes on where
 * it was. OUT/suite.json then has a row a tape.
 */
#pragma once

#include "catalog.h"
#include "session.h"

typedef struct SuiteOptions {
    const char *scenarios; /* a folder, or one file */
    const char *out;       /* folder */
    int seed_first, seed_last;
    int jobs;
    SessionOptions session; /* what all have in common */
} SuiteOptions;

typedef struct SuiteReport {
    int tapes, kept, failed;
    double session_s; /* of all tapes that were made now */
    double seconds;   /* that it took */
} SuiteReport;

/* *report is filled whatever is returned. E_CORRUPT: a tape failed; E_END: stopped by a signal. */
MUST_USE Status
suite_run(const SuiteOptions *options, const Catalog *catalog, char **folders, SuiteReport *report);

/* Reads a scenario and hashes its bytes. */
MUST_USE Status suite_read_scenario(const char *path, Scenario *out, char sha256[65]);
