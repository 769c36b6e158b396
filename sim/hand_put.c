/* hand_put.c - what is carried in: put down, slid, thrown, laid under, hung over the rim, hidden.
 */
#include "hand_internal.h"

enum { THROWS_MAX = 24, FLIGHT_STEPS = 1600 };

static const double ABOVE_M = 0.09, INTO_WALL_M = 0.0013, LIFTED_M = 0.13;

static Pose raised(const Pose *pose, double by_m) {
    Pose out = *pose;
    out.at[2] += by_m;
    return out;
}

static void write_scans(const Stage *stage, Hand *hand) {
    const Move *move = hand->move;
    int32_t sku[3] = {SKU_UNKNOWN, SKU_UNKNOWN, move->scan_sku};
    for (int i = 0; i < 2; i++)
        if (move->scans[i] >= 0) sku[i] = stage->plan.item[move->scans[i]].sku;
    for (int i = 0; i < 3; i++) {
        if (sku[i] == SKU_UNKNOWN) continue;
        hand_part(hand, PART_SCAN)->sku = sku[i];
        hand_wait(hand, random_between(hand->random, 0.15, 0.7));
    }
}

/* The bundle comes into sight in the hand, turned nearly as it will lie at `place`. */
static Pose carry_to(const Stage *stage, Hand *hand, const Pose *place, double *aperture_m) {
    const Grip grip = hand_grip(hand, place);
    const Pose start = motion_start(&hand->side, place->turn, 0.7, hand->random);
    const Pose back = pose_inverse(&grip.in_hand), shown = pose_then(&start, &back);
    hand->in_hand = grip.in_hand;
    *aperture_m = grip.aperture_m;
    write_scans(stage, hand);
    hand_show(hand, &shown, grip.aperture_m);
    hand_part(hand, PART_HOLD);
    return start;
}

static void let_go(Hand *hand, double aperture_m) {
    const double seconds = random_between(hand->random, 0.2, 0.4);
    hand_part(hand, PART_WATCH)->sign = 1;
    hand_wait(hand, seconds * 0.3);
    hand_part(hand, PART_RELEASE)->seconds = random_between(hand->random, 0.05, 0.15);
    hand_open(hand, aperture_m + 0.03, seconds * 0.7);
    hand_part(hand, PART_REACHED)->reached = 2;
    hand_then(hand, hand_leave);
}

/* -- thrown -------------------------------------------------------------------------------- */

/* Let go on the way, where it then flies and lands: does all stay inside? */
static Status
flies_in(Stage *stage, const Hand *hand, const Path *path, double release_s, bool *out) {
    WorldState *before = NULL;
    TRY(world_save(stage->world, &before));
    const int64_t steps = llround(release_s / WORLD_STEP_S);
    for (int64_t step = 0; step < steps + FLIGHT_STEPS; step++) {
        const Pose pose = path_at(path, (double)step * WORLD_STEP_S);
        for (int i = 0; i < hand->bundle.count; i++) {
            const Pose at = pose_then(&pose, &hand->bundle.part[i]);
            if (step < steps) world_hold(stage->world, hand->bundle.first + i, &at, false);
            if (step == steps) world_release(stage->world, hand->bundle.first + i);
        }
        world_step(stage->world);
    }
    *out = true;
    for (int i = 0; i < stage->plan.items; i++)
        if (stage->item[i].at == ITEM_INSIDE || bundle_has(&hand->bundle, i))
            *out = *out && world_inside(stage->world, i) && world_speed(stage->world, i) < 0.1;
    world_restore(stage->world, before);
    world_state_free(before);
    return OK;
}

