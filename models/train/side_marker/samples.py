"""What the networks learn from: squares of real radiographs with their real markers, and composited ones."""

import cv2
import numpy as np
import torch

from common import compositor
from common.data import BACKGROUND, CLASSES, FLIPPED, Radiograph
from common.preprocess import LONG_SIDE, limits

from .nets import CELL, CROP, SPAN

PATCH = 160


def toned(radiographs: list[Radiograph]) -> list[tuple[float, float]]:
    """The values that become 0 and 1, of each image."""
    return [limits(r.pixels) for r in radiographs]


class FinderSamples(torch.utils.data.IterableDataset):
    """(patch, target (5, n, n), weights (2, n, n)): weights of the centre's loss, and where offset and size count."""

    def __init__(self, radiographs: list[Radiograph], steps: int, batch: int, seed: int) -> None:
        self.images = radiographs
        self.limits = toned(radiographs)
        self.marked = [i for i, r in enumerate(radiographs) if r.marks]
        self.known = [i for i, r in enumerate(radiographs) if r.marked is not None]
        self.steps, self.batch, self.seed = steps, batch, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        of = worker.num_workers if worker else 1
        for step in range(self.steps):
            if step % of == (worker.id if worker else 0):
                parts = [self.one(rng) for _ in range(self.batch)]
                yield tuple(torch.from_numpy(np.stack(p)) for p in zip(*parts))

    def one(self, rng: np.random.Generator):
        """One patch."""
        on_marker = rng.random() < 0.45 and self.marked
        index = self.marked[rng.integers(len(self.marked))] if on_marker else int(rng.integers(len(self.images)))
        image = self.images[index]
        low, high = self.limits[index]
        scale = LONG_SIDE / max(image.pixels.shape) * float(np.exp(rng.uniform(np.log(0.55), np.log(1.6))))
        side = PATCH / scale
        h, w = image.pixels.shape
        if on_marker:
            m = image.marks[rng.integers(len(image.marks))]
            x0, y0 = m.x - rng.uniform(0.02, 0.98) * side, m.y - rng.uniform(0.02, 0.98) * side
        else:
            x0, y0 = rng.uniform(-0.15 * side, max(1, w - 0.85 * side)), rng.uniform(-0.15 * side, max(1, h - 0.85 * side))
        turn = np.array([[scale, 0, -x0 * scale], [0, scale, -y0 * scale]], np.float64)
        source = image.pixels
        if scale < 0.8:
            source = cv2.GaussianBlur(source, (0, 0), 0.4 / scale)
        patch = cv2.warpAffine(source, turn, (PATCH, PATCH), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=int(low))
        patch = np.clip((patch.astype(np.float32) - low) / (high - low), 0, 1)
        boxes, doubtful = [], []
        for m in image.marks:
            x, y = (m.x - x0) * scale, (m.y - y0) * scale
            if -10 < x < PATCH + 10 and -10 < y < PATCH + 10:
                size = None if m.box is None else ((m.box[2] - m.box[0]) * scale, (m.box[3] - m.box[1]) * scale)
                (doubtful if m.unclear or image.marked is None else boxes).append((x, y, size))
        if image.marked is not None or rng.random() < 0.9:
            self.add_composites(patch, boxes, doubtful, rng)
        if rng.random() < 0.35:
            compositor.clutter(patch, rng)
        patch = compositor.tone(patch, rng)
        target, weights = targets(boxes, doubtful, image.marked is None)
        patch, target, weights = flipped(patch, target, weights, rng)
        return patch[None], target, weights

    @staticmethod
    def add_composites(patch, boxes, doubtful, rng) -> None:
        """Nought to three drawn markers or words where no marker stands."""
        for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.25, 0.45, 0.25, 0.05]))):
            kind = rng.choice(["L", "R", "other", "words"], p=[0.33, 0.27, 0.1, 0.3])
            height = float(np.exp(rng.uniform(np.log(10), np.log(80))))
            x, y = rng.uniform(0, PATCH, 2)
            if any(np.hypot(x - b[0], y - b[1]) < 2.2 * height + 1.2 * max(b[2] or (30,)) for b in boxes + doubtful):
                continue
            before = patch.copy()
            sprite = compositor.draw(kind, height, rng)
            box = compositor.lay(patch, sprite, x, y, height, rng)
            if kind == "words":
                # Short words are the reader's to tell from markers.
                if box is not None and box[2] - box[0] < 2.2 * (box[3] - box[1]):
                    doubtful.append(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, (box[2] - box[0], box[3] - box[1])))
                continue
            if box is None:
                doubtful.append((x, y, (height, height)))
                continue
            a, b, c, d = (int(v) for v in box)
            seen = np.abs(patch[b:d, a:c] - before[b:d, a:c])
            entry = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, (box[2] - box[0], box[3] - box[1]))
            (boxes if seen.size and np.percentile(seen, 90) > 0.2 else doubtful).append(entry)


