#include "props.h"

#include "hand_mesh.h"
#include "thing_mesh.h"
#include "world.h"

#include <assert.h>
#include <stdlib.h>

/* -- building ------------------------------------------------------------------------------ */

static int add_shape(Props *props, Mesh *mesh) {
    const int shape = render_add_shape(props->renderer, mesh);
    mesh_free(mesh);
    return shape;
}

static int add_quad(Props *props, double repeat) {
    Mesh mesh = {0};
    const double corners[4][3] = {{-1, -1, 0}, {1, -1, 0}, {1, 1, 0}, {-1, 1, 0}};
    mesh_quad(&mesh, corners, repeat);
    return add_shape(props, &mesh);
}

static int add_lathe(Props *props, const double (*profile)[2], int count, int sides) {
    Mesh mesh = {0};
    mesh_lathe(&mesh, profile, count, sides);
    return add_shape(props, &mesh);
}

static int add_ball(Props *props) {
    Mesh mesh = {0};
    const double low[3] = {0, 0, -1e-4}, high[3] = {0, 0, 1e-4};
    mesh_capsule(&mesh, low, high, 1, 1, 16);
    return add_shape(props, &mesh);
}

/* Upright bars every 45 mm on four sides, hoops around them. */
static int add_wire_cart(Props *props) {
    enum { LONG = 19, SHORT = 12, HOOPS = 6 };
    Mesh mesh = {0};
    const double x = BASKET_HALF_X_M + 0.004, y = BASKET_HALF_Y_M + 0.004, top = BASKET_RIM_M;
    for (int i = 0; i <= LONG; i++) {
        const double along = x * (2.0 * i / LONG - 1);
        for (int side = -1; side <= 1; side += 2)
            mesh_bar(
                &mesh, (const double[3]){along, side * y, -0.01},
                (const double[3]){along, side * y, top}, 0.0024, 4);
    }
    for (int i = 0; i <= SHORT; i++) {
        const double along = y * (2.0 * i / SHORT - 1);
        for (int side = -1; side <= 1; side += 2)
            mesh_bar(
                &mesh, (const double[3]){side * x, along, -0.01},
                (const double[3]){side * x, along, top}, 0.0024, 4);
    }
    for (int i = 0; i < HOOPS; i++) {
        const double z = top * i / (HOOPS - 1), radius = i == HOOPS - 1 ? 0.007 : 0.003;
        const double corner[4][3] = {{-x, -y, z}, {x, -y, z}, {x, y, z}, {-x, y, z}};
        for (int c = 0; c < 4; c++)
            mesh_bar(&mesh, corner[c], corner[(c + 1) % 4], radius, 6);
    }
    return add_shape(props, &mesh);
}

/* Plastic panels with windows: broad slats. */
static int add_panel_cart(Props *props) {
    enum { SLATS = 5 };
    Mesh mesh = {0};
    const double x = BASKET_HALF_X_M, y = BASKET_HALF_Y_M, wall = 0.008;
    for (int i = 0; i < SLATS; i++) {
        const double z0 = BASKET_RIM_M * (i + 0.1) / SLATS;
        const double z1 = BASKET_RIM_M * (i + (i == SLATS - 1 ? 1.0 : 0.72)) / SLATS;
        for (int side = -1; side <= 1; side += 2) {
            const double y0 = side < 0 ? -y - wall : y, x0 = side < 0 ? -x - wall : x;
            mesh_box(&mesh, (const double[3]){-x, y0, z0}, (const double[3]){x, y0 + wall, z1});
            mesh_box(&mesh, (const double[3]){x0, -y, z0}, (const double[3]){x0 + wall, y, z1});
        }
    }
    for (int i = 0; i <= 6; i++) {
        const double along = x * (i / 3.0 - 1), across = y * (i / 3.0 - 1);
        for (int side = -1; side <= 1; side += 2) {
            const double a[3] = {along, side * (y + wall / 2), 0};
            const double b[3] = {along, side * (y + wall / 2), BASKET_RIM_M};
            const double c[3] = {side * (x + wall / 2), across, 0};
            const double d[3] = {side * (x + wall / 2), across, BASKET_RIM_M};
            mesh_bar(&mesh, a, b, 0.009, 6);
            mesh_bar(&mesh, c, d, 0.009, 6);
        }
    }
    return add_shape(props, &mesh);
}

