#include "dataset_scene.h"

#include "hand_mesh.h"

static const double TURN = 6.2831853;

static int32_t any_sku(const Props *props, Random *random) {
    return random_below(random, props->catalog->count);
}

static int new_thing(Shot *shot, bool hand, bool held, int32_t sku) {
    shot->thing[++shot->count] = (Thing){hand, held, sku};
    return shot->count;
}

/* -- the basket ---------------------------------------------------------------------------- */

/* As people put things down: standing, flat on a side, or any way at all. */
static void turn_by_chance(Random *random, const double half[3], double turn[4]) {
    double lay[4] = {1, 0, 0, 0};
    turn_about(turn, 0, 0, 1, random_between(random, 0, TURN));
    const double kind = random_between(random, 0, 1);
    if (kind > 0.85) {
        double axis[3];
        for (int i = 0; i < 3; i++)
            axis[i] = random_normal(random);
        turn_about(lay, axis[0], axis[1], axis[2], random_between(random, 0, TURN));
    } else if (kind > 0.4) {
        const int flat = half[0] < half[1] ? 0 : 1;
        const int side = random_chance(random, 0.8) ? flat : 1 - flat;
        turn_about(lay, side == 1, side == 0, 0, random_chance(random, 0.5) ? TURN / 4 : -TURN / 4);
    }
    turn_then(turn, lay);
}

Status heap_by_chance(Props *props, Random *random, Heap *out) {
    WorldItem items[14] = {0};
    int32_t sku[14];
    const double crowd = random_between(random, 0, 1);
    const int count = 1 + (int)(13 * crowd * crowd);
    for (int i = 0; i < count; i++) {
        const Prop *prop = NULL;
        sku[i] = i > 0 && random_chance(random, 0.15) ? sku[random_below(random, i)]
                                                      : any_sku(props, random);
        TRY(props_product(props, sku[i], &prop));
        items[i] = world_item_of(&prop->product, props->catalog->products[sku[i]].gross_g / 1000);
    }
    World *world = NULL;
    const WorldPlatform platform = {.mass_kg = 6, .stiffness_npm = 60000, .damping_ratio = 0.3};
    TRY(world_open(&world, &platform, items, count));
    for (int i = 0; i < count; i++) {
        const double room = fmax(0.02, 0.22 - fmax(items[i].half[0], items[i].half[1]));
        double share[2];
        random_each(random, (const double[][2]){{-1, 1}, {-1, 1}}, 2, share);
        Pose pose = pose_at(share[0] * (room + 0.12), share[1] * room, 0.16 + 0.14 * i);
        turn_by_chance(random, items[i].half, pose.turn);
        world_place(world, i, &pose);
    }
    const int steps = 640 + 110 * count;
    for (int step = 0; step < steps; step++)
        world_step(world);
    out->count = 0;
    for (int i = 0; i < count; i++) {
        if (!world_inside(world, i)) continue;
        out->at[out->count].sku = sku[i];
        out->at[out->count++].pose = world_item_pose(world, i);
    }
    world_close(world);
    return OK;
}

/* An arm that would cover the lens is no picture. */
static bool covers_lens(const Camera *camera, const double at[3], const double shoulder[3]) {
    for (int i = 0; i <= 8; i++) {
        double apart = 0;
        for (int axis = 0; axis < 3; axis++) {
            const double off =
                at[axis] + (shoulder[axis] - at[axis]) * i / 8 - (double)camera->eye[axis];
            apart += off * off;
        }
        if (apart < 0.22 * 0.22) return true;
    }
    return false;
}

/* A hand at a place, its arm towards a shoulder, with or without something in it. */
static Status
add_hand(Props *props, Random *random, const double at[3], const double shoulder[3], Shot *shot) {
    if (covers_lens(&shot->camera, at, shoulder)) return OK;
    const Person person = person_by_chance(props, random);
    const bool holds = random_chance(random, 0.65);
    double arm[3], side[3];
    mju_sub3(arm, shoulder, at);
    mju_normalize3(arm);
    for (int i = 0; i < 3; i++)
        arm[i] += 0.35 * random_normal(random);
    for (int i = 0; i < 3; i++)
        side[i] = random_normal(random);
    Pose hand = {{at[0], at[1], at[2]}, {1, 0, 0, 0}};
    turn_from_axes(hand.turn, side, arm);
    double aperture = random_between(random, 0.02, HAND_APERTURE_MAX_M);
    if (holds) {
        const int32_t sku = any_sku(props, random);
        const Prop *prop = NULL;
        TRY(props_product(props, sku, &prop));
        Pose thing = hand;
        turn_by_chance(random, prop->product.half, thing.turn);
        double in_thing[3], back[4];
        mju_negQuat(back, thing.turn);
        mju_rotVecQuat(in_thing, arm, back);
        const double *half = prop->product.half;
        const Grip grip = grip_by_chance(half, grip_thinnest(half, random), in_thing, random);
        /* The thing keeps its way up; the hand turns to it. */
        const Pose hand_in_thing = pose_inverse(&grip.in_hand);
        const Pose turned = pose_then(&thing, &hand_in_thing);
        memcpy(hand.turn, turned.turn, sizeof hand.turn);
        const Pose held = pose_then(&hand, &grip.in_hand);
        const Pose single = pose_at(0, 0, 0);
        item_draw(
            props, prop, 1, &single, prop->product.half, &held, new_thing(shot, false, true, sku),
            &shot->scene);
        aperture = grip.aperture_m;
    }
    hand_draw(
        props, &person, &hand, aperture, shoulder, new_thing(shot, true, false, SKU_UNKNOWN),
        &shot->scene);
    return OK;
}

