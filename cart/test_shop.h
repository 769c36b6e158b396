/*
 * test_shop - a scratch folder with a small catalogue, for tests of a whole cart.
 *
 * Part of the test that includes it; make `root` with mkdtemp() first.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char root[96];

/* A path under root, borrowed until eight calls later. */
static char *at(const char *name) {
    static char paths[8][192];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) abort();
}

/* root/catalog must be there. */
static void put_product(const char *id, const char *gtin, int price_minor, double gross_g) {
    char path[64], text[512];
    snprintf(path, sizeof path, "catalog/%s", id);
    mkdir(at(path), 0755);
    snprintf(path, sizeof path, "catalog/%s/product.json", id);
    snprintf(
        text, sizeof text,
        "{\"name\":\"%s\",\"category\":\"food\",\"gtin\":\"%s\",\"gross_weight_g\":%g,"
        "\"pack_sd_g\":2,\"batch_sd_g\":1,\"price_minor\":%d,\"currency\":\"EUR\","
        "\"unit\":\"each\"}",
        id, gtin, gross_g, price_minor);
    write_text(at(path), text);
}
