/* protocols_test.c - what is pure: words, lines, reports, types, rhythm, and what is pretended. */
#include "scale_internal.h"
#include "test.h"

#include <math.h>
#include <string.h>

typedef struct Case {
    const char *line;
    LineKind kind;
    double grams;
    int device;
} Case;

/* Each with a fresh shape. */
static void read_cases(const Protocol *protocol, double unit_g, const Case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        LineShape shape = {0};
        Heard heard = {0};
        const LineKind kind = protocol->read(&shape, cases[i].line, unit_g, &heard);
        bool right = kind == cases[i].kind;
        if (right && kind == KIND_SAMPLE)
            right = heard.device == cases[i].device && heard.weighs &&
                    (isnan(cases[i].grams)
                         ? heard.valid == 0
                         : heard.valid == 1 && fabs(heard.grams - cases[i].grams) < 1e-6);
        if (!right)
            printf("# '%s': kind %d, %g g, %d\n", cases[i].line, kind, heard.grams, heard.device);
        CHECK(right);
    }
}

#define READ_CASES(protocol, unit_g, cases)                                                        \
    read_cases(protocol, unit_g, cases, sizeof(cases) / sizeof *(cases))

enum {
    STABLE = SCALE_DEVICE_STABLE,
    MOTION = SCALE_DEVICE_MOTION,
    OVER = SCALE_DEVICE_OVERLOAD,
    UNDER = SCALE_DEVICE_UNDERLOAD,
    ZERO = SCALE_DEVICE_ZERO,
    BROKEN = SCALE_DEVICE_FAULT
};

static void a_continuous_line_is_a_weight_or_garbage(void) {
    static const Case cases[] = {
        {"ST,GS,+  1.234kg", KIND_SAMPLE, 1234, STABLE},
        {"US,NT,- 12.5 lb", KIND_SAMPLE, -12.5 * 453.59237, MOTION},
        {"ST,+00123.45  g", KIND_SAMPLE, 123.45, STABLE},
        {"ST,GS,+  1.234, kg", KIND_SAMPLE, 1234, STABLE},
        {"  12.34 oz ", KIND_SAMPLE, 12.34 * 28.349523125, 0},
        {"1,5 kg", KIND_SAMPLE, 1500, 0},
        {"OL,GS,+-------kg", KIND_SAMPLE, NAN, OVER},
        {"UL,GS,--------kg", KIND_SAMPLE, NAN, UNDER},
        {"ST,TR,+  0.100kg", KIND_OTHER, 0, 0},
        {"ST,GS,+  1.234", KIND_GARBAGE, 0, 0}, /* of what? */
        {"ST,GS,+  1.234pcs", KIND_GARBAGE, 0, 0},
        {"ST,GS,+  1.234 kg kg", KIND_GARBAGE, 0, 0},
        {"ST,GS,kg", KIND_GARBAGE, 0, 0},
        {"ST", KIND_GARBAGE, 0, 0},
        {"1.2.3 kg", KIND_GARBAGE, 0, 0},
        {"999999 kg", KIND_GARBAGE, 0, 0}, /* more than can be told */
        {"1234567890123 g", KIND_GARBAGE, 0, 0},
        {"- kg", KIND_GARBAGE, 0, 0},
        {"hello", KIND_GARBAGE, 0, 0},
        {"C 1 2 3 4", KIND_GARBAGE, 0, 0},
    };
    READ_CASES(&protocol_continuous, 0, cases);
    static const Case bare[] = {
        {"  100.0", KIND_SAMPLE, 100000, 0}, {"2 lb", KIND_SAMPLE, 907.18474, 0}};
    READ_CASES(&protocol_continuous, 1000, bare);
}

static void half_a_line_is_no_weight(void) {
    LineShape shape = {0};
    Heard heard;
    const Protocol *p = &protocol_continuous;
    CHECK(p->read(&shape, "ST,GS,+ 12.345kg", 1000, &heard) == KIND_SAMPLE);
    CHECK(p->read(&shape, "345kg", 1000, &heard) == KIND_GARBAGE);
    CHECK(p->read(&shape, "ST,GS,+ 12.3", 1000, &heard) == KIND_GARBAGE);
    CHECK(p->read(&shape, "ST,GS,+ 12.345kg", 1000, &heard) == KIND_SAMPLE);
}

