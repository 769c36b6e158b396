#include "identify_command.h"

#include "capture.h"
#include "clock.h"
#include "enroll.h"
#include "identify.h"
#include "picture_list.h"
#include "pricebook.h"
#include "progress.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS_MAX = 32, TOP = 5 };

typedef struct Options {
    char model[SETTING_TEXT_BYTES], gallery[SETTING_TEXT_BYTES], output[SETTING_TEXT_BYTES];
    char catalog[SETTING_TEXT_BYTES], list[SETTING_TEXT_BYTES], box[64];
    int threads, top;
    bool json, help;
} Options;

#define OPTION_MODEL   SETTING_TEXT(Options, model, "models/embedder.onnx", "embedding network [-m]")
#define OPTION_THREADS SETTING_INT(Options, threads, "1", 1, 64, "threads of the network")
#define OPTION_JSON    SETTING_BOOL(Options, json, "no", "report as JSON, an object a line")
#define OPTION_HELP    SETTING_BOOL(Options, help, "no", "this text [-h]")

static const Setting enroll_options[] = {
    SETTING_TEXT(Options, output, "", "gallery file to write [-o]"),
    SETTING_TEXT(Options, catalog, "", "folders of products with product.json, separated by ':'"),
    SETTING_TEXT(Options, list, "", "text file of label,picture lines"),
    OPTION_MODEL,
    OPTION_THREADS,
    OPTION_JSON,
    OPTION_HELP,
    SETTING_END};

static const Setting identify_options[] = {
    SETTING_TEXT(Options, gallery, "", "gallery file, made by cartwright enroll [-g]"),
    SETTING_TEXT(Options, list, "", "text file of label,picture lines: counts how many come right"),
    SETTING_TEXT(
        Options, box, "", "where in the picture: x0,y0,x1,y1 px; else all but a plain ground"),
    SETTING_INT(Options, top, "5", 1, LOOK_SKUS_MAX, "products to name for each picture"),
    OPTION_MODEL,
    OPTION_THREADS,
    OPTION_JSON,
    OPTION_HELP,
    SETTING_END};

static int work_failed(void) {
    fflush(stdout);
    fprintf(stderr, "cartwright: %s\n", fail_reason());
    return 1;
}

static int words_wrong(const char *command) {
    fprintf(
        stderr, "cartwright: %s: %s; `cartwright %s --help` says more\n", command, fail_reason(),
        command);
    return 2;
}

/* 0: go on. Else the exit status plus one. */
static int read_words(
    const char *usage, const Setting *rows, int argc, char **argv, Options *options, int *words) {
    settings_defaults(&(SettingSection){.name = "options", .rows = rows, .config = options}, 1);
    if (settings_read_args(rows, options, argc - 1, argv + 1, words) != OK)
        return 1 + words_wrong(argv[0]);
    if (!options->help) return 0;
    printf("usage: cartwright %s %s\n\n", argv[0], usage);
    settings_print_options(stdout, rows);
    return 1;
}

static Status open_identifier(const Options *options, Identifier **out) {
    IdentifyConfig config = {.unknown_similarity = -1};
    InferConfig infer = {.threads = options->threads};
    memcpy(config.model, options->model, sizeof config.model);
    memcpy(config.gallery, options->gallery, sizeof config.gallery);
    return identify_open(out, &config, &infer, NULL);
}

/* -- enroll ------------------------------------------------------------------------------------ */

typedef struct Progress {
    int64_t started_ns;
    int pictures;
} Progress;

static Status
enroll_one(Identifier *identifier, const char *id, const char *folder, Progress *progress) {
    int pictures = 0;
    TRY(enroll_folder(identifier, id, folder, &pictures));
    progress->pictures += pictures;
    progress_show("pictures", progress->pictures, 0, id);
    return OK;
}

static Status enroll_catalog(Identifier *identifier, char *text, Progress *progress) {
    const char *folders[FOLDERS_MAX];
    int count = 0;
    for (char *word = strtok(text, ":"); word; word = strtok(NULL, ":")) {
        if (count == FOLDERS_MAX) return fail(E_INVALID, "more than %d folders", FOLDERS_MAX);
        folders[count++] = word;
    }
    Catalog catalog = {0};
    char **homes = NULL;
    TRY(pricebook_load(&catalog, folders, count));
    Status status = pricebook_folders(&catalog, folders, count, &homes);
    for (int32_t sku = 0; status == OK && sku < catalog.count; sku++)
        status = enroll_one(identifier, catalog.products[sku].id, homes[sku], progress);
    free(homes);
    pricebook_free(&catalog);
    return status;
}

