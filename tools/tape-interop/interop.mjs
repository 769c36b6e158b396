/* Tapes exchanged with the TypeScript MCAP library: it reads ours, we read its.
 *
 *     node interop.mjs TAPE_SAMPLE     the C program that writes and dumps sample tapes
 */
import { McapIndexedReader, McapStreamReader, McapWriter } from "@mcap/core";
import { loadDecompressHandlers } from "@mcap/support";
import zstd from "@foxglove/wasm-zstd";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const sample = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "tape-interop-"));
const compressions = ["none", "lz4", "zstd"];
const channelCount = 20;
const decompressHandlers = await loadDecompressHandlers();
await zstd.isLoaded;

const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** What our reader finds, by kind of line. Times do not fit a double: they are kept as text. */
function dump(path) {
  const text = execFileSync(sample, ["dump", path], { encoding: "utf8" });
  const exact = text.replaceAll(/"(t_ns|publish_ns)":(\d+)/g, '"$1":"$2"');
  const lines = exact.trim().split("\n").map((line) => JSON.parse(line));
  return { head: lines[0], of: (kind) => lines.filter((line) => kind in line) };
}

function ours(compression) {
  const path = join(folder, `ours-${compression}.mcap`);
  execFileSync(sample, ["write", path, compression]);
  return path;
}

const readable = (bytes) => ({
  size: async () => BigInt(bytes.byteLength),
  read: async (offset, length) => bytes.subarray(Number(offset), Number(offset + length)),
});

const row = (topic, message) => ({
  message: topic,
  sequence: message.sequence,
  t_ns: String(message.logTime),
  publish_ns: String(message.publishTime),
  data: hex(message.data),
});

async function openIndexed(path) {
  return McapIndexedReader.Initialize({ readable: readable(readFileSync(path)), decompressHandlers });
}

async function rows(reader, filter = {}) {
  const found = [];
  for await (const message of reader.readMessages({ validateCrcs: true, ...filter })) {
    found.push(row(reader.channelsById.get(message.channelId).topic, message));
  }
  return found;
}

async function the_indexed_reader_reads_the_messages_we_read() {
  for (const compression of compressions) {
    const path = ours(compression);
    const { head, of } = dump(path);
    assert.equal(head.messages, 2 * channelCount);
    const reader = await openIndexed(path);
    assert.deepEqual(await rows(reader), of("message"));
    const late = of("message").slice(channelCount);
    assert.deepEqual(await rows(reader, { startTime: BigInt(late[0].t_ns) }), late);
    assert.equal((await rows(reader, { topics: ["/scale/raw", "/imu"] })).length, 4);
  }
}

async function the_streaming_reader_reads_them_too() {
  for (const compression of compressions) {
    const path = ours(compression);
    const reader = new McapStreamReader({ decompressHandlers, validateCrcs: true });
    reader.append(readFileSync(path));
    const topics = new Map();
    const found = [];
    for (let record; (record = reader.nextRecord()); ) {
      if (record.type === "Channel") topics.set(record.id, record.topic);
      if (record.type === "Message") found.push(row(topics.get(record.channelId), record));
    }
    assert.ok(reader.done());
    found.sort((a, b) => (BigInt(a.t_ns) < BigInt(b.t_ns) ? -1 : 1));
    assert.deepEqual(found, dump(path).of("message"));
  }
}

async function summary_notes_and_attachments_are_there() {
  for (const compression of compressions) {
    const reader = await openIndexed(ours(compression));
    assert.equal(reader.header.profile, "cartwright");
    assert.equal(reader.statistics.messageCount, BigInt(2 * channelCount));
    assert.equal(reader.statistics.chunkCount, reader.chunkIndexes.length);
    assert.ok(reader.dataSectionCrc || reader.footer.summaryCrc !== 0);
    for (const chunk of reader.chunkIndexes) {
      assert.equal(chunk.compression, compression === "none" ? "" : compression);
    }
    const notes = [];
    for await (const note of reader.readMetadata()) notes.push(note);
    assert.deepEqual([...notes[0].metadata], [["seed", "7"], ["scene", "two apples \u2713"]]);
    const attachments = [];
    for await (const attachment of reader.readAttachments({ validateCrcs: true })) attachments.push(attachment);
    assert.equal(attachments.length, 1);
    assert.equal(Buffer.from(attachments[0].data).toString(), "a: 1\n");
    for (const channel of reader.channelsById.values()) {
      const schema = reader.schemasById.get(channel.schemaId);
      if (schema.encoding === "jsonschema") JSON.parse(Buffer.from(schema.data).toString());
    }
  }
}

