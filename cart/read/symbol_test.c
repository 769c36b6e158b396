#include "symbol_internal.h"
#include "test.h"

#include <math.h>
#include <string.h>

static Blur blurs[BLURS];

/* Symbols of an EAN-13's, EAN-8's or UPC-E's digits, by the rules of their tables. */
static void symbols_of(const Layout *layout, const char *digits, int *symbols) {
    static const char *const first[] = {"OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE",
                                        "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO"};
    static const char *const check[] = {"EEEOOO", "EEOEOO", "EEOOEO", "EEOOOE", "EOEEOO",
                                        "EOOEEO", "EOOOEE", "EOEOEO", "EOEOOE", "EOOEOE"};
    const char *parity = "OOOO";
    if (layout->places == 12) parity = first[digits[0] - '0'];
    if (layout->places == 6) parity = check[digits[7] - '0'];
    if (layout->places != 8) digits++;
    for (int i = 0; i < layout->places; i++) {
        const int digit = digits[i] - '0';
        if (i >= layout->left_places)
            symbols[i] = LEFT_SYMBOLS + digit;
        else
            symbols[i] = (parity[i] == 'E' ? 10 : 0) + digit;
    }
}

static const char *const codes[LAYOUTS][3] = {
    {"4006381333931", "0012345678905", "9780345460950"},
    {"96385074", "59001270", "80674313"},
    {"04252614", "01234565", "04963406"},
};

static void a_drawn_code_is_decoded_whatever_its_blur(void) {
    for (int i = 0; i < LAYOUTS; i++)
        for (int j = 0; j < 3; j++)
            for (int b = 0; b < BLURS; b++) {
                int symbols[PLACES_MAX], cheapest[PLACES_MAX];
                float darkness[SAMPLES_MAX];
                Costs costs;
                Decoded decoded;
                symbols_of(&layouts[i], codes[i][j], symbols);
                symbol_draw(&layouts[i], &blurs[b], symbols, darkness);
                symbol_costs(&layouts[i], &blurs[b], darkness, &costs);
                const float least = symbol_cheapest(&layouts[i], &costs, cheapest);
                CHECK(memcmp(symbols, cheapest, sizeof *symbols * (size_t)layouts[i].places) == 0);
                CHECK(fabsf(least - symbol_least(&layouts[i], &costs)) < 0.01F);
                symbol_decode(&layouts[i], &costs, &decoded);
                CHECK(strcmp(decoded.digits, codes[i][j]) == 0);
                CHECK(fabsf(decoded.cost - least) < 0.01F && decoded.margin > 0);
            }
}

static void symbols_check_by_parity_and_digit(void) {
    for (int i = 0; i < LAYOUTS; i++)
        for (int j = 0; j < 3; j++) {
            int symbols[PLACES_MAX] = {0};
            symbols_of(&layouts[i], codes[i][j], symbols);
            CHECK(symbol_checks(&layouts[i], symbols));
            symbols[1] += symbols[1] % 10 < 9 ? 1 : -1;
            CHECK(!symbol_checks(&layouts[i], symbols));
        }
    int symbols[PLACES_MAX] = {0};
    symbols_of(&layouts[0], codes[0][0], symbols);
    symbols[0] += 10; /* no EAN-13 begins with an even digit */
    CHECK(!symbol_checks(&layouts[0], symbols));
}

/* The margin is to the next code that checks, found here by trying all that differ in two digits.
 */
static void the_margin_is_that_of_the_next_code(void) {
    const Layout *layout = &layouts[1];
    int symbols[PLACES_MAX] = {0};
    float darkness[SAMPLES_MAX], other[SAMPLES_MAX];
    Costs costs;
    Decoded decoded;
    symbols_of(layout, codes[1][0], symbols);
    symbol_draw(layout, &blurs[3], symbols, darkness);
    symbol_costs(layout, &blurs[3], darkness, &costs);
    symbol_decode(layout, &costs, &decoded);
    float nearest = 1e9F;
    for (int a = 0; a < 8; a++)
        for (int b = a + 1; b < 8; b++)
            for (int pair = 0; pair < 100; pair++) {
                int changed[PLACES_MAX];
                memcpy(changed, symbols, sizeof changed);
                changed[a] = symbol_begin(layout, a) + pair / 10;
                changed[b] = symbol_begin(layout, b) + pair % 10;
                if (changed[a] == symbols[a] || changed[b] == symbols[b]) continue;
                if (!symbol_checks(layout, changed)) continue;
                symbol_draw(layout, &blurs[3], changed, other);
                float apart = 0;
                for (int i = 0; i < symbol_samples(layout); i++)
                    apart += (other[i] - darkness[i]) * (other[i] - darkness[i]);
                nearest = fminf(nearest, apart);
            }
    CHECK(fabsf(nearest - decoded.margin) < 0.01F * nearest);
}

static void edges_tell_the_digits(void) {
    for (int i = 0; i < LAYOUTS; i++) {
        int symbols[PLACES_MAX], read[PLACES_MAX];
        float sharp[SAMPLES_MAX], at[EDGES_SEEN_MAX], modules[EDGES_SEEN_MAX];
        symbols_of(&layouts[i], codes[i][0], symbols);
        symbol_draw(&layouts[i], &blurs[0], symbols, sharp);
        int count = 0;
        bool dark = false;
        for (int m = 0; m <= layouts[i].modules; m++) {
            const int sample = PER_MODULE * (m + 1);
            const bool now = sharp[sample] + sharp[sample + 1] > 1;
            if (now == dark) continue;
            dark = now;
            CHECK(count < EDGES_SEEN_MAX);
            at[count++] = 100 + 2.7F * (float)m;
        }
        CHECK(count == symbol_edges(&layouts[i]));
        symbol_read_edges(&layouts[i], at, read, modules);
        CHECK(memcmp(symbols, read, sizeof *symbols * (size_t)layouts[i].places) == 0);
        for (int k = 0; k < count; k++)
            CHECK(fabsf(100 + 2.7F * modules[k] - at[k]) < 0.01F);
    }
}

int main(void) {
    blur_make(blurs);
    RUN(a_drawn_code_is_decoded_whatever_its_blur);
    RUN(symbols_check_by_parity_and_digit);
    RUN(the_margin_is_that_of_the_next_code);
    RUN(edges_tell_the_digits);
    return DONE();
}
