#include "read.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 480 };

static uint8_t pixels[SIDE * SIDE * 3];

static Frame blank(void) {
    memset(pixels, 230, sizeof pixels);
    return (Frame){
        .t_ns = 77, .camera = 2, .width = SIDE, .height = SIDE, .stride = 3 * SIDE, .rgb = pixels};
}

static void bar(int x0, int y0, int x1, int y1, bool turned) {
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            memset(pixels + 3 * (turned ? x * SIDE + y : y * SIDE + x), 30, 3);
}

/* The 95 modules of an EAN-13: '1' is black. */
static void modules_of(const char *digits, char *out) {
    static const char *const odd[] = {"0001101", "0011001", "0010011", "0111101", "0100011",
                                      "0110001", "0101111", "0111011", "0110111", "0001011"};
    static const char *const parities[] = {"OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE",
                                           "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO"};
    char *at = out;
    at += sprintf(at, "101");
    for (int i = 1; i < 13; i++) {
        const char *code = odd[digits[i] - '0'];
        bool even = i < 7 && parities[digits[0] - '0'][i - 1] == 'E';
        if (i == 7) at += sprintf(at, "01010");
        for (int j = 0; j < 7; j++) {
            char module = code[even ? 6 - j : j];
            *at++ = (char)(i >= 7 || even ? '0' + '1' - module : module);
        }
    }
    sprintf(at, "101");
}

static void draw(const char *digits, int x0, int y0, int module_px, int height, bool turned) {
    char modules[96];
    modules_of(digits, modules);
    for (int i = 0; i < 95; i++)
        if (modules[i] == '1')
            bar(x0 + i * module_px, y0, x0 + (i + 1) * module_px, y0 + height, turned);
}

static const Box everything = {0, 0, SIDE, SIDE};

static void a_code_is_read_standing_and_lying(void) {
    Reader *reader = NULL;
    CHECK(read_open(&reader) == OK);
    for (int turned = 0; turned < 2; turned++) {
        Frame frame = blank();
        draw("4006381333931", 100, 150, 3, 120, turned);
        Scan scans[4];
        CHECK(read_codes(reader, &frame, &everything, scans, 4) == 1);
        CHECK(strcmp(scans[0].code, "4006381333931") == 0);
        CHECK(scans[0].t_ns == 77 && scans[0].camera == 2 && scans[0].source == SCAN_CAMERA);
    }
    read_close(reader);
}

static void a_small_code_is_read_in_its_box(void) {
    Reader *reader = NULL;
    CHECK(read_open(&reader) == OK);
    Frame frame = blank();
    draw("5901234123457", 200, 200, 1, 40, false); /* one pixel a module */
    Box box = {185, 190, 310, 250};
    Scan scans[4];
    CHECK(read_codes(reader, &frame, &box, scans, 4) == 1);
    CHECK(strcmp(scans[0].code, "5901234123457") == 0);
    read_close(reader);
}

static void a_upca_keeps_its_twelve_digits(void) {
    Reader *reader = NULL;
    CHECK(read_open(&reader) == OK);
    Frame frame = blank();
    draw("0012345678905", 100, 150, 3, 120, false);
    Scan scans[4];
    CHECK(read_codes(reader, &frame, &everything, scans, 4) == 1);
    CHECK(strcmp(scans[0].code, "012345678905") == 0);
    read_close(reader);
}

static void two_codes_are_two_and_the_room_is_kept(void) {
    Reader *reader = NULL;
    CHECK(read_open(&reader) == OK);
    Frame frame = blank();
    draw("4006381333931", 100, 60, 3, 120, false);
    draw("5901234123457", 100, 280, 3, 120, false);
    Scan scans[2];
    CHECK(read_codes(reader, &frame, &everything, scans, 2) == 2);
    CHECK(strcmp(scans[0].code, scans[1].code) != 0);
    CHECK(read_codes(reader, &frame, &everything, scans, 1) == 1);
    CHECK(read_codes(reader, &frame, &everything, scans, 0) == 0);
    read_close(reader);
}

