#include "file.h"
#include "gallery.h"
#include "gallery_internal.h"
#include "looks.h"
#include "test.h"

#include <math.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t bits = 7;

static float random_unit(void) { /* -1..1 */
    bits = bits * 1664525u + 1013904223u;
    return (float)(bits >> 8) / (float)(1 << 23) - 1;
}

static void random_vector(float *out, int dims) {
    float square = 0;
    for (int i = 0; i < dims; i++) {
        out[i] = random_unit() + random_unit() + random_unit();
        square += out[i] * out[i];
    }
    for (int i = 0; i < dims; i++)
        out[i] /= sqrtf(square);
}

static Gallery *filled(int labels, int each, int dims) {
    Gallery *gallery = NULL;
    CHECK(gallery_open(&gallery, dims) == OK);
    float vector[GALLERY_DIMS_MAX];
    for (int i = 0; i < labels; i++) {
        char id[32];
        int32_t label = -1;
        snprintf(id, sizeof id, "product-%d", i);
        CHECK(gallery_label(gallery, id, &label) == OK && label == i);
        for (int j = 0; j < each; j++) {
            random_vector(vector, dims);
            CHECK(gallery_add(gallery, label, vector) == OK);
        }
    }
    return gallery;
}

static bool same_bits(const float *a, const float *b, size_t count) {
    const uint8_t *bits_of_a = (const uint8_t *)a, *bits_of_b = (const uint8_t *)b;
    return memcmp(bits_of_a, bits_of_b, count * sizeof *a) == 0;
}

static void labels_are_found_again_by_their_id(void) {
    Gallery *gallery = filled(5000, 0, 8);
    int32_t label = -1;
    CHECK(gallery_label(gallery, "product-4711", &label) == OK && label == 4711);
    CHECK(gallery_labels(gallery) == 5000);
    CHECK(strcmp(gallery_id(gallery, 4711), "product-4711") == 0);
    CHECK(gallery_label(gallery, "", &label) == E_INVALID);
    char longest[PRODUCT_ID_BYTES + 1];
    memset(longest, 'x', sizeof longest);
    longest[PRODUCT_ID_BYTES] = '\0';
    CHECK(gallery_label(gallery, longest, &label) == E_INVALID);
    longest[PRODUCT_ID_BYTES - 1] = '\0';
    CHECK(gallery_label(gallery, longest, &label) == OK);
    gallery_close(gallery);
}

static void vectors_that_point_nowhere_are_refused(void) {
    Gallery *gallery = filled(1, 0, 4);
    CHECK(gallery_add(gallery, 0, (float[]){0, 0, 0, 0}) == E_INVALID);
    CHECK(gallery_add(gallery, 0, (float[]){1, NAN, 0, 0}) == E_INVALID);
    CHECK(gallery_add(gallery, 0, (float[]){1, INFINITY, 0, 0}) == E_INVALID);
    CHECK(gallery_vectors(gallery) == 0);
    CHECK(gallery_add(gallery, 0, (float[]){3, 4, 0, 0}) == OK); /* made length one */
    Match match;
    CHECK(gallery_search(gallery, (float[]){0.6f, 0.8f, 0, 0}, 1, &match) == 1);
    CHECK(fabsf(match.cosine - 1) < 1e-6f);
    gallery_close(gallery);
}

/* -- searching --------------------------------------------------------------------------------- */

/* What a search must say, from every vector in turn. */
static void ask_everyone(const Gallery *gallery, const float *query, float *best) {
    for (int i = 0; i < gallery->label_count; i++)
        best[i] = -1;
    for (int i = 0; i < gallery->count; i++) {
        double sum = 0;
        for (int j = 0; j < gallery->dims; j++)
            sum += (double)query[j] * (double)gallery_vector(gallery, i)[j];
        float *own = &best[gallery->chunks[i / CHUNK]->labels[i % CHUNK]];
        *own = fmaxf(*own, (float)sum);
    }
}

