#include "pricebook.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64] = "/tmp/pricebook_test_XXXXXX";

/* ROOT/FOLDER/ID/product.json with these words inside. */
static void put(const char *folder, const char *id, const char *json) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s/%s", root, folder, id);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s/%s/product.json", root, folder, id);
    FILE *file = fopen(path, "w");
    if (!file) abort();
    fputs(json, file);
    fclose(file);
}

static Status load(const char *folder, Catalog *out) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, folder);
    const char *folders[] = {path};
    return pricebook_load(out, folders, 1);
}

#define PACK(extra)                                                                                \
    "{\"name\":\"Oats\",\"category\":\"cereal\",\"gross_weight_g\":500,\"price_minor\":199,"       \
    "\"currency\":\"EUR\",\"unit\":\"each\"" extra "}"

static void a_folder_becomes_a_catalogue_sorted_by_id(void) {
    put("good", "zebra", PACK(",\"gtin\":\"4006381333931\",\"brand\":\"Z\""));
    put("good", "apple",
        "{\"name\":\"Apple\",\"category\":\"produce\",\"gross_weight_g\":180,\"price_minor\":299,"
        "\"currency\":\"EUR\",\"unit\":\"kg\",\"plu\":\"4011\",\"gtin\":null,\"pack_sd_g\":20,"
        "\"tare_g\":2}");
    put("good", "gin", PACK(",\"minimum_age\":18,\"gtin\":\"036000291452\""));
    Catalog catalog = {0};
    CHECK(load("good", &catalog) == OK);
    CHECK(catalog.count == 3 && strcmp(catalog.currency, "EUR") == 0);
    CHECK(strcmp(catalog.products[0].id, "apple") == 0);
    CHECK(strcmp(catalog.products[1].id, "gin") == 0);
    CHECK(strcmp(catalog.products[2].id, "zebra") == 0);
    CHECK(catalog.products[0].unit == UNIT_WEIGHT && catalog.products[0].pack_sd_g == 20);
    CHECK(catalog.products[0].tare_g == 2 && catalog.products[0].price_minor == 299);
    CHECK(catalog.products[1].minimum_age == 18 && catalog.products[1].pack_sd_g == 10);
    CHECK(catalog.products[1].batch_sd_g == 6.5 && catalog.products[2].gross_g == 500);
    pricebook_free(&catalog);
}

static void a_code_finds_its_product_whatever_its_length(void) {
    Catalog catalog = {0};
    CHECK(load("good", &catalog) == OK);
    CHECK(pricebook_find(&catalog, "036000291452") == 1);
    CHECK(pricebook_find(&catalog, "0036000291452") == 1);
    CHECK(pricebook_find(&catalog, "00036000291452") == 1);
    CHECK(pricebook_find(&catalog, "4006381333931") == 2);
    CHECK(pricebook_find(&catalog, "4011") == 0);
    CHECK(pricebook_find(&catalog, "4006381333932") == SKU_UNKNOWN);
    CHECK(pricebook_find(&catalog, "") == SKU_UNKNOWN);
    CHECK(pricebook_find(&catalog, "40063813339x1") == SKU_UNKNOWN);
    CHECK(pricebook_find(&catalog, "123456789012345678901234567890") == SKU_UNKNOWN);
    CHECK(pricebook_find_id(&catalog, "gin") == 1);
    CHECK(pricebook_find_id(&catalog, "rum") == SKU_UNKNOWN);
    pricebook_free(&catalog);
}

static void a_pack_without_gtin_gets_the_same_restricted_number_every_time(void) {
    Catalog first = {0}, again = {0};
    CHECK(load("good", &first) == OK && load("good", &again) == OK);
    if (!first.products || !again.products) return;
    const char *gtin = first.products[0].gtin;
    CHECK(strlen(gtin) == 13 && gtin[0] == '2');
    CHECK(pricebook_find(&first, gtin) == 0);
    CHECK(strcmp(gtin, again.products[0].gtin) == 0);
    pricebook_free(&first);
    pricebook_free(&again);
}

static void a_taken_restricted_number_is_stepped_over(void) {
    Catalog catalog = {0};
    put("clash", "b_plain", PACK());
    CHECK(load("clash", &catalog) == OK);
    char json[512], taken[GTIN_BYTES];
    memcpy(taken, catalog.products[0].gtin, sizeof taken);
    pricebook_free(&catalog);
    snprintf(json, sizeof json, PACK(",\"gtin\":\"%s\""), taken);
    put("clash", "a_took_it", json);
    CHECK(load("clash", &catalog) == OK);
    CHECK(strcmp(catalog.products[0].gtin, taken) == 0);
    CHECK(strcmp(catalog.products[1].gtin, taken) != 0);
    CHECK(pricebook_find(&catalog, catalog.products[1].gtin) == 1);
    pricebook_free(&catalog);
}

