#include "clock.h"
#include "test.h"

#include <time.h>

static void time_is_unix_time_and_never_goes_back(void) {
    CHECK(clock_now_ns() / NS_PER_SECOND - (int64_t)time(NULL) <= 1);
    CHECK((int64_t)time(NULL) - clock_now_ns() / NS_PER_SECOND <= 1);
    int64_t last_ns = clock_now_ns();
    for (int i = 0; i < 100000; i++) {
        const int64_t now_ns = clock_now_ns();
        if (now_ns < last_ns) CHECK(now_ns >= last_ns);
        last_ns = now_ns;
    }
}

static void sleeping_ends_at_the_moment_asked_for(void) {
    const int64_t until_ns = clock_now_ns() + 20 * NS_PER_MS;
    clock_sleep_until_ns(until_ns);
    CHECK(clock_now_ns() >= until_ns);
}

static void the_past_is_not_waited_for(void) {
    const int64_t start_ns = clock_now_ns();
    clock_sleep_until_ns(start_ns - NS_PER_SECOND);
    clock_sleep_until_ns(0);
    clock_sleep_until_ns(INT64_MIN / 2);
    CHECK(clock_now_ns() - start_ns < NS_PER_SECOND);
}

int main(void) {
    RUN(time_is_unix_time_and_never_goes_back);
    RUN(sleeping_ends_at_the_moment_asked_for);
    RUN(the_past_is_not_waited_for);
    return DONE();
}
