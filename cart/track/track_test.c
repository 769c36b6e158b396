#include "test.h"
#include "track.h"
#include "track_internal.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 640, HEIGHT = 480 };

typedef struct Scene {
    TrackConfig config;
    TrackState state;
    TrackOutput out;
    Detections now;
    double t_s, fps;
    int puts, takes, unsure, looks;
    Crossing last;
} Scene;

static void start(Scene *scene, double fps) {
    memset(scene, 0, sizeof *scene);
    for (const Setting *row = track_settings; row->type != SETTING_IS_END; row++) {
        void *field = (char *)&scene->config + row->offset;
        if (row->type == SETTING_IS_INT)
            *(int *)field = atoi(row->fallback);
        else
            *(double *)field = strtod(row->fallback, NULL);
    }
    scene->fps = fps;
    track_init(&scene->state, 3);
}

static void
see(Scene *scene, DetectionKind kind, double x, double y, double w, double h, double score) {
    const Box box = {
        (float)(x - w / 2), (float)(y - h / 2), (float)(x + w / 2), (float)(y + h / 2)};
    scene->now.at[scene->now.count++] =
        (Detection){.box = box, .kind = kind, .score_p = (float)score};
}

static void tally(Scene *scene) {
    for (int i = 0; i < scene->out.crossing_count; i++) {
        scene->last = scene->out.crossings[i];
        scene->puts += scene->last.direction == DIRECTION_PUT;
        scene->takes += scene->last.direction == DIRECTION_TAKE;
        scene->unsure += scene->last.direction == DIRECTION_UNSURE;
    }
    for (int i = 0; i < scene->out.tracks.count; i++)
        scene->looks += scene->out.tracks.at[i].wants_look;
}

static void step(Scene *scene) {
    scene->t_s += 1 / scene->fps;
    scene->now.t_ns = (int64_t)(scene->t_s * 1e9);
    scene->now.width = WIDTH, scene->now.height = HEIGHT;
    track_step(&scene->config, &scene->state, &scene->now, &scene->out);
    tally(scene);
    scene->now.count = 0;
}

/* A hand, and below it what it holds, along a straight line. */
static void carry_along(
    Scene *scene, double x0, double y0, double x1, double y1, double s, bool item, bool hand) {
    for (int i = 1, steps = (int)(s * scene->fps); i <= steps; i++) {
        const double x = x0 + (x1 - x0) * i / steps, y = y0 + (y1 - y0) * i / steps;
        const double low = fmax(0, y - 30), high = y + 30; /* cut off by the picture */
        if (item && high > 12) see(scene, DETECTION_ITEM, x, (low + high) / 2, 60, high - low, 0.8);
        if (hand && y > 60) see(scene, DETECTION_HAND, x, y - 60, 80, 80, 0.8);
        step(scene);
    }
}

static void lie_there(Scene *scene, double x, double y, double s) {
    for (int i = 0; i < (int)(s * scene->fps); i++) {
        see(scene, DETECTION_ITEM, x, y, 60, 60, 0.8);
        step(scene);
    }
}

static void hand_leaves(Scene *scene, double x, double y, bool item_stays, double s) {
    for (int i = 1, steps = (int)(s * scene->fps); i <= steps; i++) {
        if (item_stays) see(scene, DETECTION_ITEM, x, y, 60, 60, 0.8);
        const double hand_y = y - 60 - (y + 40) * i / steps;
        if (hand_y > -20) see(scene, DETECTION_HAND, x, hand_y, 80, 80, 0.8);
        step(scene);
    }
}

static void nothing(Scene *scene, double s) {
    for (int i = 0; i < (int)(s * scene->fps); i++)
        step(scene);
}

static const double frame_rates[] = {10, 15, 20, 30};
enum { FRAME_RATES = 4 };

static void put(Scene *scene, double x, double y) {
    carry_along(scene, x, -20, x, y, 0.7, true, true);
    hand_leaves(scene, x, y, true, 0.5);
    lie_there(scene, x, y, 0.8);
}

static void what_is_carried_in_and_let_go_is_put(void) {
    for (int i = 0; i < FRAME_RATES; i++) {
        Scene scene;
        start(&scene, frame_rates[i]);
        nothing(&scene, 0.5);
        put(&scene, 300, 300);
        CHECK(scene.puts == 1 && scene.takes == 0 && scene.unsure == 0);
        CHECK(fabs((double)scene.last.t_ns * 1e-9 - 1.2) < 0.25);
        CHECK(scene.last.decided_ns - scene.last.t_ns < INT64_C(700000000));
        CHECK(
            scene.last.confidence_p > 0.8F && scene.last.camera == 3 &&
            scene.last.looks.views == 0);
        CHECK(fabsf(scene.last.box.x0 - 270) < 8 && fabsf(scene.last.box.y1 - 330) < 8);
        CHECK(scene.looks >= 2 && scene.looks <= 12);
    }
}

