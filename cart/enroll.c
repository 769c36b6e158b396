#include "enroll.h"

#include "capture.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int is_picture(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && entry->d_name[0] != '.' &&
           (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0 ||
            strcasecmp(dot, ".png") == 0);
}

static Status enroll_file(Identifier *identifier, const char *id, const char *path) {
    Frame *picture = NULL;
    TRY(capture_load_picture(path, ENROLL_SIDE_PX, &picture));
    Status status = identify_enroll(identifier, id, picture);
    capture_release(picture);
    return status;
}

Status enroll_folder(Identifier *identifier, const char *id, const char *folder, int *pictures) {
    char path[4096];
    struct dirent **entries = NULL;
    snprintf(path, sizeof path, "%s/views", folder);
    int count = scandir(path, &entries, is_picture, alphasort);
    if (count < 0) {
        snprintf(path, sizeof path, "%s", folder);
        count = scandir(path, &entries, is_picture, alphasort);
    }
    if (count < 0) return fail(E_NOT_FOUND, "enroll: %s: %s", folder, strerror(errno));

    Status status = OK;
    size_t length = strlen(path);
    for (int i = 0; i < count; i++) {
        snprintf(path + length, sizeof path - length, "/%s", entries[i]->d_name);
        if (status == OK) status = enroll_file(identifier, id, path);
        free(entries[i]);
    }
    free(entries);
    if (status == OK) *pictures = count;
    return status;
}

Status enroll_unseen(Identifier *identifier, const Catalog *catalog, const char *const *folders) {
    int products = 0, blind = 0;
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        const char *id = catalog->products[sku].id;
        int pictures = 0;
        if (gallery_knows(identify_gallery(identifier), id)) continue;
        TRY(enroll_folder(identifier, id, folders[sku], &pictures));
        products += pictures > 0;
        blind += pictures == 0;
    }
    if (products > 0) LOG_INFO("enroll", "enrolled %d products from their pictures", products);
    if (blind > 0)
        LOG_WARN("enroll", "%d products have no pictures and cannot be recognised", blind);
    return OK;
}
