#include "image.h"

#include "file.h"

#include <stdlib.h>
#include <turbojpeg.h>

enum { FILE_MAX_BYTES = 64 << 20, SIDE_MAX_PX = 8192 };

static Status check_size(const char *path, int width, int height) {
    if (width < 1 || height < 1 || width > SIDE_MAX_PX || height > SIDE_MAX_PX)
        return fail(
            E_INVALID, "%s: %d x %d px; 1 to %d a side are read", path, width, height, SIDE_MAX_PX);
    return OK;
}

static Status
read_jpeg(const char *path, const uint8_t *bytes, size_t size, int max_px, Image *out) {
    tjhandle jpeg = tjInitDecompress();
    if (!jpeg) return fail(E_NO_MEMORY, "%s: out of memory", path);
    Status status = OK;
    Image image = {0};
    int subsampling, colours;
    if (tjDecompressHeader3(
            jpeg, bytes, size, &image.width, &image.height, &subsampling, &colours) != 0) {
        status = fail(E_INVALID, "%s: %s", path, tjGetErrorStr2(jpeg));
    } else {
        status = check_size(path, image.width, image.height);
    }
    if (status == OK) {
        tjscalingfactor scale = {1, 1};
        while (scale.denom < 8 &&
               (TJSCALED(image.width, scale) > max_px || TJSCALED(image.height, scale) > max_px))
            scale.denom *= 2;
        image.width = TJSCALED(image.width, scale);
        image.height = TJSCALED(image.height, scale);
        image.rgbx = malloc((size_t)image.width * (size_t)image.height * 4);
        if (!image.rgbx) {
            status = fail(E_NO_MEMORY, "%s: out of memory", path);
        } else if (
            tjDecompress2(
                jpeg, bytes, size, image.rgbx, image.width, 0, image.height, TJPF_RGBX,
                TJFLAG_ACCURATEDCT) != 0 &&
            tjGetErrorCode(jpeg) == TJERR_FATAL) {
            status = fail(E_INVALID, "%s: %s", path, tjGetErrorStr2(jpeg));
        }
    }
    tjDestroy(jpeg);
    if (status == OK) *out = image;
    if (status != OK) free(image.rgbx);
    return status;
}

Status image_read(const char *path, int max_px, Image *out) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, FILE_MAX_BYTES, &bytes, &size));
    const Status status = read_jpeg(path, bytes, size, max_px, out);
    free(bytes);
    return status;
}

void image_free(Image *image) {
    if (!image) return;
    free(image->rgbx);
    *image = (Image){0};
}

struct JpegWriter {
    tjhandle compress;
    unsigned char *bytes;
    unsigned long room;
};

Status jpeg_writer_open(JpegWriter **out) {
    JpegWriter *writer = calloc(1, sizeof *writer);
    if (writer) writer->compress = tjInitCompress();
    if (!writer || !writer->compress) {
        free(writer);
        return fail(E_NO_MEMORY, "jpeg: out of memory");
    }
    *out = writer;
    return OK;
}

void jpeg_writer_close(JpegWriter *writer) {
    if (!writer) return;
    tjDestroy(writer->compress);
    tjFree(writer->bytes);
    free(writer);
}

Status jpeg_write(
    JpegWriter *writer, const Image *image, int quality, const uint8_t **bytes, size_t *size) {
    unsigned long used = writer->room;
    if (tjCompress2(
            writer->compress, image->rgbx, image->width, 0, image->height, TJPF_RGBX,
            &writer->bytes, &used, TJSAMP_420, quality, 0) != 0)
        return fail(E_IO, "jpeg: %s", tjGetErrorStr2(writer->compress));
    if (used > writer->room) writer->room = used;
    *bytes = writer->bytes;
    *size = used;
    return OK;
}
