"""Print: the grounds of a pack, its front, its sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np

from .canvas import Canvas, Colour, darker, lighter, luminance
from .pictures import PICTURES, lark, ray
from .product import BRAND, Look, Product

Area = tuple[float, float, float, float]  # x, y, width, height
INK: Colour = (34, 34, 38)
GOLD: Colour = (206, 170, 98)


@dataclass(frozen=True)
class Stage:
    """What a ground must know of the front that will stand on it, in canvas pixels."""

    split_y: float  # between the type and the picture, or under both
    picture: tuple[float, float]
    picture_r: float


Ground = Callable[[Canvas, Area, Look, Stage], None]
Front = Callable[[Canvas, Area, Product], None]


def is_wide(area: Area) -> bool:
    """Type left and picture right, not one above the other."""
    return area[2] > 1.12 * area[3]


def stage_of(front: Area) -> Stage:
    x, y, w, h = front
    if is_wide(front):
        return Stage(y + 0.69 * h, (x + 0.79 * w, y + 0.48 * h), min(0.20 * w, 0.42 * h))
    return Stage(y + 0.455 * h, (x + 0.5 * w, y + 0.715 * h), min(0.43 * w, 0.205 * h))


def readable(ground: Colour, first: Colour, second: Colour) -> Colour:
    """Whichever of two inks stands out more on the ground."""
    level = luminance(ground)
    return first if abs(luminance(first) - level) >= abs(luminance(second) - level) else second


# Grounds: what lies behind the type, all round the pack.


def _field(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
    x, y, w, h = area
    c.gradient(x, y, w, h, look.ground, lighter(look.ground, 0.35))
    c.ellipse(
        *stage.picture, 1.4 * stage.picture_r, 1.4 * stage.picture_r, lighter(look.ground, 0.5)
    )
    for k, shade in ((0, 0.3), (1, 0.0)):
        crest = [
            (x + w * u, y + h * (0.80 + 0.09 * k) - 0.04 * h * sin(2 * pi * (u + 0.3 * k) * 2))
            for u in np.linspace(0, 1, 60)
        ]
        c.polygon([*crest, (x + w, y + h), (x, y + h)], lighter(look.accent, shade))


def _band(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
    x, y, w, h = area
    c.rect(x, y, w, h, look.paper)
    c.rect(x, y, w, stage.split_y - y, look.ground)
    c.rect(x, stage.split_y, w, 0.016 * h, look.accent)
    c.rect(x, stage.split_y + 0.027 * h, w, 0.006 * h, look.accent)
    c.rect(x, y + 0.96 * h, w, 0.04 * h, look.ground)


def _stripes(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
    x, y, w, h = area
    c.rect(x, y, w, h, look.ground)
    count = max(4, round(w / h * 14))
    for k in range(count):
        c.rect(x + w * k / count, y, w / count / 2, h, lighter(look.ground, 0.82))


def _reserve(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
    x, y, w, h = area
    c.gradient(
        x,
        y,
        w,
        h,
        lighter(look.ground, 0.08),
        darker(look.ground, 0.35 if luminance(look.ground) < 0.5 else 0.08),
    )
    for k in range(int((w + h) / 9)):
        start = x - h + k * 9
        points = [
            (max(x, start), y + max(0.0, x - start)),
            (min(x + w, start + h), y + min(h, x + w - start)),
        ]
        c.line(points, lighter(look.ground, 0.06), 0.6)


def _diagonal(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
    x, y, w, h = area
    c.gradient(x, y, w, h, look.paper, darker(look.paper, 0.06))
    turn = 2 * pi * (stage.picture[0] - x) / w
    for drop, colour in ((0.0, lighter(look.ground, 0.45)), (0.05, look.ground)):
        edge = [
            (x + w * u, stage.split_y + h * (0.06 + drop - 0.13 * sin(2 * pi * u - turn)))
            for u in np.linspace(0, 1, 60)
        ]
        c.polygon([*edge, (x + w, y + h), (x, y + h)], colour)


def _pattern(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
    x, y, w, h = area
    c.rect(x, y, w, h, look.ground)
    step = max(26.0, min(w, h) / 5)
    tint = lighter(look.ground, 0.16)
    for row in range(int(h / step) + 2):
        for column in range(int(w / step) + 2):
            px = x + (column + 0.5 * (row % 2)) * step
            py = y + row * step
            if x < px < x + w and y < py < y + h:
                for turn in range(5):
                    a = 2 * pi * turn / 5 + row
                    c.ellipse(
                        px + 0.2 * step * cos(a),
                        py + 0.2 * step * sin(a),
                        0.17 * step,
                        0.07 * step,
                        tint,
                        a,
                    )


def _burst(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
    x, y, w, h = area
    sheet = Canvas(round(w), round(h), look.ground)
    px, py = stage.picture[0] - x, stage.picture[1] - y
    ray(sheet, px, py, w + h, 24, lighter(look.ground, 0.22))
    sheet.ellipse(
        px, py, 1.32 * stage.picture_r, 1.32 * stage.picture_r, lighter(look.ground, 0.55)
    )
    c.paste(sheet, x, y)


def _scallop(c: Canvas, area: Area, look: Look, stage: Stage) -> None:
    x, y, w, h = area
    c.rect(x, y, w, h, look.paper)
    edge = stage.split_y + 0.05 * h
    c.rect(x, y, w, edge - y, look.ground)
    count = max(4, round(w / h * 9))
    for k in range(count):
        c.ellipse(x + (k + 0.5) * w / count, edge, w / count / 2, 0.045 * h, look.ground)


@dataclass(frozen=True)
class Layout:
    """A ground, and how the front is set on it."""

    ground: Ground
    face: str = "bold"
    condense: float = 0.86
    slant: float = 0.0
    capitals: bool = False
    plaque: bool = False  # the type stands on a plate of paper
    frame: bool = False  # a thin gold frame
    type_on: str = "ground"  # the colour of the Look that the type stands on,
    net_on: str = "ground"  # and the net weight
    front: Front | None = None  # paints the front instead of paint_front


LAYOUTS = {
    "field": Layout(_field, "serif-bold", 0.86, net_on="accent"),
    "band": Layout(_band, "bold", 0.84, net_on="paper"),
    "stripes": Layout(_stripes, "serif-bold", 0.82, plaque=True, type_on="paper", net_on="paper"),
    "reserve": Layout(_reserve, "serif", 0.92, frame=True),
    "diagonal": Layout(_diagonal, "bold", 0.8, slant=0.14, type_on="paper"),
    "pattern": Layout(_pattern, "serif-bold", 0.84, plaque=True, type_on="paper"),
    "burst": Layout(_burst, "bold", 0.78, slant=0.1, capitals=True),
    "scallop": Layout(_scallop, "serif-bold", 0.88, net_on="paper"),
}


def paint_ground(c: Canvas, area: Area, look: Look, front: Area | None = None) -> None:
    """The ground of an area on which `front` will stand (the whole of it, unless told)."""
    LAYOUTS[look.layout].ground(c, area, look, stage_of(front or area))


def type_ground(look: Look) -> Colour:
    """What the title is printed on."""
    return getattr(look, LAYOUTS[look.layout].type_on)


def brand_mark(c: Canvas, area: Area, product: Product, ink: Colour) -> None:
    """The lark, the name, and the sub-range in a smaller line."""
    x, y, w, h = area
    if product.brand != BRAND:
        c.text(area, product.brand, ink, LAYOUTS[product.look.layout].face)
        return
    tall = min(h, w * 0.3)
    y += (h - tall) / 2
    wide = tall * 0.9 + tall * 2.75
    left = x + (w - wide) / 2
    lark(c, left + 0.42 * tall, y + 0.45 * tall, 0.42 * tall, ink)
    text = left + 0.98 * tall
    c.text(
        (text, y, 2.7 * tall, 0.62 * tall),
        product.brand,
        ink,
        "serif-bold",
        0,
        condense=0.9,
        slant=0.12,
    )
    c.text((text, y + 0.68 * tall, 2.7 * tall, 0.27 * tall), product.series.upper(), ink, "bold", 0)


def title_block(c: Canvas, area: Area, product: Product, ink: Colour, align: float = 0.5) -> None:
    """The name, its lines equally tall where they fit."""
    layout = LAYOUTS[product.look.layout]
    lines = [line.upper() if layout.capitals else line for line in product.title.split("|")]
    x, y, w, h = area
    face = product.look.face or layout.face
    outline = None
    if layout.capitals:
        outline = readable(ink, darker(product.look.ground, 0.7), product.look.paper)
    tall = h / len(lines)
    heights = []
    probe = Canvas(8, 8)
    for line in lines:
        heights.append(
            probe.text(
                (0, 0, w, tall * 0.96),
                line,
                ink,
                face,
                condense=layout.condense,
                slant=layout.slant,
                outline=outline,
            )
        )
    y += (h - sum(heights) * 1.04) / 2
    for line, height in zip(lines, heights):
        c.text(
            (x, y, w, height),
            line,
            ink,
            face,
            align,
            condense=layout.condense,
            slant=layout.slant,
            outline=outline,
        )
        y += height * 1.04


def ribbon(c: Canvas, area: Area, words: str, look: Look) -> None:
    """The flavour, on a band of the accent colour."""
    x, y, w, h = area
    c.rect(x, y, w, h, look.accent, h * 0.28)
    c.text(
        (x + 0.06 * w, y + 0.16 * h, 0.88 * w, 0.68 * h),
        words,
        readable(look.accent, (255, 255, 255), INK),
        "bold",
        condense=0.9,
    )


def roundel(c: Canvas, x: float, y: float, r: float, words: str, look: Look) -> None:
    """A claim in a scalloped seal."""
    edge = [
        (x + r * (1 + 0.05 * cos(20 * a)) * cos(a), y + r * (1 + 0.05 * cos(20 * a)) * sin(a))
        for a in np.linspace(0, 2 * pi, 121)
    ]
    c.polygon(edge, look.accent)
    ink = readable(look.accent, (255, 255, 255), INK)
    c.ring(x, y, 0.86 * r, ink, 0.03 * r)
    lines = words.split("|")
    tall = 1.0 * r / len(lines)
    for k, line in enumerate(lines):
        wide = 1.35 * r if len(lines) < 3 or k == 1 else 1.1 * r
        c.text(
            (x - wide / 2, y - 0.5 * r + k * tall, wide, tall * 0.86),
            line,
            ink,
            "bold",
            condense=0.85,
        )


def paint_front(c: Canvas, area: Area, product: Product) -> None:
    """Brand, name, flavour, picture, claim and net weight, over a ground already there."""
    x, y, w, h = area
    look, layout = product.look, LAYOUTS[product.look.layout]
    if layout.front:
        layout.front(c, area, product)
        return
    wide, stage = is_wide(area), stage_of(area)
    ink = readable(type_ground(look), look.ink, look.paper)
    if layout.frame:
        for inset, width in ((0.03, 1.6), (0.045, 0.8)):
            d = inset * min(w, h)
            c.line(
                [
                    (x + d, y + d),
                    (x + w - d, y + d),
                    (x + w - d, y + h - d),
                    (x + d, y + h - d),
                    (x + d, y + d),
                    (x + w - d, y + d),
                ],
                GOLD,
                width,
            )
        ink = GOLD if luminance(look.ground) < 0.5 else look.ink
    if wide:
        plate, brand = (0.04, 0.07, 0.56, 0.79), (0.07, 0.10, 0.50, 0.19)
        title, flavour = (0.07, 0.30, 0.50, 0.38), (0.10, 0.71, 0.44, 0.12)
        seal, net = (0.92, 0.17), (0.07, 0.885, 0.3, 0.075)
    else:
        plate, brand = (0.08, 0.03, 0.84, 0.49), (0.14, 0.05, 0.72, 0.105)
        title, flavour = (0.08, 0.165, 0.84, 0.25), (0.18, 0.43, 0.64, 0.065)
        if layout.plaque:
            title = (0.14, 0.17, 0.72, 0.24)
        seal, net = (0.85, 0.555), (0.07, 0.925, 0.4, 0.045)
    if not product.flavour:
        title = (*title[:3], title[3] + flavour[3])

    def place(part: tuple[float, float, float, float]) -> Area:
        return x + part[0] * w, y + part[1] * h, part[2] * w, part[3] * h

    if layout.plaque:
        px, py, pw, ph = place(plate)
        edge = 0.012 * min(w, h) + 1
        radius = 0.06 * min(w, h)
        c.rect(px - edge, py - edge, pw + 2 * edge, ph + 2 * edge, look.accent, radius + edge)
        c.rect(px, py, pw, ph, look.paper, radius)
        c.ellipse(*stage.picture, 1.12 * stage.picture_r, 1.12 * stage.picture_r, look.paper)
    brand_mark(c, place(brand), product, ink)
    title_block(c, place(title), product, ink)
    if product.flavour:
        ribbon(c, place(flavour), product.flavour, look)
    PICTURES[look.picture](c, *stage.picture, stage.picture_r * look.picture_scale)
    if product.claim:
        roundel(c, x + seal[0] * w, y + seal[1] * h, 0.12 * min(w, h * 0.8), product.claim, look)
    nx, ny, nw, nh = place(net)
    under = getattr(look, layout.net_on)
    if layout.plaque and layout.net_on == "paper":
        plate_w = min(nw, 0.66 * len(product.net) * nh) + 0.6 * nh
        c.rect(nx - 0.3 * nh, ny - 0.3 * nh, plate_w, 1.6 * nh, look.paper, 0.3 * nh)
    colour = ink if layout.frame else readable(under, look.ink, look.paper)
    c.text((nx, ny, nw, nh), product.net, colour, "bold", 0)


def paint_side(c: Canvas, product: Product) -> None:
    """A narrow side: the name read upwards, the picture at the foot."""
    w, h = c.width, c.height
    look = product.look
    paint_ground(c, (0, 0, w, h), look)
    if w > 0.62 * h or w > 250:
        paint_front(c, (0, 0, w, h), product)
        return
    if w < 70:
        c.rect(0, 0, w, h, look.ground)
        c.text(
            (0.2 * w, 0.06 * h, 0.6 * w, 0.88 * h),
            f"{product.brand}  {product.name}",
            readable(look.ground, look.ink, look.paper),
            "bold",
            upright=False,
        )
        return
    c.rect(0.12 * w, 0.03 * h, 0.76 * w, 0.94 * h, look.paper, 0.06 * w)
    ink = readable(look.paper, look.ink, INK)
    c.text(
        (0.24 * w, 0.06 * h, 0.52 * w, 0.58 * h),
        product.name,
        ink,
        "serif-bold",
        condense=0.88,
        upright=False,
    )
    PICTURES[look.picture](c, 0.5 * w, h * 0.76, min(0.33 * w, 0.12 * h))
    c.text((0.18 * w, 0.9 * h, 0.64 * w, 0.035 * h), product.net, ink, "bold")


def paint_strip(c: Canvas, product: Product) -> None:
    """The top of a carton: brand, name and a small picture in a line."""
    w, h = c.width, c.height
    look = product.look
    ink = readable(look.ground, look.ink, look.paper)
    c.rect(0, 0, w, h, look.ground)
    c.rect(0, 0.86 * h, w, 0.14 * h, look.accent)
    if h > 60:
        brand_mark(c, (0.08 * w, 0.06 * h, 0.84 * w, 0.3 * h), product, ink)
        c.text(
            (0.08 * w, 0.42 * h, 0.84 * w, 0.34 * h),
            product.name,
            ink,
            LAYOUTS[look.layout].face,
            condense=0.88,
        )
    else:
        c.text(
            (0.04 * w, 0.12 * h, 0.92 * w, 0.6 * h), f"{product.brand} {product.name}", ink, "bold"
        )
