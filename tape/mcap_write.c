/* mcap_write.c - the writer: one copy of a message into its chunk, one write() per chunk. */
#include "mcap_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lz4frame.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { ZSTD_LEVEL = 1, CHUNK_BYTES = 1 << 20, INDEX_ENTRY_BYTES = 16 };
static const int64_t CHUNK_NS = 1000000000;
static const size_t MESSAGE_MAX_BYTES = (size_t)1 << 30;

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

static Status out_of_memory(const TapeWriter *writer) {
    return fail(E_NO_MEMORY, "tape: %s: out of memory", writer->path);
}

/* Bytes that make whole records go to the end of the file. What did not fit is cut off again, so
 * that the file always ends with a whole record. */
static Status append(TapeWriter *writer, const uint8_t *bytes, size_t size, uint32_t crc) {
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

static uint32_t crc_of(const uint8_t *bytes, size_t size) {
    return (uint32_t)crc32_z(0, bytes, size);
}

/* A record that could not be put whole leaves no trace. */
static Status forget(const TapeWriter *writer, Buffer *records, size_t start) {
    records->size = start;
    records->failed = false;
    return out_of_memory(writer);
}

static Status append_buffer(TapeWriter *writer, const Buffer *buffer) {
    if (buffer->failed) return out_of_memory(writer);
    return append(writer, buffer->bytes, buffer->size, crc_of(buffer->bytes, buffer->size));
}

static void writer_close(TapeWriter *writer) {
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

static void reset_chunk(TapeWriter *writer) {
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
        status = append_buffer(writer, &head);
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
        status = append(writer, all->bytes + start, size, crc_of(all->bytes + start, size));
    } else {
        status = out_of_memory(writer);
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
    if (!channels) return out_of_memory(writer);
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
    Status status = append(writer, all->bytes + start, size, crc_of(all->bytes + start, size));
    if (status != OK) {
        all->size = start;
        return status;
    }
    *channel = (uint16_t)++writer->channel_count;
    return OK;
}

/* -- chunks -------------------------------------------------------------------------------- */

/* The open chunk's records, compressed behind room for the head. */
static Status pack(TapeWriter *writer) {
    const uint8_t *records = writer->chunk.bytes + writer->head_bytes;
    size_t size = writer->chunk.size - writer->head_bytes;
    bool lz4 = writer->options.compression == TAPE_LZ4;
    LZ4F_preferences_t frame = {.frameInfo = {.blockSizeID = LZ4F_max1MB, .contentSize = size}};
    size_t bound = lz4 ? LZ4F_compressFrameBound(size, &frame) : ZSTD_compressBound(size);
    writer->packed.size = 0;
    if (!buffer_reserve(&writer->packed, writer->head_bytes + bound)) return out_of_memory(writer);
    uint8_t *to = writer->packed.bytes + writer->head_bytes;
    size_t packed = lz4 ? LZ4F_compressFrame(to, bound, records, size, &frame)
                        : ZSTD_compressCCtx(writer->zstd, to, bound, records, size, ZSTD_LEVEL);
    if (lz4 ? LZ4F_isError(packed) : ZSTD_isError(packed)) {
        return fail(E_NO_MEMORY, "tape: %s: cannot compress a chunk", writer->path);
    }
    writer->packed.size = writer->head_bytes + packed;
    return OK;
}

static void put_chunk_head(TapeWriter *writer, Buffer *chunk, uint64_t raw_size, uint32_t raw_crc) {
    const char *name = mcap_compressions[writer->options.compression];
    uint8_t *to = chunk->bytes;
    *to = MCAP_CHUNK;
    store64(to + 1, chunk->size - MCAP_RECORD_BYTES);
    store64(to + 9, (uint64_t)writer->start_ns);
    store64(to + 17, (uint64_t)writer->end_ns);
    store64(to + 25, raw_size);
    store32(to + 33, raw_crc);
    size_t length = writer->head_bytes - MCAP_RECORD_BYTES - MCAP_CHUNK_BYTES;
    store32(to + 37, (uint32_t)length);
    memcpy(to + 41, name, length);
    store64(to + writer->head_bytes - 8, chunk->size - writer->head_bytes);
}

/* The message indexes go behind the chunk; the chunk index, which knows where they are, to the
 * summary. */
static void put_indexes(TapeWriter *writer, Buffer *chunk, uint64_t raw_size) {
    uint64_t chunk_size = chunk->size;
    Buffer *index = &writer->chunk_indexes;
    size_t start = record_begin(index, MCAP_CHUNK_INDEX);
    put_u64(index, (uint64_t)writer->start_ns);
    put_u64(index, (uint64_t)writer->end_ns);
    put_u64(index, writer->offset);
    put_u64(index, chunk_size);
    size_t map = index->size;
    put_u32(index, 0);
    for (int i = 0; i < writer->channel_count; i++) {
        const Buffer *entries = &writer->channels[i].index;
        if (entries->size == 0) continue;
        uint16_t id = (uint16_t)(i + 1);
        put_u16(index, id);
        put_u64(index, writer->offset + chunk->size);
        size_t record = record_begin(chunk, MCAP_MESSAGE_INDEX);
        put_u16(chunk, id);
        put_u32(chunk, (uint32_t)entries->size);
        put_bytes(chunk, entries->bytes, entries->size);
        record_end(chunk, record);
    }
    if (!index->failed) store32(index->bytes + map, (uint32_t)(index->size - map - 4));
    put_u64(index, chunk->size - chunk_size);
    put_text(index, mcap_compressions[writer->options.compression]);
    put_u64(index, chunk_size - writer->head_bytes);
    put_u64(index, raw_size);
    record_end(index, start);
}

Status tape_flush(TapeWriter *writer) {
    size_t raw_end = writer->chunk.size, raw_size = raw_end - writer->head_bytes;
    if (raw_size == 0) return OK;
    size_t indexes = writer->chunk_indexes.size;
    bool plain = writer->options.compression == TAPE_PLAIN;
    if (!plain) TRY(pack(writer));
    Buffer *chunk = plain ? &writer->chunk : &writer->packed;
    uint32_t raw_crc = crc_of(writer->chunk.bytes + writer->head_bytes, raw_size);
    size_t records_end = chunk->size;
    put_chunk_head(writer, chunk, raw_size, raw_crc);
    put_indexes(writer, chunk, raw_size);

    Status status = OK;
    if (chunk->failed || writer->chunk_indexes.failed) {
        chunk->failed = writer->chunk_indexes.failed = false;
        status = out_of_memory(writer);
    } else {
        /* a plain chunk's records have been summed already */
        uint32_t crc = crc_of(chunk->bytes, writer->head_bytes);
        const uint8_t *records = chunk->bytes + writer->head_bytes;
        size_t size = records_end - writer->head_bytes;
        crc = (uint32_t)crc32_combine(crc, plain ? raw_crc : crc_of(records, size), (z_off_t)size);
        crc = (uint32_t)crc32_z(crc, chunk->bytes + records_end, chunk->size - records_end);
        status = append(writer, chunk->bytes, chunk->size, crc);
    }
    if (status != OK) { /* the chunk stays open and is tried again */
        writer->chunk.size = raw_end;
        writer->chunk_indexes.size = indexes;
        return status;
    }
    writer->chunks++;
    reset_chunk(writer);
    return OK;
}

static void widen(int64_t *start_ns, int64_t *end_ns, int64_t t_ns, bool first) {
    if (first || t_ns < *start_ns) *start_ns = t_ns;
    if (first || t_ns > *end_ns) *end_ns = t_ns;
}

static Status write_message(TapeWriter *writer, uint16_t channel, const TapeMessage *message) {
    assert(channel > 0 && channel <= writer->channel_count);
    int64_t t_ns = message->t_ns;
    size_t size = message->size;
    if (t_ns < 0 || message->publish_ns < 0) {
        return fail(E_INVALID, "tape: %s: a message from before 1970", writer->path);
    }
    if (size > MESSAGE_MAX_BYTES) {
        return fail(E_INVALID, "tape: %s: a message of %zu bytes is too large", writer->path, size);
    }
    size_t used = writer->chunk.size - writer->head_bytes;
    bool due =
        used >= writer->options.chunk_bytes || t_ns - writer->first_ns >= writer->options.chunk_ns;
    if (used > 0 && due) TRY(tape_flush(writer));

    WriterChannel *of = &writer->channels[channel - 1];
    size_t record_size = MCAP_RECORD_BYTES + MCAP_MESSAGE_BYTES + size;
    if (!buffer_reserve(&writer->chunk, record_size) ||
        !buffer_reserve(&of->index, INDEX_ENTRY_BYTES)) {
        writer->chunk.failed = of->index.failed = false; /* nothing was put: still whole */
        return out_of_memory(writer);
    }
    bool first = writer->chunk.size == writer->head_bytes;
    put_u64(&of->index, (uint64_t)t_ns);
    put_u64(&of->index, writer->chunk.size - writer->head_bytes);
    uint8_t *to = buffer_grow(&writer->chunk, record_size);
    *to = MCAP_MESSAGE;
    store64(to + 1, MCAP_MESSAGE_BYTES + size);
    store16(to + 9, channel);
    store32(to + 11, message->sequence);
    store64(to + 15, (uint64_t)t_ns);
    store64(to + 23, (uint64_t)message->publish_ns);
    if (size > 0) memcpy(to + 31, message->bytes, size);

    if (first) writer->first_ns = t_ns;
    widen(&writer->start_ns, &writer->end_ns, t_ns, first);
    widen(&writer->tape_start_ns, &writer->tape_end_ns, t_ns, writer->messages == 0);
    of->messages++;
    writer->messages++;
    return OK;
}

Status
tape_write(TapeWriter *writer, uint16_t channel, int64_t t_ns, const void *bytes, size_t size) {
    assert(channel > 0 && channel <= writer->channel_count);
    uint32_t sequence = (uint32_t)(writer->channels[channel - 1].messages + 1);
    return write_message(
        writer, channel,
        &(TapeMessage){
            .sequence = sequence, .t_ns = t_ns, .publish_ns = t_ns, .bytes = bytes, .size = size});
}

Status tape_copy(TapeWriter *writer, uint16_t channel, const TapeMessage *message) {
    return write_message(writer, channel, message);
}

/* -- attachments and notes ------------------------------------------------------------------- */

Status tape_attach(
    TapeWriter *writer,
    const char *name,
    const char *media_type,
    int64_t t_ns,
    const void *bytes,
    size_t size) {
    if (t_ns < 0) return fail(E_INVALID, "tape: %s: an attachment from before 1970", writer->path);
    AUTO(buffer_finish) Buffer record = {0};
    size_t start = record_begin(&record, MCAP_ATTACHMENT);
    put_u64(&record, (uint64_t)t_ns);
    put_u64(&record, (uint64_t)t_ns);
    put_text(&record, name);
    put_text(&record, media_type);
    put_u64(&record, size);
    put_bytes(&record, bytes, size);
    if (record.failed) return out_of_memory(writer);
    put_u32(&record, crc_of(record.bytes + MCAP_RECORD_BYTES, record.size - MCAP_RECORD_BYTES));
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
    if (all->failed) return forget(writer, all, index);
    Status status = append_buffer(writer, &record);
    if (status != OK) {
        all->size = index;
        return status;
    }
    writer->attachments++;
    return OK;
}

Status tape_note(
    TapeWriter *writer,
    const char *name,
    const char *const *keys,
    const char *const *values,
    int count) {
    AUTO(buffer_finish) Buffer record = {0};
    size_t start = record_begin(&record, MCAP_METADATA);
    put_text(&record, name);
    size_t map = record.size;
    put_u32(&record, 0);
    for (int i = 0; i < count; i++) {
        put_text(&record, keys[i]);
        put_text(&record, values[i]);
    }
    if (record.failed) return out_of_memory(writer);
    store32(record.bytes + map, (uint32_t)(record.size - map - 4));
    record_end(&record, start);

    Buffer *all = &writer->note_indexes;
    size_t index = record_begin(all, MCAP_METADATA_INDEX);
    put_u64(all, writer->offset);
    put_u64(all, record.size);
    put_text(all, name);
    record_end(all, index);
    if (all->failed) return forget(writer, all, index);
    Status status = append_buffer(writer, &record);
    if (status != OK) {
        all->size = index;
        return status;
    }
    writer->notes++;
    return OK;
}

/* -- the end --------------------------------------------------------------------------------- */

static void put_statistics(const TapeWriter *writer, Buffer *to) {
    size_t start = record_begin(to, MCAP_STATISTICS);
    put_u64(to, writer->messages);
    put_u16(to, (uint16_t)writer->schema_count);
    put_u32(to, (uint32_t)writer->channel_count);
    put_u32(to, writer->attachments);
    put_u32(to, writer->notes);
    put_u32(to, writer->chunks);
    put_u64(to, (uint64_t)writer->tape_start_ns);
    put_u64(to, (uint64_t)writer->tape_end_ns);
    size_t map = to->size;
    put_u32(to, 0);
    for (int i = 0; i < writer->channel_count; i++) {
        put_u16(to, (uint16_t)(i + 1));
        put_u64(to, writer->channels[i].messages);
    }
    if (!to->failed) store32(to->bytes + map, (uint32_t)(to->size - map - 4));
    record_end(to, start);
}

static Status write_summary(TapeWriter *writer) {
    AUTO(buffer_finish) Buffer end = {0};
    size_t data_end = record_begin(&end, MCAP_DATA_END);
    put_u32(&end, writer->crc);
    record_end(&end, data_end);

    AUTO(buffer_finish) Buffer statistics = {0};
    put_statistics(writer, &statistics);
    const struct {
        McapKind kind;
        const Buffer *records;
    } groups[] = {
        {MCAP_SCHEMA, &writer->schemas},
        {MCAP_CHANNEL, &writer->channel_records},
        {MCAP_STATISTICS, &statistics},
        {MCAP_CHUNK_INDEX, &writer->chunk_indexes},
        {MCAP_ATTACHMENT_INDEX, &writer->attachment_indexes},
        {MCAP_METADATA_INDEX, &writer->note_indexes}};
    enum { GROUPS = sizeof groups / sizeof *groups };
    size_t starts[GROUPS], summary = end.size;
    for (int i = 0; i < GROUPS; i++) {
        starts[i] = end.size;
        if (groups[i].records->failed) end.failed = true;
        put_bytes(&end, groups[i].records->bytes, groups[i].records->size);
    }
    size_t offsets = end.size;
    for (int i = 0; i < GROUPS; i++) {
        if (groups[i].records->size == 0) continue;
        size_t record = record_begin(&end, MCAP_SUMMARY_OFFSET);
        put_u8(&end, (uint8_t)groups[i].kind);
        put_u64(&end, writer->offset + starts[i]);
        put_u64(&end, groups[i].records->size);
        record_end(&end, record);
    }
    size_t footer = record_begin(&end, MCAP_FOOTER);
    put_u64(&end, writer->offset + summary);
    put_u64(&end, writer->offset + offsets);
    if (end.failed) return out_of_memory(writer);
    store64(end.bytes + footer + 1, MCAP_FOOTER_BYTES);
    put_u32(&end, crc_of(end.bytes + summary, end.size - summary));
    put_bytes(&end, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    return append_buffer(writer, &end);
}

Status tape_finish(TapeWriter *writer) {
    if (!writer) return OK;
    Status status = tape_flush(writer);
    if (status != OK) { /* its messages are lost; the summary must not count them */
        for (int i = 0; i < writer->channel_count; i++) {
            uint64_t lost = writer->channels[i].index.size / INDEX_ENTRY_BYTES;
            writer->channels[i].messages -= lost;
            writer->messages -= lost;
        }
        reset_chunk(writer);
    }
    Status closed = write_summary(writer);
    if (status == OK) status = closed;
    if (status == OK && close(writer->fd) != 0) {
        status = fail(E_IO, "tape: %s: cannot close: %s", writer->path, strerror(errno));
    } else if (status != OK) {
        close(writer->fd);
    }
    writer->fd = -1;
    writer_close(writer);
    return status;
}
