"""A surface to draw packs on: colours, shaded shapes, fitted type.

Coordinates are pixels of the finished panel, y down. Drawing happens larger and is scaled down
once, so edges are smooth; barcodes are stamped afterwards at full size, so bars stay sharp.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, cos, floor, pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Point = tuple[float, float]
OVERSAMPLE = 2
FONT_DIR = "/usr/share/fonts/truetype/"
FACES = {
    "sans": "dejavu/DejaVuSans.ttf",
    "bold": "dejavu/DejaVuSans-Bold.ttf",
    "serif": "dejavu/DejaVuSerif.ttf",
    "serif-bold": "dejavu/DejaVuSerif-Bold.ttf",
    "mono": "dejavu/DejaVuSansMono.ttf",
}


def rgb(code: str) -> Colour:
    """The colour of six hexadecimal digits."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(a: Colour, b: Colour, part: float) -> Colour:
    """a moved part of the way to b."""
    return tuple(round(x + (y - x) * part) for x, y in zip(a, b))  # type: ignore[return-value]


def lighter(colour: Colour, part: float) -> Colour:
    return mix(colour, (255, 255, 255), part)


def darker(colour: Colour, part: float) -> Colour:
    return mix(colour, (0, 0, 0), part)


def luminance(colour: Colour) -> float:
    """0 black to 1 white."""
    return (0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]) / 255


def ellipse_points(x: float, y: float, rx: float, ry: float, turn: float = 0) -> list[Point]:
    """An ellipse as a polygon; turn in radians, clockwise on the page."""
    ring = [2 * pi * i / 48 for i in range(48)]
    return [
        (
            x + rx * cos(a) * cos(turn) - ry * sin(a) * sin(turn),
            y + rx * cos(a) * sin(turn) + ry * sin(a) * cos(turn),
        )
        for a in ring
    ]


