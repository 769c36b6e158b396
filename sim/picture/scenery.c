#include "scenery.h"

#include "hand_mesh.h"
#include "world.h"

#include <string.h>

static int any_paint(const Props *props, Random *random, PaintKind kind) {
    return props->paint[kind][random_below(random, PAINTS_PER_KIND)];
}

static void grey(float out[3], double light, double warmth) {
    out[0] = (float)(light * (1 + warmth));
    out[1] = (float)light;
    out[2] = (float)(light * (1 - warmth));
}

static void
grey_by_chance(Random *random, const double lights[2], const double warmths[2], float out[3]) {
    const double light = random_between(random, lights[0], lights[1]);
    grey(out, light, random_between(random, warmths[0], warmths[1]));
}

Light light_by_chance(Random *random, bool free) {
    Light light = {0};
    const double tilt = random_between(random, 0.05, free ? 1.2 : 0.55);
    const double round = random_between(random, 0, 6.2831853);
    const double warmth = random_between(random, free ? -0.16 : -0.06, free ? 0.22 : 0.12);
    light.sun_direction[0] = (float)(sin(tilt) * cos(round));
    light.sun_direction[1] = (float)(sin(tilt) * sin(round));
    light.sun_direction[2] = (float)cos(tilt);
    const double share = random_between(random, 0.25, free ? 1.1 : 0.75);
    grey(light.sun, share * 1.15, warmth);
    grey(light.sky, 0.95 - 0.45 * share, warmth * random_between(random, -0.6, 1));
    grey(light.ground, random_between(random, 0.16, 0.4), warmth);
    light.exposure =
        (float)(free ? exp(random_between(random, -0.8, 0.45)) : random_between(random, 0.8, 1.15));
    for (int i = 0; i < 3; i++)
        light.background[i] = 0.5f;
    return light;
}

Person person_by_chance(const Props *props, Random *random) {
    static const float skins[][3] = {
        {0.76f, 0.50f, 0.38f}, {0.68f, 0.42f, 0.30f},  {0.60f, 0.36f, 0.25f}, {0.47f, 0.26f, 0.16f},
        {0.32f, 0.17f, 0.10f}, {0.18f, 0.09f, 0.055f}, {0.10f, 0.05f, 0.03f}};
    Person person = {.cloth = any_paint(props, random, PAINT_NOISE)};
    const float *a = skins[random_below(random, 7)];
    const float *b = skins[random_below(random, 7)];
    const double mix = random_between(random, 0, 0.4);
    for (int i = 0; i < 3; i++)
        person.skin[i] = (float)((double)a[i] * (1 - mix) + (double)b[i] * mix) * 1.15f;
    paint_colour(random, (const double[]){0, 0.7}, (const double[]){0.03, 0.6}, person.sleeve);
    const double glove = random_between(random, 0, 1);
    memcpy(person.hand, person.skin, sizeof person.hand);
    if (glove < 0.04) grey(person.hand, random_between(random, 0.02, 0.08), 0);
    if (glove >= 0.04 && glove < 0.08)
        paint_colour(random, (const double[]){0, 0.7}, (const double[]){0.5, 0.5}, person.hand);
    person.watch = random_chance(random, 0.25);
    grey_by_chance(random, (const double[]){0.02, 0.5}, (const double[]){-0.1, 0.3}, person.strap);
    person.sleeve_from = random_chance(random, 0.3) ? 1 : random_between(random, 0.02, 0.6);
    return person;
}

