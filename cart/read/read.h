/*
 * read - barcodes in pictures: a frame and a box in, codes out.
 *
 * EAN-13, EAN-8, UPC-A and UPC-E, turned any way, with a right check digit. Digits come as printed;
 * only UPC-E comes as the UPC-A it stands for, since its eight digits would pass for an EAN-8. One
 * reading of one picture may be wrong: read_vote() waits for a second one.
 *
 * Threads: a Reader belongs to one thread at a time.
 */
#pragma once

#include "detection.h"
#include "frame.h"
#include "scan.h"
#include "status.h"

#include <stdbool.h>

typedef struct Reader Reader;

MUST_USE Status read_open(Reader **out);

/* The codes inside the box, no code twice; returns how many. A box of a few pixels holds none. */
int read_codes(Reader *reader, const Frame *frame, const Box *box, Scan *out, int max);

/* NULL is fine. */
void read_close(Reader *reader);

/* -- voting: pure ------------------------------------------------------------------------------ */

enum { READ_VOTES_MAX = 32 };

typedef struct ReadVotes { /* starts as {0} */
    int next;              /* the oldest, overwritten next */
    struct {
        int32_t track;
        int64_t t_ns; /* of the frame it was first read in */
        bool counted;
        char code[SCAN_CODE_BYTES]; /* "": free */
    } at[READ_VOTES_MAX];
} ReadVotes;

/* True once per track and code: when the code has been read alike in two frames of the track. */
bool read_vote(ReadVotes *votes, int32_t track, const Scan *scan);

/* -- digits: pure ------------------------------------------------------------------------------ */

/* Does the last of these digits (8, 12 or 13 of them) check the others? */
bool read_check_digit(const char *digits);

/* The UPC-A that a UPC-E of eight digits stands for; false when it is none. */
bool read_expand_upce(const char *upce, char upca[13]);
