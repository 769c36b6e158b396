/* mcap_write.c - a tape begins: its file, its channels, its attachments and notes. */
#include "writer_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK_BYTES = 1 << 20 };
static const int64_t CHUNK_NS = 1000000000;

Status writer_no_memory(const TapeWriter *writer) {
    return fail(E_NO_MEMORY, "tape: %s: out of memory", writer->path);
}

Status writer_append(TapeWriter *writer, const uint8_t *bytes, size_t size, uint32_t crc) {
    for (size_t done = 0; done < size;) {
        ssize_t wrote =
            pwrite(writer->fd, bytes + done, size - done, (off_t)(writer->offset + done));
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote == 0 || errno != EINTR) {
            int error = wrote == 0 ? ENOSPC : errno;
            int cut = ftruncate(writer->fd, (off_t)writer->offset);
            return fail(
                E_IO, "tape: %s: %s; the first %llu bytes %s", writer->path, strerror(error),
                (unsigned long long)writer->offset,
                cut == 0 ? "are whole" : "are whole, the rest is not");
        }
    }
    if (writer->options.sync && fdatasync(writer->fd) != 0) {
        return fail(E_IO, "tape: %s: cannot sync: %s", writer->path, strerror(errno));
    }
    writer->crc = (uint32_t)crc32_combine(writer->crc, crc, (z_off_t)size);
    writer->offset += size;
    return OK;
}

/* A record that could not be put whole leaves no trace. */
static Status forget(const TapeWriter *writer, Buffer *records, size_t start) {
    records->size = start;
    records->failed = false;
    return writer_no_memory(writer);
}

Status writer_append_buffer(TapeWriter *writer, const Buffer *buffer) {
    if (buffer->failed) return writer_no_memory(writer);
    return writer_append(
        writer, buffer->bytes, buffer->size, crc_of(0, buffer->bytes, buffer->size));
}

void writer_close(TapeWriter *writer) {
    if (!writer) return;
    if (writer->fd >= 0) close(writer->fd);
    for (int i = 0; i < writer->channel_count; i++)
        buffer_finish(&writer->channels[i].index);
    buffer_finish(&writer->chunk);
    buffer_finish(&writer->packed);
    buffer_finish(&writer->schemas);
    buffer_finish(&writer->channel_records);
    buffer_finish(&writer->chunk_indexes);
    buffer_finish(&writer->attachment_indexes);
    buffer_finish(&writer->note_indexes);
    ZSTD_freeCCtx(writer->zstd);
    free(writer->channels);
    free(writer->schema_starts);
    free(writer->path);
    free(writer);
}

void writer_reset_chunk(TapeWriter *writer) {
    writer->chunk.size = writer->head_bytes;
    for (int i = 0; i < writer->channel_count; i++)
        writer->channels[i].index.size = 0;
}

