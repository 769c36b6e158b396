/* reason_test.c - facts about single events, then the posterior against naive enumeration. */
#include "reason.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

enum { QUANTITIES = 5 }; /* 1..4 */

enum { SOUP, BEANS, COLA, TEA_MINT, TEA_LEMON, SACHET, APPLES, RICE, SKUS };

static Product shelf[SKUS] = {
    [SOUP] = {.id = "soup", .gross_g = 410, .pack_sd_g = 3},
    [BEANS] = {.id = "beans", .gross_g = 412, .pack_sd_g = 3}, /* weighs as soup does */
    [COLA] = {.id = "cola", .gross_g = 1050, .pack_sd_g = 4},
    [TEA_MINT] = {.id = "mint", .variant_group = "tea", .gross_g = 80, .pack_sd_g = 1},
    [TEA_LEMON] = {.id = "lemon", .variant_group = "tea", .gross_g = 80, .pack_sd_g = 1},
    [SACHET] = {.id = "sachet", .gross_g = 2, .pack_sd_g = 0.2},
    [APPLES] = {.id = "apples", .unit = UNIT_WEIGHT},
    [RICE] = {.id = "rice", .gross_g = 1020, .pack_sd_g = 5},
};
static const Catalog catalog = {.products = shelf, .count = SKUS};

static ReasonConfig config;
static ReasonState state;
static Belief told[64];
static int told_count;
static int64_t now_ns;

static void read_defaults(void) {
    const SettingSection section = {.name = "reason", .rows = reason_settings, .config = &config};
    settings_defaults(&section, 1);
}

static void fresh(void) {
    read_defaults();
    reason_init(&state);
    told_count = 0;
    now_ns = 1000 * MS;
}

static void give(Evidence evidence, int64_t t_ns) {
    static Beliefs out;
    if (t_ns > now_ns) now_ns = t_ns;
    evidence.t_ns = now_ns;
    reason_step(&config, &catalog, &state, &evidence, &out);
    for (int i = 0; i < out.count && told_count < 64; i++)
        told[told_count++] = out.at[i];
}

static void wait_ms(int ms) {
    int64_t end_ns = now_ns + ms * MS;
    while (now_ns < end_ns)
        give((Evidence){.kind = EVIDENCE_TIME}, now_ns + 100 * MS);
}

static void weigh(int id, int64_t t_ns, double delta_g, double stddev_g, bool final) {
    Evidence evidence = {
        .kind = EVIDENCE_WEIGHT,
        .weight = {
            .id = id, .t_ns = t_ns, .delta_g = delta_g, .stddev_g = stddev_g, .final = final}};
    give(evidence, t_ns + (final ? 500 : 150) * MS);
}

/* One camera's looks: `sku` with probability p, the next two with most of the rest. */
static Looks looks_at(int32_t sku, double p, int32_t next) {
    Looks looks = {.views = 4, .count = 2, .unknown_log_p = (float)log((1 - p) / 10)};
    looks.at[0].sku = sku;
    looks.at[0].log_p = (float)log(p);
    looks.at[1].sku = next;
    looks.at[1].log_p = (float)log((1 - p) * 0.8);
    return looks;
}

static void see(int camera, int64_t t_ns, Direction direction, Looks looks) {
    Evidence evidence = {
        .kind = EVIDENCE_CROSSING,
        .crossing = {
            .t_ns = t_ns,
            .camera = camera,
            .direction = direction,
            .confidence_p = 0.9f,
            .looks = looks}};
    give(evidence, t_ns + 200 * MS);
}

static void scan(int32_t sku) {
    give((Evidence){.kind = EVIDENCE_SCAN, .scan = {.sku = sku}}, now_ns);
}

static void put_inside(int32_t sku, int quantity, double net_g) {
    static Evidence evidence;
    evidence.kind = EVIDENCE_BASKET;
    evidence.inside = state.inside;
    int at = evidence.inside.count++;
    evidence.inside.at[at].sku = sku;
    evidence.inside.at[at].quantity = quantity;
    evidence.inside.at[at].net_g = net_g;
    give(evidence, now_ns);
}

