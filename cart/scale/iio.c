/*
 * iio.c - load cell amplifiers through Linux Industrial I/O.
 *
 * sysfs mode reads in_voltageN_raw of each channel in turn, at hz; several devices, a cell each,
 * are named one after another. Buffer mode has the kernel's trigger do it: channels are enabled in
 * scan_elements, and scans are read from /dev. Counts are raw plus offset; those of an unsigned
 * converter (HX711: u24/32) are moved so that no signal is 0. The volts they stand for (scale) do
 * not matter: the calibration knows grams.
 */
#include "clock.h"
#include "scale_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCAN_BYTES = 256, READ_SCANS = 16, ATTRIBUTE_BYTES = 64, PATH_BYTES = 320 };

typedef struct Channel {
    char folder[URI_TEXT_BYTES];
    char name[16]; /* "voltage0" */
    int64_t offset;
    IioType type;
    bool typed;
    int index, at; /* in the scan */
} Channel;

typedef struct Iio {
    Uri uri;
    int count;
    Channel channels[CELLS_MAX];
    int hz;
    int64_t due_ns;
    bool buffered;
    int descriptor;
    int scan_bytes;
    int size, used; /* of what was read */
    int64_t read_ns;
    uint8_t bytes[READ_SCANS * SCAN_BYTES];
} Iio;

/* -- attributes -------------------------------------------------------------------------------- */

static void path_of(const char *folder, const char *name, char path[PATH_BYTES]) {
    snprintf(path, PATH_BYTES, "%s/%s", folder, name);
}

static Status cannot(const char *folder, const char *name, const char *doing) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return fail(
        missing ? E_NOT_FOUND : E_IO, "scale: iio: %s/%s: cannot %s: %s", folder, name, doing,
        strerror(errno));
}

static Status read_text(const char *folder, const char *name, char out[ATTRIBUTE_BYTES]) {
    char path[PATH_BYTES];
    path_of(folder, name, path);
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return cannot(folder, name, "open");
    const ssize_t got = read(descriptor, out, ATTRIBUTE_BYTES - 1);
    const Status status = got < 0 ? cannot(folder, name, "read") : OK;
    close(descriptor);
    if (status == OK) out[got] = '\0';
    return status;
}

static Status write_text(const char *folder, const char *name, const char *text) {
    char path[PATH_BYTES];
    path_of(folder, name, path);
    const int descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (descriptor < 0) return cannot(folder, name, "write");
    const ssize_t length = (ssize_t)strlen(text);
    const Status status =
        write(descriptor, text, (size_t)length) == length ? OK : cannot(folder, name, "write");
    close(descriptor);
    return status;
}

static Status read_whole(const char *folder, const char *name, int64_t *out) {
    char text[ATTRIBUTE_BYTES] = "", *end = NULL;
    TRY(read_text(folder, name, text));
    const char *digits = text + (*text == '-');
    const long long value = strtoll(text, &end, 10);
    if (*digits < '0' || *digits > '9' || end - text > 12 || (*end && *end != '\n' && *end != '.'))
        return fail(E_CORRUPT, "scale: iio: %s/%s: '%.20s' is no number", folder, name, text);
    *out = value;
    return OK;
}

/* -- channels ---------------------------------------------------------------------------------- */

static void channel_file(const Channel *channel, const char *what, char out[ATTRIBUTE_BYTES]) {
    snprintf(out, ATTRIBUTE_BYTES, "in_%s_%s", channel->name, what);
}

/* Of the channel, or of all of them; 0 when the driver has none. */
static void find_offset(Channel *channel) {
    char name[ATTRIBUTE_BYTES];
    channel_file(channel, "offset", name);
    if (read_whole(channel->folder, name, &channel->offset) == OK) return;
    if (read_whole(channel->folder, "in_voltage_offset", &channel->offset) != OK)
        channel->offset = 0;
}

static Status find_type(Channel *channel) {
    char name[ATTRIBUTE_BYTES], text[ATTRIBUTE_BYTES];
    snprintf(name, sizeof name, "scan_elements/in_%s_type", channel->name);
    TRY(read_text(channel->folder, name, text));
    TRY(iio_parse_type(text, &channel->type));
    channel->typed = true;
    return OK;
}

static Status add_channel(Iio *iio, const char *folder, int number) {
    int64_t ignored;
    char name[ATTRIBUTE_BYTES];
    if (iio->count == CELLS_MAX)
        return fail(E_INVALID, "scale: iio: more than %d cells", CELLS_MAX);
    Channel *channel = &iio->channels[iio->count];
    snprintf(channel->folder, sizeof channel->folder, "%s", folder);
    snprintf(channel->name, sizeof channel->name, "voltage%d", number);
    if (find_type(channel) != OK && iio->buffered) return E_NOT_FOUND;
    find_offset(channel);
    channel_file(channel, "raw", name);
    if (!iio->buffered) TRY(read_whole(folder, name, &ignored));
    iio->count++;
    return OK;
}

