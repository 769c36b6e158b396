/*
 * conditions - what is the matter with the cart for a while: it rolls, stands on a ramp, a sensor
 * fails. Each begins with an event of the scenario and ends by itself; the story goes on meanwhile.
 */
#pragma once

#include "stage.h"

/* The shop itself, before anything happens. */
void conditions_open(Stage *stage);
/* SCENARIO_ROLL, BRAKE, RAMP, CAMERA, CELL, SCANNER or CLOCK. E_FULL: too much at once. */
MUST_USE Status conditions_begin(Stage *stage, const Move *move);
/* Once a step: what is over ends. */
void conditions_step(Stage *stage);
/* Is anything still to end? What lasts to the end of the story is not waited for. */
bool conditions_left(const Stage *stage);
