/*
 * sim.c - a platform that is not there, for work without hardware: every few seconds a pack goes on
 * or one of them off, somewhere; the platform rings at 9 Hz and the four cells are noisy.
 */
#include "clock.h"
#include "scale_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNTS_PER_G 400.0
#define ZERO_COUNTS  120000.0
#define NOISE_COUNTS 120.0
#define RING_HZ      9.0
#define DAMPING      0.08
#define RINGS_S      3.0 /* longer than anybody can see it ring */
#define HALF_WIDTH_M 0.2
#define HALF_DEPTH_M 0.15

/* splitmix64 */
static uint64_t roll(Sim *sim) {
    uint64_t z = (sim->dice += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static double between(Sim *sim, double low, double high) {
    return low + (high - low) * (double)(roll(sim) >> 11) * 0x1p-53;
}

void sim_init(Sim *sim, uint64_t seed, double hz) {
    *sim = (Sim){.dice = seed, .hz = hz, .next_s = 2};
}

/* Of a load at x, y (-1 to 1), on the cell in that corner. */
static double share(int cell, double x, double y) {
    const double across = cell % 2 ? 1 + x : 1 - x, along = cell / 2 ? 1 + y : 1 - y;
    return across * along / 4;
}

static void add_move(Sim *sim, double delta_g, double x, double y, double now_s) {
    for (int cell = 0; cell < CELLS_MAX; cell++) /* what rang there has long been still */
        sim->settled_g[cell] += sim->moves[sim->move].delta_g *
                                share(cell, sim->moves[sim->move].x, sim->moves[sim->move].y);
    sim->moves[sim->move].delta_g = delta_g;
    sim->moves[sim->move].x = x;
    sim->moves[sim->move].y = y;
    sim->moves[sim->move].since_s = now_s;
    sim->move = (sim->move + 1) % SIM_LOADS;
}

static void move_a_pack(Sim *sim, double now_s) {
    static const double packs_g[] = {250, 330, 410, 500, 700, 1050};
    const bool off = sim->aboard == SIM_LOADS || (sim->aboard > 0 && between(sim, 0, 1) < 0.4);
    if (off) {
        const int which = (int)between(sim, 0, sim->aboard);
        add_move(sim, -sim->packs[which].g, sim->packs[which].x, sim->packs[which].y, now_s);
        sim->packs[which] = sim->packs[--sim->aboard];
    } else {
        const double g = packs_g[roll(sim) % (sizeof packs_g / sizeof *packs_g)];
        const double x = between(sim, -0.7, 0.7), y = between(sim, -0.7, 0.7);
        sim->packs[sim->aboard].g = g;
        sim->packs[sim->aboard].x = x;
        sim->packs[sim->aboard++].y = y;
        add_move(sim, g, x, y, now_s);
    }
    sim->next_s = now_s + between(sim, 4, 7);
}

void sim_step(Sim *sim, int32_t counts[CELLS_MAX]) {
    const double now_s = (double)sim->sample++ / sim->hz, omega = 2 * 3.14159265358979 * RING_HZ;
    if (now_s >= sim->next_s) move_a_pack(sim, now_s);
    for (int cell = 0; cell < CELLS_MAX; cell++) {
        double grams = sim->settled_g[cell];
        for (int i = 0; i < SIM_LOADS; i++) {
            const double age_s = now_s - sim->moves[i].since_s;
            const double ring =
                age_s < RINGS_S ? exp(-DAMPING * omega * age_s) * cos(omega * age_s) : 0;
            grams +=
                sim->moves[i].delta_g * share(cell, sim->moves[i].x, sim->moves[i].y) * (1 - ring);
        }
        const double noise = between(sim, -1, 1) + between(sim, -1, 1) + between(sim, -1, 1);
        counts[cell] = (int32_t)lround(ZERO_COUNTS + COUNTS_PER_G * grams + NOISE_COUNTS * noise);
    }
}

ScaleCalibration sim_calibration(double hz) {
    const double omega = 2 * 3.14159265358979 * RING_HZ, platform_kg = 4;
    ScaleCalibration calibration = {
        .cells = CELLS_MAX,
        .sample_hz = hz,
        .platform_g = 1000 * platform_kg,
        .stiffness_npm = platform_kg * omega * omega,
        .damping_ratio = DAMPING};
    for (int cell = 0; cell < CELLS_MAX; cell++) {
        calibration.cell[cell].counts_per_g = COUNTS_PER_G;
        calibration.cell[cell].zero_counts = ZERO_COUNTS;
        calibration.cell[cell].x_m = cell % 2 ? HALF_WIDTH_M : -HALF_WIDTH_M;
        calibration.cell[cell].y_m = cell / 2 ? HALF_DEPTH_M : -HALF_DEPTH_M;
    }
    return calibration;
}

/* -- device ------------------------------------------------------------------------------------ */

typedef struct SimDevice {
    Sim sim;
    int64_t began_ns, last; /* samples until it is over; 0: endless */
} SimDevice;

static Status open_sim(void **state, const char *rest, Opened *opened) {
    static const char *const keys[] = {"seed", "hz", "seconds", NULL};
    Uri uri;
    int seed, hz, seconds;
    TRY(uri_parse("sim:", rest, keys, &uri));
    TRY(uri_number("sim:", &uri, "seed", 1, 0, 1000000, &seed));
    TRY(uri_number("sim:", &uri, "hz", 80, 10, 320, &hz));
    TRY(uri_number("sim:", &uri, "seconds", 0, 0, 1000000, &seconds));
    if (uri.device[0])
        return fail(E_INVALID, "scale: sim:%.40s: has no device; e.g. sim:?seed=7", rest);
    SimDevice *device = calloc(1, sizeof *device);
    if (!device) return fail(E_NO_MEMORY, "scale: out of memory");
    sim_init(&device->sim, (uint64_t)seed, hz);
    device->last = (int64_t)seconds * hz;
    opened->calibrated = true;
    opened->calibration = sim_calibration(hz);
    opened->hz = hz;
    *state = device;
    return OK;
}

static Status next(void *state, int64_t deadline_ns, Heard *out, int64_t *at_ns) {
    SimDevice *device = state;
    if (!device->began_ns) device->began_ns = clock_now_ns();
    if (device->last && device->sim.sample >= device->last)
        return fail(E_END, "scale: sim: is over");
    const int64_t due_ns =
        device->began_ns + (int64_t)((double)device->sim.sample / device->sim.hz * 1e9);
    if (due_ns > deadline_ns) {
        clock_sleep_until_ns(deadline_ns);
        return fail(E_TIMEOUT, "scale: sim: nothing is due");
    }
    clock_sleep_until_ns(due_ns);
    *out = (Heard){.cells = CELLS_MAX, .valid = 15, .temperature_c = NAN};
    sim_step(&device->sim, out->counts);
    *at_ns = due_ns;
    return OK;
}

static int64_t garbage(const void *state) {
    (void)state;
    return 0;
}

const Backend scale_sim = {
    .scheme = "sim:", .open = open_sim, .next = next, .garbage = garbage, .close = free};