static Status add_channels(Iio *iio, const char *folder) {
    char text[URI_TEXT_BYTES], *rest = NULL;
    snprintf(text, sizeof text, "%s", uri_get(&iio->uri, "channels", "0"));
    for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        if (strlen(word) > 2 || word[strspn(word, "0123456789")])
            return fail(E_INVALID, "scale: iio: channels=%s are no numbers, e.g. 0,1", text);
        TRY(add_channel(iio, folder, (int)strtol(word, NULL, 10)));
    }
    return OK;
}

static Status add_devices(Iio *iio) {
    char *rest = NULL;
    char text[sizeof iio->uri.device];
    memcpy(text, iio->uri.device, sizeof text);
    for (char *folder = strtok_r(text, ",", &rest); folder; folder = strtok_r(NULL, ",", &rest)) {
        if (strlen(folder) >= URI_TEXT_BYTES)
            return fail(E_INVALID, "scale: iio: %.40s…: the device's name is too long", folder);
        TRY(add_channels(iio, folder));
        if (iio->buffered && strchr(iio->uri.device, ','))
            return fail(E_INVALID, "scale: iio: mode=buffer reads one device");
    }
    if (iio->count > 0) return OK;
    return fail(E_INVALID, "scale: iio: which device? e.g. iio:/sys/bus/iio/devices/iio:device0");
}

/* -- buffer ------------------------------------------------------------------------------------ */

/* Where each channel is in a scan: in the order of their indices, each aligned to its own size. */
static Status lay_out(Iio *iio) {
    int at = 0, largest = 1;
    for (int placed = 0, index = 0; placed < iio->count; index++) {
        if (index > 255) return fail(E_CORRUPT, "scale: iio: scan elements without an order");
        for (int i = 0; i < iio->count; i++) {
            Channel *channel = &iio->channels[i];
            if (channel->index != index) continue;
            const int bytes = channel->type.storage_bits / 8;
            at = (at + bytes - 1) / bytes * bytes;
            channel->at = at;
            at += bytes * channel->type.repeat;
            if (bytes > largest) largest = bytes;
            placed++;
        }
    }
    iio->scan_bytes = (at + largest - 1) / largest * largest;
    return iio->scan_bytes <= SCAN_BYTES ? OK : fail(E_INVALID, "scale: iio: a scan is too long");
}

static Status enable(Iio *iio) {
    const char *folder = iio->channels[0].folder, *trigger = uri_get(&iio->uri, "trigger", NULL);
    char name[ATTRIBUTE_BYTES];
    TRY(write_text(folder, "buffer/enable", "0"));
    if (trigger) TRY(write_text(folder, "trigger/current_trigger", trigger));
    for (int i = 0; i < iio->count; i++) {
        int64_t index = 0;
        snprintf(name, sizeof name, "scan_elements/in_%s_en", iio->channels[i].name);
        TRY(write_text(folder, name, "1"));
        snprintf(name, sizeof name, "scan_elements/in_%s_index", iio->channels[i].name);
        TRY(read_whole(folder, name, &index));
        iio->channels[i].index = (int)(index & 0xff);
    }
    /* When a scan was taken is told by its rhythm; some drivers have no such element. */
    const Status timestamp = write_text(folder, "scan_elements/in_timestamp_en", "0");
    if (timestamp != OK && timestamp != E_NOT_FOUND) return timestamp;
    TRY(lay_out(iio));
    TRY(write_text(folder, "buffer/length", "64"));
    return write_text(folder, "buffer/enable", "1");
}

static Status open_buffer(Iio *iio) {
    const char *folder = iio->channels[0].folder, *name = strrchr(folder, '/');
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/dev/%s", name ? name + 1 : folder);
    const char *device = uri_get(&iio->uri, "dev", path);
    TRY(enable(iio));
    iio->descriptor = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (iio->descriptor >= 0) return OK;
    return fail(
        errno == ENOENT ? E_NOT_FOUND : E_IO, "scale: iio: %s: cannot open it: %s", device,
        strerror(errno));
}

/* -- opening ----------------------------------------------------------------------------------- */

static void close_iio(void *state) {
    Iio *iio = state;
    if (!iio) return;
    if (iio->descriptor >= 0) close(iio->descriptor);
    /* A device that is gone needs no switching off. */
    if (iio->buffered && iio->count > 0 &&
        write_text(iio->channels[0].folder, "buffer/enable", "0") != OK)
        errno = 0;
    free(iio);
}

static Status open_devices(Iio *iio, const char *rest) {
    static const char *const keys[] = {"channels", "mode", "hz", "trigger", "dev", NULL};
    TRY(uri_parse("iio:", rest, keys, &iio->uri));
    TRY(uri_number("iio:", &iio->uri, "hz", 80, 1, 400, &iio->hz));
    const char *mode = uri_get(&iio->uri, "mode", "sysfs");
    iio->buffered = strcmp(mode, "buffer") == 0;
    if (!iio->buffered && strcmp(mode, "sysfs") != 0)
        return fail(E_INVALID, "scale: iio: mode=%s is none of: sysfs, buffer", mode);
    TRY(add_devices(iio));
    return iio->buffered ? open_buffer(iio) : OK;
}

