#include "pack.h"

static double clipped_normal(Random *random) { return fmax(-3, fmin(3, random_normal(random))); }

double pack_grams(const Product *product, int32_t sku, uint64_t seed, Random *random) {
    Random run = random_fork(seed, 5000 + (uint64_t)sku);
    const double uneven = PACK_SPREAD * exp(PACK_UNEVENNESS * clipped_normal(&run));
    const double off = uneven * (product->batch_sd_g * clipped_normal(&run) +
                                 product->pack_sd_g * clipped_normal(random));
    const double most = PACK_FURTHEST * product->gross_g;
    return product->gross_g + fmax(-most, fmin(most, off));
}

double pack_bag_grams(const Product *product, int pieces, Random *random) {
    double grams = product->tare_g;
    for (int i = 0; i < pieces; i++)
        grams += fmax(
            0.3 * product->gross_g, product->gross_g + product->pack_sd_g * clipped_normal(random));
    return grams;
}
