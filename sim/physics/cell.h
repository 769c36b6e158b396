/*
 * cell - one load cell and its converter, with what is wrong with real ones.
 *
 * In: the load on the cell, how warm it is, how long since the last reading. Out: counts. In this
 * order:
 *
 *   - overload: a mechanical stop takes what exceeds CELL_STOP_G.
 *   - creep: a sum of three exponentials, shares 0.25, 0.20, 0.55 with 20, 200, 2400 s. In size a
 *     class C3 cell: at most 0.7 mpe in 30 min and 0.15 mpe from 20 to 30 (OIML R60), 4.9 and 1.05
 * g for 20 kg, so up to 245 ppm in 30 min, either way. In shape: of 65 cells NIST found the creep
 *     of 30 min to be 0.84 of that of 60, and recovery 0.86 of creep; here 0.844, and 0.81 after
 *     half an hour each, 0.89 after an hour.
 *   - temperature: zero and span move with the degrees from CELL_CALIBRATED_C.
 *   - noise: white, and 1/f as five first-order noises an even factor apart.
 *   - converter: 24 bits two's complement, saturating.
 *
 * Pure. Threads: a state belongs to one. Units: grams, seconds, degrees Celsius.
 */
#pragma once

#include "random.h"

#include <stdint.h>

#define CELL_STOP_G       32000.0
#define CELL_CALIBRATED_C 21.0

enum { CELL_CREEPS = 3, CELL_PINKS = 5, CELL_COUNTS_MAX = (1 << 23) - 1 };

/* What may be wrong with it. */
typedef enum CellFault {
    CELL_FINE,
    CELL_STUCK,      /* says the same for ever */
    CELL_NOISY,      /* a loose plug */
    CELL_NAN,        /* gives no number */
    CELL_OVER_RANGE, /* a broken wire: full scale */
    CELL_SILENT      /* its converter does not answer */
} CellFault;

typedef struct Cell {
    double counts_per_g, offset_counts;
    double white_g, pink_g; /* 1 sigma */
    double creep_p[CELL_CREEPS];
    double zero_g_per_c, span_per_c;
    CellFault fault;
    double crept_g[CELL_CREEPS], pink[CELL_PINKS];
    int32_t last_counts;
} Cell;

/* One out of a production run. */
Cell cell_by_chance(Random *random);

/* step_s since the last call. The load is taken as it is now. */
int32_t cell_read(Cell *cell, double load_g, double temperature_c, double step_s, Random *random);
