/* The physics against the pencil: weight, ring, tilt. */
#include "platform.h"
#include "test.h"

static const WorldPlatform SPRING = {.mass_kg = 5, .stiffness_npm = 26000, .damping_ratio = 0.045};

static ProductMesh block(double x, double y, double z) {
    return (ProductMesh){.half = {x, y, z}, .solid = SOLID_BOX};
}

static double weight_g(const World *world) {
    double force_n[4];
    world_cells(world, force_n);
    return (force_n[0] + force_n[1] + force_n[2] + force_n[3]) / WORLD_GRAVITY * 1000;
}

static void run(World *world, double seconds) {
    const int steps = (int)lround(seconds / WORLD_STEP_S);
    for (int i = 0; i < steps; i++)
        world_step(world);
}

static void an_empty_platform_weighs_itself(void) {
    World *world = NULL;
    CHECK(world_open(&world, &SPRING, NULL, 0) == OK);
    run(world, 1);
    CHECK(fabs(weight_g(world) - 5000) < 0.01);
    world_close(world);
}

/* Put down 8 mm above the floor so that it rings; the mean of whole seconds is its weight. */
static void a_load_weighs_what_it_weighs_within_a_gram(void) {
    static const double grams[] = {52, 476, 1889, 2973, 12000};
    const ProductMesh box = block(0.1, 0.06, 0.05);
    for (int i = 0; i < 5; i++) {
        World *world = NULL;
        const WorldItem item = world_item_of(&box, grams[i] / 1000);
        const Pose pose = pose_at(0.15, -0.1, 0.056);
        CHECK(world_open(&world, &SPRING, &item, 1) == OK);
        world_place(world, 0, &pose);
        run(world, 14); /* the heaviest rings longest */
        double sum = 0;
        for (int k = 0; k < 800; k++) {
            world_step(world);
            sum += weight_g(world);
        }
        const double off_g = sum / 800 - 5000 - grams[i];
        if (fabs(off_g) >= 1) printf("# %g g: %g g off\n", grams[i], off_g);
        CHECK(fabs(off_g) < 1);
        CHECK(world_inside(world, 0) && world_touches(world, 0) && world_speed(world, 0) < 0.001);
        world_close(world);
    }
}

/* The middle of the platform carries the load, so only the vertical spring takes part. */
static void the_ring_is_that_of_mass_and_spring_within_three_percent(void) {
    static const double kilograms[] = {0.5, 3, 10};
    const ProductMesh box = block(0.2, 0.15, 0.05);
    for (int i = 0; i < 3; i++) {
        World *world = NULL;
        const WorldItem item = world_item_of(&box, kilograms[i]);
        const double sag = 5 * WORLD_GRAVITY / SPRING.stiffness_npm;
        const Pose pose = pose_at(0, 0, 0.05 - sag);
        CHECK(world_open(&world, &SPRING, &item, 1) == OK);
        world_place(world, 0, &pose);
        run(world, 0.1);
        const double still = 5000 + kilograms[i] * 1000;
        double before = weight_g(world), first_s = -1, last_s = -1;
        int crossings = 0;
        while (world_time_s(world) < 1.1) {
            world_step(world);
            const double now = weight_g(world);
            if (before < still && now >= still) {
                last_s = world_time_s(world) - WORLD_STEP_S * (now - still) / (now - before);
                if (first_s < 0)
                    first_s = last_s;
                else
                    crossings++;
            }
            before = now;
        }
        const double mass = 5 + kilograms[i];
        const double hz = sqrt(SPRING.stiffness_npm / mass) / 6.283185307;
        CHECK(crossings >= 3);
        const double measured = crossings / (last_s - first_s);
        if (fabs(measured / hz - 1) > 0.03) printf("# %g kg: %g Hz, not %g\n", mass, measured, hz);
        CHECK(fabs(measured / hz - 1) < 0.03);
        world_close(world);
    }
}

static void the_cells_tell_where_a_load_stands(void) {
    World *world = NULL;
    const ProductMesh box = block(0.05, 0.05, 0.05);
    const WorldItem item = world_item_of(&box, 2);
    const Pose pose = pose_at(0.2, -0.12, 0.051);
    double force_n[4], sum_n = 0, x_m = 0, y_m = 0;
    CHECK(world_open(&world, &SPRING, &item, 1) == OK);
    world_place(world, 0, &pose);
    run(world, 6);
    world_cells(world, force_n);
    for (int cell = 0; cell < 4; cell++) {
        double x, y;
        world_cell_place(cell, &x, &y);
        const double load_n = force_n[cell] - 5 * WORLD_GRAVITY / 4;
        sum_n += load_n;
        x_m += load_n * x;
        y_m += load_n * y;
    }
    CHECK(fabs(x_m / sum_n - 0.2) < 0.01 && fabs(y_m / sum_n + 0.12) < 0.01);
    world_close(world);
}

static void what_a_hand_holds_above_weighs_nothing(void) {
    World *world = NULL;
    const ProductMesh box = block(0.05, 0.05, 0.05);
    const WorldItem item = world_item_of(&box, 1);
    const Pose hand = pose_at(0, 0, 0.5), in_hand = pose_at(0, 0, -0.1);
    CHECK(world_open(&world, &SPRING, &item, 1) == OK);
    world_move_hand(world, &hand);
    world_step(world);
    world_hold(world, 0, &in_hand, false);
    run(world, 2);
    CHECK(fabs(weight_g(world) - 5000) < 0.01);
    CHECK(fabs(world_item_pose(world, 0).at[2] - 0.4) < 0.005 && !world_touches(world, 0));
    world_release(world, 0);
    run(world, 8);
    CHECK(fabs(weight_g(world) - 6000) < 1);
    world_close(world);
}

static void counts_give_the_load_back_through_the_calibration(void) {
    Platform platform = platform_by_chance(7);
    World *world = NULL;
    const ProductMesh box = block(0.05, 0.05, 0.05);
    const WorldItem item = world_item_of(&box, 1.234);
    const Pose pose = pose_at(0.1, 0.1, 0.051);
    CHECK(world_open(&world, &platform.spring, &item, 1) == OK);
    world_place(world, 0, &pose);
    run(world, 8);
    double sum = 0;
    for (int i = 0; i < 400; i++) {
        ScaleSample sample;
        CHECK(
            platform_weigh(&platform, world, (int64_t)i * 12500000, &sample) && sample.valid == 15);
        for (int cell = 0; cell < 4; cell++)
            sum += (sample.counts[cell] - platform.calibration.cell[cell].zero_counts) /
                   platform.calibration.cell[cell].counts_per_g / 400;
    }
    CHECK(fabs(sum - 1234) < 0.5);
    const double ring_hz =
        sqrt(platform.calibration.stiffness_npm / (platform.calibration.platform_g / 1000)) /
        6.2831853;
    CHECK(ring_hz > 9.5 && ring_hz < 11.1);
    const ImuSample still = platform_feel(&platform, world, 0);
    CHECK(fabs((double)still.accel_mps2[2] - WORLD_GRAVITY) < 0.15);
    world_close(world);
}

int main(void) {
    RUN(an_empty_platform_weighs_itself);
    RUN(a_load_weighs_what_it_weighs_within_a_gram);
    RUN(the_ring_is_that_of_mass_and_spring_within_three_percent);
    RUN(the_cells_tell_where_a_load_stands);
    RUN(what_a_hand_holds_above_weighs_nothing);
    RUN(counts_give_the_load_back_through_the_calibration);
    return DONE();
}