def targets(boxes, doubtful, unlabelled: bool):
    """Target and weight maps of a patch. An image without truth teaches only what was drawn on it."""
    n = PATCH // CELL
    target, weights = np.zeros((5, n, n), np.float32), np.zeros((2, n, n), np.float32)
    weights[0] = 0.3 if unlabelled else 1.0
    rows, columns = np.mgrid[0:n, 0:n].astype(np.float32) + 0.5
    for x, y, size in doubtful:
        reach = max(size or (24, 24)) / CELL * 0.6 + 1
        weights[0][np.hypot(columns - x / CELL, rows - y / CELL) < reach] = 0.0
    for x, y, size in boxes:
        u, v = x / CELL, y / CELL
        i, j = int(np.floor(v)), int(np.floor(u))
        if not (0 <= i < n and 0 <= j < n):
            continue
        spread = max(0.6, 0.12 * max(size or (28, 28)) / CELL)
        blob = np.exp(-((columns - (j + 0.5)) ** 2 + (rows - (i + 0.5)) ** 2) / (2 * spread**2))
        target[0] = np.maximum(target[0], blob)
        target[0, i, j] = 1.0
        weights[0, i, j] = 1.0
        for di in (-1, 0, 1):
            for dj in (-1, 0, 1):
                if 0 <= i + di < n and 0 <= j + dj < n and (di == dj == 0 or spread > 0.9):
                    target[1:3, i + di, j + dj] = u - (j + dj + 0.5), v - (i + di + 0.5)
                    if size:
                        target[3:, i + di, j + dj] = np.log(np.maximum(size, 2.0)) - np.log(CELL)
                        weights[1, i + di, j + dj] = 1.0
    return target, weights


def flipped(patch, target, weights, rng):
    """Any of the eight ways to lay a square: a marker is one whichever way."""
    k = int(rng.integers(4)) if rng.random() < 0.4 else 0
    if rng.random() < 0.5:
        patch, target, weights = patch[:, ::-1], target[:, :, ::-1].copy(), weights[:, :, ::-1]
        target[1] *= -1
    for _ in range(k):
        # Quarter turn: (x, y) becomes (y, -x) in rows and columns.
        patch, weights = np.rot90(patch), np.rot90(weights, axes=(1, 2))
        target = np.rot90(target, axes=(1, 2)).copy()
        target = target[[0, 2, 1, 4, 3]]
        target[2] *= -1
    return np.ascontiguousarray(patch), np.ascontiguousarray(target), np.ascontiguousarray(weights)


