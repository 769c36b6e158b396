/* posterior.c - every explanation of one event, weighed. */
#include "reason_internal.h"

#include <math.h>
#include <string.h>

static const double UNKNOWN_G[2] = {5, 10000}, BY_WEIGHT_G[2] = {30, 5000};
static const double IMPOSSIBLE_LOG = -80; /* small beside any sum of looks, and still a number */
static const double ODD_VAR = 16;         /* an odd pack's deviation is four times an even one's */
static const double FAR_SIGMA2 = 3200; /* (error / sigma)^2 past which a load cannot be this one */

double normal_log(double error, double var) {
    return -0.5 * (error * error / var + log(2 * M_PI * var));
}

bool load_of(
    const ReasonConfig *config, const Product *product, int quantity, double *mean_g, double *var) {
    if (product->unit == UNIT_WEIGHT || !(product->gross_g > 0)) return false;
    double sd = product->pack_sd_g > 0 ? product->pack_sd_g : config->pack_sd_p * product->gross_g;
    double batch = quantity * fmax(product->batch_sd_g, 0);
    *mean_g = quantity * product->gross_g;
    *var = quantity * sd * sd + batch * batch;
    return true;
}

static double log_sum(double a, double b) { return fmax(a, b) + log1p(exp(-fabs(a - b))); }

/* log p(load | an expected load). */
static double
load_log(const ReasonConfig *config, const Question *question, double mean_g, double var) {
    if (question->load == LOAD_NONE) return 0;
    if (question->load == LOAD_MEASURED) {
        const double error_g = question->grams - mean_g;
        const double even = normal_log(error_g, var + question->var);
        const double odd = normal_log(error_g, ODD_VAR * var + question->var);
        return log_sum(log(1 - config->odd_pack_p) + even, log(config->odd_pack_p) + odd);
    }
    double z = (config->unseen_g - mean_g) / sqrt(var + config->scale_sd_g * config->scale_sd_g);
    return fmax(log(0.5 * erfc(-z / M_SQRT2)), IMPOSSIBLE_LOG);
}

/* log p(load | a load that may be anything in a range, evenly in its logarithm). */
static double
any_load_log(const ReasonConfig *config, const Question *question, const double range[2]) {
    double width = log(range[1] / range[0]);
    if (question->load == LOAD_NONE) return 0;
    if (question->load == LOAD_UNFELT)
        return config->unseen_g > range[0] ? log(log(config->unseen_g / range[0]) / width)
                                           : IMPOSSIBLE_LOG;
    if (question->grams < range[0] || question->grams > range[1]) return IMPOSSIBLE_LOG;
    return -log(question->grams * width);
}

/* Take out an answer already there (two lines of one product are one answer); the scores add. */
static double take_out(Posterior *posterior, int32_t sku, int32_t quantity, double score) {
    for (int i = 0; i < posterior->count; i++) {
        if (posterior->at[i].sku != sku || posterior->at[i].quantity != quantity) continue;
        double old = posterior->at[i].score;
        posterior->count--;
        memmove(
            &posterior->at[i], &posterior->at[i + 1],
            sizeof posterior->at[0] * (size_t)(posterior->count - i));
        return log_sum(old, score);
    }
    return score;
}

static bool
ranks_before(const Posterior *posterior, int at, int32_t sku, int32_t quantity, double score) {
    if (score > posterior->at[at].score) return true;
    if (score < posterior->at[at].score) return false;
    if (sku != posterior->at[at].sku) return sku < posterior->at[at].sku;
    return quantity < posterior->at[at].quantity;
}

void posterior_offer(Posterior *posterior, int32_t sku, int32_t quantity, double score) {
    if (posterior->sum <= 0) posterior->top = score;
    if (score > posterior->top) {
        posterior->sum *= exp(posterior->top - score);
        posterior->top = score;
    }
    posterior->sum += exp(score - posterior->top);

    score = take_out(posterior, sku, quantity, score);
    int at = posterior->count;
    while (at > 0 && ranks_before(posterior, at - 1, sku, quantity, score))
        at--;
    if (at == POSTERIOR_KEPT) return;
    if (posterior->count == POSTERIOR_KEPT) posterior->count--;
    memmove(
        &posterior->at[at + 1], &posterior->at[at],
        sizeof posterior->at[0] * (size_t)(posterior->count - at));
    posterior->at[at].sku = sku;
    posterior->at[at].quantity = quantity;
    posterior->at[at].score = score;
    posterior->count++;
}

double posterior_p(const Posterior *posterior, int index) {
    return fmin(exp(posterior->at[index].score - posterior->top) / posterior->sum, 1);
}

bool is_scanned(const Question *question, int32_t sku) {
    for (int i = 0; i < question->scan_count; i++)
        if (question->scans[i] == sku) return true;
    return false;
}

double prior_log(const Question *question, int32_t sku, double prior_p) {
    if (question->scan_count == 0) return log(prior_p);
    double named = sku != SKU_UNKNOWN && is_scanned(question, sku)
                       ? (1 - question->scan_wrong_p) / question->scan_count
                       : 0;
    return log(named + question->scan_wrong_p * prior_p);
}

