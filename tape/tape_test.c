#include "channels.h"
#include "file.h"
#include "mcap_internal.h"
#include "tape.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const int64_t T0 = 1700000000000000000, STEP = 10000000;
static char folder[256], path[300], other[300];

static int64_t written_at(int i) { return T0 + i * STEP; }

/* The i-th message's bytes: its number, then as many letters as make its size uneven. */
static size_t body(int i, char *out, size_t out_size) {
    int length = snprintf(out, out_size, "%d %.*s", i, i % 23, "abcdefghijklmnopqrstuvw");
    return (size_t)length;
}

static Status add_two(TapeWriter *writer, uint16_t ids[2]) {
    TRY(tape_add_channel(writer, "/even", "json", "n", "jsonschema", "{}", 2, &ids[0]));
    return tape_add_channel(writer, "/odd", "json", "n", "jsonschema", "{}", 2, &ids[1]);
}

/* count messages, two channels by turns, about 8 to a chunk. */
static Status write_tape(const char *to, TapeCompression compression, int count) {
    TapeWriter *writer;
    TapeOptions options = {.compression = compression, .chunk_ns = 8 * STEP};
    TRY(tape_create(&writer, to, &options));
    uint16_t ids[2] = {0};
    TRY(add_two(writer, ids));
    const char *const keys[] = {"seed", "scene"}, *const values[] = {"7", "two apples"};
    TRY(tape_note(writer, "run", keys, values, 2));
    TRY(tape_attach(writer, "cart.yaml", "application/yaml", T0, "a: 1\n", 5));
    for (int i = 0; i < count; i++) {
        char text[64];
        size_t size = body(i, text, sizeof text);
        TRY(tape_write(writer, ids[i % 2], written_at(i), text, size));
    }
    return tape_finish(writer);
}

static bool is_message(const TapeMessage *message, int i) {
    char text[64];
    size_t size = body(i, text, sizeof text);
    return message->t_ns == written_at(i) && message->publish_ns == message->t_ns &&
           message->sequence == (uint32_t)(i / 2 + 1) && message->size == size &&
           memcmp(message->bytes, text, size) == 0 &&
           strcmp(message->channel->topic, i % 2 ? "/odd" : "/even") == 0;
}

static void load(uint8_t **bytes, size_t *size) {
    *bytes = NULL;
    *size = 0;
    CHECK(file_read(path, 1 << 24, bytes, size) == OK);
}

static void a_tape_gives_back_what_was_written(void) {
    for (TapeCompression compression = TAPE_PLAIN; compression <= TAPE_ZSTD; compression++) {
        CHECK(write_tape(path, compression, 100) == OK);
        TapeReader *reader = NULL;
        CHECK(tape_open(&reader, path) == OK);
        const TapeInfo *info = tape_info(reader);
        CHECK(info->closed && info->messages == 100 && info->chunks == 13);
        CHECK(info->start_ns == written_at(0) && info->end_ns == written_at(99));
        CHECK(strcmp(info->profile, "cartwright") == 0 && info->compression == compression);
        int count;
        const TapeChannel *channels = tape_channels(reader, &count);
        CHECK(count == 2 && channels[0].messages == 50 && channels[1].messages == 50);
        CHECK(channels[0].schema_size == 2 && memcmp(channels[0].schema, "{}", 2) == 0);
        CHECK(strcmp(channels[0].schema_name, "n") == 0);
        TapeMessage message;
        for (int i = 0; i < 100; i++) {
            CHECK(tape_next(reader, &message) == OK && is_message(&message, i));
        }
        CHECK(tape_next(reader, &message) == E_END && tape_next(reader, &message) == E_END);
        CHECK(info->lost_bytes == 0);
        tape_close(reader);
    }
}

