/*
 * tape_bench - how fast tapes are written and read, and how that compares with another reader.
 *
 *     tape_bench [PEER...]
 *
 * A PEER is a command that takes a tape's path, reads all of its messages and prints the seconds
 * that took, e.g. ".venv/bin/python tools/tape-interop/peer.py" or "node
 * tools/tape-interop/peer.mjs". Two minutes of a cart: two cameras at 15 pictures a second, a scale
 * and an accelerometer as JSON. Times are the best of three; the tape is in memory where there is
 * /dev/shm. One line of CSV each.
 */
#include "channels.h"
#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 120, SCALE_HZ = 80, CAMERA_HZ = 15, PICTURE_BYTES = 60000, TRIES = 3 };
static const int64_t T0 = 1700000000000000000;

static double cpu_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void must(Status status) {
    if (status == OK) return;
    fprintf(stderr, "tape_bench: %s\n", fail_reason());
    exit(EXIT_FAILURE);
}

/* A picture nobody can compress further, like a JPEG; the bytes differ from picture to picture. */
static void paint(uint8_t *picture, uint64_t seed) {
    for (int i = 0; i + 8 <= PICTURE_BYTES; i += 8) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t mixed = seed ^ seed >> 29;
        memcpy(picture + i, &mixed, 8);
    }
}

enum { PICTURES = 64, SAMPLES = 64 };
static uint8_t *pictures[PICTURES];
static size_t picture_size;
static char *samples[SAMPLES];

static void make_messages(void) {
    uint8_t *picture = malloc(PICTURE_BYTES);
    for (uint64_t i = 0; i < PICTURES; i++) {
        paint(picture, i);
        must(message_pack_image(
            T0, "left", "jpeg", picture, PICTURE_BYTES, &pictures[i], &picture_size));
    }
    free(picture);
    for (int i = 0; i < SAMPLES; i++) {
        json_t *sample = message_from_scale_sample(&(ScaleSample){
            .t_ns = T0 + (int64_t)i * 12500000,
            .counts = {81000 + i, 80200 - i, 80900, 79000 + 7 * i},
            .valid = 15,
            .temperature_c = 21.5f});
        samples[i] = message_text(sample);
        json_decref(sample);
    }
}

/* Bytes of messages written. */
static size_t write_tape(const char *path, TapeCompression compression) {
    TapeWriter *writer;
    uint16_t left, right, raw, imu;
    must(tape_create(&writer, path, &(TapeOptions){.compression = compression}));
    must(channel_add(writer, CHANNEL_CAMERA, "left", &left));
    must(channel_add(writer, CHANNEL_CAMERA, "right", &right));
    must(channel_add(writer, CHANNEL_SCALE_RAW, NULL, &raw));
    must(channel_add(writer, CHANNEL_IMU, NULL, &imu));
    size_t bytes = 0;
    for (int i = 0; i < SECONDS * SCALE_HZ; i++) {
        int64_t t_ns = T0 + i * (INT64_C(1000000000) / SCALE_HZ);
        const char *sample = samples[i % SAMPLES];
        must(tape_write(writer, raw, t_ns, sample, strlen(sample)));
        must(tape_write(writer, imu, t_ns, sample, strlen(sample)));
        bytes += 2 * strlen(sample);
        if (i * CAMERA_HZ / SCALE_HZ == (i + 1) * CAMERA_HZ / SCALE_HZ) continue;
        must(tape_write(writer, left, t_ns, pictures[i % PICTURES], picture_size));
        must(tape_write(writer, right, t_ns, pictures[(i + 7) % PICTURES], picture_size));
        bytes += 2 * picture_size;
    }
    must(tape_finish(writer));
    return bytes;
}

static size_t read_tape(const char *path) {
    TapeReader *reader;
    must(tape_open(&reader, path));
    size_t bytes = 0;
    Status status;
    for (TapeMessage message; (status = tape_next(reader, &message)) == OK;)
        bytes += message.size;
    if (status != E_END) must(status);
    tape_close(reader);
    return bytes;
}

/* Seconds the peer says it took; 0 when it fails. */
static double ask(const char *peer, const char *path) {
    char command[1024], line[64] = "";
    snprintf(command, sizeof command, "%s %s", peer, path);
    FILE *pipe = popen(command, "r");
    if (!pipe) return 0;
    char *said = fgets(line, sizeof line, pipe);
    return pclose(pipe) == 0 && said ? atof(line) : 0;
}

int main(int argc, char **argv) {
    static const char *const names[] = {"none", "lz4", "zstd"};
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    char path[64];
    snprintf(path, sizeof path, "%s/tape_bench.%d.mcap", folder, (int)getpid());
    make_messages();
    printf("compression,job,by,mb_per_s,ratio\n");
    for (TapeCompression compression = TAPE_PLAIN; compression <= TAPE_ZSTD; compression++) {
        double best_write = 1e9, best_read = 1e9, megabytes = 0;
        for (int i = 0; i < TRIES; i++) {
            double start = cpu_s();
            size_t written = write_tape(path, compression);
            double middle = cpu_s();
            if (read_tape(path) != written) return EXIT_FAILURE;
            double end = cpu_s();
            if (middle - start < best_write) best_write = middle - start;
            if (end - middle < best_read) best_read = end - middle;
            megabytes = (double)written / 1e6;
        }
        const char *name = names[compression];
        printf("%s,write,cartwright,%.0f,1\n", name, megabytes / best_write);
        printf("%s,read,cartwright,%.0f,1\n", name, megabytes / best_read);
        for (int i = 1; i < argc; i++) {
            double seconds = ask(argv[i], path);
            if (seconds <= 0) {
                fprintf(stderr, "tape_bench: no seconds from: %s\n", argv[i]);
                continue;
            }
            printf(
                "%s,read,%s,%.0f,%.1f\n", name, argv[i], megabytes / seconds, seconds / best_read);
        }
        fflush(stdout);
    }
    unlink(path);
    for (int i = 0; i < PICTURES; i++)
        free(pictures[i]);
    for (int i = 0; i < SAMPLES; i++)
        free(samples[i]);
    return EXIT_SUCCESS;
}
