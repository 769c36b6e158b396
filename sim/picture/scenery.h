/*
 * scenery - the shop around the basket: cart, floor, shelves, light, and whose hand it is.
 *
 * Everything is drawn by chance from a seed and stays the same for a scene or a session.
 * Units: metres, linear colours.
 */
#pragma once

#include "props.h"

typedef struct Person {
    float skin[3], hand[3], sleeve[3]; /* hand: its skin, or a glove */
    double sleeve_from;                /* along the forearm: 0 at the wrist .. 1 no sleeve */
    int cloth;                         /* texture */
    bool watch;
    float strap[3];
} Person;

enum { CLUTTER_MAX = 8 };

/* Something of no interest: paper on the basket's floor, a board about the cart. */
typedef struct Clutter {
    int shape, texture;
    float colour[3];
    Pose pose;
    double size[3];
    bool far;
} Clutter;

typedef struct Scenery {
    Light light;
    int cart_style;
    float cart[3], tray[3];
    int floor_texture, shelf_texture[4];
    float floor[3], shelf[4][3];
    double shelf_far_m[4];
    double rolled_m;
    int clutter_count;
    Clutter clutter[CLUTTER_MAX];
    Person person;
} Scenery;

/* What the light and the shop are like; {0}: an ordinary one. */
typedef enum LightKind {
    LIGHT_NORMAL,
    LIGHT_DIM,        /* an aisle with few lamps */
    LIGHT_SUN_STRIPE, /* a hard stripe of sun across the basket */
    LIGHT_FLICKER,    /* lamps that swing with the mains, as bands in the picture */
    LIGHT_REFLECTION  /* lamps mirrored in everything glossy */
} LightKind;

typedef struct Look {
    LightKind light;
    double clutter; /* 0..1: things of no interest about the basket and on its floor */
} Look;

Scenery scenery_by_chance(const Props *props, Random *random, const Look *look);
/* The cart has rolled this far since the scenery was made: floor and shelves go by. */
void scenery_roll(Scenery *scenery, double along_m);
Person person_by_chance(const Props *props, Random *random);
/* A shop's lamps overhead; `free`: any light at all, for pictures from anywhere. */
Light light_by_chance(Random *random, bool free);

/* The cart at the platform's pose, and the shop around it. */
void scenery_draw(const Props *props, const Scenery *scenery, const Pose *platform, Scene *scene);

/* An item: the product, or its pieces in their bag; instance as in Draw. */
void item_draw(
    const Props *props,
    const Prop *prop,
    int pieces,
    const Pose *piece,
    const double half[3],
    const Pose *pose,
    int instance,
    Scene *scene);

/* A hand and its arm up to the shoulder; the hand alone is the instance. */
void hand_draw(
    const Props *props,
    const Person *person,
    const Pose *hand,
    double aperture_m,
    const double shoulder[3],
    int instance,
    Scene *scene);
