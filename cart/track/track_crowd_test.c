/* track_crowd_test - random shoppers at one basket: hands that carry, cover and miss, boxes that
 * flicker, shrink and lie. Counts how many crossings are told right, and whether confidence_p is.
 */
#include "test.h"
#include "track.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 640,
    HEIGHT = 480,
    ITEMS = 24,
    ACTORS = 2,
    EVENTS_MAX = 64,
    SPOKEN_MAX = 256,
    GRID = 8
};
enum { BINS = 10 };

typedef enum Act { ACT_PUT, ACT_TAKE, ACT_NUDGE, ACT_REACH, ACT_SHOW, ACTS } Act;

typedef struct Item {
    bool exists, lying;
    double x, y, w, h;
    int height; /* stacking order */
} Item;

typedef struct Actor {
    bool busy;
    Act act;
    int item;              /* -1: none */
    double grip_x, grip_y; /* item's centre from the hand's */
    double from_x, from_y, to_x, to_y, then_x, then_y, out_x, out_y;
    double start_s, in_s, pause_s, drag_s, leave_s;
    double x, y;
} Actor;

typedef struct Event {
    double t_s;
    Direction direction;
    bool found;
} Event;

typedef struct World {
    uint64_t seed;
    Item item[ITEMS];
    Actor actor[ACTORS];
    int stack;
    Event event[EVENTS_MAX];
    int events;
} World;

typedef struct Rates {
    double missed_p, faint_p, noise, ghost_p, false_p;
} Rates;

typedef struct Score {
    int true_events, told, right, unsure, unsure_right;
    int told_in[BINS], right_in[BINS];
    double confidence_in[BINS];
} Score;

static double uniform(World *world) {
    world->seed ^= world->seed << 13, world->seed ^= world->seed >> 7,
        world->seed ^= world->seed << 17;
    return (double)(world->seed >> 11) * 0x1p-53;
}
static double between(World *world, double low, double high) {
    return low + (high - low) * uniform(world);
}
static double normal(World *world) {
    const double far = sqrt(-2 * log(uniform(world) + 1e-12));
    return far * cos(6.283185307 * uniform(world));
}

static bool holds(const Item *item, double x, double y) {
    return fabs(x - item->x) < item->w / 2 && fabs(y - item->y) < item->h / 2;
}

static bool hand_hides(const Actor *actor, double x, double y) {
    return actor->busy && fabs(x - actor->x) < 42 && fabs(y - actor->y) < 50;
}

/* The part of an item that can be seen: its box, and the share of it. */
static double visible(const World *world, int index, Box *box) {
    const Item *item = &world->item[index];
    int seen = 0;
    *box = (Box){1e9F, 1e9F, -1e9F, -1e9F};
    for (int i = 0; i < GRID * GRID; i++) {
        const double x = item->x + item->w * ((i % GRID + 0.5) / GRID - 0.5);
        const double y = item->y + item->h * ((double)(i / GRID) / GRID + 0.5 / GRID - 0.5);
        bool hidden = x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT;
        for (int a = 0; a < ACTORS && !hidden; a++)
            hidden = hand_hides(&world->actor[a], x, y);
        for (int o = 0; o < ITEMS && !hidden; o++)
            hidden = o != index && world->item[o].exists && world->item[o].height > item->height &&
                     holds(&world->item[o], x, y);
        if (hidden) continue;
        seen++;
        const float dx = (float)(item->w / GRID / 2), dy = (float)(item->h / GRID / 2);
        box->x0 = fminf(box->x0, (float)x - dx), box->x1 = fmaxf(box->x1, (float)x + dx);
        box->y0 = fminf(box->y0, (float)y - dy), box->y1 = fmaxf(box->y1, (float)y + dy);
    }
    return (double)seen / (GRID * GRID);
}

static void outside(World *world, double *x, double *y) {
    const double along = uniform(world);
    switch ((int)(uniform(world) * 3)) {
    case 0:
        *x = along * WIDTH, *y = -80;
        break;
    case 1:
        *x = -80, *y = along * HEIGHT;
        break;
    default:
        *x = WIDTH + 80, *y = along * HEIGHT;
        break;
    }
}

static int new_item(World *world) {
    for (int i = 0; i < ITEMS; i++) {
        if (world->item[i].exists) continue;
        const double w = between(world, 45, 110);
        const double h = between(world, 45, 110);
        world->item[i] = (Item){.exists = true, .w = w, .h = h, .height = ++world->stack};
        return i;
    }
    return -1;
}

static bool in_use(const World *world, int item) {
    for (int a = 0; a < ACTORS; a++)
        if (world->actor[a].busy && world->actor[a].item == item) return true;
    return false;
}