static Status add_paints(Props *props, uint64_t seed) {
    for (int kind = 0; kind < PAINT_KINDS; kind++) {
        for (int i = 0; i < PAINTS_PER_KIND; i++) {
            Random random = random_fork(seed, 1000 + 100 * (uint64_t)kind + (uint64_t)i);
            Image image;
            TRY(paint((PaintKind)kind, &random, &image));
            props->paint[kind][i] = render_add_texture(props->renderer, &image);
            image_free(&image);
        }
    }
    return OK;
}

static void add_simple_shapes(Props *props) {
    static const double limb[][2] = {{0, 0},       {0.7, 0.01}, {1, 0.04}, {1.06, 0.4},
                                     {0.92, 0.96}, {0.7, 0.99}, {0, 1}};
    static const double bottle[][2] = {{0, -1},      {0.9, -1},    {1, -0.96},   {1, 0.2},
                                       {0.96, 0.34}, {0.72, 0.56}, {0.38, 0.74}, {0.34, 0.8},
                                       {0.4, 0.82},  {0.4, 1},     {0, 1}};
    static const double can[][2] = {{0, -1},   {0.9, -1},    {1, -0.94}, {1, 0.93},
                                    {0.88, 1}, {0.86, 0.97}, {0, 0.97}};
    static const double bag[][2] = {{0, -1},     {0.6, -0.9}, {0.93, -0.6}, {1.02, -0.2},
                                    {0.98, 0.2}, {0.8, 0.6},  {0.45, 0.92}, {0.13, 1.1},
                                    {0.1, 1.16}, {0.2, 1.32}, {0.36, 1.5}};
    for (int i = 0; i < HAND_STEPS; i++) {
        Mesh mesh = {0}, rough = {0};
        const double aperture = HAND_APERTURE_MAX_M * i / (HAND_STEPS - 1);
        hand_mesh_build(aperture, HAND_FINE_M, &mesh);
        hand_mesh_build(aperture, HAND_ROUGH_M, &rough);
        props->hand[i] = add_shape(props, &mesh);
        render_add_rough(props->renderer, props->hand[i], &rough);
        mesh_free(&rough);
    }
    Mesh box = {0};
    mesh_box(&box, (const double[3]){-1, -1, -1}, (const double[3]){1, 1, 1});
    props->box = add_shape(props, &box);
    props->limb = add_lathe(props, limb, sizeof limb / sizeof *limb, 14);
    props->bottle = add_lathe(props, bottle, sizeof bottle / sizeof *bottle, 24);
    props->can = add_lathe(props, can, sizeof can / sizeof *can, 24);
    for (int i = 0; i < BAG_KINDS; i++) {
        Mesh mesh = {0};
        mesh_lathe(&mesh, bag, sizeof bag / sizeof *bag, 26);
        mesh_crumple(&mesh, (uint64_t)i, 0.7, 0.05);
        props->bag[i] = add_shape(props, &mesh);
    }
    props->ball = add_ball(props);
    props->quad = add_quad(props, 1);
    props->tiled_quad = add_quad(props, 4);
    props->fine_quad = add_quad(props, 16);
    props->cart[0] = add_wire_cart(props);
    props->cart[1] = add_panel_cart(props);
}

Status
props_open(Props *out, Renderer *renderer, const Catalog *catalog, char **folders, uint64_t seed) {
    Props props = {.renderer = renderer, .catalog = catalog, .folders = folders};
    props.products = calloc((size_t)catalog->count + 1, sizeof *props.products);
    props.extra = calloc(PROPS_EXTRA_MAX, sizeof *props.extra);
    if (!props.products || !props.extra) {
        free(props.products);
        free(props.extra);
        return fail(E_NO_MEMORY, "props: out of memory");
    }
    for (int32_t sku = 0; sku < catalog->count; sku++)
        props.products[sku].shape = SHAPE_NONE;
    if (renderer) add_simple_shapes(&props);
    const Status status = renderer ? add_paints(&props, seed) : OK;
    if (status != OK) {
        props_close(&props);
        return status;
    }
    *out = props;
    return OK;
}

