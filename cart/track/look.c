#include "track_internal.h"

#define FRESH_NS INT64_C(800000000) /* an item just put down is looked at again for this long */

/* How much another look at it is worth; 0: none. */
static double worth(const TrackConfig *config, const TrackState *state, const Followed *f) {
    if (f->kind != DETECTION_ITEM || f->seen_ns != state->t_ns || f->hits < 2) return 0;
    if (f->looks >= config->looks_max) return 0;
    if (f->looks > 0 && state->t_ns - f->looked_ns < ns_of_ms(config->look_gap_ms)) return 0;
    const double fresh = 1.0 / (1 + f->looks);
    switch (f->story) {
    case STORY_CARRIED:
        return 1 + fresh;
    case STORY_FOUND:
        return f->touched_ns == state->t_ns ? 0.5 + fresh : 0;
    case STORY_LYING: /* just put down: the best view there will be; approached: once */
        if ((f->carried_hits > 0 || track_was_put(state, f)) &&
            state->t_ns - f->story_ns < FRESH_NS)
            return 2 + fresh;
        return f->near_ns == state->t_ns && f->looked_ns < f->approach_ns ? 1.5 : 0;
    }
    return 0;
}

void track_look(const TrackConfig *config, TrackState *state) {
    for (int i = 0; i < TRACKS_MAX; i++)
        state->at[i].wants_look = false;
    for (int given = 0; given < config->looks_per_frame; given++) {
        Followed *best = NULL;
        double most = 0;
        for (int i = 0; i < TRACKS_MAX; i++) {
            Followed *f = &state->at[i];
            const double value = f->id != 0 && !f->wants_look ? worth(config, state, f) : 0;
            if (value > most) most = value, best = f;
        }
        if (best == NULL) return;
        best->wants_look = true;
        best->looks++;
        best->looked_ns = state->t_ns;
    }
}
