/*
 * weigh_bench - what one sample costs: weigh_bench STORY...
 *
 * CPU time of weigh_step() with weigh_imu() over whole stories, the median of five runs, in
 * nanoseconds a scale sample. Under `valgrind --tool=callgrind` it counts instructions instead.
 */
#include "settings.h"
#include "story.h"
#include "weigh.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 5 };

static double cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Samples weighed. */
static int weigh_all(const WeighConfig *config, const Story *story) {
    static WeighState state;
    WeighOutput out;
    int samples = 0;
    weigh_init(&state, config, &story->calibration);
    for (int i = 0; i < story->count; i++) {
        const Record *record = &story->record[i];
        if (record->kind == RECORD_IMU) weigh_imu(config, &state, &record->imu);
        if (record->kind != RECORD_SCALE) continue;
        weigh_step(config, &state, &record->scale, &out);
        samples++;
    }
    return samples;
}

int main(int argc, char **argv) {
    WeighConfig config;
    settings_defaults(
        &(SettingSection){.name = "weigh", .rows = weigh_settings, .config = &config}, 1);
    for (int i = 1; i < argc; i++) {
        Story story;
        double ns[RUNS];
        if (story_read(argv[i], &story) != OK) {
            fprintf(stderr, "weigh_bench: %s\n", fail_reason());
            return EXIT_FAILURE;
        }
        for (int run = 0; run < RUNS; run++) {
            const double began_ns = cpu_ns();
            const int samples = weigh_all(&config, &story);
            ns[run] = (cpu_ns() - began_ns) / samples;
        }
        qsort(ns, RUNS, sizeof *ns, by_value);
        printf("%s: %.0f ns a sample\n", argv[i], ns[RUNS / 2]);
        story_free(&story);
    }
    return EXIT_SUCCESS;
}
