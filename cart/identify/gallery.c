#include "gallery.h"

#include "gallery_internal.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    ONE = 127, /* an int8 component of 1.0 */
    NEVER = INT32_MIN,
    MARGIN = ONE * ONE / 50, /* cosine 0.02: ten times what rounding to int8 does to a dot */
};

Status gallery_open(Gallery **out, int dims) {
    if (dims < 1 || dims > GALLERY_DIMS_MAX)
        return fail(E_INVALID, "gallery: vectors of %d dimensions", dims);
    Gallery *gallery = calloc(1, sizeof *gallery);
    if (!gallery) return fail(E_NO_MEMORY, "gallery: out of memory");
    const GalleryKernel *kernels = NULL;
    (void)gallery_kernels(&kernels);
    gallery->dots_of = kernels[0].dots;
    gallery->dims = dims;
    gallery->padded = (dims + 63) / 64 * 64;
    *out = gallery;
    return OK;
}

void gallery_close(Gallery *gallery) {
    if (!gallery) return;
    free(gallery->ids);
    free(gallery->slots);
    free(gallery->counts);
    free(gallery->vectors);
    free(gallery->rows);
    free(gallery->sums);
    free(gallery->labels);
    free(gallery->dots);
    free(gallery->best);
    free(gallery->cosines);
    free(gallery);
}

int gallery_dims(const Gallery *gallery) { return gallery->dims; }
int gallery_labels(const Gallery *gallery) { return gallery->label_count; }
int gallery_vectors(const Gallery *gallery) { return gallery->count; }

const char *gallery_id(const Gallery *gallery, int32_t label) {
    assert(label >= 0 && label < gallery->label_count);
    return gallery->ids[label];
}

/* -- growing ------------------------------------------------------------------------------- */

/* `array` is the address of a pointer of any type. */
static bool grow(void *array, int room, size_t each) {
    void *at;
    memcpy(&at, array, sizeof at);
    at = realloc(at, (size_t)room * each);
    if (at) memcpy(array, &at, sizeof at);
    return at != NULL;
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
        int32_t *slot = &gallery->slots[at & (uint32_t)(gallery->slot_count - 1)];
        if (*slot == 0 || strcmp(gallery->ids[*slot - 1], id) == 0) return slot;
    }
}

