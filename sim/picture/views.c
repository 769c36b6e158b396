#include "views.h"

#include "file.h"
#include "progress.h"
#include "scenery.h"
#include "world.h"

#include <stdio.h>

/* Turn a pack so that its front looks to -y: one that lies flat in its mesh is set up on its edge.
 */
static Pose front_pose(const ProductMesh *product) {
    Pose pose = pose_at(0, 0, 0);
    const double *half = product->half;
    if (half[2] < 0.5 * half[0] && half[2] < 0.5 * half[1])
        turn_about(pose.turn, 1, 0, 0, 1.5707963);
    return pose;
}

static void add_studio(const Props *props, double below, double grey, Scene *scene) {
    const Pose ground = pose_at(0, 0, below - 0.0005);
    Draw *floor = scene_add(scene, props->quad, TEXTURE_NONE, &ground, (const double[3]){5, 5, 1});
    scene_colour(floor, (const float[3]){(float)grey, (float)grey, (float)grey}, 1);
    floor->backdrop = true;
    scene->light = (Light){
        .sun_direction = {-0.35f, -0.55f, 0.76f},
        .sun = {0.5f, 0.5f, 0.5f},
        .sky = {0.72f, 0.72f, 0.73f},
        .ground = {0.5f, 0.5f, 0.5f},
        .exposure = 1.05f,
    };
    for (int i = 0; i < 3; i++)
        scene->light.background[i] = (float)sqrt(grey) * 0.97f;
}

/* View 0 is the front; the others go round, from level to nearly above, some from lying sides. */
static void draw_view(
    const Props *props,
    const Prop *prop,
    const WorldItem *item,
    int view,
    int count,
    Scene *scene,
    Camera *camera) {
    Pose pose = item->pieces > 1 ? pose_at(0, 0, 0) : front_pose(item->product);
    const double golden = 2.39996;
    double azimuth = -1.5707963, height = 0.12, roll = 0;
    if (view > 0) {
        azimuth += golden * view;
        height = 0.15 + 1.15 * ((view * 7) % count) / count;
        roll = view % 3 == 1 ? 0.35 : view % 3 == 2 ? -0.5 : 0;
        if (view % 4 == 3) { /* the side that otherwise lies below */
            double over[4];
            turn_about(over, 1, 0, 0, 3.1415926);
            turn_then(pose.turn, over);
        }
    }
    const double radius = mju_norm3(item->half);
    const double fov = 0.42, far = radius / sin(fov / 2) * (view == 0 ? 0.95 : 1.0);
    *camera = (Camera){.vertical_fov_rad = (float)fov, .roll_rad = (float)roll};
    camera->eye[0] = (float)(far * cos(height) * cos(azimuth));
    camera->eye[1] = (float)(far * cos(height) * sin(azimuth));
    camera->eye[2] = (float)(far * sin(height));
    double turned[9], below = 0;
    mju_quat2Mat(turned, pose.turn);
    for (int axis = 0; axis < 3; axis++)
        below -= fabs(turned[6 + axis]) * item->half[axis];
    scene->count = 0;
    add_studio(props, below, view % 2 ? 0.55 : 0.9, scene);
    item_draw(props, prop, item->pieces, item->piece, item->half, &pose, 1, scene);
}

static Status write_product(
    const ViewsOptions *options, Props *props, JpegWriter *jpeg, Scene *scene, int32_t sku) {
    char path[1200];
    const Prop *prop = NULL;
    TRY(props_product(props, sku, &prop));
    snprintf(path, sizeof path, "%s/%s/views", options->out, props->catalog->products[sku].id);
    TRY(file_make_folder(path));
    for (int view = 0; view < options->count; view++) {
        Camera camera;
        static Plate plate;
        const uint8_t *bytes;
        size_t size;
        /* Goods sold by weight are bought one by one or, as often, several in a bag. */
        const bool bag = props->catalog->products[sku].unit == UNIT_WEIGHT && view % 2 == 1;
        const WorldItem item = bag ? world_bag_of(&prop->product, 1, 3 + view % 4, (uint64_t)view)
                                   : world_item_of(&prop->product, 1);
        draw_view(props, prop, &item, view, options->count, scene, &camera);
        scene->take++;
        render_view(props->renderer, 0, scene, &camera, &plate);
        const Image picture = {plate.width, plate.height, plate.rgbx};
        TRY(jpeg_write(jpeg, &picture, options->quality, &bytes, &size));
        char name[32];
        snprintf(name, sizeof name, view ? "view_%02d.jpg" : "front.jpg", view);
        snprintf(
            path, sizeof path, "%s/%s/views/%s", options->out, props->catalog->products[sku].id,
            name);
        TRY(file_write_fast(path, bytes, size));
    }
    return OK;
}

Status views_write(const ViewsOptions *options, const Catalog *catalog, char **folders) {
    static Scene scene;
    Renderer *renderer = NULL;
    JpegWriter *jpeg = NULL;
    Props props = {0};
    Status status = render_open(&renderer, options->size, options->size);
    if (status == OK) status = jpeg_writer_open(&jpeg);
    if (status == OK) status = props_open(&props, renderer, catalog, folders, 1);
    for (int32_t sku = 0; sku < catalog->count && status == OK; sku++) {
        progress_show("views", sku, catalog->count, catalog->products[sku].id);
        status = write_product(options, &props, jpeg, &scene, sku);
    }
    progress_end();
    if (props.products) props_close(&props);
    jpeg_writer_close(jpeg);
    render_close(renderer);
    return status;
}
