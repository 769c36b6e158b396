"""compare - our programs and other libraries take turns on one core; prints tables of medians.

Times are processor time: what else the machine does counts for little, but memory and caches are
shared, so read the ratios. Everything is made here from fixed seeds and the catalogue's pictures.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import faiss
import numpy as np
import onnx
import onnxruntime
from mcap.reader import make_reader
from onnx import helper, numpy_helper

VECTORS, DIMS, EACH, TOP, QUERIES, TOGETHER = 100_000, 256, 4, 10, 128, 16
WIDTH, HEIGHT, SIDE, CROPS, FILL = 320, 256, 128, 4, 114
PICTURE = 100  # of the tape: a hand puts something in

Times = dict[str, list[float]]


class Bench:
    """One of our programs, waiting for jobs."""

    def __init__(self, *words: object) -> None:
        self.process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        while self.line() != ["ready"]:
            pass

    def line(self) -> list[str]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: {self.process.args} ended early")
        return line.split()

    def ask(self, job: str) -> list[str]:
        assert self.process.stdin
        self.process.stdin.write(job + "\n")
        self.process.stdin.flush()
        return self.line()

    def seconds(self, job: str) -> float:
        return float(self.ask(job)[-1])


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def take_turns(rounds: int, jobs: dict[str, Callable[[], float]]) -> dict[str, float]:
    """The median of every job in milliseconds; the first round warms up."""
    times: Times = {name: [] for name in jobs}
    for _ in range(rounds + 1):
        for name, job in jobs.items():
            times[name].append(job())
    return {name: float(np.median(taken[1:])) * 1e3 for name, taken in times.items()}


def table(head: str, *columns: str) -> list[str]:
    return [f"| {head} | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]


def row(what: str, *cells: str) -> str:
    return f"| {what} | {' | '.join(cells)} |"


def ms(value: float) -> str:
    return f"{value:.3f} ms" if value < 10 else f"{value:.1f} ms"


def times(ours: float, theirs: float) -> str:
    return f"**{theirs / ours:.1f}×**"


# -- search ----------------------------------------------------------------------------------------


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def looks() -> tuple[np.ndarray, np.ndarray]:
    """Products with a few looks each, and looks at some of them again; a third is new."""
    rng = np.random.default_rng(1)
    noise = 1 / np.sqrt(DIMS)
    products = unit(rng.standard_normal((VECTORS // EACH, DIMS)))
    vectors = np.repeat(products, EACH, 0) + 0.5 * noise * rng.standard_normal((VECTORS, DIMS))
    vectors = unit(vectors)
    seen = vectors[rng.integers(0, VECTORS, QUERIES)]
    queries = unit(seen + 0.7 * noise * rng.standard_normal((QUERIES, DIMS)))
    queries[::3] = unit(rng.standard_normal((len(queries[::3]), DIMS)))
    return vectors, queries


def same_answers(bench: Bench, index: faiss.IndexFlatIP, queries: np.ndarray) -> tuple[int, float]:
    """Queries whose TOP products come in faiss's order, and the largest difference of a cosine.
    Where faiss's own cosines are closer than the last bits of a sum, either order is right."""
    found = [pair.split(":") for pair in bench.ask("answers")[:-1]]
    cosines, rows = index.search(queries, TOP * EACH)
    same, furthest = 0, 0.0
    for i in range(len(queries)):
        best: dict[int, float] = {}
        for cosine, at in zip(cosines[i], rows[i], strict=True):
            best.setdefault(int(at) // EACH, float(cosine))
        wanted = sorted(best.values(), reverse=True)[:TOP]
        ours = found[i * TOP : (i + 1) * TOP]
        away = [abs(best.get(int(at), -1) - want) for (at, _), want in zip(ours, wanted, strict=True)]
        told = [abs(float(cosine) - want) for (_, cosine), want in zip(ours, wanted, strict=True)]
        same += max(away) < 1e-6
        furthest = max(furthest, *told)
    return same, furthest


def search(build: Path, folder: Path, rounds: int) -> list[str]:
    faiss.omp_set_num_threads(1)
    vectors, queries = looks()
    vectors.tofile(folder / "vectors")
    queries.tofile(folder / "queries")
    index = faiss.IndexFlatIP(DIMS)
    index.add(vectors)
    program = build / "bench/gallery_bench"
    bench = Bench(program, folder / "vectors", folder / "queries", DIMS, EACH)
    turn = iter(range(1 << 30))

    def ask_faiss(count: int) -> float:
        first = next(turn) * count % (QUERIES - count + 1)
        return seconds(lambda: index.search(queries[first : first + count], TOP))

    got = take_turns(
        rounds,
        {
            "faiss": lambda: ask_faiss(1),
            "one": lambda: bench.seconds("search_one"),
            "faiss many": lambda: ask_faiss(TOGETHER),
            "many": lambda: bench.seconds("search_many"),
            "avx2": lambda: bench.seconds("search_avx2"),
            "plain": lambda: bench.seconds("search_plain"),
        },
    )
    same, furthest = same_answers(bench, index, queries)
    save, load = bench.seconds("save"), bench.seconds("load")
    slowest, enrol = (float(value) for value in bench.ask("enrol"))
    kernel = bench.ask("kernel")[0]
    return [
        f"Gallery of {VECTORS:,} vectors of {DIMS} dimensions ({EACH} of each product), the {TOP} "
        f"nearest products, against `IndexFlatIP` of faiss {faiss.__version__} on one thread:",
        "",
        *table("", "Cartwright", "faiss", "ratio"),
        row("one query", ms(got["one"]), ms(got["faiss"]), times(got["one"], got["faiss"])),
        row(
            f"{TOGETHER} queries together",
            ms(got["many"]),
            ms(got["faiss many"]),
            times(got["many"], got["faiss many"]),
        ),
        row("one query, AVX2", ms(got["avx2"]), "", times(got["avx2"], got["faiss"])),
        row("one query, plain C", ms(got["plain"]), "", times(got["plain"], got["faiss"])),
        "",
        f"Kernel chosen: {kernel}. Equal answers: {same} of {QUERIES} queries, cosines within "
        f"{furthest:.0e}. Enrolment: {enrol / VECTORS * 1e6:.1f} µs a vector, the slowest "
        f"{slowest * 1e3:.2f} ms. File: saved in {save:.2f} s, checked and loaded in {load:.2f} s.",
        "",
    ]


# -- pictures --------------------------------------------------------------------------------------


def scene(path: Path, width: int, height: int) -> np.ndarray:
    """A picture of the recorded session, as its camera sent it or enlarged; returns the JPEG."""
    with open("scenarios/demo.mcap", "rb") as tape:
        messages = make_reader(tape).iter_messages(topics=["/camera/left"])
        data = [message.data for _, _, message in messages][PICTURE]
    jpeg = np.frombuffer(data[data.index(b"\xff\xd8") : data.rindex(b"\xff\xd9") + 2], np.uint8)
    picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    if picture.shape[:2] != (height, width):
        larger = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
        _, jpeg = cv2.imencode(".jpg", larger, [cv2.IMWRITE_JPEG_QUALITY, 80])
    jpeg.tofile(path)
    return jpeg


def boxed(picture: np.ndarray) -> np.ndarray:
    """The whole picture at the detector's size, R,G,B, grey below."""
    scale = max(picture.shape[1] / WIDTH, picture.shape[0] / HEIGHT)
    size = (round(picture.shape[1] / scale), round(picture.shape[0] / scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    out = np.full((HEIGHT, WIDTH, 3), FILL, np.uint8)
    cv2.cvtColor(small, cv2.COLOR_BGR2RGB, out[: size[1], : size[0]])
    return out


def cropped(picture: np.ndarray) -> np.ndarray:
    side = picture.shape[0] * 2 // 3
    x, y = (picture.shape[1] - side) // 2, (picture.shape[0] - side) // 2
    part = picture[y : y + side, x : x + side]
    small = cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2RGB)


def normalised(picture: np.ndarray) -> np.ndarray:
    return cv2.dnn.blobFromImage(picture, 1 / 58.0, mean=(123.7, 116.3, 103.5))


def away(ours: str, theirs: np.ndarray) -> str:
    mine = np.frombuffer(bytes.fromhex(ours), np.uint8).astype(int)
    difference = np.abs(mine - theirs.reshape(-1).astype(int))
    return f"{difference.mean():.2f} / {np.percentile(difference, 99):.0f}"


def pictures(build: Path, folder: Path, rounds: int) -> list[str]:
    cv2.setNumThreads(1)
    lines = [
        "From a JPEG (a picture of `scenarios/demo.mcap`, and one enlarged) to the input of a network, "
        f"against OpenCV {cv2.__version__} (`imdecode`, crop, `INTER_AREA`, R,G,B) on one thread; "
        "*normalised*: and `blobFromImage`, which our networks do not need, because they take bytes. "
        "*Whole*: decoded at full size, as the pipeline does. Away: mean and 99th percentile of the "
        "difference of a value, of 255.",
        "",
        *table("", "Cartwright", "OpenCV", "ratio", "normalised", "ratio", "away"),
    ]
    for width, height in ((640, 480), (1280, 960)):
        path = folder / f"{width}.jpg"
        jpeg = scene(path, width, height)
        bench = Bench(build / "bench/picture_bench", path)
        whole = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)

        def decoded(jpeg: np.ndarray = jpeg) -> np.ndarray:
            return cv2.imdecode(jpeg, cv2.IMREAD_COLOR)

        steps: dict[str, tuple[str, Callable[[], np.ndarray], str]] = {
            "JPEG to detector": ("to_detector", lambda: boxed(decoded()), "show_detector"),
            "JPEG to detector, whole": ("to_detector_whole", lambda: boxed(decoded()), "show_detector"),
            "JPEG to embedder": ("to_embedder", lambda: cropped(decoded()), "show_embedder"),
            "decoded to detector": ("resize", lambda: boxed(whole), "show_detector"),
            "decoded to embedder": ("crop", lambda: cropped(whole), "show_embedder"),
        }
        for name, (job, theirs, show) in steps.items():
            got = take_turns(
                rounds,
                {
                    "ours": lambda: bench.seconds(job),
                    "theirs": lambda: seconds(theirs),
                    "normalised": lambda: seconds(lambda: normalised(theirs())),
                },
            )
            bench.seconds(job)
            lines.append(
                row(
                    f"{width} × {height}, {name}",
                    ms(got["ours"]),
                    ms(got["theirs"]),
                    times(got["ours"], got["theirs"]),
                    ms(got["normalised"]),
                    times(got["ours"], got["normalised"]),
                    away(bench.ask(show)[0], theirs()),
                )
            )
        if width == 640:
            reduced = take_turns(
                rounds,
                {
                    "ours": lambda: bench.seconds("to_detector"),
                    "theirs": lambda: seconds(
                        lambda: boxed(cv2.imdecode(jpeg, cv2.IMREAD_REDUCED_COLOR_2))
                    ),
                },
            )
    lines += [
        "",
        "Told to decode at half size (`IMREAD_REDUCED_COLOR_2`) OpenCV takes "
        f"{ms(reduced['theirs'])} for 640 × 480, to our {ms(reduced['ours'])}.",
        "",
    ]
    return lines


# -- networks --------------------------------------------------------------------------------------


def session(model: onnx.ModelProto | str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    source = model if isinstance(model, str) else model.SerializeToString()
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def in_float(path: str) -> onnx.ModelProto:
    """The same network in float: weights as they are worth, no rounding between the layers. Where
    rounding began at zero it stood for a ReLU6 as well, which stays, as a clip."""
    model = onnx.load(path)
    graph = model.graph
    values = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
    rounded = {node.output[0] for node in graph.node if node.op_type == "QuantizeLinear"}
    nodes: list[onnx.NodeProto] = []
    made: list[onnx.TensorProto] = []
    renamed: dict[str, str] = {}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in values:
            quantised, scale, zero = (values[name] for name in node.input)
            shape = (-1,) + (1,) * (quantised.ndim - 1) if scale.ndim else ()
            scale, zero = scale.reshape(shape), zero.reshape(shape)
            worth = ((quantised.astype(np.float32) - zero) * scale).astype(np.float32)
            made.append(numpy_helper.from_array(worth, node.output[0]))
        elif node.op_type == "DequantizeLinear" and node.input[0] in rounded:
            renamed[node.output[0]] = renamed.get(node.input[0], node.input[0])
        elif node.op_type == "DequantizeLinear":  # the picture's bytes
            out = node.output[0]
            for name in node.input[1:]:
                made.append(numpy_helper.from_array(values[name].astype(np.float32), f"{name}_f"))
            nodes += [
                helper.make_node("Cast", [node.input[0]], [f"{out}_c"], to=onnx.TensorProto.FLOAT),
                helper.make_node("Sub", [f"{out}_c", f"{node.input[2]}_f"], [f"{out}_s"]),
                helper.make_node("Mul", [f"{out}_s", f"{node.input[1]}_f"], [out]),
            ]
        elif node.op_type == "QuantizeLinear" and int(values[node.input[2]]) == 0:
            top = float(values[node.input[1]]) * 255
            names = [node.output[0] + end for end in ("_least", "_most")]
            made += [
                numpy_helper.from_array(np.float32(bound), name)
                for bound, name in zip((0, top), names, strict=True)
            ]
            source = renamed.get(node.input[0], node.input[0])
            nodes.append(helper.make_node("Clip", [source, *names], [node.output[0]]))
        elif node.op_type == "QuantizeLinear":
            renamed[node.output[0]] = renamed.get(node.input[0], node.input[0])
        else:
            for i, name in enumerate(node.input):
                node.input[i] = renamed.get(name, name)
            nodes.append(node)
    # an output that was only renamed keeps its name
    nodes += [
        helper.make_node("Identity", [renamed[out.name]], [out.name])
        for out in graph.output
        if out.name in renamed
    ]
    used = {name for node in nodes for name in node.input}
    kept = [value for value in [*graph.initializer, *made] if value.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    return model


def networks(build: Path, folder: Path, rounds: int) -> list[str]:
    path = folder / "640.jpg"
    picture = cv2.imdecode(scene(path, 640, 480), cv2.IMREAD_COLOR)
    bench = Bench(build / "bench/network_bench", path, "models")
    seen = boxed(picture)[None]
    crops = np.stack([cropped(np.roll(picture, 90 * i, 1)) for i in range(CROPS)])
    sessions = {name: session(f"models/{name}.onnx") for name in ("detector", "embedder")}
    floats = {name: session(in_float(f"models/{name}.onnx")) for name in sessions}

    def plain(which: onnxruntime.InferenceSession, batch: np.ndarray) -> float:
        name = which.get_inputs()[0].name
        return seconds(lambda: which.run(None, {name: batch}))

    detector, embedder = sessions["detector"], sessions["embedder"]
    got = take_turns(
        rounds,
        {
            "detect plain": lambda: plain(detector, seen),
            "detect": lambda: bench.seconds("detect_one"),
            "detect run": lambda: bench.seconds("run_detector"),
            "two plain": lambda: plain(detector, np.concatenate([seen, seen])),
            "two": lambda: bench.seconds("detect_two"),
            "embed plain": lambda: plain(embedder, crops[:1]),
            "embed": lambda: bench.seconds("embed_one"),
            "embed run": lambda: bench.seconds("run_embedder"),
            "embed two": lambda: bench.seconds("embed_two"),
            "many plain": lambda: plain(embedder, crops),
            "many": lambda: bench.seconds("embed_many"),
            "many run": lambda: bench.seconds("run_embedder_many"),
            "look": lambda: bench.seconds("look_many"),
            "detect float": lambda: plain(floats["detector"], seen),
            "embed float": lambda: plain(floats["embedder"], crops[:1]),
        },
    )

    def added(stage: str, other: str) -> str:
        return f"{(got[stage] / got[other] - 1) * 100:+.1f} %"

    def stage(what: str, ours: str, theirs: str, run: str | None) -> str:
        alone = [ms(got[run]), added(ours, run)] if run else ["", ""]
        return row(what, ms(got[ours]), ms(got[theirs]), f"**{added(ours, theirs)}**", *alone)

    together = {
        "detect, 2 pictures": got["two"] / got["detect"] / 2,
        "embed, 2 crops": got["embed two"] / got["embed"] / 2,
        f"embed, {CROPS} crops": got["many"] / got["embed"] / CROPS,
    }
    return [
        "Stages, from a decoded picture of 640 × 480 to boxes or vectors, against plain ONNX Runtime "
        f"{onnxruntime.__version__} (Python, default options, one thread) on the same file with its "
        "input ready; and against our own run of the network alone:",
        "",
        *table("", "stage", "ONNX Runtime", "added", "our run alone", "added"),
        stage("detect, one picture", "detect", "detect plain", "detect run"),
        stage("detect, two pictures in one run", "two", "two plain", None),
        stage("embed, one crop", "embed", "embed plain", "embed run"),
        stage(f"embed, {CROPS} crops in one run", "many", "many plain", "many run"),
        stage(f"look, {CROPS} crops: and the gallery", "look", "many plain", "many run"),
        "",
        "A run of several, for each, against a run of one: "
        + ", ".join(f"{name} {ratio:.2f}" for name, ratio in together.items())
        + ".",
        "",
        *table("", "int8", "float", "ratio"),
        row(
            "detector",
            ms(got["detect plain"]),
            ms(got["detect float"]),
            times(got["detect plain"], got["detect float"]),
        ),
        row(
            "embedder",
            ms(got["embed plain"]),
            ms(got["embed float"]),
            times(got["embed plain"], got["embed float"]),
        ),
        "",
    ]


def processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*:\s*(.*)", text)
    kinds = [kind for kind in ("avx2", "avx512_vnni", "avx_vnni", "asimddp") if kind in text]
    return f"{name[1] if name else 'a processor'} ({', '.join(kinds) or 'plain'})"


def write(path: Path, lines: list[str]) -> None:
    text = path.read_text()
    begin, end = "<!-- tools/bench: begin -->\n", "<!-- tools/bench: end -->\n"
    head, rest = text.split(begin)
    path.write_text(head + begin + "\n".join(lines) + end + rest.split(end)[1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools/bench")
    parser.add_argument("build", type=Path)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/speed.md")
    parser.add_argument("--rounds", type=int, default=41)
    options = parser.parse_args()
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    lines = [f"One core of {processor()}, medians of {options.rounds} turns.", ""]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        for part in (search, pictures, networks):
            made = part(options.build, Path(name), options.rounds)
            print("\n".join(made), flush=True)
            lines += made
    if options.write:
        write(Path("docs/speed.md"), lines)


if __name__ == "__main__":
    main()
