#include "capture_internal.h"
#include "picture_internal.h"

#include <png.h>

Status picture_decode_png(const uint8_t *bytes, size_t size, Frame **out) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    Frame *frame = NULL;
    Status status = OK;
    if (!png_image_begin_read_from_memory(&image, bytes, size)) {
        status = fail(E_CORRUPT, "no PNG picture (%s)", image.message);
    } else if (image.width > CAPTURE_SIDE_MAX_PX || image.height > CAPTURE_SIDE_MAX_PX) {
        status = fail(
            E_CORRUPT, "a picture of %u x %u; %d at most", image.width, image.height,
            CAPTURE_SIDE_MAX_PX);
    } else {
        image.format = PNG_FORMAT_RGB;
        const png_color white = {255, 255, 255}; /* behind what is transparent, as in a studio */
        status = frame_alone((int)image.width, (int)image.height, &frame);
        if (status == OK && !png_image_finish_read(&image, &white, frame_rgb(frame), 0, NULL))
            status = fail(E_CORRUPT, "a damaged PNG picture (%s)", image.message);
    }
    png_image_free(&image);
    if (status != OK) {
        capture_release(frame);
        return status;
    }
    *out = frame;
    return OK;
}
