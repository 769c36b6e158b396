#include "scanner.h"

#include "clock.h"
#include "scanner_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct Scanner {
    int descriptor;
    bool keys; /* evdev */
    char device[128];
    LineReader line;
    int count, at; /* letters read, and the next one to look at */
    char letters[256];
};

static const struct {
    const char *word;
    speed_t speed;
} speeds[] = {{"1200", B1200},   {"2400", B2400},   {"4800", B4800},   {"9600", B9600},
              {"19200", B19200}, {"38400", B38400}, {"57600", B57600}, {"115200", B115200}};

/* Split "/dev/ttyUSB0,9600"; the device goes into s->device. */
static Status read_words(Scanner *scanner, const char *words, speed_t *speed) {
    const char *comma = strchr(words, ',');
    size_t length = comma ? (size_t)(comma - words) : strlen(words);
    if (length == 0 || length >= sizeof scanner->device)
        return fail(E_INVALID, "scanner: serial:%.80s: which device?", words);
    memcpy(scanner->device, words, length);
    *speed = B9600;
    if (!comma) return OK;
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
        if (strcmp(speeds[i].word, comma + 1) == 0) {
            *speed = speeds[i].speed;
            return OK;
        }
    return fail(
        E_INVALID, "scanner: %s: '%.20s' is no speed, e.g. 9600", scanner->device, comma + 1);
}

static Status cannot(const Scanner *scanner, const char *doing) {
    Status code = errno == ENOENT ? E_NOT_FOUND : E_IO;
    return fail(code, "scanner: %s: %s: %s", scanner->device, doing, strerror(errno));
}

static Status open_device(Scanner *scanner) {
    scanner->descriptor = open(scanner->device, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return scanner->descriptor >= 0 ? OK : cannot(scanner, "cannot open it");
}

static Status open_serial(Scanner *scanner, const char *words) {
    speed_t speed = B9600;
    TRY(read_words(scanner, words, &speed));
    TRY(open_device(scanner));
    struct termios settings;
    if (tcgetattr(scanner->descriptor, &settings) != 0) return cannot(scanner, "not a serial port");
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    cfsetispeed(&settings, speed);
    cfsetospeed(&settings, speed);
    if (tcsetattr(scanner->descriptor, TCSANOW, &settings) != 0)
        return cannot(scanner, "cannot set it up");
    return OK;
}

static Status open_keys(Scanner *scanner, const char *words) {
    if (!*words || strlen(words) >= sizeof scanner->device)
        return fail(E_INVALID, "scanner: evdev:%.80s: which device?", words);
    snprintf(scanner->device, sizeof scanner->device, "%s", words);
    scanner->keys = true;
    TRY(open_device(scanner));
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
