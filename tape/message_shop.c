/* message_shop.c - scans, commands, the ledger, faults and truth. */
#include "message_internal.h"

static const char *const scan_sources[] = {
    [SCAN_SCANNER] = "scanner", [SCAN_CAMERA] = "camera", [SCAN_SHOPPER] = "shopper", NULL};

json_t *message_from_scan(const Scan *scan) {
    Writing to = writing_open();
    put_whole(&to, "t_ns", scan->t_ns);
    put_text(&to, "code", scan->code);
    put_text(&to, "source", scan_sources[scan->source]);
    put_json(&to, "camera", scan->source == SCAN_CAMERA ? json_integer(scan->camera) : json_null());
    return writing_close(&to);
}

Status message_to_scan(const uint8_t *bytes, size_t size, Scan *out) {
    Reading reading = reading_open("scan", bytes, size);
    const json_t *root = reading.root;
    Scan scan = {.t_ns = read_time(&reading, root, "t_ns"), .camera = -1};
    read_text(&reading, root, "code", scan.code, sizeof scan.code);
    if (!scan.code[0]) reading_refuse(&reading, "code", "a text that is not empty");
    scan.source = (ScanSource)read_choice(&reading, root, "source", scan_sources);
    if (scan.source == SCAN_CAMERA) scan.camera = read_int(&reading, root, "camera", 0, INT16_MAX);
    TRY(reading_close(&reading));
    *out = scan;
    return OK;
}

static const char *const command_kinds[] = {[COMMAND_ANSWER] = "answer",
                                            [COMMAND_DISPUTE] = "dispute",
                                            [COMMAND_REMOVE] = "remove",
                                            [COMMAND_CHECKOUT] = "checkout",
                                            [COMMAND_RESET] = "reset",
                                            [COMMAND_ZERO] = "zero",
                                            [COMMAND_TARE] = "tare",
                                            [COMMAND_CLEAR_TARE] = "clear_tare",
                                            NULL};

json_t *message_from_command(const Command *command, const Catalog *catalog) {
    Writing to = writing_open();
    put_whole(&to, "t_ns", command->t_ns);
    put_text(&to, "kind", command_kinds[command->kind]);
    put_whole(&to, "prompt", command->prompt);
    put_whole(&to, "line", command->line);
    put_json(&to, "product", json_of_product_id(product_at(catalog, command->sku)));
    put_whole(&to, "quantity", command->quantity);
    return writing_close(&to);
}

Status message_to_command(const uint8_t *bytes, size_t size, const Catalog *catalog, Command *out) {
    Reading reading = reading_open("command", bytes, size);
    const json_t *root = reading.root;
    Command command = {
        .t_ns = read_time(&reading, root, "t_ns"),
        .kind = (CommandKind)read_choice(&reading, root, "kind", command_kinds),
        .prompt = read_int(&reading, root, "prompt", 0, INT32_MAX),
        .line = read_int(&reading, root, "line", 0, INT32_MAX),
        .sku = read_product(&reading, root, "product", catalog),
        .quantity = read_int(&reading, root, "quantity", 0, INT32_MAX)};
    TRY(reading_close(&reading));
    *out = command;
    return OK;
}

json_t *message_from_truth_event(const TruthEvent *event) {
    Writing to = writing_open();
    put_whole(&to, "t_ns", event->t_ns);
    put_text(&to, "gtin", event->gtin);
    put_whole(&to, "quantity", event->quantity);
    put_real(&to, "weight_g", event->weight_g);
    return writing_close(&to);
}

Status message_to_truth_event(const uint8_t *bytes, size_t size, TruthEvent *out) {
    Reading reading = reading_open("truth event", bytes, size);
    const json_t *root = reading.root;
    TruthEvent event = {
        .t_ns = read_time(&reading, root, "t_ns"),
        .quantity = read_int(&reading, root, "quantity", -INT32_MAX, INT32_MAX),
        .weight_g = read_real(&reading, root, "weight_g", 0, 1e9)};
    read_text(&reading, root, "gtin", event.gtin, sizeof event.gtin);
    TRY(reading_close(&reading));
    *out = event;
    return OK;
}

