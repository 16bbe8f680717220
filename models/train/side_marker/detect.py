"""The finder and both readers together, as `src/infer/side_marker` runs them."""

from dataclasses import dataclass

import numpy as np
import torch

from common.data import BACKGROUND, CLASSES, FLIPPED
from common.preprocess import crop_area, limits, long_side_shape, resize_area, unit

from .nets import CELL, READER, SECOND
from .parts import parts
from .pieces import APART_OTHERS, pieces
from .tophat import letters

# Peaks of the finder that are read, and the least probability of one.
MOST, LEAST = 8, 0.03
# How much the finder's word weighs beside the reader's.
PEAK_WEIGHT = 0.1
# How sure finder and first reader must be of a place for the second to read it.
SECOND_FROM = 0.1
# How likely a marker must be by the second reader's first look for it to look again.
LOOK_AGAIN = 0.2
# How sure a find must be to be told as a marker by the shipped network (`bars.py`); places that are less so, but so sure at least, are read in parts.
MARKER, PARTS_FROM = 0.8477, 0.3
# Where a place is so sure, parts and letters that stand out are not looked for.
ENOUGH = 0.95
# How much a part's own surety weighs in it beside that of its place, and what one is worth that the finder did not point at.
PART_WEIGHT, ALONE_WEIGHT = 0.8, 0.85
# What a marker without a side adds to the probability of a side, and what it is worth alone.
OTHER_WEIGHT, OTHER_ALONE = 0.3, 0.85
# A letter is at least so many pixels of the frame high: no capital can be read on a lesser raster than 5 x 7.
SMALLEST = 7.0
# Stands for a probability of nought where logarithms are taken.
NOUGHT = 1e-4


@dataclass
class Found:
    """A place that may be a marker: box (x0, y0, x1, y1) in pixels of the frame, probability a class by either reader (none by the
    first for what the finder did not point at), and the finder's probability. Where a part stands for its place: the box of the
    `whole` and how sure that was `before`. `alone`: a letter that stands out away from all places."""

    box: tuple[float, float, float, float]
    classes: np.ndarray | None
    second: np.ndarray
    peak: float
    whole: tuple[float, float, float, float] | None = None
    alone: bool = False
    before: float = 0.0

    @property
    def sure(self) -> float:
        """How sure the find is."""
        of = surety(self.second)
        if self.whole is not None:
            return together(of, self.before)
        return round(of * ALONE_WEIGHT, 4) if self.alone else of


def confidence(peak: float, classes: np.ndarray) -> float:
    """That a place is a marker at all."""
    return float(peak**PEAK_WEIGHT * (1.0 - classes[BACKGROUND]) ** (1.0 - PEAK_WEIGHT))


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
def read(pixels: np.ndarray, places: list[tuple[float, float, float]], limits_of: tuple[float, float], reader, crop: int, looks) -> np.ndarray:
    """(looks, places, 6) of places (x, y, longer side, in pixels of the frame). What is seen as in a mirror is told of the place
    itself: its classes change places."""
    told = np.zeros((len(looks), len(places), len(CLASSES)), np.float32)
    if not places:
        return told
    for of_look, (span, mirrored) in zip(told, looks):
        crops = np.stack([unit(crop_area(pixels, y, x, side * span, crop), *limits_of) for x, y, side in places]).reshape(len(places), 1, crop, crop)
        classes = reader(torch.from_numpy(np.ascontiguousarray(crops[..., ::-1] if mirrored else crops))).numpy()
        of_look[:] = classes[:, FLIPPED] if mirrored else classes
    return told


def agreed(words: np.ndarray) -> np.ndarray:
    """(words, ..., 6) → (..., 6): the geometric mean. What one look rules out, the others cannot make likely."""
    p = np.exp(np.log(words + NOUGHT).mean(0))
    return p / p.sum(-1, keepdims=True)


@torch.no_grad()
def detect(pixels: np.ndarray, finder, reader, second, most: int = MOST, least: float = LEAST) -> list[Found]:
    """All that may be a marker; the caller sets the bar."""
    rows, columns = long_side_shape(*pixels.shape)
    small = resize_area(pixels, rows, columns)
    low, high = limits(small)
    table = finder(torch.from_numpy(padded(unit(small, low, high)))[None, None])[0].numpy()
    fx, fy = pixels.shape[1] / columns, pixels.shape[0] / rows
    spots = [s for s in peaks(table, most, least) if max(s[3] * fx, s[4] * fy) >= SMALLEST]
    scaled = [(x * fx, y * fy, max(w * fx, h * fy)) for _, x, y, w, h in spots]
    classes = read(pixels, scaled, (low, high), reader, READER.crop, READER.looks).mean(0)
    likely = [(s, c) for s, c in zip(spots, classes) if confidence(s[0], c) >= SECOND_FROM]
    return read_again(pixels, [s for s, _ in likely], [c for _, c in likely], second)