static bool is(int index, Verdict verdict, int32_t sku, int quantity) {
    if (index >= told_count) return false;
    const Belief *belief = &told[index];
    bool right = belief->verdict == verdict && belief->count > 0 && belief->at[0].sku == sku &&
                 belief->at[0].quantity == quantity;
    if (!right && belief->count > 0)
        printf(
            "# belief: verdict %d, %d x%d, p %.4f of %d\n", belief->verdict, belief->at[0].sku,
            belief->at[0].quantity, belief->at[0].p, belief->count);
    return right;
}

static double p_of(const Belief *belief, int32_t sku, int quantity) {
    for (int i = 0; i < belief->count; i++)
        if (belief->at[i].sku == sku && belief->at[i].quantity == quantity) return belief->at[i].p;
    return 0;
}

static void a_clean_add_is_accepted_within_a_second_of_the_release(void) {
    fresh();
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
    see(1, t_ns + 80 * MS, DIRECTION_PUT, looks_at(SOUP, 0.85, BEANS));
    weigh(1, t_ns + 30 * MS, 411, 1.5, true);
    wait_ms(1500);
    CHECK(told_count == 1);
    CHECK(is(0, VERDICT_ACCEPT, SOUP, 1));
    CHECK(told[0].decided_ns - t_ns <= 1400 * MS);
    CHECK(told[0].sources == (BELIEF_FROM_VISION | BELIEF_FROM_WEIGHT));
    CHECK(fabs(told[0].delta_g - 411) < 1e-9);
}

static void cameras_that_all_reported_need_no_timeout(void) {
    fresh();
    config.cameras = 2;
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
    see(1, t_ns + 80 * MS, DIRECTION_PUT, looks_at(SOUP, 0.85, BEANS));
    weigh(1, t_ns + 30 * MS, 411, 1.5, true);
    CHECK(told_count == 1);
    CHECK(is(0, VERDICT_ACCEPT, SOUP, 1));
}

static void a_sure_answer_comes_before_the_weight_is_final(void) {
    fresh();
    config.cameras = 1;
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(COLA, 0.97, SOUP));
    weigh(1, t_ns, 1046, 6, false);
    CHECK(is(0, VERDICT_ACCEPT, COLA, 1));
    weigh(1, t_ns, 1051, 1, true);
    wait_ms(4000);
    CHECK(told_count == 1);
}

static void what_an_early_answer_leaves_is_an_event_of_its_own(void) {
    fresh();
    config.cameras = 1;
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(COLA, 0.97, SOUP));
    weigh(1, t_ns, 1046, 6, false);
    weigh(1, t_ns, 1051 + 80, 1, true);
    wait_ms(4000);
    CHECK(told_count == 2);
    CHECK(told_count == 2 && fabs(told[1].delta_g - 81) < 1e-9 && told[1].verdict == VERDICT_ASK);
}

static void two_of_one_product_are_told_by_weight(void) {
    fresh();
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
    see(1, t_ns, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
    weigh(1, t_ns, 821, 1.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ACCEPT, SOUP, 2));
}

static void look_alike_weights_without_looks_are_asked(void) {
    fresh();
    weigh(1, now_ns, 411, 1.5, true);
    wait_ms(1500);
    CHECK(told_count == 1 && told[0].verdict == VERDICT_ASK);
    CHECK(told_count == 1 && p_of(&told[0], SOUP, 1) > 0.2 && p_of(&told[0], BEANS, 1) > 0.2);
}

static void a_weight_nothing_explains_is_unknown_and_asked(void) {
    fresh();
    int64_t t_ns = now_ns;
    Looks looks = looks_at(SOUP, 0.3, BEANS);
    looks.unknown_log_p = (float)log(0.4);
    see(0, t_ns, DIRECTION_PUT, looks);
    shelf[APPLES].unit = UNIT_EACH;
    shelf[APPLES].gross_g = 170;
    weigh(1, t_ns, 2500, 1.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ASK, SKU_UNKNOWN, 1));
    shelf[APPLES].unit = UNIT_WEIGHT;
    shelf[APPLES].gross_g = 0;
}

static void goods_sold_by_weight_may_weigh_anything(void) {
    fresh();
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(APPLES, 0.9, SOUP));
    see(1, t_ns, DIRECTION_PUT, looks_at(APPLES, 0.9, SOUP));
    weigh(1, t_ns, 733, 1.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ACCEPT, APPLES, 1));
}