/* The k nearest are the k nearest, in order, to the last bits of a sum; the rest are near. */
static void check_answers(const float *best, int labels, const Match *found, int k) {
    for (int i = 0; i < k; i++) {
        int better = 0, as_good = 0;
        for (int j = 0; j < labels; j++) {
            better += best[j] > found[i].cosine + 1e-6f;
            as_good += best[j] > found[i].cosine - 1e-6f;
        }
        CHECK(better <= i && as_good > i);
        CHECK(fabsf(best[found[i].label] - found[i].cosine) < 1e-6f);
    }
}

/* Looks of products: a direction each, and vectors around it. */
static Gallery *crowded(int labels, int each, int dims, float spread) {
    Gallery *gallery = filled(labels, 0, dims);
    float centre[GALLERY_DIMS_MAX], vector[GALLERY_DIMS_MAX];
    for (int i = 0; i < labels; i++) {
        random_vector(centre, dims);
        for (int j = 0; j < each; j++) {
            random_vector(vector, dims);
            for (int k = 0; k < dims; k++)
                vector[k] = centre[k] + spread * vector[k];
            CHECK(gallery_add(gallery, i, vector) == OK);
        }
    }
    return gallery;
}

static void check_searches(Gallery *gallery, int rounds) {
    static float query[GALLERY_DIMS_MAX], best[GALLERY_LABELS_MAX];
    const int labels = gallery_labels(gallery), dims = gallery_dims(gallery);
    const int k = labels < GALLERY_EXACT ? labels : GALLERY_EXACT;
    for (int round = 0; round < rounds; round++) {
        if (round % 2)
            random_vector(query, dims);
        else
            memcpy(query, gallery_vector(gallery, round * 37), (size_t)dims * sizeof *query);
        ask_everyone(gallery, query, best);
        Match found[GALLERY_EXACT];
        CHECK(gallery_search(gallery, query, k, found) == k);
        check_answers(best, labels, found, k);
        const float *cosines = gallery_cosines(gallery, query, 1);
        for (int i = 0; i < labels; i++)
            CHECK(fabsf(cosines[i] - best[i]) < 0.03f);
    }
}

static void a_search_agrees_with_brute_force(void) {
    const int dims[] = {12, 128, 256, 500};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        Gallery *gallery = filled(300, 7, dims[i]);
        check_searches(gallery, 20);
        gallery_close(gallery);
    }
}

static void look_alikes_are_told_apart_as_well_as_in_float(void) {
    const float spreads[] = {1e-4f, 0.01f, 0.3f}; /* within int8's own step, about it, above it */
    for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++) {
        Gallery *gallery = crowded(200, 12, 128, spreads[i]);
        check_searches(gallery, 10);
        gallery_close(gallery);
    }
}

/* One large component leaves the others few steps: more is scored in float, nothing is missed. */
static void vectors_that_int8_cannot_hold_are_found_all_the_same(void) {
    enum { LABELS = 150, DIMS = 64 };
    Gallery *gallery = filled(LABELS, 0, DIMS);
    float vector[DIMS], best[LABELS];
    for (int i = 0; i < LABELS; i++) {
        random_vector(vector, DIMS);
        for (int j = 1; j < DIMS; j++)
            vector[j] *= 0.02f;
        vector[0] = 1;
        CHECK(gallery_add(gallery, i, vector) == OK);
    }
    for (int i = 0; i < LABELS; i++) {
        const float *query = gallery_vector(gallery, i);
        ask_everyone(gallery, query, best);
        Match found[3];
        CHECK(gallery_search(gallery, query, 3, found) == 3);
        check_answers(best, LABELS, found, 3);
    }
    gallery_close(gallery);
}