static void notes_and_attachments_come_back(void) {
    CHECK(write_tape(path, TAPE_ZSTD, 3) == OK);
    TapeReader *reader = NULL;
    CHECK(tape_open(&reader, path) == OK);
    CHECK(strcmp(tape_note_get(reader, "run", "scene"), "two apples") == 0);
    CHECK(!tape_note_get(reader, "run", "none") && !tape_note_get(reader, "none", "scene"));
    TapeAttachment attachment;
    CHECK(tape_info(reader)->attachments == 1 && tape_info(reader)->notes == 1);
    CHECK(tape_attachment(reader, 0, &attachment) == OK);
    CHECK(strcmp(attachment.name, "cart.yaml") == 0 && attachment.t_ns == T0);
    CHECK(attachment.size == 5 && memcmp(attachment.bytes, "a: 1\n", 5) == 0);
    CHECK(tape_attachment(reader, 1, &attachment) == E_NOT_FOUND);
    tape_close(reader);
}

static void an_empty_tape_is_a_tape(void) {
    CHECK(write_tape(path, TAPE_LZ4, 0) == OK);
    TapeReader *reader = NULL;
    TapeMessage message;
    CHECK(tape_open(&reader, path) == OK);
    CHECK(tape_info(reader)->closed && tape_info(reader)->start_ns == 0);
    CHECK(tape_next(reader, &message) == E_END);
    tape_close(reader);
}

/* Four streams written one after the other, times interleaved, equal times among them. */
static void messages_come_in_order_of_time_however_they_were_written(void) {
    TapeWriter *writer = NULL;
    TapeOptions options = {.compression = TAPE_LZ4, .chunk_bytes = 300};
    CHECK(tape_create(&writer, path, &options) == OK);
    uint16_t ids[2] = {0};
    CHECK(add_two(writer, ids) == OK);
    enum { STREAMS = 4, EACH = 100 };
    for (int i = 0; i < STREAMS * EACH; i++) {
        int stream = i / EACH, place = i % EACH;
        if (stream == 1) place = EACH - 1 - place; /* one of them backwards */
        CHECK(tape_write(writer, ids[i % 2], T0 + place * STEP, &i, sizeof i) == OK);
    }
    CHECK(tape_finish(writer) == OK);
    TapeReader *reader = NULL;
    CHECK(tape_open(&reader, path) == OK);
    TapeMessage message;
    int last = -1, count = 0;
    for (int64_t last_ns = 0; tape_next(reader, &message) == OK; count++) {
        int i;
        memcpy(&i, message.bytes, sizeof i);
        CHECK(message.t_ns > last_ns || (message.t_ns == last_ns && i > last));
        last_ns = message.t_ns;
        last = i;
    }
    CHECK(count == STREAMS * EACH);
    tape_close(reader);
}

static void seeking_finds_the_first_message_at_or_after(void) {
    for (TapeCompression compression = TAPE_PLAIN; compression <= TAPE_ZSTD; compression++) {
        CHECK(write_tape(path, compression, 100) == OK);
        TapeReader *reader = NULL;
        CHECK(tape_open(&reader, path) == OK);
        TapeMessage message;
        static const int places[] = {50, 0, 99, 7, 8, 9, 50};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            int place = places[i];
            CHECK(tape_seek(reader, written_at(place)) == OK);
            CHECK(tape_next(reader, &message) == OK && is_message(&message, place));
            CHECK(tape_seek(reader, written_at(place) - 1) == OK);
            CHECK(tape_next(reader, &message) == OK && is_message(&message, place));
        }
        CHECK(tape_next(reader, &message) == OK && is_message(&message, 51));
        CHECK(tape_seek(reader, written_at(99) + 1) == OK);
        CHECK(tape_next(reader, &message) == E_END);
        tape_close(reader);
    }
}

/* How many messages lie in chunks that end at or before `end`. */
static int whole_messages(const uint8_t *bytes, size_t size, size_t end) {
    int count = 0;
    for (size_t at = MCAP_MAGIC_BYTES; at + MCAP_RECORD_BYTES <= size;) {
        size_t next = at + MCAP_RECORD_BYTES + (size_t)load64(bytes + at + 1);
        if (next > end || bytes[at] == MCAP_DATA_END) break;
        if (bytes[at] == MCAP_MESSAGE_INDEX) count += (int)load32(bytes + at + 11) / 16;
        at = next;
    }
    return count;
}

