/* tape_extract.c - a tape out of another one: all that is readable, or a part of it. */
#include "channels.h"
#include "mcap_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <unistd.h>

bool tape_cut_has_topic(const TapeCut *cut, const char *topic) {
    for (int i = 0; i < cut->topic_count; i++) {
        if (fnmatch(cut->topics[i], topic, 0) == 0) return true;
    }
    return cut->topic_count == 0;
}

static bool is_calibration(const char *topic) {
    const char *name;
    Channel channel = channel_of(topic, &name);
    return channel == CHANNEL_SCALE_CALIBRATION || channel == CHANNEL_CAMERA_CALIBRATION;
}

/* ids[i] is the new tape's name for the old tape's channel i; 0: not wanted. */
static Status add_channels(
    TapeWriter *writer, const TapeChannel *channels, int count, const TapeCut *cut, uint16_t *ids) {
    for (int i = 0; i < count; i++) {
        const TapeChannel *at = &channels[i];
        if (!tape_cut_has_topic(cut, at->topic)) continue;
        TRY(tape_add_channel(
            writer, at->topic, at->message_encoding, at->schema_name, at->schema_encoding,
            at->schema, at->schema_size, &ids[i]));
    }
    return OK;
}

static Status copy_messages(
    TapeReader *reader,
    TapeWriter *writer,
    const TapeCut *cut,
    const TapeChannel *channels,
    const uint16_t *ids,
    int64_t *kept) {
    for (TapeMessage message;;) {
        Status status = tape_next(reader, &message);
        if (status == E_END) return OK;
        if (status == E_CORRUPT) continue; /* counted by the reader */
        TRY(status);
        if (message.t_ns >= cut->to_ns) return OK;
        uint16_t id = ids[message.channel - channels];
        bool wanted = message.t_ns >= cut->from_ns || is_calibration(message.channel->topic);
        if (id == 0 || !wanted) continue;
        TRY(tape_copy(writer, id, &message));
        ++*kept;
    }
}

/* Notes that follow each other under one name were one record. */
static Status copy_notes(const TapeReader *reader, TapeWriter *writer) {
    enum { TOGETHER = 64 };
    const char *keys[TOGETHER], *values[TOGETHER];
    int count;
    const TapeNote *notes = tape_notes(reader, &count);
    for (int i = 0; i < count;) {
        const char *name = notes[i].name;
        int pairs = 0;
        for (; i < count && pairs < TOGETHER && strcmp(notes[i].name, name) == 0; i++) {
            keys[pairs] = notes[i].key;
            values[pairs++] = notes[i].value;
        }
        TRY(tape_note(writer, name, keys, values, pairs));
    }
    return OK;
}

static Status copy_attachments(TapeReader *reader, TapeWriter *writer) {
    for (int i = 0; i < tape_info(reader)->attachments; i++) {
        TapeAttachment at;
        Status status = tape_attachment(reader, i, &at);
        if (status == E_CORRUPT) continue;
        TRY(status);
        TRY(tape_attach(writer, at.name, at.media_type, at.t_ns, at.bytes, at.size));
    }
    return OK;
}

static Status copy(TapeReader *reader, TapeWriter *writer, const TapeCut *cut, int64_t *kept) {
    int count;
    const TapeChannel *channels = tape_channels(reader, &count);
    uint16_t *ids = calloc((size_t)count + 1, sizeof *ids);
    if (!ids) return fail(E_NO_MEMORY, "tape: out of memory");
    Status status = add_channels(writer, channels, count, cut, ids);
    if (status == OK) status = copy_notes(reader, writer);
    if (status == OK) status = copy_attachments(reader, writer);
    if (status == OK) status = copy_messages(reader, writer, cut, channels, ids, kept);
    free(ids);
    return status;
}

/* The bytes are on the disk before the name is: a crash leaves the old file or the new one. */
static Status put_in_place(const char *part, const char *to) {
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0) close(fd);
    if (!synced) return fail(E_IO, "tape: cannot sync %s: %s", part, strerror(error));
    if (rename(part, to) != 0) return fail(E_IO, "tape: cannot write %s: %s", to, strerror(errno));
    return OK;
}

static Status extract_to(TapeReader *reader, const char *part, const TapeCut *cut, int64_t *kept) {
    const TapeInfo *info = tape_info(reader);
    TapeOptions options = {.compression = info->compression, .profile = info->profile};
    TapeWriter *writer;
    TRY(tape_create(&writer, part, &options));
    Status status = copy(reader, writer, cut, kept);
    if (status == OK) return tape_finish(writer);
    char reason[512];
    snprintf(reason, sizeof reason, "%s", fail_reason());
    if (tape_finish(writer) != OK) return fail(status, "%s", reason);
    return fail(status, "%s", reason);
}

Status tape_extract(
    const char *from, const char *to, const TapeCut *cut, int64_t *kept, int64_t *lost_bytes) {
    TapeReader *reader;
    TRY(tape_open(&reader, from));
    char part[4096];
    int64_t count = 0;
    Status status;
    if (snprintf(part, sizeof part, "%s.part", to) >= (int)sizeof part) {
        status = fail(E_INVALID, "tape: the name is too long: %s", to);
    } else {
        status = extract_to(reader, part, cut, &count);
        if (status == OK) status = put_in_place(part, to);
        if (status != OK) unlink(part);
    }
    if (status == OK) {
        *kept = count;
        *lost_bytes = tape_info(reader)->lost_bytes;
    }
    tape_close(reader);
    return status;
}

Status tape_repair(const char *from, const char *to, int64_t *kept, int64_t *lost_bytes) {
    return tape_extract(from, to, &(TapeCut){.to_ns = INT64_MAX}, kept, lost_bytes);
}
