/* write.c - an entry numbered, explained, applied; a refusal put into words. */
#include "basket_internal.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *name_of(const Catalog *catalog, int32_t sku) {
    return is_named(catalog, sku) ? catalog->products[sku].name : "something unnamed";
}

/* Text cut to size may end inside a UTF-8 character: cut that off too. */
static void trim_partial_character(char *text) {
    size_t length = strlen(text), start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t needs = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < needs) text[start - 1] = 0;
}

static void say(char out[ENTRY_WHY_BYTES], const char *format, va_list words) {
    vsnprintf(out, ENTRY_WHY_BYTES, format, words);
    trim_partial_character(out);
}

void refuse(Ledger *ledger, const char *format, ...) {
    va_list words;
    va_start(words, format);
    say(ledger->out->refused, format, words);
    va_end(words);
}

bool ledger_write(Ledger *ledger, Entry *entry, const char *why, ...) {
    Basket *basket = &ledger->state->basket;
    if (ledger->out->count == ENTRIES_MAX) return false;
    Basket next = *basket;
    entry->t_ns = ledger->t_ns;
    entry->decided_ns = ledger->decided_ns;
    entry->confidence_p = entry->confidence_p > 0 ? fmin(entry->confidence_p, 1) : 0;
    if (!apply_unchecked(ledger->catalog, &next, entry)) return false;
    entry->sequence = next.revision;
    entry->amount_minor = entry->kind == ENTRY_RESET ? 0 : next.total_minor - basket->total_minor;
    va_list words;
    va_start(words, why);
    say(entry->why, why, words);
    va_end(words);
    bool applied = basket_apply(ledger->catalog, basket, entry);
    assert(applied);
    (void)applied;
    if (entry->line > ledger->state->last_line) ledger->state->last_line = entry->line;
    ledger->out->at[ledger->out->count++] = *entry;
    return true;
}

BasketStory *story_of(BasketState *state, int32_t line) {
    for (int i = state->story_count - 1; i >= 0; i--)
        if (state->stories[i].line == line) return &state->stories[i];
    return NULL;
}
