#!/usr/bin/env python3
"""Draw the house brand: a folder a product, each with product.json, mesh.obj and texture.jpg.

    make_catalog.py                           write every product beside this script
    make_catalog.py --only corn_flakes cola   only these
    make_catalog.py --check                   decode every barcode with zbarimg, and check the files
    make_catalog.py --sheet sheet.png         all textures on one picture, to look at
    make_catalog.py --random 200 --seed 1 -o DIR
                                              fictional packs of no product, to train on

The same versions of Python, Pillow and the DejaVu fonts give the same bytes. README.md describes the
folder, field by field. To add a product, add a row to PRODUCTS and run the script.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

from art import packs, produce
from art.product import Product, look

HERE = Path(__file__).resolve().parent

# Shapes in cm: box(width, height, depth), can(diameter, height), drink_can(diameter, height),
# bottle(vessel, diameter, height, neck, shoulder, depth over width, cap), jar(diameter, height),
# cup(top, base, height), carton(width, height, depth), bag(width, height, thickness, puff, seed).
# Looks: layout, "ground accent ink paper", picture. Nutrition per 100 g: kJ kcal fat saturates
# carbohydrate sugars protein salt.
PRODUCTS = [
    Product("corn_flakes", 101, "Morning", "Corn|Flakes", "Golden & crisp", "cereal",
            ("box", 19.0, 28.0, 6.2), look("burst", "f4b41a c4301c 7a1a10 fff6dc", "flakes"),
            "375 g", 375, 446, 229, "Iron &|8 vitamins|added",
            "Ingredients: maize (95 %), sugar, barley malt extract, salt, iron, vitamins.",
            "1606 378 0.9 0.2 84 8.0 7.0 1.1"),
    Product("chopped_tomatoes", 201, "Garden", "Chopped|Tomatoes", "in tomato juice", "canned",
            ("can", 7.3, 10.8), look("field", "f3ead2 4c7a34 8c1c18 fff9ea", "tomato"),
            "400 g", 400, 462, 89, "", "Ingredients: tomatoes (65 %), tomato juice, acidity regulator: "
            "citric acid.", "92 22 0.1 0.0 3.5 3.5 1.2 0.1"),
    Product("red_wine", 901, "Cellar", "Tempranillo", "Red wine 2024", "alcohol",
            ("bottle", "wine", 7.6, 30.0, 2.8, 18.5, 1.0, 4.5),
            look("reserve", "f1e9d6 7c1830 3a1420 f8f2e2", "grapes", 0.9),
            "75 cl  13 % vol", 745, 1215, 649, "", "Contains sulphites. Red wine from Larkfield's own "
            "growers. Please drink responsibly. Not for sale to anybody under 18.", age=18),
    Product("whole_milk", 401, "Dairy", "Whole|Milk", "3.5 % fat", "dairy",
            ("carton", 9.4, 19.5, 7.2), look("scallop", "2466b0 f2c230 ffffff ffffff", "milk"),
            "1 L", 1032, 1064, 119, "", "Ingredients: pasteurised whole cow's milk. Keep below 8 °C and "
            "drink within three days of opening.", "268 64 3.6 2.3 4.8 4.8 3.3 0.1"),
    Product("yogurt_strawberry", 411, "Dairy", "Yogurt", "Strawberry", "dairy", ("cup", 7.4, 5.6, 6.8),
            look("band", "2c7d74 d8203a ffffff fffdf6", "strawberry", 0.8), "150 g", 150, 158, 59, "",
            "Ingredients: yogurt (84 %), strawberries (9 %), sugar, maize starch.",
            "376 89 2.6 1.7 13 12 3.4 0.1", "yogurt_fruit_150"),
    Product("yogurt_raspberry", 412, "Dairy", "Yogurt", "Raspberry", "dairy", ("cup", 7.4, 5.6, 6.8),
            look("band", "2c7d74 b8186c ffffff fffdf6", "raspberry", 0.8), "150 g", 150, 158, 59, "",
            "Ingredients: yogurt (84 %), raspberries (9 %), sugar, maize starch.",
            "376 89 2.6 1.7 13 12 3.4 0.1", "yogurt_fruit_150"),
    Product("chips_salt", 601, "Snacks", "Hand-cut|Crisps", "Sea Salt", "snack",
            ("bag", 18.0, 27.0, 8.0, 0.42, 1),
            look("diagonal", "1d3f72 3d8fd0 1d3f72 fdf7e6", "crisps", 1.05), "150 g", 150, 158, 179, "",
            "Ingredients: potatoes, sunflower oil, sea salt (1.2 %).", "2180 523 31 2.8 53 0.8 6.1 1.2",
            "crisps_150"),
    Product("chips_vinegar", 602, "Snacks", "Hand-cut|Crisps", "Cider Vinegar", "snack",
            ("bag", 18.0, 27.0, 8.0, 0.42, 1),
            look("diagonal", "1d3f72 a8541c 1d3f72 fdf7e6", "crisps", 1.05), "150 g", 150, 158, 179, "",
            "Ingredients: potatoes, sunflower oil, cider vinegar powder, sea salt.",
            "2170 520 30 2.8 54 1.4 6.0 1.4", "crisps_150"),
    Product("apple", 801, "Garden", "Apple Fuji", "", "produce", ("apple",),
            look("field", "f3ead2 4c7a34 8c1c18 fff9ea", "apple"), "", None, 185, 279, unit="kg",
            plu="4131", sd_g=28),
    Product("banana", 802, "Garden", "Banana", "", "produce", ("banana",),
            look("field", "f3ead2 4c7a34 8c1c18 fff9ea", "apple"), "", None, 165, 189, unit="kg",
            plu="4011", sd_g=24),
    Product("tomato", 803, "Garden", "Tomato", "", "produce", ("tomato",),
            look("field", "f3ead2 4c7a34 8c1c18 fff9ea", "tomato"), "", None, 145, 329, unit="kg",
            plu="4799", sd_g=26),
]


def write(product: Product, root: Path) -> Path:
    """Write one product's folder and return it."""
    folder = root / product.id
    folder.mkdir(parents=True, exist_ok=True)
    shape = packs.build(product)
    (folder / "product.json").write_text(product.json(), encoding="utf-8")
    (folder / "mesh.obj").write_text(shape.obj(product.id), encoding="ascii")
    quality = 88 if product.shape[0] not in produce.KINDS else packs.JPEG_QUALITY
    packs.paint(product, shape).save(folder / "texture.jpg", quality=min(quality, packs.JPEG_QUALITY),
                                     optimize=True)
    return folder


