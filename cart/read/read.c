/* Codes in pictures: stripes are found, lines across them are fitted, and what they say is tallied.
 * Blurred ones cost many times as much, so they are tried last and only where stripes are strong.
 */
#include "read.h"

#include "tally_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LARGE_PX = 1200, /* pictures with a longer longer side are looked at half the size too */
    LEAST_PX = 16,
    LINES = 30,         /* across one patch of stripes, at most */
    HOPELESS_LINES = 6, /* at least, without one whose digits check */
    HOPELESS_PX = 6,    /* more of them on a tall patch: one for so much of half its height */
    SOFT_PATCHES = 2,
    SOFT_LINES = 5,
    SOFT_HOPELESS_LINES = 2,
    SHARP_LEAST_PX = 14,
    SOFT_LEAST_PX = 45, /* half a blurred code's width */
};

struct Reader {
    Blur blurs[BLURS];
    uint8_t *grey;
    Block *blocks;
    size_t grey_room, block_room;
    Line line;
    Tally tally;
};

Status read_open(Reader **out) {
    Reader *reader = calloc(1, sizeof *reader);
    if (!reader) return fail(E_NO_MEMORY, "read: out of memory");
    blur_make(reader->blurs);
    *out = reader;
    return OK;
}

void read_close(Reader *reader) {
    if (!reader) return;
    free(reader->grey);
    free(reader->blocks);
    free(reader);
}

/* -- pixels ------------------------------------------------------------------------------------ */

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

static bool make_room(void **at, size_t *room, size_t size) {
    if (size <= *room) return true;
    void *more = realloc(*at, size);
    if (!more) return false;
    *at = more;
    *room = size;
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

static void halve_size(const uint8_t *from, int width, int height, uint8_t *out) {
    for (int y = 0; y + 1 < height; y += 2) {
        const uint8_t *row = from + (ptrdiff_t)y * width, *below = row + width;
        for (int x = 0; x + 1 < width; x += 2)
            *out++ = (uint8_t)((row[x] + row[x + 1] + below[x] + below[x + 1]) / 4);
    }
}

/* -- codes ------------------------------------------------------------------------------------- */

static int add(const Frame *frame, const Found *found, Scan *out, int count) {
    Scan scan = {.t_ns = frame->t_ns, .source = SCAN_CAMERA, .camera = frame->camera};
    if (layouts[found->layout].places == 6) {
        if (!read_expand_upce(found->digits, scan.code)) return count;
    } else { /* an EAN-13 that begins with 0 is printed as a UPC-A, of twelve digits */
        const bool upca = layouts[found->layout].places == 12 && found->digits[0] == '0';
        memcpy(scan.code, found->digits + upca, sizeof found->digits - upca);
        if (!read_check_digit(scan.code)) return count;
    }
    for (int i = 0; i < count; i++)
        if (strcmp(out[i].code, scan.code) == 0) return count;
    out[count] = scan;
    return count + 1;
}

/* Lines are spread evenly however many are drawn: each falls into the widest gap (the golden ratio
 * does so), from -1 to 1. */
static float spread(int i) {
    const float at = 0.5F + (float)i * 0.618034F;
    return 2 * (at - floorf(at)) - 1;
}

static void read_sharp(Reader *reader, const Grey *grey, const Stripes *stripes) {
    if (stripes->half_across < SHARP_LEAST_PX) return;
    const int rows = stripes->half_along > 8 ? 3 : 1;
    const int enough = (int)(stripes->half_along / HOPELESS_PX);
    const int hopeless = enough > HOPELESS_LINES ? enough : HOPELESS_LINES;
    for (int i = 0; i < LINES && (float)i < 2 * stripes->half_along; i++) {
        if (i >= hopeless && reader->tally.count == 0) return;
        const float offset = stripes->half_along * spread(i);
        if (!stripes_line(grey, stripes, offset, rows, &reader->line)) continue;
        Fit fits[LAYOUTS];
        const int count = fit_sharp(&reader->line, reader->blurs, 2 * stripes->half_across, fits);
        for (int j = 0; j < count; j++)
            tally_add(&reader->tally, &fits[j]);
        if (count > 0 && tally_sure(&reader->tally)) return;
    }
}

static void read_soft(Reader *reader, const Grey *grey, const Stripes *stripes) {
    if (stripes->half_across < SOFT_LEAST_PX) return;
    for (int i = 0; i < SOFT_LINES; i++) {
        if (i == SOFT_HOPELESS_LINES && reader->tally.count == 0) return;
        const float offset = 0.6F * stripes->half_along * spread(i);
        Fit fit;
        if (stripes_line(grey, stripes, offset, 5, &reader->line) &&
            fit_soft(&reader->line, reader->blurs, 2 * stripes->half_across, &fit))
            tally_add(&reader->tally, &fit);
    }
}

static int read_grey(Reader *reader, const Frame *frame, const Grey *grey, Scan *out, int max) {
    Stripes stripes[STRIPES_MAX];
    const size_t size = stripes_blocks(grey) * sizeof(Block);
    if (!make_room((void **)&reader->blocks, &reader->block_room, size)) return 0;
    const int patches = stripes_find(grey, reader->blocks, stripes, STRIPES_MAX);
    int count = 0;
    for (int soft = 0; soft < 2 && count == 0; soft++)
        for (int i = 0; i < (soft && patches > SOFT_PATCHES ? SOFT_PATCHES : patches); i++) {
            Found found[TALLY_MAX];
            memset(&reader->tally, 0, sizeof reader->tally);
            if (soft)
                read_soft(reader, grey, &stripes[i]);
            else
                read_sharp(reader, grey, &stripes[i]);
            const int codes = tally_codes(&reader->tally, soft, found);
            for (int j = 0; j < codes && count < max; j++)
                count = add(frame, &found[j], out, count);
        }
    return count;
}

int read_codes(Reader *reader, const Frame *frame, const Box *box, Scan *out, int max) {
    const Cut cut = cut_of(frame, box);
    if (cut.width < LEAST_PX || cut.height < LEAST_PX || max < 1) return 0;
    const size_t size = (size_t)cut.width * (size_t)cut.height;
    if (!make_room((void **)&reader->grey, &reader->grey_room, size)) return 0;
    copy_grey(frame, &cut, reader->grey);
    Grey grey = {cut.width, cut.height, reader->grey};
    int count = read_grey(reader, frame, &grey, out, max);
    while (count == 0 && (grey.width > LARGE_PX || grey.height > LARGE_PX)) {
        halve_size(reader->grey, grey.width, grey.height, reader->grey);
        grey.width /= 2;
        grey.height /= 2;
        count = read_grey(reader, frame, &grey, out, max);
    }
    return count;
}
