"""Packs as triangle meshes, each with the map of its atlas.

A shape is built in centimetres, stands on y = 0 with its front towards +z, and is written in
inches. Its surface is a few sheets: grids of points whose row 0 is the top and column 0 the left,
seen from outside, so that every triangle faces outwards. A sheet is smooth inside and creased at
its border.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import pi

import numpy as np
from numpy.typing import ArrayLike

Rect = tuple[int, int, int, int]  # x, y, width, height in atlas pixels, y down
Profile = list[tuple[float, float]]  # (radius, height) in cm, from the top to the bottom

CM_PER_INCH = 2.54
FRONT_S = 0.25  # where the front of a wrapped label lies, as a fraction of the way round
GUTTER_PX = 4


@dataclass
class Shape:
    """A mesh and the panels of its texture; marks are heights on the "wrap" panel, 0 top to 1."""

    size: tuple[int, int] = (0, 0)
    panels: dict[str, Rect] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)
    triangles: list[np.ndarray] = field(default_factory=list)  # (n, 3 corners, xyz + uv + normal)

    def uv(self, panel: str, s: ArrayLike, t: ArrayLike) -> np.ndarray:
        """Texture coordinates, v up, of the point (s right, t down) of a panel, both 0 to 1."""
        x, y, width, height = self.panels[panel]
        u = (x + 0.5 + np.asarray(s, float) * (width - 1)) / self.size[0]
        v = 1 - (y + 0.5 + np.asarray(t, float) * (height - 1)) / self.size[1]
        return np.stack(np.broadcast_arrays(u, v), axis=-1)

    def add_sheet(self, points: np.ndarray, uv: np.ndarray) -> None:
        """Cut a grid of points into triangles; ones without area (at a pole) are left out."""
        grid = np.concatenate([points, uv], axis=-1)
        a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
        triangles = np.concatenate(
            [np.stack([a, b, c], 2).reshape(-1, 3, 5), np.stack([a, c, d], 2).reshape(-1, 3, 5)]
        )
        self.add_triangles(triangles)

    def add_triangles(self, triangles: np.ndarray) -> None:
        """Add corners (n, 3, xyz + uv) as one smooth sheet."""
        place = triangles[:, :, :3]
        normal = np.cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0])
        keep = np.linalg.norm(normal, axis=1) > 1e-7
        triangles, normal, place = triangles[keep], normal[keep], place[keep]
        _, corner = np.unique(place.reshape(-1, 3).round(5), axis=0, return_inverse=True)
        total = np.zeros((corner.max() + 1, 3))
        np.add.at(total, corner.ravel(), np.repeat(normal, 3, axis=0))
        total /= np.linalg.norm(total, axis=1, keepdims=True) + 1e-12
        self.triangles.append(
            np.concatenate([triangles, total[corner.ravel()].reshape(-1, 3, 3)], axis=-1)
        )

    def points(self) -> np.ndarray:
        """Corners of all triangles in cm, (n, 3, 3)."""
        return np.concatenate(self.triangles)[:, :, :3]

    def volume_cm3(self) -> float:
        """What the surface encloses; positive when the triangles face outwards."""
        a, b, c = np.moveaxis(self.points(), 1, 0)
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)

    def transform(self, matrix: np.ndarray) -> None:
        """Rotate every sheet, then stand it on y = 0 again."""
        for sheet in self.triangles:
            sheet[:, :, :3] = sheet[:, :, :3] @ matrix.T
            sheet[:, :, 5:] = sheet[:, :, 5:] @ matrix.T
        lowest = self.points()[:, :, 1].min()
        for sheet in self.triangles:
            sheet[:, :, 1] -= lowest

    def obj(self, name: str) -> str:
        """Wavefront OBJ in inches, y up: equal positions, coordinates and normals written once."""
        corners = np.concatenate(self.triangles)
        lines = [f"# {name}: inches, y up, front towards +z"]
        index = []
        for tag, values, digits in (
            ("v", corners[:, :, :3] / CM_PER_INCH, 3),
            ("vt", corners[:, :, 3:5], 4),
            ("vn", corners[:, :, 5:], 2),
        ):
            rounded = values.reshape(-1, values.shape[-1]).round(digits) + 0.0
            unique, inverse = np.unique(rounded, axis=0, return_inverse=True)
            index.append(inverse.reshape(-1, 3) + 1)
            lines += [
                tag + " " + " ".join(f"{x:.{digits}f}".rstrip("0").rstrip(".") for x in row)
                for row in unique
            ]
        for v, t, n in zip(*index):
            lines.append("f " + " ".join(f"{v[k]}/{t[k]}/{n[k]}" for k in range(3)))
        return "\n".join(lines) + "\n"


def _place(shape: Shape, sizes: dict[str, tuple[float, float]], width_px: int) -> None:
    """Lay panels in rows, left to right and top to bottom, with a gutter round each."""
    x = y = row = right = 0
    for name, (w, h) in sizes.items():
        width, height = round(w), round(h)
        if x and x + width + 2 * GUTTER_PX > width_px:
            x, y, row = 0, y + row, 0
        shape.panels[name] = (x + GUTTER_PX, y + GUTTER_PX, width, height)
        x += width + 2 * GUTTER_PX
        right, row = max(right, x), max(row, height + 2 * GUTTER_PX)
    shape.size = (right, y + row)


def box(width: float, height: float, depth: float) -> Shape:
    """A carton with six printed faces."""
    shape = Shape()
    scale = min(990 / (2 * width + 2 * depth), 990 / (height + depth), 34)
    w, h, d = width * scale, height * scale, depth * scale
    _place(
        shape,
        {
            "front": (w, h),
            "back": (w, h),
            "left": (d, h),
            "right": (d, h),
            "top": (w, d),
            "bottom": (w, d),
        },
        1024,
    )
    x, y, z = width / 2, height, depth / 2
    faces: dict[
        str, list[tuple[float, float, float]]
    ] = {  # top left, bottom left, bottom right, top right, seen from outside
        "front": [(-x, y, z), (-x, 0, z), (x, 0, z), (x, y, z)],
        "back": [(x, y, -z), (x, 0, -z), (-x, 0, -z), (-x, y, -z)],
        "left": [(-x, y, -z), (-x, 0, -z), (-x, 0, z), (-x, y, z)],
        "right": [(x, y, z), (x, 0, z), (x, 0, -z), (x, y, -z)],
        "top": [(-x, y, -z), (-x, y, z), (x, y, z), (x, y, -z)],
        "bottom": [(-x, 0, z), (-x, 0, -z), (x, 0, -z), (x, 0, z)],
    }
    for name, (top_left, low_left, low_right, top_right) in faces.items():
        shape.add_sheet(
            np.array([[top_left, top_right], [low_left, low_right]], float),
            shape.uv(name, np.array([[0, 1], [0, 1]]), np.array([[0, 0], [1, 1]])),
        )
    return shape


def _turn(profile: Profile, segments: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of a profile turned round the y axis, and the fraction of the turn of each column."""
    s = np.linspace(0, 1, segments + 1)
    angle = 2 * pi * (s - FRONT_S)
    angle[-1] = angle[0]  # the seam meets itself exactly
    radius, height = np.array(profile, float).T
    return np.stack(
        [
            radius[:, None] * np.sin(angle),
            np.repeat(height[:, None], s.size, 1),
            radius[:, None] * np.cos(angle),
        ],
        -1,
    ), s


