/* Any bytes as a story: refused with file and line, or within the bounds that the twin counts on.
 */
#include "scenario.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_range(Range range, double min, double max) {
    return range.least >= min && range.least <= range.most && range.most <= max;
}

static void check_products(const Selectors *products, bool needed) {
    if (products->count < needed || products->count > SELECTORS_MAX) abort();
    for (int i = 0; i < products->count; i++)
        if (!products->at[i].text[0] || !memchr(products->at[i].text, '\0', SELECTOR_BYTES))
            abort();
}

static void check_event(const Scenario *scenario, int i) {
    const ScenarioEvent *event = &scenario->event[i];
    if (event->action >= SCENARIO_ACTIONS || event->action == SCENARIO_BOTH) abort();
    if (event->beside && (i == 0 || scenario->event[i - 1].beside)) abort();
    if (!is_range(event->count, 1, ADD_COUNT_MAX)) abort();
    if (event->action == SCENARIO_WAIT && !is_range(event->amount, 0, 600)) abort();
    if (event->action == SCENARIO_SHIFT && !is_range(event->amount, 1, 400)) abort();
    if (event->action == SCENARIO_CELL && (!event->word || !event->is)) abort();
    const bool names = event->action == SCENARIO_ADD || event->action == SCENARIO_REMOVE ||
                       event->action == SCENARIO_HOVER || event->action == SCENARIO_SCAN;
    check_products(&event->what, names);
    check_products(&event->with, event->theft & (1u << THEFT_COVER | 1u << THEFT_SWAP));
    check_products(&event->scan_instead, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static Scenario scenario;
    if (scenario_parse("story.yaml", data, size, &scenario) != OK) {
        if (strncmp(fail_reason(), "story.yaml", 10) != 0 || strchr(fail_reason(), '\n')) abort();
        return 0;
    }
    if (scenario.count < 0 || scenario.count > SCENARIO_EVENTS_MAX) abort();
    if (!is_range(scenario.pause_s, 0, 600)) abort();
    for (int i = 0; i < scenario.count; i++)
        check_event(&scenario, i);
    char text[512];
    const int length = scenario_expect_text(&scenario.expect, text, sizeof text);
    if (length < 2 || (size_t)length >= sizeof text || strlen(text) != (size_t)length) abort();
    return 0;
}
