/*
 * image - pictures in memory: rows from the top, four bytes a pixel: R, G, B and one of no meaning.
 *
 * Files are JPEG, at most 8192 px a side.
 * Threads: any.
 */
#pragma once

#include "status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct Image {
    int width, height;
    uint8_t *rgbx;
} Image;

/* Decoded at a half, quarter or eighth when a side would be above max_px. On OK free with
 * image_free(). E_NOT_FOUND, E_IO, E_INVALID name the file. */
MUST_USE Status image_read(const char *path, int max_px, Image *out);
void image_free(Image *image);

/* One compressor for many pictures. */
typedef struct JpegWriter JpegWriter;
MUST_USE Status jpeg_writer_open(JpegWriter **out);
void jpeg_writer_close(JpegWriter *writer);
/* *bytes is borrowed until the next call. Rows from the top, 4:2:0. */
MUST_USE Status jpeg_write(
    JpegWriter *writer, const Image *image, int quality, const uint8_t **bytes, size_t *size);
