/*
 * gallery_bench - the search of the nearest products.
 *
 *     gallery_bench VECTORS QUERIES DIMS EACH
 *
 * VECTORS and QUERIES are files of floats, DIMS to a vector; EACH vectors, one after the other, are
 * of one product. Driven by tools/bench.
 */
#include "bench.h"
#include "file.h"
#include "gallery.h"
#include "gallery_internal.h"

#include <unistd.h>

enum { TOP = 10, BYTES_MAX = 1 << 30 };

static Gallery *gallery;
static const GalleryKernel *kernels;
static float *vectors, *queries;
static int dims, each, vector_count, query_count, next_query;
static char path[64];
static const uint8_t model[GALLERY_MODEL_BYTES];

static const float *query_of(int count) { /* other ones in every round */
    if (next_query + count > query_count) next_query = 0;
    next_query += count;
    return queries + (ptrdiff_t)(next_query - count) * dims;
}

static void search_one(void) {
    Match found[TOP];
    if (gallery_search(gallery, query_of(1), TOP, found) != TOP) exit(EXIT_FAILURE);
}

static void search_many(void) {
    (void)gallery_cosines(gallery, query_of(GALLERY_QUERIES), GALLERY_QUERIES);
}

static void search_avx2(void) {
    GalleryScan *const chosen = gallery->scan;
    for (const GalleryKernel *kernel = kernels;; kernel++) {
        if (strcmp(kernel->name, "plain") == 0 || strcmp(kernel->name, "avx2") == 0) {
            gallery->scan = kernel->scan;
            break;
        }
    }
    search_one();
    gallery->scan = chosen;
}

static void search_plain(void) {
    GalleryScan *const chosen = gallery->scan;
    gallery->scan = gallery_scan_plain;
    search_one();
    gallery->scan = chosen;
}

/* The labels of the TOP nearest of every query. */
static void answers(void) {
    for (int i = 0; i < query_count; i++) {
        Match found[TOP];
        (void)gallery_search(gallery, queries + (ptrdiff_t)i * dims, TOP, found);
        for (int j = 0; j < TOP; j++)
            printf("%d:%.9g ", found[j].label, (double)found[j].cosine);
    }
}

/* All vectors into a new gallery; prints the slowest one's seconds. */
static void enrol(void) {
    gallery_close(gallery);
    must(gallery_open(&gallery, dims));
    double slowest_s = 0;
    for (int i = 0; i < vector_count; i++) {
        char id[32];
        int32_t label;
        snprintf(id, sizeof id, "product-%d", i / each);
        const double start_s = cpu_s();
        must(gallery_label(gallery, id, &label));
        must(gallery_add(gallery, label, vectors + (ptrdiff_t)i * dims));
        const double took_s = cpu_s() - start_s;
        if (took_s > slowest_s) slowest_s = took_s;
    }
    printf("%.9f ", slowest_s);
}

static void save(void) { must(gallery_save(gallery, model, path)); }

static void load(void) {
    uint8_t found[GALLERY_MODEL_BYTES];
    Gallery *loaded = NULL;
    must(gallery_load(&loaded, found, path));
    gallery_close(gallery);
    gallery = loaded;
}

static void kernel(void) { printf("%s ", kernels[0].name); }

static float *read_floats(const char *name, int *count) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    must(file_read(name, BYTES_MAX, &bytes, &size));
    *count = (int)(size / sizeof(float) / (size_t)dims);
    return (float *)(void *)bytes;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: gallery_bench VECTORS QUERIES DIMS EACH\n");
        return 2;
    }
    dims = atoi(argv[3]);
    each = atoi(argv[4]);
    vectors = read_floats(argv[1], &vector_count);
    queries = read_floats(argv[2], &query_count);
    snprintf(path, sizeof path, "/dev/shm/gallery_bench.%d.cwg", (int)getpid());
    (void)gallery_kernels(&kernels);
    enrol();
    printf("\n");
    save();
    load();
    static const Job jobs[] = {
        {"search_one", search_one},
        {"search_many", search_many},
        {"search_avx2", search_avx2},
        {"search_plain", search_plain},
        {"answers", answers},
        {"enrol", enrol},
        {"save", save},
        {"load", load},
        {"kernel", kernel},
        {NULL, NULL}};
    const int status = serve(jobs);
    unlink(path);
    gallery_close(gallery);
    free(vectors);
    free(queries);
    return status;
}
