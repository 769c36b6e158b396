/* A report, and the descriptor that would announce it: any bytes. */
#include "scale_internal.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Heard heard = {0};
    hid_is_scale(data, size);
    for (int report = 0; report < 5; report++) {
        const LineKind kind = hid_read(data, size, report, &heard);
        if (kind != KIND_SAMPLE) continue;
        if (size < 6 || (report && data[0] != report)) abort();
        if (heard.valid && !(fabs(heard.grams) <= SCALE_WEIGHT_MAX_G)) abort();
        if (heard.device & ~SCALE_DEVICE_ALL) abort();
    }
    return 0;
}