/* What the kinds of light change in an ordinary one. */
static void change_light(Light *light, LightKind kind, Random *random) {
    Random own = random_fork(random_bits(random), 5); /* the shop is the same in any light */
    random = &own;
    if (kind == LIGHT_REFLECTION || random_chance(random, 0.3)) {
        const double bright = kind == LIGHT_REFLECTION ? random_between(random, 14, 26)
                                                       : random_between(random, 2, 5);
        grey(light->lamps, bright, random_between(random, -0.05, 0.05));
        light->lamps_at[0] = (float)random_between(random, 0, 1);
        light->lamps_at[1] = (float)random_between(random, 0.9, 1.6);
    }
    if (kind == LIGHT_DIM) {
        const float much = (float)random_between(random, 0.16, 0.3);
        for (int i = 0; i < 3; i++) {
            light->sun[i] *= much;
            light->sky[i] *= much;
            light->ground[i] *= much;
            light->background[i] *= 0.5f;
        }
        light->exposure *= (float)random_between(random, 1.5, 2.4);
        light->amplified = (float)random_between(random, 2, 3.5);
    }
    if (kind == LIGHT_SUN_STRIPE) {
        const double turn = random_between(random, 0, 3.1415926);
        light->stripe[0] = (float)cos(turn);
        light->stripe[1] = (float)sin(turn);
        light->stripe[2] = (float)random_between(random, -0.14, 0.14);
        light->stripe[3] = (float)random_between(random, 0.05, 0.13);
        light->stripe_sun = (float)random_between(random, 3, 7);
    }
    if (kind == LIGHT_FLICKER) {
        light->flicker = (float)random_between(random, 0.15, 0.45);
        light->mains_hz = random_chance(random, 0.7) ? 49.98f : 59.97f;
    }
}

static void add_clutter(Scenery *scenery, const Props *props, Random *random, double much) {
    static const PaintKind prints[] = {PAINT_PATCHES, PAINT_STRIPES, PAINT_NOISE, PAINT_SHELF};
    const int count = (int)floor(much * CLUTTER_MAX + random_between(random, 0, 0.99));
    for (int i = 0; i < count && i < CLUTTER_MAX; i++) {
        Clutter *clutter = &scenery->clutter[scenery->clutter_count++];
        const PaintKind print = prints[random_below(random, 4)];
        *clutter = (Clutter){.shape = props->quad, .texture = any_paint(props, random, print)};
        clutter->far = random_chance(random, 0.4);
        paint_colour(random, (const double[]){0, 0.5}, (const double[]){0.5, 1}, clutter->colour);
        const double side = random_chance(random, 0.5) ? 1 : -1;
        double at[2];
        if (clutter->far) { /* a stand or a stack beside the cart */
            clutter->shape = props->box;
            random_each(random, (const double[][2]){{-0.6, 2}, {0.7, 1.6}}, 2, at);
            clutter->pose = pose_at(at[0], side * at[1], -0.1);
            for (int axis = 0; axis < 3; axis++)
                clutter->size[axis] = random_between(random, 0.12, 0.35);
        } else { /* paper on the floor of the basket */
            random_each(random, (const double[][2]){{-0.36, 0.36}, {-0.2, 0.2}}, 2, at);
            clutter->pose = pose_at(at[0], at[1], 0.0008 * (i + 1));
            clutter->size[0] = random_between(random, 0.03, 0.1);
            clutter->size[1] = clutter->size[0] * random_between(random, 0.4, 1);
            clutter->size[2] = 1;
        }
        turn_about(clutter->pose.turn, 0, 0, 1, random_between(random, 0, 6.28));
    }
}

void scenery_roll(Scenery *scenery, double along_m) { scenery->rolled_m = along_m; }

