"""python -m cartwright_train {compose,train,release,score} CONFIG"""

import argparse
import json

import yaml

from .data import ROOT, compose, compositor


def load(path):
    """A config with its folders made absolute; they are written relative to the repository's root."""
    with open(path) as file:
        config = yaml.safe_load(file)

    def rooted(value):
        return [str(ROOT / v) for v in value]

    for key in ("out", "cache"):
        config[key] = str(ROOT / config[key])
    for key in ("data", "packs"):
        config[key] = rooted(config.get(key, []))
    for name, test in config["tests"].items():
        config["tests"][name] = ({k: rooted(v) if k in ("data", "views") else v for k, v in test.items()}
                                 if isinstance(test, dict) else rooted(test))
    return config


def main():
    parser = argparse.ArgumentParser(prog="cartwright_train", description=__doc__)
    parser.add_argument("what", choices=["compose", "train", "release"])
    parser.add_argument("config")
    parser.add_argument("--start", help="weights to go on from, instead of ImageNet's")
    words = parser.parse_args()
    config = load(words.config)
    if words.what == "compose":
        made = compositor(config)
        for folder, (count, seed) in config["composites"].items():
            compose(ROOT / folder, count, seed, made)
    elif words.what == "train":
        if config["kind"] == "detector":
            from .train_detector import train
        else:
            from .train_embedder import train
        print(train(config, config["out"], words.start))
    else:
        from .release import release
        print(json.dumps(release(config), indent=1))


if __name__ == "__main__":
    main()
