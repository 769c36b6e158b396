/*
 * tape_sample - the C side of the interchange tests (tools/tape-interop).
 *
 *     tape_sample write FILE none|lz4|zstd   a tape with every channel, two messages each
 *     tape_sample dump FILE                  what is on a tape, one JSON object a line
 */
#include "sample_internal.h"

#include <stdlib.h>
#include <string.h>

static const int64_t T0 = 1700000000000000000, STEP = 100000000;

static Status write_channel(TapeWriter *writer, Channel channel) {
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 0xff, 0xd9};
    const char *topic = channel_row(channel)->topic;
    uint16_t id;
    TRY(channel_add(writer, channel, topic[strlen(topic) - 1] == '/' ? "left" : NULL, &id));
    for (int n = 0; n < 2; n++) {
        int64_t t_ns = T0 + (n * INT64_C(40) + (int64_t)channel) * STEP / 4;
        uint8_t *bytes = NULL;
        size_t size;
        if (channel == CHANNEL_CAMERA) {
            TRY(message_pack_image(t_ns, "left", "jpeg", jpeg, sizeof jpeg, &bytes, &size));
        } else {
            json_t *message = sample_message(channel, n, t_ns);
            bytes = (uint8_t *)message_text(message);
            json_decref(message);
            if (!bytes) return fail(E_NO_MEMORY, "out of memory");
            size = strlen((const char *)bytes);
        }
        Status status = tape_write(writer, id, t_ns, bytes, size);
        free(bytes);
        TRY(status);
    }
    return OK;
}

static Status write_sample(const char *path, TapeCompression compression) {
    TapeWriter *writer;
    TapeOptions options = {.compression = compression, .chunk_bytes = 2000};
    TRY(tape_create(&writer, path, &options));
    const char *const keys[] = {"seed", "scene"}, *const values[] = {
                                                      "7", "two apples \xe2\x9c\x93"};
    Status status = tape_note(writer, "run", keys, values, 2);
    for (Channel channel = 0; status == OK && channel < CHANNEL_COUNT; channel++) {
        status = write_channel(writer, channel);
    }
    if (status == OK)
        status = tape_attach(writer, "cart.yaml", "application/yaml", T0, "a: 1\n", 5);
    Status closed = tape_finish(writer);
    return status != OK ? status : closed;
}

static json_t *json_of_hex(const uint8_t *bytes, size_t size) {
    char *hex = malloc(2 * size + 1);
    if (!hex) return NULL;
    for (size_t i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    json_t *text = json_stringn(hex, 2 * size);
    free(hex);
    return text;
}

static void print_line(json_t *object) {
    char *text = message_text(object);
    json_decref(object);
    puts(text ? text : "null");
    free(text);
}

static Status dump(const char *path) {
    TapeReader *reader;
    TRY(tape_open(&reader, path));
    const TapeInfo *info = tape_info(reader);
    print_line(json_pack(
        "{s:s, s:I, s:b, s:I}", "profile", info->profile, "messages", (json_int_t)info->messages,
        "closed", info->closed, "lost_bytes", (json_int_t)info->lost_bytes));
    int count;
    const TapeChannel *channels = tape_channels(reader, &count);
    for (int i = 0; i < count; i++) {
        const TapeChannel *at = &channels[i];
        print_line(json_pack(
            "{s:s, s:s, s:s, s:s, s:o, s:I}", "channel", at->topic, "message_encoding",
            at->message_encoding, "schema_name", at->schema_name, "schema_encoding",
            at->schema_encoding, "schema", json_of_hex(at->schema, at->schema_size), "messages",
            (json_int_t)at->messages));
    }
    const TapeNote *notes = tape_notes(reader, &count);
    for (int i = 0; i < count; i++) {
        print_line(json_pack(
            "{s:s, s:s, s:s}", "note", notes[i].name, "key", notes[i].key, "value",
            notes[i].value));
    }
    for (int i = 0; i < info->attachments; i++) {
        TapeAttachment at;
        TRY(tape_attachment(reader, i, &at));
        print_line(json_pack(
            "{s:s, s:s, s:I, s:o}", "attachment", at.name, "media_type", at.media_type, "t_ns",
            (json_int_t)at.t_ns, "data", json_of_hex(at.bytes, at.size)));
    }
    TapeMessage message;
    Status status;
    while ((status = tape_next(reader, &message)) == OK) {
        print_line(json_pack(
            "{s:s, s:I, s:I, s:I, s:o}", "message", message.channel->topic, "sequence",
            (json_int_t)message.sequence, "t_ns", (json_int_t)message.t_ns, "publish_ns",
            (json_int_t)message.publish_ns, "data", json_of_hex(message.bytes, message.size)));
    }
    tape_close(reader);
    return status == E_END ? OK : status;
}

int main(int argc, char **argv) {
    static const char *const compressions[] = {"none", "lz4", "zstd"};
    Status status = E_INVALID;
    if (argc == 3 && strcmp(argv[1], "dump") == 0) status = dump(argv[2]);
    for (TapeCompression i = TAPE_PLAIN; argc == 4 && i <= TAPE_ZSTD; i++) {
        if (strcmp(argv[3], compressions[i]) == 0) status = write_sample(argv[2], i);
    }
    if (status == OK) return 0;
    fprintf(stderr, "tape_sample: %s\n", fail_reason());
    return 1;
}