static int hands_by_chance(Random *random) {
    const double kind = random_between(random, 0, 1);
    return kind < 0.35 ? 0 : kind < 0.85 ? 1 : 2;
}

static Camera rim_camera(Random *random) {
    static const float places[3][6] = {
        {0.41f, 0.27f, 0.60f, -0.06f, -0.03f, 0.12f},
        {0.41f, -0.27f, 0.60f, -0.06f, 0.03f, 0.12f},
        {-0.43f, 0, 0.63f, 0.06f, 0, 0.12f}};
    const float *place = places[random_below(random, 3)];
    Camera camera = {.vertical_fov_rad = (float)random_between(random, 1.15, 1.5)};
    camera.roll_rad = (float)(0.03 * random_normal(random));
    for (int i = 0; i < 3; i++) {
        camera.eye[i] = place[i] + (float)(0.035 * random_normal(random));
        camera.target[i] = place[3 + i] + (float)(0.05 * random_normal(random));
    }
    return camera;
}

Status shot_of_heap(Props *props, const Heap *heap, Random *random, Shot *out) {
    Look look = {
        .light = random_chance(random, 0.6) ? LIGHT_NORMAL : (LightKind)random_below(random, 5)};
    if (random_chance(random, 0.5)) look.clutter = random_between(random, 0, 0.8);
    const Scenery scenery = scenery_by_chance(props, random, &look);
    const Pose platform = pose_at(0, 0, 0), single = pose_at(0, 0, 0);
    out->count = out->scene.count = 0;
    scenery_draw(props, &scenery, &platform, &out->scene);
    for (int i = 0; i < heap->count; i++) {
        const Prop *prop = NULL;
        TRY(props_product(props, heap->at[i].sku, &prop));
        item_draw(
            props, prop, 1, &single, prop->product.half, &heap->at[i].pose,
            new_thing(out, false, false, heap->at[i].sku), &out->scene);
    }
    out->camera = rim_camera(random);
    const int hands = hands_by_chance(random);
    for (int i = 0; i < hands; i++) {
        const double side = random_chance(random, 0.5) ? 1 : -1;
        const bool from_handle = random_chance(random, 0.4);
        double at[3], arm[3];
        random_each(random, (const double[][2]){{-0.38, 0.36}, {-0.3, 0.3}, {0.16, 0.72}}, 3, at);
        random_each(
            random,
            from_handle ? (const double[][2]){{-0.85, -0.65}, {0, 0.3}, {0.75, 1.05}}
                        : (const double[][2]){{-0.3, 0.3}, {0.5, 0.8}, {0.75, 1.05}},
            3, arm);
        const double shoulder[3] = {arm[0] + (from_handle ? 0 : at[0]), side * arm[1], arm[2]};
        TRY(add_hand(props, random, at, shoulder, out));
    }
    return OK;
}

/* -- anywhere ------------------------------------------------------------------------------ */

static int any_texture(const Props *props, Random *random) {
    static const PaintKind kinds[] = {PAINT_NOISE,   PAINT_TILES, PAINT_SHELF,
                                      PAINT_STRIPES, PAINT_WOOD,  PAINT_PATCHES};
    const PaintKind kind = kinds[random_below(random, 6)];
    return props->paint[kind][random_below(random, PAINTS_PER_KIND)];
}

