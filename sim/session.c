#include "session.h"

#include "clock.h"
#include "conditions.h"
#include "hand.h"
#include "log.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

enum { ATTEMPTS_MAX = 6 };

static const double SETTLE_S = 2, END_S = 2,
                    REST_MAX_S = 10; /* before the first event, after the last */

enum { RESTED = 8 }; /* looks at the load */

/* Moves that begin together: each beside the one before. */
static Status play_moves(Stage *stage, const Move *moves, int count, Random *random) {
    const Move *move = &moves[0];
    if (hands_do(move->action)) return hands_play(stage, moves, count, random);
    if (move->action == SCENARIO_WAIT) return stage_wait(stage, move->amount);
    if (move->action == SCENARIO_SCAN) return stage_scan(stage, move->scan_sku);
    return conditions_begin(stage, move);
}

static Status play(Stage *stage, int attempt) {
    const Plan *plan = &stage->plan;
    TRY(stage_write_basket(stage));
    TRY(stage_wait(stage, SETTLE_S));
    for (int i = 0; i < plan->moves;) {
        const int count = i + 1 < plan->moves && plan->move[i + 1].beside ? 2 : 1;
        Random random = random_fork(stage->options->chance, 20000 + (uint64_t)(1000 * attempt + i));
        if (stage->options->show_progress)
            progress_show("run", i, plan->moves, stage->options->tape);
        TRY(stage_wait(stage, plan->move[i].pause_s));
        TRY(play_moves(stage, &plan->move[i], count, &random));
        i += count;
    }
    while (conditions_left(stage))
        TRY(stage_step(stage));
    TRY(stage_wait(stage, END_S));
    /* The tape ends when what was last put in has come to lie. */
    const int64_t until = stage->step + llround(REST_MAX_S / WORLD_STEP_S);
    while (stage->load.rested < RESTED && stage->step < until)
        TRY(stage_step(stage));
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
    TRY(props_open(&props, renderer, catalog, folders, options->chance));
    Status status = E_CORRUPT;
    for (int attempt = 0; attempt < ATTEMPTS_MAX && status == E_CORRUPT; attempt++) {
        status = attempt_run(stage, options, scenario, &props, attempt);
        if (status == E_CORRUPT)
            LOG_DEBUG(
                "session", "%s, seed %llu, attempt %d: %s", scenario->name,
                (unsigned long long)options->seed, attempt, fail_reason());
    }
    props_close(&props);
    return status;
}

/* The seed, and the name by FNV-1a. */
static uint64_t chance_of(uint64_t seed, const char *name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return hash ^ seed * UINT64_C(0x9e3779b97f4a7c15);
}

Status session_run(
    const SessionOptions *given,
    const Scenario *scenario,
    const Catalog *catalog,
    char **folders,
    SessionReport *report) {
    const int64_t began_ns = clock_now_ns();
    SessionOptions with = *given;
    with.chance = chance_of(given->seed, scenario->name);
    const SessionOptions *options = &with;
    Stage *stage = calloc(1, sizeof *stage);
    Renderer *renderer = NULL;
    if (!stage) return fail(E_NO_MEMORY, "session: out of memory");
    Status status = OK;
    if (options->pictures) status = render_open(&renderer, options->width, options->height);
    if (status == OK) status = run_on(options, scenario, catalog, folders, renderer, stage);
    if (options->show_progress) progress_end();
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
