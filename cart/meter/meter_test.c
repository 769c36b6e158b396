/* meter_test.c - the weighing: rounding, stillness, zero, tare, what blanks a scale. */
#include "test_scale.h"

static void gross_is_rounded_to_e_halves_away_from_zero(void) {
    static const struct {
        double g;
        int32_t e;
    } at[] = {{2500, 500}, {2502.4, 500}, {2502.5, 501}, {2507.4, 501},
              {-7.4, -1},  {-7.5, -2},    {-2.5, -1},    {2.4, 0}};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        Bench bench;
        set_up(&bench, 5, 40000);
        bench.parameters.initial_zero_e = bench.parameters.tracking_permille = 0;
        start(&bench);
        weigh(&bench, at[i].g, 100);
        CHECK(bench.weight.gross == at[i].e && bench.weight.net == at[i].e && bench.weight.stable);
    }
}

/* 0, 20e, 500e, 2000e and Max up and down again, each with 0.4 e on top, which must not show, and
 * 0.6 e, which must: the indication changes over half way, and nothing is left behind. */
static void the_standard_loads_read_right_up_and_down(void) {
    static const struct {
        MassUnit unit;
        int64_t e_u, max_u;
    } scales[] = {{MASS_KG, 5000, 15000000}, {MASS_KG, 2000, 6000000},   {MASS_KG, 10000, 60000000},
                  {MASS_KG, 500, 5000000},   {MASS_LB, 10000, 30000000}, {MASS_LB, 5000, 15000000}};
    for (size_t k = 0; k < sizeof scales / sizeof scales[0]; k++) {
        Bench bench;
        set_up_unit(&bench, scales[k].unit, scales[k].e_u, scales[k].max_u);
        const double e_g = (double)scales[k].e_u / 1000;
        const int32_t max_e = (int32_t)(scales[k].max_u / scales[k].e_u);
        const int32_t loads[] = {0, 20, 500, 2000, max_e, 2000, 500, 20, 0};
        for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
            weigh(&bench, loads[i] * e_g, 100);
            CHECK(bench.weight.stable && bench.weight.gross == loads[i]);
            weigh(&bench, (loads[i] + 0.4) * e_g, 60);
            CHECK(bench.weight.gross == loads[i]);
            weigh(&bench, (loads[i] + 1.4) * e_g, 60); /* discrimination: 1.4 d */
            CHECK(bench.weight.gross == loads[i] + 1);
        }
        CHECK(bench.weight.unit == scales[k].unit && bench.weight.e_u == scales[k].e_u);
    }
}

static void e_in_grams_is_given_only_when_it_is_whole(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    weigh(&bench, 0, 1);
    CHECK(bench.weight.e_g == 5);
    set_up_unit(&bench, MASS_KG, 500, 5000000);
    weigh(&bench, 0, 1);
    CHECK(bench.weight.e_g == 0);
    set_up_unit(&bench, MASS_LB, 10000, 30000000);
    weigh(&bench, 0, 1);
    CHECK(bench.weight.e_g == 0);
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
    for (int i = 0; i < 200; i++) { /* swings by more than 2 e */
        weigh(&bench, i / 20 % 2 ? 1012 : 1000, 1);
        CHECK(!bench.weight.stable);
    }
    for (int i = 0; i < 200; i++)
        weigh(&bench, i / 40 % 2 ? 1000 : 1004, 1);
    CHECK(bench.weight.stable);
}

/* How many samples of ten seconds of a swing of so many e were called stable. */
static int stable_while_swinging(double amplitude_e, double hz) {
    Bench bench;
    int stable = 0;
    set_up(&bench, 5, 40000);
    bench.parameters.filter_ms = 0;
    start(&bench);
    weigh(&bench, 0, 100);
    for (int i = 0; i < 80 * 12; i++) {
        weigh(&bench, 3000 + 5 * amplitude_e * sin(2 * 3.14159265358979 * hz * i / 80), 1);
        stable += i >= 80 * 2 && bench.weight.stable;
    }
    return stable;
}

