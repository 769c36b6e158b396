/* mcap_read.c - messages in order of time: a heap of the chunks that overlap the present. */
#include "reader_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t ARENA_BYTES = (size_t)256 << 20;

/* -- opening and closing ----------------------------------------------------------------------- */

/* mapping: the bytes, when they are the reader's to unmap, whatever is returned. */
static Status
open_bytes(TapeReader **out, const char *name, const uint8_t *bytes, size_t size, void *mapping) {
    TapeReader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        if (mapping) munmap(mapping, size);
        return fail(E_NO_MEMORY, "tape: %s: out of memory", name);
    }
    reader->bytes = bytes;
    reader->size = size;
    reader->mapping = mapping;
    reader->info.bytes = (int64_t)size;
    arena_init(&reader->arena, ARENA_BYTES);
    reader->name = arena_text(&reader->arena, name, strlen(name));
    if (!reader->name) reader->name = "tape";
    Status status = reader_index(reader);
    if (status != OK) {
        tape_close(reader);
        return status;
    }
    *out = reader;
    return OK;
}

Status tape_open(TapeReader **out, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(errno == ENOENT ? E_NOT_FOUND : E_IO, "tape: %s: %s", path, strerror(errno));
    }
    struct stat file;
    Status status = OK;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &file) != 0) {
        status = fail(E_IO, "tape: %s: %s", path, strerror(errno));
    } else if (!S_ISREG(file.st_mode)) {
        status = fail(E_IO, "tape: %s: not a regular file", path);
    } else if (file.st_size < MCAP_MAGIC_BYTES) {
        status = fail(E_CORRUPT, "tape: %s: not an MCAP file", path);
    } else {
        bytes = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED) status = fail(E_IO, "tape: %s: %s", path, strerror(errno));
    }
    close(fd);
    TRY(status);
    madvise(bytes, (size_t)file.st_size, MADV_SEQUENTIAL);
    return open_bytes(out, path, bytes, (size_t)file.st_size, bytes);
}

Status tape_open_memory(TapeReader **out, const uint8_t *bytes, size_t size) {
    return open_bytes(out, "memory", bytes, size, NULL);
}

void tape_close(TapeReader *reader) {
    if (!reader) return;
    for (int i = 0; i < reader->heap_count; i++)
        chunk_close(reader, reader->heap[i]);
    for (int i = 0; i < reader->idle_count; i++)
        chunk_close(reader, reader->idle[i]);
    free(reader->heap);
    free(reader->idle);
    free(reader->channels);
    free(reader->channel_of_id);
    free(reader->schemas);
    free(reader->schema_of_id);
    free(reader->notes);
    free(reader->attachments);
    free(reader->chunks);
    free(reader->loose.at);
    ZSTD_freeDCtx(reader->zstd);
    LZ4F_freeDecompressionContext(reader->lz4);
    arena_finish(&reader->arena);
    if (reader->mapping) munmap(reader->mapping, reader->size);
    free(reader);
}

const TapeInfo *tape_info(const TapeReader *reader) { return &reader->info; }

const TapeChannel *tape_channels(const TapeReader *reader, int *count) {
    *count = reader->channel_count;
    return reader->channels;
}

const TapeNote *tape_notes(const TapeReader *reader, int *count) {
    *count = reader->note_count;
    return reader->notes;
}

const char *tape_note_get(const TapeReader *reader, const char *name, const char *key) {
    for (int i = reader->note_count - 1; i >= 0; i--) { /* the last one counts */
        const TapeNote *note = &reader->notes[i];
        if (strcmp(note->name, name) == 0 && strcmp(note->key, key) == 0) return note->value;
    }
    return NULL;
}

Status tape_attachment(TapeReader *reader, int index, TapeAttachment *out) {
    if (index < 0 || index >= reader->attachment_count) {
        return fail(E_NOT_FOUND, "tape: %s: no attachment %d", reader->name, index);
    }
    AttachmentPlace place = reader->attachments[index];
    View view = {
        .at = reader->bytes + place.offset + MCAP_RECORD_BYTES,
        .left = (size_t)place.size - MCAP_RECORD_BYTES};
    const uint8_t *start = view.at;
    TapeAttachment attachment = {.t_ns = (int64_t)take_u64(&view)};
    take_u64(&view); /* when it was made */
    View name = take_text(&view), media_type = take_text(&view);
    View data = take_view(&view, take_u64(&view));
    size_t summed = (size_t)(view.at - start);
    uint32_t crc = take_u32(&view);
    if (view.failed || (crc != 0 && crc_of(0, start, summed) != crc)) {
        return fail(
            E_CORRUPT, "tape: %s: the attachment at byte %llu is damaged", reader->name,
            (unsigned long long)place.offset);
    }
    attachment.name = arena_text(&reader->arena, (const char *)name.at, name.left);
    attachment.media_type =
        arena_text(&reader->arena, (const char *)media_type.at, media_type.left);
    if (!attachment.name || !attachment.media_type) {
        return fail(E_NO_MEMORY, "tape: %s: out of memory", reader->name);
    }
    attachment.bytes = data.at;
    attachment.size = data.left;
    *out = attachment;
    return OK;
}

/* -- the heap ---------------------------------------------------------------------------------- */

