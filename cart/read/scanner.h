/*
 * scanner - the barcode scanner on the handle: a device in, codes out.
 *
 *     serial:/dev/ttyUSB0[,BAUD]   a code per line; 9600 baud unless told
 *     evdev:/dev/input/eventN      a scanner that plays keyboard: digits until Enter; it is
 * grabbed, so that its keys reach nobody else
 *
 * A code is 4 to 14 digits; anything else is garbage, counted and skipped.
 *
 * Threads: a Scanner belongs to one thread at a time.
 */
#pragma once

#include "scan.h"
#include "status.h"

typedef struct Scanner Scanner;

/* E_INVALID: the URI. E_NOT_FOUND, E_IO: the device. */
MUST_USE Status scanner_open(Scanner **out, const char *uri);

/* Wait up to timeout_ms (< 0: forever). E_TIMEOUT: nobody scanned. E_IO: it is unplugged. */
MUST_USE Status scanner_next(Scanner *scanner, int timeout_ms, Scan *out);

/* Lines that were no code so far. */
int64_t scanner_garbage(const Scanner *scanner);

/* NULL is fine. */
void scanner_close(Scanner *scanner);
