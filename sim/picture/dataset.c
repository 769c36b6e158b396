#include "dataset.h"

#include "clock.h"
#include "coco.h"
#include "dataset_scene.h"
#include "eye.h"
#include "file.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

enum { BOX_MIN_PX = 12 };

typedef struct Dataset {
    const DatasetOptions *options;
    Props props;
    Renderer *renderer;
    JpegWriter *jpeg;
    Eye *eye;
    Sight sight;
    Coco *labels;
    Shot shot;
    Heap heap;
} Dataset;

static Status
write_label(Dataset *dataset, const char *name, const Camera *camera, const Lens *lens) {
    CocoThing things[THINGS_MAX + 1];
    for (int i = 1; i <= dataset->shot.count; i++) {
        const Thing *thing = &dataset->shot.thing[i];
        things[i] = (CocoThing){
            .category = thing->hand                 ? COCO_HAND
                        : thing->sku == SKU_UNKNOWN ? COCO_UNKNOWN
                                                    : COCO_PRODUCT + thing->sku,
            .held = thing->held};
    }
    return coco_add(
        dataset->labels, name, camera, lens, &dataset->sight, things, dataset->shot.count,
        BOX_MIN_PX);
}

/* Picture `index` depends on the seed and the index alone, but for the heap it shares with its
 * neighbours; indices run in order. */
static Status write_picture(Dataset *dataset, int index) {
    const uint64_t seed = (uint64_t)dataset->options->seed;
    Random random = random_fork(seed, 100000 + (uint64_t)index);
    const int pair = index / 2, basket = index % 2 == 0;
    if (basket && pair % PICTURES_PER_HEAP == 0)
        TRY(heap_by_chance(&dataset->props, &random, &dataset->heap));
    TRY(basket ? shot_of_heap(&dataset->props, &dataset->heap, &random, &dataset->shot)
               : shot_of_anywhere(&dataset->props, &random, &dataset->shot));
    const uint8_t *bytes;
    size_t size;
    dataset->shot.scene.take = (uint32_t)index + 1;
    const double corner =
        eye_corner(&dataset->shot.camera, dataset->options->width, dataset->options->height);
    const double strength = random_between(&random, 0, 2.5);
    const Lens lens = lens_by_chance(&random, strength, corner);
    eye_see(dataset->eye, &dataset->shot.scene, &dataset->shot.camera, &lens, &dataset->sight);
    const int quality = dataset->options->quality - random_below(&random, 25);
    TRY(jpeg_write(dataset->jpeg, &dataset->sight.picture, quality, &bytes, &size));
    char name[32], path[600];
    snprintf(name, sizeof name, "%06d.jpg", index);
    snprintf(path, sizeof path, "%s/%s", dataset->options->out, name);
    TRY(file_write_fast(path, bytes, size));
    return write_label(dataset, name, &dataset->shot.camera, &lens);
}

static void show_progress(int done, int count, int64_t start_ns) {
    char pace[32] = "";
    if (done > 0)
        snprintf(
            pace, sizeof pace, "%.0f ms a picture",
            (double)(clock_now_ns() - start_ns) / 1e6 / done);
    progress_show("dataset", done, count, pace);
}

static Status write_all(Dataset *dataset) {
    const int count = dataset->options->count;
    const int64_t start_ns = clock_now_ns();
    for (int i = 0; i < count; i++) {
        if (i % 8 == 0) show_progress(i, count, start_ns);
        TRY(write_picture(dataset, i));
    }
    return OK;
}

Status dataset_write(const DatasetOptions *options, const Catalog *catalog, char **folders) {
    Dataset *dataset = calloc(1, sizeof *dataset);
    if (!dataset) return fail(E_NO_MEMORY, "dataset: out of memory");
    dataset->options = options;
    Status status = file_make_folder(options->out);
    if (status == OK) status = coco_open(&dataset->labels, options->out, catalog);
    if (status == OK) status = render_open(&dataset->renderer, options->width, options->height);
    if (status == OK) status = jpeg_writer_open(&dataset->jpeg);
    if (status == OK)
        status = eye_open(&dataset->eye, dataset->renderer, 0, (uint64_t)options->seed);
    if (status == OK)
        status = props_open(
            &dataset->props, dataset->renderer, catalog, folders, (uint64_t)options->seed);
    if (status == OK) status = write_all(dataset);
    progress_end();
    if (dataset->props.products) props_close(&dataset->props);
    eye_close(dataset->eye);
    jpeg_writer_close(dataset->jpeg);
    render_close(dataset->renderer);
    char why[256];
    snprintf(why, sizeof why, "%s", status == OK ? "" : fail_reason());
    const Status closed = coco_close(dataset->labels, status == OK);
    free(dataset);
    return status == OK ? closed : fail(status, "%s", why);
}
