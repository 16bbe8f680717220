"""`python -m chest_view.train`: from data to ONNX to figures.

A fixed backbone, and a logistic regression of its features for each question. Each source is left out in turn; the shipped
heads learn from all of them.
"""

import argparse
import json
import zlib
from pathlib import Path

import cv2
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from common import compositor
from common.data import FOLDS, Radiograph, read_radiographs, read_slices
from common.preprocess import limits, long_side_shape, resize_area, unit

from .backbone import SIDE, Backbone

OUT = Path(__file__).resolve().parent / "out"
SEED = 20260301
# Ways an image is shown to the regressions: itself and its negative, then changed ones, every other mirrored and every
# third a negative.
SHOWN = 10
MIRRORED = np.array([k >= 2 and k % 2 == 1 for k in range(SHOWN)])
NEGATIVE = np.array([k == 1 or (k >= 2 and k % 3 == 0) for k in range(SHOWN)])
STRENGTH = 0.003


def square(pixels: np.ndarray) -> np.ndarray:
    """What the model sees: the scaled frame of `common.preprocess`, squeezed to a square."""
    small = resize_area(pixels, *long_side_shape(*pixels.shape))
    return resize_area(unit(small, *limits(small)), SIDE, SIDE)


def changed(pixels: np.ndarray, rng: np.random.Generator, mirrored: bool, negative: bool) -> np.ndarray:
    """The image as another hospital might have sent it: cut, turned, other tone, other writing on it."""
    h, w = pixels.shape
    low, high = limits(pixels)
    work = 448
    spin = cv2.getRotationMatrix2D((w / 2, h / 2), float(rng.normal(0, 4)), 1.0)
    spin[:, 2] += rng.uniform(-0.05, 0.05, 2) * (w, h)
    cut = np.array([[work / w * rng.uniform(0.92, 1.18), 0, 0], [0, work / h * rng.uniform(0.92, 1.18), 0]])
    cut[:, 2] = work / 2 - cut[:, :2] @ (w / 2, h / 2)
    turn = cut[:, :2] @ spin
    turn[:, 2] += cut[:, 2]
    image = cv2.warpAffine(pixels, turn, (work, work), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=int(low))
    image = np.clip((image.astype(np.float32) - low) / (high - low), 0, 1)
    for _ in range(int(rng.integers(0, 4))):
        kind = rng.choice(["L", "R", "words", "words"])
        height = float(rng.uniform(8, 30))
        # Near the border, where writing stands.
        x, y = rng.uniform(0, work, 2)
        if rng.random() < 0.5:
            x = float(rng.choice([rng.uniform(0, 0.15), rng.uniform(0.85, 1)])) * work
        else:
            y = float(rng.choice([rng.uniform(0, 0.15), rng.uniform(0.85, 1)])) * work
        compositor.lay(image, compositor.draw(kind, height, rng), x, y, height, rng)
    image = compositor.tone(image, rng, inverted=0.0)
    if mirrored:
        image = image[:, ::-1]
    if negative:
        image = 1.0 - image
    return resize_area(unit(image, *limits(image)), SIDE, SIDE)


@torch.no_grad()
def features(images: list[Radiograph], backbone: Backbone) -> np.ndarray:
    """(images, SHOWN + 1, 3200) float32; the last is the unaltered image mirrored, only ever judged."""
    cv2.setNumThreads(1)
    out = np.zeros((len(images), SHOWN + 1, 3200), np.float32)
    for i, image in enumerate(images):
        rng = np.random.default_rng([SEED, zlib.crc32(image.file.encode())])
        shown = [square(image.pixels), square(255 - image.pixels)]
        shown += [changed(image.pixels, rng, MIRRORED[k], NEGATIVE[k]) for k in range(2, SHOWN)]
        shown.append(shown[0][:, ::-1].copy())
        out[i] = backbone(torch.from_numpy(np.stack(shown))[:, None].float()).numpy()
        if i % 200 == 0:
            print(f"features {i}/{len(images)}", flush=True)
    return out


