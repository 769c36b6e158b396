/* describe.c - the rows of fields.c as a JSON Schema and as a page's tables. */
#include "fields.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static void print_words(FILE *out, const Field *row) {
    fputs("{\"enum\": [", out);
    for (int i = 0; row->words[i]; i++)
        fprintf(out, "%s\"%s\"", i ? ", " : "", row->words[i]);
    /* YAML takes a bare digit for a number. */
    for (int i = 0; row->words[i]; i++)
        if (isdigit((unsigned char)row->words[i][0])) fprintf(out, ", %s", row->words[i]);
    fputs("]}", out);
}

static void print_shape(FILE *out, const Field *row) {
    const char *number = row->type == FIELD_WHOLE ? "integer" : "number";
    switch (row->type) {
    case FIELD_TEXT:
        fprintf(out, "\"type\": \"string\", \"minLength\": 1, \"maxLength\": %zu", row->size - 1);
        break;
    case FIELD_NUMBER:
    case FIELD_WHOLE:
        fprintf(
            out,
            "\"oneOf\": [{\"type\": \"%s\", \"minimum\": %g, \"maximum\": %g}, {\"type\": "
            "\"array\", \"minItems\": 2, \"maxItems\": 2, \"items\": {\"type\": \"%s\", "
            "\"minimum\": %g, \"maximum\": %g}}]",
            number, row->min, row->max, number, row->min, row->max);
        break;
    case FIELD_FLAG:
        fputs("\"type\": \"boolean\"", out);
        break;
    case FIELD_DO:
        fputs("\"const\": true", out);
        break;
    case FIELD_WORD:
        fputs("\"oneOf\": [", out);
        print_words(out, row);
        fputs(", {\"type\": \"array\", \"minItems\": 1, \"items\": ", out);
        print_words(out, row);
        fputs("}]", out);
        break;
    case FIELD_PRODUCT:
        fputs("\"$ref\": \"#/$defs/products\"", out);
        break;
    case FIELD_EVENTS:
        fprintf(
            out, "\"type\": \"array\", \"maxItems\": %d, \"items\": {\"$ref\": \"#/$defs/event\"}",
            SCENARIO_EVENTS_MAX);
        break;
    case FIELD_TWO_HANDS:
        fputs(
            "\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, \"items\": {\"$ref\": "
            "\"#/$defs/event\"}",
            out);
        break;
    case FIELD_SECTION:
    case FIELD_END:
        break;
    }
}

static void print_property(FILE *out, const Field *row, const char *indent, bool *first);

static void print_properties(FILE *out, const Field *rows, const char *indent) {
    bool first = true;
    for (; rows->type != FIELD_END; rows++)
        print_property(out, rows, indent, &first);
    fputc('\n', out);
}

static void print_property(FILE *out, const Field *row, const char *indent, bool *first) {
    fprintf(out, "%s%s\"%s\": {", *first ? "" : ",\n", indent, row->name);
    *first = false;
    if (row->type == FIELD_SECTION) {
        fprintf(
            out,
            "\"type\": \"object\", \"additionalProperties\": false, \"description\": \"%s\", "
            "\"properties\": {\n",
            row->help);
        print_properties(out, row->rows, "      ");
        fprintf(out, "%s}}", indent);
        return;
    }
    print_shape(out, row);
    fprintf(out, ", \"description\": \"%s\"}", row->help);
}

/* One alternative an action: its own name, and the details that go with it. */
static void print_event(FILE *out, int action) {
    bool first = true;
    fprintf(
        out,
        "%s      {\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"%s\"], "
        "\"properties\": {\n",
        action ? ",\n" : "", action_fields[action].name);
    print_property(out, &action_fields[action], "        ", &first);
    for (const Field *row = detail_fields; row->type != FIELD_END; row++)
        if (row->actions & (1u << action)) print_property(out, row, "        ", &first);
    fputs("}}", out);
}

void scenario_print_schema(FILE *out) {
    fputs(
        "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
        "  \"title\": \"Cartwright scenario\",\n  \"type\": \"object\", "
        "\"additionalProperties\": false, \"required\": [\"name\", \"events\"],\n"
        "  \"properties\": {\n",
        out);
    print_properties(out, scenario_fields, "    ");
    fprintf(
        out,
        "  },\n  \"$defs\": {\n"
        "    \"product\": {\"oneOf\": [{\"type\": \"string\", \"minLength\": 1, \"maxLength\": "
        "%d}, "
        "{\"type\": \"object\", \"minProperties\": 1, \"maxProperties\": 1, "
        "\"additionalProperties\": false, \"properties\": {\"product\": {\"type\": \"string\"}, "
        "\"gtin\": {\"type\": \"string\"}, \"category\": {\"type\": \"string\"}, "
        "\"variant_group\": {\"type\": \"string\"}}}]},\n"
        "    \"products\": {\"oneOf\": [{\"$ref\": \"#/$defs/product\"}, {\"type\": \"array\", "
        "\"minItems\": 1, \"maxItems\": %d, \"items\": {\"$ref\": \"#/$defs/product\"}}]},\n"
        "    \"event\": {\"oneOf\": [\n",
        SELECTOR_BYTES - 1, SELECTORS_MAX);
    for (int action = 0; action < SCENARIO_ACTIONS; action++)
        print_event(out, action);
    fputs("\n    ]}\n  }\n}\n", out);
}

