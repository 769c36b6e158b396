/* replay_corpus.c - run a fuzz target over saved inputs, so that every compiler and CI run can. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            perror(argv[i]);
            return EXIT_FAILURE;
        }
        fseek(file, 0, SEEK_END);
        size_t size = (size_t)ftell(file);
        rewind(file);
        uint8_t *input = malloc(size ? size : 1); /* its own block, so that overruns are seen */
        if (!input || fread(input, 1, size, file) != size) return EXIT_FAILURE;
        fclose(file);
        LLVMFuzzerTestOneInput(input, size);
        free(input);
    }
    printf("%d inputs\n", argc - 1);
    return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
