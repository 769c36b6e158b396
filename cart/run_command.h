/*
 * run_command - `cartwright run`, `cartwright replay`, `cartwright check-config`.
 *
 * argv[0] is the command's own name. Returns the exit status: 0 done, 1 the work failed, 2 the
 * words were wrong. Threads: the main one.
 */
#pragma once

int run_command(int argc, char **argv);
int replay_command(int argc, char **argv);
int check_config_command(int argc, char **argv);
