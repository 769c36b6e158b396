/*
 * protocols.c - what a line of a scale means. Each protocol is a row: what ends a line, what asks
 * for one, what reads it.
 *
 *     counts      C COUNTS... [TCELSIUS] [*XOR]; '-' for a cell that gave nothing (docs/scale.md)
 *                 A X Y Z [GX GY GZ] [*XOR]; mm/s2, mrad/s
 *     continuous  ST,GS,+  1.234kg; ST stable, US moving, OL over, UL under; GS gross, NT net
 *     toledo      STX SWA SWB SWC, six digits of weight, six of tare, CR; toledo-checksum: and the
 *                 two's complement of the sum of all of it, 7 bits
 *     sics        S S    100.00 g; S stable, D dynamic, I not now, + over, - under; ES ET EL
 *     nci         LF 12.34LB CR LF s1 s2 CR ETX
 *                 s1: 1 moving, 2 at zero, 4 RAM error, 8 EEPROM error
 *                 s2: 1 under, 2 over, 4 ROM error, 8 calibration error
 */
#include "scale_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both are as the first line had it, or the line is half of one. */
static bool fits_shape(LineShape *shape, bool head, bool unit) {
    if (!shape->known) *shape = (LineShape){.known = true, .head = head, .unit = unit};
    return head == shape->head && unit == shape->unit;
}

/* -- counts ------------------------------------------------------------------------------------ */

/* Cuts "*HH" off. -1: wrong; 0: none; 1: right. */
static int take_checksum(char *text) {
    char *star = strchr(text, '*');
    unsigned sum = 0;
    if (!star) return 0;
    for (const char *at = text; at < star; at++)
        sum ^= (unsigned char)*at;
    if (strlen(star) != 3 || strspn(star + 1, "0123456789ABCDEFabcdef") != 2) return -1;
    const unsigned said = (unsigned)strtoul(star + 1, NULL, 16);
    *star = '\0';
    return said == sum ? 1 : -1;
}

static bool read_count(const char *word, Heard *out) {
    if (out->cells == CELLS_MAX) return false;
    const int cell = out->cells++;
    if (strcmp(word, "-") == 0) return true;
    const char *digits = word + (*word == '-' || *word == '+');
    if (!*digits || strlen(digits) > 8 || digits[strspn(digits, "0123456789")]) return false;
    out->counts[cell] = (int32_t)strtol(word, NULL, 10);
    out->valid |= (uint8_t)(1U << cell);
    return true;
}

/* "T" and its number, both in one word. */
static bool read_temperature(const char *word, Heard *out) {
    const char *number = word + 1;
    const char *digits = number + (*number == '-');
    if (!*digits || strlen(digits) > 6 || digits[strspn(digits, "0123456789.")]) return false;
    out->temperature_c = strtof(number, NULL);
    return out->temperature_c > -100 && out->temperature_c < 200;
}

/* Whole mm/s2 along three axes, and perhaps mrad/s about them. */
static LineKind read_motion(char **rest, Heard *out) {
    Heard heard = {.shakes = true, .temperature_c = __builtin_nanf("")};
    int axes = 0;
    for (char *word; (word = strtok_r(NULL, " ", rest)); axes++) {
        const char *digits = word + (*word == '-' || *word == '+');
        if (axes == HEARD_AXES || !*digits || strlen(digits) > 6 ||
            digits[strspn(digits, "0123456789")])
            return KIND_GARBAGE;
        heard.motion[axes] = (float)strtol(word, NULL, 10) / 1000;
    }
    if (axes != 3 && axes != HEARD_AXES) return KIND_GARBAGE;
    *out = heard;
    return KIND_SAMPLE;
}