/* -- the page ------------------------------------------------------------------------------ */

static void print_value(FILE *out, const Field *row) {
    switch (row->type) {
    case FIELD_TEXT:
        fputs("text", out);
        break;
    case FIELD_NUMBER:
    case FIELD_WHOLE:
        fprintf(
            out, "%s %g to %g", row->type == FIELD_WHOLE ? "whole number" : "number", row->min,
            row->max);
        break;
    case FIELD_FLAG:
        fputs("`true` or `false`", out);
        break;
    case FIELD_DO:
        fputs("`true`", out);
        break;
    case FIELD_WORD:
        for (int i = 0; row->words[i]; i++)
            fprintf(out, "%s`%s`", i ? " " : "", row->words[i]);
        break;
    case FIELD_PRODUCT:
        fputs("product", out);
        break;
    case FIELD_EVENTS:
        fputs("list of events", out);
        break;
    case FIELD_TWO_HANDS:
        fputs("list of two events", out);
        break;
    case FIELD_SECTION:
        fputs("see below", out);
        break;
    case FIELD_END:
        break;
    }
}

static void print_table(FILE *out, const Field *rows, bool with_actions) {
    fputs(
        with_actions ? "| field | value | with | meaning |\n|---|---|---|---|\n"
                     : "| field | value | meaning |\n|---|---|---|\n",
        out);
    for (; rows->type != FIELD_END; rows++) {
        fprintf(out, "| `%s` | ", rows->name);
        print_value(out, rows);
        fputs(" | ", out);
        for (int a = 0, any = 0; with_actions && a < SCENARIO_ACTIONS; a++)
            if (rows->actions & (1u << a))
                fprintf(out, "%s`%s`", any++ ? " " : "", action_fields[a].name);
        fprintf(out, "%s%s |\n", with_actions ? " | " : "", rows->help);
    }
}

void scenario_print_fields(FILE *out) {
    fputs("### The file\n\n", out);
    print_table(out, scenario_fields, false);
    fputs("\n### What happens: one of these starts an event\n\n", out);
    print_table(out, action_fields, false);
    fputs("\n### What may stand beside it\n\n", out);
    print_table(out, detail_fields, true);
    for (const Field *row = scenario_fields; row->type != FIELD_END; row++) {
        if (row->type != FIELD_SECTION) continue;
        fprintf(out, "\n### `%s`: %s\n\n", row->name, row->help);
        print_table(out, row->rows, false);
    }
}

/* -- the expectation ----------------------------------------------------------------------- */

enum { TEXT_BYTES = 1024 }; /* more than all words of all rows */

typedef struct Text {
    char text[TEXT_BYTES];
    size_t used;
} Text;

static void say(Text *text, const char *what) {
    text->used += (size_t)snprintf(text->text + text->used, TEXT_BYTES - text->used, "%s", what);
    assert(text->used < TEXT_BYTES);
}

static void say_field(Text *text, const Field *row, const ScenarioExpect *expect) {
    const void *at = (const char *)expect + row->offset;
    char number[64];
    if (row->type == FIELD_WORD) {
        const uint32_t mask = *(const uint32_t *)at;
        bool any = false;
        if (mask == 0) return;
        snprintf(number, sizeof number, "%s\"%s\":[", text->used > 1 ? "," : "", row->name);
        say(text, number);
        for (int i = 0; row->words[i]; i++) {
            if (!(mask & (1u << i))) continue;
            snprintf(number, sizeof number, "%s\"%s\"", any ? "," : "", row->words[i]);
            say(text, number);
            any = true;
        }
        say(text, "]");
        return;
    }
    const Range *range = at;
    if (range->least < 0) return;
    snprintf(
        number, sizeof number, "%s\"%s\":[%g,%g]", text->used > 1 ? "," : "", row->name,
        range->least, range->most);
    say(text, number);
}

int scenario_expect_text(const ScenarioExpect *expect, char *out, size_t size) {
    Text text = {.used = 0};
    const Field *row = scenario_fields;
    while (strcmp(row->name, "expect") != 0)
        row++;
    say(&text, "{");
    for (const Field *field = row->rows; field->type != FIELD_END; field++)
        say_field(&text, field, expect);
    say(&text, "}");
    return snprintf(out, size, "%s", text.text);
}
