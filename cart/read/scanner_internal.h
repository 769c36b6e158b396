/* scanner_internal - letters to codes, without a device. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { LINE_DIGITS_MIN = 4, LINE_DIGITS_MAX = 14 };

typedef struct LineReader { /* starts as {0} */
    int length;
    bool bad; /* until the end of the line */
    int64_t garbage;
    char digits[LINE_DIGITS_MAX + 1];
} LineReader;

/* True: the letter ended a code; it stands in `digits` until the next letter. */
bool line_feed(LineReader *line, char letter);

/* The letter of a Linux key code: a digit, '\n' for Enter, '?' for any other, 0 for Shift and its
 * like. */
char line_key(int code);
