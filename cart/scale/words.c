/* words.c - URIs, lines and weights as a person or a scale writes them. */
#include "scale_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* -- uri --------------------------------------------------------------------------------------- */

static Status
add_option(const char *scheme, const char *word, size_t length, const char *const *keys, Uri *uri) {
    const char *equals = memchr(word, '=', length);
    const size_t key_length = equals ? (size_t)(equals - word) : length;
    const char *key = NULL;
    for (int i = 0; keys[i]; i++)
        if (strlen(keys[i]) == key_length && memcmp(keys[i], word, key_length) == 0) key = keys[i];
    if (!key || !equals) {
        char known[96] = "";
        for (int i = 0; keys[i]; i++)
            snprintf(known + strlen(known), sizeof known - strlen(known), " %s", keys[i]);
        return fail(
            E_INVALID, "scale: %s: '%.*s' is no KEY=VALUE; the keys are%s", scheme,
            (int)(length < 60 ? length : 60), word, known);
    }
    const size_t value_length = length - key_length - 1;
    if (value_length == 0 || value_length >= URI_TEXT_BYTES)
        return fail(E_INVALID, "scale: %s: %s= needs a value of up to 127 letters", scheme, key);
    if (uri->count == URI_OPTIONS_MAX)
        return fail(E_INVALID, "scale: %s: more than %d options", scheme, URI_OPTIONS_MAX);
    memcpy(uri->at[uri->count].key, key, strlen(key) + 1);
    memcpy(uri->at[uri->count].value, equals + 1, value_length);
    uri->at[uri->count++].value[value_length] = '\0';
    return OK;
}

Status uri_parse(const char *scheme, const char *rest, const char *const *keys, Uri *out) {
    Uri uri = {.count = 0};
    const size_t length = strcspn(rest, "?");
    if (length >= sizeof uri.device)
        return fail(E_INVALID, "scale: %s%.40s…: the device's name is too long", scheme, rest);
    memcpy(uri.device, rest, length);
    const char *at = rest + length;
    while (*at) {
        at++;
        const size_t word = strcspn(at, "&");
        if (word > 0) TRY(add_option(scheme, at, word, keys, &uri));
        at += word;
    }
    *out = uri;
    return OK;
}

const char *uri_get(const Uri *uri, const char *key, const char *fallback) {
    for (int i = 0; i < uri->count; i++)
        if (strcmp(uri->at[i].key, key) == 0) return uri->at[i].value;
    return fallback;
}

Status uri_number(
    const char *scheme, const Uri *uri, const char *key, int fallback, int min, int max, int *out) {
    const char *text = uri_get(uri, key, NULL);
    long long value = 0;
    if (!text) {
        *out = fallback;
        return OK;
    }
    const size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; i < digits && value <= max; i++)
        value = 10 * value + (text[i] - '0');
    if (digits == 0 || text[digits] || value < min || value > max)
        return fail(
            E_INVALID, "scale: %s: %s=%s is no whole number from %d to %d", scheme, key, text, min,
            max);
    *out = (int)value;
    return OK;
}

/* -- lines ------------------------------------------------------------------------------------- */

static LineHeard end_line(ScaleLine *line) {
    const bool whole = line->begun && !line->bad && line->length > 0;
    const bool broken = line->begun && line->bad;
    line->text[line->length] = '\0';
    line->begun = true;
    line->bad = false;
    line->length = 0;
    return whole ? LINE_WHOLE : broken ? LINE_BROKEN : LINE_MORE;
}

/* Line ends inside a frame that ends otherwise, and framing, are part of the text. */
static bool is_text(const ScaleLine *line, char letter) {
    if (letter >= ' ' && letter <= '~') return true;
    return line->mask && (letter == '\r' || letter == '\n');
}

/* A frame is found by its STX and its length; a checksum at its end may look like an STX. */
static LineHeard feed_frame(ScaleLine *line, char letter) {
    const bool at_sum = line->frame == TOLEDO_SUM_BYTES && line->length == line->frame - 1;
    if (letter == '\x02' && !at_sum) {
        const bool cut = line->length > 0;
        line->text[0] = letter;
        line->length = 1;
        return cut ? LINE_BROKEN : LINE_MORE;
    }
    if (line->length == 0) { /* noise between frames: a line's worth of it is one */
        line->stray = line->stray == LINE_BYTES ? 0 : line->stray + 1;
        line->text[0] = '\0';
        return line->stray == LINE_BYTES ? LINE_BROKEN : LINE_MORE;
    }
    line->text[line->length++] = letter;
    if (line->length < line->frame) return LINE_MORE;
    line->text[line->length] = '\0';
    line->length = line->stray = 0;
    return LINE_WHOLE;
}

LineHeard scale_line_feed(ScaleLine *line, uint8_t byte) {
    const char letter = (char)(line->mask ? byte & line->mask : byte);
    if (line->frame) return feed_frame(line, letter);
    if (letter && strchr(line->ends, letter)) return end_line(line);
    if (letter == '\x02' && line->length == 0) return LINE_MORE; /* start of text */
    if (line->length == LINE_BYTES || !is_text(line, letter))
        line->bad = true;
    else if (!line->bad)
        line->text[line->length++] = letter;
    return LINE_MORE;
}

/* -- weights ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    double grams;
} units[] = {{"g", 1}, {"kg", 1000}, {"lb", 453.59237}, {"lbs", 453.59237}, {"oz", 28.349523125}};

double unit_grams(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == length && strncasecmp(units[i].name, name, length) == 0)
            return units[i].grams;
    return 0;
}

static const char *skip_blanks(const char *at) { return at + strspn(at, " "); }

/* Digits with at most one point or comma; false: none, or more than 12. */
static bool read_digits(const char **text, double *out) {
    const char *at = *text;
    double value = 0, place = 0;
    int digits = 0;
    for (; (*at >= '0' && *at <= '9') || ((*at == '.' || *at == ',') && place == 0); at++) {
        if (*at == '.' || *at == ',') {
            place = 1;
            continue;
        }
        value = 10 * value + (*at - '0');
        place *= 10;
        digits++;
    }
    if (digits == 0 || digits > 12) return false;
    *out = place > 1 ? value / place : value;
    *text = at;
    return true;
}

bool read_weight(const char *text, double fallback_g, double *grams, bool *had_unit) {
    const char *at = skip_blanks(text);
    const bool negative = *at == '-';
    double value = 0;
    if (*at == '-' || *at == '+') at = skip_blanks(at + 1);
    if (!read_digits(&at, &value)) return false;
    at = skip_blanks(at);
    const size_t letters = strcspn(at, " ");
    const double unit_g = letters ? unit_grams(at, letters) : fallback_g;
    if (unit_g <= 0 || *skip_blanks(at + letters)) return false;
    if (value * unit_g > SCALE_WEIGHT_MAX_G) return false;
    *grams = (negative ? -value : value) * unit_g;
    *had_unit = letters > 0;
    return true;
}