static void a_swing_of_nine_tenths_of_e_is_stable_and_one_of_eleven_is_not(void) {
    static const double hz[] = {1.5, 2, 3, 5, 8};
    for (size_t i = 0; i < sizeof hz / sizeof hz[0]; i++) {
        CHECK(stable_while_swinging(0.9, hz[i]) == 800);
        CHECK(stable_while_swinging(1.1, hz[i]) == 0);
    }
}

/* Of four seconds of a ramp, once it shows: samples that were stable, and that were settled. */
static void ramp(double g_per_s, int *stable, int *settled) {
    Bench bench;
    set_up(&bench, 5, 40000);
    weigh(&bench, 500, 100);
    *stable = *settled = 0;
    for (int i = 0; i < 80 * 5; i++) {
        weigh(&bench, 500 + i * g_per_s / 80, 1);
        *stable += i >= 80 && bench.weight.stable;
        *settled += i >= 80 && bench.weight.settled.from_ns != 0;
    }
}

static void a_ramp_is_motion(void) {
    int stable, settled;
    ramp(30, &stable, &settled); /* 2 e in a third of a second */
    CHECK(stable == 0 && settled == 0);
    ramp(10, &stable, &settled); /* 2 e a second: at rest for a dwell, but no settled load */
    CHECK(stable > 0 && settled == 0);
}

static void a_settled_load_is_finer_than_e_and_keeps_its_name(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    weigh(&bench, 0, 100);
    weigh(&bench, 1001.3, 100);
    const SettledLoad load = bench.weight.settled;
    CHECK(load.from_ns > 0 && llabs(load.load_u - 1001300) < 20);
    CHECK(load.e_u == 5000 && load.unit == MASS_KG && load.calibration_count == 1);
    weigh(&bench, 1002, 200); /* within e/4 of it */
    CHECK(bench.weight.settled.from_ns == load.from_ns);
    weigh(&bench, 1004, 60); /* stable all the while, but e/2 away: another */
    CHECK(bench.weight.stable && bench.weight.settled.from_ns > load.from_ns);
    CHECK(llabs(bench.weight.settled.load_u - 1004000) < 1250);
    weigh(&bench, 990, 100);
    CHECK(llabs(bench.weight.settled.load_u - 990000) < 1250);
    CHECK(meter_zero(&bench.state) == OK); /* moves the zero, not the settled load */
    weigh(&bench, 990, 400);
    CHECK(bench.weight.gross == 0 && llabs(bench.weight.settled.load_u - 990000) < 150);
}

/* 3 g of ringing at 7 Hz that dies away over seconds, as a loaded platform has it. */
static void a_load_that_still_rings_is_settled_when_its_mean_is(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    weigh(&bench, 0, 100);
    int settled_after = 0;
    for (int i = 0; i < 160; i++) {
        weigh(&bench, 12000 + 12 * exp(-i / 120.0) * sin(2 * 3.14159265358979 * 7 * i / 80), 1);
        if (bench.weight.settled.from_ns == 0) continue;
        if (settled_after == 0) settled_after = i;
        CHECK(llabs(bench.weight.settled.load_u - 12000000) < 1250);
    }
    CHECK(settled_after > 0 && settled_after < 80);
}

static void the_beginning_of_a_change_is_no_part_of_what_was_settled(void) {
    for (int g = 1; g <= 40; g++) {
        Bench bench;
        set_up(&bench, 5, 40000);
        weigh(&bench, 0, 100);
        weigh(&bench, 1000, 100);
        SettledLoad last = bench.weight.settled;
        for (int i = 0; i < 60; i++) {
            weigh(&bench, 1000 + g, 1);
            if (bench.weight.settled.from_ns == last.from_ns) last = bench.weight.settled;
        }
        CHECK(llabs(last.load_u - 1000000) <= 1250);
    }
}

