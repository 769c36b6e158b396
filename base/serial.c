#include "serial.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    const char *word;
    speed_t speed;
} speeds[] = {{"1200", B1200},     {"2400", B2400},     {"4800", B4800},    {"9600", B9600},
              {"19200", B19200},   {"38400", B38400},   {"57600", B57600},  {"115200", B115200},
              {"230400", B230400}, {"460800", B460800}, {"921600", B921600}};

static Status find_speed(const SerialPort *port, speed_t *out) {
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
        if (strcmp(speeds[i].word, port->baud) == 0) {
            *out = speeds[i].speed;
            return OK;
        }
    return fail(
        E_INVALID, "%s: %s: '%.20s' is no speed, e.g. 9600", port->who, port->device, port->baud);
}

static bool is_frame(const char *frame) {
    return strlen(frame) == 3 && strchr("78", frame[0]) && strchr("neo", frame[1]) &&
           strchr("12", frame[2]);
}

static void set_up(struct termios *settings, const char *frame, speed_t speed) {
    cfmakeraw(settings);
    settings->c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB);
    settings->c_cflag |= CLOCAL | CREAD | (frame[0] == '7' ? CS7 : CS8);
    if (frame[1] != 'n') settings->c_cflag |= PARENB | (frame[1] == 'o' ? PARODD : 0);
    if (frame[2] == '2') settings->c_cflag |= CSTOPB;
    cfsetispeed(settings, speed);
    cfsetospeed(settings, speed);
}

static Status cannot(const SerialPort *port, const char *doing) {
    const Status code = errno == ENOENT ? E_NOT_FOUND : E_IO;
    return fail(code, "%s: %s: %s: %s", port->who, port->device, doing, strerror(errno));
}

static Status prepare(const SerialPort *port, int descriptor, speed_t speed) {
    struct termios settings;
    if (tcgetattr(descriptor, &settings) != 0) return cannot(port, "not a serial port");
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return fail(
            E_IO, "%s: %s: another program has it: stop that first", port->who, port->device);
    set_up(&settings, port->frame, speed);
    if (tcsetattr(descriptor, TCSANOW, &settings) != 0) return cannot(port, "cannot set it up");
    tcflush(descriptor, TCIOFLUSH);
    return OK;
}

Status serial_open(const SerialPort *port, int *descriptor) {
    speed_t speed = B9600;
    TRY(find_speed(port, &speed));
    if (!is_frame(port->frame))
        return fail(
            E_INVALID, "%s: %s: '%.20s' is no frame, e.g. 8n1 or 7e1", port->who, port->device,
            port->frame);
    const int access = port->write ? O_RDWR : O_RDONLY;
    const int opened = open(port->device, access | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (opened < 0) return cannot(port, "cannot open it");
    const Status status = prepare(port, opened, speed);
    if (status != OK) {
        close(opened);
        return status;
    }
    *descriptor = opened;
    return OK;
}
