"""Markers that never were: letters of lead and burnt-in letters on real radiographs.

Values are 0..1, bright is dense. A marker is drawn upright, then mirrored, turned, blurred and laid over a patch.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .data import BACKGROUND, L, MIRRORED_L, MIRRORED_R, OTHER, R
from .glyphs import pick


@dataclass
class Sprite:
    """Masks (rows, columns) 0..1 of a drawn marker, and what it is."""

    letter: np.ndarray
    beside: np.ndarray
    plate: np.ndarray
    inner: np.ndarray
    allowed: tuple[int, ...]
    text: str
    # Of a word that begins with the letter of its side: that letter's middle from the canvas's (x, y), and its height.
    first: tuple[float, float, float] | None = None


def put(canvas: np.ndarray, mask: np.ndarray, x: float, y: float) -> None:
    """Lays a mask on a canvas, centre at (x, y), by maximum."""
    h, w = mask.shape
    a, b = int(round(x - w / 2)), int(round(y - h / 2))
    x0, y0, x1, y1 = max(0, a), max(0, b), min(canvas.shape[1], a + w), min(canvas.shape[0], b + h)
    if x1 > x0 and y1 > y0:
        part = canvas[y0:y1, x0:x1]
        np.maximum(part, mask[y0 - b:y1 - b, x0 - a:x1 - a], out=part)


# How often each kind of glyph makes a marker of a kind.
GLYPHS = {
    "L": (["L", "block L", "left"], [0.5, 0.34, 0.16]),
    "R": (["R", "block R", "right"], [0.58, 0.26, 0.16]),
    "other": (["other"], [1.0]),
    "words": (["words", "initials"], [0.7, 0.3]),
}
# Letters that look the same in a mirror say nothing of handedness beside a bare L.
CHIRAL = set("BCDEFGJKLNPQRSZ2345679")


def draw(kind: str, height: float, rng: np.random.Generator) -> Sprite:
    """A marker of kind L, R, other or words, its letter `height` pixels high."""
    names, odds = GLYPHS[kind]
    text, mask = pick(str(rng.choice(names, p=odds)), height, rng)
    while kind == "words" and len(text) < 2:
        text, mask = pick("words", height, rng)
    if len(text) > 2:
        mask = cv2.resize(mask, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
    side = int(np.clip(4.2 * max(mask.shape), 24, 640))
    canvas = [np.zeros((side, side), np.float32) for _ in range(4)]
    letter, beside, plate, inner = canvas
    mid = side / 2
    put(letter, mask, mid, mid)
    chiral = kind != "L" or len(text) > 1 or not text.isascii()
    if kind in ("L", "R", "other") and rng.random() < 0.65:
        if text == "L" and rng.random() < 0.4:
            chiral |= add_in_crook(beside, mask, mid, height, rng)
        else:
            chiral |= add_beside(beside, mask, mid, height, rng)
    add_plate(plate, inner, mask, mid, rng)
    turned = kind in ("L", "R") and rng.random() < 0.4
    if turned or (kind in ("other", "words") and rng.random() < 0.2):
        canvas = [np.ascontiguousarray(c[:, ::-1]) for c in canvas]
    angle, certain = turn_angle(rng)
    if angle:
        spin = cv2.getRotationMatrix2D((mid, mid), angle, 1.0)
        canvas = [cv2.warpAffine(c, spin, (side, side), flags=cv2.INTER_LINEAR) if c.any() else c for c in canvas]
    first = first_letter(text, mask, turned, angle) if kind in ("L", "R") else None
    plain, mirror = (L, MIRRORED_L) if kind == "L" else (R, MIRRORED_R)
    if kind == "words":
        classes = (BACKGROUND,)
    elif kind == "other":
        classes = (OTHER,)
    elif not certain and not chiral:
        # A bare L that is turned: nothing tells which way it was read.
        classes = (plain, mirror)
    else:
        classes = (mirror,) if turned else (plain,)
    return Sprite(*canvas, classes, text, first)


def first_letter(text: str, mask: np.ndarray, turned: bool, angle: float) -> tuple[float, float, float] | None:
    """Where the first letter of a word stands that begins with its side."""
    h, w = mask.shape
    if len(text) < 2 or text[0] not in "LR" or w < 1.3 * h:
        return None
    x = (0.36 * h - w / 2) * (-1 if turned else 1)
    turn = np.deg2rad(angle)
    return x * np.cos(turn), -x * np.sin(turn), float(h)


def add_beside(beside: np.ndarray, mask: np.ndarray, mid: float, height: float, rng: np.random.Generator) -> bool:
    """Initials under, above or beside the letter, in a row or a column. True where they show which way the marker reads."""
    size = height * (rng.uniform(0.35, 0.85) if rng.random() < 0.6 else rng.uniform(0.85, 1.2))
    gap = height * rng.uniform(0.03, 0.35)
    h, w = mask.shape
    if rng.random() < 0.25:
        # A row of the same letters: the side first or last, the initials of a person after or before it.
        size = height * (rng.uniform(0.9, 1.05) if rng.random() < 0.5 else rng.uniform(0.5, 0.9))
        parts = [pick("single", size, rng) for _ in range(int(rng.integers(1, 4)))]
        sign = 1 if rng.random() < 0.7 else -1
        # Letters that were taped on one by one stand in no line.
        slant, loose = (float(rng.uniform(-0.4, 0.4)), 14.0) if rng.random() < 0.5 else (0.0, 0.0)
        at = mid + sign * (w / 2 + gap)
        for k, (_, m) in enumerate(parts):
            m = spun(m, float(rng.normal(0, loose))) if loose else m
            put(beside, m, at + sign * m.shape[1] / 2, mid + (h - m.shape[0]) / 2 + slant * height * (k + 1))
            at += sign * (m.shape[1] + gap)
        return any(c in CHIRAL for t, _ in parts for c in t)
    text, small = initials(size, 0.25, 2, (0.1, 0.35), 0.8, rng)
    if rng.random() < 0.2:
        small = np.ascontiguousarray(np.rot90(small, int(rng.integers(1, 4))))
    where = rng.choice(["below", "above", "right", "left"], p=[0.45, 0.17, 0.24, 0.14])
    if where in ("below", "above"):
        sign = 1 if where == "below" else -1
        put(beside, small, mid + rng.uniform(-0.3, 0.3) * w, mid + sign * (h / 2 + gap + small.shape[0] / 2))
    else:
        sign = 1 if where == "right" else -1
        put(beside, small, mid + sign * (w / 2 + gap + small.shape[1] / 2), mid + rng.uniform(-0.3, 0.3) * h)
    return any(c in CHIRAL for c in text)


def add_in_crook(beside: np.ndarray, mask: np.ndarray, mid: float, height: float, rng: np.random.Generator) -> bool:
    """Initials in the angle of an L, along its foot or along its stem. True where they show which way the marker reads."""
    h, w = mask.shape
    stem, foot = np.nonzero(mask[h // 3] > 0.5)[0], np.nonzero(mask[:, int(0.7 * w)] > 0.5)[0]
    right, floor = (int(stem[-1]) + 1 if len(stem) else w // 3), (max(int(foot[0]), h // 2) if len(foot) else int(0.85 * h))
    size = height * rng.uniform(0.25, 0.6)
    text, small = initials(size, 0.4, 1, (0.05, 0.3), 0.9, rng)
    if rng.random() < 0.35:
        small = np.ascontiguousarray(np.rot90(small, int(rng.choice([1, 3]))))
    if small.shape[0] > 1.1 * floor > 3:
        small = cv2.resize(small, None, fx=1.1 * floor / small.shape[0], fy=1.1 * floor / small.shape[0], interpolation=cv2.INTER_AREA)
    gap = height * rng.uniform(-0.03, 0.15, 2)
    room = max(0.0, floor - gap[1] - small.shape[0])
    bottom = floor - gap[1] - (room * rng.random() if rng.random() < 0.5 else 0.0)
    put(beside, small, mid - w / 2 + right + gap[0] + small.shape[1] / 2, mid - h / 2 + bottom - small.shape[0] / 2)
    return any(c in CHIRAL for c in text)


def initials(size: float, in_column: float, least: int, gap: tuple[float, float], share: float, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """Letters `size` high, and what they say: with probability `in_column` `least` to three under one another, `gap` of their size
    apart; else initials in a row, or with probability 1 - `share` a word."""
    if rng.random() < in_column:
        parts = [pick("single", size, rng) for _ in range(int(rng.integers(least, 4)))]
        return "".join(t for t, _ in parts), column([m for _, m in parts], size * rng.uniform(*gap))
    return pick("initials" if rng.random() < share else "words", size, rng)


def spun(mask: np.ndarray, angle: float) -> np.ndarray:
    """A mask turned by some degrees, in the room that it then needs."""
    h, w = mask.shape
    side = int(np.ceil(np.hypot(h, w))) + 2
    spin = cv2.getRotationMatrix2D((w / 2, h / 2), angle, 1.0)
    spin[:, 2] += (side - w) / 2, (side - h) / 2
    out = cv2.warpAffine(mask, spin, (side, side), flags=cv2.INTER_LINEAR)
    rows, columns = np.nonzero(out.max(1) > 0.2)[0], np.nonzero(out.max(0) > 0.2)[0]
    return out[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1] if len(rows) and len(columns) else mask


def column(masks: list[np.ndarray], gap: float) -> np.ndarray:
    """Masks one under the other."""
    wide, step = max(m.shape[1] for m in masks), int(gap)
    out = np.zeros((sum(m.shape[0] + step for m in masks), wide), np.float32)
    at = 0
    for m in masks:
        left = (wide - m.shape[1]) // 2
        out[at:at + m.shape[0], left:left + m.shape[1]] = m
        at += m.shape[0] + step
    return out


def add_plate(plate: np.ndarray, inner: np.ndarray, mask: np.ndarray, mid: float, rng: np.random.Generator) -> None:
    """A ring, a box, a pill or a bare plate around the letter; `inner` is its filled inside."""
    kind = rng.choice(["none", "ring", "box", "pill", "disc", "bar"], p=[0.45, 0.14, 0.15, 0.1, 0.06, 0.1])
    if kind == "none":
        return
    h, w = mask.shape
    rx, ry = w / 2 + h * rng.uniform(0.2, 0.5), h / 2 + h * rng.uniform(0.15, 0.5)
    line = max(1, int(h * rng.uniform(0.03, 0.12)))
    at = (int(mid), int(mid + (rng.uniform(0, 0.6) * h if kind in ("pill", "bar") else 0)))
    if kind in ("ring", "disc"):
        if rng.random() < 0.6:
            rx = ry = max(rx, ry)
        axes = (int(rx), int(ry))
        cv2.ellipse(inner, at, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
        if kind == "ring":
            cv2.ellipse(plate, at, axes, 0, 0, 360, 1.0, line, cv2.LINE_AA)
        return
    if kind == "bar":
        ry *= rng.uniform(1.2, 2.2)
    a, b = (int(at[0] - rx), int(at[1] - ry)), (int(at[0] + rx), int(at[1] + ry))
    cv2.rectangle(inner, a, b, 1.0, -1, cv2.LINE_AA)
    if kind == "pill":
        cv2.circle(inner, (at[0], b[1]), int(rx), 1.0, -1, cv2.LINE_AA)
    elif kind == "box" and rng.random() < 0.7:
        cv2.rectangle(plate, a, b, 1.0, line, cv2.LINE_AA)


def turn_angle(rng: np.random.Generator) -> tuple[float, bool]:
    """Degrees, and whether up is still nearly up."""
    pick = rng.random()
    if pick < 0.28:
        return 0.0, True
    if pick < 0.46:
        return float(rng.normal(0, 9)), True
    if pick < 0.68:
        angle = float(rng.uniform(15, 75) * rng.choice([-1, 1]))
        return angle, abs(angle) < 40
    if pick < 0.84:
        return float(rng.choice([90, 180, 270]) + rng.normal(0, 8)), False
    angle = float(rng.uniform(-180, 180))
    return angle, abs(angle) < 40


def lay(patch: np.ndarray, sprite: Sprite, x: float, y: float, height: float, rng: np.random.Generator) -> tuple[float, float, float, float] | None:
    """Lays a marker over a patch (changed in place), centre at (x, y). Returns the letter's box (x0, y0, x1, y1), cut by the
    patch; None where less than 45 % of the letter lies inside."""
    side = sprite.letter.shape[0]
    a, b = int(round(x - side / 2)), int(round(y - side / 2))
    x0, y0, x1, y1 = max(0, a), max(0, b), min(patch.shape[1], a + side), min(patch.shape[0], b + side)
    if x1 <= x0 or y1 <= y0:
        return None
    take = (slice(y0 - b, y1 - b), slice(x0 - a, x1 - a))
    letter, beside, plate, inner = (m[take] for m in (sprite.letter, sprite.beside, sprite.plate, sprite.inner))
    ink, total = letter.sum(), sprite.letter.sum()
    part = patch[y0:y1, x0:x1]
    if rng.random() < 0.55:
        as_lead(part, letter, beside, plate, inner, height, rng)
    else:
        as_burnt_in(part, letter, beside, plate, inner, height, rng)
    np.clip(part, 0.0, 1.0, out=part)
    return None if total <= 0 or ink < 0.45 * total else box_of(sprite.letter, x, y, patch.shape)


def box_of(mask: np.ndarray, x: float, y: float, shape: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """The box (x0, y0, x1, y1) of a mask's ink where its centre lies at (x, y), cut by the patch; None where no ink lies inside."""
    a, b = int(round(x - mask.shape[1] / 2)), int(round(y - mask.shape[0] / 2))
    ys, xs = np.nonzero(mask > 0.3)
    if not len(ys):
        return None
    x0, x1, y0, y1 = max(0, xs.min() + a), min(shape[1], xs.max() + 1 + a), max(0, ys.min() + b), min(shape[0], ys.max() + 1 + b)
    return (float(x0), float(y0), float(x1), float(y1)) if x1 > x0 and y1 > y0 else None


