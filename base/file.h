/*
 * file - whole files in and out.
 *
 * Threads: any.
 */
#pragma once

#include "status.h"

#include <stddef.h>
#include <stdint.h>

/* Read a regular file of at most ceiling_bytes; *out has a NUL after its last byte, *size does not
 * count it. On OK the caller frees *out. */
MUST_USE Status file_read(const char *path, size_t ceiling_bytes, uint8_t **out, size_t *size);

/* Write beside the target, fsync, rename over it: a reader sees the old file or the new, whole. */
MUST_USE Status file_write(const char *path, const void *bytes, size_t size);
