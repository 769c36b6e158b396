/* sight.c - several cameras' looks at one thing, added up. */
#include "reason_internal.h"

#include <math.h>
#include <string.h>

static const double TINY = 1e-30;

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

static double stray_p(const ReasonConfig *config, const Crossing *crossing) {
    return fmax(config->stray_p, 1 - (double)crossing->confidence_p);
}

/* How much likelier each answer gets by what one camera saw, added to what others did. */
typedef struct Gain {
    double floor, unknown;
    double listed[SIGHT_MAX]; /* as in Sight.at */
} Gain;

/* How often over a camera's mean look counts. */
static double sharpness(const ReasonConfig *config, const Looks *looks) {
    return looks->views / (1 + (looks->views - 1) * config->view_correlation);
}

static void add_glimpse(
    const ReasonConfig *config,
    const Catalog *catalog,
    const Glimpse *glimpse,
    double weight,
    const Sight *sight,
    Gain *gain) {
    const Looks *looks = &glimpse->crossing->looks;
    const double known_p = (1 - config->looks_unknown_p) / catalog->count;
    const double stray = stray_p(config, glimpse->crossing), sharp = sharpness(config, looks);
    const double floor = exp(sharp * (floor_of(config, catalog, looks) - log(known_p)));
    const double unknown =
        isfinite(looks->unknown_log_p)
            ? exp(sharp * ((double)looks->unknown_log_p - log(config->looks_unknown_p)))
            : 1;
    double times[LOOK_SKUS_MAX], all = config->looks_unknown_p * unknown;
    int others = catalog->count;
    for (int i = 0; i < looks->count; i++) {
        times[i] = floor;
        if (!listed(catalog, looks, i)) continue;
        times[i] = exp(sharp * ((double)looks->at[i].log_p - log(known_p)));
        all += known_p * times[i];
        others--;
    }
    all += known_p * fmax(others, 0) * floor;
    const double keep = weight * (1 - stray) / all;
    gain->floor += keep * floor + weight * stray;
    gain->unknown += keep * unknown + weight * stray;
    for (int s = 0; s < sight->count; s++) {
        double told = floor;
        for (int i = 0; i < looks->count; i++)
            if (listed(catalog, looks, i) && looks->at[i].sku == sight->at[s].sku) told = times[i];
        gain->listed[s] += keep * told + weight * stray;
    }
}

static void add_camera(
    const ReasonConfig *config,
    const Catalog *catalog,
    const Glimpse *glimpses,
    int count,
    int camera,
    double rho,
    Sight *sight) {
    Gain gain = {0};
    double all = 0;
    for (int i = 0; i < count; i++)
        if (glimpses[i].crossing->camera == camera) all += glimpses[i].weight;
    for (int i = 0; i < count; i++)
        if (glimpses[i].crossing->camera == camera)
            add_glimpse(config, catalog, &glimpses[i], glimpses[i].weight / all, sight, &gain);
    for (int s = 0; s < sight->count; s++)
        sight->at[s].log_p += log(fmax(gain.listed[s], TINY)) / rho;
    sight->floor += log(gain.floor) / rho;
    sight->unknown += log(gain.unknown) / rho;
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
    const Glimpse *glimpses,
    int count,
    Sight *out) {
    memset(out, 0, sizeof *out);
    out->temper = config->variant_temper;
    out->gap = config->variant_gap;
    if (catalog->count == 0) return;
    Glimpse saying[REASON_CROSSINGS_MAX];
    int told = 0;
    uint32_t cameras = 0;
    for (int g = 0; g < count; g++) {
        const Looks *looks = &glimpses[g].crossing->looks;
        if (!(glimpses[g].weight > 0) || !says_something(catalog, looks)) continue;
        for (int i = 0; i < looks->count; i++)
            if (listed(catalog, looks, i)) list(out, looks->at[i].sku);
        saying[told++] = glimpses[g];
        cameras |= 1u << glimpses[g].crossing->camera;
    }
    out->looked = told > 0;
    const double rho = 1 + (__builtin_popcount(cameras) - 1) * config->correlation;
    for (int camera = 0; camera < CAMERAS_MAX; camera++)
        if (cameras & 1u << camera) add_camera(config, catalog, saying, told, camera, rho, out);
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
