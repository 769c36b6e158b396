#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 30 };

void progress_show(const char *what, int64_t done, int64_t total, const char *detail) {
    if (!isatty(STDERR_FILENO)) return;
    char bar[BAR + 1] = "..............................";
    if (total > 0) {
        memset(bar, '#', (size_t)(done < total ? done * BAR / total : BAR));
        fprintf(stderr, "\r%s [%s] %lld/%lld", what, bar, (long long)done, (long long)total);
    } else {
        fprintf(stderr, "\r%s %lld", what, (long long)done);
    }
    fprintf(stderr, "  %.60s\033[K", detail ? detail : "");
}

void progress_end(void) {
    if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
}