def head(x: np.ndarray, yes: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and bias on raw features (n, 3200). Every source and answer weighs by the root of its number, so that a source is
    no answer."""
    middle, spread = x.mean(0), x.std(0) + 0.02
    keys = np.array([f"{s}{y}" for s, y in zip(source, yes)])
    names, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    weight = (1 / np.sqrt(counts))[place]
    model = LogisticRegression(C=STRENGTH, max_iter=300, class_weight="balanced", random_state=0)
    model.fit((x - middle) / spread, yes, sample_weight=weight / weight.mean())
    w = model.coef_[0] / spread
    return w, float(model.intercept_[0] - w @ middle)


QUESTIONS = ["chest", "pa", "inverted", "flipped"]


def asked(images: list[Radiograph]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of each question: the pairs (image, way shown) it is asked of, as a table of flags, and the answers."""
    n = len(images)
    chest = np.array([r.body_part == "chest" for r in images])
    view = np.array([r.view for r in images])
    slices = np.array([r.source == "slices" for r in images])
    every, upright = np.ones((n, SHOWN), bool), np.broadcast_to(~NEGATIVE, (n, SHOWN))
    wide = np.broadcast_to
    return {
        "chest": (every, wide(chest[:, None], every.shape)),
        "pa": (upright & (chest & np.isin(view, ["PA", "AP"]))[:, None], wide((view == "PA")[:, None], every.shape)),
        # A slice of CT or MR has no side that is dark by nature.
        "inverted": (every & ~slices[:, None], wide(NEGATIVE, every.shape)),
        "flipped": (upright & chest[:, None], wide(MIRRORED, every.shape)),
    }


def fit(images: list[Radiograph], table: np.ndarray, keep: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """A head for each question."""
    source = np.array([r.source for r in images])
    heads = []
    for where, answer in asked(images).values():
        where = where & keep[:, None]
        heads.append(head(table[where], answer[where], np.broadcast_to(source[:, None], where.shape)[where]))
    return heads


def both_ways(upright: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    """Logits (…, 4) of a film from those of it and of its mirror image: PA has no side, so their mean; flipped turns its sign, so
    half their difference; chest and inverted as they are."""
    out = upright.copy()
    out[..., 1] = (upright[..., 1] + mirrored[..., 1]) / 2
    out[..., 3] = (upright[..., 3] - mirrored[..., 3]) / 2
    return out


def judge(images: list[Radiograph], table: np.ndarray, heads, which: np.ndarray) -> list[dict]:
    """Probabilities for the unaltered images, and for their negatives and mirror images."""
    rows = []
    for i in np.nonzero(which)[0]:
        logits = np.stack([table[i] @ w + b for w, b in heads], 1)
        p, turned, negative = (1 / (1 + np.exp(-v)) for v in
                               (both_ways(logits[0], logits[SHOWN]), both_ways(logits[SHOWN], logits[0]), logits[1]))
        rows.append({"file": images[i].file, **{q: round(float(v), 4) for q, v in zip(QUESTIONS, p)},
                     "negative_inverted": round(float(negative[2]), 4), "mirrored_flipped": round(float(turned[3]), 4)})
    return rows


def main() -> None:
    """The command."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    OUT.mkdir(exist_ok=True)
    images = read_radiographs(with_boxes=False) + read_slices()[::3]
    kept = OUT / "features.npy"
    if kept.exists():
        table = np.load(kept)
    else:
        table = features(images, Backbone().eval())
        np.save(kept, table)
    source = np.array([r.source for r in images])
    rows = []
    for left_out in FOLDS.values():
        away = np.isin(source, left_out)
        rows += judge(images, table, fit(images, table[:, :SHOWN], ~away), away)
        print(f"left out {left_out}", flush=True)
    (OUT / "left_out.json").write_text(json.dumps(rows), encoding="utf-8")
    weights = fit(images, table[:, :SHOWN], np.ones(len(images), bool))
    np.savez(OUT / "heads.npz", w=np.stack([w for w, _ in weights]), b=np.array([b for _, b in weights]))


if __name__ == "__main__":
    main()