static int open_item(World *world) {
    for (int tries = 0; tries < 20; tries++) {
        const int i = (int)(uniform(world) * ITEMS);
        Box box;
        if (world->item[i].exists && world->item[i].lying && !in_use(world, i) &&
            visible(world, i, &box) > 0.7)
            return i;
    }
    return -1;
}

static void spot(World *world, double *x, double *y) {
    double most = -1;
    for (int tries = 0; tries < 4; tries++) {
        const double px = between(world, 90, WIDTH - 90), py = between(world, 90, HEIGHT - 90);
        double nearest = 1e9;
        for (int i = 0; i < ITEMS; i++)
            if (world->item[i].exists)
                nearest = fmin(nearest, hypot(px - world->item[i].x, py - world->item[i].y));
        if (nearest > most) most = nearest, *x = px, *y = py;
    }
}

static void act(World *world, Actor *actor, double t_s) {
    static const double share[ACTS] = {0.4, 0.3, 0.1, 0.12, 0.08};
    double pick = uniform(world);
    Act what = ACT_PUT;
    while (what < ACT_SHOW && pick > share[what])
        pick -= share[what], what++;
    *actor = (Actor){.act = what, .item = -1, .start_s = t_s};
    actor->in_s = between(world, 0.45, 1.0);
    actor->pause_s = between(world, 0.1, 0.4);
    actor->drag_s = what == ACT_NUDGE ? between(world, 0.3, 0.8) : 0;
    actor->leave_s = between(world, 0.45, 1.0);
    outside(world, &actor->from_x, &actor->from_y);
    outside(world, &actor->out_x, &actor->out_y);
    const double angle = between(world, 0, 6.28);
    actor->grip_x = 48 * cos(angle), actor->grip_y = 48 * sin(angle);
    spot(world, &actor->to_x, &actor->to_y);
    if (what == ACT_PUT || what == ACT_SHOW) {
        actor->item = new_item(world);
        if (actor->item < 0) return;
    } else if (what != ACT_REACH) {
        actor->item = open_item(world);
        if (actor->item < 0) return;
        actor->to_x = world->item[actor->item].x - actor->grip_x;
        actor->to_y = world->item[actor->item].y - actor->grip_y;
    }
    actor->then_x = actor->to_x + between(world, -120, 120);
    actor->then_y = actor->to_y + between(world, -90, 90);
    actor->then_x = fmin(fmax(actor->then_x, 90), WIDTH - 90);
    actor->then_y = fmin(fmax(actor->then_y, 90), HEIGHT - 90);
    if (what != ACT_NUDGE) actor->then_x = actor->to_x, actor->then_y = actor->to_y;
    actor->x = actor->from_x, actor->y = actor->from_y;
    actor->busy = true;
}

static void note(World *world, double t_s, Direction direction) {
    if (world->events < EVENTS_MAX)
        world->event[world->events++] = (Event){.t_s = t_s, .direction = direction};
}

static double eased(double u) { return u * u * u * (10 + u * (-15 + 6 * u)); }

static void move(World *world, Actor *actor, double t_s) {
    const double a = actor->start_s + actor->in_s, b = a + actor->pause_s, c = b + actor->drag_s;
    const double d = c + actor->leave_s;
    Item *item = actor->item >= 0 ? &world->item[actor->item] : NULL;
    const bool brings = actor->act == ACT_PUT || actor->act == ACT_SHOW;
    bool carries = false;
    if (t_s < a) {
        const double u = eased((t_s - actor->start_s) / actor->in_s);
        actor->x = actor->from_x + u * (actor->to_x - actor->from_x);
        actor->y = actor->from_y + u * (actor->to_y - actor->from_y);
        carries = brings;
    } else if (t_s < b) {
        carries = brings;
    } else if (t_s < c) {
        const double u = eased((t_s - b) / actor->drag_s);
        actor->x = actor->to_x + u * (actor->then_x - actor->to_x);
        actor->y = actor->to_y + u * (actor->then_y - actor->to_y);
        carries = true;
    } else if (t_s < d) {
        const double u = eased((t_s - c) / actor->leave_s);
        actor->x = actor->then_x + u * (actor->out_x - actor->then_x);
        actor->y = actor->then_y + u * (actor->out_y - actor->then_y);
        carries = actor->act == ACT_TAKE || actor->act == ACT_SHOW;
    } else {
        actor->busy = false;
        if (item != NULL && (actor->act == ACT_TAKE || actor->act == ACT_SHOW))
            item->exists = false;
        return;
    }
    if (item == NULL) return;
    if (carries) {
        if (item->lying) {
            item->lying = false;
            item->height = ++world->stack;
            if (actor->act == ACT_TAKE) note(world, t_s, DIRECTION_TAKE);
        }
        item->x = actor->x + actor->grip_x, item->y = actor->y + actor->grip_y;
    } else if (!item->lying && t_s >= b) {
        item->lying = true;
        if (actor->act == ACT_PUT) note(world, t_s, DIRECTION_PUT);
    }
}

