"""Packs of no product: random brands, words, palettes, layouts and shapes, to train on many looks.

Each pack comes from (seed, number) alone, so a folder of them can be made again, in any order. They
use every typeface found on the machine, so another machine may draw them differently.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import cos, pi, sin
from pathlib import Path

import numpy as np
from PIL import Image

from . import packs
from .canvas import FONT_DIR, OVERSAMPLE, Canvas, Colour, darker, lighter, luminance, mix, smooth
from .layouts import LAYOUTS, Area, Front, Ground, Layout, Stage, readable
from .pictures import PICTURES, Picture, leaf, ray
from .product import Look, Product

Random = np.random.Generator
SYLLABLES = (
    "ba be bo ca co da de di do fa fi ga go ha jo ka ki la le li lo lu ma me mi mo na ne no "
    "pa pe po ra re ri ro sa se si so ta te ti to va ve vi vo wa xo ya za zu"
).split()
ENDS = "n r s l x lia no ta do ki rra nde lle ston well field ova ix ade ino".split()
WORDS = (
    "Classic Premium Mini Crunchy Organic Extra Fresh Light Double Golden Spicy Sweet Original "
    "Creamy Smoked Family Zero Deluxe Rustic Wild Daily Instant Soft Bio Max Royal"
).split()
THINGS = (
    "Bites Rings Mix Soup Sauce Drink Snack Loops Bar Noodles Cream Powder Beans Tea Cookies "
    "Crackers Muesli Puree Syrup Pudding Chips Broth Cubes Gel Tabs Wipes Dip Wafers"
).split()
FLAVOURS = (
    "Lime Peach Vanilla Paprika Garlic Mint Cherry Pepper Honey Almond Ginger Cocoa Coconut "
    "Cheese Herbs Mango Plain Caramel Chilli Sesame"
).split()


@lru_cache(maxsize=1)
def typefaces() -> tuple[str, ...]:
    """Every text face here; symbols and mathematics left out."""
    files = sorted(str(path) for path in Path(FONT_DIR).rglob("*.ttf"))
    return tuple(
        f for f in files if not any(word in f for word in ("glyph", "Math", "Emoji", "Symbol"))
    )


def _word(rng: Random, parts: int) -> str:
    return ("".join(rng.choice(SYLLABLES, parts)) + rng.choice(ENDS)).capitalize()


def _colour(rng: Random, light: tuple[float, float], rich: tuple[float, float]) -> Colour:
    level, strength = rng.uniform(*light), rng.uniform(*rich)
    return tuple(
        round(255 * v)
        for v in colorsys.hls_to_rgb(rng.uniform(), level, strength)  # type: ignore[return-value]
    )


def _cloud(rng: Random, width: int, height: int, cells: float, stretch: float) -> np.ndarray:
    """Smooth noise of several sizes, 0 to 1, as an array (height, width)."""
    total = np.zeros((height, width))
    for octave in range(4):
        n = cells * 2**octave
        small = rng.uniform(0, 1, (max(2, round(n)), max(2, round(n * stretch * width / height))))
        sheet = Image.fromarray(small.astype(np.float32)).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        total += np.asarray(sheet) / 1.7**octave
    return (total - total.min()) / max(float(np.ptp(total)), 1e-6)


def _photo(rng: Random, colours: Sequence[Colour]) -> Ground:
    """A close-up of some stuff: noise through a ramp of colours, with grain."""
    cells, stretch = rng.uniform(2, 14), float(rng.choice([0.2, 1, 1, 1, 5]))
    seed = int(rng.integers(1 << 30))

    def ground(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
        w, h = round(area[2]), round(area[3])
        own = np.random.default_rng(seed + w)
        level = _cloud(own, w, h, cells, stretch) * (len(colours) - 1)
        low = np.clip(level.astype(int), 0, len(colours) - 2)
        part = (level - low)[..., None]
        ramp = np.array(colours, float)
        pixels = ramp[low] * (1 - part) + ramp[low + 1] * part + own.normal(0, 7, (h, w, 1))
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        c.image.paste(
            image.resize((w * OVERSAMPLE, h * OVERSAMPLE), Image.Resampling.BICUBIC),
            (round(area[0]) * OVERSAMPLE, round(area[1]) * OVERSAMPLE),
        )

    return ground


def _shapes(rng: Random, colours: Sequence[Colour]) -> Ground:
    """Many copies of one shape: dots, bars, leaves, triangles or camouflage."""
    sort, count = int(rng.integers(5)), int(rng.integers(12, 90))
    places = rng.uniform(0, 1, (count, 3))
    turns = (
        rng.uniform(0, 2 * pi, count) if rng.uniform() < 0.6 else np.full(count, rng.uniform(0, pi))
    )
    size = rng.uniform(0.03, 0.16)

    def ground(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
        x, y, w, h = area
        sheet = Canvas(round(w), round(h), look.ground)
        unit = size * min(w, h) * 1.4
        for k, (u, v, q) in enumerate(places):
            colour, r, a = colours[k % len(colours)], unit * (0.5 + q), turns[k]
            if sort == 0:
                sheet.ellipse(u * w, v * h, r, r, colour)
            elif sort == 1:
                sheet.line(
                    [
                        (u * w - 6 * r * cos(a), v * h - 6 * r * sin(a)),
                        (u * w + 6 * r * cos(a), v * h + 6 * r * sin(a)),
                    ],
                    colour,
                    0.5 * r,
                )
            elif sort == 2:
                sheet.ellipse(u * w, v * h, 1.6 * r, 0.5 * r, colour, a)
            elif sort == 3:
                sheet.polygon(
                    [
                        (u * w + 1.5 * r * cos(a + b), v * h + 1.5 * r * sin(a + b))
                        for b in (0, 2.1, 4.2)
                    ],
                    colour,
                )
            else:
                sheet.polygon(
                    smooth(
                        [
                            (u * w + r * q2 * cos(b), v * h + 0.7 * r * q2 * sin(b))
                            for b, q2 in zip(
                                np.linspace(0, 2 * pi, 9)[:-1], 1.2 + np.sin(np.arange(8) * k)
                            )
                        ]
                    ),
                    colour,
                )
        c.paste(sheet, x, y)

    return ground


def _bars(rng: Random, colours: Sequence[Colour]) -> Ground:
    """Stripes or checks, upright, level or both."""
    edges = np.concatenate([[0], np.cumsum(rng.uniform(0.2, 1, int(rng.integers(3, 16))))])
    edges /= edges[-1]
    across, checks = rng.uniform() < 0.5, rng.uniform() < 0.3

    def ground(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
        x, y, w, h = area
        for k, (a, b) in enumerate(pairwise(edges)):
            colour = colours[k % len(colours)]
            if across:
                c.rect(x, y + a * h, w, (b - a) * h + 1, colour)
            else:
                c.rect(x + a * w, y, (b - a) * w + 1, h, colour)
        for k in range(0, len(edges) - 1, 2) if checks else ():
            a, b = edges[k : k + 2]
            c.rect(x + a * w, y, 0.4 * (b - a) * w, h, darker(colours[0], 0.25))

    return ground


def _fade(rng: Random, colours: Sequence[Colour]) -> Ground:
    """A gradient, with rays or a big disc."""
    sideways, sort, u, v = rng.uniform() < 0.5, int(rng.integers(3)), *rng.uniform(0.2, 0.8, 2)

    def ground(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
        x, y, w, h = area
        sheet = Canvas(round(w), round(h), colours[0])
        sheet.gradient(0, 0, w, h, colours[0], colours[1], sideways)
        if sort == 1:
            ray(sheet, u * w, v * h, w + h, 14, mix(colours[0], colours[-1], 0.5))
        if sort == 2:
            sheet.ball(u * w, v * h, 0.45 * min(w, h), colours[-1], depth=0.3, bright=0.2)
        c.paste(sheet, x, y)

    return ground


def _thing(seed: int) -> Picture:
    """A picture of nothing known: a fruit, a heap, a dish, a star or a stack, oddly coloured."""

    def picture(c: Canvas, x: float, y: float, r: float) -> None:
        rng = np.random.default_rng(seed)
        tones = [_colour(rng, (0.25, 0.75), (0.2, 1)) for _ in range(4)]
        sort = int(rng.integers(5))
        spread = rng.uniform(0.7, 1.0, 10)
        if sort == 0:  # something round with leaves
            for _ in range(int(rng.integers(1, 4))):
                px, py = rng.uniform(-0.35, 0.35, 2) * r
                outline = [
                    (x + px + r * 0.75 * q * cos(a), y + py + r * 0.75 * q * sin(a))
                    for a, q in zip(np.linspace(0, 2 * pi, 11)[:-1], spread)
                ]
                c.shade(
                    smooth(outline), tones[0], rng.uniform(0.2, 0.7), bright=rng.uniform(0, 0.8)
                )
            for k in range(int(rng.integers(0, 6))):
                leaf(
                    c,
                    x,
                    y - 0.5 * r,
                    r * rng.uniform(0.15, 0.4),
                    rng.uniform(-pi, pi),
                    tones[k % 4],
                )
        elif sort == 1:  # many small ones
            squash, size = rng.uniform(0.3, 1), rng.uniform(0.08, 0.25)
            for k in range(int(rng.integers(12, 70))):
                a, far = rng.uniform(0, 2 * pi), 0.85 * r * rng.uniform(0, 1) ** 0.5
                c.ball(
                    x + far * cos(a),
                    y + far * sin(a),
                    size * r * rng.uniform(0.7, 1.3),
                    tones[k % 2],
                    squash,
                    rng.uniform(0, pi),
                )
        elif sort == 2:  # a dish
            c.shadow(x, y + 0.7 * r, r, 0.2 * r)
            depth = rng.uniform(0.3, 1)
            c.shade(
                [(x + r * cos(a), y + depth * r * sin(a)) for a in np.linspace(0, pi, 30)], tones[0]
            )
            c.ellipse(x, y, r, rng.uniform(0.15, 0.35) * r, tones[1])
            for k in range(int(rng.integers(3, 30))):
                c.ball(
                    x + rng.uniform(-0.7, 0.7) * r,
                    y + rng.uniform(-0.35, 0.1) * r,
                    rng.uniform(0.08, 0.3) * r,
                    tones[2 + k % 2],
                    rng.uniform(0.5, 1),
                )
        elif sort == 3:  # a star, a flower, a slice
            points, inner = int(rng.integers(4, 14)), rng.uniform(0.3, 0.9)
            ring = [
                (
                    x + r * (1 if k % 2 else inner) * cos(pi * k / points),
                    y + r * (1 if k % 2 else inner) * sin(pi * k / points),
                )
                for k in range(2 * points)
            ]
            c.shade(smooth(ring) if rng.uniform() < 0.5 else ring, tones[0])
            for k in range(int(rng.integers(1, 5))):
                c.ball(
                    x, y, 0.7 * inner * r * (1 - 0.2 * k), tones[(k + 1) % 4], depth=0.2, bright=0.3
                )
        else:  # a stack of slabs or glasses
            for k in range(int(rng.integers(2, 8))):
                px, py = rng.uniform(-0.45, 0.45, 2) * r
                w, h = rng.uniform(0.2, 0.7, 2) * r
                lean = rng.uniform(-0.3, 0.3) * w
                c.shade(
                    [
                        (x + px - w, y + py - h),
                        (x + px + w, y + py - h),
                        (x + px + w + lean, y + py + h),
                        (x + px - w + lean, y + py + h),
                    ],
                    tones[k % 4],
                )

    return picture


def _logo(
    c: Canvas, rng: Random, area: Area, words: str, ink: Colour, plate: Colour, face: str
) -> None:
    """A brand name on a plate of some shape, or bare."""
    x, y, w, h = area
    sort = int(rng.integers(5))
    if sort == 0:
        c.ellipse(x + w / 2, y + h / 2, w / 2, h / 2, plate)
    elif sort == 1:
        c.rect(x, y, w, h, plate, 0.2 * h)
    elif sort == 2:
        c.polygon([(x, y + h / 2), (x + w / 2, y), (x + w, y + h / 2), (x + w / 2, y + h)], plate)
    elif sort == 3:
        c.polygon(
            [(x, y), (x + w, y), (x + w, y + 0.75 * h), (x + w / 2, y + h), (x, y + 0.75 * h)],
            plate,
        )
    text = ink if sort == 4 else readable(plate, (255, 255, 255), (20, 20, 24))
    c.text(
        (x + 0.16 * w, y + 0.26 * h, 0.68 * w, 0.44 * h),
        words,
        text,
        face,
        slant=float(rng.choice([0, 0, 0.15, 0.25])),
    )


def _front(seed: int) -> Front:
    """A front of its own: where the logo, the words, the picture and the badges stand."""

    def front(c: Canvas, area: Area, product: Product) -> None:
        rng = np.random.default_rng(seed)
        faces, look = typefaces(), product.look
        x, y, w, h = area
        big, small = str(rng.choice(faces)), str(rng.choice(faces))
        wide = w > h
        slots = (
            [(0.05, 0.05, 0.42, 0.4), (0.05, 0.5, 0.42, 0.42), (0.52, 0.08, 0.43, 0.84)]
            if wide
            else [(0.07, 0.03, 0.86, 0.2), (0.07, 0.26, 0.86, 0.24), (0.07, 0.53, 0.86, 0.42)]
        )
        spare = rng.uniform(0.55, 1.0, 3)
        order = rng.permutation(3) if rng.uniform() < 0.6 else np.arange(3)

        def slot(k: int) -> Area:
            sx, sy, sw, sh = slots[int(order[k])]
            full = max(float(spare[k]), 0.7)
            return (
                x + (sx + sw * (1 - full) * rng.uniform()) * w,
                y + (sy + sh * (1 - full) / 2) * h,
                sw * full * w,
                sh * full * h,
            )

        outline = readable(look.ink, (255, 255, 255), (0, 0, 0)) if rng.uniform() < 0.5 else None
        px, py, pw, ph = slot(2)
        r = 0.5 * min(pw, ph) * rng.uniform(0.8, 1.25)
        if rng.uniform() < 0.4:
            c.ball(px + pw / 2, py + ph / 2, 1.1 * r, look.paper, depth=0.15, bright=0.2)
        for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
            jitter = rng.uniform(-0.25, 0.25, 2)
            PICTURES[look.picture](c, px + pw * (0.5 + jitter[0]), py + ph * (0.5 + jitter[1]), r)
        lx, ly, lw, lh = slot(0)
        _logo(c, rng, (lx, ly, lw, lh), product.brand, look.ink, look.accent, big)
        tx, ty, tw, th = slot(1)
        if rng.uniform() < 0.45:
            c.rect(tx - 4, ty - 4, tw + 8, th + 8, look.paper, float(rng.choice([0, 6, 20])))
        lines = [*product.title.split("|"), product.flavour]
        condense, slant = rng.uniform(0.6, 1.15), float(rng.choice([0, 0, 0.2]))
        for k, line in enumerate(lines):
            words = line.upper() if rng.uniform() < 0.4 else line
            c.text(
                (tx, ty + k * th / len(lines), tw, 0.92 * th / len(lines)),
                words,
                look.ink if k < 2 else look.accent,
                small if k == 2 else big,
                float(rng.choice([0, 0.5])),
                condense=condense,
                slant=slant,
                outline=outline,
            )
        for _ in range(int(rng.integers(0, 3))):
            bx, by = x + rng.uniform(0.12, 0.88) * w, y + rng.uniform(0.1, 0.9) * h
            q = rng.uniform(0.07, 0.13) * min(w, h)
            c.ellipse(bx, by, q, q, mix(look.accent, look.ground, rng.uniform(0, 0.6)))
            c.text(
                (bx - 0.7 * q, by - 0.4 * q, 1.4 * q, 0.8 * q),
                str(rng.choice(["NEW", "-20%", "BIO", "3x", "0%"])),
                look.paper,
                small,
            )
        c.text(
            (x + 0.06 * w, y + 0.95 * h, 0.3 * w, 0.04 * h),
            product.net,
            look.ink,
            "bold",
            0,
            outline=readable(look.ink, (255, 255, 255), (0, 0, 0)),
        )

    return front


def _shape(rng: Random) -> tuple:
    """A generator and sizes in cm, of a pack somebody might carry."""
    u = rng.uniform
    kind = str(
        rng.choice(
            ["box"] * 7
            + ["bag"] * 4
            + ["can"] * 2
            + ["bottle"] * 4
            + ["carton", "carton", "drink_can", "jar", "jar", "cup", "cup"]
        )
    )
    if kind == "box":
        return kind, u(6, 22), u(5, 28), u(2, 10)
    if kind == "bag":
        return kind, u(9, 22), u(13, 30), u(3, 8), u(0.4, 0.65), int(rng.integers(1000))
    if kind == "can":
        return kind, u(6, 10), u(4, 13)
    if kind == "drink_can":
        return kind, u(5.4, 6.8), u(9, 17)
    if kind == "carton":
        side = u(5.5, 9.5)
        return kind, side, u(10, 21), side * u(0.8, 1)
    if kind == "cup":
        top = u(5.5, 11)
        return kind, top, top * u(0.68, 0.92), u(4, 11)
    if kind == "jar":
        return kind, "fantasy", u(5.5, 9), u(7.5, 14)
    diameter, height = u(5.5, 9.5), u(17, 31)
    return (
        kind,
        "fantasy",
        diameter,
        height,
        u(2.2, 3.6),
        height * u(0.55, 0.66),
        u(0.55, 1.0),
        u(1.5, 4),
    )


def fantasy(seed: int, number: int) -> Product:
    """The pack of this number; its layout, picture and glass go into the drawing tables."""
    rng = np.random.default_rng([seed, number])
    dark = rng.uniform() < 0.5
    ground = _colour(rng, (0.12, 0.4) if dark else (0.5, 0.92), (0.2, 1))
    colours = [ground, *(_colour(rng, (0.15, 0.85), (0.1, 1)) for _ in range(3))]
    paper = _colour(rng, (0.9, 0.99), (0.2, 0.9))
    ink = (
        _colour(rng, (0.85, 0.98), (0.3, 1))
        if luminance(ground) < 0.5
        else _colour(rng, (0.05, 0.25), (0.3, 1))
    )
    make = [_photo, _photo, _shapes, _bars, _fade][int(rng.integers(5))]
    own = make(
        rng,
        colours if rng.uniform() < 0.6 else [ground, lighter(ground, 0.2), darker(ground, 0.25)],
    )
    known = LAYOUTS[str(rng.choice([name for name in LAYOUTS if name != "fantasy"]))]
    LAYOUTS["fantasy"] = Layout(
        own if rng.uniform() < 0.75 else known.ground,
        str(rng.choice(typefaces())),
        rng.uniform(0.65, 1.1),
        front=_front(int(rng.integers(1 << 30))),
    )
    PICTURES["fantasy"] = _thing(int(rng.integers(1 << 30)))
    packs.VESSELS["fantasy"] = (
        _colour(rng, (0.1, 0.9), (0.1, 1)),
        _colour(rng, (0.05, 0.95), (0, 1)),
    )
    kind, *measures = shape = _shape(rng)
    maker = packs.MAKERS[kind]
    volume_cm3 = maker(*measures[kind in ("bottle", "jar") :]).volume_cm3()
    gross = max(20, round(volume_cm3 * rng.uniform(0.1, 1.2)))
    return Product(
        id=f"fantasy_{seed}_{number:04d}",
        item=50_000_000 + (seed % 400) * 100_000 + number,
        series=_word(rng, 1),
        title=f"{rng.choice(WORDS)}|{rng.choice(THINGS)}",
        flavour=str(rng.choice(FLAVOURS)),
        category="fantasy",
        shape=shape,
        look=Look("fantasy", ground, colours[1], ink, paper, "fantasy"),
        net=f"{round(gross * 0.93)} g",
        net_g=round(gross * 0.93),
        gross_g=gross,
        price=int(rng.integers(49, 999)),
        brand=_word(rng, int(rng.integers(1, 3))),
        ingredients="Ingredients: " + " ".join(_word(rng, 2).lower() for _ in range(18)) + ".",
        nutrition="1500 358 9.1 2.0 55 12 8.0 0.9" if rng.uniform() < 0.8 else "",
    )
