/*
 * views - catalogue pictures: every product from all around, in front of a plain background.
 */
#pragma once

#include "catalog.h"
#include "status.h"

typedef struct ViewsOptions {
    char out[512];
    int count;   /* pictures of each product */
    int size;    /* px a side */
    int quality; /* JPEG */
} ViewsOptions;

/* OUT/PRODUCT/views/front.jpg and view_01.jpg ... */
MUST_USE Status views_write(const ViewsOptions *options, const Catalog *catalog, char **folders);
