"""Train the embedder from a config; leaves OUT/model.pt (averaged weights) and OUT/log.jsonl."""

import json
import time
from pathlib import Path

import torch
from tqdm import tqdm

from . import embedder
from .crops import Crops, box_classes, photo_classes
from .data import Photos, data_home, sprites_of, to_input
from .train_detector import Average, loaded, optimiser


def classes_of(config):
    """Everything to tell apart: scanned packs, made-up packs, GroceryStore classes, boxes of the twin."""
    found = {name: [("sprites", sprites)] for name, sprites in sprites_of(config).items()}
    for name, paths in photo_classes(data_home() / "grocerystore").items():
        found.setdefault(name, []).append(("photos", paths))
    for name, boxes in box_classes(config["data"]).items():
        if name not in config["held_out"]:
            found.setdefault(name, []).append(("boxes", boxes))
    return found


def train(config):
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    model = embedder.Embedder()
    model.backbone.freeze(config["freeze"])
    model = model.to(memory_format=torch.channels_last).train()
    crops = Crops(classes_of(config), Photos(data_home() / "grocerystore"), config["seed"],
                  config["batch"] * config["steps"])
    centres = embedder.Centres(len(crops.names), config["centres"], config["scale"], config["margin"])
    if "start" in config:
        model.load_state_dict(torch.load(Path(config["start"]) / "model.pt", weights_only=True))
        kept = torch.load(Path(config["start"]) / "centres.pt", weights_only=True)
        centres.load_state_dict(kept)  # the same classes, or there is no going on
    adam, cycle = optimiser(config, config["steps"], [
        (model.backbone.parameters(), config["lr"] * config["backbone_lr"]),
        (model.head.parameters(), config["lr"] * config["backbone_lr"]),
        (model.project.parameters(), config["lr"]), (centres.parameters(), config["lr"] * 5)])
    average, out = Average(model, config["ema"]), Path(config["out"])
    out.mkdir(parents=True, exist_ok=True)
    batches = loaded(crops, config, config["seed"])
    began, running = time.time(), None
    with open(out / "log.jsonl", "w") as log:
        for step in (bar := tqdm(range(config["steps"]), desc="embedder", mininterval=10)):
            picture, label = next(batches)
            cost, right = centres(model(to_input(picture)), label)
            adam.zero_grad(set_to_none=True)
            cost.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            adam.step()
            cycle.step()
            average.update(model)
            now = torch.tensor([cost.item(), right.item()])
            running = now if running is None else running.lerp(now, 0.02)
            if step % 20 == 19:
                bar.set_postfix(loss=f"{running[0]:.3f}", right=f"{running[1]:.3f}", classes=len(crops.names))
                log.write(json.dumps({"step": step + 1, "loss": round(running[0].item(), 4),
                                      "right": round(running[1].item(), 4), "seconds": round(time.time() - began)}) + "\n")
                log.flush()
    torch.save(average.state, out / "model.pt")
    torch.save(centres.state_dict(), out / "centres.pt")
    return out / "model.pt"
