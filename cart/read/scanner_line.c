#include "scanner_internal.h"

#include <linux/input-event-codes.h>

static bool end_line(LineReader *line) {
    bool code = !line->bad && line->length >= LINE_DIGITS_MIN;
    if (!code && (line->bad || line->length > 0)) line->garbage++;
    line->digits[line->length] = '\0';
    line->length = 0;
    line->bad = false;
    return code;
}

bool line_feed(LineReader *line, char letter) {
    if (letter == '\r' || letter == '\n') return end_line(line);
    if (letter >= 0 && letter < ' ') return false; /* framing: STX, ETX, tab */
    if (letter < '0' || letter > '9' || line->length == LINE_DIGITS_MAX)
        line->bad = true;
    else if (!line->bad)
        line->digits[line->length++] = letter;
    return false;
}

char line_key(int code) {
    switch (code) {
    case KEY_0:
    case KEY_KP0:
        return '0';
    case KEY_KP1:
        return '1';
    case KEY_KP2:
        return '2';
    case KEY_KP3:
        return '3';
    case KEY_KP4:
        return '4';
    case KEY_KP5:
        return '5';
    case KEY_KP6:
        return '6';
    case KEY_KP7:
        return '7';
    case KEY_KP8:
        return '8';
    case KEY_KP9:
        return '9';
    case KEY_ENTER:
    case KEY_KPENTER:
    case KEY_TAB:
        return '\n';
    case KEY_LEFTSHIFT:
    case KEY_RIGHTSHIFT:
    case KEY_LEFTCTRL:
    case KEY_LEFTALT:
    case KEY_NUMLOCK:
    case KEY_CAPSLOCK:
        return 0;
    default:
        if (code >= KEY_1 && code <= KEY_9) return "123456789"[code - KEY_1];
        return '?';
    }
}