static void queries_asked_together_are_answered_as_if_alone(void) {
    enum { LABELS = 700, DIMS = 96 };
    Gallery *gallery = filled(LABELS, 3, DIMS);
    static float queries[GALLERY_QUERIES * DIMS], alone[GALLERY_QUERIES * LABELS];
    for (int i = 0; i < GALLERY_QUERIES; i++)
        random_vector(queries + (ptrdiff_t)i * DIMS, DIMS);
    for (int i = 0; i < GALLERY_QUERIES; i++)
        memcpy(
            alone + (ptrdiff_t)i * LABELS,
            gallery_cosines(gallery, queries + (ptrdiff_t)i * DIMS, 1), LABELS * sizeof *alone);
    for (int count = 1; count <= GALLERY_QUERIES; count++) {
        const float *together = gallery_cosines(gallery, queries, count);
        CHECK(memcmp(together, alone, (size_t)count * LABELS * sizeof *alone) == 0);
    }
    gallery_close(gallery);
}

static int8_t random_int8(bool extreme, bool negative) {
    const int value = extreme ? (negative ? -127 : 127) : (int)(127 * random_unit());
    return (int8_t)value;
}

static void every_kernel_gives_the_same_bits(void) {
    enum { BLOCKS = 5, DIMS = GALLERY_DIMS_MAX, SCORES = GALLERY_QUERIES * BLOCKS * BLOCK };
    static int8_t rows[BLOCKS * BLOCK * DIMS], queries[GALLERY_QUERIES * DIMS];
    static float row_scales[BLOCKS * BLOCK], query_scales[GALLERY_QUERIES];
    static float plain[SCORES], scores[SCORES], peaks[SCORES], plain_peaks[SCORES];
    const GalleryKernel *kernels = NULL;
    const int count = gallery_kernels(&kernels);
    for (int i = 0; i < BLOCKS * BLOCK; i++)
        row_scales[i] = 0.001f * (2 + random_unit());
    for (int i = 0; i < GALLERY_QUERIES; i++)
        query_scales[i] = 0.001f * (2 + random_unit());
    for (int dims = STEP; dims <= DIMS; dims += dims < 80 ? STEP : 72) {
        for (size_t i = 0; i < sizeof rows; i++)
            rows[i] = random_int8(i < 4096, i / 64 % 2);
        for (size_t i = 0; i < sizeof queries; i++)
            queries[i] = random_int8(i < 300, true);
        for (int asked = 1; asked <= GALLERY_QUERIES; asked += 3) {
            Scan scan = {queries,    query_scales, asked, dims,       rows,
                         row_scales, BLOCKS,       plain, plain_peaks};
            gallery_scan_plain(&scan);
            const size_t size = (size_t)asked * BLOCKS * sizeof *scores;
            for (int k = 0; k < count; k++) {
                memset(scores, 0, sizeof scores);
                memset(peaks, 0, sizeof peaks);
                scan.scores = scores;
                scan.peaks = peaks;
                kernels[k].scan(&scan);
                CHECK(memcmp((const char *)scores, plain, size * BLOCK) == 0);
                CHECK(memcmp((const char *)peaks, plain_peaks, size) == 0);
            }
        }
    }
    CHECK(strcmp(kernels[count - 1].name, "plain") == 0);
    for (int k = 0; k < count; k++)
        printf("# kernel %s\n", kernels[k].name);
}

/* What the sums of the plain kernel are worth is checked against nothing but arithmetic. */
static void the_plain_kernel_multiplies_and_adds(void) {
    enum { DIMS = 16 };
    int8_t rows[BLOCK * DIMS], query[DIMS];
    float row_scales[BLOCK], scores[BLOCK], peak = 0;
    const float query_scale = 0.5f;
    int32_t best = INT32_MIN;
    for (int i = 0; i < DIMS; i++)
        query[i] = (int8_t)(i * 7 - 50);
    for (int r = 0; r < BLOCK; r++)
        row_scales[r] = 2;
    for (int r = 0; r < BLOCK; r++)
        for (int i = 0; i < DIMS; i++)
            rows[i / 4 * 64 + r * 4 + i % 4] = (int8_t)(r * 5 - i * 3);
    gallery_scan_plain(&(Scan){query, &query_scale, 1, DIMS, rows, row_scales, 1, scores, &peak});
    for (int r = 0; r < BLOCK; r++) {
        int32_t sum = 0;
        for (int i = 0; i < DIMS; i++)
            sum += (i * 7 - 50) * (r * 5 - i * 3);
        CHECK((int32_t)scores[r] == sum);
        best = sum > best ? sum : best;
    }
    CHECK((int32_t)peak == best);
}

