#include "scanner.h"

#include "clock.h"
#include "scanner_internal.h"
#include "serial.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct Scanner {
    int descriptor;
    bool keys; /* evdev */
    char device[128];
    LineReader line;
    int count, at; /* letters read, and the next one to look at */
    char letters[256];
};

/* Split "/dev/ttyUSB0,9600"; the device goes into s->device. */
static Status read_words(Scanner *scanner, const char *words, const char **baud) {
    const char *comma = strchr(words, ',');
    size_t length = comma ? (size_t)(comma - words) : strlen(words);
    if (length == 0 || length >= sizeof scanner->device)
        return fail(E_INVALID, "scanner: serial:%.80s: which device?", words);
    memcpy(scanner->device, words, length);
    *baud = comma ? comma + 1 : "9600";
    return OK;
}

static Status cannot(const Scanner *scanner, const char *doing) {
    Status code = errno == ENOENT ? E_NOT_FOUND : E_IO;
    return fail(code, "scanner: %s: %s: %s", scanner->device, doing, strerror(errno));
}

static Status open_serial(Scanner *scanner, const char *words) {
    const char *baud = NULL;
    TRY(read_words(scanner, words, &baud));
    const SerialPort port = {
        .who = "scanner", .device = scanner->device, .baud = baud, .frame = "8n1"};
    return serial_open(&port, &scanner->descriptor);
}

static Status open_keys(Scanner *scanner, const char *words) {
    if (!*words || strlen(words) >= sizeof scanner->device)
        return fail(E_INVALID, "scanner: evdev:%.80s: which device?", words);
    snprintf(scanner->device, sizeof scanner->device, "%s", words);
    scanner->keys = true;
    scanner->descriptor = open(scanner->device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (scanner->descriptor < 0) return cannot(scanner, "cannot open it");
    if (ioctl(scanner->descriptor, EVIOCGRAB, 1) != 0)
        return cannot(scanner, "cannot have it alone");
    return OK;
}

Status scanner_open(Scanner **out, const char *uri) {
    Scanner *scanner = calloc(1, sizeof *scanner);
    if (!scanner) return fail(E_NO_MEMORY, "scanner: out of memory");
    scanner->descriptor = -1;
    Status status;
    if (strncmp(uri, "serial:", 7) == 0)
        status = open_serial(scanner, uri + 7);
    else if (strncmp(uri, "evdev:", 6) == 0)
        status = open_keys(scanner, uri + 6);
    else
        status = fail(E_INVALID, "scanner: '%.80s': a scanner begins with serial: or evdev:", uri);
    if (status != OK) {
        scanner_close(scanner);
        return status;
    }
    *out = scanner;
    return OK;
}

void scanner_close(Scanner *scanner) {
    if (!scanner) return;
    if (scanner->descriptor >= 0) close(scanner->descriptor);
    free(scanner);
}

int64_t scanner_garbage(const Scanner *scanner) { return scanner->line.garbage; }

/* -- reading ----------------------------------------------------------------------------------- */

static Status gone(const Scanner *scanner) {
    return fail(E_IO, "scanner: %s: unplugged: plug it in again", scanner->device);
}

/* Presses of the events read, as letters. */
static int letters_of(const struct input_event *events, size_t count, char *letters) {
    int letter_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].type != EV_KEY || events[i].value != 1) continue;
        char letter = line_key(events[i].code);
        if (letter) letters[letter_count++] = letter;
    }
    return letter_count;
}

static Status fill(Scanner *scanner) {
    struct input_event events[64] = {0};
    void *room = scanner->keys ? (void *)events : (void *)scanner->letters;
    ssize_t got =
        read(scanner->descriptor, room, scanner->keys ? sizeof events : sizeof scanner->letters);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        got = 0;
    else if (got <= 0)
        return gone(scanner);
    scanner->at = 0;
    scanner->count = scanner->keys
                         ? letters_of(events, (size_t)got / sizeof *events, scanner->letters)
                         : (int)got;
    return OK;
}

/* A code among the letters already here? */
static bool take(Scanner *scanner, Scan *out) {
    while (scanner->at < scanner->count)
        if (line_feed(&scanner->line, scanner->letters[scanner->at++])) {
            *out = (Scan){.t_ns = clock_now_ns(), .source = SCAN_SCANNER, .camera = -1};
            memcpy(out->code, scanner->line.digits, sizeof scanner->line.digits);
            return true;
        }
    return false;
}

Status scanner_next(Scanner *scanner, int timeout_ms, Scan *out) {
    int64_t deadline_ns = clock_now_ns() + timeout_ms * NS_PER_MS;
    while (!take(scanner, out)) {
        int64_t left_ns = deadline_ns - clock_now_ns();
        int wait_ms = timeout_ms < 0 ? -1
                      : left_ns <= 0 ? 0
                                     : (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
        struct pollfd wait = {.fd = scanner->descriptor, .events = POLLIN};
        int ready = poll(&wait, 1, wait_ms);
        if (ready < 0 && errno != EINTR) return gone(scanner);
        if (ready == 0) return fail(E_TIMEOUT, "scanner: %s: nobody scanned", scanner->device);
        if (ready < 0) continue;
        if (wait.revents & POLLIN)
            TRY(fill(scanner));
        else
            return gone(scanner);
    }
    return OK;
}
