/*
 * random - small repeatable random numbers (PCG32). A stream is a value; forking one by a label
 * gives a stream that does not shift when somebody else draws one number more.
 */
#pragma once

#include <math.h>
#include <stdint.h>

typedef struct Random {
    uint64_t state;
} Random;

static inline uint32_t random_bits(Random *random) {
    const uint64_t old = random->state;
    random->state = old * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const uint32_t mixed = (uint32_t)(((old >> 18) ^ old) >> 27);
    const uint32_t turn = (uint32_t)(old >> 59);
    return (mixed >> turn) | (mixed << (-turn & 31));
}

static inline Random random_fork(uint64_t seed, uint64_t label) {
    uint64_t mixed = seed + label * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    Random random = {mixed ^ (mixed >> 31)};
    random_bits(&random);
    return random;
}

/* min <= x < max */
static inline double random_between(Random *random, double min, double max) {
    return min + (max - min) * (random_bits(random) * 0x1p-32);
}

/* One number from each range, in order. C sets no order for the arguments of a call or the values
 * of a list, so two draws never stand in one of those. */
static inline void random_each(Random *random, const double (*range)[2], int count, double *out) {
    for (int i = 0; i < count; i++)
        out[i] = random_between(random, range[i][0], range[i][1]);
}

/* 0 <= x < count */
static inline int random_below(Random *random, int count) {
    return (int)(((uint64_t)random_bits(random) * (uint64_t)count) >> 32);
}

static inline int random_chance(Random *random, double p) {
    return random_between(random, 0, 1) < p;
}

/* Mean 0, standard deviation 1. */
static inline double random_normal(Random *random) {
    const double radius = sqrt(-2 * log(1 - random_between(random, 0, 1)));
    return radius * cos(random_between(random, 0, 2 * 3.14159265358979323846));
}
