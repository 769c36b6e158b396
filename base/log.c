#include "log.h"

#include "clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum { REMEMBERED = 32, LINE_MAX_BYTES = 1024 };

typedef struct Repeat {
    const char *format;
    int64_t written_ns;
    int suppressed;
} Repeat;

static atomic_int threshold = LOG_LEVEL_INFO;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Repeat repeats[REMEMBERED];

void log_threshold(LogLevel level) { atomic_store(&threshold, (int)level); }

/* Returns how many were suppressed since the last write, or -1 to suppress this one too. */
static int take_turn(const char *format, int64_t now_ns) {
    Repeat *slot = &repeats[((uintptr_t)format >> 3) % REMEMBERED];
    if (slot->format == format && now_ns - slot->written_ns < NS_PER_SECOND) {
        slot->suppressed++;
        return -1;
    }
    const int suppressed = slot->format == format ? slot->suppressed : 0;
    *slot = (Repeat){.format = format, .written_ns = now_ns};
    return suppressed;
}

static void put_quoted(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', out);
        const unsigned char byte =
            (unsigned char)*text; /* a peer's words must not drive a terminal */
        fputc(byte < 0x20 || byte == 0x7f ? ' ' : byte, out);
    }
    fputc('"', out);
}

void log_line(LogLevel level, const char *room, const char *format, ...) {
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if ((int)level < atomic_load(&threshold)) return;

    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);

    pthread_mutex_lock(&lock);
    const int suppressed = level >= LOG_LEVEL_WARN ? take_turn(format, clock_now_ns()) : 0;
    if (suppressed >= 0) {
        flockfile(stderr);
        fprintf(stderr, "level=%s room=%s msg=", names[level], room);
        put_quoted(stderr, text);
        if (suppressed > 0) fprintf(stderr, " repeated=%d", suppressed);
        fputc('\n', stderr);
        funlockfile(stderr);
    }
    pthread_mutex_unlock(&lock);
}
