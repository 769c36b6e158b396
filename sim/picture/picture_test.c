/* What the cameras see. With a folder as its word it also leaves the pictures there, to be looked
 * at. Skipped only where EGL is missing. */
#include "coco.h"
#include "eye.h"
#include "file.h"
#include "project.h"
#include "scenery.h"
#include "test.h"
#include "world.h"

#include <dlfcn.h>
#include <jansson.h>
#include <link.h>
#include <stdlib.h>
#include <unistd.h>

enum { W = 320, H = 240 };

static const char *gallery; /* where to leave pictures, or NULL */
static Renderer *renderer;
static Props props;
static Scene scene;
static const Camera rim = {{0.14f, 0.29f, 0.66f}, {0.02f, -0.02f, 0.1f}, 0, 1.15f};
static uint32_t take;

static void leave(const char *name, const Image *picture) {
    if (!gallery) return;
    JpegWriter *jpeg = NULL;
    const uint8_t *bytes;
    size_t size;
    char path[512];
    snprintf(path, sizeof path, "%s/%s.jpg", gallery, name);
    CHECK(jpeg_writer_open(&jpeg) == OK);
    CHECK(jpeg_write(jpeg, picture, 92, &bytes, &size) == OK);
    CHECK(file_write_fast(path, bytes, size) == OK);
    jpeg_writer_close(jpeg);
}

static Draw *add_box(double x, double y, double z, double half, int instance) {
    const Pose pose = pose_at(x, y, z);
    Draw *box = scene_add(
        &scene, props.box, props.paint[PAINT_PATCHES][0], &pose,
        (const double[3]){half, half, half});
    box->instance = instance;
    return box;
}

static Scenery begin_scene(uint64_t seed, const Look *look) {
    Random random = random_fork(seed, 1);
    const Pose platform = pose_at(0, 0, 0);
    const Scenery scenery = scenery_by_chance(&props, &random, look);
    scene.count = 0;
    scene.take = ++take;
    scene.t_ns = 0;
    scenery_draw(&props, &scenery, &platform, &scene);
    return scenery;
}

static void add_hand(const Person *person, double x, double y, double z) {
    Pose hand = pose_at(x, y, z);
    turn_from_axes(hand.turn, (const double[3]){0.7, -0.7, 0}, (const double[3]){-0.3, 0.4, 0.85});
    hand_draw(&props, person, &hand, 0.05, (const double[3]){-0.2, 0.66, 0.9}, 9, &scene);
}

/* Drawn in turn, only what changed, and at once: the same but for edges of shadows. */
static void what_moves_looks_as_if_all_were_drawn_anew(void) {
    static Plate kept, anew;
    static uint8_t before[W * H * 4], who[W * H * 2];
    for (int step = 0; step < 14; step++) {
        const Scenery scenery = begin_scene(4, &(Look){0});
        const uint32_t own_take = step == 0 ? take : scene.take - (uint32_t)step * 2;
        add_box(0.1, 0.05, 0.05, 0.05, 1);
        add_box(-0.15, 0, 0.04, 0.04, 2);
        const double x = step < 9 ? -0.3 + 0.05 * step : 0.1;
        if (step > 0) add_box(x, 0.02, 0.2, 0.045, 3);
        if (step > 0) add_hand(&scenery.person, x, 0.02, 0.24);
        if (step > 3) add_box(0.1, -0.15, 0.06, 0.06, 4)->colour[3] = 0.4f;
        scene.take = own_take;
        scene.t_ns = INT64_C(33000000) * (step + 1);
        render_view(renderer, 0, &scene, &rim, &kept);
        memcpy(before, kept.rgbx, sizeof before);
        memcpy(who, kept.who, sizeof who);
        const int visible = kept.visible_px[3], whole = kept.whole_px[3];
        scene.take = ++take;
        render_view(renderer, 1, &scene, &rim, &anew);
        int differ = 0, whose = 0;
        for (int at = 0; at < W * H; at++) {
            int most = 0;
            for (int i = 0; i < 3; i++)
                most = abs(before[at * 4 + i] - anew.rgbx[at * 4 + i]) > most
                           ? abs(before[at * 4 + i] - anew.rgbx[at * 4 + i])
                           : most;
            differ += most > 24;
            whose += who[at * 2] != anew.who[at * 2];
        }
        CHECK(differ < W * H / 60);
        CHECK(whose == 0);
        CHECK(visible == anew.visible_px[3] && whole == anew.whole_px[3]);
        if (step == 8) leave("moving", &(Image){W, H, before});
        if (step == 8) leave("anew", &(Image){W, H, anew.rgbx});
        scene.take = own_take;
    }
}

