"""`python -m chest_view.publish`: the fitted heads on the fixed backbone become models/chest_view.onnx with its entry and card."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from common.data import ROOT, read_radiographs, read_slices
from common.publish import MODELS, enter, export, golden, training

from .backbone import FEATURES, SIDE, Backbone
from .train import OUT, QUESTIONS

VERSION = "1.0.0"
INPUTS = {"image": ("batch", 1, SIDE, SIDE)}
OUTPUTS = {"scores": ("batch", len(QUESTIONS))}
SIZES = {"batch": 1}


class ChestView(nn.Module):
    """Backbone and heads: probabilities (n, 4)."""

    def __init__(self, weights: np.ndarray, biases: np.ndarray) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.last = nn.Linear(FEATURES, len(QUESTIONS))
        with torch.no_grad():
            self.last.weight.copy_(torch.from_numpy(weights).float())
            self.last.bias.copy_(torch.from_numpy(biases).float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class; `train.both_ways` in torch."""
        upright, mirrored = self.last(self.backbone(x)), self.last(self.backbone(torch.flip(x, (3,))))
        chest, pa, inverted, flipped = upright.split(1, 1)
        return torch.sigmoid(torch.cat([chest, (pa + mirrored[:, 1:2]) / 2, inverted, (flipped - mirrored[:, 3:4]) / 2], 1))


def figures() -> list[dict]:
    """Areas under the curve, each source left out."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import accuracy_xray as page
    from common.data import SHARED

    truth = {row["file"]: row for row in page.read(SHARED / "xray" / "views.csv")}
    said = [s for s in json.loads((Path(__file__).parent / "left_out.json").read_text(encoding="utf-8")) if s["file"] in truth]
    chest = [s for s in said if truth[s["file"]]["body_part"] == "chest"]
    other = [s for s in said if truth[s["file"]]["body_part"] != "chest"]
    known = [s for s in chest if truth[s["file"]]["view"] in ("PA", "AP")]
    pa = [s["pa"] for s in known if truth[s["file"]]["view"] == "PA"]
    ap = [s["pa"] for s in known if truth[s["file"]]["view"] == "AP"]
    out = []
    for figure, yes, no in [
        ("AUC, frontal chest or not", [s["chest"] for s in chest], [s["chest"] for s in other]),
        ("AUC, PA or AP", pa, ap),
        ("AUC, negative or not", [s["negative_inverted"] for s in said], [s["inverted"] for s in said]),
        ("AUC, chest flipped or not", [s["mirrored_flipped"] for s in chest], [s["flipped"] for s in chest]),
    ]:
        a, low, high = page.auc(yes, no)
        out.append({"figure": figure, "value": round(a, 4), "interval": [round(low, 4), round(high, 4)], "n": len(yes) + len(no), "data": "each source left out in turn"})
    return out


def entry(counts: dict[str, int], accuracy: list[dict]) -> dict:
    """The entry of manifest.toml."""
    return {
        "name": "chest_view", "version": VERSION, "file": "chest_view.onnx",
        "task_zh": "判断X线图像是否为胸部正位、后前位或前后位、是否黑白颠倒、是否左右翻转", "task_en": "tells whether a film is a frontal chest, PA or AP, a negative, flipped",
        "intended_use_zh": "与文件头互相核对", "intended_use_en": "a cross-check of the header",
        "card": "chest_view.md", "classes": QUESTIONS,
        "input": [{"name": "image", "shape": INPUTS["image"], "unit": "1", "preprocessing": "long side 1024 by area average, 0 is the 0.5 % value and 1 the 99.5 % value, then squeezed to 224 x 224 by area average"}],
        "output": [{"name": "scores", "shape": OUTPUTS["scores"], "unit": "1", "meaning": "probabilities in the order of the classes; pa and flipped mean something of a frontal chest only"}],
        "sizes": SIZES, "training": training(counts),
        "limit": [
            {"zh": "后前位与前后位仅学自两家机构；非胸部图像很少", "en": "PA and AP were learnt from two hospitals, and few films that are no chest"},
            {"zh": "侧位胸片、颅骨、肩、肘、腕、脊柱、腹部未经检验", "en": "lateral chests, skull, shoulder, elbow, wrist, spine and abdomen are untested"},
        ],
        "accuracy": accuracy,
        "golden": golden(MODELS / "chest_view.onnx", INPUTS, SIZES, {"scores": [0, 1, 2, 3]}),
    }


def card(counts: dict[str, int], accuracy: list[dict]) -> str:
    """The card."""
    rows = "\n".join(f"| `{s}` | {n} |" for s, n in counts.items())
    reached = "\n".join(f"| {a['figure']} | {a['value']:.4f} ({a['interval'][0]:.4f}–{a['interval'][1]:.4f}) | {a['n']} |" for a in accuracy)
    return f"""# chest_view {VERSION}

What a radiograph shows as a whole: a frontal chest or not; of a chest PA or AP, and flipped or not; a negative or not. EfficientNet-Lite0 as its makers trained it
on photographs (Apache-2.0), kept as it is, and a logistic regression of its features for each question.

## Training data

| source | images |
|---|---|
{rows}

Beside them, slices of CT and MR as films that are no chest. Each film was shown as it is, as its negative, and eight times changed (cut, turned, toned, written on,
mirrored, inverted).

## Accuracy

Each source left out in turn, real unaltered images (their negatives and mirror images for the last two); every wrong accusation is in
[docs/accuracy/xray.md](../docs/accuracy/xray.md).

| figure | reached (95 %) | n |
|---|---|---|
{reached}

## Limits

* PA and AP were learnt from two hospitals. Where the posture or the detector tells a hospital's PA from its AP, the model may have learnt that instead.
* Films that are no chest: 123 limbs, pelves and breasts. Lateral chests, skull, shoulder, elbow, wrist, spine and abdomen are untested.
* Negatives are told of chests and breasts; of limbs and pelves that it did not learn from poorly (AUC 0.83 and 0.49), so CFL002 says nothing of them.
* A dextrocardia looks flipped.

## How it was made

`models/train/README.md`. Seeds are fixed; the weights are those that the training made.
"""


def main() -> None:
    """The command."""
    with np.load(OUT / "heads.npz") as heads:
        net = ChestView(heads["w"], heads["b"])
    export(net, "chest_view", INPUTS, OUTPUTS, SIZES)
    rows = json.loads((OUT / "left_out.json").read_text(encoding="utf-8"))
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (Path(__file__).parent / "left_out.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    counts: dict[str, int] = {}
    for r in read_radiographs(with_boxes=False):
        counts[r.source] = counts.get(r.source, 0) + 1
    for r in read_slices()[::3]:
        counts[r.note] = counts.get(r.note, 0) + 1
    # The images of ILSVRC 2012, which the backbone learnt from.
    counts["efficientnet_lite0"] = 1_281_167
    accuracy = figures()
    (MODELS / "chest_view.md").write_text(card(counts, accuracy), encoding="utf-8")
    enter(entry(counts, accuracy))


if __name__ == "__main__":
    main()