static Status enroll_list(Identifier *identifier, const char *path, Progress *progress) {
    PictureList list;
    TRY(picture_list_init(&list, path));
    Status status;
    while ((status = picture_list_next(&list)) == OK) {
        Frame *picture = NULL;
        status = capture_load_picture(list.picture, ENROLL_SIDE_PX, &picture);
        if (status == OK) status = identify_enroll(identifier, list.label, picture);
        capture_release(picture);
        if (status != OK) break;
        progress->pictures++;
        progress_show("pictures", progress->pictures, 0, list.label);
    }
    picture_list_finish(&list);
    return status == E_END ? OK : status;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* A folder with pictures, in views/ or directly, is a product; else its folders are. */
static Status enroll_tree(Identifier *identifier, const char *folder, Progress *progress) {
    char path[4096];
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    snprintf(path, sizeof path, "%.*s", (int)length, folder);
    const char *slash = strrchr(path, '/'), *id = slash ? slash + 1 : path;
    int before = progress->pictures;
    TRY(enroll_one(identifier, id, path, progress));
    if (progress->pictures > before) return OK;

    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) return fail(E_IO, "enroll: %s: cannot be read", path);
    Status status = OK;
    for (int i = 0; i < count; i++) {
        char inside[sizeof path + 256];
        snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
        if (status == OK && entries[i]->d_name[0] != '.' && is_folder(inside))
            status = enroll_one(identifier, entries[i]->d_name, inside, progress);
        free(entries[i]);
    }
    free(entries);
    return status;
}

static void
report_enrolled(const Options *options, const Identifier *identifier, const Progress *progress) {
    const Gallery *gallery = identify_gallery(identifier);
    double seconds = (double)(clock_now_ns() - progress->started_ns) / (double)NS_PER_SECOND;
    int products = 0;
    for (int i = 0; i < gallery_labels(gallery); i++)
        products += gallery_knows(gallery, gallery_id(gallery, i));
    progress_end();
    if (options->json) {
        json_t *report = json_pack(
            "{s:s, s:i, s:i, s:i, s:f}", "gallery", options->output, "products", products,
            "pictures", progress->pictures, "vectors", gallery_vectors(gallery), "seconds",
            seconds);
        json_dumpf(report, stdout, JSON_COMPACT);
        printf("\n");
        json_decref(report);
        return;
    }
    printf(
        "%s: %d products, %d vectors from %d pictures in %.1f s\n", options->output, products,
        gallery_vectors(gallery), progress->pictures, seconds);
}

int enroll_command(int argc, char **argv) {
    Options options = {0};
    int words = 0;
    int over = read_words(
        "-o GALLERY [--catalog FOLDERS] [--list FILE] [FOLDER...]\n\n"
        "A FOLDER is a product, named after it, with its pictures in views/ or directly; or it "
        "holds "
        "such folders.",
        enroll_options, argc, argv, &options, &words);
    if (over) return over - 1;
    if (!options.output[0] || (!options.catalog[0] && !options.list[0] && words == 0)) {
        fail(E_INVALID, "needs -o GALLERY and something to enroll");
        return words_wrong(argv[0]);
    }
    Progress progress = {.started_ns = clock_now_ns()};
    Identifier *identifier = NULL;
    Status status = open_identifier(&options, &identifier);
    if (status == OK && options.catalog[0])
        status = enroll_catalog(identifier, options.catalog, &progress);
    if (status == OK && options.list[0]) status = enroll_list(identifier, options.list, &progress);
    for (int i = 0; status == OK && i < words; i++)
        status = enroll_tree(identifier, argv[1 + i], &progress);
    if (status == OK && progress.pictures == 0)
        status = fail(E_NOT_FOUND, "enroll: there are no pictures (.jpg, .png) to enroll");
    if (status == OK) status = identify_save(identifier, options.output);
    if (status == OK) report_enrolled(&options, identifier, &progress);
    identify_close(identifier);
    return status == OK ? 0 : work_failed();
}

/* -- identify ---------------------------------------------------------------------------------- */

typedef struct Score {
    int pictures, failed, first, among_top, unknown;
} Score;

static Status read_box(const char *text, const Frame *picture, Box *out) {
    Box box;
    int used = 0;
    if (!*text) {
        *out = identify_foreground(picture);
        return OK;
    }
    if (sscanf(text, "%f,%f,%f,%f%n", &box.x0, &box.y0, &box.x1, &box.y1, &used) != 4 ||
        text[used] || !(box.x0 < box.x1 && box.y0 < box.y1))
        return fail(E_INVALID, "--box: '%s' is not x0,y0,x1,y1", text);
    box = (Box){
        fmaxf(box.x0, 0), fmaxf(box.y0, 0), fminf(box.x1, (float)picture->width),
        fminf(box.y1, (float)picture->height)};
    if (!(box.x1 - box.x0 >= 1 && box.y1 - box.y0 >= 1))
        return fail(
            E_INVALID, "--box: '%s' is outside the picture (%d x %d)", text, picture->width,
            picture->height);
    *out = box;
    return OK;
}