static void a_wrong_check_digit_and_an_empty_box_are_no_code(void) {
    Reader *reader = NULL;
    CHECK(read_open(&reader) == OK);
    Frame frame = blank();
    draw("4006381333932", 100, 150, 3, 120, false);
    Scan scans[4];
    CHECK(read_codes(reader, &frame, &everything, scans, 4) == 0);
    const Box boxes[] = {{0, 0, 1, 1}, {479, 479, 480, 480}, {10, 10, 200, 12}};
    for (int i = 0; i < 3; i++)
        CHECK(read_codes(reader, &frame, &boxes[i], scans, 4) == 0);
    read_close(reader);
}

/* -- bad pictures ------------------------------------------------------------------------------ */

static uint32_t seed = 1;

static float noise(void) { /* -1 to 1 */
    seed = seed * 1664525U + 1013904223U;
    return (float)(seed >> 8) / 8388608.0F - 1;
}

typedef struct Look {
    float module_px, turn_rad;
    float blur_px; /* radius of an unfocused lens's disc */
    float black, white, noise;
    float margin_modules; /* beside the code, before something dark */
} Look;

static float drawn_at(const char *modules, const Look *look, float x, float y) {
    const float module = x / look->module_px + 47.5F;
    if (fabsf(y) > 30 * look->module_px) return look->white;
    if (module < 0 || module >= 95)
        return module < -look->margin_modules || module > 95 + look->margin_modules ? look->black
                                                                                    : look->white;
    return modules[(int)module] == '1' ? look->black : look->white;
}

/* A code in the middle of the picture; each pixel is the mean of points of its disc. */
static Frame picture_of(const char *digits, const Look *look) {
    enum { POINTS = 24 };
    char modules[96];
    modules_of(digits, modules);
    Frame frame = blank();
    const float radius = fmaxf(look->blur_px, 0.5F);
    const float turn_x = cosf(look->turn_rad), turn_y = sinf(look->turn_rad);
    float away_x[POINTS], away_y[POINTS];
    for (int i = 0; i < POINTS; i++) { /* a sunflower's seeds */
        const float away = radius * sqrtf(((float)i + 0.5F) / POINTS);
        away_x[i] = away * cosf(2.399963F * (float)i);
        away_y[i] = away * sinf(2.399963F * (float)i);
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
        const float middle = (float)SIDE / 2;
        const int column = i % SIDE, row = i / SIDE;
        const float x = (float)column - middle, y = (float)row - middle;
        const float along = x * turn_x + y * turn_y, down = y * turn_x - x * turn_y;
        float sum = 0;
        for (int k = 0; k < POINTS; k++)
            sum += drawn_at(modules, look, along + away_x[k], down + away_y[k]);
        const float grey = sum / POINTS + look->noise * noise();
        memset(pixels + 3 * (ptrdiff_t)i, (int)fminf(fmaxf(grey, 0), 255), 3);
    }
    return frame;
}

static bool reads_only(const char *digits, const Look *look) {
    Reader *reader = NULL;
    CHECK(read_open(&reader) == OK);
    const Frame frame = picture_of(digits, look);
    Scan scans[4];
    const int count = read_codes(reader, &frame, &everything, scans, 4);
    read_close(reader);
    return count == 1 && strcmp(scans[0].code, digits) == 0;
}

static void a_code_is_read_however_it_is_turned(void) {
    for (int i = 0; i < 7; i++) {
        const Look look = {
            .module_px = 2.5F,
            .turn_rad = 0.9F * (float)i,
            .black = 30,
            .white = 220,
            .margin_modules = 9};
        CHECK(reads_only("4006381333931", &look));
    }
}

static void a_blurred_code_is_read_where_bars_run_together(void) {
    for (int i = 0; i < 3; i++) { /* from a disc two modules wide on: to one of four */
        const Look look = {
            .module_px = 2,
            .blur_px = 2 + (float)i,
            .black = 40,
            .white = 210,
            .noise = 1,
            .margin_modules = 9};
        CHECK(reads_only("4006381333931", &look));
    }
}

static void a_noisy_code_and_a_faint_one_are_read(void) {
    const Look noisy = {
        .module_px = 2.2F,
        .turn_rad = 0.2F,
        .black = 60,
        .white = 190,
        .noise = 40,
        .margin_modules = 9};
    CHECK(reads_only("5901234123457", &noisy));
    const Look faint = {
        .module_px = 2.2F,
        .turn_rad = 1,
        .black = 150,
        .white = 180,
        .noise = 3,
        .margin_modules = 9};
    CHECK(reads_only("5901234123457", &faint));
}

