/* price.c - nets of single adds, and what they cost. */
#include "meter_internal.h"

#include <stdio.h>
#include <string.h>

#define U_PER_UNIT INT64_C(1000000)

Status
meter_add(const SettledLoad *before, const SettledLoad *after, int64_t tare_u, LegalWeight *out) {
    if (before->from_ns == 0 || after->from_ns <= before->to_ns)
        return fail(E_INVALID, "meter: add: no settled load before, or none after it");
    if (before->unit != after->unit || before->e_u != after->e_u || after->e_u <= 0 ||
        before->calibration_count != after->calibration_count)
        return fail(E_INVALID, "meter: add: the scale was calibrated in between: weigh it again");
    if (tare_u < 0)
        return fail(E_INVALID, "meter: add: a tare of %lld: negative", (long long)tare_u);
    const bool whole = after->unit == MASS_KG && after->e_u % 1000 == 0;
    *out = (LegalWeight){
        .t_ns = after->to_ns,
        .unit = after->unit,
        .e_u = after->e_u,
        .e_g = whole ? after->e_u / 1000 : 0,
        .gross = (int32_t)divided((Wide)after->load_u - before->load_u, after->e_u),
        .tare = (int32_t)divided(tare_u, after->e_u),
        .preset = tare_u > 0,
        .stable = true,
        .settled = *after};
    out->net = out->gross - out->tare;
    return OK;
}

Status meter_price(int32_t net, int32_t e_u, int64_t unit_price_minor, int64_t *price_minor) {
    if (net < 0 || e_u <= 0 || unit_price_minor < 0)
        return fail(
            E_INVALID, "meter: price: net %d of e %d at %lld: none may be negative", net, e_u,
            (long long)unit_price_minor);
    const Wide price = ((Wide)net * e_u * unit_price_minor + U_PER_UNIT / 2) / U_PER_UNIT;
    if (price > INT64_MAX)
        return fail(
            E_FULL, "meter: price: net %d of e %d at %lld is more than money holds", net, e_u,
            (long long)unit_price_minor);
    *price_minor = (int64_t)price;
    return OK;
}

Status meter_price_of(const LegalWeight *weight, int64_t unit_price_minor, int64_t *price_minor) {
    const struct {
        bool barred;
        const char *why;
    } bars[] = {
        {weight->tilted, "the scale leans"},
        {weight->overload, "too much is on the scale"},
        {weight->underload, "too little is on the scale"},
        {!weight->stable, "the weight is not stable"},
        {weight->net < 0, "the net is negative"}};
    for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++)
        if (bars[i].barred) return fail(E_INVALID, "meter: no price: %s", bars[i].why);
    return meter_price(weight->net, weight->e_u, unit_price_minor, price_minor);
}

Status meter_ticket(
    const LegalWeight *weight,
    const MeterSeal *seal,
    int64_t sequence,
    int64_t unit_price_minor,
    MeterTicket *out) {
    int64_t price_minor;
    TRY(meter_price_of(weight, unit_price_minor, &price_minor));
    if (weight->net == 0) return fail(E_INVALID, "meter: no ticket: nothing was weighed");
    *out = (MeterTicket){
        .sequence = sequence,
        .t_ns = weight->t_ns,
        .unit = weight->unit,
        .e_u = weight->e_u,
        .gross = weight->gross,
        .tare = weight->tare,
        .net = weight->net,
        .preset = weight->preset,
        .unit_price_minor = unit_price_minor,
        .price_minor = price_minor,
        .calibration_count = seal->calibration_count,
        .configuration_count = seal->configuration_count,
        .version = METER_VERSION};
    memcpy(out->hash, meter_hash(), sizeof out->hash);
    return OK;
}

void meter_text(int32_t counts, int32_t e_u, MassUnit unit, char out[METER_TEXT_BYTES]) {
    const int64_t mass_u = (int64_t)counts * e_u, size_u = mass_u < 0 ? -mass_u : mass_u;
    char digits[24];
    snprintf(digits, sizeof digits, "%06lld", (long long)(size_u % U_PER_UNIT));
    int decimals = 6;
    for (int64_t place_u = 10; decimals > 0 && e_u % place_u == 0; place_u *= 10)
        decimals--;
    snprintf(
        out, METER_TEXT_BYTES, "%s%lld%s%.*s %s", mass_u < 0 ? "-" : "",
        (long long)(size_u / U_PER_UNIT), decimals > 0 ? "." : "", decimals, digits,
        unit == MASS_LB ? "lb" : "kg");
}
