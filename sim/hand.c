#include "hand.h"

#include "grip.h"
#include "hand_mesh.h"
#include "path.h"

enum { PLACES_TRIED = 40, TRIAL_STEPS = 900, TRIALS_MAX = 14 };

static const double LIFTED_M = 0.03;
static const double CLEAR_M = 0.05; /* over the rim */

/* Who reaches in from where. */
typedef struct Side {
    double shoulder[3];
    double start[3]; /* where the hand comes from and goes to */
} Side;

static Side side_by_chance(double x, Random *random) {
    const double hand = random_chance(random, 0.5) ? 1 : -1;
    Side side;
    if (random_chance(random, 0.35)) { /* from behind the handle */
        const double y = hand * random_between(random, 0.24, 0.34);
        side = (Side){{-0.82, y, 0.88}, {-0.92, y * 1.2, random_between(random, 0.3, 0.55)}};
    } else {
        const double along = fmax(-0.45, fmin(0.12, x + random_between(random, -0.35, 0.1)));
        side = (Side){
            {along, hand * 0.66, 0.9},
            {along + random_between(random, -0.2, 0.2), hand * 0.86,
             random_between(random, 0.25, 0.55)}};
    }
    return side;
}

/* -- what is held -------------------------------------------------------------------------- */

/* One or more like things side by side, as one body across the hand. */
typedef struct Bundle {
    int first, count;
    int thin;
    double half[3];
    Pose part[ADD_COUNT_MAX]; /* of each thing in the bundle */
} Bundle;

static Bundle bundle_of(const Stage *stage, int first, int count, Random *random) {
    Bundle bundle = {.first = first, .count = count};
    const double *half = world_item(stage->world, first)->half;
    memcpy(bundle.half, half, sizeof bundle.half);
    bundle.thin = grip_thinnest(half, random);
    bundle.half[bundle.thin] *= count;
    for (int i = 0; i < count; i++) {
        bundle.part[i] = pose_at(0, 0, 0);
        bundle.part[i].at[bundle.thin] = (2 * i - count + 1) * half[bundle.thin] * 1.004;
    }
    return bundle;
}

static void place_bundle(Stage *stage, const Bundle *bundle, const Pose *pose) {
    for (int i = 0; i < bundle->count; i++) {
        const Pose at = pose_then(pose, &bundle->part[i]);
        world_place(stage->world, bundle->first + i, &at);
    }
}

/* The grip for a thing at `pose`, its arm towards the shoulder. */
static Grip grip_at(
    const double half[3], int thin, const Pose *pose, const double shoulder[3], Random *random) {
    double arm[3], back[4], in_thing[3];
    mju_sub3(arm, shoulder, pose->at);
    mju_normalize3(arm);
    arm[2] += 0.5; /* hands come from above */
    mju_normalize3(arm);
    mju_negQuat(back, pose->turn);
    mju_rotVecQuat(in_thing, arm, back);
    return grip_by_chance(half, thin, in_thing, random);
}

/* -- where to ------------------------------------------------------------------------------ */

static Pose place_by_chance(Stage *stage, const Bundle *bundle, Random *random) {
    Pose best = pose_at(0, 0, 0);
    double least = INFINITY;
    for (int i = 0; i < PLACES_TRIED; i++) {
        Pose pose = pose_at(0, 0, 0);
        double half[3];
        grip_rest_by_chance(bundle->half, random, pose.turn);
        grip_turned_half(bundle->half, pose.turn, half);
        const double x = fmax(0, BASKET_HALF_X_M - half[0] - 0.012);
        const double y = fmax(0, BASKET_HALF_Y_M - half[1] - 0.012);
        pose.at[0] = random_between(random, -x, x);
        pose.at[1] = random_between(random, -y, y);
        double below = 0;
        for (int k = 0; k < 5; k++) {
            const double dx = (k == 1) - (k == 2), dy = (k == 3) - (k == 4);
            below = fmax(
                below, world_surface(
                           stage->world, pose.at[0] + dx * half[0] * 0.6,
                           pose.at[1] + dy * half[1] * 0.6, 0.45 * fmin(half[0], half[1]), -1));
        }
        pose.at[2] = below + half[2] + random_between(random, 0.002, 0.013);
        const double cost = below + (pose.at[2] + half[2] > BASKET_RIM_M ? 0.3 : 0) +
                            random_between(random, 0, 0.04);
        if (cost >= least) continue;
        least = cost;
        best = pose;
    }
    return best;
}

static bool stays_inside(Stage *stage, const Bundle *bundle) {
    bool stays = true;
    for (int i = 0; i < stage->plan.items; i++)
        if (stage->inside[i] || (i >= bundle->first && i < bundle->first + bundle->count))
            stays = stays && world_inside(stage->world, i) && world_speed(stage->world, i) < 0.05;
    return stays;
}

