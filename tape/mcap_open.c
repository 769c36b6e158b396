/* mcap_open.c - what is on a tape: from its summary, or record by record when it has none. */
#include "reader_internal.h"

enum { FOOTER_RECORD_BYTES = MCAP_RECORD_BYTES + MCAP_FOOTER_BYTES };

static Status out_of_memory(const TapeReader *reader) {
    return fail(E_NO_MEMORY, "tape: %s: no memory for what it lists", reader->name);
}

static Status cut(const TapeReader *reader, const char *what) {
    return fail(E_CORRUPT, "tape: %s: %s is damaged", reader->name, what);
}

/* Grows by doubling: at every power of two. */
void *array_grow(void *array, int count, size_t element) {
    if (array && (count & (count - 1)) != 0) return array;
    return realloc(array, (count ? (size_t)count * 2 : 1) * element);
}

/* Append to reader->LIST. */
#define ADD(reader, list, list_count, ...)                                                         \
    do {                                                                                           \
        void *grown = array_grow((reader)->list, (reader)->list_count, sizeof *(reader)->list);    \
        if (!grown) return out_of_memory(reader);                                                  \
        (reader)->list = grown;                                                                    \
        (reader)->list[(reader)->list_count++] = (__VA_ARGS__);                                    \
    } while (0)

/* -- schemas, channels, notes ---------------------------------------------------------------- */

static const char *keep_text(TapeReader *reader, View text) {
    return arena_text(&reader->arena, text.at ? (const char *)text.at : "", text.left);
}

Status reader_add_schema(TapeReader *reader, View content) {
    uint16_t id = take_u16(&content);
    View name = take_text(&content), encoding = take_text(&content), bytes = take_text(&content);
    if (content.failed || id == 0) return cut(reader, "a schema");
    if (reader->schema_of_id[id] != 0) return OK; /* said before */
    ReaderSchema schema = {
        keep_text(reader, name), keep_text(reader, encoding),
        (const uint8_t *)keep_text(reader, bytes), bytes.left};
    if (!schema.name || !schema.encoding || !schema.bytes) return out_of_memory(reader);
    ADD(reader, schemas, schema_count, schema);
    reader->schema_of_id[id] = (uint16_t)reader->schema_count;
    return OK;
}

Status reader_add_channel(TapeReader *reader, View content) {
    uint16_t id = take_u16(&content), schema_id = take_u16(&content);
    View topic = take_text(&content), encoding = take_text(&content);
    take_text(&content); /* metadata */
    if (content.failed) return cut(reader, "a channel");
    int known = reader->channel_of_id[id];
    if (known != 0) {
        const char *said = reader->channels[known - 1].topic;
        bool same = strlen(said) == topic.left && memcmp(said, topic.at, topic.left) == 0;
        return same ? OK : cut(reader, "a channel that changes its topic");
    }
    if (reader->channel_count == MCAP_IDS - 1) return out_of_memory(reader);
    int schema = reader->schema_of_id[schema_id];
    if (schema_id != 0 && schema == 0) return cut(reader, "a channel without its schema");
    const ReaderSchema none = {"", "", (const uint8_t *)"", 0};
    const ReaderSchema *of = schema ? &reader->schemas[schema - 1] : &none;
    TapeChannel channel = {
        .id = id,
        .topic = keep_text(reader, topic),
        .message_encoding = keep_text(reader, encoding),
        .schema_name = of->name,
        .schema_encoding = of->encoding,
        .schema = of->bytes,
        .schema_size = of->size,
        .messages = -1};
    if (!channel.topic || !channel.message_encoding) return out_of_memory(reader);
    ADD(reader, channels, channel_count, channel);
    reader->channel_of_id[id] = (uint16_t)reader->channel_count;
    return OK;
}

const TapeChannel *reader_channel(const TapeReader *reader, uint16_t id) {
    int known = reader->channel_of_id[id];
    return known ? &reader->channels[known - 1] : NULL;
}

static Status add_header(TapeReader *reader, View content) {
    View profile = take_text(&content), library = take_text(&content);
    if (content.failed) return cut(reader, "the header");
    reader->info.profile = keep_text(reader, profile);
    reader->info.library = keep_text(reader, library);
    return reader->info.profile && reader->info.library ? OK : out_of_memory(reader);
}