json_t *message_from_product(const Product *product, const Catalog *catalog) {
    (void)catalog; /* one currency for all of it; a price is only a number here */
    Writing to = writing_open();
    put_json(&to, "product", json_of_product_id(product));
    put_json(&to, "gtin", json_of_product_gtin(product));
    put_json(&to, "name", json_of_product_name(product));
    put_json(&to, "brand", json_of_product_brand(product));
    put_whole(&to, "price_minor", (json_int_t)(product ? product->price_minor : 0));
    put_text(&to, "unit", product_unit_name(product));
    put_json(&to, "picture", json_of_product_picture(product));
    return writing_close(&to);
}

static const char *const prompt_kinds[] = {
    [PROMPT_WHICH_ADDED] = "which_added",
    [PROMPT_WHICH_REMOVED] = "which_removed",
    [PROMPT_PLEASE_SCAN] = "please_scan",
    [PROMPT_DISPUTED] = "disputed",
    NULL};

json_t *message_from_prompt(const Prompt *prompt, const Catalog *catalog) {
    json_t *choices = json_array();
    for (int i = 0; i < prompt->count; i++) {
        const Product *product = product_at(catalog, prompt->choices[i]);
        json_array_append_new(choices, message_from_product(product, catalog));
    }
    Writing to = writing_open();
    put_whole(&to, "prompt", prompt->prompt);
    put_whole(&to, "event", prompt->event);
    put_whole(&to, "t_ns", prompt->t_ns);
    put_text(&to, "kind", prompt_kinds[prompt->kind]);
    put_whole(&to, "line", prompt->line);
    put_whole(&to, "quantity", prompt->quantity);
    put_json(&to, "choices", choices);
    return writing_close(&to);
}

static Prompt read_prompt(Reading *reading, const json_t *object, const Catalog *catalog) {
    Prompt prompt = {
        .prompt = read_int(reading, object, "prompt", 0, INT32_MAX),
        .event = read_int(reading, object, "event", 0, INT32_MAX),
        .t_ns = read_time(reading, object, "t_ns"),
        .kind = (PromptKind)read_choice(reading, object, "kind", prompt_kinds),
        .line = read_int(reading, object, "line", 0, INT32_MAX),
        .quantity = read_int(reading, object, "quantity", 0, INT32_MAX)};
    const json_t *choices =
        read_list(reading, object, "choices", 0, PROMPT_CHOICES_MAX, &prompt.count);
    for (int i = 0; i < prompt.count; i++) {
        const json_t *choice = json_array_get(choices, (size_t)i);
        prompt.choices[i] = read_product(reading, choice, "product", catalog);
    }
    return prompt;
}

static const char *const entry_kinds[] = {[ENTRY_ADD] = "add",       [ENTRY_REMOVE] = "remove",
                                          [ENTRY_PROMPT] = "prompt", [ENTRY_ANSWER] = "answer",
                                          [ENTRY_WEIGH] = "weigh",   [ENTRY_CHECKOUT] = "checkout",
                                          [ENTRY_RESET] = "reset",   NULL};

json_t *message_from_entry(const Entry *entry, const Catalog *catalog) {
    const Product *product = product_at(catalog, entry->sku);
    bool asks = entry->kind == ENTRY_PROMPT || entry->kind == ENTRY_ANSWER;
    Writing to = writing_open();
    put_whole(&to, "sequence", entry->sequence);
    put_whole(&to, "t_ns", entry->t_ns);
    put_whole(&to, "decided_ns", entry->decided_ns);
    put_text(&to, "kind", entry_kinds[entry->kind]);
    put_whole(&to, "event", entry->event);
    put_whole(&to, "line", entry->line);
    put_json(&to, "product", json_of_product_id(product));
    put_json(&to, "gtin", json_of_product_gtin(product));
    put_json(&to, "name", json_of_product_name(product));
    put_whole(&to, "quantity", entry->quantity);
    put_whole(&to, "net_g", (json_int_t)entry->net_e * entry->e_g);
    put_whole(&to, "e_g", entry->e_g);
    put_whole(&to, "unit_price_minor", entry->unit_price_minor);
    put_whole(&to, "amount_minor", entry->amount_minor);
    put_real(&to, "confidence_p", entry->confidence_p);
    put_flag(&to, "confirmed", entry->confirmed);
    put_json(&to, "prompt", asks ? message_from_prompt(&entry->prompt, catalog) : json_null());
    put_text(&to, "why", entry->why);
    return writing_close(&to);
}

