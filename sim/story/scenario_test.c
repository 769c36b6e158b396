#include "fields.h"
#include "test.h"

#include <string.h>

static Status parse(const char *text, Scenario *out) {
    return scenario_parse("story.yaml", (const uint8_t *)text, strlen(text), out);
}

static bool is(Range range, double least, double most) {
    return range.least == least && range.most == most;
}

static void a_story_is_read_as_written(void) {
    static Scenario story;
    CHECK(
        parse(
            "name: mixed\nabout: a bit of everything\npause_s: [0.5, 2]\nevents:\n"
            "  - add: any\n  - add: cola\n    count: 2\n    together: true\n"
            "  - remove: any\n  - add: {category: produce}\n    weigh: true\n    pieces: 5\n"
            "  - add: [tuna, {variant_group: crisps_150}]\n    scan: yes\n  - reach: true\n"
            "  - wait: 1.5\n",
            &story) == OK);
    CHECK(strcmp(story.name, "mixed") == 0 && story.count == 7);
    CHECK(is(story.pause_s, 0.5, 2) && strcmp(story.about, "a bit of everything") == 0);
    const ScenarioEvent *event = story.event;
    CHECK(event[0].action == SCENARIO_ADD && event[0].what.at[0].kind == SELECT_ANY);
    CHECK(is(event[0].count, 1, 1) && event[0].together == CHANCE_MAYBE);
    CHECK(event[1].what.at[0].kind == SELECT_WORD && is(event[1].count, 2, 2));
    CHECK(strcmp(event[1].what.at[0].text, "cola") == 0 && event[1].line == 6);
    CHECK(event[1].together == CHANCE_YES && event[2].action == SCENARIO_REMOVE);
    CHECK(event[3].what.at[0].kind == SELECT_CATEGORY && event[3].weigh);
    CHECK(is(event[3].pieces, 5, 5) && strcmp(event[3].what.at[0].text, "produce") == 0);
    CHECK(event[4].what.count == 2 && event[4].what.at[1].kind == SELECT_VARIANT_GROUP);
    CHECK(event[4].scan == 1 && event[5].action == SCENARIO_REACH);
    CHECK(event[6].action == SCENARIO_WAIT && is(event[6].amount, 1.5, 1.5));
}

static void ranges_and_lists_of_words_leave_it_to_chance(void) {
    static Scenario story;
    CHECK(
        parse(
            "name: a\nshop: {light: [dim, flicker], floor: joints, temperature_c: [2, 22]}\n"
            "events:\n  - camera: [left, right]\n    is: frozen\n    for_s: [2, 4]\n"
            "  - cell: all\n    is: [stuck, nan]\n  - clock: [-2, 3]\n"
            "expect: {basket: right, items: 0, questions: [0, 1], faults: [camera, scale]}\n",
            &story) == OK);
    CHECK(story.shop.light == (1u << SHOP_DIM | 1u << SHOP_FLICKER));
    CHECK(story.shop.floor == 1u << SHOP_JOINTS && is(story.shop.temperature_c, 2, 22));
    CHECK(story.event[0].word == 3 && story.event[0].is == 4 && is(story.event[0].for_s, 2, 4));
    CHECK(story.event[1].word == 16 && story.event[1].is == 5 && story.event[1].for_s.least < 0);
    CHECK(is(story.event[2].amount, -2, 3));
    char text[200];
    CHECK(
        scenario_expect_text(&story.expect, text, sizeof text) == (int)strlen(text) &&
        strcmp(
            text, "{\"basket\":[\"right\"],\"items\":[0,0],\"questions\":[0,1],"
                  "\"faults\":[\"camera\",\"scale\"]}") == 0);
    char brief[8];
    CHECK(scenario_expect_text(&story.expect, brief, sizeof brief) == (int)strlen(text));
    CHECK(strcmp(brief, "{\"baske") == 0);
}

static void both_is_two_events_the_second_beside_the_first(void) {
    static Scenario story;
    CHECK(
        parse(
            "name: a\nevents:\n  - add: tuna\n  - both:\n      - add: tuna\n        count: 2\n"
            "      - remove: any\n  - wait: 1\n",
            &story) == OK);
    CHECK(story.count == 4 && !story.event[0].beside && !story.event[1].beside);
    CHECK(story.event[2].beside && story.event[2].action == SCENARIO_REMOVE);
    CHECK(!story.event[3].beside && is(story.event[1].count, 2, 2));
}