static double quantity_log(const ReasonConfig *config, int quantity, int most) {
    double sum = 0;
    for (int q = 1; q <= most; q++)
        sum += pow(config->quantity_p, q - 1);
    return (quantity - 1) * log(config->quantity_p) - log(sum);
}

/* All quantities of one product sold by the piece. */
static void offer_pieces(
    const ReasonConfig *config,
    const Catalog *catalog,
    const Question *question,
    int32_t sku,
    int most,
    double prior_p,
    Posterior *out) {
    const Product *product = &catalog->products[sku];
    double mean_g, var;
    bool looked_up = false;
    double common = 0;
    if (question->load != LOAD_MEASURED) most = 1;
    for (int q = 1; q <= most && load_of(config, product, q, &mean_g, &var); q++) {
        double error = question->grams - mean_g;
        bool far = error * error > FAR_SIGMA2 * (var + question->var);
        if (question->load == LOAD_MEASURED && far && !(question->only_inside && q == 1)) continue;
        if (!looked_up) {
            common = prior_log(question, sku, prior_p) + sight_log(question->sight, catalog, sku);
            looked_up = true;
        }
        double load = load_log(config, question, mean_g, var);
        if (question->only_inside && q == 1 && question->load == LOAD_MEASURED)
            load = pieces_log(
                question->state, question->inside, sku, question->grams, question->var, load);
        if (load < IMPOSSIBLE_LOG) continue;
        posterior_offer(out, sku, q, common + quantity_log(config, q, most) + load);
    }
}

static void offer_any_load(
    const ReasonConfig *config,
    const Catalog *catalog,
    const Question *question,
    int32_t sku,
    double prior_p,
    const double range[2],
    Posterior *out) {
    posterior_offer(
        out, sku, 1,
        prior_log(question, sku, prior_p) + sight_log(question->sight, catalog, sku) +
            any_load_log(config, question, range));
}

static void offer_catalog(
    const ReasonConfig *config, const Catalog *catalog, const Question *question, Posterior *out) {
    if (catalog->count == 0) return;
    double prior_p = (1 - question->unknown_p) / catalog->count;
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        const Product *product = &catalog->products[sku];
        if (product->unit == UNIT_WEIGHT)
            offer_any_load(config, catalog, question, sku, prior_p, BY_WEIGHT_G, out);
        else if (!(product->gross_g > 0))
            offer_any_load(config, catalog, question, sku, prior_p, UNKNOWN_G, out);
        else
            offer_pieces(config, catalog, question, sku, QUANTITY_MAX, prior_p, out);
    }
}

static void offer_inside(
    const ReasonConfig *config, const Catalog *catalog, const Question *question, Posterior *out) {
    const Inside *inside = question->inside;
    if (inside->count == 0) return;
    double prior_p = (1 - question->unknown_p) / inside->count;
    for (int i = 0; i < inside->count; i++) {
        int32_t sku = inside->at[i].sku;
        bool named = sku >= 0 && sku < catalog->count;
        const Product *product = named ? &catalog->products[sku] : NULL;
        if (inside->at[i].net_g > 0) { /* weighed when it went in: that much comes out */
            double gross_g = inside->at[i].net_g + (named ? product->tare_g : 0);
            double var = config->weighed_sd_g * config->weighed_sd_g;
            posterior_offer(
                out, named ? sku : SKU_UNKNOWN, 1,
                prior_log(question, sku, prior_p) +
                    (named ? sight_log(question->sight, catalog, sku) : question->sight->unknown) +
                    load_log(config, question, gross_g, var));
        } else if (named && product->unit == UNIT_EACH && product->gross_g > 0) {
            offer_pieces(config, catalog, question, sku, inside->at[i].quantity, prior_p, out);
        } else if (named) {
            offer_any_load(config, catalog, question, sku, prior_p, UNKNOWN_G, out);
        }
    }
}

/* A shift: something inside moved, or a hand was taken for a thing. */
static void offer_nothing(
    const ReasonConfig *config, const Catalog *catalog, const Question *question, Posterior *out) {
    const Inside *inside = question->inside;
    double looks_p = exp(question->sight->unknown);
    for (int i = 0; i < inside->count; i++)
        if (inside->at[i].sku >= 0 && inside->at[i].sku < catalog->count)
            looks_p += exp(sight_log(question->sight, catalog, inside->at[i].sku));
    double odds = config->shift_p / (1 - config->shift_p);
    posterior_offer(out, SKU_UNKNOWN, 0, log(odds * looks_p / (inside->count + 1)));
}

void posterior_of(
    const ReasonConfig *config, const Catalog *catalog, const Question *question, Posterior *out) {
    out->count = 0;
    out->top = out->sum = 0;
    if (question->only_inside)
        offer_inside(config, catalog, question, out);
    else
        offer_catalog(config, catalog, question, out);
    posterior_offer(
        out, SKU_UNKNOWN, 1,
        prior_log(question, SKU_UNKNOWN, question->unknown_p) + question->sight->unknown +
            any_load_log(config, question, UNKNOWN_G));
    if (question->load == LOAD_UNFELT) offer_nothing(config, catalog, question, out);
}