static void a_search_gives_the_same_bits_with_every_kernel(void) {
    enum { LABELS = 400, DIMS = 100 };
    Gallery *gallery = filled(LABELS, 4, DIMS);
    const GalleryKernel *kernels = NULL;
    const int count = gallery_kernels(&kernels);
    float query[DIMS], first[LABELS];
    random_vector(query, DIMS);
    CHECK(gallery->scan == kernels[0].scan);
    memcpy(first, gallery_cosines(gallery, query, 1), sizeof first);
    for (int k = 1; k < count; k++) {
        gallery->scan = kernels[k].scan;
        CHECK(same_bits(gallery_cosines(gallery, query, 1), first, LABELS));
    }
    gallery_close(gallery);
}

static void an_empty_gallery_matches_nothing(void) {
    Gallery *gallery = filled(3, 0, 16);
    float query[16] = {1};
    Match found[4];
    CHECK(gallery_search(gallery, query, 4, found) == 0);
    CHECK(gallery_cosines(gallery, query, 1)[2] <= -1);
    gallery_close(gallery);
}

/* -- files --------------------------------------------------------------------------------- */

static void write_all(const char *path, const uint8_t *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size);
    if (file) fclose(file);
}

static void a_saved_gallery_comes_back_bit_by_bit(void) {
    char path[] = "/tmp/gallery_test_XXXXXX";
    close(mkstemp(path));
    uint8_t model[32] = {1, 2, 3}, loaded_model[32] = {0};
    Gallery *gallery = filled(20, 3, 100), *loaded = NULL;
    CHECK(gallery_save(gallery, model, path) == OK);
    CHECK(gallery_load(&loaded, loaded_model, path) == OK);
    CHECK(memcmp(model, loaded_model, 32) == 0);
    CHECK(gallery_labels(loaded) == 20 && gallery_vectors(loaded) == 60);
    CHECK(gallery_dims(loaded) == 100 && strcmp(gallery_id(loaded, 19), "product-19") == 0);
    const Chunk *now = loaded->chunks[0], *before = gallery->chunks[0];
    CHECK(same_bits(now->vectors, before->vectors, 60 * 100));
    CHECK(memcmp(now->rows, before->rows, 64 * 104) == 0);
    CHECK(same_bits(now->scales, before->scales, 60));
    gallery_close(gallery);
    gallery_close(loaded);
    unlink(path);
}

static void a_large_gallery_is_used_where_it_lies_in_its_file_and_grows(void) {
    enum { LABELS = 4200, EACH = 4, DIMS = 24 }; /* more than a chunk */
    char path[] = "/tmp/gallery_test_XXXXXX";
    close(mkstemp(path));
    uint8_t model[32] = {9};
    Gallery *gallery = filled(LABELS, EACH, DIMS), *loaded = NULL;
    CHECK(gallery_save(gallery, model, path) == OK);
    CHECK(gallery_load(&loaded, model, path) == OK);
    CHECK(loaded->chunk_count == 2 && !loaded->chunks[0]->own && loaded->chunks[1]->own);
    const uint8_t *at = (const uint8_t *)(const void *)loaded->chunks[0]->vectors;
    CHECK(at > loaded->file && at < loaded->file + loaded->file_size);
    check_searches(loaded, 4);

    float vector[DIMS];
    int32_t label = 0;
    random_vector(vector, DIMS);
    CHECK(gallery_label(loaded, "new", &label) == OK && gallery_add(loaded, label, vector) == OK);
    CHECK(gallery_save(loaded, model, path) == OK); /* over the file that is mapped */
    check_searches(loaded, 4);
    gallery_close(gallery);
    gallery_close(loaded);
    CHECK(gallery_load(&loaded, model, path) == OK);
    CHECK(gallery_vectors(loaded) == LABELS * EACH + 1);
    Match found;
    CHECK(gallery_search(loaded, vector, 1, &found) == 1 && found.label == label);
    gallery_close(loaded);
    unlink(path);
}

