/* tape_check.c - a tape held against itself. */
#include "reader_internal.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct Check {
    TapeReader *reader;
    TapeProblem *problem;
    void *context;
    OpenChunk *chunk; /* the one before the message indexes that follow it */
    bool chunk_is_good;
    uint64_t chunks, messages, attachments, notes;
    uint64_t *by_channel; /* by id */
} Check;

static void __attribute__((format(printf, 2, 3))) report(Check *check, const char *format, ...) {
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    check->problem(check->context, sentence);
}

static Status check_chunk(Check *check, const Record *record) {
    TapeReader *reader = check->reader;
    check->chunks++;
    check->chunk_is_good = false;
    const ChunkPlace place = {.offset = record->offset, .size = record->size};
    Status status = chunk_open(reader, &place, false, check->chunk);
    if (status == E_NO_MEMORY) return status;
    if (status != OK) {
        report(check, "%s", fail_reason());
        return OK;
    }
    ChunkHead head = {0};
    TRY(chunk_head(reader, record, &head));
    check->chunk_is_good = true;
    const Moments *moments = &check->chunk->moments;
    for (size_t i = 0; i < moments->count; i++) {
        check->by_channel[load16(check->chunk->records + moments->at[i].at + MCAP_RECORD_BYTES)]++;
    }
    check->messages += moments->count;
    if (moments->count == 0) return OK;
    int64_t first = moments->at[0].t_ns, last = moments->at[moments->count - 1].t_ns;
    if (first != head.start_ns || last != head.end_ns) {
        report(
            check, "the chunk at byte %llu spans other times than it says",
            (unsigned long long)record->offset);
    }
    return OK;
}

static bool entry_is_right(const Check *check, uint16_t channel, uint64_t t_ns, uint64_t offset) {
    const OpenChunk *chunk = check->chunk;
    View view = {.at = chunk->records, .left = chunk->size};
    if (!take_bytes(&view, offset)) return false;
    Record record = {0};
    return take_record(&view, chunk->records, &record) && record.kind == MCAP_MESSAGE &&
           record.content.left >= MCAP_MESSAGE_BYTES && load16(record.content.at) == channel &&
           load64(record.content.at + 6) == t_ns;
}

static void check_message_index(Check *check, const Record *record) {
    if (!check->chunk_is_good) return;
    View view = record->content;
    uint16_t channel = take_u16(&view);
    View entries = take_text(&view);
    bool right = !view.failed && entries.left % 16 == 0;
    while (right && entries.left > 0) {
        uint64_t t_ns = take_u64(&entries);
        right = entry_is_right(check, channel, t_ns, take_u64(&entries));
    }
    if (!right) {
        report(
            check, "the message index at byte %llu is wrong", (unsigned long long)record->offset);
    }
}

static void check_data_end(Check *check, const Record *record) {
    View view = record->content;
    uint32_t crc = take_u32(&view);
    if (view.failed || view.left > 0) {
        report(check, "the end record of the data is damaged");
    } else if (crc != 0 && crc_of(0, check->reader->bytes, record->offset) != crc) {
        report(check, "the checksum of the data section is wrong");
    }
}

static Status check_record(Check *check, const Record *record) {
    switch (record->kind) {
    case MCAP_CHUNK:
        return check_chunk(check, record);
    case MCAP_MESSAGE_INDEX:
        check_message_index(check, record);
        return OK;
    case MCAP_ATTACHMENT:
        check->attachments++;
        return OK;
    case MCAP_METADATA:
        check->notes++;
        return OK;
    case MCAP_DATA_END:
        check_data_end(check, record);
        return OK;
    case MCAP_MESSAGE:
        if (record->content.left >= MCAP_MESSAGE_BYTES) {
            check->messages++;
            check->by_channel[load16(record->content.at)]++;
        }
        return OK;
    default:
        return OK;
    }
}

static void check_counts(Check *check) {
    TapeReader *reader = check->reader;
    const TapeInfo *info = &reader->info;
    const struct {
        const char *what;
        uint64_t found;
        int64_t promised;
    } counts[] = {
        {"messages", check->messages, info->messages},
        {"chunks", check->chunks, info->chunks},
        {"attachments", check->attachments, info->attachments},
        {"metadata records", check->notes, info->notes}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].found == (uint64_t)counts[i].promised) continue;
        report(
            check, "the summary counts %lld %s, the data holds %llu", (long long)counts[i].promised,
            counts[i].what, (unsigned long long)counts[i].found);
    }
    for (int i = 0; i < reader->channel_count; i++) {
        const TapeChannel *at = &reader->channels[i];
        if (at->messages >= 0 && (uint64_t)at->messages != check->by_channel[at->id]) {
            report(
                check, "%s: the summary counts %lld messages, the data holds %llu", at->topic,
                (long long)at->messages, (unsigned long long)check->by_channel[at->id]);
        }
    }
    for (int i = 0; i < reader->attachment_count; i++) {
        TapeAttachment attachment;
        if (tape_attachment(reader, i, &attachment) != OK) report(check, "%s", fail_reason());
    }
}

static Status check_data(Check *check) {
    const TapeReader *reader = check->reader;
    View view = {.at = reader->bytes + MCAP_MAGIC_BYTES, .left = reader->size - MCAP_MAGIC_BYTES};
    bool ended = false;
    for (Record record; !ended && take_record(&view, reader->bytes, &record);) {
        TRY(check_record(check, &record));
        ended = record.kind == MCAP_DATA_END;
    }
    if (view.failed) {
        report(check, "a record is cut off");
    } else if (!ended) {
        report(check, "its data has no end record");
    }
    return OK;
}

Status tape_check(TapeReader *reader, TapeProblem *problem, void *context) {
    Check check = {.reader = reader, .problem = problem, .context = context};
    check.by_channel = calloc(MCAP_IDS, sizeof *check.by_channel);
    check.chunk = calloc(1, sizeof *check.chunk);
    Status status = OK;
    if (!check.by_channel || !check.chunk) {
        status = fail(E_NO_MEMORY, "tape: %s: out of memory", reader->name);
    } else {
        if (!reader->info.closed) {
            report(&check, "it has no good summary: it was cut off or never closed");
        }
        status = check_data(&check);
        if (status == OK) check_counts(&check);
    }
    chunk_close(reader, check.chunk);
    free(check.by_channel);
    return status;
}
