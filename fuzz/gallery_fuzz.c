/* Any bytes as a gallery. With an odd first byte the rest gets its right checksum, so that what
 * lies behind the checksum is reached too. */
#include "as_file.h"
#include "gallery.h"

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void search(Gallery *gallery) {
    float query[GALLERY_DIMS_MAX] = {1};
    Match matches[4];
    const int found = gallery_search(gallery, query, 4, matches);
    if (found > gallery_labels(gallery)) abort();
    for (int i = 0; i < found; i++) {
        if (matches[i].label < 0 || matches[i].label >= gallery_labels(gallery)) abort();
        if (!(matches[i].cosine > -1.001F && matches[i].cosine < 1.001F)) abort();
        if (gallery_id(gallery, matches[i].label)[0] == '\0') abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t model[GALLERY_MODEL_BYTES];
    if (size == 0 || size > 1 << 20) return 0;
    const size_t hash = (data[0] & 1) ? crypto_generichash_BYTES : 0, body = size - 1;
    uint8_t *bytes = malloc(body + hash + 1);
    if (!bytes) abort();
    memcpy(bytes, data + 1, body);
    if (hash) crypto_generichash(bytes + body, hash, bytes, body, NULL, 0);
    const AsFile file = as_file(bytes, body + hash);
    Gallery *gallery = NULL;
    if (gallery_load(&gallery, model, file.path) == OK) search(gallery);
    close(file.fd);
    gallery_close(gallery);
    free(bytes);
    return 0;
}