static void what_lay_and_is_carried_out_is_taken(void) {
    for (int i = 0; i < FRAME_RATES; i++) {
        Scene scene;
        start(&scene, frame_rates[i]);
        lie_there(&scene, 300, 300, 2);
        const double before = scene.t_s;
        for (int k = 0; k < (int)(0.4 * scene.fps); k++) { /* takes hold */
            see(&scene, DETECTION_ITEM, 300, 300, 60, 60, 0.8);
            see(&scene, DETECTION_HAND, 300, 240, 80, 80, 0.8);
            step(&scene);
        }
        carry_along(&scene, 300, 300, 300, -40, 0.7, true, true);
        nothing(&scene, 1);
        CHECK(scene.takes == 1 && scene.puts == 0 && scene.unsure == 0);
        CHECK(fabs((double)scene.last.t_ns * 1e-9 - before - 0.4) < 0.25);
        CHECK(scene.last.confidence_p > 0.8F);
        CHECK(fabsf(scene.last.box.y0 - 270) < 8); /* where it lay */
    }
}

static void a_put_and_a_take_of_the_same_pack_are_two_crossings(void) {
    Scene scene;
    start(&scene, 15);
    put(&scene, 300, 300);
    carry_along(&scene, 300, 0, 300, 300, 0.5, false, true);
    for (int k = 0; k < 6; k++) {
        see(&scene, DETECTION_ITEM, 300, 300, 60, 60, 0.8);
        see(&scene, DETECTION_HAND, 300, 240, 80, 80, 0.8);
        step(&scene);
    }
    carry_along(&scene, 300, 300, 300, -40, 0.7, true, true);
    nothing(&scene, 1);
    CHECK(scene.puts == 1 && scene.takes == 1 && scene.unsure == 0);
}

static void what_is_nudged_has_not_crossed(void) {
    for (int i = 0; i < FRAME_RATES; i++) {
        Scene scene;
        start(&scene, frame_rates[i]);
        lie_there(&scene, 200, 300, 1);
        carry_along(&scene, 200, 300, 380, 320, 0.6, true, true);
        hand_leaves(&scene, 380, 320, true, 0.5);
        lie_there(&scene, 380, 320, 1);
        nothing(&scene, 1);
        CHECK(scene.puts + scene.takes + scene.unsure == 0);
    }
}

static void what_a_hand_covers_and_shows_again_has_not_crossed(void) {
    Scene scene;
    start(&scene, 10);
    lie_there(&scene, 300, 300, 2);
    for (int i = 0; i < 25; i++) {
        see(&scene, DETECTION_HAND, 300, 300, 100, 100, 0.8);
        step(&scene);
    }
    lie_there(&scene, 300, 300, 2);
    CHECK(scene.puts + scene.takes + scene.unsure == 0);
}

static void what_another_pack_covers_has_not_crossed(void) {
    Scene scene;
    start(&scene, 10);
    lie_there(&scene, 300, 300, 2);
    for (int i = 0; i < 10; i++) {
        if (i < 5) see(&scene, DETECTION_ITEM, 300, 300, 60, 60, 0.8);
        see(&scene, DETECTION_ITEM, 300, fmax(45, 300.0 - 60 * (9 - i)), 90, 90, 0.9);
        see(&scene, DETECTION_HAND, 300, fmax(45, 230.0 - 60 * (9 - i)), 80, 80, 0.8);
        step(&scene);
    }
    for (int i = 0; i < 30; i++) {
        see(&scene, DETECTION_ITEM, 300, 300, 90, 90, 0.9);
        step(&scene);
    }
    CHECK(scene.puts == 1 && scene.takes == 0);
}

static void a_pack_of_the_pile_found_again_is_not_put(void) {
    Scene scene;
    start(&scene, 10);
    lie_there(&scene, 300, 300, 2);
    nothing(&scene, 30); /* longer than its place is remembered */
    lie_there(&scene, 300, 300, 2);
    CHECK(scene.puts + scene.takes + scene.unsure == 0);
}

static void what_is_shown_and_carried_away_has_not_crossed(void) {
    Scene scene;
    start(&scene, 15);
    carry_along(&scene, 300, -20, 300, 200, 0.7, true, true);
    carry_along(&scene, 300, 200, 300, 204, 1.5, true, true);
    carry_along(&scene, 300, 200, 300, -40, 0.7, true, true);
    nothing(&scene, 3);
    CHECK(scene.puts + scene.takes + scene.unsure == 0);
}

