#include "scenario.h"

#include "fields.h"
#include "yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Range NOT_GIVEN = {-1, -1};

/* -- one value ----------------------------------------------------------------------------- */

static Status read_text(const Yaml *yaml, const YamlNode *node, char *out, size_t size) {
    if (node->kind != YAML_SCALAR || !node->text[0]) return yaml_fail(yaml, node, "must be a word");
    const size_t length = strlen(node->text);
    if (length >= size) return yaml_fail(yaml, node, "longer than %zu bytes", size - 1);
    memcpy(out, node->text, length + 1);
    return OK;
}

/* `field` is what an error names; the number itself may stand in a list below it. */
static Status read_number(
    const Yaml *yaml, const YamlNode *field, const YamlNode *node, const Field *row, double *out) {
    const bool whole = row->type == FIELD_WHOLE;
    char *end = NULL;
    const double value = node->kind == YAML_SCALAR ? strtod(node->text, &end) : 0;
    if (!end || end == node->text || *end || !(value >= row->min && value <= row->max))
        return yaml_fail(
            yaml, field, "must be a %snumber from %g to %g, or [least, most]",
            whole ? "whole " : "", row->min, row->max);
    if (whole && value != floor(value)) return yaml_fail(yaml, field, "must be a whole number");
    *out = value;
    return OK;
}

static Status read_range(const Yaml *yaml, const YamlNode *node, const Field *row, Range *out) {
    Range range;
    if (node->kind != YAML_LIST) {
        TRY(read_number(yaml, node, node, row, &range.least));
        *out = (Range){range.least, range.least};
        return OK;
    }
    if (node->count != 2) return yaml_fail(yaml, node, "a range is [least, most]");
    TRY(read_number(yaml, node, node->first, row, &range.least));
    TRY(read_number(yaml, node, node->first->next, row, &range.most));
    if (range.most < range.least) return yaml_fail(yaml, node, "the most is less than the least");
    *out = range;
    return OK;
}

