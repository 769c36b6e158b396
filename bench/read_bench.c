/*
 * read_bench - codes in pictures: what is read and how long it takes.
 *
 *     read_bench PICTURE...
 *
 * One line a picture: its path, the milliseconds of processor time of the best of three, and the
 * codes. tools/barcodes makes a table of it.
 */
#include "capture.h"
#include "read.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TRIES = 3, CODES_MAX = 8 };

static double cpu_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void must(Status status) {
    if (status == OK) return;
    fprintf(stderr, "read_bench: %s\n", fail_reason());
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
    Reader *reader = NULL;
    must(read_open(&reader));
    for (int i = 1; i < argc; i++) {
        Frame *frame = NULL;
        must(capture_load_picture(argv[i], CAPTURE_SIDE_MAX_PX, &frame));
        const Box whole = {0, 0, (float)frame->width, (float)frame->height};
        Scan scans[CODES_MAX];
        double best_ms = 1e9;
        int count = 0;
        for (int try = 0; try < TRIES; try++) {
            const double start_ms = cpu_ms();
            count = read_codes(reader, frame, &whole, scans, CODES_MAX);
            const double took_ms = cpu_ms() - start_ms;
            if (took_ms < best_ms) best_ms = took_ms;
        }
        printf("%s %.3f", argv[i], best_ms);
        for (int j = 0; j < count; j++)
            printf(" %s", scans[j].code);
        putchar('\n');
        capture_release(frame);
    }
    read_close(reader);
    return EXIT_SUCCESS;
}
