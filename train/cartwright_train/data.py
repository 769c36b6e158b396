"""Datasets on disk: one folder of JPEGs and one annotations.json in COCO's form, whoever made it (the twin or the
compositor). A category's supercategory says "item" or "hand", its name the product ("unknown": no catalogue's); beside
COCO's own fields an annotation has "visible_p", "held" and "instance". Boxes are of the visible part.
"""

import hashlib
import json
import os
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset
from tqdm import tqdm

from . import detector
from .scene import Compositor, camera
from .sprites import pack_sprites, studio_sprites

FILL = 114
ROOT = Path(__file__).resolve().parents[2]
LEAST_VISIBLE = 0.15  # an object shown less than this is neither wanted nor punished


def data_home():
    """The optional folder of outside data: scanned packs, shop photographs."""
    return Path(os.environ.get("CARTWRIGHT_DATA", ROOT.parent / "shared" / "data"))


def read_labels(dataset):
    """[(picture's path, its row)] of "FOLDER", or of the first N pictures of "FOLDER:N".

    A row: {"file", "width", "height", "boxes": [{"kind": "item" | "hand", "product", "instance", "x0", "y0", "x1", "y1",
    "visible_p", "held"}]}; product is None for hands and what no catalogue has.
    """
    folder, _, first = str(dataset).partition(":")
    coco = json.loads((Path(folder) / "annotations.json").read_bytes())
    kinds = {c["id"]: (c["supercategory"], c["name"] if c["name"] not in ("hand", "unknown") else None)
             for c in coco["categories"]}
    rows = {i["id"]: {"file": i["file_name"], "width": i["width"], "height": i["height"], "boxes": []}
            for i in coco["images"][:int(first) if first else None]}
    for a in coco["annotations"]:
        if a["image_id"] not in rows:
            continue
        (kind, product), (x, y, w, h) = kinds[a["category_id"]], a["bbox"]
        rows[a["image_id"]]["boxes"].append(
            {"kind": kind, "product": product, "instance": a["instance"], "x0": x, "y0": y, "x1": x + w, "y1": y + h,
             "visible_p": a["visible_p"], "held": a["held"]})
    return [(Path(folder) / row["file"], row) for row in rows.values()]


def write_labels(folder, rows):
    """Write rows as read_labels() gives them as folder/annotations.json."""
    products = sorted({b["product"] for row in rows for b in row["boxes"] if b["product"]})
    names = ["hand", "unknown", *products]
    categories = [{"id": n + 1, "name": name, "supercategory": "hand" if name == "hand" else "item"}
                  for n, name in enumerate(names)]
    images, annotations = [], []
    for row in rows:
        images.append({"id": len(images) + 1, "file_name": row["file"], "width": row["width"], "height": row["height"]})
        for b in row["boxes"]:
            name = "hand" if b["kind"] == "hand" else b["product"] or "unknown"
            w, h = b["x1"] - b["x0"], b["y1"] - b["y0"]
            annotations.append({"id": len(annotations) + 1, "image_id": len(images), "category_id": names.index(name) + 1,
                                "bbox": [b["x0"], b["y0"], w, h], "area": w * h, "iscrowd": 0,
                                "visible_p": b["visible_p"], "held": b["held"], "instance": b["instance"]})
    with open(Path(folder) / "annotations.json", "w") as out:
        json.dump({"categories": categories, "images": images, "annotations": annotations}, out)


