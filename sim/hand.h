/*
 * hand - what shoppers' hands do: carry in, take out, reach, hover, shift, press; one or two at
 * once.
 *
 * Each hand has a script of parts (go along a path, close, hold, let go ...), and all scripts run
 * beside each other, a step at a time. Parts that depend on how things lie by then are written into
 * the script when their turn comes. Speeds are a person's: 0.8 to 1.5 s in, 0.2 to 0.4 s to let go,
 * 0.6 to 1 s out. A place is tried in physics before the hand goes there, so that what is put in
 * stays in.
 */
#pragma once

#include "stage.h"

/* Plays moves that begin together, each with a hand of its own; count 1 or HANDS.
 * E_NOT_FOUND: nothing inside answers to the selector.
 * E_CORRUPT: something fell out of the basket; the run is to be tried again with other chances. */
MUST_USE Status hands_play(Stage *stage, const Move *moves, int count, Random *random);

/* Does this action need a hand? */
bool hands_do(ScenarioAction action);