static void a_sics_answer_is_a_weight_or_an_outcome(void) {
    static const Case cases[] = {
        {"S S     100.00 g", KIND_SAMPLE, 100, STABLE},
        {"S D      -0.52 kg", KIND_SAMPLE, -520, MOTION},
        {"S I", KIND_OTHER, 0, 0},
        {"S +", KIND_SAMPLE, NAN, OVER},
        {"S -", KIND_SAMPLE, NAN, UNDER},
        {"ES", KIND_UNKNOWN, 0, 0},
        {"ET", KIND_UNKNOWN, 0, 0},
        {"EL", KIND_UNKNOWN, 0, 0},
        {"Z A", KIND_DONE, 0, 0},
        {"Z I", KIND_REFUSED, 0, 0},
        {"Z +", KIND_REFUSED, 0, 0},
        {"T S     100.00 g", KIND_DONE, 0, 0},
        {"T -", KIND_REFUSED, 0, 0},
        {"TA A     20.00 g", KIND_OTHER, 0, 0},
        {"I4 A \"1234\"", KIND_OTHER, 0, 0},
        {"S S     100.00 ct", KIND_GARBAGE, 0, 0},
        {"S S", KIND_GARBAGE, 0, 0},
        {"S X 1 g", KIND_GARBAGE, 0, 0},
        {"100.00 g", KIND_GARBAGE, 0, 0},
    };
    READ_CASES(&protocol_sics, 0, cases);
}

static void an_nci_frame_is_a_weight_and_its_state(void) {
    static const Case cases[] = {
        {"\n  12.34LB\r\n00\r", KIND_SAMPLE, 12.34 * 453.59237, STABLE},
        {"\n  0.000KG\r\n20\r", KIND_SAMPLE, 0, STABLE | ZERO},
        {"\n  1.500KG\r\n1p0\r", KIND_SAMPLE, 1500, MOTION}, /* p: another byte follows */
        {"\n^^^^^^\r\n02\r", KIND_SAMPLE, NAN, STABLE | OVER},
        {"\n______\r\n01\r", KIND_SAMPLE, NAN, STABLE | UNDER},
        {"\n------\r\n08\r", KIND_SAMPLE, NAN, STABLE | BROKEN},
        {"\n  1.000KG\r\n40\r", KIND_SAMPLE, NAN, STABLE | BROKEN}, /* RAM */
        {"\n20\r", KIND_DONE, 0, 0},
        {"\n00\r", KIND_REFUSED, 0, 0},
        {"\n?\r", KIND_UNKNOWN, 0, 0},
        {"34LB\r\n00\r", KIND_GARBAGE, 0, 0},
        {"\n  12.34LB\r", KIND_GARBAGE, 0, 0},
        {"\n  12.34LB\r\nxy\r", KIND_GARBAGE, 0, 0},
        {"\n  12.34LB\r\n00\r\n00\r", KIND_GARBAGE, 0, 0},
        {"", KIND_GARBAGE, 0, 0},
    };
    READ_CASES(&protocol_nci, 0, cases);
}

/* STX, status, weight, tare, CR, and the right checksum. */
static void
toledo(char out[LINE_BYTES], int a, int b, int c, const char *weight, const char *tare) {
    const int length = snprintf(out, LINE_BYTES, "\x02%c%c%c%6s%6s\r", a, b, c, weight, tare);
    unsigned sum = 0;
    for (int i = 0; i < length; i++)
        sum += (unsigned char)out[i];
    out[length] = (char)(-sum & 0x7f);
    out[length + 1] = '\0';
}

