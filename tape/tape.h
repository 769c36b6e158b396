/*
 * tape - a recorded run: every input and every decision, timestamped, in one MCAP file.
 *
 * A tape opens in Foxglove, Rerun and every `mcap` reader. Layout (https://mcap.dev/spec):
 *
 *     magic Header { Schema | Channel | Attachment | Metadata | Chunk{ Message* } MessageIndex* }*
 *     DataEnd  Schema* Channel* Statistics ChunkIndex* AttachmentIndex* MetadataIndex*
 *     SummaryOffset* Footer magic
 *
 * Schemas and channels stand outside the chunks, so that a damaged chunk takes no channel with it;
 * the reader knows them inside chunks too, where other writers put them.
 *
 * Append-safe: chunks are written whole, so a file cut off at any byte by kill -9 or a full disk
 * reads up to its last whole chunk; tape_repair() closes it. Readers trust nothing: every length is
 * checked against the file, every CRC against its bytes, decompressed sizes have a ceiling.
 *
 * Time is Unix nanoseconds; log time is the capture time of the message.
 *
 * Threads: a writer or reader belongs to one thread at a time.
 */
#pragma once

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum TapeCompression { TAPE_PLAIN, TAPE_LZ4, TAPE_ZSTD } TapeCompression;

typedef struct TapeOptions {
    TapeCompression compression;
    size_t chunk_bytes;  /* close a chunk at this size; 0: 1 MiB */
    int64_t chunk_ns;    /* or when it spans this much time; 0: one second */
    bool sync;           /* fdatasync after every chunk */
    const char *profile; /* header; NULL: "cartwright" */
} TapeOptions;

typedef struct TapeChannel {
    uint16_t id;
    const char *topic;
    const char *message_encoding; /* "json", "protobuf" */
    const char *schema_name;      /* "" when none */
    const char *schema_encoding;  /* "jsonschema", "protobuf", "" */
    const uint8_t *schema;
    size_t schema_size;
    int64_t messages; /* from the statistics; -1: not known */
} TapeChannel;

typedef struct TapeMessage {
    const TapeChannel *channel; /* borrowed from the reader */
    uint32_t sequence;
    int64_t t_ns; /* log time */
    int64_t publish_ns;
    const uint8_t *bytes; /* borrowed until the next call on the reader */
    size_t size;
} TapeMessage;

/* -- writing ------------------------------------------------------------------------------- */

typedef struct TapeWriter TapeWriter;

/* Create or truncate path. On OK the caller owns *out; closing it writes the summary. */
MUST_USE Status tape_create(TapeWriter **out, const char *path, const TapeOptions *options);

/* Schemas are shared by name and content. At most 65,534 channels. */
MUST_USE Status tape_add_channel(
    TapeWriter *writer,
    const char *topic,
    const char *message_encoding,
    const char *schema_name,
    const char *schema_encoding,
    const void *schema,
    size_t schema_size,
    uint16_t *channel);

/* E_IO: the disk is full or gone; what was written stays readable and the writer stays usable: this
 * message was not taken, those taken before it wait in the open chunk. channel: of this writer.
 * E_INVALID: before 1970, or over 1 GiB. */
MUST_USE Status
tape_write(TapeWriter *writer, uint16_t channel, int64_t t_ns, const void *bytes, size_t size);

/* A message read from another tape: its sequence and publish time are kept. */
MUST_USE Status tape_copy(TapeWriter *writer, uint16_t channel, const TapeMessage *message);

MUST_USE Status tape_attach(
    TapeWriter *writer,
    const char *name,
    const char *media_type,
    int64_t t_ns,
    const void *bytes,
    size_t size);

/* keys and values: count pairs of texts, in order. */
MUST_USE Status tape_note(
    TapeWriter *writer,
    const char *name,
    const char *const *keys,
    const char *const *values,
    int count);

