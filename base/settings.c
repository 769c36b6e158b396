#include "settings.h"

#include "settings_internal.h"
#include "yaml.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WHERE_BYTES = 160 };

/* -- one value: text to field ----------------------------------------------------------------- */

static size_t field_bytes(const Setting *row) {
    switch (row->type) {
    case SETTING_IS_END:
        return 0;
    case SETTING_IS_INT:
    case SETTING_IS_CHOICE:
        return sizeof(int);
    case SETTING_IS_REAL:
        return sizeof(double);
    case SETTING_IS_BOOL:
        return sizeof(bool);
    case SETTING_IS_TEXT:
        return row->size;
    case SETTING_IS_MAP:
        return sizeof(SettingMap);
    }
    return 0;
}

static Status read_number(const Setting *row, const char *text, double *out) {
    char *end;
    errno = 0;
    const double value =
        row->type == SETTING_IS_INT ? (double)strtol(text, &end, 10) : strtod(text, &end);
    if (end == text || *end != '\0' || errno == ERANGE || !(value >= row->min && value <= row->max))
        return fail(
            E_INVALID, "needs a %s from %.15g to %.15g, not \"%.64s\"",
            row->type == SETTING_IS_INT ? "whole number" : "number", row->min, row->max, text);
    *out = value;
    return OK;
}

static Status read_bool(const char *text, bool *out) {
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i]) != 0) continue;
        *out = i % 2 == 1;
        return OK;
    }
    return fail(E_INVALID, "needs true or false, not \"%.64s\"", text);
}

static Status read_choice(const Setting *row, const char *text, int *out) {
    char known[256] = "";
    size_t used = 0;
    for (int i = 0; row->choices[i]; i++) {
        if (strcmp(text, row->choices[i]) == 0) {
            *out = i;
            return OK;
        }
        if (used < sizeof known)
            used += (size_t)snprintf(
                known + used, sizeof known - used, "%s%s", i ? ", " : "", row->choices[i]);
    }
    return fail(E_INVALID, "needs one of %s, not \"%.64s\"", known, text);
}

static Status read_value(const Setting *row, void *config, const char *text) {
    void *field = (char *)config + row->offset;
    double number = 0;
    switch (row->type) {
    case SETTING_IS_INT:
        TRY(read_number(row, text, &number));
        *(int *)field = (int)number;
        return OK;
    case SETTING_IS_REAL:
        TRY(read_number(row, text, &number));
        *(double *)field = number;
        return OK;
    case SETTING_IS_BOOL:
        return read_bool(text, field);
    case SETTING_IS_CHOICE:
        return read_choice(row, text, field);
    case SETTING_IS_TEXT:
        if (strlen(text) >= row->size)
            return fail(E_INVALID, "is longer than %zu bytes", row->size - 1);
        memset(field, 0, row->size);
        memcpy(field, text, strlen(text));
        return OK;
    case SETTING_IS_MAP:
        assert(*text == '\0');
        memset(field, 0, sizeof(SettingMap));
        return OK;
    case SETTING_IS_END:
        break;
    }
    assert(0 && "a row without a type");
    return E_INVALID;
}

static Status put_in_map(
    const Setting *row, void *config, const char *name, size_t name_length, const char *value) {
    SettingMap *map = (SettingMap *)((char *)config + row->offset);
    if (name_length == 0 || name_length >= SETTING_NAME_BYTES)
        return fail(E_INVALID, "needs a name of 1 to %d bytes", SETTING_NAME_BYTES - 1);
    if (strlen(value) >= SETTING_TEXT_BYTES)
        return fail(E_INVALID, "is longer than %d bytes", SETTING_TEXT_BYTES - 1);
    int i = 0;
    while (i < map->count &&
           (strncmp(map->at[i].name, name, name_length) != 0 || map->at[i].name[name_length]))
        i++;
    if (i == SETTING_MAP_MAX) return fail(E_INVALID, "holds %d names at most", SETTING_MAP_MAX);
    if (i == map->count) map->count++;
    memset(&map->at[i], 0, sizeof map->at[i]);
    memcpy(map->at[i].name, name, name_length);
    memcpy(map->at[i].value, value, strlen(value));
    return OK;
}

