#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024 };

struct ArenaBlock {
    ArenaBlock *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(Arena *arena, size_t ceiling_bytes) {
    *arena = (Arena){.ceiling_bytes = ceiling_bytes};
}

void *arena_take(Arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) return NULL;
    const size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (rounded > arena->ceiling_bytes - arena->used_bytes) return NULL;
    ArenaBlock *block = arena->blocks;
    if (!block || block->size - block->used < rounded) {
        const size_t bytes = rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES;
        block = calloc(1, sizeof *block + bytes);
        if (!block) return NULL;
        block->size = bytes;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *memory = block->bytes + block->used;
    block->used += rounded;
    arena->used_bytes += rounded;
    return memory;
}

char *arena_text(Arena *arena, const char *text, size_t length) {
    char *copy = length < SIZE_MAX ? arena_take(arena, length + 1) : NULL;
    if (copy) memcpy(copy, text, length);
    return copy;
}

void arena_finish(Arena *arena) {
    for (ArenaBlock *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (Arena){0};
}