def surety(classes: np.ndarray) -> float:
    """How sure a find is, by what the second reader says. A marker without a side is one only where hardly anything speaks for
    another thing."""
    sided, other = float(classes[1:-1].sum()), float(classes[-1])
    return round(max(sided + OTHER_WEIGHT * other, OTHER_ALONE * other), 4)


def together(part: float, whole: float) -> float:
    """How sure a part of a place is that stands for it: the whole has its word in it, so that a place without a marker needs more
    than one odd part."""
    return round(part**PART_WEIGHT * whole ** (1 - PART_WEIGHT), 4)


class Film:
    """A film as the second reader looks at it. Places are (probability, x, y, w, h) in pixels of the finder's input."""

    def __init__(self, pixels: np.ndarray, second) -> None:
        self.pixels, self.second = pixels, second
        self.rows, self.columns = long_side_shape(*pixels.shape)
        small = resize_area(pixels, self.rows, self.columns)
        self.limits = limits(small)
        self.image = unit(small, *self.limits)
        self.fx, self.fy = pixels.shape[1] / self.columns, pixels.shape[0] / self.rows

    def readable(self, place) -> bool:
        """Whether a letter there can be read at all."""
        return max(place[3] * self.fx, place[4] * self.fy) >= SMALLEST

    def box(self, place) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1) in pixels of the frame."""
        _, x, y, w, h = place
        return (x - w / 2) * self.fx, (y - h / 2) * self.fy, (x + w / 2) * self.fx, (y + h / 2) * self.fy

    def words(self, places: list) -> np.ndarray:
        """(places, 6): by one look, and where a marker is likely by that, by all."""
        at = [(x * self.fx, y * self.fy, max(w * self.fx, h * self.fy)) for _, x, y, w, h in places]
        glance = read(self.pixels, at, self.limits, self.second, SECOND.crop, SECOND.looks[:1])
        told = agreed(glance)
        likely = np.flatnonzero(1 - glance[0, :, BACKGROUND] >= LOOK_AGAIN)
        more = read(self.pixels, [at[k] for k in likely], self.limits, self.second, SECOND.crop, SECOND.looks[1:])
        told[likely] = agreed(np.concatenate([glance[:, likely], more]))
        return told


def read_again(pixels: np.ndarray, places: list, classes: list, second) -> list[Found]:
    """What the second reader says of places, of which the first said `classes`, of the pieces beside them, and where none is sure of
    the parts of those that it is not sure of and of letters that stand out elsewhere."""
    film = Film(pixels, second)
    every = places + [p for p in pieces(film.image, places) if film.readable(p)]
    first = classes + [None] * (len(every) - len(places))
    found = [Found(film.box(p), c, said, p[0]) for p, c, said in zip(every, first, film.words(every))]
    if max((f.sure for f in found), default=0.0) < ENOUGH:
        found[:len(places)] = [in_parts(film, p, f) for p, f in zip(places, found)]
        found += standing_out(film, every)
    return found


def in_parts(film: Film, place, found: Found) -> Found:
    """The surest part of a place that is not sure to be a marker, where that is surer; else the place."""
    whole = found.sure
    if not PARTS_FROM <= whole < MARKER:
        return found
    inside = [p for p in parts(place) if 0 <= p[1] <= film.columns and 0 <= p[2] <= film.rows and film.readable(p)]
    best = found
    for part, said in zip(inside, film.words(inside)):
        if together(surety(said), whole) > best.sure:
            best = Found(film.box(part), found.classes, said, found.peak, found.box, before=whole)
    return best


def standing_out(film: Film, read_already: list) -> list[Found]:
    """Letters that stand out of the film where nothing is read yet."""
    new = lambda p: all(np.hypot(p[1] - o[1], p[2] - o[2]) >= APART_OTHERS * max(p[3:]) for o in read_already)  # noqa: E731
    alone = [p for p in letters(film.image) if film.readable(p) and new(p)]
    return [Found(film.box(p), None, said, p[0], alone=True) for p, said in zip(alone, film.words(alone))]
