#include "products_hash.h"

#include "file.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 64 << 20 };

static Status add_file(crypto_hash_sha256_state *state, const char *folder, const char *name) {
    char path[1200];
    uint8_t *bytes = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const Status status = file_read(path, FILE_MAX, &bytes, &size);
    if (status != OK && status != E_NOT_FOUND) return status;
    const uint64_t length = size;
    uint8_t prefix[8];
    for (int i = 0; i < 8; i++)
        prefix[i] = (uint8_t)(length >> (8 * i));
    crypto_hash_sha256_update(state, prefix, sizeof prefix);
    if (bytes) crypto_hash_sha256_update(state, bytes, size);
    free(bytes);
    return OK;
}

Status products_hash(const Catalog *catalog, char **folders, char out[65]) {
    static const char *const names[] = {"product.json", "mesh.obj", "texture.jpg"};
    crypto_hash_sha256_state state;
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&state);
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        const char *id = catalog->products[sku].id;
        crypto_hash_sha256_update(&state, (const uint8_t *)id, strlen(id) + 1);
        for (int i = 0; i < 3; i++)
            TRY(add_file(&state, folders[sku], names[i]));
    }
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(out, 65, hash, sizeof hash);
    return OK;
}
