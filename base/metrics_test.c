#include "metrics.h"
#include "test.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static Metrics *open_metrics(void) {
    Metrics *metrics = NULL;
    CHECK(metrics_open(&metrics) == OK);
    return metrics;
}

static Metrics *filled(void) {
    Metrics *metrics = open_metrics();
    Metric *left = metrics_counter(metrics, "cart_frames_total", "Frames", "camera=\"left\"");
    Metric *age = metrics_gauge(metrics, "cart_frame_age_seconds", "Age of a\\b\nframe", "");
    Metric *right = metrics_counter(metrics, "cart_frames_total", "Frames", "camera=\"right\"");
    Metric *stage = metrics_histogram(metrics, "cart_stage_seconds", "Time", "stage=\"track\"");
    metric_add(left, 1);
    metric_add(left, 2.5);
    metric_add(right, 0);
    metric_set(age, 7);
    metric_set(age, -0.25);
    metric_observe(stage, 0.0005);
    metric_observe(stage, 0.02);
    metric_observe(stage, 99);
    return metrics;
}

static void the_page_groups_series_under_their_name(void) {
    Metrics *metrics = filled();
    char *page = NULL;
    CHECK(metrics_render(metrics, &page) == OK);
    CHECK(strstr(
        page, "# HELP cart_frames_total Frames\n# TYPE cart_frames_total counter\n"
              "cart_frames_total{camera=\"left\"} 3.5\ncart_frames_total{camera=\"right\"} 0\n"));
    CHECK(strstr(
        page, "# HELP cart_frame_age_seconds Age of a\\\\b\\nframe\n"
              "# TYPE cart_frame_age_seconds gauge\ncart_frame_age_seconds -0.25\n"));
    CHECK(strstr(page, "cart_stage_seconds_bucket{stage=\"track\",le=\"0.0005\"} 1\n"));
    CHECK(strstr(page, "cart_stage_seconds_bucket{stage=\"track\",le=\"0.01\"} 1\n"));
    CHECK(strstr(page, "cart_stage_seconds_bucket{stage=\"track\",le=\"10\"} 2\n"));
    CHECK(strstr(page, "cart_stage_seconds_bucket{stage=\"track\",le=\"+Inf\"} 3\n"));
    CHECK(strstr(page, "cart_stage_seconds_sum{stage=\"track\"} 99.0205\n"));
    CHECK(strstr(page, "cart_stage_seconds_count{stage=\"track\"} 3\n"));
    free(page);
    metrics_close(metrics);
    metrics_close(NULL);
}

static void numbers_that_are_not_are_written_as_prometheus_reads_them(void) {
    Metrics *metrics = open_metrics();
    metric_set(metrics_gauge(metrics, "a", "A", ""), (double)NAN);
    metric_set(metrics_gauge(metrics, "b", "B", ""), -HUGE_VAL);
    char *page = NULL;
    CHECK(metrics_render(metrics, &page) == OK);
    CHECK(strstr(page, "\na NaN\n") && strstr(page, "\nb -Inf\n"));
    free(page);
    metrics_close(metrics);
}

static void asking_again_gives_the_same_metric(void) {
    Metrics *metrics = open_metrics();
    Metric *one = metrics_counter(metrics, "a_total", "A", "x=\"1\"");
    CHECK(one == metrics_counter(metrics, "a_total", "A", "x=\"1\""));
    CHECK(one != metrics_counter(metrics, "a_total", "A", "x=\"2\""));
    metrics_close(metrics);
}

static void a_quantile_lies_inside_its_bucket(void) {
    Metrics *metrics = open_metrics();
    Metric *stage = metrics_histogram(metrics, "s_seconds", "S", "");
    CHECK(metric_quantile(stage, 0.5) == 0);
    for (int i = 0; i < 90; i++)
        metric_observe(stage, 0.002);
    for (int i = 0; i < 10; i++)
        metric_observe(stage, 0.2);
    const double median = metric_quantile(stage, 0.5), p95 = metric_quantile(stage, 0.95);
    CHECK(fabs(median - (0.001 + 0.0015 * 50 / 90)) < 1e-12);
    CHECK(fabs(p95 - (0.1 + 0.15 * 5 / 10)) < 1e-12);
    metric_observe(stage, (double)NAN);
    CHECK(fabs(metric_value(stage) - 2.18) < 1e-9);
    for (int i = 0; i < 1000; i++)
        metric_observe(stage, 60);
    CHECK(metric_quantile(stage, 0.99) == 10);
    metrics_close(metrics);
}

static void past_the_ceiling_series_spill_and_are_counted(void) {
    Metrics *metrics = open_metrics();
    char labels[32];
    for (int i = 0; i < 1100; i++) {
        snprintf(labels, sizeof labels, "i=\"%d\"", i);
        metric_add(metrics_counter(metrics, "many_total", "Many", labels), 1);
    }
    metric_set(metrics_gauge(metrics, "late", "Late", ""), 1);
    metric_observe(metrics_histogram(metrics, "later_seconds", "Later", ""), 1);
    char *page = NULL;
    CHECK(metrics_render(metrics, &page) == OK);
    CHECK(strstr(page, "cart_metrics_spilled_total 79\n"));
    CHECK(strstr(page, "many_total{i=\"1022\"} 1\n") && !strstr(page, "many_total{i=\"1023\"}"));
    free(page);
    metrics_close(metrics);
}

static void *use_often(void *context) {
    Metrics *metrics = context;
    for (int i = 0; i < 2000; i++) {
        metric_add(metrics_counter(metrics, "n_total", "N", ""), 1);
        metric_observe(metrics_histogram(metrics, "h_seconds", "H", ""), 0.25);
        metric_set(metrics_gauge(metrics, "g", "G", ""), i);
        if (i % 500 == 0) {
            char *page = NULL;
            if (metrics_render(metrics, &page) == OK) free(page);
        }
    }
    return NULL;
}

static void threads_lose_no_counts(void) {
    Metrics *metrics = open_metrics();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, use_often, metrics);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK(metric_value(metrics_counter(metrics, "n_total", "N", "")) == 8000);
    CHECK(metric_value(metrics_histogram(metrics, "h_seconds", "H", "")) == 2000);
    metrics_close(metrics);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "page") == 0) { /* for promtool check metrics */
        Metrics *metrics = filled();
        char *page = NULL;
        if (metrics_render(metrics, &page) == OK) fputs(page, stdout);
        free(page);
        metrics_close(metrics);
        return 0;
    }
    RUN(the_page_groups_series_under_their_name);
    RUN(numbers_that_are_not_are_written_as_prometheus_reads_them);
    RUN(asking_again_gives_the_same_metric);
    RUN(a_quantile_lies_inside_its_bucket);
    RUN(past_the_ceiling_series_spill_and_are_counted);
    RUN(threads_lose_no_counts);
    return DONE();
}
