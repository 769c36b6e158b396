#include "coco.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct Coco {
    char path[600], part[608];
    FILE *file; /* images, until they are all there */
    char *annotations;
    size_t annotations_size;
    FILE *memory; /* to it */
    int images, count;
    char *mask;
    size_t mask_room;
};

static Status cannot_write(const Coco *coco) {
    return fail(E_IO, "%s: cannot be written: %s", coco->path, strerror(errno));
}

/* Takes the value. */
static bool put(FILE *file, json_t *value) {
    const bool wrote = value && json_dumpf(value, file, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0;
    json_decref(value);
    return wrote;
}

static bool put_head(FILE *file, const Catalog *catalog) {
    bool wrote = fputs("{\"info\":", file) >= 0 &&
                 put(file, json_pack(
                               "{s:s, s:s, s:b}", "description", "made by cartwright-sim dataset",
                               "version", CARTWRIGHT_VERSION, "simulated", true)) &&
                 fputs(",\n\"categories\":[", file) >= 0;
    for (int category = COCO_HAND; wrote && category < COCO_PRODUCT + catalog->count; category++) {
        const Product *product =
            category >= COCO_PRODUCT ? &catalog->products[category - COCO_PRODUCT] : NULL;
        const char *name = product ? product->id : category == COCO_HAND ? "hand" : "unknown";
        if (category > COCO_HAND) wrote = fputs(",\n", file) >= 0;
        wrote = wrote && put(file, json_pack(
                                       "{s:i, s:s, s:s, s:s?}", "id", category, "name", name,
                                       "supercategory", category == COCO_HAND ? "hand" : "item",
                                       "gtin", product ? product->gtin : NULL));
    }
    return wrote && fputs("],\n\"images\":[", file) >= 0;
}

Status coco_open(Coco **out, const char *folder, const Catalog *catalog) {
    Coco *coco = calloc(1, sizeof *coco);
    if (!coco) return fail(E_NO_MEMORY, "coco: out of memory");
    snprintf(coco->path, sizeof coco->path, "%s/annotations.json", folder);
    snprintf(coco->part, sizeof coco->part, "%s.part", coco->path);
    coco->file = fopen(coco->part, "we");
    Status status = coco->file && put_head(coco->file, catalog) ? OK : cannot_write(coco);
    coco->memory = open_memstream(&coco->annotations, &coco->annotations_size);
    if (status == OK && !coco->memory) status = fail(E_NO_MEMORY, "coco: out of memory");
    if (status != OK) {
        if (coco_close(coco, false) != OK) return status;
        return status;
    }
    *out = coco;
    return OK;
}

/* -- masks --------------------------------------------------------------------------------- */

typedef struct Runs {
    char *out;
    size_t room, used;
    int64_t before[2]; /* the two runs before */
    int count;
} Runs;

/* Five bits a letter, the lowest first, as COCO's own rleToString() does; from the third run on
 * the difference to the one before the last. */
static void add_run(Runs *runs, int64_t length) {
    int64_t rest = runs->count > 2 ? length - runs->before[1] : length;
    bool more = true;
    while (more) {
        int letter = (int)(rest & 31);
        rest >>= 5;
        more = letter & 16 ? rest != -1 : rest != 0;
        letter = (letter | (more ? 32 : 0)) + 48;
        if (runs->used + 1 < runs->room) runs->out[runs->used] = (char)letter;
        runs->used++;
    }
    runs->before[1] = runs->before[0];
    runs->before[0] = length;
    runs->count++;
}

size_t coco_mask(const uint8_t *who, int width, int height, int instance, char *out, size_t room) {
    Runs runs = {.out = out, .room = room};
    int64_t length = 0;
    bool inside = false; /* the first run is outside, if of no length */
    for (int x = 0; x < width; x++) {
        for (int y = 0; y < height; y++, length++) {
            const bool is = who[((size_t)y * (size_t)width + (size_t)x) * 2] == instance;
            if (is == inside) continue;
            add_run(&runs, length);
            inside = is;
            length = 0;
        }
    }
    add_run(&runs, length);
    if (room > 0) out[runs.used < room ? runs.used : room - 1] = '\0';
    return runs.used;
}

/* -- pictures ------------------------------------------------------------------------------ */

static Status mask_of(Coco *coco, const Sight *sight, int instance) {
    const Image *picture = &sight->picture;
    const size_t needed = coco_mask(
        sight->who, picture->width, picture->height, instance, coco->mask, coco->mask_room);
    if (needed < coco->mask_room) return OK;
    free(coco->mask);
    coco->mask_room = 2 * needed + 64;
    coco->mask = malloc(coco->mask_room);
    if (!coco->mask) {
        coco->mask_room = 0;
        return fail(E_NO_MEMORY, "coco: out of memory");
    }
    return mask_of(coco, sight, instance);
}

static Status add_annotation(Coco *coco, const Sight *sight, const CocoThing *thing, int instance) {
    const SeenInstance *seen = &sight->instance[instance];
    TRY(mask_of(coco, sight, instance));
    if (coco->count++ > 0 && fputs(",\n", coco->memory) < 0) return cannot_write(coco);
    const bool wrote = put(
        coco->memory,
        json_pack(
            "{s:i, s:i, s:i, s:[i,i,i,i], s:i, s:i, s:{s:[i,i], s:s}, s:f, s:b, s:i}", "id",
            coco->count, "image_id", coco->images, "category_id", thing->category, "bbox", seen->x0,
            seen->y0, seen->x1 - seen->x0, seen->y1 - seen->y0, "area", seen->visible_px, "iscrowd",
            0, "segmentation", "size", sight->picture.height, sight->picture.width, "counts",
            coco->mask, "visible_p", round(1000.0 * seen->visible_px / seen->whole_px) / 1000,
            "held", thing->held, "instance", instance));
    return wrote ? OK : fail(E_NO_MEMORY, "coco: out of memory");
}

Status coco_add(
    Coco *coco,
    const char *file,
    const Camera *camera,
    const Lens *lens,
    const Sight *sight,
    const CocoThing *things,
    int count,
    int least_px) {
    const int width = sight->picture.width, height = sight->picture.height;
    const double *d = lens->distortion;
    if (coco->images++ > 0 && fputs(",\n", coco->file) < 0) return cannot_write(coco);
    if (!put(
            coco->file,
            json_pack(
                "{s:i, s:s, s:i, s:i, s:{s:f, s:f, s:f, s:[f,f,f,f,f]}}", "id", coco->images,
                "file_name", file, "width", width, "height", height, "camera", "f",
                height / 2.0 / tan((double)camera->vertical_fov_rad / 2), "cx", width / 2.0, "cy",
                height / 2.0, "distortion", d[0], d[1], d[2], d[3], d[4])))
        return cannot_write(coco);
    for (int instance = 1; instance <= count; instance++)
        if (sight->instance[instance].visible_px >= least_px)
            TRY(add_annotation(coco, sight, &things[instance], instance));
    return OK;
}

static Status finish(Coco *coco) {
    if (fputs("],\n\"annotations\":[", coco->file) < 0 || fflush(coco->memory) != 0 ||
        fwrite(coco->annotations, 1, coco->annotations_size, coco->file) !=
            coco->annotations_size ||
        fputs("]}\n", coco->file) < 0)
        return cannot_write(coco);
    const bool closed = fclose(coco->file) == 0;
    coco->file = NULL;
    if (!closed || rename(coco->part, coco->path) != 0) return cannot_write(coco);
    return OK;
}

Status coco_close(Coco *coco, bool keep) {
    if (!coco) return OK;
    const Status status = keep ? finish(coco) : OK;
    if (coco->file) {
        fclose(coco->file);
        unlink(coco->part);
    }
    if (coco->memory) fclose(coco->memory);
    free(coco->annotations);
    free(coco->mask);
    free(coco);
    return status;
}