/* -- names and near misses -------------------------------------------------------------------- */

static bool same_name(const char *name, const char *typed, size_t length) {
    return strlen(name) == length && memcmp(name, typed, length) == 0;
}

/* Edits between two words, as Levenshtein counts them. */
static int edits(const char *a, const char *b, size_t b_length) {
    enum { LONGEST = 64 };
    int row[LONGEST + 1];
    const int width = b_length < LONGEST ? (int)b_length : LONGEST;
    for (int j = 0; j <= width; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= width; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[width];
}

static const Setting *find_row(const Setting *rows, const char *typed, size_t length) {
    for (const Setting *row = rows; row->type != SETTING_IS_END; row++)
        if (same_name(row->name, typed, length)) return row;
    return NULL;
}

static const char *nearest_row(const Setting *rows, const char *typed, size_t length) {
    const Setting *best = rows;
    for (const Setting *row = rows; row->type != SETTING_IS_END; row++)
        if (edits(row->name, typed, length) < edits(best->name, typed, length)) best = row;
    return best->type == SETTING_IS_END ? "" : best->name;
}

static const SettingSection *
find_section(const SettingSection *sections, int count, const char *typed, size_t length) {
    for (int i = 0; i < count; i++)
        if (same_name(sections[i].name, typed, length)) return &sections[i];
    return NULL;
}

static const char *
nearest_section(const SettingSection *sections, int count, const char *typed, size_t length) {
    int best = 0;
    for (int i = 1; i < count; i++)
        if (edits(sections[i].name, typed, length) < edits(sections[best].name, typed, length))
            best = i;
    return count ? sections[best].name : "";
}

/* -- all or nothing --------------------------------------------------------------------------- */

static size_t config_bytes(const SettingSection *section) {
    size_t bytes = 0;
    for (const Setting *row = section->rows; row->type != SETTING_IS_END; row++)
        if (row->offset + field_bytes(row) > bytes) bytes = row->offset + field_bytes(row);
    return bytes;
}

typedef struct Undo {
    unsigned char *bytes;
} Undo;

static Status undo_take(Undo *undo, const SettingSection *sections, int count) {
    size_t size = 1;
    for (int i = 0; i < count; i++)
        size += config_bytes(&sections[i]);
    undo->bytes = malloc(size);
    if (!undo->bytes) return fail(E_NO_MEMORY, "settings: out of memory");
    unsigned char *at = undo->bytes;
    for (int i = 0; i < count; at += config_bytes(&sections[i++]))
        memcpy(at, sections[i].config, config_bytes(&sections[i]));
    return OK;
}

/* Puts everything back unless status is OK. */
static Status undo_end(Undo *undo, const SettingSection *sections, int count, Status status) {
    const unsigned char *at = undo->bytes;
    if (status != OK)
        for (int i = 0; i < count; at += config_bytes(&sections[i++]))
            memcpy(sections[i].config, at, config_bytes(&sections[i]));
    free(undo->bytes);
    return status;
}

/* -- defaults, file, environment, words ------------------------------------------------------- */

static void row_defaults(const Setting *rows, void *config) {
    for (const Setting *row = rows; row->type != SETTING_IS_END; row++) {
        const Status status = read_value(row, config, row->fallback);
        assert(status == OK && "a default outside its own range");
        (void)status;
    }
}

void settings_defaults(const SettingSection *sections, int count) {
    for (int i = 0; i < count; i++)
        row_defaults(sections[i].rows, sections[i].config);
}

static bool is_empty(const YamlNode *node) {
    return node->kind == YAML_SCALAR && node->text[0] == '\0';
}

static Status
read_map_node(const Yaml *yaml, const Setting *row, void *config, const YamlNode *node) {
    if (node->kind != YAML_MAP && !is_empty(node))
        return yaml_fail(yaml, node, "needs lines of \"name: value\"");
    memset((char *)config + row->offset, 0, sizeof(SettingMap));
    for (const YamlNode *child = node->first; child; child = child->next) {
        if (child->kind != YAML_SCALAR) return yaml_fail(yaml, child, "needs one value");
        if (put_in_map(row, config, child->key, strlen(child->key), child->text) != OK)
            return yaml_fail(yaml, child, "%s", fail_reason());
    }
    return OK;
}

static Status
read_section_node(const Yaml *yaml, const SettingSection *section, const YamlNode *node) {
    if (is_empty(node)) return OK;
    if (node->kind != YAML_MAP) return yaml_fail(yaml, node, "needs lines of \"setting: value\"");
    for (const YamlNode *child = node->first; child; child = child->next) {
        const Setting *row = find_row(section->rows, child->key, strlen(child->key));
        if (!row)
            return yaml_fail(
                yaml, child, "no such setting in %s; the nearest is %s", section->name,
                nearest_row(section->rows, child->key, strlen(child->key)));
        if (row->type == SETTING_IS_MAP) {
            TRY(read_map_node(yaml, row, section->config, child));
        } else if (child->kind != YAML_SCALAR) {
            return yaml_fail(yaml, child, "needs one value");
        } else if (read_value(row, section->config, child->text) != OK) {
            return yaml_fail(yaml, child, "%s", fail_reason());
        }
    }
    return OK;
}

static Status read_root(const Yaml *yaml, const SettingSection *sections, int count) {
    if (is_empty(yaml->root)) return OK;
    if (yaml->root->kind != YAML_MAP)
        return yaml_fail(yaml, yaml->root, "needs sections with settings under them");
    for (const YamlNode *child = yaml->root->first; child; child = child->next) {
        const size_t length = strlen(child->key);
        const SettingSection *section = find_section(sections, count, child->key, length);
        if (!section)
            return yaml_fail(
                yaml, child, "no such section; the nearest is %s",
                nearest_section(sections, count, child->key, length));
        TRY(read_section_node(yaml, section, child));
    }
    return OK;
}

Status settings_read_file(const SettingSection *sections, int count, const char *path) {
    Yaml yaml;
    Undo undo;
    TRY(yaml_load(&yaml, path));
    Status status = undo_take(&undo, sections, count);
    if (status == OK) status = undo_end(&undo, sections, count, read_root(&yaml, sections, count));
    yaml_finish(&yaml);
    return status;
}

static Status read_environment(const SettingSection *sections, int count) {
    for (int i = 0; i < count; i++) {
        for (const Setting *row = sections[i].rows; row->type != SETTING_IS_END; row++) {
            if (row->type == SETTING_IS_MAP) continue;
            char name[WHERE_BYTES];
            snprintf(name, sizeof name, "CARTWRIGHT_%s_%s", sections[i].name, row->name);
            for (char *at = name; *at; at++)
                *at = (char)toupper((unsigned char)*at);
            const char *text = getenv(name); /* NOLINT(concurrency-mt-unsafe): start-up only */
            if (text && read_value(row, sections[i].config, text) != OK)
                return fail(E_INVALID, "%s: %s", name, fail_reason());
        }
    }
    return OK;
}

Status settings_read_environment(const SettingSection *sections, int count) {
    Undo undo;
    TRY(undo_take(&undo, sections, count));
    return undo_end(&undo, sections, count, read_environment(sections, count));
}

Status settings_read_word(const SettingSection *sections, int count, const char *word) {
    const char *equals = strchr(word, '=');
    const char *dot = strchr(word, '.');
    if (!equals || !dot || dot > equals)
        return fail(E_INVALID, "%.64s: needs section.key=value", word);
    const size_t section_length = (size_t)(dot - word);
    const SettingSection *section = find_section(sections, count, word, section_length);
    if (!section)
        return fail(
            E_INVALID, "%.*s: no such section; the nearest is %s", (int)(equals - word), word,
            nearest_section(sections, count, word, section_length));

    const char *key = dot + 1;
    const char *end = memchr(key, '.', (size_t)(equals - key));
    const size_t key_length = (size_t)((end ? end : equals) - key);
    const Setting *row = find_row(section->rows, key, key_length);
    if (!row)
        return fail(
            E_INVALID, "%.*s: no such setting in %s; the nearest is %s", (int)(equals - word), word,
            section->name, nearest_row(section->rows, key, key_length));
    if ((row->type == SETTING_IS_MAP) != (end != NULL))
        return fail(
            E_INVALID, "%.*s: needs %s.%s%s=value", (int)(equals - word), word, section->name,
            row->name, end ? "" : ".name");
    const Status status =
        end ? put_in_map(row, section->config, end + 1, (size_t)(equals - end - 1), equals + 1)
            : read_value(row, section->config, equals + 1);
    return status == OK ? OK : fail(status, "%.*s: %s", (int)(equals - word), word, fail_reason());
}

/* -- options of a program --------------------------------------------------------------------- */

char settings_alias(const Setting *row) {
    const size_t length = strlen(row->help);
    const char *tail = length > 5 ? row->help + length - 5 : "";
    const bool aliased = strncmp(tail, " [-", 3) == 0 && tail[4] == ']';
    return (char)(aliased ? tail[3] : '\0');
}

/* A copy with one letter for another: --some-key is the row some_key. */
static void reletter(char *out, size_t size, const char *text, size_t length, char from, char to) {
    if (length > size - 1) length = size - 1;
    memcpy(out, text, length);
    out[length] = '\0';
    for (char *at = out; *at; at++)
        if (*at == from) *at = to;
}

static const Setting *find_option(const Setting *rows, const char *word, size_t length) {
    if (word[1] == '-') {
        char name[WHERE_BYTES];
        reletter(name, sizeof name, word + 2, length - 2, '-', '_');
        return find_row(rows, name, strlen(name));
    }
    for (const Setting *row = rows; length == 2 && row->type != SETTING_IS_END; row++)
        if (settings_alias(row) == word[1]) return row;
    return NULL;
}

static Status unknown_option(const Setting *rows, const char *word, size_t length) {
    if (word[1] != '-') return fail(E_INVALID, "%.*s: no such option", (int)length, word);
    char typed[WHERE_BYTES], nearest[WHERE_BYTES];
    reletter(typed, sizeof typed, word + 2, length - 2, '-', '_');
    const char *name = nearest_row(rows, typed, strlen(typed));
    reletter(nearest, sizeof nearest, name, strlen(name), '_', '-');
    return fail(E_INVALID, "%.*s: no such option; the nearest is --%s", (int)length, word, nearest);
}

static Status
read_option(const Setting *row, void *config, const char *option, int length, const char *value) {
    Status status;
    if (!value) {
        status = fail(E_INVALID, "needs a value");
    } else if (row->type == SETTING_IS_MAP) {
        const char *equals = strchr(value, '=');
        status = equals ? put_in_map(row, config, value, (size_t)(equals - value), equals + 1)
                        : fail(E_INVALID, "needs NAME=VALUE, not \"%.64s\"", value);
    } else {
        status = read_value(row, config, value);
    }
    return status == OK ? OK : fail(status, "%.*s: %s", length, option, fail_reason());
}

static Status read_args(const Setting *rows, void *config, int argc, char **argv, int *words) {
    int front = 0;
    bool options_over = false;
    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        if (options_over || word[0] != '-' || word[1] == '\0') {
            argv[i] = argv[front];
            argv[front++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            options_over = true;
            continue;
        }
        const char *equals = strchr(word, '=');
        const size_t length = equals ? (size_t)(equals - word) : strlen(word);
        const Setting *row = find_option(rows, word, length);
        if (!row) return unknown_option(rows, word, length);
        const char *value = equals ? equals + 1 : NULL;
        if (!value && row->type == SETTING_IS_BOOL) value = "true";
        if (!value && i + 1 < argc) value = argv[++i];
        TRY(read_option(row, config, word, (int)length, value));
    }
    *words = front;
    return OK;
}

Status settings_read_args(const Setting *rows, void *config, int argc, char **argv, int *words) {
    const SettingSection section = {.rows = rows, .config = config};
    Undo undo;
    TRY(undo_take(&undo, &section, 1));
    return undo_end(&undo, &section, 1, read_args(rows, config, argc, argv, words));
}
