#include "gallery.h"

#include "file.h"
#include "gallery_internal.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    HUGE_PAGE_BYTES = 2 << 20,
    SLOTS = 4 * GALLERY_LABELS_MAX, /* a power of two; memory that is not used is not there */
};

_Static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are found by masking");

Status gallery_open(Gallery **out, int dims) {
    if (dims < 1 || dims > GALLERY_DIMS_MAX)
        return fail(E_INVALID, "gallery: vectors of %d dimensions", dims);
    Gallery *gallery = calloc(1, sizeof *gallery);
    if (gallery) gallery->slots = calloc(SLOTS, sizeof *gallery->slots);
    if (!gallery || !gallery->slots) {
        free(gallery);
        return fail(E_NO_MEMORY, "gallery: out of memory");
    }
    const GalleryKernel *kernels = NULL;
    (void)gallery_kernels(&kernels);
    gallery->scan = kernels[0].scan;
    gallery->dims = dims;
    gallery->padded = (dims + STEP - 1) / STEP * STEP;
    *out = gallery;
    return OK;
}

/* -- memory ---------------------------------------------------------------------------------- */

/* Zeros that come into being as they are touched, so that no vector waits for a whole chunk. In
 * large pages, where the system has them, a search is up to twice as fast, but each is milliseconds
 * in coming: they are for what is loaded. NULL: there is no more. */
static void *map_pages(size_t size, bool large) {
    uint8_t *at = mmap(
        NULL, size + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return NULL;
    const size_t before = -(uintptr_t)at % HUGE_PAGE_BYTES;
    if (before > 0) munmap(at, before);
    if (before < HUGE_PAGE_BYTES) munmap(at + before + size, HUGE_PAGE_BYTES - before);
    if (large) (void)madvise(at + before, size, MADV_HUGEPAGE);
    return at + before;
}

static void unmap_pages(void *at, size_t size) {
    if (at) munmap(at, size);
}

static size_t rows_size(const Gallery *gallery) { return CHUNK * (size_t)gallery->padded; }
static size_t vectors_size(const Gallery *gallery) {
    return CHUNK * (size_t)gallery->dims * sizeof(float);
}

static void free_chunk(const Gallery *gallery, Chunk *chunk) {
    if (!chunk) return;
    unmap_pages(chunk->own, vectors_size(gallery));
    unmap_pages(chunk->rows, rows_size(gallery));
    free(chunk);
}

void gallery_close(Gallery *gallery) {
    if (!gallery) return;
    free(gallery->ids);
    free(gallery->slots);
    free(gallery->counts);
    for (int i = 0; i < gallery->chunk_count; i++)
        free_chunk(gallery, gallery->chunks[i]);
    file_unmap(gallery->file, gallery->file_size);
    free(gallery->best);
    free(gallery->cosines);
    free(gallery->peaks);
    free(gallery);
}

int gallery_dims(const Gallery *gallery) { return gallery->dims; }
int gallery_labels(const Gallery *gallery) { return gallery->label_count; }
int gallery_vectors(const Gallery *gallery) { return gallery->count; }

const char *gallery_id(const Gallery *gallery, int32_t label) {
    assert(label >= 0 && label < gallery->label_count);
    return gallery->ids[label];
}

/* -- labels -------------------------------------------------------------------------------- */

/* `array` is the address of a pointer of any type. */
static bool grow(void *array, int room, size_t each) {
    void *at;
    memcpy(&at, array, sizeof at);
    at = realloc(at, (size_t)room * each);
    if (at) memcpy(array, &at, sizeof at);
    return at != NULL;
}

/* The same for scratch: what it held is of no use. */
static bool renew(float **scratch, int room) {
    free(*scratch);
    *scratch = malloc((size_t)room * GALLERY_QUERIES * sizeof **scratch);
    return *scratch != NULL;
}

static uint32_t hash_of(const char *id) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *id; id++)
        hash = (hash ^ (uint8_t)*id) * 16777619u;
    return hash;
}

/* The slot that holds the id, or the free one where it belongs. */
static int32_t *slot_of(const Gallery *gallery, const char *id) {
    for (uint32_t at = hash_of(id);; at++) {
        int32_t *slot = &gallery->slots[at & (SLOTS - 1)];
        if (*slot == 0 || strcmp(gallery->ids[*slot - 1], id) == 0) return slot;
    }
}

static Status grow_labels(Gallery *gallery) {
    if (gallery->label_count < gallery->label_room) return OK;
    if (gallery->label_count >= GALLERY_LABELS_MAX)
        return fail(E_NO_MEMORY, "gallery: more than %d products", GALLERY_LABELS_MAX);
    const int room = gallery->label_room ? 2 * gallery->label_room : 64;
    if (!grow(&gallery->ids, room, sizeof *gallery->ids) ||
        !grow(&gallery->counts, room, sizeof *gallery->counts) || !renew(&gallery->best, room) ||
        !renew(&gallery->cosines, room))
        return fail(E_NO_MEMORY, "gallery: out of memory");
    gallery->label_room = room;
    return OK;
}

