/*
 * modes.c - how the platform rings with what is aboard.
 *
 * Deflection q = (heave, roll, pitch). Springs of one stiffness k at the cells' places give
 * K = k/n sum J J^T with J = (1, y, -x); damping is proportional to it; the inertia is
 * M = sum m J J^T over platform and goods. With K = k L L^T the axes of a sample are L^-1 times the
 * cells' force and moments: noise of the cells is white and alike in them. There the modes are the
 * eigenvectors of L^-1 M L^-T, mu = k / w^2. Its first row is known, mass and first moments are
 * what the cells weigh; the second moments are followed as goods come and go, and corrected by the
 * frequencies of the rings.
 */
#include "weigh_internal.h"

#include <math.h>
#include <string.h>

#define SPREAD_P                                                                                   \
    0.72 /* of the platform's mass: a plate with walls, somewhat wider than its cells */
#define SPREAD_SD     0.12
#define SHIFTS_P      0.08 /* packs do not lie still for ever */
#define OWN_SPREAD_P  0.12 /* of an item about its own middle */
#define ABOARD_P      0.45 /* of a load that was there before anybody looked, in axes */
#define CAUTION       3    /* residuals are never quite white */
#define LEARN_SD      0.05 /* of a frequency, relative, that is worth learning from */
#define LEAST_P       0.4  /* of the platform's mass */
#define MOST_P        1.3  /* of all that is on the springs */
#define STIFFNESS_P   0.15 /* no calibration is wrong by more */
#define ACROSS_P      0.6
#define STIFFNESS_NPM 20000.0
#define UNKNOWN_SD    0.5
#define DAMPING_GUESS 0.045
#define REACH         1.7 /* nothing stands further out than this, in axes */
#define SWEEPS        5

static double empty_kg(const ScaleCalibration *calibration) {
    return fmax(calibration->platform_g, 50) / 1000;
}

/* K of the cells' places, factored; false: they stand in a row. */
static bool axes_of(const ScaleCalibration *calibration, double out[3][3]) {
    double k[3][3] = {{0}}, low[3][3] = {{0}};
    for (int i = 0; i < calibration->cells; i++) {
        const double j[3] = {1, calibration->cell[i].y_m, -calibration->cell[i].x_m};
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
                k[a][b] += j[a] * j[b] / calibration->cells;
    }
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b <= a; b++) {
            double sum = k[a][b];
            for (int c = 0; c < b; c++)
                sum -= low[a][c] * low[b][c];
            if (a == b && !(sum > 1e-4)) return false;
            low[a][b] = a == b ? sqrt(sum) : sum / low[b][b];
        }
    }
    memset(out, 0, 9 * sizeof(double));
    for (int a = 0; a < 3; a++) {
        out[a][a] = 1 / low[a][a];
        for (int b = 0; b < a; b++) {
            double sum = 0;
            for (int c = b; c < a; c++)
                sum -= low[a][c] * out[c][b];
            out[a][b] = sum / low[a][a];
        }
    }
    return true;
}

void weigh_modes_init(const WeighConfig *config, WeighState *state) {
    const ScaleCalibration *calibration = &state->calibration;
    const bool known = calibration->stiffness_npm > 0;
    state->modes = axes_of(calibration, state->to_axis) ? WEIGH_MODES : 1;
    if (state->modes == 1) state->to_axis[0][0] = 1;
    WeighInertia *inertia = &state->inertia;
    inertia->stiffness_npm = known ? calibration->stiffness_npm : STIFFNESS_NPM;
    const double kg = empty_kg(calibration), sd_kg = SPREAD_SD * kg;
    const double sd[] = {known ? config->stiffness_p : UNKNOWN_SD, sd_kg, sd_kg, sd_kg / 3};
    for (int i = 0; i < WEIGH_POLE_ERRORS; i++)
        inertia->error[i][i] = sd[i] * sd[i];
    inertia->spread_kg[1][1] = inertia->spread_kg[2][2] = SPREAD_P * kg;
}

void weigh_axes(
    const WeighState *state, const double cell_g[CELLS_MAX], double axis_g[WEIGH_MODES]) {
    const ScaleCalibration *calibration = &state->calibration;
    double force[3] = {0};
    for (int i = 0; i < calibration->cells; i++) {
        force[0] += cell_g[i];
        force[1] += cell_g[i] * calibration->cell[i].y_m;
        force[2] -= cell_g[i] * calibration->cell[i].x_m;
    }
    for (int a = 0; a < WEIGH_MODES; a++) {
        axis_g[a] = 0;
        for (int b = 0; b <= a; b++)
            axis_g[a] += state->to_axis[a][b] * force[b];
    }
}

/* J of a load in axes, none further out than goods can stand. False: too light to say. */
static bool stands_at(const double load_g[WEIGH_MODES], double out[WEIGH_MODES]) {
    out[0] = 1;
    for (int a = 1; a < WEIGH_MODES; a++)
        out[a] = fmax(-REACH, fmin(REACH, load_g[a] / load_g[0]));
    return fabs(load_g[0]) > 5;
}

