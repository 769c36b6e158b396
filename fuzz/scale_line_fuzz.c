/*
 * What a serial line may carry: the first byte chooses the protocol and whether a unit is known,
 * the rest is what the scale sends. A sample holds what can be told, whatever came before it.
 */
#include "scale_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const Protocol *const protocols[] = {&protocol_counts, &protocol_continuous,
                                            &protocol_sics,   &protocol_nci,
                                            &protocol_toledo, &protocol_toledo_sum};

static void check(const Heard *heard, int cells) {
    if (heard->device & ~SCALE_DEVICE_ALL) abort();
    if (heard->shakes) {
        for (int i = 0; i < HEARD_AXES; i++)
            if (!(fabsf(heard->motion[i]) < 1000)) abort();
        return;
    }
    if (heard->weighs) {
        if (heard->cells != 1 || heard->valid > 1) abort();
        if (heard->valid && !(fabs(heard->grams) <= SCALE_WEIGHT_MAX_G)) abort();
        return;
    }
    if (heard->cells < 1 || heard->cells > CELLS_MAX || heard->cells != cells) abort();
    if (heard->valid >> heard->cells) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const Protocol *protocol = protocols[data[0] % 8 % 6];
    const double unit_g = data[0] & 8 ? 1000 : 0;
    ScaleLine line = {
        .ends = protocol->ends,
        .frame = protocol->frame,
        .mask = protocol->mask,
        .begun = protocol->poll != NULL};
    LineShape shape = {0};
    for (size_t i = 1; i < size; i++) {
        Heard heard = {0};
        if (scale_line_feed(&line, data[i]) != LINE_WHOLE) continue;
        if (strlen(line.text) > LINE_BYTES) abort();
        if (protocol->read(&shape, line.text, unit_g, &heard) == KIND_SAMPLE)
            check(&heard, protocol->counts ? shape.cells : 1);
    }
    return 0;
}
