/* mcap_finish.c - a tape ends: what is on it, where, and how to find that again. */
#include "writer_internal.h"

#include <errno.h>
#include <unistd.h>

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
    if (end.failed) return writer_no_memory(writer);
    store64(end.bytes + footer + 1, MCAP_FOOTER_BYTES);
    put_u32(&end, crc_of(0, end.bytes + summary, end.size - summary));
    put_bytes(&end, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    return writer_append_buffer(writer, &end);
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
        writer_reset_chunk(writer);
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
