/*
 * identify_command - `cartwright enroll`: pictures of products into a gallery file; and
 * `cartwright identify`: which product a picture shows.
 *
 * argv[0] is the command's own name. Returns the exit status: 0 done, 1 the work failed, 2 the
 * words were wrong. Threads: the main one.
 */
#pragma once

int enroll_command(int argc, char **argv);
int identify_command(int argc, char **argv);
