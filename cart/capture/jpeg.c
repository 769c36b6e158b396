/* JPEG in and out, over libturbojpeg. */
#include "capture_internal.h"

#include <stdlib.h>
#include <turbojpeg.h>

enum { SHRINK_MAX = 8 }; /* what the inverse transform itself can leave out */

struct JpegReader {
    tjhandle handle;
};

Status jpeg_open(JpegReader **out) {
    JpegReader *reader = calloc(1, sizeof *reader);
    if (reader) reader->handle = tjInitDecompress();
    if (!reader || !reader->handle) {
        free(reader);
        return fail(E_NO_MEMORY, "capture: no JPEG decoder: out of memory");
    }
    *out = reader;
    return OK;
}

void jpeg_close(JpegReader *reader) {
    if (!reader) return;
    tjDestroy(reader->handle);
    free(reader);
}

Status jpeg_size(
    JpegReader *reader, const uint8_t *bytes, size_t size, int side_px, int *width, int *height) {
    int w = 0, h = 0, subsampling = 0, colours = 0;
    if (tjDecompressHeader3(
            reader->handle, bytes, (unsigned long)size, &w, &h, &subsampling, &colours) != 0)
        return fail(E_CORRUPT, "no JPEG picture (%s)", tjGetErrorStr2(reader->handle));
    if (w < 1 || h < 1 || w > CAPTURE_SIDE_MAX_PX || h > CAPTURE_SIDE_MAX_PX)
        return fail(E_CORRUPT, "a picture of %d x %d; %d at most", w, h, CAPTURE_SIDE_MAX_PX);
    const int longer = w > h ? w : h;
    tjscalingfactor scale = {1, 1};
    while (scale.denom < SHRINK_MAX && longer >= side_px * scale.denom * 2)
        scale.denom *= 2;
    *width = TJSCALED(w, scale);
    *height = TJSCALED(h, scale);
    return OK;
}

Status jpeg_decode(
    JpegReader *reader, const uint8_t *bytes, size_t size, int width, int height, uint8_t *rgb) {
    /* warnings are damage too: half a picture is worse than none; LIMITSCANS: a small file may ask
     * for hours of work */
    int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
    if (tjDecompress2(
            reader->handle, bytes, (unsigned long)size, rgb, width, 0, height, TJPF_RGB, flags) !=
        0)
        return fail(E_CORRUPT, "a damaged JPEG picture (%s)", tjGetErrorStr2(reader->handle));
    return OK;
}

Status capture_encode_jpeg(const Frame *frame, int quality, uint8_t **out, size_t *size) {
    unsigned long room = tjBufSize(frame->width, frame->height, TJSAMP_420), used = room;
    unsigned char *bytes = malloc(room);
    tjhandle handle = tjInitCompress();
    Status status = OK;
    if (!bytes || !handle)
        status = fail(E_NO_MEMORY, "capture: out of memory");
    else if (
        tjCompress2(
            handle, frame->rgb, frame->width, frame->stride, frame->height, TJPF_RGB, &bytes, &used,
            TJSAMP_420, quality, TJFLAG_NOREALLOC) != 0)
        status = fail(E_IO, "capture: cannot write a JPEG: %s", tjGetErrorStr2(handle));
    if (handle) tjDestroy(handle);
    if (status != OK) {
        free(bytes);
        return status;
    }
    *out = bytes;
    *size = used;
    return OK;
}