void props_close(Props *props) {
    if (!props) return;
    for (int32_t sku = 0; props->products && sku < props->catalog->count; sku++)
        product_mesh_free(&props->products[sku].product);
    for (int i = 0; i < props->extras; i++)
        product_mesh_free(&props->extra[i].prop.product);
    free(props->products);
    free(props->extra);
    *props = (Props){0};
}

static void white(float tint[3]) { tint[0] = tint[1] = tint[2] = 1; }

Status props_product(Props *props, int32_t sku, const Prop **out) {
    Prop *prop = &props->products[sku];
    if (prop->shape == SHAPE_NONE) {
        TRY(product_mesh_read(props->folders[sku], 512, &prop->product));
        prop->texture = prop->shape = 0;
        if (props->renderer) {
            prop->texture = render_add_texture(props->renderer, &prop->product.texture);
            prop->shape = render_add_shape(props->renderer, &prop->product.mesh);
        }
        image_free(&prop->product.texture);
        if (prop->texture == TEXTURE_NONE || prop->shape == SHAPE_NONE)
            return fail(E_FULL, "props: too many products for one run");
        white(prop->tint);
    }
    *out = prop;
    return OK;
}

/* -- what no catalogue has ----------------------------------------------------------------- */

/* One made before, or room for another, whose `shape` is SHAPE_NONE. */
static Status find_extra(Props *props, int kind, uint64_t seed, Prop **out) {
    for (int i = 0; i < props->extras; i++) {
        *out = &props->extra[i].prop;
        if (props->extra[i].kind == kind && props->extra[i].seed == seed) return OK;
    }
    if (props->extras == PROPS_EXTRA_MAX)
        return fail(E_FULL, "props: more than %d things of no catalogue", PROPS_EXTRA_MAX);
    props->extra[props->extras].kind = kind;
    props->extra[props->extras].seed = seed;
    *out = &props->extra[props->extras++].prop;
    (*out)->shape = SHAPE_NONE;
    return OK;
}

/* Its box's middle becomes the origin, as with products. */
static void centre(Mesh *mesh) {
    for (int i = 0; i < 3; i++) {
        float low = INFINITY, high = -INFINITY;
        for (int v = 0; v < mesh->vertex_count; v++) {
            low = fminf(low, mesh->vertices[v].position[i]);
            high = fmaxf(high, mesh->vertices[v].position[i]);
        }
        for (int v = 0; v < mesh->vertex_count; v++)
            mesh->vertices[v].position[i] -= (low + high) / 2;
    }
}

Status props_thing(Props *props, ThingKind kind, uint64_t seed, const Prop **out) {
    Prop *prop = NULL;
    TRY(find_extra(props, (int)kind, seed, &prop));
    *out = prop;
    if (prop->shape != SHAPE_NONE) return OK;
    Random random = random_fork(seed, 90 + (uint64_t)kind);
    Mesh *mesh = &prop->product.mesh;
    paint_colour(&random, (const double[]){0, 0.8}, (const double[]){0.08, 0.7}, prop->tint);
    int cloth = PAINT_NOISE;
    if (kind == THING_OWN_BAG) {
        double half[3];
        random_each(&random, (const double[][2]){{0.13, 0.18}, {0.07, 0.1}, {0.13, 0.17}}, 3, half);
        thing_bag(mesh, seed, half);
        prop->mass_kg[0] = 0.05;
        prop->mass_kg[1] = 0.25;
        if (random_chance(&random, 0.4)) cloth = PAINT_STRIPES;
    } else if (kind == THING_COAT) {
        const double wide = random_between(&random, 0.3, 0.42);
        thing_coat(mesh, seed, wide, random_between(&random, 0.2, 0.3));
        prop->mass_kg[0] = 0.5;
        prop->mass_kg[1] = 1.8;
    } else {
        thing_toy(mesh, seed, random_between(&random, 0.16, 0.26));
        prop->mass_kg[0] = 0.08;
        prop->mass_kg[1] = 0.35;
    }
    if (kind != THING_COAT) centre(mesh);
    mesh_half_extents(mesh, prop->product.half);
    prop->product.solid = kind == THING_TOY ? SOLID_ELLIPSOID : SOLID_BOX;
    prop->texture = props->paint[cloth][random_below(&random, PAINTS_PER_KIND)];
    prop->shape = props->renderer ? render_add_shape(props->renderer, mesh) : 0;
    return prop->shape == SHAPE_NONE ? fail(E_FULL, "props: too many shapes for one run") : OK;
}

