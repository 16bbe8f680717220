"""`python -m side_marker.publish`: the trained networks become models/side_marker.onnx with its entry and card, and what the
left-out networks said becomes `left_out.json`, which `make accuracy` judges. `--second` changes the second reader alone."""

import argparse
import json
import tempfile
from pathlib import Path

import onnx
from onnx import compose
from torch import nn

from common.data import CLASSES, FOLDS, ROOT, read_radiographs, read_slices
from common.publish import MODELS, enter, export, golden, training

from .detect import ALONE_WEIGHT, ENOUGH, LEAST, LOOK_AGAIN, MARKER, MOST, OTHER_ALONE, OTHER_WEIGHT, PART_WEIGHT, PARTS_FROM, PEAK_WEIGHT, SECOND_FROM, SMALLEST
from .nets import READER, SECOND, Look
from .train import LEFT_OUT, OUT, networks

VERSION = "0.4.0"
INPUTS = {"image": (1, 1, "rows", "columns"), "crop": ("batch", 1, READER.crop, READER.crop), "crop_second": ("batch_second", 1, SECOND.crop, SECOND.crop)}
OUTPUTS = {"map": (1, 5, "map_rows", "map_columns"), "classes": ("batch", 6), "classes_second": ("batch_second", 6)}
SIZES = {"rows": 1024, "columns": 864, "batch": 2 * MOST, "batch_second": 4 * MOST}
THRESHOLDS = {"marker": MARKER, "letter": 0.6, "peak": LEAST, "peak_weight": PEAK_WEIGHT, "places": MOST, "smallest": SMALLEST, "span": READER.span, "span_close": READER.close,
              "second_from": SECOND_FROM, "look_again": LOOK_AGAIN, "enough": ENOUGH, "parts_from": PARTS_FROM, "part_weight": PART_WEIGHT, "alone_weight": ALONE_WEIGHT, "other_weight": OTHER_WEIGHT, "other_alone": OTHER_ALONE, "second_span": SECOND.span, "second_span_close": SECOND.close}
# What the nodes of the second reader are called in the file.
PREFIX = "second/"


class First(nn.Module):
    """Finder and first reader in one file; they share nothing."""

    def __init__(self, finder: nn.Module, reader: nn.Module) -> None:
        super().__init__()
        self.finder, self.reader = finder, reader

    def forward(self, image, crop):
        """Map and classes."""
        return self.finder(image), self.reader(crop)


def ports(table: dict[str, tuple], second: bool) -> dict[str, tuple]:
    """The inputs or outputs of the second reader, or of the others."""
    return {n: shape for n, shape in table.items() if n.endswith("_second") == second}


def write_model(only_second: bool) -> None:
    """The file: finder and first reader as trained, or as they stand in the file already, and the second reader beside them."""
    finder, reader, second = networks("all", ("second",) if only_second else ("finder", "reader", "second"))
    path = MODELS / "side_marker.onnx"
    if not only_second:
        export(First(finder, reader), "side_marker", ports(INPUTS, False), ports(OUTPUTS, False), SIZES)
    with tempfile.TemporaryDirectory() as folder:
        export(second, "second", ports(INPUTS, True), ports(OUTPUTS, True), SIZES, Path(folder))
        beside = compose.add_prefix(onnx.load(Path(folder) / "second.onnx"), PREFIX, rename_inputs=False, rename_outputs=False)
    whole = onnx.load(path)
    for parts, added in ((whole.graph.node, beside.graph.node), (whole.graph.initializer, beside.graph.initializer),
                         (whole.graph.input, beside.graph.input), (whole.graph.output, beside.graph.output)):
        stays = [p for p in parts if not p.name.startswith(PREFIX) and not p.name.endswith("_second")]
        del parts[:]
        parts.extend([*stays, *added])
    del whole.graph.value_info[:]
    onnx.checker.check_model(whole, full_check=True)
    onnx.save(whole, path)