static void variants_of_one_pack_are_asked_with_their_siblings(void) {
    fresh();
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(TEA_MINT, 0.8, TEA_LEMON));
    see(1, t_ns, DIRECTION_PUT, looks_at(TEA_MINT, 0.8, TEA_LEMON));
    weigh(1, t_ns, 80, 1.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ASK, TEA_MINT, 1));
    CHECK(told_count == 1 && p_of(&told[0], TEA_LEMON, 1) > 0.1);
}

static void a_code_settles_a_variant(void) {
    fresh();
    scan(TEA_LEMON);
    wait_ms(1000);
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(TEA_MINT, 0.6, TEA_LEMON));
    weigh(1, t_ns, 80, 1.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ACCEPT, TEA_LEMON, 1));
    CHECK(told_count == 1 && (told[0].sources & BELIEF_FROM_SCAN));
    CHECK(state.scan_count == 0);
}

static void a_switched_tag_is_asked(void) {
    fresh(); /* the code says soup, the pictures say beans, which weigh the same */
    scan(SOUP);
    wait_ms(500);
    int64_t t_ns = now_ns;
    Looks looks = looks_at(BEANS, 0.99, COLA);
    see(0, t_ns, DIRECTION_PUT, looks);
    see(1, t_ns, DIRECTION_PUT, looks);
    weigh(1, t_ns, 411, 1.5, true);
    wait_ms(1500);
    CHECK(told_count == 1 && told[0].verdict == VERDICT_ASK);

    fresh(); /* the code says soup, the weight says cola */
    scan(SOUP);
    wait_ms(500);
    weigh(1, now_ns, 1050, 1.5, true);
    wait_ms(1500);
    CHECK(told_count == 1 && told[0].verdict == VERDICT_ASK);
}

static void a_code_is_spent_once(void) {
    fresh();
    scan(SOUP);
    wait_ms(500);
    weigh(1, now_ns, 411, 1.5, true);
    wait_ms(1500);
    weigh(2, now_ns, 411, 1.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ACCEPT, SOUP, 1));
    CHECK(told_count == 2 && told[1].verdict == VERDICT_ASK);
}

static void a_code_that_answered_a_question_is_spent(void) {
    fresh();
    scan(SOUP);
    put_inside(SOUP, 1, 0);
    CHECK(state.scan_count == 0);
}

static void only_what_is_inside_can_be_taken_out(void) {
    fresh();
    put_inside(BEANS, 1, 0);
    put_inside(COLA, 2, 0);
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_TAKE, looks_at(SOUP, 0.9, BEANS));
    weigh(1, t_ns, -411, 1.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ACCEPT, BEANS, -1));
    weigh(2, now_ns, -2101, 1.5, true);
    wait_ms(1500);
    CHECK(is(1, VERDICT_ACCEPT, COLA, -2));
    weigh(3, now_ns, -80, 1.5, true);
    wait_ms(1500);
    CHECK(is(2, VERDICT_ASK, SKU_UNKNOWN, -1));
}

static void add(int id, int32_t sku, int32_t other, double grams) {
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(sku, 0.99, other));
    see(1, t_ns, DIRECTION_PUT, looks_at(sku, 0.99, other));
    weigh(id, t_ns, grams, 0.5, true);
    wait_ms(700);
    put_inside(sku, 1, 0);
    wait_ms(3000);
}

static void a_piece_leaves_by_what_it_weighed(void) {
    fresh();
    add(1, SOUP, BEANS, 418);
    add(2, BEANS, SOUP, 406);
    CHECK(told_count == 2 && is(0, VERDICT_ACCEPT, SOUP, 1) && is(1, VERDICT_ACCEPT, BEANS, 1));
    see(0, now_ns, DIRECTION_TAKE, looks_at(SOUP, 0.9, BEANS)); /* moved aside for the beans */
    weigh(3, now_ns, -406.3, 0.5, true);
    wait_ms(1500);
    CHECK(is(2, VERDICT_ACCEPT, BEANS, -1));
}

static void what_was_named_later_leaves_by_what_it_weighed(void) {
    static Evidence evidence;
    fresh();
    weigh(1, now_ns, 409, 0.5, true);
    wait_ms(700);
    put_inside(SKU_UNKNOWN, 1, 409);
    wait_ms(3000);
    weigh(2, now_ns, 413, 0.5, true);
    wait_ms(700);
    put_inside(SKU_UNKNOWN, 1, 413);
    evidence.kind = EVIDENCE_BASKET;
    evidence.inside = state.inside;
    evidence.inside.at[0].sku = BEANS, evidence.inside.at[0].net_g = 0;
    give(evidence, now_ns);
    evidence.inside.at[1].sku = SOUP, evidence.inside.at[1].net_g = 0;
    give(evidence, now_ns);
    weigh(3, now_ns, -413, 0.5, true);
    wait_ms(1500);
    CHECK(told_count == 3 && is(2, VERDICT_ACCEPT, SOUP, -1));
}

