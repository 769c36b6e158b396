/*
 * bench.h - a program that measures, driven by tools/bench: it reads the name of a job from
 * standard input, does it once, prints the processor seconds that took and waits for the next. So a
 * job of ours and one of another library take turns on one core, and both see the same load.
 */
#pragma once

#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Job {
    const char *name;
    void (*run)(void); /* what it prints itself comes before the seconds, on the same line */
} Job;

static inline double cpu_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline void must(Status status) {
    if (status == OK) return;
    fprintf(stderr, "bench: %s\n", fail_reason());
    exit(EXIT_FAILURE);
}

static inline int serve(const Job *jobs) {
    printf("ready\n");
    fflush(stdout);
    for (char line[64]; fgets(line, sizeof line, stdin);) {
        line[strcspn(line, "\n")] = '\0';
        const Job *job = jobs;
        while (job->name && strcmp(job->name, line) != 0)
            job++;
        if (!job->name) {
            fprintf(stderr, "bench: no job is called %s\n", line);
            return EXIT_FAILURE;
        }
        const double start_s = cpu_s();
        job->run();
        printf("%.9f\n", cpu_s() - start_s);
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}