def data_hash(datasets):
    """One hash over all labels (and so over the file names) of these datasets, in order."""
    digest = hashlib.sha256()
    for dataset in datasets:
        for _, row in read_labels(dataset):
            digest.update(json.dumps(row, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def picture_of(path):
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"train: {path}: not a picture that can be read; make the dataset again")
    return np.ascontiguousarray(picture[..., ::-1])


class Photos:
    """GroceryStore's training photographs, as a source of random pictures."""

    def __init__(self, folder, limit=800):
        paths = sorted(Path(folder).glob("train/**/*.jpg"))
        keep = np.random.default_rng(0).permutation(len(paths))[:limit]
        self.encoded = [paths[i].read_bytes() for i in sorted(keep)]

    def __len__(self):
        return len(self.encoded)

    def __call__(self, rng):
        data = np.frombuffer(self.encoded[rng.integers(len(self.encoded))], np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def training_packs(config):
    """Folders of the scanned packs and of config's packs, without those held out for testing."""
    roots = [data_home() / "products", *map(Path, config["packs"])]
    folders = [p.parent for root in roots for p in sorted(root.glob("*/mesh.obj"))]
    return [f for f in folders if f.name not in config["held_out"]]


def split(config, out):
    """Link the scanned packs into out/seen and out/unseen, for the twin to draw apart."""
    for folder in sorted(p.parent for p in (data_home() / "products").glob("*/mesh.obj")):
        link = Path(out) / ("unseen" if folder.name in config["held_out"] else "seen") / folder.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(folder.resolve())


def sprites_of(config):
    """{pack: its sprites}, drawn or from the cache."""
    return {folder.name: pack_sprites(folder, config["views"], config["cache"], config["sprite_seed"])
            for folder in tqdm(training_packs(config), desc="sprites", mininterval=5)}


def compositor(config):
    groceries = data_home() / "grocerystore"
    photos = Photos(groceries)
    return Compositor(list(sprites_of(config).values()), studio_sprites(groceries), photos if len(photos) else None)


def compose(out, count, seed, made):
    """Write `count` scenes of the compositor `made` as a dataset."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    shapes = [(240, 320), (180, 320), (256, 320), (256, 256)]
    rows = []
    for i in tqdm(range(count), desc="compose", mininterval=5):
        rng = np.random.default_rng([seed, i])
        height, width = shapes[rng.choice(4, p=[0.5, 0.25, 0.15, 0.1])]
        picture, objects = made.scene(rng, height, width)
        cv2.imwrite(str(out / f"{i:06}.jpg"), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
        rows.append({"file": f"{i:06}.jpg", "width": width, "height": height, "boxes": boxes_of(objects)})
    write_labels(out, rows)


def boxes_of(objects):
    """The compositor's objects as a row's boxes."""
    return [{"kind": detector.CLASSES[kind], "product": None, "instance": n + 1, "x0": x0, "y0": y0, "x1": x1, "y1": y1,
             "visible_p": round(visible, 3), "held": False}
            for n, (kind, x0, y0, x1, y1, visible) in enumerate(objects)]


def letterbox(picture, width=detector.WIDTH, height=detector.HEIGHT):
    """What the cart does to a frame: keep the aspect, top left, the rest grey. Returns (picture, scale)."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    w, h = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    out = np.full((height, width, 3), FILL, np.uint8)
    out[:h, :w] = cv2.resize(picture, (w, h), interpolation=mode)
    return out, scale


def crop_square(picture, box, size, grow=1.15):
    """The cart's crop: a square about the box's centre, its side 1.15 of the longer side, grey outside."""
    x0, y0, x1, y1 = box
    side = max(grow * max(x1 - x0, y1 - y0), 4.0)
    left, top = int(round((x0 + x1 - side) / 2)), int(round((y0 + y1 - side) / 2))
    side = int(round(side))
    pad = max(0, -left, -top, left + side - picture.shape[1], top + side - picture.shape[0])
    if pad:
        picture = cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(FILL,) * 3)
    cut = picture[top + pad:top + pad + side, left + pad:left + pad + side]
    return cv2.resize(cut, (size, size), interpolation=cv2.INTER_AREA if side > size else cv2.INTER_LINEAR)


class Scenes(Dataset):
    """Training pictures of the detector: letterboxed, moved, mirrored, degraded, with target maps."""

    def __init__(self, datasets, seed, augment=True):
        self.rows = [pair for dataset in datasets for pair in read_labels(dataset)]
        self.seed, self.augment, self.epoch = seed, augment, 0

    def __len__(self):
        return len(self.rows)

    def picture(self, index):
        """(uint8 picture, objects) as the network will see it."""
        path, row = self.rows[index]
        picture, scale = letterbox(picture_of(path))
        objects = [(detector.CLASSES.index(b["kind"]), b["x0"] * scale, b["y0"] * scale, b["x1"] * scale,
                    b["y1"] * scale, b["visible_p"] >= LEAST_VISIBLE) for b in row["boxes"]]
        content = round(row["width"] * scale), round(row["height"] * scale)
        if self.augment:
            rng = np.random.default_rng([self.seed, self.epoch, index])
            picture, objects = move(rng, picture, objects, content)
            if rng.random() < 0.6:
                picture = camera(rng, picture, 0.6)
        return picture, objects

    def __getitem__(self, index):
        picture, objects = self.picture(index)
        return torch.from_numpy(picture), *detector.targets(objects)


def move(rng, picture, objects, content):
    """Mirror, zoom and shift; boxes follow, and what leaves the picture stops counting."""
    height, width = picture.shape[:2]
    zoom = np.exp(rng.normal(0, 0.2)) if rng.random() < 0.6 else 1.0
    flip = rng.random() < 0.5
    sx = -zoom if flip else zoom
    cx, cy = content[0] / 2, content[1] / 2
    tx, ty = (rng.uniform(-0.12, 0.12, 2) * content if zoom != 1.0 else (0.0, 0.0))
    matrix = np.float32([[sx, 0, cx - sx * cx + tx], [0, zoom, cy - zoom * cy + ty]])
    moved = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(FILL,) * 3)
    kept = []
    for kind, x0, y0, x1, y1, counted in objects:
        xs = sorted((sx * x0 + matrix[0, 2], sx * x1 + matrix[0, 2]))
        ys = (zoom * y0 + matrix[1, 2], zoom * y1 + matrix[1, 2])
        a0, b0, a1, b1 = max(xs[0], 0), max(ys[0], 0), min(xs[1], width), min(ys[1], height)
        if a1 - a0 > 2 and b1 - b0 > 2:
            left = (a1 - a0) * (b1 - b0) / max((xs[1] - xs[0]) * (ys[1] - ys[0]), 1e-6)
            kept.append((kind, a0, b0, a1, b1, counted and left > 0.25))
    return moved, kept


def to_input(pictures):
    """uint8 NHWC tensor -> normalised NCHW, channels last in memory."""
    return ((pictures.permute(0, 3, 1, 2).float() - 127) / 128).contiguous(memory_format=torch.channels_last)
