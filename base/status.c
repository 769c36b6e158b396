#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char reason[512];

Status fail(Status code, const char *format, ...) {
    char sentence[sizeof reason]; /* the arguments may point into the old sentence */
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    /* one line, whatever a file or peer put into it */
    for (char *at = sentence; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f) *at = '?';
    memcpy(reason, sentence, sizeof reason);
    return code;
}

const char *fail_reason(void) { return reason; }
