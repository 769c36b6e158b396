"""Illustrations, each drawn inside a circle of radius r round (x, y)."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np

from .canvas import Canvas, Colour, Point, darker, ellipse_points, lighter, mix, smooth

Picture = Callable[[Canvas, float, float, float], None]
LEAF: Colour = (74, 132, 52)
CREAM: Colour = (250, 244, 228)


def _outline(x: float, y: float, r: float, shape: list[Point], turn: float = 0) -> list[Point]:
    """A smooth closed curve through points given in units of r, turned clockwise."""
    return smooth([(x + r * (px * cos(turn) - py * sin(turn)),
                    y + r * (px * sin(turn) + py * cos(turn))) for px, py in shape])


def leaf(c: Canvas, x: float, y: float, r: float, turn: float, colour: Colour = LEAF) -> None:
    """A leaf of length 2 r with a midrib, its stalk at (x, y)."""
    c.shade(_outline(x, y, r, [(0, 0), (0.6, -0.42), (1.3, -0.4), (2, 0), (1.3, 0.36), (0.6, 0.38)],
                     turn), colour, bright=0.25)
    c.line([(x + r * t * cos(turn), y + r * t * sin(turn)) for t in (0.1, 1.85)],
           lighter(colour, 0.35), r * 0.05)


def _heap(seed: int, count: int, spread: float = 1.0) -> list[tuple[float, float, float]]:
    """Places for many small things in a pile, far ones first: x, y in units of r, and an angle."""
    rng = np.random.default_rng(seed)
    places: list[tuple[float, float, float]] = []
    while len(places) < count:
        px, py, turn = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(0, 2 * pi)
        if py > -0.55 + 1.3 * px * px - 0.2 and px * px + py * py < spread:
            places.append((px, py, turn))
    return sorted(places, key=lambda p: p[1])


def strawberry(c: Canvas, x: float, y: float, r: float) -> None:
    c.shade(_outline(x, y, r, [(0, -0.62), (0.55, -0.68), (0.82, -0.25), (0.55, 0.45), (0, 0.98),
                               (-0.55, 0.45), (-0.82, -0.25), (-0.55, -0.68)]), (214, 28, 44))
    for row, py in enumerate((-0.35, -0.1, 0.15, 0.4, 0.65)):
        half = 0.62 - 0.13 * row if row else 0.55
        for k in range(5 - row // 2):
            px = -half + 2 * half * (k + 0.5) / (5 - row // 2)
            c.ellipse(x + px * r, y + py * r, r * 0.035, r * 0.055, (250, 214, 120))
    for k in range(7):
        leaf(c, x, y - 0.66 * r, r * 0.27, pi * (k / 6), LEAF)
    c.line([(x, y - 0.66 * r), (x + 0.1 * r, y - 0.98 * r)], darker(LEAF, 0.2), r * 0.08)


def raspberry(c: Canvas, x: float, y: float, r: float) -> None:
    rows = [(-0.42, 4), (-0.2, 5), (0.05, 4), (0.3, 4), (0.52, 3), (0.74, 2), (0.86, 1)]
    c.shade(_outline(x, y, r, [(0, -0.5), (0.6, -0.4), (0.6, 0.15), (0, 0.85), (-0.6, 0.15),
                               (-0.6, -0.4)]), (150, 12, 70))
    for py, count in rows:
        for k in range(count):
            px = (k - (count - 1) / 2) * 0.31
            c.ball(x + px * r, y + py * r, r * 0.2, (206, 34, 100), depth=0.5, bright=0.55)
    for k in range(6):
        leaf(c, x, y - 0.56 * r, r * 0.24, pi * (k / 5), LEAF)


def citrus(c: Canvas, x: float, y: float, r: float, flesh: Colour = (250, 150, 30)) -> None:
    """A cut half before a whole fruit."""
    c.ball(x + 0.34 * r, y - 0.28 * r, 0.64 * r, flesh)
    leaf(c, x + 0.4 * r, y - 0.84 * r, 0.24 * r, -0.3)
    cx, cy, rr = x - 0.26 * r, y + 0.26 * r, 0.68 * r
    c.ball(cx, cy, rr, darker(flesh, 0.06), bright=0)
    c.ellipse(cx, cy, rr * 0.93, rr * 0.93, (255, 246, 220))
    for k in range(10):
        a, b = 2 * pi * (k + 0.08) / 10, 2 * pi * (k + 0.92) / 10
        arc = [a + (b - a) * i / 6 for i in range(7)]
        wedge = [(cx + rr * 0.08 * cos((a + b) / 2), cy + rr * 0.08 * sin((a + b) / 2))]
        wedge += [(cx + rr * 0.84 * cos(t), cy + rr * 0.84 * sin(t)) for t in arc]
        c.shade(wedge, lighter(flesh, 0.12), depth=0.2, bright=0.25)


def lemon(c: Canvas, x: float, y: float, r: float) -> None:
    citrus(c, x, y, r, (246, 214, 40))


def bowl(c: Canvas, x: float, y: float, r: float, china: Colour = (60, 108, 168)) -> None:
    """An empty bowl; what lies in it is drawn after, above y."""
    c.shadow(x, y + 0.72 * r, r, 0.16 * r)
    arc = [(x + r * cos(a), y + 0.74 * r * sin(a)) for a in np.linspace(0, pi, 30)]
    c.shade(arc, china, light=(0.3, 0.2))
    c.ellipse(x, y, r, 0.26 * r, lighter(china, 0.75))
    c.ellipse(x, y + 0.02 * r, 0.93 * r, 0.21 * r, CREAM)


def flakes(c: Canvas, x: float, y: float, r: float) -> None:
    y += 0.15 * r
    bowl(c, x, y, r)
    rng = np.random.default_rng(5)
    for px, py, turn in _heap(4, 90):
        ring = [(cos(a) * rng.uniform(0.7, 1.15), 0.7 * sin(a) * rng.uniform(0.7, 1.15))
                for a in np.linspace(0, 2 * pi, 7)[:-1]]
        gold = mix((244, 178, 52), (206, 118, 24), rng.uniform(0, 0.8))
        c.shade(_outline(x + px * 0.74 * r, y + (py * 0.26 - 0.12) * r, 0.15 * r, ring, turn), gold)


def clusters(c: Canvas, x: float, y: float, r: float) -> None:
    y += 0.15 * r
    bowl(c, x, y, r, (188, 84, 46))
    rng = np.random.default_rng(9)
    for k, (px, py, turn) in enumerate(_heap(8, 70)):
        place = x + px * 0.74 * r, y + (py * 0.27 - 0.12) * r
        if k % 12 == 5:
            c.ball(*place, 0.1 * r, (60, 70, 140))
        else:
            tone = mix((206, 156, 88), (140, 88, 40), rng.uniform(0, 0.8))
            c.ball(*place, 0.13 * r, tone, 0.75, turn)


def wheat(c: Canvas, x: float, y: float, r: float) -> None:
    for lean in (-0.38, 0.0, 0.38):
        tip = (x + lean * 1.3 * r, y - 0.95 * r + abs(lean) * 0.3 * r)
        foot = (x - lean * 0.2 * r, y + 0.98 * r)
        c.line([foot, tip], (190, 140, 50), r * 0.045)
        for k in range(9):
            t = 0.42 + k * 0.07
            px, py = foot[0] + (tip[0] - foot[0]) * t, foot[1] + (tip[1] - foot[1]) * t
            for side in (-1, 1):
                c.ball(px + side * 0.1 * r, py, 0.15 * r, (226, 178, 74), 0.45,
                       -pi / 2 + side * 0.55 + lean * 0.7, depth=0.4)


def penne(c: Canvas, x: float, y: float, r: float) -> None:
    for px, py, turn in _heap(12, 46):
        turn = turn % pi - pi / 2
        cx, cy, half, wide = x + px * 0.72 * r, y + (py * 0.66 + 0.1) * r, 0.3 * r, 0.105 * r

        def at(u: float, v: float, cx: float = cx, cy: float = cy, turn: float = turn) -> Point:
            return cx + u * cos(turn) - v * sin(turn), cy + u * sin(turn) + v * cos(turn)

        c.shade([at(-half - wide, -wide), at(half - wide, -wide), at(half + wide, wide),
                 at(-half + wide, wide)], (242, 200, 100), light=(0.5, 0.3))
        for v in (-0.5, 0, 0.5):
            c.line([at(-half + v * wide, v * wide), at(half + v * wide, v * wide)],
                   (214, 164, 62), 0.014 * r)
        c.shade(ellipse_points(*at(half, 0), 1.38 * wide, 0.5 * wide, turn + pi / 4), (176, 124,
                44),
                bright=0)


def spaghetti(c: Canvas, x: float, y: float, r: float) -> None:
    for k in range(46):
        u = (k / 45 - 0.5) * 2
        order = sin(k * 2.399)
        colour = mix((246, 206, 108), (206, 152, 52), 0.5 + 0.5 * order)
        c.line([(x + u * 0.62 * r, y - (0.98 - 0.05 * order) * r), (x + u * 0.17 * r, y + 0.05 * r),
                (x + u * 0.55 * r, y + (0.96 + 0.04 * order) * r)], colour, 0.04 * r)
    c.rect(x - 0.2 * r, y - 0.06 * r, 0.4 * r, 0.22 * r, (178, 40, 38), 0.04 * r)


def rice(c: Canvas, x: float, y: float, r: float) -> None:
    y += 0.15 * r
    bowl(c, x, y, r, (34, 92, 96))
    for px, py, turn in _heap(21, 230):
        c.ball(x + px * 0.78 * r, y + (py * 0.3 - 0.14) * r, 0.085 * r, (252, 248, 236), 0.33, turn,
               depth=0.22, bright=0.2)
    leaf(c, x + 0.05 * r, y - 0.2 * r, 0.2 * r, -0.9)
    leaf(c, x + 0.02 * r, y - 0.2 * r, 0.18 * r, -2.2)


def tomato(c: Canvas, x: float, y: float, r: float) -> None:
    for px, py, size in ((0.36, -0.18, 0.56), (-0.4, -0.05, 0.52), (0.02, 0.3, 0.64)):
        cx, cy = x + px * r, y + py * r
        c.ball(cx, cy, size * r, (212, 40, 28), 0.9)
        for k in range(5):
            leaf(c, cx, cy - size * 0.62 * r, size * 0.22 * r, 2 * pi * k / 5 + 0.4)
    leaf(c, x + 0.42 * r, y + 0.74 * r, 0.28 * r, -0.25, (50, 120, 50))
    leaf(c, x + 0.42 * r, y + 0.76 * r, 0.24 * r, 0.5, (66, 140, 56))


def chickpeas(c: Canvas, x: float, y: float, r: float) -> None:
    for px, py, turn in _heap(33, 120):
        cx, cy = x + px * 0.82 * r, y + (py * 0.72 + 0.12) * r
        c.ball(cx, cy, 0.15 * r, (224, 182, 112), 0.94)
        c.ball(cx + 0.09 * r * cos(turn), cy + 0.09 * r * sin(turn), 0.05 * r, (206, 156, 86), 0.8)
    leaf(c, x + 0.3 * r, y + 0.75 * r, 0.24 * r, -0.4)


def sweetcorn(c: Canvas, x: float, y: float, r: float) -> None:
    for turn in (-0.5, 0.45):
        leaf(c, x, y + 0.98 * r, 0.82 * r, -pi / 2 + turn * 1.15, (112, 160, 62))
    for row in range(15):
        v = -0.92 + row * 0.117
        half = 0.36 * max(0.0, 1 - abs(v + 0.05) ** 3.2) ** 0.5
        for k in range(7):
            u = (k - 3 + (row % 2) * 0.0) / 3
            c.ball(x + half * sin(u * 1.35) * r, y + v * r, 0.085 * r, (250, 206, 50),
                   depth=0.35, bright=0.5)
    leaf(c, x - 0.08 * r, y + 1.0 * r, 0.52 * r, -pi / 2 - 0.5, (92, 146, 54))
    leaf(c, x + 0.08 * r, y + 1.0 * r, 0.52 * r, -pi / 2 + 0.5, (82, 136, 48))


def fish(c: Canvas, x: float, y: float, r: float) -> None:
    blue = (52, 92, 132)
    c.shade(_outline(x, y, r, [(0.55, 0), (0.95, -0.42), (0.82, 0), (0.95, 0.42)]), blue)
    c.shade(_outline(x, y, r, [(-0.1, -0.3), (0.22, -0.56), (0.26, -0.2)]), darker(blue, 0.2))
    c.shade(_outline(x, y, r, [(-0.95, 0.03), (-0.6, -0.26), (0, -0.36), (0.62, -0.05), (0.62,
            0.06),
                               (0, 0.34), (-0.6, 0.24)]), blue, light=(0.4, 0.1))
    c.shade(_outline(x, y, r, [(-0.9, 0.07), (-0.4, 0.08), (0.55, 0.04), (0, 0.32), (-0.55, 0.23)]),
            (214, 222, 228), depth=0.3)
    c.shade(_outline(x, y, r, [(-0.2, 0.1), (0.12, 0.38), (0.02, 0.08)]), darker(blue, 0.25))
    c.ellipse(x - 0.68 * r, y - 0.05 * r, 0.06 * r, 0.06 * r, (250, 250, 240))
    c.ellipse(x - 0.68 * r, y - 0.05 * r, 0.035 * r, 0.035 * r, (10, 20, 30))
    c.line([(x - 0.5 * r, y - 0.2 * r), (x - 0.44 * r, y), (x - 0.5 * r, y + 0.17 * r)],
           darker(blue, 0.3), 0.025 * r)


def beer(c: Canvas, x: float, y: float, r: float) -> None:
    leaf(c, x - 0.3 * r, y + 0.9 * r, 0.36 * r, -2.5, (112, 150, 62))
    leaf(c, x + 0.3 * r, y + 0.9 * r, 0.36 * r, -0.6, (100, 140, 56))
    glass = [(x - 0.4 * r, y - 0.55 * r), (x + 0.4 * r, y - 0.55 * r), (x + 0.28 * r, y + 0.95 * r),
             (x - 0.28 * r, y + 0.95 * r)]
    c.shade(glass, (238, 164, 28), depth=0.35, light=(0.3, 0.5))
    for k in range(14):
        c.ring(x + 0.2 * r * sin(k * 2.4), y + (0.85 - k * 0.09) * r, 0.022 * r, (255, 224, 130),
               0.012 * r)
    for k in range(7):
        c.ball(x + (k - 3) * 0.12 * r, y - (0.6 + 0.1 * (k % 2)) * r, 0.17 * r, (255, 250, 236),
               depth=0.15)


def cola(c: Canvas, x: float, y: float, r: float) -> None:
    """Bubbles rising, larger towards the top."""
    c.ellipse(x, y, r, r, (60, 24, 18))
    for k in range(70):
        angle, far = k * 2.39996, ((k + 0.5) / 70) ** 0.5
        px, py = 0.9 * far * cos(angle), 0.9 * far * sin(angle)
        size = 0.03 + 0.06 * (0.5 - 0.5 * py) * (1 + 0.6 * sin(k * 1.7))
        c.ball(x + px * r, y + py * r, size * r, mix((246, 226, 200), (190, 118, 72),
                0.5 + 0.5 * py),
               depth=0.5, bright=0.8)


def grapes(c: Canvas, x: float, y: float, r: float) -> None:
    c.line([(x, y - 0.55 * r), (x + 0.08 * r, y - 0.98 * r)], (110, 80, 40), 0.06 * r)
    leaf(c, x, y - 0.62 * r, 0.42 * r, -0.15, (96, 130, 60))
    leaf(c, x, y - 0.62 * r, 0.36 * r, pi + 0.25, (84, 118, 52))
    for row, count in enumerate((4, 5, 4, 3, 2, 1)):
        for k in range(count):
            c.ball(x + (k - (count - 1) / 2) * 0.29 * r, y + (-0.42 + row * 0.24) * r, 0.18 * r,
                   (96, 34, 84), depth=0.55, bright=0.5)


def olives(c: Canvas, x: float, y: float, r: float) -> None:
    c.line([(x - 0.9 * r, y + 0.5 * r), (x, y - 0.05 * r), (x + 0.9 * r, y - 0.6 * r)],
           (110, 96, 52), 0.04 * r)
    for k in range(6):
        px = -0.75 + k * 0.3
        for side in (-1, 1):
            leaf(c, x + px * r, y + (0.02 - px * 0.6) * r, 0.25 * r, -0.6 + side * 0.9,
                 (112, 134, 82))
    for px, py in ((-0.35, 0.5), (0.05, 0.28), (0.42, 0.06)):
        c.ball(x + px * r, y + py * r, 0.2 * r, (96, 112, 38), 1.3, 0.2, bright=0.6)


def drop(c: Canvas, x: float, y: float, r: float, colour: Colour = (40, 140, 210)) -> None:
    c.shade(_outline(x, y, r, [(0, -0.98), (0.3, -0.4), (0.62, 0.3), (0.34, 0.86), (0, 0.97),
                               (-0.34, 0.86), (-0.62, 0.3), (-0.3, -0.4)]), colour,
            light=(0.35, 0.6), bright=0.75)


def mountains(c: Canvas, x: float, y: float, r: float) -> None:
    for px, top, colour in ((-0.5, -0.3, (110, 160, 200)), (0.45, -0.45, (90, 144, 192)),
                            (0, -0.85, (54, 110, 168))):
        peak, foot = (x + px * r, y + top * r), y + 0.45 * r
        c.polygon([peak, (peak[0] + 0.62 * r, foot), (peak[0] - 0.62 * r, foot)], colour)
        drop_ = (foot - peak[1]) * 0.33
        w = 0.62 * r * 0.33
        c.polygon([peak, (peak[0] + w, peak[1] + drop_), (peak[0] + w * 0.3, peak[1] + drop_ * 0.7),
                   (peak[0], peak[1] + drop_ * 1.1), (peak[0] - w * 0.4, peak[1] + drop_ * 0.75),
                   (peak[0] - w, peak[1] + drop_)], (250, 252, 255))
    for k in range(3):
        wave = [(x + (u - 0.5) * 1.9 * r, y + (0.52 + 0.15 * k + 0.04 * sin(u * 18 + k)) * r)
                for u in np.linspace(0, 1, 40)]
        c.line(wave, mix((54, 130, 200), (160, 210, 240), k / 3), 0.06 * r)


def milk(c: Canvas, x: float, y: float, r: float) -> None:
    c.shadow(x, y + 0.93 * r, 0.6 * r, 0.1 * r)
    glass = [(x - 0.42 * r, y - 0.8 * r), (x + 0.42 * r, y - 0.8 * r), (x + 0.32 * r, y + 0.95 * r),
             (x - 0.32 * r, y + 0.95 * r)]
    c.shade(glass, (214, 230, 240), depth=0.2)
    c.shade([(x - 0.38 * r, y - 0.45 * r), (x + 0.38 * r, y - 0.45 * r), (x + 0.3 * r, y + 0.9 * r),
             (x - 0.3 * r, y + 0.9 * r)], (255, 254, 250), depth=0.16, light=(0.4, 0.4))
    c.ellipse(x, y - 0.45 * r, 0.38 * r, 0.09 * r, (255, 255, 255))


def oat_glass(c: Canvas, x: float, y: float, r: float) -> None:
    wheat(c, x - 0.25 * r, y, r)
    milk(c, x + 0.25 * r, y + 0.15 * r, 0.85 * r)


def crisps(c: Canvas, x: float, y: float, r: float) -> None:
    rng = np.random.default_rng(17)
    for px, py, turn in ((-0.45, -0.35, 0.5), (0.4, -0.45, -0.4), (-0.5, 0.3, -0.7), (0.48, 0.25,
            0.6),
                         (0.0, 0.05, 0.1), (-0.1, 0.58, 0.3), (0.05, -0.66, -0.2)):
        cx, cy = x + px * r, y + py * r
        ring = [(1 + 0.07 * sin(3 * a + turn)) * 0.44 * r for a in np.linspace(0, 2 * pi, 24)]
        points = [(cx + q * cos(a + turn), cy + 0.76 * q * sin(a + turn))
                  for q, a in zip(ring, np.linspace(0, 2 * pi, 24))]
        c.shade(points, (246, 204, 92), depth=0.4, light=(0.5, 0.75), bright=0.35)
        c.line(points + points[:1], (206, 140, 44), 0.025 * r)
        for _ in range(7):
            a, q = rng.uniform(0, 2 * pi), 0.34 * r * rng.uniform(0, 1)
            c.ellipse(cx + q * cos(a), cy + 0.7 * q * sin(a), 0.018 * r, 0.014 * r, (190, 122, 40))


def salt(c: Canvas, x: float, y: float, r: float) -> None:
    for px, py, turn in _heap(41, 44):
        cx, cy, q = x + px * 0.8 * r, y + py * 0.8 * r, 0.2 * r
        c.shade([(cx + q * cos(turn + k * pi / 2), cy + q * sin(turn + k * pi / 2))
                 for k in range(4)], (236, 244, 250), depth=0.3, bright=0.9)


def vinegar(c: Canvas, x: float, y: float, r: float) -> None:
    for px, py, size in ((-0.4, 0.15, 0.55), (0.42, 0.3, 0.48), (0.05, -0.3, 0.6)):
        drop(c, x + px * r, y + py * r, size * r, (146, 74, 28))


def crisps_salt(c: Canvas, x: float, y: float, r: float) -> None:
    crisps(c, x, y, r)
    salt(c, x + 0.72 * r, y + 0.62 * r, 0.36 * r)


def crisps_vinegar(c: Canvas, x: float, y: float, r: float) -> None:
    crisps(c, x, y, r)
    vinegar(c, x + 0.74 * r, y + 0.62 * r, 0.4 * r)


def peanuts(c: Canvas, x: float, y: float, r: float) -> None:
    for px, py, turn in _heap(51, 60):
        cx, cy = x + px * 0.74 * r, y + (py * 0.7 + 0.1) * r
        c.shade(_outline(cx, cy, 0.3 * r, [(-1, 0), (-0.6, -0.42), (0, -0.26), (0.6, -0.44), (1, 0),
                                           (0.6, 0.42), (0, 0.27), (-0.6, 0.42)], turn),
                (216, 164, 94))
        for u in (-0.55, -0.2, 0.2, 0.55):
            c.ellipse(cx + u * 0.3 * r * cos(turn), cy + u * 0.3 * r * sin(turn), 0.02 * r,
                    0.02 * r,
                      (170, 116, 58))


def coffee(c: Canvas, x: float, y: float, r: float) -> None:
    for px, py, turn in _heap(61, 90):
        cx, cy = x + px * 0.8 * r, y + (py * 0.75 + 0.1) * r
        c.ball(cx, cy, 0.2 * r, (98, 56, 30), 0.7, turn, depth=0.55)
        c.line([(cx + u * 0.18 * r * cos(turn) - 0.03 * sin(5 * u) * r * sin(turn),
                 cy + u * 0.18 * r * sin(turn) + 0.03 * sin(5 * u) * r * cos(turn))
                for u in (-1, -0.5, 0, 0.5, 1)], (48, 24, 12), 0.03 * r)


def tea(c: Canvas, x: float, y: float, r: float) -> None:
    c.shadow(x, y + 0.8 * r, r, 0.14 * r)
    c.ellipse(x, y + 0.68 * r, 0.95 * r, 0.17 * r, (236, 238, 236))
    c.ellipse(x, y + 0.65 * r, 0.8 * r, 0.12 * r, (216, 220, 218))
    for k in range(26):
        a = -1.3 + 2.6 * k / 25
        c.ellipse(x + (0.62 + 0.24 * cos(a)) * r, y + (0.14 + 0.24 * sin(a)) * r, 0.055 * r,
                0.055 * r,
                  (230, 234, 232))
    arc = [(x + 0.66 * r * cos(a), y - 0.08 * r + 0.74 * r * sin(a)) for a in np.linspace(0, pi,
            30)]
    c.shade(arc, (250, 250, 246), depth=0.3, light=(0.3, 0.3))
    c.ellipse(x, y - 0.08 * r, 0.66 * r, 0.16 * r, (255, 255, 252))
    c.shade(ellipse_points(x, y - 0.06 * r, 0.59 * r, 0.12 * r), (176, 84, 22), depth=0.3)
    for px in (-0.2, 0.08, 0.36):
        c.line([(x + (px + 0.07 * sin(u * 6)) * r, y + (-0.25 - u * 0.65) * r)
                for u in np.linspace(0, 1, 14)], (240, 240, 236), 0.05 * r)
    leaf(c, x - 0.62 * r, y + 0.72 * r, 0.25 * r, -0.5)
    leaf(c, x - 0.62 * r, y + 0.72 * r, 0.2 * r, 0.35)


def chocolate(c: Canvas, x: float, y: float, r: float) -> None:
    turn, brown = -0.32, (84, 46, 26)

    def at(u: float, v: float) -> Point:
        return x + r * (u * cos(turn) - v * sin(turn)), y + r * (u * sin(turn) + v * cos(turn))

    for row in range(3):
        for column in range(2):
            u, v = -0.62 + column * 0.63, -0.86 + row * 0.58
            c.polygon([at(u, v), at(u + 0.62, v), at(u + 0.62, v + 0.57), at(u, v + 0.57)],
                      darker(brown, 0.3))
            c.shade([at(u + 0.09, v + 0.08), at(u + 0.53, v + 0.08), at(u + 0.53, v + 0.49),
                     at(u + 0.09, v + 0.49)], lighter(brown, 0.12), bright=0.25)
            c.polygon([at(u, v), at(u + 0.62, v), at(u + 0.53, v + 0.08), at(u + 0.09, v + 0.08)],
                      lighter(brown, 0.28))


def biscuits(c: Canvas, x: float, y: float, r: float) -> None:
    for px, py, size in ((0.35, -0.3, 0.58), (-0.38, -0.12, 0.58), (0.1, 0.36, 0.62)):
        cx, cy, q = x + px * r, y + py * r, size * r
        c.shadow(cx, cy + 0.1 * q, 1.05 * q, 1.05 * q, 0.25)
        edge = [(cx + q * (1 + 0.045 * cos(18 * a)) * cos(a),
                cy + q * (1 + 0.045 * cos(18 * a)) * sin(a))
                for a in np.linspace(0, 2 * pi, 108)]
        c.shade(edge, (228, 174, 92), depth=0.35)
        c.ring(cx, cy, 0.82 * q, (200, 142, 62), 0.03 * q)
        for k in range(12):
            a = 2 * pi * k / 12
            c.ellipse(cx + 0.6 * q * cos(a), cy + 0.6 * q * sin(a), 0.04 * q, 0.04 * q, (176, 118,
                    48))
        wheat(c, cx, cy, 0.34 * q)


def bubbles(c: Canvas, x: float, y: float, r: float) -> None:
    lemon(c, x + 0.1 * r, y + 0.25 * r, 0.62 * r)
    for px, py, size in ((-0.62, -0.45, 0.3), (0.55, -0.62, 0.24), (-0.12, -0.74, 0.17),
                         (0.8, 0.1, 0.16), (-0.78, 0.28, 0.2), (0.1, -0.4, 0.12), (0.62, 0.72,
                                 0.14)):
        cx, cy, q = x + px * r, y + py * r, size * r
        c.ball(cx, cy, q, (206, 236, 244), depth=0.12, bright=0.9)
        c.ring(cx, cy, q, (255, 255, 255), 0.05 * q)


def peas(c: Canvas, x: float, y: float, r: float) -> None:
    for turn, py in ((-0.25, -0.32), (0.2, 0.36)):
        def at(u: float, v: float, turn: float = turn, py: float = py) -> Point:
            return (x + r * (u * cos(turn) - v * sin(turn)),
                    y + r * (py + u * sin(turn) + v * cos(turn)))
        c.shade(smooth([at(-0.98, 0), at(-0.5, -0.27), (at(0.4, -0.27)), at(0.98, 0), at(0.4, 0.27),
                        at(-0.5, 0.27)]), (92, 156, 48))
        c.shade(smooth([at(-0.84, 0), at(-0.4, -0.17), (at(0.4, -0.17)), at(0.84, 0), at(0.4, 0.17),
                        at(-0.4, 0.17)]), (52, 108, 30), bright=0)
        for k in range(6):
            cx, cy = at(-0.6 + 0.24 * k, 0)
            c.ball(cx, cy, 0.145 * r, (128, 194, 62), bright=0.6)


def apple(c: Canvas, x: float, y: float, r: float) -> None:
    c.shade(_outline(x, y, r, [(0, -0.55), (0.5, -0.72), (0.88, -0.25), (0.7, 0.5), (0.3, 0.9),
            (0, 0.82),
                               (-0.3, 0.9), (-0.7, 0.5), (-0.88, -0.25), (-0.5, -0.72)]), (204,
                                       50, 44))
    c.line([(x, y - 0.55 * r), (x + 0.1 * r, y - 0.98 * r)], (96, 62, 32), 0.07 * r)
    leaf(c, x + 0.05 * r, y - 0.78 * r, 0.26 * r, -0.35)


def ray(c: Canvas, x: float, y: float, reach: float, count: int, colour: Colour) -> None:
    """Sun rays from a point, as a ground for something bright."""
    for k in range(count):
        a, b = 2 * pi * k / count, 2 * pi * (k + 0.5) / count
        c.polygon([(x, y), (x + reach * cos(a), y + reach * sin(a)),
                   (x + reach * cos(b), y + reach * sin(b))], colour)


def lark(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    """The house mark: a lark rising."""
    body = [(-0.95, 0.42), (-0.5, 0.24), (-0.1, 0.1), (0.3, -0.14), (0.62, -0.36), (0.78, -0.36),
            (0.98, -0.24), (0.78, -0.16), (0.6, 0.12), (0.2, 0.36), (-0.3, 0.42)]
    wing = [(0.32, -0.08), (0.1, -0.6), (-0.5, -0.98), (-0.42, -0.6), (-0.3, -0.25), (-0.1, 0.12)]
    back = [(0.4, -0.05), (0.52, -0.6), (0.3, -0.95), (0.2, -0.5), (0.12, -0.1)]
    for shape in (back, wing, body):
        c.polygon(_outline(x, y, r, shape), colour)


# By name, as a Look asks for them.
PICTURES: dict[str, Picture] = {picture.__name__: picture for picture in (
    strawberry, raspberry, citrus, lemon, flakes, clusters, wheat, penne, spaghetti, rice,
    tomato, chickpeas, sweetcorn, fish, beer, cola, grapes, olives, mountains, milk, oat_glass,
    crisps_salt, crisps_vinegar, peanuts, coffee, tea, chocolate, biscuits, bubbles, peas, apple)}
