#include "symbol_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const Layout layouts[LAYOUTS] = {
    {95, 12, 6, true, {3, 50}, 6, {0, 2, 46, 48, 92, 94}, 45, 5, 3},
    {67, 8, 4, false, {3, 36}, 6, {0, 2, 32, 34, 64, 66}, 31, 5, 3},
    {51, 6, 6, true, {3, 0}, 5, {0, 2, 46, 48, 50}, 0, 0, 6},
};

/* Odd left digits, first module in the highest bit; even ones are the right ones mirrored, and the
 * right ones these inverted. */
static const int odd_modules[10] = {0x0D, 0x19, 0x13, 0x3D, 0x23, 0x31, 0x2F, 0x3B, 0x37, 0x0B};

enum { RIGHT_END = LEFT_SYMBOLS + 10 };

static bool is_dark(int symbol, int module) {
    const int kind = symbol / 10, digit = symbol % 10;
    const int bit = kind == 1 ? module : DIGIT_MODULES - 1 - module;
    if (symbol >= RIGHT_END) return false;
    const bool odd_dark = (odd_modules[digit] >> bit) & 1;
    return kind == 0 ? odd_dark : !odd_dark;
}

/* -- blur -------------------------------------------------------------------------------------- */

/* Widths in modules: a Gaussian's deviation (a sharp lens, small pixels, motion), or the radius of
 * an unfocused lens's disc, seen from its edge. */
static const struct {
    bool disc;
    float width;
} kinds[BLURS] = {{false, 0.3F}, {false, 0.55F}, {false, 0.8F}, {false, 1.1F},
                  {true, 1.5F},  {true, 2.0F},   {true, 2.5F},  {true, 3.0F}};

static double spread(int kind, double x) {
    const double width = (double)kinds[kind].width;
    if (kinds[kind].disc) return fabs(x) < width ? sqrt(width * width - x * x) : 0;
    return exp(-x * x / (2 * width * width));
}

/* One black module, blurred: kernel and module and sample integrated in small steps. */
static void blur_module(int kind, float *out) {
    enum { STEPS = 16, COUNT = PER_MODULE * (1 + 2 * REACH_MODULES) };
    double total = 0;
    for (int i = -REACH_MODULES * STEPS; i <= REACH_MODULES * STEPS; i++)
        total += spread(kind, (double)i / STEPS);
    for (int k = 0; k < COUNT; k++) {
        double sum = 0;
        for (int i = 0; i < STEPS / PER_MODULE; i++) {
            const double x = (double)k / PER_MODULE - REACH_MODULES + (i + 0.5) / STEPS;
            for (int j = 0; j < STEPS; j++) {
                const double away = x - (j + 0.5) / STEPS;
                if (fabs(away) <= REACH_MODULES) sum += spread(kind, away);
            }
        }
        out[k] = (float)(sum / total * PER_MODULE / STEPS);
    }
}

static void put_module(const Blur *blur, int at, int count, float *out) {
    for (int k = 0; k < PER_MODULE * (1 + 2 * REACH_MODULES); k++)
        if (at + k >= 0 && at + k < count) out[at + k] += blur->module[k];
}

static float deviation_of(const Blur *blur) {
    static const int typical[PLACES_MAX] = {9, 0, 11, 2, 13, 14, 21, 22, 23, 24, 25, 27};
    float darkness[SAMPLES_MAX], sum = 0, squares = 0;
    symbol_draw(&layouts[0], blur, typical, darkness);
    for (int i = 0; i < SAMPLES_MAX; i++) {
        sum += darkness[i];
        squares += darkness[i] * darkness[i];
    }
    return sqrtf(squares / SAMPLES_MAX - sum * sum / (SAMPLES_MAX * SAMPLES_MAX));
}

