/*
 * roll.c - a cart that is pushed: the floor shakes the platform by hundreds of grams.
 *
 * Platform and goods are one body on the springs, so at every moment what the cells carry is its
 * mass times what the IMU on it feels, F = M (g cos tilt + a), whatever the floor does and however
 * it rings. So the sum of the cells is multiplied by u0 / u: what the IMU felt when all was calm
 * over what it feels now, between its samples by a cubic. That waits for two IMU samples more.
 *
 * Rolling shows as shaking that does not die away; a ring does.
 */
#include "weigh_internal.h"

#include <math.h>
#include <string.h>

#define FAST_S       0.25
#define SLOW_S       2.0
#define CALM_S       3.0
#define LOOK_NS      INT64_C(400000000) /* in a few of these a ring fades to nothing */
#define STAYS_P      0.25
#define STALE_NS     INT64_C(200000000)
#define GRAVITY      9.80665
#define ROLL_NOISE_G 25.0

static double towards(double now, double wanted, double dt_s, double time_s) {
    return now + fmin(1, dt_s / time_s) * (wanted - now);
}

void weigh_imu(const WeighConfig *config, WeighState *state, const ImuSample *sample) {
    const double up = (double)sample->accel_mps2[2];
    WeighRoll *roll = &state->roll;
    if (!(fabs(up) < 1000) || sample->t_ns <= roll->last_ns || sample->t_ns > LATEST_NS) return;
    const double dt_s = fmin(seconds(sample->t_ns - roll->last_ns), 1);
    if (roll->count == 0) roll->mean_mps2 = roll->calm_mps2 = up, roll->look_ns = sample->t_ns;
    roll->imu[roll->count++ % WEIGH_IMU_MAX] = (WeighImu){sample->t_ns, up};
    roll->last_ns = sample->t_ns;
    const double off = up - roll->mean_mps2;
    roll->mean_mps2 = towards(roll->mean_mps2, up, dt_s, SLOW_S);
    roll->shake2 = towards(roll->shake2, off * off, dt_s, FAST_S);
    const double least2 = config->shake_mps2 * config->shake_mps2;
    if (!roll->rolling && !state->open && roll->shake2 < least2 / 4)
        roll->calm_mps2 = towards(roll->calm_mps2, up, dt_s, CALM_S);
    if (sample->t_ns - roll->look_ns < LOOK_NS) return;
    double low2 = roll->shake2, high2 = roll->shake2;
    for (int i = WEIGH_LOOKS - 1; i > 0; i--) {
        roll->looks2[i] = roll->looks2[i - 1];
        low2 = fmin(low2, roll->looks2[i]), high2 = fmax(high2, roll->looks2[i]);
    }
    roll->looks2[0] = roll->shake2;
    roll->look_ns = sample->t_ns;
    roll->wanted = roll->rolling ? high2 > least2 / 2 : low2 > fmax(least2, STAYS_P * high2);
}

/* What it felt at a moment between the second and the third newest of its samples, or before. */
static bool felt_at(const WeighRoll *roll, int64_t t_ns, double *up) {
    const int64_t kept = roll->count < WEIGH_IMU_MAX ? roll->count : WEIGH_IMU_MAX;
    for (int64_t i = roll->count - 3; i > roll->count - kept; i--) {
        const WeighImu *at = roll->imu;
        const WeighImu *p0 = &at[(i - 1) % WEIGH_IMU_MAX], *p1 = &at[i % WEIGH_IMU_MAX];
        const WeighImu *p2 = &at[(i + 1) % WEIGH_IMU_MAX], *p3 = &at[(i + 2) % WEIGH_IMU_MAX];
        if (p1->t_ns > t_ns) continue;
        if (p3->t_ns - p0->t_ns > STALE_NS || t_ns > p2->t_ns) return false;
        const double x = seconds(t_ns - p1->t_ns), a = -seconds(p1->t_ns - p0->t_ns);
        const double b = seconds(p2->t_ns - p1->t_ns), c = seconds(p3->t_ns - p1->t_ns);
        *up = p0->up_mps2 * x * (x - b) * (x - c) / (a * (a - b) * (a - c)) +
              p1->up_mps2 * (x - a) * (x - b) * (x - c) / (-a * b * c) +
              p2->up_mps2 * (x - a) * x * (x - c) / ((b - a) * b * (b - c)) +
              p3->up_mps2 * (x - a) * x * (x - b) / ((c - a) * c * (c - b));
        return *up > 0.2 * GRAVITY;
    }
    return false;
}

bool weigh_roll(const WeighState *state, WeighSample *sample) {
    double up;
    const double platform_g = fmax(state->calibration.platform_g, 50);
    if (!felt_at(&state->roll, sample->t_ns, &up)) return false;
    sample->axis_g[0] = (sample->axis_g[0] + platform_g) * state->roll.calm_mps2 / up - platform_g;
    return true;
}

bool weigh_roll_changes(WeighState *state) {
    WeighRoll *roll = &state->roll;
    const bool stale = state->last_ns - roll->last_ns > STALE_NS;
    if (roll->rolling == (roll->wanted && !stale)) return false;
    roll->rolling = !roll->rolling;
    if (roll->rolling) roll->still_noise_g = state->noise_g;
    state->noise_g = roll->rolling ? ROLL_NOISE_G : roll->still_noise_g;
    return true;
}