def write_all(products: list[Product], root: Path) -> None:
    with ProcessPoolExecutor(max_workers=2) as pool:
        for folder in pool.map(write, products, [root] * len(products), chunksize=2):
            print(folder)


def decoded(texture: Path) -> list[str]:
    """The EAN-13 codes that zbarimg reads on a picture."""
    done = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sean13.enable", str(texture)],
                          capture_output=True, text=True, check=False)
    return done.stdout.split()


def check(products: list[Product], root: Path) -> int:
    """Complain about every product whose barcode cannot be read; the number of complaints."""
    faults = 0
    for product in products:
        if product.shape[0] in produce.KINDS:
            continue
        codes = decoded(root / product.id / "texture.jpg")
        if product.gtin not in codes:
            print(f"{product.id}: its barcode {product.gtin} reads as {codes}", file=sys.stderr)
            faults += 1
    print(f"{len(products)} products, {faults} faults")
    return faults


def sheet(products: list[Product], root: Path, out: Path) -> None:
    """All textures side by side."""
    across, cell = 4, 460
    rows = -(-len(products) // across)
    page = Image.new("RGB", (across * cell, rows * cell), (90, 90, 96))
    for i, product in enumerate(products):
        texture = Image.open(root / product.id / "texture.jpg")
        texture.thumbnail((cell - 8, cell - 8), Image.Resampling.LANCZOS)
        page.paste(texture, ((i % across) * cell + 4, (i // across) * cell + 4))
    page.save(out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="ID", help="these products, not all")
    parser.add_argument("--check", action="store_true", help="check what is written; write nothing")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="show what is written; write nothing else")
    parser.add_argument("-o", "--out", type=Path, default=HERE, metavar="DIR", help="default: here")
    args = parser.parse_args()
    products = [p for p in PRODUCTS if not args.only or p.id in args.only]
    if args.check:
        return 1 if check(products, args.out) else 0
    if args.sheet:
        sheet(products, args.out, args.sheet)
        return 0
    write_all(products, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
