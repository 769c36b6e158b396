"""Scores of exported files, run as the cart runs them: bytes in, peaks or nearest neighbours out."""

from pathlib import Path

import cv2
import numpy as np

from . import detector
from .crops import box_classes, photo_classes
from .data import LEAST_VISIBLE, crop_square, letterbox, picture_of, read_labels
from .embedder import SIZE
from .export import run, session


def average_precision(found, wanted, overlap=0.5):
    """Area under precision-recall. found: {image: [(score, box)]}, wanted: {image: [(box, counted)]}.

    A box found on an object that does not count is neither right nor wrong. Also returns the best F1
    and the score at which it is reached.
    """
    total = sum(counted for boxes in wanted.values() for _, counted in boxes)
    ranked = sorted(((score, image, box) for image, boxes in found.items() for score, box in boxes), key=lambda f: -f[0])
    taken, outcome = {image: set() for image in wanted}, []
    for score, image, box in ranked:
        overlaps = [(detector.iou(box, b), n) for n, (b, _) in enumerate(wanted[image]) if n not in taken[image]]
        best, n = max(overlaps, default=(0.0, -1))
        if best >= overlap:
            taken[image].add(n)
            if wanted[image][n][1]:
                outcome.append((score, 1))
        else:
            outcome.append((score, 0))
    if not outcome or not total:
        return {"ap50": 0.0, "f1": 0.0, "at": 0.0, "objects": total}
    right = np.cumsum([hit for _, hit in outcome])
    recall, precision = right / total, right / np.arange(1, len(outcome) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    area = float(np.sum(np.diff(np.concatenate([[0.0], recall])) * envelope))
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    best = int(np.argmax(f1))
    return {"ap50": area, "f1": float(f1[best]), "at": float(outcome[best][0]), "objects": total}


def detect(loaded, picture, threshold):
    """[(channel, score, box in the picture's own pixels)]"""
    small, scale = letterbox(picture)
    scores, boxes = run(loaded, small[None])
    return [(channel, score, tuple(np.array(box) / scale))
            for channel, score, *box in detector.peaks(scores[0], boxes[0], threshold)]


def score_detector(path, datasets, limit=None):
    loaded = session(path)
    rows = [pair for dataset in datasets for pair in read_labels(dataset)][:limit]
    found, wanted = [{}, {}], [{}, {}]
    for image, row in rows:
        hits = detect(loaded, picture_of(image), 0.05)
        for channel, kind in enumerate(detector.CLASSES):
            found[channel][image] = [(score, box) for c, score, box in hits if c == channel]
            wanted[channel][image] = [((b["x0"], b["y0"], b["x1"], b["y1"]), b["visible_p"] >= LEAST_VISIBLE)
                                      for b in row["boxes"] if b["kind"] == kind]
    return {kind: average_precision(found[c], wanted[c]) for c, kind in enumerate(detector.CLASSES)} | {"images": len(rows)}


def embed(loaded, crops, batch=8):
    return np.concatenate([run(loaded, np.stack(crops[i:i + batch]))[0] for i in range(0, len(crops), batch)])


def object_crop(picture):
    """A catalogue view as the cart enrols it: what differs from a plain ground's colour, else all of it."""
    h, w = picture.shape[:2]
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).astype(np.int32)
    ground = np.median(border, axis=0)
    box = (0, 0, w, h)
    if (np.abs(border - ground).max(1) <= 28).mean() >= 0.9:
        other = np.abs(picture.astype(np.int32) - ground).max(2) > 28
        xs, ys = np.nonzero(other.mean(0) > 0.01)[0], np.nonzero(other.mean(1) > 0.01)[0]
        if len(xs) and len(ys) and np.ptp(xs) + 1 >= w / 8 and np.ptp(ys) + 1 >= h / 8:
            box = (xs[0], ys[0], xs[-1] + 1, ys[-1] + 1)
    return crop_square(picture, box, SIZE)


def gallery(loaded, folders):
    """{product: embeddings [views,128]} from `cartwright-sim views` folders."""
    found = {}
    for folder in folders:
        for product in sorted(p.parent for p in Path(folder).glob("*/views")):
            crops = [object_crop(picture_of(view)) for view in sorted((product / "views").glob("*.jpg"))]
            if crops:
                found[product.name] = embed(loaded, crops)
    return found


def queries(loaded, datasets, limit_each=60, seed=0):
    """{product: embeddings} of the labelled boxes in twin pictures."""
    rng, found = np.random.default_rng(seed), {}
    for product, boxes in sorted(box_classes(datasets).items()):
        chosen = rng.permutation(len(boxes))[:limit_each]
        found[product] = embed(loaded, [crop_square(picture_of(boxes[i][0]), boxes[i][1], SIZE) for i in chosen])
    return found


