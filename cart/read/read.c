/* Codes in pictures, over zbar. It scans along rows and columns, so a code may stand or lie. */
#include "read.h"

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

static uint8_t grey_at(const Frame *frame, int x, int y) {
    const uint8_t *p = frame->rgb + (ptrdiff_t)y * frame->stride + 3 * (ptrdiff_t)x;
    return (uint8_t)((77 * p[0] + 150 * p[1] + 29 * p[2]) >> 8);
}

static bool make_room(Reader *reader, size_t size) {
    if (size <= reader->grey_room) return true;
    uint8_t *more = realloc(reader->grey, size);
    if (!more) return false;
    reader->grey = more;
    reader->grey_room = size;
    return true;
}

static void copy_plain(Reader *reader, const Frame *frame, const Cut *cut) {
    uint8_t *out = reader->grey;
    for (int y = 0; y < cut->height; y++)
        for (int x = 0; x < cut->width; x++)
            *out++ = grey_at(frame, cut->x0 + x, cut->y0 + y);
}

/* Twice the size, bilinear: zbar wants more than a pixel and a half per bar. */
static void copy_doubled(Reader *reader, const Frame *frame, const Cut *cut) {
    int width = 2 * cut->width;
    for (int y = 0; y < 2 * cut->height; y++) {
        int y0 = (y - 1) / 2, y1 = y0 + 1 < cut->height ? y0 + 1 : y0,
            down = y == 0  ? 0
                   : y % 2 ? 1
                           : 3;
        for (int x = 0; x < width; x++) {
            int x0 = (x - 1) / 2, x1 = x0 + 1 < cut->width ? x0 + 1 : x0;
            int across = x == 0 ? 0 : x % 2 ? 1 : 3; /* quarters towards the second pixel */
            int top = (4 - across) * grey_at(frame, cut->x0 + x0, cut->y0 + y0) +
                      across * grey_at(frame, cut->x0 + x1, cut->y0 + y0);
            int bottom = (4 - across) * grey_at(frame, cut->x0 + x0, cut->y0 + y1) +
                         across * grey_at(frame, cut->x0 + x1, cut->y0 + y1);
            reader->grey[(size_t)y * (size_t)width + (size_t)x] =
                (uint8_t)(((4 - down) * top + down * bottom + 8) / 16);
        }
    }
}

static void copy_halved(Reader *reader, const Frame *frame, const Cut *cut) {
    uint8_t *out = reader->grey;
    for (int y = 0; y + 1 < cut->height; y += 2)
        for (int x = 0; x + 1 < cut->width; x += 2) {
            int left = cut->x0 + x, top = cut->y0 + y;
            int sum = grey_at(frame, left, top) + grey_at(frame, left + 1, top) +
                      grey_at(frame, left, top + 1) + grey_at(frame, left + 1, top + 1);
            *out++ = (uint8_t)(sum / 4);
        }
}

static bool
add(const Frame *frame, zbar_symbol_type_t type, const char *digits, Scan *out, int count) {
    Scan scan = {.t_ns = frame->t_ns, .source = SCAN_CAMERA, .camera = frame->camera};
    size_t length = strlen(digits);
    if (type == ZBAR_UPCE) {
        if (!read_expand_upce(digits, scan.code)) return false;
    } else {
        if (length >= sizeof scan.code || !read_check_digit(digits)) return false;
        memcpy(scan.code, digits, length + 1);
    }
    for (int i = 0; i < count; i++)
        if (strcmp(out[i].code, scan.code) == 0) return false;
    out[count] = scan;
    return true;
}

/* What zbar sees in the first width x height grey pixels, after the `count` codes already found. */
static int scan_grey(
    Reader *reader, const Frame *frame, int width, int height, Scan *out, int count, int max) {
    size_t size = (size_t)width * (size_t)height;
    zbar_image_set_size(reader->image, (unsigned)width, (unsigned)height);
    zbar_image_set_data(reader->image, reader->grey, size, NULL);
    if (zbar_scan_image(reader->scanner, reader->image) <= 0) return count;
    const zbar_symbol_t *symbol = zbar_image_first_symbol(reader->image);
    for (; symbol && count < max; symbol = zbar_symbol_next(symbol))
        count += add(frame, zbar_symbol_get_type(symbol), zbar_symbol_get_data(symbol), out, count);
    return count;
}

int read_codes(Reader *reader, const Frame *frame, const Box *box, Scan *out, int max) {
    Cut cut = cut_of(frame, box);
    if (cut.width < LEAST_PX || cut.height < LEAST_PX || max < 1) return 0;
    int longer = cut.width > cut.height ? cut.width : cut.height;
    bool small = longer < SMALL_PX;
    size_t size = (size_t)cut.width * (size_t)cut.height * (small ? 4 : 1);
    if (!make_room(reader, size)) return 0;
    if (small) {
        copy_doubled(reader, frame, &cut);
        return scan_grey(reader, frame, 2 * cut.width, 2 * cut.height, out, 0, max);
    }
    copy_plain(reader, frame, &cut);
    int count = scan_grey(reader, frame, cut.width, cut.height, out, 0, max);
    if (count > 0 || longer < LARGE_PX) return count;
    copy_halved(reader, frame, &cut);
    return scan_grey(reader, frame, cut.width / 2, cut.height / 2, out, 0, max);
}