/* x, y: the axes undone. */
void weigh_place(
    const WeighState *state, const double load_g[WEIGH_MODES], double *x_m, double *y_m) {
    const double roll = load_g[1] / load_g[0], pitch = load_g[2] / load_g[0];
    const double(*to)[WEIGH_MODES] = state->to_axis;
    *y_m = (roll - to[1][0]) / to[1][1];
    *x_m = -(pitch - to[2][0] - to[2][1] * *y_m) / to[2][2];
}

/* Jacobi's method: eigenvalues on the diagonal of a, vectors in the rows of v. */
static void eigen(double a[3][3], double v[3][3]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            v[i][j] = i == j;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (int p = 0; p < 2; p++) {
            for (int q = p + 1; q < 3; q++) {
                if (fabs(a[p][q]) < 1e-12 * (a[p][p] + a[q][q])) continue;
                const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                const double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
                const double c = 1 / sqrt(t * t + 1), s = t * c;
                for (int k = 0; k < 3; k++) {
                    const double x = a[k][p], y = a[k][q];
                    a[k][p] = c * x - s * y, a[k][q] = s * x + c * y;
                }
                for (int k = 0; k < 3; k++) {
                    const double x = a[p][k], y = a[q][k];
                    a[p][k] = c * x - s * y, a[q][k] = s * x + c * y;
                    const double vx = v[p][k], vy = v[q][k];
                    v[p][k] = c * vx - s * vy, v[q][k] = s * vx + c * vy;
                }
            }
        }
    }
}

/* Of ln omega^2 by ln stiffness and the spreads. */
static void sensitivity(const double shape[3], double mu, double out[WEIGH_POLE_ERRORS]) {
    out[0] = 1;
    out[1] = -shape[1] * shape[1] / mu;
    out[2] = -shape[2] * shape[2] / mu;
    out[3] = -2 * shape[1] * shape[2] / mu;
}

void weigh_modes(
    const ScaleCalibration *calibration,
    const WeighInertia *inertia,
    const double level_g[WEIGH_MODES],
    const double before_g[WEIGH_MODES],
    bool coupled,
    WeighModes *out) {
    const double kg = empty_kg(calibration);
    double load[3], mass[3][3];
    for (int a = 0; a < 3; a++)
        load[a] = level_g[a] - before_g[a];
    memcpy(mass, inertia->spread_kg, sizeof mass);
    mass[0][0] = kg + fmax(level_g[0] / 1000, -0.5 * kg);
    for (int a = 1; a < 3; a++)
        mass[0][a] = mass[a][0] = coupled ? level_g[a] / 1000 : 0;
    double at[3], own_kg = 0;
    if (stands_at(load, at)) {
        own_kg = OWN_SPREAD_P * fabs(load[0]) / 1000;
        for (int a = 1; a < 3; a++)
            for (int b = 1; b < 3; b++)
                mass[a][b] += at[a] * at[b] * load[0] / 1000;
        if (load[0] > 0) mass[1][1] += own_kg / 2, mass[2][2] += own_kg / 2;
    }
    eigen(mass, out->shape);
    const double ratio =
        calibration->damping_ratio > 0 ? calibration->damping_ratio : DAMPING_GUESS;
    const double lag_s = 2 * ratio * sqrt(kg / inertia->stiffness_npm);
    for (int j = 0; j < 3; j++) {
        double by[WEIGH_POLE_ERRORS], variance = 0;
        const double mu = out->mu_kg[j] = fmax(mass[j][j], 0.1 * kg);
        sensitivity(out->shape[j], mu, by);
        for (int a = 0; a < WEIGH_POLE_ERRORS; a++)
            for (int b = 0; b < WEIGH_POLE_ERRORS; b++)
                variance += by[a] * inertia->error[a][b] * by[b];
        for (int a = 1; a < 3; a++)
            variance += pow(by[a] * own_kg, 2);
        const double square = inertia->stiffness_npm / mu;
        out->omega[j] = sqrt(square);
        out->decay[j] = fmin(lag_s * square / 2, out->omega[j] / 2);
        out->omega_sd[j] = 0.5 * out->omega[j] * sqrt(fmax(variance, 1e-6));
    }
}

