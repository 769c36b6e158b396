/* journal_test.c - what was acknowledged is there, whatever happened since. */
#include "journal.h"
#include "test.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[128];
static JournalConfig config;

static void remove_files(void) {
    char beside[160];
    unlink(path);
    snprintf(beside, sizeof beside, "%s-wal", path);
    unlink(beside);
    snprintf(beside, sizeof beside, "%s-shm", path);
    unlink(beside);
}

static void fresh(void) {
    remove_files();
    config = (JournalConfig){.keep_sessions = 1000, .busy_ms = 0};
    snprintf(config.path, sizeof config.path, "%s", path);
}

static Status append(Journal *journal, int64_t sequence, EntryKind kind, int64_t amount_minor) {
    Entry entry = {
        .sequence = sequence, .t_ns = sequence * 1000, .kind = kind, .amount_minor = amount_minor};
    char json[64];
    snprintf(json, sizeof json, "{\"sequence\":%lld}", (long long)sequence);
    return journal_append(journal, &entry, json);
}

/* Entries of the open session, when they are 1, 2, 3 ...; else -1. */
static int64_t count_restored(Journal *journal) {
    int64_t count = 0;
    const char *json;
    if (journal_restore(journal) != OK) return -1;
    Status status;
    while ((status = journal_next(journal, &json)) == OK) {
        char expected[64];
        snprintf(expected, sizeof expected, "{\"sequence\":%lld}", (long long)++count);
        if (strcmp(json, expected) != 0) return -1;
    }
    return status == E_END ? count : -1;
}

static void a_session_comes_back_in_order_after_a_restart(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(count_restored(journal) == 0);
    for (int64_t i = 1; i <= 50; i++)
        CHECK(append(journal, i, ENTRY_ADD, 10) == OK);
    journal_close(journal);
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(count_restored(journal) == 50);
    CHECK(count_restored(journal) == 50);
    CHECK(append(journal, 51, ENTRY_ADD, 10) == OK);
    CHECK(count_restored(journal) == 51);
    journal_close(journal);
    journal_close(NULL);
}

static void an_entry_numbered_one_begins_a_session(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(append(journal, 1, ENTRY_ADD, 100) == OK);
    CHECK(append(journal, 2, ENTRY_CHECKOUT, 0) == OK);
    CHECK(append(journal, 1, ENTRY_RESET, 0) == OK);
    CHECK(append(journal, 2, ENTRY_ADD, 30) == OK);
    CHECK(count_restored(journal) == 2);
    JournalSession sessions[4];
    int count = 0;
    CHECK(journal_sessions(journal, sessions, 4, &count) == OK);
    CHECK(count == 2);
    CHECK(sessions[0].total_minor == 30 && !sessions[0].checked_out && sessions[0].entries == 2);
    CHECK(sessions[1].total_minor == 100 && sessions[1].checked_out);
    const char *json;
    CHECK(journal_read(journal, sessions[1].session) == OK);
    CHECK(journal_next(journal, &json) == OK && strcmp(json, "{\"sequence\":1}") == 0);
    journal_close(journal);
}

static void a_started_session_takes_the_next_entry(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(append(journal, 1, ENTRY_ADD, 100) == OK);
    CHECK(journal_start_session(journal, 77) == OK);
    CHECK(count_restored(journal) == 0);
    CHECK(append(journal, 1, ENTRY_ADD, 100) == OK);
    JournalSession sessions[4];
    int count = 0;
    CHECK(journal_sessions(journal, sessions, 4, &count) == OK);
    CHECK(count == 2 && sessions[0].started_ns == 77 && sessions[0].entries == 1);
    journal_close(journal);
}

static void an_entry_that_does_not_follow_is_refused(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(append(journal, 2, ENTRY_ADD, 0) == E_CORRUPT);
    CHECK(append(journal, 1, ENTRY_ADD, 0) == OK);
    CHECK(append(journal, 3, ENTRY_ADD, 0) == E_CORRUPT);
    CHECK(strstr(fail_reason(), "entry 3 cannot follow entry 1") != NULL);
    CHECK(count_restored(journal) == 1);
    journal_close(journal);
}