static void nothing_is_drawn_when_nothing_moves(void) {
    static Plate plate;
    begin_scene(4, &(Look){0});
    add_box(0.1, 0.05, 0.05, 0.05, 1);
    for (int step = 0; step < 3; step++) {
        scene.t_ns = 33000000 * (step + 1);
        scene.draw[scene.count - 1].pose[12] += 0.0002f; /* it trembles */
        render_view(renderer, 0, &scene, &rim, &plate);
        CHECK(rect_empty(plate.changed) == (step > 0));
        CHECK(plate.visible_px[1] > 100);
    }
}

static double mean(const Image *picture, int x0, int y0, int x1, int y1, int colour) {
    double sum = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += picture->rgbx[(y * picture->width + x) * 4 + colour];
    return sum / ((x1 - x0) * (y1 - y0));
}

/* A cell's mean may drift a little with drivers; a change of look moves it more. */
static void a_known_scene_keeps_its_look(void) {
    static const uint8_t wanted[3][4][3] = {
        {{119, 117, 112}, {118, 110, 110}, {111, 110, 110}, {106, 104, 103}},
        {{110, 108, 105}, {104, 103, 101}, {81, 95, 117}, {100, 113, 137}},
        {{99, 98, 97}, {87, 88, 86}, {114, 112, 110}, {129, 133, 142}}};
    static Plate plate;
    const Scenery scenery = begin_scene(7, &(Look){0});
    add_box(0.1, 0.05, 0.05, 0.05, 1);
    add_box(-0.15, -0.1, 0.06, 0.06, 2);
    add_hand(&scenery.person, 0.05, 0.1, 0.2);
    render_view(renderer, 0, &scene, &rim, &plate);
    const Image picture = {W, H, plate.rgbx};
    leave("golden", &picture);
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 4; column++) {
            for (int i = 0; i < 3; i++) {
                const double is = mean(
                    &picture, column * W / 4, row * H / 3, (column + 1) * W / 4, (row + 1) * H / 3,
                    i);
                CHECK(fabs(is - wanted[row][column][i]) < 4);
            }
        }
    }
}

static void boxes_are_where_the_bent_picture_shows_things(void) {
    Eye *eye = NULL;
    static Sight sight;
    Random random = random_fork(3, 3);
    CHECK(eye_open(&eye, renderer, 2, 1) == OK);
    for (int trial = 0; trial < 6; trial++) {
        const Lens lens = lens_by_chance(&random, 2, 1.08);
        begin_scene(5, &(Look){0});
        scene.count = 0;
        const double x = random_between(&random, -0.35, 0.35),
                     y = random_between(&random, -0.2, 0.2);
        const Pose pose = pose_at(x, y, 0.1);
        Draw *ball =
            scene_add(&scene, props.ball, TEXTURE_NONE, &pose, (const double[3]){0.02, 0.02, 0.02});
        ball->instance = 1;
        eye_see(eye, &scene, &rim, &lens, &sight);
        if (sight.instance[1].visible_px == 0) continue;
        float matrix[16], seen[2];
        project_camera(&rim, W, H, matrix);
        const float at[3] = {(float)x, (float)y, 0.1f};
        CHECK(project_point(matrix, at, W, H, seen));
        const double f = H / 2.0 / tan(1.15 / 2);
        const double plane[2] = {((double)seen[0] - W / 2.0) / f, ((double)seen[1] - H / 2.0) / f};
        double there[2];
        lens_distort(lens.distortion, plane, there);
        const SeenInstance *is = &sight.instance[1];
        if (is->x0 == 0 || is->y0 == 0 || is->x1 == W || is->y1 == H) continue;
        CHECK(fabs((is->x0 + is->x1) / 2.0 - (there[0] * f + W / 2.0)) < 1.6);
        CHECK(fabs((is->y0 + is->y1) / 2.0 - (there[1] * f + H / 2.0)) < 1.6);
        CHECK(is->whole_px == is->visible_px);
    }
    eye_close(eye);
}