/* The same, with the messages of a chunk counted as soon as the chunk itself is whole. */
static int readable_messages(const uint8_t *bytes, size_t size, size_t end) {
    int count = 0;
    bool whole = false;
    for (size_t at = MCAP_MAGIC_BYTES; at + MCAP_RECORD_BYTES <= size;) {
        size_t next = at + MCAP_RECORD_BYTES + (size_t)load64(bytes + at + 1);
        if (bytes[at] == MCAP_DATA_END) break;
        if (bytes[at] == MCAP_CHUNK) whole = next <= end;
        if (bytes[at] == MCAP_MESSAGE_INDEX && whole) count += (int)load32(bytes + at + 11) / 16;
        at = next;
    }
    return count;
}

static void a_tape_cut_at_any_byte_reads_up_to_its_last_whole_chunk(void) {
    for (TapeCompression compression = TAPE_PLAIN; compression <= TAPE_ZSTD; compression++) {
        CHECK(write_tape(path, compression, 30) == OK);
        uint8_t *bytes;
        size_t size;
        load(&bytes, &size);
        CHECK(whole_messages(bytes, size, size) == 30);
        for (size_t end = 0; end < size; end++) {
            uint8_t *part = malloc(end + 1); /* its own block, so that overruns are seen */
            memcpy(part, bytes, end);
            TapeReader *reader = NULL;
            Status status = tape_open_memory(&reader, part, end);
            CHECK(status == (end < MCAP_MAGIC_BYTES ? E_CORRUPT : OK));
            TapeMessage message;
            int count = 0;
            for (; reader && tape_next(reader, &message) == OK; count++) {
                CHECK(is_message(&message, count));
            }
            CHECK(count == readable_messages(bytes, size, end));
            if (reader) CHECK(!tape_info(reader)->closed && tape_info(reader)->messages == count);
            tape_close(reader);
            free(part);
        }
        free(bytes);
    }
}

static int problem_count;
static void count_problem(void *context, const char *sentence) {
    (void)context;
    (void)sentence;
    problem_count++;
}

/* E_CORRUPT: it does not even open. */
static Status check_tape(const char *tape) {
    problem_count = 0;
    TapeReader *reader;
    TRY(tape_open(&reader, tape));
    Status status = tape_check(reader, count_problem, NULL);
    tape_close(reader);
    return status;
}

static int problems_in(const char *tape) {
    CHECK(check_tape(tape) == OK);
    return problem_count;
}

static void store(const char *to, const uint8_t *bytes, size_t size) {
    FILE *file = fopen(to, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size);
    if (file) fclose(file);
}

static void a_tape_cut_at_any_byte_can_be_repaired(void) {
    CHECK(write_tape(path, TAPE_LZ4, 20) == OK);
    uint8_t *bytes;
    size_t size;
    load(&bytes, &size);
    for (size_t end = MCAP_MAGIC_BYTES; end < size; end++) {
        store(other, bytes, end);
        int64_t kept = -1, lost = -1;
        CHECK(tape_repair(other, other, &kept, &lost) == OK);
        CHECK(kept == readable_messages(bytes, size, end) && lost >= 0);
        CHECK(problems_in(other) == 0);
    }
    free(bytes);
}

static void one_wrong_byte_anywhere_is_found(void) {
    for (TapeCompression compression = TAPE_PLAIN; compression <= TAPE_ZSTD; compression++) {
        CHECK(write_tape(path, compression, 20) == OK);
        CHECK(problems_in(path) == 0);
        uint8_t *bytes;
        size_t size;
        load(&bytes, &size);
        for (size_t at = 0; at < size; at++) {
            bytes[at] ^= 0x55;
            store(other, bytes, size);
            Status status = check_tape(other);
            CHECK(status == E_CORRUPT || (status == OK && problem_count > 0));
            bytes[at] ^= 0x55;
        }
        free(bytes);
    }
}

