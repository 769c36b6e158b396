/* as_file.h - any bytes as a file, for what reads files only. Lives in memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct AsFile {
    int fd;
    char path[32];
} AsFile;

static inline AsFile as_file(const uint8_t *bytes, size_t size) {
    AsFile file = {.fd = memfd_create("fuzz", 0)};
    if (file.fd < 0 || write(file.fd, bytes, size) != (ssize_t)size) abort();
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}
