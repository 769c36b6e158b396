/* brain_test.c - facts about reasoner and ledger together, with a shelf of five products. */
#include "brain.h"
#include "config.h"
#include "message.h"
#include "meter.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

enum { SOUP, BEANS, COLA, RICE, APPLES, SKUS };
enum { SAID_MAX = 256 };

static Product shelf[SKUS] = {
    [SOUP] = {.id = "soup", .name = "Tomato soup", .price_minor = 149, .gross_g = 410},
    [BEANS] = {.id = "beans", .name = "Baked beans", .price_minor = 99, .gross_g = 410.5},
    [COLA] = {.id = "cola", .name = "Cola", .price_minor = 189, .gross_g = 1050},
    [RICE] = {.id = "rice", .name = "Rice", .price_minor = 219, .gross_g = 700},
    [APPLES] = {.id = "apples", .name = "Apples", .price_minor = 299, .unit = UNIT_WEIGHT},
};
static const Catalog catalog = {.products = shelf, .count = SKUS, .currency = "EUR"};

static BrainConfig config;
static Brain brain;
static BrainOutput out;
static Entry said[SAID_MAX];
static int said_count;
static int64_t now_ns;
static int32_t step_id;

static void fresh(int cameras) {
    static CartConfig defaults;
    SettingSection sections[CONFIG_SECTIONS];
    config_sections(&defaults, sections);
    settings_defaults(sections, CONFIG_SECTIONS);
    config = (BrainConfig){.reason = defaults.reason, .basket = defaults.basket};
    config.reason.cameras = cameras;
    config.reason.vision = cameras > 0;
    for (int i = 0; i < SKUS; i++)
        shelf[i].pack_sd_g = 2;
    brain_init(&brain);
    said_count = 0;
    step_id = 0;
    now_ns = 1000000 * MS;
}

static void give(BrainInput input) {
    input.t_ns = now_ns;
    brain_step(&config, &catalog, &brain, &input, &out);
    for (int i = 0; i < out.entry_count && said_count < SAID_MAX; i++)
        said[said_count++] = out.entries[i];
}

static void wait_ms(int ms) {
    for (const int64_t end_ns = now_ns + ms * MS; now_ns < end_ns;) {
        now_ns += 100 * MS;
        give((BrainInput){.kind = BRAIN_TIME});
    }
}

static void weigh(double delta_g) {
    give((BrainInput){
        .kind = BRAIN_WEIGHT_STEP,
        .step = {
            .id = ++step_id,
            .t_ns = now_ns - 400 * MS,
            .decided_ns = now_ns,
            .delta_g = delta_g,
            .stddev_g = 1,
            .final = true}});
}

static void see(int camera, Direction direction, int32_t sku) {
    BrainInput input = {
        .kind = BRAIN_CROSSING,
        .crossing = {
            .t_ns = now_ns - 400 * MS,
            .decided_ns = now_ns,
            .camera = camera,
            .direction = direction,
            .confidence_p = 0.95F,
            .looks = {.views = 5, .count = 1, .unknown_log_p = (float)log(0.001)}}};
    input.crossing.looks.at[0].sku = sku;
    input.crossing.looks.at[0].log_p = (float)log(0.99);
    give(input);
}

static void scan(int32_t sku) { give((BrainInput){.kind = BRAIN_SCAN, .scan = {.sku = sku}}); }

static void command(Command command) {
    give((BrainInput){.kind = BRAIN_COMMAND, .command = command});
}

static const Basket *basket(void) { return &brain.basket.basket; }

static bool holds_one(int32_t sku) {
    return basket()->count == 1 && basket()->lines[0].sku == sku &&
           basket()->lines[0].quantity == 1 &&
           basket()->total_minor == catalog.products[sku].price_minor;
}

static void an_item_seen_and_weighed_becomes_a_line_and_a_total(void) {
    fresh(1);
    see(0, DIRECTION_PUT, COLA);
    weigh(1050);
    wait_ms(3000);
    CHECK(holds_one(COLA));
    CHECK(said_count == 1 && said[0].kind == ENTRY_ADD && said[0].sequence == 1);
    CHECK(said[0].amount_minor == 189);
}

