"""A product's pack: its shape, and the atlas painted panel by panel."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
from PIL import Image

from . import produce, shapes
from .canvas import Canvas, Colour, darker, lighter
from .facts import paint_facts
from .layouts import (
    Area,
    brand_mark,
    paint_front,
    paint_ground,
    paint_side,
    paint_strip,
    readable,
    title_block,
)
from .pictures import PICTURES, lark
from .product import BRAND, Product
from .shapes import FRONT_S, GUTTER_PX, Shape

STEEL: Colour = (196, 200, 204)
JPEG_QUALITY = 80

# What shows where no label is: the colour of the glass or plastic with its content, and the cap.
VESSELS: dict[str, tuple[Colour, Colour]] = {
    "wine": ((30, 42, 26), (94, 22, 40)),
    "oil": ((150, 148, 40), (32, 44, 28)),
    "water": ((168, 212, 232), (24, 96, 168)),
    "soap": ((188, 220, 72), (250, 250, 250)),
    "red": ((176, 30, 24), (250, 250, 250)),
    "jam": ((132, 14, 34), (40, 96, 48)),
}

MAKERS: dict[str, Callable[..., Shape]] = {
    "box": shapes.box,
    "can": shapes.can,
    "drink_can": shapes.drink_can,
    "bottle": shapes.bottle,
    "jar": shapes.jar,
    "cup": shapes.cup,
    "carton": shapes.carton,
    "bag": shapes.bag,
}


def build(product: Product) -> Shape:
    """The product's mesh and the map of its atlas."""
    kind, *measures = product.shape
    if kind in produce.KINDS:
        return produce.build(kind)
    return MAKERS[kind](*measures[kind in ("bottle", "jar") :])


def paint(product: Product, shape: Shape) -> Image.Image:
    """The atlas: every panel painted, its border repeated into the gutter."""
    atlas = Image.new("RGB", shape.size, (128, 128, 128))
    for name, (x, y, width, height) in shape.panels.items():
        panel = _panel(product, shape, name, width, height)
        g = GUTTER_PX
        padded = np.pad(np.asarray(panel), ((g, g), (g, g), (0, 0)), mode="edge")
        atlas.paste(Image.fromarray(padded), (x - g, y - g))
    return atlas


def _panel(product: Product, shape: Shape, name: str, width: int, height: int) -> Image.Image:
    kind = product.shape[0]
    if kind in produce.KINDS:
        return produce.paint(kind, name, width, height)
    c = Canvas(width, height, product.look.ground)
    painter = {"box": _box, "bag": _bag, "carton": _carton}.get(kind, _turned)
    painter(c, product, shape, name)
    return c.finish()


def _box(c: Canvas, product: Product, shape: Shape, name: str) -> None:
    whole: Area = (0, 0, c.width, c.height)
    if name == "front":
        paint_ground(c, whole, product.look)
        paint_front(c, whole, product)
    elif name == "back":
        paint_ground(c, whole, product.look)
        inset = 5
        paint_facts(c, (inset, inset, c.width - 2 * inset, c.height - 2 * inset), product)
    elif name in ("left", "right"):
        paint_side(c, product)
    else:
        paint_strip(c, product)


def _bag(c: Canvas, product: Product, shape: Shape, name: str) -> None:
    w, h = c.width, c.height
    seal = 0.048 * h
    front: Area = (0.07 * w, seal, 0.86 * w, h - 2 * seal)
    paint_ground(c, (0, 0, w, h), product.look, front)
    if name == "front":
        paint_front(c, front, product)
    else:
        paint_facts(c, (0.1 * w, 0.09 * h, 0.8 * w, 0.82 * h), product)
    for top in (0, h - seal):
        c.rect(0, top, w, seal, darker(product.look.ground, 0.18))
        for k in range(int(w / 4)):
            c.rect(4 * k, top + 1, 1.4, seal - 2, lighter(product.look.ground, 0.25))


def _carton(c: Canvas, product: Product, shape: Shape, name: str) -> None:
    w, h = c.width, c.height
    look = product.look
    if name == "base":
        c.rect(0, 0, w, h, look.paper)
        return
    if name == "cap":
        c.rect(0, 0, w, h, look.accent)
        for k in (0.95, 0.8, 0.2):
            c.ring(w / 2, h / 2, k * w / 2, darker(look.accent, 0.25), 1.2)
        return
    fin, roof = shape.marks["fin"] * h, shape.marks["roof"] * h
    c.rect(0, 0, w, roof, look.ground)
    ink = readable(look.ground, look.ink, look.paper)
    c.rect(0, 0, w, fin, darker(look.ground, 0.12))
    c.rect(0, roof - 0.012 * h, w, 0.012 * h, look.accent)
    wall: Area = (0, roof, w, h - roof)
    paint_ground(c, wall, look)
    if name in ("front", "back"):
        c.text(
            (0.1 * w, 0.22 * fin, 0.8 * w, 0.56 * fin),
            f"{product.brand}  {product.name}",
            ink,
            "bold",
        )
        if name == "back":  # on the front the cap is there
            brand_mark(
                c, (0.15 * w, fin + 0.3 * (roof - fin), 0.7 * w, 0.4 * (roof - fin)), product, ink
            )
        paint_front(c, wall, product)
    elif name == "right":
        paint_facts(c, (3, roof + 4, w - 6, h - roof - 8), product)
    else:
        c.rect(0.1 * w, roof + 0.04 * h, 0.8 * w, 0.56 * h, look.paper, 0.04 * w)
        title_block(
            c,
            (0.16 * w, roof + 0.06 * h, 0.68 * w, 0.2 * h),
            product,
            readable(look.paper, look.ink, (30, 30, 30)),
        )
        PICTURES[look.picture](c, 0.5 * w, roof + 0.42 * h, min(0.13 * h, 0.36 * w))


