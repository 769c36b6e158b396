/* seal_test.c - parameters that are refused, counters that only rise, a log that shows tampering,
 * and calibrations that come out or are refused. */
#include "test_scale.h"

#include <sodium.h>

enum { LOG_MAX = 2000 };

static SealEntry entries[LOG_MAX];
static int64_t entry_count;

/* -- parameters ---------------------------------------------------------------------------------
 */

static bool refused(const MeterParameters *parameters, const char *words) {
    const bool right = meter_check(parameters) == E_INVALID && strstr(fail_reason(), words) != NULL;
    if (!right) printf("# %s\n", fail_reason());
    return right;
}

static void a_calibration_that_cannot_weigh_is_refused(void) {
    const MeterParameters good = parameters_of(MASS_KG, 5000, 15000000);
    MeterParameters bad = good;
    CHECK(meter_check(&good) == OK);
    bad.e_u = 0;
    CHECK(refused(&bad, "verification interval"));
    bad = good, bad.max_u = 0;
    CHECK(refused(&bad, "Max"));
    bad = good, bad.cells = 5;
    CHECK(refused(&bad, "number of cells"));
    bad = good, bad.gain[2] = 0;
    CHECK(refused(&bad, "cell 2 has no gain"));
    bad = good, bad.gain[3] = 0, bad.cells = 3;
    CHECK(meter_check(&bad) == OK);
    bad = good, bad.tracking_permille = 501;
    CHECK(refused(&bad, "tracking"));
    bad = good, bad.dwell_ms = 399;
    CHECK(refused(&bad, "dwell"));
    bad = good, bad.span_ppb = 0;
    CHECK(refused(&bad, "span"));
    MeterSeal seal = {.parameters = bad};
    MeterState state;
    CHECK(meter_init(&state, &seal) == E_INVALID);
}

