#include "meter.h"
#include "test.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Bench {
    MeterConfig config;
    MeterState state;
    ScaleCalibration calibration;
    LegalWeight weight;
    int64_t t_ns;
} Bench;

static void set_up(Bench *bench, int32_t e_g, int32_t max_g) {
    memset(bench, 0, sizeof *bench);
    for (const Setting *row = meter_settings; row->type != SETTING_IS_END; row++)
        *(int *)(void *)((char *)&bench->config + row->offset) = atoi(row->fallback);
    bench->calibration =
        (ScaleCalibration){.cells = 4, .sample_hz = 80, .e_g = e_g, .max_g = max_g};
    for (int i = 0; i < 4; i++) {
        bench->calibration.cell[i].counts_per_g = i % 2 ? -40 : 40;
        bench->calibration.cell[i].zero_counts = 1000 * i;
    }
    bench->t_ns = INT64_C(1000000000);
    CHECK(meter_init(&bench->state, &bench->calibration) == OK);
}

/* 80 samples a second; g is shared by the four cells. */
static void weigh(Bench *bench, double g, int samples) {
    for (int i = 0; i < samples; i++) {
        bench->t_ns += 12500000;
        ScaleSample sample = {.t_ns = bench->t_ns, .valid = 15, .temperature_c = NAN};
        for (int k = 0; k < 4; k++)
            sample.counts[k] = (int32_t)lrint(1000 * k + (k % 2 ? -40 : 40) * g / 4);
        meter_step(&bench->config, &bench->state, &sample, &bench->weight);
    }
}

static void gross_is_rounded_to_e_halves_away_from_zero(void) {
    static const struct {
        double g;
        int32_t e;
    } at[] = {{2500, 500}, {2502.4, 500}, {2502.5, 501}, {2507.4, 501},
              {-7.4, -1},  {-7.5, -2},    {-2.5, -1},    {2.4, 0}};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        Bench bench;
        set_up(&bench, 5, 40000);
        bench.config.initial_zero_e = 0;
        weigh(&bench, at[i].g, 100);
        CHECK(bench.weight.gross == at[i].e && bench.weight.net == at[i].e && bench.weight.stable);
    }
}

static void a_weight_is_stable_after_the_dwell_and_not_before(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    weigh(&bench, 0, 100);
    weigh(&bench, 1000, 30); /* the filter still moves for 200 ms */
    CHECK(!bench.weight.stable);
    weigh(&bench, 1000, 40);
    CHECK(bench.weight.stable && bench.weight.gross == 200);
    weigh(&bench, 1012, 20);
    CHECK(!bench.weight.stable);
    for (int i = 0; i < 200; i++) { /* swings by more than 1 e */
        weigh(&bench, i / 20 % 2 ? 1012 : 1000, 1);
        CHECK(!bench.weight.stable);
    }
    for (int i = 0; i < 200; i++)
        weigh(&bench, i / 40 % 2 ? 1000 : 1004, 1); /* within 1 e */
    CHECK(bench.weight.stable);
}

static void creeping_by_more_than_one_e_starts_the_dwell_again(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    for (int i = 0; i < 400; i++) { /* 20 g a second: 1 e in 250 ms */
        weigh(&bench, 500 + i * 0.25, 1);
        CHECK(!bench.weight.stable);
    }
}

static void no_number_is_shown_above_max_plus_nine_e_or_below_minus_twenty_e(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    weigh(&bench, 15000 + 45, 100);
    CHECK(!bench.weight.overload && bench.weight.gross == 3009);
    weigh(&bench, 15000 + 50, 100);
    CHECK(bench.weight.overload && bench.weight.gross == 0 && !bench.weight.stable);
    CHECK(meter_tare(&bench.state) == E_INVALID);
    weigh(&bench, -100, 100);
    CHECK(!bench.weight.underload && bench.weight.gross == -20);
    weigh(&bench, -105, 100);
    CHECK(bench.weight.underload && bench.weight.gross == 0 && !bench.weight.stable);
}