void blur_make(Blur blurs[BLURS]) {
    enum { STRIDE = PER_MODULE * DIGIT_MODULES };
    memset(blurs, 0, sizeof *blurs * BLURS);
    for (int kind = 0; kind < BLURS; kind++) {
        Blur *blur = &blurs[kind];
        blur_module(kind, blur->module);
        for (int s = 0; s < SYMBOLS; s++) {
            float wave[WAVE_SAMPLES] = {0};
            for (int m = 0; m < DIGIT_MODULES; m++)
                if (is_dark(s, m)) put_module(blur, PER_MODULE * m, WAVE_SAMPLES, wave);
            for (int i = 0; i < WAVE_SAMPLES; i++) {
                blur->wave[i][s] = wave[i];
                blur->energy[s] += wave[i] * wave[i];
            }
        }
        for (int i = STRIDE; i < WAVE_SAMPLES; i++)
            for (int a = 0; a < SYMBOLS; a++)
                for (int b = 0; b < SYMBOLS; b++)
                    blur->overlap[a][b] += 2 * blur->wave[i][a] * blur->wave[i - STRIDE][b];
        blur->deviation = deviation_of(blur);
    }
}

/* -- drawing and comparing --------------------------------------------------------------------- */

int symbol_samples(const Layout *layout) { return PER_MODULE * (layout->modules + 2); }

static int first_module(const Layout *layout, int place) {
    const bool right = place >= layout->left_places;
    return layout->first_module[right] +
           DIGIT_MODULES * (right ? place - layout->left_places : place);
}

int symbol_first_sample(const Layout *layout, int place) {
    return PER_MODULE * (first_module(layout, place) + 1 - REACH_MODULES);
}

int symbol_begin(const Layout *layout, int place) {
    return place < layout->left_places ? 0 : LEFT_SYMBOLS;
}

int symbol_end(const Layout *layout, int place) {
    if (place >= layout->left_places) return RIGHT_END;
    return layout->mixed ? LEFT_SYMBOLS : 10;
}

void symbol_draw(const Layout *layout, const Blur *blur, const int *symbols, float *darkness) {
    const int count = symbol_samples(layout);
    memset(darkness, 0, sizeof *darkness * (size_t)count);
    for (int i = 0; i < layout->dark_count; i++)
        put_module(blur, PER_MODULE * (layout->dark[i] + 1 - REACH_MODULES), count, darkness);
    if (!symbols) return;
    for (int place = 0; place < layout->places; place++) {
        float *out = darkness + symbol_first_sample(layout, place);
        for (int i = 0; i < WAVE_SAMPLES; i++)
            out[i] += blur->wave[i][symbols[place]];
    }
}

void symbol_costs(const Layout *layout, const Blur *blur, const float *darkness, Costs *out) {
    const int count = symbol_samples(layout);
    float rest[SAMPLES_MAX];
    symbol_draw(layout, blur, NULL, rest);
    for (int i = 0; i < count; i++)
        rest[i] = darkness[i] - rest[i];
    for (int place = 0; place < layout->places; place++) {
        const float *here = rest + symbol_first_sample(layout, place);
        const bool right = place >= layout->left_places;
        float *digit = out->digit[place];
        memcpy(digit, blur->energy, sizeof out->digit[place]);
        for (int i = 0; i < WAVE_SAMPLES; i++)
            if (right)
                for (int s = LEFT_SYMBOLS; s < SYMBOLS; s++)
                    digit[s] -= 2 * here[i] * blur->wave[i][s];
            else
                for (int s = 0; s < LEFT_SYMBOLS; s++)
                    digit[s] -= 2 * here[i] * blur->wave[i][s];
    }
    memcpy(out->pair, blur->overlap, sizeof out->pair);
}

static bool neighbours(const Layout *layout, int place) { /* with the place before? */
    return place > 0 && place != layout->left_places;
}

static float least_of(const float *costs, int begin, int end) {
    float least = costs[begin];
    for (int s = begin + 1; s < end; s++)
        least = costs[s] < least ? costs[s] : least;
    return least;
}

