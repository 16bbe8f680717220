"""`python -m side_marker.train`: from data to weights, and what the weights say of sources they never saw.

First the pools (`pool.py`). Then, for each source left out in turn and for none, the finder, the places that it proposes, the
two readers. Then every real image is judged by the networks that never saw its source. `--only NAME` does one part, `--parts`
some of the networks; a GPU is used where there is one.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from common.data import FOLDS, Radiograph, read_radiographs
from common.preprocess import long_side_shape

from . import augment, pool
from .detect import SMALLEST, Found, detect, read_again
from .mining import mine
from .nets import READER, SECOND, Finder, FinderMap, Look, Reader, ReaderMap, Second

OUT = Path(__file__).resolve().parent / "out"
LEFT_OUT = Path(__file__).resolve().parent / "left_out.json"
SEED = 20260301
LAYOUT = torch.channels_last
# Share of the newest weights in the running mean.
NEWEST = 0.003
# How a batch of a reader is made: pool, places with a marker, places with none.
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


def fit(net: nn.Module, steps: int, rate: float, loss_of, name: str, at: torch.device, keep_now=None) -> nn.Module:
    """Trains with AdamW and one cycle of the learning rate; gives the running mean of the weights. `loss_of` makes a batch and
    gives its loss, `keep_now` is given that mean every so often."""
    net = net.to(at, memory_format=LAYOUT).train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=max(2, steps), pct_start=0.1)
    start, seen = time.time(), torch.zeros((), device=at)
    mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(1 - NEWEST), use_buffers=True)
    every = max(1, steps // 20)
    for step in range(steps):
        with torch.autocast(at.type, torch.bfloat16, enabled=at.type == "cuda" or torch.cpu._is_avx512_bf16_supported()):
            loss = loss_of(net)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        mean.update_parameters(net)
        seen += loss.detach()
        if step % every == every - 1:
            print(f"{name} {step + 1}/{steps} loss {seen.item() / every:.4f} {time.time() - start:.0f} s", flush=True)
            seen.zero_()
            if keep_now is not None:
                keep_now(mean.module)
    return mean.module.eval()


def finder_loss(net: nn.Module, draw: Draw, batch: int) -> torch.Tensor:
    """Focal loss of the centres (arXiv 1904.07850, equation 1) and L1 of offset and size."""
    patch, target, weights = augment.patches(*draw.batch(batch))
    out = net(patch.contiguous(memory_format=LAYOUT)).float()
    log_yes, log_no = nn.functional.logsigmoid(out[:, 0]), nn.functional.logsigmoid(-out[:, 0])
    p = torch.sigmoid(out[:, 0])
    centre = target[:, 0] >= 0.999
    hit = -((1 - p) ** 2 * log_yes * (centre & (weights[:, 0] > 0))).sum()
    miss = -((1 - target[:, 0]) ** 4 * p**2 * log_no * weights[:, 0] * ~centre).sum()
    off = (torch.abs(out[:, 1:] - target[:, 1:]) * weights[:, 1:2]).sum()
    return (hit + miss + 0.5 * off) / centre.sum().clamp(min=1)


def reader_loss(net: nn.Module, draw: Draw, look: Look, marks: tuple, nothings: tuple) -> torch.Tensor:
    """Log of the probability that all allowed classes have together."""
    of_pool = draw.batch(PARTS[0])
    rows = [torch.randint(len(labels), (n,), device=labels.device) for n, (_, labels) in zip(PARTS[1:], (marks, nothings))]
    found = [[c[r] for c in table] for r, table in zip(rows, (marks, nothings))]
    wide = augment.crops(*of_pool, look, loose=1.2)
    close = augment.crops(*(torch.cat(c) for c in zip(*found)), look, loose=0.6)
    crop, allowed = (torch.cat(c) for c in zip(wide, close))
    out = net(crop.contiguous(memory_format=LAYOUT)).float()
    every = torch.logsumexp(out, 1)
    smooth = 0.02 * (every - out.mean(1))
    return (every - torch.logsumexp(out.masked_fill(allowed == 0, -1e9), 1) + smooth).mean()


def one_fold(fold: str, options) -> None:
    """Trains without the fold's sources (none for `all`): the networks of `options.parts`, the others as they were trained before."""
    torch.manual_seed(SEED)
    at, path = device(), OUT / f"{fold}.pt"
    nets = {"finder": Finder(), "reader": Reader(), "second": Second()}
    kept_names: set[str] = set()
    for name, kept in (torch.load(path, map_location=at) if path.exists() else {}).items():
        if options.go_on or name not in options.parts:
            nets[name].load_state_dict(kept)
            kept_names.add(name)
    if "finder" not in options.parts and "finder" not in kept_names:
        raise SystemExit(f"{path} holds no finder, and none is trained: the readers' places come from it")
    rate = options.rate if options.go_on else 3e-3
    draw = Draw(pool.load(options.pools, "patches", FOLDS.get(fold, ())), at)
    if "finder" in options.parts:
        nets["finder"] = fit(nets["finder"], options.finder_steps, rate, lambda net: finder_loss(net, draw, options.batch), f"{fold} finder", at)
    keep(nets, path)
    finder = nets["finder"].to(at).eval()
    found = [mine(finder, columns, int(options.mined * pool.SHARES[s]) + 1) for s, columns in draw.columns.items()]
    marks, nothings = ([torch.cat(c) for c in zip(*(f[k] for f in found))] for k in (0, 1))
    del found
    print(f"{fold}: {len(marks[0])} places with a marker, {len(nothings[0])} with none", flush=True)
    draw = Draw(pool.load(options.pools, "crops", FOLDS.get(fold, ())), at)
    draw.columns = {s: [c[0], c[1].long()] for s, c in draw.columns.items()}
    for name, look, steps in (("reader", READER, options.reader_steps), ("second", SECOND, options.second_steps)):
        if name in options.parts:
            now = lambda net, name=name: keep({**nets, name: net}, path)  # noqa: E731
            nets[name] = fit(nets[name], steps, rate, lambda net, look=look: reader_loss(net, draw, look, marks, nothings), f"{fold} {name}", at, now)
            keep(nets, path)