static Status throw_in(Stage *stage, Hand *hand) {
    double aperture_m = 0;
    for (int i = 0; i < THROWS_MAX; i++) {
        Pose aim = pose_at(0, 0, 0);
        grip_rest_by_chance(hand->bundle.half, hand->random, aim.turn);
        aim.at[0] = random_between(hand->random, -0.2, 0.2);
        hand->side = side_by_chance(aim.at[0], NULL, hand->random);
        aim.at[1] = hand->side.of * random_between(hand->random, 0.06, 0.16);
        if (hand->side.of == 0) aim.at[0] = random_between(hand->random, -0.3, -0.1);
        aim.at[2] = BASKET_RIM_M + random_between(hand->random, 0.08, 0.2);
        hand->count = 0;
        const Pose start = carry_to(stage, hand, &aim, &aperture_m);
        const Path path = motion_in(
            &hand->side, &start, &aim, hand->bundle.half, random_between(hand->random, 0.8, 1.4));
        const double release_s = path.seconds * random_between(hand->random, 0.58, 0.72);
        bool found = false;
        TRY(flies_in(stage, hand, &path, release_s, &found));
        if (!found) continue;
        Part part = {
            .kind = PART_FOLLOW, .path = path, .in_hand = hand->in_hand, .to_s = release_s};
        *hand_part(hand, PART_FOLLOW) = part;
        hand_part(hand, PART_WATCH)->sign = 1;
        hand_part(hand, PART_RELEASE);
        part.from_s = release_s;
        part.to_s = path.seconds;
        *hand_part(hand, PART_FOLLOW) = part;
        hand_open(hand, aperture_m + 0.03, 0.1);
        hand_then(hand, hand_leave);
        return OK;
    }
    return fail(E_CORRUPT, "hand: no throw that lands in the basket");
}

/* -- put down ------------------------------------------------------------------------------ */

/* A little into the wall that it stands nearest to, so that it rubs along it. */
static Pose into_wall(const Pose *pose, const double half[3]) {
    double reach[3];
    Pose out = *pose;
    grip_turned_half(half, pose->turn, reach);
    const double x = BASKET_HALF_X_M - reach[0] - fabs(pose->at[0]);
    const double y = BASKET_HALF_Y_M - reach[1] - fabs(pose->at[1]);
    const int axis = x < y ? 0 : 1;
    out.at[axis] += pose->at[axis] > 0 ? INTO_WALL_M : -INTO_WALL_M;
    return out;
}

static void slide_down(Hand *hand, const Pose *above, const Pose *place) {
    const Pose high = into_wall(above, hand->bundle.half),
               low = into_wall(place, hand->bundle.half);
    const Path down = motion_straight(&high, &low, hand_seconds(hand, 0.8, 1.6));
    hand_part(hand, PART_HOLD)->touching = true;
    hand_follow(hand, &down, &hand->in_hand);
}

Status hand_put(Stage *stage, Hand *hand) {
    const Move *move = hand->move;
    hand->bundle = bundle_of(stage, move->first, move->count, hand->random);
    if (move->how == MANNER_THROWN) return throw_in(stage, hand);
    const bool slid = move->how == MANNER_SLID;
    const PlaceKind kind = slid ? PLACE_BY_WALL : move->on == WHERE_TOP ? PLACE_ON_TOP : PLACE_ANY;
    Pose place;
    double aperture_m = 0;
    TRY(place_find(stage, &hand->bundle, kind, hand->other, hand->random, &place));
    hand->place = place;
    hand->placed = true;
    hand->side = side_by_chance(
        place.at[0], hand->other->bundle.count ? &hand->other->side : NULL, hand->random);
    const Pose start = carry_to(stage, hand, &place, &aperture_m);
    const bool stops = slid || move->hover_s > 0;
    const double over_m = slid ? fmax(ABOVE_M, BASKET_RIM_M - place.at[2]) : ABOVE_M;
    const Pose above = stops ? raised(&place, over_m) : place;
    const Path in =
        motion_in(&hand->side, &start, &above, hand->bundle.half, hand_seconds(hand, 0.9, 1.5));
    hand_follow(hand, &in, &hand->in_hand);
    if (move->hover_s > 0) hand_wait(hand, move->hover_s);
    if (slid) {
        slide_down(hand, &above, &place);
    } else if (stops) {
        const Path down = motion_straight(&above, &place, hand_seconds(hand, 0.4, 0.8));
        hand_follow(hand, &down, &hand->in_hand);
    }
    let_go(hand, aperture_m);
    return OK;
}

