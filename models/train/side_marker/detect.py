"""Finder and reader together, as `src/infer/side_marker.rs` runs them."""

from dataclasses import dataclass

import numpy as np
import torch

from common.data import BACKGROUND, CLASSES, FLIPPED
from common.preprocess import crop_area, limits, long_side_shape, resize_area, unit

from .nets import CELL, CROP, SPAN, SPAN_CLOSE

# Peaks of the finder that are read, and the least probability of one.
MOST, LEAST = 8, 0.03
# How much the finder's word weighs beside the reader's.
PEAK_WEIGHT = 0.1


@dataclass
class Found:
    """A marker: box (x0, y0, x1, y1) in pixels of the frame, probability a class, and the finder's probability."""

    box: tuple[float, float, float, float]
    classes: np.ndarray
    peak: float

    @property
    def marker(self) -> float:
        """Probability that it is a marker at all."""
        return float(self.peak**PEAK_WEIGHT * (1.0 - self.classes[BACKGROUND]) ** (1.0 - PEAK_WEIGHT))

    @property
    def name(self) -> str:
        """The likeliest class that is a marker."""
        return CLASSES[1 + int(np.argmax(self.classes[1:]))]


def padded(small: np.ndarray) -> np.ndarray:
    """With zeros below and on the right, to multiples of 32."""
    h, w = small.shape
    return np.pad(small, ((0, -h % 32), (0, -w % 32)))


def peaks(table: np.ndarray, most: int = MOST, least: float = LEAST) -> list[tuple[float, float, float, float, float]]:
    """(probability, x, y, w, h) in pixels of the finder's input, best first: cells that no neighbour exceeds."""
    p = table[0]
    wide = np.pad(p, 1)
    top = np.max([wide[i:i + p.shape[0], j:j + p.shape[1]] for i in range(3) for j in range(3)], axis=0)
    rows, columns = np.nonzero((p == top) & (p >= least))
    order = np.argsort(-p[rows, columns], kind="stable")
    found: list[tuple[float, float, float, float, float]] = []
    for k in order:
        i, j = int(rows[k]), int(columns[k])
        x = (j + 0.5 + float(np.clip(table[1, i, j], -2, 2))) * CELL
        y = (i + 0.5 + float(np.clip(table[2, i, j], -2, 2))) * CELL
        w, h = (float(np.exp(np.clip(v, -1.5, 3.2))) * CELL for v in table[3:5, i, j])
        # Two peaks of one letter: the better one stays.
        if any(np.hypot(x - f[1], y - f[2]) < 0.6 * max(f[3], f[4]) for f in found):
            continue
        found.append((float(p[i, j]), x, y, w, h))
        if len(found) == most:
            break
    return found


@torch.no_grad()
def detect(pixels: np.ndarray, finder, reader, most: int = MOST, least: float = LEAST) -> list[Found]:
    """All that may be a marker; the caller sets the bar."""
    rows, columns = long_side_shape(*pixels.shape)
    small = resize_area(pixels, rows, columns)
    low, high = limits(small)
    table = finder(torch.from_numpy(padded(unit(small, low, high)))[None, None])[0].numpy()
    fx, fy = pixels.shape[1] / columns, pixels.shape[0] / rows
    spots = peaks(table, most, least)
    if not spots:
        return []
    crops = [unit(crop_area(pixels, y * fy, x * fx, max(w * fx, h * fy) * span, CROP), low, high) for span in (SPAN, SPAN_CLOSE) for _, x, y, w, h in spots]
    wide, close = np.stack(crops).reshape(2, len(spots), 1, CROP, CROP)
    close = np.ascontiguousarray(close[..., ::-1])
    classes = (reader(torch.from_numpy(wide)).numpy() + reader(torch.from_numpy(close)).numpy()[:, FLIPPED]) / 2
    return [Found(((x - w / 2) * fx, (y - h / 2) * fy, (x + w / 2) * fx, (y + h / 2) * fy), c, p)
            for (p, x, y, w, h), c in zip(spots, classes)]