static Status add_notes(TapeReader *reader, View content) {
    const char *name = keep_text(reader, take_text(&content));
    View pairs = take_text(&content);
    while (!content.failed && pairs.left > 0 && !pairs.failed) {
        View key = take_text(&pairs), value = take_text(&pairs);
        if (pairs.failed) break;
        TapeNote note = {name, keep_text(reader, key), keep_text(reader, value)};
        if (!note.name || !note.key || !note.value) return out_of_memory(reader);
        ADD(reader, notes, note_count, note);
    }
    if (content.failed || pairs.failed) return cut(reader, "a metadata record");
    reader->info.notes++;
    return OK;
}

static Status add_attachment(TapeReader *reader, uint64_t offset, uint64_t size) {
    ADD(reader, attachments, attachment_count, (AttachmentPlace){offset, size});
    reader->info.attachments++;
    return OK;
}

static Status add_chunk(TapeReader *reader, ChunkPlace place) {
    ADD(reader, chunks, chunk_count, place);
    return OK;
}

static void forget_all(TapeReader *reader) {
    TapeInfo info = reader->info;
    reader->info =
        (TapeInfo){.profile = info.profile, .library = info.library, .bytes = info.bytes};
    reader->channel_count = reader->schema_count = reader->note_count = 0;
    reader->attachment_count = reader->chunk_count = 0;
    memset(reader->channel_of_id, 0, MCAP_IDS * sizeof *reader->channel_of_id);
    memset(reader->schema_of_id, 0, MCAP_IDS * sizeof *reader->schema_of_id);
    free(reader->channels);
    free(reader->schemas);
    free(reader->notes);
    free(reader->attachments);
    free(reader->chunks);
    reader->channels = NULL;
    reader->schemas = NULL;
    reader->notes = NULL;
    reader->attachments = NULL;
    reader->chunks = NULL;
}

/* -- from the summary ------------------------------------------------------------------------ */

/* What the statistics promise; the summary is only trusted when it lists as much. */
typedef struct Promise {
    bool given;
    uint32_t channels, attachments, notes, chunks;
} Promise;

static Status read_statistics(TapeReader *reader, View content, Promise *promise) {
    TapeInfo *info = &reader->info;
    info->messages = (int64_t)take_u64(&content);
    take_u16(&content);
    *promise = (Promise){.given = true, .channels = take_u32(&content)};
    promise->attachments = take_u32(&content);
    promise->notes = take_u32(&content);
    promise->chunks = take_u32(&content);
    info->start_ns = (int64_t)take_u64(&content);
    info->end_ns = (int64_t)take_u64(&content);
    View counts = take_text(&content);
    while (counts.left > 0 && !counts.failed) {
        uint16_t id = take_u16(&counts);
        uint64_t count = take_u64(&counts);
        int known = reader->channel_of_id[id];
        if (known && count <= INT64_MAX) reader->channels[known - 1].messages = (int64_t)count;
    }
    bool sane = info->messages >= 0 && info->start_ns >= 0 && info->end_ns >= info->start_ns;
    return sane && !content.failed && !counts.failed ? OK : cut(reader, "the statistics");
}

/* Whether these bytes lie in the data section: whole, before the summary. */
static bool in_data(uint64_t summary, uint64_t offset, uint64_t size) {
    return offset >= MCAP_MAGIC_BYTES && offset < summary && size >= MCAP_RECORD_BYTES &&
           size <= summary - offset;
}

static Status read_chunk_index(TapeReader *reader, View content, uint64_t summary) {
    ChunkPlace place = {.start_ns = (int64_t)take_u64(&content)};
    place.end_ns = (int64_t)take_u64(&content);
    place.offset = take_u64(&content);
    place.size = take_u64(&content);
    take_text(&content); /* offsets of the message indexes: chunks are walked instead */
    take_u64(&content);
    View compression = take_text(&content);
    if (content.failed || place.start_ns < 0 || !in_data(summary, place.offset, place.size)) {
        return cut(reader, "a chunk index");
    }
    if (compression.left > 0 && reader->info.chunks == 0) {
        reader->info.compression = *compression.at == 'l' ? TAPE_LZ4 : TAPE_ZSTD;
    }
    reader->info.chunks++;
    return add_chunk(reader, place);
}

static Status
read_place(TapeReader *reader, View content, uint64_t summary, McapKind kind, Record *out) {
    uint64_t offset = take_u64(&content), size = take_u64(&content);
    if (content.failed || !in_data(summary, offset, size)) return cut(reader, "an index");
    View view = {.at = reader->bytes + offset, .left = (size_t)size};
    bool whole = take_record(&view, reader->bytes, out) && out->kind == kind && view.left == 0;
    return whole ? OK : cut(reader, "an index");
}