/* A place where it was let go in physics and stayed. E_CORRUPT: none was found. */
static Status find_place(Stage *stage, const Bundle *bundle, Random *random, Pose *out) {
    WorldState *before = NULL;
    TRY(world_save(stage->world, &before));
    bool found = false;
    for (int trial = 0; trial < TRIALS_MAX && !found; trial++) {
        *out = place_by_chance(stage, bundle, random);
        place_bundle(stage, bundle, out);
        for (int step = 0; step < TRIAL_STEPS; step++)
            world_step(stage->world);
        found = stays_inside(stage, bundle);
        world_restore(stage->world, before);
    }
    world_state_free(before);
    return found ? OK : fail(E_CORRUPT, "hand: no place in the basket where it stays");
}

/* -- moving -------------------------------------------------------------------------------- */

static void set_end(Path *path, int end, const Pose *pose) {
    memcpy(path->through[end ? 3 : 0], pose->at, sizeof pose->at);
    memcpy(end ? path->to : path->from, pose->turn, sizeof pose->turn);
}

/* Raise the curve's middle until what is carried clears the rim wherever it is near a wall. */
static void clear_rim(Path *path, const double half[3]) {
    for (int lift = 0; lift < 24; lift++) {
        bool clear = true;
        for (int i = 0; i <= 40; i++) {
            const Pose pose = path_at(path, path->seconds * i / 40);
            double reach[3];
            grip_turned_half(half, pose.turn, reach);
            const bool near_wall = fabs(pose.at[0]) + reach[0] > BASKET_HALF_X_M - 0.005 ||
                                   fabs(pose.at[1]) + reach[1] > BASKET_HALF_Y_M - 0.005;
            const bool far_outside = fabs(pose.at[0]) - reach[0] > BASKET_HALF_X_M + 0.06 ||
                                     fabs(pose.at[1]) - reach[1] > BASKET_HALF_Y_M + 0.06;
            /* At its place by the wall it is inside, below the rim, and only going straight down.
             */
            const bool over_place = mju_dist3(pose.at, path->through[0]) < 0.004 ||
                                    mju_dist3(pose.at, path->through[3]) < 0.004;
            if (near_wall && !far_outside && !over_place &&
                hypot(pose.at[0] - path->through[3][0], pose.at[1] - path->through[3][1]) > 0.02 &&
                hypot(pose.at[0] - path->through[0][0], pose.at[1] - path->through[0][1]) > 0.02 &&
                pose.at[2] - reach[2] < BASKET_RIM_M + CLEAR_M * 0.6)
                clear = false;
        }
        if (clear) return;
        path->through[1][2] += 0.05;
        path->through[2][2] += 0.05;
    }
}

/* The way in: from outside over the rim and down. half: of what is carried. */
static Path
way_in(const Side *side, const Pose *from, const Pose *to, const double half[3], double seconds) {
    Path path = {.seconds = seconds, .turned_by = 0.9};
    set_end(&path, 0, from);
    set_end(&path, 1, to);
    for (int i = 0; i < 2; i++) {
        path.through[1][i] = 0.75 * side->start[i] + 0.25 * to->at[i];
        path.through[2][i] = to->at[i];
    }
    path.through[1][2] = BASKET_RIM_M + 0.3;
    path.through[2][2] = fmax(BASKET_RIM_M + 0.22, to->at[2] + 0.15);
    clear_rim(&path, half);
    return path;
}

/* The way out is a way in, backwards. */
static Path
way_out(const Side *side, const Pose *from, const Pose *to, const double half[3], double seconds) {
    Path path = way_in(side, to, from, half, seconds);
    for (int i = 0; i < 3; i++) {
        const double first = path.through[0][i], second = path.through[1][i];
        path.through[0][i] = path.through[3][i];
        path.through[1][i] = path.through[2][i];
        path.through[2][i] = second;
        path.through[3][i] = first;
    }
    memcpy(path.from, from->turn, sizeof path.from);
    memcpy(path.to, to->turn, sizeof path.to);
    path.turned_by = 1;
    return path;
}

/* Along the path; in_hand: of what the path is for, in the hand's frame. */
static Status
follow_part(Stage *stage, const Path *path, const Pose *in_hand, double from_s, double to_s) {
    const Pose back = pose_inverse(in_hand);
    const int64_t first = stage->step, steps = llround((to_s - from_s) / WORLD_STEP_S);
    while (stage->step <= first + steps) {
        const Pose pose = path_at(path, from_s + (double)(stage->step - first) * WORLD_STEP_S);
        stage->hand.pose = pose_then(&pose, &back);
        TRY(stage_step(stage));
    }
    return OK;
}

