/* pending.c - until things no catalogue has can be drawn. */
#include "props.h"

Status props_thing(Props *props, ThingKind kind, uint64_t seed, const Prop **out) {
    static Prop prop = {
        .product = {.half = {0.1, 0.08, 0.06}, .solid = SOLID_BOX}, .mass_kg = {0.2, 0.4}};
    (void)props;
    (void)kind;
    (void)seed;
    *out = &prop;
    return OK;
}

Status props_repackaged(Props *props, int32_t sku, uint64_t seed, const Prop **out) {
    (void)seed;
    return props_product(props, sku, out);
}