def lathe(
    top: Profile,
    side: Profile,
    base: Profile,
    marks: dict[str, float],
    segments: int = 24,
    flatten: float = 1.0,
    px_per_cm: float = 40,
) -> Shape:
    """A turned pack: a lid seen from above, one sheet wrapped round the side, a base.

    marks: heights in cm that the painter needs, given back as fractions of the wrap panel.
    flatten: depth over width, for an oval bottle.
    """
    shape = Shape()
    radius, height = np.array(side, float).T
    arc = np.concatenate([[0], np.cumsum(np.hypot(np.diff(radius), np.diff(height)))])
    t = arc / arc[-1]
    around = 2 * pi * radius.max() * (1 + flatten) / 2
    lid = max(r for r, _ in top)
    scale = min(960 / around, 960 / arc[-1], px_per_cm)
    disc = min(2 * lid * scale, 250)
    wide = around * scale + disc < 1000
    _place(
        shape,
        {"wrap": (around * scale, arc[-1] * scale), "lid": (disc, disc), "base": (32, 32)},
        1024 if wide else 1000,
    )
    shape.marks = {name: float(np.interp(-y, -height, t)) for name, y in marks.items()}

    def disc_uv(panel: str, points: np.ndarray, up: float) -> np.ndarray:
        reach = 2 * np.hypot(points[..., 0], points[..., 2]).max()
        return shape.uv(panel, 0.5 + points[..., 0] / reach, 0.5 + up * points[..., 2] / reach)

    flat = np.array([1, 1, flatten])
    points, _ = _turn(top, segments)
    shape.add_sheet(points * flat, disc_uv("lid", points, 1))
    points, s = _turn(side, segments)
    shape.add_sheet(points * flat, shape.uv("wrap", s[None, :], t[:, None]))
    points, _ = _turn(base, segments)
    shape.add_sheet(points * flat, disc_uv("base", points, -1))
    return shape