static Status open_iio(void **state, const char *rest, Opened *opened) {
    Iio *iio = calloc(1, sizeof *iio);
    if (!iio) return fail(E_NO_MEMORY, "scale: out of memory");
    iio->descriptor = -1;
    const Status status = open_devices(iio, rest);
    if (status != OK) {
        char why[512];
        snprintf(why, sizeof why, "%s", fail_reason());
        close_iio(iio);
        return fail(status, "%s", why);
    }
    opened->counts = true;
    if (!iio->buffered) opened->hz = iio->hz;
    *state = iio;
    return OK;
}

/* -- reading ----------------------------------------------------------------------------------- */

static void put_count(const Channel *channel, int64_t raw, int cell, Heard *out) {
    const int64_t counts =
        raw + channel->offset - (channel->typed ? iio_centre(&channel->type) : 0);
    if (counts < INT32_MIN || counts > INT32_MAX) return;
    out->counts[cell] = (int32_t)counts;
    out->valid |= (uint8_t)(1U << cell);
}

static Status gone(const Iio *iio) {
    return fail(E_IO, "scale: %s: gone: %s", iio->channels[0].folder, strerror(errno));
}

static Status next_sysfs(Iio *iio, int64_t deadline_ns, Heard *out, int64_t *at_ns) {
    const int64_t now_ns = clock_now_ns();
    if (iio->due_ns < now_ns - NS_PER_SECOND) iio->due_ns = now_ns;
    if (iio->due_ns > deadline_ns) {
        clock_sleep_until_ns(deadline_ns);
        return fail(E_TIMEOUT, "scale: %s: nothing is due", iio->channels[0].folder);
    }
    clock_sleep_until_ns(iio->due_ns);
    iio->due_ns += NS_PER_SECOND / iio->hz;
    *out = (Heard){.cells = iio->count, .temperature_c = NAN};
    for (int i = 0; i < iio->count; i++) {
        char name[ATTRIBUTE_BYTES];
        int64_t raw = 0;
        channel_file(&iio->channels[i], "raw", name);
        const Status status = read_whole(iio->channels[i].folder, name, &raw);
        if (status == E_NOT_FOUND) return fail(E_IO, "%s", fail_reason()); /* it was there */
        if (status == OK) put_count(&iio->channels[i], raw, i, out);
    }
    *at_ns = clock_now_ns();
    if (out->valid) return OK;
    return fail(E_IO, "scale: %s: no cell gives anything", iio->channels[0].folder);
}

static Status fill(Iio *iio, int64_t deadline_ns) {
    struct pollfd wait = {.fd = iio->descriptor, .events = POLLIN};
    const int ready = poll(&wait, 1, scale_wait_ms(deadline_ns));
    if (ready < 0 && errno != EINTR) return gone(iio);
    if (ready <= 0) return OK;
    if (!(wait.revents & POLLIN)) return errno = ENODEV, gone(iio);
    const int left = iio->size - iio->used; /* half a scan, from a pipe */
    memmove(iio->bytes, iio->bytes + iio->used, (size_t)left);
    const ssize_t got =
        read(iio->descriptor, iio->bytes + left, (size_t)(READ_SCANS * iio->scan_bytes - left));
    iio->size = left;
    iio->used = 0;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return OK;
    if (got < 0) return gone(iio);
    if (got == 0) return errno = ENODEV, gone(iio);
    iio->size += (int)got;
    iio->read_ns = clock_now_ns();
    return OK;
}

static Status next_buffered(Iio *iio, int64_t deadline_ns, Heard *out, int64_t *at_ns) {
    while (iio->size - iio->used < iio->scan_bytes) {
        TRY(fill(iio, deadline_ns));
        if (iio->size - iio->used < iio->scan_bytes && clock_now_ns() >= deadline_ns)
            return fail(
                E_TIMEOUT, "scale: %s: silent: has its trigger been set up? see trigger=",
                iio->channels[0].folder);
    }
    *out = (Heard){.cells = iio->count, .temperature_c = NAN};
    for (int i = 0; i < iio->count; i++) {
        const Channel *channel = &iio->channels[i];
        const int64_t raw = iio_decode(&channel->type, iio->bytes + iio->used + channel->at);
        put_count(channel, raw, i, out);
    }
    iio->used += iio->scan_bytes;
    *at_ns = iio->read_ns;
    return OK;
}

static Status next(void *state, int64_t deadline_ns, Heard *out, int64_t *at_ns) {
    Iio *iio = state;
    return iio->buffered ? next_buffered(iio, deadline_ns, out, at_ns)
                         : next_sysfs(iio, deadline_ns, out, at_ns);
}

static int64_t garbage(const void *state) {
    (void)state;
    return 0;
}

const Backend scale_iio = {
    .scheme = "iio:", .open = open_iio, .next = next, .garbage = garbage, .close = close_iio};
