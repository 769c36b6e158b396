/*
 * status - how a call says it failed: a short code to act on, a sentence to read.
 *
 * Three kinds of trouble, never mixed: a bug is an assert; the world failing is a Status; a
 * doubtful reading is data (a quality field), because the reasoner must see it.
 * Outputs never change on failure. Log once, where the failure is handled.
 *
 * Threads: the sentence is thread-local; a failure that crosses threads carries its own copy.
 */
#pragma once

typedef enum Status {
    OK = 0,
    E_INVALID,   /* bad words: configuration, arguments, wire data of the wrong shape */
    E_NO_MEMORY, /* allocation failed, or a ceiling was reached */
    E_IO,        /* a file, device or peer failed */
    E_TIMEOUT,   /* nothing came in time; not a fault */
    E_FULL,      /* a bounded thing has no room */
    E_NOT_FOUND, /* no such file, key, product, channel */
    E_CORRUPT,   /* data that contradicts itself: bad CRC, truncated record */
    E_END,       /* the stream is over; not a fault */
} Status;

#define MUST_USE     __attribute__((warn_unused_result))
#define AUTO(closer) __attribute__((cleanup(closer)))

/* Return early on failure; locals marked AUTO() clean themselves up. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        Status try_status = (call);                                                                \
        if (try_status != OK) return try_status;                                                   \
    } while (0)

/* Record why (newest wins) and hand the code back: return fail(E_IO, "tape: %s: %s", ...).
 * The sentence names what, which file or device, why, and what to do, in one line. */
Status fail(Status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence behind the last failure on this thread. Never NULL. */
const char *fail_reason(void);