def keep(nets: dict[str, nn.Module], path: Path) -> None:
    """Writes the weights of a fold."""
    torch.save({name: {k: v.cpu() for k, v in net.state_dict().items()} for name, net in nets.items()}, path)


def average(fold: str, other: Path) -> None:
    """Puts the mean of the second reader's weights here and in another folder (an earlier state of the same training) in the place of
    those here (arXiv 2203.05482)."""
    here, there = (torch.load(folder / f"{fold}.pt", map_location="cpu") for folder in (OUT, other))
    for name, value in here["second"].items():
        if value.dtype.is_floating_point:
            value.add_(there["second"][name]).mul_(0.5)
    torch.save(here, OUT / f"{fold}.pt")


def networks(fold: str, needed: tuple[str, ...] = ("finder", "reader", "second")) -> tuple[nn.Module, nn.Module, nn.Module]:
    """Finder and both readers of a fold, as they are published. Those that are not `needed` may be untrained."""
    kept = torch.load(OUT / f"{fold}.pt", map_location="cpu")
    nets = {"finder": Finder(), "reader": Reader(), "second": Second()}
    for name, net in nets.items():
        if name in kept:
            net.load_state_dict(kept[name])
        elif name in needed:
            raise SystemExit(f"{OUT / fold}.pt holds no {name}")
    return FinderMap(nets["finder"]).eval(), ReaderMap(nets["reader"]).eval(), ReaderMap(nets["second"]).eval()