static LineKind read_counts_line(LineShape *shape, const char *line, double unit_g, Heard *out) {
    (void)unit_g;
    char text[LINE_BYTES + 1], *rest = NULL;
    Heard heard = {.temperature_c = __builtin_nanf("")};
    strncpy(text, line, LINE_BYTES);
    text[LINE_BYTES] = '\0';
    if (text[0] == '#') return KIND_OTHER; /* a sketch may greet */
    const int checksum = take_checksum(text);
    const char *word = strtok_r(text, " ", &rest);
    if (checksum < 0 || !word) return KIND_GARBAGE;
    if (shape->known && (checksum > 0) != shape->checksum) return KIND_GARBAGE;
    if (strcmp(word, "A") == 0) return read_motion(&rest, out);
    if (strcmp(word, "C") != 0) return KIND_GARBAGE;
    while ((word = strtok_r(NULL, " ", &rest)))
        if (!(*word == 'T' ? read_temperature(word, &heard) : read_count(word, &heard)))
            return KIND_GARBAGE;
    if (heard.cells == 0) return KIND_GARBAGE;
    if (!shape->known)
        *shape = (LineShape){.known = true, .checksum = checksum > 0, .cells = heard.cells};
    if (heard.cells != shape->cells) return KIND_GARBAGE;
    *out = heard;
    return KIND_SAMPLE;
}

const Protocol protocol_counts = {
    .name = "counts", .ends = "\r\n", .counts = true, .read = read_counts_line};

/* -- continuous -------------------------------------------------------------------------------- */

static bool is_word(const char *field, size_t length, const char *word) {
    return strlen(word) == length && strncmp(field, word, length) == 0;
}

static uint8_t device_of(const char *field, size_t length) {
    if (is_word(field, length, "ST")) return SCALE_DEVICE_STABLE;
    if (is_word(field, length, "US")) return SCALE_DEVICE_MOTION;
    if (is_word(field, length, "OL")) return SCALE_DEVICE_OVERLOAD;
    if (is_word(field, length, "UL")) return SCALE_DEVICE_UNDERLOAD;
    return 0;
}

/* The weight, and a unit that stands in a field of its own. */
static bool read_fields(const char *text, double unit_g, double *grams, bool *had_unit) {
    char joined[LINE_BYTES + 1];
    snprintf(joined, sizeof joined, "%s", text);
    char *comma = strrchr(joined, ',');
    const char *unit = comma ? comma + 1 + strspn(comma + 1, " ") : NULL;
    if (unit && ((*unit >= 'a' && *unit <= 'z') || (*unit >= 'A' && *unit <= 'Z'))) *comma = ' ';
    return read_weight(joined, unit_g, grams, had_unit);
}

static LineKind read_continuous(LineShape *shape, const char *line, double unit_g, Heard *out) {
    const char *at = line + strspn(line, " ");
    size_t length = strcspn(at, ",");
    const uint8_t device = device_of(at, length);
    if (device && at[length]) {
        at += length + 1;
        length = strcspn(at, ",");
        if (is_word(at, length, "TR")) return KIND_OTHER; /* the tare itself */
        if ((is_word(at, length, "GS") || is_word(at, length, "NT")) && at[length])
            at += length + 1;
    }
    if (device & (SCALE_DEVICE_OVERLOAD | SCALE_DEVICE_UNDERLOAD)) {
        *out = heard_no_weight(device);
        return KIND_SAMPLE;
    }
    double grams = 0;
    bool had_unit = false;
    if (!read_fields(at, unit_g, &grams, &had_unit)) return KIND_GARBAGE;
    if (!fits_shape(shape, device != 0, had_unit)) return KIND_GARBAGE;
    *out = heard_weight(grams, device);
    return KIND_SAMPLE;
}

const Protocol protocol_continuous = {
    .name = "continuous", .ends = "\r\n", .read = read_continuous};

/* -- Toledo continuous ------------------------------------------------------------------------- */

/* Six digits, spaces before them; false: others. */
static bool read_six(const char *at, double *out) {
    double value = 0;
    int digits = 0;
    for (int i = 0; i < 6; i++) {
        if (at[i] == ' ' && digits == 0) continue;
        if (at[i] < '0' || at[i] > '9') return false;
        value = 10 * value + (at[i] - '0');
        digits++;
    }
    *out = value;
    return digits > 0;
}