static Status grow_labels(Gallery *gallery) {
    if (gallery->label_count < gallery->label_room) return OK;
    if (gallery->label_count >= GALLERY_LABELS_MAX)
        return fail(E_NO_MEMORY, "gallery: more than %d products", GALLERY_LABELS_MAX);
    int room = gallery->label_room ? 2 * gallery->label_room : 64;
    int32_t *slots = calloc((size_t)room * 4, sizeof *slots);
    if (!slots || !grow(&gallery->ids, room, sizeof *gallery->ids) ||
        !grow(&gallery->counts, room, sizeof *gallery->counts) ||
        !grow(&gallery->best, room, sizeof *gallery->best) ||
        !grow(&gallery->cosines, room, sizeof *gallery->cosines)) {
        free(slots);
        return fail(E_NO_MEMORY, "gallery: out of memory");
    }
    free(gallery->slots);
    gallery->slots = slots;
    gallery->slot_count = room * 4;
    gallery->label_room = room;
    for (int32_t i = 0; i < gallery->label_count; i++)
        *slot_of(gallery, gallery->ids[i]) = i + 1;
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

static Status grow_vectors(Gallery *gallery) {
    if (gallery->count < gallery->room) return OK;
    if (gallery->count >= GALLERY_VECTORS_MAX)
        return fail(E_NO_MEMORY, "gallery: more than %d vectors", GALLERY_VECTORS_MAX);
    int room = gallery->room ? 2 * gallery->room : 256;
    if (!grow(&gallery->vectors, room, (size_t)gallery->dims * sizeof *gallery->vectors) ||
        !grow(&gallery->rows, room, (size_t)gallery->padded) ||
        !grow(&gallery->sums, room, sizeof *gallery->sums) ||
        !grow(&gallery->labels, room, sizeof *gallery->labels) ||
        !grow(&gallery->dots, room, sizeof *gallery->dots))
        return fail(E_NO_MEMORY, "gallery: out of memory");
    gallery->room = room;
    return OK;
}

static int32_t quantise(const Gallery *gallery, const float *vector, int8_t *row) {
    int32_t sum = 0;
    memset(row, 0, (size_t)gallery->padded);
    for (int i = 0; i < gallery->dims; i++) {
        float value = fmaxf(-ONE, fminf(ONE, roundf(vector[i] * ONE)));
        row[i] = (int8_t)value;
        sum += row[i];
    }
    return sum;
}

Status gallery_add(Gallery *gallery, int32_t label, const float *vector) {
    assert(label >= 0 && label < gallery->label_count);
    double square = 0;
    for (int i = 0; i < gallery->dims; i++)
        square += (double)vector[i] * (double)vector[i];
    if (!isfinite(square) || square < 1e-12)
        return fail(E_INVALID, "gallery: %s: a vector that points nowhere", gallery->ids[label]);
    TRY(grow_vectors(gallery));
    float *own = gallery->vectors + (size_t)gallery->count * (size_t)gallery->dims;
    double scale =
        fabs(square - 1) < 1e-5 ? 1 : 1 / sqrt(square); /* saved vectors keep their bits */
    for (int i = 0; i < gallery->dims; i++)
        own[i] = (float)((double)vector[i] * scale);
    gallery->sums[gallery->count] =
        quantise(gallery, own, gallery->rows + (size_t)gallery->count * (size_t)gallery->padded);
    gallery->labels[gallery->count++] = label;
    gallery->counts[label]++;
    return OK;
}

/* -- searching ----------------------------------------------------------------------------- */

/* The score of the GALLERY_EXACT-th best label: a small sorted list of the best seen. */
static int32_t cut_off(const Gallery *gallery) {
    int32_t top[GALLERY_EXACT];
    int held = 0;
    for (int i = 0; i < gallery->label_count; i++) {
        int32_t score = gallery->best[i];
        if (held == GALLERY_EXACT && score <= top[held - 1]) continue;
        int at = held < GALLERY_EXACT ? held++ : held - 1;
        for (; at > 0 && top[at - 1] < score; at--)
            top[at] = top[at - 1];
        top[at] = score;
    }
    return held == GALLERY_EXACT ? top[held - 1] : NEVER;
}

static float dot(const float *a, const float *b, int dims) {
    float sum = 0;
    for (int i = 0; i < dims; i++)
        sum += a[i] * b[i];
    return sum;
}

const float *gallery_cosines(Gallery *gallery, const float *query) {
    int8_t row[GALLERY_DIMS_MAX];
    (void)quantise(gallery, query, row);
    gallery->dots_of(
        row, gallery->rows, gallery->sums, gallery->count, gallery->padded, gallery->dots);

    for (int i = 0; i < gallery->label_count; i++)
        gallery->best[i] = NEVER;
    for (int i = 0; i < gallery->count; i++) {
        int32_t *best = &gallery->best[gallery->labels[i]];
        if (gallery->dots[i] > *best) *best = gallery->dots[i];
    }
    int32_t worst = cut_off(gallery);
    for (int i = 0; i < gallery->label_count; i++) {
        bool exact = gallery->best[i] >= worst && gallery->best[i] != NEVER;
        gallery->cosines[i] =
            exact || gallery->best[i] == NEVER ? -1 : (float)gallery->best[i] / (ONE * ONE);
    }
    for (int i = 0; i < gallery->count; i++) {
        int32_t best = gallery->best[gallery->labels[i]];
        if (best < worst || gallery->dots[i] < best - MARGIN) continue;
        float exact =
            dot(query, gallery->vectors + (size_t)i * (size_t)gallery->dims, gallery->dims);
        if (exact > gallery->cosines[gallery->labels[i]])
            gallery->cosines[gallery->labels[i]] = exact;
    }
    return gallery->cosines;
}

int gallery_search(Gallery *gallery, const float *query, int k, Match *out) {
    const float *cosines = gallery_cosines(gallery, query);
    int held = 0;
    for (int32_t i = 0; i < gallery->label_count && k > 0; i++) {
        if (gallery->best[i] == NEVER) continue;
        if (held == k && cosines[i] <= out[held - 1].cosine) continue;
        int at = held < k ? held++ : held - 1;
        for (; at > 0 && out[at - 1].cosine < cosines[i]; at--)
            out[at] = out[at - 1];
        out[at] = (Match){i, cosines[i]};
    }
    return held;
}
