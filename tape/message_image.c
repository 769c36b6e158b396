/* message_image.c - foxglove.CompressedImage as protobuf; proto/ has its definition. */
#include "bytes_internal.h"
#include "message.h"

#include <stdio.h>

enum { FIELD_TIMESTAMP = 1, FIELD_DATA = 2, FIELD_FORMAT = 3, FIELD_FRAME_ID = 4 };
enum { STAMP_SECONDS = 1, STAMP_NANOS = 2 };
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static const int64_t NS = 1000000000;

static void put_varint(Buffer *to, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        put_u8(to, (uint8_t)(value | 0x80));
    put_u8(to, (uint8_t)value);
}

static void put_field(Buffer *to, int field, const void *bytes, size_t size) {
    put_varint(to, (uint64_t)(field << 3 | WIRE_BYTES));
    put_varint(to, size);
    put_bytes(to, bytes, size);
}

Status message_pack_image(
    int64_t t_ns,
    const char *frame_id,
    const char *format,
    const uint8_t *data,
    size_t data_size,
    uint8_t **out,
    size_t *out_size) {
    if (t_ns < 0) return fail(E_INVALID, "image: a time before 1970");
    uint8_t stamp[24];
    Buffer time = {.bytes = stamp, .capacity = sizeof stamp}; /* holds two numbers: never grows */
    put_varint(&time, STAMP_SECONDS << 3 | WIRE_VARINT);
    put_varint(&time, (uint64_t)(t_ns / NS));
    put_varint(&time, STAMP_NANOS << 3 | WIRE_VARINT);
    put_varint(&time, (uint64_t)(t_ns % NS));

    Buffer image = {0};
    buffer_reserve(&image, data_size + strlen(frame_id) + strlen(format) + 64);
    put_field(&image, FIELD_TIMESTAMP, time.bytes, time.size);
    put_field(&image, FIELD_DATA, data, data_size);
    put_field(&image, FIELD_FORMAT, format, strlen(format));
    put_field(&image, FIELD_FRAME_ID, frame_id, strlen(frame_id));
    if (image.failed) {
        buffer_finish(&image);
        return fail(E_NO_MEMORY, "image: no memory for %zu bytes", data_size);
    }
    *out = image.bytes;
    *out_size = image.size;
    return OK;
}

static uint64_t take_varint(View *view) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t byte = take_u8(view);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    view->failed = true; /* more than ten bytes */
    return 0;
}

/* A field of protobuf; for WIRE_BYTES its content, else its number. */
typedef struct Field {
    uint64_t number;
    int wire;
    uint64_t value;
    View content;
} Field;

static bool take_field(View *view, Field *out) {
    if (view->failed || view->left == 0) return false;
    uint64_t tag = take_varint(view);
    *out = (Field){.number = tag >> 3, .wire = (int)(tag & 7)};
    if (out->wire == WIRE_VARINT) {
        out->value = take_varint(view);
    } else if (out->wire == WIRE_BYTES) {
        out->content = take_view(view, take_varint(view));
    } else if (out->wire == WIRE_64) {
        take_bytes(view, 8);
    } else if (out->wire == WIRE_32) {
        take_bytes(view, 4);
    } else {
        view->failed = true;
    }
    return !view->failed;
}

/* Texts longer than their place are cut; frame_id and format only inform. */
static void copy_text(char *to, size_t to_size, View text) {
    size_t length = text.left < to_size - 1 ? text.left : to_size - 1;
    memset(to, 0, to_size);
    if (length > 0) memcpy(to, text.at, length);
}

static Status read_stamp(View stamp, int64_t *t_ns) {
    uint64_t seconds = 0, nanos = 0;
    for (Field field; take_field(&stamp, &field);) {
        if (field.wire != WIRE_VARINT) continue;
        if (field.number == STAMP_SECONDS) seconds = field.value;
        if (field.number == STAMP_NANOS) nanos = field.value;
    }
    if (stamp.failed || seconds >= (uint64_t)(INT64_MAX / NS) || nanos >= (uint64_t)NS) {
        return fail(E_INVALID, "image: its timestamp is damaged");
    }
    *t_ns = (int64_t)seconds * NS + (int64_t)nanos;
    return OK;
}

Status message_unpack_image(const uint8_t *bytes, size_t size, PackedImage *out) {
    PackedImage image = {0};
    View view = {.at = bytes, .left = size};
    for (Field field; take_field(&view, &field);) {
        if (field.wire != WIRE_BYTES) continue;
        if (field.number == FIELD_TIMESTAMP) TRY(read_stamp(field.content, &image.t_ns));
        if (field.number == FIELD_FORMAT)
            copy_text(image.format, sizeof image.format, field.content);
        if (field.number == FIELD_FRAME_ID) {
            copy_text(image.frame_id, sizeof image.frame_id, field.content);
        }
        if (field.number == FIELD_DATA) {
            image.data = field.content.at;
            image.data_size = field.content.left;
        }
    }
    if (view.failed) return fail(E_INVALID, "image: not a foxglove.CompressedImage");
    if (image.data_size == 0) return fail(E_INVALID, "image: it holds no picture");
    *out = image;
    return OK;
}
