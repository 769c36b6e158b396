/*
 * picture_list - a text file of pictures with their labels: "label,picture" on each line.
 *
 * Pictures are named from the list's own folder. Empty lines and those that begin with # are
 * skipped; a comma belongs to the picture's name from the second one on.
 *
 * Threads: one at a time.
 */
#pragma once

#include "status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct PictureList {
    const char *path;
    uint8_t *text;
    char *next;         /* the line to read next */
    int line;           /* of the entry read last */
    char picture[4096]; /* of the entry read last */
    const char *label;
} PictureList;

MUST_USE Status picture_list_init(PictureList *list, const char *path);
/* The next entry into label and picture. E_END: no more. E_INVALID: a line without a comma. */
MUST_USE Status picture_list_next(PictureList *list);
void picture_list_finish(PictureList *list);