Scenery scenery_by_chance(const Props *props, Random *random, const Look *look) {
    Scenery scenery = {.light = light_by_chance(random, false)};
    change_light(&scenery.light, look->light, random);
    scenery.light.pit_depth_m = (float)BASKET_RIM_M;
    scenery.light.pit_rim_m = (float)BASKET_RIM_M;
    scenery.light.pit_half_m[0] = (float)BASKET_HALF_X_M;
    scenery.light.pit_half_m[1] = (float)BASKET_HALF_Y_M;
    scenery.cart_style = random_chance(random, 0.35);
    if (random_chance(random, 0.65)) {
        grey(scenery.cart, random_between(random, 0.12, 0.5), 0);
    } else {
        paint_colour(random, (const double[]){0.6, 0.6}, (const double[]){0.12, 0.4}, scenery.cart);
    }
    grey_by_chance(
        random, (const double[]){0.06, 0.42}, (const double[]){-0.05, 0.05}, scenery.tray);
    static const PaintKind floors[] = {PAINT_TILES, PAINT_TILES, PAINT_NOISE, PAINT_WOOD};
    const PaintKind floor = floors[random_below(random, 4)];
    scenery.floor_texture = any_paint(props, random, floor);
    grey_by_chance(
        random, (const double[]){0.3, 0.85}, (const double[]){-0.03, 0.1}, scenery.floor);
    for (int i = 0; i < 4; i++) {
        const PaintKind shelf = random_chance(random, 0.8) ? PAINT_SHELF : PAINT_NOISE;
        scenery.shelf_texture[i] = any_paint(props, random, shelf);
        grey(scenery.shelf[i], random_between(random, 0.45, 0.95), 0);
        scenery.shelf_far_m[i] = random_between(random, i < 2 ? 1.0 : 2.0, i < 2 ? 2.2 : 5);
    }
    scenery.person = person_by_chance(props, random);
    add_clutter(&scenery, props, random, look->clutter);
    return scenery;
}

static void draw_shop(const Props *props, const Scenery *scenery, Scene *scene) {
    /* The floor's tiles repeat every 7/8 m, a side's shelves every 9/4 m. */
    const Pose ground = pose_at(-fmod(scenery->rolled_m, 0.875), 0, -0.52);
    Draw *floor = scene_add(
        scene, props->fine_quad, scenery->floor_texture, &ground, (const double[3]){7, 7, 1});
    scene_colour(floor, scenery->floor, 1);
    floor->backdrop = true;
    floor->gloss = 0.15f;
    for (int i = 0; i < 4; i++) {
        const double far = scenery->shelf_far_m[i];
        Pose pose = pose_at(
            i == 2   ? far
            : i == 3 ? -far
                     : -fmod(scenery->rolled_m, 2.25),
            i == 0   ? far
            : i == 1 ? -far
                     : 0,
            0.55);
        double turn[4];
        turn_about(pose.turn, 0, 0, 1, (const double[]){3.14159265, 0, -1.57079633, 1.57079633}[i]);
        turn_about(turn, 1, 0, 0, 1.57079633);
        turn_then(pose.turn, turn);
        Draw *shelf = scene_add(
            scene, i < 2 ? props->tiled_quad : props->quad, scenery->shelf_texture[i], &pose,
            (const double[3]){i < 2 ? 4.5 : 1.4, 1.05, 1});
        scene_colour(shelf, scenery->shelf[i], 1);
        shelf->backdrop = true;
    }
}

static void draw_clutter(const Scenery *scenery, const Pose *platform, Scene *scene) {
    for (int i = 0; i < scenery->clutter_count; i++) {
        const Clutter *clutter = &scenery->clutter[i];
        Pose pose = clutter->far ? clutter->pose : pose_then(platform, &clutter->pose);
        if (clutter->far) pose.at[0] -= scenery->rolled_m;
        Draw *draw = scene_add(scene, clutter->shape, clutter->texture, &pose, clutter->size);
        scene_colour(draw, clutter->colour, 1);
        draw->backdrop = clutter->far;
        draw->gloss = 0.2f;
    }
}

void scenery_draw(const Props *props, const Scenery *scenery, const Pose *platform, Scene *scene) {
    scene->light = scenery->light;
    const Pose tray_in = pose_at(0, 0, -0.008);
    const Pose tray_at = pose_then(platform, &tray_in);
    Draw *cart = scene_add(scene, props->cart[scenery->cart_style], TEXTURE_NONE, platform, NULL);
    scene_colour(cart, scenery->cart, 1);
    cart->gloss = scenery->cart_style ? 0.12f : 0.55f;
    Draw *tray = scene_add(
        scene, props->box, TEXTURE_NONE, &tray_at,
        (const double[3]){BASKET_HALF_X_M, BASKET_HALF_Y_M, 0.008});
    scene_colour(tray, scenery->tray, 1);
    tray->gloss = 0.1f;
    Draw *grip = scene_add_limb(
        scene, props, (const double[3]){-0.56, -0.27, 0.5}, (const double[3]){-0.56, 0.27, 0.5},
        0.017);
    scene_colour(grip, scenery->cart, 1);
    draw_clutter(scenery, platform, scene);
    draw_shop(props, scenery, scene);
}

