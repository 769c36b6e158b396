/*
 * mcap - the records of an MCAP file, version 0 (https://mcap.dev/spec).
 *
 * A record is one byte of kind, eight of length, and its content. Integers are little-endian; texts
 * and maps have their length in bytes in front (four bytes of it).
 */
#pragma once

#include "bytes_internal.h"
#include "tape.h"

typedef enum McapKind {
    MCAP_HEADER = 1,
    MCAP_FOOTER,
    MCAP_SCHEMA,
    MCAP_CHANNEL,
    MCAP_MESSAGE,
    MCAP_CHUNK,
    MCAP_MESSAGE_INDEX,
    MCAP_CHUNK_INDEX,
    MCAP_ATTACHMENT,
    MCAP_ATTACHMENT_INDEX,
    MCAP_STATISTICS,
    MCAP_METADATA,
    MCAP_METADATA_INDEX,
    MCAP_SUMMARY_OFFSET,
    MCAP_DATA_END
} McapKind;

enum {
    MCAP_MAGIC_BYTES = 8,
    MCAP_RECORD_BYTES = 9,   /* kind and length, before every content */
    MCAP_MESSAGE_BYTES = 22, /* channel, sequence and times, before a message's own bytes */
    MCAP_FOOTER_BYTES = 20,
    MCAP_CHUNK_BYTES = 40, /* content of a chunk with no compression name and no records */
    MCAP_IDS = 65536
};

#define MCAP_MAGIC "\x89MCAP0\r\n"

/* The names MCAP gives to compressions, by TapeCompression. */
static const char *const mcap_compressions[] = {"", "lz4", "zstd"};

/* Start a record; give the result to record_end() once the content is put. */
static inline size_t record_begin(Buffer *buffer, McapKind kind) {
    size_t start = buffer->size;
    put_u8(buffer, (uint8_t)kind);
    put_u64(buffer, 0);
    return start;
}
static inline void record_end(Buffer *buffer, size_t start) {
    if (buffer->failed) return;
    store64(buffer->bytes + start + 1, buffer->size - start - MCAP_RECORD_BYTES);
}
