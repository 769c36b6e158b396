#include "output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Status output_folder(const char *path) {
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return fail(E_INVALID, "%s: path too long", path);
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash) *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return fail(E_IO, "%s: %s", part, strerror(errno));
        if (!slash) return OK;
        *slash = '/';
    }
}

Status output_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wbe");
    if (!file) return fail(E_IO, "%s: %s", path, strerror(errno));
    const size_t wrote = fwrite(bytes, 1, size, file);
    if (fclose(file) != 0 || wrote != size) return fail(E_IO, "%s: %s", path, strerror(errno));
    return OK;
}

void output_progress(const char *what, int64_t done, int64_t total, double ms) {
    if (!isatty(STDERR_FILENO) || total <= 0) return;
    char bar[31] = "..............................";
    memset(bar, '#', (size_t)(done * 30 / total));
    fprintf(stderr, "\r%s [%s] %lld/%lld", what, bar, (long long)done, (long long)total);
    if (ms > 0) fprintf(stderr, "  %.0f ms a picture", ms);
    fputs("\033[K", stderr);
}

void output_progress_end(void) {
    if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
}
