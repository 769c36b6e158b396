#include "picture_list.h"

#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES_MAX = 64 << 20 };

Status picture_list_init(PictureList *list, const char *path) {
    uint8_t *text = NULL;
    size_t size = 0;
    TRY(file_read(path, LIST_BYTES_MAX, &text, &size));
    *list = (PictureList){.path = path, .text = text, .next = (char *)text};
    return OK;
}

void picture_list_finish(PictureList *list) {
    free(list->text);
    list->text = NULL;
}

/* Cut the spaces off both ends, in place. */
static char *trim(char *text) {
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* The next line that says something; NULL at the end. */
static char *next_line(PictureList *list) {
    while (*list->next) {
        char *line = list->next, *end = strchr(line, '\n');
        list->next = end ? end + 1 : line + strlen(line);
        if (end) *end = '\0';
        list->line++;
        line = trim(line);
        if (*line && *line != '#') return line;
    }
    return NULL;
}

Status picture_list_next(PictureList *list) {
    char *line = next_line(list);
    if (!line) return E_END;
    char *comma = strchr(line, ',');
    if (!comma || comma == line || !comma[1])
        return fail(E_INVALID, "%s:%d: not label,picture", list->path, list->line);
    *comma = '\0';
    const char *picture = trim(comma + 1), *slash = strrchr(list->path, '/');
    int folder = slash && *picture != '/' ? (int)(slash + 1 - list->path) : 0;
    list->label = trim(line);
    int length =
        snprintf(list->picture, sizeof list->picture, "%.*s%s", folder, list->path, picture);
    if (length >= (int)sizeof list->picture)
        return fail(E_INVALID, "%s:%d: too long a name", list->path, list->line);
    return OK;
}
