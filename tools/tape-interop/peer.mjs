/* Read a tape with the TypeScript MCAP library and print the processor seconds it took; for bench/tape_bench.c. */
import { McapIndexedReader } from "@mcap/core";
import { loadDecompressHandlers } from "@mcap/support";
import { open } from "node:fs/promises";

const decompressHandlers = await loadDecompressHandlers();
let best = Infinity;
for (let i = 0; i < 3; i++) {
  const start = process.cpuUsage();
  const file = await open(process.argv[2]);
  const { size } = await file.stat();
  const readable = {
    size: async () => BigInt(size),
    read: async (offset, length) => {
      const bytes = Buffer.allocUnsafe(Number(length));
      await file.read(bytes, 0, bytes.length, Number(offset));
      return bytes;
    },
  };
  const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers });
  let total = 0;
  for await (const message of reader.readMessages({ validateCrcs: true })) total += message.data.byteLength;
  if (total === 0) throw new Error("no messages");
  await file.close();
  const used = process.cpuUsage(start);
  best = Math.min(best, (used.user + used.system) / 1e6);
}
console.log(best);