static void visibility_is_what_others_leave(void) {
    Eye *eye = NULL;
    static Sight sight;
    const Lens lens = {.gain = {1, 1, 1}};
    CHECK(eye_open(&eye, renderer, 2, 1) == OK);
    begin_scene(5, &(Look){0});
    scene.count = 0;
    const Pose behind = pose_at(0, 0, 0.1), front = pose_at(0, 0, 0.3);
    const double size[3] = {0.05, 0.05, 0.002};
    scene_add(&scene, props.box, TEXTURE_NONE, &behind, size)->instance = 1;
    const Camera above = {{0, 0, 0.7f}, {0, 0, 0}, 0, 1.0f};
    eye_see(eye, &scene, &above, &lens, &sight);
    const int alone = sight.instance[1].visible_px;
    scene_add(&scene, props.box, TEXTURE_NONE, &front, (const double[3]){0.017, 0.06, 0.002});
    scene.take = ++take;
    eye_see(eye, &scene, &above, &lens, &sight);
    CHECK(abs(sight.instance[1].whole_px - alone) < alone / 50);
    /* The bar is half as far from the eye: it hides 0.51 of what is behind. */
    CHECK(fabs((double)sight.instance[1].visible_px / alone - 0.49) < 0.04);
    eye_close(eye);
}

static double detail(const Image *picture) {
    double sum = 0;
    for (int at = 0; at + 1 < W * H; at++)
        sum += abs(picture->rgbx[at * 4] - picture->rgbx[at * 4 + 4]);
    return sum;
}

static void faults_show_as_they_are_called(void) {
    Eye *eye = NULL;
    static Sight fine, sight;
    static uint8_t first[W * H * 4];
    Random random = random_fork(9, 9);
    Lens lens = lens_by_chance(&random, 1, 1.08);
    CHECK(eye_open(&eye, renderer, 3, 1) == OK);
    begin_scene(6, &(Look){.clutter = 0.5});
    add_box(0.1, 0.05, 0.05, 0.05, 1);
    scene.t_ns = 1;
    eye_see(eye, &scene, &rim, &lens, &fine);
    memcpy(first, fine.picture.rgbx, sizeof first);
    const double plain = detail(&fine.picture);

    scene.t_ns = 100000000;
    eye_see(eye, &scene, &rim, &lens, &sight);
    CHECK(memcmp(first, sight.picture.rgbx, sizeof first) != 0); /* the noise is new */
    memcpy(first, sight.picture.rgbx, sizeof first);
    lens_fault(&lens, LENS_FROZEN);
    scene.t_ns = 200000000;
    eye_see(eye, &scene, &rim, &lens, &sight);
    CHECK(sight.any && memcmp(first, sight.picture.rgbx, sizeof first) == 0);
    CHECK(sight.instance[1].visible_px == fine.instance[1].visible_px);

    lens_fault(&lens, LENS_UNPLUGGED);
    eye_see(eye, &scene, &rim, &lens, &sight);
    CHECK(!sight.any && sight.instance[1].visible_px == 0);

    lens_fault(&lens, LENS_BLACK);
    scene.t_ns = 300000000;
    eye_see(eye, &scene, &rim, &lens, &sight);
    CHECK(sight.any && mean(&sight.picture, 0, 0, W, H, 1) < 4);
    CHECK(sight.instance[1].visible_px == 0);

    lens_fault(&lens, LENS_SMEARED);
    scene.t_ns = 400000000;
    eye_see(eye, &scene, &rim, &lens, &sight);
    leave("smeared", &sight.picture);
    CHECK(detail(&sight.picture) < 0.95 * plain);
    CHECK(sight.instance[1].x0 == fine.instance[1].x0);

    lens_fault(&lens, LENS_SHIFTED);
    scene.t_ns = 500000000;
    eye_see(eye, &scene, &rim, &lens, &sight);
    leave("shifted", &sight.picture);
    CHECK(
        abs(sight.instance[1].x0 - fine.instance[1].x0) +
            abs(sight.instance[1].y0 - fine.instance[1].y0) >
        15);

    lens_fault(&lens, LENS_FINE);
    scene.t_ns = 600000000;
    eye_see(eye, &scene, &rim, &lens, &sight);
    CHECK(sight.instance[1].x0 == fine.instance[1].x0);
    CHECK(fabs(detail(&sight.picture) - plain) < 0.03 * plain);
    eye_close(eye);
}

