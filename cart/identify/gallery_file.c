/*
 * The file of a gallery, all numbers little-endian, each part filled up with zeros to 64 bytes:
 *
 *     "CWGALRY2"  u32 dims  u32 labels  u32 vectors  u32 zero  32 bytes SHA-256 of the model
 *     labels x 64 bytes id, zero-padded
 *     vectors x u32 label
 *     vectors x dims x f32, each of length one
 *     32 bytes BLAKE2b-256 of all before
 *
 * The vectors are used where they lie, in the mapped file.
 */
#include "file.h"
#include "gallery_internal.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file is memory as it is");
_Static_assert(GALLERY_MODEL_BYTES == crypto_hash_sha256_BYTES, "one SHA-256");
_Static_assert(PRODUCT_ID_BYTES == 64, "the format's own");

enum { PART_BYTES = 64, HASH_BYTES = 32, FILE_BYTES_MAX = INT32_MAX };

typedef struct Header {
    char magic[8];
    uint32_t dims, labels, vectors, zero;
    uint8_t model[GALLERY_MODEL_BYTES];
    uint8_t filling[8];
} Header;

_Static_assert(sizeof(Header) == PART_BYTES, "a part of its own");

typedef struct Layout { /* where the parts begin */
    size_t ids, labels, vectors, hash;
} Layout;

static const char magic[8] = {'C', 'W', 'G', 'A', 'L', 'R', 'Y', '2'};

static size_t filled_up(size_t size) { return (size + PART_BYTES - 1) / PART_BYTES * PART_BYTES; }

static Layout layout_of(const Header *header) {
    Layout at = {.ids = sizeof *header};
    at.labels = at.ids + (size_t)header->labels * PRODUCT_ID_BYTES;
    at.vectors = at.labels + filled_up((size_t)header->vectors * 4);
    at.hash = at.vectors + filled_up((size_t)header->vectors * header->dims * 4);
    return at;
}

static void checksum(const uint8_t *bytes, size_t size, uint8_t *out) {
    crypto_generichash(out, HASH_BYTES, bytes, size, NULL, 0);
}

/* -- saving ------------------------------------------------------------------------------------ */

Status gallery_save(const Gallery *gallery, const uint8_t *model_sha256, const char *path) {
    Header header = {
        .dims = (uint32_t)gallery->dims,
        .labels = (uint32_t)gallery->label_count,
        .vectors = (uint32_t)gallery->count};
    memcpy(header.magic, magic, sizeof magic);
    memcpy(header.model, model_sha256, sizeof header.model);
    const Layout at = layout_of(&header);
    if (at.hash + HASH_BYTES > FILE_BYTES_MAX)
        return fail(
            E_INVALID, "gallery: %s: %d vectors are more than a file holds", path, gallery->count);
    uint8_t *bytes = calloc(1, at.hash + HASH_BYTES);
    if (!bytes) return fail(E_NO_MEMORY, "gallery: %s: out of memory", path);

    const size_t vector_bytes = header.dims * sizeof(float);
    memcpy(bytes, &header, sizeof header);
    if (header.labels) memcpy(bytes + at.ids, gallery->ids, at.labels - at.ids);
    for (int i = 0; i < gallery->chunk_count; i++) {
        const size_t first = (size_t)i * CHUNK, left = header.vectors - first;
        const size_t count = left < CHUNK ? left : CHUNK;
        memcpy(bytes + at.labels + first * 4, gallery->chunks[i]->labels, count * 4);
        memcpy(
            bytes + at.vectors + first * vector_bytes, gallery->chunks[i]->vectors,
            count * vector_bytes);
    }
    checksum(bytes, at.hash, bytes + at.hash);
    const Status status = file_write(path, bytes, at.hash + HASH_BYTES);
    free(bytes);
    return status;
}

/* -- loading ----------------------------------------------------------------------------------- */

static Status check(const uint8_t *bytes, size_t size, Header *header, const char *path) {
    if (size < sizeof *header + HASH_BYTES || memcmp(bytes, magic, sizeof magic - 1) != 0)
        return fail(E_CORRUPT, "gallery: %s: not a gallery", path);
    memcpy(header, bytes, sizeof *header);
    if (header->magic[7] != magic[7])
        return fail(E_CORRUPT, "gallery: %s: of another version: enroll again", path);
    if (header->dims < 1 || header->dims > GALLERY_DIMS_MAX ||
        header->labels > GALLERY_LABELS_MAX || header->vectors > GALLERY_VECTORS_MAX ||
        header->zero != 0 || layout_of(header).hash + HASH_BYTES != size)
        return fail(
            E_CORRUPT, "gallery: %s: its header does not fit its size: cut short? enroll again",
            path);
    uint8_t hash[HASH_BYTES];
    checksum(bytes, size - HASH_BYTES, hash);
    if (memcmp(hash, bytes + size - HASH_BYTES, HASH_BYTES) != 0)
        return fail(E_CORRUPT, "gallery: %s: its checksum is wrong: enroll again", path);
    return OK;
}

static Status
read_ids(Gallery *gallery, const Header *header, const uint8_t *at, const char *path) {
    for (uint32_t i = 0; i < header->labels; i++, at += PRODUCT_ID_BYTES) {
        char id[PRODUCT_ID_BYTES];
        memcpy(id, at, sizeof id);
        if (id[0] == '\0' || memchr(id, '\0', sizeof id) == NULL)
            return fail(E_CORRUPT, "gallery: %s: id %u is no text", path, i);
        int32_t label = 0;
        TRY(gallery_label(gallery, id, &label));
        if (label != (int32_t)i) return fail(E_CORRUPT, "gallery: %s: %s is there twice", path, id);
    }
    return OK;
}

/* Whole chunks stay in the file; what is left over is copied, so that more can be added to it. */
static Status
read_vectors(Gallery *gallery, const Header *header, const Layout *at, const char *path) {
    const float *vector = (const float *)(const void *)(gallery->file + at->vectors);
    for (uint32_t i = 0; i < header->vectors; i++, vector += header->dims) {
        uint32_t label = 0;
        memcpy(&label, gallery->file + at->labels + (size_t)i * 4, sizeof label);
        if (label >= header->labels)
            return fail(E_CORRUPT, "gallery: %s: vector %u has no product", path, i);
        const bool stays = i / CHUNK < header->vectors / CHUNK;
        const Status status = stays ? gallery_add_mapped(gallery, (int32_t)label, vector)
                                    : gallery_add(gallery, (int32_t)label, vector);
        if (status == E_INVALID)
            return fail(E_CORRUPT, "gallery: %s: vector %u cannot be used", path, i);
        TRY(status);
    }
    return OK;
}

Status gallery_load(Gallery **out, uint8_t *model_sha256, const char *path) {
    const uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(file_map(path, FILE_BYTES_MAX, &bytes, &size));
    Header header = {0};
    Gallery *gallery = NULL;
    Status status = check(bytes, size, &header, path);
    if (status == OK) status = gallery_open(&gallery, (int)header.dims);
    if (status != OK) {
        file_unmap(bytes, size);
        return status;
    }
    gallery->file = bytes;
    gallery->file_size = size;
    const Layout at = layout_of(&header);
    status = read_ids(gallery, &header, bytes + at.ids, path);
    if (status == OK) status = read_vectors(gallery, &header, &at, path);
    if (status != OK) {
        gallery_close(gallery);
        return status;
    }
    memcpy(model_sha256, header.model, sizeof header.model);
    *out = gallery;
    return OK;
}
