#include "cell.h"

static const double creep_s[CELL_CREEPS] = {20, 200, 2400};
static const double creep_share[CELL_CREEPS] = {0.25, 0.20, 0.55};
static const double pink_s[CELL_PINKS] = {0.05, 0.25, 1.25, 6.25, 31};
static const double CREEP_P = 330e-6; /* at most, all three together: 245e-6 after 30 min */
static const double NOISY_G = 60;

Cell cell_by_chance(Random *random) {
    Cell cell = {0};
    cell.counts_per_g = 210 * (1 + 0.02 * random_normal(random));
    cell.offset_counts = random_between(random, -60000, 60000);
    cell.white_g = random_between(random, 0.55, 1.05);
    cell.pink_g = random_between(random, 0.15, 0.4);
    cell.zero_g_per_c = 0.12 * random_normal(random);
    cell.span_per_c = 12e-6 * random_normal(random);
    const double creep_p = CREEP_P * random_between(random, -0.6, 1);
    for (int i = 0; i < CELL_CREEPS; i++)
        cell.creep_p[i] = creep_p * creep_share[i];
    return cell;
}

static double creep(Cell *cell, double load_g, double step_s) {
    double sum = 0;
    for (int i = 0; i < CELL_CREEPS; i++) {
        const double wanted = cell->creep_p[i] * load_g;
        cell->crept_g[i] += (wanted - cell->crept_g[i]) * (1 - exp(-step_s / creep_s[i]));
        sum += cell->crept_g[i];
    }
    return sum;
}

static double noise(Cell *cell, double step_s, Random *random) {
    double sum = 0;
    for (int i = 0; i < CELL_PINKS; i++) {
        const double keep = exp(-step_s / pink_s[i]);
        cell->pink[i] = keep * cell->pink[i] + sqrt(1 - keep * keep) * random_normal(random);
        sum += cell->pink[i];
    }
    const double white_g = cell->fault == CELL_NOISY ? NOISY_G : cell->white_g;
    return white_g * random_normal(random) + cell->pink_g * sum / sqrt(CELL_PINKS);
}

int32_t cell_read(Cell *cell, double load_g, double temperature_c, double step_s, Random *random) {
    const double warm_c = temperature_c - CELL_CALIBRATED_C;
    const double taken_g = fmax(-CELL_STOP_G, fmin(CELL_STOP_G, load_g));
    const double grams =
        (taken_g + creep(cell, taken_g, step_s)) * (1 + cell->span_per_c * warm_c) +
        cell->zero_g_per_c * warm_c + noise(cell, step_s, random);
    const double counts = cell->offset_counts + cell->counts_per_g * grams;
    const int32_t read = (int32_t)lround(fmax(-CELL_COUNTS_MAX - 1, fmin(CELL_COUNTS_MAX, counts)));
    if (cell->fault == CELL_OVER_RANGE) return CELL_COUNTS_MAX;
    if (cell->fault != CELL_STUCK) cell->last_counts = read;
    return cell->last_counts;
}