static void a_toledo_frame_is_a_weight_with_its_tare_put_back(void) {
    static const struct {
        int a, b, c;
        const char *weight, *tare;
        LineKind kind;
        double grams;
        int device;
    } cases[] = {
        {0x2d, 0x30, 0x20, "1234", "0", KIND_SAMPLE, 1234, STABLE},   /* three places, kg */
        {0x2d, 0x39, 0x20, "1234", "100", KIND_SAMPLE, 1334, MOTION}, /* net */
        {0x2c, 0x22, 0x20, "000150", "000000", KIND_SAMPLE, -1.5 * 453.59237, STABLE},
        {0x2a, 0x20, 0x21, "500", "0", KIND_SAMPLE, 500, STABLE}, /* g */
        {0x29, 0x20, 0x21, "50", "0", KIND_SAMPLE, 500, STABLE},  /* a fixed zero */
        {0x2b, 0x20, 0x23, "105", "0", KIND_SAMPLE, 10.5 * 28.349523125, STABLE},
        {0x2d, 0x34, 0x20, "1234", "0", KIND_SAMPLE, NAN, OVER},
        {0x2d, 0x36, 0x20, "1234", "0", KIND_SAMPLE, NAN, UNDER},
        {0x2d, 0x30, 0x22, "1234", "0", KIND_GARBAGE, 0, 0}, /* tons */
        {0x2d, 0x30, 0x20, "12-4", "0", KIND_GARBAGE, 0, 0},
        {0x2d, 0x30, 0x20, "", "0", KIND_GARBAGE, 0, 0},
        {0x28, 0x30, 0x20, "999999", "0", KIND_GARBAGE, 0, 0},
    };
    char frame[LINE_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        toledo(frame, cases[i].a, cases[i].b, cases[i].c, cases[i].weight, cases[i].tare);
        const Case one = {frame, cases[i].kind, cases[i].grams, cases[i].device};
        read_cases(&protocol_toledo_sum, 0, &one, 1);
        read_cases(&protocol_toledo, 0, &one, 1);
        frame[5] ^= 1;
        read_cases(&protocol_toledo_sum, 0, &(Case){frame, KIND_GARBAGE, 0, 0}, 1);
    }
}

