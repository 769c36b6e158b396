/*
 * dataset - labelled pictures of independent random scenes, to train the detector and embedder.
 *
 * Half of the scenes are the basket: packs that physics has settled in it, hands reaching in. The
 * other half is anywhere: packs, bottles and plain boxes on boards before random backgrounds, seen
 * from any height. OUT/000000.jpg ... and OUT/annotations.json, in COCO's form (coco.h).
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
