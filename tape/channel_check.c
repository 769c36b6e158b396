/* channel_check.c - messages held against the rows of channels.c. */
#include "channels.h"
#include "message.h"
#include "schema_internal.h"

#include <stdlib.h>
#include <string.h>

struct ChannelChecker {
    json_t *schemas[CHANNEL_COUNT];
};

Status channel_checker_open(ChannelChecker **out) {
    ChannelChecker *checker = calloc(1, sizeof *checker);
    if (!checker) return fail(E_NO_MEMORY, "tape: out of memory");
    for (Channel channel = 0; channel < CHANNEL_COUNT; channel++) {
        const char *text = channel_row(channel)->schema;
        if (!text) continue;
        checker->schemas[channel] = json_loads(text, 0, NULL);
        if (!checker->schemas[channel]) {
            channel_checker_close(checker);
            return fail(E_NO_MEMORY, "tape: out of memory for the schemas");
        }
    }
    *out = checker;
    return OK;
}

void channel_checker_close(ChannelChecker *checker) {
    if (!checker) return;
    for (Channel channel = 0; channel < CHANNEL_COUNT; channel++) {
        json_decref(checker->schemas[channel]);
    }
    free(checker);
}

static Status check_json(const json_t *schema, const TapeMessage *message) {
    const char *topic = message->channel->topic;
    json_error_t error;
    json_t *value = json_loadb(
        (const char *)message->bytes, message->size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
        &error);
    if (!value) return fail(E_INVALID, "%s: not JSON: %s", topic, error.text);
    char where[128];
    const char *why;
    bool accepted = schema_accepts(schema, value, where, sizeof where, &why);
    json_decref(value);
    return accepted ? OK : fail(E_INVALID, "%s: %s %s", topic, *where ? where : "it", why);
}

Status channel_check(ChannelChecker *checker, const TapeMessage *message) {
    const TapeChannel *said = message->channel;
    const char *name;
    Channel channel = channel_of(said->topic, &name);
    if (channel == CHANNEL_COUNT) return OK;
    const ChannelRow *row = channel_row(channel);
    if (strcmp(said->message_encoding, row->message_encoding) != 0 ||
        strcmp(said->schema_name, row->schema_name) != 0) {
        return fail(
            E_INVALID, "%s: must be %s in %s, not %s in %s", said->topic, row->schema_name,
            row->message_encoding, said->schema_name, said->message_encoding);
    }
    if (checker->schemas[channel]) return check_json(checker->schemas[channel], message);
    PackedImage image;
    if (message_unpack_image(message->bytes, message->size, &image) != OK) {
        return fail(E_INVALID, "%s: it is no image", said->topic);
    }
    bool jpeg = image.data_size > 2 && image.data[0] == 0xff && image.data[1] == 0xd8;
    return jpeg ? OK : fail(E_INVALID, "%s: the picture is no JPEG", said->topic);
}