static Status
read_summary_record(TapeReader *reader, const Record *record, uint64_t summary, Promise *promise) {
    Record target = {0};
    switch (record->kind) {
    case MCAP_SCHEMA:
        return reader_add_schema(reader, record->content);
    case MCAP_CHANNEL:
        return reader_add_channel(reader, record->content);
    case MCAP_STATISTICS:
        return read_statistics(reader, record->content, promise);
    case MCAP_CHUNK_INDEX:
        return read_chunk_index(reader, record->content, summary);
    case MCAP_ATTACHMENT_INDEX:
        TRY(read_place(reader, record->content, summary, MCAP_ATTACHMENT, &target));
        return add_attachment(reader, target.offset, target.size);
    case MCAP_METADATA_INDEX:
        TRY(read_place(reader, record->content, summary, MCAP_METADATA, &target));
        return add_notes(reader, target.content);
    default:
        return OK;
    }
}

/* E_NOT_FOUND: there is none, or it lists less than there is; the file must be scanned. */
static Status index_from_summary(TapeReader *reader) {
    const uint8_t *bytes = reader->bytes;
    size_t size = reader->size;
    if (size < FOOTER_RECORD_BYTES + 2 * MCAP_MAGIC_BYTES ||
        memcmp(bytes + size - MCAP_MAGIC_BYTES, MCAP_MAGIC, MCAP_MAGIC_BYTES) != 0) {
        return fail(E_NOT_FOUND, "tape: %s: not closed", reader->name);
    }
    size_t footer = size - MCAP_MAGIC_BYTES - FOOTER_RECORD_BYTES;
    const uint8_t *at = bytes + footer;
    uint64_t summary = load64(at + 9);
    bool sane = at[0] == MCAP_FOOTER && load64(at + 1) == MCAP_FOOTER_BYTES &&
                summary >= MCAP_MAGIC_BYTES && summary <= footer;
    if (!sane) return fail(E_NOT_FOUND, "tape: %s: no summary", reader->name);
    uint32_t crc = load32(at + 25);
    size_t summed = footer + FOOTER_RECORD_BYTES - 4 - (size_t)summary;
    if (crc != 0 && crc_of(0, bytes + summary, summed) != crc) {
        return fail(E_NOT_FOUND, "tape: %s: the summary's checksum is wrong", reader->name);
    }
    View view = {.at = bytes + summary, .left = footer - (size_t)summary};
    Promise promise = {0};
    for (Record record; take_record(&view, bytes, &record);) {
        TRY(read_summary_record(reader, &record, summary, &promise));
    }
    TapeInfo *info = &reader->info;
    bool complete =
        !view.failed && promise.given && promise.channels == (uint32_t)reader->channel_count &&
        promise.chunks == (uint32_t)reader->chunk_count &&
        promise.attachments == (uint32_t)info->attachments &&
        promise.notes == (uint32_t)info->notes && (info->chunks > 0 || info->messages == 0);
    if (!complete) return fail(E_NOT_FOUND, "tape: %s: the summary is incomplete", reader->name);
    info->closed = true;
    return OK;
}

/* -- record by record ------------------------------------------------------------------------- */

static void count_message(TapeReader *reader, uint16_t id, int64_t t_ns) {
    TapeInfo *info = &reader->info;
    TapeChannel *channel = &reader->channels[reader->channel_of_id[id] - 1];
    if (info->messages == 0 || t_ns < info->start_ns) info->start_ns = t_ns;
    if (info->messages == 0 || t_ns > info->end_ns) info->end_ns = t_ns;
    info->messages++;
    channel->messages = (channel->messages < 0 ? 0 : channel->messages) + 1;
}

/* A damaged chunk is listed too: reading it tells what is wrong with it. */
static Status scan_chunk(TapeReader *reader, const Record *record, OpenChunk *scratch) {
    ChunkHead head = {0};
    Status status = chunk_head(reader, record, &head);
    ChunkPlace place = {head.start_ns, head.end_ns, record->offset, record->size, false};
    if (status == OK) {
        if (reader->info.chunks == 0) reader->info.compression = head.compression;
        status = chunk_open(reader, &place, true, scratch);
    }
    if (status == E_NO_MEMORY) return status;
    for (size_t i = 0; status == OK && i < scratch->moments.count; i++) {
        Moment moment = scratch->moments.at[i];
        count_message(
            reader, load16(scratch->records + moment.at + MCAP_RECORD_BYTES), moment.t_ns);
    }
    reader->info.chunks++;
    return add_chunk(reader, place);
}

