/* weigh_play - writes the stories of the weighing bench: weigh_play FOLDER SEEDS [KIND] */
#include "file.h"
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Status play(const char *folder, StoryKind kind, unsigned seed) {
    char path[1024];
    Story story;
    snprintf(path, sizeof path, "%s/%s-%u.story", folder, story_names[kind], seed);
    if (access(path, R_OK) == 0) return OK;
    TRY(story_play(kind, seed, &story));
    const Status status = story_write(path, &story);
    story_free(&story);
    return status;
}

int main(int argc, char **argv) {
    const int seeds = argc > 2 ? atoi(argv[2]) : 0;
    if (seeds < 1) {
        fputs("usage: weigh_play FOLDER SEEDS [KIND]\n", stderr);
        return 2;
    }
    Status status = file_make_folder(argv[1]);
    for (int seed = 1; seed <= seeds; seed++)
        for (int kind = 0; kind < STORY_KINDS && status == OK; kind++)
            if (argc < 4 || strcmp(argv[3], story_names[kind]) == 0)
                status = play(argv[1], (StoryKind)kind, (unsigned)seed);
    if (status != OK) fprintf(stderr, "weigh_play: %s\n", fail_reason());
    return status == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
