/* world_internal.h - what the files of the world share. */
#pragma once

#include "random.h"
#include "world.h"

typedef enum Hold { PARKED, HELD, HELD_LOOSELY /* goes through things */, FREE } Hold;

/* All that changes about an item beside MuJoCo's own state. */
typedef struct ItemState {
    Hold hold;
    bool rests;               /* part of the platform until something touches it: world_rest.c */
    Pose on_platform;         /* where it rests */
    double eased_s, easing_s; /* a hand that lets go: time left, of how much; 0: none */
} ItemState;

/* A hand on the basket: what it means to do, and what comes of it. */
typedef struct Press {
    double x_m, y_m, wanted_n[3], force_n[3];
    double waver, tremor;
} Press;

/* What world_save() keeps. */
typedef struct WorldMotion {
    RideState ride;
    Press press;
    double rumble; /* of the building, 1 sigma */
    Random random;
    double felt_mps2[3]; /* by the platform, smoothed */
    int calm_steps;      /* for which nothing that lies free has moved */
    ItemState item[WORLD_ITEMS_MAX];
} WorldMotion;

struct World {
    mjModel *model;
    mjData *data;
    WorldPlatform platform;
    int count;
    WorldItem item[WORLD_ITEMS_MAX];
    int body[WORLD_ITEMS_MAX], position[WORLD_ITEMS_MAX], velocity[WORLD_ITEMS_MAX];
    int platform_body;
    WorldMotion now;
};

MUST_USE Status
world_model(const WorldPlatform *platform, const WorldItem *items, int count, mjModel **out);

/* Mass, its middle, and inertia about it along the axes, of the empty basket. */
typedef struct PlatformInertia {
    double mass_kg, middle_m[3], kgm2[3];
} PlatformInertia;
PlatformInertia world_basket(const WorldPlatform *platform);

void world_set_pose(World *world, int item, const Pose *pose);
void world_set_contacts(World *world, int item);

/* Before a step: everything from outside, as forces. */
void world_push(World *world);

/* What rests goes where the platform is, what is parked stays away. */
void world_carry(World *world);
/* After a step: that, and who wakes, who comes to rest. */
void world_settle(World *world);
void world_wake_all(World *world);
void world_weigh_platform(World *world); /* again, after who rests has changed */
