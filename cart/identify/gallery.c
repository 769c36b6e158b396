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
    Gallery *g = calloc(1, sizeof *g);
    if (!g) return fail(E_NO_MEMORY, "gallery: out of memory");
    const GalleryKernel *kernels = NULL;
    (void)gallery_kernels(&kernels);
    g->dots_of = kernels[0].dots;
    g->dims = dims;
    g->padded = (dims + 63) / 64 * 64;
    *out = g;
    return OK;
}

void gallery_close(Gallery *g) {
    if (!g) return;
    free(g->ids);
    free(g->slots);
    free(g->counts);
    free(g->vectors);
    free(g->rows);
    free(g->sums);
    free(g->labels);
    free(g->dots);
    free(g->best);
    free(g->cosines);
    free(g);
}

int gallery_dims(const Gallery *g) { return g->dims; }
int gallery_labels(const Gallery *g) { return g->label_count; }
int gallery_vectors(const Gallery *g) { return g->count; }

const char *gallery_id(const Gallery *g, int32_t label) {
    assert(label >= 0 && label < g->label_count);
    return g->ids[label];
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
static int32_t *slot_of(const Gallery *g, const char *id) {
    for (uint32_t at = hash_of(id);; at++) {
        int32_t *slot = &g->slots[at & (uint32_t)(g->slot_count - 1)];
        if (*slot == 0 || strcmp(g->ids[*slot - 1], id) == 0) return slot;
    }
}

static Status grow_labels(Gallery *g) {
    if (g->label_count < g->label_room) return OK;
    if (g->label_count >= GALLERY_LABELS_MAX)
        return fail(E_NO_MEMORY, "gallery: more than %d products", GALLERY_LABELS_MAX);
    int room = g->label_room ? 2 * g->label_room : 64;
    int32_t *slots = calloc((size_t)room * 4, sizeof *slots);
    if (!slots || !grow(&g->ids, room, sizeof *g->ids) ||
        !grow(&g->counts, room, sizeof *g->counts) || !grow(&g->best, room, sizeof *g->best) ||
        !grow(&g->cosines, room, sizeof *g->cosines)) {
        free(slots);
        return fail(E_NO_MEMORY, "gallery: out of memory");
    }
    free(g->slots);
    g->slots = slots;
    g->slot_count = room * 4;
    g->label_room = room;
    for (int32_t i = 0; i < g->label_count; i++)
        *slot_of(g, g->ids[i]) = i + 1;
    return OK;
}

Status gallery_label(Gallery *g, const char *id, int32_t *out) {
    size_t length = strlen(id);
    if (length == 0 || length >= PRODUCT_ID_BYTES)
        return fail(
            E_INVALID, "gallery: an id has 1 to %d letters, not %zu", PRODUCT_ID_BYTES - 1, length);
    TRY(grow_labels(g));
    int32_t *slot = slot_of(g, id);
    if (*slot == 0) {
        memset(g->ids[g->label_count], 0, PRODUCT_ID_BYTES);
        memcpy(g->ids[g->label_count], id, length);
        g->counts[g->label_count] = 0;
        *slot = ++g->label_count;
    }
    *out = *slot - 1;
    return OK;
}

bool gallery_knows(const Gallery *g, const char *id) {
    if (g->label_count == 0) return false;
    int32_t label = *slot_of(g, id) - 1;
    return label >= 0 && g->counts[label] > 0;
}

static Status grow_vectors(Gallery *g) {
    if (g->count < g->room) return OK;
    if (g->count >= GALLERY_VECTORS_MAX)
        return fail(E_NO_MEMORY, "gallery: more than %d vectors", GALLERY_VECTORS_MAX);
    int room = g->room ? 2 * g->room : 256;
    if (!grow(&g->vectors, room, (size_t)g->dims * sizeof *g->vectors) ||
        !grow(&g->rows, room, (size_t)g->padded) || !grow(&g->sums, room, sizeof *g->sums) ||
        !grow(&g->labels, room, sizeof *g->labels) || !grow(&g->dots, room, sizeof *g->dots))
        return fail(E_NO_MEMORY, "gallery: out of memory");
    g->room = room;
    return OK;
}

static int32_t quantise(const Gallery *g, const float *vector, int8_t *row) {
    int32_t sum = 0;
    memset(row, 0, (size_t)g->padded);
    for (int i = 0; i < g->dims; i++) {
        float value = fmaxf(-ONE, fminf(ONE, roundf(vector[i] * ONE)));
        row[i] = (int8_t)value;
        sum += row[i];
    }
    return sum;
}

Status gallery_add(Gallery *g, int32_t label, const float *vector) {
    assert(label >= 0 && label < g->label_count);
    double square = 0;
    for (int i = 0; i < g->dims; i++)
        square += (double)vector[i] * (double)vector[i];
    if (!isfinite(square) || square < 1e-12)
        return fail(E_INVALID, "gallery: %s: a vector that points nowhere", g->ids[label]);
    TRY(grow_vectors(g));
    float *own = g->vectors + (size_t)g->count * (size_t)g->dims;
    double scale =
        fabs(square - 1) < 1e-5 ? 1 : 1 / sqrt(square); /* saved vectors keep their bits */
    for (int i = 0; i < g->dims; i++)
        own[i] = (float)((double)vector[i] * scale);
    g->sums[g->count] = quantise(g, own, g->rows + (size_t)g->count * (size_t)g->padded);
    g->labels[g->count++] = label;
    g->counts[label]++;
    return OK;
}

/* -- searching ----------------------------------------------------------------------------- */

/* The score of the GALLERY_EXACT-th best label: a small sorted list of the best seen. */
static int32_t cut_off(const Gallery *g) {
    int32_t top[GALLERY_EXACT];
    int held = 0;
    for (int i = 0; i < g->label_count; i++) {
        int32_t score = g->best[i];
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

const float *gallery_cosines(Gallery *g, const float *query) {
    int8_t row[GALLERY_DIMS_MAX];
    (void)quantise(g, query, row);
    g->dots_of(row, g->rows, g->sums, g->count, g->padded, g->dots);

    for (int i = 0; i < g->label_count; i++)
        g->best[i] = NEVER;
    for (int i = 0; i < g->count; i++) {
        int32_t *best = &g->best[g->labels[i]];
        if (g->dots[i] > *best) *best = g->dots[i];
    }
    int32_t worst = cut_off(g);
    for (int i = 0; i < g->label_count; i++) {
        bool exact = g->best[i] >= worst && g->best[i] != NEVER;
        g->cosines[i] = exact || g->best[i] == NEVER ? -1 : (float)g->best[i] / (ONE * ONE);
    }
    for (int i = 0; i < g->count; i++) {
        int32_t best = g->best[g->labels[i]];
        if (best < worst || g->dots[i] < best - MARGIN) continue;
        float exact = dot(query, g->vectors + (size_t)i * (size_t)g->dims, g->dims);
        if (exact > g->cosines[g->labels[i]]) g->cosines[g->labels[i]] = exact;
    }
    return g->cosines;
}

int gallery_search(Gallery *g, const float *query, int k, Match *out) {
    const float *cosines = gallery_cosines(g, query);
    int held = 0;
    for (int32_t i = 0; i < g->label_count && k > 0; i++) {
        if (g->best[i] == NEVER) continue;
        if (held == k && cosines[i] <= out[held - 1].cosine) continue;
        int at = held < k ? held++ : held - 1;
        for (; at > 0 && out[at - 1].cosine < cosines[i]; at--)
            out[at] = out[at - 1];
        out[at] = (Match){i, cosines[i]};
    }
    return held;
}
