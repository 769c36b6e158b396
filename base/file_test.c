#include "file.h"
#include "test.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/cartwright-file-XXXXXX";
static char path[128];

static void what_was_written_is_read_back(void) {
    static const uint8_t bytes[] = "one\0two";
    uint8_t *read = NULL;
    size_t size = 0;
    CHECK(file_write(path, bytes, sizeof bytes) == OK);
    CHECK(file_read(path, sizeof bytes, &read, &size) == OK);
    CHECK(size == sizeof bytes && memcmp(read, bytes, size) == 0 && read[size] == 0);
    free(read);
}

static void an_empty_file_is_read_as_no_bytes(void) {
    uint8_t *read = NULL;
    size_t size = 9;
    CHECK(file_write(path, "", 0) == OK);
    CHECK(file_read(path, 0, &read, &size) == OK);
    CHECK(size == 0 && read && read[0] == 0);
    free(read);
}

static void a_mapped_file_keeps_its_bytes_when_another_takes_its_name(void) {
    const uint8_t *mapped = NULL;
    size_t size = 9;
    CHECK(file_write(path, "old", 3) == OK);
    CHECK(file_map(path, 3, &mapped, &size) == OK);
    CHECK(size == 3 && memcmp(mapped, "old", 3) == 0);
    CHECK(file_write(path, "other", 5) == OK);
    CHECK(memcmp(mapped, "old", 3) == 0);
    file_unmap(mapped, size);
    CHECK(file_write(path, "", 0) == OK);
    CHECK(file_map(path, 3, &mapped, &size) == OK && !mapped && size == 0);
    file_unmap(mapped, size);
}

static void trouble_is_named_and_outputs_stay_as_they_were(void) {
    uint8_t *read = NULL;
    size_t size = 9;
    char other[160];
    CHECK(file_write(path, "four", 4) == OK);
    CHECK(file_read(path, 3, &read, &size) == E_INVALID);
    CHECK(strstr(fail_reason(), path) && strstr(fail_reason(), "larger than 3 bytes"));
    CHECK(file_read(folder, 100, &read, &size) == E_INVALID);
    const uint8_t *mapped = NULL;
    CHECK(file_map(path, 3, &mapped, &size) == E_INVALID);
    CHECK(strstr(fail_reason(), path) && strstr(fail_reason(), "larger than 3 bytes"));
    CHECK(file_map(folder, 100, &mapped, &size) == E_INVALID);
    CHECK(file_map("/nowhere/none", 100, &mapped, &size) == E_NOT_FOUND);
    snprintf(other, sizeof other, "%s/none", folder);
    CHECK(file_read(other, 100, &read, &size) == E_NOT_FOUND);
    snprintf(other, sizeof other, "%s/none/deeper", folder);
    CHECK(file_write(other, "x", 1) == E_IO);
    CHECK(read == NULL && mapped == NULL && size == 9);
}

static void a_fifo_is_refused_without_waiting_for_a_writer(void) {
    uint8_t *read = NULL;
    size_t size = 0;
    char fifo[160];
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    CHECK(mkfifo(fifo, 0600) == 0);
    CHECK(file_read(fifo, 100, &read, &size) == E_INVALID);
    unlink(fifo);
}

static void *write_often(void *letter) {
    char page[8192];
    memset(page, *(const char *)letter, sizeof page);
    for (int i = 0; i < 20; i++)
        if (file_write(path, page, sizeof page) != OK) return "failed";
    return NULL;
}

static void two_writers_leave_one_whole_file_and_nothing_beside_it(void) {
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, write_often, "a");
    pthread_create(&threads[1], NULL, write_often, "b");
    for (int i = 0; i < 2; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        CHECK(failed == NULL);
    }
    uint8_t *read = NULL;
    size_t size = 0;
    CHECK(file_read(path, 8192, &read, &size) == OK);
    CHECK(size == 8192 && read[0] == read[8191] && (read[0] == 'a' || read[0] == 'b'));
    free(read);

    int entries = 0;
    DIR *listing = opendir(folder);
    while (listing && readdir(listing))
        entries++;
    if (listing) closedir(listing);
    CHECK(entries == 3); /* . and .. and the file */
}

static void a_folder_is_made_with_those_above_it(void) {
    char deep[160], inside[192], in_the_way[200];
    struct stat info;
    snprintf(deep, sizeof deep, "%s/a/b/c", folder);
    snprintf(inside, sizeof inside, "%s/x", deep);
    CHECK(file_make_folder(deep) == OK && file_make_folder(deep) == OK);
    CHECK(stat(deep, &info) == 0 && S_ISDIR(info.st_mode));
    CHECK(file_write_fast(inside, "x", 1) == OK);
    snprintf(in_the_way, sizeof in_the_way, "%s/y", inside);
    CHECK(file_make_folder(in_the_way) == E_IO && strstr(fail_reason(), inside));
    CHECK(file_make_folder("") == E_INVALID);
    unlink(inside);
    for (int i = 0; i < 3; i++) {
        rmdir(deep);
        *strrchr(deep, '/') = '\0';
    }
}

int main(void) {
    if (!mkdtemp(folder)) return 99;
    snprintf(path, sizeof path, "%s/file", folder);
    RUN(what_was_written_is_read_back);
    RUN(an_empty_file_is_read_as_no_bytes);
    RUN(a_mapped_file_keeps_its_bytes_when_another_takes_its_name);
    RUN(trouble_is_named_and_outputs_stay_as_they_were);
    RUN(a_fifo_is_refused_without_waiting_for_a_writer);
    RUN(two_writers_leave_one_whole_file_and_nothing_beside_it);
    RUN(a_folder_is_made_with_those_above_it);
    unlink(path);
    rmdir(folder);
    return DONE();
}
