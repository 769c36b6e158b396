"""The detector: where items and hands are, without knowing what they are.

Lite0 to stride 32, a thin top-down neck to stride 8, one head. A cell scores the centre of an item
(channel 0) or a hand (channel 1) and holds one box: its distances left, top, right, bottom in input
pixels. Peaks are found by whoever runs it: 3x3 maximum, then suppression of overlaps.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .backbone import Conv, Lite0

WIDTH, HEIGHT, STRIDE = 320, 256, 8
CLASSES = ("item", "hand")
LONGEST = 4.5  # exp(4.5) * 4 = 360 px, more than any box can need


class Separable(nn.Sequential):
    def __init__(self, channels, kernel=5):
        super().__init__(Conv(channels, channels, kernel, groups=channels, act=False),
                         Conv(channels, channels, 1))


class Detector(nn.Module):
    def __init__(self, channels=64, pretrained=True):
        super().__init__()
        self.backbone = Lite0(blocks=15, taps=(4, 10, 14), pretrained=pretrained)
        self.lateral = nn.ModuleList(Conv(c, channels, 1, act=False) for c in (40, 112, 192))
        self.smooth16 = Separable(channels)
        self.smooth8 = nn.Sequential(Separable(channels), Separable(channels))
        self.score = nn.Conv2d(channels, len(CLASSES), 1)
        self.box = nn.Conv2d(channels, 4, 1)
        nn.init.constant_(self.score.bias, -4.0)
        nn.init.normal_(self.score.weight, std=0.01)
        nn.init.normal_(self.box.weight, std=0.01)
        nn.init.constant_(self.box.bias, 2.0)

    def features(self, x):
        c8, c16, c32 = self.backbone(x)
        lat8, lat16, lat32 = self.lateral
        p16 = self.smooth16(lat16(c16) + F.interpolate(lat32(c32), scale_factor=2.0, mode="nearest"))
        return self.smooth8(lat8(c8) + F.interpolate(p16, scale_factor=2.0, mode="nearest"))

    def forward(self, x):
        """Normalised NCHW image -> score logits [N,2,H,W], distances in pixels [N,4,H,W]."""
        feature = self.features(x)
        return self.score(feature), torch.exp(self.box(feature).clamp(-2.0, LONGEST)) * 4.0


class Served(nn.Module):
    """What is exported: the same, with scores as probabilities."""

    outputs = ("scores", "boxes")

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        scores, boxes = self.model(x)
        return torch.sigmoid(scores), boxes


def centres(height=HEIGHT // STRIDE, width=WIDTH // STRIDE):
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (xs + 0.5) * STRIDE, (ys + 0.5) * STRIDE


def targets(objects, height=HEIGHT // STRIDE, width=WIDTH // STRIDE):
    """Training maps from [(channel, x0, y0, x1, y1, counted)], in input pixels.

    heat: gaussian bumps that reach 1 at the cell of each centre. ignore: cells where a negative is
    not held against the network (objects too hidden to count). boxes, weight: what to regress, where.
    """
    xs, ys = centres(height, width)
    heat = torch.zeros(len(CLASSES), height, width)
    ignore = torch.zeros(len(CLASSES), height, width)
    boxes, weight = torch.ones(4, height, width), torch.zeros(height, width)
    # big first, so that the small object on top owns the cells they share
    for channel, x0, y0, x1, y1, counted in sorted(objects, key=lambda o: -(o[3] - o[1]) * (o[4] - o[2])):
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        col, row = int(cx // STRIDE), int(cy // STRIDE)
        inside = 0 <= col < width and 0 <= row < height
        if not counted or not inside:
            ignore[channel][(xs > x0) & (xs < x1) & (ys > y0) & (ys < y1)] = 1.0
            continue
        sx, sy = max((x1 - x0) / 9, STRIDE * 0.4), max((y1 - y0) / 9, STRIDE * 0.4)
        bump = torch.exp(-((xs - xs[row, col]) ** 2 / (2 * sx * sx) + (ys - ys[row, col]) ** 2 / (2 * sy * sy)))
        heat[channel] = torch.maximum(heat[channel], bump)
        distances = torch.stack([xs - x0, ys - y0, x1 - xs, y1 - ys])
        mine = (bump > 0.4) & (bump >= weight) & (distances.amin(0) > 0)
        weight[mine] = bump[mine]
        boxes[:, mine] = distances[:, mine]
    return heat, ignore, boxes, weight


def giou(a, b):
    """Generalised IoU of two boxes given as distances from the same point, [...,4]."""
    area_a = (a[..., 0] + a[..., 2]) * (a[..., 1] + a[..., 3])
    area_b = (b[..., 0] + b[..., 2]) * (b[..., 1] + b[..., 3])
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    inter = (low[..., 0] + low[..., 2]) * (low[..., 1] + low[..., 3])
    hull = (high[..., 0] + high[..., 2]) * (high[..., 1] + high[..., 3])
    union = area_a + area_b - inter
    return inter / union - (hull - union) / hull


def loss(logits, distances, heat, ignore, boxes, weight):
    """Penalty-reduced focal loss on centres, GIoU on boxes; both per object."""
    logits = logits.float()
    p = torch.sigmoid(logits).clamp(1e-4, 1 - 1e-4)
    positive = (heat > 0.999).float()
    focal = -(positive * (1 - p) ** 2 * torch.log(p)
              + (1 - positive) * (1 - heat) ** 4 * p ** 2 * torch.log(1 - p) * (1 - ignore))
    count = positive.sum().clamp(min=1)
    overlap = giou(distances.float().permute(0, 2, 3, 1), boxes.permute(0, 2, 3, 1))
    box = ((1 - overlap) * weight).sum() / weight.sum().clamp(min=1)
    return focal.sum() / count, 2.0 * box


def peaks(scores, boxes, threshold=0.3, overlap=0.55, limit=64):
    """What the cart does with one image's outputs (numpy, [2,H,W] and [4,H,W]).

    Returns [(channel, score, x0, y0, x1, y1)], best first: the oracle for the C side.
    """
    import numpy as np
    found = []
    height, width = scores.shape[1:]
    for channel, plane in enumerate(scores):
        padded = np.pad(plane, 1, constant_values=-1.0)
        around = np.max([padded[dy:dy + height, dx:dx + width] for dy in range(3) for dx in range(3)], axis=0)
        candidates = []
        for row, col in zip(*np.nonzero((plane >= around) & (plane >= threshold))):
            cx, cy = (col + 0.5) * STRIDE, (row + 0.5) * STRIDE
            l, t, r, b = boxes[:, row, col]
            candidates.append((channel, float(plane[row, col]), cx - l, cy - t, cx + r, cy + b))
        kept = []
        for c in sorted(candidates, key=lambda c: -c[1]):
            if all(iou(c[2:], k[2:]) <= overlap for k in kept):
                kept.append(c)
        found += kept
    return sorted(found, key=lambda c: -c[1])[:limit]


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    inter = w * h
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)