static void a_weighed_bag_leaves_by_its_own_weight(void) {
    fresh();
    put_inside(APPLES, 1, 700);
    put_inside(RICE, 1, 0);
    weigh(1, now_ns, -702, 1.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ACCEPT, APPLES, -1));
    weigh(2, now_ns, -350, 1.5, true);
    wait_ms(1500);
    CHECK(is(1, VERDICT_ASK, SKU_UNKNOWN, -1));
}

static void an_unnamed_line_leaves_as_unknown(void) {
    fresh();
    put_inside(SKU_UNKNOWN, 1, 333);
    put_inside(RICE, 1, 0);
    weigh(1, now_ns, -332, 1.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ACCEPT, SKU_UNKNOWN, -1));
}

static void a_shift_inside_is_ignored(void) {
    fresh();
    put_inside(SOUP, 1, 0);
    see(0, now_ns, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
    wait_ms(4000);
    CHECK(told_count == 1 && told[0].verdict == VERDICT_IGNORE);
}

static void a_sachet_too_light_to_feel_is_seen(void) {
    fresh();
    put_inside(SOUP, 1, 0);
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(SACHET, 0.95, TEA_MINT));
    see(1, t_ns, DIRECTION_PUT, looks_at(SACHET, 0.95, TEA_MINT));
    wait_ms(4000);
    CHECK(told_count == 1 && told[0].verdict != VERDICT_IGNORE);
    CHECK(told_count == 1 && told[0].at[0].sku == SACHET && told[0].at[0].quantity == 1);
}

static void a_small_step_nobody_saw_has_no_product(void) {
    fresh();
    weigh(1, now_ns, 4, 0.5, true);
    wait_ms(1500);
    CHECK(is(0, VERDICT_ASK, SKU_UNKNOWN, 1));
    weigh(2, now_ns, 1, 0.5, true);
    wait_ms(1500);
    CHECK(told_count == 2 && told[1].verdict == VERDICT_IGNORE);
}

static void a_missing_camera_costs_the_timeout_only(void) {
    fresh();
    config.cameras = 3;
    int64_t t_ns = now_ns;
    see(2, t_ns, DIRECTION_PUT, looks_at(COLA, 0.4, RICE)); /* not sure at once */
    weigh(1, t_ns, 1051, 15, true);
    CHECK(told_count == 0);
    wait_ms(800);
    CHECK(told_count == 1 && told[0].at[0].sku == COLA);
}

static void a_broken_track_does_not_hide_the_good_one(void) {
    fresh();
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_UNSURE, looks_at(BEANS, 0.5, RICE)); /* nearest in time, and wrong */
    see(0, t_ns - 300 * MS, DIRECTION_PUT, looks_at(SOUP, 0.95, BEANS));
    see(1, t_ns - 350 * MS, DIRECTION_PUT, looks_at(SOUP, 0.95, BEANS));
    weigh(1, t_ns, 411, 1.5, true);
    wait_ms(2000);
    CHECK(told_count == 1 && is(0, VERDICT_ACCEPT, SOUP, 1));
}

static void a_crossing_told_again_says_more(void) {
    fresh();
    int64_t t_ns = now_ns;
    Evidence again = {
        .kind = EVIDENCE_CROSSING,
        .crossing = {
            .t_ns = t_ns,
            .camera = 0,
            .direction = DIRECTION_PUT,
            .confidence_p = 0.9f,
            .telling = 1,
            .looks = looks_at(BEANS, 0.99, SOUP)}};
    config.cameras = 2;
    see(0, t_ns, DIRECTION_PUT, looks_at(SOUP, 0.5, BEANS));
    weigh(1, t_ns, 411, 1.5, true);
    CHECK(told_count == 0);
    give(again, now_ns);
    wait_ms(2000);
    CHECK(told_count == 1 && told[0].at[0].sku == BEANS);
    again.crossing.telling = 2;
    give(again, now_ns); /* of what is explained: nothing new */
    wait_ms(5000);
    CHECK(told_count == 1);
}