void item_draw(
    const Props *props,
    const Prop *prop,
    int pieces,
    const Pose *piece,
    const double half[3],
    const Pose *pose,
    int instance,
    Scene *scene) {
    for (int i = 0; i < pieces; i++) {
        const Pose at = pose_then(pose, &piece[i]);
        Draw *draw = scene_add(scene, prop->shape, prop->texture, &at, NULL);
        draw->instance = instance;
        draw->gloss = 0.05f + 0.2f * (float)(prop->shape * 37 % 16) / 16; /* some are of film */
        scene_colour(draw, prop->tint, 1);
    }
    if (pieces < 2) return;
    Draw *bag = scene_add(
        scene, props->bag[instance % BAG_KINDS], TEXTURE_NONE, pose,
        (const double[3]){half[0] * 1.04, half[1] * 1.04, half[2] * 1.06});
    scene_colour(bag, (const float[3]){0.85f, 0.9f, 0.92f}, 0.22f);
    bag->gloss = 0.5f;
    bag->instance = instance;
}

/* Where the elbow is: at the upper arm's length from the shoulder, sagging outwards. */
static void bend_elbow(const double wrist[3], const double shoulder[3], double out[3]) {
    const double forearm = 0.27, upper = 0.30;
    double along[3], down[3] = {0, 0, -1};
    mju_sub3(along, shoulder, wrist);
    const double far = mju_normalize3(along);
    const double reach = fmin(far, forearm + upper - 0.01);
    const double foot = (forearm * forearm - upper * upper + reach * reach) / (2 * reach);
    mju_addToScl3(down, along, -mju_dot3(down, along));
    mju_normalize3(down);
    mju_scl3(out, along, foot);
    mju_addToScl3(out, down, sqrt(fmax(0, forearm * forearm - foot * foot)));
    mju_addTo3(out, wrist);
}

void hand_draw(
    const Props *props,
    const Person *person,
    const Pose *hand,
    double aperture_m,
    const double shoulder[3],
    int instance,
    Scene *scene) {
    Draw *palm =
        scene_add(scene, props_hand(props, aperture_m), props->paint[PAINT_SKIN][0], hand, NULL);
    scene_colour(palm, person->hand, 1);
    palm->instance = instance;
    palm->gloss = 0.08f;

    double wrist[3], elbow[3], cuff[3];
    const double wrist_in[3] = {0.004, 0, HAND_WRIST_M + 0.02};
    mju_rotVecQuat(wrist, wrist_in, hand->turn);
    mju_addTo3(wrist, hand->at);
    bend_elbow(wrist, shoulder, elbow);
    scene_colour(scene_add_limb(scene, props, wrist, elbow, 0.030), person->skin, 1);
    scene_colour(scene_add_limb(scene, props, elbow, shoulder, 0.045), person->sleeve, 1);
    if (person->watch) {
        double band[3];
        for (int i = 0; i < 3; i++)
            band[i] = wrist[i] + 0.12 * (elbow[i] - wrist[i]);
        scene_colour(scene_add_limb(scene, props, wrist, band, 0.0335), person->strap, 1);
    }
    if (person->sleeve_from >= 1) return;
    for (int i = 0; i < 3; i++)
        cuff[i] = wrist[i] + person->sleeve_from * (elbow[i] - wrist[i]);
    Draw *sleeve = scene_add_limb(scene, props, cuff, elbow, 0.044);
    sleeve->texture = person->cloth;
    scene_colour(sleeve, person->sleeve, 1);
}
