/*
 * arena - memory that is given back all at once.
 *
 * Blocks are added as needed up to a ceiling; allocations never move and are zeroed.
 * Threads: one at a time.
 */
#pragma once

#include <stddef.h>

typedef struct ArenaBlock ArenaBlock;

typedef struct Arena {
    ArenaBlock *blocks;
    size_t used_bytes;
    size_t ceiling_bytes;
} Arena;

void arena_init(Arena *arena, size_t ceiling_bytes);

/* Zeroed, aligned for any type; NULL when the ceiling is reached or memory is out. */
void *arena_take(Arena *arena, size_t size);

/* A copy of the first `length` bytes of text, with a NUL after them. */
char *arena_text(Arena *arena, const char *text, size_t length);

void arena_finish(Arena *arena);
