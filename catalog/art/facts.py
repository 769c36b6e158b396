"""The back of a pack: story, ingredients, nutrition, maker, and a barcode that a scanner reads."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np
from PIL import Image

from . import barcode
from .canvas import FACES, FONT_DIR, Canvas, luminance
from .layouts import INK, Area, readable, type_ground
from .product import Product

NUTRIENTS = ("Fat", "of which saturates", "Carbohydrate", "of which sugars", "Protein", "Salt")
STORIES = {
    "Pantry": "Everyday things, made well and priced fairly.",
    "Morning": "A good day starts at the table.",
    "Garden": "Picked ripe and packed within the day.",
    "Dairy": "From small herds that graze outdoors.",
    "Reserve": "Chosen by our tasters; made in small batches.",
    "Snacks": "For sharing, or not.",
    "Cellar": "Drink with friends, and drink sensibly.",
    "Springs": "Cool, clear and lively.",
    "Home": "Strong on grease, kind to rivers.",
}


def _nutrition_rows(product: Product) -> list[tuple[str, str]]:
    values = product.nutrition.split()
    rows = [("Energy", f"{values[0]} kJ / {values[1]} kcal")]
    return rows + [(name, f"{value} g") for name, value in zip(NUTRIENTS, values[2:])]


def nutrition_table(c: Canvas, area: Area, product: Product) -> None:
    x, y, w, h = area
    rows = _nutrition_rows(product)
    tall = h / (len(rows) + 1)
    c.rect(x, y, w, tall, INK)
    size = min(tall * 0.66, w / 17)
    c.paragraph(
        (x + 3, y + (tall - size * 1.2) / 2, w, tall),
        "Nutrition, typical values per 100 g",
        (255, 255, 255),
        min(size, w / 21),
        "bold",
    )
    for k, (name, value) in enumerate(rows, 1):
        top = y + k * tall
        c.rect(x, top + tall - 0.8, w, 0.8, (150, 150, 150))
        inset = 9 if name.startswith("of which") else 3
        used = (tall - size * 1.2) / 2
        c.paragraph(
            (x + inset, top + used, 0.6 * w, tall), name, INK, size, "sans" if inset > 3 else "bold"
        )
        c.text(
            (x + 0.5 * w, top + 0.18 * tall, 0.49 * w, min(0.62 * tall, size)),
            value,
            INK,
            "sans",
            1,
        )


def _recycle(c: Canvas, x: float, y: float, r: float) -> None:
    """Three arrows in a ring."""
    for k in range(3):
        start = 2 * pi * k / 3 - pi / 2
        c.line(
            [
                (x + 0.75 * r * cos(start + a), y + 0.75 * r * sin(start + a))
                for a in np.linspace(0.25, 1.6, 8)
            ],
            INK,
            0.26 * r,
        )
        a = start + 1.6
        c.polygon(
            [
                (x + 0.4 * r * cos(a), y + 0.4 * r * sin(a)),
                (x + 1.1 * r * cos(a), y + 1.1 * r * sin(a)),
                (x + 0.75 * r * cos(a + 0.55), y + 0.75 * r * sin(a + 0.55)),
            ],
            INK,
        )


def paint_facts(c: Canvas, area: Area, product: Product) -> None:
    """The panel of facts; it fills the area, upright or wide."""
    x, y, w, h = area
    look = product.look
    c.rect(x, y, w, h, (252, 251, 247), 0.03 * min(w, h))
    module = 3 if w > 460 and h > 420 else 2
    bars_w = (barcode.QUIET_LEFT + barcode.BARS + barcode.QUIET_RIGHT) * module
    upright = bars_w <= w - 4
    bars_h = round(min(0.3 * bars_w + 16, max(46, 0.3 * h)))
    bars = barcode.picture(product.gtin, module, bars_h, FONT_DIR + FACES["mono"])
    if not upright:
        bars = bars.transpose(Image.Transpose.ROTATE_90)  # a quarter turn to the left
    m = 0.04 * min(w, h) + 2
    wide = w > 1.25 * h and w - bars.width > 130
    if wide:
        c.stamp(bars, x + w - bars.width - 2, y + h - bars.height - m)
        text: Area = (x + m, y + m, w - bars.width - 2 * m - 2, h - 2 * m)
        note: Area = (x + w - bars.width, y + m, bars.width - m, h - bars.height - 2 * m)
    else:
        c.stamp(bars, x + (w - bars.width) / 2, y + h - bars.height - m)
        text = (x + m, y + m, w - 2 * m, h - bars.height - 2 * m - 0.1 * h)
        note = (x + m, y + h - bars.height - m - 0.1 * h, w - 2 * m, 0.09 * h)
    tx, ty, tw, th = text
    under = type_ground(look) if luminance(type_ground(look)) < 0.8 else look.accent
    c.rect(tx, ty, tw, 0.13 * th, under, 3)
    c.text(
        (tx + 0.03 * tw, ty + 0.025 * th, 0.94 * tw, 0.08 * th),
        product.name,
        readable(under, (255, 255, 255), INK),
        "bold",
        0,
        condense=0.9,
    )
    size = min(0.045 * tw + 2, 0.035 * th + 3, 12.5)
    top = ty + 0.15 * th
    room = 0.36 * th if product.nutrition else 0.8 * th
    story = STORIES.get(product.series, "")
    used = c.paragraph((tx, top, tw, 0.4 * room), story, INK, size, "sans") + 0.3 * size
    c.paragraph((tx, top + used, tw, room - used), product.ingredients, INK, size, "sans")
    if product.nutrition:
        nutrition_table(c, (tx, ty + 0.53 * th, tw, 0.47 * th), product)
    nx, ny, nw, nh = note
    r = min(0.42 * nh, 0.07 * nw)
    _recycle(c, nx + r, ny + 0.5 * nh, r)
    c.paragraph(
        (nx + 2.6 * r, ny + 0.08 * nh, nw - 2.6 * r, 0.9 * nh),
        f"{product.net}. Best before: see pack. Made for {product.brand} "
        "Foods, 1 Orchard Lane, Larkfield.",
        INK,
        min(size, 0.27 * nh),
    )
