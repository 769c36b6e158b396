/* hand_about.c - what brings nothing in or out: reaching, pressing, shifting things inside. */
#include "hand_internal.h"

#define HANDLE_X_M (-0.56)
#define HANDLE_Z_M 0.5

/* A hand at this place with its arm towards the shoulder. */
static Pose hand_at(const Hand *hand, double x, double y, double z) {
    Pose pose = {{x, y, z}, {1, 0, 0, 0}};
    double arm[3];
    double across[3] = {0, 0, 0.2};
    for (int i = 0; i < 2; i++)
        across[i] = random_normal(hand->random);
    mju_sub3(arm, hand->side.shoulder, pose.at);
    arm[2] += 0.3;
    turn_from_axes(pose.turn, across, arm);
    return pose;
}

static void go_empty(Hand *hand, const Pose *to) {
    const Pose itself = pose_at(0, 0, 0);
    const Pose start = motion_start(&hand->side, to->turn, 0, hand->random);
    const Path in =
        motion_in(&hand->side, &start, to, MOTION_EMPTY, random_between(hand->random, 0.8, 1.5));
    hand_show(hand, &start, 0.05);
    hand_follow(hand, &in, &itself);
}

static const Side *taken_side(const Hand *hand) {
    return hand->other->bundle.count ? &hand->other->side : NULL;
}

Status hand_reach(Stage *stage, Hand *hand) {
    (void)stage;
    Random *random = hand->random;
    const double x = random_between(random, -0.3, 0.3), y = random_between(random, -0.15, 0.15);
    hand->side = side_by_chance(x, taken_side(hand), random);
    const Pose target = hand_at(hand, x, y, random_between(random, 0.2, 0.35));
    go_empty(hand, &target);
    hand_open(hand, 0.08, random_between(random, 0.2, 0.6));
    hand_then(hand, hand_leave);
    return OK;
}

static void press(Hand *hand, const Pose *where, double down_n) {
    Part *part = hand_part(hand, PART_PRESS);
    part->at[0] = where->at[0];
    part->at[1] = where->at[1];
    part->down_n = down_n;
}

Status hand_press(Stage *stage, Hand *hand) {
    (void)stage;
    const Move *move = hand->move;
    Random *random = hand->random;
    const bool leans = move->word == PRESS_LEAN;
    const double x = random_between(random, -0.3, 0.3);
    do
        hand->side = side_by_chance(x, taken_side(hand), random);
    while (!leans && hand->side.of == 0);
    if (leans) {
        const double y = random_between(random, -0.24, 0.24);
        hand->side = (Side){{-0.82, y, 0.88}, {-0.95, y * 1.2, 0.55}, 0};
    }
    const Pose rim = leans ? hand_at(hand, HANDLE_X_M, hand->side.shoulder[1], HANDLE_Z_M + 0.02)
                           : hand_at(hand, x, hand->side.of * BASKET_HALF_Y_M, BASKET_RIM_M + 0.02);
    go_empty(hand, &rim);
    press(hand, &rim, move->force_n);
    hand_wait(hand, move->for_s < 0 ? 3 : move->for_s);
    press(hand, &rim, 0);
    hand_wait(hand, 0.2);
    hand_then(hand, hand_leave);
    return OK;
}

/* -- shifting ------------------------------------------------------------------------------ */

static Status shift_next(Stage *stage, Hand *hand);

/* A few centimetres along, turned a little, and down on whatever is there. */
static Pose shifted_by_chance(const Stage *stage, const Hand *hand, const Pose *lies) {
    Random *random = hand->random;
    double half[3], turn[4];
    Pose to = *lies;
    turn_about(turn, 0, 0, 1, random_between(random, -0.4, 0.4));
    mju_mulQuat(to.turn, turn, lies->turn);
    grip_turned_half(hand->bundle.half, to.turn, half);
    const double room[2] = {
        fmax(0, BASKET_HALF_X_M - half[0] - 0.015), fmax(0, BASKET_HALF_Y_M - half[1] - 0.015)};
    for (int axis = 0; axis < 2; axis++)
        to.at[axis] = fmax(
            -room[axis], fmin(room[axis], lies->at[axis] + random_between(random, -0.08, 0.08)));
    to.at[2] = place_surface(stage, to.at, half, hand->bundle.first) + half[2] + 0.003;
    return to.at[2] + half[2] > BASKET_RIM_M ? *lies : to;
}

static Status shift_along(Stage *stage, Hand *hand) {
    Random *random = hand->random;
    const Pose lies = world_item_pose(stage->world, hand->bundle.first);
    const Pose from_hand = pose_inverse(&stage->hand[hand->of].pose);
    hand->in_hand = pose_then(&from_hand, &lies);
    Pose to = shifted_by_chance(stage, hand, &lies), high = lies;
    bool holds = false;
    TRY(place_holds(stage, &hand->bundle, &to, -1, NULL, INFINITY, &holds));
    if (!holds) to = lies;
    high.at[2] += random_between(random, 0.01, 0.03);
    const Path up = motion_straight(&lies, &high, random_between(random, 0.15, 0.3));
    const double over_m = random_between(random, 0.02, 0.05);
    const Path along = motion_over(&high, &to, over_m, random_between(random, 0.3, 0.6));
    hand_part(hand, PART_HOLD)->touching = true;
    hand_follow(hand, &up, &hand->in_hand);
    hand_part(hand, PART_HOLD);
    hand_follow(hand, &along, &hand->in_hand);
    hand_part(hand, PART_RELEASE);
    hand_open(
        hand, fmin(HAND_APERTURE_MAX_M, 2 * hand->bundle.half[hand->bundle.thin] + 0.03), 0.1);
    hand->left--;
    hand_then(hand, shift_next);
    return OK;
}

static Status shift_next(Stage *stage, Hand *hand) {
    const int item = place_choose(stage, NULL, WHERE_ANY, hand->random);
    if (hand->left == 0 || item < 0) {
        hand->bundle.count = 0;
        return hand_leave(stage, hand);
    }
    hand->bundle = bundle_of(stage, item, 1, hand->random);
    const Pose here = stage->hand[hand->of].pose, itself = pose_at(0, 0, 0);
    const Pose lies = world_item_pose(stage->world, item);
    const Grip grip = hand_grip(hand, &lies);
    const Pose back = pose_inverse(&grip.in_hand), grasp = pose_then(&lies, &back);
    const Path path = motion_over(&here, &grasp, 0.1, random_between(hand->random, 0.3, 0.6));
    hand_follow(hand, &path, &itself);
    hand_open(hand, grip.aperture_m, 0.1);
    hand_then(hand, shift_along);
    return OK;
}

Status hand_shift(Stage *stage, Hand *hand) {
    if (place_choose(stage, NULL, WHERE_ANY, hand->random) < 0)
        return fail(
            E_NOT_FOUND, "%s:%d: shift: the basket is empty", stage->options->scenario_file,
            hand->move->event->line);
    hand->left = (int)hand->move->amount;
    hand->side = side_by_chance(0, taken_side(hand), hand->random);
    const Pose target = hand_at(hand, 0, 0, BASKET_RIM_M);
    go_empty(hand, &target);
    hand_then(hand, shift_next);
    return OK;
}