static void a_counts_line_has_up_to_four_cells_a_temperature_and_a_checksum(void) {
    static const struct {
        const char *line;
        LineKind kind;
        int cells, valid;
        int32_t counts[CELLS_MAX];
        double temperature_c;
    } cases[] = {
        {"C 83880 -2 81233 8388607", KIND_SAMPLE, 4, 15, {83880, -2, 81233, 8388607}, NAN},
        {"C 123", KIND_SAMPLE, 1, 1, {123}, NAN},
        {"C 1 - 3 T-21.5", KIND_SAMPLE, 3, 5, {1, 0, 3}, -21.5},
        {"C 83880 84002 81233 90001*45", KIND_SAMPLE, 4, 15, {83880, 84002, 81233, 90001}, NAN},
        {"C 83880 84002 81233 90001*53", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"C 1 2*", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"C 1 2*7", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"C 1 2 3 4 5", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"C 999999999", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"C 1.5", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"C 1 T", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"C 1 T999", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"C", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"CC 1", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"1 2 3", KIND_GARBAGE, 0, 0, {0}, NAN},
        {"# HX711 ready", KIND_OTHER, 0, 0, {0}, NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        LineShape shape = {0};
        Heard heard = {0};
        const LineKind kind = protocol_counts.read(&shape, cases[i].line, 0, &heard);
        if (kind != cases[i].kind) printf("# '%s': %d\n", cases[i].line, kind);
        CHECK(kind == cases[i].kind);
        if (kind != KIND_SAMPLE) continue;
        CHECK(heard.cells == cases[i].cells && heard.valid == cases[i].valid && !heard.weighs);
        CHECK(memcmp(heard.counts, cases[i].counts, sizeof heard.counts) == 0);
        CHECK(
            isnan(cases[i].temperature_c) ? isnan(heard.temperature_c)
                                          : (double)heard.temperature_c == cases[i].temperature_c);
    }
    LineShape shape = {0};
    Heard heard;
    CHECK(protocol_counts.read(&shape, "C 1 2*41", 0, &heard) == KIND_GARBAGE);
    CHECK(protocol_counts.read(&shape, "C 1 2", 0, &heard) == KIND_SAMPLE);
    CHECK(protocol_counts.read(&shape, "C 1", 0, &heard) == KIND_GARBAGE); /* a cell was lost */
}

static void an_accelerometer_may_speak_in_between(void) {
    LineShape shape = {0};
    Heard heard = {0};
    const Protocol *p = &protocol_counts;
    CHECK(p->read(&shape, "A 12 -5 9806", 0, &heard) == KIND_SAMPLE && heard.shakes);
    CHECK(fabsf(heard.motion[0] - 0.012f) < 1e-6f && fabsf(heard.motion[1] + 0.005f) < 1e-6f);
    CHECK(fabsf(heard.motion[2] - 9.806f) < 1e-6f && heard.motion[5] == 0);
    CHECK(p->read(&shape, "A 0 0 9810 100 -200 300", 0, &heard) == KIND_SAMPLE);
    CHECK(fabsf(heard.motion[4] + 0.2f) < 1e-6f && !shape.known);
    static const char *const wrong[] = {"A",       "A 1 2",     "A 1 2 3 4",     "A 1 2 3 4 5 6 7",
                                        "A 1 2 x", "A 1 2 3.5", "A 1 2 9999999", "AA 1 2 3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(p->read(&shape, wrong[i], 0, &heard) == KIND_GARBAGE);
    CHECK(p->read(&shape, "C 1 2*40", 0, &heard) == KIND_SAMPLE && !heard.shakes);
    CHECK(p->read(&shape, "A 12 -5 9806", 0, &heard) == KIND_GARBAGE); /* its checksum was lost */
}

/* What docs/scale.md shows a person to send is understood. */
static const char *page = "docs/scale.md";

static void the_lines_on_the_page_are_samples(void) {
    FILE *file = fopen(page, "r");
    char text[256];
    int lines = 0;
    CHECK(file != NULL);
    while (file && fgets(text, sizeof text, file)) {
        LineShape shape = {0};
        Heard heard;
        text[strcspn(text, "\r\n")] = '\0';
        if (strncmp(text, "C ", 2) != 0) continue;
        const LineKind kind = protocol_counts.read(&shape, text, 0, &heard);
        if (kind != KIND_SAMPLE || !shape.checksum) printf("# %s\n", text);
        CHECK(kind == KIND_SAMPLE && shape.checksum && heard.cells == 4);
        lines++;
    }
    if (file) fclose(file);
    CHECK(lines == 3);
}

/* -- lines ------------------------------------------------------------------------------------- */

static int
lines_in(ScaleLine *line, const char *bytes, size_t size, char last[LINE_BYTES + 1], int *broken) {
    int whole = 0;
    *broken = 0;
    for (size_t i = 0; i < size; i++) {
        const LineHeard heard = scale_line_feed(line, (uint8_t)bytes[i]);
        if (heard == LINE_WHOLE) whole++, memcpy(last, line->text, LINE_BYTES + 1);
        *broken += heard == LINE_BROKEN;
    }
    return whole;
}

static void a_line_begins_after_the_first_end(void) {
    ScaleLine line = {.ends = "\r\n"};
    char last[LINE_BYTES + 1] = "";
    int broken;
    static const char bytes[] = "45kg\r\n\x02ST,GS,+ 12.345kg\r\n\r\nhal";
    CHECK(lines_in(&line, bytes, sizeof bytes - 1, last, &broken) == 1 && broken == 0);
    CHECK(strcmp(last, "ST,GS,+ 12.345kg") == 0);
    static const char rest[] = "f\r";
    CHECK(lines_in(&line, rest, sizeof rest - 1, last, &broken) == 1 && !strcmp(last, "half"));
}

static void nulls_control_letters_and_huge_lines_break_one_line_only(void) {
    ScaleLine line = {.ends = "\r\n", .begun = true};
    char last[LINE_BYTES + 1] = "", huge[500];
    int broken;
    static const char bytes[] = "a\0b\r\nok\r\n\xff\xfe\r\n";
    CHECK(lines_in(&line, bytes, sizeof bytes - 1, last, &broken) == 1 && broken == 2);
    CHECK(strcmp(last, "ok") == 0);
    memset(huge, '7', sizeof huge);
    CHECK(lines_in(&line, huge, sizeof huge, last, &broken) == 0 && broken == 0);
    CHECK(
        lines_in(&line, "\nfine\n", 6, last, &broken) == 1 && broken == 1 && !strcmp(last, "fine"));
}

static void a_frame_is_found_among_noise_and_halves(void) {
    ScaleLine line = {.ends = "", .frame = TOLEDO_SUM_BYTES, .mask = 0x7f};
    char last[LINE_BYTES + 1] = "", frame[LINE_BYTES], bytes[256] = "noise";
    int broken;
    size_t size = 5;
    toledo(frame, 0x2d, 0x30, 0x20, "1234", "0");
    memcpy(bytes + size, frame, 9); /* half of one */
    size += 9;
    for (int i = 0; i < 2; i++, size += TOLEDO_SUM_BYTES)
        memcpy(bytes + size, frame, TOLEDO_SUM_BYTES);
    CHECK(lines_in(&line, bytes, size, last, &broken) == 2 && broken == 1);
    CHECK(memcmp(last, frame, TOLEDO_SUM_BYTES) == 0);
    for (int weight = 0; weight < 128; weight++) { /* whatever the checksum looks like */
        char digits[8];
        snprintf(digits, sizeof digits, "%d", weight);
        toledo(frame, 0x2d, 0x30, 0x20, digits, "0");
        CHECK(lines_in(&line, frame, TOLEDO_SUM_BYTES, last, &broken) == 1 && broken == 0);
        LineShape shape = {0};
        Heard heard;
        CHECK(protocol_toledo_sum.read(&shape, last, 0, &heard) == KIND_SAMPLE);
        CHECK(fabs(heard.grams - weight) < 1e-9);
    }
    memset(bytes, '~', sizeof bytes);
    CHECK(lines_in(&line, bytes, sizeof bytes, last, &broken) == 0 && broken == 2);
}

static void a_parity_bit_is_taken_off(void) {
    ScaleLine line = {.ends = "\x03", .mask = 0x7f, .begun = true};
    char last[LINE_BYTES + 1] = "";
    int broken;
    static const char bytes[] = "\n\xb1\x32KG\r\n\xb0\x30\r\x83";
    CHECK(lines_in(&line, bytes, sizeof bytes - 1, last, &broken) == 1 && broken == 0);
    CHECK(strcmp(last, "\n12KG\r\n00\r") == 0);
}

/* -- URIs -------------------------------------------------------------------------------------- */

static void a_uri_is_a_device_and_what_is_said_of_it(void) {
    static const char *const keys[] = {"baud", "unit", NULL};
    Uri uri;
    int number = 0;
    CHECK(uri_parse("serial:", "/dev/ttyUSB0?baud=4800&unit=lb", keys, &uri) == OK);
    CHECK(!strcmp(uri.device, "/dev/ttyUSB0") && !strcmp(uri_get(&uri, "unit", "g"), "lb"));
    CHECK(uri_number("serial:", &uri, "baud", 9600, 1, 100000, &number) == OK && number == 4800);
    CHECK(uri_number("serial:", &uri, "hz", 80, 1, 100, &number) == OK && number == 80);
    CHECK(uri_number("serial:", &uri, "unit", 80, 1, 100, &number) == E_INVALID);
    CHECK(uri_number("serial:", &uri, "baud", 80, 1, 100, &number) == E_INVALID);
    CHECK(uri_parse("serial:", "/dev/tty", keys, &uri) == OK && uri.count == 0);
    static const char *const wrong[] = {"x?speed=1", "x?baud", "x?baud=", "x?=9600"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(uri_parse("serial:", wrong[i], keys, &uri) == E_INVALID);
        CHECK(strstr(fail_reason(), "serial:") != NULL);
    }
}

/* -- HID --------------------------------------------------------------------------------------- */

static void a_hid_report_is_a_weight(void) {
    static const struct {
        uint8_t bytes[6];
        LineKind kind;
        double grams;
        int device;
    } cases[] = {
        {{3, 4, 2, 0, 20, 0}, KIND_SAMPLE, 20, STABLE},
        {{3, 4, 11, 0xff, 0x34, 0x19}, KIND_SAMPLE, 645.2 * 28.349523125, STABLE},
        {{3, 3, 3, 0xfd, 0xd2, 0x04}, KIND_SAMPLE, 1234, MOTION},
        {{3, 2, 12, 0xfe, 0, 0}, KIND_SAMPLE, 0, STABLE | ZERO},
        {{3, 5, 2, 0, 12, 0}, KIND_SAMPLE, -12, STABLE},
        {{3, 6, 2, 0, 0, 0}, KIND_SAMPLE, NAN, OVER},
        {{3, 1, 2, 0, 0, 0}, KIND_SAMPLE, NAN, BROKEN},
        {{3, 7, 0, 0, 0, 0}, KIND_SAMPLE, NAN, BROKEN},
        {{4, 4, 2, 0, 20, 0}, KIND_OTHER, 0, 0},
        {{3, 0, 2, 0, 20, 0}, KIND_GARBAGE, 0, 0},
        {{3, 9, 2, 0, 20, 0}, KIND_GARBAGE, 0, 0},
        {{3, 4, 0, 0, 20, 0}, KIND_GARBAGE, 0, 0},
        {{3, 4, 13, 0, 20, 0}, KIND_GARBAGE, 0, 0},
        {{3, 4, 2, 0x7f, 20, 0}, KIND_GARBAGE, 0, 0},
        {{3, 4, 3, 2, 0xff, 0xff}, KIND_GARBAGE, 0, 0}, /* 6553 tons */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Heard heard = {0};
        CHECK(hid_read(cases[i].bytes, 6, 3, &heard) == cases[i].kind);
        if (cases[i].kind != KIND_SAMPLE) continue;
        CHECK(heard.device == cases[i].device);
        CHECK(
            isnan(cases[i].grams) ? !heard.valid
                                  : heard.valid && fabs(heard.grams - cases[i].grams) < 1e-6);
    }
    Heard heard;
    CHECK(hid_read(cases[0].bytes, 5, 0, &heard) == KIND_GARBAGE);
}

static void a_descriptor_with_the_scale_page_is_a_scales(void) {
    static const uint8_t scale[] = {0x05, 0x8d, 0x09, 0x20, 0xa1, 0x01, 0xc0};
    static const uint8_t wide[] = {0x06, 0x8d, 0x00, 0x09, 0x20};
    static const uint8_t keyboard[] = {0x05, 0x01, 0x09, 0x8d, 0x26, 0x8d, 0x05, 0xc0};
    static const uint8_t cut[] = {0x06, 0x8d};
    CHECK(hid_is_scale(scale, sizeof scale) && hid_is_scale(wide, sizeof wide));
    CHECK(!hid_is_scale(keyboard, sizeof keyboard) && !hid_is_scale(cut, sizeof cut));
    CHECK(!hid_is_scale(NULL, 0));
}

/* -- IIO --------------------------------------------------------------------------------------- */

static void a_scan_element_is_read_by_its_type(void) {
    static const uint8_t bytes[8] = {0x12, 0x34, 0x56, 0xf8, 0xff, 0xff, 0xff, 0xff};
    static const struct {
        const char *text;
        int64_t value, centre;
    } cases[] = {
        {"le:u24/32>>0", 0x563412, 0x800000},
        {"le:s24/32>>8\n", -502220, 0},
        {"be:u12/16>>4", 0x123, 0x800},
        {"be:s16/16", 0x1234, 0},
        {"le:u8/8", 0x12, 0x80},
        {"le:s64/64>>0", (int64_t)0xfffffffff8563412, 0},
        {"be:s32/32X2>>0", 0x123456f8, 0},
    };
    IioType type;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(iio_parse_type(cases[i].text, &type) == OK);
        CHECK(iio_decode(&type, bytes) == cases[i].value && iio_centre(&type) == cases[i].centre);
    }
    static const char *const wrong[] = {
        "",          "u24/32",         "le:24/32",    "le:u24/33", "le:u0/32",
        "le:u24/16", "le:u24/32>>9",   "le:u24/32>>", "le:u24/",   "le:u9999/32",
        "me:u24/32", "le:u24/32>>0 x", "le:f32/32",   "le:u8/8X99"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(iio_parse_type(wrong[i], &type) == E_INVALID);
}

/* -- pace -------------------------------------------------------------------------------------- */

static void bunches_are_spread_out(void) {
    const int64_t start = INT64_C(1700000000000000000), period = 12500000;
    for (int bunch = 1; bunch <= 4; bunch *= 2) {
        Pace pace = {0};
        int64_t last = 0, shortest = INT64_MAX, longest = 0;
        for (int i = 0; i < 1200; i++) { /* handed over when the last of them is there */
            const int64_t arrival = start + (i / bunch * bunch + bunch - 1) * period;
            const int64_t stamp = pace_stamp(&pace, arrival);
            CHECK(stamp <= arrival + bunch && stamp > last);
            if (i > 600 && stamp - last < shortest) shortest = stamp - last;
            if (i > 600 && stamp - last > longest) longest = stamp - last;
            last = stamp;
        }
        printf(
            "# in bunches of %d: %.2f to %.2f ms apart\n", bunch, (double)shortest / 1e6,
            (double)longest / 1e6);
        CHECK(shortest > period * 17 / 20 && longest < period * 23 / 20);
        CHECK(fabs(pace.period_ns - (double)period) < 0.02 * (double)period);
        CHECK(pace_stamp(&pace, last + 5000000000) == last + 5000000000); /* a gap: anew */
    }
}

static void a_flood_is_thinned_to_four_hundred_a_second(void) {
    Pace pace = {0};
    int admitted = 0;
    for (int64_t t = 1; t < 5000000000; t += 100000) /* ten thousand a second for five seconds */
        admitted += pace_admit(&pace, t);
    CHECK(admitted > 1990 && admitted < 2100);
}

/* -- sim --------------------------------------------------------------------------------------- */

static void the_pretended_platform_is_the_same_for_a_seed_and_weighs_what_is_aboard(void) {
    Sim one, same, other;
    const ScaleCalibration calibration = sim_calibration(80);
    int differs = 0;
    sim_init(&one, 7, 80);
    sim_init(&same, 7, 80);
    sim_init(&other, 8, 80);
    for (int n = 0; n < 80 * 120; n++) {
        int32_t a[CELLS_MAX], b[CELLS_MAX], c[CELLS_MAX];
        sim_step(&one, a);
        sim_step(&same, b);
        sim_step(&other, c);
        if (memcmp(a, b, sizeof a) != 0) break;
        differs += memcmp(a, c, sizeof a) != 0;
        double aboard_g = 0, shown_g = 0;
        for (int i = 0; i < one.aboard; i++)
            aboard_g += one.packs[i].g;
        for (int i = 0; i < CELLS_MAX; i++)
            shown_g += (a[i] - calibration.cell[i].zero_counts) / calibration.cell[i].counts_per_g;
        const bool still = one.next_s - (double)n / 80 < 1; /* long after the last move */
        if (still && fabs(shown_g - aboard_g) > 4) {
            printf("# at %d: %g g, %g g are aboard\n", n, shown_g, aboard_g);
            CHECK(false);
            break;
        }
    }
    CHECK(one.sample == 80 * 120 && differs > 9000);
}

int main(int argc, char **argv) {
    if (argc > 1) page = argv[1];
    RUN(a_continuous_line_is_a_weight_or_garbage);
    RUN(half_a_line_is_no_weight);
    RUN(a_toledo_frame_is_a_weight_with_its_tare_put_back);
    RUN(a_sics_answer_is_a_weight_or_an_outcome);
    RUN(an_nci_frame_is_a_weight_and_its_state);
    RUN(a_counts_line_has_up_to_four_cells_a_temperature_and_a_checksum);
    RUN(an_accelerometer_may_speak_in_between);
    RUN(the_lines_on_the_page_are_samples);
    RUN(a_line_begins_after_the_first_end);
    RUN(nulls_control_letters_and_huge_lines_break_one_line_only);
    RUN(a_frame_is_found_among_noise_and_halves);
    RUN(a_parity_bit_is_taken_off);
    RUN(a_uri_is_a_device_and_what_is_said_of_it);
    RUN(a_hid_report_is_a_weight);
    RUN(a_descriptor_with_the_scale_page_is_a_scales);
    RUN(a_scan_element_is_read_by_its_type);
    RUN(bunches_are_spread_out);
    RUN(a_flood_is_thinned_to_four_hundred_a_second);
    RUN(the_pretended_platform_is_the_same_for_a_seed_and_weighs_what_is_aboard);
    return DONE();
}
