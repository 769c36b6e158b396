#include "hand_internal.h"

enum { PLACES_TRIED = 40, TRIAL_STEPS = 900, TRIALS_MAX = 14 };

static const double WALL_GAP_M = 0.012, SLIDE_GAP_M = 0.001;
static const double ON_TOP_SINKS_M = 0.03, ON_TOP_HIGH_M = 0.12;

double place_surface(const Stage *stage, const double at[3], const double half[3], int except) {
    double below = 0;
    for (int k = 0; k < 5; k++) {
        const double dx = (k == 1) - (k == 2), dy = (k == 3) - (k == 4);
        below = fmax(
            below, world_surface(
                       stage->world, at[0] + dx * half[0] * 0.6, at[1] + dy * half[1] * 0.6,
                       0.45 * fmin(half[0], half[1]), except));
    }
    return below;
}

/* Does it come over what the other hand is about to take, or where that puts something? */
static bool
disturbs(const Stage *stage, const double at[3], const double half[3], const Hand *other) {
    if (!other || other->bundle.count == 0) return false;
    const Pose pose =
        other->placed ? other->place : world_item_pose(stage->world, other->bundle.first);
    double reach[3];
    grip_turned_half(other->bundle.half, pose.turn, reach);
    return fabs(pose.at[0] - at[0]) < reach[0] + half[0] + 0.04 &&
           fabs(pose.at[1] - at[1]) < reach[1] + half[1] + 0.04;
}

static bool above_something(const Stage *stage, Random *random, double at[3]) {
    const int item = place_choose(stage, NULL, WHERE_TOP, random);
    if (item < 0) return false;
    const Pose pose = world_item_pose(stage->world, item);
    for (int i = 0; i < 2; i++)
        at[i] = pose.at[i] + random_between(random, -0.01, 0.01);
    return true;
}

static void spot_by_chance(
    const Stage *stage, PlaceKind kind, const double half[3], Random *random, double at[3]) {
    const double gap = kind == PLACE_BY_WALL ? SLIDE_GAP_M : WALL_GAP_M;
    const double x = fmax(0, BASKET_HALF_X_M - half[0] - gap);
    const double y = fmax(0, BASKET_HALF_Y_M - half[1] - gap);
    at[0] = random_between(random, -x, x);
    at[1] = random_between(random, -y, y);
    if (kind == PLACE_BY_WALL) {
        const int axis = random_below(random, 2);
        at[axis] = (random_chance(random, 0.5) ? 1 : -1) * (axis ? y : x);
    }
    if (kind == PLACE_ON_TOP && above_something(stage, random, at)) {
        at[0] = fmax(-x, fmin(x, at[0]));
        at[1] = fmax(-y, fmin(y, at[1]));
    }
}

static Pose place_by_chance(
    const Stage *stage, const Bundle *bundle, PlaceKind kind, const Hand *other, Random *random) {
    Pose best = pose_at(0, 0, 0);
    double least = INFINITY;
    for (int i = 0; i < PLACES_TRIED; i++) {
        Pose pose = pose_at(0, 0, 0);
        double half[3];
        grip_rest_by_chance(bundle->half, random, pose.turn);
        grip_turned_half(bundle->half, pose.turn, half);
        spot_by_chance(stage, kind, half, random, pose.at);
        const double below = place_surface(stage, pose.at, half, -1);
        pose.at[2] = below + half[2] + random_between(random, 0.002, 0.013);
        const double height = kind != PLACE_ON_TOP ? below
                              : below < 0.01       ? 1
                                                   : fmax(0, below - ON_TOP_HIGH_M);
        const double cost = height + (pose.at[2] + half[2] > BASKET_RIM_M ? 0.6 : 0) +
                            (disturbs(stage, pose.at, half, other) ? 1 : 0) +
                            random_between(random, 0, 0.04);
        if (cost >= least) continue;
        least = cost;
        best = pose;
    }
    return best;
}

static bool stays_inside(const Stage *stage, const Bundle *bundle) {
    bool stays = true;
    for (int i = 0; i < stage->plan.items; i++)
        if ((stage->item[i].at == ITEM_INSIDE && stage->item[i].hand == NO_HAND) ||
            bundle_has(bundle, i))
            stays = stays && world_inside(stage->world, i) && world_speed(stage->world, i) < 0.05;
    return stays;
}

Status place_holds(
    Stage *stage,
    const Bundle *bundle,
    const Pose *at,
    int item,
    const Pose *pose,
    double sinks_m,
    bool *out) {
    WorldState *before = NULL;
    TRY(world_save(stage->world, &before));
    bundle_place(stage, bundle, at);
    if (item >= 0) world_place(stage->world, item, pose);
    for (int step = 0; step < TRIAL_STEPS; step++)
        world_step(stage->world);
    const Pose placed = pose_then(at, &bundle->part[0]);
    const Pose lies = world_item_pose(stage->world, bundle->first);
    *out = stays_inside(stage, bundle) && placed.at[2] - lies.at[2] < sinks_m;
    world_restore(stage->world, before);
    world_state_free(before);
    return OK;
}

Status place_find(
    Stage *stage,
    const Bundle *bundle,
    PlaceKind kind,
    const Hand *other,
    Random *random,
    Pose *out) {
    bool found = false;
    for (int trial = 0; trial < TRIALS_MAX && !found; trial++) {
        *out = place_by_chance(stage, bundle, kind, other, random);
        const double sinks_m = kind == PLACE_ON_TOP ? ON_TOP_SINKS_M : INFINITY;
        TRY(place_holds(stage, bundle, out, -1, NULL, sinks_m, &found));
    }
    return found ? OK : fail(E_CORRUPT, "hand: no place in the basket where it stays");
}

int place_choose(const Stage *stage, const Selector *what, Where where, Random *random) {
    int best = -1;
    double best_free = -INFINITY;
    for (int i = 0; i < stage->plan.items; i++) {
        const PlannedItem *planned = &stage->plan.item[i];
        if (stage->item[i].at != ITEM_INSIDE || stage->item[i].hand != NO_HAND) continue;
        if (what &&
            (planned->thing != THING_NONE || !plan_selects(what, stage->catalog, planned->sku)))
            continue;
        const Pose pose = world_item_pose(stage->world, i);
        double half[3];
        grip_turned_half(world_item(stage->world, i)->half, pose.turn, half);
        const double others =
            world_surface(stage->world, pose.at[0], pose.at[1], 0.5 * fmin(half[0], half[1]), i);
        const double buried = fmax(0, others - pose.at[2]);
        const double is_free =
            random_between(random, 0, 0.05) + (where == WHERE_UNDER ? buried : -buried);
        if (is_free <= best_free) continue;
        best_free = is_free;
        best = i;
    }
    return best;
}