static void no_number_is_shown_above_max_plus_nine_e_or_below_minus_twenty_e(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    weigh(&bench, 15000 + 45, 100);
    CHECK(!bench.weight.overload && bench.weight.gross == 3009);
    weigh(&bench, 15000 + 50, 100);
    CHECK(bench.weight.overload && bench.weight.gross == 0 && !bench.weight.stable);
    CHECK(meter_tare(&bench.state, false) == E_INVALID);
    CHECK(meter_zero(&bench.state) == E_INVALID);
    CHECK(meter_preset_tare(&bench.state, 100000, false) == OK);
    CHECK(bench.state.now.tare == 0 && bench.state.now.net == 0);
    meter_clear_tare(&bench.state);
    weigh(&bench, -100, 100);
    CHECK(!bench.weight.underload && bench.weight.gross == -20);
    weigh(&bench, -105, 100);
    CHECK(bench.weight.underload && bench.weight.gross == 0 && !bench.weight.stable);
    CHECK(meter_preset_tare(&bench.state, 0, false) == OK && bench.state.now.net == 0);
}

static void the_first_stable_weight_near_zero_is_zero(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    weigh(&bench, 13, 100);
    CHECK(bench.weight.gross == 0 && bench.weight.stable && bench.weight.zero);
    weigh(&bench, 1013, 100);
    CHECK(bench.weight.gross == 200 && !bench.weight.zero);
    set_up(&bench, 5, 40000);
    weigh(&bench, -26, 100); /* more than 4 e: goods were taken out */
    CHECK(bench.weight.gross == -5);
    set_up(&bench, 5, 40000);
    weigh(&bench, 26, 100); /* more than 4 e: goods */
    CHECK(bench.weight.gross == 5);
    weigh(&bench, 13, 100); /* and never again by itself */
    CHECK(bench.weight.gross == 3);
}

static void initial_zero_and_zero_setting_have_their_own_ranges(void) {
    Bench bench;
    set_up(&bench, 5, 10000);
    bench.parameters.initial_zero_e = 400;
    start(&bench);
    weigh(&bench, 1990, 100);
    CHECK(bench.weight.gross == 0);
    weigh(&bench, 1990 + 400, 100);
    CHECK(meter_zero(&bench.state) == OK);
    bench.parameters.initial_zero_e = 401;
    CHECK(meter_check(&bench.parameters) == E_INVALID);
}

static void zero_may_be_set_within_four_per_cent_of_max(void) {
    for (int sign = -1; sign <= 1; sign += 2) {
        Bench bench;
        set_up(&bench, 5, 10000);
        bench.parameters.initial_zero_e = 0;
        start(&bench);
        weigh(&bench, sign * 90, 100);
        CHECK(meter_zero(&bench.state) == OK);
        CHECK(bench.state.now.gross == 0 && bench.state.now.zero);
        weigh(&bench, sign * 90, 1);
        CHECK(bench.weight.gross == 0 && bench.weight.stable);
        for (int g = 180; g <= 390; g += 90) {
            weigh(&bench, sign * g, 100);
            CHECK(meter_zero(&bench.state) == OK);
        }
        weigh(&bench, sign * 420, 100);
        CHECK(meter_zero(&bench.state) == E_INVALID); /* 4 % are 400 g, in all */
        CHECK(bench.weight.gross == sign * 12);
    }
}

static void zero_needs_a_stable_weight_and_no_tare(void) {
    Bench bench;
    set_up(&bench, 5, 10000);
    weigh(&bench, 0, 5);
    CHECK(meter_zero(&bench.state) == E_INVALID);
    weigh(&bench, 0, 100);
    weigh(&bench, 30, 100);
    CHECK(meter_tare(&bench.state, false) == OK);
    CHECK(meter_zero(&bench.state) == E_INVALID);
    meter_clear_tare(&bench.state);
    CHECK(meter_zero(&bench.state) == OK);
}

