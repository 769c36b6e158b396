#include "schema_internal.h"

#include <stdio.h>
#include <string.h>

typedef struct Walk {
    char *where;
    size_t size;
    const char *why;
} Walk;

static bool accepts(const json_t *schema, const json_t *value, Walk *walk);

static bool refuse(Walk *walk, const char *why) {
    walk->why = why;
    return false;
}

static bool is_type(const char *type, const json_t *value) {
    static const struct {
        const char *name;
        json_type type;
    } types[] = {{"object", JSON_OBJECT},   {"array", JSON_ARRAY},   {"string", JSON_STRING},
                 {"integer", JSON_INTEGER}, {"number", JSON_REAL},   {"number", JSON_INTEGER},
                 {"boolean", JSON_TRUE},    {"boolean", JSON_FALSE}, {"null", JSON_NULL}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (json_typeof(value) == types[i].type && strcmp(type, types[i].name) == 0) return true;
    }
    return false;
}

static bool has_type(const json_t *type, const json_t *value) {
    if (json_is_string(type)) return is_type(json_string_value(type), value);
    for (size_t i = 0; i < json_array_size(type); i++) {
        if (is_type(json_string_value(json_array_get(type, i)), value)) return true;
    }
    return !type;
}

static bool is_one_of(const json_t *choices, const json_t *value) {
    for (size_t i = 0; i < json_array_size(choices); i++) {
        if (json_equal(json_array_get(choices, i), value)) return true;
    }
    return !choices;
}

/* Whether number >= schema[low] and <= schema[high], where they are given. */
static bool is_between(const json_t *schema, const char *low, const char *high, double number) {
    const json_t *min = json_object_get(schema, low), *max = json_object_get(schema, high);
    return !(min && number < json_number_value(min)) && !(max && number > json_number_value(max));
}

static bool is_any_of(const json_t *choices, const json_t *value, Walk *walk) {
    size_t end = strlen(walk->where);
    for (size_t i = 0; i < json_array_size(choices); i++) {
        walk->where[end] = '\0';
        if (accepts(json_array_get(choices, i), value, walk)) return true;
    }
    return !choices; /* where and why are the last choice's */
}

/* A step into value; the way there stays in where when the step fails. */
static bool
accepts_inside(const json_t *schema, const json_t *value, const char *name, Walk *walk) {
    size_t end = strlen(walk->where);
    snprintf(walk->where + end, walk->size - end, "%s%s", end > 0 ? "/" : "", name);
    if (!accepts(schema, value, walk)) return false;
    walk->where[end] = '\0';
    return true;
}

static bool accepts_object(const json_t *schema, const json_t *value, Walk *walk) {
    const json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *key = json_string_value(json_array_get(required, i));
        if (json_object_get(value, key)) continue;
        size_t end = strlen(walk->where);
        snprintf(walk->where + end, walk->size - end, "%s%s", end > 0 ? "/" : "", key);
        return refuse(walk, "is missing");
    }
    const char *key;
    json_t *inner;
    json_object_foreach(json_object_get(schema, "properties"), key, inner) {
        const json_t *field = json_object_get(value, key);
        if (field && !accepts_inside(inner, field, key, walk)) return false;
    }
    return true;
}

static bool accepts_array(const json_t *schema, const json_t *value, Walk *walk) {
    size_t count = json_array_size(value);
    if (!is_between(schema, "minItems", "maxItems", (double)count)) {
        return refuse(walk, "has the wrong length");
    }
    const json_t *items = json_object_get(schema, "items");
    for (size_t i = 0; items && i < count; i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        if (!accepts_inside(items, json_array_get(value, i), index, walk)) return false;
    }
    return true;
}

static bool accepts(const json_t *schema, const json_t *value, Walk *walk) {
    if (!has_type(json_object_get(schema, "type"), value))
        return refuse(walk, "has the wrong type");
    if (!is_one_of(json_object_get(schema, "enum"), value)) {
        return refuse(walk, "is none of the words allowed");
    }
    if (!is_any_of(json_object_get(schema, "anyOf"), value, walk)) return false;
    if (json_is_number(value)) {
        double number = json_number_value(value);
        const json_t *above = json_object_get(schema, "exclusiveMinimum");
        bool inside = is_between(schema, "minimum", "maximum", number) &&
                      !(above && number <= json_number_value(above));
        return inside || refuse(walk, "is out of range");
    }
    if (json_is_string(value)) {
        double length = (double)json_string_length(value);
        return is_between(schema, "minLength", "maxLength", length) ||
               refuse(walk, "has the wrong length");
    }
    if (json_is_object(value)) return accepts_object(schema, value, walk);
    return !json_is_array(value) || accepts_array(schema, value, walk);
}

bool schema_accepts(
    const json_t *schema, const json_t *value, char *where, size_t where_size, const char **why) {
    Walk walk = {.where = where, .size = where_size};
    *where = '\0';
    bool accepted = accepts(schema, value, &walk);
    *why = walk.why;
    return accepted;
}
