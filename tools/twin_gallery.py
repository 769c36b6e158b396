"""Draw docs/twin.md from a suite's tapes: twin_gallery.py TAPES SCENARIOS DOCS.

A strip has five pictures: where a hand shows best in each fifth of what happens, the cameras taking
turns; of a story about a failing camera, that camera's. The trace is what the cells say through
their calibration, with the load that really acts behind it, and the truth's events.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from mcap.reader import make_reader
from PIL import Image

FRAMES = 5
HAND_SHARE = 0.08  # of the picture: enough to be seen, not so much that it hides the rest
FRAME_PX = (232, 174)
CAMERAS = ("left", "right", "handle")
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 150, 52, 20, 10

GROUPS = [
    ("Goods go in and come out", "mixed demo empty clean_adds two_in_one_drop light_sachets two_hands "
     "two_hands_add in_and_out_five_times remove_look_alike remove_equal_weight loose_produce"),
    ("How hands move", "slow_lift hover thrown_in slid_along_wall on_top put_under pulled_from_under "
     "only_reaching few_shifts shifts"),
    ("What no catalogue has", "own_bag_first coat_over_rim childs_toy hand_rests leaning"),
    ("The scanner", "scan_then_add scan_without_add add_without_scan scanner_silent"),
    ("Theft", "tag_switch theft_under_bag theft_cover theft_stack theft_swap"),
    ("The cart moves", "expansion_joints adding_while_rolling ramp braking"),
    ("What the catalogue does not know", "wrong_catalogue_weight new_packaging warm_up"),
    ("Light", "dim_aisle sun_stripe flicker reflection cluttered"),
    ("Something fails", "camera_smeared camera_shifted camera_frozen camera_black camera_unplugged "
     "cell_stuck cell_noisy cell_nan cell_over_range scale_silent clock_jump"),
]


@dataclass
class Tape:
    note: dict[str, str]
    start_ns: int
    end_ns: int
    frame_px: float = 640.0 * 480
    pictures: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    hands: dict[str, dict[int, float]] = field(default_factory=dict)
    scale: list[tuple[float, float | None]] = field(default_factory=list)
    load: list[tuple[float, float]] = field(default_factory=list)
    events: list[dict] = field(default_factory=list)

    def seconds(self, t_ns: int) -> float:
        return (t_ns - self.start_ns) / 1e9


def read_bytes(message: bytes) -> bytes:
    """The data field (2) of a foxglove.CompressedImage."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        if key & 7 != 2:
            varint()
            continue
        size = varint()
        if key >> 3 == 2:
            return message[at : at + size]
        at += size
    return b""


def grams(sample: dict, calibration: dict) -> float | None:
    """What the cells say together, None where one of them says nothing."""
    total = 0.0
    for i, cell in enumerate(calibration["cells"]):
        if not sample["valid"] >> i & 1:
            return None
        total += (sample["counts"][i] - cell["zero_counts"]) / cell["counts_per_g"]
    return total


def read_tape(path: Path) -> Tape:
    with path.open("rb") as stream:
        reader = make_reader(stream)
        note = next(m.metadata for m in reader.iter_metadata() if m.name == "cartwright")
        statistics = reader.get_summary().statistics
        tape = Tape(note, statistics.message_start_time, statistics.message_end_time)
        calibration: dict = {}
        for _, channel, message in reader.iter_messages():
            kind, _, camera = channel.topic.rpartition("/")
            if kind == "/camera":
                tape.pictures.setdefault(camera, []).append(
                    (message.log_time, read_bytes(message.data)))
                continue
            if channel.topic in ("/imu", "/scan", "/truth/basket") or camera == "calibration" != kind:
                if channel.topic != "/scale/calibration":
                    continue
            said = json.loads(message.data)
            t = tape.seconds(message.log_time)
            if channel.topic == "/scale/calibration":
                calibration = said
            elif channel.topic == "/scale/raw":
                tape.scale.append((t, grams(said, calibration)))
            elif channel.topic == "/truth/load":
                tape.load.append((t, said["load_g"]))
            elif channel.topic == "/truth/event":
                tape.events.append(said | {"at_s": t})
            elif kind == "/truth/boxes":
                area = sum((b["x1"] - b["x0"]) * (b["y1"] - b["y0"]) * b["visible_p"]
                           for b in said["boxes"] if b["kind"] == "hand")
                tape.hands.setdefault(camera, {})[message.log_time] = area
    return tape


