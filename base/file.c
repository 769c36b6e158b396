#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A regular file of at most ceiling_bytes, open for reading. Without O_NONBLOCK a FIFO would hold
 * us here until somebody writes to it. */
static Status open_regular(const char *path, size_t ceiling_bytes, int *out, size_t *size) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(errno == ENOENT ? E_NOT_FOUND : E_IO, "%s: %s", path, strerror(errno));
    Status status = OK;
    struct stat info;
    if (fstat(fd, &info) != 0) {
        status = fail(E_IO, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        status = fail(E_INVALID, "%s: not a regular file", path);
    } else if ((uintmax_t)info.st_size > ceiling_bytes) {
        status = fail(E_INVALID, "%s: larger than %zu bytes", path, ceiling_bytes);
    }
    if (status != OK) {
        close(fd);
        return status;
    }
    *out = fd;
    *size = (size_t)info.st_size;
    return OK;
}

static Status read_all(int fd, const char *path, uint8_t *bytes, size_t size, size_t *got) {
    *got = 0;
    while (*got < size) {
        const ssize_t more = read(fd, bytes + *got, size - *got);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) return fail(E_IO, "%s: %s", path, strerror(errno));
        if (more == 0) break;
        *got += (size_t)more;
    }
    return OK;
}

Status file_read(const char *path, size_t ceiling_bytes, uint8_t **out, size_t *size) {
    int fd = -1;
    size_t room = 0, got = 0;
    TRY(open_regular(path, ceiling_bytes, &fd, &room));
    uint8_t *bytes = malloc(room + 1);
    if (!bytes) {
        close(fd);
        return fail(E_NO_MEMORY, "%s: out of memory", path);
    }
    const Status status = read_all(fd, path, bytes, room, &got);
    close(fd);
    if (status != OK) {
        free(bytes);
        return status;
    }
    bytes[got] = '\0';
    *out = bytes;
    *size = got;
    return OK;
}

Status file_map(const char *path, size_t ceiling_bytes, const uint8_t **out, size_t *size) {
    int fd = -1;
    size_t room = 0;
    TRY(open_regular(path, ceiling_bytes, &fd, &room));
    void *bytes = room > 0 ? mmap(NULL, room, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    const int why = errno;
    close(fd);
    if (bytes == MAP_FAILED) return fail(E_IO, "%s: %s", path, strerror(why));
    *out = bytes;
    *size = room;
    return OK;
}

void file_unmap(const uint8_t *bytes, size_t size) {
    if (bytes) munmap((void *)bytes, size);
}

static Status write_all(int fd, const char *path, const unsigned char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t wrote = write(fd, bytes, size);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return fail(E_IO, "%s: %s", path, strerror(errno));
        bytes += wrote;
        size -= (size_t)wrote;
    }
    if (fsync(fd) != 0) return fail(E_IO, "%s: %s", path, strerror(errno));
    return OK;
}

Status file_write(const char *path, const void *bytes, size_t size) {
    static atomic_uint writes; /* two threads writing one path must not share the file beside it */
    char beside[4096];
    const int length = snprintf(
        beside, sizeof beside, "%s.%d.%u.part", path, (int)getpid(), atomic_fetch_add(&writes, 1));
    if (length < 0 || (size_t)length >= sizeof beside)
        return fail(E_INVALID, "%s: path too long", path);
    const int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return fail(E_IO, "%s: %s", beside, strerror(errno));
    Status status = write_all(fd, beside, bytes, size);
    if (close(fd) != 0 && status == OK) status = fail(E_IO, "%s: %s", beside, strerror(errno));
    if (status == OK && rename(beside, path) != 0)
        status = fail(E_IO, "%s: %s", path, strerror(errno));
    if (status != OK) unlink(beside);
    return status;
}

Status file_write_fast(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wbe");
    if (!file) return fail(E_IO, "%s: %s", path, strerror(errno));
    const size_t wrote = fwrite(bytes, 1, size, file);
    if (fclose(file) != 0 || wrote != size) return fail(E_IO, "%s: %s", path, strerror(errno));
    return OK;
}

Status file_make_folder(const char *path) {
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part || !path[0])
        return fail(E_INVALID, "%s: not a path of a folder", path);
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash) *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return fail(E_IO, "%s: %s", part, strerror(errno));
        if (!slash) return OK;
        *slash = '/';
    }
}
