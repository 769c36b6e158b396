#include "capture.h"
#include "file.h"
#include "identify_command.h"
#include "picture_list.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char model[512], folder[] = "/tmp/identify_command_XXXXXX";

static const char *in_folder(const char *name) {
    static char paths[8][256];
    static int next;
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static void write_text(const char *name, const char *text) {
    CHECK(file_write(in_folder(name), text, strlen(text)) == OK);
}

/* A pack of two colours on white. */
static void write_pack(const char *name, const uint8_t *left, const uint8_t *right) {
    enum { SIDE = 96 };
    static uint8_t rgb[SIDE][SIDE][3];
    memset(rgb, 245, sizeof rgb);
    for (int y = 24; y < 72; y++)
        for (int x = 20; x < 76; x++)
            memcpy(rgb[y][x], x < 48 ? left : right, 3);
    Frame frame = {.width = SIDE, .height = SIDE, .stride = SIDE * 3, .rgb = &rgb[0][0][0]};
    uint8_t *jpeg = NULL;
    size_t size = 0;
    CHECK(capture_encode_jpeg(&frame, 95, &jpeg, &size) == OK);
    CHECK(file_write(in_folder(name), jpeg, size) == OK);
    free(jpeg);
}

/* Run a command with stdout into `out` and stderr into `errors`, both in the folder. */
static int run(int (*command)(int, char **), const char *const *words) {
    char *argv[16];
    int argc = 0, kept[2] = {dup(1), dup(2)};
    for (; *words; words++)
        argv[argc++] = strdup(*words);
    argv[argc] = NULL;
    fflush(stdout);
    CHECK(freopen(in_folder("out"), "w", stdout) && freopen(in_folder("errors"), "w", stderr));
    char *to_free[16];
    memcpy(to_free, argv, sizeof to_free);
    int code = command(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(kept[0], 1);
    dup2(kept[1], 2);
    close(kept[0]);
    close(kept[1]);
    for (int i = 0; i < argc; i++)
        free(to_free[i]);
    return code;
}

#define RUN_WORDS(command, ...) run(command, (const char *const[]){__VA_ARGS__, NULL})

static int says(const char *name, const char *words) {
    uint8_t *text = NULL;
    size_t size = 0;
    CHECK(file_read(in_folder(name), 1 << 20, &text, &size) == OK);
    int found = text && strstr((char *)text, words) != NULL;
    if (!found) {
        printf("# %s does not say '%.*s':\n", name, (int)strcspn(words, "\n"), words);
        for (char *line = text ? strtok((char *)text, "\n") : NULL; line; line = strtok(NULL, "\n"))
            printf("#   %s\n", line);
    }
    free(text);
    return found;
}

static void folders_are_enrolled_and_their_pictures_known(void) {
    int code =
        RUN_WORDS(enroll_command, "enroll", "-m", model, "-o", in_folder("g"), in_folder("shop"));
    CHECK(code == 0 && says("out", "3 products, 12 vectors from 3 pictures"));
    code = RUN_WORDS(
        identify_command, "identify", "-m", model, "-g", in_folder("g"), "--top", "1",
        in_folder("shop/plums/views/a.jpg"));
    CHECK(code == 0 && says("out", "plums") && !says("out", "berries\n"));
    code = RUN_WORDS(
        identify_command, "identify", "-m", model, "-g", in_folder("g"), "--json", "--box",
        "20,24,76,72", in_folder("shop/berries/b.jpg"));
    CHECK(code == 0 && says("out", "\"matches\":[{\"product\":\"berries\""));
}

static void a_list_is_scored(void) {
    write_text(
        "list.csv",
        "# label,picture\nplums,shop/plums/views/a.jpg\r\n\n berries , shop/berries/b.jpg\n"
        "plums,shop/berries/b.jpg\n");
    int code = RUN_WORDS(
        identify_command, "identify", "-m", model, "-g", in_folder("g"), "--json", "--list",
        in_folder("list.csv"));
    CHECK(code == 0 && says("out", "{\"pictures\":3,\"failed\":0,\"top1\":0.6667,\"top5\":1.0000"));
    code = RUN_WORDS(
        enroll_command, "enroll", "-m", model, "-o", in_folder("g2"), "--list",
        in_folder("list.csv"));
    CHECK(code == 0 && says("out", "2 products, 12 vectors from 3 pictures"));
}

static void one_bad_picture_does_not_keep_the_others(void) {
    write_text("shop/notes.txt", "hello");
    int code = RUN_WORDS(
        identify_command, "identify", "-m", model, "-g", in_folder("g"),
        in_folder("shop/notes.txt"), in_folder("shop/berries/b.jpg"));
    CHECK(code == 1 && says("out", "berries") && says("errors", "notes.txt"));
}

static void wrong_words_exit_with_two(void) {
    CHECK(RUN_WORDS(enroll_command, "enroll") == 2 && says("errors", "-o GALLERY"));
    CHECK(RUN_WORDS(enroll_command, "enroll", "-o", "x") == 2);
    CHECK(RUN_WORDS(enroll_command, "enroll", "--outptu", "x") == 2 && says("errors", "--output"));
    CHECK(RUN_WORDS(identify_command, "identify", "x.jpg") == 2 && says("errors", "-g GALLERY"));
    CHECK(RUN_WORDS(identify_command, "identify", "--help") == 0 && says("out", "--box"));
}

static void work_that_fails_exits_with_one_and_one_line(void) {
    CHECK(RUN_WORDS(enroll_command, "enroll", "-m", model, "-o", in_folder("g3"), "/nowhere") == 1);
    CHECK(says("errors", "/nowhere"));
    CHECK(RUN_WORDS(identify_command, "identify", "-m", model, "-g", "/nowhere", "x.jpg") == 1);
    CHECK(says("errors", "/nowhere"));
    int code = RUN_WORDS(
        identify_command, "identify", "-m", model, "-g", in_folder("g"), "--box", "1,2,3",
        in_folder("shop/berries/b.jpg"));
    CHECK(code == 1 && says("errors", "--box"));
}

static void a_line_without_a_comma_is_named(void) {
    write_text("bad.csv", "plums,a.jpg\nberries\n");
    PictureList list;
    CHECK(picture_list_init(&list, in_folder("bad.csv")) == OK);
    CHECK(picture_list_next(&list) == OK && strcmp(list.label, "plums") == 0);
    CHECK(strcmp(list.picture, in_folder("a.jpg")) == 0);
    CHECK(picture_list_next(&list) == E_INVALID && strstr(fail_reason(), "bad.csv:2"));
    CHECK(picture_list_next(&list) == E_END);
    picture_list_finish(&list);
}

int main(int argc, char **argv) {
    static const uint8_t red[3] = {220, 20, 20}, green[3] = {20, 180, 20}, blue[3] = {20, 20, 220};
    snprintf(model, sizeof model, "%s/embedder.onnx", argc > 1 ? argv[1] : "infer/testdata");
    CHECK(mkdtemp(folder) != NULL);
    const char *folders[] = {
        "shop", "shop/plums", "shop/plums/views", "shop/berries", "shop/tomatoes"};
    for (int i = 0; i < 5; i++)
        CHECK(mkdir(in_folder(folders[i]), 0700) == 0);
    write_pack("shop/plums/views/a.jpg", red, blue);
    write_pack("shop/berries/b.jpg", blue, green);
    write_pack("shop/tomatoes/c.jpg", red, green);
    RUN(folders_are_enrolled_and_their_pictures_known);
    RUN(a_list_is_scored);
    RUN(one_bad_picture_does_not_keep_the_others);
    RUN(wrong_words_exit_with_two);
    RUN(work_that_fails_exits_with_one_and_one_line);
    RUN(a_line_without_a_comma_is_named);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return DONE() || system(command) != 0;
}