static void a_damaged_chunk_is_told_once_and_the_rest_is_read(void) {
    CHECK(write_tape(path, TAPE_PLAIN, 40) == OK);
    uint8_t *bytes;
    size_t size;
    load(&bytes, &size);
    uint8_t *ninth = memmem(bytes, size, "9 abcdefghi", 11);
    CHECK(ninth != NULL);
    ninth[2] = 'X';
    TapeReader *reader = NULL;
    CHECK(tape_open_memory(&reader, bytes, size) == OK);
    TapeMessage message;
    int read = 0, told = 0;
    for (Status status; (status = tape_next(reader, &message)) != E_END;) {
        read += status == OK;
        told += status == E_CORRUPT;
        if (status == E_CORRUPT) CHECK(strstr(fail_reason(), "checksum") != NULL);
    }
    CHECK(told == 1 && read == 32 && tape_info(reader)->lost_bytes > 0);
    int64_t lost = tape_info(reader)->lost_bytes;
    CHECK(tape_seek(reader, 0) == OK);
    while (tape_next(reader, &message) != E_END) {
    }
    CHECK(tape_info(reader)->lost_bytes == lost);
    tape_close(reader);
    store(path, bytes, size);
    int64_t kept;
    CHECK(tape_repair(path, path, &kept, &lost) == OK && kept == 32 && lost > 0);
    CHECK(problems_in(path) == 0);
    free(bytes);
}

/* Any bytes may be wrong: nothing may crash, and reading must come to an end. */
static void hostile_lengths_are_refused(void) {
    static const uint8_t evil[] = {0xff, 0x7f, 0x80, 0x00, 0x01};
    for (TapeCompression compression = TAPE_PLAIN; compression <= TAPE_ZSTD; compression++) {
        CHECK(write_tape(path, compression, 20) == OK);
        uint8_t *bytes;
        size_t size;
        load(&bytes, &size);
        size_t ends[] = {size, size - 30}; /* with the summary, and by scanning */
        for (size_t i = 0; i < sizeof evil * size * 2; i++) {
            size_t at = i / 2 % size, end = ends[i % 2];
            uint8_t saved = bytes[at];
            bytes[at] = evil[i / 2 / size];
            TapeReader *reader = NULL;
            TapeMessage message;
            int calls = 0;
            if (tape_open_memory(&reader, bytes, end) == OK) {
                while (calls < 1000 && tape_next(reader, &message) != E_END)
                    calls++;
            }
            CHECK(calls < 1000);
            tape_close(reader);
            bytes[at] = saved;
        }
        free(bytes);
    }
}

static void limit_files(rlim_t bytes) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* Write until the disk is full; how many messages were taken. */
static int write_until_full(TapeWriter **writer, uint16_t ids[2]) {
    TapeOptions options = {.compression = TAPE_PLAIN, .chunk_bytes = 1000};
    CHECK(tape_create(writer, path, &options) == OK && add_two(*writer, ids) == OK);
    limit_files(20000);
    int taken = 0;
    char text[64];
    Status status = OK;
    for (; status == OK && taken < 10000; taken += status == OK) {
        size_t size = body(taken, text, sizeof text);
        status = tape_write(*writer, ids[taken % 2], written_at(taken), text, size);
    }
    CHECK(status == E_IO && strstr(fail_reason(), path) != NULL);
    return taken;
}

static int count_readable(void) {
    TapeReader *reader = NULL;
    TapeMessage message;
    int count = 0;
    CHECK(tape_open(&reader, path) == OK);
    for (; reader && tape_next(reader, &message) == OK; count++)
        CHECK(is_message(&message, count));
    tape_close(reader);
    return count;
}

static void a_full_disk_leaves_a_readable_tape(void) {
    TapeWriter *writer = NULL;
    uint16_t ids[2] = {0};
    int taken = write_until_full(&writer, ids);
    CHECK(tape_write(writer, ids[0], written_at(taken), "x", 1) == E_IO);
    int readable = count_readable();
    CHECK(readable > 0 && readable < taken);
    CHECK(tape_finish(writer) == E_IO);
    limit_files(RLIM_INFINITY);
    CHECK(count_readable() == readable);
    int64_t kept, lost;
    CHECK(tape_repair(path, path, &kept, &lost) == OK && kept == readable && lost == 0);
}

