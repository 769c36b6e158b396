/* catalog.h - what a store sells. Filled by the catalogue loader, read-only afterwards. */
#pragma once

#include <stdint.h>

enum {
    SKU_UNKNOWN = -1, /* something the catalogue does not know, or could not be told */
    CATALOG_MAX = 32768,
    PRODUCT_ID_BYTES = 64,
    GTIN_BYTES = 15, /* up to 14 digits as text: leading zeros kept */
    PRODUCT_NAME_BYTES = 96,
    PRODUCT_BRAND_BYTES = 48,
};

typedef enum ProductUnit {
    UNIT_EACH,  /* sold by the piece */
    UNIT_WEIGHT /* sold by weight: price_minor is per kilogram */
} ProductUnit;

typedef struct Product {
    char id[PRODUCT_ID_BYTES]; /* the folder's name */
    char gtin[GTIN_BYTES];
    char plu[6]; /* produce look-up code, "" when none */
    char name[PRODUCT_NAME_BYTES];
    char brand[PRODUCT_BRAND_BYTES];
    char category[32];
    char
        variant_group[48]; /* flavours of one pack share it: same look, same weight; "" when none */
    ProductUnit unit;
    int64_t price_minor; /* per piece, or per kg */
    double gross_g;      /* of one pack, packaging included; of one typical piece for produce */
    double pack_sd_g;    /* pack to pack, 1 sigma */
    double batch_sd_g;   /* common to all packs of one batch, 1 sigma */
    double tare_g;       /* container to subtract before pricing by weight */
    int minimum_age;     /* years; 0: anybody */
} Product;

typedef struct Catalog {
    Product *products; /* sku = index */
    int32_t count;
    char currency[4]; /* ISO 4217, one for the whole catalogue */
} Catalog;