static void a_code_read_later_may_be_for_the_next_thing(void) {
    fresh();
    int64_t t_ns = now_ns;
    weigh(1, t_ns, 411, 30, false);
    see(0, t_ns, DIRECTION_PUT, looks_at(SOUP, 0.97, BEANS));
    give((Evidence){.kind = EVIDENCE_SCAN, .scan = {.sku = COLA}}, t_ns + 1500 * MS);
    weigh(1, t_ns, 411, 1.5, true);
    wait_ms(1000);
    CHECK(told_count == 1 && is(0, VERDICT_ACCEPT, SOUP, 1));
    CHECK(state.scan_count == 1); /* and waits for it */
}

static void a_camera_that_is_late_is_not_a_second_event(void) {
    fresh();
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(COLA, 0.9, RICE));
    weigh(1, t_ns, 1051, 1.5, true);
    wait_ms(1000);
    CHECK(told_count == 1);
    see(1, t_ns + 100 * MS, DIRECTION_PUT, looks_at(COLA, 0.9, RICE));
    wait_ms(4000);
    CHECK(told_count == 1);
}

static void a_contradicting_camera_lowers_certainty(void) {
    fresh();
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
    see(1, t_ns, DIRECTION_PUT, looks_at(BEANS, 0.8, SOUP));
    weigh(1, t_ns, 411, 1.5, true);
    wait_ms(1500);
    CHECK(told_count == 1 && told[0].verdict == VERDICT_ASK);

    fresh(); /* one camera has the direction wrong: the scale knows better */
    config.cameras = 2;
    t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(COLA, 0.9, RICE));
    see(1, t_ns, DIRECTION_TAKE, looks_at(COLA, 0.9, RICE));
    weigh(1, t_ns, 1051, 1.5, true);
    wait_ms(5000);
    CHECK(is(0, VERDICT_ACCEPT, COLA, 1));
    CHECK(told_count == 1);
}

