#include "scenario.h"
#include "test.h"

#include <string.h>

static Status parse(const char *text, Scenario *out) {
    return scenario_parse("story.yaml", (const uint8_t *)text, strlen(text), out);
}

static void a_story_is_read_as_written(void) {
    Scenario story;
    CHECK(
        parse(
            "name: mixed\nabout: a bit of everything\npause_s: [0.5, 2]\nevents:\n"
            "  - add: any\n  - add: cola\n    count: 2\n    together: true\n"
            "  - remove: any\n  - add: {category: produce}\n    weigh: true\n    pieces: 5\n"
            "  - add: any\n    scan: yes\n  - reach: true\n  - wait: 1.5\n",
            &story) == OK);
    CHECK(strcmp(story.name, "mixed") == 0 && story.count == 7);
    CHECK(story.pause_min_s == 0.5 && story.pause_max_s == 2);
    CHECK(story.event[0].action == SCENARIO_ADD && story.event[0].what.kind == SELECT_ANY);
    CHECK(story.event[0].count == 1 && story.event[0].together == CHANCE_MAYBE);
    CHECK(story.event[1].what.kind == SELECT_WORD && story.event[1].count == 2);
    CHECK(strcmp(story.event[1].what.text, "cola") == 0 && story.event[1].line == 6);
    CHECK(story.event[1].together == CHANCE_YES && story.event[2].action == SCENARIO_REMOVE);
    CHECK(story.event[3].what.kind == SELECT_CATEGORY && story.event[3].weigh);
    CHECK(story.event[3].pieces == 5 && strcmp(story.event[3].what.text, "produce") == 0);
    CHECK(story.event[4].scan == 1 && story.event[5].action == SCENARIO_REACH);
    CHECK(story.event[6].action == SCENARIO_WAIT && story.event[6].wait_s == 1.5);
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
        {"name: a\nevents:\n  - add: any\n    count: 0\n", "story.yaml:4: count: must be a number"},
        {"name: a\nevents:\n  - add: any\n    count: 1.5\n", "whole number"},
        {"name: a\nevents:\n  - add: any\n    count: 2\n    weigh: true\n", "one bag"},
        {"name: a\nevents:\n  - add: any\n    pieces: 3\n", "only with weigh"},
        {"name: a\nevents:\n  - add: any\n    colour: red\n", "story.yaml:4: colour: not known"},
        {"name: a\nevents:\n  - remove: any\n    scan: true\n", "only an add"},
        {"name: a\nevents:\n  - add: {colour: red}\n", "colour: products are chosen by"},
        {"name: a\nevents:\n  - add: [a]\n", "add: must be any"},
        {"name: a\nevents:\n  - add:\n", "add: must be a word"},
        {"name: a\nevents:\n  - reach: maybe\n", "true or false"},
        {"name: a\nevents:\n  - wait: nan\n", "wait: must be a number"},
        {"name: a\npause_s: [3, 1]\nevents: []\n", "less than the least"},
        {"name: a\npause_s: 3\nevents: []\n", "pause_s: must be"},
        {"name: a\ncolour: 3\nevents: []\n", "colour: not known"},
        {"name: [a]\nevents: []\n", "name: must be a word"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Scenario story = {.count = 77};
        CHECK(parse(rows[i].text, &story) == E_INVALID && story.count == 77);
        CHECK(strstr(fail_reason(), "story.yaml"));
        const int says = strstr(fail_reason(), rows[i].says) != NULL;
        if (!says) printf("# row %zu: %s\n", i, fail_reason());
        CHECK(says);
    }
}

static void long_words_and_many_events_are_refused(void) {
    static char text[8192];
    Scenario story;
    snprintf(text, sizeof text, "name: %0200d\nevents: []\n", 7);
    CHECK(parse(text, &story) == E_INVALID && strstr(fail_reason(), "name: longer than"));
    int used = snprintf(text, sizeof text, "name: a\nevents:\n");
    for (int i = 0; i < SCENARIO_EVENTS_MAX; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "  - add: any\n");
    CHECK(parse(text, &story) == OK && story.count == SCENARIO_EVENTS_MAX);
    snprintf(text + used, sizeof text - (size_t)used, "  - add: any\n");
    CHECK(parse(text, &story) == E_INVALID && strstr(fail_reason(), "more than 64 events"));
}

int main(void) {
    RUN(a_story_is_read_as_written);
    RUN(a_bad_story_is_refused_with_file_line_and_field);
    RUN(long_words_and_many_events_are_refused);
    return DONE();
}
