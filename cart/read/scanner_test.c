#include "clock.h"
#include "scanner.h"
#include "scanner_internal.h"
#include "test.h"

#include <linux/input-event-codes.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Cable { /* a pseudo-terminal: what is written into `far` the scanner says */
    int far, near;
    char uri[128];
} Cable;

static Cable plugged(void) {
    Cable cable;
    char name[64] = "";
    CHECK(openpty(&cable.far, &cable.near, name, NULL, NULL) == 0);
    snprintf(cable.uri, sizeof cable.uri, "serial:%s,115200", name);
    return cable;
}

static void say(const Cable *cable, const char *text) {
    CHECK(write(cable->far, text, strlen(text)) == (ssize_t)strlen(text));
}

static void lines_of_a_serial_scanner_are_codes(void) {
    Cable cable = plugged();
    Scanner *scanner = NULL;
    CHECK(scanner_open(&scanner, cable.uri) == OK);
    Scan scan;
    int64_t before_ns = clock_now_ns();
    say(&cable, "4006381333931\r\n012345678905\n\n\r\n4011\r");
    CHECK(scanner_next(scanner, 1000, &scan) == OK && !strcmp(scan.code, "4006381333931"));
    CHECK(scan.source == SCAN_SCANNER && scan.camera == -1);
    CHECK(scan.t_ns >= before_ns && scan.t_ns <= clock_now_ns());
    CHECK(scanner_next(scanner, 1000, &scan) == OK && !strcmp(scan.code, "012345678905"));
    CHECK(scanner_next(scanner, 1000, &scan) == OK && !strcmp(scan.code, "4011"));
    CHECK(scanner_next(scanner, 10, &scan) == E_TIMEOUT);
    CHECK(scanner_garbage(scanner) == 0);
    scanner_close(scanner);
    close(cable.near);
    close(cable.far);
}

static void a_line_may_come_in_pieces(void) {
    Cable cable = plugged();
    Scanner *scanner = NULL;
    CHECK(scanner_open(&scanner, cable.uri) == OK);
    Scan scan;
    say(&cable, "40063813");
    CHECK(scanner_next(scanner, 10, &scan) == E_TIMEOUT);
    say(&cable, "33931\r");
    CHECK(scanner_next(scanner, 1000, &scan) == OK && !strcmp(scan.code, "4006381333931"));
    scanner_close(scanner);
    close(cable.near);
    close(cable.far);
}

static void garbage_is_skipped_and_counted(void) {
    Cable cable = plugged();
    Scanner *scanner = NULL;
    CHECK(scanner_open(&scanner, cable.uri) == OK);
    Scan scan;
    say(&cable, "NOREAD\r123\r\xff\xfe\x80\r012345678901234567890\r\x02"
                "5901234123457\x03\r");
    CHECK(scanner_next(scanner, 1000, &scan) == OK && !strcmp(scan.code, "5901234123457"));
    CHECK(scanner_garbage(scanner) == 4);
    scanner_close(scanner);
    close(cable.near);
    close(cable.far);
}

static void an_unplugged_scanner_is_an_error_that_names_it(void) {
    Cable cable = plugged();
    Scanner *scanner = NULL;
    CHECK(scanner_open(&scanner, cable.uri) == OK);
    close(cable.near);
    close(cable.far);
    Scan scan;
    CHECK(scanner_next(scanner, 1000, &scan) == E_IO);
    CHECK(strstr(fail_reason(), "/dev/pts/") && strstr(fail_reason(), "unplugged"));
    scanner_close(scanner);
}

static void wrong_words_and_missing_devices_are_refused_by_name(void) {
    const struct {
        const char *uri;
        Status status;
        const char *word;
    } table[] = {
        {"usb:1", E_INVALID, "usb:1"},
        {"serial:", E_INVALID, "which device"},
        {"serial:,9600", E_INVALID, "which device"},
        {"serial:/dev/null,fast", E_INVALID, "'fast'"},
        {"serial:/dev/tty_nowhere", E_NOT_FOUND, "/dev/tty_nowhere"},
        {"serial:/dev/null", E_IO, "not a serial port"},
        {"evdev:", E_INVALID, "which device"},
        {"evdev:/dev/input/event_nowhere", E_NOT_FOUND, "event_nowhere"},
        {"evdev:/dev/null", E_IO, "/dev/null"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Scanner *scanner = NULL;
        CHECK(scanner_open(&scanner, table[i].uri) == table[i].status && !scanner);
        CHECK(strstr(fail_reason(), table[i].word) != NULL);
    }
}

static void keys_are_digits_until_enter(void) {
    const int keys[] = {KEY_4,     KEY_0, KEY_KP1, KEY_LEFTSHIFT, KEY_KP9,
                        KEY_ENTER, KEY_A, KEY_1,   KEY_KPENTER};
    LineReader line = {0};
    int codes = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char letter = line_key(keys[i]);
        if (!letter || !line_feed(&line, letter)) continue;
        CHECK(strcmp(line.digits, "4019") == 0);
        codes++;
    }
    CHECK(codes == 1 && line.garbage == 1);
    for (int i = 0; i < 9; i++)
        CHECK(line_key(KEY_1 + i) == '1' + i);
}

int main(void) {
    RUN(lines_of_a_serial_scanner_are_codes);
    RUN(a_line_may_come_in_pieces);
    RUN(garbage_is_skipped_and_counted);
    RUN(an_unplugged_scanner_is_an_error_that_names_it);
    RUN(wrong_words_and_missing_devices_are_refused_by_name);
    RUN(keys_are_digits_until_enter);
    return DONE();
}
