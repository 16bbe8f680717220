"""`python -m side_marker.train`: from data to weights, and what the weights say of sources they never saw.

First the pools (`pool.py`). Then, for each source left out in turn and for none, the finder, the places that it proposes, the
reader. Then every real image is judged by the networks that never saw its source. `--only NAME` does one part; a GPU
is used where there is one.
"""

import argparse
import json
import os
import time
from pathlib import Path

import torch
from torch import nn

from common.data import FOLDS, Radiograph, read_radiographs

from . import augment, pool
from .detect import detect
from .mining import mine
from .nets import Finder, FinderMap, Reader, ReaderMap

OUT = Path(__file__).resolve().parent / "out"
SEED = 20260301
BATCH = 256
LAYOUT = torch.channels_last
# How a batch of the reader is made: pool, places with a marker, places with none.
PARTS = (384, 320, 320)


class Draw:
    """Batches at random from columns that lie side by side, one set for each source."""

    def __init__(self, sets: dict[str, list], at: torch.device) -> None:
        self.columns = {s: [torch.from_numpy(c).to(at) for c in columns] for s, columns in sets.items()}
        self.odds = torch.tensor([pool.SHARES[s] for s in self.columns])
        self.random = torch.Generator().manual_seed(SEED)

    def batch(self, n: int) -> list[torch.Tensor]:
        """Rows of each source by its share, mixed."""
        counts = torch.bincount(torch.multinomial(self.odds, n, replacement=True, generator=self.random), minlength=len(self.odds))
        parts = []
        for count, columns in zip(counts.tolist(), self.columns.values()):
            rows = torch.randint(len(columns[0]), (count,), generator=self.random).to(columns[0].device)
            parts.append([c[rows] for c in columns])
        mixed = torch.randperm(n, generator=self.random).to(parts[0][0].device)
        return [torch.cat(c)[mixed] for c in zip(*parts)]