Status gallery_label(Gallery *gallery, const char *id, int32_t *out) {
    size_t length = strlen(id);
    if (length == 0 || length >= PRODUCT_ID_BYTES)
        return fail(
            E_INVALID, "gallery: an id has 1 to %d letters, not %zu", PRODUCT_ID_BYTES - 1, length);
    TRY(grow_labels(gallery));
    int32_t *slot = slot_of(gallery, id);
    if (*slot == 0) {
        memset(gallery->ids[gallery->label_count], 0, PRODUCT_ID_BYTES);
        memcpy(gallery->ids[gallery->label_count], id, length);
        gallery->counts[gallery->label_count] = 0;
        *slot = ++gallery->label_count;
    }
    *out = *slot - 1;
    return OK;
}

bool gallery_knows(const Gallery *gallery, const char *id) {
    if (gallery->label_count == 0) return false;
    int32_t label = *slot_of(gallery, id) - 1;
    return label >= 0 && gallery->counts[label] > 0;
}

/* -- vectors ------------------------------------------------------------------------------- */

/* The chunk that the next vector belongs into; its vectors are its own or lie at `mapped`. */
static Status start_chunk(Gallery *gallery, const float *mapped) {
    if (gallery->count < gallery->chunk_count * CHUNK) return OK;
    if (gallery->count >= GALLERY_VECTORS_MAX)
        return fail(E_NO_MEMORY, "gallery: more than %d vectors", GALLERY_VECTORS_MAX);
    const int chunks = gallery->chunk_count + 1;
    if (!renew(&gallery->peaks, chunks * (CHUNK / BLOCK)))
        return fail(E_NO_MEMORY, "gallery: out of memory");
    Chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk) chunk->rows = map_pages(rows_size(gallery), mapped != NULL);
    if (chunk && !mapped) chunk->own = map_pages(vectors_size(gallery), false);
    if (!chunk || !chunk->rows || (!mapped && !chunk->own)) {
        free_chunk(gallery, chunk);
        return fail(E_NO_MEMORY, "gallery: out of memory");
    }
    chunk->vectors = mapped ? mapped : chunk->own;
    gallery->chunks[gallery->chunk_count++] = chunk;
    return OK;
}

Rounded gallery_round(const float *vector, int dims, int8_t *row) {
    float largest = 0;
    for (int i = 0; i < dims; i++) {
        const float size = fabsf(vector[i]);
        largest = size > largest ? size : largest;
    }
    const float scale = largest > 0 ? largest / INT8_ONE : 1;
    double lost = 0;
    for (int i = 0; i < dims; i++) {
        const int unit = (int)(vector[i] / scale + copysignf(0.5F, vector[i]));
        row[i] = (int8_t)unit;
        const double error = (double)vector[i] - (double)scale * unit;
        lost += error * error;
    }
    return (Rounded){scale, (float)sqrt(lost)};
}

/* The chunk's next vector is in its place: make its row. */
static void take(Gallery *gallery, int32_t label, const float *vector) {
    int8_t row[GALLERY_DIMS_MAX] = {0};
    const Rounded rounded = gallery_round(vector, gallery->dims, row);
    Chunk *chunk = gallery->chunks[gallery->count / CHUNK];
    const int at = gallery->count % CHUNK;
    int8_t *block = chunk->rows + (size_t)(at / BLOCK) * BLOCK * (size_t)gallery->padded;
    for (int i = 0; i < gallery->padded; i += 4)
        memcpy(block + (ptrdiff_t)i * BLOCK + (ptrdiff_t)(at % BLOCK) * 4, row + i, 4);
    chunk->scales[at] = rounded.scale;
    chunk->labels[at] = label;
    gallery->error_max = fmaxf(gallery->error_max, rounded.error);
    gallery->counts[label]++;
    gallery->count++;
}

static double square_of(const float *vector, int dims) {
    double square = 0;
    for (int i = 0; i < dims; i++)
        square += (double)vector[i] * (double)vector[i];
    return square;
}

static bool is_unit(double square) { return fabs(square - 1) < 1e-5; }

Status gallery_add(Gallery *gallery, int32_t label, const float *vector) {
    assert(label >= 0 && label < gallery->label_count);
    const double square = square_of(vector, gallery->dims);
    if (!isfinite(square) || square < 1e-12)
        return fail(E_INVALID, "gallery: %s: a vector that points nowhere", gallery->ids[label]);
    TRY(start_chunk(gallery, NULL));
    const Chunk *chunk = gallery->chunks[gallery->count / CHUNK];
    float *own = chunk->own + (size_t)(gallery->count % CHUNK) * (size_t)gallery->dims;
    const double scale = is_unit(square) ? 1 : 1 / sqrt(square); /* saved vectors keep their bits */
    for (int i = 0; i < gallery->dims; i++)
        own[i] = (float)((double)vector[i] * scale);
    take(gallery, label, own);
    return OK;
}

Status gallery_add_mapped(Gallery *gallery, int32_t label, const float *vector) {
    assert(label >= 0 && label < gallery->label_count);
    if (!is_unit(square_of(vector, gallery->dims)))
        return fail(E_INVALID, "gallery: %s: a vector not of length one", gallery->ids[label]);
    TRY(start_chunk(gallery, vector));
    assert(vector == gallery_vector(gallery, gallery->count));
    take(gallery, label, vector);
    return OK;
}
