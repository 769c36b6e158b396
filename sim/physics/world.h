/*
 * world - the physics: a basket on a sprung platform, and the packs that fall into it.
 *
 * The platform is one body on a vertical spring and two hinges, what four equal load cells at its
 * corners amount to; it sinks, pitches and rolls under its load and rings with it. Everything that
 * acts on it comes through contacts. The origin is the middle of the basket's floor when empty,
 * x forward, y left, z up; the handle is at -x.
 *
 * An item is parked (out of the way), held (drawn to where a hand has it by a soft weld) or free.
 * What has lain still for a while counts as part of the platform until something touches it or the
 * cart leans or shakes: same mass, same place, same ringing, a tenth of the work.
 *
 * Threads: a World belongs to one thread.  Units: metres, kilograms, seconds.
 */
#pragma once

#include "pose.h"
#include "product_mesh.h"
#include "ride.h"
#include "status.h"

#include <stdbool.h>

#define BASKET_HALF_X_M 0.425
#define BASKET_HALF_Y_M 0.275
#define BASKET_RIM_M    0.45
#define CELL_X_M        0.34 /* load cells, from the middle */
#define CELL_Y_M        0.21
#define WORLD_STEP_S    0.00125 /* 800 steps a second: 10 a scale sample, 8 an IMU sample */
#define WORLD_GRAVITY   9.80665

enum { WORLD_ITEMS_MAX = 48, PIECES_MAX = 8 };

/* One thing with one weight: a pack, or a bag of several pieces. */
typedef struct WorldItem {
    const ProductMesh *product; /* borrowed */
    double mass_kg;
    int pieces;             /* 1: the product itself */
    Pose piece[PIECES_MAX]; /* of each piece, in the item's frame */
    double half[3];         /* of the whole, in the item's frame */
} WorldItem;

typedef struct WorldPlatform {
    double mass_kg;
    double stiffness_npm;
    double damping_ratio; /* at mass_kg */
    double rumble_mps2;   /* rms, of the building the cart stands in; 0: a laboratory */
    uint64_t seed;        /* of what is left to chance: rumble, hands that waver, the floor */
} WorldPlatform;

typedef struct World World;

/* Copies items. On OK close with world_close(). E_INVALID: MuJoCo refuses the model. */
MUST_USE Status
world_open(World **out, const WorldPlatform *platform, const WorldItem *items, int count);
void world_close(World *world);

/* For one of a single pack: pieces = 1, half from the product. */
WorldItem world_item_of(const ProductMesh *product, double mass_kg);
/* `pieces` of them heaped in a bag; the seed decides how. */
WorldItem world_bag_of(const ProductMesh *product, double piece_kg, int pieces, uint64_t seed);

void world_step(World *world);
/* The cart stands still on the level until told otherwise; it moves with every world_step(). */
RideState *world_ride(World *world);
double world_time_s(const World *world);

const WorldItem *world_item(const World *world, int item);
Pose world_item_pose(const World *world, int item);
Pose world_platform_pose(const World *world);

void world_park(World *world, int item);
/* Put it down at rest, free to move. */
void world_place(World *world, int item, const Pose *pose);
/* From now on the hand has it, at `in_hand` in the hand's frame. What is carried about goes through
 * walls rather than push the cart; what is just being lifted (`touching`) still rests on things. */
void world_hold(World *world, int item, const Pose *in_hand, bool touching);
void world_release(World *world, int item);
/* As hands do: over `seconds` (0.05 to 0.2) they carry less and less of it. */
void world_release_slowly(World *world, int item, double seconds);
void world_move_hand(World *world, const Pose *hand);

bool world_touches(const World *world, int item); /* in contact with anything */
bool world_inside(const World *world, int item); /* its middle is within the walls, below the rim */
double world_speed(const World *world, int item); /* m/s, plus a tenth of a turn of rad/s */

/* A hand on the basket at this place of the rim's height, until changed; all zero ends it. It takes
 * a tenth of a second to press, and wavers about what is asked by a sixteenth. One at a time: of
 * several hands give the sum at their middle. */
void world_press(World *world, double x_m, double y_m, const double force_n[3]);

/* The height of the highest thing under the circle about x, y, or the floor; items but `except`. */
double world_surface(const World *world, double x, double y, double radius, int except);

/* What each cell is pressed with, N, and what an IMU on the platform feels. */
void world_cells(const World *world, double force_n[4]);
void world_imu(const World *world, double accel_mps2[3], double gyro_radps[3]);
/* x, y of cell i, the order of world_cells(). */
void world_cell_place(int cell, double *x_m, double *y_m);

/* All that moves, to try something and take it back. */
typedef struct WorldState WorldState;
MUST_USE Status world_save(const World *world, WorldState **out);
void world_restore(World *world, const WorldState *state);
void world_state_free(WorldState *state);
