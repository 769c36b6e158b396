#include "clock.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int64_t wall_minus_monotonic_ns;

static int64_t read_ns(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static void anchor(void) {
    wall_minus_monotonic_ns = read_ns(CLOCK_REALTIME) - read_ns(CLOCK_MONOTONIC);
}

int64_t clock_now_ns(void) {
    pthread_once(&once, anchor);
    return read_ns(CLOCK_MONOTONIC) + wall_minus_monotonic_ns;
}

void clock_sleep_until_ns(int64_t t_ns) {
    pthread_once(&once, anchor);
    const int64_t monotonic_ns = t_ns - wall_minus_monotonic_ns;
    if (monotonic_ns <= 0) return;
    const struct timespec until = {
        .tv_sec = (time_t)(monotonic_ns / NS_PER_SECOND),
        .tv_nsec = (long)(monotonic_ns % NS_PER_SECOND)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}
