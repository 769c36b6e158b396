/*
 * hand - what a shopper's hand does: carries something in, takes something out, or just reaches.
 *
 * Speeds are a person's: 0.8 to 1.5 s in, 0.2 to 0.4 s to let go, 0.6 to 1 s out. A place is tried
 * in physics before the hand goes there, so that what is put in stays in.
 */
#pragma once

#include "stage.h"

/* E_CORRUPT: something fell out of the basket; the run is to be tried again with other chances. */
MUST_USE Status hand_put(Stage *stage, const Move *move, Random *random);
/* E_NOT_FOUND: nothing inside answers to the selector. */
MUST_USE Status hand_take(Stage *stage, const Move *move, Random *random);
MUST_USE Status hand_reach(Stage *stage, Random *random);
