"""`python -m side_marker.bars`: how sure a find must be by each network to be told, as `bars.json` holds it. A bar is set on the
films without a marker of the sources that the network learnt from, so that the same share of them is told by every network: a
surer network has a higher bar, and none is set on films of the source that judges it. Finder and first reader are the shipped ones."""

import json

import cv2
import numpy as np
import onnxruntime
import torch

from common.data import FOLDS, read_radiographs
from common.publish import MODELS

from .detect import detect
from .nets import READER, SECOND
from .train import LEFT_OUT, networks

# The share of films without a marker, of those that it learnt from, on which a network may tell one.
SHARE = 0.07
BARS = LEFT_OUT.with_name("bars.json")


def shipped(name: str, output: str):
    """A network of the shipped file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(MODELS / "side_marker.onnx", options)
    least = {n: np.zeros((1, 1, side, side), np.float32) for n, side in (("image", 32), ("crop", READER.crop), ("crop_second", SECOND.crop))}
    return lambda given: torch.from_numpy(session.run([output], {**least, name: given.numpy().astype(np.float32)})[0])


def main() -> None:
    """The command."""
    finder, reader = shipped("image", "map"), shipped("crop", "classes")
    films = [r for r in read_radiographs(with_boxes=False) if r.marked is False]
    bars = {}
    for fold in (*FOLDS, "all"):
        second = networks(fold, ("second",))[2]
        learnt = [r for r in films if r.source not in FOLDS.get(fold, ())]
        told = sorted((max((f.sure for f in detect(r.pixels, finder, reader, second)), default=0.0) for r in learnt), reverse=True)
        # Just above the surest of those that are not to be told.
        bars[fold] = round(told[int(SHARE * len(told))] + 1e-4, 4)
        print(fold, len(learnt), bars[fold], flush=True)
    BARS.write_text(json.dumps({"share": SHARE, "bars": bars, "sources": {f: list(s) for f, s in FOLDS.items()}}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    main()
