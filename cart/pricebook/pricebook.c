#include "pricebook.h"

#include "product_json.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool pricebook_gtin14(const char *code, char out[GTIN_BYTES]) {
    const size_t length = strnlen(code, GTIN_BYTES);
    if (length != 8 && (length < 12 || length > 14)) return false;
    char padded[GTIN_BYTES] = "00000000000000";
    memcpy(padded + 14 - length, code, length);
    int sum = 0;
    for (int i = 0; i < 14; i++) {
        if (padded[i] < '0' || padded[i] > '9') return false;
        sum += (padded[i] - '0') * (i % 2 == 0 ? 3 : 1);
    }
    if (sum % 10 != 0) return false;
    memcpy(out, padded, GTIN_BYTES);
    return true;
}

/* -- loading ------------------------------------------------------------------------------- */

/* Products as they are found; room doubles. */
typedef struct Shelf {
    Catalog catalog;
    int32_t room;
    char first_file[PATH_MAX]; /* whose currency everything else must have */
} Shelf;

static bool has_product(const char *path) {
    char file[PATH_MAX];
    return snprintf(file, sizeof file, "%s/product.json", path) < (int)sizeof file &&
           access(file, F_OK) == 0;
}

static Status make_room(Shelf *shelf) {
    if (shelf->catalog.count == CATALOG_MAX)
        return fail(E_FULL, "pricebook: more than %d products", CATALOG_MAX);
    if (shelf->catalog.count < shelf->room) return OK;
    const int32_t room = shelf->room ? shelf->room * 2 : 64;
    Product *grown = realloc(shelf->catalog.products, (size_t)room * sizeof *grown);
    if (!grown) return fail(E_NO_MEMORY, "pricebook: out of memory for %d products", room);
    shelf->catalog.products = grown;
    shelf->room = room;
    return OK;
}

static Status take_product(Shelf *shelf, const char *path) {
    char real[PATH_MAX];
    if (!realpath(path, real)) return fail(E_IO, "%s: %s", path, strerror(errno));
    const char *id = strrchr(real, '/') + 1;
    const size_t length = strlen(id);
    if (length == 0 || length >= PRODUCT_ID_BYTES)
        return fail(
            E_INVALID, "%s: a product folder's name has 1 to %d bytes", path, PRODUCT_ID_BYTES - 1);
    TRY(make_room(shelf));
    assert(shelf->catalog.products);
    Product *product = &shelf->catalog.products[shelf->catalog.count];
    char currency[4];
    TRY(product_json_read(path, product, currency));
    memcpy(product->id, id, length + 1);
    if (shelf->catalog.count == 0) {
        memcpy(shelf->catalog.currency, currency, 4);
        snprintf(shelf->first_file, sizeof shelf->first_file, "%s", path);
    } else if (strcmp(shelf->catalog.currency, currency) != 0) {
        return fail(
            E_INVALID,
            "%s/product.json: currency: %s, but %s/product.json says %s; one catalogue has one "
            "currency",
            path, currency, shelf->first_file, shelf->catalog.currency);
    }
    shelf->catalog.count++;
    return OK;
}

static Status take_folder(Shelf *shelf, const char *folder) {
    if (has_product(folder)) return take_product(shelf, folder);
    struct dirent **entries = NULL;
    const int found = scandir(folder, &entries, NULL, alphasort);
    if (found < 0)
        return fail(errno == ENOENT ? E_NOT_FOUND : E_IO, "%s: %s", folder, strerror(errno));
    const int32_t before = shelf->catalog.count;
    Status status = OK;
    for (int i = 0; i < found; i++) {
        char path[PATH_MAX];
        const bool fits =
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path;
        const bool hidden = entries[i]->d_name[0] == '.';
        if (status == OK && fits && !hidden && has_product(path))
            status = take_product(shelf, path);
        free(entries[i]);
    }
    free(entries);
    if (status == OK && shelf->catalog.count == before)
        return fail(E_NOT_FOUND, "%s: holds no folder with a product.json", folder);
    return status;
}

/* -- codes --------------------------------------------------------------------------------- */

typedef struct CodeRow {
    char code[GTIN_BYTES]; /* 14 digits, or a PLU */
    int32_t sku;
} CodeRow;

static int by_code(const void *a, const void *b) {
    const CodeRow *left = a, *right = b;
    const int order = strcmp(left->code, right->code);
    return order ? order : (left->sku > right->sku) - (left->sku < right->sku);
}

static int by_id(const void *a, const void *b) {
    return strcmp(((const Product *)a)->id, ((const Product *)b)->id);
}

/* Two products with one code cannot be told apart at the till. */
static Status check_codes(const Catalog *catalog, CodeRow *rows) {
    int count = 0;
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        const Product *product = &catalog->products[sku];
        if (product->gtin[0]) {
            rows[count].sku = sku;
            if (pricebook_gtin14(product->gtin, rows[count].code)) count++;
        }
        if (product->plu[0]) {
            rows[count].sku = sku;
            memcpy(rows[count++].code, product->plu, sizeof product->plu);
        }
    }
    qsort(rows, (size_t)count, sizeof *rows, by_code);
    for (int i = 1; i < count; i++) {
        if (strcmp(rows[i].code, rows[i - 1].code) == 0)
            return fail(
                E_INVALID, "pricebook: %s and %s have the same code %s",
                catalog->products[rows[i - 1].sku].id, catalog->products[rows[i].sku].id,
                rows[i].code);
    }
    return OK;
}