static void
print_looks(const Options *options, const Gallery *gallery, const char *path, const Looks *looks) {
    printf("%s\n", path);
    for (int i = 0; i < looks->count && i < options->top; i++)
        printf(
            "  %.3f  %s\n", exp((double)looks->at[i].log_p), gallery_id(gallery, looks->at[i].sku));
    printf("  %.3f  (none of these)\n", exp((double)looks->unknown_log_p));
}

static void print_looks_json(
    const Options *options,
    const Gallery *gallery,
    const char *path,
    const char *truth,
    const Looks *looks) {
    json_t *matches = json_array();
    for (int i = 0; i < looks->count && i < options->top; i++)
        json_array_append_new(
            matches, json_pack(
                         "{s:s, s:f}", "product", gallery_id(gallery, looks->at[i].sku), "p",
                         exp((double)looks->at[i].log_p)));
    json_t *report = json_pack(
        "{s:s, s:s?, s:o, s:f}", "picture", path, "truth", truth, "matches", matches, "unknown_p",
        exp((double)looks->unknown_log_p));
    json_dumpf(report, stdout, JSON_COMPACT);
    printf("\n");
    json_decref(report);
}

static void
count_right(const Gallery *gallery, const Looks *looks, const char *truth, Score *score) {
    for (int i = 0; i < looks->count && i < TOP; i++) {
        if (strcmp(gallery_id(gallery, looks->at[i].sku), truth) != 0) continue;
        score->first += i == 0;
        score->among_top++;
    }
    score->unknown += looks->count == 0 || looks->unknown_log_p > looks->at[0].log_p;
}

static Status identify_picture(
    const Options *options,
    Identifier *identifier,
    const char *path,
    const char *truth,
    Score *score) {
    Frame *picture = NULL;
    /* a box is in pixels of the whole picture */
    TRY(capture_load_picture(
        path, options->box[0] ? CAPTURE_SIDE_MAX_PX : ENROLL_SIDE_PX, &picture));
    Box box;
    Looks looks = {0}, *all[] = {&looks};
    Status status = read_box(options->box, picture, &box);
    if (status == OK) status = identify_look(identifier, picture, &box, 1, all);
    capture_release(picture);
    TRY(status);
    const Gallery *gallery = identify_gallery(identifier);
    if (options->json)
        print_looks_json(options, gallery, path, truth, &looks);
    else if (!truth)
        print_looks(options, gallery, path, &looks);
    if (truth) count_right(gallery, &looks, truth, score);
    return OK;
}

/* One bad picture is told of and does not keep the others. */
static void identify_or_tell(
    const Options *options,
    Identifier *identifier,
    const char *path,
    const char *truth,
    Score *score) {
    score->pictures++;
    if (identify_picture(options, identifier, path, truth, score) == OK) return;
    score->failed++;
    work_failed();
}

static Status identify_list(const Options *options, Identifier *identifier, Score *score) {
    PictureList list;
    TRY(picture_list_init(&list, options->list));
    Status status;
    while ((status = picture_list_next(&list)) == OK)
        identify_or_tell(options, identifier, list.picture, list.label, score);
    picture_list_finish(&list);
    return status == E_END ? OK : status;
}

static void report_score(const Options *options, const Score *score) {
    double all = score->pictures > 0 ? score->pictures : 1;
    if (options->json)
        printf(
            "{\"pictures\":%d,\"failed\":%d,\"top1\":%.4f,\"top%d\":%.4f,\"unknown\":%.4f}\n",
            score->pictures, score->failed, score->first / all, TOP, score->among_top / all,
            score->unknown / all);
    else
        printf(
            "%d pictures: %.1f %% right at once, %.1f %% among the first %d, %.1f %% called none "
            "of "
            "these, %d unreadable\n",
            score->pictures, 100 * score->first / all, 100 * score->among_top / all, TOP,
            100 * score->unknown / all, score->failed);
}

int identify_command(int argc, char **argv) {
    Options options = {0};
    int words = 0;
    int over = read_words(
        "-g GALLERY [--list FILE] [PICTURE...]", identify_options, argc, argv, &options, &words);
    if (over) return over - 1;
    if (!options.gallery[0] || (!options.list[0] && words == 0)) {
        fail(E_INVALID, "needs -g GALLERY and a picture");
        return words_wrong(argv[0]);
    }
    Identifier *identifier = NULL;
    if (open_identifier(&options, &identifier) != OK) return work_failed();
    Score score = {0}, listed = {0};
    for (int i = 0; i < words; i++)
        identify_or_tell(&options, identifier, argv[1 + i], NULL, &score);
    Status status = options.list[0] ? identify_list(&options, identifier, &listed) : OK;
    if (status == OK && options.list[0]) report_score(&options, &listed);
    identify_close(identifier);
    if (status != OK) return work_failed();
    return score.failed + listed.failed > 0;
}
