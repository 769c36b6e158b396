/*
 * hid.c - a USB scale by its HID reports: usage page 0x8D of the HID Point of Sale Usage Tables
 * (1.02). A data report is report ID, status, unit, exponent of ten, and 16 bits of weight.
 */
#include "clock.h"
#include "scale_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/hidraw.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPORT_BYTES = 6, READ_BYTES = 64, USAGE_PAGE = 0x8d };

/* -- parsing ----------------------------------------------------------------------------------- */

/* Grams of the usages 0x51 to 0x5C, by the index reports carry: from milligrams to pounds. */
static const double units[] = {0,          1e-3,         1,          1000, 0.2,
                               37.5,       0.06479891,   1.55517384, 1e6,  907184.74,
                               31.1034768, 28.349523125, 453.59237};
enum { UNITS = sizeof units / sizeof *units };

/* The usages 0x71 to 0x78, by the index reports carry. */
enum {
    STATUS_FAULT = 1,
    STATUS_ZERO,
    STATUS_MOTION,
    STATUS_STABLE,
    STATUS_UNDER_ZERO,
    STATUS_OVER,
    STATUS_UNCALIBRATED,
    STATUS_NOT_ZEROED
};

LineKind hid_read(const uint8_t *bytes, size_t size, int report, Heard *out) {
    if (size < REPORT_BYTES) return KIND_GARBAGE;
    if (report && bytes[0] != report) return KIND_OTHER;
    const int status = bytes[1], unit = bytes[2],
              exponent = bytes[3] < 128 ? bytes[3] : bytes[3] - 256;
    const double value = bytes[4] | bytes[5] << 8;
    switch (status) {
    case STATUS_FAULT:
    case STATUS_UNCALIBRATED:
    case STATUS_NOT_ZEROED:
        *out = heard_no_weight(SCALE_DEVICE_FAULT);
        return KIND_SAMPLE;
    case STATUS_OVER:
        *out = heard_no_weight(SCALE_DEVICE_OVERLOAD);
        return KIND_SAMPLE;
    case STATUS_ZERO:
    case STATUS_MOTION:
    case STATUS_STABLE:
    case STATUS_UNDER_ZERO:
        break;
    default:
        return KIND_GARBAGE;
    }
    if (unit < 1 || unit >= UNITS || exponent < -6 || exponent > 3) return KIND_GARBAGE;
    const double grams = value * pow(10, exponent) * units[unit];
    if (grams > SCALE_WEIGHT_MAX_G) return KIND_GARBAGE;
    *out = heard_weight(
        status == STATUS_UNDER_ZERO ? -grams : grams, status == STATUS_MOTION ? SCALE_DEVICE_MOTION
                                                      : status == STATUS_ZERO
                                                          ? SCALE_DEVICE_STABLE | SCALE_DEVICE_ZERO
                                                          : SCALE_DEVICE_STABLE);
    return KIND_SAMPLE;
}

bool hid_is_scale(const uint8_t *descriptor, size_t size) {
    static const uint8_t lengths[] = {0, 1, 2, 4};
    enum { LONG_ITEM = 0xfe, TAG_USAGE_PAGE = 0x04, SIZE_BITS = 3 };
    for (size_t at = 0; at < size;) {
        const uint8_t head = descriptor[at];
        if (head == LONG_ITEM) { /* its size is the next byte; a tag follows */
            if (at + 1 >= size) return false;
            at += 3U + descriptor[at + 1];
            continue;
        }
        const size_t length = lengths[head & SIZE_BITS];
        if (length > size - at - 1) return false;
        const bool is_page = (head & ~SIZE_BITS) == TAG_USAGE_PAGE && length > 0;
        if (is_page && descriptor[at + 1] == USAGE_PAGE && (length < 2 || descriptor[at + 2] == 0))
            return true;
        at += 1 + length;
    }
    return false;
}

/* -- device ------------------------------------------------------------------------------------ */

