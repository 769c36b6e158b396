/* hand_take.c - what is carried out. */
#include "hand_internal.h"

/* A way in to the item, and the fingers close; then goes on. The side is chosen. */
Status hand_reach_for(Stage *stage, Hand *hand, int item, Then then) {
    const Pose lies = stage_item_pose(stage, item), itself = pose_at(0, 0, 0);
    const Grip grip = hand_grip(hand, &lies);
    const Pose back = pose_inverse(&grip.in_hand), grasp = pose_then(&lies, &back);
    const Pose start = motion_start(&hand->side, grasp.turn, 0.6, hand->random);
    const double opened = fmin(HAND_APERTURE_MAX_M, grip.aperture_m + 0.03);
    const Path in =
        motion_in(&hand->side, &start, &grasp, MOTION_EMPTY, hand_seconds(hand, 0.7, 1.2));
    hand_show(hand, &start, opened);
    hand_follow(hand, &in, &itself);
    hand_open(hand, grip.aperture_m, hand_seconds(hand, 0.2, 0.35));
    hand_then(hand, then);
    return OK;
}

static Status carry_out(Stage *stage, Hand *hand) {
    const Move *move = hand->move;
    const int item = hand->bundle.first;
    const Pose lies = stage_item_pose(stage, item);
    const Pose from_hand = pose_inverse(&stage->hand[hand->of].pose);
    hand->in_hand = pose_then(&from_hand, &lies);
    const Pose away = motion_start(&hand->side, lies.turn, 0.5, hand->random);
    const bool over_rim = stage->item[item].at == ITEM_OVER_RIM;
    if (over_rim) {
        TRY(stage_event(stage, item, -1, move->theft));
    } else {
        hand_part(hand, PART_HOLD)->touching = true;
        hand_part(hand, PART_WATCH)->sign = -1;
    }
    Pose from = lies;
    if (move->hover_s > 0 && !over_rim) {
        Pose high = lies;
        high.at[2] += 0.1;
        const Path up = motion_straight(&lies, &high, hand_seconds(hand, 0.5, 0.8));
        hand_follow(hand, &up, &hand->in_hand);
        hand_wait(hand, move->hover_s);
        from = high;
    }
    const Path out =
        motion_out(&hand->side, &from, &away, hand->bundle.half, hand_seconds(hand, 0.9, 1.4));
    const double free_s = move->hover_s > 0 || over_rim ? 0 : motion_lifted_s(&out);
    Part lifting = {.kind = PART_FOLLOW, .path = out, .in_hand = hand->in_hand, .to_s = free_s};
    *hand_part(hand, PART_FOLLOW) = lifting;
    hand_part(hand, PART_HOLD);
    lifting.from_s = free_s;
    lifting.to_s = out.seconds;
    *hand_part(hand, PART_FOLLOW) = lifting;
    hand_part(hand, PART_SETTLE);
    hand_part(hand, PART_VANISH);
    hand_wait(hand, 0.1);
    return OK;
}

static Status take(Stage *stage, Hand *hand, int item) {
    const Pose lies = stage_item_pose(stage, item);
    hand->bundle = bundle_of(stage, item, 1, hand->random);
    hand->side = side_by_chance(
        lies.at[0], hand->other->bundle.count ? &hand->other->side : NULL, hand->random);
    return hand_reach_for(stage, hand, item, carry_out);
}

Status hand_take(Stage *stage, Hand *hand) {
    const int item = place_choose(stage, &hand->move->what, hand->move->on, hand->random);
    if (item < 0)
        return fail(
            E_NOT_FOUND, "%s:%d: remove: nothing in the basket answers to \"%s\"",
            stage->options->scenario_file, hand->move->event->line, hand->move->what.text);
    return take(stage, hand, item);
}

Status hand_take_thing(Stage *stage, Hand *hand) {
    for (int i = 0; i < stage->plan.items; i++)
        if (stage->plan.item[i].thing == hand->move->word && stage->item[i].at != ITEM_AWAY)
            return take(stage, hand, i);
    return fail(
        E_NOT_FOUND, "%s:%d: take: there is no %s", stage->options->scenario_file,
        hand->move->event->line, scenario_things[hand->move->word]);
}
