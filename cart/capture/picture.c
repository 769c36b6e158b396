/* Picture files: JPEG always, PNG where the build has libpng. */
#include "capture_internal.h"
#include "file.h"
#include "picture_internal.h"

#include <stdlib.h>
#include <string.h>

enum { PICTURE_BYTES_MAX = 64 << 20 };

static Status decode_jpeg(const uint8_t *bytes, size_t size, int side_px, Frame **out) {
    JpegReader *reader = NULL;
    TRY(jpeg_open(&reader));
    Frame *frame = NULL;
    int width = 0, height = 0;
    Status status = jpeg_size(reader, bytes, size, side_px, &width, &height);
    if (status == OK) status = frame_alone(width, height, &frame);
    if (status == OK) status = jpeg_decode(reader, bytes, size, width, height, frame_rgb(frame));
    jpeg_close(reader);
    if (status != OK) {
        capture_release(frame);
        return status;
    }
    *out = frame;
    return OK;
}

Status capture_load_picture(const char *path, int side_px, Frame **out) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, PICTURE_BYTES_MAX, &bytes, &size));
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    bool is_png = size >= sizeof png && memcmp(bytes, png, sizeof png) == 0;
    Status status =
        is_png ? picture_decode_png(bytes, size, out) : decode_jpeg(bytes, size, side_px, out);
    free(bytes);
    if (status != OK) return fail(status, "capture: %s: %s", path, fail_reason());
    return OK;
}