static void a_file_that_cannot_be_saved_leaves_the_old_one(void) {
    char folder[] = "/tmp/gallery_test_XXXXXX", path[64];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/none/gallery.cwg", folder);
    uint8_t model[32] = {0};
    Gallery *gallery = filled(2, 2, 8);
    CHECK(gallery_save(gallery, model, path) == E_IO);
    CHECK(strstr(fail_reason(), path) != NULL);
    gallery_close(gallery);
    rmdir(folder);
}

static void a_damaged_file_is_refused_by_name(void) {
    char path[] = "/tmp/gallery_test_XXXXXX";
    close(mkstemp(path));
    uint8_t model[32] = {0}, *bytes = NULL;
    size_t size = 0;
    Gallery *gallery = filled(4, 2, 16), *loaded = NULL;
    CHECK(gallery_save(gallery, model, path) == OK);
    CHECK(file_read(path, 1 << 20, &bytes, &size) == OK);
    for (size_t at = 0; at < size; at += 3) {
        bytes[at] ^= 1;
        write_all(path, bytes, size);
        CHECK(gallery_load(&loaded, model, path) == E_CORRUPT && !loaded);
        CHECK(strstr(fail_reason(), path) != NULL);
        bytes[at] ^= 1;
    }
    for (size_t cut = 0; cut < size; cut += 13) {
        write_all(path, bytes, cut);
        CHECK(gallery_load(&loaded, model, path) == E_CORRUPT && !loaded);
    }
    unlink(path);
    CHECK(gallery_load(&loaded, model, path) == E_NOT_FOUND);
    free(bytes);
    gallery_close(gallery);
}

/* A liar with a right checksum. */
static void a_hostile_file_with_a_right_checksum_is_refused(void) {
    char path[] = "/tmp/gallery_test_XXXXXX";
    close(mkstemp(path));
    uint8_t model[32] = {0}, *bytes = NULL;
    size_t size = 0;
    Gallery *gallery = filled(4, 2, 16), *loaded = NULL;
    CHECK(gallery_save(gallery, model, path) == OK);
    CHECK(file_read(path, 1 << 20, &bytes, &size) == OK);
    size_t ids = 64, labels = ids + 4 * 64, vectors = labels + 64;
    const struct {
        size_t at;
        uint32_t value;
    } lies[] = {
        {4, 0x31595241}, /* version 1 */
        {8, 0},
        {8, 513},
        {8, 0x40000010},
        {12, 0xffffffff},
        {16, 0xffffffff},
        {16, 0x20000008},
        {20, 1},
        {ids, 0},
        {ids + 64 + 8, 0x00000030},
        {labels, 4},
        {labels, 0x80000000},
        {vectors, 0x7fc00000},
        {vectors, 0x7f800000}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        uint32_t truth;
        memcpy(&truth, bytes + lies[i].at, 4);
        memcpy(bytes + lies[i].at, &lies[i].value, 4);
        crypto_generichash(bytes + size - 32, 32, bytes, size - 32, NULL, 0);
        write_all(path, bytes, size);
        CHECK(gallery_load(&loaded, model, path) == E_CORRUPT && !loaded);
        memcpy(bytes + lies[i].at, &truth, 4);
    }
    unlink(path);
    free(bytes);
    gallery_close(gallery);
}

/* -- looks --------------------------------------------------------------------------------- */

static View view_of(float *cosines, int count, double scale, double unknown) {
    View view = {.count = count};
    looks_softmax(scale, unknown, &view, cosines);
    return view;
}