def smooth(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """A closed curve through the points (Catmull-Rom)."""
    p = np.array(points, float)
    before, after, next_after = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    out = []
    for i in range(len(p)):
        for u in np.arange(steps) / steps:
            out.append(
                tuple(
                    0.5
                    * (
                        2 * p[i]
                        + (after[i] - before[i]) * u
                        + (2 * before[i] - 5 * p[i] + 4 * after[i] - next_after[i]) * u**2
                        + (3 * p[i] - before[i] - 3 * after[i] + next_after[i]) * u**3
                    )
                )
            )
    return out


@lru_cache(maxsize=512)
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    """A font by the name of a face, or by its file."""
    return ImageFont.truetype(FONT_DIR + FACES[path] if path in FACES else path, size)


class Canvas:
    """One panel while it is painted."""

    def __init__(self, width: int, height: int, ground: Colour = (255, 255, 255)) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * OVERSAMPLE, height * OVERSAMPLE), ground)
        self.draw = ImageDraw.Draw(self.image)
        self._stamps: list[tuple[Image.Image, int, int]] = []

    def _up(self, points: Sequence[Point]) -> list[Point]:
        return [(x * OVERSAMPLE, y * OVERSAMPLE) for x, y in points]

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        self.draw.polygon(self._up(points), fill=colour)

    def rect(
        self, x: float, y: float, w: float, h: float, colour: Colour, radius: float = 0
    ) -> None:
        if w <= 0 or h <= 0:
            return
        box = (x * OVERSAMPLE, y * OVERSAMPLE, (x + w) * OVERSAMPLE - 1, (y + h) * OVERSAMPLE - 1)
        self.draw.rounded_rectangle(box, radius * OVERSAMPLE, fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        self.draw.line(
            self._up(points), fill=colour, width=max(1, round(width * OVERSAMPLE)), joint="curve"
        )

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, turn: float = 0
    ) -> None:
        self.polygon(ellipse_points(x, y, rx, ry, turn), colour)

    def ring(self, x: float, y: float, r: float, colour: Colour, width: float) -> None:
        box = [(v) * OVERSAMPLE for v in (x - r, y - r, x + r, y + r)]
        self.draw.ellipse(box, outline=colour, width=max(1, round(width * OVERSAMPLE)))

    def shade(
        self,
        points: Sequence[Point],
        colour: Colour,
        depth: float = 0.45,
        light: Point = (0.35, 0.28),
        bright: float = 0.4,
    ) -> None:
        """A polygon lit like a ball: bright near `light`, a fraction of its box, dark far off."""
        up = np.array(self._up(points))
        x0, y0 = (floor(v) for v in up.min(0))
        x1, y1 = (ceil(v) + 1 for v in up.max(0))
        w, h = x1 - x0, y1 - y0
        mask = Image.new("L", (w, h))
        ImageDraw.Draw(mask).polygon([(x - x0, y - y0) for x, y in up], fill=255)
        gx = (np.arange(w) / w - light[0])[None, :]
        gy = (np.arange(h) / h - light[1])[:, None]
        far = np.sqrt(gx * gx + gy * gy) / 0.85
        base = np.array(colour, float)
        glow = np.clip(1 - far / 0.38, 0, 1)[..., None] ** 1.5 * bright
        dim = 1 - np.clip((far - 0.3) / 0.8, 0, 1)[..., None] * depth
        pixels = base * dim * (1 - glow) + (0.25 * base + 191) * glow
        self.image.paste(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), (x0, y0), mask)

    def ball(
        self,
        x: float,
        y: float,
        r: float,
        colour: Colour,
        squash: float = 1.0,
        turn: float = 0,
        depth: float = 0.45,
        bright: float = 0.4,
    ) -> None:
        self.shade(ellipse_points(x, y, r, r * squash, turn), colour, depth, bright=bright)

    def gradient(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        first: Colour,
        last: Colour,
        sideways: bool = False,
    ) -> None:
        """A rectangle fading from first (top, or left) to last."""
        size = (max(1, round(w * OVERSAMPLE)), max(1, round(h * OVERSAMPLE)))
        steps = np.linspace(0, 1, size[0] if sideways else size[1])[:, None]
        ramp = np.array(first) * (1 - steps) + np.array(last) * steps
        pixels = np.broadcast_to(ramp[None] if sideways else ramp[:, None], (size[1], size[0], 3))
        self.image.paste(
            Image.fromarray(pixels.round().astype(np.uint8)),
            (round(x * OVERSAMPLE), round(y * OVERSAMPLE)),
        )

    def multiply(self, factors: np.ndarray) -> None:
        """Darken or brighten by an array (height, width) over the whole panel."""
        fine = Image.fromarray(factors.astype(np.float32)).resize(
            self.image.size, Image.Resampling.BILINEAR
        )
        pixels = np.asarray(self.image, float) * np.asarray(fine)[..., None]
        self.image.paste(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))

    def shadow(self, x: float, y: float, rx: float, ry: float, strength: float = 0.35) -> None:
        """A soft dark ellipse, as under something that stands there."""
        s = OVERSAMPLE
        box = [floor((x - rx) * s), floor((y - ry) * s), ceil((x + rx) * s), ceil((y + ry) * s)]
        w, h = box[2] - box[0], box[3] - box[1]
        gx, gy = np.linspace(-1, 1, w)[None, :], np.linspace(-1, 1, h)[:, None]
        soft = np.clip(1 - gx * gx - gy * gy, 0, 1) * 255 * strength
        self.image.paste((0, 0, 0), (box[0], box[1]), Image.fromarray(soft.astype(np.uint8)))

    def text(
        self,
        area: tuple[float, float, float, float],
        words: str,
        colour: Colour,
        face: str = "bold",
        align: float = 0.5,
        valign: float = 0.5,
        condense: float = 1.0,
        slant: float = 0.0,
        outline: Colour | None = None,
        upright: bool = True,
    ) -> float:
        """One line of type, as large as the area (x, y, w, h) takes it; its height is returned.

        condense: width of the letters, 1 as drawn; slant: lean to the right; not upright: read
        upwards, turned a quarter to the left.
        """
        x, y, w, h = (v * OVERSAMPLE for v in area)
        if not upright:
            w, h = h, w
        big = font(face, 120)
        stroke = 9 if outline else 0
        left, top, right, bottom = big.getbbox(words, stroke_width=stroke)
        ascent, descent = big.getbbox("Hg", stroke_width=stroke)[1::2]
        top, bottom = min(top, ascent), max(bottom, descent)
        natural = ((right - left) * condense + slant * (bottom - top), bottom - top)
        scale = min(w / natural[0], h / natural[1])
        size = (max(1, round(natural[0] * scale)), max(1, round(natural[1] * scale)))
        for width, ink in ((stroke, outline), (0, colour)):
            if ink is None:
                continue
            mask = Image.new("L", (int(right - left), int(bottom - top)))
            ImageDraw.Draw(mask).text((-left, -top), words, font=big, fill=255, stroke_width=width)
            if slant:
                lean = slant * mask.height
                mask = mask.transform(
                    (ceil(mask.width + lean / condense), mask.height),
                    Image.Transform.AFFINE,
                    (1, slant / condense, -lean / condense, 0, 1, 0),
                    Image.Resampling.BICUBIC,
                )
            mask = mask.resize(size, Image.Resampling.LANCZOS)
            px, py = x + (w - size[0]) * align, y + (h - size[1]) * valign
            if not upright:
                mask = mask.transpose(Image.Transpose.ROTATE_90)
                px, py = x + (h - size[1]) * valign, y + (w - size[0]) * (1 - align)
            self.image.paste(ink, (round(px), round(py)), mask)
        return size[1] / OVERSAMPLE

    def paragraph(
        self,
        area: tuple[float, float, float, float],
        words: str,
        colour: Colour,
        size: float,
        face: str = "sans",
    ) -> float:
        """Wrapped small print from the top left of the area; the height used is returned.

        What does not fit is set smaller, never cut.
        """
        x, y, w, h = area
        while True:
            type_ = font(face, max(4, round(size * OVERSAMPLE)))
            lines, line = [], ""
            for word in words.split():
                longer = f"{line} {word}".strip()
                if line and type_.getlength(longer) > w * OVERSAMPLE:
                    lines.append(line)
                    line = word
                else:
                    line = longer
            lines.append(line)
            if len(lines) * size * 1.25 <= h or size < 3.5:
                break
            size *= 0.93
        for i, line in enumerate(lines):
            self.draw.text(
                (x * OVERSAMPLE, (y + i * size * 1.25) * OVERSAMPLE), line, font=type_, fill=colour
            )
        return len(lines) * size * 1.25

    def stamp(self, picture: Image.Image, x: float, y: float) -> None:
        """Put a finished picture on at full size, untouched by the scaling down."""
        self._stamps.append((picture, round(x), round(y)))

    def paste(self, other: Canvas, x: float, y: float) -> None:
        """Put another canvas on this one, with its stamps."""
        self.image.paste(other.image, (round(x) * OVERSAMPLE, round(y) * OVERSAMPLE))
        self._stamps += [(s, sx + round(x), sy + round(y)) for s, sx, sy in other._stamps]

    def finish(self) -> Image.Image:
        """The panel at its own size."""
        image = self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        for picture, x, y in self._stamps:
            image.paste(picture, (x, y))
        return image
