/*
 * tape_command - `cartwright tape info|check|cat|cut|repair`: look at a recorded run, cut a piece
 * out of it, mend it.
 *
 * argv starts after the word "tape". Reports go to stdout, one line about a failure to stderr.
 * Gives the exit code: 0 done, 1 the work failed (check: something is wrong), 2 the words were
 * wrong.
 */
#pragma once

int tape_command(int argc, char **argv);