static void a_folder_may_be_one_product_and_paths_come_back(void) {
    char one[256], many[256];
    snprintf(one, sizeof one, "%s/clash/b_plain/", root);
    snprintf(many, sizeof many, "%s/good", root);
    const char *folders[] = {one, many};
    Catalog catalog = {0};
    char **paths;
    CHECK(pricebook_load(&catalog, folders, 2) == OK && catalog.count == 4);
    CHECK(pricebook_folders(&catalog, folders, 2, &paths) == OK);
    CHECK(strcmp(paths[1], one) == 0);
    CHECK(strstr(paths[0], "/good/apple") && strstr(paths[3], "/good/zebra"));
    free(paths);
    pricebook_free(&catalog);
}

static void a_bad_file_is_named_with_the_field_that_is_wrong(void) {
    static const struct {
        const char *json, *says;
    } rows[] = {
        {"{\"name\": ", "not JSON"},
        {"[1]", "one JSON object"},
        {PACK(",\"gtin\":\"4006381333932\""), "gtin"},
        {PACK(",\"gtin\":12"), "gtin: must be text"},
        {PACK(",\"plu\":\"40x1\""), "plu"},
        {PACK(",\"tare_g\":-1"), "tare_g"},
        {PACK(",\"pack_sd_g\":\"x\""), "pack_sd_g: must be a number"},
        {PACK(",\"name\":\"again\""), "not JSON"},
        {"{\"name\":\"A\",\"category\":\"c\",\"gross_weight_g\":5,\"price_minor\":-1,"
         "\"currency\":\"EUR\",\"unit\":\"each\"}",
         "price_minor: -1 is negative"},
        {"{\"name\":\"A\",\"category\":\"c\",\"gross_weight_g\":5,\"price_minor\":1.5,"
         "\"currency\":\"EUR\",\"unit\":\"each\"}",
         "price_minor: must be a whole number"},
        {"{\"name\":\"A\",\"category\":\"c\",\"gross_weight_g\":5,\"price_minor\":1,"
         "\"currency\":\"eur\",\"unit\":\"each\"}",
         "currency"},
        {"{\"name\":\"A\",\"category\":\"c\",\"gross_weight_g\":5,\"price_minor\":1,"
         "\"currency\":\"EUR\",\"unit\":\"litre\"}",
         "unit"},
        {"{\"name\":\"A\",\"category\":\"c\",\"price_minor\":1,\"currency\":\"EUR\","
         "\"unit\":\"each\"}",
         "gross_weight_g: missing"},
        {"{\"category\":\"c\"}", "name: missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char id[16];
        Catalog catalog = {.count = 7};
        snprintf(id, sizeof id, "bad%zu", i);
        put(id, "thing", rows[i].json);
        CHECK(load(id, &catalog) == E_INVALID && catalog.count == 7);
        CHECK(strstr(fail_reason(), "thing/product.json"));
        CHECK(strstr(fail_reason(), rows[i].says));
    }
}

static void products_that_contradict_each_other_are_refused(void) {
    Catalog catalog = {0};
    put("money", "a", PACK());
    put("money", "b",
        "{\"name\":\"B\",\"category\":\"c\",\"gross_weight_g\":5,\"price_minor\":1,"
        "\"currency\":\"USD\",\"unit\":\"each\"}");
    CHECK(
        load("money", &catalog) == E_INVALID && strstr(fail_reason(), "b/product.json: currency"));
    put("twice", "a", PACK(",\"gtin\":\"036000291452\""));
    put("twice", "b", PACK(",\"gtin\":\"0036000291452\""));
    CHECK(load("twice", &catalog) == E_INVALID && strstr(fail_reason(), "a and b"));
    CHECK(load("nowhere", &catalog) == E_NOT_FOUND);
    CHECK(load("twice/../", &catalog) == E_NOT_FOUND);
}

int main(void) {
    if (!mkdtemp(root)) return 1;
    RUN(a_folder_becomes_a_catalogue_sorted_by_id);
    RUN(a_code_finds_its_product_whatever_its_length);
    RUN(a_pack_without_gtin_gets_the_same_restricted_number_every_time);
    RUN(a_taken_restricted_number_is_stepped_over);
    RUN(a_folder_may_be_one_product_and_paths_come_back);
    RUN(a_bad_file_is_named_with_the_field_that_is_wrong);
    RUN(products_that_contradict_each_other_are_refused);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    if (system(command) != 0) return 1;
    return DONE();
}