def blurred(mask: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur, none below a quarter pixel."""
    return cv2.GaussianBlur(mask, (0, 0), sigma) if sigma > 0.25 else mask


def as_lead(part, letter, beside, plate, inner, height, rng) -> None:
    """Lead in the beam: more is absorbed, edges are soft, scatter greys it."""
    sigma = height * rng.uniform(0.0, 0.05) + rng.uniform(0, 0.8)
    local = float(part.mean())
    solid = inner.any() and rng.random() < 0.4
    level = float(np.clip(local + (rng.uniform(0.12, 0.35) if rng.random() < 0.3 else rng.uniform(0.18, 0.85)), 0, 1.05))
    opacity = rng.uniform(0.65, 1.0)
    if solid:
        # A plate of lead with the letter cut out of it.
        ink = np.clip(inner - np.maximum(letter, beside * (rng.random() < 0.8)), 0, 1)
    else:
        ink = np.maximum(np.maximum(letter, beside), plate)
        if inner.any() and rng.random() < 0.7:
            shade = blurred(inner, sigma) * rng.uniform(0.03, 0.35)
            part[:] = part * (1 - shade) + shade * float(np.clip(level * rng.uniform(0.5, 1.0), 0, 1))
    if rng.random() < 0.2:
        # Worn or partly covered.
        hole = np.ones_like(ink)
        cx, cy = rng.uniform(0.3, 0.7, 2) * ink.shape[0]
        cv2.circle(hole, (int(cx), int(cy)), max(1, int(height * rng.uniform(0.05, 0.18))), 0.2, -1)
        ink = ink * hole
    ink = blurred(ink, sigma) * opacity
    part[:] = part * (1 - ink) + ink * (level * 0.75 + 0.25 * part + level * 0.1)


def as_burnt_in(part, letter, beside, plate, inner, height, rng) -> None:
    """Written by the workstation: sharp, full value, perhaps with a shadow or a ground."""
    value, ground = 1.0, 0.0
    if float(part.mean()) > 0.55 and rng.random() < 0.45 or rng.random() < 0.08:
        value, ground = 0.0, float(rng.uniform(0.5, 1.0))
    value = abs(value - rng.uniform(0, 0.25))
    if inner.any() and rng.random() < 0.6:
        solid = inner * rng.uniform(0.3, 1.0)
        part[:] = part * (1 - solid) + solid * (ground if rng.random() < 0.6 else float(rng.uniform(0, 0.8)))
    ink = np.maximum(np.maximum(letter, beside), plate)
    if rng.random() < 0.35:
        d = max(1, int(height * rng.uniform(0.03, 0.1)))
        shadow = np.zeros_like(ink)
        shadow[d:, d:] = ink[:-d or None, :-d or None][: ink.shape[0] - d, : ink.shape[1] - d]
        if rng.random() < 0.4:
            shadow = cv2.dilate(ink, np.ones((2 * d + 1, 2 * d + 1)))
        part[:] = part * (1 - shadow) + shadow * (1 - round(value))
    if rng.random() < 0.25:
        ink = (ink > 0.5).astype(np.float32)
    ink = blurred(ink, rng.uniform(0, 0.7)) * (1.0 if rng.random() < 0.7 else rng.uniform(0.5, 1.0))
    part[:] = part * (1 - ink) + ink * value


def tone(patch: np.ndarray, rng: np.random.Generator, inverted: float = 0.06) -> np.ndarray:
    """Exposure, processing and noise of other makers; a share is shown as its negative."""
    out = patch
    if rng.random() < 0.8:
        out = np.clip(out, 0, 1) ** float(np.exp(rng.normal(0, 0.45)))
    if rng.random() < 0.6:
        low, gain = rng.uniform(-0.2, 0.2), rng.uniform(0.55, 1.4)
        out = (out - 0.5) * gain + 0.5 + low
    if rng.random() < 0.3:
        out = blurred(np.ascontiguousarray(out), rng.uniform(0.3, 1.3))
    if rng.random() < 0.5:
        out = out + rng.normal(0, rng.uniform(0.003, 0.05), out.shape)
    if rng.random() < inverted:
        out = 1.0 - out
    return np.clip(out, 0, 1).astype(np.float32)