def squares(look: Look, mean: str, unit: str) -> str:
    """What a reader is given."""
    looks = ", ".join(f"{span}{' as in a mirror' if mirrored else ''}" for span, mirrored in look.looks)
    return (f"native squares of {looks} times the longer side of the found box, to {look.crop} x {look.crop} by area average; "
            f"the {mean} of all, {unit}")


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
            {"name": "crop", "shape": INPUTS["crop"], "unit": "1", "preprocessing": squares(READER, "mean", unit)},
            {"name": "crop_second", "shape": INPUTS["crop_second"], "unit": "1", "preprocessing": squares(SECOND, "geometric mean", unit)},
        ],
        "output": [
            {"name": "map", "shape": OUTPUTS["map"], "unit": "1", "meaning": "cells of 8 x 8 pixels: probability of a marker's centre, its offset from the cell's middle (x, y in cells), log of its width and height in cells"},
            {"name": "classes", "shape": OUTPUTS["classes"], "unit": "1", "meaning": "probability of each class by the first reader"},
            {"name": "classes_second", "shape": OUTPUTS["classes_second"], "unit": "1", "meaning": "probability of each class by the second reader"},
        ],
        "sizes": SIZES, "thresholds": THRESHOLDS, "training": training(counts),
        "limit": [
            {"zh": "宽度小于图像0.5%的字母、外文标识未经真实图像检验", "en": "letters below 0.5 % of the width and other scripts were never tried on real images"},
            {"zh": "单独且旋转的L无法确定是否镜像", "en": "a bare L that is turned has no certain handedness"},
        ],
        "accuracy": accuracy,
        "golden": golden(MODELS / "side_marker.onnx", INPUTS, SIZES, {"map": [0, 5000, 13824, 60000], "classes": [0, 1, 7, 47], "classes_second": [0, 1, 7, 47]}),
    }


def card(counts: dict[str, int], accuracy: list[dict]) -> str:
    """The card."""
    rows = "\n".join(f"| `{s}` | {n} |" for s, n in counts.items())
    figures = "\n".join(f"| {a['figure']} | {100 * a['value']:.1f} % ({100 * a['interval'][0]:.1f}–{100 * a['interval'][1]:.1f}) | {a['n']} | {a['data']} |" for a in accuracy)
    return f"""# side_marker {VERSION}

Finds side markers on radiographs and reads them: L, R, either mirrored, or a marker without a side. Three small networks in one file: a finder over
the film at 1024 pixels; a reader that looks twice at each of at most {MOST} places, at a square of native pixels about it and at the mirror image of a closer one; and a
second reader that looks again, up to four times, at those that the first leaves possible and at what stands beside them; its word counts.
Where none is sure by 0.95, it reads the parts of the doubtful ones, and letters that stand out of the film elsewhere.

**What it is good for.** The side and the handedness of a marker that is found are as sure as is due (letter 98 %, mirrored 95 %, wrong side at
most 0.5 %), so the checks that rest on them are stable: MRK002, MRK003, MRK006, MRK007, from a confidence of 0.985 on. Of the markers of hospitals that it never saw it finds
as many as is due (97 % over all, 93 % in the worst source), at the specificity that is due (95 %), so MRK001 (no marker) is stable. MRK004 and MRK005 are previews for reasons of
their own (their pages).

## Training data

| source | images |
|---|---|
{rows}

Beside them, letters of many fonts, of lead and burnt in, with initials, and arrows, electrodes and other things that are no markers, drawn on these films and on
slices of CT and MR (`models/train/common/compositor.py`, `clutter.py`). How large drawn markers are and where they stand follows, for a part of them, 23,673 boxes of
markers on wrist radiographs (GRAZPEDWRI-DX, CC BY 4.0; boxes, no images).

## Accuracy

Each source left out in turn, real images only; the structure and the operating points were chosen on the same results, and they lie close to what is due: 1179 markers
of 1213 are found (96.1–98.0 %) where 1177 are 97 %, and 138 of 144 films without one are quiet (91.2–98.1 %) where 137 are 95 %. Every error is in
[docs/accuracy/xray.md](../docs/accuracy/xray.md).

| figure | reached (95 %) | n | data |
|---|---|---|---|
{figures}

## Limits

* Chests of children (one hospital), adults' chests (two), few limbs. Other parts, other scripts, letters below 0.5 % of the width: untested.
* 左 and 右 are read as L and R; D, I, DX, SN and the like as a marker without a side. Both were learnt from drawn letters only.
* A bare L that is turned by more than a third of a right angle has no certain handedness.
* How sure a reader is depends on how long it was trained: no left-out network had just the training of the shipped one; a surer one may accuse more often than 3 films in 1336.
* The shipped network tells a marker on 10 of the 144 films without one, though it learnt from them; each network's bar is set so that it does so on 7 % of such films.
* One film in seven has a find more than its markers, most of them initials.
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
    for said in json.loads(LEFT_OUT.read_text(encoding="utf-8")):
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
        out.append({"figure": figure, "value": round(k / m, 6), "interval": [round(low, 6), round(high, 6)], "n": m, "data": "each source left out in turn"})
    return out


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--second", action="store_true", help="finder and first reader stay as they stand in the file")
    missing = [fold for fold in FOLDS if not (OUT / f"{fold}.json").exists()]
    if missing:
        raise SystemExit(f"not judged yet: {', '.join(missing)} (`python -m side_marker.train --only judge`)")
    write_model(parser.parse_args().second)
    rows = [row for fold in FOLDS for row in json.loads((OUT / f"{fold}.json").read_text(encoding="utf-8"))]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    LEFT_OUT.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
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