Status hand_hover(Stage *stage, Hand *hand) {
    const Move *move = hand->move;
    double aperture_m = 0;
    hand->bundle = bundle_of(stage, move->first, 1, hand->random);
    Pose place;
    TRY(place_find(stage, &hand->bundle, PLACE_ANY, hand->other, hand->random, &place));
    hand->side = side_by_chance(
        place.at[0], hand->other->bundle.count ? &hand->other->side : NULL, hand->random);
    const Pose above = raised(&place, random_between(hand->random, 0.04, 0.12));
    const Pose start = carry_to(stage, hand, &above, &aperture_m);
    const Path in =
        motion_in(&hand->side, &start, &above, hand->bundle.half, hand_seconds(hand, 0.9, 1.5));
    const Pose away = motion_start(&hand->side, above.turn, 0.5, hand->random);
    const Path out =
        motion_out(&hand->side, &above, &away, hand->bundle.half, hand_seconds(hand, 0.9, 1.4));
    hand_follow(hand, &in, &hand->in_hand);
    hand_wait(hand, move->for_s < 0 ? 2 : move->for_s);
    hand_follow(hand, &out, &hand->in_hand);
    hand_part(hand, PART_VANISH);
    return OK;
}

/* -- beneath another ----------------------------------------------------------------------- */

/* The other hand lifts what lies there and puts it down again on top. */
static Status lower_again(Stage *stage, Hand *hand) {
    (void)stage;
    const Pose low = hand->back, high = raised(&low, LIFTED_M);
    const Path down = motion_straight(&high, &low, random_between(hand->random, 0.5, 0.9));
    hand_part(hand, PART_FOR_OTHER)->reached = 2;
    hand_wait(hand, 0.3);
    hand_follow(hand, &down, &hand->in_hand);
    hand_part(hand, PART_RELEASE);
    hand_open(
        hand, fmin(HAND_APERTURE_MAX_M, 2 * hand->bundle.half[hand->bundle.thin] + 0.03), 0.2);
    hand_then(hand, hand_leave);
    return OK;
}

static Status lift(Stage *stage, Hand *hand) {
    const Pose lies = world_item_pose(stage->world, hand->bundle.first);
    const Pose from_hand = pose_inverse(&stage->hand[hand->of].pose);
    hand->in_hand = pose_then(&from_hand, &lies);
    /* Put back over the new thing, where that was tried. */
    Pose high = raised(&hand->back, LIFTED_M);
    const Path up = motion_straight(&lies, &high, random_between(hand->random, 0.5, 0.9));
    hand_part(hand, PART_HOLD)->touching = true;
    hand_follow(hand, &up, &hand->in_hand);
    hand_part(hand, PART_REACHED)->reached = 1;
    hand_then(hand, lower_again);
    return OK;
}

/* Where to put the bundle so that what lies there can lie upon it afterwards. */
static Status find_beneath(Stage *stage, Hand *hand, Pose *place, int *above, Pose *above_at) {
    enum { TRIALS_MAX = 14 };
    for (int trial = 0; trial < TRIALS_MAX; trial++) {
        double half[3], over[3];
        bool holds = false;
        *above = place_choose(stage, NULL, WHERE_TOP, hand->random);
        if (*above < 0)
            return fail(
                E_NOT_FOUND, "%s:%d: add: nothing in the basket that it could be put under",
                stage->options->scenario_file, hand->move->event->line);
        *above_at = world_item_pose(stage->world, *above);
        grip_turned_half(world_item(stage->world, *above)->half, above_at->turn, over);
        *place = *above_at;
        grip_rest_by_chance(hand->bundle.half, hand->random, place->turn);
        grip_turned_half(hand->bundle.half, place->turn, half);
        place->at[2] = above_at->at[2] - over[2] + half[2] + 0.004;
        above_at->at[2] += 2 * half[2] + 0.012;
        if (above_at->at[2] + over[2] + LIFTED_M > BASKET_RIM_M + 0.3) continue;
        TRY(place_holds(stage, &hand->bundle, place, *above, above_at, INFINITY, &holds));
        if (holds) return OK;
    }
    return fail(E_CORRUPT, "hand: no place beneath another where it stays");
}

