"""What the networks learn from, before it is augmented: squares of real radiographs with their real markers, and drawn ones.

`Patches` makes what the finder sees, `Crops` what the reader sees, one at a time, as `pool.py` asks for them.
"""

import cv2
import numpy as np

from common import compositor
from common.clutter import clutter, over, texture, thing
from common.data import BACKGROUND, Radiograph
from common.preprocess import LONG_SIDE, limits


# A patch as it is kept: the finder sees a square of 160 of it, anywhere.
ROOM = 176
# A crop as it is kept: pixels, and how many times the longer side of its letter it spans, so that it can be moved, turned and scaled.
KEPT, KEPT_SPAN = 128, 5.12
# Boxes of a patch: (x, y, width, height; nought where unknown, kind, bits of the allowed classes).
MOST_BOXES = 10
MARKER, DOUBTFUL, WORDS = 1, 2, 3


def bits(classes) -> int:
    """Classes as one number."""
    return sum(1 << int(c) for c in classes)


class Patches:
    """Squares at the finder's scale, with the boxes in them."""

    def __init__(self, radiographs: list[Radiograph], places: np.ndarray) -> None:
        self.images = radiographs
        self.limits = [limits(r.pixels) for r in radiographs]
        self.marked = [i for i, r in enumerate(radiographs) if r.marks]
        # Where wrists carry their markers, and how large: a prior for drawn ones.
        self.places = places

    def one(self, rng: np.random.Generator):
        """(patch (ROOM, ROOM) uint8, boxes (MOST_BOXES, 6) float32, True where the image's own markers are not known)."""
        pick = rng.random()
        on_marker, placed = pick < 0.45 and self.marked, None
        index = self.marked[rng.integers(len(self.marked))] if on_marker else int(rng.integers(len(self.images)))
        image = self.images[index]
        h, w = image.pixels.shape
        scale = LONG_SIDE / max(h, w) * float(np.exp(rng.uniform(np.log(0.55), np.log(1.6))))
        side = ROOM / scale
        if on_marker:
            m = image.marks[rng.integers(len(image.marks))]
            x0, y0 = m.x - rng.uniform(0.08, 0.92) * side, m.y - rng.uniform(0.08, 0.92) * side
        elif pick < 0.7:
            u, v, _, size = self.places[rng.integers(len(self.places))]
            if rng.random() < 0.5:
                u = 1 - u
            x0, y0 = u * w - rng.uniform(0.1, 0.9) * side, v * h - rng.uniform(0.1, 0.9) * side
            placed = ((u * w - x0) * scale, (v * h - y0) * scale, float(np.clip(size * h * scale * rng.uniform(0.4, 1.0), 7, 110)))
        else:
            x0, y0 = rng.uniform(-0.15 * side, max(1, w - 0.85 * side)), rng.uniform(-0.15 * side, max(1, h - 0.85 * side))
        low, high = self.limits[index]
        patch = np.clip((window(image.pixels, x0, y0, scale, ROOM, int(low)).astype(np.float32) - low) / (high - low), 0, 1)
        boxes: list[tuple] = []
        for m in image.marks:
            x, y = (m.x - x0) * scale, (m.y - y0) * scale
            if -10 < x < ROOM + 10 and -10 < y < ROOM + 10:
                size = (0, 0) if m.box is None else ((m.box[2] - m.box[0]) * scale, (m.box[3] - m.box[1]) * scale)
                if m.box is not None:
                    x, y = ((m.box[0] + m.box[2]) / 2 - x0) * scale, ((m.box[1] + m.box[3]) / 2 - y0) * scale
                boxes.append((x, y, *size, DOUBTFUL if m.unclear or image.marked is None else MARKER, bits(m.allowed)))
        if rng.random() < 0.5:
            clutter(patch, [b[:4] for b in boxes], rng)
        add_drawn(patch, boxes, placed, rng)
        table = np.zeros((MOST_BOXES, 6), np.float32)
        table[:min(MOST_BOXES, len(boxes))] = boxes[:MOST_BOXES] or table[:0]
        return (patch * 255 + 0.5).astype(np.uint8), table, image.marked is None


def window(pixels: np.ndarray, x0: float, y0: float, scale: float, side: int, outside: int) -> np.ndarray:
    """A square of `side` pixels at a scale, its corner at (x0, y0) of the image; `outside` beyond the image's border."""
    a, b = max(0, int(y0) - 4), max(0, int(x0) - 4)
    part = pixels[a:max(a + 1, int(y0 + side / scale) + 5), b:max(b + 1, int(x0 + side / scale) + 5)]
    if part.size == 0:
        return np.full((side, side), outside, np.uint8)
    if scale < 0.8:
        part = cv2.GaussianBlur(part, (0, 0), 0.4 / scale)
    turn = np.array([[scale, 0, (b - x0) * scale], [0, scale, (a - y0) * scale]], np.float64)
    return cv2.warpAffine(part, turn, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=outside)


