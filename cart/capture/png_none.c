#include "picture_internal.h"

Status picture_decode_png(const uint8_t *bytes, size_t size, Frame **out) {
    (void)bytes;
    (void)size;
    (void)out;
    return fail(E_INVALID, "this build reads no PNG pictures; use JPEG");
}
