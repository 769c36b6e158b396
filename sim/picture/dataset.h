/*
 * dataset - labelled pictures of independent random scenes, to train the detector and embedder.
 *
 * Half of the scenes are the basket: packs that physics has settled in it, hands reaching in. The
 * other half is anywhere: packs, bottles and plain boxes on boards before random backgrounds, seen
 * from any height. OUT/000000.jpg ... and one line of JSON a picture in OUT/labels.jsonl:
 *
 *     {"file", "width", "height", "boxes": [{"kind": "item" or "hand", "product": id or null,
 *      "gtin": text or null, "instance", "x0","y0","x1","y1", "visible_p", "held"}...]}
 *
 * Boxes are of the visible part. product is null for hands and for things no catalogue has.
 */
#pragma once

#include "catalog.h"
#include "status.h"

#include <stdint.h>

typedef struct DatasetOptions {
    char out[512];
    int count;
    int seed;
    int width, height;
    int quality;
} DatasetOptions;

MUST_USE Status
dataset_write(const DatasetOptions *options, const Catalog *catalog, char **folders);
