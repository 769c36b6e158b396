/*
 * weigh_table - the room and three rivals on the same stories: weigh_table [-1] [-v] STORY...
 *
 * An estimate belongs to the nearest event of its sign whose moment lies within 1.5 s of when the
 * change began. Everything else that was told and not taken back is a false step. Prints a table of
 * Markdown, a row for each kind of story and estimator; -1: the room alone; -v also prints
 * every event's error.
 */
#include "estimators.h"
#include "settings.h"
#include "story.h"
#include "weigh.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 4096, EVENTS_MAX = 64, VALUES_MAX = 65536, WAYS = RIVALS + 1 };

static const double MATCH_S = 1.5, LEAST_G = 10, INTERVAL_Z = 1.6449;

typedef struct Values {
    int count;
    double at[VALUES_MAX];
} Values;

typedef struct Score {
    int events, at_250, at_500, missed, false_steps, intervals, covered, disturbances;
    double hours;
    Values early, later, final, excess, delay_ms;
} Score;

typedef struct Told {
    int count;
    WeightStep step[STEPS_MAX];
    int disturbances;
} Told;

static void add(Values *values, double value) {
    if (values->count < VALUES_MAX) values->at[values->count++] = value;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(Values *values, double q) {
    if (values->count == 0) return NAN;
    qsort(values->at, (size_t)values->count, sizeof *values->at, by_value);
    const int rank = (int)ceil(q * values->count) - 1;
    return values->at[rank < 0 ? 0 : rank];
}

/* -- telling -------------------------------------------------------------------------------------
 */

static void listen(Told *told, const WeightStep *step) {
    if (told->count < STEPS_MAX) told->step[told->count++] = *step;
}

static void ask_room(const Story *story, Told *told) {
    static WeighState state;
    WeighConfig config;
    WeighOutput out;
    settings_defaults(
        &(SettingSection){.name = "weigh", .rows = weigh_settings, .config = &config}, 1);
    weigh_init(&state, &config, &story->calibration);
    for (int i = 0; i < story->count; i++) {
        const Record *record = &story->record[i];
        if (record->kind == RECORD_IMU) weigh_imu(&config, &state, &record->imu);
        if (record->kind != RECORD_SCALE) continue;
        weigh_step(&config, &state, &record->scale, &out);
        for (int k = 0; k < out.step_count; k++)
            listen(told, &out.steps[k]);
        told->disturbances += out.disturbance_count;
    }
}

static void ask_rival(Rival rival, const Story *story, Told *told) {
    RivalState state = {0};
    const ScaleCalibration *calibration = &story->calibration;
    for (int i = 0; i < story->count; i++) {
        const ScaleSample *sample = &story->record[i].scale;
        if (story->record[i].kind != RECORD_SCALE) continue;
        double total_g = 0;
        for (int k = 0; k < calibration->cells; k++)
            total_g += (sample->counts[k] - calibration->cell[k].zero_counts) /
                       calibration->cell[k].counts_per_g;
        WeightStep step;
        if (rival_step(rival, &state, sample->t_ns, total_g, &step)) listen(told, &step);
    }
}

/* -- scoring -------------------------------------------------------------------------------------
 */

static double seconds(int64_t ns) { return (double)ns * 1e-9; }

/* The record of the event a step belongs to, or -1. */
static int event_of(const Story *story, const WeightStep *step) {
    int best = -1;
    double least = MATCH_S;
    for (int i = 0; i < story->count; i++) {
        const Record *record = &story->record[i];
        if (record->kind != RECORD_EVENT || (record->event.grams > 0) != (step->delta_g > 0))
            continue;
        const double gap = fabs(seconds(record->event.t_ns - step->t_ns));
        if (gap > least) continue;
        least = gap;
        best = i;
    }
    return best;
}

static void
judge_event(const Told *told, const Story *story, int event, bool verbose, Score *score) {
    const int64_t t_ns = story->record[event].event.t_ns;
    const double grams = story->record[event].event.grams;
    const WeightStep *first = NULL, *early = NULL, *later = NULL, *last = NULL;
    for (int i = 0; i < told->count; i++) {
        const WeightStep *step = &told->step[i];
        if (event_of(story, step) != event) continue;
        const double after_s = seconds(step->decided_ns - t_ns);
        if (!first) first = step;
        if (after_s <= 0.25) early = step;
        if (after_s <= 0.5) later = step;
        last = step;
        if (!isfinite(step->stddev_g)) continue;
        score->intervals++;
        score->covered += fabs(step->delta_g - grams) < INTERVAL_Z * step->stddev_g;
    }
    score->events++;
    score->missed += !last && fabs(grams) > LEAST_G;
    score->at_250 += early != NULL, score->at_500 += later != NULL;
    if (first) add(&score->delay_ms, 1000 * seconds(first->decided_ns - t_ns));
    if (early) {
        add(&score->early, fabs(early->delta_g - grams));
        add(&score->excess, fabs(early->delta_g - grams) / fmax(5, 0.01 * fabs(grams)));
    }
    if (later) add(&score->later, fabs(later->delta_g - grams));
    if (last) add(&score->final, fabs(last->delta_g - grams));
    if (!verbose) return;
    printf("# %9.1f s %8.1f g:", seconds(t_ns) - 1000, grams);
    for (int i = 0; i < told->count; i++)
        if (event_of(story, &told->step[i]) == event)
            printf(
                " %.0fms %+.1f+-%.1f%s", 1000 * seconds(told->step[i].decided_ns - t_ns),
                told->step[i].delta_g - grams, told->step[i].stddev_g,
                told->step[i].final ? "!" : "");
    printf("\n");
}

/* Ids that match no event and were not taken back in the end. */
static void judge_rest(const Told *told, const Story *story, bool verbose, Score *score) {
    for (int i = 0; i < told->count; i++) {
        const WeightStep *step = &told->step[i];
        bool last = true, matched = false;
        for (int k = 0; k < told->count; k++) {
            if (told->step[k].id != step->id) continue;
            last = last && k <= i;
            matched = matched || event_of(story, &told->step[k]) >= 0;
        }
        if (!last || matched || fabs(step->delta_g) < LEAST_G / 2) continue;
        score->false_steps++;
        if (verbose) printf("# %9.1f s false: %+.1f\n", seconds(step->t_ns) - 1000, step->delta_g);
    }
}

static void judge(const Told *told, const Story *story, bool verbose, Score *score) {
    int64_t first_ns = 0, last_ns = 0;
    for (int i = 0; i < story->count; i++) {
        const Record *record = &story->record[i];
        if (record->kind == RECORD_EVENT) judge_event(told, story, i, verbose, score);
        if (record->kind != RECORD_SCALE) continue;
        if (first_ns == 0) first_ns = record->scale.t_ns;
        last_ns = record->scale.t_ns;
    }
    score->hours += seconds(last_ns - first_ns) / 3600;
    score->disturbances += told->disturbances;
    judge_rest(told, story, verbose, score);
}

static void print_number(double value, const char *format) {
    if (isfinite(value))
        printf(format, value);
    else
        printf(" - |");
}

static void print_score(const char *kind, const char *way, Score *score) {
    printf("| %s | %s | %d | ", kind, way, score->events);
    print_number(score->events ? 100.0 * score->at_250 / score->events : NAN, "%.0f %% |");
    print_number(percentile(&score->delay_ms, 0.5), " %.0f |");
    print_number(percentile(&score->early, 0.5), " %.1f |");
    print_number(percentile(&score->early, 0.95), " %.1f |");
    print_number(percentile(&score->excess, 0.95), " %.2f |");
    print_number(percentile(&score->later, 0.95), " %.1f |");
    print_number(percentile(&score->final, 0.95), " %.1f |");
    print_number(score->intervals ? 100.0 * score->covered / score->intervals : NAN, " %.0f %% |");
    printf(" %d | %d in %.2f h |", score->missed, score->false_steps, score->hours);
    printf(score->disturbances ? " %d |\n" : " - |\n", score->disturbances);
}

static int kind_of(const char *path) {
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    for (int kind = 0; kind < STORY_KINDS; kind++)
        if (strncmp(name, story_names[kind], strlen(story_names[kind])) == 0) return kind;
    return -1;
}

static Score scores[STORY_KINDS][WAYS];

static Status judge_file(const char *path, int kind, bool verbose, int ways) {
    static Told told;
    Story story;
    TRY(story_read(path, &story));
    if (verbose) printf("# %s\n", path);
    for (int way = 0; way < ways; way++) {
        told.count = told.disturbances = 0;
        if (way == 0)
            ask_room(&story, &told);
        else
            ask_rival((Rival)(way - 1), &story, &told);
        judge(&told, &story, verbose && way == 0, &scores[kind][way]);
    }
    story_free(&story);
    return OK;
}

static void print_table(void) {
    printf("| story | estimator | events | told at 250 ms | first told, ms | p50 at 250 ms, g | "
           "p95 at 250 ms, g | p95 / max(5 g, 1 %%) | p95 at 500 ms, g | p95 final, g | 90 %% "
           "intervals hold | missed | false steps | disturbances |\n"
           "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (int kind = 0; kind < STORY_KINDS; kind++)
        for (int way = 0; way < WAYS; way++)
            if (scores[kind][way].hours > 0)
                print_score(
                    story_names[kind], way ? rival_names[way - 1] : "weigh", &scores[kind][way]);
}

int main(int argc, char **argv) {
    bool verbose = false;
    int ways = WAYS;
    for (int i = 1; i < argc; i++) {
        const int kind = kind_of(argv[i]);
        if (strcmp(argv[i], "-v") == 0) {
            verbose = true;
        } else if (strcmp(argv[i], "-1") == 0) {
            ways = 1;
        } else if (kind < 0) {
            fprintf(stderr, "weigh_table: %s: not named after a kind of story\n", argv[i]);
            return EXIT_FAILURE;
        } else if (judge_file(argv[i], kind, verbose, ways) != OK) {
            fprintf(stderr, "weigh_table: %s\n", fail_reason());
            return EXIT_FAILURE;
        }
    }
    print_table();
    return EXIT_SUCCESS;
}
