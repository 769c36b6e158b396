#!/usr/bin/env python3
"""Draw the house brand: a folder a product, each with product.json, mesh.obj and texture.jpg.

    make_catalog.py                           write every product beside this script
    make_catalog.py --only corn_flakes cola   only these
    make_catalog.py --check                   decode every barcode with zbarimg
    make_catalog.py --sheet sheet.png         all textures on one picture, to look at
    make_catalog.py --random 200 --seed 1 -o DIR
                                              fictional packs of no product, to train on

The same versions of Pillow and the DejaVu fonts give the same bytes. README.md describes the
folder, field by field. To add a product, add a row to PRODUCTS and run the script.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

from art import packs, produce
from art.canvas import FACES, FONT_DIR
from art.fantasy import fantasy
from art.product import Product, look

HERE = Path(__file__).resolve().parent

# Shapes in cm: box(width, height, depth), can(diameter, height), drink_can(diameter, height),
# bottle(vessel, diameter, height, neck, shoulder, depth over width, cap),
# jar(vessel, diameter, height), cup(top, base, height), carton(width, height, depth),
# bag(width, height, thickness, puff, seed). Vessels are in art/packs.py.
# Looks: layout, "ground accent ink paper", picture. Nutrition per 100 g: kJ kcal fat saturates
# carbohydrate sugars protein salt.
LOOSE = look("field", "f3ead2 4c7a34 8c1c18 fff9ea", "apple")  # nothing is printed on it
# fmt: off
PRODUCTS = [
    Product("corn_flakes", 101, "Morning", "Corn|Flakes", "Golden & crisp", "cereal",
            ("box", 19.0, 28.0, 6.2), look("burst", "f4b41a c4301c 7a1a10 fff6dc", "flakes"),
            "375 g", 375, 446, 229, "Iron &|8 vitamins|added",
            "Ingredients: maize (95 %), sugar, barley malt extract, salt, iron, vitamins.",
            "1606 378 0.9 0.2 84 8.0 7.0 1.1"),
    Product("oat_clusters", 102, "Morning", "Oat|Clusters", "Honey & blueberry", "cereal",
            ("box", 17.0, 24.5, 7.5), look("scallop", "8a4a26 3c4a90 fff3dc fff8ea", "clusters"),
            "450 g", 450, 518, 349, "High in|fibre",
            "Ingredients: oat flakes (54 %), sugar, sunflower oil, honey (6 %), dried blueberries "
            "(4 %).", "1850 441 15 1.9 64 20 8.5 0.1"),
    Product("porridge_oats", 103, "Morning", "Porridge|Oats", "", "cereal",
            ("bag", 16.0, 24.0, 8.5, 0.5, 3), look("field", "c9dcea c88a2c 1f3c5c fffaf0", "wheat"),
            "750 g", 750, 757, 139, "100 %|whole|grain", "Ingredients: whole grain rolled oats.",
            "1560 372 7.0 1.3 59 0.7 13 0.02"),
    Product("penne", 111, "Pantry", "Penne|Rigate", "Durum wheat", "pasta",
            ("box", 11.5, 19.0, 6.0), look("stripes", "1f5f9a b8862c 173a5e fdf8ea", "penne"),
            "500 g", 500, 531, 109, "", "Ingredients: durum wheat semolina.",
            "1520 359 1.5 0.3 73 3.2 12 0.01"),
    Product("spaghetti", 112, "Pantry", "Spaghetti", "No. 5", "pasta",
            ("bag", 9.5, 29.0, 4.4, 0.55, 5),
            look("reserve", "15302c b02a2a d8c08a f6f0dc", "spaghetti", 1.15), "500 g", 500, 507,
            119, "", "Ingredients: durum wheat semolina.", "1520 359 1.5 0.3 73 3.2 12 0.01"),
    Product("basmati_rice", 113, "Reserve", "Basmati|Rice", "Aged one year", "rice",
            ("bag", 16.0, 25.0, 7.5, 0.5, 7),
            look("pattern", "0f5a5e c79a3e 0c3f44 fdf8ea", "rice"), "1 kg", 1000, 1009, 329, "",
            "Ingredients: basmati rice.", "1490 351 0.9 0.2 77 0.3 8.5 0.01"),
    Product("chopped_tomatoes", 201, "Garden", "Chopped|Tomatoes", "in tomato juice", "canned",
            ("can", 7.3, 10.8), look("field", "f3ead2 4c7a34 8c1c18 fff9ea", "tomato"), "400 g",
            400, 462, 89, "",
            "Ingredients: tomatoes (65 %), tomato juice, acidity regulator: citric acid.",
            "92 22 0.1 0.0 3.5 3.5 1.2 0.1"),
    Product("chickpeas", 202, "Garden", "Chickpeas", "in water", "canned", ("can", 7.3, 10.8),
            look("band", "d98a1e 6a3f1a 3c220c fffaf0", "chickpeas"), "400 g", 400, 459, 79,
            "Source|of|protein", "Ingredients: chickpeas (60 %), water, salt.",
            "480 115 2.2 0.2 15 0.5 6.4 0.4"),
    Product("sweetcorn", 203, "Garden", "Sweetcorn", "crisp & sweet", "canned", ("can", 8.2, 7.6),
            look("scallop", "1d7a45 f2c230 fff7d6 fffdf4", "sweetcorn"), "285 g", 285, 372, 99, "",
            "Ingredients: sweetcorn, water, salt.", "340 81 1.6 0.2 13 5.6 2.6 0.4"),
    Product("tuna", 211, "Pantry", "Tuna Chunks", "in spring water", "canned", ("can", 8.5, 4.0),
            look("diagonal", "0e5f8c d8402a 0b3450 f2f9fb", "fish"), "145 g", 145, 181, 169, "",
            "Ingredients: skipjack tuna (fish, 70 %), water, salt.", "470 111 0.7 0.2 0 0 26 0.9"),
    Product("strawberry_jam", 221, "Pantry", "Strawberry|Jam", "Extra fruit", "spread",
            ("jar", "jam", 7.2, 10.4), look("band", "b4182e 2c6a34 fff2e6 fff8ee", "strawberry"),
            "340 g", 340, 546, 219, "50 %|fruit",
            "Ingredients: strawberries, sugar, lemon juice, gelling agent: pectin.",
            "1030 243 0.2 0.0 59 58 0.4 0.02"),
    Product("olive_oil", 231, "Reserve", "Extra Virgin|Olive Oil", "First cold pressing", "oil",
            ("bottle", "oil", 6.6, 27.0, 2.8, 18.0, 1.0, 3.0),
            look("reserve", "1e2c18 8a7a2a d8c08a f6f0dc", "olives"), "500 ml", 458, 868, 749, "",
            "Ingredients: extra virgin olive oil.", "3390 824 92 13 0 0 0 0"),
    Product("ketchup", 232, "Pantry", "Tomato|Ketchup", "", "sauce",
            ("bottle", "red", 8.0, 19.5, 3.6, 13.5, 0.68, 3.0),
            look("burst", "e8e0c8 3f7a2c a01a12 fffaf0", "tomato"), "460 g", 460, 502, 179, "",
            "Ingredients: tomatoes, vinegar, sugar, salt, spices.",
            "430 102 0.1 0.0 23 22 1.2 1.8"),
    Product("sparkling_water", 301, "Springs", "Sparkling|Water", "", "drink",
            ("bottle", "water", 8.2, 29.5, 2.8, 19.0, 1.0, 1.8),
            look("field", "d8ecf6 1f6fb8 10406e ffffff", "mountains"), "1 L", 1000, 1034, 59, "",
            "Natural mineral water with added carbon dioxide.", ""),
    Product("cola", 302, "Springs", "Cola", "Original", "drink", ("drink_can", 6.6, 11.6),
            look("diagonal", "8c1420 1c1c20 5a0c14 f6ead8", "cola"), "330 ml", 343, 357, 69, "",
            "Ingredients: carbonated water, sugar, colour: caramel, citric acid, flavourings, "
            "caffeine.", "180 42 0 0 10.6 10.6 0 0.01"),
    Product("orange_juice", 303, "Morning", "Orange|Juice", "With bits", "drink",
            ("carton", 7.4, 19.5, 7.4), look("burst", "f08418 2f7d32 a03c08 fff8e8", "citrus"),
            "1 L", 1044, 1080, 249, "100 %|pressed|fruit", "Ingredients: orange juice with pulp.",
            "180 43 0.1 0.0 9.0 9.0 0.7 0.0"),
    Product("whole_milk", 401, "Dairy", "Whole|Milk", "3.5 % fat", "dairy",
            ("carton", 7.2, 20.0, 7.2), look("scallop", "2466b0 f2c230 ffffff ffffff", "milk"),
            "1 L", 1032, 1064, 119, "",
            "Ingredients: pasteurised whole cow's milk. Keep below 8 °C and drink within three "
            "days of opening.", "268 64 3.6 2.3 4.8 4.8 3.3 0.1"),
    Product("oat_drink", 402, "Morning", "Oat|Drink", "No added sugar", "drink",
            ("carton", 7.2, 20.0, 7.2), look("field", "dcd0b4 4a6a52 3a2c18 fffaf0", "oat_glass"),
            "1 L", 1030, 1062, 149, "",
            "Ingredients: water, oats (10 %), rapeseed oil, calcium carbonate, salt.",
            "190 45 1.5 0.2 6.7 3.2 0.5 0.1"),
    Product("yogurt_strawberry", 411, "Dairy", "Yogurt", "Strawberry", "dairy",
            ("cup", 7.4, 5.6, 6.8), look("band", "2c7d74 d8203a ffffff fffdf6", "strawberry", 0.8),
            "150 g", 150, 158, 59, "",
            "Ingredients: yogurt (84 %), strawberries (9 %), sugar, maize starch.",
            "376 89 2.6 1.7 13 12 3.4 0.1", "yogurt_fruit_150"),
    Product("yogurt_raspberry", 412, "Dairy", "Yogurt", "Raspberry", "dairy",
            ("cup", 7.4, 5.6, 6.8), look("band", "2c7d74 b8186c ffffff fffdf6", "raspberry", 0.8),
            "150 g", 150, 158, 59, "",
            "Ingredients: yogurt (84 %), raspberries (9 %), sugar, maize starch.",
            "376 89 2.6 1.7 13 12 3.4 0.1", "yogurt_fruit_150"),
    Product("chips_salt", 601, "Snacks", "Hand-cut|Crisps", "Sea Salt", "snack",
            ("bag", 18.0, 27.0, 8.0, 0.42, 1),
            look("diagonal", "1d3f72 3d8fd0 1d3f72 fdf7e6", "crisps_salt"), "150 g", 150, 158, 179,
            "", "Ingredients: potatoes, sunflower oil, sea salt (1.2 %).",
            "2180 523 31 2.8 53 0.8 6.1 1.2", "crisps_150"),
    Product("chips_vinegar", 602, "Snacks", "Hand-cut|Crisps", "Cider Vinegar", "snack",
            ("bag", 18.0, 27.0, 8.0, 0.42, 1),
            look("diagonal", "1d3f72 a8541c 1d3f72 fdf7e6", "crisps_vinegar"), "150 g", 150, 158,
            179, "", "Ingredients: potatoes, sunflower oil, cider vinegar powder, sea salt.",
            "2170 520 30 2.8 54 1.4 6.0 1.4", "crisps_150"),
    Product("peanuts", 611, "Snacks", "Roasted|Peanuts", "Lightly salted", "snack",
            ("bag", 13.0, 19.0, 4.5, 0.5, 9),
            look("stripes", "c4302a e0a020 6a1a10 fff6e0", "peanuts"), "200 g", 200, 206, 149, "",
            "Ingredients: peanuts, sunflower oil, salt (0.9 %).", "2560 617 51 7.8 9.2 5.0 27 0.9"),
    Product("dark_chocolate", 621, "Reserve", "Dark|Chocolate", "72 % cocoa", "confectionery",
            ("box", 7.8, 16.0, 1.0), look("reserve", "2a1730 8c5a2a d8c08a f6ead8", "chocolate"),
            "100 g", 100, 108, 199, "", "Ingredients: cocoa mass, sugar, cocoa butter, vanilla.",
            "2390 577 43 26 33 27 9.2 0.02"),
    Product("butter_biscuits", 622, "Snacks", "Butter Biscuits", "Baked golden", "biscuit",
            ("box", 22.0, 7.0, 5.5), look("band", "f0cf5a 2a5aa0 24366a fffaf0", "biscuits"),
            "200 g", 200, 224, 129, "",
            "Ingredients: wheat flour, butter (21 %), sugar, eggs, salt.",
            "2020 482 21 14 64 22 7.5 0.6"),
    Product("baking_yeast", 631, "Pantry", "Dried|Yeast", "For one loaf", "baking",
            ("bag", 6.6, 9.4, 0.9, 0.5, 17), look("field", "e8c8a0 b04a28 5a2a14 fff8ec", "wheat"),
            "7 g", 7, 8, 29, "", "Ingredients: dried yeast, emulsifier.", ""),
    Product("ground_coffee", 501, "Reserve", "Ground|Coffee", "Dark roast", "coffee",
            ("box", 9.0, 13.5, 5.6), look("diagonal", "3a2016 c8641e 3a2016 f3e6d0", "coffee"),
            "250 g", 250, 258, 389, "", "Ingredients: roasted ground coffee, 100 % arabica.", ""),
    Product("breakfast_tea", 502, "Morning", "Breakfast|Tea", "80 bags", "tea",
            ("box", 13.0, 8.5, 9.5), look("pattern", "7c1f2c 2f6a45 4a0f18 fdf6e6", "tea"), "250 g",
            250, 296, 239, "", "Ingredients: black tea.", ""),
    Product("frozen_peas", 701, "Garden", "Garden|Peas", "Frozen fresh", "frozen",
            ("bag", 19.0, 26.0, 7.0, 0.5, 11), look("band", "3d8a2e f4e04a fffbe0 f6fff0", "peas"),
            "750 g", 750, 759, 199, "", "Ingredients: peas. Keep at -18 °C.",
            "320 77 0.9 0.2 9.6 4.2 5.6 0.0"),
    Product("lager", 911, "Cellar", "Lager", "Brewed cool", "alcohol", ("drink_can", 6.6, 16.8),
            look("stripes", "1f4f3a c89a30 153a2a fdf6e0", "beer"), "500 ml  4.9 % vol", 504, 522,
            99, "", "Ingredients: water, barley malt, hops. Not for sale to anybody under 18.",
            "170 41 0 0 2.9 0.2 0.4 0.0", age=18),
    Product("red_wine", 901, "Cellar", "Tempranillo", "Red wine 2024", "alcohol",
            ("bottle", "wine", 7.6, 30.0, 2.8, 18.5, 1.0, 4.5),
            look("reserve", "f1e9d6 7c1830 3a1420 f8f2e2", "grapes", 0.9), "75 cl  13 % vol", 745,
            1215, 649, "",
            "Contains sulphites. Red wine from Larkfield's own growers. Please drink responsibly. "
            "Not for sale to anybody under 18.", age=18),
    Product("dish_soap", 951, "Home", "Dish|Soap", "Lemon", "household",
            ("bottle", "soap", 8.6, 21.0, 2.4, 14.0, 0.6, 3.2),
            look("scallop", "1aa0a8 f2c81e ffffff ffffff", "bubbles"), "500 ml", 515, 556, 129, "",
            "5-15 % anionic surfactants, below 5 % non-ionic surfactants, perfume. Keep away from "
            "children.", ""),
    Product("apple", 801, "Garden", "Fuji Apple", "", "produce", ("apple",), LOOSE, "", None, 185,
            279, unit="kg", plu="4131", sd_g=28),
    Product("banana", 802, "Garden", "Banana", "", "produce", ("banana",), LOOSE, "", None, 165,
            189, unit="kg", plu="4011", sd_g=24),
    Product("tomato", 803, "Garden", "Tomato", "", "produce", ("tomato",), LOOSE, "", None, 150,
            329, unit="kg", plu="4799", sd_g=26),
    Product("potato", 804, "Garden", "Baking Potato", "", "produce", ("potato",), LOOSE, "", None,
            225, 159, unit="kg", plu="4072", sd_g=55),
    Product("carrot", 805, "Garden", "Carrot", "", "produce", ("carrot",), LOOSE, "", None, 72, 119,
            unit="kg", plu="4562", sd_g=16),
    Product("onion", 806, "Garden", "Yellow Onion", "", "produce", ("onion",), LOOSE, "", None, 165,
            139, unit="kg", plu="4093", sd_g=35),
    Product("lemon", 807, "Garden", "Lemon", "", "produce", ("lemon",), LOOSE, "", None, 118, 45,
            plu="4053", sd_g=14),
    Product("avocado", 808, "Garden", "Hass Avocado", "", "produce", ("avocado",), LOOSE, "", None,
            192, 129, plu="4225", sd_g=20),
    Product("orange", 809, "Garden", "Navel Orange", "", "produce", ("orange",), LOOSE, "", None,
            215, 219, unit="kg", plu="4012", sd_g=30),
]
# fmt: on


def write(product: Product, root: Path) -> Path:
    """Write one product's folder and return it."""
    folder = root / product.id
    folder.mkdir(parents=True, exist_ok=True)
    shape = packs.build(product)
    (folder / "product.json").write_text(product.json(), encoding="utf-8")
    (folder / "mesh.obj").write_text(shape.obj(product.id), encoding="ascii")
    packs.paint(product, shape).save(
        folder / "texture.jpg", quality=packs.JPEG_QUALITY, optimize=True
    )
    return folder


