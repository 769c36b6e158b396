/* Any bytes as a story: refused with file and line, or within the bounds that the twin counts on.
 */
#include "scenario.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static Scenario scenario;
    if (scenario_parse("story.yaml", data, size, &scenario) != OK) {
        if (strncmp(fail_reason(), "story.yaml", 10) != 0 || strchr(fail_reason(), '\n')) abort();
        return 0;
    }
    if (scenario.count < 0 || scenario.count > SCENARIO_EVENTS_MAX) abort();
    if (!(scenario.pause_min_s >= 0 && scenario.pause_min_s <= scenario.pause_max_s)) abort();
    for (int i = 0; i < scenario.count; i++) {
        const ScenarioEvent *event = &scenario.event[i];
        const bool counts = event->action == SCENARIO_ADD;
        if (counts && (event->count < 1 || event->count > ADD_COUNT_MAX)) abort();
        if (!(event->wait_s >= 0 && event->wait_s < 1e6)) abort();
        if (!memchr(event->what.text, '\0', SELECTOR_BYTES)) abort();
    }
    return 0;
}