/* Another hue, and a band of one colour across it as new packs have. */
static void repaint(Image *image, Random *random) {
    const double turn = random_between(random, 1.2, 5.1), c = cos(turn), s = sin(turn) / sqrt(3);
    float band[3];
    paint_colour(random, (const double[]){0.8, 0.8}, (const double[]){0.4, 0.9}, band);
    const int from = image->height * (20 + random_below(random, 60)) / 100;
    const int to = from + image->height / (8 + random_below(random, 6));
    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++) {
            uint8_t *at = image->rgbx + ((size_t)y * (size_t)image->width + (size_t)x) * 4;
            const double rgb[3] = {at[0], at[1], at[2]}, grey = (rgb[0] + rgb[1] + rgb[2]) / 3;
            for (int i = 0; i < 3; i++) {
                /* A turn about the grey axis. */
                const double other = rgb[(i + 1) % 3] - rgb[(i + 2) % 3];
                double value = grey + c * (rgb[i] - grey) - s * other;
                if (y >= from && y < to) value = 0.3 * value + 0.7 * 255 * sqrt((double)band[i]);
                at[i] = (uint8_t)fmin(255, fmax(0, value));
            }
        }
    }
}

Status props_repackaged(Props *props, int32_t sku, uint64_t seed, const Prop **out) {
    Prop *prop = NULL;
    TRY(find_extra(props, THING_KINDS + sku, seed, &prop));
    *out = prop;
    if (prop->shape != SHAPE_NONE) return OK;
    Random random = random_fork(seed, 96);
    TRY(product_mesh_read(props->folders[sku], 512, &prop->product));
    white(prop->tint);
    prop->texture = prop->shape = 0;
    if (props->renderer) {
        repaint(&prop->product.texture, &random);
        prop->texture = render_add_texture(props->renderer, &prop->product.texture);
        prop->shape = render_add_shape(props->renderer, &prop->product.mesh);
    }
    image_free(&prop->product.texture);
    if (prop->texture == TEXTURE_NONE || prop->shape == SHAPE_NONE)
        return fail(E_FULL, "props: too many products for one run");
    return OK;
}

int props_hand(const Props *props, double aperture_m) {
    const int step = (int)lround(aperture_m / HAND_APERTURE_MAX_M * (HAND_STEPS - 1));
    return props->hand[step < 0 ? 0 : step >= HAND_STEPS ? HAND_STEPS - 1 : step];
}

/* -- placing ------------------------------------------------------------------------------- */

Draw *scene_add(Scene *scene, int shape, int texture, const Pose *pose, const double scale[3]) {
    assert(scene->count < DRAWS_MAX);
    Draw *draw = &scene->draw[scene->count++];
    *draw = (Draw){.shape = shape, .texture = texture, .colour = {1, 1, 1, 1}, .gloss = 0.05f};
    double matrix[9];
    mju_quat2Mat(matrix, pose->turn);
    for (int column = 0; column < 3; column++)
        for (int row = 0; row < 3; row++)
            draw->pose[column * 4 + row] =
                (float)(matrix[row * 3 + column] * (scale ? scale[column] : 1));
    for (int row = 0; row < 3; row++)
        draw->pose[12 + row] = (float)pose->at[row];
    draw->pose[15] = 1;
    return draw;
}

void scene_colour(Draw *draw, const float rgb[3], float alpha) {
    for (int i = 0; i < 3; i++)
        draw->colour[i] = rgb[i];
    draw->colour[3] = alpha;
}

Draw *scene_add_limb(
    Scene *scene, const Props *props, const double a[3], const double b[3], double radius_a) {
    double along[3];
    mju_sub3(along, b, a);
    const double length = mju_normalize3(along);
    Pose pose = {{a[0], a[1], a[2]}, {1, 0, 0, 0}};
    mju_quatZ2Vec(pose.turn, along);
    return scene_add(
        scene, props->limb, TEXTURE_NONE, &pose, (const double[3]){radius_a, radius_a, length});
}