def add_drawn(patch: np.ndarray, boxes: list[tuple], placed: tuple | None, rng: np.random.Generator) -> None:
    """Nought to three drawn markers or words where no marker stands, one of them at `placed` (x, y, height)."""
    for turn in range(int(rng.choice([0, 1, 2, 3], p=[0.25, 0.45, 0.25, 0.05])) + (placed is not None)):
        kind = str(rng.choice(["L", "R", "other", "words"], p=[0.33, 0.27, 0.1, 0.3]))
        height = float(np.exp(rng.uniform(np.log(8), np.log(90))))
        x, y = rng.uniform(0, ROOM, 2)
        if placed is not None and turn == 0:
            x, y, height = placed
        if any(np.hypot(x - b[0], y - b[1]) < 2.2 * height + 1.2 * max(b[2] or 30, b[3] or 30) for b in boxes):
            continue
        before = patch.copy()
        sprite = compositor.draw(kind, height, rng)
        box = compositor.lay(patch, sprite, x, y, height, rng)
        allowed = bits(sprite.allowed)
        if box is None:
            if kind != "words":
                boxes.append((x, y, height, height, DOUBTFUL, allowed))
            continue
        x0, y0, x1, y1 = box
        entry = ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)
        if kind == "words":
            # Short words are the reader's to tell from markers. Nobody can tell a word's first or last L from a marker with initials.
            either = allowed if sprite.text[0] not in "LR" and sprite.text[-1] not in "LR" else bits(range(6))
            boxes.append((*entry, DOUBTFUL if x1 - x0 < 2.2 * (y1 - y0) else WORDS, either))
            continue
        seen = np.abs(patch - before)[int(y0):int(y1), int(x0):int(x1)]
        if rng.random() < 0.18:
            over(patch, x, y, height, rng)
        boxes.append((*entry, MARKER if seen.size and np.percentile(seen, 90) > 0.12 else DOUBTFUL, allowed))
        beside = compositor.box_of(sprite.beside, x, y, patch.shape)
        if beside is not None:
            x0, y0, x1, y1 = beside
            boxes.append(((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, WORDS, bits((BACKGROUND,))))


def crop_of(pixels: np.ndarray, x: float, y: float, side: float, low: float, high: float) -> np.ndarray:
    """The kept crop about (x, y), `side` pixels wide: (KEPT, KEPT) uint8, continued by its edges."""
    scale = KEPT / side
    reach = 0.6 * side
    a, b = max(0, int(y - reach) - 2), max(0, int(x - reach) - 2)
    part = pixels[a:int(y + reach) + 3, b:int(x + reach) + 3]
    if scale < 0.8:
        part = cv2.GaussianBlur(part, (0, 0), 0.4 / scale)
    turn = np.array([[scale, 0, KEPT / 2 - 0.5 - scale * (x - b)], [0, scale, KEPT / 2 - 0.5 - scale * (y - a)]])
    crop = cv2.warpAffine(part, turn, (KEPT, KEPT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return (np.clip((crop.astype(np.float32) - low) / (high - low), 0, 1) * 255 + 0.5).astype(np.uint8)


def plain_to_see(before: np.ndarray, after: np.ndarray, box: tuple[float, float, float, float]) -> bool:
    """Whether what was drawn in a box (x0, y0, x1, y1) stands out from what was there."""
    within = (slice(int(box[1]), int(box[3])), slice(int(box[0]), int(box[2])))
    return float(np.percentile(np.abs(after - before)[within], 90)) >= max(0.13, 0.8 * float(before[within].std()))


class Crops:
    """Squares about a marker, a word, clutter, or the bare ground."""

    def __init__(self, radiographs: list[Radiograph]) -> None:
        self.images = radiographs
        self.limits = [limits(r.pixels) for r in radiographs]
        # By what they show, so that the common does not drown the rare.
        kinds: dict[tuple, list] = {}
        for i, r in enumerate(radiographs):
            for m in r.marks:
                if not (m.unclear and m.box is None):
                    kinds.setdefault(m.allowed, []).append((i, m))
        self.kinds = list(kinds.values())
        odds = np.sqrt([len(k) for k in self.kinds])
        self.odds = odds / odds.sum() if len(odds) else odds

    def one(self, rng: np.random.Generator):
        """(crop (KEPT, KEPT) uint8, bits of the classes it may be)."""
        crop, classes = self.real(rng) if self.kinds and rng.random() < 0.5 else self.drawn(rng)
        return crop, bits(classes)

    def real(self, rng):
        """A real marker."""
        kind = self.kinds[rng.choice(len(self.kinds), p=self.odds)]
        i, m = kind[rng.integers(len(kind))]
        if m.box is None:
            return crop_of(self.images[i].pixels, m.x, m.y, float(rng.uniform(20, 40)) * KEPT_SPAN, *self.limits[i]), m.allowed
        x0, y0, x1, y1 = m.box
        return crop_of(self.images[i].pixels, (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) * KEPT_SPAN, *self.limits[i]), m.allowed

    def ground(self, work: int, any_scale: bool, rng) -> np.ndarray:
        """(work, work) in 0..1 of a film without a marker there, or of a texture. `any_scale`: from far away to close by."""
        if rng.random() < 0.12:
            return texture(work, rng)
        i = int(rng.integers(len(self.images)))
        pixels = self.images[i].pixels
        low, high = np.log(40 if any_scale else 85), np.log(700 if any_scale else 370)
        side = float(np.exp(rng.uniform(low, high)))
        x, y = rng.uniform(0, pixels.shape[1]), rng.uniform(0, pixels.shape[0])
        for m in self.images[i].marks:
            if np.hypot(m.x - x, m.y - y) < side:
                x, y = pixels.shape[1] - x, pixels.shape[0] - y
        if any(np.hypot(m.x - x, m.y - y) < 0.75 * side for m in self.images[i].marks):
            return texture(work, rng)
        scale, angle = work / side, float(rng.uniform(0, 360)) if any_scale else 0.0
        turn = cv2.getRotationMatrix2D((x, y), angle, scale)
        turn[:, 2] += work / 2 - x, work / 2 - y
        ground = cv2.warpAffine(pixels, turn, (work, work), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        low, high = self.limits[i]
        return np.clip((ground.astype(np.float32) - low) / (high - low), 0, 1)

    def drawn(self, rng):
        """A drawn marker, words, clutter, or the bare ground."""
        kind = str(rng.choice(["L", "R", "other", "words", "none"], p=[0.27, 0.22, 0.08, 0.13, 0.3]))
        height = float(np.exp(rng.uniform(np.log(9), np.log(44))))
        patch = self.ground(int(max(64, 7 * height)), kind == "none", rng)
        work = len(patch)
        if kind == "none":
            for _ in range(int(rng.integers(0, 4))):
                thing(patch, rng.normal(work / 2, 0.3 * height, 2), height * float(np.exp(rng.uniform(np.log(0.5), np.log(2.5)))), rng)
            return crop_of(patch, work / 2, work / 2, height * KEPT_SPAN, 0, 1), (BACKGROUND,)
        sprite = compositor.draw(kind, height, rng)
        before = patch.copy()
        box = compositor.lay(patch, sprite, work / 2, work / 2, height, rng)
        if rng.random() < 0.1:
            clutter(patch, [(work / 2, work / 2, 1.2 * height, 1.2 * height)], rng)
        if box is None or not plain_to_see(before, patch, box):
            return crop_of(patch, work / 2, work / 2, height * KEPT_SPAN, 0, 1), (BACKGROUND, *sprite.allowed)
        x0, y0, x1, y1 = box
        size = max(x1 - x0, y1 - y0)
        if kind != "words" and rng.random() < 0.18:
            over(patch, work / 2, work / 2, height, rng)
        if sprite.first is not None and rng.random() < 0.6:
            # The end of a long place is read alone (`parts.py`): there stands the letter.
            x, y, size = sprite.first
            return crop_of(patch, work / 2 + x, work / 2 + y, size * rng.uniform(1.0, 1.4) * KEPT_SPAN, 0, 1), sprite.allowed
        if kind == "words":
            # One letter of a word is no marker either, but nobody can tell a word's first L from a marker with initials.
            if sprite.text[0] in "LR" or sprite.text[-1] in "LR":
                return crop_of(patch, (x0 + x1) / 2, (y0 + y1) / 2, size * KEPT_SPAN, 0, 1), range(6)
            size = rng.uniform(0.25, 1.0) * size
            x0, x1 = (v + rng.uniform(-0.35, 0.35) * (x1 - x0) for v in (x0, x1))
        return crop_of(patch, (x0 + x1) / 2, (y0 + y1) / 2, size * KEPT_SPAN, 0, 1), sprite.allowed