Status hand_put_under(Stage *stage, Hand *hand) {
    Hand *helper = hand->other;
    const Move *move = hand->move;
    int above = -1;
    Pose place = pose_at(0, 0, 0);
    double aperture_m = 0;
    hand->bundle = bundle_of(stage, move->first, move->count, hand->random);
    TRY(find_beneath(stage, hand, &place, &above, &helper->back));
    helper->bundle = bundle_of(stage, above, 1, hand->random);
    helper->side = side_by_chance(place.at[0], NULL, hand->random);
    hand->side = side_by_chance(place.at[0], &helper->side, hand->random);
    TRY(hand_reach_for(stage, helper, above, lift));
    hand_part(hand, PART_FOR_OTHER)->reached = 1;
    const Pose start = carry_to(stage, hand, &place, &aperture_m);
    /* Beneath what is held up: in from the side, low. */
    const Pose above_place = raised(&place, 0.02);
    const Path in = motion_in(
        &hand->side, &start, &above_place, hand->bundle.half, hand_seconds(hand, 1.1, 1.7));
    const Path down = motion_straight(&above_place, &place, 0.3);
    hand_follow(hand, &in, &hand->in_hand);
    hand_follow(hand, &down, &hand->in_hand);
    let_go(hand, aperture_m);
    return OK;
}

/* -- where no contact tells ---------------------------------------------------------------- */

static void lay_down(Hand *hand, Whereabouts where, const Pose *pose, double aperture_m) {
    Part *part = hand_part(hand, PART_LAY);
    part->whereabouts = where;
    part->pose = *pose;
    part->sign = 1;
    hand_open(hand, fmin(HAND_APERTURE_MAX_M, aperture_m + 0.03), 0.3);
}

Status hand_put_below(Stage *stage, Hand *hand) {
    double aperture_m = 0;
    hand->bundle = bundle_of(stage, hand->move->first, hand->move->count, hand->random);
    do
        hand->side = side_by_chance(random_between(hand->random, -0.2, 0.2), NULL, hand->random);
    while (hand->side.of == 0);
    const Pose place = pose_at(hand->side.start[0], hand->side.of * 0.15, -0.3);
    const Pose start = carry_to(stage, hand, &place, &aperture_m), itself = pose_at(0, 0, 0);
    const Path in = motion_straight(&start, &place, hand_seconds(hand, 0.9, 1.5));
    const Pose back = pose_inverse(&hand->in_hand);
    const Pose here = pose_then(&place, &back);
    const Pose away = motion_start(&hand->side, here.turn, 0.4, hand->random);
    const Path out = motion_straight(&here, &away, random_between(hand->random, 0.7, 1.1));
    hand_follow(hand, &in, &hand->in_hand);
    lay_down(hand, ITEM_BELOW, &place, aperture_m);
    hand_follow(hand, &out, &itself);
    hand_part(hand, PART_VANISH);
    return OK;
}

/* Over the rim at the middle of a long side. */
Status hand_drape(Stage *stage, Hand *hand) {
    double aperture_m = 0;
    hand->bundle = bundle_of(stage, hand->move->first, hand->move->count, hand->random);
    do
        hand->side =
            side_by_chance(0, hand->other->bundle.count ? &hand->other->side : NULL, hand->random);
    while (hand->side.of == 0);
    Pose rim = pose_at(
        random_between(hand->random, -0.2, 0.2), hand->side.of * BASKET_HALF_Y_M, BASKET_RIM_M);
    if (hand->side.of < 0) turn_about(rim.turn, 0, 0, 1, 3.14159265);
    const Pose start = carry_to(stage, hand, &rim, &aperture_m);
    const Path in = motion_straight(&start, &rim, hand_seconds(hand, 1, 1.6));
    hand_follow(hand, &in, &hand->in_hand);
    lay_down(hand, ITEM_OVER_RIM, &rim, aperture_m);
    hand_then(hand, hand_leave);
    return OK;
}
