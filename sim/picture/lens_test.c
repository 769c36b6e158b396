#include "blur.h"
#include "lens.h"
#include "remap.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void a_point_comes_back_from_the_lens(void) {
    Random random = random_fork(1, 1);
    for (int trial = 0; trial < 300; trial++) {
        const Lens lens = lens_by_chance(&random, 1.5, 1.08);
        const double at[2] = {
            random_between(&random, -0.9, 0.9), random_between(&random, -0.7, 0.7)};
        double there[2], back[2];
        lens_distort(lens.distortion, at, there);
        lens_undistort(lens.distortion, there, back);
        CHECK(hypot(back[0] - at[0], back[1] - at[1]) < 1e-9);
    }
}

/* By hand, from the formula: k1 alone, then p1 alone. */
static void distortion_is_brown_and_conradys(void) {
    const double radial[5] = {-0.1, 0, 0, 0, 0}, aside[5] = {0, 0, 0.01, 0, 0}, at[2] = {0.5, 0.4};
    double there[2];
    lens_distort(radial, at, there);
    CHECK(fabs(there[0] - 0.5 * (1 - 0.041)) < 1e-12 && fabs(there[1] - 0.4 * (1 - 0.041)) < 1e-12);
    lens_distort(aside, at, there);
    CHECK(fabs(there[0] - (0.5 + 0.004)) < 1e-12);
    CHECK(fabs(there[1] - (0.4 + 0.01 * (0.41 + 0.32))) < 1e-12);
}

static void chance_stays_within_what_is_declared(void) {
    Random random = random_fork(2, 1);
    for (int trial = 0; trial < 300; trial++) {
        const Lens lens = lens_by_chance(&random, 1, 1.08);
        CHECK(lens.distortion[0] >= -0.09 && lens.distortion[0] <= -0.02);
        CHECK(lens.exposure_s >= 0.003 && lens.exposure_s <= 0.010);
        CHECK(lens.readout_s >= 0.006 && lens.readout_s <= 0.018);
        for (int i = 0; i < 3; i++)
            CHECK(fabs(lens.gain[i] - 1) <= 0.05);
    }
    const Lens ideal = lens_by_chance(&random, 0, 1.08);
    CHECK(ideal.distortion[0] == 0 && ideal.exposure_s == 0 && ideal.gain[0] == 1);
}

/* A white square in the pinhole's picture is where the formula says in the lens's. */
static void a_remapped_square_is_where_the_lens_puts_it(void) {
    enum { W = 320, H = 240 };
    static const double d[5] = {-0.09, 0.01, 0.001, -0.001, 0};
    static uint8_t clean[W * H * 4], out[W * H * 4];
    Remap remap;
    CHECK(remap_open(&remap, W, H));
    remap_aim(&remap, d, 190);
    CHECK(remap.clean_f < 190 && remap.clean_f > 150);
    const Rect square = {250, 180, 262, 192}, all = {0, 0, W, H};
    memset(clean, 0, sizeof clean);
    for (int y = square.y0; y < square.y1; y++)
        memset(clean + (y * W + square.x0) * 4, 255, 12 * 4);
    remap_colour(&remap, clean, all, out);
    double x = 0, y = 0, sum = 0;
    for (int at = 0; at < W * H; at++) {
        x += out[at * 4] * (at % W + 0.5);
        y += out[at * 4] * (at / W + 0.5);
        sum += out[at * 4];
    }
    const double plane[2] = {(256 - W / 2.0) / remap.clean_f, (186 - H / 2.0) / remap.clean_f};
    double there[2];
    lens_distort(d, plane, there);
    CHECK(fabs(x / sum - (there[0] * 190 + W / 2.0)) < 0.3);
    CHECK(fabs(y / sum - (there[1] * 190 + H / 2.0)) < 0.3);
    const Rect seen = remap_rect(&remap, square);
    for (int at = 0; at < W * H; at++)
        if (out[at * 4] > 0)
            CHECK(at % W >= seen.x0 && at % W < seen.x1 && at / W >= seen.y0 && at / W < seen.y1);
    remap_close(&remap);
}

/* A bar that moves 40 px in its exposure is 40 px wider and, in all, as bright as before. */
static void a_moving_bar_is_smeared_along_its_way(void) {
    enum { W = 160, H = 64 };
    static uint8_t rgbx[W * H * 4], who[W * H * 2], still[W * H * 4], still_who[W * H * 2];
    static uint8_t out[W * H * 4], out_who[W * H * 2];
    const BlurPlates plates = {W, H, rgbx, who, still, still_who};
    for (int at = 0; at < W * H; at++) {
        if (at % W < 60 || at % W >= 100) continue;
        memset(rgbx + at * 4, 200, 4);
        who[at * 2] = 3;
        who[at * 2 + 1] = 1;
    }
    const float velocity[2][2] = {{0, 0}, {2000, 0}};
    const BlurTimes times = {.exposure_s = 0.02};
    const Rect blurred = blur_make(&plates, velocity, 1, &times, (Rect){0, 0, W, H}, out, out_who);
    CHECK(blurred.x0 <= 40 && blurred.x1 >= 120);
    int first = W, last = 0, sum = 0;
    for (int x = 0; x < W; x++) {
        const int value = out[(20 * W + x) * 4];
        sum += value;
        if (value > 5 && x < first) first = x;
        if (value > 5) last = x;
        CHECK(out_who[(20 * W + x) * 2] == (x >= 60 && x < 100 ? 3 : 0));
    }
    CHECK(abs(first - 42) <= 4 && abs(last - 117) <= 4 && abs(sum - 40 * 200) < 800);

    /* A slow shutter alone leans it: the top is earlier, further back. */
    const BlurTimes rolling = {.readout_s = 0.02};
    blur_make(&plates, velocity, 1, &rolling, (Rect){0, 0, W, H}, out, out_who);
    CHECK(out_who[(2 * W + 45) * 2] == 3 && out_who[(2 * W + 95) * 2] == 0);
    CHECK(out_who[((H - 3) * W + 65) * 2] == 0 && out_who[((H - 3) * W + 115) * 2] == 3);
}

int main(void) {
    RUN(a_point_comes_back_from_the_lens);
    RUN(distortion_is_brown_and_conradys);
    RUN(chance_stays_within_what_is_declared);
    RUN(a_remapped_square_is_where_the_lens_puts_it);
    RUN(a_moving_bar_is_smeared_along_its_way);
    return DONE();
}