static const Moment *moment_of(const OpenChunk *chunk) { return &chunk->moments.at[chunk->next]; }

static bool earlier(const OpenChunk *a, const OpenChunk *b) {
    int64_t left = moment_of(a)->t_ns, right = moment_of(b)->t_ns;
    return left != right ? left < right : a->place->offset < b->place->offset;
}

static void swap(OpenChunk **a, OpenChunk **b) {
    OpenChunk *kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_down(TapeReader *reader) {
    OpenChunk **heap = reader->heap;
    for (int at = 0;;) {
        int least = at;
        for (int child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < reader->heap_count && earlier(heap[child], heap[least])) least = child;
        }
        if (least == at) return;
        swap(&heap[at], &heap[least]);
        at = least;
    }
}

static void sift_up(TapeReader *reader) {
    OpenChunk **heap = reader->heap;
    for (int at = reader->heap_count - 1; at > 0;) {
        int parent = (at - 1) / 2;
        if (!earlier(heap[at], heap[parent])) return;
        swap(&heap[at], &heap[parent]);
        at = parent;
    }
}

/* A chunk to open another one into, with room for it in the heap and among the idle. */
static OpenChunk *borrow(TapeReader *reader) {
    if (reader->idle_count > 0) return reader->idle[--reader->idle_count];
    if (reader->heap_count == reader->heap_capacity) {
        int capacity = reader->heap_capacity ? reader->heap_capacity * 2 : 4;
        assert(capacity > 0);
        OpenChunk **heap = realloc(reader->heap, (size_t)capacity * sizeof(void *));
        if (heap) reader->heap = heap;
        OpenChunk **idle = realloc(reader->idle, (size_t)capacity * sizeof(void *));
        if (idle) reader->idle = idle;
        if (!heap || !idle) return NULL;
        reader->heap_capacity = capacity;
    }
    return calloc(1, sizeof(OpenChunk));
}

static void give_back(TapeReader *reader, OpenChunk *chunk) {
    reader->idle[reader->idle_count++] = chunk;
}

static size_t first_from(const Moments *moments, int64_t t_ns) {
    size_t low = 0, high = moments->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (moments->at[middle].t_ns < t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static Status open_loose(TapeReader *reader, const ChunkPlace *place, OpenChunk *chunk) {
    chunk->place = place;
    chunk->records = reader->bytes;
    chunk->size = reader->size;
    chunk->moments.count = 0;
    for (size_t i = 0; i < reader->loose.count; i++) {
        TRY(moments_add(&chunk->moments, reader->loose.at[i].t_ns, reader->loose.at[i].at));
    }
    return OK;
}

static Status open_next_chunk(TapeReader *reader) {
    ChunkPlace *place = &reader->chunks[reader->next_chunk++];
    if (place->end_ns < reader->from_ns) return OK;
    OpenChunk *chunk = borrow(reader);
    if (!chunk) return fail(E_NO_MEMORY, "tape: %s: out of memory", reader->name);
    Status status = place->size == 0 ? open_loose(reader, place, chunk)
                                     : chunk_open(reader, place, false, chunk);
    if (status != OK) {
        if (!place->lost) reader->info.lost_bytes += (int64_t)place->size;
        place->lost = true;
        give_back(reader, chunk);
        return status;
    }
    chunk->next = first_from(&chunk->moments, reader->from_ns);
    if (chunk->next == chunk->moments.count) {
        give_back(reader, chunk);
    } else {
        reader->heap[reader->heap_count++] = chunk;
        sift_up(reader);
    }
    return OK;
}

/* The message the caller had is done with. */
static void advance(TapeReader *reader) {
    if (!reader->given) return;
    reader->given = false;
    OpenChunk *top = reader->heap[0];
    if (++top->next == top->moments.count) {
        reader->heap[0] = reader->heap[--reader->heap_count];
        give_back(reader, top);
    }
    sift_down(reader);
}

Status tape_next(TapeReader *reader, TapeMessage *out) {
    advance(reader);
    while (reader->next_chunk < reader->chunk_count) {
        int64_t start_ns = reader->chunks[reader->next_chunk].start_ns;
        if (reader->heap_count > 0 && start_ns > moment_of(reader->heap[0])->t_ns) break;
        TRY(open_next_chunk(reader));
    }
    if (reader->heap_count == 0) return fail(E_END, "tape: %s: no more messages", reader->name);
    const OpenChunk *top = reader->heap[0];
    const uint8_t *record = top->records + moment_of(top)->at, *at = record + MCAP_RECORD_BYTES;
    *out = (TapeMessage){
        .channel = reader_channel(reader, load16(at)),
        .sequence = load32(at + 2),
        .t_ns = (int64_t)load64(at + 6),
        .publish_ns = (int64_t)load64(at + 14),
        .bytes = at + MCAP_MESSAGE_BYTES,
        .size = (size_t)load64(record + 1) - MCAP_MESSAGE_BYTES};
    assert(out->channel);
    reader->given = true;
    return OK;
}

Status tape_seek(TapeReader *reader, int64_t t_ns) {
    reader->given = false;
    while (reader->heap_count > 0)
        give_back(reader, reader->heap[--reader->heap_count]);
    reader->next_chunk = 0;
    reader->from_ns = t_ns;
    return OK;
}
