/* mcap_chunk.c - one chunk: checked, unpacked, its messages found. */
#include "reader_internal.h"

static const uint64_t CHUNK_MAX_BYTES = (uint64_t)256 << 20;
static const uint64_t UNPACKED_MAX_BYTES = (uint64_t)1 << 30; /* all open chunks together */

static Status damaged(const TapeReader *reader, uint64_t offset, const char *why) {
    return fail(
        E_CORRUPT, "tape: %s: the chunk at byte %llu is damaged: %s", reader->name,
        (unsigned long long)offset, why);
}

Status chunk_head(const TapeReader *reader, const Record *record, ChunkHead *out) {
    View view = record->content;
    ChunkHead head = {.start_ns = (int64_t)take_u64(&view), .end_ns = (int64_t)take_u64(&view)};
    head.raw_size = take_u64(&view);
    head.raw_crc = take_u32(&view);
    View name = take_text(&view);
    head.stored = take_view(&view, take_u64(&view));
    if (record->kind != MCAP_CHUNK || view.failed || head.start_ns < 0 || head.end_ns < 0) {
        return damaged(reader, record->offset, "its head makes no sense");
    }
    for (TapeCompression known = TAPE_PLAIN; known <= TAPE_ZSTD; known++) {
        const char *text = mcap_compressions[known];
        if (name.left == strlen(text) && memcmp(name.at, text, name.left) == 0) {
            head.compression = known;
            *out = head;
            return OK;
        }
    }
    return damaged(reader, record->offset, "its compression is none of \"\", \"lz4\", \"zstd\"");
}

static bool unpack_lz4(TapeReader *reader, View stored, uint8_t *to, size_t size) {
    if (!reader->lz4 && LZ4F_isError(LZ4F_createDecompressionContext(&reader->lz4, LZ4F_VERSION))) {
        return false;
    }
    LZ4F_resetDecompressionContext(reader->lz4);
    const LZ4F_decompressOptions_t options = {.stableDst = 1};
    size_t done = 0, hint = 1;
    while (stored.left > 0) {
        size_t wrote = size - done, ate = stored.left;
        hint = LZ4F_decompress(reader->lz4, to + done, &wrote, stored.at, &ate, &options);
        if (LZ4F_isError(hint) || (ate == 0 && wrote == 0)) return false;
        take_bytes(&stored, ate);
        done += wrote;
    }
    return hint == 0 && done == size;
}

static bool unpack_zstd(TapeReader *reader, View stored, uint8_t *to, size_t size) {
    if (!reader->zstd) reader->zstd = ZSTD_createDCtx();
    if (!reader->zstd) return false;
    return ZSTD_decompressDCtx(reader->zstd, to, size, stored.at, stored.left) == size;
}

/* A compressed chunk that could not hold what it claims is refused before memory is taken for it.
 */
static bool size_is_possible(const ChunkHead *head) {
    if (head->raw_size > CHUNK_MAX_BYTES) return false;
    if (head->compression == TAPE_LZ4) return head->raw_size / 255 <= head->stored.left;
    unsigned long long content = ZSTD_getFrameContentSize(head->stored.at, head->stored.left);
    return content == ZSTD_CONTENTSIZE_UNKNOWN || content <= head->raw_size;
}

static Status unpack(TapeReader *reader, const ChunkHead *head, uint64_t offset, OpenChunk *chunk) {
    size_t size = (size_t)head->raw_size;
    if (head->compression == TAPE_PLAIN) {
        if (head->raw_size != head->stored.left)
            return damaged(reader, offset, "its size is wrong");
        chunk->records = head->stored.at;
        chunk->size = head->stored.left;
        return OK;
    }
    if (!size_is_possible(head)) return damaged(reader, offset, "its size is impossible");
    if (size > chunk->unpacked_size || !chunk->unpacked) {
        reader->unpacked_bytes -= chunk->unpacked_size;
        free(chunk->unpacked);
        chunk->unpacked_size = 0;
        chunk->unpacked =
            reader->unpacked_bytes + size > UNPACKED_MAX_BYTES ? NULL : malloc(size ? size : 1);
        if (!chunk->unpacked) {
            return fail(E_NO_MEMORY, "tape: %s: too many chunks overlap", reader->name);
        }
        chunk->unpacked_size = size;
        reader->unpacked_bytes += size;
    }
    chunk->records = chunk->unpacked;
    chunk->size = size;
    bool whole = head->compression == TAPE_LZ4
                     ? unpack_lz4(reader, head->stored, chunk->unpacked, size)
                     : unpack_zstd(reader, head->stored, chunk->unpacked, size);
    return whole ? OK : damaged(reader, offset, "it does not unpack");
}