static void a_disk_with_room_again_takes_everything_that_waited(void) {
    TapeWriter *writer = NULL;
    uint16_t ids[2] = {0};
    int taken = write_until_full(&writer, ids);
    limit_files(RLIM_INFINITY);
    char text[64];
    for (int end = taken + 10; taken < end; taken++) {
        size_t size = body(taken, text, sizeof text);
        CHECK(tape_write(writer, ids[taken % 2], written_at(taken), text, size) == OK);
    }
    CHECK(tape_finish(writer) == OK);
    CHECK(count_readable() == taken && problems_in(path) == 0);
}

static void a_tape_that_cannot_be_created_says_why(void) {
    TapeWriter *writer = NULL;
    CHECK(tape_create(&writer, "/dev/full", NULL) == E_IO && !writer);
    CHECK(strstr(fail_reason(), "/dev/full") && strstr(fail_reason(), "No space"));
    CHECK(tape_create(&writer, "/none/such/folder/a.mcap", NULL) == E_IO && !writer);
    CHECK(strstr(fail_reason(), "/none/such/folder/a.mcap") != NULL);
}

static void what_is_no_tape_is_refused(void) {
    TapeReader *reader = NULL;
    CHECK(tape_open(&reader, "/none/such.mcap") == E_NOT_FOUND);
    CHECK(tape_open(&reader, "/dev/null") == E_IO);
    store(path, (const uint8_t *)"", 0);
    CHECK(tape_open(&reader, path) == E_CORRUPT);
    store(path, (const uint8_t *)"ID3 this is a song", 18);
    CHECK(tape_open(&reader, path) == E_CORRUPT && strstr(fail_reason(), "not an MCAP file"));
    CHECK(!reader);
}

static void a_message_from_before_1970_is_refused(void) {
    TapeWriter *writer = NULL;
    uint16_t ids[2] = {0};
    CHECK(tape_create(&writer, path, NULL) == OK && add_two(writer, ids) == OK);
    CHECK(tape_write(writer, ids[0], -1, "x", 1) == E_INVALID);
    CHECK(tape_write(writer, ids[0], 0, "", 0) == OK);
    CHECK(tape_finish(writer) == OK && problems_in(path) == 0);
}

static void equal_schemas_are_stored_once(void) {
    TapeWriter *writer = NULL;
    uint16_t id;
    CHECK(tape_create(&writer, path, NULL) == OK);
    for (int i = 0; i < 300; i++) {
        char topic[32];
        snprintf(topic, sizeof topic, "/%d", i);
        const char *schema = i % 3 ? "{\"type\": \"object\"}" : "";
        CHECK(
            tape_add_channel(
                writer, topic, "json", i % 3 ? "a" : "", i % 3 ? "jsonschema" : "", schema,
                strlen(schema), &id) == OK);
    }
    CHECK(tape_finish(writer) == OK);
    uint8_t *bytes;
    size_t size;
    load(&bytes, &size);
    int schemas = 0;
    for (uint8_t *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), "\"object\"", 8));
         at++) {
        schemas++;
    }
    CHECK(schemas == 2); /* one in the data, one in the summary */
    TapeReader *reader = NULL;
    CHECK(tape_open_memory(&reader, bytes, size) == OK);
    int count;
    const TapeChannel *channels = tape_channels(reader, &count);
    CHECK(count == 300 && channels[297].schema_size == 0 && channels[298].schema_size == 18);
    tape_close(reader);
    free(bytes);
}

