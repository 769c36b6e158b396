/* journal.c - one SQLite connection, a statement per call. */
#include "journal.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const Setting journal_settings[] = {
    SETTING_TEXT(JournalConfig, path, "cartwright.db", "the journal's file; empty: none is kept"),
    SETTING_INT(JournalConfig, keep_sessions, "1000", 1, 1000000, "sessions kept, newest first"),
    SETTING_INT(JournalConfig, busy_ms, "2000", 0, 60000, "wait for another program to let go, ms"),
    SETTING_END};

enum { SCHEMA_VERSION = 2, APPLICATION_ID = 0x43575747 /* "CWWG" */ };

static const char SCHEMA[] = "CREATE TABLE session ("
                             "  session INTEGER PRIMARY KEY AUTOINCREMENT,"
                             "  started_ns INTEGER NOT NULL,"
                             "  entries INTEGER NOT NULL DEFAULT 0,"
                             "  total_minor INTEGER NOT NULL DEFAULT 0,"
                             "  checked_out INTEGER NOT NULL DEFAULT 0);"
                             "CREATE TABLE entry ("
                             "  session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,"
                             "  sequence INTEGER NOT NULL,"
                             "  t_ns INTEGER NOT NULL,"
                             "  json TEXT NOT NULL,"
                             "  PRIMARY KEY (session, sequence)) WITHOUT ROWID;";

/* The meter's event log, since version 2. Nothing is ever taken out or changed; SQLite itself
 * remembers the last number given, so that an end cut off shows. */
static const char SEAL_SCHEMA[] =
    "CREATE TABLE seal ("
    "  sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  t_ns INTEGER NOT NULL, kind INTEGER NOT NULL, value INTEGER NOT NULL,"
    "  before INTEGER NOT NULL, after INTEGER NOT NULL,"
    "  calibration_count INTEGER NOT NULL, configuration_count INTEGER NOT NULL,"
    "  who BLOB NOT NULL, program BLOB NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL);"
    "CREATE TRIGGER seal_kept BEFORE DELETE ON seal"
    "  BEGIN SELECT raise(ABORT, 'the event log is append-only'); END;"
    "CREATE TRIGGER seal_unchanged BEFORE UPDATE ON seal"
    "  BEGIN SELECT raise(ABORT, 'the event log is append-only'); END;";

enum {
    BEGIN,
    COMMIT,
    ROLLBACK,
    START,
    FORGET,
    ADD,
    COUNT,
    LAST,
    READ,
    LIST,
    SEAL_ADD,
    SEAL_READ,
    SEAL_END,
    STATEMENTS
};

static const char SEAL_END_SQL[] =
    "SELECT coalesce((SELECT max(sequence) FROM seal), 0),"
    " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'seal'), 0)";

static const char COUNT_SQL[] =
    "UPDATE session SET entries = entries + 1, total_minor = total_minor + ?2,"
    " checked_out = checked_out OR ?3 WHERE session = ?1";

static const char *const SQL[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [START] = "INSERT INTO session (started_ns) VALUES (?1)",
    [FORGET] = "DELETE FROM session WHERE session <= ?1",
    [ADD] = "INSERT INTO entry (session, sequence, t_ns, json) VALUES (?1, ?2, ?3, ?4)",
    [COUNT] = COUNT_SQL,
    [LAST] = "SELECT session, entries FROM session ORDER BY session DESC LIMIT 1",
    [READ] = "SELECT json FROM entry WHERE session = ?1 ORDER BY sequence",
    [LIST] = "SELECT * FROM session ORDER BY session DESC LIMIT ?1",
    [SEAL_ADD] = "INSERT INTO seal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [SEAL_READ] = "SELECT * FROM seal ORDER BY sequence",
    [SEAL_END] = SEAL_END_SQL,
};

struct Journal {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    char path[SETTING_TEXT_BYTES];
    int keep_sessions;
    int64_t session; /* the open one; 0: none yet */
    int64_t entries; /* in it */
    bool reading, reading_seal;
};