Status message_to_entry(const uint8_t *bytes, size_t size, const Catalog *catalog, Entry *out) {
    Reading reading = reading_open("entry", bytes, size);
    const json_t *root = reading.root;
    Entry entry = {
        .sequence = read_whole(&reading, root, "sequence", 0, INT64_MAX),
        .t_ns = read_time(&reading, root, "t_ns"),
        .decided_ns = read_time(&reading, root, "decided_ns"),
        .kind = (EntryKind)read_choice(&reading, root, "kind", entry_kinds),
        .event = read_int(&reading, root, "event", 0, INT32_MAX),
        .line = read_int(&reading, root, "line", 0, INT32_MAX),
        .sku = read_product(&reading, root, "product", catalog),
        .quantity = read_int(&reading, root, "quantity", 0, INT32_MAX),
        .e_g = read_int(&reading, root, "e_g", 0, INT32_MAX),
        .unit_price_minor = read_whole(&reading, root, "unit_price_minor", -INT64_MAX, INT64_MAX),
        .amount_minor = read_whole(&reading, root, "amount_minor", -INT64_MAX, INT64_MAX),
        .confidence_p = read_real(&reading, root, "confidence_p", 0, 1),
        .confirmed = read_flag(&reading, root, "confirmed")};
    int64_t net_g = read_whole(&reading, root, "net_g", -INT64_MAX, INT64_MAX);
    int64_t net_e = entry.e_g > 0 ? net_g / entry.e_g : 0;
    if (net_e * entry.e_g != net_g || net_e < INT32_MIN || net_e > INT32_MAX) {
        reading_refuse(&reading, "net_g", "a whole count of e_g");
    }
    entry.net_e = (int32_t)net_e;
    if (has_value(root, "prompt")) {
        entry.prompt = read_prompt(&reading, json_object_get(root, "prompt"), catalog);
    }
    read_text(&reading, root, "why", entry.why, sizeof entry.why);
    TRY(reading_close(&reading));
    *out = entry;
    return OK;
}

static json_t *json_of_line(const BasketLine *line, const Catalog *catalog) {
    const Product *product = product_at(catalog, line->sku);
    bool by_weight = product && product->unit == UNIT_WEIGHT && !line->weighing;
    json_int_t net_g = (json_int_t)line->net_e * line->e_g;
    Writing to = writing_open();
    put_whole(&to, "line", line->line);
    put_json(&to, "product", json_of_product_id(product));
    put_json(&to, "gtin", json_of_product_gtin(product));
    put_json(&to, "name", json_of_product_name(product));
    put_json(&to, "brand", json_of_product_brand(product));
    put_json(&to, "picture", json_of_product_picture(product));
    put_whole(&to, "quantity", line->quantity);
    put_text(&to, "unit", product_unit_name(product));
    put_json(&to, "net_g", by_weight ? json_integer(net_g) : json_null());
    put_whole(&to, "unit_price_minor", line->unit_price_minor);
    put_whole(&to, "price_minor", line->price_minor);
    put_real(&to, "confidence_p", line->confidence_p);
    put_flag(&to, "confirmed", line->confirmed);
    put_flag(&to, "weighing", line->weighing);
    return writing_close(&to);
}

json_t *message_from_basket(const Basket *basket, const Catalog *catalog) {
    json_t *lines = json_array(), *prompts = json_array();
    for (int i = 0; i < basket->count; i++) {
        json_array_append_new(lines, json_of_line(&basket->lines[i], catalog));
    }
    for (int i = 0; i < basket->prompt_count; i++) {
        json_array_append_new(prompts, message_from_prompt(&basket->prompts[i], catalog));
    }
    Writing to = writing_open();
    put_whole(&to, "t_ns", basket->t_ns);
    put_whole(&to, "revision", basket->revision);
    put_text(&to, "currency", catalog ? catalog->currency : "");
    put_flag(&to, "checked_out", basket->checked_out);
    put_whole(&to, "items", basket->items);
    put_whole(&to, "total_minor", basket->total_minor);
    put_whole(&to, "minimum_age", basket->minimum_age);
    put_json(&to, "lines", lines);
    put_json(&to, "prompts", prompts);
    return writing_close(&to);
}

json_t *message_from_fault(const Fault *fault) {
    Writing to = writing_open();
    put_whole(&to, "t_ns", fault->t_ns);
    put_flag(&to, "active", fault->active);
    put_text(&to, "what", fault->what);
    put_text(&to, "why", fault->why);
    return writing_close(&to);
}
