#include "test.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Status parse(Yaml *yaml, const char *text) {
    return yaml_parse(yaml, "test.yaml", (const uint8_t *)text, strlen(text));
}

static int refused(const char *text, const char *sentence) {
    Yaml yaml = {.name = "untouched"};
    const Status status = parse(&yaml, text);
    if (status == OK) yaml_finish(&yaml);
    const int right = status == E_INVALID && strstr(fail_reason(), sentence) != NULL;
    if (!right) printf("# status %d, \"%s\"\n", status, status ? fail_reason() : "");
    return right && strcmp(yaml.name, "untouched") == 0;
}

static void a_tree_keeps_order_text_and_lines(void) {
    Yaml yaml;
    CHECK(parse(&yaml, "weigh:\n  settle_ms: 400\n  empty:\n\ncells: [a, 'b c']\n") == OK);
    CHECK(yaml.root->kind == YAML_MAP && yaml.root->count == 2);
    const YamlNode *settle = yaml_get(yaml_get(yaml.root, "weigh"), "settle_ms");
    CHECK(settle && settle->kind == YAML_SCALAR && strcmp(settle->text, "400") == 0);
    CHECK(settle && settle->line == 2 && strcmp(settle->key, "settle_ms") == 0);
    CHECK(settle && strcmp(settle->next->key, "empty") == 0 && settle->next->text[0] == '\0');
    const YamlNode *cells = yaml_get(yaml.root, "cells");
    CHECK(cells && cells->kind == YAML_LIST && cells->count == 2 && cells->line == 5);
    CHECK(cells && strcmp(cells->first->next->text, "b c") == 0 && !cells->first->key);
    CHECK(yaml_get(yaml.root, "scale") == NULL && yaml_get(cells, "a") == NULL);
    CHECK(yaml_fail(&yaml, settle, "too %s", "short") == E_INVALID);
    CHECK(strcmp(fail_reason(), "test.yaml:2: settle_ms: too short") == 0);
    yaml_finish(&yaml);
}

static void an_empty_file_is_an_empty_map(void) {
    Yaml yaml;
    CHECK(parse(&yaml, "") == OK && yaml.root->kind == YAML_MAP && yaml.root->count == 0);
    yaml_finish(&yaml);
    CHECK(parse(&yaml, "# only a comment\n") == OK && yaml.root->count == 0);
    yaml_finish(&yaml);
}

static void what_a_reader_could_misread_is_refused_with_its_line(void) {
    CHECK(refused("a: 1\nb: 2\na: 3\n", "test.yaml:3: a: this key is already on line 1"));
    CHECK(refused("a: &x 1\n", "test.yaml:1: anchors"));
    CHECK(refused("a: &x [1]\n", "anchors"));
    CHECK(refused("a: &x {b: 1}\n", "anchors"));
    CHECK(refused("a: *x\n", "test.yaml:1: aliases"));
    CHECK(refused("*x : 1\n", "aliases"));
    CHECK(refused("a: !!int 1\n", "tags"));
    CHECK(refused("a: 1\n---\nb: 2\n", "one document"));
    CHECK(refused("[a, b]: 1\n", "a key must be plain text"));
    CHECK(refused("a: \"x\\0y\"\n", "NUL"));
    CHECK(refused("a: 1\n b: 2\n", "test.yaml:2:"));
    CHECK(refused("a: [1, 2\n", "test.yaml:"));
    CHECK(refused("a: \xff\xfe\n", "test.yaml:"));
    CHECK(refused("\t- x\n", "test.yaml:"));
}

static void nesting_and_size_have_limits(void) {
    Yaml yaml;
    CHECK(parse(&yaml, "[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]") == OK); /* 16 with the text itself */
    yaml_finish(&yaml);
    CHECK(refused("[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]", "nested too deeply"));

    enum { LARGE = (1 << 20) + 1, MANY = 2 * 65537 };
    char *text = malloc(LARGE + 1);
    memset(text, ' ', LARGE);
    text[LARGE] = '\0';
    CHECK(refused(text, "larger than 1 MiB"));
    for (int i = 0; i < MANY; i += 2)
        memcpy(text + i, "x,", 2);
    memcpy(text, "[x", 2);
    text[MANY] = '\0';
    CHECK(refused(text, "too many values"));
    free(text);
}

static void a_file_with_65000_keys_is_checked_for_twins_at_once(void) {
    char *text = malloc(1 << 20);
    size_t used = 0;
    for (int i = 0; i < 65000; i++)
        used += (size_t)snprintf(text + used, (1 << 20) - used, "k%d: 1\n", i);
    Yaml yaml;
    CHECK(parse(&yaml, text) == OK && yaml.root->count == 65000);
    yaml_finish(&yaml);
    free(text);
}

static void a_file_is_loaded_by_path_and_a_missing_one_is_not_found(void) {
    char path[] = "/tmp/cartwright-yaml-XXXXXX";
    const int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, "a: 1\n", 5) == 5);
    close(fd);
    Yaml yaml;
    CHECK(yaml_load(&yaml, path) == OK && strcmp(yaml.name, path) == 0);
    yaml_finish(&yaml);
    unlink(path);
    CHECK(yaml_load(&yaml, path) == E_NOT_FOUND && strstr(fail_reason(), path));
}

int main(void) {
    RUN(a_tree_keeps_order_text_and_lines);
    RUN(an_empty_file_is_an_empty_map);
    RUN(what_a_reader_could_misread_is_refused_with_its_line);
    RUN(nesting_and_size_have_limits);
    RUN(a_file_with_65000_keys_is_checked_for_twins_at_once);
    RUN(a_file_is_loaded_by_path_and_a_missing_one_is_not_found);
    return DONE();
}
