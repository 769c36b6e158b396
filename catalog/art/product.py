"""What a product of the catalogue is, and its product.json."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .barcode import with_check_digit
from .canvas import Colour, rgb

BRAND = "Larkfield"
GTIN_PREFIX = "2071"  # restricted circulation (20 to 29): ours alone, sold nowhere else
BAG_TARE_G = 4.0


@dataclass(frozen=True)
class Look:
    """How a pack is printed: a layout of layouts.py, four colours and a picture."""

    layout: str
    ground: Colour
    accent: Colour
    ink: Colour
    paper: Colour
    picture: str
    picture_scale: float = 1.0
    face: str = ""  # "" leaves the typeface to the layout


def look(layout: str, colours: str, picture: str, scale: float = 1.0, face: str = "") -> Look:
    """A Look from "ground accent ink paper" in hexadecimal."""
    ground, accent, ink, paper = (rgb(code) for code in colours.split())
    return Look(layout, ground, accent, ink, paper, picture, scale, face)


@dataclass(frozen=True)
class Product:
    """One row of the catalogue. Weights in grams, price in cents: a piece, or a kilogram."""

    id: str
    item: int  # the number in its GTIN; never used twice
    series: str  # sub-range, printed under the brand
    title: str  # printed large, "|" breaks the line
    flavour: str
    category: str
    shape: tuple  # generator of shapes.py and what it is called with, in cm
    look: Look
    net: str  # as printed
    net_g: float | None
    gross_g: float
    price: int
    claim: str = ""  # a few words in a roundel
    ingredients: str = ""
    nutrition: str = ""  # per 100 g: kJ, kcal, fat, saturates, carbohydrate, sugars, protein, salt
    variant_group: str | None = None
    unit: str = "each"
    age: int = 0
    plu: str | None = None
    sd_g: float | None = None  # piece to piece, for what grows
    brand: str = BRAND

    @property
    def name(self) -> str:
        words = self.title.replace("|", " ")
        return f"{words}, {self.flavour}" if self.flavour else words

    @property
    def gtin(self) -> str:
        return with_check_digit(f"{GTIN_PREFIX}{self.item:08d}")

    def json(self) -> str:
        """product.json; see README.md for the fields."""
        fields: dict[str, object] = {
            "name": self.name,
            "brand": self.brand,
            "category": self.category,
            "gtin": self.gtin,
            "net_weight_g": self.net_g,
            "net_printed": self.net,
            "gross_weight_g": self.gross_g,
            "price_minor": self.price,
            "currency": "USD",
            "variant_group": self.variant_group,
            "unit": self.unit,
        }
        if self.unit == "kg":
            fields["tare_g"] = BAG_TARE_G
        if self.plu:
            fields["plu"] = self.plu
        if self.age:
            fields["minimum_age"] = self.age
        if self.sd_g:
            fields["pack_sd_g"] = self.sd_g
        return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"
