"""Training crops of the embedder: one product, cut out as the cart cuts it, with all that goes wrong.

A class is a name and its sources: sprites (pasted into a made-up scene, hands over it), photographs
(GroceryStore), and boxes in twin pictures. Classes are drawn evenly, then one of their sources.
"""

from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from .data import crop_square, picture_of, read_labels
from .embedder import SIZE
from .scene import HAND, Canvas, add_hand, camera, ground, place
from .sprites import decode


def sprite_crop(rng, sprite, photos, others):
    """A sprite in a small scene, with neighbours, sometimes half covered by a hand."""
    size = float(np.exp(rng.uniform(np.log(45), np.log(210))))
    side = int(size * 1.9)
    canvas = Canvas(ground(rng, side, side, photos))
    for who in range(2, 2 + int(rng.integers(0, 3))):
        rgb, alpha = place(rng, others(rng), size * rng.uniform(0.5, 1.2))
        canvas.paste(rgb, alpha, *(rng.uniform(-0.2, 0.9, 2) * side), who, rng.uniform(0, 0.4))
    rgb, alpha = place(rng, sprite, size)
    canvas.paste(rgb, alpha, (side - alpha.shape[1]) / 2, (side - alpha.shape[0]) / 2, 1, rng.uniform(0, 0.5))
    kind = rng.random()
    if kind < 0.45:
        add_hand(rng, canvas, *(side / 2 + rng.normal(0, 0.3, 2) * size), size * rng.uniform(0.5, 1.3), HAND)
    elif kind < 0.55:
        rgb, alpha = place(rng, others(rng), size * rng.uniform(0.3, 0.7))
        canvas.paste(rgb, alpha, *(side / 2 + rng.normal(0, 0.35, 2) * size), 9, 0.3)
    mine = [box for box in canvas.boxes() if box[0] == 1 and box[5] > 0.25]
    if not mine:
        return sprite_crop(rng, sprite, photos, others)
    return cut(rng, canvas.picture, mine[0][1:5])


def cut(rng, picture, box):
    """The cart's crop of a box that the detector got a little wrong, seen by a cheap camera."""
    x0, y0, x1, y1 = box
    w, h = x1 - x0, y1 - y0
    jitter = rng.normal(0, 0.04, 4) * [w, h, w, h]
    crop = crop_square(np.clip(picture, 0, 255).astype(np.uint8), np.add(box, jitter), SIZE)
    return camera(rng, crop)


def photo_crop(rng, picture):
    """A shop photograph's middle, any roll."""
    h, w = picture.shape[:2]
    side = min(h, w) * rng.uniform(0.5, 1.0)
    x, y = w / 2 + rng.normal(0, 0.06) * w, h / 2 + rng.normal(0, 0.06) * h
    scale = SIZE / side
    turn = cv2.getRotationMatrix2D((x, y), rng.uniform(0, 360) if rng.random() < 0.5 else rng.normal(0, 8), scale)
    turn[:, 2] += SIZE / 2 - np.array([x, y])
    if scale < 0.6:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.35 / scale)
    return camera(rng, cv2.warpAffine(picture, turn, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT_101))


def roll(rng, crop):
    """A whole turn of quarter turns: cheap, exact; the twin's own poses do the rest."""
    return np.ascontiguousarray(np.rot90(crop, rng.integers(4)))


class Crops(Dataset):
    """classes: {name: [source]}, a source being ("sprites", [...]), ("photos", [paths]), ("boxes", [(path, box)])."""

    def __init__(self, classes, photos, seed, length):
        self.names = sorted(classes)
        self.sources = [classes[name] for name in self.names]
        self.sprites = [s for sources in self.sources for kind, items in sources if kind == "sprites" for s in items]
        self.photos, self.seed, self.length, self.epoch = photos, seed, length, 0

    def __len__(self):
        return self.length

    def other(self, rng):
        return decode(self.sprites[rng.integers(len(self.sprites))])

    def __getitem__(self, index):
        rng = np.random.default_rng([self.seed, self.epoch, index])
        label = int(rng.integers(len(self.names)))
        kind, items = self.sources[label][rng.integers(len(self.sources[label]))]
        item = items[rng.integers(len(items))]
        if kind == "sprites":
            crop = sprite_crop(rng, decode(item), self.photos, self.other)
        elif kind == "photos":
            crop = photo_crop(rng, picture_of(item))
        else:
            crop = roll(rng, cut(rng, picture_of(item[0]), item[1]))
        return torch.from_numpy(np.ascontiguousarray(crop)), label


def photo_classes(folder, split="train"):
    """{fine class: paths} of GroceryStore."""
    classes = {}
    for line in (Path(folder) / f"{split}.txt").read_text().splitlines():
        path = line.split(",")[0].strip()
        classes.setdefault("grocery/" + Path(path).parent.name, []).append(Path(folder) / path)
    return classes


def box_classes(datasets, least_visible=0.35, smallest=24):
    """{product: [(path, box)]} of the items seen well enough in twin pictures."""
    classes = {}
    for dataset in datasets:
        for path, row in read_labels(dataset):
            for b in row["boxes"]:
                box = b["x0"], b["y0"], b["x1"], b["y1"]
                if (b["kind"] == "item" and b["product"] and b["visible_p"] >= least_visible
                        and max(box[2] - box[0], box[3] - box[1]) >= smallest):
                    classes.setdefault(b["product"], []).append((path, box))
    return classes