static void crossing_and_weight_may_come_in_either_order(void) {
    fresh(1);
    weigh(1050);
    see(0, DIRECTION_PUT, COLA);
    wait_ms(3000);
    CHECK(holds_one(COLA));
}

static void without_cameras_a_weight_that_names_one_product_is_enough(void) {
    fresh(0);
    weigh(1050);
    wait_ms(3000);
    CHECK(holds_one(COLA));
}

/* Soup and beans weigh alike: only somebody else can tell. */
static void doubt(void) {
    weigh(410);
    wait_ms(3000);
    CHECK(basket()->prompt_count == 1);
}

static void two_products_of_one_weight_are_asked_about(void) {
    fresh(0);
    doubt();
    const Prompt *prompt = &basket()->prompts[0];
    CHECK(prompt->kind == PROMPT_WHICH_ADDED && prompt->count == 2);
    CHECK(
        (prompt->choices[0] == SOUP && prompt->choices[1] == BEANS) ||
        (prompt->choices[0] == BEANS && prompt->choices[1] == SOUP));
    CHECK(basket()->count == 1 && basket()->lines[0].sku == SKU_UNKNOWN);
    CHECK(basket()->total_minor == 0);
    command((Command){.kind = COMMAND_CHECKOUT});
    CHECK(!basket()->checked_out && out.refused[0]);
}

static void the_shoppers_answer_names_the_line(void) {
    fresh(0);
    doubt();
    command((Command){
        .kind = COMMAND_ANSWER,
        .prompt = basket()->prompts[0].prompt,
        .sku = BEANS,
        .quantity = 1});
    CHECK(holds_one(BEANS) && basket()->lines[0].confirmed);
    CHECK(basket()->prompt_count == 0);
    command((Command){.kind = COMMAND_CHECKOUT});
    CHECK(basket()->checked_out);
}

static void a_code_answers_the_question(void) {
    fresh(0);
    doubt();
    scan(SOUP);
    CHECK(holds_one(SOUP) && basket()->lines[0].confirmed && basket()->prompt_count == 0);
}

static void a_code_before_an_item_names_it(void) {
    fresh(0);
    scan(SOUP);
    wait_ms(500);
    CHECK(basket()->count == 0);
    weigh(410);
    wait_ms(3000);
    CHECK(holds_one(SOUP) && basket()->prompt_count == 0);
}

/* ... but not when it has answered a question: then the next item has to be asked about again. */
static void a_code_that_answered_a_question_says_nothing_of_the_next_item(void) {
    fresh(0);
    doubt();
    scan(SOUP);
    doubt();
    CHECK(basket()->prompts[0].count == 2);
}

static void what_is_taken_out_leaves_the_basket(void) {
    fresh(0);
    weigh(1050);
    wait_ms(3000);
    weigh(700);
    wait_ms(3000);
    CHECK(basket()->count == 2 && basket()->total_minor == 189 + 219);
    weigh(-1050);
    wait_ms(3000);
    CHECK(holds_one(RICE));
}

/* Nothing inside weighs what soup does, so what was taken out was not soup. */
static void only_what_is_inside_is_taken_out(void) {
    fresh(0);
    weigh(1050);
    wait_ms(3000);
    weigh(-410);
    wait_ms(5000);
    for (int i = 0; i < basket()->count; i++)
        CHECK(basket()->lines[i].sku == COLA && basket()->lines[i].quantity >= 0);
    CHECK(basket()->total_minor >= 0 && basket()->total_minor <= 189);
    for (int i = 0; i < said_count; i++)
        CHECK(said[i].kind != ENTRY_REMOVE || said[i].sku == COLA);
}