static void old_sessions_are_forgotten(void) {
    fresh();
    config.keep_sessions = 3;
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    for (int i = 0; i < 10; i++)
        CHECK(append(journal, 1, ENTRY_RESET, 0) == OK);
    JournalSession sessions[16];
    int count = 0;
    CHECK(journal_sessions(journal, sessions, 16, &count) == OK);
    CHECK(count == 3);
    const char *json;
    CHECK(journal_read(journal, sessions[0].session - 5) == OK);
    CHECK(journal_next(journal, &json) == E_END);
    journal_close(journal);
}

static SealEntry seal_entry(int64_t sequence) {
    SealEntry entry = {
        .sequence = sequence,
        .t_ns = sequence * 1000,
        .kind = SEAL_CALIBRATION,
        .value = 9,
        .before = -sequence,
        .after = INT64_MAX - sequence,
        .calibration_count = sequence / 2,
        .configuration_count = 3,
        .who = "attendant 7"};
    for (int i = 0; i < SEAL_HASH_BYTES; i++) {
        entry.program[i] = (uint8_t)i;
        entry.previous[i] = (uint8_t)(sequence - 1 + i);
        entry.hash[i] = (uint8_t)(sequence + i);
    }
    return entry;
}

/* Entries of the event log, when they are the first so many; else -1. */
static int64_t count_seal(Journal *journal) {
    int64_t count = 0;
    SealEntry entry;
    if (journal_read_seal(journal) != OK) return -1;
    Status status;
    while ((status = journal_next_seal(journal, &entry)) == OK) {
        const SealEntry expected = seal_entry(++count);
        if (memcmp(&entry, &expected, sizeof entry) != 0) return -1;
    }
    return status == E_END && journal_next_seal(journal, &entry) == E_END ? count : -1;
}

static int tamper(const char *sql) {
    sqlite3 *other = NULL;
    int code = sqlite3_open(path, &other);
    if (code == SQLITE_OK) code = sqlite3_exec(other, sql, NULL, NULL, NULL);
    sqlite3_close(other);
    return code;
}

static void the_event_log_outlives_every_session(void) {
    fresh();
    config.keep_sessions = 2;
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(count_seal(journal) == 0);
    for (int64_t i = 1; i <= 1200; i++) {
        const SealEntry entry = seal_entry(i);
        CHECK(journal_append_seal(journal, &entry) == OK);
        if (i % 100 == 0) CHECK(append(journal, 1, ENTRY_RESET, 0) == OK);
    }
    const SealEntry twice = seal_entry(1200);
    CHECK(journal_append_seal(journal, &twice) == E_IO);
    journal_close(journal);
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(count_seal(journal) == 1200 && count_seal(journal) == 1200);
    journal_close(journal);
}

static void the_event_log_is_append_only_and_its_end_is_missed(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    for (int64_t i = 1; i <= 5; i++) {
        const SealEntry entry = seal_entry(i);
        CHECK(journal_append_seal(journal, &entry) == OK);
    }
    journal_close(journal);
    CHECK(tamper("DELETE FROM seal WHERE sequence = 5") != SQLITE_OK);
    CHECK(tamper("UPDATE seal SET after = 0") != SQLITE_OK);
    CHECK(tamper("DROP TRIGGER seal_kept; DELETE FROM seal WHERE sequence = 5") == SQLITE_OK);
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(journal_read_seal(journal) == E_CORRUPT);
    CHECK(strstr(fail_reason(), "4 of 5") != NULL);
    journal_close(journal);
    CHECK(tamper("DELETE FROM seal") == SQLITE_OK);
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(journal_read_seal(journal) == E_CORRUPT);
    SealEntry entry;
    CHECK(journal_next_seal(journal, &entry) == E_END);
    journal_close(journal);
    CHECK(tamper("DROP TABLE seal") == SQLITE_OK);
    CHECK(journal_open(&journal, &config) == E_IO);
}

