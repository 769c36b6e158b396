"""Train the networks: split, compose, train, release (each takes a config), or watch a model on a video."""

import argparse
import ctypes
import json

import yaml

from . import evaluate, release, train_detector, train_embedder
from .data import ROOT, compose, compositor, split


def load(path):
    """A config with its folders made absolute; they are written relative to the repository's root."""
    with open(path) as file:
        config = yaml.safe_load(file)

    def rooted(value):
        return [str(ROOT / v) for v in value]

    for key in ("out", "cache", "start"):
        if key in config:
            config[key] = str(ROOT / config[key])
    for key in ("data", "packs"):
        config[key] = rooted(config.get(key, []))
    for name, test in config["tests"].items():
        config["tests"][name] = ({k: rooted(v) if k in ("data", "views") else v for k, v in test.items()}
                                 if isinstance(test, dict) else rooted(test))
    return config


def keep_memory():
    """Have glibc keep freed memory: each step frees and asks for the same gigabyte, and where the kernel
    must find it anew every time (virtual machines above all), that costs more than the arithmetic."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        trim_threshold, top_pad, mmap_max = -1, -2, -4
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, 2**31 - 1)
        libc.mallopt(top_pad, 256 << 20)


def main():
    parser = argparse.ArgumentParser(prog="cartwright_train", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    for what, words in (("split", "link the scanned packs into folders of seen and unseen ones"),
                        ("compose", "draw the composited scenes"), ("train", "train the network"),
                        ("release", "export, quantise, measure; write ../models")):
        commands.add_parser(what, help=words).add_argument("config")
    watch = commands.add_parser("watch", help="draw a detector's boxes on frames of a video")
    for name in ("model", "video", "picture"):
        watch.add_argument(name)
    words = parser.parse_args()
    keep_memory()
    if words.what == "watch":
        evaluate.watch(words.model, words.video, words.picture)
        return
    config = load(words.config)
    if words.what == "split":
        split(config, ROOT / "out" / "train")
    elif words.what == "compose":
        made = compositor(config)
        for folder, (count, seed) in config["composites"].items():
            compose(ROOT / folder, count, seed, made)
    elif words.what == "train":
        train = train_detector.train if config["kind"] == "detector" else train_embedder.train
        print(train(config))
    else:
        print(json.dumps(release.release(config), indent=1))


if __name__ == "__main__":
    main()