float symbol_least(const Layout *layout, const Costs *costs) {
    float best[SYMBOLS], next[SYMBOLS], done = 0;
    memcpy(best, costs->digit[0], sizeof best);
    for (int place = 1; place < layout->places; place++) {
        const int begin = symbol_begin(layout, place), end = symbol_end(layout, place);
        if (!neighbours(layout, place)) {
            done += least_of(best, symbol_begin(layout, place - 1), symbol_end(layout, place - 1));
            memcpy(best, costs->digit[place], sizeof best);
            continue;
        }
        for (int s = 0; s < SYMBOLS; s++)
            next[s] = FLT_MAX;
        for (int p = begin; p < end; p++) {
            const float *pair = costs->pair[p];
            for (int s = 0; s < SYMBOLS; s++) {
                const float cost = best[p] + pair[s];
                next[s] = cost < next[s] ? cost : next[s];
            }
        }
        for (int s = 0; s < SYMBOLS; s++)
            best[s] = next[s] + costs->digit[place][s];
    }
    const int last = layout->places - 1;
    return done + least_of(best, symbol_begin(layout, last), symbol_end(layout, last));
}

float symbol_cheapest(const Layout *layout, const Costs *costs, int *symbols) {
    float best[PLACES_MAX][SYMBOLS];
    int from[PLACES_MAX][SYMBOLS];
    for (int place = 0; place < layout->places; place++)
        for (int s = symbol_begin(layout, place); s < symbol_end(layout, place); s++) {
            float least = place == 0 ? 0 : FLT_MAX;
            from[place][s] = 0;
            if (place > 0)
                for (int p = symbol_begin(layout, place - 1); p < symbol_end(layout, place - 1);
                     p++) {
                    const float cost =
                        best[place - 1][p] + (neighbours(layout, place) ? costs->pair[p][s] : 0);
                    if (cost < least) {
                        least = cost;
                        from[place][s] = p;
                    }
                }
            best[place][s] = least + costs->digit[place][s];
        }
    const int last = layout->places - 1;
    int s = symbol_begin(layout, last);
    for (int i = s; i < symbol_end(layout, last); i++)
        if (best[last][i] < best[last][s]) s = i;
    const float cost = best[last][s];
    for (int place = last; place >= 0; place--) {
        symbols[place] = s;
        s = from[place][s];
    }
    return cost;
}

/* -- edges ------------------------------------------------------------------------------------- */

int symbol_edges(const Layout *layout) { return 2 * layout->dark_count + 4 * layout->places; }

/* A digit's first edge stands at its first module when it begins as its left neighbour does not
 * end: left digits begin white, so their first edge lies where their first bar begins; the edge
 * before is the end of a black module, the digit's own beginning. */
static int digit_like(const Layout *layout, int place, const float *at, float *widths) {
    const float module = (at[4] - at[0]) / DIGIT_MODULES;
    float least = FLT_MAX;
    int best = symbol_begin(layout, place);
    for (int s = symbol_begin(layout, place); s < symbol_end(layout, place); s++) {
        int runs[4] = {0};
        for (int m = 0, run = 0; m < DIGIT_MODULES; m++) {
            if (m > 0 && is_dark(s, m) != is_dark(s, m - 1)) run++;
            runs[run]++;
        }
        float off = 0;
        for (int i = 0; i < 4; i++) {
            const float away = (at[i + 1] - at[i]) / module - (float)runs[i];
            off += away * away;
        }
        if (off >= least) continue;
        least = off;
        best = s;
        for (int i = 0; i < 4; i++)
            widths[i] = (float)runs[i];
    }
    return best;
}

bool symbol_border(const Layout *layout, int module) {
    if (module == 0 || module == layout->modules) return true;
    for (int half = 0; half < 2; half++) {
        const int places = half ? layout->places - layout->left_places : layout->left_places;
        const int into = module - layout->first_module[half];
        if (places > 0 && into >= 0 && into <= DIGIT_MODULES * places && into % DIGIT_MODULES == 0)
            return true;
    }
    return false;
}

void symbol_read_edges(const Layout *layout, const float *at, int *symbols, float *modules) {
    int edge = 0;
    for (; edge < 4; edge++) /* bar, space, bar; its end is the first digit's beginning */
        modules[edge] = (float)edge;
    for (int place = 0; place < layout->places; place++) {
        if (place == layout->left_places) {
            /* the last left digit's end is the middle guard's beginning */
            for (int i = 0; i < layout->middles; i++, edge++)
                modules[edge] = modules[edge - 1] + 1;
        }
        float widths[4] = {0};
        symbols[place] = digit_like(layout, place, at + edge - 1, widths);
        for (int i = 0; i < 4; i++, edge++)
            modules[edge] = modules[edge - 1] + widths[i];
    }
    for (; edge < symbol_edges(layout); edge++)
        modules[edge] = modules[edge - 1] + 1;
}