typedef struct Hid {
    char device[URI_TEXT_BYTES];
    int descriptor;
    bool is_device; /* gives one report a read; a file or pipe is cut into reports */
    int report;
    int64_t garbage;
} Hid;

static void close_hid(void *state) {
    Hid *hid = state;
    if (!hid) return;
    if (hid->descriptor >= 0) close(hid->descriptor);
    free(hid);
}

static Status check_descriptor(const Hid *hid) {
    struct hidraw_report_descriptor descriptor = {0};
    int size = 0;
    if (ioctl(hid->descriptor, HIDIOCGRDESCSIZE, &size) < 0) return OK; /* a stand-in */
    descriptor.size = (uint32_t)size;
    if (ioctl(hid->descriptor, HIDIOCGRDESC, &descriptor) < 0) return OK;
    if (hid_is_scale(descriptor.value, descriptor.size)) return OK;
    return fail(
        E_INVALID, "scale: %s: is no scale: its reports have no usage page 0x8D", hid->device);
}

static Status open_device(Hid *hid, const char *rest) {
    static const char *const keys[] = {"report", NULL};
    Uri uri;
    TRY(uri_parse("hid:", rest, keys, &uri));
    TRY(uri_number("hid:", &uri, "report", 0, 0, 255, &hid->report));
    if (!uri.device[0] || strlen(uri.device) >= sizeof hid->device)
        return fail(E_INVALID, "scale: hid:%.80s: which device? e.g. hid:/dev/hidraw0", rest);
    memcpy(hid->device, uri.device, strlen(uri.device) + 1);
    hid->descriptor = open(hid->device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (hid->descriptor < 0)
        return fail(
            errno == ENOENT ? E_NOT_FOUND : E_IO, "scale: %s: cannot open it: %s", hid->device,
            strerror(errno));
    struct stat about;
    hid->is_device = fstat(hid->descriptor, &about) == 0 && S_ISCHR(about.st_mode);
    return check_descriptor(hid);
}

static Status open_hid(void **state, const char *rest, Opened *opened) {
    (void)opened;
    Hid *hid = calloc(1, sizeof *hid);
    if (!hid) return fail(E_NO_MEMORY, "scale: out of memory");
    hid->descriptor = -1;
    const Status status = open_device(hid, rest);
    if (status != OK) {
        close_hid(hid);
        return status;
    }
    *state = hid;
    return OK;
}

static Status gone(const Hid *hid) {
    return fail(E_IO, "scale: %s: unplugged: plug it in again", hid->device);
}

static Status next(void *state, int64_t deadline_ns, Heard *out, int64_t *at_ns) {
    Hid *hid = state;
    uint8_t bytes[READ_BYTES];
    int64_t wrong = 0;
    do {
        struct pollfd wait = {.fd = hid->descriptor, .events = POLLIN};
        const int ready = poll(&wait, 1, scale_wait_ms(deadline_ns));
        if (ready < 0 && errno != EINTR) return gone(hid);
        if (ready <= 0) continue;
        if (!(wait.revents & POLLIN)) return gone(hid);
        const ssize_t got =
            read(hid->descriptor, bytes, hid->is_device ? sizeof bytes : REPORT_BYTES);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return gone(hid);
        *at_ns = clock_now_ns();
        const LineKind kind = hid_read(bytes, (size_t)got, hid->report, out);
        if (kind == KIND_SAMPLE) return OK;
        if (kind == KIND_GARBAGE) hid->garbage++, wrong++;
    } while (clock_now_ns() < deadline_ns);
    if (wrong)
        return fail(
            E_TIMEOUT, "scale: %s: %lld reports that are no weight: is it a scale?", hid->device,
            (long long)wrong);
    return fail(E_TIMEOUT, "scale: %s: silent: is it switched on?", hid->device);
}

static int64_t garbage(const void *state) { return ((const Hid *)state)->garbage; }

const Backend scale_hid = {
    .scheme = "hid:", .open = open_hid, .next = next, .garbage = garbage, .close = close_hid};
