#include "receipt.h"

#include "file.h"
#include "pricebook.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { BASKET_FILE_BYTES = 1 << 20 };

static void drop_json(json_t **json) { json_decref(*json); }
static void drop_bytes(uint8_t **bytes) { free(*bytes); }

/* One product's row: what the cart charged, what it should have. */
typedef struct Row {
    int64_t sku;
    int64_t said_quantity, said_minor;
    int64_t true_quantity, true_minor;
} Row;

typedef struct Table {
    int count;
    Row rows[2 * TRUTH_LINES_MAX + BASKET_LINES_MAX];
} Table;

static Row *row_of(Table *table, int64_t sku) {
    for (int i = 0; i < table->count; i++)
        if (table->rows[i].sku == sku) return &table->rows[i];
    table->rows[table->count] = (Row){.sku = sku};
    return &table->rows[table->count++];
}

static Status read_said(json_t *basket, const Catalog *catalog, Table *table) {
    const json_t *lines = json_object_get(basket, "lines");
    if (!json_is_array(lines) || json_array_size(lines) > BASKET_LINES_MAX)
        return fail(E_INVALID, "not a basket");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        const char *gtin = json_string_value(json_object_get(line, "gtin"));
        const int32_t sku = gtin ? pricebook_find(catalog, gtin) : SKU_UNKNOWN;
        Row *row = row_of(table, sku);
        const bool weighed = sku != SKU_UNKNOWN && catalog->products[sku].unit == UNIT_WEIGHT;
        row->said_quantity += weighed ? 1 : json_integer_value(json_object_get(line, "quantity"));
        row->said_minor += json_integer_value(json_object_get(line, "price_minor"));
    }
    return OK;
}

static void print_side(FILE *out, int64_t quantity, int64_t minor) {
    if (quantity == 0) {
        fprintf(out, "  %17s", "-");
    } else {
        fprintf(
            out, "  %3lld x %8lld.%02lld", (long long)quantity, (long long)(minor / 100),
            (long long)(minor % 100));
    }
}

Status receipt_compare(
    FILE *out,
    const Catalog *catalog,
    const SessionTruth *truth,
    const char *basket_path,
    bool *agree) {
    AUTO(drop_bytes) uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(file_read(basket_path, BASKET_FILE_BYTES, &bytes, &size));
    AUTO(drop_json) json_t *basket = json_loadb((const char *)bytes, size, 0, NULL);
    Table table = {0};
    if (read_said(basket, catalog, &table) != OK)
        return fail(E_INVALID, "%s: not a basket", basket_path);
    for (int i = 0; i < truth->line_count; i++) {
        const TruthLine *line = &truth->lines[i];
        Row *row = row_of(&table, line->sku);
        row->true_quantity += catalog->products[line->sku].unit == UNIT_WEIGHT ? 1 : line->quantity;
        row->true_minor += line->price_minor;
    }

    const int64_t total = json_integer_value(json_object_get(basket, "total_minor"));
    *agree = total == truth->total_minor;
    fprintf(out, "%-44s  %17s  %17s\n", "", "the cart", "the truth");
    for (int i = 0; i < table.count; i++) {
        const Row *row = &table.rows[i];
        const bool same =
            row->said_quantity == row->true_quantity && row->said_minor == row->true_minor;
        *agree = *agree && same;
        fprintf(
            out, "%-44.44s",
            row->sku == SKU_UNKNOWN ? "(not named)" : catalog->products[row->sku].name);
        print_side(out, row->said_quantity, row->said_minor);
        print_side(out, row->true_quantity, row->true_minor);
        fprintf(out, "%s\n", same ? "" : "  <-- differs");
    }
    fprintf(
        out, "%-44s  %6s%8lld.%02lld  %6s%8lld.%02lld\n", "TOTAL", "", (long long)(total / 100),
        (long long)(total % 100), "", (long long)(truth->total_minor / 100),
        (long long)(truth->total_minor % 100));
    fprintf(out, "%s\n", *agree ? "basket and truth agree" : "basket and truth DIFFER");
    return OK;
}
