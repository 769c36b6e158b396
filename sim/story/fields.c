#include "fields.h"

static const char *const lights[] = {"normal", "dim", "sun_stripe", "flicker", "reflection", NULL};
static const char *const floors[] = {"smooth", "tiles", "joints", NULL};
static const char *const manners[] = {"calmly", "slowly", "thrown", "slid", NULL};
static const char *const places[] = {"anything", "top", "under", NULL};
static const char *const presses[] = {"hand", "lean", NULL};
static const char *const cameras[] = {"left", "right", "handle", "all", NULL};
static const char *const camera_faults[] = {"smeared", "shifted",   "frozen",
                                            "black",   "unplugged", NULL};
static const char *const cells[] = {"0", "1", "2", "3", "all", NULL};
static const char *const cell_faults[] = {"stuck", "noisy", "nan", "over_range", "silent", NULL};
static const char *const scanner_faults[] = {"silent", NULL};
static const char *const baskets[] = {"right", "right_when_answered", "unsettled", NULL};
static const char *const theft_said[] = {"none", "noticed", NULL};
static const char *const faults[] = {"none", "camera", "scale", "scanner", "clock", NULL};

const char *const scenario_thefts[] = {"none", "under_bag", "cover", "stack", "swap", NULL};
const char *const scenario_things[] = {"own_bag", "coat", "toy", NULL};
const char *const scenario_actions[] = {
    "add",  "remove", "both",  "reach", "hover",  "shift", "press",   "put",   "take", "scan",
    "wait", "roll",   "brake", "ramp",  "camera", "cell",  "scanner", "clock", NULL};

#define AT(Struct, field) offsetof(Struct, field), sizeof(((Struct *)0)->field)
#define NUMBER(Struct, name, field, min, max, actions, help)                                       \
    { name, FIELD_NUMBER, AT(Struct, field), min, max, NULL, NULL, actions, help }
#define WHOLE(Struct, name, field, min, max, actions, help)                                        \
    { name, FIELD_WHOLE, AT(Struct, field), min, max, NULL, NULL, actions, help }
#define WORD(Struct, name, field, words, actions, help)                                            \
    { name, FIELD_WORD, AT(Struct, field), 0, 0, words, NULL, actions, help }
#define PLAIN(Struct, name, type, field, actions, help)                                            \
    { name, type, AT(Struct, field), 0, 0, NULL, NULL, actions, help }
#define END                                                                                        \
    { 0 }

static const Field shop_fields[] = {
    WORD(ScenarioShop, "light", light, lights, 0, "what the lamps and the sun do"),
    WORD(ScenarioShop, "floor", floor, floors, 0, "what the wheels roll over"),
    NUMBER(ScenarioShop, "temperature_c", temperature_c, -30, 50, 0, "of the shop"),
    NUMBER(ScenarioShop, "from_c", from_c, -30, 50, 0, "where the cart stood before"),
    NUMBER(
        ScenarioShop,
        "warm_up_min",
        warm_up_min,
        0.1,
        240,
        0,
        "minutes in which two thirds of the difference are gone"),
    NUMBER(ScenarioShop, "clutter", clutter, 0, 1, 0, "how much else stands about"),
    END};

static const Field expect_fields[] = {
    WORD(
        ScenarioExpect,
        "basket",
        basket,
        baskets,
        0,
        "right: the receipt agrees with the truth; right_when_answered: after the cart's questions "
        "are answered; unsettled: the cart must not be sure"),
    WHOLE(ScenarioExpect, "items", items, 0, 48, 0, "pieces on the right receipt"),
    WHOLE(ScenarioExpect, "events", events, 0, 999, 0, "times that goods went in or came out"),
    WHOLE(ScenarioExpect, "questions", questions, 0, 99, 0, "that the cart may ask"),
    WORD(ScenarioExpect, "faults", faults, faults, 0, "that the cart should show"),
    WORD(ScenarioExpect, "theft", theft, theft_said, 0, "what the cart should say of theft"),
    END};

const Field scenario_fields[] = {
    PLAIN(Scenario, "name", FIELD_TEXT, name, 0, "as the file is called"),
    PLAIN(Scenario, "about", FIELD_TEXT, about, 0, "one line on what it shows"),
    NUMBER(Scenario, "pause_s", pause_s, 0, 600, 0, "seconds before each event"),
    {"shop", FIELD_SECTION, AT(Scenario, shop), 0, 0, NULL, shop_fields, 0, "where it happens"},
    PLAIN(Scenario, "events", FIELD_EVENTS, event, 0, "what happens, in order"),
    {"expect", FIELD_SECTION, AT(Scenario, expect), 0, 0, NULL, expect_fields, 0,
     "what the right cart does"},
    END};

/* -- events -------------------------------------------------------------------------------- */

#define ON(action) (1u << SCENARIO_##action)
#define TIMED      (ON(HOVER) | ON(PRESS) | ON(ROLL) | ON(RAMP) | ON(CAMERA) | ON(CELL) | ON(SCANNER))

