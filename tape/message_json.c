/* message_json.c - fields of JSON objects, out and in. */
#include "message_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

char *message_text(const json_t *message) {
    return message ? json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
}

/* -- out -------------------------------------------------------------------------------------- */

json_t *json_of_text(const char *text) {
    json_t *string = json_string(text);
    if (string) return string;
    char *clean = strdup(text);
    if (!clean) return NULL;
    for (char *at = clean; *at; at++) {
        if ((unsigned char)*at >= 0x80) *at = '?';
    }
    string = json_string(clean);
    free(clean);
    return string;
}

json_t *json_of_real(double value) { return isfinite(value) ? json_real(value) : json_null(); }

Writing writing_open(void) {
    json_t *object = json_object();
    return (Writing){.object = object, .failed = !object};
}

json_t *writing_close(Writing *writing) {
    if (!writing->failed) return writing->object;
    json_decref(writing->object);
    return NULL;
}

void put_json(Writing *writing, const char *key, json_t *value) {
    if (json_object_set_new(writing->object, key, value) != 0) writing->failed = true;
}
void put_whole(Writing *writing, const char *key, int64_t value) {
    put_json(writing, key, json_integer(value));
}
void put_real(Writing *writing, const char *key, double value) {
    put_json(writing, key, json_of_real(value));
}
void put_flag(Writing *writing, const char *key, bool value) {
    put_json(writing, key, json_boolean(value));
}
void put_text(Writing *writing, const char *key, const char *text) {
    put_json(writing, key, json_of_text(text));
}

const Product *product_at(const Catalog *catalog, int32_t sku) {
    bool known = catalog && sku >= 0 && sku < catalog->count;
    return known ? &catalog->products[sku] : NULL;
}

json_t *json_of_product_id(const Product *product) {
    return product ? json_of_text(product->id) : json_null();
}
json_t *json_of_product_gtin(const Product *product) {
    return product ? json_of_text(product->gtin) : json_null();
}
json_t *json_of_product_name(const Product *product) {
    return product ? json_of_text(product->name) : json_null();
}
json_t *json_of_product_brand(const Product *product) {
    return product ? json_of_text(product->brand) : json_null();
}

json_t *json_of_product_picture(const Product *product) {
    if (!product) return json_null();
    static const char before[] = "/api/v1/products/", after[] = "/picture.jpg";
    char address[sizeof before + sizeof after + 3 * sizeof product->id];
    char *to = stpcpy(address, before);
    for (const char *at = product->id; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x80 && (isalnum(c) || strchr("-._~", c))) {
            *to++ = *at;
        } else {
            *to++ = '%';
            *to++ = "0123456789ABCDEF"[c >> 4];
            *to++ = "0123456789ABCDEF"[c & 15];
        }
    }
    memcpy(to, after, sizeof after);
    return json_string(address);
}

const char *product_unit_name(const Product *product) {
    return product && product->unit == UNIT_WEIGHT ? "kg" : "each";
}

/* -- in --------------------------------------------------------------------------------------- */

Reading reading_open(const char *noun, const uint8_t *bytes, size_t size) {
    Reading reading = {.noun = noun};
    json_error_t error;
    reading.root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (!reading.root) {
        reading.status = fail(E_INVALID, "%s: not JSON: %s", noun, error.text);
    } else if (!json_is_object(reading.root)) {
        reading.status = fail(E_INVALID, "%s: must be a JSON object", noun);
    }
    return reading;
}

Status reading_close(Reading *reading) {
    json_decref(reading->root);
    reading->root = NULL;
    return reading->status;
}

void reading_refuse(Reading *reading, const char *key, const char *what) {
    if (reading->status != OK) return;
    reading->status = fail(E_INVALID, "%s: %s must be %s", reading->noun, key, what);
}

bool has_value(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value);
}

int64_t
read_whole(Reading *reading, const json_t *object, const char *key, int64_t min, int64_t max) {
    const json_t *value = json_object_get(object, key);
    int64_t whole = json_integer_value(value);
    if (json_is_integer(value) && whole >= min && whole <= max) return whole;
    if (reading->status == OK) {
        reading->status = fail(
            E_INVALID, "%s: %s must be a whole number from %lld to %lld", reading->noun, key,
            (long long)min, (long long)max);
    }
    return 0;
}

int32_t
read_int(Reading *reading, const json_t *object, const char *key, int32_t min, int32_t max) {
    return (int32_t)read_whole(reading, object, key, min, max);
}

int64_t read_time(Reading *reading, const json_t *object, const char *key) {
    return read_whole(reading, object, key, 0, INT64_MAX);
}

static double
real_of(Reading *reading, const json_t *value, const char *key, double min, double max) {
    double real = json_number_value(value);
    if (json_is_number(value) && isfinite(real) && real >= min && real <= max) return real;
    if (reading->status == OK) {
        reading->status =
            fail(E_INVALID, "%s: %s must be a number from %g to %g", reading->noun, key, min, max);
    }
    return 0;
}

double read_real(Reading *reading, const json_t *object, const char *key, double min, double max) {
    return real_of(reading, json_object_get(object, key), key, min, max);
}

double read_real_at(Reading *reading, const json_t *list, int index, const char *key) {
    return real_of(reading, json_array_get(list, (size_t)index), key, -1e12, 1e12);
}

bool read_flag(Reading *reading, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value)) reading_refuse(reading, key, "true or false");
    return json_is_true(value);
}

int read_choice(Reading *reading, const json_t *object, const char *key, const char *const *names) {
    const char *text = json_string_value(json_object_get(object, key));
    for (int i = 0; text && names[i]; i++) {
        if (strcmp(text, names[i]) == 0) return i;
    }
    reading_refuse(reading, key, "one of the words docs/wire.md lists");
    return 0;
}

void read_text(
    Reading *reading, const json_t *object, const char *key, char *out, size_t out_size) {
    const json_t *value = json_object_get(object, key);
    size_t length = json_string_length(value);
    memset(out, 0, out_size);
    if (!json_is_string(value)) {
        reading_refuse(reading, key, "a text");
    } else if (length >= out_size) {
        reading_refuse(reading, key, "a shorter text");
    } else {
        memcpy(out, json_string_value(value), length);
    }
}

const json_t *
read_list(Reading *reading, const json_t *object, const char *key, int min, int max, int *count) {
    const json_t *list = json_object_get(object, key);
    size_t size = json_array_size(list);
    *count = 0;
    if (!json_is_array(list) || size < (size_t)min || size > (size_t)max) {
        reading_refuse(reading, key, "a list of the right length");
    } else {
        *count = (int)size;
    }
    return list;
}

int32_t
read_product(Reading *reading, const json_t *object, const char *key, const Catalog *catalog) {
    const json_t *value = json_object_get(object, key);
    if (json_is_null(value)) return SKU_UNKNOWN;
    const char *id = json_string_value(value);
    if (!id) {
        reading_refuse(reading, key, "a product's id or null");
        return SKU_UNKNOWN;
    }
    if (!catalog) return SKU_UNKNOWN;
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        if (strcmp(catalog->products[sku].id, id) == 0) return sku;
    }
    if (reading->status == OK) {
        reading->status =
            fail(E_NOT_FOUND, "%s: the catalogue has no product %.64s", reading->noun, id);
    }
    return SKU_UNKNOWN;
}
