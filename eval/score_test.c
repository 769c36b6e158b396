/* score_test.c - facts about the tally and the receipt, each over a session written down here. */
#include "clock.h"
#include "receipt.h"
#include "score.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOUP, BEANS, APPLES, SKUS };

static Product shelf[SKUS] = {
    [SOUP] = {.id = "soup", .name = "Soup", .gtin = "2000000000053", .price_minor = 149},
    [BEANS] = {.id = "beans", .name = "Beans", .gtin = "2000000000022", .price_minor = 99},
    [APPLES] =
        {.id = "apples",
         .name = "Apples",
         .gtin = "2000000000039",
         .unit = UNIT_WEIGHT,
         .price_minor = 299},
};
static const Catalog catalog = {.products = shelf, .count = SKUS, .currency = "EUR"};

static SessionTruth truth;
static SessionSaid said;
static Tally *tally;
static json_t *report;

static void fresh(void) {
    memset(&truth, 0, sizeof truth);
    memset(&said, 0, sizeof said);
    if (tally_open(&tally) != OK) abort();
}

static int64_t at(double s) { return 1000 * NS_PER_SECOND + (int64_t)(s * 1e9); }

static void happens(double s, int32_t sku, int32_t quantity, double weight_g) {
    TruthEvent *event = &truth.events[truth.event_count++];
    *event = (TruthEvent){.t_ns = at(s), .quantity = quantity, .weight_g = weight_g};
    memcpy(event->gtin, shelf[sku].gtin, sizeof event->gtin);
}

static Belief *believes(double s, Verdict verdict, int32_t sku, int32_t quantity, double p) {
    Belief *belief = &said.beliefs[said.belief_count++];
    *belief = (Belief){
        .event = said.belief_count,
        .t_ns = at(s),
        .decided_ns = at(s + 0.8),
        .verdict = verdict,
        .count = 1,
        .at = {{sku, quantity, p}}};
    return belief;
}

static void weighs(double s, double decided_s, double delta_g) {
    said.steps[said.step_count++] =
        (WeightStep){.t_ns = at(s), .decided_ns = at(decided_s), .delta_g = delta_g};
}

static void true_line(int32_t sku, int32_t quantity, int64_t price_minor) {
    truth.lines[truth.line_count++] = (TruthLine){sku, quantity, price_minor};
    truth.total_minor += price_minor;
}

static void line(Basket *basket, int32_t sku, int32_t quantity, int64_t price_minor) {
    basket->lines[basket->count++] =
        (BasketLine){.sku = sku, .quantity = quantity, .price_minor = price_minor};
    basket->total_minor += price_minor;
}

static void add_up(void) { CHECK(tally_session(tally, &catalog, &truth, &said) == OK); }

static void tell(void) {
    report = tally_report(tally);
    CHECK(report != NULL);
    tally_close(tally);
}