/* Ten seconds of creep at so many e per second, from zero; how far off it shows. */
static int32_t shown_after_creep(double e_per_s, int tracking_permille, double from_g) {
    Bench bench;
    set_up(&bench, 5, 15000);
    bench.parameters.tracking_permille = tracking_permille;
    start(&bench);
    weigh(&bench, 0, 100);
    weigh(&bench, from_g, 100);
    const int32_t before = bench.weight.gross;
    for (int i = 1; i <= 800; i++)
        weigh(&bench, from_g + 5 * e_per_s * i / 80, 1);
    return bench.weight.gross - before;
}

static void creep_of_four_tenths_of_e_a_second_is_tracked_and_of_six_is_not(void) {
    CHECK(shown_after_creep(0.4, 500, 0) == 0);
    CHECK(shown_after_creep(-0.4, 500, 0) == 0);
    CHECK(shown_after_creep(0.6, 500, 0) > 1);
    CHECK(shown_after_creep(-0.6, 500, 0) < -1);
    CHECK(shown_after_creep(0.4, 0, 0) == 4);
    CHECK(shown_after_creep(0.4, 500, 500) == 4); /* only at zero */
    CHECK(shown_after_creep(-0.4, 500, 500) == -4);
}

static void zero_is_tracked_only_when_stable_and_no_faster_than_half_e_a_second(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    weigh(&bench, 0, 100);
    weigh(&bench, 2.4, 16); /* filtered: 2.4 g, at once and stable */
    const int64_t from_u = bench.state.zero_u;
    weigh(&bench, 2.4, 40); /* half a second: a quarter of e */
    CHECK(llabs(bench.state.zero_u - from_u - 1250) <= 32);
    weigh(&bench, 2.4, 80);
    CHECK(llabs(bench.state.zero_u - 2400) <= 1 && bench.weight.zero);
}

static void in_motion_zero_is_not_tracked(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    bench.parameters.filter_ms = 0;
    start(&bench);
    weigh(&bench, 0, 100);
    int64_t noticed_u = 0;
    for (int i = 0; i < 400; i++) {
        weigh(&bench, 2 + 10 * sin(2 * 3.14159265358979 * 3 * i / 80), 1);
        if (i == 40) noticed_u = bench.state.zero_u;
    }
    CHECK(!bench.weight.stable && bench.state.zero_u == noticed_u);
}

static void the_zero_indicator_is_right_to_a_quarter_of_e(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    bench.parameters.tracking_permille = 0;
    start(&bench);
    weigh(&bench, 0, 100);
    for (int sign = -1; sign <= 1; sign += 2) {
        weigh(&bench, sign * 1.23, 100);
        CHECK(bench.weight.zero && bench.weight.gross == 0);
        weigh(&bench, sign * 1.27, 100);
        CHECK(!bench.weight.zero && bench.weight.gross == 0);
    }
}

static void tracking_stops_at_four_per_cent_of_max(void) {
    Bench bench;
    set_up(&bench, 5, 2500); /* 4 % are 20 e: 50 s at 0.4 e a second */
    for (int i = 0; i < 80 * 45; i++)
        weigh(&bench, 5 * 0.4 * i / 80, 1);
    CHECK(bench.weight.gross == 0);
    for (int i = 80 * 45; i < 80 * 60; i++)
        weigh(&bench, 5 * 0.4 * i / 80, 1);
    CHECK(bench.weight.gross >= 3 && bench.state.moved_u <= 100000);
}

static void net_is_gross_less_tare_as_displayed(void) {
    for (int32_t g = 0; g < 400; g += 3) {
        Bench bench;
        set_up(&bench, 5, 40000);
        weigh(&bench, 0, 100);
        weigh(&bench, 120.0 + g / 10.0, 100);
        CHECK(meter_tare(&bench.state, false) == OK);
        const int32_t tare = bench.weight.gross;
        CHECK(bench.state.now.net == 0 && bench.state.now.tare == tare);
        weigh(&bench, 120.0 + g / 10.0 + 731, 100);
        CHECK(bench.weight.tare == tare && bench.weight.net == bench.weight.gross - tare);
        CHECK(!bench.weight.preset);
        meter_clear_tare(&bench.state);
        CHECK(bench.state.now.net == bench.state.now.gross && bench.state.now.tare == 0);
    }
}