static Status read_flag(const Yaml *yaml, const YamlNode *node, int *out) {
    const char *text = node->kind == YAML_SCALAR ? node->text : "";
    const int yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
    if (!yes && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
        return yaml_fail(yaml, node, "must be true or false");
    *out = yes;
    return OK;
}

static Status refuse_word(const Yaml *yaml, const YamlNode *field, const Field *row) {
    char known[200] = "";
    for (int i = 0; row->words[i]; i++) {
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", row->words[i]);
    }
    return yaml_fail(yaml, field, "must be one of: %s", known);
}

static Status add_word(
    const Yaml *yaml,
    const YamlNode *field,
    const YamlNode *node,
    const Field *row,
    uint32_t *mask) {
    for (int i = 0; row->words[i] && node->kind == YAML_SCALAR; i++) {
        if (strcmp(node->text, row->words[i]) != 0) continue;
        *mask |= 1u << i;
        return OK;
    }
    return refuse_word(yaml, field, row);
}

static Status read_words(const Yaml *yaml, const YamlNode *node, const Field *row, uint32_t *out) {
    uint32_t mask = 0;
    if (node->kind != YAML_LIST) {
        TRY(add_word(yaml, node, node, row, &mask));
    } else {
        for (const YamlNode *word = node->first; word; word = word->next)
            TRY(add_word(yaml, node, word, row, &mask));
        if (mask == 0) return refuse_word(yaml, node, row);
    }
    *out = mask;
    return OK;
}

static Status
read_selector(const Yaml *yaml, const YamlNode *field, const YamlNode *node, Selector *out) {
    static const char *const kinds[] = {"", "", "product", "gtin", "category", "variant_group"};
    if (node->kind == YAML_SCALAR) {
        if (!node->text[0] || strlen(node->text) >= sizeof out->text)
            return yaml_fail(yaml, field, "must be a word of at most %d bytes", SELECTOR_BYTES - 1);
        memcpy(out->text, node->text, strlen(node->text) + 1);
        out->kind = strcmp(out->text, "any") == 0 ? SELECT_ANY : SELECT_WORD;
        return OK;
    }
    if (node->kind != YAML_MAP || node->count != 1)
        return yaml_fail(
            yaml, field,
            "must be any, a product, one of {product: }, {gtin: }, {category: }, {variant_group: "
            "}, or a list of these");
    for (int kind = SELECT_PRODUCT; kind <= SELECT_VARIANT_GROUP; kind++) {
        if (strcmp(node->first->key, kinds[kind]) != 0) continue;
        out->kind = (SelectorKind)kind;
        return read_text(yaml, node->first, out->text, sizeof out->text);
    }
    return yaml_fail(
        yaml, node->first, "products are chosen by product, gtin, category or variant_group");
}

static Status read_selectors(const Yaml *yaml, const YamlNode *node, Selectors *out) {
    Selectors all = {0};
    if (node->kind != YAML_LIST) {
        TRY(read_selector(yaml, node, node, &all.at[0]));
        all.count = 1;
    } else {
        if (node->count < 1 || node->count > SELECTORS_MAX)
            return yaml_fail(yaml, node, "a choice has 1 to %d products", SELECTORS_MAX);
        for (const YamlNode *one = node->first; one; one = one->next)
            TRY(read_selector(yaml, node, one, &all.at[all.count++]));
    }
    *out = all;
    return OK;
}

/* -- tables -------------------------------------------------------------------------------- */

static Status read_rows(const Yaml *yaml, const YamlNode *map, const Field *rows, void *out);
static Status read_events(const Yaml *yaml, const YamlNode *list, Scenario *out);

static Status read_field(const Yaml *yaml, const YamlNode *node, const Field *row, void *base) {
    void *out = (char *)base + row->offset;
    int yes = 0;
    switch (row->type) {
    case FIELD_TEXT:
        return read_text(yaml, node, out, row->size);
    case FIELD_NUMBER:
    case FIELD_WHOLE:
        return read_range(yaml, node, row, out);
    case FIELD_FLAG:
        return read_flag(yaml, node, out);
    case FIELD_WORD:
        return read_words(yaml, node, row, out);
    case FIELD_PRODUCT:
        return read_selectors(yaml, node, out);
    case FIELD_DO:
        TRY(read_flag(yaml, node, &yes));
        return yes ? OK : yaml_fail(yaml, node, "is either true or left out");
    case FIELD_SECTION:
        return read_rows(yaml, node, row->rows, out);
    case FIELD_EVENTS:
        return read_events(yaml, node, base);
    case FIELD_TWO_HANDS:
    case FIELD_END:
        break;
    }
    return OK;
}

/* What could stand here, in one line. */
static Status refuse_field(const Yaml *yaml, const YamlNode *node, const Field *rows, uint32_t of) {
    char known[300] = "";
    for (; rows->type != FIELD_END; rows++) {
        const size_t used = strlen(known);
        if (of && !(rows->actions & of)) continue;
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", rows->name);
    }
    return yaml_fail(yaml, node, "not known here%s%s", known[0] ? ": " : "", known);
}

static Status read_rows(const Yaml *yaml, const YamlNode *map, const Field *rows, void *out) {
    if (map->kind != YAML_MAP) return yaml_fail(yaml, map, "must be a map of names and values");
    for (const YamlNode *node = map->first; node; node = node->next) {
        const Field *row = rows;
        while (row->type != FIELD_END && strcmp(row->name, node->key) != 0)
            row++;
        if (row->type == FIELD_END) return refuse_field(yaml, node, rows, 0);
        TRY(read_field(yaml, node, row, out));
    }
    return OK;
}

/* -- events -------------------------------------------------------------------------------- */

/* `scan: true` beside an add is a detail, `scan: PRODUCT` alone an action. */
static const YamlNode *find_action(const YamlNode *map, ScenarioAction *action, int *found) {
    const YamlNode *first = NULL;
    for (int a = 0; a < SCENARIO_ACTIONS; a++) {
        const YamlNode *node = yaml_get(map, action_fields[a].name);
        if (!node || (a == SCENARIO_SCAN && first)) continue;
        first = node;
        *action = (ScenarioAction)a;
        ++*found;
    }
    return first;
}

static const Field *detail_of(const char *key, ScenarioAction action) {
    const Field *row = detail_fields;
    while (row->type != FIELD_END &&
           (strcmp(row->name, key) != 0 || !(row->actions & (1u << action))))
        row++;
    return row;
}

static Status check_add(const Yaml *yaml, const YamlNode *node, const ScenarioEvent *event) {
    const bool needs_other = event->theft & (1u << THEFT_COVER | 1u << THEFT_SWAP);
    if (event->pieces.least > 0 && !event->weigh)
        return yaml_fail(yaml, yaml_get(node, "pieces"), "only with weigh: true");
    if (event->count.most > 1 && event->weigh)
        return yaml_fail(yaml, yaml_get(node, "count"), "a weighed add is one bag; use pieces");
    if (needs_other && event->with.count == 0)
        return yaml_fail(yaml, yaml_get(node, "theft"), "needs with: PRODUCT beside it");
    if (event->with.count > 0 && !needs_other)
        return yaml_fail(yaml, yaml_get(node, "with"), "only with theft: cover or swap");
    if (event->theft == 1u << THEFT_STACK && event->count.least < 2)
        return yaml_fail(yaml, yaml_get(node, "theft"), "a stack needs count: 2 or more");
    if (event->scan && event->scan_instead.count > 0)
        return yaml_fail(yaml, yaml_get(node, "scan_instead"), "not together with scan");
    return OK;
}

static Status check_event(const Yaml *yaml, const YamlNode *node, const ScenarioEvent *event) {
    if ((event->action == SCENARIO_CAMERA || event->action == SCENARIO_CELL) && event->is == 0)
        return yaml_fail(yaml, node, "%s: needs is: beside it", action_fields[event->action].name);
    return event->action == SCENARIO_ADD ? check_add(yaml, node, event) : OK;
}

static Status read_event(const Yaml *yaml, const YamlNode *node, bool beside, Scenario *out);

static Status read_both(const Yaml *yaml, const YamlNode *node, Scenario *out) {
    if (node->kind != YAML_LIST || node->count != 2)
        return yaml_fail(yaml, node, "must be a list of two events");
    for (const YamlNode *event = node->first; event; event = event->next) {
        if (event->kind == YAML_MAP && yaml_get(event, "both"))
            return yaml_fail(yaml, event, "both: nobody has more than two hands");
        TRY(read_event(yaml, event, event != node->first, out));
    }
    return OK;
}

static bool takes_a_hand(ScenarioAction action) {
    static const uint32_t hands = 1u << SCENARIO_ADD | 1u << SCENARIO_REMOVE |
                                  1u << SCENARIO_REACH | 1u << SCENARIO_HOVER |
                                  1u << SCENARIO_PRESS | 1u << SCENARIO_PUT | 1u << SCENARIO_TAKE;
    return hands & (1u << action);
}

static Status
read_details(const Yaml *yaml, const YamlNode *map, const YamlNode *action, ScenarioEvent *event) {
    for (const YamlNode *node = map->first; node; node = node->next) {
        if (node == action) continue;
        const Field *row = detail_of(node->key, event->action);
        if (row->type == FIELD_END)
            return refuse_field(yaml, node, detail_fields, 1u << event->action);
        TRY(read_field(yaml, node, row, event));
    }
    return OK;
}

static Status read_event(const Yaml *yaml, const YamlNode *node, bool beside, Scenario *out) {
    if (node->kind != YAML_MAP)
        return yaml_fail(yaml, node, "an event is an action with a colon, such as add: any");
    ScenarioEvent event = {
        .line = node->line,
        .beside = beside,
        .count = {1, 1},
        .together = CHANCE_MAYBE,
        .for_s = NOT_GIVEN,
        .force_n = {5, 40},
    };
    int found = 0;
    const YamlNode *action = find_action(node, &event.action, &found);
    if (!action || found != 1) {
        char known[200] = "";
        for (int a = 0; a < SCENARIO_ACTIONS; a++)
            snprintf(
                known + strlen(known), sizeof known - strlen(known), "%s%s", a ? ", " : "",
                action_fields[a].name);
        return yaml_fail(yaml, node, "an event has exactly one of: %s", known);
    }
    if (event.action == SCENARIO_BOTH) {
        if (node->count > 1) return yaml_fail(yaml, node, "both: stands alone");
        return read_both(yaml, action, out);
    }
    TRY(read_field(yaml, action, &action_fields[event.action], &event));
    TRY(read_details(yaml, node, action, &event));
    TRY(check_event(yaml, node, &event));
    if (out->count == SCENARIO_EVENTS_MAX)
        return yaml_fail(yaml, node, "more than %d events", SCENARIO_EVENTS_MAX);
    if (beside && (!takes_a_hand(event.action) || !takes_a_hand(out->event[out->count - 1].action)))
        return yaml_fail(yaml, node, "both: only what a hand does can happen at once");
    out->event[out->count++] = event;
    return OK;
}

static Status read_events(const Yaml *yaml, const YamlNode *list, Scenario *out) {
    if (list->kind != YAML_LIST) return yaml_fail(yaml, list, "must be a list, one line a \"-\"");
    for (const YamlNode *event = list->first; event; event = event->next)
        TRY(read_event(yaml, event, false, out));
    return OK;
}

static Status read_scenario(const Yaml *yaml, Scenario *out) {
    if (yaml->root->kind != YAML_MAP)
        return yaml_fail(yaml, yaml->root, "a scenario starts with name: and events:");
    TRY(read_rows(yaml, yaml->root, scenario_fields, out));
    if (!out->name[0]) return yaml_fail(yaml, yaml->root, "name: missing");
    if (!yaml_get(yaml->root, "events")) return yaml_fail(yaml, yaml->root, "events: missing");
    return OK;
}

Status scenario_parse(const char *name, const uint8_t *bytes, size_t size, Scenario *out) {
    Yaml yaml;
    TRY(yaml_parse(&yaml, name, bytes, size));
    Scenario *scenario = calloc(1, sizeof *scenario);
    if (!scenario) {
        yaml_finish(&yaml);
        return fail(E_NO_MEMORY, "%s: out of memory", name);
    }
    scenario->pause_s = (Range){1, 3};
    scenario->shop.temperature_c = scenario->shop.from_c = (Range){21.5, 21.5};
    scenario->shop.warm_up_min = (Range){20, 20};
    scenario->shop.clutter = NOT_GIVEN;
    scenario->expect.items = scenario->expect.events = scenario->expect.questions = NOT_GIVEN;
    const Status status = read_scenario(&yaml, scenario);
    yaml_finish(&yaml);
    if (status == OK) *out = *scenario;
    free(scenario);
    return status;
}