static void add_box(
    World *world,
    const Rates *rates,
    Detections *out,
    DetectionKind kind,
    Box box,
    double missed_p) {
    if (uniform(world) < missed_p || out->count == DETECTIONS_MAX) return;
    const double size = sqrt((double)((box.x1 - box.x0) * (box.y1 - box.y0)));
    const double by = rates->noise * size;
    box.x0 += (float)(by * normal(world)), box.x1 += (float)(by * normal(world));
    box.y0 += (float)(by * normal(world)), box.y1 += (float)(by * normal(world));
    box.x0 = fmaxf(box.x0, 0), box.y0 = fmaxf(box.y0, 0);
    box.x1 = fminf(box.x1, WIDTH), box.y1 = fminf(box.y1, HEIGHT);
    if (box.x1 - box.x0 < 12 || box.y1 - box.y0 < 12) return;
    const bool faint = uniform(world) < rates->faint_p;
    const double score = faint ? between(world, 0.13, 0.4) : between(world, 0.45, 0.95);
    out->at[out->count++] = (Detection){.box = box, .kind = kind, .score_p = (float)score};
}

static int by_score(const void *a, const void *b) {
    const float x = ((const Detection *)a)->score_p, y = ((const Detection *)b)->score_p;
    return (x < y) - (x > y);
}

static void look(World *world, const Rates *rates, double t_s, Detections *out) {
    *out = (Detections){.t_ns = (int64_t)(t_s * 1e9), .width = WIDTH, .height = HEIGHT};
    for (int i = 0; i < ITEMS; i++) {
        Box box;
        if (!world->item[i].exists || visible(world, i, &box) < 0.35) continue;
        add_box(
            world, rates, out, DETECTION_ITEM, box,
            world->item[i].lying ? rates->missed_p / 2 : rates->missed_p);
    }
    for (int a = 0; a < ACTORS; a++) {
        const Actor *actor = &world->actor[a];
        if (!actor->busy) continue;
        const Box box = {
            (float)actor->x - 55, (float)actor->y - 65, (float)actor->x + 55, (float)actor->y + 65};
        add_box(world, rates, out, DETECTION_HAND, box, rates->missed_p);
        if (uniform(world) < rates->ghost_p) add_box(world, rates, out, DETECTION_ITEM, box, 0);
    }
    if (uniform(world) < rates->false_p) {
        const float x = (float)between(world, 0, WIDTH - 60),
                    y = (float)between(world, 0, HEIGHT - 60);
        add_box(world, rates, out, DETECTION_ITEM, (Box){x, y, x + 60, y + 60}, 0);
    }
    qsort(out->at, (size_t)out->count, sizeof out->at[0], by_score);
}

static void defaults(TrackConfig *config) {
    for (const Setting *row = track_settings; row->type != SETTING_IS_END; row++) {
        void *field = (char *)config + row->offset;
        if (row->type == SETTING_IS_INT)
            *(int *)field = atoi(row->fallback);
        else
            *(double *)field = strtod(row->fallback, NULL);
    }
}

static void keep(const TrackOutput *out, Crossing *spoken, int *count) {
    for (int i = 0; i < out->crossing_count && *count < SPOKEN_MAX; i++)
        spoken[(*count)++] = out->crossings[i];
}

static void grade(World *world, const Crossing *spoken, int count, Score *score) {
    score->true_events += world->events;
    for (int pass = 0; pass < 2; pass++) { /* the unsure take what the sure leave */
        for (int i = 0; i < count; i++) {
            const bool sure = spoken[i].direction != DIRECTION_UNSURE;
            if (sure != (pass == 0)) continue;
            Event *best = NULL;
            double least = 1.5;
            for (int e = 0; e < world->events; e++) {
                Event *event = &world->event[e];
                const double apart = fabs(event->t_s - (double)spoken[i].t_ns * 1e-9);
                if (!event->found && (!sure || event->direction == spoken[i].direction) &&
                    apart < least)
                    least = apart, best = event;
            }
            if (best != NULL) best->found = true;
            if (!sure) {
                score->unsure++, score->unsure_right += best != NULL;
                continue;
            }
            const int bin = (int)fmin(BINS - 1, (double)spoken[i].confidence_p * BINS);
            score->told++, score->right += best != NULL;
            score->told_in[bin]++, score->right_in[bin] += best != NULL;
            score->confidence_in[bin] += (double)spoken[i].confidence_p;
        }
    }
    if (getenv("TRACK_VERBOSE") == NULL) return;
    for (int i = 0; i < count; i++)
        printf(
            "#   told %d at %.2f p %.2f track %d\n", spoken[i].direction,
            (double)spoken[i].t_ns * 1e-9, (double)spoken[i].confidence_p, spoken[i].track);
    for (int e = 0; e < world->events; e++)
        printf(
            "#   true %d at %.2f %s\n", world->event[e].direction, world->event[e].t_s,
            world->event[e].found ? "" : "MISSED");
}

