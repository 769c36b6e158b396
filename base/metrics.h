/*
 * metrics - counters, gauges and histograms, rendered as Prometheus text.
 *
 *     Metric *dropped = metrics_counter(metrics, "cart_frames_dropped_total",
 *                                       "Frames dropped", "camera=\"left\",reason=\"late\"");
 *     metric_add(dropped, 1);
 *
 * A metric is made once and lives as long as its registry; asking again for the same name and
 * labels gives the same one. Names and help follow promtool. Histograms of seconds have fixed
 * buckets from 0.5 ms to 10 s. Threads: any; updates are atomic.
 */
#pragma once

#include "status.h"

#include <stddef.h>

typedef struct Metrics Metrics;
typedef struct Metric Metric;

MUST_USE Status metrics_open(Metrics **out);
void metrics_close(Metrics *metrics);

/* labels: "" or a="x",b="y" already quoted. Never NULL: past the ceiling of 1,024 series a shared
 * spill-over series is returned and counted. */
Metric *metrics_counter(Metrics *metrics, const char *name, const char *help, const char *labels);
Metric *metrics_gauge(Metrics *metrics, const char *name, const char *help, const char *labels);
Metric *metrics_histogram(Metrics *metrics, const char *name, const char *help, const char *labels);

void metric_add(Metric *metric, double amount);      /* counters: amount >= 0 */
void metric_set(Metric *metric, double value);       /* gauges */
void metric_observe(Metric *metric, double seconds); /* histograms */

double metric_value(Metric *metric); /* counters and gauges; the sum of a histogram */
/* The q-quantile (0..1) of a histogram, linear inside its bucket; 0 when empty. */
double metric_quantile(Metric *metric, double q);

/* The whole page as text; the caller frees *out. */
MUST_USE Status metrics_render(Metrics *metrics, char **out);