static double toledo_unit_g(unsigned status_b, unsigned status_c) {
    enum { IN_KG = 16, UNIT_BITS = 7, UNIT_GRAM = 1, UNIT_OUNCE = 3 };
    switch (status_c & UNIT_BITS) {
    case 0:
        return status_b & IN_KG ? unit_grams("kg", 2) : unit_grams("lb", 2);
    case UNIT_GRAM:
        return 1;
    case UNIT_OUNCE:
        return unit_grams("oz", 2);
    default:
        return 0;
    }
}

/* Its weight as it was loaded: a tare the scale has taken off is put back. */
static LineKind read_toledo(LineShape *shape, const char *frame, double unit_g, Heard *out) {
    (void)shape;
    (void)unit_g;
    enum { POINT_BITS = 7, NET = 1, NEGATIVE = 2, OUT_OF_RANGE = 4, MOVING = 8 };
    static const double places[] = {100, 10, 1, 0.1, 0.01, 0.001, 1e-4, 1e-5};
    const unsigned status_a = (unsigned char)frame[1], status_b = (unsigned char)frame[2],
                   status_c = (unsigned char)frame[3];
    const uint8_t moving = status_b & MOVING ? SCALE_DEVICE_MOTION : SCALE_DEVICE_STABLE;
    double weight = 0, tare = 0;
    if (frame[TOLEDO_BYTES - 1] != '\r') return KIND_GARBAGE;
    if (status_b & OUT_OF_RANGE) {
        *out =
            heard_no_weight(status_b & NEGATIVE ? SCALE_DEVICE_UNDERLOAD : SCALE_DEVICE_OVERLOAD);
        return KIND_SAMPLE;
    }
    const double unit = toledo_unit_g(status_b, status_c) * places[status_a & POINT_BITS];
    if (unit <= 0 || !read_six(frame + 4, &weight) || !read_six(frame + 10, &tare))
        return KIND_GARBAGE;
    const double shown = status_b & NEGATIVE ? -weight : weight;
    const double grams = (status_b & NET ? shown + tare : shown) * unit;
    if (grams > SCALE_WEIGHT_MAX_G || grams < -SCALE_WEIGHT_MAX_G) return KIND_GARBAGE;
    *out = heard_weight(grams, moving);
    return KIND_SAMPLE;
}

static LineKind read_toledo_sum(LineShape *shape, const char *frame, double unit_g, Heard *out) {
    unsigned sum = 0;
    for (int i = 0; i < TOLEDO_SUM_BYTES; i++)
        sum += (unsigned char)frame[i] & 0x7fU;
    return sum & 0x7fU ? KIND_GARBAGE : read_toledo(shape, frame, unit_g, out);
}

const Protocol protocol_toledo = {
    .name = "toledo", .ends = "", .frame = TOLEDO_BYTES, .mask = 0x7f, .read = read_toledo};
const Protocol protocol_toledo_sum = {
    .name = "toledo-checksum",
    .ends = "",
    .frame = TOLEDO_SUM_BYTES,
    .mask = 0x7f,
    .read = read_toledo_sum};

/* -- SICS -------------------------------------------------------------------------------------- */

static LineKind read_sics_weight(const char *rest, double unit_g, Heard *out) {
    double grams = 0;
    bool had_unit = false;
    switch (rest[0]) {
    case 'I':
        return rest[1] ? KIND_GARBAGE : KIND_OTHER; /* busy: not now */
    case '+':
    case '-':
        if (rest[1]) return KIND_GARBAGE;
        *out = heard_no_weight(rest[0] == '+' ? SCALE_DEVICE_OVERLOAD : SCALE_DEVICE_UNDERLOAD);
        return KIND_SAMPLE;
    case 'S':
    case 'D':
        if (rest[1] != ' ' || !read_weight(rest + 2, unit_g, &grams, &had_unit))
            return KIND_GARBAGE;
        *out = heard_weight(grams, rest[0] == 'S' ? SCALE_DEVICE_STABLE : SCALE_DEVICE_MOTION);
        return KIND_SAMPLE;
    default:
        return KIND_GARBAGE;
    }
}