static void what_vanishes_inside_is_unsure(void) {
    Scene scene;
    start(&scene, 15);
    carry_along(&scene, 300, -20, 300, 300, 0.8, true, true);
    hand_leaves(&scene, 300, 300, false, 0.5);
    nothing(&scene, 2);
    CHECK(scene.unsure == 1 && scene.puts == 0 && scene.takes == 0);
    CHECK(scene.last.confidence_p < 0.6F);
}

static void two_hands_put_two_packs(void) {
    for (int i = 0; i < FRAME_RATES; i++) {
        Scene scene;
        start(&scene, frame_rates[i]);
        for (int k = 1, steps = (int)(2 * scene.fps); k <= steps; k++) {
            const double t_s = 2.0 * k / steps, y = 30 + 270 * fmin(1, t_s / 0.7);
            const double hand_y = y - 60 - 400 * fmax(0, t_s - 0.8);
            for (int side = 0; side < 2; side++) {
                see(&scene, DETECTION_ITEM, 200 + 220 * side, y, 60, 60, 0.8);
                if (hand_y > -20)
                    see(&scene, DETECTION_HAND, 200 + 220 * side, hand_y, 80, 80, 0.8);
            }
            step(&scene);
        }
        CHECK(scene.puts == 2 && scene.takes == 0 && scene.unsure == 0);
    }
}

static void one_pack_in_flickering_boxes_is_put_once(void) {
    Scene scene;
    start(&scene, 15);
    for (int k = 1; k <= 40; k++) {
        const double y = 30 + 270 * fmin(1, k / 12.0), hand_y = y - 60 - 40 * fmax(0, k - 14);
        if (k % 5 != 0) see(&scene, DETECTION_ITEM, 300, y, 60, 60, 0.8);
        if (k % 3 != 0) see(&scene, DETECTION_ITEM, 302, y + 3, 56, 54, 0.7); /* the label on it */
        if (k % 4 == 0) see(&scene, DETECTION_ITEM, 300, y + 10, 30, 26, 0.5);
        if (hand_y > -20) see(&scene, DETECTION_HAND, 300, hand_y, 80, 80, 0.8);
        step(&scene);
    }
    CHECK(scene.puts == 1 && scene.takes == 0);
}

static void false_boxes_do_not_cross(void) {
    Scene scene;
    start(&scene, 15);
    srand(7);
    for (int i = 0; i < 15 * 120; i++) {
        lie_there(&scene, 300, 300, 0.5 / 15);
        see(&scene, DETECTION_ITEM, 300, 300, 60, 60, 0.8);
        if (rand() % 5 == 0)
            see(&scene, DETECTION_ITEM, 40 + rand() % 560, 40 + rand() % 400, 50, 50, 0.5);
        step(&scene);
    }
    CHECK(scene.puts + scene.takes + scene.unsure == 0);
}

static void the_end_of_a_session_decides_what_hangs_in_the_air(void) {
    Scene scene;
    start(&scene, 15);
    carry_along(&scene, 300, -20, 300, 300, 0.7, true, true);
    lie_there(&scene, 300, 300, 0.3);
    CHECK(scene.puts == 0);
    track_flush(&scene.config, &scene.state, &scene.out);
    tally(&scene);
    CHECK(scene.puts == 1);
    track_flush(&scene.config, &scene.state, &scene.out);
    CHECK(scene.out.crossing_count == 0);
}

static void old_resting_packs_are_not_looked_at_until_a_hand_comes(void) {
    Scene scene;
    start(&scene, 15);
    lie_there(&scene, 300, 300, 1);
    scene.looks = 0;
    lie_there(&scene, 300, 300, 20);
    CHECK(scene.looks == 0);
    for (int k = 0; k < 30; k++) {
        see(&scene, DETECTION_ITEM, 300, 300, 60, 60, 0.8);
        see(&scene, DETECTION_HAND, 300, 200, 80, 80, 0.8);
        step(&scene);
    }
    CHECK(scene.looks == 1);
}

static void never_more_looks_in_a_picture_than_allowed(void) {
    Scene scene;
    start(&scene, 30);
    for (int k = 0; k < 60; k++) {
        for (int i = 0; i < 6; i++)
            see(&scene, DETECTION_ITEM, 60 + 90 * i, 30 + 4 * k, 60, 50, 0.8);
        see(&scene, DETECTION_HAND, 320, 30 + 4 * k, 600, 80, 0.8);
        scene.looks = 0;
        step(&scene);
        CHECK(scene.looks <= scene.config.looks_per_frame);
    }
}

