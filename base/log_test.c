#include "log.h"
#include "test.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static char written[4096];
static int real_stderr, pipe_ends[2];

static void begin(void) {
    fflush(stderr);
    real_stderr = dup(STDERR_FILENO);
    if (pipe(pipe_ends) != 0 || dup2(pipe_ends[1], STDERR_FILENO) < 0) CHECK(real_stderr < 0);
}

static const char *end(void) {
    fflush(stderr);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(pipe_ends[1]);
    const ssize_t got = read(pipe_ends[0], written, sizeof written - 1);
    close(pipe_ends[0]);
    written[got > 0 ? got : 0] = '\0';
    return written;
}

static void a_line_says_level_room_and_message(void) {
    begin();
    LOG_INFO("capture", "camera %s is open", "left");
    CHECK(strcmp(end(), "level=info room=capture msg=\"camera left is open\"\n") == 0);
}

static void words_from_outside_cannot_break_the_line(void) {
    begin();
    LOG_INFO("read", "%s", "a\nlevel=error \x1b[2J \"b\" \\");
    CHECK(strcmp(end(), "level=info room=read msg=\"a level=error  [2J \\\"b\\\" \\\\\"\n") == 0);
}

static void debug_is_silent_until_asked_for(void) {
    begin();
    LOG_DEBUG("weigh", "quiet");
    log_threshold(LOG_LEVEL_DEBUG);
    LOG_DEBUG("weigh", "loud");
    log_threshold(LOG_LEVEL_INFO);
    CHECK(strcmp(end(), "level=debug room=weigh msg=\"loud\"\n") == 0);
}

static void a_warning_that_repeats_is_counted_not_written(void) {
    const struct timespec more_than_a_second = {.tv_sec = 1, .tv_nsec = 50000000};
    begin();
    for (int i = 0; i < 6; i++) {
        if (i == 5) nanosleep(&more_than_a_second, NULL);
        LOG_WARN("capture", "frame %d is late", i);
    }
    CHECK(
        strcmp(
            end(), "level=warn room=capture msg=\"frame 0 is late\"\n"
                   "level=warn room=capture msg=\"frame 5 is late\" repeated=4\n") == 0);
}

int main(void) {
    RUN(a_line_says_level_room_and_message);
    RUN(words_from_outside_cannot_break_the_line);
    RUN(debug_is_silent_until_asked_for);
    RUN(a_warning_that_repeats_is_counted_not_written);
    return DONE();
}
