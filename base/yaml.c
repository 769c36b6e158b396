#include "yaml.h"

#include "file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum {
    FILE_MAX_BYTES = 1 << 20,
    ARENA_MAX_BYTES = 16 << 20, /* more than the largest file with the most nodes needs */
    DEPTH_MAX = 16,
    NODES_MAX = 65536,
};

typedef struct Reader {
    Yaml *yaml;
    yaml_parser_t parser;
    yaml_event_t event; /* the current one; deleted by advance() */
    int nodes;
} Reader;

static int line_of(yaml_mark_t mark) { return (int)mark.line + 1; }

static Status refuse(Reader *reader, const char *why) {
    return fail(E_INVALID, "%s:%d: %s", reader->yaml->name, line_of(reader->event.start_mark), why);
}

static Status advance(Reader *reader) {
    yaml_event_delete(&reader->event);
    if (yaml_parser_parse(&reader->parser, &reader->event)) return OK;
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return fail(E_NO_MEMORY, "%s: out of memory", reader->yaml->name);
    return fail(
        E_INVALID, "%s:%d: %s", reader->yaml->name, line_of(parser->problem_mark),
        parser->problem ? parser->problem : "not YAML");
}

static Status out_of_memory(const Reader *reader) {
    return fail(E_NO_MEMORY, "%s: out of memory", reader->yaml->name);
}

static Status read_text(Reader *reader, const char **out) {
    if (reader->event.type == YAML_ALIAS_EVENT)
        return refuse(reader, "aliases are not supported; write the value out");
    if (reader->event.type != YAML_SCALAR_EVENT) return refuse(reader, "a key must be plain text");
    const char *text = (const char *)reader->event.data.scalar.value;
    const size_t length = reader->event.data.scalar.length;
    if (reader->event.data.scalar.anchor) return refuse(reader, "anchors are not supported");
    if (reader->event.data.scalar.tag) return refuse(reader, "tags are not supported");
    if (memchr(text, '\0', length)) return refuse(reader, "text holds a NUL byte");
    *out = arena_text(&reader->yaml->arena, text, length);
    return *out ? OK : out_of_memory(reader);
}

static int by_key_then_line(const void *a, const void *b) {
    const YamlNode *left = *(YamlNode *const *)a, *right = *(YamlNode *const *)b;
    const int order = strcmp(left->key, right->key);
    return order ? order : left->line - right->line;
}

static Status check_keys(Reader *reader, const YamlNode *map) {
    YamlNode **sorted = calloc((size_t)map->count + 1, sizeof(YamlNode *));
    if (!sorted) return out_of_memory(reader);
    int count = 0;
    for (YamlNode *child = map->first; child; child = child->next)
        sorted[count++] = child;
    qsort(sorted, (size_t)count, sizeof(YamlNode *), by_key_then_line);
    Status status = OK;
    for (int i = 1; i < count && status == OK; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) != 0) continue;
        status = yaml_fail(
            reader->yaml, sorted[i], "this key is already on line %d", sorted[i - 1]->line);
    }
    free(sorted);
    return status;
}

static Status read_node(Reader *reader, int depth, const char *key, YamlNode **out);

static Status read_children(Reader *reader, int depth, YamlNode *parent, yaml_event_type_t end) {
    YamlNode **tail = &parent->first;
    for (;;) {
        TRY(advance(reader));
        if (reader->event.type == end) break;
        const int line = line_of(reader->event.start_mark); /* of the key, where there is one */
        const char *key = NULL;
        if (parent->kind == YAML_MAP) {
            TRY(read_text(reader, &key));
            TRY(advance(reader));
        }
        TRY(read_node(reader, depth + 1, key, tail));
        (*tail)->line = line;
        tail = &(*tail)->next;
        parent->count++;
    }
    return parent->kind == YAML_MAP ? check_keys(reader, parent) : OK;
}