/* Close the current chunk, so that everything written so far survives. */
MUST_USE Status tape_flush(TapeWriter *writer);

/* Writes index, summary and footer. The writer is gone whatever is returned. NULL is fine. */
MUST_USE Status tape_finish(TapeWriter *writer);

/* -- reading ------------------------------------------------------------------------------- */

typedef struct TapeReader TapeReader;

typedef struct TapeInfo {
    const char *profile, *library;
    int64_t start_ns, end_ns; /* 0, 0 when empty */
    int64_t messages, chunks, attachments, notes;
    int64_t bytes;               /* of the file */
    int64_t lost_bytes;          /* cut off or damaged, as far as has been read */
    TapeCompression compression; /* of the first chunk */
    bool closed;                 /* has a good summary; false: cut off, read by scanning */
} TapeInfo;

/* The file is mapped: it must not be cut shorter while it is open; what is appended later is not
 * seen. Files without a summary are scanned to their last whole chunk.
 * E_NOT_FOUND, E_IO, E_CORRUPT (not an MCAP file, or damaged inside: names the byte). */
MUST_USE Status tape_open(TapeReader **out, const char *path);
/* The same from memory, for fuzzing; the bytes are borrowed until tape_close(). */
MUST_USE Status tape_open_memory(TapeReader **out, const uint8_t *bytes, size_t size);

const TapeInfo *tape_info(const TapeReader *reader);
const TapeChannel *tape_channels(const TapeReader *reader, int *count);

/* The next message in order of log time (ties: file order). E_END: no more.
 * E_CORRUPT: a chunk is damaged; the next call goes on after it. */
MUST_USE Status tape_next(TapeReader *reader, TapeMessage *out);

/* Go to the first message at or after t_ns. */
MUST_USE Status tape_seek(TapeReader *reader, int64_t t_ns);

/* A metadata value by record name and key, the last one where there are more; NULL when there is
 * none. Borrowed. */
const char *tape_note_get(const TapeReader *reader, const char *name, const char *key);

typedef struct TapeNote {
    const char *name, *key, *value;
} TapeNote;
/* All of them, in file order. */
const TapeNote *tape_notes(const TapeReader *reader, int *count);

typedef struct TapeAttachment {
    const char *name, *media_type;
    int64_t t_ns;
    const uint8_t *bytes; /* borrowed until tape_close() */
    size_t size;
} TapeAttachment;
/* index: 0 to info->attachments - 1. E_CORRUPT: its checksum is wrong. */
MUST_USE Status tape_attachment(TapeReader *reader, int index, TapeAttachment *out);

void tape_close(TapeReader *reader);

/* -- copying and checking ------------------------------------------------------------------ */

/* What to keep. Calibrations from before from_ns are kept too: the rest means nothing without them.
 */
typedef struct TapeCut {
    int64_t from_ns, to_ns;    /* to_ns is not kept; 0, INT64_MAX: all */
    const char *const *topics; /* patterns as in a shell; a slash is like any other character */
    int topic_count;           /* 0: all */
} TapeCut;

bool tape_cut_has_topic(const TapeCut *cut, const char *topic);

/* Copy what is readable and wanted, with notes and attachments, into a tape beside `to`, closed and
 * synced, and rename it over `to` (may equal `from`). *kept and *lost_bytes report. */
MUST_USE Status tape_extract(
    const char *from, const char *to, const TapeCut *cut, int64_t *kept, int64_t *lost_bytes);

/* The same for every readable message of a cut-off or damaged tape. */
MUST_USE Status tape_repair(const char *from, const char *to, int64_t *kept, int64_t *lost_bytes);

/* Called with one sentence for every problem. */
typedef void TapeProblem(void *context, const char *sentence);

/* Compare a tape with itself: every checksum, every index, the times and counts it promises.
 * OK whatever was found; where the reader is does not change. */
MUST_USE Status tape_check(TapeReader *reader, TapeProblem *problem, void *context);
