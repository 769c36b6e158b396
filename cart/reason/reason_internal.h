/* reason_internal.h - the two halves of the reasoner: reason.c joins evidence into events, these
 * weigh the explanations of one event. */
#pragma once

#include "reason.h"

enum { SIGHT_MAX = 2 * CAMERAS_MAX * LOOK_SKUS_MAX, POSTERIOR_KEPT = 32, QUANTITY_MAX = 4 };

/* What the cameras together say of one carried thing: tempered log-likelihoods. */
typedef struct Sight {
    bool looked;    /* false: nobody saw it well enough to say anything */
    double best;    /* of the listed */
    double floor;   /* of every SKU not listed */
    double unknown; /* of something the catalogue does not have */
    double temper, gap;
    int count;
    struct {
        int32_t sku;
        double log_p;
    } at[SIGHT_MAX]; /* by SKU */
    int group_count;
    struct {
        const char *name; /* a variant group with a listed member; borrowed from the catalogue */
        double best;
    } groups[SIGHT_MAX];
} Sight;

/* A crossing that may show the thing asked about; weight: against its camera's others. */
typedef struct Glimpse {
    const Crossing *crossing;
    double weight;
} Glimpse;

/* At most REASON_CROSSINGS_MAX glimpses, in any order. */
void sight_of(
    const ReasonConfig *config,
    const Catalog *catalog,
    const Glimpse *glimpses,
    int count,
    Sight *out);

/* The looks term of one SKU. 0 when nobody looked. */
double sight_log(const Sight *sight, const Catalog *catalog, int32_t sku);

/* Looks contradict this SKU: it lies more than `margin` below the best. */
bool sight_contradicts(const Sight *sight, const Catalog *catalog, int32_t sku, double margin);

typedef enum Load {
    LOAD_MEASURED, /* grams, var */
    LOAD_UNFELT,   /* the scale works and felt nothing */
    LOAD_NONE      /* there is no scale */
} Load;

/* One event to explain. */
typedef struct Question {
    int sign; /* +1 put in, -1 taken out */
    Load load;
    double grams; /* size of the change */
    double var;   /* of the measurement, g^2 */
    double unknown_p;
    const Sight *sight;
    const Inside *inside;
    const ReasonState *state; /* for the pieces inside */
    bool only_inside;         /* nothing else can be it */
    double scan_wrong_p;
    bool scan_binds; /* false: the codes may be for the next thing */
    int scan_count;
    int32_t scans[REASON_SCANS_MAX];
} Question;

/* The best explanations and the weight of all. quantity > 0; 0: nothing happened. */
typedef struct Posterior {
    int count;
    struct {
        int32_t sku;
        int32_t quantity;
        double score;
    } at[POSTERIOR_KEPT]; /* by falling score, ties by SKU, then quantity */
    double top, sum;      /* log p(D) = top + log(sum) */
} Posterior;

void posterior_of(
    const ReasonConfig *config, const Catalog *catalog, const Question *question, Posterior *out);
void posterior_offer(Posterior *posterior, int32_t sku, int32_t quantity, double score);
double posterior_p(const Posterior *posterior, int index);

bool is_scanned(const Question *question, int32_t sku);

/* The prior once codes are in: mostly what they name, the rest as before. */
double prior_log(const Question *question, int32_t sku, double prior_p);

/* Expected load of q pieces, and its variance. false: the catalogue does not say, or sells by
 * weight. */
bool load_of(
    const ReasonConfig *config, const Product *product, int quantity, double *mean_g, double *var);
double normal_log(double error, double var);

/* How many pieces of this SKU are inside, on all its lines. */
int inside_quantity(const Inside *inside, int32_t sku);

/* -- pieces.c ------------------------------------------------------------------------------ */

#define PIECE_CHANGED_P 0.002

/* What is inside has changed. */
void pieces_follow(ReasonState *state, const Inside *before, const Inside *after);

/* The step that a piece went in by has been measured better. */
void pieces_weighed(ReasonState *state, int32_t step, double grams, double var);

/* log p(one piece of this SKU inside weighs so): the pieces' own weights, the catalogue's for those
 * nobody weighed alone. */
double pieces_log(
    const ReasonState *state,
    const Inside *inside,
    int32_t sku,
    double grams,
    double var,
    double catalogue_log);

/* Two different products in one step. */
typedef struct PairSide {
    int sign;
    double mean_g, var; /* of its best product's load, signed */
    Posterior posterior;
} PairSide;

/* true when a pair explains the change far better than any single; sides[0] is question's own. */
bool pair_of(
    const ReasonConfig *config,
    const Catalog *catalog,
    const Question *question,
    const Question *other,
    const Posterior *single,
    PairSide sides[2]);
