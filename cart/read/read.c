/* Codes in pictures, over zbar. It scans along rows and columns, so a code may stand or lie. */
#include "read.h"
#include "fit_internal.h"
#include <stdio.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

enum {
    SMALL_PX = 360,  /* crops with a shorter longer side are looked at twice as large */
    LARGE_PX = 1200, /* and those with a longer one at half the size too */
    LEAST_PX = 16,
};

struct Reader {
    zbar_image_scanner_t *scanner;
    zbar_image_t *image;
    uint8_t *grey;
    size_t grey_room;
    Block *blocks;
    Blur blurs[BLURS];
};

Status read_open(Reader **out) {
    static const zbar_symbol_type_t wanted[] = {ZBAR_EAN13, ZBAR_EAN8, ZBAR_UPCA, ZBAR_UPCE};
    Reader *reader = calloc(1, sizeof *reader);
    if (!reader) return fail(E_NO_MEMORY, "read: out of memory");
    reader->scanner = zbar_image_scanner_create();
    reader->image = zbar_image_create();
    if (!reader->scanner || !reader->image) {
        read_close(reader);
        return fail(E_NO_MEMORY, "read: out of memory");
    }
    zbar_image_scanner_set_config(reader->scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        zbar_image_scanner_set_config(reader->scanner, wanted[i], ZBAR_CFG_ENABLE, 1);
    zbar_image_set_format(reader->image, zbar_fourcc('Y', '8', '0', '0'));
    blur_make(reader->blurs);
    *out = reader;
    return OK;
}

void read_close(Reader *reader) {
    if (!reader) return;
    if (reader->image) zbar_image_destroy(reader->image);
    if (reader->scanner) zbar_image_scanner_destroy(reader->scanner);
    free(reader->grey);
    free(reader);
}

typedef struct Cut { /* whole pixels of the frame */
    int x0, y0, width, height;
} Cut;

/* The box and a tenth around it: a code needs a quiet margin. */
static Cut cut_of(const Frame *frame, const Box *box) {
    float margin_x = (box->x1 - box->x0) / 10, margin_y = (box->y1 - box->y0) / 10;
    int x0 = (int)fmaxf(box->x0 - margin_x, 0), y0 = (int)fmaxf(box->y0 - margin_y, 0);
    int x1 = (int)fminf(box->x1 + margin_x, (float)frame->width);
    int y1 = (int)fminf(box->y1 + margin_y, (float)frame->height);
    return (Cut){x0, y0, x1 - x0, y1 - y0};
}

static bool make_room(Reader *reader, size_t size) {
    if (size <= reader->grey_room) return true;
    uint8_t *more = realloc(reader->grey, size);
    if (!more) return false;
    reader->grey = more;
    reader->grey_room = size;
    return true;
}

static void copy_grey(const Frame *frame, const Cut *cut, uint8_t *out) {
    for (int y = 0; y < cut->height; y++) {
        const uint8_t *p =
            frame->rgb + (ptrdiff_t)(cut->y0 + y) * frame->stride + 3 * (ptrdiff_t)cut->x0;
        for (int x = 0; x < cut->width; x++, p += 3)
            *out++ = (uint8_t)((77 * p[0] + 150 * p[1] + 29 * p[2]) >> 8);
    }
}

/* Twice the size, bilinear: zbar wants more than a pixel and a half per bar. A new pixel lies a
 * quarter away from the old one it is nearest to. */
static void double_size(const uint8_t *from, int width, int height, uint8_t *out) {
    for (int y = 0; y < 2 * height; y++) {
        int near_y = y / 2, far_y = y % 2 ? near_y + 1 : near_y - 1;
        if (far_y < 0 || far_y == height) far_y = near_y;
        const uint8_t *near_row = from + (ptrdiff_t)near_y * width;
        const uint8_t *far_row = from + (ptrdiff_t)far_y * width;
        for (int x = 0; x < 2 * width; x++) {
            int near_x = x / 2, far_x = x % 2 ? near_x + 1 : near_x - 1;
            if (far_x < 0 || far_x == width) far_x = near_x;
            int near_sum = 3 * near_row[near_x] + near_row[far_x];
            int far_sum = 3 * far_row[near_x] + far_row[far_x];
            *out++ = (uint8_t)((3 * near_sum + far_sum + 8) / 16);
        }
    }
}

static void halve_size(const uint8_t *from, int width, int height, uint8_t *out) {
    for (int y = 0; y + 1 < height; y += 2) {
        const uint8_t *row = from + (ptrdiff_t)y * width, *below = row + width;
        for (int x = 0; x + 1 < width; x += 2)
            *out++ = (uint8_t)((row[x] + row[x + 1] + below[x] + below[x + 1]) / 4);
    }
}

static bool
add(const Frame *frame, zbar_symbol_type_t type, const char *digits, Scan *out, int count) {
    Scan scan = {.t_ns = frame->t_ns, .source = SCAN_CAMERA, .camera = frame->camera};
    size_t length = strlen(digits);
    if (type == ZBAR_UPCE) {
        if (!read_expand_upce(digits, scan.code)) return false;
    } else {
        if (type == ZBAR_UPCA && length == 13) digits++, length--;
        if (length >= sizeof scan.code || !read_check_digit(digits)) return false;
        memcpy(scan.code, digits, length + 1);
    }
    for (int i = 0; i < count; i++)
        if (strcmp(out[i].code, scan.code) == 0) return false;
    out[count] = scan;
    return true;
}

enum { LINES = 12, VOTES = 12 };

typedef struct Vote { /* lines that show one code */
    int layout, lines;
    bool reversed;
    float begin, end; /* px along the stripes */
    float likeness, weight;
    int symbols[PLACES_MAX];
    Costs costs;
    Decoded decoded;
    int agree;
} Vote;

static int differ(const Layout *layout, const int *a, const int *b) {
    int count = 0;
    for (int i = 0; i < layout->places; i++)
        count += a[i] != b[i];
    return count;
}

int read_debug;
#define rr (getenv("R")?atoi(getenv("R")):3)
float read_least_margin = 20, read_least_likeness = 0.8F;
static int read_stripes(Reader *reader, const Grey *grey, const Stripes *stripes, bool soft, const Frame *frame, Scan *out, int count, int max) {
    static Vote votes[VOTES];
    static Line line;
    int vote_count = 0;
    const float reach = stripes->half_along;
    float apart = 2 * reach / (LINES + 1);
    if (apart < 1.5F) apart = 1.5F;
    const int lines = soft ? 5 : LINES; if (soft) apart = 2 * reach / 8; const int rows = soft ? 5 : reach > 8 ? rr : 1;
    for (int i = 0; i < lines; i++) {
        const float offset = apart * (float)((i + 1) / 2) * (i % 2 ? 1.0F : -1.0F);
        if (fabsf(offset) > reach) break;
        if (!stripes_line(grey, stripes, offset, rows, &line)) continue;
        Fit fits[LAYOUTS];
        const int n = soft ? fit_soft(&line, reader->blurs, 2 * stripes->half_across, fits) : fit_sharp(&line, reader->blurs, 2 * stripes->half_across, fits);
        for (int j = 0; j < n; j++) {
            const Fit *fit = &fits[j];
            const Layout *layout = &layouts[fit->layout];
            if (read_debug) {
                fprintf(stderr, "  line %d layout %d rev %d %.1f..%.1f like %.3f noise %.4f margin %.2f:", i, fit->layout, fit->reversed, (double)fit->begin, (double)fit->end, (double)fit->likeness, (double)fit->noise, (double)fit->margin);
                for (int k = 0; k < layout->places; k++) fprintf(stderr, " %d%c", fit->symbols[k] % 10, "LGR"[fit->symbols[k] / 10]);
                fprintf(stderr, "\n");
            }
            Vote *vote = NULL;
            for (int k = 0; k < vote_count && !vote; k++)
                if (votes[k].layout == fit->layout && votes[k].reversed == fit->reversed &&
                    differ(layout, votes[k].symbols, fit->symbols) <= layout->places / 3)
                    vote = &votes[k];
            if (!vote) {
                if (vote_count == VOTES) continue;
                vote = &votes[vote_count++];
                memset(vote, 0, sizeof *vote);
                vote->layout = fit->layout;
                vote->reversed = fit->reversed;
            }
            const float weight = 0.125F / fmaxf(fit->noise, 0.003F);
            for (int p = 0; p < layout->places; p++)
                for (int s = 0; s < SYMBOLS; s++)
                    vote->costs.digit[p][s] += weight * fit->costs.digit[p][s];
            for (int a = 0; a < SYMBOLS; a++)
                for (int b = 0; b < SYMBOLS; b++)
                    vote->costs.pair[a][b] += weight * fit->costs.pair[a][b];
            vote->lines++;
            vote->likeness += weight * fit->likeness; vote->weight += weight;
            symbol_cheapest(layout, &vote->costs, vote->symbols);
        }
    }
    for (int k = 0; k < vote_count; k++) {
        Vote *vote = &votes[k];
        symbol_decode(&layouts[vote->layout], &vote->costs, &vote->decoded);
        int d = differ(&layouts[vote->layout], vote->symbols, vote->decoded.symbols);
        if (read_debug)
            fprintf(stderr, " vote layout %d lines %d like %.3f %s margin %.1f differ %d\n", vote->layout, vote->lines, (double)(vote->likeness / vote->weight), vote->decoded.digits, (double)vote->decoded.margin, d);
        if (vote->lines < 2 || vote->decoded.margin < read_least_margin || d > 0 || vote->likeness / vote->weight < (vote->layout == 1 ? 0.9F : vote->layout == 2 ? 0.85F : read_least_likeness)) continue;
        if (count < max) count += add(frame, vote->layout == 2 ? ZBAR_UPCE : vote->decoded.digits[0] == '0' && vote->layout == 0 ? ZBAR_UPCA : 0, vote->decoded.digits, out, count);
    }
    return count;
}

static int scan_grey(
    Reader *reader,
    const Frame *frame,
    const uint8_t *grey,
    int width,
    int height,
    Scan *out,
    int max) {
    Grey picture = {width, height, grey};
    Stripes stripes[STRIPES_MAX];
    const size_t blocks = stripes_blocks(&picture);
    free(reader->blocks);
    reader->blocks = malloc(blocks * sizeof(Block));
    int found = stripes_find(&picture, reader->blocks, stripes, STRIPES_MAX);
    int count = 0;
    for (int soft = 0; soft < 2 && count == 0; soft++)
    for (int i = 0; i < (soft && found > 2 ? 2 : found) && count < max; i++) {
        if (read_debug) fprintf(stderr, "stripes %.0f %.0f dir %.2f %.2f half %.0f x %.0f\n", (double)stripes[i].x, (double)stripes[i].y, (double)stripes[i].across_x, (double)stripes[i].across_y, (double)stripes[i].half_across, (double)stripes[i].half_along);
        count = read_stripes(reader, &picture, &stripes[i], soft, frame, out, count, max);
    }
    return count;
}

int read_codes(Reader *reader, const Frame *frame, const Box *box, Scan *out, int max) {
    Cut cut = cut_of(frame, box);
    int width = cut.width, height = cut.height;
    if (width < LEAST_PX || height < LEAST_PX || max < 1) return 0;
    int longer = width > height ? width : height;
    size_t size = (size_t)width * (size_t)height;
    if (!make_room(reader, size * (longer < SMALL_PX ? 5 : 2)))
        return 0; /* as it is, and resized */
    uint8_t *plain = reader->grey, *resized = plain + size;
    copy_grey(frame, &cut, plain);
    if (0) {
        double_size(plain, width, height, resized);
        return scan_grey(reader, frame, resized, 2 * width, 2 * height, out, max);
    }
    int count = scan_grey(reader, frame, plain, width, height, out, max);
    if (count > 0 || longer < LARGE_PX) return count;
    halve_size(plain, width, height, resized);
    return scan_grey(reader, frame, resized, width / 2, height / 2, out, max);
}
