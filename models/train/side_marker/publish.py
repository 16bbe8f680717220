"""`python -m side_marker.publish`: the trained networks become models/side_marker.onnx with its entry and card, and what the
left-out networks said becomes `left_out.json`, which `make accuracy` judges."""

import json
from pathlib import Path

import torch
from torch import nn

from common.data import CLASSES, FOLDS, ROOT, read_radiographs, read_slices
from common.publish import MODELS, enter, export, golden, training

from .detect import LEAST, MOST, PEAK_WEIGHT
from .nets import CROP, SPAN, SPAN_CLOSE
from .train import OUT, networks

VERSION = "0.2.0"
INPUTS = {"image": (1, 1, "rows", "columns"), "crop": ("batch", 1, CROP, CROP)}
OUTPUTS = {"map": (1, 5, "map_rows", "map_columns"), "classes": ("batch", 6)}
SIZES = {"rows": 1024, "columns": 864, "batch": 2 * MOST}
THRESHOLDS = {"marker": 0.76, "letter": 0.6, "peak": LEAST, "peak_weight": PEAK_WEIGHT, "places": MOST, "span": SPAN, "span_close": SPAN_CLOSE}


class Both(nn.Module):
    """Finder and reader in one file; they share nothing."""

    def __init__(self, finder: nn.Module, reader: nn.Module) -> None:
        super().__init__()
        self.finder, self.reader = finder, reader

    def forward(self, image: torch.Tensor, crop: torch.Tensor):
        """Map and classes."""
        return self.finder(image), self.reader(crop)


def entry(counts: dict[str, int], accuracy: list[dict]) -> dict:
    """The entry of manifest.toml."""
    unit = "0 is the 0.5 % value of the frame, 1 its 99.5 % value"
    return {
        "name": "side_marker", "version": VERSION, "file": "side_marker.onnx",
        "task_zh": "在X线图像上找出左右标识并读出侧别与是否镜像", "task_en": "finds side markers on radiographs and reads side and handedness",
        "intended_use_zh": "读出已找到标识的侧别与镜像，与文件头核对；没有找到标识时只提示人员查看",
        "intended_use_en": "reads side and handedness of the markers that it finds, to hold against the header; where it finds none, a person looks",
        "card": "side_marker.md", "classes": CLASSES,
        "input": [
            {"name": "image", "shape": INPUTS["image"], "unit": "1", "preprocessing": f"long side 1024 by area average, {unit}, zeros below and right to multiples of 32"},
            {"name": "crop", "shape": INPUTS["crop"], "unit": "1", "preprocessing": f"native squares of {SPAN} and, as in a mirror, {SPAN_CLOSE} times the longer side of the found box, to 48 x 48 by area average; the mean of both counts, {unit}"},
        ],
        "output": [
            {"name": "map", "shape": OUTPUTS["map"], "unit": "1", "meaning": "cells of 8 x 8 pixels: probability of a marker's centre, its offset from the cell's middle (x, y in cells), log of its width and height in cells"},
            {"name": "classes", "shape": OUTPUTS["classes"], "unit": "1", "meaning": "probability of each class"},
        ],
        "sizes": SIZES, "thresholds": THRESHOLDS, "training": training(counts),
        "limit": [
            {"zh": "宽度小于图像0.5%的字母、外文标识未经真实图像检验", "en": "letters below 0.5 % of the width and other scripts were never tried on real images"},
            {"zh": "单独且旋转的L无法确定是否镜像", "en": "a bare L that is turned has no certain handedness"},
        ],
        "accuracy": accuracy,
        "golden": golden(MODELS / "side_marker.onnx", INPUTS, SIZES, {"map": [0, 5000, 13824, 60000], "classes": [0, 1, 7, 47]}),
    }


