#include "tally_internal.h"

#include <math.h>
#include <string.h>

/* Samples a quarter of a module apart in a blurred picture err together, and so do lines a pixel
 * apart: this part of their number counts. And no model is exact. */
static const float INDEPENDENT = 0.25F;
static const float LEAST_NOISE = 0.003F;

/* What a code needs to stand, by layout; the last row: blurred, where everything looks alike. The
 * margin is a log likelihood over the next best code that checks. Short codes are likelier to be
 * seen in what is none. */
static const struct {
    float likeness, margin;
    int lines;
} needed[LAYOUTS + 1] = {{0.82F, 40, 2}, {0.90F, 40, 2}, {0.87F, 40, 2}, {0.95F, 12, 3}};

static const float SURE_MARGIN = 80;
enum { SURE_LINES = 4 };

static int differing(const Layout *layout, const int *a, const int *b) {
    int count = 0;
    for (int i = 0; i < layout->places; i++)
        count += a[i] != b[i];
    return count;
}

void tally_add(Tally *tally, const Fit *fit) {
    const Layout *layout = &layouts[fit->layout];
    Entry *entry = NULL;
    for (int i = 0; i < tally->count && !entry; i++)
        if (tally->at[i].layout == fit->layout && tally->at[i].reversed == fit->reversed &&
            differing(layout, tally->at[i].symbols, fit->symbols) <= layout->places / 3)
            entry = &tally->at[i];
    if (!entry) {
        if (!fit->checks || tally->count == TALLY_MAX) return;
        entry = &tally->at[tally->count++];
        *entry = (Entry){
            .layout = fit->layout, .reversed = fit->reversed, .begin = fit->begin, .end = fit->end};
    }
    const float weight = INDEPENDENT / (2 * fmaxf(fit->noise, LEAST_NOISE));
    for (int p = 0; p < layout->places; p++)
        for (int s = 0; s < SYMBOLS; s++)
            entry->costs.digit[p][s] += weight * fit->costs.digit[p][s];
    for (int a = 0; a < SYMBOLS; a++)
        for (int b = 0; b < SYMBOLS; b++)
            entry->costs.pair[a][b] += weight * fit->costs.pair[a][b];
    entry->lines++;
    entry->weight += weight;
    entry->likeness += weight * fit->likeness;
    symbol_cheapest(layout, &entry->costs, entry->symbols);
}

static bool stands(const Entry *entry, bool soft, Decoded *decoded) {
    const Layout *layout = &layouts[entry->layout];
    const int row = soft ? LAYOUTS : entry->layout;
    if (entry->lines < needed[row].lines ||
        entry->likeness < needed[row].likeness * entry->weight ||
        !symbol_checks(layout, entry->symbols))
        return false;
    symbol_decode(layout, &entry->costs, decoded);
    return decoded->margin > needed[row].margin &&
           differing(layout, entry->symbols, decoded->symbols) == 0;
}

bool tally_sure(const Tally *tally) {
    Decoded decoded;
    for (int i = 0; i < tally->count; i++)
        if (tally->at[i].lines >= SURE_LINES && stands(&tally->at[i], false, &decoded) &&
            decoded.margin > SURE_MARGIN)
            return true;
    return false;
}

/* Is it a part of another that stands? The left half of an EAN-13 can pass for a UPC-E, and
 * crumpled lines for a code near the true one. */
static bool part_of(const Entry *entry, float margin, const Entry *other, float other_margin) {
    const float shared = fminf(entry->end, other->end) - fmaxf(entry->begin, other->begin);
    if (shared < 0.5F * (entry->end - entry->begin)) return false;
    return entry->layout > other->layout ||
           (entry->layout == other->layout && margin < other_margin / 4);
}

int tally_codes(const Tally *tally, bool soft, Found out[TALLY_MAX]) {
    Decoded decoded[TALLY_MAX];
    bool standing[TALLY_MAX];
    int count = 0;
    for (int i = 0; i < tally->count; i++)
        standing[i] = stands(&tally->at[i], soft, &decoded[i]);
    for (int i = 0; i < tally->count; i++) {
        bool part = !standing[i];
        for (int j = 0; j < tally->count && !part; j++)
            part = standing[j] && j != i &&
                   part_of(&tally->at[i], decoded[i].margin, &tally->at[j], decoded[j].margin);
        if (part) continue;
        out[count].layout = tally->at[i].layout;
        memcpy(out[count++].digits, decoded[i].digits, sizeof decoded[i].digits);
    }
    return count;
}
