#include "settings_internal.h"

#include <string.h>

static int help_length(const Setting *row) {
    return (int)strlen(row->help) - (settings_alias(row) ? 5 : 0);
}

static void print_quoted(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') fputc('\\', out);
        if (byte < 0x20) {
            fprintf(out, "\\u%04x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}

/* " (50 to 5000)", " (one of plain, lz4)": what a value may be, where that is not plain. */
static void print_range(FILE *out, const Setting *row) {
    if (row->type == SETTING_IS_INT || row->type == SETTING_IS_REAL)
        fprintf(out, " (%.15g to %.15g)", row->min, row->max);
    if (row->type == SETTING_IS_CHOICE) {
        for (int i = 0; row->choices[i]; i++)
            fprintf(out, "%s%s", i ? ", " : " (one of ", row->choices[i]);
        fputc(')', out);
    }
}

static const char *value_word(const Setting *row) {
    switch (row->type) {
    case SETTING_IS_INT:
    case SETTING_IS_REAL:
        return " NUMBER";
    case SETTING_IS_TEXT:
        return " TEXT";
    case SETTING_IS_CHOICE:
        return " CHOICE";
    case SETTING_IS_MAP:
        return " NAME=VALUE";
    case SETTING_IS_BOOL:
    case SETTING_IS_END:
        break;
    }
    return "";
}

void settings_print_options(FILE *out, const Setting *rows) {
    enum { HELP_COLUMN = 34 };
    for (const Setting *row = rows; row->type != SETTING_IS_END; row++) {
        const char alias = settings_alias(row);
        int printed = alias ? fprintf(out, "  -%c, --", alias) : fprintf(out, "      --");
        for (const char *at = row->name; *at; at++, printed++)
            fputc(*at == '_' ? '-' : *at, out);
        printed += fprintf(out, "%s", value_word(row));
        if (printed >= HELP_COLUMN - 1) fputc('\n', out);
        fprintf(out, "%*s", printed >= HELP_COLUMN - 1 ? HELP_COLUMN : HELP_COLUMN - printed, "");
        fprintf(out, "%.*s", help_length(row), row->help);
        print_range(out, row);
        if (row->fallback[0] && row->type != SETTING_IS_BOOL) fprintf(out, " [%s]", row->fallback);
        fputc('\n', out);
    }
}

void settings_print_example(FILE *out, const SettingSection *sections, int count) {
    for (int i = 0; i < count; i++) {
        fprintf(out, "%s# %s\n%s:\n", i ? "\n" : "", sections[i].help, sections[i].name);
        for (const Setting *row = sections[i].rows; row->type != SETTING_IS_END; row++) {
            fprintf(out, "  # %.*s", help_length(row), row->help);
            print_range(out, row);
            fprintf(out, "\n  %s: ", row->name);
            if (row->type == SETTING_IS_TEXT) {
                print_quoted(out, row->fallback);
            } else {
                fputs(row->type == SETTING_IS_MAP ? "{}" : row->fallback, out);
            }
            fputc('\n', out);
        }
    }
}

/* The default as JSON. */
static void print_default(FILE *out, const Setting *row) {
    static const char *const truths[] = {"true", "yes", "on"};
    if (row->type == SETTING_IS_BOOL) {
        bool truth = false;
        for (size_t i = 0; i < 3; i++)
            truth = truth || strcmp(row->fallback, truths[i]) == 0;
        fputs(truth ? "true" : "false", out);
    } else if (row->type == SETTING_IS_MAP) {
        fputs("{}", out);
    } else if (row->type == SETTING_IS_TEXT || row->type == SETTING_IS_CHOICE) {
        print_quoted(out, row->fallback);
    } else {
        fputs(row->fallback, out);
    }
}

static void print_shape(FILE *out, const Setting *row) {
    switch (row->type) {
    case SETTING_IS_INT:
    case SETTING_IS_REAL:
        fprintf(
            out, "\"type\": \"%s\", \"minimum\": %.15g, \"maximum\": %.15g",
            row->type == SETTING_IS_INT ? "integer" : "number", row->min, row->max);
        break;
    case SETTING_IS_BOOL:
        fputs("\"type\": \"boolean\"", out);
        break;
    case SETTING_IS_TEXT:
        fprintf(out, "\"type\": \"string\", \"maxLength\": %zu", row->size - 1);
        break;
    case SETTING_IS_CHOICE:
        fputs("\"enum\": [", out);
        for (int i = 0; row->choices[i]; i++) {
            if (i) fputs(", ", out);
            print_quoted(out, row->choices[i]);
        }
        fputc(']', out);
        break;
    case SETTING_IS_MAP:
        fprintf(
            out,
            "\"type\": \"object\", \"maxProperties\": %d, \"propertyNames\": {\"minLength\": 1, "
            "\"maxLength\": %d}, \"additionalProperties\": {\"type\": \"string\", \"maxLength\": "
            "%d}",
            SETTING_MAP_MAX, SETTING_NAME_BYTES - 1, SETTING_TEXT_BYTES - 1);
        break;
    case SETTING_IS_END:
        break;
    }
}

static void print_section_schema(FILE *out, const SettingSection *section) {
    fputs("    ", out);
    print_quoted(out, section->name);
    fputs(
        ": {\n      \"type\": \"object\", \"additionalProperties\": false,\n      "
        "\"description\": ",
        out);
    print_quoted(out, section->help);
    fputs(",\n      \"properties\": {\n", out);
    for (const Setting *row = section->rows; row->type != SETTING_IS_END; row++) {
        fputs("        ", out);
        print_quoted(out, row->name);
        fputs(": {", out);
        print_shape(out, row);
        fputs(", \"default\": ", out);
        print_default(out, row);
        fputs(", \"description\": ", out);
        print_quoted(out, row->help);
        fprintf(out, "}%s\n", row[1].type == SETTING_IS_END ? "" : ",");
    }
    fputs("      }\n    }", out);
}

void settings_print_schema(FILE *out, const SettingSection *sections, int count) {
    fputs(
        "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
        "  \"title\": \"Cartwright settings\",\n"
        "  \"type\": \"object\", \"additionalProperties\": false,\n  \"properties\": {\n",
        out);
    for (int i = 0; i < count; i++) {
        print_section_schema(out, &sections[i]);
        fputs(i + 1 < count ? ",\n" : "\n", out);
    }
    fputs("  }\n}\n", out);
}
