"""Read a tape with the Python MCAP library and print the processor seconds it took; for bench/tape_bench.c."""

import sys
import time

from mcap.reader import SeekingReader

best = 1e9
for _ in range(3):
    start = time.process_time()
    with open(sys.argv[1], "rb") as file:
        size = sum(len(message.data) for _, _, message in SeekingReader(file, validate_crcs=True).iter_messages())
    best = min(best, time.process_time() - start)
assert size > 0
print(best)
