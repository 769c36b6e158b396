#!/bin/sh
# hash.sh OUT SOURCE... - SHA-256 over the meter's sources, as C: what a display and a receipt show.
set -eu
out=$1
shift
hex=$(cat "$@" | sha256sum | cut -c1-64)
{
  echo "/* Written by hash.sh. */"
  echo '#include "meter_internal.h"'
  echo "const char *meter_hash(void) { return \"$hex\"; }"
  echo "const uint8_t meter_program[SEAL_HASH_BYTES] = {$(echo "$hex" | sed 's/../0x&,/g')};"
} >"$out"
