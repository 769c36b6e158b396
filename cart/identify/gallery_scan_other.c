/* Processors without a kernel of their own. */
#include "gallery_internal.h"

int gallery_kernels(const GalleryKernel **out) {
    static const GalleryKernel all[] = {{"plain", gallery_scan_plain}};
    *out = all;
    return 1;
}