def crop_of(pixels: np.ndarray, x: float, y: float, side: float, low: float, high: float, angle: float = 0.0) -> np.ndarray:
    """The reader's crop: a square of `side` pixels about (x, y), continued by its edges, 0..1."""
    scale = CROP / side
    c, s = np.cos(np.deg2rad(angle)) * scale, np.sin(np.deg2rad(angle)) * scale
    turn = np.array([[c, -s, CROP / 2 - 0.5 - c * x + s * y], [s, c, CROP / 2 - 0.5 - s * x - c * y]])
    if scale < 0.8:
        a, b = max(0, int(y - side)), max(0, int(x - side))
        part = pixels[a:int(y + side) + 2, b:int(x + side) + 2]
        pixels = cv2.GaussianBlur(part, (0, 0), 0.4 / scale)
        turn[:, 2] += turn[:, :2] @ (b, a)
    crop = cv2.warpAffine(pixels, turn, (CROP, CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.clip((crop.astype(np.float32) - low) / (high - low), 0, 1)


class ReaderSamples(torch.utils.data.IterableDataset):
    """(crop (1, 48, 48), allowed classes (6,) of 0 and 1)."""

    def __init__(self, radiographs, negatives, steps: int, batch: int, seed: int) -> None:
        self.images, self.limits = radiographs, toned(radiographs)
        # By source, so that a large source does not drown a small one.
        by_kind: dict[tuple, list] = {}
        for i, r in enumerate(radiographs):
            for m in r.marks:
                if not (m.unclear and m.box is None):
                    by_kind.setdefault((r.source, m.allowed), []).append((i, m))
        self.kinds = list(by_kind.values())
        self.odds = np.array([np.sqrt(len(k)) for k in self.kinds])
        self.odds = self.odds / self.odds.sum() if len(self.odds) else self.odds
        self.negatives = negatives
        self.steps, self.batch, self.seed = steps, batch, seed

    __iter__ = FinderSamples.__iter__

    def one(self, rng: np.random.Generator):
        """One crop."""
        pick = rng.random()
        if pick < 0.4 and self.kinds:
            crop, classes = self.real(rng)
        elif pick < 0.65 and self.negatives:
            crop, classes = self.negative(rng)
        else:
            crop, classes = self.drawn(rng)
        if rng.random() < 0.5:
            crop, classes = crop[:, ::-1], [FLIPPED[c] for c in classes]
        allowed = np.zeros(len(CLASSES), np.float32)
        allowed[list(classes)] = 1.0
        return np.ascontiguousarray(compositor.tone(crop, rng))[None], allowed

    def real(self, rng):
        """A real marker, a little off and of another size."""
        kind = self.kinds[rng.choice(len(self.kinds), p=self.odds)]
        i, m = kind[rng.integers(len(kind))]
        size = max(m.box[2] - m.box[0], m.box[3] - m.box[1]) if m.box else float(rng.uniform(20, 40))
        side = size * SPAN * float(np.exp(rng.normal(0, 0.24)))
        x, y = (m.x, m.y) if m.box is None else ((m.box[0] + m.box[2]) / 2, (m.box[1] + m.box[3]) / 2)
        x, y = x + rng.normal(0, 0.12) * size, y + rng.normal(0, 0.12) * size
        crop = crop_of(self.images[i].pixels, x, y, side, *self.limits[i], angle=float(rng.normal(0, 9)))
        return crop, m.allowed

    def negative(self, rng):
        """Where the finder saw a marker and none stands."""
        i, x, y, size, _ = self.negatives[rng.integers(len(self.negatives))]
        side = size * SPAN * float(np.exp(rng.normal(0, 0.25)))
        x, y = x + rng.normal(0, 0.12) * size, y + rng.normal(0, 0.12) * size
        return crop_of(self.images[i].pixels, x, y, side, *self.limits[i], angle=float(rng.uniform(-180, 180))), (BACKGROUND,)

    def drawn(self, rng):
        """A drawn marker, words, clutter, or the bare ground."""
        i = int(rng.integers(len(self.images)))
        pixels = self.images[i].pixels
        height = float(np.exp(rng.uniform(np.log(9), np.log(40))))
        work = int(max(CROP, 4 * height))
        side = float(np.exp(rng.uniform(np.log(60), np.log(260))))
        x, y = rng.uniform(0, pixels.shape[1]), rng.uniform(0, pixels.shape[0])
        for m in self.images[i].marks:
            if np.hypot(m.x - x, m.y - y) < side:
                x, y = pixels.shape[1] - x, pixels.shape[0] - y
        scale = work / side
        turn = np.array([[scale, 0, work / 2 - scale * x], [0, scale, work / 2 - scale * y]])
        ground = cv2.warpAffine(pixels, turn, (work, work), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        low, high = self.limits[i]
        patch = np.clip((ground.astype(np.float32) - low) / (high - low), 0, 1)
        kind = rng.choice(["L", "R", "other", "words", "none"], p=[0.34, 0.28, 0.12, 0.17, 0.09])
        if kind == "none":
            compositor.clutter(patch, rng)
            return crop_of(patch, work / 2, work / 2, height * SPAN, 0, 1), (BACKGROUND,)
        sprite = compositor.draw(kind, height, rng)
        before = patch.copy()
        box = compositor.lay(patch, sprite, work / 2, work / 2, height, rng)
        if rng.random() < 0.1:
            compositor.clutter(patch, rng)
        if box is None or np.percentile(np.abs(patch - before)[int(box[1]):int(box[3]), int(box[0]):int(box[2])], 90) < 0.12:
            return crop_of(patch, work / 2, work / 2, height * SPAN, 0, 1), (BACKGROUND, *sprite.allowed)
        x0, y0, x1, y1 = box
        size = max(x1 - x0, y1 - y0)
        if kind == "words":
            # One letter of a word is no marker either.
            size = rng.uniform(0.25, 1.0) * size
            x0, x1 = (v + rng.uniform(-0.35, 0.35) * (x1 - x0) for v in (x0, x1))
        side = size * SPAN * float(np.exp(rng.normal(0, 0.16)))
        x, y = (x0 + x1) / 2 + rng.normal(0, 0.08) * size, (y0 + y1) / 2 + rng.normal(0, 0.08) * size
        return crop_of(patch, x, y, side, 0, 1), sprite.allowed


