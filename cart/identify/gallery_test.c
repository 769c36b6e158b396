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

static const float *vector_at(const Gallery *gallery, int i) {
    return gallery->vectors + (size_t)i * (size_t)gallery->dims;
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

static void a_search_agrees_with_brute_force(void) {
    const int dims[] = {12, 128, 500};
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
        enum { LABELS = 300, EACH = 7 };
        Gallery *gallery = filled(LABELS, EACH, dims[d]);
        for (int round = 0; round < 20; round++) {
            float query[GALLERY_DIMS_MAX], best[LABELS];
            random_vector(query, dims[d]);
            for (int i = 0; i < LABELS; i++) {
                best[i] = -1;
                for (int j = 0; j < EACH; j++) {
                    float sum = 0;
                    for (int k = 0; k < dims[d]; k++)
                        sum += query[k] * vector_at(gallery, i * EACH + j)[k];
                    best[i] = fmaxf(best[i], sum);
                }
            }
            Match found[5];
            CHECK(gallery_search(gallery, query, 5, found) == 5);
            for (int k = 0; k < 5; k++) {
                int better = 0, as_good = 0; /* to the last bits of a sum */
                for (int i = 0; i < LABELS; i++) {
                    better += best[i] > found[k].cosine + 1e-6f;
                    as_good += best[i] > found[k].cosine - 1e-6f;
                }
                CHECK(better <= k && as_good > k);
                CHECK(fabsf(best[found[k].label] - found[k].cosine) < 1e-5f);
            }
            const float *cosines = gallery_cosines(gallery, query);
            for (int i = 0; i < LABELS; i++)
                CHECK(fabsf(cosines[i] - best[i]) < 0.02f);
        }
        gallery_close(gallery);
    }
}

static void every_kernel_gives_the_same_integers(void) {
    enum { ROWS = 37 };
    static int8_t rows[ROWS * 512], query[512];
    const GalleryKernel *kernels = NULL;
    int count = gallery_kernels(&kernels);
    for (int dims = 64; dims <= 512; dims += 64) {
        int32_t sums[ROWS], plain[ROWS], dots[ROWS];
        for (int i = 0; i < ROWS; i++) {
            sums[i] = 0;
            for (int j = 0; j < dims; j++) {
                int extreme = i < 2 ? 127 - 254 * i : (int)(127 * random_unit());
                rows[i * dims + j] = (int8_t)extreme;
                sums[i] += extreme;
            }
        }
        for (int j = 0; j < dims; j++)
            query[j] = (int8_t)(dims == 64 ? -127 : 127 * random_unit());
        kernels[count - 1].dots(query, rows, sums, ROWS, dims, plain);
        for (int k = 0; k < count - 1; k++) {
            memset(dots, 0, sizeof dots);
            kernels[k].dots(query, rows, sums, ROWS, dims, dots);
            CHECK(memcmp(dots, plain, sizeof dots) == 0);
        }
    }
    for (int k = 0; k < count; k++)
        printf("# kernel %s\n", kernels[k].name);
}

static void an_empty_gallery_matches_nothing(void) {
    Gallery *gallery = filled(3, 0, 16);
    float query[16] = {1};
    Match found[4];
    CHECK(gallery_search(gallery, query, 4, found) == 0);
    CHECK(gallery_cosines(gallery, query)[2] <= -1);
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
    CHECK(memcmp((char *)loaded->vectors, (char *)gallery->vectors, 60 * 100 * sizeof(float)) == 0);
    CHECK(memcmp(loaded->rows, gallery->rows, 60 * 128) == 0);
    gallery_close(gallery);
    gallery_close(loaded);
    unlink(path);
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
    size_t ids = 56, labels = ids + 4 * 64, vectors = labels + 8 * 4;
    const struct {
        size_t at;
        uint32_t value;
    } lies[] = {
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
        crypto_hash_sha256(bytes + size - 32, bytes, size - 32);
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
    RUN(every_kernel_gives_the_same_integers);
    RUN(an_empty_gallery_matches_nothing);
    RUN(a_saved_gallery_comes_back_bit_by_bit);
    RUN(a_damaged_file_is_refused_by_name);
    RUN(a_hostile_file_with_a_right_checksum_is_refused);
    RUN(one_view_is_a_softmax_with_unknown_in_it);
    RUN(looks_are_the_mean_over_the_views);
    RUN(what_was_not_kept_counts_as_the_least_kept);
    return DONE();
}