/* -- codes that check -------------------------------------------------------------------------- */

typedef struct Rule { /* one way in which parity, weights and check digit fit together */
    unsigned even;    /* bit p: the digit at place p is even */
    int weights[PLACES_MAX];
    int sum;              /* of the digits that are not drawn */
    unsigned last_digits; /* bit d: the last place may hold d */
    char before, behind;  /* digits that parity spells, 0: none */
} Rule;

enum { RULES_MAX = 80 };

/* Parity of the six left digits for first digits 0..9 of EAN-13, first place in the lowest bit, and
 * for the check digits of UPC-E in number system 0. */
static const unsigned ean13_even[10] = {0x00, 0x34, 0x2C, 0x1C, 0x32, 0x26, 0x0E, 0x2A, 0x1A, 0x16};
static const unsigned upce_even[10] = {0x07, 0x0B, 0x13, 0x23, 0x0D, 0x19, 0x31, 0x15, 0x25, 0x29};

/* A UPC-E leaves out zeros, where says its last digit: what each digit weighs in the UPC-A. */
static const struct {
    unsigned last_digits;
    int weights[6];
} upce_forms[4] = {
    {0x007, {1, 3, 3, 1, 3, 1}},
    {0x008, {1, 3, 1, 1, 3, 0}},
    {0x010, {1, 3, 1, 3, 3, 0}},
    {0x3E0, {1, 3, 1, 3, 1, 3}}};

static int rules_of(const Layout *layout, Rule *rules) {
    int count = 0;
    if (layout->places == 12)
        for (int d = 0; d < 10; d++) {
            rules[count] = (Rule){.even = ean13_even[d], .sum = d, .before = (char)('0' + d)};
            rules[count++].last_digits = 0x3FF;
        }
    else if (layout->places == 8)
        rules[count++] = (Rule){.last_digits = 0x3FF};
    else
        for (int i = 0; i < RULES_MAX; i++) {
            const int check = i % 10, system = i / 10 % 2, form = i / 20;
            Rule *rule = &rules[count++];
            *rule = (Rule){
                .even = system ? upce_even[check] ^ 0x3F : upce_even[check],
                .sum = 3 * system + check,
                .last_digits = upce_forms[form].last_digits,
                .before = (char)('0' + system),
                .behind = (char)('0' + check)};
            memcpy(rule->weights, upce_forms[form].weights, sizeof upce_forms[form].weights);
        }
    if (layout->places > 6)
        for (int i = 0; i < count; i++)
            for (int p = 0; p < layout->places; p++)
                rules[i].weights[p] = p % 2 == 0 ? 3 : 1;
    return count;
}

bool symbol_checks(const Layout *layout, const int *symbols) {
    Rule rules[RULES_MAX];
    const int count = rules_of(layout, rules);
    const int last = symbols[layout->places - 1] % 10;
    unsigned even = 0;
    for (int p = 0; p < layout->left_places; p++)
        even |= (unsigned)(symbols[p] / 10 % 2) << p;
    for (int i = 0; i < count; i++) {
        int sum = rules[i].sum;
        for (int p = 0; p < layout->places; p++)
            sum += rules[i].weights[p] * (symbols[p] % 10);
        if (rules[i].even == even && sum % 10 == 0 && (rules[i].last_digits >> last) & 1)
            return true;
    }
    return false;
}

typedef struct Lattice { /* cheapest ways to, and on from, a digit at a place with a sum */
    float to[PLACES_MAX][10][10], on[PLACES_MAX][10][10];
} Lattice;

static int symbol_of(const Layout *layout, const Rule *rule, int place, int digit) {
    if (place >= layout->left_places) return LEFT_SYMBOLS + digit;
    return ((rule->even >> place) & 1 ? 10 : 0) + digit;
}