static Status follow(Stage *stage, const Path *path, const Pose *in_hand) {
    return follow_part(stage, path, in_hand, 0, path->seconds);
}

/* When a way out has lifted what it carries off whatever lay under it. */
static double lifted_s(const Path *path) {
    double t = 0;
    while (t < path->seconds && path_at(path, t).at[2] < path->through[0][2] + LIFTED_M)
        t += WORLD_STEP_S;
    return t;
}

static Status open_hand(Stage *stage, double from_m, double to_m, double seconds) {
    const int64_t first = stage->step, steps = llround(seconds / WORLD_STEP_S);
    while (stage->step < first + steps) {
        const double t = (double)(stage->step - first) / (double)steps;
        stage->hand.aperture_m = from_m + (to_m - from_m) * t;
        TRY(stage_step(stage));
    }
    return OK;
}

/* The hand appears, far enough to be in nobody's way. */
static void show_hand(Stage *stage, const Side *side, const Pose *pose, double aperture_m) {
    stage->hand.visible = true;
    stage->hand.pose = *pose;
    stage->hand.aperture_m = aperture_m;
    memcpy(stage->hand.shoulder, side->shoulder, sizeof side->shoulder);
    world_move_hand(stage->world, pose);
}

static void tilt_by_chance(Pose *pose, double most, Random *random) {
    double tilt[4];
    turn_about(
        tilt, random_normal(random), random_normal(random), random_normal(random),
        random_between(random, 0.3, 1) * most);
    turn_then(pose->turn, tilt);
}

static Status leave_empty(Stage *stage, const Side *side, Random *random) {
    static const double nothing[3] = {0.03, 0.03, 0.03};
    const Pose here = stage->hand.pose, itself = pose_at(0, 0, 0);
    Pose away = {{side->start[0], side->start[1], side->start[2]}, {1, 0, 0, 0}};
    memcpy(away.turn, here.turn, sizeof away.turn);
    tilt_by_chance(&away, 0.5, random);
    const Path path = way_out(side, &here, &away, nothing, random_between(random, 0.6, 1));
    TRY(follow(stage, &path, &itself));
    stage->hand.visible = false;
    return OK;
}

/* -- the three things a hand does ---------------------------------------------------------- */

static Status check_inside(Stage *stage) {
    for (int i = 0; i < stage->plan.items; i++)
        if (stage->inside[i] && !world_inside(stage->world, i))
            return fail(E_CORRUPT, "hand: item %d fell out of the basket", i);
    return OK;
}

Status hand_put(Stage *stage, const Move *move, Random *random) {
    const Bundle bundle = bundle_of(stage, move->first, move->count, random);
    Pose place;
    TRY(find_place(stage, &bundle, random, &place));
    const Side side = side_by_chance(place.at[0], random);
    const Grip grip = grip_at(bundle.half, bundle.thin, &place, side.shoulder, random);
    if (move->event->scan) {
        TRY(stage_scan(stage, stage->plan.item[move->first].sku));
        TRY(stage_wait(stage, random_between(random, 0.15, 0.7)));
    }
    Pose start = {{side.start[0], side.start[1], side.start[2]}, {1, 0, 0, 0}};
    memcpy(start.turn, place.turn, sizeof start.turn);
    tilt_by_chance(&start, 0.7, random);
    const Path in = way_in(&side, &start, &place, bundle.half, random_between(random, 0.9, 1.5));
    const Pose back = pose_inverse(&grip.in_hand);
    const Pose hand = pose_then(&start, &back);
    show_hand(stage, &side, &hand, grip.aperture_m);
    for (int i = 0; i < bundle.count; i++) {
        const Pose in_hand = pose_then(&grip.in_hand, &bundle.part[i]);
        world_hold(stage->world, bundle.first + i, &in_hand, false);
        stage->shown[bundle.first + i] = true;
    }
    TRY(follow(stage, &in, &grip.in_hand));

    stage_watch(stage, bundle.first, bundle.count, 1);
    const double letting_go = random_between(random, 0.2, 0.4);
    TRY(stage_wait(stage, letting_go * 0.3));
    for (int i = 0; i < bundle.count; i++)
        world_release(stage->world, bundle.first + i);
    stage->watch.released = true;
    TRY(open_hand(stage, grip.aperture_m, grip.aperture_m + 0.03, letting_go * 0.7));
    TRY(leave_empty(stage, &side, random));
    TRY(stage_wait(stage, 0.25));
    if (stage->watch.on) return fail(E_CORRUPT, "hand: what was let go never came to lie");
    return check_inside(stage);
}

