#include "looks.h"

#include <math.h>
#include <string.h>

void looks_softmax(double scale, double unknown_similarity, View *view, float *cosines) {
    double unknown = scale * unknown_similarity, most = unknown, sum = 0;
    for (int i = 0; i < view->count; i++)
        most = fmax(most, scale * (double)cosines[i]);
    for (int i = 0; i < view->count; i++)
        sum += exp(scale * (double)cosines[i] - most);
    double all = most + log(sum + exp(unknown - most));
    for (int i = 0; i < view->count; i++)
        cosines[i] = (float)(scale * (double)cosines[i] - all);
    view->log_p = cosines;
    view->unknown_log_p = (float)(unknown - all);
}

static void keep(Looks *looks, int32_t sku, float log_p) {
    int at = looks->count;
    if (at == LOOK_SKUS_MAX) {
        if (log_p <= looks->at[at - 1].log_p) return;
        at--;
    } else {
        looks->count++;
    }
    for (; at > 0 && looks->at[at - 1].log_p < log_p; at--)
        looks->at[at] = looks->at[at - 1];
    looks->at[at].sku = sku;
    looks->at[at].log_p = log_p;
}

void looks_add(Looks *looks, const View *view) {
    const Looks old = *looks;
    float seen = (float)old.views, all = seen + 1;
    float floor = old.count ? old.at[old.count - 1].log_p : 0;
    looks->views = old.views + 1;
    looks->unknown_log_p =
        (old.views ? old.unknown_log_p * seen : 0) / all + view->unknown_log_p / all;
    looks->count = 0;
    memset(looks->at, 0, sizeof looks->at);

    for (int32_t sku = 0; sku < view->count; sku++) {
        float log_p = view->log_p[sku];
        if (!isfinite(log_p)) continue;
        float before = floor;
        for (int i = 0; i < old.count; i++)
            if (old.at[i].sku == sku) before = old.at[i].log_p;
        keep(looks, sku, (before * seen + log_p) / all);
    }
}