static void net_is_gross_less_tare_as_displayed(void) {
    for (int32_t g = 0; g < 400; g += 3) {
        Bench bench;
        set_up(&bench, 5, 40000);
        weigh(&bench, 0, 100);
        weigh(&bench, 120.0 + g / 10.0, 100);
        CHECK(meter_tare(&bench.state) == OK);
        const int32_t tare = bench.weight.gross;
        weigh(&bench, 120.0 + g / 10.0 + g * 7, 100);
        CHECK(bench.weight.tare == tare && bench.weight.net == bench.weight.gross - tare);
        meter_clear_tare(&bench.state);
        weigh(&bench, 900, 100);
        CHECK(bench.weight.tare == 0 && bench.weight.net == 180);
    }
}

static void a_net_below_zero_is_shown_and_cannot_be_priced(void) {
    Bench bench;
    int64_t price = 77;
    set_up(&bench, 5, 40000);
    weigh(&bench, 0, 100);
    weigh(&bench, 200, 100);
    CHECK(meter_tare(&bench.state) == OK);
    weigh(&bench, 0, 100);
    CHECK(bench.weight.net == -40 && bench.weight.gross == 0);
    CHECK(meter_price(bench.weight.net, 5, 199, &price) == E_INVALID && price == 77);
}

static void tare_needs_a_stable_weight(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    CHECK(meter_tare(&bench.state) == E_INVALID);
    weigh(&bench, 0, 100);
    CHECK(meter_tare(&bench.state) == E_INVALID); /* nothing there */
    weigh(&bench, 300, 5);
    CHECK(meter_tare(&bench.state) == E_INVALID);
    weigh(&bench, 300, 100);
    CHECK(meter_tare(&bench.state) == OK);
}

static void the_first_stable_weight_near_zero_is_zero(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    weigh(&bench, 13, 100);
    CHECK(bench.weight.gross == 0 && bench.weight.stable);
    weigh(&bench, 1013, 100);
    CHECK(bench.weight.gross == 200);
    set_up(&bench, 5, 40000);
    weigh(&bench, 26, 100); /* more than 4 e: goods */
    CHECK(bench.weight.gross == 5);
    weigh(&bench, 13, 100); /* and never again by itself */
    CHECK(bench.weight.gross == 3);
}

static void zero_may_be_set_within_four_per_cent_of_max(void) {
    Bench bench;
    set_up(&bench, 5, 10000);
    bench.config.initial_zero_e = 0;
    weigh(&bench, 390, 100);
    CHECK(meter_zero(&bench.state) == OK);
    weigh(&bench, 390, 1);
    CHECK(bench.weight.gross == 0 && bench.weight.stable);
    weigh(&bench, 420, 100);
    CHECK(meter_zero(&bench.state) == E_INVALID);
    CHECK(bench.weight.gross == 6);
}

static void a_missing_cell_shows_no_number_and_a_gap_starts_the_dwell_again(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    weigh(&bench, 500, 100);
    CHECK(bench.weight.stable);
    bench.t_ns += 12500000;
    const ScaleSample partial = {.t_ns = bench.t_ns, .valid = 13, .temperature_c = NAN};
    meter_step(&bench.config, &bench.state, &partial, &bench.weight);
    CHECK(bench.weight.overload && !bench.weight.stable);
    weigh(&bench, 500, 20);
    CHECK(!bench.weight.overload && !bench.weight.stable);
    weigh(&bench, 500, 60);
    CHECK(bench.weight.stable);
    bench.t_ns += 500000000;
    weigh(&bench, 500, 20);
    CHECK(!bench.weight.stable);
    weigh(&bench, 500, 60);
    bench.t_ns -= 1000000000;
    weigh(&bench, 500, 1);
    CHECK(!bench.weight.stable);
}

static void absurd_input_is_survived(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    srand(4);
    const int32_t odd[] = {INT32_MIN, INT32_MAX, 8388607, -8388608, 0, 40000};
    for (int i = 0; i < 20000; i++) {
        ScaleSample sample = {
            .t_ns = rand() % 20  ? bench.t_ns
                    : rand() % 2 ? INT64_MIN
                                 : -5,
            .valid = (uint8_t)rand()};
        bench.t_ns += rand() % 400000000;
        for (int k = 0; k < CELLS_MAX; k++)
            sample.counts[k] = odd[rand() % 6];
        meter_step(&bench.config, &bench.state, &sample, &bench.weight);
        CHECK(!bench.weight.stable || (!bench.weight.overload && !bench.weight.underload));
        CHECK(
            bench.weight.overload || bench.weight.underload ||
            bench.weight.net == bench.weight.gross - bench.weight.tare);
    }
}