def device() -> torch.device:
    """Where to train."""
    torch.backends.cudnn.benchmark = True
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fit(net: nn.Module, steps: int, rate: float, loss_of, name: str, at: torch.device) -> nn.Module:
    """Trains with AdamW and one cycle of the learning rate. `loss_of` makes a batch and gives its loss."""
    net = net.to(at, memory_format=LAYOUT).train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.1)
    start, seen = time.time(), torch.zeros((), device=at)
    for step in range(steps):
        with torch.autocast(at.type, torch.bfloat16, enabled=at.type == "cuda"):
            loss = loss_of(net)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        seen += loss.detach()
        every = max(1, steps // 20)
        if step % every == every - 1:
            print(f"{name} {step + 1}/{steps} loss {seen.item() / every:.4f} {time.time() - start:.0f} s", flush=True)
            seen.zero_()
    return net.eval()


def finder_loss(net: nn.Module, draw: Draw) -> torch.Tensor:
    """Focal loss of the centres (arXiv 1904.07850, equation 1) and L1 of offset and size."""
    patch, target, weights = augment.patches(*draw.batch(BATCH))
    out = net(patch.contiguous(memory_format=LAYOUT)).float()
    log_yes, log_no = nn.functional.logsigmoid(out[:, 0]), nn.functional.logsigmoid(-out[:, 0])
    p = torch.sigmoid(out[:, 0])
    centre = target[:, 0] >= 0.999
    hit = -((1 - p) ** 2 * log_yes * (centre & (weights[:, 0] > 0))).sum()
    miss = -((1 - target[:, 0]) ** 4 * p**2 * log_no * weights[:, 0] * ~centre).sum()
    off = (torch.abs(out[:, 1:] - target[:, 1:]) * weights[:, 1:2]).sum()
    return (hit + miss + 0.5 * off) / centre.sum().clamp(min=1)


def reader_loss(net: nn.Module, draw: Draw, marks: tuple, nothings: tuple) -> torch.Tensor:
    """Log of the probability that all allowed classes have together."""
    of_pool = draw.batch(PARTS[0])
    rows = [torch.randint(len(labels), (n,), device=labels.device) for n, (_, labels) in zip(PARTS[1:], (marks, nothings))]
    found = [[c[r] for c in table] for r, table in zip(rows, (marks, nothings))]
    wide = augment.crops(*of_pool, loose=1.2)
    close = augment.crops(*(torch.cat(c) for c in zip(*found)), loose=0.6)
    crop, allowed = (torch.cat(c) for c in zip(wide, close))
    out = net(crop.contiguous(memory_format=LAYOUT)).float()
    every = torch.logsumexp(out, 1)
    smooth = 0.02 * (every - out.mean(1))
    return (every - torch.logsumexp(out.masked_fill(allowed == 0, -1e9), 1) + smooth).mean()


def one_fold(fold: str, options) -> None:
    """Trains without the fold's sources (none for `all`)."""
    torch.manual_seed(SEED)
    at = device()
    draw = Draw(pool.load(options.pools, "patches", FOLDS.get(fold, ())), at)
    finder, reader, rate = Finder(), Reader(), 3e-3
    if options.go_on:
        kept, rate = torch.load(OUT / f"{fold}.pt", map_location=at), options.rate
        finder.load_state_dict(kept["finder"])
        reader.load_state_dict(kept["reader"])
    if options.finder_steps:
        finder = fit(finder, options.finder_steps, rate, lambda net: finder_loss(net, draw), f"{fold} finder", at)
        torch.save({"finder": finder.state_dict(), "reader": reader.state_dict()}, OUT / f"{fold}.pt")
    finder = finder.to(at).eval()
    found = [mine(finder, columns, int(options.mined * pool.SHARES[s]) + 1) for s, columns in draw.columns.items()]
    marks, nothings = ([torch.cat(c) for c in zip(*(f[k] for f in found))] for k in (0, 1))
    print(f"{fold}: {len(marks[0])} places with a marker, {len(nothings[0])} with none", flush=True)
    draw = Draw(pool.load(options.pools, "crops", FOLDS.get(fold, ())), at)
    draw.columns = {s: [c[0], c[1].long()] for s, c in draw.columns.items()}
    reader = fit(reader, options.reader_steps, rate, lambda net: reader_loss(net, draw, marks, nothings), f"{fold} reader", at)
    torch.save({"finder": finder.cpu().state_dict(), "reader": reader.cpu().state_dict()}, OUT / f"{fold}.pt")


def networks(fold: str) -> tuple[nn.Module, nn.Module]:
    """Finder and reader of a fold, as they are published."""
    kept = torch.load(OUT / f"{fold}.pt", map_location="cpu")
    finder, reader = Finder(), Reader()
    finder.load_state_dict(kept["finder"])
    reader.load_state_dict(kept["reader"])
    return FinderMap(finder).eval(), ReaderMap(reader).eval()


def judge(fold: str) -> None:
    """What the networks of a fold say of the sources they never saw."""
    images: list[Radiograph] = [r for r in read_radiographs(with_boxes=False) if r.source in FOLDS[fold] and r.marked is not None]
    finder, reader = networks(fold)
    rows = []
    for image in images:
        found = [f for f in detect(image.pixels, finder, reader) if f.marker >= 0.1]
        rows.append({"file": image.file, "rows": image.pixels.shape[0], "columns": image.pixels.shape[1], "found": [
            {"box": [round(v, 1) for v in f.box], "peak": round(f.peak, 4), "classes": [round(float(c), 4) for c in f.classes]} for f in found]})
    (OUT / f"{fold}.json").write_text(json.dumps(rows), encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=["pools", *FOLDS, "all", "judge"], help="pools, judge, all, or sources left out")
    parser.add_argument("--pools", type=Path, default=OUT / "pools")
    parser.add_argument("--patches", type=int, default=160_000)
    parser.add_argument("--crops", type=int, default=100_000)
    parser.add_argument("--mined", type=int, default=100_000, help="patches in which the reader's places are looked for")
    parser.add_argument("--finder-steps", type=int, default=2700)
    parser.add_argument("--reader-steps", type=int, default=1400)
    parser.add_argument("--go-on", action="store_true", help="begin with the weights of the last training")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate of a training that goes on")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    if "pools" in options.only:
        pool.fill(options.pools, options.patches, options.crops, options.cores)
    for fold in options.only:
        if fold in FOLDS or fold == "all":
            one_fold(fold, options)
    for fold in FOLDS if "judge" in options.only else ():
        judge(fold)


if __name__ == "__main__":
    main()
