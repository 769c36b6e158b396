"""Tapes exchanged with the Python MCAP library: it reads ours, we read its.

    interop.py TAPE_SAMPLE     the C program that writes and dumps sample tapes
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jsonschema import Draft202012Validator
from mcap.reader import NonSeekingReader, SeekingReader
from mcap.records import Chunk, ChunkIndex, DataEnd, Footer, MessageIndex, SummaryOffset
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, IndexType, Writer

SAMPLE = sys.argv[1]
PROTO = Path(__file__).resolve().parents[2] / "tape" / "proto"
COMPRESSIONS = ["none", "lz4", "zstd"]
CHANNELS = 20
folder = Path(tempfile.mkdtemp())
tests = failures = 0


def fact(test):
    """Run a test and say how it went, as TAP."""
    global tests, failures
    tests += 1
    try:
        test()
        print(f"ok {tests} - {test.__name__}")
    except Exception as error:  # a reader may fail in any way it likes
        failures += 1
        print(f"not ok {tests} - {test.__name__}\n# {type(error).__name__}: {error}".replace("\n#", "\n# "))


def dump(path):
    """What our reader finds, by kind of line."""
    said = subprocess.run([SAMPLE, "dump", path], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    kinds = {kind: [line for line in lines if kind in line] for kind in ("channel", "note", "attachment", "message")}
    return lines[0], kinds


def ours(compression):
    path = folder / f"ours-{compression}.mcap"
    if not path.exists():
        subprocess.run([SAMPLE, "write", path, compression], check=True)
    return path


def rows(messages):
    return [
        {"message": channel.topic, "sequence": message.sequence, "t_ns": message.log_time,
         "publish_ns": message.publish_time, "data": message.data.hex()}
        for _, channel, message in messages
    ]  # fmt: skip


def python_reads_the_messages_we_read():
    for compression in COMPRESSIONS:
        path = ours(compression)
        head, lines = dump(path)
        assert head["closed"] and head["messages"] == 2 * CHANNELS
        for reader in (SeekingReader, NonSeekingReader):
            with open(path, "rb") as file:
                assert rows(reader(file, validate_crcs=True).iter_messages()) == lines["message"]


def every_checksum_is_there_and_right():
    for compression in COMPRESSIONS:
        with open(ours(compression), "rb") as file:
            records = list(StreamReader(file, emit_chunks=True, validate_crcs=True).records)
        chunks = [record for record in records if isinstance(record, Chunk)]
        assert len(chunks) > 3 and all(chunk.uncompressed_crc for chunk in chunks)
        wanted = "" if compression == "none" else compression
        assert all(chunk.compression == wanted for chunk in chunks)
        assert [record.data_section_crc for record in records if isinstance(record, DataEnd)] != [0]
        assert [record.summary_crc for record in records if isinstance(record, Footer)] != [0]


def summary_and_indexes_agree_with_the_data():
    for compression in COMPRESSIONS:
        path = ours(compression)
        data = path.read_bytes()
        with open(path, "rb") as file:
            summary = SeekingReader(file, validate_crcs=True).get_summary()
        with open(path, "rb") as file:
            records = list(StreamReader(file, emit_chunks=True).records)
        statistics = summary.statistics
        assert statistics.message_count == 2 * CHANNELS and statistics.channel_count == CHANNELS
        assert statistics.chunk_count == len(summary.chunk_indexes)
        assert statistics.attachment_count == 1 and statistics.metadata_count == 1
        assert set(statistics.channel_message_counts.values()) == {2}
        assert sum(isinstance(record, ChunkIndex) for record in records) == statistics.chunk_count
        indexed = sum(len(record.records) for record in records if isinstance(record, MessageIndex))
        assert indexed == statistics.message_count
        for index in summary.chunk_indexes:
            assert data[index.chunk_start_offset] == 6
            for channel, offset in index.message_index_offsets.items():
                assert data[offset] == 7 and int.from_bytes(data[offset + 9 : offset + 11], "little") == channel
            assert index.message_index_length > 0 and index.uncompressed_size > 0
        groups = [record for record in records if isinstance(record, SummaryOffset)]
        assert len(groups) == 6
        for group in groups:
            assert data[group.group_start] == group.group_opcode


def seeking_by_time_and_topic_uses_the_index():
    for compression in COMPRESSIONS:
        with open(ours(compression), "rb") as file:
            reader = SeekingReader(file, validate_crcs=True)
            everything = rows(reader.iter_messages())
            middle = everything[CHANNELS]["t_ns"]
            late = rows(reader.iter_messages(starting_at=middle))
            assert late == [row for row in everything if row["t_ns"] >= middle]
            some = rows(reader.iter_messages(topics=["/scale/raw"]))
            assert some == [row for row in everything if row["message"] == "/scale/raw"]


def notes_and_attachments_are_the_ones_we_wrote():
    for compression in COMPRESSIONS:
        with open(ours(compression), "rb") as file:
            reader = SeekingReader(file, validate_crcs=True)
            (attachment,) = reader.iter_attachments()
            (note,) = reader.iter_metadata()
        assert (attachment.name, attachment.media_type, attachment.data) == ("cart.yaml", "application/yaml", b"a: 1\n")
        assert note.name == "run" and note.metadata == {"seed": "7", "scene": "two apples \u2713"}


def every_json_message_fits_its_schema():
    checked = set()
    with open(ours("zstd"), "rb") as file:
        for schema, channel, message in SeekingReader(file).iter_messages():
            if channel.message_encoding != "json":
                continue
            assert schema.encoding == "jsonschema"
            rules = json.loads(schema.data)
            Draft202012Validator.check_schema(rules)
            Draft202012Validator(rules).validate(json.loads(message.data))
            checked.add(channel.topic)
    assert len(checked) == CHANNELS - 1, checked


def the_image_schema_is_what_protoc_makes():
    with open(ours("zstd"), "rb") as file:
        found = [
            (schema, message)
            for schema, channel, message in SeekingReader(file).iter_messages(topics=["/camera/left"])
            if schema.name == "foxglove.CompressedImage"
        ]
    schema, message = found[0]
    assert schema.encoding == "protobuf"
    protoc = shutil.which("protoc")
    assert protoc, "protoc is missing: tools/install-deps test"
    made = folder / "image.bin"
    source = "foxglove/CompressedImage.proto"
    subprocess.run([protoc, f"-I{PROTO}", "--include_imports", f"--descriptor_set_out={made}", source], check=True)
    assert schema.data == made.read_bytes()
    decoded = subprocess.run(
        [protoc, f"--descriptor_set_in={made}", "--decode=foxglove.CompressedImage", source],
        input=message.data, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert 'frame_id: "left"' in decoded and 'format: "jpeg"' in decoded and "seconds: 1700000000" in decoded


def write_theirs(path, *, shuffled=False, **options):
    """A tape by Python's writer; what our reader should make of it."""
    expected = []
    with open(path, "wb") as file:
        writer = Writer(file, chunk_size=400, **options)
        writer.start(profile="theirs", library="python")
        schema = writer.register_schema("thing", "jsonschema", b'{"type": "object"}')
        channels = {
            topic: writer.register_channel(topic, "json", schema if topic == "/a" else 0, {"key": "value"})
            for topic in ("/a", "/b")
        }
        times = [(i * 7919) % 60 if shuffled else i for i in range(60)]
        for i, time in enumerate(times):
            topic = "/a" if i % 3 else "/b"
            data = json.dumps({"i": i, "text": "x" * (i % 17)}).encode()
            stamp = 10**18 + time * 1000
            writer.add_message(channels[topic], stamp, data, stamp + 5, sequence=i)
            expected.append(
                {"message": topic, "sequence": i, "t_ns": stamp, "publish_ns": stamp + 5, "data": data.hex()}
            )
        writer.add_attachment(10**18, 10**18, "notes.bin", "application/octet-stream", bytes(range(256)))
        writer.add_metadata("run", {"who": "python", "why": ""})
        writer.finish()
    return sorted(expected, key=lambda row: row["t_ns"])


