/* A path, a newline, a body: what anybody on the network may post. */
#include "publish.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Product products[] = {{.id = "apples", .gtin = "2000000000022"}, {.id = "tea"}};
static const Catalog catalog = {.products = products, .count = 2, .currency = "EUR"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[256];
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    const size_t length = newline ? (size_t)(newline - data) : 0;
    if (!newline || length >= sizeof path || memchr(data, '\0', length)) return 0;
    memcpy(path, data, length);
    path[length] = '\0';

    Input input = {0};
    const size_t body = size - length - 1;
    if (body > PUBLISH_BODY_BYTES) return 0;
    if (publish_parse_command(path, newline + 1, body, &catalog, &input) != OK) {
        if (strchr(fail_reason(), '\n')) abort();
        return 0;
    }
    if (input.kind == INPUT_SCAN) {
        const size_t digits = strspn(input.scan.code, "0123456789");
        if (digits == 0 || input.scan.code[digits] != '\0') abort();
    } else if (
        input.kind != INPUT_COMMAND || input.command.sku < SKU_UNKNOWN ||
        input.command.sku >= catalog.count || input.command.quantity < 0) {
        abort();
    }
    return 0;
}