static void tare_needs_a_stable_weight_above_zero(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    CHECK(meter_tare(&bench.state, false) == E_INVALID);
    weigh(&bench, 0, 100);
    CHECK(meter_tare(&bench.state, false) == E_INVALID); /* nothing there */
    weigh(&bench, 300, 5);
    CHECK(meter_tare(&bench.state, false) == E_INVALID);
    weigh(&bench, 300, 100);
    CHECK(meter_tare(&bench.state, false) == OK);
}

static void a_tare_may_grow_but_shrinks_only_by_being_cleared(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    weigh(&bench, 0, 100);
    weigh(&bench, 300, 100);
    CHECK(meter_tare(&bench.state, false) == OK);
    weigh(&bench, 500, 100);
    CHECK(meter_tare(&bench.state, false) == OK && bench.state.now.tare == 100);
    weigh(&bench, 400, 100);
    CHECK(bench.weight.net == -20);
    CHECK(meter_tare(&bench.state, false) == E_INVALID && bench.state.now.tare == 100);
    meter_clear_tare(&bench.state);
    CHECK(meter_tare(&bench.state, false) == OK && bench.state.now.tare == 80);
}

static void a_preset_tare_is_rounded_to_e_and_frozen(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    weigh(&bench, 0, 100);
    CHECK(meter_preset_tare(&bench.state, -1, false) == E_INVALID);
    CHECK(meter_preset_tare(&bench.state, 15000001, false) == E_INVALID);
    CHECK(meter_preset_tare(&bench.state, 2499, false) == OK && bench.state.now.tare == 0);
    CHECK(meter_preset_tare(&bench.state, 12500, false) == OK && bench.state.now.tare == 3);
    CHECK(bench.state.now.net == -3 && bench.state.now.preset);
    CHECK(meter_preset_tare(&bench.state, 20000, false) == E_INVALID);
    weigh(&bench, 1000, 100);
    CHECK(bench.weight.net == 197 && bench.weight.tare == 3 && bench.weight.preset);
    weigh(&bench, 0, 100);
    CHECK(bench.weight.tare == 3); /* not one-shot: it stays */
}

static void a_one_shot_tare_goes_with_its_load(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    weigh(&bench, 0, 100);
    weigh(&bench, 300, 100);
    CHECK(meter_tare(&bench.state, true) == OK);
    weigh(&bench, 1000, 100);
    weigh(&bench, 1400, 5);
    CHECK(bench.weight.tare == 60);
    weigh(&bench, 0, 100);
    CHECK(bench.weight.tare == 0 && bench.weight.net == 0);

    CHECK(meter_preset_tare(&bench.state, 20000, true) == OK);
    weigh(&bench, 0, 100);
    CHECK(bench.weight.tare == 4); /* its load is still to come */
    weigh(&bench, 500, 100);
    CHECK(bench.weight.net == 96);
    weigh(&bench, 0, 100);
    CHECK(bench.weight.tare == 0 && !bench.weight.preset);
}

static void level(Bench *bench, double mrad_x, double mrad_y, int samples) {
    const double g = 9810;
    const int32_t accel[3] = {
        (int32_t)lrint(g * mrad_x / 1000), (int32_t)lrint(g * mrad_y / 1000), (int32_t)g};
    for (int i = 0; i < samples; i++) {
        meter_level(&bench->state, bench->t_ns, accel);
        weigh(bench, 500, 1);
    }
}

