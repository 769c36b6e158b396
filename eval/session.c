#include "session.h"

#include "clock.h"
#include "message.h"
#include "pricebook.h"
#include "tape.h"

#include <stdlib.h>
#include <string.h>

static const int64_t ANSWER_NS = 2 * NS_PER_SECOND; /* a shopper takes that long */

static void close_tape(TapeReader **reader) { tape_close(*reader); }
static void drop_json(json_t **json) { json_decref(*json); }

/* -- truth ------------------------------------------------------------------------------------ */

static Status read_line(const json_t *json, const Catalog *catalog, TruthLine *out) {
    const char *gtin = json_string_value(json_object_get(json, "gtin"));
    const int32_t sku = gtin ? pricebook_find(catalog, gtin) : SKU_UNKNOWN;
    if (sku == SKU_UNKNOWN)
        return fail(
            E_INVALID,
            "the truth names %s, which the catalogue does not have; give its folder with --catalog",
            gtin ? gtin : "no gtin");
    *out = (TruthLine){
        .sku = sku,
        .quantity = (int32_t)json_integer_value(json_object_get(json, "quantity")),
        .price_minor = json_integer_value(json_object_get(json, "price_minor"))};
    return OK;
}

static Status read_basket(const TapeMessage *message, const Catalog *catalog, SessionTruth *out) {
    AUTO(drop_json) json_t *json = json_loadb((const char *)message->bytes, message->size, 0, NULL);
    const json_t *lines = json_object_get(json, "lines");
    if (!json_is_array(lines) || json_array_size(lines) > TRUTH_LINES_MAX)
        return fail(E_INVALID, "/truth/basket: not a basket");
    out->line_count = 0;
    out->total_minor = json_integer_value(json_object_get(json, "total_minor"));
    for (size_t i = 0; i < json_array_size(lines); i++)
        TRY(read_line(json_array_get(lines, i), catalog, &out->lines[out->line_count++]));
    return OK;
}

static Status read_truth(TapeReader *reader, const Catalog *catalog, SessionTruth *out) {
    bool any = false;
    TapeMessage message;
    Status status;
    while ((status = tape_next(reader, &message)) != E_END) {
        if (status == E_CORRUPT) continue;
        if (status != OK) return status;
        if (strcmp(message.channel->topic, "/truth/event") == 0) {
            if (out->event_count == SESSION_EVENTS_MAX)
                return fail(E_FULL, "more than %d events", SESSION_EVENTS_MAX);
            TRY(message_to_truth_event(
                message.bytes, message.size, &out->events[out->event_count++]));
            any = true;
        } else if (strcmp(message.channel->topic, "/truth/basket") == 0) {
            TRY(read_basket(&message, catalog, out));
            any = true;
        }
    }
    return any ? OK : fail(E_NOT_FOUND, "it carries no truth; only labelled tapes can be scored");
}

Status session_truth(const char *path, const Catalog *catalog, SessionTruth *out, bool *simulated) {
    AUTO(close_tape) TapeReader *reader = NULL;
    TRY(tape_open(&reader, path));
    memset(out, 0, sizeof *out);
    const char *made = tape_note_get(reader, "cartwright", "simulated");
    *simulated = made && strcmp(made, "true") == 0;
    const Status status = read_truth(reader, catalog, out);
    if (status != OK) {
        char reason[512];
        strncpy(reason, fail_reason(), sizeof reason - 1);
        reason[sizeof reason - 1] = '\0';
        return fail(status, "%s: %s", path, reason);
    }
    return OK;
}

/* -- thinking --------------------------------------------------------------------------------- */

/* A question waiting for its answer. */
typedef struct Question {
    int32_t prompt, event, quantity;
    int64_t due_ns;
} Question;

typedef struct Thinking {
    const BrainConfig *config;
    const Catalog *catalog;
    const SessionTruth *shopper;
    SessionSaid *said;
    Brain *brain;
    BrainOutput output;
    int question_count;
    Question questions[BASKET_PROMPTS_MAX];
} Thinking;

static int64_t apart_ns(int64_t a, int64_t b) { return a > b ? a - b : b - a; }

