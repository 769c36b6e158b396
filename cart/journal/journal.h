/*
 * journal - the ledger's entries on disk, before anybody hears of them.
 *
 * An SQLite file: one row per session, one per entry, the entry's JSON as the rest of the cart says
 * it. Write-ahead log with synchronous=FULL: when journal_append() says OK the entry survives a
 * crash of the program and a loss of power. The pipeline appends before it publishes.
 *
 * A session is open until the next one begins. An entry numbered 1 begins a session (a reset's is),
 * unless an empty one is open; any other must follow the last. Sessions beyond keep_sessions are
 * forgotten, oldest first.
 *
 * The meter's event log is kept in the same file, append-only and for ever. Whether somebody
 * changed an entry only the meter can tell (meter_seal_check), by its chain of hashes; the journal
 * sees when the end is missing.
 *
 * The file carries its schema version; one written by a newer program is refused, as is a damaged
 * file, one that is no database, and one that another program is writing to.
 *
 * Threads: a journal belongs to one at a time.
 */
#pragma once

#include "ledger.h"
#include "seal.h"
#include "settings.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Journal Journal;

typedef struct JournalConfig {
    char path[SETTING_TEXT_BYTES];
    int keep_sessions;
    int busy_ms;
} JournalConfig;

extern const Setting journal_settings[];

/* E_IO: cannot be opened, or another program has it. E_CORRUPT: damaged, or no journal.
 * On OK the caller owns *out. The path ":memory:" keeps nothing. */
MUST_USE Status journal_open(Journal **out, const JournalConfig *config);

/* NULL is fine. */
void journal_close(Journal *journal);

/* Begin a session without an entry; the one that was open is over. */
MUST_USE Status journal_start_session(Journal *journal, int64_t t_ns);

/* Keep an entry for good; json is its text. E_CORRUPT: it does not follow the last one. E_IO,
 * E_FULL: it is not kept, and nobody may hear of it. */
MUST_USE Status journal_append(Journal *journal, const Entry *entry, const char *json);

/* Read the open session (none: nothing comes), or any, from its first entry. */
MUST_USE Status journal_restore(Journal *journal);
MUST_USE Status journal_read(Journal *journal, int64_t session);

/* The next entry's text, borrowed until the next call. E_END: that was all. */
MUST_USE Status journal_next(Journal *journal, const char **json);

typedef struct JournalSession {
    int64_t session;
    int64_t started_ns;
    int64_t entries;
    int64_t total_minor;
    bool checked_out;
} JournalSession;

/* Up to `most` sessions, newest first. */
MUST_USE Status journal_sessions(Journal *journal, JournalSession *out, int most, int *count);

/* Keep an entry of the meter's event log. E_IO, E_FULL: it is not kept. */
MUST_USE Status journal_append_seal(Journal *journal, const SealEntry *entry);

/* Read the event log from its first entry. E_CORRUPT: its end is missing. */
MUST_USE Status journal_read_seal(Journal *journal);

/* The next entry, for meter_seal_check(). E_END: that was all. */
MUST_USE Status journal_next_seal(Journal *journal, SealEntry *out);
