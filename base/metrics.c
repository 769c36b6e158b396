#include "metrics.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_MAX = 1024, BUCKETS = 14, KINDS = 3 };

static const double bucket_ends_s[BUCKETS] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                              0.1,    0.25,  0.5,    1,     2.5,  5,     10};

typedef enum MetricKind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } MetricKind;

struct Metric {
    MetricKind kind;
    char *name;
    char *help;
    char *labels;
    _Atomic double value;                  /* of a histogram: the sum */
    _Atomic uint64_t buckets[BUCKETS + 1]; /* the last one has no end */
};

struct Metrics {
    pthread_mutex_t lock; /* of series and count; the values are atomic */
    int count;
    Metric *series[SERIES_MAX]; /* one name's series lie side by side */
    Metric spill[KINDS];        /* what is handed out past the ceiling; never rendered */
    Metric *spilled;
};

static void metric_close(Metric *metric) {
    if (!metric) return;
    free(metric->name);
    free(metric->help);
    free(metric->labels);
    free(metric);
}

static Metric *
metric_open(MetricKind kind, const char *name, const char *help, const char *labels) {
    Metric *metric = calloc(1, sizeof *metric);
    if (!metric) return NULL;
    metric->kind = kind;
    metric->name = strdup(name);
    metric->help = strdup(help);
    metric->labels = strdup(labels);
    if (metric->name && metric->help && metric->labels) return metric;
    metric_close(metric);
    return NULL;
}

Status metrics_open(Metrics **out) {
    Metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics) return fail(E_NO_MEMORY, "metrics: out of memory");
    pthread_mutex_init(&metrics->lock, NULL);
    for (int kind = 0; kind < KINDS; kind++)
        metrics->spill[kind].kind = (MetricKind)kind;
    metrics->spilled = metrics_counter(
        metrics, "cart_metrics_spilled_total", "Series asked for past the ceiling of 1024", "");
    *out = metrics;
    return OK;
}