static void a_calibration_that_cannot_weigh_is_refused(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    ScaleCalibration bad = bench.calibration;
    bad.e_g = 0;
    CHECK(meter_init(&bench.state, &bad) == E_INVALID);
    bad = bench.calibration, bad.max_g = 0;
    CHECK(meter_init(&bench.state, &bad) == E_INVALID);
    bad = bench.calibration, bad.cells = 5;
    CHECK(meter_init(&bench.state, &bad) == E_INVALID);
    bad = bench.calibration, bad.cell[2].counts_per_g = 0;
    CHECK(meter_init(&bench.state, &bad) == E_INVALID);
    bad = bench.calibration, bad.cell[2].counts_per_g = NAN;
    CHECK(meter_init(&bench.state, &bad) == E_INVALID);
}

/* By hand, as on paper: digits of net x unit price, then the three after the point decide. */
static int64_t price_on_paper(int64_t grams, int64_t unit) {
    char digits[64];
    snprintf(digits, sizeof digits, "%022lld", (long long)grams * unit);
    const int length = (int)strlen(digits);
    const bool up = digits[length - 3] >= '5';
    digits[length - 3] = 0;
    return strtoll(digits, NULL, 10) + up;
}

static void prices_are_those_of_paper_and_pencil(void) {
    static const int32_t intervals[] = {1, 2, 5, 10, 20};
    for (int k = 0; k < 5; k++)
        for (int32_t net_e = 0; net_e <= 1200; net_e++)
            for (int64_t unit = 0; unit < 6000; unit += unit < 40 ? 1 : 61) {
                int64_t price = -1;
                CHECK(meter_price(net_e, intervals[k], unit, &price) == OK);
                CHECK(price == price_on_paper((int64_t)net_e * intervals[k], unit));
            }
}

static void half_a_cent_is_rounded_up(void) {
    int64_t price;
    CHECK(meter_price(1, 5, 100, &price) == OK && price == 1);     /* 0.5 */
    CHECK(meter_price(1, 5, 99, &price) == OK && price == 0);      /* 0.495 */
    CHECK(meter_price(100, 5, 199, &price) == OK && price == 100); /* 99.5 */
    CHECK(meter_price(300, 5, 199, &price) == OK && price == 299); /* 298.5 */
}

static void a_price_that_money_cannot_hold_is_refused(void) {
    int64_t price = 5;
    CHECK(meter_price(INT32_MAX, 5, INT64_MAX, &price) == E_FULL);
    CHECK(meter_price(1, 1, INT64_MAX, &price) == E_FULL && price == 5);
    CHECK(
        meter_price(1, 1, INT64_MAX - 500, &price) == OK &&
        price == (INT64_MAX - 500 + 500) / 1000);
    CHECK(meter_price(INT32_MAX, INT32_MAX, 1, &price) == OK);
    CHECK(meter_price(1, 0, 1, &price) == E_INVALID);
    CHECK(meter_price(1, 1, -1, &price) == E_INVALID);
}

int main(void) {
    RUN(gross_is_rounded_to_e_halves_away_from_zero);
    RUN(a_weight_is_stable_after_the_dwell_and_not_before);
    RUN(creeping_by_more_than_one_e_starts_the_dwell_again);
    RUN(no_number_is_shown_above_max_plus_nine_e_or_below_minus_twenty_e);
    RUN(net_is_gross_less_tare_as_displayed);
    RUN(a_net_below_zero_is_shown_and_cannot_be_priced);
    RUN(tare_needs_a_stable_weight);
    RUN(the_first_stable_weight_near_zero_is_zero);
    RUN(zero_may_be_set_within_four_per_cent_of_max);
    RUN(a_missing_cell_shows_no_number_and_a_gap_starts_the_dwell_again);
    RUN(absurd_input_is_survived);
    RUN(a_calibration_that_cannot_weigh_is_refused);
    RUN(prices_are_those_of_paper_and_pencil);
    RUN(half_a_cent_is_rounded_up);
    RUN(a_price_that_money_cannot_hold_is_refused);
    return DONE();
}
