#include "conditions.h"

static void set_camera(Stage *stage, int camera, LensFault fault) {
    for (int i = 0; i < CAMERAS; i++)
        if (camera == i || camera == CAMERAS) lens_fault(&stage->lens[i], fault);
}

static void set(Stage *stage, const Move *move, bool on) {
    switch (move->action) {
    case SCENARIO_CAMERA:
        set_camera(stage, move->word, on ? (LensFault)(LENS_SMEARED + move->is) : LENS_FINE);
        break;
    case SCENARIO_SCANNER:
        stage->scanner_silent = on;
        break;
    default:
        break;
    }
}

void conditions_open(Stage *stage) {
    for (int i = 0; i < CONDITIONS_MAX; i++)
        stage->condition[i] = (StageCondition){0};
}

void conditions_begin(Stage *stage, const Move *move) {
    set(stage, move, true);
    if (move->for_s < 0) return;
    for (int i = 0; i < CONDITIONS_MAX; i++) {
        if (stage->condition[i].move) continue;
        stage->condition[i] =
            (StageCondition){move, stage->step + llround(move->for_s / WORLD_STEP_S)};
        return;
    }
}

void conditions_step(Stage *stage) {
    for (int i = 0; i < CONDITIONS_MAX; i++) {
        StageCondition *condition = &stage->condition[i];
        if (!condition->move || stage->step < condition->until) continue;
        set(stage, condition->move, false);
        condition->move = NULL;
    }
}

bool conditions_left(const Stage *stage) {
    for (int i = 0; i < CONDITIONS_MAX; i++)
        if (stage->condition[i].move) return true;
    return false;
}