static float
link(const Layout *layout, const Costs *costs, const Rule *rule, int place, int a, int b) {
    if (!neighbours(layout, place)) return 0;
    return costs->pair[symbol_of(layout, rule, place - 1, a)][symbol_of(layout, rule, place, b)];
}

static void lay(float to[10][10]) {
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < 10; j++)
            to[i][j] = FLT_MAX / 4;
}

static float
fill_forwards(const Layout *layout, const Costs *costs, const Rule *rule, Lattice *out) {
    const int last = layout->places - 1;
    for (int place = 0; place <= last; place++) {
        lay(out->to[place]);
        for (int d = 0; d < 10; d++) {
            if (place == last && !((rule->last_digits >> d) & 1)) continue;
            const float own = costs->digit[place][symbol_of(layout, rule, place, d)];
            const int add = rule->weights[place] * d;
            if (place == 0) {
                out->to[0][d][(rule->sum + add) % 10] = own;
                continue;
            }
            float least[10];
            for (int sum = 0; sum < 10; sum++)
                least[sum] = FLT_MAX / 4;
            for (int p = 0; p < 10; p++) {
                const float step = link(layout, costs, rule, place, p, d);
                for (int sum = 0; sum < 10; sum++)
                    least[sum] = fminf(least[sum], out->to[place - 1][p][sum] + step);
            }
            for (int sum = 0; sum < 10; sum++)
                out->to[place][d][(sum + add) % 10] = least[sum] + own;
        }
    }
    float best = FLT_MAX;
    for (int d = 0; d < 10; d++)
        best = fminf(best, out->to[last][d][0]);
    return best;
}

static void
fill_backwards(const Layout *layout, const Costs *costs, const Rule *rule, Lattice *out) {
    const int last = layout->places - 1;
    lay(out->on[last]);
    for (int d = 0; d < 10; d++)
        out->on[last][d][0] = 0;
    for (int place = last; place > 0; place--) {
        lay(out->on[place - 1]);
        for (int p = 0; p < 10; p++)
            for (int d = 0; d < 10; d++) {
                if (place == last && !((rule->last_digits >> d) & 1)) continue;
                const float step = link(layout, costs, rule, place, p, d) +
                                   costs->digit[place][symbol_of(layout, rule, place, d)];
                const int add = rule->weights[place] * d;
                for (int sum = 0; sum < 10; sum++)
                    out->on[place - 1][p][sum] = fminf(
                        out->on[place - 1][p][sum], out->on[place][d][(sum + add) % 10] + step);
            }
    }
}

/* The cheapest code through a digit at a place. */
static float through(const Lattice *lattice, int place, int digit) {
    float best = FLT_MAX;
    for (int sum = 0; sum < 10; sum++)
        best = fminf(best, lattice->to[place][digit][sum] + lattice->on[place][digit][sum]);
    return best;
}

/* -- the answer -- */

void symbol_decode(const Layout *layout, const Costs *costs, Decoded *out) {
    Rule rules[RULES_MAX];
    const int count = rules_of(layout, rules);
    float best = FLT_MAX, second = FLT_MAX;
    int chosen = 0;
    Lattice lattice;
    for (int i = 0; i < count; i++) {
        const float cost = fill_forwards(layout, costs, &rules[i], &lattice);
        if (cost < best) {
            second = best;
            best = cost;
            chosen = i;
        } else
            second = fminf(second, cost);
    }
    const Rule *rule = &rules[chosen];
    fill_forwards(layout, costs, rule, &lattice);
    fill_backwards(layout, costs, rule, &lattice);
    char *digits = out->digits;
    if (rule->before) *digits++ = rule->before;
    for (int place = 0; place < layout->places; place++) {
        int digit = 0;
        float least = FLT_MAX, next = FLT_MAX;
        for (int d = 0; d < 10; d++) {
            const float cost = through(&lattice, place, d);
            if (cost < least) {
                next = least;
                least = cost;
                digit = d;
            } else
                next = fminf(next, cost);
        }
        second = fminf(second, next);
        out->symbols[place] = symbol_of(layout, rule, place, digit);
        *digits++ = (char)('0' + digit);
    }
    if (rule->behind) *digits++ = rule->behind;
    *digits = '\0';
    out->cost = best;
    out->margin = second - best;
}
