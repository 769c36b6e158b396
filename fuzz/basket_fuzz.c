/* Bytes as a session: beliefs, commands, codes and weights in any order. Whatever comes, the total
 * is that of the lines, nothing is negative, and the entries, by way of the journal's text, make
 * the same basket again. */
#include "basket.h"
#include "message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SKUS = 4, STEPS_MAX = 400 };

static Product shelf[SKUS] = {
    {.id = "soup", .price_minor = 149, .gross_g = 410, .pack_sd_g = 2},
    {.id = "beans", .price_minor = 99, .gross_g = 412, .pack_sd_g = 2},
    {.id = "wine", .price_minor = 599, .gross_g = 1240, .pack_sd_g = 2, .minimum_age = 18},
    {.id = "apples", .price_minor = 299, .unit = UNIT_WEIGHT, .tare_g = 4},
};
static const Catalog catalog = {.products = shelf, .count = SKUS, .currency = "EUR"};

typedef struct Bytes {
    const uint8_t *at;
    size_t left;
} Bytes;

static int take(Bytes *bytes) {
    if (bytes->left == 0) return 0;
    bytes->left--;
    return *bytes->at++;
}

static int32_t take_sku(Bytes *bytes) { return take(bytes) % (SKUS + 1) - 1; }

/* Small numbers mostly, any number sometimes: a command may come from anybody. */
static int32_t take_number(Bytes *bytes) {
    const int number = take(bytes);
    return number < 250 ? number % 16 : (int32_t)((uint32_t)take(bytes) << 24) + number;
}

static Belief take_belief(Bytes *bytes, int32_t event, int64_t t_ns) {
    Belief belief = {.event = event, .t_ns = t_ns - take(bytes) * INT64_C(10000000)};
    const int sign = take(bytes) % 3 ? 1 : -1;
    belief.decided_ns = t_ns;
    belief.verdict = (Verdict)(take(bytes) % (VERDICT_IGNORE + 1));
    belief.sources = (uint32_t)take(bytes) % 8;
    belief.delta_g = take(bytes) % 4 ? sign * 8.0 * take(bytes) : NAN;
    belief.stddev_g = 1.5;
    belief.count = 1 + take(bytes) % 3;
    for (int i = 0; i < belief.count; i++)
        belief.at[i] = (Hypothesis){take_sku(bytes), sign * (1 + take(bytes) % 4), 0.5 / (i + 1)};
    return belief;
}

static BasketInput take_input(Bytes *bytes, int32_t event, int64_t t_ns) {
    BasketInput input = {.kind = (BasketInputKind)(take(bytes) % (BASKET_NET + 1)), .t_ns = t_ns};
    switch (input.kind) {
    case BASKET_BELIEF:
        input.belief = take_belief(bytes, event, t_ns);
        break;
    case BASKET_COMMAND:
        input.command.t_ns = t_ns;
        input.command.kind = (CommandKind)(take(bytes) % (COMMAND_RESET + 1));
        input.command.prompt = take_number(bytes);
        input.command.line = take_number(bytes);
        input.command.sku = take_sku(bytes);
        input.command.quantity = take_number(bytes);
        break;
    case BASKET_SCAN:
        input.scan = take(bytes) % SKUS;
        break;
    case BASKET_WEIGHT:
        input.weight = (LegalWeight){.t_ns = t_ns, .e_g = 5, .gross = 4 * take(bytes)};
        input.weight.net = input.weight.gross;
        input.weight.stable = take(bytes) % 4 > 0;
        if (input.weight.stable)
            input.weight.settled = (SettledLoad){
                .from_ns = t_ns - take(bytes) * INT64_C(10000000),
                .to_ns = t_ns,
                .load_u = input.weight.gross * INT64_C(5000),
                .e_u = 5000};
        break;
    case BASKET_NET:
        input.net.line = take_number(bytes);
        input.net.weight =
            (LegalWeight){.e_g = 5, .net = take_number(bytes), .tare = 1, .stable = true};
        break;
    case BASKET_TIME:
        break;
    }
    return input;
}

static void check(const Basket *basket) {
    int64_t total = 0;
    for (int i = 0; i < basket->count; i++) {
        const BasketLine *line = &basket->lines[i];
        if (line->quantity <= 0 || line->price_minor < 0 || line->net_e < 0) abort();
        if (line->sku < SKU_UNKNOWN || line->sku >= SKUS) abort();
        total += line->price_minor;
    }
    if (total != basket->total_minor || basket->items < 0) abort();
    if (basket->checked_out && basket->prompt_count > 0) abort();
}

static char *text_of(const Basket *basket) {
    json_t *json = message_from_basket(basket, &catalog);
    char *text = message_text(json);
    json_decref(json);
    if (!text) abort();
    return text;
}

/* Through the journal's text, as a restart would. */
static void apply_again(Basket *basket, const Entry *entry) {
    json_t *json = message_from_entry(entry, &catalog);
    char *text = message_text(json);
    Entry back;
    if (!text || message_to_entry((const uint8_t *)text, strlen(text), &catalog, &back) != OK)
        abort();
    if (!basket_apply(&catalog, basket, &back)) abort();
    free(text);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const BasketConfig config = {.settle_ms = 300, .fit_p = 0.05, .fit_g = 6};
    static BasketState state;
    static Basket again;
    static Entries out;
    static BasketWeighing weighings[BASKET_LINES_MAX];
    Bytes bytes = {data, size};
    int64_t t_ns = INT64_C(1000000000000);
    basket_init(&state);
    memset(&again, 0, sizeof again);
    for (int step = 1; bytes.left > 0 && step <= STEPS_MAX; step++) {
        t_ns += (take(&bytes) + 1) * INT64_C(20000000);
        const BasketInput input = take_input(&bytes, step, t_ns);
        basket_step(&config, &catalog, &state, &input, &out);
        check(&state.basket);
        const int wanted = basket_weighings(&config, &catalog, &state, weighings);
        if (wanted < 0 || wanted > state.basket.count) abort();
        for (int i = 0; i < out.count; i++)
            apply_again(&again, &out.at[i]);
    }
    char *live = text_of(&state.basket), *replayed = text_of(&again);
    if (strcmp(live, replayed) != 0) abort();
    free(live);
    free(replayed);
    return 0;
}
