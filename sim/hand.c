#include "hand_internal.h"

#include <assert.h>

static const double SETTLE_MAX_S = 2, SLOW = 2.2;

/* -- writing parts ------------------------------------------------------------------------- */

Part *hand_part(Hand *hand, PartKind kind) {
    assert(hand->count < PARTS_MAX);
    Part *part = &hand->part[hand->count++];
    *part = (Part){.kind = kind};
    return part;
}

void hand_wait(Hand *hand, double seconds) { hand_part(hand, PART_WAIT)->seconds = seconds; }
void hand_then(Hand *hand, Then then) { hand_part(hand, PART_THEN)->then = then; }

void hand_follow(Hand *hand, const Path *path, const Pose *in_hand) {
    Part *part = hand_part(hand, PART_FOLLOW);
    part->path = *path;
    part->in_hand = *in_hand;
    part->to_s = path->seconds;
}

void hand_open(Hand *hand, double to_m, double seconds) {
    Part *part = hand_part(hand, PART_OPEN);
    part->to_m = to_m;
    part->seconds = seconds;
}

double hand_seconds(Hand *hand, double least, double most) {
    const double seconds = random_between(hand->random, least, most);
    return hand->move->how == MANNER_SLOW ? SLOW * seconds : seconds;
}

void hand_show(Hand *hand, const Pose *pose, double aperture_m) {
    Part *part = hand_part(hand, PART_SHOW);
    part->pose = *pose;
    part->to_m = aperture_m;
}

Grip hand_grip(const Hand *hand, const Pose *pose) {
    double arm[3], back[4], in_thing[3];
    mju_sub3(arm, hand->side.shoulder, pose->at);
    mju_normalize3(arm);
    arm[2] += 0.5; /* hands come from above */
    mju_normalize3(arm);
    mju_negQuat(back, pose->turn);
    mju_rotVecQuat(in_thing, arm, back);
    return grip_by_chance(hand->bundle.half, hand->bundle.thin, in_thing, hand->random);
}

Status hand_leave(Stage *stage, Hand *hand) {
    const Pose here = stage->hand[hand->of].pose, itself = pose_at(0, 0, 0);
    const Pose away = motion_start(&hand->side, here.turn, 0.5, hand->random);
    const Path path =
        motion_out(&hand->side, &here, &away, MOTION_EMPTY, random_between(hand->random, 0.6, 1));
    hand_follow(hand, &path, &itself);
    hand_part(hand, PART_VANISH);
    hand_part(hand, PART_SETTLE);
    hand_wait(hand, 0.25);
    return OK;
}

/* -- playing them -------------------------------------------------------------------------- */

static void show(Stage *stage, const Hand *hand, const Part *part) {
    StageHand *shown = &stage->hand[hand->of];
    *shown = (StageHand){.visible = true, .pose = part->pose, .aperture_m = part->to_m};
    memcpy(shown->shoulder, hand->side.shoulder, sizeof shown->shoulder);
}

static void let_go(Stage *stage, const Hand *hand, double seconds) {
    for (int i = hand->bundle.first; i < hand->bundle.first + hand->bundle.count; i++)
        stage_release(stage, i, seconds);
    stage->watch[hand->of].released = true;
}

static void take_hold(Stage *stage, const Hand *hand, bool touching) {
    for (int i = 0; i < hand->bundle.count; i++) {
        const Pose in_hand = pose_then(&hand->in_hand, &hand->bundle.part[i]);
        stage_hold(stage, hand->of, hand->bundle.first + i, &in_hand, touching);
    }
}

static void vanish(Stage *stage, const Hand *hand) {
    stage->hand[hand->of].visible = false;
    for (int i = 0; i < stage->plan.items; i++)
        if (stage->item[i].hand == hand->of) stage_lay(stage, i, ITEM_AWAY, NULL);
}

static Status lay(Stage *stage, const Hand *hand, const Part *part) {
    const int item = hand->bundle.first;
    stage_lay(stage, item, part->whereabouts, &part->pose);
    return stage_event(stage, item, part->sign, hand->move->theft);
}

static void follow(Stage *stage, const Hand *hand, const Part *part, double t) {
    const Pose pose = path_at(&part->path, fmin(part->from_s + t, part->to_s));
    const Pose back = pose_inverse(&part->in_hand);
    stage->hand[hand->of].pose = pose_then(&pose, &back);
}

