/*
 * writer_internal.h - the writer from inside: mcap_write.c makes the file and its small records,
 * mcap_pack.c the chunks, mcap_finish.c the summary.
 */
#pragma once

#include "crc_internal.h"
#include "mcap_internal.h"

#include <zstd.h>

enum { INDEX_ENTRY_BYTES = 16 };

typedef struct WriterChannel {
    Buffer index; /* time and offset of its messages in the open chunk, as the file has them */
    uint64_t messages;
} WriterChannel;

struct TapeWriter {
    char *path;
    int fd;
    TapeOptions options;
    size_t head_bytes;        /* of a chunk record, before its records */
    uint64_t offset;          /* where the next record goes: everything before it is whole */
    uint32_t crc;             /* of everything before it */
    Buffer chunk;             /* room for the head, then the open chunk's records */
    Buffer packed;            /* the same, compressed */
    int64_t first_ns;         /* time of the open chunk's first message */
    int64_t start_ns, end_ns; /* of the open chunk */
    int channel_count, schema_count;
    WriterChannel *channels; /* id - 1 */
    size_t *schema_starts;   /* id - 1: offset into schemas */
    Buffer schemas, channel_records, chunk_indexes, attachment_indexes, note_indexes;
    uint32_t chunks, attachments, notes;
    uint64_t messages;
    int64_t tape_start_ns, tape_end_ns;
    ZSTD_CCtx *zstd;
};

/* Bytes that make whole records go to the end of the file. What did not fit is cut off again, so
 * that the file always ends with a whole record. */
MUST_USE Status writer_append(TapeWriter *writer, const uint8_t *bytes, size_t size, uint32_t crc);
MUST_USE Status writer_append_buffer(TapeWriter *writer, const Buffer *buffer);
Status writer_no_memory(const TapeWriter *writer);
/* Forget what is in the open chunk. */
void writer_reset_chunk(TapeWriter *writer);
void writer_close(TapeWriter *writer);
