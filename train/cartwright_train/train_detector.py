"""Train the detector from a config; leaves OUT/model.pt (averaged weights) and OUT/log.jsonl."""

import json
import time
from pathlib import Path

import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

from . import detector
from .data import Scenes, to_input


class Average:
    """Exponential moving average of the weights: what is kept."""

    def __init__(self, model, decay):
        self.decay, self.steps = decay, 0
        self.state = {k: v.detach().clone() for k, v in model.state_dict().items()}

    def update(self, model):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for k, v in model.state_dict().items():
            self.state[k].lerp_(v.detach(), 1 - decay)


def optimiser(config, steps, groups):
    """AdamW over [(parameters, learning rate)] and its one-cycle schedule."""
    live = [{"params": [p for p in params if p.requires_grad], "lr": lr} for params, lr in groups]
    adam = torch.optim.AdamW(live, weight_decay=config["weight_decay"])
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, [g["lr"] for g in live], total_steps=steps, pct_start=0.12)
    return adam, cycle


def loaded(dataset, config, seed):
    """Batches for ever, epoch after epoch, the same for the same seed."""
    while True:
        order = torch.Generator().manual_seed(seed * 1000 + dataset.epoch)
        yield from DataLoader(dataset, config["batch"], shuffle=True, drop_last=True, generator=order,
                              num_workers=config["workers"], prefetch_factor=4 if config["workers"] else None)
        dataset.epoch += 1


def train(config):
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    model = detector.Detector(channels=config["channels"])
    if "start" in config:
        model.load_state_dict(torch.load(Path(config["start"]) / "model.pt", weights_only=True))
    model.backbone.freeze(config["freeze"])
    model = model.to(memory_format=torch.channels_last).train()
    own = [p for name, p in model.named_parameters() if not name.startswith("backbone")]
    adam, cycle = optimiser(config, config["steps"], [(model.backbone.parameters(), config["lr"] * config["backbone_lr"]),
                                                      (own, config["lr"])])
    average, out = Average(model, config["ema"]), Path(config["out"])
    out.mkdir(parents=True, exist_ok=True)
    batches = loaded(Scenes(config["data"], config["seed"]), config, config["seed"])
    began, running = time.time(), None
    with open(out / "log.jsonl", "w") as log:
        for step in (bar := tqdm(range(config.get("stop", config["steps"])), desc="detector", mininterval=10)):
            picture, heat, ignore, boxes, weight = next(batches)
            logits, distances = model(to_input(picture))
            centre, box = detector.loss(logits, distances, heat, ignore, boxes, weight)
            adam.zero_grad(set_to_none=True)
            (centre + box).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            adam.step()
            cycle.step()
            average.update(model)
            now = torch.tensor([centre.item(), box.item()])
            running = now if running is None else running.lerp(now, 0.02)
            if step % 20 == 19:
                bar.set_postfix(centre=f"{running[0]:.3f}", box=f"{running[1]:.3f}")
                log.write(json.dumps({"step": step + 1, "centre": round(running[0].item(), 4),
                                      "box": round(running[1].item(), 4), "seconds": round(time.time() - began)}) + "\n")
                log.flush()
            if step % 50 == 49:  # a run that is cut short still leaves something
                torch.save(average.state, out / "model.pt")
    torch.save(average.state, out / "model.pt")
    return out / "model.pt"
