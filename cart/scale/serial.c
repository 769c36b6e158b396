/*
 * serial.c - a scale on a serial port: bytes to lines, lines to samples, and the asking.
 *
 * A protocol that must be asked is first asked for a stream; a scale that does not know that is
 * asked for one weight after another. What is not answered within a quarter of a second is asked
 * again.
 */
#include "serial.h"

#include "clock.h"
#include "scale_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ASK_AGAIN_MS = 250, ASK_GAP_MS = 5, READ_BYTES = 4096 };

typedef struct Serial {
    char device[URI_TEXT_BYTES];
    const char *baud;
    Uri uri;
    const Protocol *protocol;
    int descriptor;
    double unit_g;
    ScaleLine line;
    LineShape shape;
    bool polling;   /* the stream is not known: ask for each */
    bool streaming; /* it was asked for and runs */
    int64_t ask_ns; /* when to ask next */
    int64_t garbage, reported;
    char last_bad[25];
    int count, at; /* bytes read, and the next one to look at */
    int64_t read_ns;
    uint8_t bytes[READ_BYTES];
} Serial;

static const Protocol *const protocols[] = {
    &protocol_continuous,
    &protocol_counts,
    &protocol_toledo,
    &protocol_toledo_sum,
    &protocol_sics,
    &protocol_nci,
    NULL};

static void close_serial(void *state) {
    Serial *serial = state;
    if (!serial) return;
    if (serial->descriptor >= 0) close(serial->descriptor);
    free(serial);
}

static Status find_protocol(Serial *serial) {
    const char *name = uri_get(&serial->uri, "protocol", "continuous");
    for (int i = 0; protocols[i]; i++)
        if (strcmp(protocols[i]->name, name) == 0) serial->protocol = protocols[i];
    if (serial->protocol) return OK;
    return fail(
        E_INVALID,
        "scale: serial: protocol=%s is none of: continuous, counts, toledo, toledo-checksum, sics, "
        "nci",
        name);
}

static Status find_unit(Serial *serial) {
    const char *name = uri_get(&serial->uri, "unit", NULL);
    if (!name) return OK;
    serial->unit_g = unit_grams(name, strlen(name));
    if (serial->unit_g > 0) return OK;
    return fail(E_INVALID, "scale: serial: unit=%s is none of: g, kg, lb, oz", name);
}

static Status open_port(Serial *serial, const char *rest) {
    static const char *const keys[] = {"protocol", "baud", "frame", "unit", NULL};
    TRY(uri_parse("serial:", rest, keys, &serial->uri));
    TRY(find_protocol(serial));
    TRY(find_unit(serial));
    const size_t length = strlen(serial->uri.device);
    if (length == 0 || length >= sizeof serial->device)
        return fail(E_INVALID, "scale: serial:%.80s: which device? e.g. serial:/dev/ttyUSB0", rest);
    memcpy(serial->device, serial->uri.device, length + 1);
    serial->baud =
        uri_get(&serial->uri, "baud", serial->protocol == &protocol_counts ? "115200" : "9600");
    const SerialPort port = {
        .who = "scale",
        .device = serial->device,
        .baud = serial->baud,
        .frame = uri_get(&serial->uri, "frame", "8n1"),
        .write = serial->protocol->poll || serial->protocol->zero};
    return serial_open(&port, &serial->descriptor);
}

static Status open_serial(void **state, const char *rest, Opened *opened) {
    Serial *serial = calloc(1, sizeof *serial);
    if (!serial) return fail(E_NO_MEMORY, "scale: out of memory");
    serial->descriptor = -1;
    const Status status = open_port(serial, rest);
    if (status != OK) {
        close_serial(serial);
        return status;
    }
    /* Who answers begins at the beginning; who talks all the time is heard from the next line on.
     */
    serial->line = (ScaleLine){
        .ends = serial->protocol->ends,
        .frame = serial->protocol->frame,
        .mask = serial->protocol->mask,
        .begun = serial->protocol->poll != NULL};
    opened->counts = serial->protocol->counts;
    *state = serial;
    return OK;
}

static Status gone(const Serial *serial) {
    return fail(E_IO, "scale: %s: unplugged: plug it in again", serial->device);
}

/* -- asking ------------------------------------------------------------------------------------ */

static Status say(Serial *serial, const char *words) {
    const ssize_t length = (ssize_t)strlen(words);
    const ssize_t written = write(serial->descriptor, words, (size_t)length);
    if (written < 0 && errno != EAGAIN && errno != EINTR) return gone(serial);
    return OK; /* what did not fit is asked again */
}

static Status ask(Serial *serial, int64_t now_ns) {
    const Protocol *protocol = serial->protocol;
    if (!protocol->poll || now_ns < serial->ask_ns) return OK;
    serial->ask_ns = now_ns + ASK_AGAIN_MS * NS_PER_MS;
    const bool stream = protocol->stream && !serial->polling;
    return say(serial, stream ? protocol->stream : protocol->poll);
}

/* An answer was heard: when is the next question? */
static void heard_answer(Serial *serial, int64_t now_ns) {
    const bool stream = serial->protocol->stream && !serial->polling;
    serial->streaming |= stream;
    serial->ask_ns = now_ns + (stream ? ASK_AGAIN_MS : ASK_GAP_MS) * NS_PER_MS;
}