static Draw *add_board(
    const Props *props,
    Random *random,
    const Pose *pose,
    double width,
    double height,
    Scene *scene) {
    const int quads[] = {props->quad, props->tiled_quad, props->fine_quad};
    float colour[3];
    paint_colour(random, (const double[]){0, 0.5}, (const double[]){0.08, 0.95}, colour);
    const int quad = quads[random_below(random, 3)];
    Draw *board = scene_add(
        scene, quad, any_texture(props, random), pose, (const double[3]){width, height, 1});
    scene_colour(board, colour, 1);
    board->gloss = (float)random_between(random, 0, 0.4);
    return board;
}

/* A vessel or carton that is in no catalogue; standing on z = 0 at x, y. Its radius is returned. */
static double
add_stranger(const Props *props, Random *random, double x, double y, double turn, Shot *shot) {
    const int instance = new_thing(shot, false, false, SKU_UNKNOWN);
    const int first = shot->scene.count;
    const double radius = random_between(random, 0.022, 0.05);
    const double half = radius * random_between(random, 1.1, 3.6);
    const double size[3] = {radius, radius, half};
    Pose pose = pose_at(x, y, half);
    float colour[3], cap[3];
    turn_about(pose.turn, 0, 0, 1, turn);
    paint_colour(random, (const double[]){0, 0.9}, (const double[]){0.05, 0.8}, colour);
    paint_colour(random, (const double[]){0, 0.9}, (const double[]){0.05, 0.9}, cap);
    const double kind = random_between(random, 0, 1);
    if (kind < 0.55) { /* a bottle, mostly see-through, with something in it */
        const double full = random_between(random, 0.1, 0.62);
        if (random_chance(random, 0.7)) {
            const Pose low = pose_at(x, y, half * 2 * full * 0.5 + 0.002);
            Draw *drink = scene_add(
                &shot->scene, props->can, TEXTURE_NONE, &low,
                (const double[3]){radius * 0.93, radius * 0.93, half * full});
            scene_colour(drink, colour, (float)random_between(random, 0.35, 1));
        }
        if (random_chance(random, 0.7)) {
            const Pose label_at = pose_at(x, y, half * random_between(random, 0.6, 0.95));
            const double high = half * random_between(random, 0.2, 0.5);
            Draw *label = scene_add(
                &shot->scene, props->limb, any_texture(props, random), &label_at,
                (const double[3]){radius * 0.96, radius * 0.96, high});
            label->gloss = 0.2f;
        }
        const Pose top = pose_at(x, y, half * 1.93);
        scene_colour(
            scene_add(
                &shot->scene, props->can, TEXTURE_NONE, &top,
                (const double[3]){radius * 0.42, radius * 0.42, half * 0.09}),
            cap, 1);
        Draw *glass = scene_add(&shot->scene, props->bottle, TEXTURE_NONE, &pose, size);
        const bool tinted = random_chance(random, 0.5);
        scene_colour(
            glass, tinted ? colour : (const float[3]){0.8f, 0.85f, 0.85f},
            (float)random_between(random, 0.15, 0.6));
        glass->gloss = (float)random_between(random, 0.5, 1.6);
    } else if (kind < 0.75) {
        Draw *can = scene_add(&shot->scene, props->can, any_texture(props, random), &pose, size);
        scene_colour(can, colour, 1);
        can->gloss = 0.6f;
    } else {
        const double deep = radius * random_between(random, 0.3, 1);
        Draw *box = scene_add(
            &shot->scene, props->box, any_texture(props, random), &pose,
            (const double[3]){radius, deep, half});
        box->gloss = 0.15f;
        if (random_chance(random, 0.5)) scene_colour(box, cap, 1);
    }
    for (int i = first; i < shot->scene.count; i++)
        shot->scene.draw[i].instance = instance;
    return radius;
}

static Status
add_pack(Props *props, Random *random, double x, double y, int32_t sku, bool flat, Shot *shot) {
    const Prop *prop = NULL;
    TRY(props_product(props, sku, &prop));
    const double *half = prop->product.half;
    Pose pose = pose_at(x, y, half[2]);
    turn_about(pose.turn, 0, 0, 1, random_between(random, 0, TURN));
    if (flat) {
        double lay[4];
        const int axis = half[0] < half[1] ? 1 : 0; /* tip over so that the thin side is up */
        turn_about(lay, axis == 0, axis == 1, 0, random_chance(random, 0.5) ? TURN / 4 : -TURN / 4);
        turn_then(pose.turn, lay);
        pose.at[2] = axis == 1 ? half[0] : half[1];
    }
    const Pose single = pose_at(0, 0, 0);
    item_draw(
        props, prop, 1, &single, half, &pose, new_thing(shot, false, false, sku), &shot->scene);
    return OK;
}