/* As other writers do: messages that stand in no chunk, no summary. */
static void messages_outside_chunks_are_read(void) {
    Buffer file = {0};
    put_bytes(&file, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    size_t record = record_begin(&file, MCAP_CHANNEL);
    put_u16(&file, 9);
    put_u16(&file, 0);
    put_text(&file, "/loose");
    put_text(&file, "json");
    put_u32(&file, 0);
    record_end(&file, record);
    for (int i = 0; i < 5; i++) {
        record = record_begin(&file, MCAP_MESSAGE);
        put_u16(&file, 9);
        put_u32(&file, 0);
        put_u64(&file, (uint64_t)(T0 - i)); /* backwards */
        put_u64(&file, (uint64_t)T0);
        put_u8(&file, (uint8_t)i);
        record_end(&file, record);
    }
    TapeReader *reader = NULL;
    CHECK(tape_open_memory(&reader, file.bytes, file.size) == OK);
    CHECK(tape_info(reader)->messages == 5 && !tape_info(reader)->closed);
    TapeMessage message;
    for (int i = 4; i >= 0; i--) {
        CHECK(tape_next(reader, &message) == OK && message.bytes[0] == i && message.size == 1);
    }
    CHECK(tape_next(reader, &message) == E_END);
    CHECK(tape_seek(reader, T0) == OK && tape_next(reader, &message) == OK);
    CHECK(message.bytes[0] == 0);
    tape_close(reader);
    buffer_finish(&file);
}

static void a_part_of_a_tape_is_a_tape(void) {
    TapeWriter *writer = NULL;
    uint16_t raw, calibration;
    CHECK(tape_create(&writer, path, NULL) == OK);
    CHECK(channel_add(writer, CHANNEL_SCALE_RAW, NULL, &raw) == OK);
    CHECK(channel_add(writer, CHANNEL_SCALE_CALIBRATION, NULL, &calibration) == OK);
    CHECK(tape_write(writer, calibration, T0, "{}", 2) == OK);
    for (int i = 0; i < 50; i++)
        CHECK(tape_write(writer, raw, written_at(i), &i, sizeof i) == OK);
    CHECK(tape_finish(writer) == OK);

    int64_t kept, lost;
    TapeCut cut = {.from_ns = written_at(10), .to_ns = written_at(20)};
    CHECK(tape_extract(path, other, &cut, &kept, &lost) == OK);
    CHECK(kept == 11 && lost == 0); /* the calibration too */
    const char *const topics[] = {"/scale/r*"};
    cut.topics = topics;
    cut.topic_count = 1;
    CHECK(tape_extract(path, other, &cut, &kept, &lost) == OK && kept == 10);
    TapeReader *reader = NULL;
    CHECK(tape_open(&reader, other) == OK);
    int count;
    CHECK(tape_channels(reader, &count) && count == 1);
    TapeMessage message;
    CHECK(tape_next(reader, &message) == OK && message.t_ns == written_at(10));
    CHECK(message.sequence == 11); /* as it was */
    tape_close(reader);
    CHECK(problems_in(other) == 0);
}

int main(void) {
    /* thousands of small synced files: memory, where there is such a folder */
    const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/tape_test.XXXXXX", tmp);
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/a.mcap", folder);
    snprintf(other, sizeof other, "%s/b.mcap", folder);
    signal(SIGXFSZ, SIG_IGN);
    RUN(a_tape_gives_back_what_was_written);
    RUN(notes_and_attachments_come_back);
    RUN(an_empty_tape_is_a_tape);
    RUN(messages_come_in_order_of_time_however_they_were_written);
    RUN(seeking_finds_the_first_message_at_or_after);
    RUN(a_tape_cut_at_any_byte_reads_up_to_its_last_whole_chunk);
    RUN(a_tape_cut_at_any_byte_can_be_repaired);
    RUN(one_wrong_byte_anywhere_is_found);
    RUN(a_damaged_chunk_is_told_once_and_the_rest_is_read);
    RUN(hostile_lengths_are_refused);
    RUN(a_full_disk_leaves_a_readable_tape);
    RUN(a_disk_with_room_again_takes_everything_that_waited);
    RUN(a_tape_that_cannot_be_created_says_why);
    RUN(what_is_no_tape_is_refused);
    RUN(a_message_from_before_1970_is_refused);
    RUN(equal_schemas_are_stored_once);
    RUN(messages_outside_chunks_are_read);
    RUN(a_part_of_a_tape_is_a_tape);
    unlink(path);
    unlink(other);
    rmdir(folder);
    return DONE();
}