const Field action_fields[] = {
    PLAIN(ScenarioEvent, "add", FIELD_PRODUCT, what, ON(ADD), "a product goes in"),
    PLAIN(ScenarioEvent, "remove", FIELD_PRODUCT, what, ON(REMOVE), "a product comes out"),
    {"both", FIELD_TWO_HANDS, 0, 0, 0, 0, NULL, NULL, ON(BOTH),
     "two events at once, a hand each: add, remove, reach, hover, press, put or take"},
    {"reach", FIELD_DO, 0, 0, 0, 0, NULL, NULL, ON(REACH), "a hand goes in and comes out empty"},
    PLAIN(
        ScenarioEvent,
        "hover",
        FIELD_PRODUCT,
        what,
        ON(HOVER),
        "a product is held over the basket and taken away again"),
    WHOLE(
        ScenarioEvent,
        "shift",
        amount,
        1,
        400,
        ON(SHIFT),
        "times that something inside is moved about"),
    WORD(
        ScenarioEvent,
        "press",
        word,
        presses,
        ON(PRESS),
        "a hand rests on the basket's edge, or the shopper leans on the handle"),
    WORD(ScenarioEvent, "put", word, scenario_things, ON(PUT), "a thing that no catalogue has"),
    WORD(ScenarioEvent, "take", word, scenario_things, ON(TAKE), "that thing is taken away"),
    PLAIN(ScenarioEvent, "scan", FIELD_PRODUCT, what, ON(SCAN), "the scanner reads a code"),
    NUMBER(ScenarioEvent, "wait", amount, 0, 600, ON(WAIT), "seconds in which nobody acts"),
    NUMBER(
        ScenarioEvent,
        "roll",
        amount,
        0.05,
        2.5,
        ON(ROLL),
        "the cart is pushed at this speed, m/s; the next events happen meanwhile"),
    {"brake", FIELD_DO, 0, 0, 0, 0, NULL, NULL, ON(BRAKE), "the cart is stopped hard"},
    NUMBER(
        ScenarioEvent,
        "ramp",
        amount,
        -10,
        10,
        ON(RAMP),
        "degrees that the floor rises ahead; the next events happen meanwhile"),
    WORD(ScenarioEvent, "camera", word, cameras, ON(CAMERA), "a camera fails: say `is`"),
    WORD(ScenarioEvent, "cell", word, cells, ON(CELL), "a load cell fails: say `is`"),
    WORD(ScenarioEvent, "scanner", is, scanner_faults, ON(SCANNER), "the scanner fails"),
    NUMBER(ScenarioEvent, "clock", amount, -60, 60, ON(CLOCK), "the scale's clock jumps, seconds"),
    END};

const Field detail_fields[] = {
    WHOLE(ScenarioEvent, "count", count, 1, ADD_COUNT_MAX, ON(ADD), "that many of the same"),
    PLAIN(
        ScenarioEvent,
        "together",
        FIELD_FLAG,
        together,
        ON(ADD),
        "all in one hand; left out: by chance"),
    PLAIN(ScenarioEvent, "scan", FIELD_FLAG, scan, ON(ADD), "the scanner reads it first"),
    PLAIN(
        ScenarioEvent,
        "scan_instead",
        FIELD_PRODUCT,
        scan_instead,
        ON(ADD),
        "the scanner reads another product's code: a switched tag"),
    PLAIN(ScenarioEvent, "weigh", FIELD_FLAG, weigh, ON(ADD), "a bag of loose pieces"),
    WHOLE(ScenarioEvent, "pieces", pieces, 2, 8, ON(ADD), "in that bag; left out: 3 to 8"),
    WORD(
        ScenarioEvent,
        "how",
        how,
        manners,
        ON(ADD) | ON(REMOVE) | ON(PUT),
        "calmly; slowly; thrown; slid down along the wall"),
    NUMBER(
        ScenarioEvent,
        "hover_s",
        hover_s,
        0,
        60,
        ON(ADD) | ON(REMOVE),
        "seconds that it is held over its place"),
    WORD(
        ScenarioEvent,
        "on",
        on,
        places,
        ON(ADD) | ON(REMOVE),
        "top: laid upon another, or taken off it; under: put beneath, or pulled from beneath"),
    NUMBER(
        ScenarioEvent,
        "weight_off",
        weight_off,
        -0.5,
        0.5,
        ON(ADD),
        "how much heavier than the catalogue says, as a share: 0.15 is 15 %"),
    PLAIN(
        ScenarioEvent,
        "repackaged",
        FIELD_FLAG,
        repackaged,
        ON(ADD),
        "the known product in a packaging the cart has never seen"),
    WORD(
        ScenarioEvent,
        "theft",
        theft,
        scenario_thefts,
        ON(ADD),
        "under_bag: laid under the basket; cover: hidden behind `with`; stack: `count` go in, one "
        "is scanned; swap: put in as `with` comes out"),
    PLAIN(ScenarioEvent, "with", FIELD_PRODUCT, with, ON(ADD), "the other product of a theft"),
    NUMBER(
        ScenarioEvent, "for_s", for_s, 0, 600, TIMED, "seconds; left out: to the end of the story"),
    NUMBER(ScenarioEvent, "force_n", force_n, 0.1, 400, ON(PRESS), "newton, downwards"),
    NUMBER(ScenarioEvent, "roll_deg", roll_deg, -10, 10, ON(RAMP), "degrees to the side"),
    WORD(ScenarioEvent, "is", is, camera_faults, ON(CAMERA), "what the camera does"),
    WORD(ScenarioEvent, "is", is, cell_faults, ON(CELL), "what the cell does"),
    END};