Status moments_add(Moments *moments, int64_t t_ns, size_t at) {
    if (moments->count == moments->capacity) {
        size_t capacity = moments->capacity ? moments->capacity * 2 : 64;
        Moment *grown = realloc(moments->at, capacity * sizeof *grown);
        if (!grown) return fail(E_NO_MEMORY, "tape: no memory for %zu messages", capacity);
        moments->at = grown;
        moments->capacity = capacity;
    }
    moments->at[moments->count++] = (Moment){t_ns, at};
    return OK;
}

static int by_time(const void *left, const void *right) {
    const Moment *a = left, *b = right;
    if (a->t_ns != b->t_ns) return a->t_ns < b->t_ns ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

void moments_sort(Moments *moments) {
    for (size_t i = 1; i < moments->count; i++) {
        if (moments->at[i].t_ns >= moments->at[i - 1].t_ns) continue;
        qsort(moments->at, moments->count, sizeof *moments->at, by_time);
        return;
    }
}

static Status
find_message(const TapeReader *reader, OpenChunk *chunk, const Record *record, uint64_t offset) {
    if (record->content.left < MCAP_MESSAGE_BYTES) {
        return damaged(reader, offset, "a message in it is too short");
    }
    const uint8_t *at = record->content.at;
    int64_t t_ns = (int64_t)load64(at + 6);
    if (t_ns < 0) return damaged(reader, offset, "a message in it has an impossible time");
    if (!reader_channel(reader, load16(at))) {
        return damaged(reader, offset, "a message in it belongs to no known channel");
    }
    return moments_add(&chunk->moments, t_ns, (size_t)record->offset);
}

/* Every record of an unpacked chunk is walked once, so that whoever gives a message out later knows
 * that it is whole. */
static Status find_messages(TapeReader *reader, OpenChunk *chunk, uint64_t offset, bool learn) {
    View view = {.at = chunk->records, .left = chunk->size};
    chunk->moments.count = 0;
    chunk->next = 0;
    for (Record record; take_record(&view, chunk->records, &record);) {
        if (learn && record.kind == MCAP_SCHEMA) TRY(reader_add_schema(reader, record.content));
        if (learn && record.kind == MCAP_CHANNEL) TRY(reader_add_channel(reader, record.content));
        if (record.kind == MCAP_MESSAGE) TRY(find_message(reader, chunk, &record, offset));
    }
    if (view.failed) return damaged(reader, offset, "a record in it is cut off");
    moments_sort(&chunk->moments);
    return OK;
}

Status chunk_open(TapeReader *reader, const ChunkPlace *place, bool learn, OpenChunk *out) {
    View view = {.at = reader->bytes + place->offset, .left = (size_t)place->size};
    Record record = {0};
    bool whole = take_record(&view, reader->bytes, &record) && view.left == 0;
    if (!whole) return damaged(reader, place->offset, "its length is wrong");
    ChunkHead head = {0};
    TRY(chunk_head(reader, &record, &head));
    TRY(unpack(reader, &head, place->offset, out));
    bool summed = head.raw_crc != 0; /* 0: the writer gave none */
    if (summed && crc_of(0, out->records, out->size) != head.raw_crc) {
        return damaged(reader, place->offset, "its checksum is wrong");
    }
    out->place = place;
    return find_messages(reader, out, place->offset, learn);
}

void chunk_close(TapeReader *reader, OpenChunk *chunk) {
    if (!chunk) return;
    reader->unpacked_bytes -= chunk->unpacked_size;
    free(chunk->unpacked);
    free(chunk->moments.at);
    free(chunk);
}