def _metal(c: Canvas, tab: bool) -> None:
    """A can's lid from above: rings, and the tab that opens it."""
    w, h = c.width, c.height
    c.rect(0, 0, w, h, STEEL)
    middle = w / 2
    for k, level in ((1.0, 0.18), (0.95, -0.3), (0.88, 0.22), (0.84, -0.12), (0.6, 0.1)):
        colour = lighter(STEEL, -level) if level < 0 else darker(STEEL, level)
        c.ring(middle, middle, k * middle, colour, 2.5)
    if tab:
        c.shade(
            [
                (middle + 0.16 * w * np.cos(a), middle - 0.14 * h + 0.07 * h * np.sin(a))
                for a in np.linspace(0, 2 * pi, 30)
            ],
            darker(STEEL, 0.1),
        )
        c.rect(
            middle - 0.1 * w, middle - 0.08 * h, 0.2 * w, 0.32 * h, lighter(STEEL, 0.25), 0.08 * w
        )
        c.ring(middle, middle + 0.14 * h, 0.06 * w, darker(STEEL, 0.4), 2)


def _lid(c: Canvas, product: Product) -> None:
    w, look = c.width, product.look
    kind = product.shape[0]
    if kind in ("can", "drink_can"):
        _metal(c, tab=True)
        return
    if kind == "cup":
        c.rect(0, 0, w, w, look.paper)
        c.rect(0, 0, w, 0.46 * w, look.ground)
        c.rect(0, 0.44 * w, w, 0.14 * w, look.accent)
        brand_mark(
            c,
            (0.25 * w, 0.08 * w, 0.5 * w, 0.13 * w),
            product,
            readable(look.ground, look.ink, look.paper),
        )
        c.text(
            (0.2 * w, 0.24 * w, 0.6 * w, 0.16 * w),
            product.title.replace("|", " "),
            readable(look.ground, look.ink, look.paper),
            "serif-bold",
        )
        c.text(
            (0.2 * w, 0.46 * w, 0.6 * w, 0.1 * w),
            product.flavour,
            readable(look.accent, (255, 255, 255), (30, 30, 30)),
        )
        PICTURES[look.picture](c, 0.5 * w, 0.77 * w, 0.16 * w)
        return
    cap = VESSELS[product.shape[1]][1]
    c.rect(0, 0, w, w, cap)
    c.ring(w / 2, w / 2, 0.46 * w, darker(cap, 0.2), 0.03 * w)
    ink = readable(cap, (255, 255, 255), (40, 40, 40))
    if product.brand == BRAND:
        lark(c, w / 2, w / 2, 0.25 * w, ink)
    else:
        c.text((0.2 * w, 0.3 * w, 0.6 * w, 0.4 * w), product.brand, ink)


def _turned(c: Canvas, product: Product, shape: Shape, name: str) -> None:
    """A can, bottle, jar or cup: the wrapped side, the lid, the base."""
    kind, look = product.shape[0], product.look
    w, h = c.width, c.height
    if name == "lid":
        _lid(c, product)
        return
    if name == "base":
        c.rect(0, 0, w, h, STEEL if "can" in kind else darker(look.paper, 0.12))
        return
    top, bottom = shape.marks["label_top"] * h, shape.marks["label_bottom"] * h
    if kind in ("can", "drink_can"):
        c.rect(0, 0, w, h, STEEL)
    elif kind == "cup":
        c.rect(0, 0, w, h, look.paper)
    else:
        _vessel(c, product, shape)
    label: Area = (0, top, w, bottom - top)
    tall = bottom - top
    # As seen from the front, a label shows about a third of its way round.
    wide = 0.35 * w
    back = min(max(0.36 * w, 232), 0.5 * w) if tall > 300 else 0.49 * w
    pad = 0.04 * tall
    front: Area = (FRONT_S * w - wide / 2, top + pad / 2, wide, tall - pad)
    paint_ground(c, label, look, front)
    if kind in ("bottle", "jar"):
        for y in (top, bottom - 2.5):
            c.rect(0, y, w, 2.5, look.accent)
    paint_front(c, front, product)
    paint_facts(c, ((FRONT_S + 0.5) * w - back / 2, top + pad, back, tall - 2 * pad), product)


def _vessel(c: Canvas, product: Product, shape: Shape) -> None:
    """Glass or plastic with what is in it, and the cap."""
    w, h = c.width, c.height
    cap_end = shape.marks["cap"] * h
    body, cap = VESSELS[product.shape[1]]
    c.gradient(0, 0, w, h, lighter(body, 0.1), darker(body, 0.12))
    for k in range(8):
        x = w * (k + 0.5) / 8
        c.rect(x, cap_end, w * 0.006 * (1 + k % 3), h - cap_end, lighter(body, 0.16))
    c.rect(0, 0, w, cap_end, cap)
    for k in range(int(w / 7)):
        c.rect(7 * k, 0, 2, cap_end, darker(cap, 0.16))
    c.rect(0, cap_end - 2, w, 2, darker(cap, 0.4))
