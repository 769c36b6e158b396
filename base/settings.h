/*
 * settings - one row per setting; the parser, ranges, --help, example file and JSON Schema follow.
 *
 * A room keeps its rows beside its config struct:
 *
 *     typedef struct WeighConfig { double settle_ms; ... } WeighConfig;
 *     const Setting weigh_settings[] = {
 *         SETTING_REAL(WeighConfig, settle_ms, "400", 50, 5000, "quiet time before a step counts"),
 *         SETTING_END};
 *
 * main.c lists the sections; a section is a top-level key of the YAML file. Precedence: defaults,
 * file, environment (CARTWRIGHT_SECTION_KEY), then "section.key=value" words from the command line.
 * Program options are rows too: settings_read_args() reads --key value, --key=value and --flag.
 *
 * Threads: read-only after start-up.
 */
#pragma once

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum SettingType {
    SETTING_IS_END,
    SETTING_IS_INT,    /* int */
    SETTING_IS_REAL,   /* double */
    SETTING_IS_BOOL,   /* bool: true/false/yes/no/on/off */
    SETTING_IS_TEXT,   /* char[size] */
    SETTING_IS_CHOICE, /* int, index into choices */
    SETTING_IS_MAP,    /* SettingMap: name -> text, e.g. cameras */
} SettingType;

enum { SETTING_MAP_MAX = 8, SETTING_NAME_BYTES = 32, SETTING_TEXT_BYTES = 512 };

typedef struct SettingMap {
    int count;
    struct {
        char name[SETTING_NAME_BYTES];
        char value[SETTING_TEXT_BYTES];
    } at[SETTING_MAP_MAX];
} SettingMap;

typedef struct Setting {
    const char *name;
    SettingType type;
    size_t offset;
    size_t size;                /* of a TEXT field */
    const char *fallback;       /* the default, as a person would write it; maps: "" */
    double min, max;            /* INT, REAL */
    const char *const *choices; /* CHOICE: NULL-terminated */
    const char *help;           /* one line, no full stop, units named */
} Setting;

#define SETTING_INT(Config, field, fallback, min, max, help)                                       \
    { #field, SETTING_IS_INT, offsetof(Config, field), 0, fallback, min, max, NULL, help }
#define SETTING_REAL(Config, field, fallback, min, max, help)                                      \
    { #field, SETTING_IS_REAL, offsetof(Config, field), 0, fallback, min, max, NULL, help }
#define SETTING_BOOL(Config, field, fallback, help)                                                \
    { #field, SETTING_IS_BOOL, offsetof(Config, field), 0, fallback, 0, 0, NULL, help }
#define SETTING_TEXT(Config, field, fallback, help)                                                \
    {                                                                                              \
#field, SETTING_IS_TEXT, offsetof(Config, field), sizeof(((Config *)0)->field), fallback,  \
            0, 0, NULL, help                                                                       \
    }
#define SETTING_CHOICE(Config, field, choices, fallback, help)                                     \
    { #field, SETTING_IS_CHOICE, offsetof(Config, field), 0, fallback, 0, 0, choices, help }
#define SETTING_MAP(Config, field, help)                                                           \
    { #field, SETTING_IS_MAP, offsetof(Config, field), 0, "", 0, 0, NULL, help }
#define SETTING_END                                                                                \
    { 0 }

typedef struct SettingSection {
    const char *name;    /* the YAML key */
    const char *help;    /* one line */
    const Setting *rows; /* ends with SETTING_END */
    void *config;        /* the struct the offsets are into */
} SettingSection;

/* Every setting to its default. A default outside its own range is a bug. */
void settings_defaults(const SettingSection *sections, int count);

/* Read a YAML file over what is there. E_INVALID names file, line and key; unknown keys are refused
 * with the nearest known one. A map in the file replaces the map that was there. On failure, here
 * and below, the configs hold what they held. */
MUST_USE Status settings_read_file(const SettingSection *sections, int count, const char *path);

/* CARTWRIGHT_SECTION_KEY for every setting that is not a map. */
MUST_USE Status settings_read_environment(const SettingSection *sections, int count);

/* One "section.key=value" (maps: "section.key.name=value" adds or replaces one name). */
MUST_USE Status settings_read_word(const SettingSection *sections, int count, const char *word);

/* Options of a program: rows become --some-key VALUE (or --some-key=VALUE); underscores in names
 * are dashes on the command line; BOOL rows are flags; a one-letter alias is the last word of the
 * help in brackets, e.g. "where to write the tape [-o]". MAP rows repeat: --name KEY=VALUE. argv
 * starts after the program's name. Words that are not options are moved to the front of argv and
 * counted in *words. "--" ends the options. E_INVALID for an unknown option or a bad value. */
MUST_USE Status
settings_read_args(const Setting *rows, void *config, int argc, char **argv, int *words);

/* --help text for the options; the help of a file for the sections. */
void settings_print_options(FILE *out, const Setting *rows);
/* A commented example file holding every default: cart.example.yaml. */
void settings_print_example(FILE *out, const SettingSection *sections, int count);
/* JSON Schema (draft 2020-12) of the file. */
void settings_print_schema(FILE *out, const SettingSection *sections, int count);