static void a_cell_of_the_wrong_size_is_read_as_nothing(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    const SealEntry kept = seal_entry(1);
    CHECK(journal_append_seal(journal, &kept) == OK);
    journal_close(journal);
    CHECK(
        tamper("DROP TRIGGER seal_unchanged; UPDATE seal SET hash = x'00ff', who = 'x'") ==
        SQLITE_OK);
    CHECK(journal_open(&journal, &config) == OK);
    SealEntry entry = seal_entry(1);
    CHECK(journal_read_seal(journal) == OK && journal_next_seal(journal, &entry) == OK);
    const uint8_t nothing[SEAL_HASH_BYTES] = {0};
    CHECK(memcmp(entry.hash, nothing, sizeof nothing) == 0 && entry.who[0] == '\0');
    journal_close(journal);
}

static void a_journal_from_before_the_event_log_gets_one(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(append(journal, 1, ENTRY_ADD, 10) == OK);
    journal_close(journal);
    CHECK(tamper("DROP TABLE seal; PRAGMA user_version=1") == SQLITE_OK);
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(count_restored(journal) == 1 && count_seal(journal) == 0);
    const SealEntry entry = seal_entry(1);
    CHECK(journal_append_seal(journal, &entry) == OK && count_seal(journal) == 1);
    journal_close(journal);
}

static void memory_keeps_nothing(void) {
    fresh();
    snprintf(config.path, sizeof config.path, ":memory:");
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(append(journal, 1, ENTRY_ADD, 1) == OK);
    CHECK(count_restored(journal) == 1);
    journal_close(journal);
}

/* Overwrite part of the file. */
static void scribble(long offset, const char *bytes, size_t size) {
    FILE *file = fopen(path, offset ? "r+b" : "wb");
    CHECK(file != NULL);
    if (!file) return;
    CHECK(fseek(file, offset, SEEK_SET) == 0);
    CHECK(fwrite(bytes, 1, size, file) == size);
    CHECK(fclose(file) == 0);
}

static bool refused(Status expected, const char *words) {
    Journal *journal = NULL;
    Status status = journal_open(&journal, &config);
    bool right = status == expected && journal == NULL && strstr(fail_reason(), words) != NULL;
    if (!right) printf("# status %d: %s\n", (int)status, fail_reason());
    if (status == OK) journal_close(journal);
    return right;
}