static void the_same_seed_gives_the_same_bytes(void) {
    static uint8_t bytes[2][W * H * 4];
    static Sight sight;
    for (int run = 0; run < 2; run++) {
        Eye *eye = NULL;
        Random random = random_fork(11, 1);
        const Lens lens = lens_by_chance(&random, 1, 1.08);
        CHECK(eye_open(&eye, renderer, 2, 5) == OK);
        begin_scene(8, &(Look){.light = LIGHT_FLICKER, .clutter = 1});
        for (int step = 0; step < 5; step++) {
            scene.count -= step > 0;
            add_box(-0.2 + 0.08 * step, 0, 0.2, 0.05, 1);
            scene.t_ns = INT64_C(33333333) * (step + 1);
            eye_see(eye, &scene, &rim, &lens, &sight);
        }
        memcpy(bytes[run], sight.picture.rgbx, sizeof bytes[run]);
        eye_close(eye);
    }
    CHECK(memcmp(bytes[0], bytes[1], sizeof bytes[0]) == 0);
}

static void each_kind_of_light_shows(void) {
    static const char *const names[] = {"normal", "dim", "sun_stripe", "flicker", "reflection"};
    static Sight sight;
    double brightness[5], noise = 0;
    for (int kind = 0; kind < 5; kind++) {
        Eye *eye = NULL;
        Random random = random_fork(12, 1);
        const Lens lens = lens_by_chance(&random, 1, 1.08);
        CHECK(eye_open(&eye, renderer, 2, 5) == OK);
        const Scenery scenery = begin_scene(21, &(Look){.light = (LightKind)kind, .clutter = 0.6});
        add_box(0.1, 0.05, 0.05, 0.05, 1)->gloss = 0.3f;
        add_hand(&scenery.person, -0.1, 0.05, 0.2);
        scene.t_ns = 1;
        eye_see(eye, &scene, &rim, &lens, &sight);
        leave(names[kind], &sight.picture);
        brightness[kind] = mean(&sight.picture, 0, 0, W, H, 1);
        if (kind == LIGHT_FLICKER) { /* rows differ from picture to picture, by more than noise */
            double rows[H];
            for (int y = 0; y < H; y++)
                rows[y] = mean(&sight.picture, 0, y, W, y + 1, 1);
            scene.t_ns = 4000000;
            eye_see(eye, &scene, &rim, &lens, &sight);
            for (int y = 0; y < H; y++)
                noise = fmax(noise, fabs(mean(&sight.picture, 0, y, W, y + 1, 1) - rows[y]));
        }
        eye_close(eye);
    }
    CHECK(brightness[LIGHT_DIM] < 0.85 * brightness[LIGHT_NORMAL]);
    CHECK(brightness[LIGHT_SUN_STRIPE] > 1.02 * brightness[LIGHT_NORMAL]);
    CHECK(brightness[LIGHT_REFLECTION] > brightness[LIGHT_NORMAL]);
    CHECK(noise > 6);
}