static void a_clipped_margin_is_enough_for_thirteen_digits(void) {
    const Look look = {.module_px = 2.2F, .black = 40, .white = 210, .margin_modules = 2};
    CHECK(reads_only("9780345460950", &look));
}

/* Stripes of chance, lit and blurred by chance: what looks most like a code and is none. */
static void stripes_that_are_no_code_read_as_none(void) {
    Reader *reader = NULL;
    CHECK(read_open(&reader) == OK);
    for (int trial = 0; trial < 20; trial++) {
        Frame frame = blank();
        uint8_t row[SIDE] = {0};
        const float module = 2 + noise();
        for (float x = 20; x < SIDE - 20;) {
            const float wide = module * (float)(1 + (int)(2 + 1.99F * noise()));
            const uint8_t grey = (uint8_t)(120 + 100 * noise());
            for (int i = (int)x; i < (int)(x + wide) && i < SIDE; i++)
                row[i] = grey;
            x += wide;
        }
        for (int y = 60; y < 420; y++)
            for (int x = 20; x < SIDE - 20; x++)
                memset(pixels + 3 * (y * SIDE + x), row[x], 3);
        Scan scans[4];
        CHECK(read_codes(reader, &frame, &everything, scans, 4) == 0);
    }
    read_close(reader);
}

static void check_digits_are_checked(void) {
    const char *good[] = {"4006381333931", "96385074", "012345678905", "0000000000000"};
    const char *bad[] = {"4006381333932", "96385075", "", "40063813339", "400638133393x", "4011"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK(read_check_digit(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!read_check_digit(bad[i]));
}

static void a_upce_is_the_upca_it_stands_for(void) {
    const char *table[][2] = {{"04252614", "042100005264"}, {"01234565", "012345000065"}};
    char upca[13];
    for (size_t i = 0; i < 2; i++) {
        CHECK(read_expand_upce(table[i][0], upca));
        CHECK(strcmp(upca, table[i][1]) == 0);
    }
    CHECK(!read_expand_upce("04252615", upca));
    CHECK(!read_expand_upce("24252614", upca));
    CHECK(!read_expand_upce("0425261", upca));
}

static void a_code_counts_at_its_second_frame_and_once(void) {
    ReadVotes votes = {0};
    Scan first = {.t_ns = 1, .code = "4006381333931"}, second = first, other = first;
    second.t_ns = 2;
    memcpy(other.code, "5901234123457", 14);
    CHECK(!read_vote(&votes, 1, &first));
    CHECK(!read_vote(&votes, 1, &first));  /* the same picture again proves nothing */
    CHECK(!read_vote(&votes, 2, &second)); /* nor another track */
    CHECK(!read_vote(&votes, 1, &other));
    CHECK(read_vote(&votes, 1, &second));
    second.t_ns = 3;
    CHECK(!read_vote(&votes, 1, &second));
    CHECK(read_vote(&votes, 2, &second));
}

static void votes_forget_the_oldest(void) {
    ReadVotes votes = {0};
    Scan scan = {.t_ns = 1, .code = "4006381333931"};
    for (int i = 0; i <= READ_VOTES_MAX; i++)
        CHECK(!read_vote(&votes, i, &scan));
    scan.t_ns = 2;
    CHECK(read_vote(&votes, READ_VOTES_MAX, &scan));
    CHECK(!read_vote(&votes, 0, &scan));
}

int main(void) {
    RUN(a_code_is_read_standing_and_lying);
    RUN(a_small_code_is_read_in_its_box);
    RUN(a_upca_keeps_its_twelve_digits);
    RUN(two_codes_are_two_and_the_room_is_kept);
    RUN(a_wrong_check_digit_and_an_empty_box_are_no_code);
    RUN(a_code_is_read_however_it_is_turned);
    RUN(a_blurred_code_is_read_where_bars_run_together);
    RUN(a_noisy_code_and_a_faint_one_are_read);
    RUN(a_clipped_margin_is_enough_for_thirteen_digits);
    RUN(stripes_that_are_no_code_read_as_none);
    RUN(check_digits_are_checked);
    RUN(a_upce_is_the_upca_it_stands_for);
    RUN(a_code_counts_at_its_second_frame_and_once);
    RUN(votes_forget_the_oldest);
    return DONE();
}
