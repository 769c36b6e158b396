/* channels_internal.h - the tables behind channels.c. */
#pragma once

#include "channels.h"

extern const ChannelRow channels_rows[CHANNEL_COUNT];
extern const uint8_t channels_image_schema[];
extern const size_t channels_image_schema_size;
