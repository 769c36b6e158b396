/* schema_internal.h - the part of JSON Schema that channels_schema.c uses: type, enum, required,
 * properties, items, anyOf, minimum, exclusiveMinimum, maximum, minItems, maxItems, minLength,
 * maxLength. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether a value is what a schema asks for; if not, where ("lines/0/net_g") and why. */
bool schema_accepts(
    const json_t *schema, const json_t *value, char *where, size_t where_size, const char **why);
