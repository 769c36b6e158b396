/* sight.c - several cameras' looks at one thing, added up. */
#include "reason_internal.h"

#include <math.h>
#include <string.h>

static bool listed(const Catalog *catalog, const Looks *looks, int i) {
    return looks->at[i].sku >= 0 && looks->at[i].sku < catalog->count &&
           isfinite(looks->at[i].log_p);
}

static bool says_something(const Catalog *catalog, const Looks *looks) {
    if (looks->views <= 0) return false;
    for (int i = 0; i < looks->count; i++)
        if (listed(catalog, looks, i)) return true;
    return isfinite(looks->unknown_log_p) && looks->unknown_log_p > -1.0f;
}

/* What one camera gives a SKU it did not list. */
static double floor_of(const ReasonConfig *config, const Catalog *catalog, const Looks *looks) {
    double left = 1, lowest = 0;
    int count = 0;
    if (isfinite(looks->unknown_log_p)) left -= exp((double)looks->unknown_log_p);
    for (int i = 0; i < looks->count; i++) {
        if (!listed(catalog, looks, i)) continue;
        double log_p = (double)looks->at[i].log_p;
        left -= exp(log_p);
        lowest = fmin(lowest, log_p);
        count++;
    }
    int others = catalog->count - count;
    return fmin(lowest, log(fmax(left, config->miss_p) / (others > 1 ? others : 1)));
}

static int find(const Sight *sight, int32_t sku) {
    int low = 0, high = sight->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (sight->at[middle].sku < sku)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void list(Sight *sight, int32_t sku) {
    int at = find(sight, sku);
    if ((at < sight->count && sight->at[at].sku == sku) || sight->count == SIGHT_MAX) return;
    memmove(&sight->at[at + 1], &sight->at[at], sizeof sight->at[0] * (size_t)(sight->count - at));
    sight->at[at].sku = sku;
    sight->at[at].log_p = 0;
    sight->count++;
}

static double raw_log(const Sight *sight, int32_t sku) {
    int at = find(sight, sku);
    return at < sight->count && sight->at[at].sku == sku ? sight->at[at].log_p : sight->floor;
}

/* log of how much likelier the looks make an answer, when some sightings are of something else. */
static double told(const ReasonConfig *config, double log_p, double even_log) {
    return log((1 - config->stray_p) * exp(log_p - even_log) + config->stray_p);
}

static void add_camera(
    const ReasonConfig *config,
    const Catalog *catalog,
    const Looks *looks,
    double rho,
    Sight *sight) {
    double known_log = log((1 - config->looks_unknown_p) / catalog->count);
    double unknown_log = log(config->looks_unknown_p);
    double floor = floor_of(config, catalog, looks);
    double unknown = isfinite(looks->unknown_log_p) ? (double)looks->unknown_log_p : unknown_log;
    for (int s = 0; s < sight->count; s++) {
        double log_p = floor;
        for (int i = 0; i < looks->count; i++)
            if (listed(catalog, looks, i) && looks->at[i].sku == sight->at[s].sku)
                log_p = (double)looks->at[i].log_p;
        sight->at[s].log_p += told(config, log_p, known_log) / rho;
    }
    sight->floor += told(config, floor, known_log) / rho;
    sight->unknown += told(config, unknown, unknown_log) / rho;
}

static int find_group(const Sight *sight, const char *name) {
    for (int g = 0; g < sight->group_count; g++)
        if (strcmp(sight->groups[g].name, name) == 0) return g;
    return -1;
}

static void gather_groups(const Catalog *catalog, Sight *sight) {
    for (int s = 0; s < sight->count; s++) {
        const char *name = catalog->products[sight->at[s].sku].variant_group;
        double log_p = sight->at[s].log_p;
        sight->best = s == 0 ? log_p : fmax(sight->best, log_p);
        if (!name[0]) continue;
        int g = find_group(sight, name);
        if (g < 0) {
            g = sight->group_count++;
            sight->groups[g].name = name;
            sight->groups[g].best = log_p;
        }
        sight->groups[g].best = fmax(sight->groups[g].best, log_p);
    }
}

void sight_of(
    const ReasonConfig *config,
    const Catalog *catalog,
    const Crossing *const *seen,
    int count,
    Sight *out) {
    memset(out, 0, sizeof *out);
    out->temper = config->variant_temper;
    out->gap = config->variant_gap;
    if (catalog->count == 0) return;
    for (int c = 0; c < count; c++)
        for (int i = 0; seen[c]->looks.views > 0 && i < seen[c]->looks.count; i++)
            if (listed(catalog, &seen[c]->looks, i)) list(out, seen[c]->looks.at[i].sku);
    int saying = 0;
    for (int c = 0; c < count; c++)
        saying += says_something(catalog, &seen[c]->looks);
    double rho = 1 + (saying - 1) * config->correlation;
    for (int c = 0; c < count; c++) {
        if (!says_something(catalog, &seen[c]->looks)) continue;
        out->looked = true;
        add_camera(config, catalog, &seen[c]->looks, rho, out);
    }
    gather_groups(catalog, out);
}

double sight_log(const Sight *sight, const Catalog *catalog, int32_t sku) {
    if (!sight->looked) return 0;
    double log_p = raw_log(sight, sku);
    const char *name = catalog->products[sku].variant_group;
    int g = name[0] ? find_group(sight, name) : -1;
    if (g < 0) return log_p;
    double gap = sight->groups[g].best - log_p;
    return sight->groups[g].best - sight->temper * fmin(gap, sight->gap) -
           fmax(gap - sight->gap, 0);
}

bool sight_contradicts(const Sight *sight, const Catalog *catalog, int32_t sku, double margin) {
    return sight->looked && sight->count > 0 &&
           sight->best - sight_log(sight, catalog, sku) > margin;
}