static void session(uint64_t seed, double fps, const Rates *rates, bool two_hands, Score *score) {
    World world = {.seed = seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
    TrackConfig config;
    TrackState state;
    TrackOutput out;
    Crossing spoken[SPOKEN_MAX];
    int count = 0;
    defaults(&config);
    track_init(&state, 0);
    for (int i = 0; i < 4; i++) {
        const int item = new_item(&world);
        spot(&world, &world.item[item].x, &world.item[item].y);
        world.item[item].lying = true;
    }
    double next_s[ACTORS] = {1.5, two_hands ? 1.5 : 1e9};
    double t_s = 0.1;
    while (t_s < 45) {
        for (int a = 0; a < ACTORS; a++) {
            Actor *actor = &world.actor[a];
            if (actor->busy) {
                move(&world, actor, t_s);
                if (!actor->busy) next_s[a] = t_s + between(&world, 0.3, 2);
            } else if (t_s > next_s[a] && t_s < 40) {
                act(&world, actor, t_s);
            }
        }
        Detections detections;
        look(&world, rates, t_s + between(&world, -0.005, 0.005), &detections);
        track_step(&config, &state, &detections, &out);
        keep(&out, spoken, &count);
        t_s += 1 / fps;
    }
    track_flush(&config, &state, &out);
    keep(&out, spoken, &count);
    grade(&world, spoken, count, score);
}

static Score crowd(double fps, const Rates *rates, bool two_hands, int sessions) {
    Score score = {0};
    for (int i = 1; i <= sessions; i++)
        session((uint64_t)i, fps, rates, two_hands, &score);
    double gap = 0;
    for (int i = 0; i < BINS; i++)
        gap += fabs(score.confidence_in[i] - score.right_in[i]);
    printf(
        "# %2.0f fps, %s, missed %2.0f %%: %d events, precision %.3f, recall %.3f, "
        "%d unsure of which %d real, calibration error %.3f\n",
        fps, two_hands ? "two hands" : "one hand ", 100 * rates->missed_p, score.true_events,
        (double)score.right / score.told, (double)score.right / score.true_events, score.unsure,
        score.unsure_right, gap / score.told);
    return score;
}

static void print_reliability(const Score *score) {
    for (int i = 0; i < BINS; i++)
        if (score->told_in[i] > 0)
            printf(
                "#   confidence %.2f: right %.2f of %d\n",
                score->confidence_in[i] / score->told_in[i],
                (double)score->right_in[i] / score->told_in[i], score->told_in[i]);
}

static const Rates good = {0.05, 0.05, 0.02, 0.02, 0.01};
static const Rates fair = {0.12, 0.12, 0.03, 0.05, 0.03};

static bool at_least(const Score *score, double precision, double recall) {
    return score->right >= precision * score->told && score->right >= recall * score->true_events;
}

typedef struct Bar {
    double fps, precision, recall;
} Bar;

static void crossings_of_one_hand_are_counted(void) {
    static const Bar bars[] = {{10, 0.95, 0.90}, {15, 0.96, 0.97}, {30, 0.95, 0.97}};
    for (int i = 0; i < 3; i++) {
        const Score score = crowd(bars[i].fps, &good, false, 40);
        CHECK(score.true_events > 300);
        CHECK(at_least(&score, bars[i].precision, bars[i].recall));
    }
}

static void crossings_of_two_hands_are_counted(void) {
    static const Bar bars[] = {{10, 0.91, 0.79}, {15, 0.93, 0.88}, {30, 0.92, 0.94}};
    for (int i = 0; i < 3; i++) {
        const Score score = crowd(bars[i].fps, &good, true, 30);
        CHECK(score.true_events > 400);
        CHECK(at_least(&score, bars[i].precision, bars[i].recall));
    }
}

static void a_poor_detector_costs_recall_before_precision(void) {
    const Score score = crowd(15, &fair, true, 40);
    print_reliability(&score);
    CHECK(at_least(&score, 0.89, 0.86));
}

int main(void) {
    RUN(crossings_of_one_hand_are_counted);
    RUN(crossings_of_two_hands_are_counted);
    RUN(a_poor_detector_costs_recall_before_precision);
    return DONE();
}
