#include "product_json.h"

#include "file.h"
#include "pricebook.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 20 };

static const double PACK_SD_OF_GROSS = 0.020;
static const double BATCH_SD_OF_GROSS = 0.013;

/* The object being read, and what errors call it. */
typedef struct Source {
    const json_t *object;
    const char *file;
} Source;

static Status
read_text(const Source *source, const char *key, bool required, char *out, size_t size) {
    const json_t *value = json_object_get(source->object, key);
    if (!value || json_is_null(value)) {
        if (required) return fail(E_INVALID, "%s: %s: missing", source->file, key);
        return OK;
    }
    if (!json_is_string(value)) return fail(E_INVALID, "%s: %s: must be text", source->file, key);
    const size_t length = json_string_length(value);
    if (length >= size)
        return fail(E_INVALID, "%s: %s: longer than %zu bytes", source->file, key, size - 1);
    if (required && length == 0) return fail(E_INVALID, "%s: %s: empty", source->file, key);
    memcpy(out, json_string_value(value), length + 1);
    return OK;
}

/* Leaves *out alone when the key is missing or null. */
static Status
read_number(const Source *source, const char *key, double min, double max, double *out) {
    const json_t *value = json_object_get(source->object, key);
    if (!value || json_is_null(value)) return OK;
    if (!json_is_number(value))
        return fail(E_INVALID, "%s: %s: must be a number", source->file, key);
    const double number = json_number_value(value);
    if (!(number >= min && number <= max))
        return fail(
            E_INVALID, "%s: %s: %g is not within %g..%g", source->file, key, number, min, max);
    *out = number;
    return OK;
}

static Status read_price(const Source *source, int64_t *out) {
    const json_t *value = json_object_get(source->object, "price_minor");
    if (!json_is_integer(value))
        return fail(E_INVALID, "%s: price_minor: must be a whole number", source->file);
    const json_int_t price = json_integer_value(value);
    if (price < 0) return fail(E_INVALID, "%s: price_minor: %lld is negative", source->file, price);
    if (price > 100000000)
        return fail(E_INVALID, "%s: price_minor: %lld is above 100000000", source->file, price);
    *out = price;
    return OK;
}

static Status read_unit(const Source *source, ProductUnit *out) {
    char unit[8] = "";
    TRY(read_text(source, "unit", true, unit, sizeof unit));
    if (strcmp(unit, "each") == 0) {
        *out = UNIT_EACH;
    } else if (strcmp(unit, "kg") == 0) {
        *out = UNIT_WEIGHT;
    } else {
        return fail(
            E_INVALID, "%s: unit: \"%s\" is neither \"each\" nor \"kg\"", source->file, unit);
    }
    return OK;
}

static Status read_codes(const Source *source, Product *out, char currency[4]) {
    TRY(read_text(source, "gtin", false, out->gtin, sizeof out->gtin));
    char padded[GTIN_BYTES];
    if (out->gtin[0] && !pricebook_gtin14(out->gtin, padded))
        return fail(
            E_INVALID, "%s: gtin: \"%s\" is not 8, 12, 13 or 14 digits with a right check digit",
            source->file, out->gtin);
    TRY(read_text(source, "plu", false, out->plu, sizeof out->plu));
    const size_t plu_digits = strspn(out->plu, "0123456789");
    if (out->plu[0] && (plu_digits < 4 || out->plu[plu_digits]))
        return fail(E_INVALID, "%s: plu: \"%s\" is not 4 or 5 digits", source->file, out->plu);
    TRY(read_text(source, "currency", true, currency, 4));
    if (strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
        return fail(
            E_INVALID, "%s: currency: \"%s\" is not three capital letters", source->file, currency);
    return OK;
}

static Status read_weights(const Source *source, Product *out) {
    double net_g = 0, age = 0;
    TRY(read_number(source, "net_weight_g", 0, 100000, &net_g));
    TRY(read_number(source, "gross_weight_g", 0.1, 100000, &out->gross_g));
    if (out->gross_g == 0) return fail(E_INVALID, "%s: gross_weight_g: missing", source->file);
    out->pack_sd_g = PACK_SD_OF_GROSS * out->gross_g;
    out->batch_sd_g = BATCH_SD_OF_GROSS * out->gross_g;
    TRY(read_number(source, "pack_sd_g", 0, 10000, &out->pack_sd_g));
    TRY(read_number(source, "batch_sd_g", 0, 10000, &out->batch_sd_g));
    TRY(read_number(source, "tare_g", 0, 10000, &out->tare_g));
    TRY(read_number(source, "minimum_age", 0, 120, &age));
    out->minimum_age = (int)age;
    return OK;
}

static Status read_object(const Source *source, Product *out, char currency[4]) {
    if (!json_is_object(source->object))
        return fail(E_INVALID, "%s: must be one JSON object", source->file);
    TRY(read_text(source, "name", true, out->name, sizeof out->name));
    TRY(read_text(source, "brand", false, out->brand, sizeof out->brand));
    TRY(read_text(source, "category", true, out->category, sizeof out->category));
    TRY(read_text(source, "variant_group", false, out->variant_group, sizeof out->variant_group));
    TRY(read_unit(source, &out->unit));
    TRY(read_price(source, &out->price_minor));
    TRY(read_codes(source, out, currency));
    return read_weights(source, out);
}

Status product_json_parse(
    const char *file, const uint8_t *bytes, size_t size, Product *out, char currency[4]) {
    json_error_t error;
    json_t *object = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (!object) return fail(E_INVALID, "%s:%d: not JSON: %s", file, error.line, error.text);
    Product product = {0};
    char money[4] = "";
    const Status status = read_object(&(Source){object, file}, &product, money);
    json_decref(object);
    if (status != OK) return status;
    *out = product;
    memcpy(currency, money, 4);
    return OK;
}

Status product_json_read(const char *path, Product *out, char currency[4]) {
    char file[4096];
    if (snprintf(file, sizeof file, "%s/product.json", path) >= (int)sizeof file)
        return fail(E_INVALID, "%s: path too long", path);
    uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(file_read(file, FILE_MAX_BYTES, &bytes, &size));
    const Status status = product_json_parse(file, bytes, size, out, currency);
    free(bytes);
    return status;
}
