/* Any bytes as a product.json: refused by its name, or a product that can be priced. */
#include "product_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Product product;
    char currency[4];
    if (product_json_parse("product.json", data, size, &product, currency) != OK) {
        if (strncmp(fail_reason(), "product.json", 12) != 0 || strchr(fail_reason(), '\n')) abort();
        return 0;
    }
    if (product.price_minor < 0 || product.minimum_age < 0 || strlen(currency) != 3) abort();
    if (!(product.gross_g > 0) || !isfinite(product.gross_g)) abort();
    if (!(product.pack_sd_g >= 0 && product.batch_sd_g >= 0 && product.tare_g >= 0)) abort();
    if (product.name[0] == '\0' || !memchr(product.name, '\0', sizeof product.name)) abort();
    return 0;
}