def similarities(embeddings, views, names):
    """Largest cosine to each product's views: [n, products]."""
    return np.stack([(embeddings @ views[name].T).max(1) for name in names], axis=1)


def recall_at_1(asked, views, names=None):
    """Per product and in the mean, each product weighing the same. names: restrict the catalogue."""
    names = sorted(names or views)
    each = {product: float((similarities(e, views, names).argmax(1) == names.index(product)).mean())
            for product, e in asked.items() if product in names and len(e)}
    return {"recall": float(np.mean(list(each.values()))) if each else 0.0, "each": each, "catalogue": len(names),
            "queries": sum(len(asked[p]) for p in each)}


def calibrate(asked, views, held_out, unknown_share=0.2, rounds=40, seed=0):
    """Fit (scale, unknown_similarity) by maximum likelihood on packs the network never saw.

    In each round half of the held-out packs are struck from the catalogue: their views must come out
    as unknown, the others' as themselves, in the proportion `unknown_share`.
    """
    from scipy.optimize import minimize
    rng = np.random.default_rng(seed)
    held = [p for p in sorted(held_out) if p in asked and p in views]
    cases = []
    for _ in range(rounds):
        struck = set(rng.permutation(held)[:len(held) // 2])
        names = [name for name in sorted(views) if name not in struck]
        for product in held:
            s = similarities(asked[product], views, names)
            label = len(names) if product in struck else names.index(product)
            weight = (unknown_share if product in struck else 1 - unknown_share) / len(s)
            cases.append((s, label, weight))

    def cost(x):
        scale, unknown, total = np.exp(x[0]), x[1], 0.0
        for s, label, weight in cases:
            logits = np.concatenate([s, np.full((len(s), 1), unknown)], axis=1) * scale
            top = logits.max(1, keepdims=True)
            total -= weight * (logits[:, label] - top[:, 0] - np.log(np.exp(logits - top).sum(1))).sum()
        return total / sum(w * len(s) for s, _, w in cases)

    best = minimize(cost, [np.log(20.0), 0.5], method="Nelder-Mead")
    return {"scale": float(np.exp(best.x[0])), "unknown_similarity": float(best.x[1]), "nll": float(best.fun)}


def grocery(path, folder, limit=None):
    """GroceryStore validation by nearest studio picture: real photographs, fine classes."""
    folder, loaded = Path(folder), session(path)
    lines = (folder / "classes.csv").read_text().splitlines()[1:]
    studio = {}
    for line in lines:
        words = line.split(",")
        picture = picture_of(folder / words[4].lstrip("/"))
        studio["grocery/" + words[0]] = embed(loaded, [object_crop(picture)])
    names, right, total = sorted(studio), 0, 0
    for name, paths in sorted(photo_classes(folder, "val").items()):
        crops = []
        for path in paths[:limit]:
            picture = picture_of(path)
            h, w = picture.shape[:2]
            crops.append(crop_square(picture, (0, 0, w, h), SIZE, grow=min(w, h) / max(w, h)))
        right += int((similarities(embed(loaded, crops), studio, names).argmax(1) == names.index(name)).sum())
        total += len(crops)
    return {"accuracy": right / max(total, 1), "photos": total}


def watch(path, video, out, frames=20, threshold=0.3, columns=4):
    """Boxes drawn on frames spread over a video, on one contact sheet: items green, hands red."""
    capture, loaded = cv2.VideoCapture(str(video)), session(path)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted, sheet = {int((i + 0.5) * count / frames) for i in range(frames)}, []
    for number in range(count):
        fine, frame = capture.read()
        if not fine:
            break
        if number not in wanted:
            continue
        for channel, score, box in detect(loaded, np.ascontiguousarray(frame[..., ::-1]), threshold):
            tone, (x0, y0, x1, y1) = ((0, 200, 0), (0, 0, 255))[channel], (int(v) for v in box)
            cv2.rectangle(frame, (x0, y0), (x1, y1), tone, 2)
            cv2.putText(frame, f"{score:.2f}", (x0 + 2, y0 + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.5, tone, 1, cv2.LINE_AA)
        cv2.putText(frame, str(number), (4, frame.shape[0] - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1, cv2.LINE_AA)
        sheet.append(frame)
    if not sheet:
        raise SystemExit(f"train: {video}: no frame can be read; give a video that OpenCV plays")
    sheet += [np.zeros_like(sheet[0])] * (-len(sheet) % columns)
    rows = [np.hstack(sheet[i:i + columns]) for i in range(0, len(sheet), columns)]
    cv2.imwrite(str(out), cv2.resize(np.vstack(rows), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA))
