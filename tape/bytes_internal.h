/*
 * bytes - little-endian bytes in and out: a buffer that grows, and a view that cannot be overrun.
 *
 * Both remember that something went wrong, so that a record is put or taken field by field and the
 * trouble is asked for once, at its end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline void store16(uint8_t *to, uint16_t value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}
static inline void store32(uint8_t *to, uint32_t value) {
    store16(to, (uint16_t)value);
    store16(to + 2, (uint16_t)(value >> 16));
}
static inline void store64(uint8_t *to, uint64_t value) {
    store32(to, (uint32_t)value);
    store32(to + 4, (uint32_t)(value >> 32));
}
static inline uint16_t load16(const uint8_t *from) { return (uint16_t)(from[0] | from[1] << 8); }
static inline uint32_t load32(const uint8_t *from) {
    return load16(from) | (uint32_t)load16(from + 2) << 16;
}
static inline uint64_t load64(const uint8_t *from) {
    return load32(from) | (uint64_t)load32(from + 4) << 32;
}

/* -- out ----------------------------------------------------------------------------------- */

typedef struct Buffer {
    uint8_t *bytes;
    size_t size, capacity;
    bool failed; /* memory was out; what was put since is missing */
} Buffer;

static inline void buffer_finish(Buffer *buffer) {
    free(buffer->bytes);
    *buffer = (Buffer){0};
}

static inline bool buffer_reserve(Buffer *buffer, size_t more) {
    if (more <= buffer->capacity - buffer->size) return true;
    size_t wanted = buffer->size + more, capacity = buffer->capacity * 2;
    if (wanted < more) return !(buffer->failed = true);
    if (capacity < wanted) capacity = wanted < 256 ? 256 : wanted;
    uint8_t *bytes = realloc(buffer->bytes, capacity);
    if (!bytes) return !(buffer->failed = true);
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

/* Room for size more bytes at the end, or NULL. */
static inline uint8_t *buffer_grow(Buffer *buffer, size_t size) {
    if (!buffer_reserve(buffer, size)) return NULL;
    buffer->size += size;
    return buffer->bytes + buffer->size - size;
}

static inline void put_bytes(Buffer *buffer, const void *bytes, size_t size) {
    uint8_t *to = buffer_grow(buffer, size);
    if (to && size > 0) memcpy(to, bytes, size);
}
static inline void put_u8(Buffer *buffer, uint8_t value) { put_bytes(buffer, &value, 1); }
static inline void put_u16(Buffer *buffer, uint16_t value) {
    uint8_t *to = buffer_grow(buffer, 2);
    if (to) store16(to, value);
}
static inline void put_u32(Buffer *buffer, uint32_t value) {
    uint8_t *to = buffer_grow(buffer, 4);
    if (to) store32(to, value);
}
static inline void put_u64(Buffer *buffer, uint64_t value) {
    uint8_t *to = buffer_grow(buffer, 8);
    if (to) store64(to, value);
}
static inline void put_text(Buffer *buffer, const char *text) {
    size_t length = strlen(text);
    put_u32(buffer, (uint32_t)length);
    put_bytes(buffer, text, length);
}

/* -- in ------------------------------------------------------------------------------------ */

typedef struct View {
    const uint8_t *at;
    size_t left;
    bool failed; /* something reached past the end; everything taken since is zero or empty */
} View;

/* The next size bytes, or NULL. A length is compared with what is left, never added to a pointer.
 */
static inline const uint8_t *take_bytes(View *view, uint64_t size) {
    if (view->failed || size > view->left) {
        view->failed = true;
        view->left = 0;
        return NULL;
    }
    const uint8_t *bytes = view->at;
    view->at += size;
    view->left -= (size_t)size;
    return bytes;
}
static inline uint8_t take_u8(View *view) {
    const uint8_t *from = take_bytes(view, 1);
    return from ? *from : 0;
}
static inline uint16_t take_u16(View *view) {
    const uint8_t *from = take_bytes(view, 2);
    return from ? load16(from) : 0;
}
static inline uint32_t take_u32(View *view) {
    const uint8_t *from = take_bytes(view, 4);
    return from ? load32(from) : 0;
}
static inline uint64_t take_u64(View *view) {
    const uint8_t *from = take_bytes(view, 8);
    return from ? load64(from) : 0;
}
/* A view of the next size bytes. */
static inline View take_view(View *view, uint64_t size) {
    const uint8_t *at = take_bytes(view, size);
    return at ? (View){.at = at, .left = (size_t)size} : (View){.failed = true};
}
/* A text with its length in front. */
static inline View take_text(View *view) { return take_view(view, take_u32(view)); }