/* -- hearing ----------------------------------------------------------------------------------- */

static void note_garbage(Serial *serial) {
    serial->garbage++;
    size_t length = 0;
    for (const char *at = serial->line.text; *at && length < sizeof serial->last_bad - 1; at++)
        serial->last_bad[length++] = (char)(*at >= ' ' && *at <= '~' ? *at : '.');
    serial->last_bad[length] = '\0';
}

/* Bytes that are here already, up to the next line that means something. */
static LineKind take(Serial *serial, Heard *out) {
    while (serial->at < serial->count) {
        const LineHeard heard = scale_line_feed(&serial->line, serial->bytes[serial->at++]);
        if (heard == LINE_MORE) continue;
        LineKind kind = KIND_GARBAGE;
        if (heard == LINE_WHOLE)
            kind = serial->protocol->read(&serial->shape, serial->line.text, serial->unit_g, out);
        if (kind == KIND_GARBAGE) {
            note_garbage(serial);
            continue;
        }
        if (kind == KIND_UNKNOWN && serial->protocol->stream && !serial->streaming)
            serial->polling = true;
        heard_answer(serial, serial->read_ns);
        if (kind != KIND_OTHER) return kind;
    }
    return KIND_OTHER;
}

static Status fill(Serial *serial, int64_t deadline_ns) {
    int64_t until_ns = deadline_ns;
    if (serial->protocol->poll && serial->ask_ns < until_ns) until_ns = serial->ask_ns;
    struct pollfd wait = {.fd = serial->descriptor, .events = POLLIN};
    const int ready = poll(&wait, 1, scale_wait_ms(until_ns));
    if (ready < 0 && errno != EINTR) return gone(serial);
    if (ready <= 0) return OK;
    if (!(wait.revents & POLLIN)) return gone(serial);
    const ssize_t got = read(serial->descriptor, serial->bytes, sizeof serial->bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return OK;
    if (got <= 0) return gone(serial);
    serial->count = (int)got;
    serial->at = 0;
    serial->read_ns = clock_now_ns();
    return OK;
}

static Status nothing_came(Serial *serial) {
    const long long wrong = (long long)(serial->garbage - serial->reported);
    serial->reported = serial->garbage;
    if (wrong > 0)
        return fail(
            E_TIMEOUT,
            "scale: %s: %lld lines that are no weight, the last '%s': is it protocol=%s at %s "
            "baud?",
            serial->device, wrong, serial->last_bad, serial->protocol->name, serial->baud);
    return fail(
        E_TIMEOUT, "scale: %s: silent: is it on, wired, and set to protocol=%s at %s baud?",
        serial->device, serial->protocol->name, serial->baud);
}

/* The next line of one of two kinds. */
static Status await(Serial *serial, int64_t deadline_ns, bool sample, LineKind *kind, Heard *out) {
    for (;;) {
        *kind = take(serial, out);
        if (*kind == KIND_SAMPLE && sample) return OK;
        if ((*kind == KIND_DONE || *kind == KIND_REFUSED || *kind == KIND_UNKNOWN) && !sample)
            return OK;
        const int64_t now_ns = clock_now_ns();
        if (now_ns >= deadline_ns) return nothing_came(serial);
        if (serial->at < serial->count) continue;
        if (sample) TRY(ask(serial, now_ns));
        TRY(fill(serial, deadline_ns));
    }
}

static Status next(void *state, int64_t deadline_ns, Heard *out, int64_t *at_ns) {
    Serial *serial = state;
    LineKind kind;
    TRY(await(serial, deadline_ns, true, &kind, out));
    serial->reported = serial->garbage;
    *at_ns = serial->read_ns;
    return OK;
}

static Status tell(void *state, ScaleOrder order, int64_t deadline_ns) {
    Serial *serial = state;
    const bool zero = order == SCALE_ORDER_ZERO;
    const char *words = zero ? serial->protocol->zero : serial->protocol->tare;
    LineKind kind;
    Heard unheard;
    if (!words)
        return fail(
            E_NOT_FOUND, "scale: %s: protocol=%s has no order for %s: use the scale's own key",
            serial->device, serial->protocol->name, zero ? "zero" : "tare");
    TRY(say(serial, words));
    TRY(await(serial, deadline_ns, false, &kind, &unheard));
    serial->ask_ns = 0;
    serial->streaming = false; /* an order may have ended it */
    if (kind == KIND_DONE) return OK;
    if (kind == KIND_UNKNOWN)
        return fail(
            E_NOT_FOUND, "scale: %s: does not know how to %s: use the scale's own key",
            serial->device, zero ? "zero" : "tare");
    return fail(
        E_INVALID, "scale: %s: refuses to %s: is it still, and not loaded too far?", serial->device,
        zero ? "zero" : "tare");
}

static int64_t garbage(const void *state) { return ((const Serial *)state)->garbage; }

const Backend scale_serial = {
    .scheme = "serial:",
    .open = open_serial,
    .next = next,
    .tell = tell,
    .garbage = garbage,
    .close = close_serial};