void metrics_close(Metrics *metrics) {
    if (!metrics) return;
    for (int i = 0; i < metrics->count; i++)
        metric_close(metrics->series[i]);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

static Metric *find_or_make(
    Metrics *metrics, MetricKind kind, const char *name, const char *help, const char *labels) {
    int at = metrics->count; /* behind the last series of the same name */
    for (int i = 0; i < metrics->count; i++) {
        Metric *known = metrics->series[i];
        if (strcmp(known->name, name) != 0) continue;
        assert(known->kind == kind && "one name, two kinds of metric");
        if (strcmp(known->labels, labels) == 0) return known;
        at = i + 1;
    }
    Metric *made = metrics->count < SERIES_MAX ? metric_open(kind, name, help, labels) : NULL;
    if (!made) {
        if (metrics->spilled) metric_add(metrics->spilled, 1);
        return &metrics->spill[kind];
    }
    for (int i = metrics->count; i > at; i--)
        metrics->series[i] = metrics->series[i - 1];
    metrics->series[at] = made;
    metrics->count++;
    return made;
}

static Metric *
get(Metrics *metrics, MetricKind kind, const char *name, const char *help, const char *labels) {
    pthread_mutex_lock(&metrics->lock);
    Metric *metric = find_or_make(metrics, kind, name, help, labels);
    pthread_mutex_unlock(&metrics->lock);
    return metric;
}

Metric *metrics_counter(Metrics *metrics, const char *name, const char *help, const char *labels) {
    return get(metrics, METRIC_COUNTER, name, help, labels);
}

Metric *metrics_gauge(Metrics *metrics, const char *name, const char *help, const char *labels) {
    return get(metrics, METRIC_GAUGE, name, help, labels);
}

Metric *
metrics_histogram(Metrics *metrics, const char *name, const char *help, const char *labels) {
    return get(metrics, METRIC_HISTOGRAM, name, help, labels);
}

static void add(_Atomic double *value, double amount) {
    double old = atomic_load_explicit(value, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(
        value, &old, old + amount, memory_order_relaxed, memory_order_relaxed))
        continue;
}

void metric_add(Metric *metric, double amount) {
    assert(metric->kind == METRIC_GAUGE || (metric->kind == METRIC_COUNTER && amount >= 0));
    add(&metric->value, amount);
}

void metric_set(Metric *metric, double value) {
    assert(metric->kind == METRIC_GAUGE);
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

void metric_observe(Metric *metric, double seconds) {
    assert(metric->kind == METRIC_HISTOGRAM);
    if (isnan(seconds)) return;
    int bucket = 0;
    while (bucket < BUCKETS && seconds > bucket_ends_s[bucket])
        bucket++;
    atomic_fetch_add_explicit(&metric->buckets[bucket], 1, memory_order_relaxed);
    add(&metric->value, seconds);
}

double metric_value(Metric *metric) {
    return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

double metric_quantile(Metric *metric, double q) {
    assert(metric->kind == METRIC_HISTOGRAM && q >= 0 && q <= 1);
    uint64_t counts[BUCKETS + 1], total = 0;
    for (int i = 0; i <= BUCKETS; i++)
        total += counts[i] = atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
    if (total == 0) return 0;

    const double rank = q * (double)total;
    double below = 0;
    for (int i = 0; i < BUCKETS; i++) {
        const double here = (double)counts[i];
        const double start_s = i ? bucket_ends_s[i - 1] : 0;
        if (here > 0 && below + here >= rank)
            return start_s + (bucket_ends_s[i] - start_s) * (rank - below) / here;
        below += here;
    }
    return bucket_ends_s[BUCKETS - 1];
}

static void put_number(FILE *out, double value) {
    if (isnan(value)) {
        fputs("NaN\n", out);
    } else if (isinf(value)) {
        fputs(value > 0 ? "+Inf\n" : "-Inf\n", out);
    } else {
        fprintf(out, "%.15g\n", value);
    }
}

static void put_help(FILE *out, const char *help) {
    for (; *help; help++) {
        if (*help == '\\') fputc('\\', out);
        fputs(*help == '\n' ? "\\n" : (char[]){*help, '\0'}, out);
    }
}

static void put_sample(FILE *out, const Metric *metric, const char *suffix) {
    const bool labelled = metric->labels[0] != '\0';
    fprintf(
        out, "%s%s%s%s%s ", metric->name, suffix, labelled ? "{" : "", metric->labels,
        labelled ? "}" : "");
}

static void put_histogram(FILE *out, Metric *metric) {
    const char *comma = metric->labels[0] ? "," : "";
    uint64_t total = 0;
    for (int i = 0; i <= BUCKETS; i++) {
        total += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
        fprintf(out, "%s_bucket{%s%sle=\"", metric->name, metric->labels, comma);
        if (i < BUCKETS) {
            fprintf(out, "%g", bucket_ends_s[i]);
        } else {
            fputs("+Inf", out);
        }
        fprintf(out, "\"} %llu\n", (unsigned long long)total);
    }
    put_sample(out, metric, "_sum");
    put_number(out, metric_value(metric));
    put_sample(out, metric, "_count");
    fprintf(out, "%llu\n", (unsigned long long)total);
}

static void put_all(FILE *out, Metrics *metrics) {
    static const char *const kinds[KINDS] = {"counter", "gauge", "histogram"};
    for (int i = 0; i < metrics->count; i++) {
        Metric *metric = metrics->series[i];
        if (i == 0 || strcmp(metrics->series[i - 1]->name, metric->name) != 0) {
            fprintf(out, "# HELP %s ", metric->name);
            put_help(out, metric->help);
            fprintf(out, "\n# TYPE %s %s\n", metric->name, kinds[metric->kind]);
        }
        if (metric->kind == METRIC_HISTOGRAM) {
            put_histogram(out, metric);
        } else {
            put_sample(out, metric, "");
            put_number(out, metric_value(metric));
        }
    }
}

Status metrics_render(Metrics *metrics, char **out) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) return fail(E_NO_MEMORY, "metrics: out of memory");
    pthread_mutex_lock(&metrics->lock);
    put_all(stream, metrics);
    pthread_mutex_unlock(&metrics->lock);
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed) {
        free(text);
        return fail(E_NO_MEMORY, "metrics: out of memory");
    }
    *out = text;
    return OK;
}