static void two_things_a_second_apart_are_two_events(void) {
    fresh();
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
    see(1, t_ns + 50 * MS, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
    weigh(1, t_ns, 411, 1.5, true);
    see(0, t_ns + 1000 * MS, DIRECTION_PUT, looks_at(COLA, 0.9, RICE));
    see(1, t_ns + 950 * MS, DIRECTION_PUT, looks_at(COLA, 0.9, RICE));
    weigh(2, t_ns + 1000 * MS, 1050, 1.5, true);
    wait_ms(5000);
    CHECK(told_count == 2);
    CHECK(is(0, VERDICT_ACCEPT, SOUP, 1));
    CHECK(is(1, VERDICT_ACCEPT, COLA, 1));
}

static void two_hands_in_one_step_are_two_beliefs(void) {
    fresh();
    int64_t t_ns = now_ns;
    for (int camera = 0; camera < 2; camera++) {
        see(camera, t_ns, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
        see(camera, t_ns + 100 * MS, DIRECTION_PUT, looks_at(COLA, 0.9, RICE));
    }
    weigh(1, t_ns, 1462, 1.5, true);
    wait_ms(5000);
    CHECK(told_count == 2);
    bool soup_first = told_count == 2 && told[0].at[0].sku == SOUP;
    CHECK(is(soup_first ? 0 : 1, VERDICT_ACCEPT, SOUP, 1));
    CHECK(is(soup_first ? 1 : 0, VERDICT_ACCEPT, COLA, 1));
    CHECK(told_count == 2 && fabs(told[0].delta_g + told[1].delta_g - 1462) < 1e-6);
}

static void one_hand_in_and_one_out_are_two_beliefs(void) {
    fresh();
    put_inside(SOUP, 1, 0);
    int64_t t_ns = now_ns;
    for (int camera = 0; camera < 2; camera++) {
        see(camera, t_ns, DIRECTION_PUT, looks_at(COLA, 0.9, RICE));
        see(camera, t_ns + 100 * MS, DIRECTION_TAKE, looks_at(SOUP, 0.9, BEANS));
    }
    weigh(1, t_ns, 641, 1.5, true);
    wait_ms(5000);
    CHECK(is(0, VERDICT_ACCEPT, COLA, 1));
    CHECK(is(1, VERDICT_ACCEPT, SOUP, -1));
}

static void without_a_scale_the_cameras_vote(void) {
    fresh();
    config.weight = false;
    config.cameras = 3;
    int64_t t_ns = now_ns;
    see(0, t_ns, DIRECTION_PUT, looks_at(COLA, 0.95, RICE));
    see(1, t_ns + 200 * MS, DIRECTION_PUT, looks_at(COLA, 0.95, RICE));
    see(2, t_ns + 300 * MS, DIRECTION_TAKE, looks_at(COLA, 0.95, RICE));
    wait_ms(2000);
    CHECK(told_count == 1);
    CHECK(is(0, VERDICT_ACCEPT, COLA, 1));
    CHECK(told_count == 1 && isnan(told[0].delta_g));
    CHECK(told_count == 1 && told[0].sources == BELIEF_FROM_VISION);

    Evidence doubtful = {
        .kind = EVIDENCE_CROSSING,
        .crossing = {
            .t_ns = now_ns,
            .camera = 1,
            .direction = DIRECTION_PUT,
            .confidence_p = 0.6f,
            .looks = looks_at(SOUP, 0.9, BEANS)}};
    give(doubtful, now_ns);
    wait_ms(2000);
    CHECK(told_count == 2 && told[1].verdict == VERDICT_IGNORE);
}

static void a_shelf_camera_sees_takes_before_any_put(void) {
    fresh();
    config.weight = false;
    see(0, now_ns, DIRECTION_TAKE, looks_at(COLA, 0.95, RICE));
    wait_ms(2000);
    CHECK(told_count == 1 && told[0].at[0].sku == COLA && told[0].at[0].quantity == -1);
    put_inside(SOUP, 1, 0);
    see(0, now_ns, DIRECTION_TAKE, looks_at(COLA, 0.95, SOUP));
    wait_ms(2000);
    CHECK(told_count == 2 && told[1].at[0].sku != COLA);
}

static void without_cameras_weight_tells_what_it_can(void) {
    fresh();
    config.vision = false;
    see(0, now_ns, DIRECTION_PUT, looks_at(SOUP, 0.9, BEANS));
    weigh(1, now_ns, 2.5 * 410, 1.5, true);
    CHECK(told_count == 1 && told[0].sources == BELIEF_FROM_WEIGHT);
    scan(BEANS);
    weigh(2, now_ns, 411, 1.5, true);
    CHECK(is(1, VERDICT_ACCEPT, BEANS, 1));
    wait_ms(5000);
    CHECK(told_count == 2);
}

static void codes_alone_are_adds_of_one(void) {
    fresh();
    config.vision = config.weight = false;
    weigh(1, now_ns, 411, 1.5, true);
    scan(RICE);
    scan(RICE);
    CHECK(told_count == 2);
    CHECK(is(0, VERDICT_ACCEPT, RICE, 1));
    CHECK(is(1, VERDICT_ACCEPT, RICE, 1));
    CHECK(told_count == 2 && told[0].event == 1 && told[1].event == 2);
}

static void words_that_cannot_be_true_are_passed_over(void) {
    fresh();
    Looks looks = looks_at(SOUP, 0.9, 999);
    looks.unknown_log_p = NAN;
    see(99, now_ns, DIRECTION_PUT, looks);
    see(0, now_ns, DIRECTION_PUT, looks);
    scan(12345);
    weigh(1, now_ns, NAN, 1, true);
    weigh(2, now_ns, 410, 1, true);
    wait_ms(1500);
    CHECK(told_count == 1 && told[0].at[0].sku == SOUP);
}

/* ---- the posterior, written plainly ---- */

static uint32_t seed;

static int dice(int sides) {
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (uint32_t)sides);
}

static double uniform(double low, double high) {
    return low + (high - low) * dice(100001) / 100000.0;
}

static double gauss(double x, double mean, double var) {
    return exp(-(x - mean) * (x - mean) / (2 * var)) / sqrt(2 * M_PI * var);
}

typedef struct Oracle {
    double p[SKUS][QUANTITIES];
    double unknown_p;
} Oracle;

static double naive_looks(const Looks *looks, int32_t sku) {
    double left = 1 - exp((double)looks->unknown_log_p), lowest = 1;
    for (int i = 0; i < looks->count; i++) {
        left -= exp((double)looks->at[i].log_p);
        lowest = fmin(lowest, exp((double)looks->at[i].log_p));
    }
    for (int i = 0; i < looks->count; i++)
        if (looks->at[i].sku == sku) return exp((double)looks->at[i].log_p);
    return fmin(lowest, fmax(left, config.miss_p) / (SKUS - looks->count));
}

/* p(weight | product, quantity) times the prior of the quantity. */
static double naive_weight(const Product *product, int q, double delta_g, double var) {
    if (product->unit == UNIT_WEIGHT)
        return q == 1 && delta_g >= 30 && delta_g <= 5000 ? 1 / (delta_g * log(5000.0 / 30)) : 0;
    double odds = config.quantity_p;
    double often = pow(odds, q - 1) / (1 + odds + odds * odds + odds * odds * odds);
    double pack = product->pack_sd_g, batch = q * product->batch_sd_g;
    double spread = q * pack * pack + batch * batch, mean = q * product->gross_g;
    return often * ((1 - config.odd_pack_p) * gauss(delta_g, mean, spread + var) +
                    config.odd_pack_p * gauss(delta_g, mean, 16 * spread + var));
}

/* How much likelier one camera makes each answer; the last is unknown. */
static void naive_told(const Looks *looks, double times[SKUS + 1]) {
    const double even = (1 - config.looks_unknown_p) / SKUS;
    const double sharp = looks->views / (1 + (looks->views - 1) * config.view_correlation);
    double all = 0;
    for (int k = 0; k <= SKUS; k++) {
        const double p0 = k < SKUS ? even : config.looks_unknown_p;
        const double p = k < SKUS ? naive_looks(looks, k) : exp((double)looks->unknown_log_p);
        times[k] = pow(p / p0, sharp);
        all += p0 * times[k];
    }
    for (int k = 0; k <= SKUS; k++)
        times[k] = (1 - config.stray_p) * times[k] / all + config.stray_p;
}

static Oracle
enumerate(const Looks *looks, int cameras, double delta_g, double sd_g, int32_t scanned) {
    Oracle oracle = {.unknown_p = config.unknown_p / (delta_g * log(10000.0 / 5))};
    double known = (1 - config.unknown_p) / SKUS, sum = 0;
    double rho = 1 + (cameras - 1) * config.correlation;
    double var = sd_g * sd_g + config.scale_sd_g * config.scale_sd_g;
    double told_by[3][SKUS + 1];
    for (int c = 0; c < cameras; c++)
        naive_told(&looks[c], told_by[c]);
    for (int k = 0; k < SKUS; k++) {
        double prior = known;
        if (scanned >= 0) prior *= config.scan_wrong_p;
        if (scanned == k) prior += 1 - config.scan_wrong_p;
        for (int c = 0; c < cameras; c++)
            prior *= pow(told_by[c][k], 1 / rho);
        for (int q = 1; q < QUANTITIES; q++)
            sum += oracle.p[k][q] = prior * naive_weight(&shelf[k], q, delta_g, var);
    }
    if (scanned >= 0) oracle.unknown_p *= config.scan_wrong_p;
    for (int c = 0; c < cameras; c++)
        oracle.unknown_p *= pow(told_by[c][SKUS], 1 / rho);
    sum += oracle.unknown_p;
    oracle.unknown_p /= sum;
    for (int k = 0; k < SKUS; k++)
        for (int q = 1; q < QUANTITIES; q++)
            oracle.p[k][q] /= sum;
    return oracle;
}

static Looks random_looks(void) {
    Looks looks = {
        .views = 1 + dice(8), .count = 3, .unknown_log_p = (float)log(uniform(0.01, 0.1))};
    double p = uniform(0.4, 0.6);
    int32_t first = dice(SKUS);
    for (int i = 0; i < 3; i++, p *= uniform(0.1, 0.5)) {
        looks.at[i].sku = (first + i * 3) % SKUS;
        looks.at[i].log_p = (float)log(p);
    }
    return looks;
}

static void random_shelf(void) {
    for (int k = 0; k < SKUS; k++)
        shelf[k] = (Product){
            .gross_g = uniform(40, 500),
            .pack_sd_g = uniform(0.5, 20),
            .batch_sd_g = uniform(0, 5),
            .unit = dice(5) ? UNIT_EACH : UNIT_WEIGHT};
}

/* One random event; the worst difference to the oracle, the best answer included. */
static double compare_once(int *compared) {
    Looks looks[3] = {{0}};
    int32_t scanned = dice(2) ? dice(SKUS) : -1;
    fresh();
    config.cameras = 1 + dice(3);
    config.correlation = uniform(0, 1);
    config.view_correlation = uniform(0.2, 1);
    if (scanned >= 0) scan(scanned);
    int64_t t_ns = now_ns;
    for (int c = 0; c < config.cameras; c++) {
        looks[c] = random_looks();
        see(c, t_ns, DIRECTION_PUT, looks[c]);
    }
    double delta_g = uniform(40, 900), sd_g = uniform(0.5, 10);
    weigh(1, t_ns, delta_g, sd_g, true);
    Oracle oracle = enumerate(looks, config.cameras, delta_g, sd_g, scanned);
    if (told_count != 1) return 1;
    double worst = 0, best = oracle.unknown_p;
    for (int i = 0; i < told[0].count; i++, ++*compared) {
        const Hypothesis *h = &told[0].at[i];
        double expected = h->sku == SKU_UNKNOWN ? oracle.unknown_p : oracle.p[h->sku][h->quantity];
        worst = fmax(worst, fabs(h->p - expected));
    }
    for (int i = 0; i < SKUS * (QUANTITIES - 1); i++)
        best = fmax(best, oracle.p[i / (QUANTITIES - 1)][1 + i % (QUANTITIES - 1)]);
    return fmax(worst, fabs(told[0].at[0].p - best));
}

static void the_posterior_equals_naive_enumeration(void) {
    Product kept[SKUS];
    memcpy(kept, shelf, sizeof shelf);
    seed = 7;
    double worst = 0;
    int compared = 0;
    for (int round = 0; round < 300; round++) {
        random_shelf();
        worst = fmax(worst, compare_once(&compared));
    }
    printf("# %d hypotheses compared, worst difference %.2g\n", compared, worst);
    CHECK(worst < 1e-6 && compared > 500);
    memcpy(shelf, kept, sizeof shelf);
}

int main(void) {
    RUN(a_clean_add_is_accepted_within_a_second_of_the_release);
    RUN(cameras_that_all_reported_need_no_timeout);
    RUN(a_sure_answer_comes_before_the_weight_is_final);
    RUN(what_an_early_answer_leaves_is_an_event_of_its_own);
    RUN(two_of_one_product_are_told_by_weight);
    RUN(look_alike_weights_without_looks_are_asked);
    RUN(a_weight_nothing_explains_is_unknown_and_asked);
    RUN(goods_sold_by_weight_may_weigh_anything);
    RUN(variants_of_one_pack_are_asked_with_their_siblings);
    RUN(a_code_settles_a_variant);
    RUN(a_switched_tag_is_asked);
    RUN(a_code_is_spent_once);
    RUN(a_code_that_answered_a_question_is_spent);
    RUN(only_what_is_inside_can_be_taken_out);
    RUN(a_piece_leaves_by_what_it_weighed);
    RUN(what_was_named_later_leaves_by_what_it_weighed);
    RUN(a_weighed_bag_leaves_by_its_own_weight);
    RUN(an_unnamed_line_leaves_as_unknown);
    RUN(a_shift_inside_is_ignored);
    RUN(a_sachet_too_light_to_feel_is_seen);
    RUN(a_small_step_nobody_saw_has_no_product);
    RUN(a_missing_camera_costs_the_timeout_only);
    RUN(a_broken_track_does_not_hide_the_good_one);
    RUN(a_crossing_told_again_says_more);
    RUN(a_code_read_later_may_be_for_the_next_thing);
    RUN(a_camera_that_is_late_is_not_a_second_event);
    RUN(a_contradicting_camera_lowers_certainty);
    RUN(two_things_a_second_apart_are_two_events);
    RUN(two_hands_in_one_step_are_two_beliefs);
    RUN(one_hand_in_and_one_out_are_two_beliefs);
    RUN(without_a_scale_the_cameras_vote);
    RUN(a_shelf_camera_sees_takes_before_any_put);
    RUN(without_cameras_weight_tells_what_it_can);
    RUN(codes_alone_are_adds_of_one);
    RUN(words_that_cannot_be_true_are_passed_over);
    RUN(the_posterior_equals_naive_enumeration);
    return DONE();
}
