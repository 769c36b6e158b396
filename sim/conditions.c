#include "conditions.h"

#include "clock.h"

static const double GENTLY_MPS2 = 0.6, HARD_MPS2 = 3, RAD = 3.14159265358979 / 180;

enum { ALL_CELLS = 4 }; /* the word after the cells' numbers */

static void set_camera(Stage *stage, int camera, LensFault fault) {
    for (int i = 0; i < CAMERAS; i++)
        if (camera == i || camera == CAMERAS) lens_fault(&stage->lens[i], fault);
}

static void set_ride(Stage *stage, const Move *move, bool on) {
    Ride *ride = &stage->ride;
    if (move->action == SCENARIO_RAMP) {
        ride->pitch_rad = on ? move->amount * RAD : 0;
        ride->roll_rad = on ? move->roll_deg * RAD : 0;
    } else {
        ride->speed_mps = move->action == SCENARIO_ROLL && on ? move->amount : 0;
        ride->accel_mps2 = move->action == SCENARIO_BRAKE ? HARD_MPS2 : GENTLY_MPS2;
    }
    ride_set(world_ride(stage->world), ride);
}

/* Words follow the faults of lens.h and cell.h, whose first is that there is none. */
static void set(Stage *stage, const Move *move, bool on) {
    switch (move->action) {
    case SCENARIO_ROLL:
    case SCENARIO_BRAKE:
    case SCENARIO_RAMP:
        set_ride(stage, move, on);
        break;
    case SCENARIO_CAMERA:
        set_camera(stage, move->word, on ? (LensFault)(LENS_SMEARED + move->is) : LENS_FINE);
        break;
    case SCENARIO_CELL:
        platform_fault(
            &stage->platform, move->word == ALL_CELLS ? -1 : move->word,
            on ? (CellFault)(CELL_STUCK + move->is) : CELL_FINE);
        break;
    case SCENARIO_SCANNER:
        stage->scanner_silent = on;
        break;
    case SCENARIO_CLOCK:
        if (on)
            platform_clock_jump(&stage->platform, llround(move->amount * (double)NS_PER_SECOND));
        break;
    default:
        break;
    }
}

void conditions_open(Stage *stage) {
    const PlannedShop *shop = &stage->plan.shop;
    for (int i = 0; i < CONDITIONS_MAX; i++)
        stage->condition[i] = (StageCondition){0};
    ride_init(world_ride(stage->world), (FloorKind)shop->floor, stage->options->chance);
    stage->ride = (Ride){.accel_mps2 = GENTLY_MPS2};
    platform_climate(&stage->platform, shop->from_c, shop->temperature_c, shop->warm_up_min);
}

Status conditions_begin(Stage *stage, const Move *move) {
    int free = 0;
    while (free < CONDITIONS_MAX && stage->condition[free].move)
        free++;
    if (free == CONDITIONS_MAX)
        return fail(
            E_FULL, "%s:%d: %s: more than %d things last at once", stage->options->scenario_file,
            move->event->line, scenario_actions[move->action], CONDITIONS_MAX);
    set(stage, move, true);
    if (move->for_s >= 0)
        stage->condition[free] =
            (StageCondition){move, stage->step + llround(move->for_s / WORLD_STEP_S)};
    return OK;
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