static Status scan_loose(TapeReader *reader, const Record *record) {
    if (record->content.left < MCAP_MESSAGE_BYTES) return cut(reader, "a message");
    const uint8_t *at = record->content.at;
    int64_t t_ns = (int64_t)load64(at + 6);
    if (t_ns < 0 || !reader_channel(reader, load16(at))) return cut(reader, "a message");
    count_message(reader, load16(at), t_ns);
    return moments_add(&reader->loose, t_ns, (size_t)record->offset);
}

static Status scan_record(TapeReader *reader, const Record *record, OpenChunk *scratch) {
    switch (record->kind) {
    case MCAP_SCHEMA:
        return reader_add_schema(reader, record->content);
    case MCAP_CHANNEL:
        return reader_add_channel(reader, record->content);
    case MCAP_MESSAGE:
        return scan_loose(reader, record);
    case MCAP_CHUNK:
        return scan_chunk(reader, record, scratch);
    case MCAP_ATTACHMENT:
        return add_attachment(reader, record->offset, record->size);
    case MCAP_METADATA:
        return add_notes(reader, record->content);
    default:
        return OK;
    }
}

static Status index_by_scanning(TapeReader *reader) {
    View view = {.at = reader->bytes + MCAP_MAGIC_BYTES, .left = reader->size - MCAP_MAGIC_BYTES};
    OpenChunk *scratch = calloc(1, sizeof *scratch);
    if (!scratch) return out_of_memory(reader);
    Status status = OK;
    bool ended = false;
    uint64_t whole = MCAP_MAGIC_BYTES; /* where the last whole record ends */
    for (Record record; status == OK && !ended && take_record(&view, reader->bytes, &record);) {
        status = scan_record(reader, &record, scratch);
        if (status == E_CORRUPT) {
            reader->info.lost_bytes += (int64_t)record.size;
            status = OK;
        }
        whole = record.offset + record.size;
        ended = record.kind == MCAP_DATA_END || record.kind == MCAP_FOOTER;
    }
    chunk_close(reader, scratch);
    TRY(status);
    if (!ended) reader->info.lost_bytes += (int64_t)(reader->size - whole);
    for (int i = 0; i < reader->channel_count; i++) {
        if (reader->channels[i].messages < 0) reader->channels[i].messages = 0;
    }
    if (reader->loose.count == 0) return OK;
    moments_sort(&reader->loose);
    int64_t first = reader->loose.at[0].t_ns;
    int64_t last = reader->loose.at[reader->loose.count - 1].t_ns;
    return add_chunk(reader, (ChunkPlace){.start_ns = first, .end_ns = last});
}

static int by_start(const void *left, const void *right) {
    const ChunkPlace *a = left, *b = right;
    if (a->start_ns != b->start_ns) return a->start_ns < b->start_ns ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

Status reader_index(TapeReader *reader) {
    if (reader->size < MCAP_MAGIC_BYTES ||
        memcmp(reader->bytes, MCAP_MAGIC, MCAP_MAGIC_BYTES) != 0) {
        return fail(E_CORRUPT, "tape: %s: not an MCAP file", reader->name);
    }
    reader->channel_of_id = calloc(MCAP_IDS, sizeof *reader->channel_of_id);
    reader->schema_of_id = calloc(MCAP_IDS, sizeof *reader->schema_of_id);
    if (!reader->channel_of_id || !reader->schema_of_id) return out_of_memory(reader);
    reader->info.profile = reader->info.library = "";
    View view = {.at = reader->bytes + MCAP_MAGIC_BYTES, .left = reader->size - MCAP_MAGIC_BYTES};
    Record header = {0};
    if (take_record(&view, reader->bytes, &header) && header.kind == MCAP_HEADER) {
        TRY(add_header(reader, header.content));
    }
    Status status = index_from_summary(reader);
    if (status == E_NO_MEMORY) return status;
    if (status != OK) {
        forget_all(reader);
        TRY(index_by_scanning(reader));
    }
    if (reader->chunk_count > 1) {
        qsort(reader->chunks, (size_t)reader->chunk_count, sizeof *reader->chunks, by_start);
    }
    return OK;
}
