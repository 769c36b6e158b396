#include "arena.h"
#include "test.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static void memory_is_zeroed_aligned_and_stays_where_it_is(void) {
    Arena arena;
    arena_init(&arena, 1 << 20);
    unsigned char *first = arena_take(&arena, 3);
    CHECK(first && first[0] == 0 && first[2] == 0);
    memcpy(first, "abc", 3);
    for (int i = 0; i < 1000; i++) {
        unsigned char *more = arena_take(&arena, (size_t)i);
        CHECK(more && (uintptr_t)more % alignof(max_align_t) == 0);
        if (!more || i == 0) continue;
        CHECK(more[0] == 0 && more[i - 1] == 0);
        memset(more, 0xff, (size_t)i);
    }
    CHECK(memcmp(first, "abc", 3) == 0);
    arena_finish(&arena);
}

static void a_large_piece_fits_and_the_ceiling_holds(void) {
    Arena arena;
    arena_init(&arena, 300000);
    CHECK(arena_take(&arena, 200000) != NULL);
    CHECK(arena_take(&arena, 200000) == NULL);
    CHECK(arena_take(&arena, 90000) != NULL);
    CHECK(arena_take(&arena, SIZE_MAX) == NULL);
    CHECK(arena_text(&arena, "", SIZE_MAX) == NULL);
    arena_finish(&arena);
    CHECK(arena.blocks == NULL);
}

static void text_is_copied_and_ended(void) {
    Arena arena;
    arena_init(&arena, 100);
    const char *text = arena_text(&arena, "bananas", 6);
    CHECK(text && strcmp(text, "banana") == 0);
    arena_finish(&arena);
}

int main(void) {
    RUN(memory_is_zeroed_aligned_and_stays_where_it_is);
    RUN(a_large_piece_fits_and_the_ceiling_holds);
    RUN(text_is_copied_and_ended);
    return DONE();
}