static LineKind read_sics(LineShape *shape, const char *line, double unit_g, Heard *out) {
    (void)shape; /* every answer begins with what was asked: half of one is none */
    if (strcmp(line, "ES") == 0 || strcmp(line, "ET") == 0 || strcmp(line, "EL") == 0)
        return KIND_UNKNOWN;
    if (strncmp(line, "S ", 2) == 0) return read_sics_weight(line + 2, unit_g, out);
    if (strncmp(line, "Z ", 2) == 0) return line[2] == 'A' ? KIND_DONE : KIND_REFUSED;
    if (strncmp(line, "T ", 2) == 0) return line[2] == 'S' ? KIND_DONE : KIND_REFUSED;
    if (strncmp(line, "TA ", 3) == 0 || (line[0] == 'I' && line[1] >= '0' && line[1] <= '9'))
        return KIND_OTHER;
    return KIND_GARBAGE;
}

const Protocol protocol_sics = {
    .name = "sics",
    .ends = "\r\n",
    .stream = "SIR\r\n",
    .poll = "SI\r\n",
    .zero = "Z\r\n",
    .tare = "T\r\n",
    .read = read_sics};

/* -- NCI --------------------------------------------------------------------------------------- */

static uint8_t nci_device(const char *status) {
    enum { MOVING = 1, ZERO = 2, BROKEN_1 = 4 | 8, UNDER = 1, OVER = 2, BROKEN_2 = 4 | 8 };
    const unsigned first = (unsigned char)status[0], second = (unsigned char)status[1];
    unsigned device = first & MOVING ? SCALE_DEVICE_MOTION : SCALE_DEVICE_STABLE;
    if (first & ZERO) device |= SCALE_DEVICE_ZERO;
    if (second & UNDER) device |= SCALE_DEVICE_UNDERLOAD;
    if (second & OVER) device |= SCALE_DEVICE_OVERLOAD;
    if ((first & BROKEN_1) || (second & BROKEN_2)) device |= SCALE_DEVICE_FAULT;
    return (uint8_t)device;
}

/* Two bytes or more of 0f11xxxx; f: another follows, but after the first, which has none. */
static bool is_nci_status(const char *text, size_t length) {
    if (length < 2 || length > 4) return false;
    for (size_t i = 0; i < length; i++) {
        const bool follows = i > 0 && i < length - 1;
        if ((text[i] & 0x70) != (follows ? 0x70 : 0x30)) return false;
    }
    return true;
}

static LineKind read_nci(LineShape *shape, const char *frame, double unit_g, Heard *out) {
    enum { NONE = SCALE_DEVICE_OVERLOAD | SCALE_DEVICE_UNDERLOAD | SCALE_DEVICE_FAULT };
    char fields[2][LINE_BYTES + 1] = {"", ""};
    int count = 0;
    if (*frame != '\n') return KIND_GARBAGE; /* half of one */
    for (const char *at = frame; *at;) {
        at += strspn(at, "\r\n");
        const size_t length = strcspn(at, "\r\n");
        if (length == 0) break;
        if (count == 2) return KIND_GARBAGE;
        memcpy(fields[count++], at, length);
        at += length;
    }
    if (count == 1 && strcmp(fields[0], "?") == 0) return KIND_UNKNOWN;
    const char *status = count == 2 ? fields[1] : fields[0];
    if (count == 0 || !is_nci_status(status, strlen(status))) return KIND_GARBAGE;
    const uint8_t device = nci_device(status);
    if (count == 1) return device & SCALE_DEVICE_ZERO ? KIND_DONE : KIND_REFUSED;
    double grams = 0;
    bool had_unit = false;
    if (device & NONE) {
        *out = heard_no_weight(device);
        return KIND_SAMPLE;
    }
    if (!read_weight(fields[0], unit_g, &grams, &had_unit)) return KIND_GARBAGE;
    if (!fits_shape(shape, false, had_unit)) return KIND_GARBAGE;
    *out = heard_weight(grams, device);
    return KIND_SAMPLE;
}

const Protocol protocol_nci = {
    .name = "nci", .ends = "\x03", .mask = 0x7f, .poll = "W\r", .zero = "Z\r", .read = read_nci};
