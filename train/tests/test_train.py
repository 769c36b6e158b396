"""Small and fast: shapes, targets, a loss that falls, and that the exported file says what PyTorch says."""

import json

import numpy as np
import pytest
import torch

from cartwright_train import crops, data, detector, embedder, evaluate, export, release
from cartwright_train.scene import Compositor

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """A dataset of eight drawn scenes, no outside data needed."""
    out = tmp_path_factory.mktemp("scenes")
    made = Compositor([], [], None)
    rows = []
    for i in range(8):
        picture, objects = made.scene(np.random.default_rng(i), 240, 320)
        data.cv2.imwrite(str(out / f"{i}.jpg"), picture[..., ::-1])
        rows.append({"file": f"{i}.jpg", "width": 320, "height": 240, "boxes": data.boxes_of(objects)})
    data.write_labels(out, rows)
    return out


def test_labels_come_back_as_they_were_written(tmp_path):
    boxes = [{"kind": "hand", "product": None, "instance": 1, "x0": 3, "y0": 4, "x1": 30, "y1": 40, "visible_p": 0.5,
              "held": False},
             {"kind": "item", "product": "tuna", "instance": 2, "x0": 5, "y0": 6, "x1": 50, "y1": 60, "visible_p": 1.0,
              "held": True},
             {"kind": "item", "product": None, "instance": 3, "x0": 1, "y0": 2, "x1": 9, "y1": 8, "visible_p": 0.9,
              "held": False}]
    rows = [{"file": f"{i}.jpg", "width": 64, "height": 48, "boxes": boxes[i:]} for i in range(3)]
    data.write_labels(tmp_path, rows)
    assert data.read_labels(tmp_path) == [(tmp_path / row["file"], row) for row in rows]
    assert data.read_labels(f"{tmp_path}:2") == [(tmp_path / row["file"], row) for row in rows[:2]]


def test_a_scene_is_the_same_for_the_same_seed():
    one, two = (Compositor([], [], None).scene(np.random.default_rng(3), 180, 320) for _ in range(2))
    assert np.array_equal(one[0], two[0]) and one[1] == two[1]


def test_a_frame_is_letterboxed_top_left_on_grey():
    small, scale = data.letterbox(np.full((480, 640, 3), 7, np.uint8))
    assert scale == 0.5 and small.shape == (256, 320, 3)
    assert (small[:240] == 7).all() and (small[240:] == data.FILL).all()


def test_a_crop_at_the_edge_is_filled_with_grey():
    crop = data.crop_square(np.zeros((100, 100, 3), np.uint8), (0, 0, 50, 20), 128)
    assert crop.shape == (128, 128, 3) and (crop[0] == data.FILL).all() and (crop[80, 64] == 0).all()


def test_targets_peak_at_the_centre_and_hold_the_box():
    heat, ignore, boxes, weight = detector.targets([(1, 100, 60, 180, 120, True)])
    row, col = divmod(int(heat[1].argmax()), 40)
    assert (row, col) == (90 // 8, 140 // 8) and heat[1].max() == 1 and heat[0].max() == 0
    x, y = (col + 0.5) * 8, (row + 0.5) * 8
    assert boxes[:, row, col].tolist() == [x - 100, y - 60, 180 - x, 120 - y]
    assert ignore.sum() == 0 and weight[row, col] == 1


def test_a_hidden_object_is_ignored_not_wanted():
    heat, ignore, _, weight = detector.targets([(0, 100, 60, 180, 120, False)])
    assert heat.sum() == 0 and weight.sum() == 0 and ignore[0].sum() > 0 and ignore[1].sum() == 0


def test_mirroring_moves_the_box_with_the_picture():
    for seed in range(20):
        picture = np.full((256, 320, 3), 0, np.uint8)
        picture[60:120, 100:180] = 255
        moved, objects = data.move(np.random.default_rng(seed), picture, [(0, 100, 60, 180, 120, True)], (320, 256))
        _, x0, y0, x1, y1, _ = objects[0]
        ys, xs = np.nonzero(moved[..., 0] == 255)
        assert np.allclose([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], [x0, y0, x1, y1], atol=2.5)


def test_peaks_find_what_targets_draw():
    wanted = [(0, 20.0, 30.0, 90.0, 100.0), (1, 150.0, 60.0, 230.0, 160.0)]
    heat, _, boxes, _ = detector.targets([(*w, True) for w in wanted])
    found = detector.peaks(heat.numpy(), boxes.numpy(), 0.9)
    assert sorted((c, *map(float, box)) for c, _, *box in found) == wanted


def test_giou_is_one_for_the_same_box_and_less_for_others():
    a = torch.tensor([10.0, 10, 10, 10])
    assert detector.giou(a, a).item() == pytest.approx(1.0)
    assert detector.giou(a, torch.tensor([10.0, 10, 10, 0.0])).item() == pytest.approx(0.5)


def test_the_detector_learns_a_toy(scenes):
    torch.manual_seed(0)
    dataset = data.Scenes([scenes], seed=1, augment=False)
    picture, *wanted = (torch.stack(parts) for parts in zip(*(dataset[i] for i in range(2))))
    model = detector.Detector(32)
    model.backbone.freeze(11)
    adam = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=3e-3)
    costs = []
    for _ in range(20):
        cost = sum(detector.loss(*model(data.to_input(picture)), *wanted))
        adam.zero_grad()
        cost.backward()
        adam.step()
        costs.append(cost.item())
    assert costs[-1] < 0.5 * costs[0]


