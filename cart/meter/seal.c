/* seal.c - the counters that only rise, and the log that shows it.
 *
 * An entry's hash is SHA-256 of its fields in the order of the struct, whole numbers as 8 bytes
 * big-endian, `kind` and `value` among them. */
#include "meter_internal.h"

#include <sodium.h>
#include <string.h>

enum { NUMBERS = 8, ENTRY_BYTES = NUMBERS * 8 + SEAL_WHO_BYTES + 2 * SEAL_HASH_BYTES };

static uint8_t *put_number(uint8_t *at, int64_t number) {
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    return at;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t size) {
    memcpy(at, bytes, size);
    return at + size;
}

static void hash_entry(const SealEntry *entry, uint8_t hash[SEAL_HASH_BYTES]) {
    const int64_t numbers[NUMBERS] = {
        entry->sequence,
        entry->t_ns,
        entry->kind,
        entry->value,
        entry->before,
        entry->after,
        entry->calibration_count,
        entry->configuration_count};
    uint8_t bytes[ENTRY_BYTES], *at = bytes;
    for (int i = 0; i < NUMBERS; i++)
        at = put_number(at, numbers[i]);
    at = put_bytes(at, entry->who, SEAL_WHO_BYTES);
    at = put_bytes(at, entry->program, SEAL_HASH_BYTES);
    (void)put_bytes(at, entry->previous, SEAL_HASH_BYTES);
    crypto_hash_sha256(hash, bytes, sizeof bytes);
}

/* The first bytes of a program's hash, as a number to show before and after. */
static int64_t program_number(const uint8_t program[SEAL_HASH_BYTES]) {
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | program[i];
    return (int64_t)number;
}

/* Where a value of the sealed parameters lies. */
static void set_value(MeterParameters *parameters, int value, int64_t to) {
    memcpy((char *)parameters + sealed_values[value].offset, &to, sizeof to);
}

/* -- writing ---------------------------------------------------------------------------------- */

static void write_entry(MeterSeal *seal, const SealEntry *news, SealEntry out[], int *count) {
    SealEntry *entry = &out[(*count)++];
    *entry = *news;
    entry->sequence = ++seal->sequence;
    entry->calibration_count = seal->calibration_count;
    entry->configuration_count = seal->configuration_count;
    memcpy(entry->program, meter_program, SEAL_HASH_BYTES);
    memcpy(entry->previous, seal->hash, SEAL_HASH_BYTES);
    hash_entry(entry, entry->hash);
    memcpy(seal->hash, entry->hash, SEAL_HASH_BYTES);
}

static void write_changes(
    MeterSeal *seal,
    const MeterParameters *wanted,
    SealKind kind,
    const SealEntry *news,
    SealEntry out[],
    int *count) {
    int64_t *counter =
        kind == SEAL_CALIBRATION ? &seal->calibration_count : &seal->configuration_count;
    bool first = true;
    for (int i = 0; i < SEALED_VALUES; i++) {
        const int64_t before = sealed_value(&seal->parameters, i), after = sealed_value(wanted, i);
        if (sealed_values[i].kind != kind || before == after) continue;
        *counter += first;
        first = false;
        SealEntry entry = *news;
        entry.kind = kind;
        entry.value = i;
        entry.before = before;
        entry.after = after;
        write_entry(seal, &entry, out, count);
        set_value(&seal->parameters, i, after);
    }
}

Status meter_seal_change(
    MeterSeal *seal,
    const MeterParameters *wanted,
    int64_t t_ns,
    const char *who,
    SealEntry out[METER_CHANGES_MAX],
    int *count) {
    SealEntry news = {.t_ns = t_ns};
    TRY(meter_check(wanted));
    if (who[0] == '\0' || strlen(who) >= SEAL_WHO_BYTES)
        return fail(
            E_INVALID, "meter: seal: '%s': who did it must be 1 to %d bytes", who,
            SEAL_WHO_BYTES - 1);
    memcpy(news.who, who, strlen(who));
    int made = 0;
    if (memcmp(seal->program, meter_program, SEAL_HASH_BYTES) != 0) {
        news.kind = SEAL_SOFTWARE;
        news.before = program_number(seal->program);
        news.after = program_number(meter_program);
        write_entry(seal, &news, out, &made);
        memcpy(seal->program, meter_program, SEAL_HASH_BYTES);
    }
    write_changes(seal, wanted, SEAL_CONFIGURATION, &news, out, &made);
    write_changes(seal, wanted, SEAL_CALIBRATION, &news, out, &made);
    *count = made;
    return OK;
}

/* -- reading ---------------------------------------------------------------------------------- */

static Status refuse(const SealEntry *entry, const char *why) {
    return fail(
        E_CORRUPT, "meter: event log: entry %lld: %s: somebody changed it, have it inspected",
        (long long)entry->sequence, why);
}

/* One of the counters rises by one at most, the other not at all. */
static bool counted(const MeterSeal *seal, const SealEntry *entry) {
    const int64_t calibrations = entry->calibration_count - seal->calibration_count;
    const int64_t configurations = entry->configuration_count - seal->configuration_count;
    const int64_t most_calibrations = entry->kind == SEAL_CALIBRATION;
    const int64_t most_configurations = entry->kind == SEAL_CONFIGURATION;
    return calibrations >= 0 && calibrations <= most_calibrations && configurations >= 0 &&
           configurations <= most_configurations;
}

static bool is_value(const SealEntry *entry) {
    return entry->value >= 0 && entry->value < SEALED_VALUES &&
           entry->kind == sealed_values[entry->value].kind;
}

Status meter_seal_check(MeterSeal *seal, const SealEntry *entry) {
    uint8_t hash[SEAL_HASH_BYTES];
    hash_entry(entry, hash);
    if (memcmp(hash, entry->hash, SEAL_HASH_BYTES) != 0)
        return refuse(entry, "it is not what was written");
    if (entry->sequence != seal->sequence + 1 ||
        memcmp(entry->previous, seal->hash, SEAL_HASH_BYTES) != 0)
        return refuse(entry, "it does not follow the one before");
    if (!counted(seal, entry)) return refuse(entry, "a counter jumps");
    if (entry->kind == SEAL_SOFTWARE) {
        if (entry->before != program_number(seal->program) ||
            entry->after != program_number(entry->program))
            return refuse(entry, "another program was there");
    } else {
        if (!is_value(entry)) return refuse(entry, "it is about nothing that is sealed");
        if (entry->before != sealed_value(&seal->parameters, entry->value) ||
            memcmp(entry->program, seal->program, SEAL_HASH_BYTES) != 0)
            return refuse(entry, "what was before is not what was there");
        set_value(&seal->parameters, entry->value, entry->after);
    }
    seal->sequence = entry->sequence;
    seal->calibration_count = entry->calibration_count;
    seal->configuration_count = entry->configuration_count;
    memcpy(seal->program, entry->program, SEAL_HASH_BYTES);
    memcpy(seal->hash, entry->hash, SEAL_HASH_BYTES);
    return OK;
}

Status meter_seal_verify(const SealEntry *entries, int64_t count, MeterSeal *out) {
    MeterSeal seal = {0};
    for (int64_t i = 0; i < count; i++)
        TRY(meter_seal_check(&seal, &entries[i]));
    *out = seal;
    return OK;
}

const char *meter_seal_name(const SealEntry *entry) {
    if (entry->kind == SEAL_SOFTWARE) return "program";
    return is_value(entry) ? sealed_values[entry->value].name : "unknown";
}
