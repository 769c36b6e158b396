#include "scenario.h"

#include "yaml.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static Status read_text(const Yaml *yaml, const YamlNode *node, char *out, size_t size) {
    if (node->kind != YAML_SCALAR || !node->text[0]) return yaml_fail(yaml, node, "must be a word");
    const size_t length = strlen(node->text);
    if (length >= size) return yaml_fail(yaml, node, "longer than %zu bytes", size - 1);
    memcpy(out, node->text, length + 1);
    return OK;
}

static Status
read_number(const Yaml *yaml, const YamlNode *node, double min, double max, double *out) {
    char *end = NULL;
    const double value = node->kind == YAML_SCALAR ? strtod(node->text, &end) : 0;
    if (!end || end == node->text || *end || !(value >= min && value <= max))
        return yaml_fail(yaml, node, "must be a number from %g to %g", min, max);
    *out = value;
    return OK;
}

static Status read_whole(const Yaml *yaml, const YamlNode *node, int min, int max, int *out) {
    double value = 0;
    TRY(read_number(yaml, node, min, max, &value));
    if (value != floor(value)) return yaml_fail(yaml, node, "must be a whole number");
    *out = (int)value;
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

static Status read_selector(const Yaml *yaml, const YamlNode *node, Selector *out) {
    static const char *const kinds[] = {"", "", "product", "gtin", "category", "variant_group"};
    if (node->kind == YAML_SCALAR) {
        TRY(read_text(yaml, node, out->text, sizeof out->text));
        out->kind = strcmp(out->text, "any") == 0 ? SELECT_ANY : SELECT_WORD;
        return OK;
    }
    if (node->kind != YAML_MAP || node->count != 1)
        return yaml_fail(
            yaml, node,
            "must be any, a product, or one of {product: }, {gtin: }, {category: }, "
            "{variant_group: }");
    for (int kind = SELECT_PRODUCT; kind <= SELECT_VARIANT_GROUP; kind++) {
        if (strcmp(node->first->key, kinds[kind]) != 0) continue;
        out->kind = (SelectorKind)kind;
        return read_text(yaml, node->first, out->text, sizeof out->text);
    }
    return yaml_fail(
        yaml, node->first, "products are chosen by product, gtin, category or variant_group");
}

static Status read_action(const Yaml *yaml, const YamlNode *node, ScenarioEvent *out, bool *known) {
    *known = true;
    if (strcmp(node->key, "add") == 0) {
        out->action = SCENARIO_ADD;
        return read_selector(yaml, node, &out->what);
    }
    if (strcmp(node->key, "remove") == 0) {
        out->action = SCENARIO_REMOVE;
        return read_selector(yaml, node, &out->what);
    }
    if (strcmp(node->key, "reach") == 0) {
        int yes = 0;
        out->action = SCENARIO_REACH;
        TRY(read_flag(yaml, node, &yes));
        return yes ? OK : yaml_fail(yaml, node, "is either true or left out");
    }
    if (strcmp(node->key, "wait") == 0) {
        out->action = SCENARIO_WAIT;
        return read_number(yaml, node, 0, 600, &out->wait_s);
    }
    *known = false;
    return OK;
}

static Status read_detail(const Yaml *yaml, const YamlNode *node, ScenarioEvent *out) {
    if (out->action != SCENARIO_ADD)
        return yaml_fail(yaml, node, "only an add can have this; or not known at all");
    if (strcmp(node->key, "count") == 0)
        return read_whole(yaml, node, 1, ADD_COUNT_MAX, &out->count);
    if (strcmp(node->key, "pieces") == 0) return read_whole(yaml, node, 2, 8, &out->pieces);
    if (strcmp(node->key, "scan") == 0) return read_flag(yaml, node, &out->scan);
    if (strcmp(node->key, "weigh") == 0) return read_flag(yaml, node, &out->weigh);
    if (strcmp(node->key, "together") == 0) {
        int yes = 0;
        TRY(read_flag(yaml, node, &yes));
        out->together = yes ? CHANCE_YES : CHANCE_NO;
        return OK;
    }
    return yaml_fail(yaml, node, "not known here: count, together, scan, weigh, pieces");
}

static Status read_event(const Yaml *yaml, const YamlNode *node, ScenarioEvent *out) {
    ScenarioEvent event = {.line = node->line, .count = 1, .together = CHANCE_MAYBE};
    if (node->kind != YAML_MAP)
        return yaml_fail(yaml, node, "an event is add, remove, reach or wait, with a colon");
    int actions = 0;
    for (const YamlNode *field = node->first; field; field = field->next) {
        bool known = false;
        TRY(read_action(yaml, field, &event, &known));
        actions += known;
    }
    if (actions != 1)
        return yaml_fail(yaml, node, "an event has exactly one of add, remove, reach, wait");
    for (const YamlNode *field = node->first; field; field = field->next) {
        bool known = false;
        ScenarioEvent ignored = {0};
        TRY(read_action(yaml, field, &ignored, &known));
        if (!known) TRY(read_detail(yaml, field, &event));
    }
    if (event.pieces && !event.weigh)
        return yaml_fail(yaml, yaml_get(node, "pieces"), "only with weigh: true");
    if (event.count > 1 && event.weigh)
        return yaml_fail(yaml, yaml_get(node, "count"), "a weighed add is one bag; use pieces");
    *out = event;
    return OK;
}

static Status read_pause(const Yaml *yaml, const YamlNode *node, Scenario *out) {
    if (node->kind != YAML_LIST || node->count != 2)
        return yaml_fail(yaml, node, "must be [least, most] seconds");
    TRY(read_number(yaml, node->first, 0, 600, &out->pause_min_s));
    TRY(read_number(yaml, node->first->next, 0, 600, &out->pause_max_s));
    if (out->pause_max_s < out->pause_min_s)
        return yaml_fail(yaml, node, "the most is less than the least");
    return OK;
}

static Status read_events(const Yaml *yaml, const YamlNode *node, Scenario *out) {
    if (node->kind != YAML_LIST) return yaml_fail(yaml, node, "must be a list, one line a \"-\"");
    if (node->count > SCENARIO_EVENTS_MAX)
        return yaml_fail(yaml, node, "more than %d events", SCENARIO_EVENTS_MAX);
    for (const YamlNode *event = node->first; event; event = event->next)
        TRY(read_event(yaml, event, &out->event[out->count++]));
    return OK;
}

static Status read_scenario(const Yaml *yaml, Scenario *out) {
    if (yaml->root->kind != YAML_MAP)
        return yaml_fail(yaml, yaml->root, "a scenario starts with name: and events:");
    for (const YamlNode *field = yaml->root->first; field; field = field->next) {
        if (strcmp(field->key, "name") == 0) {
            TRY(read_text(yaml, field, out->name, sizeof out->name));
        } else if (strcmp(field->key, "pause_s") == 0) {
            TRY(read_pause(yaml, field, out));
        } else if (strcmp(field->key, "events") == 0) {
            TRY(read_events(yaml, field, out));
        } else if (strcmp(field->key, "about") != 0) {
            return yaml_fail(yaml, field, "not known here: name, about, pause_s, events");
        }
    }
    if (!out->name[0]) return yaml_fail(yaml, yaml->root, "name: missing");
    if (!yaml_get(yaml->root, "events")) return yaml_fail(yaml, yaml->root, "events: missing");
    return OK;
}

Status scenario_parse(const char *name, const uint8_t *bytes, size_t size, Scenario *out) {
    Yaml yaml;
    TRY(yaml_parse(&yaml, name, bytes, size));
    Scenario scenario = {.pause_min_s = 1, .pause_max_s = 3};
    const Status status = read_scenario(&yaml, &scenario);
    yaml_finish(&yaml);
    if (status == OK) *out = scenario;
    return status;
}
