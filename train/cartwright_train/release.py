"""From trained weights to the files the cart loads: int8 networks, golden outputs, model cards."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np
import torch

from . import card, detector, embedder, evaluate, export
from .crops import Crops
from .data import FILL, ROOT, Photos, Scenes, data_hash, data_home, training_packs
from .scene import Compositor

MODELS = ROOT / "models"
SIZES = {"detector": (detector.HEIGHT, detector.WIDTH), "embedder": (embedder.SIZE, embedder.SIZE)}


def served(config):
    """The trained network as it is exported."""
    state = torch.load(Path(config["out"]) / "model.pt", weights_only=True)
    if config["kind"] == "detector":
        model = detector.Detector(channels=config["channels"], pretrained=False)
        model.load_state_dict(state)
        return detector.Served(model)
    model = embedder.Embedder(pretrained=False)
    model.load_state_dict(state)
    return embedder.Served(model)


def calibration(config, count=200):
    """Training pictures (uint8) on which activations are measured."""
    rng = np.random.default_rng(config["seed"])
    if config["kind"] == "detector":
        scenes = Scenes(config["data"], config["seed"])
        return [scenes.picture(i)[0] for i in rng.permutation(len(scenes))[:count]]
    from .train_embedder import classes_of
    crops = Crops(classes_of(config), Photos(data_home() / "grocerystore"), config["seed"], count)
    return [crops[i][0].numpy() for i in range(count)]


def facts(config):
    """What every file says about itself."""
    known = {"name": config["name"], "version": config["version"], "kind": config["kind"],
             "input": "image uint8 NHWC RGB {} {}".format(*SIZES[config["kind"]]),
             "trained_on": data_hash(config["data"]) if config["data"] else "composites only",
             "license": "Apache-2.0"}
    if config["kind"] == "detector":
        return known | {"classes": ",".join(detector.CLASSES), "stride": detector.STRIDE,
                        "width": detector.WIDTH, "height": detector.HEIGHT}
    return known | {"dimensions": embedder.DIMENSIONS, "width": embedder.SIZE, "height": embedder.SIZE,
                    "crop": "square on the box's centre, 1.15 of its longer side, outside filled with 114"}


def scores(config, path):
    """Everything the card reports about one file; what lacks its data is left out."""
    picture = golden_picture()
    if config["kind"] == "detector":
        found = {name: evaluate.score_detector(path, folders) for name, folders in config["tests"].items()}
        picture = np.pad(picture, ((0, detector.HEIGHT - picture.shape[0]), (0, 0), (0, 0)), constant_values=FILL)
    else:
        picture, found = golden_crop(), {}
        loaded = export.session(path)
        seen = {folder.name for folder in training_packs(config)}
        for name, test in config["tests"].items():
            views = evaluate.gallery(loaded, test["views"])
            asked = evaluate.queries(loaded, test["data"])
            unseen = [p for p in views if p in asked and p not in seen]
            found[name] = {"held_out": evaluate.recall_at_1({p: asked[p] for p in unseen}, views, unseen),
                           "held_out_in_all": evaluate.recall_at_1({p: asked[p] for p in unseen}, views),
                           "all": evaluate.recall_at_1(asked, views),
                           "confidence": evaluate.calibrate(asked, views, unseen)}
        if (data_home() / "grocerystore").exists():
            found["grocerystore"] = evaluate.grocery(path, data_home() / "grocerystore")
    return {"tests": found, "ms": export.milliseconds(path, picture), "bytes": os.path.getsize(path)}


def release(config):
    kind, size = config["kind"], SIZES[config["kind"]]
    MODELS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        raw, quantised = Path(work) / "float.onnx", Path(work) / "int8.onnx"
        export.to_onnx(served(config), size, str(raw))
        export.quantise(raw, quantised, calibration(config), config["keep_float"], config["reduce_range"])
        known = facts(config)
        files = {"float": Path(work) / "float_bytes.onnx", "int8": MODELS / f"{kind}.onnx"}
        export.finish(raw, files["float"], size, known)
        export.finish(quantised, files["int8"], size, known)
        results = {name: scores(config, path) for name, path in files.items()}
        if kind == "embedder":
            known |= confidence(config, results["int8"])
            export.finish(quantised, files["int8"], size, known)
    golden(kind)
    out = Path(config["out"])
    (out / "scores.json").write_text(json.dumps(results, indent=1))
    (MODELS / f"{kind}.md").write_text(card.write(config, known, results))
    return results


def confidence(config, result):
    """(scale, unknown_similarity) of the first test that could fit them; safe ones when none could."""
    for test in result["tests"].values():
        if "confidence" in test and test["confidence"]:
            fit = test["confidence"]
            return {"scale": round(fit["scale"], 3), "unknown_similarity": round(fit["unknown_similarity"], 4)}
    return {"scale": 20.0, "unknown_similarity": 0.6}


def golden_picture():
    """A scene made of nothing but drawn things, 320x180: free to ship, no resizing needed."""
    rng = np.random.default_rng(1)
    return Compositor([], [], None).scene(rng, 180, detector.WIDTH)[0]


def golden_crop():
    return np.ascontiguousarray(golden_picture()[26:26 + embedder.SIZE, 96:96 + embedder.SIZE])


def golden(kind):
    """Inputs and outputs of the shipped file, for any other runtime to compare itself with."""
    folder = MODELS / "golden"
    folder.mkdir(exist_ok=True)
    index = folder / "golden.json"
    notes = json.loads(index.read_text()) if index.exists() else {}
    loaded = export.session(MODELS / f"{kind}.onnx")
    picture = golden_picture() if kind == "detector" else golden_crop()
    given = picture
    if kind == "detector":
        given = np.pad(picture, ((0, detector.HEIGHT - picture.shape[0]), (0, 0), (0, 0)), constant_values=FILL)
    outputs = export.run(loaded, given[None])
    picture.tofile(folder / f"golden_{kind}.rgb.bin")
    note = {"model": f"{kind}.onnx", "picture": {"file": f"golden_{kind}.rgb.bin", "type": "uint8",
                                                 "shape": list(picture.shape)}, "outputs": {}}
    if kind == "detector":
        note["picture"]["note"] = "top left of the 256x320 input; the rest is 114"
        note["peaks"] = [{"kind": detector.CLASSES[c], "score": round(s, 4), "box": [round(float(v), 2) for v in box]}
                         for c, s, *box in detector.peaks(outputs[0][0], outputs[1][0])]
    for name, output in zip([o.name for o in loaded.get_outputs()], outputs):
        file = f"golden_{kind}.{name}.bin"
        output[0].astype("<f4").tofile(folder / file)
        note["outputs"][name] = {"file": file, "type": "float32 little endian", "shape": list(output.shape[1:])}
    notes[kind] = note
    index.write_text(json.dumps(dict(sorted(notes.items())), indent=1) + "\n")
