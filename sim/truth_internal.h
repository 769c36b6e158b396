/* truth_internal.h - what stage.c asks of truth.c, once a step. */
#pragma once

#include "stage.h"

/* Events that have become true, and the load that really acts. */
MUST_USE Status truth_step(Stage *stage);