static void beyond_five_per_cent_of_tilt_nothing_is_weighed(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    weigh(&bench, 0, 100);
    level(&bench, 34, -35, 200); /* 49 mrad */
    CHECK(!bench.weight.tilted && bench.weight.stable && bench.weight.gross == 100);
    level(&bench, -36, 36, 200); /* 51 */
    CHECK(bench.weight.tilted && bench.weight.gross == 0 && !bench.weight.stable);
    CHECK(!bench.weight.overload && bench.weight.settled.from_ns == 0);
    CHECK(meter_tare(&bench.state, false) == E_INVALID);
    CHECK(meter_preset_tare(&bench.state, 10000, false) == OK && bench.state.now.tare == 0);
    meter_clear_tare(&bench.state);
    level(&bench, 0, 0, 20);
    CHECK(bench.weight.tilted); /* for the dwell after */
    level(&bench, 0, 0, 200);
    CHECK(!bench.weight.tilted && bench.weight.stable && bench.weight.gross == 100);
    const int32_t upside_down[3] = {0, 0, -9810};
    for (int i = 0; i < 100; i++)
        meter_level(&bench.state, bench.t_ns, upside_down);
    weigh(&bench, 500, 1);
    CHECK(bench.weight.tilted);
}

static void an_accelerometer_that_falls_silent_counts_as_tilt(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    level(&bench, 0, 0, 100);
    CHECK(!bench.weight.tilted);
    weigh(&bench, 500, 79);
    CHECK(!bench.weight.tilted);
    weigh(&bench, 500, 3);
    CHECK(bench.weight.tilted);
    const int32_t level_accel[3] = {0, 0, 9810};
    meter_level(&bench.state, -1, level_accel);
    weigh(&bench, 500, 1);
    CHECK(bench.weight.tilted); /* a time that is none says nothing */
    bench.parameters.tilt_mrad = 0;
    start(&bench);
    level(&bench, 500, 0, 100);
    CHECK(!bench.weight.tilted && bench.weight.stable); /* not looked at */
}

static void a_missing_cell_shows_no_number_and_a_gap_starts_the_dwell_again(void) {
    Bench bench;
    set_up(&bench, 5, 40000);
    weigh(&bench, 500, 100);
    CHECK(bench.weight.stable);
    bench.t_ns += 12500000;
    const ScaleSample partial = {.t_ns = bench.t_ns, .valid = 13, .temperature_c = NAN};
    meter_step(&bench.state, &partial, &bench.weight);
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
    CHECK(!bench.weight.stable && bench.weight.settled.from_ns == 0);
    const int32_t ends[] = {8388607, -8388608};
    for (int i = 0; i < 2; i++) {
        bench.t_ns += 2000000000;
        ScaleSample end = sample_of(&bench, 500);
        end.counts[2] = ends[i];
        meter_step(&bench.state, &end, &bench.weight);
        CHECK(bench.weight.overload);
    }
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
        const int32_t accel[3] = {odd[rand() % 6], odd[rand() % 6], odd[rand() % 6]};
        if (rand() % 50 == 0) meter_level(&bench.state, sample.t_ns, accel);
        meter_step(&bench.state, &sample, &bench.weight);
        const bool blank = bench.weight.overload || bench.weight.underload || bench.weight.tilted;
        CHECK(!blank || (!bench.weight.stable && bench.weight.settled.from_ns == 0));
        CHECK(!blank || (bench.weight.gross == 0 && bench.weight.net == 0));
        CHECK(bench.weight.net == bench.weight.gross - bench.weight.tare);
    }
}

/* Loads, tares, zeros and pushes in any order. */
static void whatever_is_done_the_rules_hold(void) {
    Bench bench;
    int priced = 0, barred = 0, zeroed = 0, tared = 0;
    set_up(&bench, 5, 15000);
    srand(11);
    double g = 0;
    for (int i = 0; i < 20000; i++) {
        if (rand() % 4 == 0) g = rand() % 3 ? rand() % 160000 / 10.0 : rand() % 4000 / 10.0 - 150;
        weigh(&bench, g, 1 + rand() % 120);
        const int32_t before = bench.state.tare;
        switch (rand() % 8) {
        case 0:
            zeroed += meter_zero(&bench.state) == OK;
            break;
        case 1:
            if (meter_tare(&bench.state, rand() % 2) != OK) break;
            CHECK(bench.state.tare >= before && bench.state.now.net == 0);
            tared++;
            break;
        case 2:
            (void)!meter_preset_tare(&bench.state, rand() % 100000, rand() % 2);
            break;
        case 3:
            meter_clear_tare(&bench.state);
            break;
        default:
            break;
        }
        const LegalWeight *now = &bench.state.now;
        const bool blank = now->overload || now->underload || now->tilted;
        int64_t price;
        const bool has_price = meter_price_of(now, 299, &price) == OK;
        CHECK(has_price == (!blank && now->stable && now->net >= 0));
        CHECK(now->net == now->gross - now->tare && now->tare >= 0);
        CHECK(now->gross <= 3009 && now->gross >= -20);
        CHECK(!blank || (now->gross == 0 && now->tare == 0 && !now->stable));
        CHECK(llabs(bench.state.moved_u) <= 600000);
        CHECK(now->settled.from_ns == 0 || (!blank && now->settled.from_ns <= now->t_ns));
        priced += has_price;
        barred += !has_price;
    }
    CHECK(priced > 3000 && barred > 3000 && zeroed > 20 && tared > 200);
}

