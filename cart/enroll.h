/*
 * enroll - the pictures of a product folder, into the gallery.
 *
 * A product folder holds its pictures in views/, or else directly: JPEG and PNG files.
 *
 * Threads: whoever owns the Identifier.
 */
#pragma once

#include "catalog.h"
#include "identify.h"
#include "status.h"

/* Large photographs are decoded no larger than this takes: a thing that fills an eighth of one
 * still has every pixel that the network looks at. */
enum { ENROLL_SIDE_PX = 1024 };

/* Enrol every picture of the folder under this id, in order of name; *pictures counts them. A
 * folder without pictures is no failure. A bad picture is one: the sentence names it. */
MUST_USE Status
enroll_folder(Identifier *identifier, const char *id, const char *folder, int *pictures);

/* Enrol those products of the catalogue that the gallery knows nothing of; folders[sku] is where
 * each lives. */
MUST_USE Status
enroll_unseen(Identifier *identifier, const Catalog *catalog, const char *const *folders);