static void what_is_no_journal_is_refused_in_one_line(void) {
    fresh();
    static const char words[] = "This is a shopping list, not a database. Milk, eggs, bread.\n";
    scribble(0, words, sizeof words - 1);
    CHECK(refused(E_CORRUPT, "move it away"));

    fresh();
    sqlite3 *other = NULL;
    CHECK(sqlite3_open(path, &other) == SQLITE_OK);
    CHECK(sqlite3_exec(other, "CREATE TABLE milk (eggs)", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(other);
    CHECK(refused(E_CORRUPT, "no journal"));

    fresh();
    snprintf(config.path, sizeof config.path, "%s/no/such/folder/x.db", folder);
    CHECK(refused(E_IO, "check that the folder exists"));
}

static void a_newer_journal_is_refused(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    journal_close(journal);
    sqlite3 *other = NULL;
    CHECK(sqlite3_open(path, &other) == SQLITE_OK);
    CHECK(sqlite3_exec(other, "PRAGMA user_version=99", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(other);
    CHECK(refused(E_CORRUPT, "schema version 99"));
}

static void a_damaged_journal_is_refused(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    for (int64_t i = 1; i <= 500; i++)
        (void)!append(journal, i, ENTRY_ADD, 10);
    journal_close(journal);
    char noise[3000];
    memset(noise, 0xA5, sizeof noise);
    scribble(4096, noise, sizeof noise);
    scribble(3 * 4096L, noise, sizeof noise);
    CHECK(refused(E_CORRUPT, "damaged"));
}

static void a_locked_journal_is_refused_and_an_append_says_so(void) {
    fresh();
    Journal *journal = NULL;
    CHECK(journal_open(&journal, &config) == OK);
    CHECK(append(journal, 1, ENTRY_ADD, 1) == OK);
    sqlite3 *other = NULL;
    CHECK(sqlite3_open(path, &other) == SQLITE_OK);
    CHECK(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(append(journal, 2, ENTRY_ADD, 1) == E_IO);
    CHECK(strstr(fail_reason(), "locked by another program") != NULL);
    CHECK(refused(E_IO, "locked by another program"));
    CHECK(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(append(journal, 2, ENTRY_ADD, 1) == OK);
    CHECK(count_restored(journal) == 2);
    sqlite3_close(other);
    journal_close(journal);
}

/* The child: append for ever, tell each acknowledged number. */
_Noreturn static void write_until_killed(int tell) {
    Journal *journal = NULL;
    if (journal_open(&journal, &config) != OK) _exit(1);
    int64_t last = count_restored(journal);
    for (int64_t i = last + 1;; i++) {
        if (append(journal, i, ENTRY_ADD, 1) != OK) _exit(2);
        if (write(tell, &i, sizeof i) != sizeof i) _exit(3);
    }
}

/* Kill a writer some time after it began; the last number it acknowledged. */
static int64_t kill_a_writer(int after_entries, int after_us) {
    int pipes[2];
    if (pipe(pipes) != 0) return -1;
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) {
        close(pipes[0]);
        write_until_killed(pipes[1]);
    }
    close(pipes[1]);
    int64_t acknowledged = -1, number;
    for (int i = 0; i < after_entries && read(pipes[0], &number, sizeof number) == sizeof number;
         i++)
        acknowledged = number;
    usleep((useconds_t)after_us);
    kill(child, SIGKILL);
    while (read(pipes[0], &number, sizeof number) == sizeof number)
        acknowledged = number;
    close(pipes[0]);
    int how = 0;
    waitpid(child, &how, 0);
    return WIFSIGNALED(how) ? acknowledged : -1;
}

static void a_killed_writer_loses_nothing_it_acknowledged(void) {
    fresh();
    int64_t before = 0;
    for (int round = 0; round < 12; round++) {
        int64_t acknowledged = kill_a_writer(1 + round * 3, 137 * round);
        CHECK(acknowledged > before);
        Journal *journal = NULL;
        CHECK(journal_open(&journal, &config) == OK);
        if (!journal) return;
        int64_t restored = count_restored(journal);
        CHECK(restored >= acknowledged && restored <= acknowledged + 1);
        before = restored;
        journal_close(journal);
    }
    printf("# %lld entries over 12 kills\n", (long long)before);
}

int main(void) {
    snprintf(folder, sizeof folder, "/tmp/journal-test-XXXXXX");
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/journal.db", folder);
    RUN(a_session_comes_back_in_order_after_a_restart);
    RUN(an_entry_numbered_one_begins_a_session);
    RUN(a_started_session_takes_the_next_entry);
    RUN(an_entry_that_does_not_follow_is_refused);
    RUN(old_sessions_are_forgotten);
    RUN(the_event_log_outlives_every_session);
    RUN(the_event_log_is_append_only_and_its_end_is_missed);
    RUN(a_cell_of_the_wrong_size_is_read_as_nothing);
    RUN(a_journal_from_before_the_event_log_gets_one);
    RUN(memory_keeps_nothing);
    RUN(what_is_no_journal_is_refused_in_one_line);
    RUN(a_newer_journal_is_refused);
    RUN(a_damaged_journal_is_refused);
    RUN(a_locked_journal_is_refused_and_an_append_says_so);
    RUN(a_killed_writer_loses_nothing_it_acknowledged);
    remove_files();
    rmdir(folder);
    return DONE();
}