/* One that answers and lies free, the topmost first. */
static int choose_to_take(const Stage *stage, const Selector *what, Random *random) {
    int best = -1;
    double best_free = -INFINITY;
    for (int i = 0; i < stage->plan.items; i++) {
        if (!stage->inside[i] || !plan_selects(what, stage->catalog, stage->plan.item[i].sku))
            continue;
        const Pose pose = world_item_pose(stage->world, i);
        double half[3];
        grip_turned_half(world_item(stage->world, i)->half, pose.turn, half);
        const double others =
            world_surface(stage->world, pose.at[0], pose.at[1], 0.5 * fmin(half[0], half[1]), i);
        const double buried = fmax(0, others - pose.at[2]);
        const double is_free = random_between(random, 0, 0.05) - buried;
        if (is_free <= best_free) continue;
        best_free = is_free;
        best = i;
    }
    return best;
}

Status hand_take(Stage *stage, const Move *move, Random *random) {
    const int item = choose_to_take(stage, &move->event->what, random);
    if (item < 0)
        return fail(
            E_NOT_FOUND, "%s:%d: remove: nothing in the basket answers to \"%s\"",
            stage->options->scenario_file, move->event->line, move->event->what.text);
    const double *half = world_item(stage->world, item)->half;
    const Pose lies = world_item_pose(stage->world, item);
    const Side side = side_by_chance(lies.at[0], random);
    const Grip grip = grip_at(half, grip_thinnest(half, random), &lies, side.shoulder, random);
    const Pose back = pose_inverse(&grip.in_hand), itself = pose_at(0, 0, 0);
    const Pose grasp = pose_then(&lies, &back);
    Pose start = {{side.start[0], side.start[1], side.start[2]}, {1, 0, 0, 0}};
    memcpy(start.turn, grasp.turn, sizeof start.turn);
    tilt_by_chance(&start, 0.6, random);
    static const double nothing[3] = {0.03, 0.03, 0.03};
    const Path in = way_in(&side, &start, &grasp, nothing, random_between(random, 0.7, 1.2));
    const double opened = fmin(HAND_APERTURE_MAX_M, grip.aperture_m + 0.03);
    show_hand(stage, &side, &start, opened);
    TRY(follow(stage, &in, &itself));
    TRY(open_hand(stage, opened, grip.aperture_m, random_between(random, 0.2, 0.35)));

    const Pose now = world_item_pose(stage->world, item);
    const Pose from_hand = pose_inverse(&stage->hand.pose);
    const Pose in_hand = pose_then(&from_hand, &now);
    world_hold(stage->world, item, &in_hand, true);
    stage_watch(stage, item, 1, -1);
    Pose away = {{side.start[0], side.start[1], side.start[2]}, {1, 0, 0, 0}};
    memcpy(away.turn, now.turn, sizeof away.turn);
    tilt_by_chance(&away, 0.5, random);
    const Path out = way_out(&side, &now, &away, half, random_between(random, 0.9, 1.4));
    const double free_s = lifted_s(&out);
    TRY(follow_part(stage, &out, &in_hand, 0, free_s));
    world_hold(stage->world, item, &in_hand, false);
    TRY(follow_part(stage, &out, &in_hand, free_s, out.seconds));
    stage->hand.visible = false;
    stage->shown[item] = false;
    world_park(stage->world, item);
    TRY(stage_wait(stage, 0.1));
    if (stage->watch.on) return fail(E_CORRUPT, "hand: what was taken never came free");
    return check_inside(stage);
}

Status hand_reach(Stage *stage, Random *random) {
    const double at[3] = {
        random_between(random, -0.3, 0.3), random_between(random, -0.15, 0.15),
        random_between(random, 0.2, 0.35)};
    const Side side = side_by_chance(at[0], random);
    Pose target = {{at[0], at[1], at[2]}, {1, 0, 0, 0}}, itself = pose_at(0, 0, 0);
    double arm[3];
    const double across[3] = {random_normal(random), random_normal(random), 0.2};
    mju_sub3(arm, side.shoulder, at);
    arm[2] += 0.3;
    turn_from_axes(target.turn, across, arm);
    Pose start = {{side.start[0], side.start[1], side.start[2]}, {1, 0, 0, 0}};
    memcpy(start.turn, target.turn, sizeof start.turn);
    static const double nothing[3] = {0.03, 0.03, 0.03};
    const Path in = way_in(&side, &start, &target, nothing, random_between(random, 0.8, 1.5));
    show_hand(stage, &side, &start, 0.05);
    TRY(follow(stage, &in, &itself));
    TRY(open_hand(stage, 0.05, 0.08, random_between(random, 0.2, 0.6)));
    return leave_empty(stage, &side, random);
}
