#include "scenery.h"

#include "hand_mesh.h"
#include "world.h"

static int any_paint(const Props *props, Random *random, PaintKind kind) {
    return props->paint[kind][random_below(random, PAINTS_PER_KIND)];
}

static void grey(float out[3], double light, double warmth) {
    out[0] = (float)(light * (1 + warmth));
    out[1] = (float)light;
    out[2] = (float)(light * (1 - warmth));
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
    const float *a = skins[random_below(random, 7)], *b = skins[random_below(random, 7)];
    const double mix = random_between(random, 0, 0.4);
    for (int i = 0; i < 3; i++)
        person.skin[i] = (float)((double)a[i] * (1 - mix) + (double)b[i] * mix) * 1.15f;
    paint_colour(
        random, random_between(random, 0, 0.7), random_between(random, 0.03, 0.6), person.sleeve);
    person.sleeve_from = random_chance(random, 0.3) ? 1 : random_between(random, 0.02, 0.6);
    return person;
}

void scenery_roll(Scenery *scenery, double along_m) { scenery->rolled_m = along_m; }

Scenery scenery_by_chance(const Props *props, Random *random, const Look *look) {
    (void)look;
    Scenery scenery = {.light = light_by_chance(random, false)};
    scenery.light.pit_depth_m = (float)BASKET_RIM_M;
    scenery.light.pit_rim_m = (float)BASKET_RIM_M;
    scenery.light.pit_half_m[0] = (float)BASKET_HALF_X_M;
    scenery.light.pit_half_m[1] = (float)BASKET_HALF_Y_M;
    scenery.cart_style = random_chance(random, 0.35);
    if (random_chance(random, 0.65)) {
        grey(scenery.cart, random_between(random, 0.12, 0.5), 0);
    } else {
        paint_colour(random, 0.6, random_between(random, 0.12, 0.4), scenery.cart);
    }
    grey(scenery.tray, random_between(random, 0.06, 0.42), random_between(random, -0.05, 0.05));
    static const PaintKind floors[] = {PAINT_TILES, PAINT_TILES, PAINT_NOISE, PAINT_WOOD};
    scenery.floor_texture = any_paint(props, random, floors[random_below(random, 4)]);
    grey(scenery.floor, random_between(random, 0.3, 0.85), random_between(random, -0.03, 0.1));
    for (int i = 0; i < 4; i++) {
        scenery.shelf_texture[i] =
            any_paint(props, random, random_chance(random, 0.8) ? PAINT_SHELF : PAINT_NOISE);
        grey(scenery.shelf[i], random_between(random, 0.45, 0.95), 0);
        scenery.shelf_far_m[i] = random_between(random, i < 2 ? 1.0 : 2.0, i < 2 ? 2.2 : 5);
    }
    scenery.person = person_by_chance(props, random);
    return scenery;
}

static void draw_shop(const Props *props, const Scenery *scenery, Scene *scene) {
    const Pose ground = pose_at(0, 0, -0.52);
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
                     : 0,
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
        draw->gloss = 0.12f;
    }
    if (pieces < 2) return;
    Draw *bag = scene_add(
        scene, props->bag, TEXTURE_NONE, pose,
        (const double[3]){half[0] * 1.04, half[1] * 1.04, half[2] * 1.06});
    scene_colour(bag, (const float[3]){0.85f, 0.9f, 0.92f}, 0.22f);
    bag->gloss = 0.9f;
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
    scene_colour(palm, person->skin, 1);
    palm->instance = instance;
    palm->gloss = 0.08f;

    double wrist[3], elbow[3], cuff[3];
    const double wrist_in[3] = {0.004, 0, HAND_WRIST_M + 0.02};
    mju_rotVecQuat(wrist, wrist_in, hand->turn);
    mju_addTo3(wrist, hand->at);
    bend_elbow(wrist, shoulder, elbow);
    scene_colour(scene_add_limb(scene, props, wrist, elbow, 0.030), person->skin, 1);
    scene_colour(scene_add_limb(scene, props, elbow, shoulder, 0.045), person->sleeve, 1);
    if (person->sleeve_from >= 1) return;
    for (int i = 0; i < 3; i++)
        cuff[i] = wrist[i] + person->sleeve_from * (elbow[i] - wrist[i]);
    Draw *sleeve = scene_add_limb(scene, props, cuff, elbow, 0.044);
    sleeve->texture = person->cloth;
    scene_colour(sleeve, person->sleeve, 1);
}