static uint64_t hash_text(const char *text) { /* FNV-1a */
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* The nth of the eleven-digit bodies of restricted-circulation numbers: 2, ten digits, check digit.
 */
static void restricted_gtin(uint64_t nth, char out[GTIN_BYTES]) {
    char digits[GTIN_BYTES];
    snprintf(digits, sizeof digits, "2%011llu", (unsigned long long)(nth % UINT64_C(100000000000)));
    int sum = 0;
    for (int i = 0; i < 12; i++)
        sum += (digits[i] - '0') * (i % 2 ? 3 : 1);
    snprintf(out, GTIN_BYTES, "%.12s%d", digits, (10 - sum % 10) % 10);
}

/* In order of id, so that a collision is settled the same way every time. */
static void number_the_unnumbered(Catalog *catalog) {
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        Product *product = &catalog->products[sku];
        if (product->gtin[0]) continue;
        char gtin[GTIN_BYTES];
        uint64_t nth = hash_text(product->id);
        do {
            restricted_gtin(nth++, gtin);
        } while (pricebook_find(catalog, gtin) != SKU_UNKNOWN);
        memcpy(product->gtin, gtin, sizeof gtin);
    }
}

static Status settle(Catalog *catalog) {
    assert(catalog->products); /* every folder gave at least one */
    qsort(catalog->products, (size_t)catalog->count, sizeof *catalog->products, by_id);
    for (int32_t sku = 1; sku < catalog->count; sku++) {
        if (by_id(&catalog->products[sku - 1], &catalog->products[sku]) == 0)
            return fail(
                E_INVALID, "pricebook: two folders are named %s", catalog->products[sku].id);
    }
    CodeRow *rows = calloc((size_t)catalog->count * 2, sizeof *rows);
    if (!rows) return fail(E_NO_MEMORY, "pricebook: out of memory");
    const Status status = check_codes(catalog, rows);
    free(rows);
    if (status == OK) number_the_unnumbered(catalog);
    return status;
}

Status pricebook_load(Catalog *out, const char *const *folders, int count) {
    if (count <= 0) return fail(E_INVALID, "pricebook: no product folder was named");
    Shelf shelf = {0};
    Status status = OK;
    for (int i = 0; i < count && status == OK; i++)
        status = take_folder(&shelf, folders[i]);
    if (status == OK) status = settle(&shelf.catalog);
    if (status != OK) {
        pricebook_free(&shelf.catalog);
        return status;
    }
    *out = shelf.catalog;
    return OK;
}

void pricebook_free(Catalog *catalog) {
    if (!catalog) return;
    free(catalog->products);
    *catalog = (Catalog){0};
}

/* -- finding ------------------------------------------------------------------------------- */

static bool is_product_folder(const char *folder, const char *id) {
    char real[PATH_MAX];
    return has_product(folder) && realpath(folder, real) && strcmp(strrchr(real, '/') + 1, id) == 0;
}

static Status
find_folder(const char *id, const char *const *folders, int count, char path[PATH_MAX]) {
    for (int i = 0; i < count; i++) {
        int length;
        if (is_product_folder(folders[i], id)) {
            length = snprintf(path, PATH_MAX, "%s", folders[i]);
        } else {
            length = snprintf(path, PATH_MAX, "%s/%s", folders[i], id);
        }
        if (length < PATH_MAX && has_product(path)) return OK;
    }
    return fail(E_NOT_FOUND, "pricebook: the folder of product %s is gone", id);
}

Status
pricebook_folders(const Catalog *catalog, const char *const *folders, int count, char ***out) {
    const size_t pointers = (size_t)catalog->count * sizeof(char *);
    size_t size = pointers, used = pointers;
    char *block = malloc(size ? size : 1);
    if (!block) return fail(E_NO_MEMORY, "pricebook: out of memory");
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        char path[PATH_MAX];
        if (find_folder(catalog->products[sku].id, folders, count, path) != OK) {
            free(block);
            return E_NOT_FOUND;
        }
        const size_t length = strlen(path) + 1;
        if (used + length > size) {
            size = (used + length) * 2;
            char *grown = realloc(block, size);
            if (!grown) {
                free(block);
                return fail(E_NO_MEMORY, "pricebook: out of memory");
            }
            block = grown;
        }
        memcpy(block + used, path, length);
        used += length;
    }
    char **paths = (char **)(void *)block;
    char *text = block + pointers;
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        paths[sku] = text;
        text += strlen(text) + 1;
    }
    *out = paths;
    return OK;
}

int32_t pricebook_find(const Catalog *catalog, const char *code) {
    char wanted[GTIN_BYTES], has[GTIN_BYTES];
    const bool is_gtin = pricebook_gtin14(code, wanted);
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        const Product *product = &catalog->products[sku];
        if (is_gtin) {
            if (pricebook_gtin14(product->gtin, has) && strcmp(has, wanted) == 0) return sku;
        } else if (product->plu[0] && strcmp(product->plu, code) == 0) {
            return sku;
        }
    }
    return SKU_UNKNOWN;
}

int32_t pricebook_find_id(const Catalog *catalog, const char *id) {
    for (int32_t low = 0, high = catalog->count; low < high;) {
        const int32_t middle = low + (high - low) / 2;
        const int order = strcmp(id, catalog->products[middle].id);
        if (order == 0) return middle;
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return SKU_UNKNOWN;
}
