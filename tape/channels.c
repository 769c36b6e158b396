#include "channels.h"

#include "channels_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char calibration[] = "/calibration"; /* follows the camera's name */

const ChannelRow *channel_row(Channel channel) {
    assert(channel < CHANNEL_COUNT);
    return &channels_rows[channel];
}

static bool takes_name(Channel channel) {
    return channels_rows[channel].topic[strlen(channels_rows[channel].topic) - 1] == '/';
}

Status channel_add(TapeWriter *writer, Channel channel, const char *name, uint16_t *id) {
    const ChannelRow *row = channel_row(channel);
    assert(takes_name(channel) == (name != NULL));
    if (name && (!*name || strchr(name, '/'))) {
        return fail(E_INVALID, "tape: \"%s\" is no name for a camera: it may hold no slash", name);
    }
    char topic[256];
    const char *tail = channel == CHANNEL_CAMERA_CALIBRATION ? calibration : "";
    int length = snprintf(topic, sizeof topic, "%s%s%s", row->topic, name ? name : "", tail);
    if (length >= (int)sizeof topic) {
        return fail(E_INVALID, "tape: a camera's name is too long: %s", name);
    }
    const void *schema = row->schema ? (const void *)row->schema : channels_image_schema;
    size_t size = row->schema ? strlen(row->schema) : channels_image_schema_size;
    return tape_add_channel(
        writer, topic, row->message_encoding, row->schema_name, row->schema_encoding, schema, size,
        id);
}

Channel channel_of(const char *topic, const char **name) {
    *name = NULL;
    for (Channel channel = 0; channel < CHANNEL_COUNT; channel++) {
        const char *own = channels_rows[channel].topic;
        size_t length = strlen(own);
        if (!takes_name(channel)) {
            if (strcmp(topic, own) == 0) return channel;
            continue;
        }
        if (strncmp(topic, own, length) != 0 || !topic[length]) continue;
        const char *rest = topic + length, *slash = strchr(rest, '/');
        const char *tail = channel == CHANNEL_CAMERA_CALIBRATION ? calibration : "";
        if (slash == rest || strcmp(slash ? slash : "", tail) != 0) continue;
        *name = rest;
        return channel;
    }
    return CHANNEL_COUNT;
}
