/* picture_internal - PNG, or the sentence that there is none. */
#pragma once

#include "frame.h"
#include "status.h"

MUST_USE Status picture_decode_png(const uint8_t *bytes, size_t size, Frame **out);