/** A tape by the TypeScript writer; what our reader should make of it. */
async function writeTheirs(path, options) {
  const parts = [];
  let position = 0n;
  const writable = {
    position: () => position,
    write: async (bytes) => {
      parts.push(Buffer.from(bytes));
      position += BigInt(bytes.byteLength);
    },
  };
  const writer = new McapWriter({ writable, chunkSize: 500, ...options });
  await writer.start({ profile: "theirs", library: "typescript" });
  const schemaId = await writer.registerSchema({ name: "thing", encoding: "jsonschema", data: Buffer.from("{}") });
  const ids = {};
  for (const topic of ["/a", "/b"]) {
    const metadata = new Map([["key", "value"]]);
    ids[topic] = await writer.registerChannel({ topic, schemaId, messageEncoding: "json", metadata });
  }
  const expected = [];
  for (let i = 0; i < 60; i++) {
    const topic = i % 3 ? "/a" : "/b";
    const logTime = 10n ** 18n + BigInt((i * 7919) % 60) * 1000n;
    const data = Buffer.from(JSON.stringify({ i, text: "x".repeat(i % 17) }));
    const message = { channelId: ids[topic], sequence: i, logTime, publishTime: logTime + 5n, data };
    await writer.addMessage(message);
    expected.push(row(topic, message));
  }
  const stamp = 10n ** 18n;
  const data = Buffer.from("hello");
  await writer.addAttachment({ name: "a.txt", mediaType: "text/plain", logTime: stamp, createTime: stamp, data });
  await writer.addMetadata({ name: "run", metadata: new Map([["who", "typescript"]]) });
  await writer.end();
  writeFileSync(path, Buffer.concat(parts));
  return expected.sort((a, b) => (BigInt(a.t_ns) < BigInt(b.t_ns) ? -1 : 1));
}

async function we_read_what_typescript_writes() {
  const compressChunk = (bytes) => ({ compression: "zstd", compressedData: zstd.compress(bytes, 3) });
  const variations = [
    {},
    { compressChunk },
    { useChunks: false },
    { useSummaryOffsets: false, useStatistics: false },
    { useMessageIndex: false },
    { repeatSchemas: false, repeatChannels: false },
  ];
  for (const [number, options] of variations.entries()) {
    const path = join(folder, `theirs-${number}.mcap`);
    const expected = await writeTheirs(path, options);
    const { head, of } = dump(path);
    assert.deepEqual(of("message"), expected);
    assert.equal(head.profile, "theirs");
    assert.equal(head.messages, 60);
    assert.equal(of("attachment")[0].data, hex(Buffer.from("hello")));
    assert.equal(of("note")[0].value, "typescript");
  }
}

const tests = [
  the_indexed_reader_reads_the_messages_we_read,
  the_streaming_reader_reads_them_too,
  summary_notes_and_attachments_are_there,
  we_read_what_typescript_writes,
];
let failures = 0;
for (const [index, test] of tests.entries()) {
  try {
    await test();
    console.log(`ok ${index + 1} - ${test.name}`);
  } catch (error) {
    failures++;
    console.log(`not ok ${index + 1} - ${test.name}`);
    console.log(String(error.stack ?? error).replaceAll(/^/gm, "# "));
  }
}
rmSync(folder, { recursive: true });
console.log(`1..${tests.length}`);
process.exitCode = failures > 0 ? 1 : 0;
