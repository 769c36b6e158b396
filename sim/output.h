/*
 * output - folders, files and the progress bar of the twin's commands.
 */
#pragma once

#include "status.h"

#include <stddef.h>
#include <stdint.h>

/* Makes the folder and those above it. */
MUST_USE Status output_folder(const char *path);

/* Unlike file_write() without syncing: thousands of pictures that can be made again. */
MUST_USE Status output_file(const char *path, const void *bytes, size_t size);

/* One line on stderr, when that is a terminal: how far, and milliseconds a picture when > 0. */
void output_progress(const char *what, int64_t done, int64_t total, double ms);
void output_progress_end(void);
