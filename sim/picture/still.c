#include "still.h"

#include <math.h>
#include <string.h>

static void middle_of(const Draw *draw, const float low[3], const float high[3], float out[3]) {
    for (int i = 0; i < 3; i++) {
        out[i] = draw->pose[12 + i];
        for (int axis = 0; axis < 3; axis++)
            out[i] += draw->pose[axis * 4 + i] * (low[axis] + high[axis]) / 2;
    }
}

/* The furthest that a corner of the shape's box is from where it was. */
static double moved_m(const Draw *a, const Draw *b, const float low[3], const float high[3]) {
    double most = 0;
    for (int corner = 0; corner < 8; corner++) {
        double square = 0;
        for (int i = 0; i < 3; i++) {
            double off = (double)a->pose[12 + i] - (double)b->pose[12 + i];
            for (int axis = 0; axis < 3; axis++)
                off += ((double)a->pose[axis * 4 + i] - (double)b->pose[axis * 4 + i]) *
                       (double)((corner >> axis) & 1 ? high[axis] : low[axis]);
            square += off * off;
        }
        most = fmax(most, square);
    }
    return sqrt(most);
}

/* Things of an instance are told apart by their order, others by their shape and order. */
static bool same_thing(const Draw *a, const Draw *b) {
    return a->instance == b->instance && (a->instance > 0 || a->shape == b->shape);
}

static bool same_look(const Draw *a, const Draw *b) {
    bool same = a->shape == b->shape && a->texture == b->texture && a->gloss == b->gloss &&
                a->backdrop == b->backdrop;
    for (int i = 0; i < 4; i++)
        same = same && a->colour[i] == b->colour[i];
    return same;
}

static int find(Still *still, const Draw *draw, int from) {
    for (int i = 0; i < still->count; i++) {
        const int at = (from + i) % still->count;
        if (!still->thing[at].seen && same_thing(&still->thing[at].draw, draw)) return at;
    }
    return -1;
}

static void look_again(
    Still *still,
    StillThing *thing,
    const Draw *draw,
    double seconds,
    const float low[3],
    const float high[3]) {
    float middle[3];
    middle_of(draw, low, high, middle);
    const bool alike = same_look(&thing->draw, draw);
    const double least = draw->instance > 0 ? STILL_M : STILL_CART_M;
    const bool rests = alike && moved_m(&thing->draw, draw, low, high) <= least;
    for (int i = 0; i < 3; i++) {
        thing->velocity[i] = seconds > 0 ? (middle[i] - thing->middle[i]) / (float)seconds : 0;
        thing->middle[i] = middle[i];
    }
    if (rests && thing->stands) return;
    if (!rests) {
        if (thing->stands) still->version++;
        thing->stands = false;
        thing->rested = 0;
        thing->draw = *draw;
    } else {
        thing->rested++;
    }
}

/* All at once, when no other thing is about to follow: each time costs a picture. */
static void come_to_stand(Still *still, const Scene *scene, const int *draw_of) {
    int ripe = 0, soon = 0;
    bool late = false;
    for (int i = 0; i < still->count; i++) {
        const StillThing *thing = &still->thing[i];
        if (thing->stands || thing->rested == 0) continue;
        ripe += thing->rested >= STILL_SCENES;
        soon += thing->rested < STILL_SCENES;
        late = late || thing->rested >= 3 * STILL_SCENES;
    }
    for (int i = 0; i < still->count && ripe > 0 && (soon == 0 || late); i++) {
        StillThing *thing = &still->thing[i];
        if (thing->stands || thing->rested < STILL_SCENES) continue;
        thing->stands = true;
        thing->draw = scene->draw[draw_of[i]];
        thing->serial = ++still->version;
    }
}

void still_step(Still *still, const Scene *scene, const float (*low)[3], const float (*high)[3]) {
    if (still->any && still->take == scene->take && still->t_ns == scene->t_ns) return;
    const bool fresh = !still->any || still->take != scene->take;
    const double seconds = (double)(scene->t_ns - still->t_ns) / 1e9;
    if (fresh) still->count = 0;
    for (int i = 0; i < still->count; i++)
        still->thing[i].seen = false;
    static _Thread_local StillThing next[DRAWS_MAX];
    int count = 0, from = 0, draw_of[DRAWS_MAX];
    for (int i = 0; i < scene->count; i++) {
        const Draw *draw = &scene->draw[i];
        if (draw->shape < 0) continue;
        const int at = find(still, draw, from);
        draw_of[count] = i;
        StillThing *thing = &next[count++];
        if (at < 0) {
            *thing = (StillThing){.draw = *draw, .stands = fresh};
            middle_of(draw, low[draw->shape], high[draw->shape], thing->middle);
            if (fresh) thing->serial = ++still->version;
            continue;
        }
        from = at + 1;
        still->thing[at].seen = true;
        *thing = still->thing[at];
        look_again(still, thing, draw, seconds, low[draw->shape], high[draw->shape]);
    }
    for (int i = 0; i < still->count; i++)
        if (!still->thing[i].seen && still->thing[i].stands) still->version++;
    memcpy(still->thing, next, (size_t)count * sizeof *next);
    still->count = count;
    come_to_stand(still, scene, draw_of);
    still->any = true;
    still->take = scene->take;
    still->t_ns = scene->t_ns;
}