static void only_class_three_scales_are_sealed(void) {
    static const struct {
        MassUnit unit;
        int64_t e_u, max_u;
        const char *words; /* NULL: it is one */
    } rows[] = {{MASS_KG, 5000, 2500000, NULL},         {MASS_KG, 5000, 2495000, "class III"},
                {MASS_KG, 5000, 50000000, NULL},        {MASS_KG, 5000, 50005000, "class III"},
                {MASS_KG, 2000, 200000, NULL},          {MASS_KG, 2000, 198000, "class III"},
                {MASS_KG, 3000, 9000000, "1, 2 or 5"},  {MASS_KG, 25000, 60000000, "1, 2 or 5"},
                {MASS_KG, 50, 500000, "class III"},     {MASS_KG, 100, 10000, NULL},
                {MASS_LB, 10000, 30000000, NULL},       {MASS_LB, 10000, 100000000, NULL},
                {MASS_LB, 10000, 4990000, "class III"}, {MASS_LB, 5000, 500000, NULL},
                {MASS_LB, 100, 1000000, "class III"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        MeterParameters parameters = parameters_of(rows[i].unit, rows[i].e_u, rows[i].max_u);
        if (rows[i].words)
            CHECK(refused(&parameters, rows[i].words));
        else
            CHECK(meter_check(&parameters) == OK);
    }
}

static void linearity_is_drawn_through_its_points(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    bench.parameters.points = 2;
    bench.parameters.point_u[0] = 5000000, bench.parameters.correction_u[0] = 20000;
    bench.parameters.point_u[1] = 10000000, bench.parameters.correction_u[1] = -10000;
    start(&bench);
    static const struct {
        double g;
        int32_t e;
    } rows[] = {{0, 0},        {2500, 502},   {5000, 1004}, {7500, 1501},
                {10000, 1998}, {14000, 2798}, {-50, -10}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weigh(&bench, rows[i].g, 100);
        CHECK(bench.weight.gross == rows[i].e);
    }
    MeterParameters bad = bench.parameters;
    bad.point_u[1] = bad.point_u[0];
    CHECK(refused(&bad, "not above the one before"));
    bad = bench.parameters, bad.correction_u[1] = 150001;
    CHECK(refused(&bad, "1 %"));
    bad.correction_u[1] = -150001;
    CHECK(refused(&bad, "1 %"));
}

/* -- the seal -----------------------------------------------------------------------------------
 */

static int change(MeterSeal *seal, const MeterParameters *wanted, int64_t t_ns) {
    int count = -1;
    if (meter_seal_change(seal, wanted, t_ns, "attendant 7", entries + entry_count, &count) != OK)
        return -1;
    entry_count += count;
    return count;
}

static void every_change_is_an_entry_with_old_and_new_value(void) {
    MeterSeal seal = {0};
    MeterParameters parameters = parameters_of(MASS_KG, 5000, 15000000);
    entry_count = 0;
    CHECK(change(&seal, &parameters, 5) > 10);
    CHECK(entries[0].kind == SEAL_SOFTWARE && entries[0].sequence == 1 && entries[0].before == 0);
    CHECK(strcmp(meter_seal_name(&entries[0]), "program") == 0);
    CHECK(seal.calibration_count == 1 && seal.configuration_count == 1);
    CHECK(change(&seal, &parameters, 6) == 0); /* nothing differs */

    const int64_t before = entry_count;
    parameters.gain[2] += 1000;
    parameters.zero_mcounts[1] = 7;
    CHECK(change(&seal, &parameters, 7) == 2);
    CHECK(
        seal.calibration_count == 2 && seal.configuration_count == 1); /* one change, two values */
    CHECK(entries[before].after == 7 && entries[before].before == 20000500);
    CHECK(strcmp(meter_seal_name(&entries[before]), "zero of cell 1") == 0);
    CHECK(entries[before + 1].after - entries[before + 1].before == 1000);
    CHECK(entries[before].t_ns == 7 && strcmp(entries[before].who, "attendant 7") == 0);

    parameters.tilt_mrad = 30;
    CHECK(change(&seal, &parameters, 8) == 1);
    CHECK(seal.calibration_count == 2 && seal.configuration_count == 2);
    CHECK(entries[entry_count - 1].before == 50 && entries[entry_count - 1].after == 30);

    MeterSeal again = {0};
    CHECK(meter_seal_verify(entries, entry_count, &again) == OK);
    CHECK(memcmp(&again, &seal, sizeof seal) == 0);
}

static void a_change_that_is_refused_changes_nothing(void) {
    MeterSeal seal = {0};
    MeterParameters parameters = parameters_of(MASS_KG, 5000, 15000000);
    entry_count = 0;
    CHECK(change(&seal, &parameters, 5) > 0);
    const MeterSeal kept = seal;
    SealEntry out[METER_CHANGES_MAX];
    int count = 77;
    parameters.span_ppb += 1;
    CHECK(meter_seal_change(&seal, &parameters, 6, "", out, &count) == E_INVALID);
    CHECK(
        meter_seal_change(&seal, &parameters, 6, "a name that goes on and on", out, &count) ==
        E_INVALID);
    parameters.cells = 0;
    CHECK(meter_seal_change(&seal, &parameters, 6, "bench", out, &count) == E_INVALID);
    CHECK(memcmp(&kept, &seal, sizeof seal) == 0 && count == 77);
}

/* A log of more than a thousand entries, made over years of calibrations. */
static MeterSeal long_log(void) {
    MeterSeal seal = {0};
    MeterParameters parameters = parameters_of(MASS_KG, 5000, 15000000);
    entry_count = 0;
    for (int i = 0; entry_count < LOG_MAX - METER_CHANGES_MAX; i++) {
        parameters.span_ppb = 1000000000 + i * 37 % 1000;
        parameters.gain[i % 4] += 5;
        if (i % 10 == 0) parameters.tilt_mrad = 20 + i / 10 % 30;
        CHECK(change(&seal, &parameters, 1000 * i) > 0);
    }
    return seal;
}

static void thousands_of_entries_lead_back_to_the_seal(void) {
    const MeterSeal seal = long_log();
    MeterSeal again;
    CHECK(entry_count >= 1000 && seal.sequence == entry_count);
    CHECK(meter_seal_verify(entries, entry_count, &again) == OK);
    CHECK(memcmp(&again, &seal, sizeof seal) == 0);
    printf(
        "# %lld entries, %lld calibrations\n", (long long)entry_count,
        (long long)seal.calibration_count);
}

static void a_changed_byte_anywhere_shows(void) {
    MeterSeal again = {.sequence = 12345};
    (void)long_log();
    int missed = 0, tried = 0;
    for (int64_t i = 0; i < entry_count; i += 97) {
        for (size_t byte = 0; byte < sizeof entries[0]; byte++) {
            const SealEntry kept = entries[i];
            uint8_t bytes[sizeof kept];
            memcpy(bytes, &kept, sizeof kept);
            bytes[byte] ^= 0x10;
            memcpy(&entries[i], bytes, sizeof kept);
            MeterSeal from = {0};
            const Status status = meter_seal_verify(entries, i + 1, &from);
            missed += status != E_CORRUPT;
            tried++;
            entries[i] = kept;
        }
    }
    CHECK(missed == 0 && tried > 3000);
    CHECK(meter_seal_verify(entries, entry_count, &again) == OK);
    printf("# %d changed bytes, %d missed\n", tried, missed);
}

static void a_missing_moved_or_doubled_entry_shows(void) {
    MeterSeal again = {.sequence = 12345};
    (void)long_log();
    const SealEntry kept = entries[700];
    memmove(&entries[700], &entries[701], sizeof kept * (size_t)(entry_count - 701));
    CHECK(meter_seal_verify(entries, entry_count - 1, &again) == E_CORRUPT);
    CHECK(strstr(fail_reason(), "does not follow") != NULL && again.sequence == 12345);
    (void)long_log();
    entries[700] = entries[701];
    CHECK(meter_seal_verify(entries, entry_count, &again) == E_CORRUPT);
    (void)long_log();
    entries[701] = kept;
    CHECK(meter_seal_verify(entries, entry_count, &again) == E_CORRUPT);
    CHECK(meter_seal_verify(entries + 1, entry_count - 1, &again) == E_CORRUPT);
    CHECK(meter_seal_verify(entries, 0, &again) == OK && again.sequence == 0);
}

/* Somebody who knows how entries are hashed makes new ones. The meter is only told of what it would
 * never write: the seal they were made on lies. */
static Status
forged(void (*lie)(MeterSeal *), int64_t span_ppb, const MeterSeal *truth, const char *words) {
    MeterSeal seal = *truth, liar = *truth;
    MeterParameters wanted = truth->parameters;
    SealEntry made[METER_CHANGES_MAX];
    int count = 0;
    lie(&liar);
    wanted.span_ppb = span_ppb;
    if (meter_seal_change(&liar, &wanted, 9, "nobody", made, &count) != OK || count < 1) return OK;
    const Status status = meter_seal_check(&seal, &made[0]);
    if (status != E_CORRUPT || !strstr(fail_reason(), words)) printf("# %s\n", fail_reason());
    return status == E_CORRUPT && strstr(fail_reason(), words) ? E_CORRUPT : OK;
}

static void reset_calibrations(MeterSeal *seal) { seal->calibration_count = 0; }
static void skip_calibrations(MeterSeal *seal) { seal->calibration_count += 1; }
static void reset_configurations(MeterSeal *seal) { seal->configuration_count = 0; }
static void skip_configurations(MeterSeal *seal) { seal->configuration_count += 1; }
static void hide_a_value(MeterSeal *seal) { seal->parameters.span_ppb += 5; }
static void skip_a_number(MeterSeal *seal) { seal->sequence += 1; }
static void another_past(MeterSeal *seal) { seal->hash[5] ^= 1; }
static void another_program(MeterSeal *seal) { seal->program[0] ^= 1; }

static void counters_cannot_be_reset_nor_jump(void) {
    MeterSeal seal = {0};
    MeterParameters parameters = parameters_of(MASS_KG, 5000, 15000000);
    entry_count = 0;
    for (int i = 0; i < 3; i++) {
        parameters.span_ppb += 1;
        parameters.tilt_mrad -= 1;
        CHECK(change(&seal, &parameters, i) > 0);
    }
    CHECK(forged(reset_calibrations, 900000000, &seal, "counter") == E_CORRUPT);
    CHECK(forged(skip_calibrations, 900000000, &seal, "counter") == E_CORRUPT);
    CHECK(forged(reset_configurations, 900000000, &seal, "counter") == E_CORRUPT);
    CHECK(forged(skip_configurations, 900000000, &seal, "counter") == E_CORRUPT);
    CHECK(forged(hide_a_value, 900000000, &seal, "what was before") == E_CORRUPT);
    CHECK(forged(skip_a_number, 900000000, &seal, "does not follow") == E_CORRUPT);
    CHECK(forged(another_past, 900000000, &seal, "does not follow") == E_CORRUPT);
    CHECK(forged(another_program, 900000000, &seal, "another program") == E_CORRUPT);
}

/* The hash as seal.c describes it, made again here. */
static void hash_again(SealEntry *entry) {
    const int64_t numbers[] = {
        entry->sequence, entry->t_ns,  (int64_t)entry->kind,     entry->value,
        entry->before,   entry->after, entry->calibration_count, entry->configuration_count};
    uint8_t bytes[64 + SEAL_WHO_BYTES + 2 * SEAL_HASH_BYTES];
    for (int i = 0; i < 64; i++)
        bytes[i] = (uint8_t)((uint64_t)numbers[i / 8] >> (8 * (7 - i % 8)) & 255);
    memcpy(bytes + 64, entry->who, SEAL_WHO_BYTES);
    memcpy(bytes + 64 + SEAL_WHO_BYTES, entry->program, SEAL_HASH_BYTES);
    memcpy(bytes + 64 + SEAL_WHO_BYTES + SEAL_HASH_BYTES, entry->previous, SEAL_HASH_BYTES);
    crypto_hash_sha256(entry->hash, bytes, sizeof bytes);
}

static bool catches(const MeterSeal *truth, const SealEntry *entry, const char *words) {
    MeterSeal seal = *truth;
    SealEntry forgery = *entry;
    hash_again(&forgery);
    const Status status = meter_seal_check(&seal, &forgery);
    return status == E_CORRUPT && strstr(fail_reason(), words) != NULL;
}

static void an_entry_that_the_meter_would_not_write_is_refused_though_its_hash_is_right(void) {
    MeterSeal seal = {0}, before;
    MeterParameters parameters = parameters_of(MASS_KG, 5000, 15000000);
    entry_count = 0;
    CHECK(change(&seal, &parameters, 1) > 0);
    SealEntry entry = entries[0];
    hash_again(&entry);
    CHECK(memcmp(entry.hash, entries[0].hash, SEAL_HASH_BYTES) == 0);

    before = (MeterSeal){0}; /* what the program was is not what the entry says */
    entry.after += 1;
    CHECK(catches(&before, &entry, "another program"));

    before = seal;
    parameters.span_ppb += 1;
    CHECK(change(&seal, &parameters, 2) == 1);
    entry = entries[entry_count - 1];
    MeterSeal good = before;
    CHECK(meter_seal_check(&good, &entry) == OK);
    entry.value = -1;
    CHECK(catches(&before, &entry, "nothing that is sealed"));
    entry.value = 29;
    CHECK(catches(&before, &entry, "nothing that is sealed"));
    entry.value = 1; /* of the configuration */
    CHECK(catches(&before, &entry, "nothing that is sealed"));
    entry = entries[entry_count - 1];
    entry.program[9] ^= 1;
    CHECK(catches(&before, &entry, "what was before"));
    entry = entries[entry_count - 1];
    entry.kind = (SealKind)77;
    entry.calibration_count--;
    CHECK(catches(&before, &entry, "nothing that is sealed"));
}

static void an_update_of_the_program_is_an_entry(void) {
    MeterSeal seal = {0};
    MeterParameters parameters = parameters_of(MASS_KG, 5000, 15000000);
    entry_count = 0;
    CHECK(change(&seal, &parameters, 1) > 0);
    MeterSeal old = seal; /* as an older program left it */
    old.program[0] ^= 0xff;
    CHECK(change(&old, &parameters, 2) == 1);
    const SealEntry *entry = &entries[entry_count - 1];
    CHECK(entry->kind == SEAL_SOFTWARE && entry->before != entry->after);
    CHECK(old.calibration_count == 1 && old.configuration_count == 1);
    CHECK(change(&old, &parameters, 3) == 0);
}

static void an_entry_about_nothing_has_a_name_too(void) {
    CHECK(
        strcmp(meter_seal_name(&(SealEntry){.kind = SEAL_CALIBRATION, .value = 0}), "unknown") ==
        0);
    CHECK(
        strcmp(meter_seal_name(&(SealEntry){.kind = SEAL_CALIBRATION, .value = -1}), "unknown") ==
        0);
    CHECK(
        strcmp(meter_seal_name(&(SealEntry){.kind = SEAL_CALIBRATION, .value = 99}), "unknown") ==
        0);
    CHECK(
        strcmp(
            meter_seal_name(&(SealEntry){.kind = SEAL_CONFIGURATION, .value = 1}),
            "verification interval") == 0);
}

/* -- calibrations -------------------------------------------------------------------------------
 */

/* A platform as it came: zeros elsewhere, cells that say 0.6 % too much and up to 1 % apart. */
static Bench crooked(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    static const double wrong[] = {1.011, 1.002, 0.996, 1.015};
    memcpy(bench.wrong, wrong, sizeof wrong);
    for (int i = 0; i < 4; i++)
        bench.parameters.zero_mcounts[i] += 40000 * (i - 2);
    return bench;
}

static void corners(const Bench *from, double g, double out, MeterObservation over[4]) {
    Bench bench = *from;
    for (int k = 0; k < 4; k++) {
        put_at(&bench, k % 2 ? out : -out, k / 2 ? out : -out);
        over[k] = observe(&bench, g, 160);
    }
}

static bool says(Status status, const char *words) {
    const bool right = status == E_INVALID && strstr(fail_reason(), words) != NULL;
    if (!right) printf("# %s\n", fail_reason());
    return right;
}

static void a_crooked_platform_is_calibrated_and_then_weighs_right_everywhere(void) {
    Bench bench = crooked();
    MeterObservation empty = observe(&bench, 0, 160), full = observe(&bench, 15000, 160), over[4];
    CHECK(says(meter_calibrate_verify(&bench.parameters, &full, 15000000), "calibrate again"));
    CHECK(meter_calibrate_zero(&bench.parameters, &empty) == OK);
    CHECK(meter_calibrate_span(&bench.parameters, &full, 15000000) == OK);
    CHECK(meter_calibrate_verify(&bench.parameters, &full, 15000000) == OK);
    corners(&bench, 5000, 0.5, over);
    CHECK(says(meter_calibrate_verify(&bench.parameters, &over[2], 5000000), "calibrate again"));
    CHECK(meter_calibrate_corners(&bench.parameters, over, 5000000) == OK);
    start(&bench);
    CHECK(bench.seal.calibration_count == 2);
    for (int k = 0; k < 5; k++) { /* eccentric loading: a third of Max at the quarters' centres */
        put_at(&bench, k == 4 ? 0 : k % 2 ? 0.5 : -0.5, k == 4 ? 0 : k / 2 ? 0.5 : -0.5);
        weigh(&bench, 0, 100);
        CHECK(bench.weight.gross == 0);
        const MeterObservation third = observe(&bench, 5000, 160);
        CHECK(meter_calibrate_verify(&bench.parameters, &third, 5000000) == OK);
        weigh(&bench, 5000, 100);
        CHECK(bench.weight.gross == 1000);
        weigh(&bench, 15000, 100);
        CHECK(bench.weight.gross == 3000);
    }
}

static void a_new_scale_may_be_off_by_half_an_e_one_or_one_and_a_half(void) {
    static const struct {
        int32_t load_e;
        double off_e;
        bool allowed;
    } rows[] = {{0, 0.45, true},    {0, 0.55, false},    {500, -0.45, true},  {500, -0.55, false},
                {501, 0.95, true},  {501, 1.05, false},  {2000, -0.95, true}, {2000, -1.05, false},
                {2001, 1.45, true}, {2001, 1.55, false}, {3000, -1.45, true}, {3000, -1.55, false}};
    Bench bench;
    set_up(&bench, 5, 15000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const MeterObservation there = observe(&bench, 5 * (rows[i].load_e + rows[i].off_e), 160);
        const Status status =
            meter_calibrate_verify(&bench.parameters, &there, rows[i].load_e * INT64_C(5000));
        CHECK(status == (rows[i].allowed ? OK : E_INVALID));
    }
}

/* Cells that say less the more they carry. */
static double bent(double g) { return g * (1 - 0.004 * g / 15000); }

static void a_bent_characteristic_is_straightened(void) {
    Bench bench;
    set_up(&bench, 5, 15000);
    const int64_t mass_u[] = {3000000, 6000000, 9000000, 12000000, 15000000};
    MeterObservation loaded[5];
    for (int i = 0; i < 5; i++)
        loaded[i] = observe(&bench, bent((double)mass_u[i] / 1000), 160);
    CHECK(meter_calibrate_verify(&bench.parameters, &loaded[4], mass_u[4]) == E_INVALID);
    CHECK(meter_calibrate_linearity(&bench.parameters, loaded, mass_u, 5) == OK);
    start(&bench);
    for (int g = 0; g <= 15000; g += 500) {
        const MeterObservation there = observe(&bench, bent(g), 160);
        CHECK(meter_calibrate_verify(&bench.parameters, &there, g * INT64_C(1000)) == OK);
    }
    CHECK(meter_calibrate_linearity(&bench.parameters, loaded, mass_u, 0) == OK);
    CHECK(bench.parameters.points == 0 && bench.parameters.correction_u[4] == 0);
    const int64_t down_u[] = {6000000, 3000000};
    MeterObservation down[] = {loaded[1], loaded[0]};
    CHECK(says(meter_calibrate_linearity(&bench.parameters, down, down_u, 2), "before"));
    const int64_t far_u[] = {3500000};
    CHECK(says(meter_calibrate_linearity(&bench.parameters, loaded, far_u, 1), "1 %"));
    CHECK(says(meter_calibrate_linearity(&bench.parameters, loaded, mass_u, 6), "0 to 5"));
    CHECK(says(meter_calibrate_linearity(&bench.parameters, loaded, mass_u, -1), "0 to 5"));
    loaded[0].broken = true;
    CHECK(says(meter_calibrate_linearity(&bench.parameters, loaded, mass_u, 1), "cable"));
    CHECK(bench.parameters.points == 0);
}

static void a_bad_calibration_is_refused_with_its_reason(void) {
    Bench bench = crooked();
    const MeterParameters before = bench.parameters;
    MeterParameters *parameters = &bench.parameters;
    const MeterObservation few = observe(&bench, 0, 63);
    CHECK(says(meter_calibrate_zero(parameters, &few), "63 samples"));
    for (int sign = -1; sign <= 1; sign += 2) {
        MeterObservation moving = {0};
        for (int i = 0; i < 160; i++) {
            const ScaleSample sample = sample_of(&bench, 5000 + sign * i * 0.05);
            meter_observe(parameters, &moving, &sample);
        }
        CHECK(says(meter_calibrate_zero(parameters, &moving), "moved"));
        CHECK(says(meter_calibrate_span(parameters, &moving, 5000000), "moved"));
        CHECK(says(meter_calibrate_verify(parameters, &moving, 5000000), "moved"));
    }
    MeterObservation loaded = observe(&bench, 5000, 160);
    CHECK(says(meter_calibrate_span(parameters, &loaded, 2999999), "1/5 of Max"));
    CHECK(says(meter_calibrate_span(parameters, &loaded, 15000001), "1/5 of Max"));
    CHECK(says(meter_calibrate_span(parameters, &loaded, 12000000), "the right one"));
    const MeterObservation heavy = observe(&bench, 12000, 160);
    CHECK(says(meter_calibrate_span(parameters, &heavy, 5000000), "the right one"));
    parameters->span_ppb = 700000000;
    const MeterObservation light = observe(&bench, 6000, 160);
    CHECK(says(meter_calibrate_span(parameters, &light, 3000000), "factor of two"));
    parameters->span_ppb = 1500000000;
    CHECK(says(meter_calibrate_span(parameters, &light, 15000000), "factor of two"));
    parameters->span_ppb = before.span_ppb;
    CHECK(memcmp(&before, parameters, sizeof before) == 0);
    parameters->dwell_ms = 0;
    CHECK(says(meter_calibrate_zero(parameters, &loaded), "dwell"));
    parameters->dwell_ms = 400;
    parameters->cells = 0;
    CHECK(says(meter_calibrate_corners(parameters, &loaded, 5000000), "cells"));
}

static void bad_corners_are_refused_with_their_reason(void) {
    Bench bench = crooked();
    MeterParameters *parameters = &bench.parameters;
    MeterObservation empty = observe(&bench, 0, 160), over[4];
    CHECK(meter_calibrate_zero(parameters, &empty) == OK);
    const MeterParameters before = *parameters;
    corners(&bench, 5000, 0.5, over);
    CHECK(says(meter_calibrate_corners(parameters, over, 1000000), "1/5 of Max"));
    CHECK(says(meter_calibrate_corners(parameters, over, 11000000), "set the span first"));
    corners(&bench, 15000, 0.5, over);
    CHECK(says(meter_calibrate_corners(parameters, over, 5000000), "set the span first"));
    corners(&bench, 5000, 0.1, over);
    CHECK(says(meter_calibrate_corners(parameters, over, 5000000), "over each cell"));
    corners(&bench, 5000, 0, over); /* all in the middle */
    CHECK(says(meter_calibrate_corners(parameters, over, 5000000), "over each cell"));
    static const double weak[] = {1, 1, 0.7, 1}, strong[] = {1, 1.5, 1, 1};
    memcpy(bench.wrong, weak, sizeof weak);
    corners(&bench, 5000, 0.9, over);
    CHECK(says(meter_calibrate_corners(parameters, over, 5000000), "cell 2: off"));
    memcpy(bench.wrong, strong, sizeof strong);
    corners(&bench, 5000, 0.9, over);
    CHECK(says(meter_calibrate_corners(parameters, over, 5000000), "cell 1: off"));
    over[3].broken = true;
    CHECK(says(meter_calibrate_corners(parameters, over, 5000000), "cable"));
    CHECK(memcmp(&before, parameters, sizeof before) == 0);
}

static void corners_may_be_loaded_in_any_order_and_alone(void) {
    Bench bench = crooked();
    MeterObservation empty = observe(&bench, 0, 160), over[4], turned[4];
    CHECK(meter_calibrate_zero(&bench.parameters, &empty) == OK);
    MeterParameters other = bench.parameters;
    corners(&bench, 5000, 1, over); /* right over the cells: the others carry nothing */
    const int order[] = {1, 0, 2, 3};
    for (int k = 0; k < 4; k++)
        turned[k] = over[order[k]];
    CHECK(meter_calibrate_corners(&bench.parameters, over, 5000000) == OK);
    CHECK(meter_calibrate_corners(&other, turned, 5000000) == OK);
    CHECK(memcmp(&other, &bench.parameters, sizeof other) == 0);
}

static void a_cell_that_falls_out_breaks_an_observation(void) {
    Bench bench = crooked();
    MeterObservation observation = observe(&bench, 0, 160);
    ScaleSample sample = sample_of(&bench, 0);
    sample.valid = 7;
    meter_observe(&bench.parameters, &observation, &sample);
    CHECK(says(meter_calibrate_zero(&bench.parameters, &observation), "cable"));
}

int main(void) {
    RUN(a_calibration_that_cannot_weigh_is_refused);
    RUN(only_class_three_scales_are_sealed);
    RUN(linearity_is_drawn_through_its_points);
    RUN(every_change_is_an_entry_with_old_and_new_value);
    RUN(a_change_that_is_refused_changes_nothing);
    RUN(thousands_of_entries_lead_back_to_the_seal);
    RUN(a_changed_byte_anywhere_shows);
    RUN(a_missing_moved_or_doubled_entry_shows);
    RUN(counters_cannot_be_reset_nor_jump);
    RUN(an_entry_that_the_meter_would_not_write_is_refused_though_its_hash_is_right);
    RUN(an_update_of_the_program_is_an_entry);
    RUN(an_entry_about_nothing_has_a_name_too);
    RUN(a_crooked_platform_is_calibrated_and_then_weighs_right_everywhere);
    RUN(a_new_scale_may_be_off_by_half_an_e_one_or_one_and_a_half);
    RUN(a_bent_characteristic_is_straightened);
    RUN(a_bad_calibration_is_refused_with_its_reason);
    RUN(bad_corners_are_refused_with_their_reason);
    RUN(corners_may_be_loaded_in_any_order_and_alone);
    RUN(a_cell_that_falls_out_breaks_an_observation);
    return DONE();
}
