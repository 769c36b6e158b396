#include "grip.h"
#include "product_mesh.h"
#include "test.h"

#include <string.h>

static Status parse(const char *text, Mesh *out) {
    return obj_parse("pack.obj", (const uint8_t *)text, strlen(text), out);
}

static void polygons_become_triangles_that_share_vertices(void) {
    Mesh mesh;
    CHECK(
        parse(
            "# a square\r\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1 4/1\nf -4 -3 "
            "-2\n",
            &mesh) == OK);
    CHECK(mesh.index_count == 9 && mesh.vertex_count == 7);
    CHECK(mesh.vertices[0].normal[2] == 1);
    mesh_free(&mesh);
}

static void a_bad_mesh_is_refused_with_its_line(void) {
    static const char *const rows[] = {
        "",
        "v 0 0\n",
        "v 0 0 x\n",
        "v 0 0 nan\n",
        "v 0 0 1e30\n",
        "v 0 0 0\nf 1 1\n",
        "v 0 0 0\nf 1 2 3\n",
        "v 0 0 0\nf a b c\n",
        "v 0 0 0\nf 1/9 1 1\n",
        "v 0 0 0\nf 0 0 0\n",
        "v 0 0 0\nf -2 1 1\n",
        "v 0 0 0\nf 99999999999999999999 1 1\n"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Mesh mesh = {.index_count = 7};
        CHECK(parse(rows[i], &mesh) == E_INVALID && mesh.index_count == 7);
        CHECK(strstr(fail_reason(), "pack.obj"));
    }
}

static void a_hand_takes_a_thing_across_its_thin_side(void) {
    const double half[3] = {0.1, 0.03, 0.15}, above[3] = {0, 0, 1};
    for (int i = 0; i < 50; i++) {
        Random random = random_fork(9, (uint64_t)i);
        CHECK(grip_thinnest(half, &random) == 1);
        const Grip grip = grip_by_chance(half, 1, above, &random);
        CHECK(grip.aperture_m == 0.06);
        /* The thin axis lies along the hand's x, and the thing hangs below the hand. */
        const double thin[3] = {0, 1, 0};
        double across[3];
        mju_rotVecQuat(across, thin, grip.in_hand.turn);
        CHECK(fabs(fabs(across[0]) - 1) < 1e-9);
        CHECK(grip.in_hand.at[2] < -0.08 && grip.in_hand.at[2] > -0.14);
    }
}

int main(void) {
    RUN(polygons_become_triangles_that_share_vertices);
    RUN(a_bad_mesh_is_refused_with_its_line);
    RUN(a_hand_takes_a_thing_across_its_thin_side);
    return DONE();
}