def test_the_embedder_learns_a_toy():
    torch.manual_seed(0)
    model = embedder.Embedder()
    model.backbone.freeze(10)
    centres = embedder.Centres(4, margin=0.0)
    adam = torch.optim.AdamW([*model.project.parameters(), *centres.parameters()], lr=3e-3)
    noise = np.random.default_rng(0).integers(0, 255, (4, 128, 128, 3)).astype(np.uint8)
    pictures, label, costs = data.to_input(torch.from_numpy(noise)), torch.arange(4), []
    for _ in range(12):
        cost, _ = centres(model(pictures), label)
        adam.zero_grad()
        cost.backward()
        adam.step()
        costs.append(cost.item())
    assert costs[-1] < 0.7 * costs[0]


@pytest.mark.parametrize("kind", ["detector", "embedder"])
def test_the_exported_file_says_what_pytorch_says(kind, tmp_path):
    torch.manual_seed(0)
    served = (detector.Served(detector.Detector(16)) if kind == "detector" else embedder.Served(embedder.Embedder())).eval()
    size = release.SIZES[kind]
    export.to_onnx(served, size, str(tmp_path / "raw.onnx"))
    export.finish(tmp_path / "raw.onnx", tmp_path / "float.onnx", size, {"name": "test"})
    pictures = np.stack([np.random.default_rng(i).integers(0, 255, (*size, 3)).astype(np.uint8) for i in range(3)])
    loaded = export.session(tmp_path / "float.onnx")
    assert loaded.get_inputs()[0].type == "tensor(uint8)" and loaded.get_modelmeta().custom_metadata_map["name"] == "test"
    with torch.no_grad():
        expected = served(torch.from_numpy(export.normalise(pictures)))
    for one, other in zip(expected if isinstance(expected, tuple) else (expected,), export.run(loaded, pictures)):
        assert np.allclose(one.numpy(), other, atol=2e-3)


def test_quantising_keeps_directions(tmp_path):
    torch.manual_seed(0)
    served = embedder.Served(embedder.Embedder()).eval()
    export.to_onnx(served, (128, 128), str(tmp_path / "raw.onnx"))
    pictures = [crops.camera(np.random.default_rng(i), release.golden_picture()[:128, 16 * i:16 * i + 128]) for i in range(12)]
    export.quantise(tmp_path / "raw.onnx", tmp_path / "int8.onnx", pictures, ["/model/project"])
    export.finish(tmp_path / "int8.onnx", tmp_path / "bytes.onnx", (128, 128), {})
    got = export.run(export.session(tmp_path / "bytes.onnx"), np.stack(pictures))[0]
    with torch.no_grad():
        expected = served(torch.from_numpy(export.normalise(np.stack(pictures)))).numpy()
    assert (got * expected).sum(1).min() > 0.95


def test_average_precision_counts_by_hand():
    wanted = {"a": [((0, 0, 10, 10), True), ((20, 20, 30, 30), False)]}
    perfect = evaluate.average_precision({"a": [(0.9, (0, 0, 10, 10)), (0.8, (20, 20, 30, 30))]}, wanted)
    late = evaluate.average_precision({"a": [(0.9, (50, 50, 60, 60)), (0.8, (0, 0, 10, 10))]}, wanted)
    assert perfect["ap50"] == 1.0 and late["ap50"] == 0.5 and perfect["objects"] == 1


def test_calibration_puts_unknown_between_hits_and_misses():
    rng = np.random.default_rng(0)
    unit = lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True)
    views = {f"p{i}": unit(rng.normal(size=(4, 128))) for i in range(8)}
    asked = {name: unit(v + 0.3 * rng.normal(size=v.shape) / np.sqrt(128) * 3) for name, v in views.items()}
    fit = evaluate.calibrate(asked, views, list(views), rounds=4)
    assert 0.2 < fit["unknown_similarity"] < 0.7 and fit["scale"] > 5
    assert evaluate.recall_at_1(asked, views)["recall"] == 1.0


def test_the_shipped_files_give_their_golden_outputs():
    folder = release.MODELS / "golden"
    for kind, note in json.loads((folder / "golden.json").read_text()).items():
        picture = np.fromfile(folder / note["picture"]["file"], np.uint8).reshape(note["picture"]["shape"])
        given = np.full((*release.SIZES[kind], 3), data.FILL, np.uint8)
        given[:picture.shape[0], :picture.shape[1]] = picture
        loaded = export.session(release.MODELS / note["model"])
        for output, got in zip(note["outputs"].values(), export.run(loaded, given[None])):
            expected = np.fromfile(folder / output["file"], "<f4").reshape(output["shape"])
            assert np.allclose(got[0], expected, atol=0.02 * np.abs(expected).max())