def card(counts: dict[str, int], accuracy: list[dict]) -> str:
    """The card."""
    rows = "\n".join(f"| `{s}` | {n} |" for s, n in counts.items())
    figures = "\n".join(f"| {a['figure']} | {100 * a['value']:.1f} % ({100 * a['interval'][0]:.1f}–{100 * a['interval'][1]:.1f}) | {a['n']} | {a['data']} |" for a in accuracy)
    return f"""# side_marker {VERSION}

Finds side markers on radiographs and reads them: L, R, either mirrored, or a marker without a side. Two small networks in one file: a finder over
the film at 1024 pixels, and a reader that looks twice at each of at most {MOST} places: at a square of native pixels about it, and at the mirror image of a closer one.

**What it is good for.** The side and the handedness of a marker that is found are as sure as is due (letter 98 %, mirrored 95 %, wrong side at
most 0.5 %), so the checks that rest on them are stable: MRK002, MRK003, MRK006, MRK007, from a confidence of 0.9 on. Of the markers of a hospital that it
never saw it still misses too many (due: 97 % over all, 93 % in the worst source), so MRK001 (no marker), MRK004 and MRK005 are previews.

## Training data

| source | images |
|---|---|
{rows}

Beside them, letters of many fonts, of lead and burnt in, with initials, and arrows, electrodes and other things that are no markers, drawn on these films and on
slices of CT and MR (`models/train/common/compositor.py`, `clutter.py`). How large drawn markers are and where they stand follows, for a part of them, 23,673 boxes of
markers on wrist radiographs (GRAZPEDWRI-DX, CC BY 4.0; boxes, no images).

## Accuracy

Each source left out in turn, real images only; the operating point was chosen on the same results. Every error is in [docs/accuracy/xray.md](../docs/accuracy/xray.md).

| figure | reached (95 %) | n | data |
|---|---|---|---|
{figures}

## Limits

* Chests of children (one hospital), adults' chests (two), few limbs. Other parts, other scripts, letters below 0.5 % of the width: untested.
* 左 and 右 are read as L and R; D, I, DX, SN and the like as a marker without a side. Both were learnt from drawn letters only.
* A bare L that is turned by more than a third of a right angle has no certain handedness.
* Only 42 chests without a marker were to be had; the share of false finds on them is uncertain.

## How it was made

`models/train/README.md`. Seeds are fixed; the weights are those that the training made.
"""


def figures() -> list[dict]:
    """The figures of `make accuracy` over all sources."""
    import sys
    sys.path.insert(0, str(ROOT / "scripts"))
    import accuracy_xray as page
    from common.data import SHARED

    truth: dict[str, list[dict]] = {}
    for row in page.read(SHARED / "xray" / "markers.csv"):
        truth.setdefault(row["file"], []).append(row)
    judged = page.Markers(THRESHOLDS, page.limits()["side"])
    for said in json.loads((Path(__file__).parent / "left_out.json").read_text(encoding="utf-8")):
        judged.image(said, truth[said["file"]])
    total: dict[str, int] = {}
    for count in judged.counts.values():
        for key, n in count.items():
            total[key] = total.get(key, 0) + n
    out = []
    for figure, hits, n in [("sensitivity, marker found", "found", "markers"), ("specificity, quiet without a marker", "quiet", "without"),
                            ("letter right among found", "letter right", "found"), ("mirrored or not right", "handed right", "decidable")]:
        k, m = total.get(hits, 0), total.get(n, 0)
        low, high = page.wilson(k, m)
        out.append({"figure": figure, "value": round(k / m, 4), "interval": [round(low, 4), round(high, 4)], "n": m, "data": "each source left out in turn"})
    return out


def main() -> None:
    """The command."""
    export(Both(*networks("all")), "side_marker", INPUTS, OUTPUTS, SIZES)
    rows = [row for fold in FOLDS if (OUT / f"{fold}.json").exists() for row in json.loads((OUT / f"{fold}.json").read_text(encoding="utf-8"))]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (Path(__file__).parent / "left_out.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    counts: dict[str, int] = {}
    for r in read_radiographs(with_boxes=False):
        counts[r.source] = counts.get(r.source, 0) + 1
    for r in read_slices():
        counts[r.note] = counts.get(r.note, 0) + 1
    counts["grazpedwri_boxes"] = 0
    accuracy = figures()
    (MODELS / "side_marker.md").write_text(card(counts, accuracy), encoding="utf-8")
    enter(entry(counts, accuracy))


if __name__ == "__main__":
    main()
