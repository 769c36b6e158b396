/* settings_internal.h - what reading and printing share. */
#pragma once

#include "settings.h"

/* The one-letter alias a help line ends with, "where to write the tape [-o]"; 0 when none. */
char settings_alias(const Setting *row);