def can(diameter: float, height: float) -> Shape:
    """A steel can: straight, with a rim at both ends."""
    r, h = diameter / 2, height
    return lathe(
        [(0, h - 0.3), (r - 0.35, h - 0.3), (r - 0.25, h), (r - 0.05, h)],
        [
            (r - 0.05, h),
            (r, h - 0.08),
            (r, h - 0.25),
            (r - 0.1, h - 0.35),
            (r - 0.1, 0.35),
            (r, 0.25),
            (r, 0.08),
            (r - 0.05, 0),
        ],
        [(r - 0.05, 0), (r - 0.3, 0), (r - 0.4, 0.25), (0, 0.25)],
        {"label_top": h - 0.4, "label_bottom": 0.4},
    )


def drink_can(diameter: float, height: float) -> Shape:
    """A drawn aluminium can with a necked-in top and a domed base."""
    r, h = diameter / 2, height
    return lathe(
        [(0, h - 0.5), (r - 0.85, h - 0.5), (r - 0.75, h), (r - 0.6, h)],
        [
            (r - 0.6, h),
            (r - 0.55, h - 0.15),
            (r - 0.65, h - 0.3),
            (r - 0.3, h - 1.0),
            (r - 0.05, h - 1.5),
            (r, h - 1.8),
            (r, 1.2),
            (r - 0.1, 0.8),
            (r - 0.75, 0),
        ],
        [(r - 0.75, 0), (r - 0.95, 0), (r - 1.3, 0.6), (0, 0.9)],
        {"label_top": h - 0.35, "label_bottom": 0.4},
    )


def bottle(
    diameter: float,
    height: float,
    neck: float,
    shoulder: float,
    flatten: float = 1.0,
    cap: float = 2.5,
) -> Shape:
    """A bottle with a shoulder, a neck and a cap.

    neck: its diameter; shoulder: the height at which the body starts to narrow; cap: its height.
    """
    r, n, h = diameter / 2, neck / 2, height
    k = n + 0.12
    rise = h - cap - shoulder
    slope = [
        (n + (r - n) * x, shoulder + rise * y)
        for x, y in ((0.0, 0.62), (0.08, 0.5), (0.28, 0.36), (0.58, 0.22), (0.86, 0.08), (1.0, 0.0))
    ]
    return lathe(
        [(0, h), (k - 0.1, h)],
        [
            (k - 0.1, h),
            (k, h - 0.1),
            (k, h - cap),
            (n, h - cap),
            *slope,
            (r, 0.5),
            (r - 0.15, 0.15),
            (r - 0.4, 0),
        ],
        [(r - 0.4, 0), (r - 0.8, 0.2), (0, 0.4)],
        {"cap": h - cap, "shoulder": shoulder, "label_top": shoulder - 0.6, "label_bottom": 1.4},
        flatten=flatten,
        px_per_cm=36,
    )