/* The cart's own likeliest product. */
static int32_t guess(const Belief *belief) {
    for (int i = 0; i < belief->count; i++)
        if (belief->at[i].sku != SKU_UNKNOWN) return belief->at[i].sku;
    return SKU_UNKNOWN;
}

/* What is answered: the product of the true event behind the question, or the cart's own guess. */
static int32_t answer(const Thinking *thinking, int32_t event) {
    const SessionSaid *said = thinking->said;
    const Belief *belief = NULL;
    for (int i = 0; i < said->belief_count; i++)
        if (said->beliefs[i].event == event) belief = &said->beliefs[i];
    if (!belief || belief->count == 0) return SKU_UNKNOWN;
    if (!thinking->shopper) return guess(belief);
    const TruthEvent *best = NULL;
    for (int i = 0; i < thinking->shopper->event_count; i++) {
        const TruthEvent *real = &thinking->shopper->events[i];
        if ((real->quantity > 0) != (belief->at[0].quantity > 0)) continue;
        if (!best || apart_ns(real->t_ns, belief->t_ns) < apart_ns(best->t_ns, belief->t_ns))
            best = real;
    }
    return best ? pricebook_find(thinking->catalog, best->gtin) : SKU_UNKNOWN;
}

static void note(Thinking *thinking) {
    SessionSaid *said = thinking->said;
    const BrainOutput *output = &thinking->output;
    for (int i = 0; i < output->beliefs.count; i++)
        if (said->belief_count < SESSION_EVENTS_MAX)
            said->beliefs[said->belief_count++] = output->beliefs.at[i];
    for (int i = 0; i < output->entry_count; i++) {
        const Entry *entry = &output->entries[i];
        if (entry->kind != ENTRY_PROMPT) continue;
        said->prompts++;
        if (thinking->question_count == BASKET_PROMPTS_MAX) continue;
        thinking->questions[thinking->question_count++] = (Question){
            .prompt = entry->prompt.prompt,
            .event = entry->prompt.event,
            .quantity = entry->prompt.quantity,
            .due_ns = entry->decided_ns + ANSWER_NS};
    }
}

static void tell(Thinking *thinking, const BrainInput *input) {
    brain_step(thinking->config, thinking->catalog, thinking->brain, input, &thinking->output);
    note(thinking);
}

static void answer_due(Thinking *thinking, int64_t t_ns) {
    while (thinking->question_count > 0 && thinking->questions[0].due_ns <= t_ns) {
        const Question question = thinking->questions[0];
        thinking->question_count--;
        memmove(
            thinking->questions, thinking->questions + 1,
            (size_t)thinking->question_count * sizeof question);
        const BrainInput input = {
            .kind = BRAIN_COMMAND,
            .t_ns = t_ns,
            .command = {
                .t_ns = t_ns,
                .kind = COMMAND_ANSWER,
                .prompt = question.prompt,
                .sku = answer(thinking, question.event),
                .quantity = question.quantity}};
        tell(thinking, &input);
    }
}

Status session_think(
    const BrainConfig *config,
    const Catalog *catalog,
    const BrainLog *log,
    const SessionTruth *shopper,
    SessionSaid *out) {
    Thinking *thinking = calloc(1, sizeof *thinking);
    Brain *brain = calloc(1, sizeof *brain);
    if (!thinking || !brain) {
        free(thinking);
        free(brain);
        return fail(E_NO_MEMORY, "session: out of memory");
    }
    *thinking = (Thinking){
        .config = config, .catalog = catalog, .shopper = shopper, .said = out, .brain = brain};
    brain_init(brain);
    memset(out, 0, sizeof *out);
    for (int64_t i = 0; i < log->count; i++) {
        const BrainInput *input = &log->at[i];
        answer_due(thinking, input->t_ns);
        if (input->kind == BRAIN_WEIGHT_STEP && out->step_count < SESSION_STEPS_MAX)
            out->steps[out->step_count++] = input->step;
        tell(thinking, input);
    }
    if (log->count > 0) answer_due(thinking, INT64_MAX);
    if (log->count > 0) out->duration_ns = log->at[log->count - 1].t_ns - log->at[0].t_ns;
    out->basket = out->answered = brain->basket.basket;
    free(brain);
    free(thinking);
    return OK;
}
