/*
 * file - whole files in and out, and the folders they lie in.
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

/* The same as a mapping to be read only, with no byte after the last; NULL for an empty file.
 * Whoever replaces the file renames another over it: one that is cut short in place takes its
 * readers down. */
MUST_USE Status file_map(const char *path, size_t ceiling_bytes, const uint8_t **out, size_t *size);
void file_unmap(const uint8_t *bytes, size_t size); /* NULL is fine */

/* Write beside the target, fsync, rename over it: a reader sees the old file or the new, whole. */
MUST_USE Status file_write(const char *path, const void *bytes, size_t size);

/* The same at once, not synced and not by way of a file beside it: for what can be made again. */
MUST_USE Status file_write_fast(const char *path, const void *bytes, size_t size);

/* Makes the folder and those above it; fine when they exist. */
MUST_USE Status file_make_folder(const char *path);