/* A number of the report, or NAN for null and for what is not there. */
static double number(const char *group, const char *key) {
    const json_t *value = json_object_get(json_object_get(report, group), key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool is(const char *group, const char *key, double expected) {
    const double value = number(group, key);
    if (fabs(value - expected) < 1e-6) return true;
    printf("# %s.%s is %g, not %g\n", group, key, value, expected);
    return false;
}

static void a_perfect_session_is_perfect(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    happens(5, BEANS, 2, 820);
    happens(9, SOUP, -1, 410);
    believes(1.1, VERDICT_ACCEPT, SOUP, 1, 1);
    believes(5.1, VERDICT_ACCEPT, BEANS, 2, 1);
    believes(9.1, VERDICT_ACCEPT, SOUP, -1, 1);
    weighs(1, 1.2, 409);
    weighs(1, 1.6, 410);
    weighs(5, 5.2, 820);
    weighs(9, 9.2, -412);
    weighs(9, 9.6, -410);
    true_line(BEANS, 2, 198);
    line(&said.basket, BEANS, 2, 198);
    said.answered = said.basket;
    add_up();
    tell();
    CHECK(is("events", "precision", 1) && is("events", "recall", 1) && is("events", "matched", 3));
    CHECK(is("sku", "top1", 1) && is("sku", "auto_accuracy", 1) && is("sku", "auto_coverage", 1));
    CHECK(is("quantity", "accuracy", 1) && is("quantity", "events", 1));
    CHECK(is("basket", "exact", 1) && is("basket", "exact_answered", 1));
    CHECK(is("basket", "mean_count_error", 0) && is("price", "mean_abs_error_cents", 0));
    CHECK(is("price", "overcharged", 0) && is("prompts", "per_basket", 0));
    CHECK(is("calibration", "ece", 0));
    CHECK(is("latency_ms", "p50", 900) && is("latency_ms", "p95", 900));
    CHECK(is("weight_error_g", "p95_250ms", 2) && is("weight_error_g", "p95_final", 0));
    CHECK(is("weight_error_g", "silent_at_250ms", 0));
    CHECK(json_integer_value(json_object_get(report, "sessions")) == 1);
    json_decref(report);
}

static void weights_are_judged_by_time_interval_and_truth(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    happens(5, BEANS, 1, 200);
    happens(9, BEANS, 1, 9);
    happens(15, SOUP, -1, 410);
    weighs(1, 1.2, 400);
    said.steps[0].stddev_g = 7;
    weighs(1, 1.4, 413);
    said.steps[1].stddev_g = 1;
    weighs(5, 5.6, 200);
    said.steps[2].stddev_g = 1;
    weighs(11, 11.2, 30);
    weighs(12, 12.2, 50);
    weighs(12, 12.6, 1);
    for (int i = 0; i < said.step_count; i++)
        said.steps[i].id = i < 2 ? 1 : i < 4 ? i : 4;
    said.duration_ns = 1800 * NS_PER_SECOND;
    add_up();
    tell();
    CHECK(is("weight_error_g", "p95_250ms", 10) && is("weight_error_g", "p95_500ms", 3));
    CHECK(is("weight_error_g", "silent_at_250ms", 3) && is("weight_error_g", "silent_at_500ms", 3));
    CHECK(is("weight_error_g", "coverage_90", 0.666667));
    CHECK(is("weight_error_g", "false_per_hour", 2)); /* the last one was taken back */
    CHECK(is("weight_error_g", "missed", 1));         /* 9 g are not counted */
    json_decref(report);
}

static void nothing_said_has_no_precision(void) {
    fresh();
    add_up();
    tell();
    CHECK(isnan(number("events", "precision")) && isnan(number("events", "recall")));
    CHECK(isnan(number("sku", "top1")) && isnan(number("calibration", "ece")));
    CHECK(isnan(number("latency_ms", "p95")) && isnan(number("theft", "missed")));
    CHECK(is("basket", "exact", 1));
    json_decref(report);
}

static void a_missed_event_costs_recall(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    happens(5, BEANS, 1, 410);
    believes(1, VERDICT_ACCEPT, SOUP, 1, 0.99);
    true_line(SOUP, 1, 149);
    true_line(BEANS, 1, 99);
    line(&said.basket, SOUP, 1, 149);
    add_up();
    tell();
    CHECK(is("events", "precision", 1) && is("events", "recall", 0.5));
    CHECK(is("basket", "exact", 0) && is("basket", "mean_count_error", 1));
    CHECK(is("price", "mean_abs_error_cents", 99) && is("price", "overcharged", 0));
    CHECK(is("weight_error_g", "silent_at_250ms", 2));
    json_decref(report);
}

static void an_event_that_never_was_costs_precision_and_auto_accuracy(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    believes(1, VERDICT_ACCEPT, SOUP, 1, 0.99);
    believes(20, VERDICT_ACCEPT, BEANS, 1, 0.99);
    true_line(SOUP, 1, 149);
    line(&said.basket, SOUP, 1, 149);
    line(&said.basket, BEANS, 1, 99);
    add_up();
    tell();
    CHECK(is("events", "precision", 0.5) && is("events", "recall", 1));
    CHECK(is("sku", "top1", 1) && is("sku", "auto_accuracy", 0.5));
    CHECK(is("sku", "auto_coverage", 1));
    CHECK(is("price", "overcharged", 1) && is("basket", "mean_count_error", 1));
    json_decref(report);
}

static void a_put_does_not_match_a_take(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    believes(1, VERDICT_ACCEPT, SOUP, -1, 0.99);
    add_up();
    tell();
    CHECK(is("events", "matched", 0) && is("events", "precision", 0));
    json_decref(report);
}

static void a_wrong_product_matches_but_is_wrong(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    happens(5, SOUP, 2, 820);
    believes(1, VERDICT_ACCEPT, BEANS, 1, 0.9);
    believes(5, VERDICT_ACCEPT, SOUP, 1, 0.9);
    add_up();
    tell();
    CHECK(is("events", "recall", 1) && is("sku", "top1", 0.5));
    CHECK(is("sku", "auto_accuracy", 0)); /* the second has the wrong quantity */
    CHECK(is("quantity", "accuracy", 0) && is("quantity", "events", 1));
    json_decref(report);
}

static void an_event_matches_within_a_second_and_a_half(void) {
    fresh();
    happens(10, SOUP, 1, 410);
    happens(20, SOUP, 1, 410);
    happens(30, SOUP, 1, 410);
    believes(11.5, VERDICT_ACCEPT, SOUP, 1, 1);
    believes(18.5, VERDICT_ACCEPT, SOUP, 1, 1);
    believes(31.501, VERDICT_ACCEPT, SOUP, 1, 1);
    add_up();
    tell();
    CHECK(is("events", "matched", 2));
    json_decref(report);
}

/* The belief at 2.0 lies nearer to the second event, so the first is the one that was missed. */
static void the_nearest_pair_matches_first(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    happens(2.2, BEANS, 1, 410);
    believes(2.0, VERDICT_ACCEPT, BEANS, 1, 1);
    add_up();
    tell();
    CHECK(is("events", "matched", 1) && is("sku", "top1", 1) && is("latency_ms", "p50", 600));
    json_decref(report);
}

static void one_belief_matches_one_event(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    happens(1.2, SOUP, 1, 410);
    believes(1.1, VERDICT_ACCEPT, SOUP, 1, 1);
    add_up();
    tell();
    CHECK(is("events", "matched", 1) && is("events", "recall", 0.5));
    json_decref(report);
}

static void what_was_asked_is_predicted_but_not_accepted(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    happens(5, BEANS, 1, 410);
    believes(1, VERDICT_ACCEPT, SOUP, 1, 0.99);
    believes(5, VERDICT_ASK, BEANS, 1, 0.6);
    believes(8, VERDICT_IGNORE, BEANS, 1, 0.6);
    said.prompts = 1;
    add_up();
    tell();
    CHECK(is("events", "predicted", 2) && is("events", "precision", 1));
    CHECK(is("sku", "top1", 1) && is("sku", "auto_accuracy", 1) && is("sku", "auto_coverage", 0.5));
    CHECK(is("prompts", "per_basket", 1));
    json_decref(report);
}

static void a_basket_may_be_exact_only_once_it_is_answered(void) {
    fresh();
    true_line(SOUP, 1, 149);
    line(&said.basket, SKU_UNKNOWN, 1, 0);
    line(&said.answered, SOUP, 1, 149);
    add_up();
    tell();
    CHECK(is("basket", "exact", 0) && is("basket", "exact_answered", 1));
    CHECK(is("basket", "mean_count_error", 2)); /* one missing, one nobody named */
    json_decref(report);
}

static void every_weighed_line_counts_as_one_piece(void) {
    fresh();
    happens(1, APPLES, 6, 900);
    believes(1, VERDICT_ACCEPT, APPLES, 1, 0.99);
    true_line(APPLES, 1, 269);
    true_line(APPLES, 1, 150);
    line(&said.basket, APPLES, 1, 269);
    line(&said.basket, APPLES, 1, 150);
    said.answered = said.basket;
    add_up();
    tell();
    CHECK(is("basket", "exact", 1) && is("basket", "mean_count_error", 0));
    CHECK(is("sku", "auto_accuracy", 1) && is("quantity", "events", 0));
    json_decref(report);
}

static void calibration_error_of_a_known_case(void) {
    fresh();
    for (int i = 0; i < 30; i++) {
        happens(10 * i, SOUP, 1, 410);
        believes(10 * i, VERDICT_ACCEPT, SOUP, 1, 0.7);
    }
    add_up();
    tell();
    CHECK(is("calibration", "ece", 0.3)); /* always right, sure to 0.7 */
    json_decref(report);

    fresh();
    for (int i = 0; i < 15; i++) {
        happens(10 * i, SOUP, 1, 410);
        believes(10 * i, VERDICT_ACCEPT, i < 5 ? BEANS : SOUP, 1, 0.2 + 0.05 * i);
    }
    add_up();
    tell();
    /* one call to a bin: wrong at .20 .. .40, right at .45 .. .90 */
    const double wrong = 0.20 + 0.25 + 0.30 + 0.35 + 0.40;
    const double right = 10 - (0.45 + 0.50 + 0.55 + 0.60 + 0.65 + 0.70 + 0.75 + 0.80 + 0.85 + 0.90);
    CHECK(is("calibration", "ece", (wrong + right) / 15));
    json_decref(report);
}

static void sessions_add_up(void) {
    fresh();
    happens(1, SOUP, 1, 410);
    believes(1, VERDICT_ACCEPT, SOUP, 1, 1);
    true_line(SOUP, 1, 149);
    line(&said.basket, SOUP, 1, 149);
    add_up();
    said.belief_count = 0;
    said.basket.count = 0;
    said.basket.total_minor = 0;
    add_up();
    tell();
    CHECK(is("events", "recall", 0.5) && is("basket", "exact", 0.5));
    CHECK(is("basket", "mean_count_error", 0.5) && is("price", "mean_abs_error_cents", 74.5));
    CHECK(json_integer_value(json_object_get(report, "sessions")) == 2);
    json_decref(report);
}

/* -- the receipt ------------------------------------------------------------------------------- */

static Status compare(const char *basket, bool *agree, char *text, size_t size) {
    char path[] = "/tmp/cartwright-receipt-XXXXXX";
    const int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL, *out = fmemopen(text, size, "w");
    if (!file || !out || fputs(basket, file) < 0 || fclose(file) != 0) abort();
    const Status status = receipt_compare(out, &catalog, &truth, path, agree);
    fclose(out);
    unlink(path);
    return status;
}

static void a_receipt_agrees_line_by_line(void) {
    static char text[4096];
    bool agree = false;
    fresh();
    true_line(SOUP, 2, 298);
    true_line(APPLES, 1, 269);
    true_line(APPLES, 1, 150);
    CHECK(
        compare(
            "{\"lines\":[{\"gtin\":\"2000000000053\",\"quantity\":2,\"price_minor\":298},"
            "{\"gtin\":\"2000000000039\",\"quantity\":1,\"price_minor\":269},"
            "{\"gtin\":\"2000000000039\",\"quantity\":1,\"price_minor\":150}],"
            "\"items\":4,\"total_minor\":717}",
            &agree, text, sizeof text) == OK);
    CHECK(agree && strstr(text, "basket and truth agree") && !strstr(text, "differs"));
    tally_close(tally);
}

static void a_receipt_differs_by_product_quantity_or_price(void) {
    static const char *const baskets[] = {
        "{\"lines\":[{\"gtin\":\"2000000000022\",\"quantity\":1,\"price_minor\":149}],"
        "\"items\":1,\"total_minor\":149}",
        "{\"lines\":[{\"gtin\":\"2000000000053\",\"quantity\":2,\"price_minor\":149}],"
        "\"items\":2,\"total_minor\":149}",
        "{\"lines\":[{\"gtin\":\"2000000000053\",\"quantity\":1,\"price_minor\":150}],"
        "\"items\":1,\"total_minor\":150}",
        "{\"lines\":[{\"gtin\":\"2000000000053\",\"quantity\":1,\"price_minor\":149},"
        "{\"gtin\":null,\"quantity\":1,\"price_minor\":0}],\"items\":2,\"total_minor\":149}",
        "{\"lines\":[],\"items\":0,\"total_minor\":0}",
    };
    static char text[4096];
    fresh();
    true_line(SOUP, 1, 149);
    for (size_t i = 0; i < sizeof baskets / sizeof *baskets; i++) {
        bool agree = true;
        CHECK(compare(baskets[i], &agree, text, sizeof text) == OK && !agree);
        CHECK(strstr(text, "DIFFER") && strstr(text, "differs"));
    }
    tally_close(tally);
}

static void what_is_no_basket_is_refused(void) {
    static char text[4096];
    bool agree = false;
    fresh();
    CHECK(compare("{\"lines\": 3}", &agree, text, sizeof text) == E_INVALID);
    CHECK(compare("", &agree, text, sizeof text) == E_INVALID);
    CHECK(strstr(fail_reason(), "not a basket"));
    tally_close(tally);
}

int main(void) {
    RUN(a_perfect_session_is_perfect);
    RUN(weights_are_judged_by_time_interval_and_truth);
    RUN(nothing_said_has_no_precision);
    RUN(a_missed_event_costs_recall);
    RUN(an_event_that_never_was_costs_precision_and_auto_accuracy);
    RUN(a_put_does_not_match_a_take);
    RUN(a_wrong_product_matches_but_is_wrong);
    RUN(an_event_matches_within_a_second_and_a_half);
    RUN(the_nearest_pair_matches_first);
    RUN(one_belief_matches_one_event);
    RUN(what_was_asked_is_predicted_but_not_accepted);
    RUN(a_basket_may_be_exact_only_once_it_is_answered);
    RUN(every_weighed_line_counts_as_one_piece);
    RUN(calibration_error_of_a_known_case);
    RUN(sessions_add_up);
    RUN(a_receipt_agrees_line_by_line);
    RUN(a_receipt_differs_by_product_quantity_or_price);
    RUN(what_is_no_basket_is_refused);
    return DONE();
}
