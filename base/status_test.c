#include "status.h"
#include "test.h"

#include <pthread.h>
#include <string.h>

static Status step(int n) { return n < 3 ? OK : fail(E_IO, "step %d failed", n); }

static Status three_steps(int *done) {
    for (int n = 1; n <= 5; n++) {
        TRY(step(n));
        *done = n;
    }
    return OK;
}

static void a_failure_carries_its_sentence_and_stops_the_caller(void) {
    int done = 0;
    CHECK(three_steps(&done) == E_IO);
    CHECK(done == 2);
    CHECK(strcmp(fail_reason(), "step 3 failed") == 0);
}

static void a_sentence_may_quote_the_one_before_it(void) {
    (void)fail(E_IO, "the disk is full");
    CHECK(fail(E_CORRUPT, "tape: %s", fail_reason()) == E_CORRUPT);
    CHECK(strcmp(fail_reason(), "tape: the disk is full") == 0);
}

static void a_sentence_is_one_line_whatever_it_quotes(void) {
    (void)fail(E_INVALID, "no product %s", "a\nb\033[1mc\x7f");
    CHECK(strcmp(fail_reason(), "no product a?b?[1mc?") == 0);
}

static void a_sentence_too_long_is_cut(void) {
    char endless[2000];
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    (void)fail(E_IO, "%s", endless);
    CHECK(strlen(fail_reason()) == 511);
}

static void *fail_elsewhere(void *unused) {
    (void)unused;
    const int clean = fail_reason()[0] == '\0';
    (void)fail(E_IO, "elsewhere");
    return clean ? "clean" : NULL;
}

static void a_sentence_belongs_to_its_thread(void) {
    (void)fail(E_IO, "here");
    pthread_t thread;
    void *clean = NULL;
    CHECK(pthread_create(&thread, NULL, fail_elsewhere, NULL) == 0);
    pthread_join(thread, &clean);
    CHECK(clean != NULL);
    CHECK(strcmp(fail_reason(), "here") == 0);
}

int main(void) {
    RUN(a_failure_carries_its_sentence_and_stops_the_caller);
    RUN(a_sentence_may_quote_the_one_before_it);
    RUN(a_sentence_is_one_line_whatever_it_quotes);
    RUN(a_sentence_too_long_is_cut);
    RUN(a_sentence_belongs_to_its_thread);
    return DONE();
}