# -- pictures ------------------------------------------------------------------------------------


def choose(tape: Tape, cameras: list[str], low: float, high: float) -> bytes | None:
    """The frame between two times where the hand shows best."""
    best, most = None, -1.0
    for camera in cameras:
        for t_ns, jpeg in tape.pictures.get(camera, []):
            if not low <= t_ns < high:
                continue
            share = tape.hands.get(camera, {}).get(t_ns, 0.0) / tape.frame_px
            shows = min(share, HAND_SHARE) - max(0.0, share - HAND_SHARE) / 8
            if shows > most:
                best, most = jpeg, shows
    return best


def strip(tape: Tape, story: str, out: Path) -> None:
    whole = Image.new("RGB", (FRAMES * (FRAME_PX[0] + 3) - 3, FRAME_PX[1]), (255, 255, 255))
    failing = [c for c in CAMERAS if f"camera: {c}" in story or f"camera: [" in story]
    acting = [t for seen in tape.hands.values() for t, area in seen.items() if area > 0]
    begin = min(acting, default=tape.start_ns) - 0.2e9
    span = (min(max(acting, default=tape.end_ns) + 2.5e9, tape.end_ns) - begin) / FRAMES
    for part in range(FRAMES):
        cameras = [CAMERAS[part % 2]] if not failing or part % 2 else failing[:2]
        jpeg = choose(tape, cameras, begin + span * part, begin + span * (part + 1))
        frame = Image.new("RGB", FRAME_PX, (60, 60, 60))
        if jpeg:
            frame = Image.open(io.BytesIO(jpeg)).convert("RGB").resize(FRAME_PX, Image.LANCZOS)
        whole.paste(frame, (part * (FRAME_PX[0] + 3), 0))
    whole.save(out, quality=72, optimize=True)


# -- traces --------------------------------------------------------------------------------------


def thin(points: list[tuple[float, float | None]], step_s: float) -> list[list[tuple[float, float]]]:
    """Lowest and highest of every step, in pieces where nothing is said in between."""
    pieces: list[list[tuple[float, float]]] = [[]]
    bucket: list[tuple[float, float]] = []
    for t, value in points:
        gap = bucket and t - bucket[-1][0] > 0.2
        if bucket and (value is None or gap or t - bucket[0][0] >= step_s):
            low, high = min(bucket, key=lambda p: p[1]), max(bucket, key=lambda p: p[1])
            pieces[-1] += sorted({low, high})
            bucket = []
        if (value is None or gap) and pieces[-1]:
            pieces.append([])
        if value is not None:
            bucket.append((t, value))
    return [piece for piece in pieces if len(piece) > 1]


