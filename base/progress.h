/*
 * progress - how far long work has come: one line on stderr, when that is a terminal.
 *
 * Threads: one at a time.
 */
#pragma once

#include <stdint.h>

/* detail: what to say beside the bar, NULL for nothing. total <= 0: it is not known how much. */
void progress_show(const char *what, int64_t done, int64_t total, const char *detail);

/* Takes the line away. */
void progress_end(void);
