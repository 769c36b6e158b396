/* Any bytes as a tape: listed, read to its end, sought in, checked; nothing may run on for ever. */
#include "tape.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t seen;

static void read_to_the_end(TapeReader *reader, size_t size) {
    /* a message takes 31 bytes of an unpacked chunk, which is at most 256 MiB: reading ends */
    TapeMessage message;
    Status status = OK;
    for (size_t i = 0; i < 100000 + size && status != E_END; i++) {
        status = tape_next(reader, &message);
        if (status != OK) continue;
        if (message.t_ns < 0 || !message.channel->topic) abort();
        if (message.size > 0) seen = (uint8_t)(message.bytes[0] ^ message.bytes[message.size - 1]);
    }
}

static void count_problem(void *context, const char *sentence) {
    *(size_t *)context += sentence[0] != '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    TapeReader *reader;
    if (tape_open_memory(&reader, data, size) != OK) return 0;
    const TapeInfo *info = tape_info(reader);
    if (info->end_ns < info->start_ns || info->lost_bytes < 0) abort();
    read_to_the_end(reader, size);
    if (tape_seek(reader, info->start_ns / 2 + info->end_ns / 2) != OK) abort();
    read_to_the_end(reader, size);
    for (int i = 0; i < info->attachments; i++) {
        TapeAttachment attachment;
        if (tape_attachment(reader, i, &attachment) == OK && attachment.size > 0) {
            seen = attachment.bytes[attachment.size - 1];
        }
    }
    if (tape_note_get(reader, "run", "seed")) seen = 1;
    size_t problems = 0;
    if (tape_check(reader, count_problem, &problems) == OK && problems > 0) seen = 2;
    tape_close(reader);
    return 0;
}