/* Things side by side on z = 0, tried at random places until they do not overlap. */
static Status stand_things(Props *props, Random *random, double spread, int count, Shot *shot) {
    struct {
        double x, y, radius;
    } taken[16];
    const double strangers = random_chance(random, 0.5) ? 0 : random_between(random, 0.2, 1);
    int placed = 0;
    for (int i = 0; i < count; i++) {
        const bool stranger = random_chance(random, strangers);
        const bool flat = random_chance(random, 0.25);
        const int32_t sku = any_sku(props, random);
        const Prop *prop = NULL;
        TRY(props_product(props, sku, &prop));
        const double *half = prop->product.half;
        const double radius =
            stranger ? 0.055
                     : hypot(fmax(half[0], flat ? half[2] : 0), fmax(half[1], flat ? half[2] : 0)) *
                           0.92;
        for (int attempt = 0; attempt < 12; attempt++) {
            const double x = random_between(random, -1, 1) * spread;
            const double y = random_between(random, -0.6, 0.6) * spread;
            bool clear = true;
            for (int other = 0; other < placed; other++)
                clear = clear && hypot(x - taken[other].x, y - taken[other].y) >
                                     radius + taken[other].radius;
            if (!clear) continue;
            taken[placed].x = x;
            taken[placed].y = y;
            taken[placed++].radius = radius;
            if (stranger) {
                add_stranger(props, random, x, y, random_between(random, 0, TURN), shot);
            } else {
                TRY(add_pack(props, random, x, y, sku, flat, shot));
            }
            break;
        }
    }
    return OK;
}

static void
add_room(const Props *props, Random *random, double spread, double away, bool low, Scene *scene) {
    const Pose table = pose_at(0, 0, 0);
    const double wide = spread + random_between(random, 0.1, 1.5);
    add_board(props, random, &table, wide, wide, scene);
    const Pose ground = pose_at(0, 0, -random_between(random, 0.4, 1));
    add_board(props, random, &ground, 6, 6, scene)->backdrop = true;
    const double wall = fmax(spread + 0.12, random_between(random, 0.2, 2.5));
    const int walls = wall > 1.2 ? 3 : 1; /* across the line of sight, and at its sides */
    for (int i = 0; i < walls; i++) {
        const double side = (i == 2 ? -1 : i) * TURN / 4;
        Pose pose = pose_at(cos(away + side) * wall, sin(away + side) * wall, 0.3);
        double up[4];
        turn_about(pose.turn, 0, 0, 1, away + side - TURN / 4);
        turn_about(up, 1, 0, 0, TURN / 4);
        turn_then(pose.turn, up);
        add_board(props, random, &pose, 3, 1.6, scene)->backdrop = true;
    }
    if (random_chance(random, 0.25) && low) { /* a shelf's next board, which we look in under */
        const Pose above = pose_at(0, 0, random_between(random, 0.36, 0.6));
        add_board(props, random, &above, wide, spread * 0.7, scene);
    }
}

Status shot_of_anywhere(Props *props, Random *random, Shot *out) {
    out->count = out->scene.count = 0;
    out->scene.light = light_by_chance(random, true);
    const double spread = random_between(random, 0.12, 0.5);
    const double from = random_between(random, 0, TURN);
    const double climb = random_between(random, 0.02, 1.2);
    const double far = spread * random_between(random, 1.2, 2.6) + 0.15;
    add_room(props, random, spread, from + TURN / 2, far * sin(climb) < 0.3, &out->scene);
    TRY(stand_things(props, random, spread, 1 + random_below(random, 12), out));
    out->camera = (Camera){.vertical_fov_rad = (float)random_between(random, 0.6, 1.05)};
    out->camera.roll_rad = (float)(0.06 * random_normal(random));
    const double eye[3] = {
        cos(from) * cos(climb) * far, sin(from) * cos(climb) * far, sin(climb) * far + 0.06};
    for (int i = 0; i < 3; i++) {
        out->camera.eye[i] = (float)eye[i];
        out->camera.target[i] =
            (float)(0.25 * spread * random_between(random, -1, 1) + (i == 2 ? 0.09 : 0));
    }
    const int hands = hands_by_chance(random) * random_below(random, 2);
    for (int i = 0; i < hands; i++) {
        double at[3];
        random_each(random, (const double[][2]){{-1, 1}, {-1, 1}, {0.08, 0.4}}, 3, at);
        at[0] *= spread;
        at[1] *= spread;
        const double side = random_between(random, 0, TURN);
        const double shoulder[3] = {
            at[0] + 0.5 * cos(side), at[1] + 0.5 * sin(side),
            at[2] + random_between(random, -0.1, 0.4)};
        TRY(add_hand(props, random, at, shoulder, out));
    }
    return OK;
}