static void things_of_no_catalogue_look_like_themselves(void) {
    static const char *const names[] = {"own_bag", "coat", "toy"};
    static Plate plate;
    for (int kind = 0; kind < THING_KINDS; kind++) {
        const Prop *thing = NULL, *same = NULL, *other = NULL;
        CHECK(props_thing(&props, (ThingKind)kind, 3, &thing) == OK);
        CHECK(props_thing(&props, (ThingKind)kind, 4, &other) == OK);
        CHECK(props_thing(&props, (ThingKind)kind, 3, &same) == OK);
        CHECK(thing == same && thing != other && thing->shape != other->shape);
        CHECK(thing->mass_kg[0] > 0 && thing->mass_kg[1] > thing->mass_kg[0]);
        for (int i = 0; i < 3; i++)
            CHECK(thing->product.half[i] > 0.02 && thing->product.half[i] < 0.4);
        begin_scene(14, &(Look){0});
        const Pose pose = kind == THING_COAT ? pose_at(0, BASKET_HALF_Y_M - 0.55, BASKET_RIM_M)
                                             : pose_at(0, 0, thing->product.half[2]);
        const Pose single = pose_at(0, 0, 0);
        item_draw(&props, thing, 1, &single, thing->product.half, &pose, 1, &scene);
        render_view(renderer, 0, &scene, &rim, &plate);
        CHECK(plate.visible_px[1] > 500);
        leave(names[kind], &(Image){W, H, plate.rgbx});
    }
}

static void rolling_moves_the_shop_and_not_the_cart(void) {
    static Plate plate;
    Scenery scenery = begin_scene(15, &(Look){0});
    const Pose platform = pose_at(0, 0, 0);
    for (int step = 1; step < 4; step++) {
        scenery_roll(&scenery, 0.03 * step);
        scene.count = 0;
        scene.t_ns = 33000000 * step;
        scenery_draw(&props, &scenery, &platform, &scene);
        render_view(renderer, 0, &scene, &rim, &plate);
    }
    int moving = 0;
    for (int at = 0; at < W * H; at++)
        moving += plate.who[at * 2 + 1] != 0;
    CHECK(moving > W * H / 20 && moving < W * H * 9 / 10);
}

/* COCO's rleFrString(), counts alone. */
static int read_runs(const char *text, int64_t *runs) {
    int count = 0;
    while (*text) {
        int64_t value = 0;
        int shift = 0;
        bool more = true;
        while (more) {
            const int letter = *text++ - 48;
            value |= (int64_t)(letter & 31) << shift;
            shift += 5;
            more = letter & 32;
            if (!more && letter & 16) value |= -((int64_t)1 << shift);
        }
        runs[count] = count > 2 ? value + runs[count - 2] : value;
        count++;
    }
    return count;
}

static void a_mask_is_the_pixels_it_was_made_of(void) {
    enum { M = 23, N = 17 };
    static uint8_t who[M * N * 2];
    char text[4096];
    int64_t runs[M * N + 2];
    Random random = random_fork(31, 1);
    for (int trial = 0; trial < 40; trial++) {
        const double share = trial / 39.0;
        for (int at = 0; at < M * N; at++)
            who[at * 2] = random_chance(&random, share) ? 7 : 2;
        const size_t size = coco_mask(who, M, N, 7, text, sizeof text);
        CHECK(size < sizeof text && strlen(text) == size);
        int at = 0;
        const int count = read_runs(text, runs);
        for (int run = 0; run < count; run++)
            for (int64_t i = 0; i < runs[run]; i++, at++)
                CHECK((who[(at % N * M + at / N) * 2] == 7) == (run % 2 == 1));
        CHECK(at == M * N);
        CHECK(coco_mask(who, M, N, 7, text, 3) == size && strlen(text) <= 2);
    }
}

