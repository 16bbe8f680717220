"""`python -m side_marker.train`: from data to ONNX to figures.

First the base: finder and reader learn drawn markers on slices of CT and MR, which no figure is taken on. From it, for each
source left out in turn, and for none: the finder, the places where it errs on what it learnt from, the reader. Then every
real image is judged by the networks that never saw its source. `--only NAME` does one.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from common.data import FOLDS, Radiograph, read_radiographs, read_slices

from .detect import detect
from .nets import Finder, FinderMap, Reader, ReaderBothWays
from .samples import FinderSamples, ReaderSamples

OUT = Path(__file__).resolve().parent / "out"
BATCH_FINDER, BATCH_READER = 24, 64
SEED = 20260301


def fit(net: nn.Module, samples, steps: int, rate: float, loss_of, name: str) -> nn.Module:
    """Trains with AdamW and one cycle of the learning rate."""
    net = net.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.15)
    loader = torch.utils.data.DataLoader(samples, batch_size=None, num_workers=1, prefetch_factor=4)
    start, seen = time.time(), []
    for step, batch in enumerate(loader):
        loss = loss_of(net, batch)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        seen.append(loss.item())
        if step % 100 == 99:
            print(f"{name} {step + 1}/{steps} loss {np.mean(seen[-100:]):.4f} {time.time() - start:.0f} s", flush=True)
    return net.eval()


def finder_loss(net: nn.Module, batch) -> torch.Tensor:
    """Focal loss of the centres (arXiv 1904.07850, equation 1) and L1 of offset and size."""
    patch, target, weights = batch
    out = net(patch.contiguous(memory_format=torch.channels_last)).float()
    log_yes, log_no = nn.functional.logsigmoid(out[:, 0]), nn.functional.logsigmoid(-out[:, 0])
    p = torch.sigmoid(out[:, 0])
    centre = target[:, 0] >= 0.999
    hit = -(((1 - p) ** 2) * log_yes)[centre & (weights[:, 0] > 0)].sum()
    miss = -((1 - target[:, 0]) ** 4 * p**2 * log_no * weights[:, 0])[~centre].sum()
    sized = weights[:, 1:2]
    off = (torch.abs(out[:, 1:] - target[:, 1:]) * sized).sum()
    return (hit + miss + 0.5 * off) / max(1.0, float(centre.sum()))


def reader_loss(net: nn.Module, batch) -> torch.Tensor:
    """Log of the probability that all allowed classes have together; half of it also without the background, so that the
    letter is learnt where it is hard to tell from nothing."""
    crop, allowed = batch
    out = net(crop.contiguous(memory_format=torch.channels_last))
    every = torch.logsumexp(out, 1)
    smooth = 0.02 * (every - out.mean(1))
    return (every - torch.logsumexp(out.masked_fill(allowed == 0, -1e9), 1) + smooth).mean()


def hard_places(images: list[Radiograph], finder, reader) -> list[tuple]:
    """Where the finder sees a marker in images whose truth is known, and none stands: (image, x, y, size, peak)."""
    places = []
    known = [i for i, image in enumerate(images) if image.marked is not None]
    # Every source, and no more than is needed: at most 500 images.
    for i in known[::max(1, len(known) // 500)]:
        image = images[i]
        for f in detect(image.pixels, finder, reader, most=12, least=0.02):
            x, y = (f.box[0] + f.box[2]) / 2, (f.box[1] + f.box[3]) / 2
            size = max(f.box[2] - f.box[0], f.box[3] - f.box[1])
            if all(np.hypot(m.x - x, m.y - y) > 0.8 * size + 12 for m in image.marks):
                places.append((i, x, y, size, f.peak))
    return places


def judge(images: list[Radiograph], finder, reader) -> list[dict]:
    """What was found in each image."""
    rows = []
    for image in images:
        found = [f for f in detect(image.pixels, finder, reader) if f.marker >= 0.2]
        rows.append({"file": image.file, "rows": image.pixels.shape[0], "columns": image.pixels.shape[1], "found": [
            {"box": [round(v, 1) for v in f.box], "peak": round(f.peak, 4), "classes": [round(float(c), 4) for c in f.classes]} for f in found]})
    return rows


def start(net: nn.Module, path: Path) -> nn.Module:
    """A network with the weights of a file."""
    net.load_state_dict(torch.load(path))
    return net.eval()


def base(part: str, options) -> None:
    """What every fold begins with."""
    torch.manual_seed(SEED)
    slices = read_slices()
    if part in ("finder", "both"):
        samples = FinderSamples(slices, options.base_steps, BATCH_FINDER, SEED)
        net = fit(Finder(), samples, options.base_steps, 2e-3, finder_loss, "base finder")
        torch.save(net.state_dict(), OUT / "base.finder.pt")
    if part in ("reader", "both"):
        steps = options.base_steps * 2 // 3
        net = fit(Reader(), ReaderSamples(slices, [], steps, BATCH_READER, SEED + 1), steps, 2e-3, reader_loss, "base reader")
        torch.save(net.state_dict(), OUT / "base.reader.pt")


def one_fold(fold: str, images: list[Radiograph], options) -> None:
    """Trains without the fold's sources (none for `all`) and judges them."""
    left_out = FOLDS.get(fold, ())
    known = [r for r in images if r.source not in left_out]
    torch.manual_seed(SEED)
    kept = OUT / f"{fold}.finder.pt"
    finder = start(Finder(), kept if options.keep and kept.exists() else OUT / "base.finder.pt")
    if not (options.keep and kept.exists()):
        samples = FinderSamples(known, options.finder_steps, BATCH_FINDER, SEED + 2)
        finder = fit(finder, samples, options.finder_steps, 1.2e-3, finder_loss, f"{fold} finder")
        torch.save(finder.state_dict(), kept)
    reader = start(Reader(), OUT / "base.reader.pt")
    places = hard_places(known, FinderMap(finder), ReaderBothWays(reader))
    print(f"{fold}: {len(places)} places where the finder errs", flush=True)
    samples = ReaderSamples(known, places, options.reader_steps, BATCH_READER, SEED + 3)
    reader = fit(reader, samples, options.reader_steps, 1.2e-3, reader_loss, f"{fold} reader")
    torch.save(reader.state_dict(), OUT / f"{fold}.reader.pt")
    if left_out:
        away = [r for r in images if r.source in left_out and r.marked is not None]
        rows = judge(away, FinderMap(finder), ReaderBothWays(reader))
        (OUT / f"{fold}.json").write_text(json.dumps(rows), encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[*FOLDS, "all", "base", "base-finder", "base-reader"])
    parser.add_argument("--keep", action="store_true", help="use finders trained before")
    parser.add_argument("--base-steps", type=int, default=2000)
    parser.add_argument("--finder-steps", type=int, default=1400)
    parser.add_argument("--reader-steps", type=int, default=900)
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    if options.only is None or options.only.startswith("base"):
        base((options.only or "base").partition("-")[2] or "both", options)
    folds = [*FOLDS, "all"] if options.only is None else [options.only] if not options.only.startswith("base") else []
    images = read_radiographs() if folds else []
    for fold in folds:
        one_fold(fold, images, options)


if __name__ == "__main__":
    main()
