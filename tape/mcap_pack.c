/* mcap_pack.c - one copy of a message into its chunk, one write() per chunk. */
#include "writer_internal.h"

#include <assert.h>
#include <lz4frame.h>
#include <zlib.h>

enum { ZSTD_LEVEL = 1 };
static const size_t MESSAGE_MAX_BYTES = (size_t)1 << 30;

/* The open chunk's records, compressed behind room for the head. */
static Status pack(TapeWriter *writer) {
    const uint8_t *records = writer->chunk.bytes + writer->head_bytes;
    size_t size = writer->chunk.size - writer->head_bytes;
    bool lz4 = writer->options.compression == TAPE_LZ4;
    LZ4F_preferences_t frame = {.frameInfo = {.blockSizeID = LZ4F_max1MB, .contentSize = size}};
    size_t bound = lz4 ? LZ4F_compressFrameBound(size, &frame) : ZSTD_compressBound(size);
    writer->packed.size = 0;
    if (!buffer_reserve(&writer->packed, writer->head_bytes + bound))
        return writer_no_memory(writer);
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
    uint32_t raw_crc = crc_of(0, writer->chunk.bytes + writer->head_bytes, raw_size);
    size_t records_end = chunk->size;
    put_chunk_head(writer, chunk, raw_size, raw_crc);
    put_indexes(writer, chunk, raw_size);

    Status status = OK;
    if (chunk->failed || writer->chunk_indexes.failed) {
        chunk->failed = writer->chunk_indexes.failed = false;
        status = writer_no_memory(writer);
    } else {
        /* a plain chunk's records have been summed already */
        uint32_t crc = crc_of(0, chunk->bytes, writer->head_bytes);
        const uint8_t *records = chunk->bytes + writer->head_bytes;
        size_t size = records_end - writer->head_bytes;
        crc =
            (uint32_t)crc32_combine(crc, plain ? raw_crc : crc_of(0, records, size), (z_off_t)size);
        crc = crc_of(crc, chunk->bytes + records_end, chunk->size - records_end);
        status = writer_append(writer, chunk->bytes, chunk->size, crc);
    }
    if (status != OK) { /* the chunk stays open and is tried again */
        writer->chunk.size = raw_end;
        writer->chunk_indexes.size = indexes;
        return status;
    }
    writer->chunks++;
    writer_reset_chunk(writer);
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
        return writer_no_memory(writer);
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
