/* crc_internal.h - CRC-32 as in zlib, gzip and MCAP; 0 to begin with, or the sum so far. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint32_t crc_of(uint32_t crc, const uint8_t *bytes, size_t size);
