"""Loose fruit and vegetables: turned shapes, warped out of round, with painted skins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

import numpy as np
from PIL import Image

from .canvas import Colour
from .shapes import Profile, Shape, Warp
from .shapes import produce as turned

Skin = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # s, t, directions -> RGB


def noise(places: np.ndarray, scale: float, seed: int) -> np.ndarray:
    """Smooth noise in -1..1 at points (..., 3): random values on a lattice, blended between."""
    table = np.random.default_rng(seed).uniform(-1, 1, (32, 32, 32))
    p = places * scale + 50
    cell = np.floor(p).astype(int)
    f = p - cell
    f = f * f * (3 - 2 * f)
    total = np.zeros(places.shape[:-1])
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(np.array(corner), f, 1 - f), axis=-1)
        i, j, k = np.moveaxis((cell + np.array(corner)) % 32, -1, 0)
        total += weight * table[i, j, k]
    return total


def layered(places: np.ndarray, scale: float, seed: int) -> np.ndarray:
    """Noise of three sizes, coarse to fine."""
    return sum(noise(places, scale * 2**k, seed + k) / 2**k for k in range(3)) / 1.75


def blend(a: np.ndarray | Colour, b: Colour, part: np.ndarray) -> np.ndarray:
    part = np.clip(part, 0, 1)[..., None]
    return np.asarray(a, float) * (1 - part) + np.asarray(b, float) * part


def _apple(s: np.ndarray, t: np.ndarray, d: np.ndarray) -> np.ndarray:
    blush = 0.85 + noise(d, 1.1, 3) * 0.7 + noise(d * np.array([14, 1.5, 14]), 1.0, 5) * 0.22
    skin = blend((232, 190, 92), (196, 40, 42), blush)
    skin = blend(skin, (150, 18, 32), (blush - 0.75) * 0.9)
    skin = blend(skin, (240, 214, 168), (noise(d, 30, 7) - 0.78) * 4)
    skin = blend(skin, (172, 150, 72), (0.13 - t) / 0.08)
    return blend(skin, (120, 100, 50), (t - 0.95) / 0.05)


def _banana(s: np.ndarray, t: np.ndarray, d: np.ndarray) -> np.ndarray:
    place = np.stack([np.cos(2 * pi * s), np.sin(2 * pi * s), t * 6], -1)
    ridge = np.abs(np.sin(2.5 * 2 * pi * s)) ** 8
    skin = blend((247, 211, 64), (224, 180, 44), ridge * 0.6 + layered(place, 0.8, 3) * 0.3)
    skin = blend(skin, (156, 172, 66), np.maximum((0.15 - t) / 0.13, (t - 0.93) / 0.1) * 0.7)
    skin = blend(skin, (116, 78, 32), (noise(place, 4.2, 4) - 0.62) * 6)
    return blend(skin, (62, 44, 26), np.maximum((t - 0.975) / 0.015, (0.03 - t) / 0.02))


def _tomato(s: np.ndarray, t: np.ndarray, d: np.ndarray) -> np.ndarray:
    skin = blend((212, 34, 22), (228, 84, 30), 0.25 + layered(d, 1.6, 2) * 0.6)
    star = 0.045 + 0.115 * np.clip(np.cos(2 * pi * s * 5), 0, 1) ** 3
    skin = blend(skin, (200, 120, 40), (0.1 - t) / 0.08 * 0.6)
    skin = blend(skin, (70, 120, 48), (star - t) / 0.012)
    return blend(skin, (120, 80, 40), (t - 0.99) / 0.01)


def _potato(s: np.ndarray, t: np.ndarray, d: np.ndarray) -> np.ndarray:
    skin = blend((190, 148, 92), (146, 106, 62), 0.4 + layered(d, 3.0, 1) * 0.9)
    skin = blend(skin, (104, 74, 44), (noise(d, 9, 12) - 0.5) * 3)
    return blend(skin, (214, 178, 122), (noise(d, 5, 20) - 0.35) * 1.6)


def _lemon(s: np.ndarray, t: np.ndarray, d: np.ndarray) -> np.ndarray:
    skin = blend((248, 216, 40), (232, 186, 24), 0.4 + layered(d, 2.0, 6) * 0.6)
    skin = blend(skin, (206, 160, 16), (noise(d, 34, 8) - 0.25) * 1.1)
    return blend(skin, (140, 150, 50), np.maximum((0.05 - t) / 0.04, (t - 0.97) / 0.05))


def _orange(s: np.ndarray, t: np.ndarray, d: np.ndarray) -> np.ndarray:
    skin = blend((246, 146, 24), (228, 112, 12), 0.4 + layered(d, 1.7, 14) * 0.7)
    skin = blend(skin, (204, 92, 6), (noise(d, 36, 15) - 0.2) * 1.2)
    return blend(skin, (90, 110, 50), (0.035 - t) / 0.012)


def _carrot(s: np.ndarray, t: np.ndarray, d: np.ndarray) -> np.ndarray:
    rings = noise(
        np.stack([t * 30, np.cos(2 * pi * s) * 1.5, np.sin(2 * pi * s) * 1.5], -1), 1.0, 2
    )
    skin = blend((238, 122, 32), (204, 90, 18), 0.3 + rings * 0.8)
    skin = blend(skin, (160, 74, 20), (rings - 0.55) * 4)
    return blend(skin, (96, 130, 52), (0.045 - t) / 0.03)


def _onion(s: np.ndarray, t: np.ndarray, d: np.ndarray) -> np.ndarray:
    veins = np.abs(np.sin(2 * pi * s * 17 + noise(d, 2.0, 3) * 1.5)) ** 6
    skin = blend((206, 136, 60), (172, 96, 36), 0.4 + layered(d, 2.2, 11) * 0.7)
    skin = blend(skin, (140, 76, 30), veins * 0.5)
    skin = blend(skin, (224, 184, 116), (noise(d, 3.0, 18) - 0.4) * 2)
    return blend(skin, (188, 150, 96), np.maximum((0.12 - t) / 0.1, (t - 0.95) / 0.04))


def _avocado(s: np.ndarray, t: np.ndarray, d: np.ndarray) -> np.ndarray:
    skin = blend((58, 74, 38), (40, 44, 32), 0.5 + layered(d, 3.0, 5) * 0.8)
    skin = blend(skin, (98, 112, 58), (noise(d, 24, 6) - 0.3) * 1.6)
    return blend(skin, (110, 84, 50), (0.03 - t) / 0.01)


def ball(
    radius: float, height: float, rows: int = 19, dimple: float = 0.0, low: float = 0.0
) -> Profile:
    """A round profile, `height` tall; dimple and low push the top and the bottom in, in cm."""
    a = np.linspace(0, pi, rows)
    r, y = radius * np.sin(a), height / 2 * np.cos(a)
    y = y - dimple * np.exp(-((r / (0.33 * radius)) ** 2)) * (a < pi / 2)
    y = y + low * np.exp(-((r / (0.3 * radius)) ** 2)) * (a > pi / 2)
    r[0] = r[-1] = 0
    return list(zip(r.tolist(), y.tolist()))


def lumpy(
    amount: float, scale: float, seed: int, stretch: tuple[float, float, float] = (1, 1, 1)
) -> Warp:
    """Push points in and out along their direction from the middle."""

    def warp(points: np.ndarray) -> np.ndarray:
        length = np.linalg.norm(points, axis=-1, keepdims=True)
        direction = points / np.maximum(length, 1e-9)
        return points * (1 + amount * noise(direction, scale, seed)[..., None]) * np.array(stretch)

    return warp


def ribbed(count: int, amount: float) -> Warp:
    """Shallow furrows from pole to pole."""

    def warp(points: np.ndarray) -> np.ndarray:
        angle = np.arctan2(points[..., 0], points[..., 2])
        swell = 1 + amount * np.cos(count * angle)
        return points * np.stack([swell, np.ones_like(swell), swell], -1)

    return warp


def bent(bend_radius: float, length: float) -> Warp:
    """Bend a shape that stands along y into an arc of a circle, five-sided like a banana."""

    def warp(points: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(points, -1, 0)
        angle = np.arctan2(x, z)
        facet = 1 + 0.05 * np.cos(5 * angle)
        x, z = x * facet, z * facet
        turn = (y - length / 2) / bend_radius
        return np.stack(
            [(bend_radius + x) * np.cos(turn) - bend_radius, (bend_radius + x) * np.sin(turn), z],
            -1,
        )

    return warp


LYING = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # y up becomes -x
ON_ITS_SIDE = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])  # z becomes up


@dataclass(frozen=True)
class Kind:
    """One sort of produce: shape in cm, and its skin."""

    profile: Profile
    skin: Skin
    warp: Warp | None = None
    rotation: np.ndarray | None = None
    stem: Profile | None = None


def _tube(radii: list[float], length: float) -> Profile:
    steps = np.linspace(length, 0, len(radii))
    return [(0, length), *zip(radii, steps.tolist()), (0, 0)]


KINDS: dict[str, Kind] = {
    "apple": Kind(
        ball(4.0, 7.0, dimple=1.3, low=0.7),
        _apple,
        ribbed(5, 0.018),
        stem=[(0, 3.7), (0.14, 3.6), (0.12, 2.0), (0, 1.9)],
    ),
    "banana": Kind(
        _tube(
            [0.5, 0.55, 0.58, 0.75, 1.3, 1.75, 1.98, 2.05, 2.08, 2.05, 1.96, 1.7, 1.25, 0.7, 0.5],
            20,
        ),
        _banana,
        bent(13, 20),
        ON_ITS_SIDE,
    ),
    "tomato": Kind(ball(3.7, 6.0, dimple=0.7, low=0.2), _tomato, ribbed(6, 0.015)),
    "potato": Kind(ball(3.1, 9.4), _potato, lumpy(0.1, 1.6, 3, (1.12, 1, 0.95)), LYING),
    "lemon": Kind(
        [
            (0, 4.6),
            (0.35, 4.45),
            (0.6, 4.0),
            (1.1, 3.5),
            *ball(2.85, 7.2)[4:-4],
            (1.1, -3.4),
            (0.5, -3.8),
            (0, -4.1),
        ],
        _lemon,
        lumpy(0.03, 2, 8),
        LYING,
    ),
    "orange": Kind(ball(3.8, 7.4, dimple=0.15), _orange, lumpy(0.015, 2, 4)),
    "carrot": Kind(
        [
            (0, 16),
            (0.7, 15.9),
            (1.35, 15.5),
            (1.55, 14.8),
            (1.5, 13),
            (1.42, 11),
            (1.3, 9),
            (1.15, 7),
            (0.98, 5),
            (0.76, 3),
            (0.5, 1.4),
            (0.22, 0.4),
            (0, 0),
        ],
        _carrot,
        lumpy(0.0, 1, 1),
        LYING,
    ),
    "onion": Kind(
        [
            (0, 5.6),
            (0.3, 5.5),
            (0.45, 4.9),
            (0.7, 4.3),
            (1.3, 3.75),
            *ball(3.7, 7.0)[4:-1],
            (0.5, -3.6),
            (0.3, -3.85),
            (0, -3.9),
        ],
        _onion,
        lumpy(0.02, 2, 5),
    ),
    "avocado": Kind(
        [
            (0, 6.1),
            (0.6, 6.0),
            (1.25, 5.55),
            (1.65, 4.8),
            (1.95, 3.8),
            (2.3, 2.7),
            (2.8, 1.4),
            (3.2, 0),
            (3.3, -1.2),
            (3.05, -2.4),
            (2.4, -3.4),
            (1.4, -3.95),
            (0, -4.15),
        ],
        _avocado,
        lumpy(0.012, 7, 6),
        LYING,
    ),
}


def build(kind: str) -> Shape:
    sort = KINDS[kind]
    shape = turned(sort.profile, sort.rotation, sort.warp, stem=sort.stem)
    place = shape.points().reshape(-1, 3)
    middle = (place.min(0) + place.max(0)) / 2 * np.array([1, 0, 1])
    for sheet in shape.triangles:
        sheet[:, :, :3] -= middle
    return shape


def paint(kind: str, panel: str, width: int, height: int) -> Image.Image:
    if panel == "stem":
        return Image.new("RGB", (width, height), (98, 66, 36))
    s, t = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    around, down = 2 * pi * s, pi * t
    direction = np.stack(
        [np.sin(down) * np.sin(around), np.cos(down), np.sin(down) * np.cos(around)], -1
    )
    skin = KINDS[kind].skin(s, t, direction)
    return Image.fromarray(skin.clip(0, 255).astype(np.uint8))