static void a_slow_scale_is_weighed_by_every_sample_it_has(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    bench.parameters.filter_ms = 1000;
    start(&bench);
    for (int i = 0; i < 40; i++) { /* 5 a second */
        bench.t_ns += SECOND / 5;
        const ScaleSample sample = sample_of(&bench, 700);
        meter_step(&bench.state, &sample, &bench.weight);
    }
    CHECK(bench.weight.stable && bench.weight.gross == 140);
    for (int i = 0; i < 1000; i++) { /* 1000 a second: more than the filter holds */
        bench.t_ns += SECOND / 1000;
        const ScaleSample sample = sample_of(&bench, 900);
        meter_step(&bench.state, &sample, &bench.weight);
    }
    CHECK(bench.weight.stable && bench.weight.gross == 180);
}

int main(void) {
    RUN(gross_is_rounded_to_e_halves_away_from_zero);
    RUN(the_standard_loads_read_right_up_and_down);
    RUN(e_in_grams_is_given_only_when_it_is_whole);
    RUN(a_weight_is_stable_after_the_dwell_and_not_before);
    RUN(a_swing_of_nine_tenths_of_e_is_stable_and_one_of_eleven_is_not);
    RUN(a_ramp_is_motion);
    RUN(a_settled_load_is_finer_than_e_and_keeps_its_name);
    RUN(a_load_that_still_rings_is_settled_when_its_mean_is);
    RUN(the_beginning_of_a_change_is_no_part_of_what_was_settled);
    RUN(no_number_is_shown_above_max_plus_nine_e_or_below_minus_twenty_e);
    RUN(the_first_stable_weight_near_zero_is_zero);
    RUN(initial_zero_and_zero_setting_have_their_own_ranges);
    RUN(zero_may_be_set_within_four_per_cent_of_max);
    RUN(zero_needs_a_stable_weight_and_no_tare);
    RUN(creep_of_four_tenths_of_e_a_second_is_tracked_and_of_six_is_not);
    RUN(zero_is_tracked_only_when_stable_and_no_faster_than_half_e_a_second);
    RUN(in_motion_zero_is_not_tracked);
    RUN(the_zero_indicator_is_right_to_a_quarter_of_e);
    RUN(tracking_stops_at_four_per_cent_of_max);
    RUN(net_is_gross_less_tare_as_displayed);
    RUN(tare_needs_a_stable_weight_above_zero);
    RUN(a_tare_may_grow_but_shrinks_only_by_being_cleared);
    RUN(a_preset_tare_is_rounded_to_e_and_frozen);
    RUN(a_one_shot_tare_goes_with_its_load);
    RUN(beyond_five_per_cent_of_tilt_nothing_is_weighed);
    RUN(an_accelerometer_that_falls_silent_counts_as_tilt);
    RUN(a_missing_cell_shows_no_number_and_a_gap_starts_the_dwell_again);
    RUN(absurd_input_is_survived);
    RUN(whatever_is_done_the_rules_hold);
    RUN(a_slow_scale_is_weighed_by_every_sample_it_has);
    return DONE();
}
