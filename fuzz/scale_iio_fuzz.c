/* The type of a scan element as a driver might write it; then the words of a URI. */
#include "scale_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_type(const char *text) {
    static const uint8_t bytes[8] = {0x80, 0x7f, 0xff, 0x00, 0x55, 0xaa, 0x01, 0xfe};
    IioType type;
    if (iio_parse_type(text, &type) != OK) {
        if (strchr(fail_reason(), '\n') && !strchr(text, '\n')) abort();
        return;
    }
    const int64_t value = iio_decode(&type, bytes), centre = iio_centre(&type);
    if (type.bits > 62) return;
    const int64_t limit = INT64_C(1) << (type.bits - type.is_signed);
    if (value >= limit || value < (type.is_signed ? -limit : 0)) abort();
    if (centre != (type.is_signed ? 0 : limit / 2)) abort();
}

static void read_uri(const char *text) {
    static const char *const keys[] = {"channels", "mode", "hz", NULL};
    Uri uri;
    int hz = 0;
    if (uri_parse("iio:", text, keys, &uri) != OK) return;
    if (uri.count > URI_OPTIONS_MAX || strlen(uri.device) >= sizeof uri.device) abort();
    if (uri_number("iio:", &uri, "hz", 80, 1, 400, &hz) == OK && (hz < 1 || hz > 400)) abort();
    if (!uri_get(&uri, "mode", "sysfs")[0]) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[256];
    if (size >= sizeof text) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    read_type(text);
    read_uri(text);
    return 0;
}