static void absurd_input_is_survived(void) {
    Scene scene;
    start(&scene, 10);
    srand(1);
    const float odd[] = {NAN, INFINITY, -INFINITY, -1e30F, 1e30F, 0, 5, 300, 640};
    for (int i = 0; i < 3000; i++) {
        Detections *now = &scene.now;
        now->count = rand() % (DETECTIONS_MAX + 1);
        now->width = rand() % 9 ? WIDTH : 0, now->height = HEIGHT;
        now->t_ns = rand() % 7   ? now->t_ns + rand() % 100000000
                    : rand() % 2 ? INT64_MAX
                                 : INT64_MIN;
        if (now->t_ns < 0 || now->t_ns > INT64_MAX / 2) now->t_ns = (int64_t)i * 100000000;
        for (int k = 0; k < now->count; k++)
            now->at[k] = (Detection){
                .box = {odd[rand() % 9], odd[rand() % 9], odd[rand() % 9], odd[rand() % 9]},
                .kind = rand() % 2 ? DETECTION_ITEM : DETECTION_HAND,
                .score_p = odd[rand() % 9]};
        track_step(&scene.config, &scene.state, now, &scene.out);
        CHECK(scene.out.tracks.count <= TRACKS_MAX && scene.out.crossing_count <= CROSSINGS_MAX);
    }
    scene.now.count = 100000;
    scene.now.t_ns += 1000;
    track_step(&scene.config, &scene.state, &scene.now, &scene.out);
    scene.now.t_ns = INT64_MAX;
    track_step(&scene.config, &scene.state, &scene.now, &scene.out);
    CHECK(scene.out.tracks.count == 0);
    track_flush(&scene.config, &scene.state, &scene.out);
}

static void a_frame_from_the_past_is_skipped(void) {
    Scene scene;
    start(&scene, 10);
    lie_there(&scene, 300, 300, 1);
    scene.t_s -= 0.3;
    lie_there(&scene, 300, 300, 0.1);
    CHECK(scene.out.tracks.count == 0);
    scene.t_s += 0.5;
    lie_there(&scene, 300, 300, 0.1);
    CHECK(scene.out.tracks.count == 1 && scene.out.tracks.at[0].phase == TRACK_RESTING);
}

/* Every way to pair up, tried in turn. */
static double cheapest(int row, int rows, int columns, const double *cost, unsigned used) {
    if (row == rows) return 0;
    double least = 1 + cheapest(row + 1, rows, columns, cost, used);
    for (int j = 0; j < columns; j++)
        if (!(used & 1U << j) && cost[row * columns + j] < 1)
            least = fmin(
                least,
                cost[row * columns + j] + cheapest(row + 1, rows, columns, cost, used | 1U << j));
    return least;
}

static void the_assignment_is_the_cheapest_there_is(void) {
    srand(3);
    for (int trial = 0; trial < 2000; trial++) {
        const int rows = 1 + rand() % 6, columns = 1 + rand() % 6;
        double cost[36] = {0};
        int partner[TRACKS_MAX];
        for (int i = 0; i < rows * columns; i++)
            cost[i] = rand() % 1400 / 1000.0;
        track_assign(rows, columns, cost, partner);
        double total = 0;
        unsigned used = 0;
        for (int i = 0; i < rows; i++) {
            total += partner[i] < 0 ? 1 : cost[i * columns + partner[i]];
            if (partner[i] < 0) continue;
            CHECK(!(used & 1U << partner[i]));
            used |= 1U << partner[i];
        }
        CHECK(fabs(total - cheapest(0, rows, columns, cost, 0)) < 1e-9);
    }
}

int main(void) {
    RUN(what_is_carried_in_and_let_go_is_put);
    RUN(what_lay_and_is_carried_out_is_taken);
    RUN(a_put_and_a_take_of_the_same_pack_are_two_crossings);
    RUN(what_is_nudged_has_not_crossed);
    RUN(what_a_hand_covers_and_shows_again_has_not_crossed);
    RUN(what_another_pack_covers_has_not_crossed);
    RUN(a_pack_of_the_pile_found_again_is_not_put);
    RUN(what_is_shown_and_carried_away_has_not_crossed);
    RUN(what_vanishes_inside_is_unsure);
    RUN(two_hands_put_two_packs);
    RUN(one_pack_in_flickering_boxes_is_put_once);
    RUN(false_boxes_do_not_cross);
    RUN(the_end_of_a_session_decides_what_hangs_in_the_air);
    RUN(old_resting_packs_are_not_looked_at_until_a_hand_comes);
    RUN(never_more_looks_in_a_picture_than_allowed);
    RUN(absurd_input_is_survived);
    RUN(a_frame_from_the_past_is_skipped);
    RUN(the_assignment_is_the_cheapest_there_is);
    return DONE();
}