Status tape_create(TapeWriter **out, const char *path, const TapeOptions *options) {
    TapeWriter *writer = calloc(1, sizeof *writer);
    if (!writer) return fail(E_NO_MEMORY, "tape: %s: out of memory", path);
    writer->fd = -1;
    if (options) writer->options = *options;
    TapeOptions *set = &writer->options;
    if (set->chunk_bytes == 0) set->chunk_bytes = CHUNK_BYTES;
    if (set->chunk_ns <= 0) set->chunk_ns = CHUNK_NS;
    assert(set->compression >= TAPE_PLAIN && set->compression <= TAPE_ZSTD);
    writer->head_bytes =
        MCAP_RECORD_BYTES + MCAP_CHUNK_BYTES + strlen(mcap_compressions[set->compression]);

    Buffer head = {0};
    put_bytes(&head, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    size_t record = record_begin(&head, MCAP_HEADER);
    put_text(&head, set->profile ? set->profile : "cartwright");
    put_text(&head, "cartwright " CARTWRIGHT_VERSION);
    record_end(&head, record);
    set->profile = NULL; /* the caller's */

    writer->path = strdup(path);
    if (set->compression == TAPE_ZSTD) writer->zstd = ZSTD_createCCtx();
    bool ready = writer->path && buffer_grow(&writer->chunk, writer->head_bytes) &&
                 (writer->zstd || set->compression != TAPE_ZSTD) && !head.failed;
    Status status = OK;
    if (!ready) {
        status = fail(E_NO_MEMORY, "tape: %s: out of memory", path);
    } else if ((writer->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) < 0) {
        status = fail(E_IO, "tape: cannot create %s: %s", path, strerror(errno));
    } else {
        status = writer_append_buffer(writer, &head);
    }
    buffer_finish(&head);
    if (status != OK) {
        writer_close(writer);
        return status;
    }
    *out = writer;
    return OK;
}

/* -- channels ------------------------------------------------------------------------------ */

/* The id of a schema, declared when it is new; 0 when there is none. */
static Status add_schema(
    TapeWriter *writer,
    const char *name,
    const char *encoding,
    const void *schema,
    size_t schema_size,
    uint16_t *id) {
    *id = 0;
    if (!*name && schema_size == 0) return OK;
    Buffer *all = &writer->schemas;
    size_t start = record_begin(all, MCAP_SCHEMA);
    put_u16(all, 0);
    put_text(all, name);
    put_text(all, encoding);
    put_u32(all, (uint32_t)schema_size);
    put_bytes(all, schema, schema_size);
    record_end(all, start);
    if (all->failed) return forget(writer, all, start);

    const size_t before = MCAP_RECORD_BYTES + 2; /* kind, length, id; the rest is compared */
    size_t size = all->size - start;
    for (int i = 0; i < writer->schema_count; i++) {
        size_t old = writer->schema_starts[i];
        size_t end = i + 1 < writer->schema_count ? writer->schema_starts[i + 1] : start;
        if (end - old == size &&
            memcmp(all->bytes + old + before, all->bytes + start + before, size - before) == 0) {
            all->size = start;
            *id = (uint16_t)(i + 1);
            return OK;
        }
    }
    size_t *starts =
        realloc(writer->schema_starts, ((size_t)writer->schema_count + 1) * sizeof *starts);
    Status status = OK;
    if (starts) {
        starts[writer->schema_count] = start;
        writer->schema_starts = starts;
        *id = (uint16_t)(writer->schema_count + 1);
        store16(all->bytes + start + MCAP_RECORD_BYTES, *id);
        status =
            writer_append(writer, all->bytes + start, size, crc_of(0, all->bytes + start, size));
    } else {
        status = writer_no_memory(writer);
    }
    if (status != OK) {
        all->size = start;
        return status;
    }
    writer->schema_count++;
    return OK;
}

Status tape_add_channel(
    TapeWriter *writer,
    const char *topic,
    const char *message_encoding,
    const char *schema_name,
    const char *schema_encoding,
    const void *schema,
    size_t schema_size,
    uint16_t *channel) {
    if (writer->channel_count >= MCAP_IDS - 2) {
        return fail(E_FULL, "tape: %s: no room for channel %s", writer->path, topic);
    }
    WriterChannel *channels =
        realloc(writer->channels, ((size_t)writer->channel_count + 1) * sizeof *channels);
    if (!channels) return writer_no_memory(writer);
    channels[writer->channel_count] = (WriterChannel){0};
    writer->channels = channels;

    uint16_t schema_id;
    TRY(add_schema(writer, schema_name, schema_encoding, schema, schema_size, &schema_id));
    Buffer *all = &writer->channel_records;
    size_t start = record_begin(all, MCAP_CHANNEL);
    put_u16(all, (uint16_t)(writer->channel_count + 1));
    put_u16(all, schema_id);
    put_text(all, topic);
    put_text(all, message_encoding);
    put_u32(all, 0); /* no metadata */
    record_end(all, start);
    if (all->failed) return forget(writer, all, start);
    size_t size = all->size - start;
    Status status =
        writer_append(writer, all->bytes + start, size, crc_of(0, all->bytes + start, size));
    if (status != OK) {
        all->size = start;
        return status;
    }
    *channel = (uint16_t)++writer->channel_count;
    return OK;
}

/* -- attachments and notes ------------------------------------------------------------------- */

/* Write a record and keep its index, which began at index_start; the record's bytes are freed. */
static Status
append_listed(TapeWriter *writer, Buffer *record, Buffer *indexes, size_t index_start) {
    Status status = record->failed || indexes->failed ? writer_no_memory(writer)
                                                      : writer_append_buffer(writer, record);
    if (status != OK) {
        indexes->size = index_start;
        indexes->failed = false;
    }
    buffer_finish(record);
    return status;
}

Status tape_attach(
    TapeWriter *writer,
    const char *name,
    const char *media_type,
    int64_t t_ns,
    const void *bytes,
    size_t size) {
    if (t_ns < 0) return fail(E_INVALID, "tape: %s: an attachment from before 1970", writer->path);
    Buffer record = {0};
    size_t start = record_begin(&record, MCAP_ATTACHMENT);
    put_u64(&record, (uint64_t)t_ns);
    put_u64(&record, (uint64_t)t_ns);
    put_text(&record, name);
    put_text(&record, media_type);
    put_u64(&record, size);
    put_bytes(&record, bytes, size);
    if (!record.failed) {
        const uint8_t *content = record.bytes + MCAP_RECORD_BYTES;
        put_u32(&record, crc_of(0, content, record.size - MCAP_RECORD_BYTES));
    }
    record_end(&record, start);

    Buffer *all = &writer->attachment_indexes;
    size_t index = record_begin(all, MCAP_ATTACHMENT_INDEX);
    put_u64(all, writer->offset);
    put_u64(all, record.size);
    put_u64(all, (uint64_t)t_ns);
    put_u64(all, (uint64_t)t_ns);
    put_u64(all, size);
    put_text(all, name);
    put_text(all, media_type);
    record_end(all, index);
    TRY(append_listed(writer, &record, all, index));
    writer->attachments++;
    return OK;
}

Status tape_note(
    TapeWriter *writer,
    const char *name,
    const char *const *keys,
    const char *const *values,
    int count) {
    Buffer record = {0};
    size_t start = record_begin(&record, MCAP_METADATA);
    put_text(&record, name);
    size_t map = record.size;
    put_u32(&record, 0);
    for (int i = 0; i < count; i++) {
        put_text(&record, keys[i]);
        put_text(&record, values[i]);
    }
    if (!record.failed) store32(record.bytes + map, (uint32_t)(record.size - map - 4));
    record_end(&record, start);

    Buffer *all = &writer->note_indexes;
    size_t index = record_begin(all, MCAP_METADATA_INDEX);
    put_u64(all, writer->offset);
    put_u64(all, record.size);
    put_text(all, name);
    record_end(all, index);
    TRY(append_listed(writer, &record, all, index));
    writer->notes++;
    return OK;
}
