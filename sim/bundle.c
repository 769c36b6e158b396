#include "hand_internal.h"

Bundle bundle_of(const Stage *stage, int first, int count, Random *random) {
    Bundle bundle = {.first = first, .count = count};
    /* Held across the thinnest side of the last: what covers the others is the last of them. */
    bundle.thin = grip_thinnest(world_item(stage->world, first + count - 1)->half, random);
    for (int i = 0; i < count; i++) {
        const double *half = world_item(stage->world, first + i)->half;
        for (int axis = 0; axis < 3; axis++)
            bundle.half[axis] = axis == bundle.thin ? bundle.half[axis] + half[axis]
                                                    : fmax(bundle.half[axis], half[axis]);
    }
    double along = -bundle.half[bundle.thin];
    for (int i = 0; i < count; i++) {
        const double half = world_item(stage->world, first + i)->half[bundle.thin];
        bundle.part[i] = pose_at(0, 0, 0);
        bundle.part[i].at[bundle.thin] = (along + half) * 1.004;
        along += 2 * half;
    }
    return bundle;
}

void bundle_place(Stage *stage, const Bundle *bundle, const Pose *pose) {
    for (int i = 0; i < bundle->count; i++) {
        const Pose at = pose_then(pose, &bundle->part[i]);
        world_place(stage->world, bundle->first + i, &at);
    }
}

bool bundle_has(const Bundle *bundle, int item) {
    return item >= bundle->first && item < bundle->first + bundle->count;
}
