/*
 * coco - labelled pictures as a COCO file (cocodataset.org/#format-data): OUT/annotations.json.
 *
 *     {"info", "images": [{"id", "file_name", "width", "height",
 *                          "camera": {"f", "cx", "cy", "distortion": [k1, k2, p1, p2, k3]}}],
 *      "categories": [{"id", "name", "supercategory", "gtin"}],
 *      "annotations": [{"id", "image_id", "category_id", "bbox": [x, y, w, h], "area", "iscrowd":
 * 0, "segmentation": {"size": [h, w], "counts"}, "visible_p", "held", "instance"}]}
 *
 * Category 1 is a hand, 2 an item that no catalogue has, 3 + SKU a product, by its id. Boxes and
 * masks are of the visible part; masks are COCO's compressed run lengths, column by column.
 *
 * Threads: one.
 */
#pragma once

#include "catalog.h"
#include "eye.h"

enum { COCO_HAND = 1, COCO_UNKNOWN = 2, COCO_PRODUCT = 3 };

typedef struct Coco Coco;

typedef struct CocoThing {
    int category;
    bool held;
} CocoThing;

/* The file appears when it is closed. E_IO names it. On OK close with coco_close(). */
MUST_USE Status coco_open(Coco **out, const char *folder, const Catalog *catalog);
/* things[1..count] by instance; those of which fewer than least_px are visible are left out. */
MUST_USE Status coco_add(
    Coco *coco,
    const char *file,
    const Camera *camera,
    const Lens *lens,
    const Sight *sight,
    const CocoThing *things,
    int count,
    int least_px);
/* keep: else what was written so far is dropped. NULL is fine. */
MUST_USE Status coco_close(Coco *coco, bool keep);

/* The compressed run lengths of `instance` in a map of two bytes a pixel; ends with 0. Returns the
 * bytes needed without the 0, however small `room` is. */
size_t coco_mask(const uint8_t *who, int width, int height, int instance, char *out, size_t room);
