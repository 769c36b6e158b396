/* dataset_scene - random scenes for the dataset. Private to it. */
#pragma once

#include "grip.h"
#include "scenery.h"
#include "world.h"

enum { THINGS_MAX = 40, PICTURES_PER_HEAP = 4 };

/* What an instance in the picture is. */
typedef struct Thing {
    bool hand, held;
    int32_t sku; /* SKU_UNKNOWN: none of the catalogue's */
} Thing;

typedef struct Shot {
    Scene scene;
    Camera camera;
    int count;
    Thing thing[THINGS_MAX + 1]; /* by instance, from 1 */
} Shot;

/* Packs that lie in the basket as they fell. */
typedef struct Heap {
    int count;
    struct {
        int32_t sku;
        Pose pose;
    } at[WORLD_ITEMS_MAX];
} Heap;

MUST_USE Status heap_by_chance(Props *props, Random *random, Heap *out);
MUST_USE Status shot_of_heap(Props *props, const Heap *heap, Random *random, Shot *out);
MUST_USE Status shot_of_anywhere(Props *props, Random *random, Shot *out);