def we_read_what_python_writes():
    variations = [
        {"compression": compression, "shuffled": shuffled}
        for compression in (CompressionType.NONE, CompressionType.LZ4, CompressionType.ZSTD)
        for shuffled in (False, True)
    ] + [
        {"use_chunking": False},
        {"use_chunking": False, "shuffled": True},
        {"enable_crcs": False},
        {"enable_data_crcs": True},
        {"index_types": IndexType.NONE},
        {"use_statistics": False},
        {"repeat_channels": False, "repeat_schemas": False},
        {"use_summary_offsets": False},
    ]
    for number, options in enumerate(variations):
        path = folder / f"theirs-{number}.mcap"
        expected = write_theirs(path, **options)
        head, lines = dump(path)
        assert lines["message"] == expected, options
        assert head["profile"] == "theirs" and head["messages"] == 60 and head["lost_bytes"] == 0, (options, head)
        by_topic = {line["channel"]: line for line in lines["channel"]}
        assert by_topic["/a"]["messages"] in (40, -1) and by_topic["/b"]["schema_name"] == ""
        assert bytes.fromhex(by_topic["/a"]["schema"]) == b'{"type": "object"}'
        (attachment,) = lines["attachment"]
        assert attachment["attachment"] == "notes.bin" and bytes.fromhex(attachment["data"]) == bytes(range(256))
        notes = {(line["note"], line["key"]): line["value"] for line in lines["note"]}
        assert notes == {("run", "who"): "python", ("run", "why"): ""}, options


for test in (
    python_reads_the_messages_we_read,
    every_checksum_is_there_and_right,
    summary_and_indexes_agree_with_the_data,
    seeking_by_time_and_topic_uses_the_index,
    notes_and_attachments_are_the_ones_we_wrote,
    every_json_message_fits_its_schema,
    the_image_schema_is_what_protoc_makes,
    we_read_what_python_writes,
):
    fact(test)
shutil.rmtree(folder)
print(f"1..{tests}")
sys.exit(failures > 0)