/* A plate's second moments are those of some mass that stands on it. */
static void
keep_possible(const ScaleCalibration *calibration, double load_g, WeighInertia *inertia) {
    double(*spread)[WEIGH_MODES] = inertia->spread_kg;
    const double platform_kg = empty_kg(calibration), load_kg = fmax(load_g, 0) / 1000;
    const double least_kg = LEAST_P * platform_kg, most_kg = MOST_P * (platform_kg + load_kg);
    for (int a = 1; a < 3; a++)
        spread[a][a] = fmax(least_kg, fmin(most_kg, spread[a][a]));
    if (calibration->stiffness_npm > 0)
        inertia->stiffness_npm = fmax(
            (1 - STIFFNESS_P) * calibration->stiffness_npm,
            fmin((1 + STIFFNESS_P) * calibration->stiffness_npm, inertia->stiffness_npm));
    const double most = ACROSS_P * sqrt(spread[1][1] * spread[2][2]);
    spread[1][2] = spread[2][1] = fmax(-most, fmin(most, spread[1][2]));
}

/* Goods came or went: so did their second moments. */
void weigh_modes_carry(WeighState *state, const double load_g[WEIGH_MODES]) {
    WeighInertia *inertia = &state->inertia;
    double at[3];
    if (!stands_at(load_g, at)) return;
    const double own_kg = OWN_SPREAD_P * load_g[0] / 1000;
    for (int a = 1; a < 3; a++)
        for (int b = 1; b < 3; b++)
            inertia->spread_kg[a][b] += at[a] * at[b] * load_g[0] / 1000;
    for (int a = 1; a < 3; a++) {
        inertia->spread_kg[a][a] += own_kg / 2;
        inertia->error[a][a] += own_kg * own_kg;
    }
    inertia->error[3][3] += own_kg * own_kg / 9;
    keep_possible(&state->calibration, state->guess.level_g[0], inertia);
}

void weigh_modes_carried(WeighState *state, double load_g) {
    const double kg = fmax(load_g, 0) / 1000;
    for (int a = 1; a < 3; a++) {
        state->inertia.spread_kg[a][a] += ABOARD_P * kg;
        state->inertia.error[a][a] += ABOARD_P * ABOARD_P * kg * kg;
    }
    state->inertia.error[3][3] += ABOARD_P * ABOARD_P * kg * kg / 9;
}

/* How far `to` is from `from`, in what is learned. */
static void gap(const WeighInertia *from, const WeighInertia *to, double out[WEIGH_POLE_ERRORS]) {
    out[0] = log(to->stiffness_npm / from->stiffness_npm);
    out[1] = to->spread_kg[1][1] - from->spread_kg[1][1];
    out[2] = to->spread_kg[2][2] - from->spread_kg[2][2];
    out[3] = to->spread_kg[1][2] - from->spread_kg[1][2];
}

/* A Kalman update for each mode, of what was known before the window, about where it was tried. */
void weigh_modes_learn(
    const WeighState *state, const WeighFit *fit, int modes, WeighInertia *inertia) {
    const WeighInertia tried = *inertia;
    const double worse = CAUTION * fmax(1, fit->rms_g / state->noise_g);
    double moved[WEIGH_POLE_ERRORS] = {0}, off_by[WEIGH_POLE_ERRORS];
    gap(&state->inertia, &tried, off_by);
    *inertia = state->inertia;
    double(*p)[WEIGH_POLE_ERRORS] = inertia->error;
    for (int j = 0; j < modes; j++) {
        const double sd = worse * fit->pole_off_sd[j];
        if (!(sd < LEARN_SD)) continue;
        double by[WEIGH_POLE_ERRORS], gain[WEIGH_POLE_ERRORS];
        sensitivity(fit->modes.shape[j], fit->modes.mu_kg[j], by);
        double sum = 4 * sd * sd + 1e-6, off = 2 * fit->pole_off[j];
        for (int a = 0; a < WEIGH_POLE_ERRORS; a++) {
            gain[a] = 0;
            for (int b = 0; b < WEIGH_POLE_ERRORS; b++)
                gain[a] += p[a][b] * by[b];
            off += by[a] * (off_by[a] - moved[a]);
        }
        for (int a = 0; a < WEIGH_POLE_ERRORS; a++)
            sum += by[a] * gain[a];
        off = fmax(-3 * sqrt(sum), fmin(3 * sqrt(sum), off));
        for (int a = 0; a < WEIGH_POLE_ERRORS; a++) {
            moved[a] += gain[a] * off / sum;
            for (int b = 0; b < WEIGH_POLE_ERRORS; b++)
                p[a][b] -= gain[a] * gain[b] / sum;
        }
    }
    inertia->stiffness_npm *= exp(moved[0]);
    inertia->spread_kg[1][1] += moved[1];
    inertia->spread_kg[2][2] += moved[2];
    inertia->spread_kg[1][2] += moved[3];
    keep_possible(&state->calibration, fit->level_g[0], inertia);
    for (int a = 0; a < WEIGH_POLE_ERRORS; a++)
        p[a][a] = fmax(p[a][a], 1e-7);
    const double kg = empty_kg(&state->calibration) + fmax(fit->level_g[0], 0) / 1000;
    for (int a = 1; a < WEIGH_POLE_ERRORS; a++)
        p[a][a] = fmax(p[a][a], pow(SHIFTS_P * kg, 2));
}