def trace(tape: Tape, out: Path) -> None:
    end = tape.seconds(tape.end_ns)
    loads = [g for _, g in tape.load] + [0.0]
    said = sorted(g for _, g in tape.scale if g is not None) or [0.0]
    # A failing cell may say anything: it may leave the frame.
    reach = max(200.0, 0.6 * (max(loads) - min(loads)))
    low = max(said[0], min(loads) - reach)
    high = min(said[-1], max(loads) + reach)
    pad = 0.06 * (high - low) + 5
    low, high = low - pad, high + pad

    def x(t: float) -> float:
        return LEFT + (WIDTH - LEFT - 8) * t / end

    def y(g: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - min(max(g, low), high)) / (high - low)

    def line(points: list[tuple[float, float]], style: str) -> str:
        return f'<polyline {style} points="{" ".join(f"{x(t):.1f},{y(g):.1f}" for t, g in points)}"/>'

    step = next(s for s in (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
                if (high - low) / s < 6)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="10"><rect width="100%" height="100%" fill="#fff"/>'
    ]
    g = step * -(-low // step)
    while g <= high:
        parts.append(f'<path stroke="#e4e4e4" d="M{LEFT} {y(g):.1f}H{WIDTH - 8}"/><text x="{LEFT - 4}" '
                     f'y="{y(g) + 3:.1f}" text-anchor="end" fill="#555">{g + 0.0:g} g</text>')
        g += step
    seconds = 5 if end < 60 else 60
    for t in range(0, int(end) + 1, seconds):
        parts.append(f'<text x="{x(t):.1f}" y="{HEIGHT - 6}" text-anchor="middle" fill="#555">{t} s</text>')
    for event in tape.events:
        colour = "#b3261e" if event.get("actor") == "thief" else "#2e7d32" if event["quantity"] > 0 else "#8a5a00"
        parts.append(f'<path stroke="{colour}" stroke-dasharray="3 2" d="M{x(event["at_s"]):.1f} {TOP}V'
                     f'{HEIGHT - BOTTOM}"/><text x="{x(event["at_s"]) + 2:.1f}" y="{TOP + 8}" '
                     f'fill="{colour}">{event["quantity"]:+d}</text>')
    step_s = max(0.1, end / 300)
    for piece in thin(tape.scale, step_s):
        parts.append(line(piece, 'fill="none" stroke="#1f5f9a" stroke-width="1"'))
    for piece in thin(tape.load, 2 * step_s):
        parts.append(line(piece, 'fill="none" stroke="#e07b00" stroke-width="0.8" opacity="0.8"'))
    out.write_text("\n".join(parts) + "\n</svg>\n", encoding="utf-8")


# -- the page ------------------------------------------------------------------------------------


def expectation(text: str) -> str:
    said = []
    for key, value in json.loads(text).items():
        if all(isinstance(v, (int, float)) for v in value):
            said.append(f"{key} {value[0]:g}" if value[0] == value[1] else f"{key} {value[0]:g} to {value[1]:g}")
        else:
            said.append(f"{key} {' or '.join(v.replace('_', ' ') for v in value)}")
    return ", ".join(said)


def section(name: str, tape: Tape) -> str:
    happened = ", ".join(
        f"{e['quantity']:+d} {e.get('thing') or e['gtin']} {e['weight_g']:.0f} g"
        + (f" ({e['kind'].replace('_', ' ')})" if e.get("actor") == "thief" else "") for e in tape.events)
    return "\n".join([
        f"### {name}", "",
        f"{tape.note['about'][:1].upper()}{tape.note['about'][1:]}.", "",
        f"![Five pictures of {name}](twin/{name}.jpg)", "",
        f"![What the cells say in {name}](twin/{name}.svg)", "",
        f"*Seed {tape.note['seed']}, {tape.seconds(tape.end_ns):.0f} s. Truth: {escape(happened) or 'nothing in or out'}. "
        f"Expected: {expectation(tape.note['expect']) or 'nothing said'}.*", ""])


def main() -> None:
    tapes, scenarios, docs = (Path(word) for word in sys.argv[1:4])
    (docs / "twin").mkdir(exist_ok=True)
    names = {path.stem for path in scenarios.glob("*.yaml")}
    listed = [name for _, group in GROUPS for name in group.split()]
    groups = GROUPS + [("More", " ".join(sorted(names - set(listed))))]
    page = [
        "# The twin's stories", "",
        "Written by `tools/twin-gallery`. **All of it is simulated**: each story of "
        "[scenarios/](../scenarios) played once by `cartwright-sim`; [scenarios.md](scenarios.md) says how "
        "they are written. Of each: five pictures, and the weight. Blue is what the load cells say through "
        "their calibration, lowest and highest of each moment; orange is the load that really acts on them. "
        "Dashed lines are the truth's events: green in, brown out, red by a thief.", ""]
    for title, group in groups:
        there = [n for n in group.split() if n in names and any(tapes.glob(f"{n}.*.mcap"))]
        if there:
            page += [f"## {title}", ""]
        for name in there:
            tape = read_tape(next(iter(sorted(tapes.glob(f"{name}.*.mcap")))))
            strip(tape, (scenarios / f"{name}.yaml").read_text(encoding="utf-8"), docs / "twin" / f"{name}.jpg")
            trace(tape, docs / "twin" / f"{name}.svg")
            page.append(section(name, tape))
    for stale in (docs / "twin").glob("*.*"):
        if stale.stem not in names:
            stale.unlink()
    (docs / "twin.md").write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