/* Do what is due `t` seconds into a part; *over when it has come to its end. */
static Status play_part(Stage *stage, Hand *hand, const Part *part, double t, bool *over) {
    StageHand *shown = &stage->hand[hand->of];
    *over = true;
    switch (part->kind) {
    case PART_WAIT:
        *over = t >= part->seconds;
        return OK;
    case PART_SHOW:
        show(stage, hand, part);
        return OK;
    case PART_SCAN:
        return stage_scan(stage, part->sku);
    case PART_FOLLOW:
        follow(stage, hand, part, t);
        *over = part->from_s + t >= part->to_s;
        return OK;
    case PART_OPEN:
        *over = t >= part->seconds;
        shown->aperture_m =
            hand->from_m + (part->to_m - hand->from_m) * fmin(1, t / fmax(part->seconds, 1e-9));
        return OK;
    case PART_HOLD:
        take_hold(stage, hand, part->touching);
        return OK;
    case PART_WATCH:
        stage_watch(
            stage, hand->of, hand->move, hand->bundle.first, hand->bundle.count, part->sign);
        return OK;
    case PART_RELEASE: /* goes on by itself while the fingers open */
        let_go(stage, hand, part->seconds);
        return OK;
    case PART_PRESS:
        stage_press(stage, hand->of, part->at[0], part->at[1], part->down_n);
        return OK;
    case PART_VANISH:
        vanish(stage, hand);
        return OK;
    case PART_LAY:
        return lay(stage, hand, part);
    case PART_SETTLE:
        *over = !stage->watch[hand->of].on;
        return *over || t < SETTLE_MAX_S
                   ? OK
                   : fail(E_CORRUPT, "hand: what was moved never came to lie, or never came free");
    case PART_FOR_OTHER:
        *over = !hand->other || hand->other->reached >= part->reached;
        return OK;
    case PART_REACHED:
        hand->reached = part->reached;
        return OK;
    case PART_THEN:
        break;
    }
    return OK;
}

/* As many parts as are over at once; then the stage may go on a step. */
static Status step_hand(Stage *stage, Hand *hand) {
    while (hand->at < hand->count) {
        const Part *part = &hand->part[hand->at];
        if (part->kind == PART_THEN) {
            assert(hand->at + 1 == hand->count);
            const Then then = part->then;
            hand->at = hand->count = 0;
            TRY(then(stage, hand));
        } else {
            bool over = false;
            const double t = (double)(stage->step - hand->since) * WORLD_STEP_S;
            TRY(play_part(stage, hand, part, t, &over));
            if (!over) return OK;
            hand->at++;
        }
        hand->since = stage->step;
        hand->from_m = stage->hand[hand->of].aperture_m;
    }
    return OK;
}

static Status check_inside(Stage *stage) {
    for (int i = 0; i < stage->plan.items; i++)
        if (stage->item[i].at == ITEM_INSIDE && stage->item[i].hand == NO_HAND &&
            !world_inside(stage->world, i))
            return fail(E_CORRUPT, "hand: item %d fell out of the basket", i);
    return OK;
}

/* -- beginning ----------------------------------------------------------------------------- */

bool hands_do(ScenarioAction action) {
    static const bool do_it[SCENARIO_ACTIONS] = {
        [SCENARIO_ADD] = true,   [SCENARIO_REMOVE] = true, [SCENARIO_REACH] = true,
        [SCENARIO_HOVER] = true, [SCENARIO_SHIFT] = true,  [SCENARIO_PRESS] = true,
        [SCENARIO_PUT] = true,   [SCENARIO_TAKE] = true,
    };
    return do_it[action];
}

static Status begin(Stage *stage, Hand *hand) {
    const Move *move = hand->move;
    switch (move->action) {
    case SCENARIO_ADD:
        if (move->theft == THEFT_UNDER_BAG) return hand_put_below(stage, hand);
        if (move->on == WHERE_UNDER) return hand_put_under(stage, hand);
        return hand_put(stage, hand);
    case SCENARIO_REMOVE:
        return hand_take(stage, hand);
    case SCENARIO_HOVER:
        return hand_hover(stage, hand);
    case SCENARIO_SHIFT:
        return hand_shift(stage, hand);
    case SCENARIO_PRESS:
        return hand_press(stage, hand);
    case SCENARIO_PUT:
        return move->word == THING_COAT ? hand_drape(stage, hand) : hand_put(stage, hand);
    case SCENARIO_TAKE:
        return hand_take_thing(stage, hand);
    default:
        return hand_reach(stage, hand);
    }
}

/* Whoever takes something out chooses first, so that nothing is put where it stands. */
static Status begin_all(Stage *stage, Hand *hand, int count) {
    const bool swap = count == HANDS && hand[1].move->action == SCENARIO_REMOVE;
    for (int i = 0; i < count; i++)
        TRY(begin(stage, &hand[swap ? count - 1 - i : i]));
    return OK;
}

Status hands_play(Stage *stage, const Move *moves, int count, Random *random) {
    Hand hand[HANDS] = {0};
    Random chances[HANDS];
    const bool alone = count == 1;
    for (int i = 0; i < HANDS; i++) {
        chances[i] = random_fork(random_bits(random), (uint64_t)i);
        hand[i] = (Hand){.of = i, .move = &moves[alone ? 0 : i], .random = &chances[i]};
        hand[i].since = stage->step;
    }
    /* Alone, the other stands by for what takes both. */
    hand[0].other = &hand[1];
    hand[1].other = &hand[0];
    if (!alone && (moves[0].on == WHERE_UNDER || moves[1].on == WHERE_UNDER) &&
        (moves[0].action == SCENARIO_ADD || moves[1].action == SCENARIO_ADD))
        return fail(
            E_INVALID, "%s:%d: on: under takes both hands", stage->options->scenario_file,
            moves[0].event->line);
    TRY(begin_all(stage, hand, count));
    bool busy = true;
    while (busy) {
        busy = false;
        for (int i = 0; i < HANDS; i++) {
            TRY(step_hand(stage, &hand[i]));
            busy = busy || hand[i].at < hand[i].count;
        }
        TRY(stage_step(stage));
    }
    return check_inside(stage);
}