static void a_bad_story_is_refused_with_file_line_and_field(void) {
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "name: missing"},
        {"name: a\n", "events: missing"},
        {"- a\n", "starts with name"},
        {"name: a\nevents: 3\n", "story.yaml:2: events: must be a list"},
        {"name: a\nevents:\n  - jump: any\n", "story.yaml:3:"},
        {"name: a\nevents:\n  - any\n", "an event is"},
        {"name: a\nevents:\n  - add: any\n    remove: any\n", "exactly one"},
        {"name: a\nevents:\n  - add: any\n    count: 0\n",
         "story.yaml:4: count: must be a whole number from 1 to 6"},
        {"name: a\nevents:\n  - add: any\n    count: 1.5\n", "whole number"},
        {"name: a\nevents:\n  - add: any\n    count: [2, 1]\n", "less than the least"},
        {"name: a\nevents:\n  - add: any\n    count: [2]\n", "count: a range is [least, most]"},
        {"name: a\nevents:\n  - add: any\n    count: 2\n    weigh: true\n", "one bag"},
        {"name: a\nevents:\n  - add: any\n    pieces: 3\n", "only with weigh"},
        {"name: a\nevents:\n  - add: any\n    colour: red\n",
         "story.yaml:4: colour: not known here: count"},
        {"name: a\nevents:\n  - remove: any\n    count: 2\n", "count: not known here: how"},
        {"name: a\nevents:\n  - add: {colour: red}\n", "colour: products are chosen by"},
        {"name: a\nevents:\n  - add: []\n", "add: a choice has 1 to 6 products"},
        {"name: a\nevents:\n  - add:\n", "add: must be a word"},
        {"name: a\nevents:\n  - add: any\n    how: gently\n", "how: must be one of: calmly"},
        {"name: a\nevents:\n  - add: any\n    how: []\n", "how: must be one of: calmly"},
        {"name: a\nevents:\n  - add: any\n    theft: cover\n", "theft: needs with"},
        {"name: a\nevents:\n  - add: any\n    with: cola\n", "with: only with theft"},
        {"name: a\nevents:\n  - add: any\n    theft: stack\n", "a stack needs count"},
        {"name: a\nevents:\n  - add: any\n    scan: true\n    scan_instead: cola\n",
         "scan_instead: not together with scan"},
        {"name: a\nevents:\n  - camera: left\n", "story.yaml:3: camera: needs is: beside it"},
        {"name: a\nevents:\n  - cell: 4\n    is: stuck\n", "cell: must be one of: 0, 1"},
        {"name: a\nevents:\n  - camera: left\n    is: stuck\n", "is: must be one of: smeared"},
        {"name: a\nevents:\n  - both: [{add: any}]\n", "both: must be a list of two"},
        {"name: a\nevents:\n  - both: [{add: any}, {wait: 1}]\n", "what a hand does"},
        {"name: a\nevents:\n  - both: [{both: [{add: a}, {add: b}]}, {add: any}]\n", "two hands"},
        {"name: a\nevents:\n  - reach: maybe\n", "true or false"},
        {"name: a\nevents:\n  - wait: nan\n", "wait: must be a number"},
        {"name: a\npause_s: [3, 1]\nevents: []\n", "less than the least"},
        {"name: a\nshop: dark\nevents: []\n", "story.yaml:2: shop: must be a map"},
        {"name: a\nshop: {light: dark}\nevents: []\n", "light: must be one of: normal"},
        {"name: a\ncolour: 3\nevents: []\n", "colour: not known here: name, about"},
        {"name: [a]\nevents: []\n", "name: must be a word"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static Scenario story;
        story.count = 77;
        CHECK(parse(rows[i].text, &story) == E_INVALID && story.count == 77);
        CHECK(strstr(fail_reason(), "story.yaml"));
        const int says = strstr(fail_reason(), rows[i].says) != NULL;
        if (!says) printf("# row %zu: %s\n", i, fail_reason());
        CHECK(says);
    }
}

static void long_words_and_many_events_are_refused(void) {
    static char text[8192];
    static Scenario story;
    snprintf(text, sizeof text, "name: %0200d\nevents: []\n", 7);
    CHECK(parse(text, &story) == E_INVALID && strstr(fail_reason(), "name: longer than"));
    int used = snprintf(text, sizeof text, "name: a\nevents:\n");
    for (int i = 0; i < SCENARIO_EVENTS_MAX; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "  - add: any\n");
    CHECK(parse(text, &story) == OK && story.count == SCENARIO_EVENTS_MAX);
    snprintf(text + used, sizeof text - (size_t)used, "  - add: any\n");
    CHECK(parse(text, &story) == E_INVALID && strstr(fail_reason(), "more than 64 events"));
}

/* One row a field: each has a name, a meaning, and what may stand there. */
static void every_field_can_be_described(void) {
    int rows = 0;
    for (int a = 0; a < SCENARIO_ACTIONS; a++, rows++) {
        CHECK(strcmp(action_fields[a].name, scenario_actions[a]) == 0);
        CHECK(action_fields[a].actions == 1u << a && action_fields[a].help[0]);
    }
    CHECK(action_fields[SCENARIO_ACTIONS].type == FIELD_END);
    for (const Field *row = detail_fields; row->type != FIELD_END; row++, rows++)
        CHECK(row->help[0] && row->actions && (row->type != FIELD_WORD || row->words[0]));
    CHECK(rows > 30);
}

int main(void) {
    RUN(a_story_is_read_as_written);
    RUN(ranges_and_lists_of_words_leave_it_to_chance);
    RUN(both_is_two_events_the_second_beside_the_first);
    RUN(a_bad_story_is_refused_with_file_line_and_field);
    RUN(long_words_and_many_events_are_refused);
    RUN(every_field_can_be_described);
    return DONE();
}
