/*
 * symbol - how EAN and UPC codes look: where their bars stand, and what blur makes of them.
 *
 * Darkness along a code is sampled twice a module, from one module before its first bar to one
 * behind its last. Blur is linear, so a blurred code is the sum of its guards and its blurred
 * digits, each a short wave; the squared distance of a picture from any code then falls into one
 * term per digit and one per pair of neighbours, and the best of 10^12 codes is found by dynamic
 * programming. Deformable templates: Gallo and Manduchi, "Reading 1D Barcodes with Mobile Phones
 * Using Deformable Templates", PAMI 2011; blur in the model instead of sharpening: here.
 */
#pragma once

#include <stdbool.h>

enum {
    PLACES_MAX = 12, /* digits drawn as bars */
    MODULES_MAX = 95,
    DIGIT_MODULES = 7,
    PER_MODULE = 2,
    SAMPLES_MAX = PER_MODULE * (MODULES_MAX + 2),
    REACH_MODULES = 3, /* farther, blur is cut off */
    WAVE_SAMPLES = PER_MODULE * (DIGIT_MODULES + 2 * REACH_MODULES),
    LEFT_SYMBOLS = 20, /* digits as "odd" and "even" */
    SYMBOLS = 32,      /* and as "right"; two are nothing, for the sake of vectors */
    BLURS = 8,
    LAYOUTS = 3,
    CODE_DIGITS_MAX = 14,
};

typedef struct Layout {
    int modules;
    int places, left_places;    /* digits in bars; those left of the middle guard */
    bool mixed;                 /* left digits are odd or even, which says something */
    int first_module[2];        /* of the left and of the right digits */
    int dark_count, dark[8];    /* the guards' black modules */
    int middle_module, middles; /* where the inner guard begins, and its modules; 0: none */
    int tail_modules;           /* of the last guard */
} Layout;

extern const Layout layouts[LAYOUTS]; /* EAN-13 with UPC-A, EAN-8, UPC-E */

typedef struct Blur { /* what one kind of blur makes of every symbol */
    float module[PER_MODULE * (1 + 2 * REACH_MODULES)];
    float wave[WAVE_SAMPLES][SYMBOLS]; /* from REACH_MODULES before the digit */
    float energy[SYMBOLS];
    float overlap[SYMBOLS][SYMBOLS]; /* twice the product of two neighbours' waves */
    float deviation;                 /* of a typical code's darkness */
} Blur;

typedef struct Costs { /* squared distance of a picture from codes, less a constant */
    float digit[PLACES_MAX][SYMBOLS];
    float pair[SYMBOLS][SYMBOLS];
} Costs;

void blur_make(Blur blurs[BLURS]);

int symbol_samples(const Layout *layout);
int symbol_first_sample(const Layout *layout, int place); /* of its wave */

/* The first symbol a place may hold, and one past the last. */
int symbol_begin(const Layout *layout, int place);
int symbol_end(const Layout *layout, int place);

/* Darkness of a code, 0 white to 1 black, blurred; no symbols draw the guards alone. */
void symbol_draw(const Layout *layout, const Blur *blur, const int *symbols, float *darkness);

/* What each digit at each place would cost; darkness as symbol_draw() scales it. */
void symbol_costs(const Layout *layout, const Blur *blur, const float *darkness, Costs *out);

/* What the cheapest symbols cost; symbol_cheapest() finds them too, but is slower. */
float symbol_least(const Layout *layout, const Costs *costs);

/* The cheapest symbols, whatever parity and check digit say. */
float symbol_cheapest(const Layout *layout, const Costs *costs, int *symbols);

/* Edges of a code, all of them: their number, and the digits and each edge's module that go with
 * their places; any unit, falling or rising. */
enum { EDGES_SEEN_MAX = 60 };
int symbol_edges(const Layout *layout);
void symbol_read_edges(const Layout *layout, const float *at, int *symbols, float *modules);

/* Do a guard's bar, a digit or a guard begin or end there? */
bool symbol_border(const Layout *layout, int module);

/* Do parity and check digit agree with these? */
bool symbol_checks(const Layout *layout, const int *symbols);

typedef struct Decoded {
    char digits[CODE_DIGITS_MAX]; /* 13, 8 or UPC-E's 8 */
    int symbols[PLACES_MAX];
    float cost;   /* of this code */
    float margin; /* by which every other code that checks costs more */
} Decoded;

/* The cheapest code that parity and check digit allow. */
void symbol_decode(const Layout *layout, const Costs *costs, Decoded *out);