def write_all(products: list[Product], root: Path) -> None:
    with ProcessPoolExecutor(max_workers=2) as pool:
        for folder in pool.map(write, products, [root] * len(products), chunksize=2):
            print(folder)


def write_fantasy(seed: int, number: int, root: Path) -> Path:
    return write(fantasy(seed, number), root)


def write_random(count: int, seed: int, root: Path) -> None:
    with ProcessPoolExecutor(max_workers=2) as pool:
        folders = pool.map(write_fantasy, [seed] * count, range(count), [root] * count, chunksize=4)
        print(f"{root}: {len(list(folders))} fictional packs")


def decoded(texture: Path) -> list[str]:
    """The EAN-13 codes that zbarimg reads on a picture."""
    done = subprocess.run(
        ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sean13.enable", str(texture)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


def check(products: list[Product], root: Path) -> int:
    """Complain about every product whose barcode cannot be read; the number of complaints."""
    if not shutil.which("zbarimg"):
        print("zbarimg: not found; install zbar-tools", file=sys.stderr)
        return 1
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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="ID", help="these products, not all")
    parser.add_argument("--check", action="store_true", help="check what is written; write nothing")
    parser.add_argument(
        "--sheet", type=Path, metavar="PNG", help="show what is written; write nothing else"
    )
    parser.add_argument(
        "--random", type=int, metavar="N", help="write N fictional packs instead; needs -o"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of --random; default: 1")
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="default: beside this script")
    args = parser.parse_args()
    if not all((Path(FONT_DIR) / face).exists() for face in FACES.values()):
        print(f"{FONT_DIR}dejavu: no DejaVu fonts; install fonts-dejavu-core", file=sys.stderr)
        return 1
    if args.random is not None:
        if args.random < 1 or args.out is None:
            parser.error("--random takes a number above 0, and -o DIR that is not the catalogue")
        write_random(args.random, args.seed, args.out)
        return 0
    unknown = set(args.only or []) - {p.id for p in PRODUCTS}
    if unknown:
        parser.error(f"--only: no product named {', '.join(sorted(unknown))}")
    out: Path = args.out or HERE
    products = [p for p in PRODUCTS if not args.only or p.id in args.only]
    if args.check:
        return 1 if check(products, out) else 0
    if args.sheet:
        sheet(products, out, args.sheet)
        return 0
    write_all(products, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
