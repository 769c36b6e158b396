/* main - the words of `cartwright`, and which command each one is. */
#include "identify_command.h"
#include "meter.h"
#include "run_command.h"
#include "scale_command.h"
#include "tape_command.h"

#include <stdio.h>
#include <string.h>

/* These want the words after their name. */
static int tape_words(int argc, char **argv) { return tape_command(argc - 1, argv + 1); }

static int scale_words(int argc, char **argv) { return scale_command(argc - 1, argv + 1); }

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", run_command, "watch, weigh, and keep the basket: the daemon on a cart"},
    {"replay", replay_command, "play a recorded tape through the same code"},
    {"identify", identify_command, "say which product a picture shows"},
    {"enroll", enroll_command, "put products into a gallery by their pictures"},
    {"scale", scale_words, "status, zero, tare, calibrate and log of the scale"},
    {"tape", tape_words, "info, check, cat, cut and repair recorded tapes"},
    {"check-config", check_config_command, "read a configuration and say what is wrong with it"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void) {
    printf(
        "cartwright %s - cameras, a scale and a scanner in; a priced basket out\n\n",
        CARTWRIGHT_VERSION);
    printf("usage: cartwright COMMAND [options]\n\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-14s %s\n", commands[i].name, commands[i].help);
    printf("\n`cartwright COMMAND --help` says more. Exit status: 0 done, 1 the work failed, 2 "
           "wrong words.\n");
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "cartwright: name a command; `cartwright --help` lists them\n");
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("cartwright %s\nmeter %s %s\n", CARTWRIGHT_VERSION, METER_VERSION, meter_hash());
        return 0;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    fprintf(
        stderr, "cartwright: no command called '%s'; `cartwright --help` lists them\n", argv[1]);
    return 2;
}