static void a_reset_begins_with_an_empty_basket_and_entry_one(void) {
    fresh(0);
    weigh(1050);
    wait_ms(3000);
    command((Command){.kind = COMMAND_RESET});
    CHECK(out.entry_count == 1 && out.entries[0].kind == ENTRY_RESET);
    CHECK(out.entries[0].sequence == 1);
    CHECK(basket()->count == 0 && basket()->total_minor == 0);
    weigh(-1050); /* nothing is inside: nothing can be taken out */
    wait_ms(3000);
    CHECK(basket()->count == 0 && basket()->total_minor == 0);
}

/* An unspent code belongs to the session it was read in. */
static void a_reset_forgets_codes(void) {
    fresh(0);
    scan(SOUP);
    command((Command){.kind = COMMAND_RESET});
    doubt();
}

static void a_command_without_effect_says_why(void) {
    fresh(0);
    command((Command){.kind = COMMAND_REMOVE, .line = 7, .quantity = 1});
    CHECK(out.entry_count == 0 && out.refused[0] != '\0');
}

/* -- the same inputs, the same outputs ------------------------------------------------------- */

static uint32_t dice;

static int roll(int sides) {
    dice = dice * 1664525U + 1013904223U;
    return (int)((dice >> 8) % (uint32_t)sides);
}

static void act(void) {
    static const double loads_g[] = {410, 1050, 700, 820, 333};
    const int32_t sku = roll(SKUS);
    const double load_g = loads_g[roll(5)] * (roll(3) ? 1 : -1);
    switch (roll(7)) {
    case 0:
        scan(sku);
        break;
    case 1:
        command((Command){
            .kind = (CommandKind)roll(COMMAND_RESET + 1),
            .prompt = roll(12),
            .line = roll(12),
            .sku = sku,
            .quantity = roll(3)});
        break;
    case 2:
        see(roll(2), (Direction)roll(3), sku);
        break;
    case 3:
        see(roll(2), load_g > 0 ? DIRECTION_PUT : DIRECTION_TAKE, sku);
        weigh(load_g);
        break;
    case 4:
        give((BrainInput){
            .kind = BRAIN_LEGAL_WEIGHT,
            .legal = {.t_ns = now_ns, .e_g = 5, .gross = roll(900), .stable = roll(2) == 1}});
        break;
    default:
        weigh(load_g);
    }
    wait_ms(100 * (1 + roll(20)));
}

/* Everything that was said, as text: padding has no say. */
static void text_of(uint32_t seed, int acts, char *text, size_t size) {
    size_t length = 0;
    fresh(2);
    text[0] = '\0';
    dice = seed;
    for (int i = 0; i < acts; i++) {
        said_count = 0;
        act();
        for (int j = 0; j < said_count; j++) {
            json_t *json = message_from_entry(&said[j], &catalog);
            char *line = message_text(json);
            length +=
                (size_t)snprintf(text + length, length < size ? size - length : 0, "%s\n", line);
            free(line);
            json_decref(json);
        }
    }
    CHECK(length < size);
}

static void the_same_inputs_give_the_same_entries(void) {
    enum { BYTES = 1 << 20 };
    char *once = malloc(BYTES), *again = malloc(BYTES);
    if (!once || !again) abort();
    for (uint32_t seed = 1; seed <= 5; seed++) {
        text_of(seed, 120, once, BYTES);
        text_of(seed, 120, again, BYTES);
        CHECK(strlen(once) > 1000 && strcmp(once, again) == 0);
    }
    free(once);
    free(again);
}

/* Whatever comes: entries are numbered without a gap, are told in order of decision, and make the
 * basket. */
static void the_entries_of_a_session_make_its_basket(void) {
    static Basket made;
    for (uint32_t seed = 11; seed <= 15; seed++) {
        fresh(2);
        memset(&made, 0, sizeof made);
        dice = seed;
        int64_t last = 0;
        for (int i = 0; i < 150; i++) {
            said_count = 0;
            act();
            for (int j = 0; j < said_count; j++) {
                if (said[j].kind == ENTRY_RESET) last = 0;
                CHECK(said[j].sequence == last + 1);
                last = said[j].sequence;
                CHECK(basket_apply(&catalog, &made, &said[j]));
            }
            CHECK(made.total_minor == basket()->total_minor && made.total_minor >= 0);
            CHECK(made.count == basket()->count && made.prompt_count == basket()->prompt_count);
            CHECK(made.revision == basket()->revision && made.items == basket()->items);
        }
    }
}