def jar(diameter: float, height: float) -> Shape:
    """A glass jar with a twist-off lid."""
    r, h = diameter / 2, height
    k = r - 0.25
    return lathe(
        [(0, h - 0.1), (k - 0.5, h - 0.1), (k - 0.3, h), (k - 0.1, h)],
        [
            (k - 0.1, h),
            (k, h - 0.12),
            (k, h - 1.3),
            (k - 0.15, h - 1.35),
            (k - 0.15, h - 1.6),
            (r - 0.1, h - 2.2),
            (r, h - 2.7),
            (r, 0.6),
            (r - 0.2, 0.15),
            (r - 0.6, 0),
        ],
        [(r - 0.6, 0), (r - 1, 0.2), (0, 0.3)],
        {"cap": h - 1.34, "label_top": h - 3.0, "label_bottom": 0.9},
    )


def cup(top_diameter: float, base_diameter: float, height: float) -> Shape:
    """A yogurt cup: tapered, with a foil lid on a rim."""
    r, b, h = top_diameter / 2, base_diameter / 2, height
    return lathe(
        [(0, h), (r - 0.1, h), (r, h - 0.05)],
        [(r, h - 0.05), (r, h - 0.18), (r - 0.35, h - 0.3), (b, 0.4), (b - 0.15, 0)],
        [(b - 0.15, 0), (b - 0.4, 0.2), (0, 0.2)],
        {"label_top": h - 0.3, "label_bottom": 0.1},
    )


def carton(width: float, height: float, depth: float) -> Shape:
    """A gable-top carton: four walls, a folded roof with a fin, a screw cap on the front slope."""
    shape = Shape()
    roof, fin, thick = depth * 0.38, 1.8, 0.3
    slope = float(np.hypot(roof, (depth - thick) / 2))
    tall = height + slope + fin
    scale = min(990 / (2 * width + 2 * depth), 960 / tall)
    _place(
        shape,
        {
            name: (side * scale, tall * scale)
            for name, side in (("front", width), ("right", depth), ("back", width), ("left", depth))
        }
        | {"cap": (40, 40), "base": (24, 24)},
        1024,
    )
    shape.marks = {"fin": fin / tall, "roof": (fin + slope) / tall}
    x, z, e = width / 2, depth / 2, thick / 2
    steps = np.array([0, shape.marks["fin"], shape.marks["roof"], 1])
    y = np.array([height + roof + fin, height + roof, height, 0])
    out = np.array([e, e, z, z])
    for name, sign in (("front", 1), ("back", -1)):
        for i in range(3):  # fin, slope, wall: each flat
            points = np.array(
                [
                    [(-sign * x, y[k], sign * out[k]), (sign * x, y[k], sign * out[k])]
                    for k in (i, i + 1)
                ]
            )
            shape.add_sheet(points, shape.uv(name, np.array([[0, 1]]), steps[i : i + 2, None]))
    for name, sign in (("right", 1), ("left", -1)):
        # Seen from outside, the left edge is at the front on the right wall, at the back on the
        # left wall.
        def corner(k: int, side: int, name: str = name, sign: int = sign) -> np.ndarray:
            place = (sign * x, y[k], -sign * side * out[k])
            return np.concatenate([place, shape.uv(name, 0.5 + side * out[k] / depth, steps[k])])

        inner = np.concatenate(
            [
                (sign * (x - 0.3 * width), height + 0.8 * roof, 0),
                shape.uv(name, 0.5, steps[1] + 0.05),
            ]
        )
        ring = [corner(2, -1), corner(2, 1), corner(1, 1), corner(1, -1)]
        for i in range(4):  # the folded-in gable
            shape.add_triangles(np.array([[ring[i], ring[(i + 1) % 4], inner]]))
        for k in (0, 2):  # the edge of the fin, and the wall
            a, b, c, d = corner(k, -1), corner(k + 1, -1), corner(k + 1, 1), corner(k, 1)
            shape.add_triangles(np.array([[a, b, c], [a, c, d]]))
    half = np.array([[0.5, 0.5], [0.5, 0.5]])
    top = np.array([[(-x, y[0], -e), (x, y[0], -e)], [(-x, y[0], e), (x, y[0], e)]])
    shape.add_sheet(top, shape.uv("front", half, half * 0.02))
    floor = np.array([[(-x, 0, z), (x, 0, z)], [(-x, 0, -z), (x, 0, -z)]])
    shape.add_sheet(floor, shape.uv("base", half, half))
    _add_cap(shape, np.array([0, height + roof * 0.45, e + (z - e) * 0.55]), (roof, z - e))
    return shape