/* The current event begins the node; on OK it is the node's last event. */
static Status read_node(Reader *reader, int depth, const char *key, YamlNode **out) {
    if (depth > DEPTH_MAX) return refuse(reader, "nested too deeply");
    if (++reader->nodes > NODES_MAX) return refuse(reader, "too many values in one file");
    YamlNode *node = arena_take(&reader->yaml->arena, sizeof *node);
    if (!node) return out_of_memory(reader);
    node->key = key;
    node->line = line_of(reader->event.start_mark);
    *out = node;

    const yaml_event_t *event = &reader->event;
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        node->kind = YAML_LIST;
        if (event->data.sequence_start.anchor) return refuse(reader, "anchors are not supported");
        if (event->data.sequence_start.tag) return refuse(reader, "tags are not supported");
        return read_children(reader, depth, node, YAML_SEQUENCE_END_EVENT);
    }
    if (event->type == YAML_MAPPING_START_EVENT) {
        node->kind = YAML_MAP;
        if (event->data.mapping_start.anchor) return refuse(reader, "anchors are not supported");
        if (event->data.mapping_start.tag) return refuse(reader, "tags are not supported");
        return read_children(reader, depth, node, YAML_MAPPING_END_EVENT);
    }
    node->kind = YAML_SCALAR;
    return read_text(reader, &node->text);
}

static Status read_stream(Reader *reader) {
    TRY(advance(reader)); /* stream start */
    TRY(advance(reader));
    if (reader->event.type == YAML_STREAM_END_EVENT) {
        YamlNode *empty = arena_take(&reader->yaml->arena, sizeof *empty);
        if (!empty) return out_of_memory(reader);
        *empty = (YamlNode){.kind = YAML_MAP, .line = 1};
        reader->yaml->root = empty;
        return OK;
    }
    TRY(advance(reader)); /* past document start */
    TRY(read_node(reader, 1, NULL, &reader->yaml->root));
    TRY(advance(reader)); /* document end */
    TRY(advance(reader));
    if (reader->event.type != YAML_STREAM_END_EVENT)
        return refuse(reader, "one document to a file is the most");
    return OK;
}

Status yaml_parse(Yaml *out, const char *name, const uint8_t *bytes, size_t size) {
    if (size > FILE_MAX_BYTES) return fail(E_INVALID, "%s: larger than 1 MiB", name);
    Yaml yaml = {.name = name};
    Reader reader = {.yaml = &yaml};
    arena_init(&yaml.arena, ARENA_MAX_BYTES);
    yaml.name = arena_text(&yaml.arena, name, strlen(name));
    if (!yaml.name || !yaml_parser_initialize(&reader.parser)) {
        arena_finish(&yaml.arena);
        return fail(E_NO_MEMORY, "%s: out of memory", name);
    }
    yaml_parser_set_input_string(&reader.parser, bytes, size);
    const Status status = read_stream(&reader);
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    if (status == OK) {
        *out = yaml;
    } else {
        arena_finish(&yaml.arena);
    }
    return status;
}

Status yaml_load(Yaml *out, const char *path) {
    uint8_t *bytes;
    size_t size;
    TRY(file_read(path, FILE_MAX_BYTES, &bytes, &size));
    const Status status = yaml_parse(out, path, bytes, size);
    free(bytes);
    return status;
}

void yaml_finish(Yaml *yaml) {
    arena_finish(&yaml->arena);
    yaml->root = NULL;
    yaml->name = NULL;
}

const YamlNode *yaml_get(const YamlNode *map, const char *key) {
    if (map->kind != YAML_MAP) return NULL;
    for (const YamlNode *child = map->first; child; child = child->next)
        if (strcmp(child->key, key) == 0) return child;
    return NULL;
}

Status yaml_fail(const Yaml *yaml, const YamlNode *node, const char *format, ...) {
    char why[384];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (!node->key) return fail(E_INVALID, "%s:%d: %s", yaml->name, node->line, why);
    return fail(E_INVALID, "%s:%d: %s: %s", yaml->name, node->line, node->key, why);
}
