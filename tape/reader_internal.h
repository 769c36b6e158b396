/*
 * reader_internal.h - the reader from inside: mcap_open.c learns what is where, mcap_chunk.c opens
 * one chunk, mcap_read.c merges the chunks in order of time.
 */
#pragma once

#include "arena.h"
#include "crc_internal.h"
#include "mcap_internal.h"

#include <lz4frame.h>
#include <zstd.h>

/* A chunk that has not been looked into: where it is, and which times it says it spans. */
typedef struct ChunkPlace {
    int64_t start_ns, end_ns;
    uint64_t offset, size; /* of the whole record; size 0: the messages outside chunks */
    bool lost;             /* found damaged, and counted */
} ChunkPlace;

/* A chunk's head, and its records as they are stored. */
typedef struct ChunkHead {
    int64_t start_ns, end_ns;
    uint64_t raw_size;
    uint32_t raw_crc;
    TapeCompression compression;
    View stored;
} ChunkHead;

typedef struct Moment {
    int64_t t_ns;
    size_t at; /* where the message's content begins */
} Moment;

typedef struct Moments {
    Moment *at;
    size_t count, capacity;
} Moments;

/* A chunk whose messages are being given out. */
typedef struct OpenChunk {
    const ChunkPlace *place;
    const uint8_t *records; /* in the file, or in unpacked */
    size_t size;
    uint8_t *unpacked;
    size_t unpacked_size;
    Moments moments; /* by time, then place */
    size_t next;
} OpenChunk;

typedef struct ReaderSchema {
    const char *name, *encoding;
    const uint8_t *bytes;
    size_t size;
} ReaderSchema;

typedef struct AttachmentPlace {
    uint64_t offset, size;
} AttachmentPlace;

struct TapeReader {
    const char *name; /* what errors call it */
    const uint8_t *bytes;
    size_t size;
    void *mapping; /* bytes, when they are ours to unmap */
    Arena arena;
    TapeInfo info;

    TapeChannel *channels;
    ReaderSchema *schemas;
    TapeNote *notes;
    AttachmentPlace *attachments;
    int channel_count, schema_count, note_count, attachment_count;
    uint16_t *channel_of_id; /* index + 1; 0: none */
    uint16_t *schema_of_id;

    ChunkPlace *chunks; /* by start_ns, then offset */
    int chunk_count, next_chunk;
    Moments loose; /* messages outside chunks */

    OpenChunk **heap; /* heap[0] has the earliest message */
    OpenChunk **idle; /* to be used again */
    int heap_count, heap_capacity, idle_count;
    bool given;            /* heap[0]'s message is with the caller */
    size_t unpacked_bytes; /* of all open and idle chunks */
    int64_t from_ns;       /* of the last seek */

    ZSTD_DCtx *zstd;
    LZ4F_dctx *lz4;
};

typedef struct Record {
    McapKind kind;
    uint64_t offset, size; /* of the whole record, in the file or the chunk */
    View content;
} Record;

/* The record at view, which began at base; false at the end and where a record is cut off (failed).
 */
static inline bool take_record(View *view, const uint8_t *base, Record *out) {
    if (view->failed || view->left == 0) return false;
    const uint8_t *start = view->at;
    out->kind = (McapKind)take_u8(view);
    out->content = take_view(view, take_u64(view));
    out->offset = (uint64_t)(start - base);
    out->size = (uint64_t)(view->at - start);
    return !view->failed;
}

/* One more place in an array of elements of this size; NULL when memory is out. */
void *array_grow(void *array, int count, size_t element);

/* Learn channels, chunks, notes and attachments from the summary, or from the file itself. */
MUST_USE Status reader_index(TapeReader *reader);
MUST_USE Status reader_add_schema(TapeReader *reader, View content);
MUST_USE Status reader_add_channel(TapeReader *reader, View content);
const TapeChannel *reader_channel(const TapeReader *reader, uint16_t id);

MUST_USE Status chunk_head(const TapeReader *reader, const Record *record, ChunkHead *out);
/* Unpack a chunk and find its messages. learn: take its schemas and channels too. */
MUST_USE Status chunk_open(TapeReader *reader, const ChunkPlace *place, bool learn, OpenChunk *out);
void chunk_close(TapeReader *reader, OpenChunk *chunk);
MUST_USE Status moments_add(Moments *moments, int64_t t_ns, size_t at);
void moments_sort(Moments *moments);