/* For a second, the legal scale says that so much has settled. */
static void settle(double load_g) {
    LegalWeight legal = {.e_u = 5000, .e_g = 5, .stable = true};
    legal.gross = legal.net = (int32_t)lround(load_g / 5);
    legal.settled = (SettledLoad){
        .from_ns = now_ns + 1,
        .load_u = llround(load_g * 1000),
        .e_u = 5000,
        .calibration_count = 1};
    for (int i = 0; i < 10; i++) {
        now_ns += 100 * MS;
        legal.t_ns = legal.settled.to_ns = now_ns;
        give((BrainInput){.kind = BRAIN_LEGAL_WEIGHT, .legal = legal});
    }
}

static void what_is_sold_by_weight_is_priced_on_its_own_net(void) {
    fresh(0);
    settle(20002.4); /* shows 4000 e */
    now_ns += 500 * MS;
    scan(APPLES);
    now_ns += 400 * MS;
    weigh(106.6);
    wait_ms(3000);
    settle(20109); /* shows 4022 */
    const Basket *basket = &brain.basket.basket;
    CHECK(basket->count == 1 && basket->lines[0].sku == APPLES && !basket->lines[0].weighing);
    CHECK(basket->lines[0].net_e == 21 && basket->lines[0].price_minor == 31); /* 31.395 */
    CHECK(said[said_count - 1].kind == ENTRY_WEIGH);
}

static void the_ledgers_price_is_the_meters(void) {
    int wrong = 0;
    for (int64_t i = 0; i < 200000; i++) {
        const int32_t net = (int32_t)(i * 7919 % 10000), e_g = (int32_t[]){1, 2, 5, 10, 20}[i % 5];
        const int64_t unit = i * 104729 % 1000003;
        int64_t price = -1;
        wrong += meter_price(net, e_g * 1000, unit, &price) != OK ||
                 price != basket_price_of_weight(net, e_g, unit);
    }
    CHECK(wrong == 0);
}

static void a_log_grows_and_keeps_order(void) {
    BrainLog log = {0};
    for (int i = 0; i < 3000; i++)
        CHECK(brain_log_append(&log, &(BrainInput){.kind = BRAIN_TIME, .t_ns = i}) == OK);
    CHECK(log.count == 3000 && log.at[0].t_ns == 0 && log.at[2999].t_ns == 2999);
    brain_log_finish(&log);
    CHECK(log.count == 0 && log.at == NULL);
}

int main(void) {
    RUN(an_item_seen_and_weighed_becomes_a_line_and_a_total);
    RUN(crossing_and_weight_may_come_in_either_order);
    RUN(without_cameras_a_weight_that_names_one_product_is_enough);
    RUN(two_products_of_one_weight_are_asked_about);
    RUN(the_shoppers_answer_names_the_line);
    RUN(a_code_answers_the_question);
    RUN(a_code_before_an_item_names_it);
    RUN(a_code_that_answered_a_question_says_nothing_of_the_next_item);
    RUN(what_is_taken_out_leaves_the_basket);
    RUN(only_what_is_inside_is_taken_out);
    RUN(a_reset_begins_with_an_empty_basket_and_entry_one);
    RUN(a_reset_forgets_codes);
    RUN(a_command_without_effect_says_why);
    RUN(the_same_inputs_give_the_same_entries);
    RUN(the_entries_of_a_session_make_its_basket);
    RUN(what_is_sold_by_weight_is_priced_on_its_own_net);
    RUN(the_ledgers_price_is_the_meters);
    RUN(a_log_grows_and_keeps_order);
    return DONE();
}
