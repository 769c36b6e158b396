/*
 * fields - one row for each thing that a scenario may say: its name, what may stand there, where it
 * goes. The reader (scenario.c) and the published descriptions (describe.c) walk the same rows.
 */
#pragma once

#include "scenario.h"

#include <stdio.h>

typedef enum FieldType {
    FIELD_END,
    FIELD_TEXT,     /* char[size] */
    FIELD_NUMBER,   /* Range: a number, or [least, most] */
    FIELD_WHOLE,    /* Range of whole numbers */
    FIELD_FLAG,     /* int: 1 true, 0 false */
    FIELD_WORD,     /* uint32_t mask: one of the words, or a list of them */
    FIELD_PRODUCT,  /* Selectors */
    FIELD_DO,       /* nothing but true may be said */
    FIELD_EVENTS,   /* a list of events */
    FIELD_SECTION,  /* a map with rows of its own */
    FIELD_TWO_HANDS /* a list of two events */
} FieldType;

typedef struct Field {
    const char *name;
    FieldType type;
    size_t offset, size;
    double min, max;
    const char *const *words; /* end with NULL */
    const struct Field *rows; /* FIELD_SECTION */
    uint32_t actions;         /* which events may have it, 1 << ScenarioAction */
    const char *help;         /* one line, no full stop */
} Field;

extern const Field scenario_fields[]; /* into Scenario */
extern const Field action_fields[];   /* into ScenarioEvent, by ScenarioAction */
extern const Field detail_fields[];   /* into ScenarioEvent */

/* JSON Schema (draft 2020-12), and the tables of the documentation page in Markdown. */
void scenario_print_schema(FILE *out);
void scenario_print_fields(FILE *out);
