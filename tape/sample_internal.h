/* sample_internal.h - one plausible message for every channel, for tests and interchange. */
#pragma once

#include "channels.h"
#include "message.h"

extern const Catalog sample_catalog;

/* The n-th message of a JSON channel; the caller's. */
json_t *sample_message(Channel channel, int n, int64_t t_ns);
