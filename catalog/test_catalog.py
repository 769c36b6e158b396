"""The committed catalogue is what the script draws, and what a store could sell.

Run with: python3 -m pytest catalog
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import make_catalog
from art import produce
from art.barcode import modules, with_check_digit
from art.product import Product

HERE = Path(__file__).resolve().parent
CM3_PER_CUBIC_INCH = 16.387064
PACKED = [p for p in make_catalog.PRODUCTS if p.shape[0] not in produce.KINDS]


def every(products: list[Product]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("product", products, ids=lambda p: p.id)


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions, texture coordinates, and indices (triangle, corner, position + uv + normal)."""
    rows = defaultdict(list)
    for line in path.read_text().splitlines():
        tag, *values = line.split()
        rows[tag].append(values)
    faces = np.array([[corner.split("/") for corner in face] for face in rows["f"]], int) - 1
    return np.array(rows["v"], float), np.array(rows["vt"], float), faces


def volume_cm3(v: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (v[faces[:, k, 0]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6 * CM3_PER_CUBIC_INCH)


def fields(product: Product) -> dict:
    return json.loads((HERE / product.id / "product.json").read_text(encoding="utf-8"))


def test_there_are_at_least_26_products_and_no_other_folders() -> None:
    folders = {path.parent.name for path in HERE.glob("*/product.json")}
    assert folders == {p.id for p in make_catalog.PRODUCTS}
    assert len(folders) >= 26


def test_no_code_is_used_twice() -> None:
    codes = [p.gtin for p in make_catalog.PRODUCTS]
    codes += [p.plu for p in make_catalog.PRODUCTS if p.plu]
    assert not [code for code, count in Counter(codes).items() if count > 1]


def test_the_check_digit_of_a_known_number_is_right() -> None:
    assert with_check_digit("400638133393") == "4006381333931"
    assert len(modules("4006381333931")) == 95
    with pytest.raises(ValueError, match="check digit"):
        modules("4006381333932")


@every(make_catalog.PRODUCTS)
def test_product_json_is_valid(product: Product) -> None:
    f = fields(product)
    for key in ("name", "brand", "category"):
        assert f[key] and isinstance(f[key], str)
    assert f["gtin"] == with_check_digit(f["gtin"][:12]) and 20 <= int(f["gtin"][:2]) <= 29
    assert f["currency"] == "USD" and isinstance(f["price_minor"], int) and f["price_minor"] > 0
    assert f["variant_group"] is None or isinstance(f["variant_group"], str)
    if f["unit"] == "kg":
        assert f["net_weight_g"] is None and 0 < f["tare_g"] < 50 and f["pack_sd_g"] > 0
    else:
        assert f["unit"] == "each"
        assert f["net_weight_g"] is None or f["net_weight_g"] < f["gross_weight_g"]
    if f["category"] == "produce":
        assert len(f["plu"]) == 4 and f["plu"].isdigit()
    if f["category"] == "alcohol":
        assert f["minimum_age"] == 18


@every(make_catalog.PRODUCTS)
def test_the_mesh_is_closed_and_faces_outwards(product: Product) -> None:
    v, _, faces = read_obj(HERE / product.id / "mesh.obj")
    assert len(faces) <= 1500
    place = faces[:, :, 0]
    edges = Counter((int(t[k]), int(t[(k + 1) % 3])) for t in place for k in range(3))
    assert all(count == 1 and edges[b, a] == 1 for (a, b), count in edges.items())
    assert volume_cm3(v, faces) > 0
    assert v[:, 1].min() == pytest.approx(0, abs=1e-3), "it stands on y = 0"


@every(make_catalog.PRODUCTS)
def test_density_is_plausible(product: Product) -> None:
    v, _, faces = read_obj(HERE / product.id / "mesh.obj")
    assert 0.02 < product.gross_g / volume_cm3(v, faces) < 2.5


@every(make_catalog.PRODUCTS)
def test_texture_coordinates_are_in_range(product: Product) -> None:
    _, vt, faces = read_obj(HERE / product.id / "mesh.obj")
    assert vt.min() >= 0 and vt.max() <= 1
    assert faces[:, :, 1].max() < len(vt)
    assert max(Image.open(HERE / product.id / "texture.jpg").size) <= 1024


def test_the_script_draws_the_committed_bytes(tmp_path: Path) -> None:
    make_catalog.write_all(make_catalog.PRODUCTS, tmp_path)
    for product in make_catalog.PRODUCTS:
        for name in ("product.json", "mesh.obj", "texture.jpg"):
            drawn, kept = (root / product.id / name for root in (tmp_path, HERE))
            assert drawn.read_bytes() == kept.read_bytes(), f"{kept}: run make_catalog.py"


def test_there_are_two_pairs_of_flavours_told_apart_only_by_print() -> None:
    groups = defaultdict(list)
    for product in make_catalog.PRODUCTS:
        if product.variant_group:
            groups[product.variant_group].append(product)
    assert len(groups) >= 2
    for products in groups.values():
        first, *others = products
        assert others
        for other in others:
            assert (other.shape, other.gross_g, other.net, other.price, other.title) == (
                first.shape,
                first.gross_g,
                first.net,
                first.price,
                first.title,
            )
            assert other.flavour != first.flavour
            same = replace(other.look, accent=first.look.accent, picture=first.look.picture)
            assert same == first.look


@every(PACKED)
def test_zbar_reads_the_barcode(product: Product) -> None:
    assert product.gtin in make_catalog.decoded(HERE / product.id / "texture.jpg")


def test_the_catalogue_stays_small() -> None:
    assert sum(path.stat().st_size for path in HERE.glob("*/*.*")) < 4_000_000