static json_t *coco_of(const Sight *sight, const Lens *lens, const Catalog *catalog) {
    static char folder[] = "/tmp/cartwright_coco_XXXXXX";
    const CocoThing things[] = {
        {0}, {COCO_UNKNOWN, true}, {COCO_HAND, false}, {COCO_UNKNOWN, false}};
    Coco *coco = NULL;
    char path[256];
    CHECK(mkdtemp(folder) != NULL);
    CHECK(coco_open(&coco, folder, catalog) == OK);
    for (int picture = 0; picture < 2; picture++)
        CHECK(coco_add(coco, "a.jpg", &rim, lens, sight, things, 3, 12) == OK);
    CHECK(coco_close(coco, true) == OK);
    snprintf(path, sizeof path, "%s/annotations.json", folder);
    json_error_t error;
    json_t *json = json_load_file(path, 0, &error);
    unlink(path);
    CHECK(rmdir(folder) == 0); /* nothing else is left */
    return json;
}

static void labels_are_coco(void) {
    Eye *eye = NULL;
    static Sight sight;
    static const Catalog empty = {NULL, 0, "EUR"};
    Random random = random_fork(3, 3);
    const Lens lens = lens_by_chance(&random, 1, 1.08);
    CHECK(eye_open(&eye, renderer, 2, 1) == OK);
    begin_scene(5, &(Look){0});
    add_box(0.1, 0.05, 0.05, 0.05, 1);
    add_box(-0.1, 0.05, 0.05, 0.05, 2);
    add_box(9, 0, 0, 0.05, 3); /* nowhere to be seen */
    eye_see(eye, &scene, &rim, &lens, &sight);
    json_t *json = coco_of(&sight, &lens, &empty);
    const json_t *annotations = json_object_get(json, "annotations");
    CHECK(json_array_size(json_object_get(json, "images")) == 2);
    CHECK(json_array_size(annotations) == 4);
    const json_t *first = json_array_get(annotations, 2);
    const json_t *box = json_object_get(first, "bbox");
    CHECK(json_integer_value(json_object_get(first, "image_id")) == 2);
    CHECK(json_integer_value(json_object_get(first, "area")) == sight.instance[1].visible_px);
    CHECK(json_integer_value(json_array_get(box, 0)) == sight.instance[1].x0);
    CHECK(
        json_integer_value(json_array_get(box, 2)) == sight.instance[1].x1 - sight.instance[1].x0);
    static int64_t runs[W * H];
    const char *mask =
        json_string_value(json_object_get(json_object_get(first, "segmentation"), "counts"));
    int64_t area = 0;
    for (int run = 0, count = read_runs(mask, runs); run < count; run++)
        area += run % 2 ? runs[run] : 0;
    CHECK(area == sight.instance[1].visible_px);
    json_decref(json);
    eye_close(eye);
}

static int is_driver(struct dl_phdr_info *module, size_t size, void *name) {
    (void)size;
    if (!strstr(module->dlpi_name, "_dri.so") && !strstr(module->dlpi_name, "libgallium")) return 0;
    snprintf(name, 512, "%s", module->dlpi_name);
    return 1;
}

/* Mesa unloads its driver in the end; LeakSanitizer could then not tell its leaks from ours. */
static void keep_driver(void) {
    char name[512];
    if (dl_iterate_phdr(is_driver, name)) dlopen(name, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

int main(int argc, char **argv) {
    static const Catalog empty = {NULL, 0, "EUR"};
    if (argc > 1) gallery = argv[1];
    if (render_open(&renderer, W, H) != OK) {
        printf("1..0 # SKIP %s\n", fail_reason());
        return 0;
    }
    keep_driver();
    if (props_open(&props, renderer, &empty, NULL, 1) != OK) return 1;
    RUN(what_moves_looks_as_if_all_were_drawn_anew);
    RUN(nothing_is_drawn_when_nothing_moves);
    RUN(a_known_scene_keeps_its_look);
    RUN(boxes_are_where_the_bent_picture_shows_things);
    RUN(visibility_is_what_others_leave);
    RUN(faults_show_as_they_are_called);
    RUN(the_same_seed_gives_the_same_bytes);
    RUN(each_kind_of_light_shows);
    RUN(things_of_no_catalogue_look_like_themselves);
    RUN(a_mask_is_the_pixels_it_was_made_of);
    RUN(labels_are_coco);
    RUN(rolling_moves_the_shop_and_not_the_cart);
    props_close(&props);
    render_close(renderer);
    return DONE();
}
