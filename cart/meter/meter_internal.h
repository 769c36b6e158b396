/* meter_internal.h - between the files of the meter. */
#pragma once

#include "meter.h"

__extension__ typedef __int128 Wide; /* for products of three factors */

/* Rounded to the nearest, halves away from zero. by > 0. */
int64_t divided(Wide value, Wide by);

/* Counts to a load; false: this sample weighs nothing. */
bool counts_to_load(const MeterParameters *parameters, const ScaleSample *sample, int64_t *load_u);

/* The same from thousandths of counts, before the correction of linearity. */
int64_t straight_load(const MeterParameters *parameters, const int64_t mcounts[CELLS_MAX]);

/* What a cell says for itself. */
int64_t cell_load(const MeterParameters *parameters, int cell, int64_t mcounts);
int64_t corrected(const MeterParameters *parameters, int64_t load_u);

/* The sealed values as a table: what a change of the seal compares. */
typedef struct SealedValue {
    const char *name;
    SealKind kind;
    size_t offset; /* of an int64_t in MeterParameters */
    int64_t min, max;
} SealedValue;

enum { SEALED_VALUES = 29 };
extern const SealedValue sealed_values[SEALED_VALUES];
int64_t sealed_value(const MeterParameters *parameters, int value);

extern const uint8_t meter_program[SEAL_HASH_BYTES]; /* written by the build */
