/* OBJ: v, vt, vn and polygonal f; everything else is passed over. */
#include "product_mesh.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERTICES_MAX = 200000, CORNERS_MAX = 64 };

typedef struct Floats {
    float *at;
    int count, room; /* in floats */
} Floats;

typedef struct Obj {
    const char *name;
    int line;
    Floats position, uv, normal;
    int *slots; /* corner -> vertex + 1, open addressing; a corner's key is (v, vt, vn) */
    int (*keys)[3];
    Mesh mesh;
} Obj;

enum { SLOTS = 1 << 20 };

static Status add_floats(Obj *obj, Floats *floats, const char *text, int wanted, int width) {
    if (floats->count / width >= VERTICES_MAX)
        return fail(E_INVALID, "%s:%d: more than %d vertices", obj->name, obj->line, VERTICES_MAX);
    if (floats->count + width > floats->room) {
        const int room = floats->room ? floats->room * 2 : 3072;
        float *grown = realloc(floats->at, (size_t)room * sizeof *grown);
        if (!grown) return fail(E_NO_MEMORY, "%s: out of memory", obj->name);
        floats->at = grown;
        floats->room = room;
    }
    for (int i = 0; i < wanted; i++) {
        char *end;
        const float value = strtof(text, &end);
        if (end == text || !isfinite(value) || fabsf(value) > 1e6f)
            return fail(E_INVALID, "%s:%d: not %d numbers", obj->name, obj->line, wanted);
        if (i < width) floats->at[floats->count + i] = value;
        text = end;
    }
    floats->count += width;
    return OK;
}

/* "7/7/7", "7//7", "7/7" or "7"; negative counts from the end. 0: not given. */
static Status read_corner(Obj *obj, char *word, int key[3]) {
    const int counts[3] = {obj->position.count / 3, obj->uv.count / 2, obj->normal.count / 3};
    key[0] = key[1] = key[2] = 0;
    for (int i = 0; i < 3; i++) {
        char *end;
        const long number = strtol(word, &end, 10);
        const long index = number < 0 ? counts[i] + number + 1 : number;
        if (end != word && (index < 1 || index > counts[i]))
            return fail(E_INVALID, "%s:%d: no such vertex: %ld", obj->name, obj->line, number);
        if (end != word) key[i] = (int)index;
        if (*end != '/') break;
        word = end + 1;
    }
    if (key[0] == 0) return fail(E_INVALID, "%s:%d: a corner without vertex", obj->name, obj->line);
    return OK;
}

static uint32_t corner_vertex(Obj *obj, const int key[3]) {
    uint32_t slot = ((uint32_t)key[0] * 73856093u) ^ ((uint32_t)key[1] * 19349663u) ^
                    ((uint32_t)key[2] * 83492791u);
    for (slot %= SLOTS; obj->slots[slot]; slot = (slot + 1) % SLOTS)
        if (memcmp(obj->keys[slot], key, 3 * sizeof(int)) == 0)
            return (uint32_t)obj->slots[slot] - 1;
    Vertex vertex = {0};
    assert(obj->position.at); /* read_corner() found the vertex */
    memcpy(vertex.position, obj->position.at + 3 * ((size_t)key[0] - 1), sizeof vertex.position);
    if (key[1]) memcpy(vertex.uv, obj->uv.at + 2 * ((size_t)key[1] - 1), sizeof vertex.uv);
    if (key[2])
        memcpy(vertex.normal, obj->normal.at + 3 * ((size_t)key[2] - 1), sizeof vertex.normal);
    const uint32_t index = mesh_vertex(&obj->mesh, &vertex);
    memcpy(obj->keys[slot], key, 3 * sizeof(int));
    obj->slots[slot] = (int)index + 1;
    return index;
}

static Status read_face(Obj *obj, char *text) {
    uint32_t corner[CORNERS_MAX];
    int count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        int key[3];
        if (count == CORNERS_MAX)
            return fail(
                E_INVALID, "%s:%d: a face of more than %d corners", obj->name, obj->line, count);
        if (obj->mesh.vertex_count >= VERTICES_MAX)
            return fail(
                E_INVALID, "%s:%d: more than %d vertices", obj->name, obj->line, VERTICES_MAX);
        TRY(read_corner(obj, word, key));
        corner[count++] = corner_vertex(obj, key);
    }
    if (count < 3)
        return fail(E_INVALID, "%s:%d: a face of %d corners", obj->name, obj->line, count);
    for (int i = 2; i < count; i++)
        mesh_triangle(&obj->mesh, corner[0], corner[i - 1], corner[i]);
    return OK;
}

static Status read_line(Obj *obj, char *line) {
    if (strncmp(line, "v ", 2) == 0) return add_floats(obj, &obj->position, line + 2, 3, 3);
    if (strncmp(line, "vt ", 3) == 0) return add_floats(obj, &obj->uv, line + 3, 2, 2);
    if (strncmp(line, "vn ", 3) == 0) return add_floats(obj, &obj->normal, line + 3, 3, 3);
    if (strncmp(line, "f ", 2) == 0) return read_face(obj, line + 2);
    return OK;
}

static void add_face_normal(Mesh *mesh, const uint32_t *corner) {
    const float *a = mesh->vertices[corner[0]].position, *b = mesh->vertices[corner[1]].position,
                *c = mesh->vertices[corner[2]].position;
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        const float area = (b[j] - a[j]) * (c[k] - a[k]) - (b[k] - a[k]) * (c[j] - a[j]);
        for (int n = 0; n < 3; n++)
            mesh->vertices[corner[n]].normal[i] += area;
    }
}

/* Files without normals get the mean of the faces around a vertex. */
static void finish_normals(Mesh *mesh, bool given) {
    for (int i = 0; !given && i < mesh->index_count; i += 3)
        add_face_normal(mesh, mesh->indices + i);
    for (int v = 0; v < mesh->vertex_count; v++) {
        float *n = mesh->vertices[v].normal;
        const float length = sqrtf(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        if (length == 0) n[2] = 1;
        for (int i = 0; i < 3 && length > 0; i++)
            n[i] /= length;
    }
}

Status obj_parse(const char *name, const uint8_t *bytes, size_t size, Mesh *out) {
    Obj obj = {.name = name};
    char *copy = malloc(size + 1);
    obj.slots = calloc(SLOTS, sizeof *obj.slots);
    obj.keys = malloc(SLOTS * sizeof *obj.keys);
    Status status = OK;
    if (!copy || !obj.slots || !obj.keys) {
        status = fail(E_NO_MEMORY, "%s: out of memory", name);
    } else {
        memcpy(copy, bytes, size);
        for (size_t i = 0; i < size; i++)
            if (!copy[i]) copy[i] = ' ';
        copy[size] = '\0';
        char *rest = NULL;
        for (char *line = copy; line && status == OK; line = rest) {
            rest = strchr(line, '\n');
            if (rest) *rest++ = '\0';
            line[strcspn(line, "\r")] = '\0';
            obj.line++;
            status = read_line(&obj, line);
        }
    }
    if (status == OK && obj.mesh.index_count == 0) status = fail(E_INVALID, "%s: no faces", name);
    if (status == OK) finish_normals(&obj.mesh, obj.normal.count > 0);
    free(copy);
    free(obj.slots);
    free(obj.keys);
    free(obj.position.at);
    free(obj.uv.at);
    free(obj.normal.at);
    if (status == OK) *out = obj.mesh;
    if (status != OK) mesh_free(&obj.mesh);
    return status;
}
