/* iio_type.c - a scan element's type in words, and its value in a scan. */
#include "scale_internal.h"

#include <stdio.h>
#include <string.h>

static Status unreadable(const char *text) {
    return fail(
        E_INVALID,
        "scale: iio: '%.40s' is no type of a scan element we can read, e.g. le:u24/32>>0", text);
}

/* A number at *at of at most three digits; false: there is none. */
static bool take_number(const char **at, int *out) {
    const size_t digits = strspn(*at, "0123456789");
    int value = 0;
    if (digits < 1 || digits > 3) return false;
    for (size_t i = 0; i < digits; i++)
        value = 10 * value + ((*at)[i] - '0');
    *at += digits;
    *out = value;
    return true;
}

static bool take(const char **at, const char *word) {
    const size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0) return false;
    *at += length;
    return true;
}

static bool is_possible(const IioType *type) {
    const int storage = type->storage_bits;
    if (storage != 8 && storage != 16 && storage != 32 && storage != 64) return false;
    return type->bits >= 1 && type->shift >= 0 && type->bits + type->shift <= storage &&
           type->repeat >= 1 && type->repeat <= 16;
}

Status iio_parse_type(const char *text, IioType *out) {
    const char *at = text;
    IioType type = {.repeat = 1};
    type.big_endian = take(&at, "be:");
    if (!type.big_endian && !take(&at, "le:")) return unreadable(text);
    type.is_signed = take(&at, "s");
    if (!type.is_signed && !take(&at, "u")) return unreadable(text);
    if (!take_number(&at, &type.bits) || !take(&at, "/") || !take_number(&at, &type.storage_bits))
        return unreadable(text);
    if (take(&at, "X") && !take_number(&at, &type.repeat)) return unreadable(text);
    if (take(&at, ">>") && !take_number(&at, &type.shift)) return unreadable(text);
    if (type.repeat == 0) type.repeat = 1;
    take(&at, "\n");
    if (*at || !is_possible(&type)) return unreadable(text);
    *out = type;
    return OK;
}

int64_t iio_decode(const IioType *type, const uint8_t *bytes) {
    const int size = type->storage_bits / 8;
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | bytes[type->big_endian ? i : size - 1 - i];
    value >>= type->shift;
    const int spare = 64 - type->bits;
    value <<= spare;
    return type->is_signed ? (int64_t)value >> spare : (int64_t)(value >> spare);
}

int64_t iio_centre(const IioType *type) {
    if (type->is_signed || type->bits > 62) return 0;
    return INT64_C(1) << (type->bits - 1);
}
