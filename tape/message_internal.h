/*
 * message_internal.h - what the encoders and decoders of one noun share.
 *
 * A decoder reads field after field; the first field that is missing or out of range names itself
 * in the sentence, the rest read as zero, and reading_close() tells.
 */
#pragma once

#include "message.h"

#include <stdbool.h>

/* -- out --------------------------------------------------------------------------------------- */

/* An object in the making: fields in the order they are put; NULL at the end if memory was out. */
typedef struct Writing {
    json_t *object;
    bool failed;
} Writing;

Writing writing_open(void);
json_t *writing_close(Writing *writing);

void put_json(Writing *writing, const char *key, json_t *value); /* takes the value */
void put_whole(Writing *writing, const char *key, int64_t value);
void put_real(Writing *writing, const char *key, double value); /* null when not finite */
void put_flag(Writing *writing, const char *key, bool value);
void put_text(Writing *writing, const char *key, const char *text); /* not UTF-8: '?' */

json_t *json_of_text(const char *text);
json_t *json_of_real(double value);

/* The product, or NULL for SKU_UNKNOWN, one out of range, or no catalogue. */
const Product *product_at(const Catalog *catalog, int32_t sku);
json_t *json_of_product_id(const Product *product);
json_t *json_of_product_gtin(const Product *product);
json_t *json_of_product_name(const Product *product);
json_t *json_of_product_brand(const Product *product);
json_t *json_of_product_picture(const Product *product); /* its address on the cart's server */
const char *product_unit_name(const Product *product);   /* "each" when unknown */

/* -- in --------------------------------------------------------------------------------------- */

typedef struct Reading {
    const char *noun;
    json_t *root;
    Status status;
} Reading;

Reading reading_open(const char *noun, const uint8_t *bytes, size_t size);
/* OK, or what was wrong first. */
Status reading_close(Reading *reading);

int64_t
read_whole(Reading *reading, const json_t *object, const char *key, int64_t min, int64_t max);
int32_t read_int(Reading *reading, const json_t *object, const char *key, int32_t min, int32_t max);
int64_t read_time(Reading *reading, const json_t *object, const char *key);
double read_real(Reading *reading, const json_t *object, const char *key, double min, double max);
bool read_flag(Reading *reading, const json_t *object, const char *key);
/* The texts up to NULL; the index of the one that is there. */
int read_choice(Reading *reading, const json_t *object, const char *key, const char *const *names);
void read_text(Reading *reading, const json_t *object, const char *key, char *out, size_t out_size);
/* An array of min..max elements; *count is 0 when it is not. */
const json_t *
read_list(Reading *reading, const json_t *object, const char *key, int min, int max, int *count);
double read_real_at(Reading *reading, const json_t *list, int index, const char *key);
/* A product's id; null is SKU_UNKNOWN. Without a catalogue every product is SKU_UNKNOWN. */
int32_t
read_product(Reading *reading, const json_t *object, const char *key, const Catalog *catalog);
/* Whether the key is there and not null. */
bool has_value(const json_t *object, const char *key);

/* "NOUN: KEY must be WHAT", unless something was wrong before. */
void reading_refuse(Reading *reading, const char *key, const char *what);
