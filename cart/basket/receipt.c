/* receipt.c - the basket as text, 40 columns. */
#include "basket_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 40, MONEY_COLUMNS = 12 };

typedef struct Page {
    char *out;
    size_t size, length; /* length counts what did not fit, too */
} Page;

__attribute__((format(printf, 2, 3))) static void print(Page *page, const char *format, ...) {
    va_list words;
    va_start(words, format);
    bool room = page->length < page->size;
    int wrote = vsnprintf(
        room ? page->out + page->length : NULL, room ? page->size - page->length : 0, format,
        words);
    va_end(words);
    if (wrote > 0) page->length += (size_t)wrote;
}

/* Minor units: none for the yen and its like, hundredths for the rest. */
static void money(const Catalog *catalog, int64_t minor, char out[32]) {
    static const char *const whole[] = {"JPY", "KRW", "VND", "CLP", "ISK"};
    bool hundredths = true;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        hundredths &= strcmp(catalog->currency, whole[i]) != 0;
    uint64_t size = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    const char *sign = minor < 0 ? "-" : "";
    if (hundredths)
        snprintf(out, 32, "%s%" PRIu64 ".%02" PRIu64, sign, size / 100, size % 100);
    else
        snprintf(out, 32, "%s%" PRIu64, sign, size);
}

/* Bytes of the longest beginning of text that shows in so many columns, whole characters only. */
static int fit(const char *text, int columns, int *used) {
    int bytes = 0;
    *used = 0;
    while (text[bytes]) {
        int next = bytes + 1;
        while (((unsigned char)text[next] & 0xC0) == 0x80)
            next++;
        if (*used == columns) break;
        bytes = next;
        ++*used;
    }
    return bytes;
}

static void row(Page *page, const char *left, const char *right) {
    int used, room = COLUMNS - MONEY_COLUMNS;
    int bytes = fit(left, room, &used);
    print(page, "%.*s%*s%*s\n", bytes, left, room - used, "", MONEY_COLUMNS, right);
}

static void print_line(Page *page, const Catalog *catalog, const BasketLine *line) {
    char price[32], each[32], detail[80];
    money(catalog, line->price_minor, price);
    money(catalog, line->unit_price_minor, each);
    row(page, name_of(catalog, line->sku), price);
    if (line->sku == SKU_UNKNOWN) {
        row(page, "  ! not named yet", "");
        return;
    }
    int32_t net_g = line->net_e * line->e_g;
    if (line->weighing)
        snprintf(detail, sizeof detail, "  being weighed, %s/kg", each);
    else if (catalog->products[line->sku].unit == UNIT_WEIGHT)
        snprintf(
            detail, sizeof detail, "  %d.%03d kg net x %s/kg", net_g / 1000, net_g % 1000, each);
    else
        snprintf(detail, sizeof detail, "  %d x %s", line->quantity, each);
    if (line->weighing || line->quantity > 1 || catalog->products[line->sku].unit == UNIT_WEIGHT)
        row(page, detail, "");
    if (!line->confirmed && line->confidence_p < 0.95) row(page, "  ? not confirmed", "");
}

size_t basket_receipt(const Catalog *catalog, const Basket *basket, char *out, size_t size) {
    Page page = {out, size, 0};
    char total[32], items[40];
    if (size > 0) out[0] = 0;
    for (int i = 0; i < basket->count; i++)
        print_line(&page, catalog, &basket->lines[i]);
    print(&page, "%.*s\n", COLUMNS, "----------------------------------------");
    money(catalog, basket->total_minor, total);
    snprintf(
        items, sizeof items, "TOTAL %s, %d item%s", catalog->currency, basket->items,
        basket->items == 1 ? "" : "s");
    row(&page, items, total);
    if (basket->minimum_age > 0) print(&page, "age check: %d\n", basket->minimum_age);
    if (basket->prompt_count > 0) print(&page, "open questions: %d\n", basket->prompt_count);
    return page.length;
}