static Status trouble(const Journal *journal, int code) {
    const char *path = journal->path;
    const char *why = journal->database ? sqlite3_errmsg(journal->database) : sqlite3_errstr(code);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return fail(E_NO_MEMORY, "journal: %s: out of memory", path);
    case SQLITE_FULL:
        return fail(E_FULL, "journal: %s: the disk is full: make room", path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(
            E_IO, "journal: %s: locked by another program: stop it or set journal.path", path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fail(
            E_CORRUPT, "journal: %s: damaged (%s): move it away to start afresh", path, why);
    default:
        return fail(
            E_IO, "journal: %s: %s: check that the folder exists and can be written", path, why);
    }
}

/* ---- statements ---- */

static sqlite3_stmt *statement(Journal *journal, int which) {
    sqlite3_stmt *prepared = journal->statements[which];
    sqlite3_reset(prepared);
    sqlite3_clear_bindings(prepared);
    return prepared;
}

/* Run a statement that gives no rows. */
static Status run(Journal *journal, sqlite3_stmt *prepared) {
    int code = sqlite3_step(prepared);
    if (code == SQLITE_DONE) {
        sqlite3_reset(prepared);
        return OK;
    }
    Status status = trouble(journal, code);
    sqlite3_reset(prepared);
    return status;
}

/* End a transaction: keep it when all went well, else undo it and say what went wrong first. */
static Status finish(Journal *journal, Status status) {
    if (status == OK) status = run(journal, statement(journal, COMMIT));
    if (status != OK && !sqlite3_get_autocommit(journal->database)) {
        sqlite3_stmt *undo = statement(journal, ROLLBACK);
        sqlite3_step(undo);
        sqlite3_reset(undo);
    }
    return status;
}

/* ---- opening ---- */

static Status execute(Journal *journal, const char *sql) {
    int code = sqlite3_exec(journal->database, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? OK : trouble(journal, code);
}

/* The one value a query gives. */
static Status query(Journal *journal, const char *sql, char *text, size_t size) {
    sqlite3_stmt *prepared = NULL;
    int code = sqlite3_prepare_v2(journal->database, sql, -1, &prepared, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(prepared);
    const char *value = code == SQLITE_ROW ? (const char *)sqlite3_column_text(prepared, 0) : NULL;
    if (value) sqlite3_snprintf((int)size, text, "%s", value);
    Status status = value ? OK : trouble(journal, code);
    sqlite3_finalize(prepared);
    return status;
}

static Status stamp_schema(Journal *journal) {
    char stamp[128];
    sqlite3_snprintf(
        sizeof stamp, stamp, "PRAGMA user_version=%d; PRAGMA application_id=%d;", SCHEMA_VERSION,
        APPLICATION_ID);
    return execute(journal, stamp);
}

static Status check_schema(Journal *journal) {
    char version[64], application[64], tables[64], health[200];
    TRY(query(journal, "PRAGMA user_version", version, sizeof version));
    TRY(query(journal, "PRAGMA application_id", application, sizeof application));
    TRY(query(journal, "SELECT count(*) FROM sqlite_schema", tables, sizeof tables));
    if (strcmp(tables, "0") == 0) {
        TRY(execute(journal, SCHEMA));
        TRY(execute(journal, SEAL_SCHEMA));
        return stamp_schema(journal);
    }
    if (strtol(application, NULL, 10) != APPLICATION_ID)
        return fail(
            E_CORRUPT, "journal: %s: a database, but no journal: choose another journal.path",
            journal->path);
    const long written = strtol(version, NULL, 10);
    if (written != 1 && written != SCHEMA_VERSION)
        return fail(
            E_CORRUPT,
            "journal: %s: schema version %s, this program reads %d: update it, or move the file "
            "away",
            journal->path, version, SCHEMA_VERSION);
    TRY(query(journal, "PRAGMA quick_check(1)", health, sizeof health));
    if (strcmp(health, "ok") != 0)
        return fail(
            E_CORRUPT, "journal: %s: damaged (%s): move it away to start afresh", journal->path,
            health);
    if (written == SCHEMA_VERSION) return OK;
    TRY(execute(journal, SEAL_SCHEMA));
    return stamp_schema(journal);
}

static Status set_up(Journal *journal, const JournalConfig *config) {
    char mode[16];
    int code = sqlite3_open_v2(
        config->path, &journal->database,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL);
    if (code != SQLITE_OK) return trouble(journal, code);
    sqlite3_busy_timeout(journal->database, config->busy_ms);
    TRY(query(journal, "PRAGMA journal_mode=WAL", mode, sizeof mode));
    TRY(execute(journal, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; BEGIN IMMEDIATE"));
    TRY(check_schema(journal));
    TRY(execute(journal, "COMMIT"));
    for (int i = 0; i < STATEMENTS; i++) {
        code = sqlite3_prepare_v3(
            journal->database, SQL[i], -1, SQLITE_PREPARE_PERSISTENT, &journal->statements[i],
            NULL);
        if (code != SQLITE_OK) return trouble(journal, code);
    }
    sqlite3_stmt *last = statement(journal, LAST);
    code = sqlite3_step(last);
    if (code == SQLITE_ROW) {
        journal->session = sqlite3_column_int64(last, 0);
        journal->entries = sqlite3_column_int64(last, 1);
    }
    sqlite3_reset(last);
    return code == SQLITE_ROW || code == SQLITE_DONE ? OK : trouble(journal, code);
}

Status journal_open(Journal **out, const JournalConfig *config) {
    Journal *journal = calloc(1, sizeof *journal);
    if (!journal) return fail(E_NO_MEMORY, "journal: %s: out of memory", config->path);
    memcpy(journal->path, config->path, sizeof journal->path);
    journal->keep_sessions = config->keep_sessions;
    Status status = set_up(journal, config);
    if (status != OK) {
        journal_close(journal);
        return status;
    }
    *out = journal;
    return OK;
}

void journal_close(Journal *journal) {
    if (!journal) return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(journal->statements[i]);
    sqlite3_close(journal->database);
    free(journal);
}

/* ---- writing ---- */

static Status insert_session(Journal *journal, int64_t t_ns, int64_t *session) {
    sqlite3_stmt *start = statement(journal, START);
    sqlite3_bind_int64(start, 1, t_ns);
    TRY(run(journal, start));
    *session = sqlite3_last_insert_rowid(journal->database);
    sqlite3_stmt *forget = statement(journal, FORGET);
    sqlite3_bind_int64(forget, 1, *session - journal->keep_sessions);
    return run(journal, forget);
}

static Status
insert_entry(Journal *journal, int64_t session, const Entry *entry, const char *json) {
    sqlite3_stmt *add = statement(journal, ADD);
    sqlite3_bind_int64(add, 1, session);
    sqlite3_bind_int64(add, 2, entry->sequence);
    sqlite3_bind_int64(add, 3, entry->t_ns);
    sqlite3_bind_text(add, 4, json, -1, SQLITE_STATIC);
    TRY(run(journal, add));
    sqlite3_stmt *count = statement(journal, COUNT);
    sqlite3_bind_int64(count, 1, session);
    sqlite3_bind_int64(count, 2, entry->amount_minor);
    sqlite3_bind_int(count, 3, entry->kind == ENTRY_CHECKOUT);
    return run(journal, count);
}

Status journal_start_session(Journal *journal, int64_t t_ns) {
    int64_t session = 0;
    TRY(run(journal, statement(journal, BEGIN)));
    TRY(finish(journal, insert_session(journal, t_ns, &session)));
    journal->session = session;
    journal->entries = 0;
    return OK;
}

Status journal_append(Journal *journal, const Entry *entry, const char *json) {
    bool begins = entry->sequence == 1 && (journal->session == 0 || journal->entries > 0);
    int64_t session = journal->session;
    if (!begins && (session == 0 || entry->sequence != journal->entries + 1))
        return fail(
            E_CORRUPT, "journal: %s: entry %lld cannot follow entry %lld", journal->path,
            (long long)entry->sequence, (long long)journal->entries);
    TRY(run(journal, statement(journal, BEGIN)));
    Status status = begins ? insert_session(journal, entry->t_ns, &session) : OK;
    if (status == OK) status = insert_entry(journal, session, entry, json);
    TRY(finish(journal, status));
    journal->session = session;
    journal->entries = entry->sequence;
    return OK;
}

/* ---- reading ---- */

Status journal_read(Journal *journal, int64_t session) {
    sqlite3_bind_int64(statement(journal, READ), 1, session);
    journal->reading = true;
    return OK;
}

Status journal_restore(Journal *journal) { return journal_read(journal, journal->session); }

Status journal_next(Journal *journal, const char **json) {
    if (!journal->reading) return E_END;
    sqlite3_stmt *reading = journal->statements[READ];
    int code = sqlite3_step(reading);
    if (code == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(reading, 0);
        if (!text) return trouble(journal, SQLITE_NOMEM);
        *json = text;
        return OK;
    }
    journal->reading = false;
    Status status = code == SQLITE_DONE ? E_END : trouble(journal, code);
    sqlite3_reset(reading);
    return status;
}

Status journal_sessions(Journal *journal, JournalSession *out, int most, int *count) {
    sqlite3_stmt *list = statement(journal, LIST);
    sqlite3_bind_int(list, 1, most);
    int found = 0, code = SQLITE_ROW;
    while ((code = sqlite3_step(list)) == SQLITE_ROW && found < most)
        out[found++] = (JournalSession){
            .session = sqlite3_column_int64(list, 0),
            .started_ns = sqlite3_column_int64(list, 1),
            .entries = sqlite3_column_int64(list, 2),
            .total_minor = sqlite3_column_int64(list, 3),
            .checked_out = sqlite3_column_int(list, 4) != 0};
    Status status = code == SQLITE_DONE ? OK : trouble(journal, code);
    sqlite3_reset(list);
    if (status == OK) *count = found;
    return status;
}

/* ---- the meter's event log ---- */

Status journal_append_seal(Journal *journal, const SealEntry *entry) {
    sqlite3_stmt *add = statement(journal, SEAL_ADD);
    const int64_t numbers[] = {
        entry->sequence,
        entry->t_ns,
        entry->kind,
        entry->value,
        entry->before,
        entry->after,
        entry->calibration_count,
        entry->configuration_count};
    int at = 1;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sqlite3_bind_int64(add, at++, numbers[i]);
    sqlite3_bind_blob(add, at++, entry->who, sizeof entry->who, SQLITE_STATIC);
    sqlite3_bind_blob(add, at++, entry->program, sizeof entry->program, SQLITE_STATIC);
    sqlite3_bind_blob(add, at++, entry->previous, sizeof entry->previous, SQLITE_STATIC);
    sqlite3_bind_blob(add, at, entry->hash, sizeof entry->hash, SQLITE_STATIC);
    return run(journal, add);
}

Status journal_read_seal(Journal *journal) {
    sqlite3_stmt *end = statement(journal, SEAL_END);
    const int code = sqlite3_step(end);
    const int64_t last = sqlite3_column_int64(end, 0), given = sqlite3_column_int64(end, 1);
    const Status status = code == SQLITE_ROW ? OK : trouble(journal, code);
    sqlite3_reset(end);
    TRY(status);
    if (last != given)
        return fail(
            E_CORRUPT,
            "journal: %s: the meter's event log ends at %lld of %lld entries: somebody cut it, "
            "have it inspected",
            journal->path, (long long)last, (long long)given);
    (void)statement(journal, SEAL_READ);
    journal->reading_seal = true;
    return OK;
}

/* Of the wrong size: tampered with; what is left zero does not hash. */
static void read_blob(sqlite3_stmt *row, int column, void *to, int size) {
    memset(to, 0, (size_t)size);
    if (sqlite3_column_bytes(row, column) == size)
        memcpy(to, sqlite3_column_blob(row, column), (size_t)size);
}

Status journal_next_seal(Journal *journal, SealEntry *out) {
    if (!journal->reading_seal) return E_END;
    sqlite3_stmt *row = journal->statements[SEAL_READ];
    const int code = sqlite3_step(row);
    if (code == SQLITE_ROW) {
        *out = (SealEntry){
            .sequence = sqlite3_column_int64(row, 0),
            .t_ns = sqlite3_column_int64(row, 1),
            .kind = (SealKind)sqlite3_column_int(row, 2),
            .value = sqlite3_column_int(row, 3),
            .before = sqlite3_column_int64(row, 4),
            .after = sqlite3_column_int64(row, 5),
            .calibration_count = sqlite3_column_int64(row, 6),
            .configuration_count = sqlite3_column_int64(row, 7)};
        read_blob(row, 8, out->who, sizeof out->who);
        read_blob(row, 9, out->program, sizeof out->program);
        read_blob(row, 10, out->previous, sizeof out->previous);
        read_blob(row, 11, out->hash, sizeof out->hash);
        return OK;
    }
    journal->reading_seal = false;
    const Status status = code == SQLITE_DONE ? E_END : trouble(journal, code);
    sqlite3_reset(row);
    return status;
}
