/*
 * yaml - a YAML file as a small tree that remembers its lines, so errors can name them.
 *
 * Every scalar is text; whoever reads a field decides its type. Anchors, aliases, tags and more
 * than one document are refused, as are files over 1 MiB, nesting over 16 and over 65,536 nodes.
 *
 * Threads: a tree belongs to one thread at a time; reading it is safe from many.
 */
#pragma once

#include "arena.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum YamlKind { YAML_SCALAR, YAML_LIST, YAML_MAP } YamlKind;

typedef struct YamlNode {
    YamlKind kind;
    int line;               /* 1-based */
    int count;              /* children */
    const char *key;        /* inside a map; NULL elsewhere */
    const char *text;       /* scalars; NUL-terminated */
    struct YamlNode *first; /* children, in file order */
    struct YamlNode *next;
} YamlNode;

typedef struct Yaml {
    Arena arena;
    const char *name; /* what errors call the file */
    YamlNode *root;
} Yaml;

/* E_INVALID / E_IO / E_NOT_FOUND with one sentence: file:line: what. On OK finish *out with
 * yaml_finish(). An empty file is an empty map. */
MUST_USE Status yaml_load(Yaml *out, const char *path);
MUST_USE Status yaml_parse(Yaml *out, const char *name, const uint8_t *bytes, size_t size);
void yaml_finish(Yaml *yaml);

/* The child of a map with this key, or NULL. */
const YamlNode *yaml_get(const YamlNode *map, const char *key);

/* fail(E_INVALID, "NAME:LINE: FIELD: ...") for a node of this tree. */
Status yaml_fail(const Yaml *yaml, const YamlNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
