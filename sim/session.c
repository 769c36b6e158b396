#include "session.h"

#include "clock.h"
#include "hand.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

enum { ATTEMPTS_MAX = 6 };

static const double SETTLE_S = 2; /* before the first event and after the last */

static Status play_move(Stage *stage, const Move *move, Random *random) {
    switch (move->action) {
    case SCENARIO_ADD:
        return hand_put(stage, move, random);
    case SCENARIO_REMOVE:
        return hand_take(stage, move, random);
    case SCENARIO_REACH:
        return hand_reach(stage, random);
    case SCENARIO_WAIT:
        return stage_wait(stage, move->event->wait_s);
    }
    return OK;
}

static Status play(Stage *stage, int attempt) {
    TRY(stage_write_basket(stage));
    TRY(stage_wait(stage, SETTLE_S));
    for (int i = 0; i < stage->plan.moves; i++) {
        const Move *move = &stage->plan.move[i];
        Random random = random_fork(stage->options->seed, 20000 + (uint64_t)(1000 * attempt + i));
        progress_show("run", i, stage->plan.moves, stage->options->tape);
        TRY(stage_wait(stage, move->pause_s));
        TRY(play_move(stage, move, &random));
    }
    TRY(stage_wait(stage, SETTLE_S));
    return stage_write_basket(stage);
}

/* What is left to the hands can go wrong, as with people; then all is done again, otherwise. */
static Status attempt_run(
    Stage *stage,
    const SessionOptions *options,
    const Scenario *scenario,
    Props *props,
    int attempt) {
    TRY(stage_open(stage, options, scenario, props, attempt));
    const Status played = play(stage, attempt);
    char why[200];
    if (played != OK) snprintf(why, sizeof why, "%s", fail_reason());
    const Status closed = stage_close(stage);
    if (played != OK) return fail(played, "%s", why);
    return closed;
}

static Status run_on(
    const SessionOptions *options,
    const Scenario *scenario,
    const Catalog *catalog,
    char **folders,
    Renderer *renderer,
    Stage *stage) {
    Props props = {0};
    TRY(props_open(&props, renderer, catalog, folders, options->seed));
    Status status = E_CORRUPT;
    for (int attempt = 0; attempt < ATTEMPTS_MAX && status == E_CORRUPT; attempt++)
        status = attempt_run(stage, options, scenario, &props, attempt);
    props_close(&props);
    return status;
}

Status session_run(
    const SessionOptions *options,
    const Scenario *scenario,
    const Catalog *catalog,
    char **folders,
    SessionReport *report) {
    const int64_t began_ns = clock_now_ns();
    Stage *stage = calloc(1, sizeof *stage);
    Renderer *renderer = NULL;
    if (!stage) return fail(E_NO_MEMORY, "session: out of memory");
    Status status = render_open(&renderer, options->width, options->height);
    if (status == OK) status = run_on(options, scenario, catalog, folders, renderer, stage);
    progress_end();
    if (status == OK)
        *report = (SessionReport){
            .duration_ns = stage_now_ns(stage) - stage->start_ns,
            .events = stage->events,
            .pictures = stage->pictures,
            .picture_ms =
                stage->pictures > 0 ? (double)stage->picture_ns / 1e6 / stage->pictures : 0,
            .seconds = (double)(clock_now_ns() - began_ns) / 1e9,
        };
    render_close(renderer);
    free(stage);
    return status;
}