def judge(fold: str, again: bool) -> None:
    """What the networks of a fold say of the sources they never saw. `again`: what its second reader says of the places that
    `left_out.json` holds already."""
    images: list[Radiograph] = [r for r in read_radiographs(with_boxes=False) if r.source in FOLDS[fold] and r.marked is not None]
    finder, reader, second = networks(fold, ("second",) if again else ("finder", "reader", "second"))
    before = {row["file"]: row["found"] for row in json.loads(LEFT_OUT.read_text(encoding="utf-8"))} if again else {}
    rows = []
    for image in images:
        if again:
            kept = [{**f, "box": f.get("whole", f["box"])} for f in before[image.file] if "classes" in f]
            kept = [f for f in kept if max(f["box"][2] - f["box"][0], f["box"][3] - f["box"][1]) >= SMALLEST]
            found = read_again(image.pixels, [place(f, image.pixels.shape) for f in kept], [np.array(f["classes"]) for f in kept], second)
        else:
            found = detect(image.pixels, finder, reader, second)
        rows.append({"file": image.file, "rows": image.pixels.shape[0], "columns": image.pixels.shape[1], "found": [told(f) for f in found]})
    (OUT / f"{fold}.json").write_text(json.dumps(rows), encoding="utf-8")


def told(found: Found) -> dict:
    """A place as `left_out.json` holds it."""
    short = lambda classes: [round(float(c), 4) for c in classes]  # noqa: E731
    pixels = lambda box: [round(v, 1) for v in box]  # noqa: E731
    first = {} if found.classes is None else {"classes": short(found.classes)}
    whole = {} if found.whole is None else {"whole": pixels(found.whole), "before": round(found.before, 4)}
    alone = {"alone": True} if found.alone else {}
    return {"box": pixels(found.box), "peak": round(found.peak, 4), **first, "second": short(found.second), **whole, **alone}


def place(row: dict, shape: tuple[int, int]) -> tuple[float, float, float, float, float]:
    """A place (probability, x, y, w, h in pixels of the finder's input) from what `told` made of it."""
    rows, columns = long_side_shape(*shape)
    fx, fy = shape[1] / columns, shape[0] / rows
    x0, y0, x1, y1 = row["box"]
    return row["peak"], (x0 + x1) / 2 / fx, (y0 + y1) / 2 / fy, (x1 - x0) / fx, (y1 - y0) / fy


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=["pools", *FOLDS, "all", "judge"], help="pools, mean, judge, judge-again, all, or sources left out")
    parser.add_argument("--parts", nargs="*", default=["finder", "reader", "second"], help="the networks to train")
    parser.add_argument("--pools", type=Path, default=OUT / "pools")
    parser.add_argument("--patches", type=int, default=160_000)
    parser.add_argument("--crops", type=int, default=120_000)
    parser.add_argument("--mined", type=int, default=100_000, help="patches in which the readers' places are looked for")
    parser.add_argument("--finder-steps", type=int, default=2700)
    parser.add_argument("--batch", type=int, default=256, help="patches in a step of the finder")
    parser.add_argument("--reader-steps", type=int, default=1400)
    parser.add_argument("--second-steps", type=int, default=5000)
    parser.add_argument("--go-on", action="store_true", help="begin with the weights of the last training")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate of a training that goes on")
    parser.add_argument("--beside", type=Path, help="folder of the states that `mean` averages with")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if "mean" in options.only and options.beside is None:
        parser.error("mean needs --beside, the folder of the states to average with; run it once")
    OUT.mkdir(exist_ok=True)
    if "pools" in options.only:
        pool.fill(options.pools, options.patches, options.crops, options.cores)
    for fold in options.only:
        if fold in FOLDS or fold == "all":
            one_fold(fold, options)
    if "mean" in options.only:
        for fold in (*FOLDS, "all"):
            average(fold, options.beside)
    for how in {"judge", "judge-again"} & set(options.only):
        for fold in FOLDS:
            judge(fold, how == "judge-again")


if __name__ == "__main__":
    main()