static void one_view_is_a_softmax_with_unknown_in_it(void) {
    float cosines[3] = {0.9f, 0.5f, -INFINITY};
    View view = view_of(cosines, 3, 10, 0.6);
    double sum = exp(9) + exp(5) + exp(6);
    CHECK(fabs((double)view.log_p[0] - (9 - log(sum))) < 1e-5);
    CHECK(fabs((double)view.log_p[1] - (5 - log(sum))) < 1e-5);
    CHECK(fabs((double)view.unknown_log_p - (6 - log(sum))) < 1e-5);
    Looks looks = {0};
    looks_add(&looks, &view);
    CHECK(looks.views == 1 && looks.count == 2); /* what cannot be is not listed */
    CHECK(looks.at[0].sku == 0 && looks.at[1].sku == 1);
}

static void looks_are_the_mean_over_the_views(void) {
    float first[2] = {0.9f, 0.5f}, second[2] = {0.3f, 0.8f};
    View a = view_of(first, 2, 10, 0.6), b = view_of(second, 2, 10, 0.6);
    Looks looks = {0};
    looks_add(&looks, &a);
    looks_add(&looks, &b);
    CHECK(looks.views == 2 && looks.count == 2);
    for (int i = 0; i < 2; i++) {
        int sku = looks.at[i].sku;
        CHECK(fabsf(looks.at[i].log_p - (first[sku] + second[sku]) / 2) < 1e-5f);
    }
    CHECK(looks.at[0].log_p >= looks.at[1].log_p);
    CHECK(fabsf(looks.unknown_log_p - (a.unknown_log_p + b.unknown_log_p) / 2) < 1e-5f);
}

static void what_was_not_kept_counts_as_the_least_kept(void) {
    enum { SKUS = 40 };
    float first[SKUS], second[SKUS];
    for (int i = 0; i < SKUS; i++) {
        first[i] = 0.5f - 0.01f * (float)i;
        second[i] = 0.2f;
    }
    second[39] = 0.9f;
    View a = view_of(first, SKUS, 20, 0.1), b = view_of(second, SKUS, 20, 0.1);
    Looks looks = {0};
    looks_add(&looks, &a);
    CHECK(looks.count == LOOK_SKUS_MAX && looks.at[LOOK_SKUS_MAX - 1].sku == 15);
    looks_add(&looks, &b);
    CHECK(looks.count == LOOK_SKUS_MAX && looks.at[0].sku == 39);
    CHECK(fabsf(looks.at[0].log_p - (first[15] + second[39]) / 2) < 1e-5f);
    for (int i = 1; i < looks.count; i++)
        CHECK(looks.at[i - 1].log_p >= looks.at[i].log_p);
}

int main(void) {
    RUN(labels_are_found_again_by_their_id);
    RUN(vectors_that_point_nowhere_are_refused);
    RUN(a_search_agrees_with_brute_force);
    RUN(look_alikes_are_told_apart_as_well_as_in_float);
    RUN(vectors_that_int8_cannot_hold_are_found_all_the_same);
    RUN(queries_asked_together_are_answered_as_if_alone);
    RUN(the_plain_kernel_multiplies_and_adds);
    RUN(every_kernel_gives_the_same_bits);
    RUN(a_search_gives_the_same_bits_with_every_kernel);
    RUN(an_empty_gallery_matches_nothing);
    RUN(a_saved_gallery_comes_back_bit_by_bit);
    RUN(a_large_gallery_is_used_where_it_lies_in_its_file_and_grows);
    RUN(a_file_that_cannot_be_saved_leaves_the_old_one);
    RUN(a_damaged_file_is_refused_by_name);
    RUN(a_hostile_file_with_a_right_checksum_is_refused);
    RUN(one_view_is_a_softmax_with_unknown_in_it);
    RUN(looks_are_the_mean_over_the_views);
    RUN(what_was_not_kept_counts_as_the_least_kept);
    return DONE();
}
