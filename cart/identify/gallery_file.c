/*
 * The file of a gallery, all numbers little-endian:
 *
 *     "CWGALRY1"  u32 dims  u32 labels  u32 vectors  u32 zero  32 bytes SHA-256 of the model
 *     labels x 64 bytes id, zero-padded    vectors x u32 label    vectors x dims x f32
 *     32 bytes SHA-256 of all before
 */
#include "file.h"
#include "gallery_internal.h"

#include <math.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file is memory as it is");
_Static_assert(GALLERY_MODEL_BYTES == crypto_hash_sha256_BYTES, "one SHA-256");

typedef struct Header {
    char magic[8];
    uint32_t dims, labels, vectors, zero;
    uint8_t model[GALLERY_MODEL_BYTES];
} Header;

enum { FILE_BYTES_MAX = 1 << 30, HASH_BYTES = crypto_hash_sha256_BYTES };

static const char magic[8] = {'C', 'W', 'G', 'A', 'L', 'R', 'Y', '1'};

static size_t file_size(const Header *header) {
    return sizeof *header + (size_t)header->labels * PRODUCT_ID_BYTES +
           (size_t)header->vectors * (4 + 4 * (size_t)header->dims) + HASH_BYTES;
}

Status gallery_save(const Gallery *gallery, const uint8_t *model_sha256, const char *path) {
    Header header = {
        .dims = (uint32_t)gallery->dims,
        .labels = (uint32_t)gallery->label_count,
        .vectors = (uint32_t)gallery->count};
    memcpy(header.magic, magic, sizeof magic);
    memcpy(header.model, model_sha256, sizeof header.model);
    size_t size = file_size(&header);
    uint8_t *bytes = malloc(size);
    if (!bytes) return fail(E_NO_MEMORY, "gallery: %s: out of memory", path);

    const struct {
        const void *from;
        size_t size;
    } parts[] = {
        {&header, sizeof header},
        {gallery->ids, (size_t)header.labels * PRODUCT_ID_BYTES},
        {gallery->labels, (size_t)header.vectors * 4},
        {gallery->vectors, (size_t)header.vectors * header.dims * 4}};
    uint8_t *at = bytes;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].size) memcpy(at, parts[i].from, parts[i].size);
        at += parts[i].size;
    }
    crypto_hash_sha256(at, bytes, size - HASH_BYTES);
    Status status = file_write(path, bytes, size);
    free(bytes);
    return status;
}

static Status check(const uint8_t *bytes, size_t size, Header *header, const char *path) {
    if (size < sizeof *header + HASH_BYTES || memcmp(bytes, magic, sizeof magic) != 0)
        return fail(E_CORRUPT, "gallery: %s: not a gallery", path);
    memcpy(header, bytes, sizeof *header);
    if (header->dims < 1 || header->dims > GALLERY_DIMS_MAX ||
        header->labels > GALLERY_LABELS_MAX || header->vectors > GALLERY_VECTORS_MAX ||
        header->zero != 0 || file_size(header) != size)
        return fail(E_CORRUPT, "gallery: %s: its header does not fit its size", path);
    uint8_t hash[HASH_BYTES];
    crypto_hash_sha256(hash, bytes, size - HASH_BYTES);
    if (memcmp(hash, bytes + size - HASH_BYTES, HASH_BYTES) != 0)
        return fail(E_CORRUPT, "gallery: %s: its checksum is wrong: enroll again", path);
    return OK;
}

static Status fill(Gallery *gallery, const Header *header, const uint8_t *at, const char *path) {
    for (uint32_t i = 0; i < header->labels; i++, at += PRODUCT_ID_BYTES) {
        char id[PRODUCT_ID_BYTES];
        memcpy(id, at, sizeof id);
        if (id[0] == '\0' || memchr(id, '\0', sizeof id) == NULL)
            return fail(E_CORRUPT, "gallery: %s: id %u is no text", path, i);
        int32_t label = 0;
        TRY(gallery_label(gallery, id, &label));
        if (label != (int32_t)i) return fail(E_CORRUPT, "gallery: %s: %s is there twice", path, id);
    }
    const uint8_t *vectors = at + 4 * (size_t)header->vectors;
    for (uint32_t i = 0; i < header->vectors; i++, at += 4) {
        uint32_t label = 0;
        memcpy(&label, at, sizeof label);
        if (label >= header->labels)
            return fail(E_CORRUPT, "gallery: %s: vector %u has no product", path, i);
        float vector[GALLERY_DIMS_MAX];
        memcpy(vector, vectors + (size_t)i * header->dims * 4, (size_t)header->dims * 4);
        if (gallery_add(gallery, (int32_t)label, vector) != OK)
            return fail(E_CORRUPT, "gallery: %s: vector %u cannot be used", path, i);
    }
    return OK;
}

Status gallery_load(Gallery **out, uint8_t *model_sha256, const char *path) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, FILE_BYTES_MAX, &bytes, &size));
    Header header = {0};
    Gallery *gallery = NULL;
    Status status = check(bytes, size, &header, path);
    if (status == OK) status = gallery_open(&gallery, (int)header.dims);
    if (status == OK) status = fill(gallery, &header, bytes + sizeof header, path);
    free(bytes);
    if (status != OK) {
        gallery_close(gallery);
        return status;
    }
    memcpy(model_sha256, header.model, sizeof header.model);
    *out = gallery;
    return OK;
}
