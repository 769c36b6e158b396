/*
 * clock - the one place that reads the time.
 *
 * Unix nanoseconds that never step: wall time is read once, at the first call, and advances with
 * the monotonic clock from there, so an NTP jump does not reorder a recording. Called where inputs
 * are captured and where latency is measured; nothing past capture reads a clock to decide.
 *
 * Threads: any.
 */
#pragma once

#include <stdint.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS     INT64_C(1000000)

int64_t clock_now_ns(void);

void clock_sleep_until_ns(int64_t t_ns);