def _add_cap(shape: Shape, centre: np.ndarray, slope: tuple[float, float]) -> None:
    """A closed screw cap standing on the front slope (its rise and its run)."""
    rise, run = slope
    length = float(np.hypot(rise, run))
    points, _ = _turn([(0, 1.1), (1.3, 1.1), (1.35, -0.4), (0, -0.4)], 14)
    tilt = np.array(
        [[1, 0, 0], [0, run / length, -rise / length], [0, rise / length, run / length]]
    )
    s, t = 0.5 + points[..., 0] / 3, 0.5 + points[..., 2] / 3
    placed = points @ tilt.T + centre
    for i in range(3):
        shape.add_sheet(placed[i : i + 2], shape.uv("cap", s[i : i + 2], t[i : i + 2]))


def bag(width: float, height: float, thickness: float, puff: float = 0.5, seed: int = 0) -> Shape:
    """A pillow bag: bulged, drawn in at the waist, crimped flat at both ends.

    puff: how fast the bulge rises from the edge; 0.35 taut with gas, 0.7 slack.
    """
    shape = Shape()
    scale = min(500 / width, 960 / height, 34)
    _place(
        shape,
        {"front": (width * scale, height * scale), "back": (width * scale, height * scale)},
        1024,
    )
    rows, columns = 18, 13
    seal = 1.3 / height
    t = np.concatenate([[0, seal], np.linspace(seal, 1 - seal, rows - 2)[1:-1], [1 - seal, 1]])
    s = np.sin(np.linspace(-pi / 2, pi / 2, columns)) * 0.5 + 0.5
    across, down = np.meshgrid(2 * s - 1, t)
    middle = np.clip((np.minimum(down, 1 - down) - seal) / (0.5 - seal), 0, 1)
    rise = np.sin(middle * pi / 2) ** (1.4 * puff)
    edge = (1 - across**2) ** puff
    rng = np.random.default_rng(seed)
    phase, waves = rng.uniform(0, 6, 4), rng.uniform(2, 5, 2)
    folds = (
        1
        + 0.10 * np.sin(waves[0] * across * 3 + phase[0]) * (1 - middle)
        + 0.05 * np.sin(waves[1] * down * 3 + phase[1])
    )
    z = np.maximum(thickness / 2 * rise * edge * folds, 0.06 * (1 - across**8))
    z[:, [0, -1]] = 0
    z[[0, -1]] = 0
    waist = 1 - 0.09 * rise
    x = across * waist * width / 2
    y = (1 - down) * height
    for name, sign in (("front", 1), ("back", -1)):
        points = np.stack([x, y, z], -1)
        if sign < 0:
            points = (points * np.array([1, 1, -1]))[:, ::-1]
        shape.add_sheet(points, shape.uv(name, s[None, :], t[:, None]))
    return shape


Warp = Callable[[np.ndarray], np.ndarray]


def produce(
    profile: Profile,
    rotation: np.ndarray | None = None,
    warp: Warp | None = None,
    segments: int = 20,
    stem: Profile | None = None,
    skin_px: tuple[int, int] = (420, 320),
) -> Shape:
    """A turned fruit or root, warped, laid the way it rests; a stem is a second body."""
    shape = Shape()
    _place(shape, {"skin": skin_px, "stem": (24, 24)}, 1024)
    points, s = _turn(profile, segments)
    steps = np.hypot(*np.diff(np.array(profile), axis=0).T)
    t = np.concatenate([[0], np.cumsum(steps)]) / steps.sum()
    uv = shape.uv("skin", s[None, :], t[:, None])
    shape.add_sheet(warp(points) if warp else points, uv)
    if stem:
        points, s = _turn(stem, 8)
        shape.add_sheet(points, shape.uv("stem", s[None, :], np.linspace(0, 1, len(stem))[:, None]))
    shape.transform(np.eye(3) if rotation is None else rotation)
    return shape
